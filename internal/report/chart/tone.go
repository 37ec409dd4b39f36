package chart

import (
	"math"
	"slices"
)

// Tone is the meaning of a status mark. It decides the ink and the shape.
type Tone uint8

// The tones.
const (
	ToneNeutral Tone = iota // no judgement: a hollow square
	ToneGood                // met: a filled disc with a tick
	TonePartly              // partly met: a half-filled disc
	ToneBad                 // not met: a filled triangle
	ToneOpen                // not assessed: a dashed ring
	ToneAside               // not applicable: a bar
	ToneInfo                // a note: a filled square in the accent
)

// Tones lists every tone with the name that style sheets use, in a fixed order.
func Tones() []struct {
	Tone Tone
	Name string
} {
	return slices.Clone(tones)
}

var tones = []struct {
	Tone Tone
	Name string
}{
	{ToneNeutral, "neutral"}, {ToneGood, "good"}, {TonePartly, "partly"}, {ToneBad, "bad"},
	{ToneOpen, "open"}, {ToneAside, "aside"}, {ToneInfo, "info"},
}

// Name is the name of the tone in style sheets.
func (t Tone) Name() string {
	for _, k := range tones {
		if k.Tone == t {
			return k.Name
		}
	}
	return "neutral"
}

// Ink is the colour that goes with the tone.
func (t Tone) Ink() Ink {
	switch t {
	case ToneGood:
		return Good
	case TonePartly:
		return Partly
	case ToneBad:
		return Bad
	case ToneOpen:
		return Open
	case ToneAside:
		return Aside
	case ToneInfo:
		return Accent
	}
	return Muted
}

// Mark draws the shape of a tone into the square with the upper left corner
// (x, y) and the given side.
func Mark(c Canvas, t Tone, x, y, side float64) {
	ink, r := t.Ink(), side/2
	centre := Point{x + r, y + r}
	thin := Stroke{Width: side / 9, Ink: ink}
	switch t {
	case ToneGood:
		c.Circle(centre, r*0.95, ink, Stroke{})
		tick := Stroke{Width: side / 7, Ink: Paper}
		c.Line(Point{x + side*0.28, y + side*0.53}, Point{x + side*0.44, y + side*0.68}, tick)
		c.Line(Point{x + side*0.44, y + side*0.68}, Point{x + side*0.73, y + side*0.34}, tick)
	case TonePartly:
		c.Polygon(sector(centre, 0, r*0.85, math.Pi, 2*math.Pi), ink)
		c.Circle(centre, r*0.85, None, thin)
	case ToneBad:
		c.Polygon([]Point{{x + r, y + side*0.04}, {x + side*0.98, y + side*0.92}, {x + side*0.02, y + side*0.92}}, ink)
	case ToneOpen:
		thin.Dashed = true
		c.Circle(centre, r*0.85, None, thin)
	case ToneAside:
		c.Rect(x+side*0.1, y+side*0.41, side*0.8, side*0.18, 0, ink)
	case ToneInfo:
		c.Rect(x+side*0.1, y+side*0.1, side*0.8, side*0.8, side*0.12, ink)
	default:
		outline(c, x+side*0.12, y+side*0.12, side*0.76, thin)
	}
}

// outline draws a hollow square.
func outline(c Canvas, x, y, side float64, s Stroke) {
	p := []Point{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}
	for i := range p {
		c.Line(p[i], p[(i+1)%4], s)
	}
}

// sector is the outline of a ring piece between two radii, from angle a to b in
// radians, clockwise from the top. An inner radius of 0 makes a pie piece.
func sector(centre Point, inner, outer, a, b float64) []Point {
	// A chord of this angle leaves the circle by less than a fiftieth of a unit.
	step := max(math.Pi/60, 2*math.Acos(1-0.02/max(outer, 1)))
	steps := max(2, int(math.Ceil((b-a)/step)))
	at := func(radius float64, i int) Point {
		w := a + (b-a)*float64(i)/float64(steps)
		return Point{centre.X + radius*math.Sin(w), centre.Y - radius*math.Cos(w)}
	}
	var points []Point
	for i := 0; i <= steps; i++ {
		points = append(points, at(outer, i))
	}
	if inner == 0 {
		return append(points, centre)
	}
	for i := steps; i >= 0; i-- {
		points = append(points, at(inner, i))
	}
	return points
}
