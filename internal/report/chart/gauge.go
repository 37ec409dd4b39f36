package chart

import "math"

// Gauge is a ring that shows one share of 100.
type Gauge struct {
	Heading, About string
	Value          float64   // 0–100
	Text           string    // the value as the report prints it
	Caption        string    // the words below the value
	Columns        [2]string // heads of the twin
}

var _ Chart = Gauge{}

// Title names the picture.
func (g Gauge) Title() string { return g.Heading }

// Description says in a sentence what the picture shows.
func (g Gauge) Description() string { return g.About }

// Twin is the same as a table.
func (g Gauge) Twin() Twin {
	return Twin{Columns: g.Columns[:], Rows: [][]string{{g.Heading, g.Text}}}
}

// Draw sets the ring at the left with the value inside.
func (g Gauge) Draw(c Canvas, width float64) float64 {
	outer := min(width, 120) / 2
	centre := Point{outer, outer}
	c.Polygon(sector(centre, outer*0.76, outer, 0, 2*math.Pi), Track)
	if v := min(100, max(0, g.Value)); v > 0 {
		c.Polygon(sector(centre, outer*0.76, outer, 0, v/100*2*math.Pi), Accent)
	}
	c.Text(Point{outer, outer + outer*0.12}, clip(c, g.Text, outer*0.5, true, outer*1.4), Font{Size: outer * 0.5, Bold: true, Ink: Text, Anchor: Middle})
	c.Text(Point{outer, outer + outer*0.38}, clip(c, g.Caption, max(7, outer*0.15), false, outer*1.3), Font{Size: max(7, outer*0.15), Ink: Muted, Anchor: Middle})
	return outer * 2
}
