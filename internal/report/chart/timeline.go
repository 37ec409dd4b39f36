package chart

import (
	"github.com/nisaba-platform/nisaba/law"
)

// Span is one piece of work in a timeline.
type Span struct {
	Label    string
	From, To law.Date
	Text     string // the dates as the report prints them
	Link     string // id of the place that explains it; not drawn
	ID       string
	After    []string // ids of spans of the same timeline that come first; drawn as lines
	Tone     Tone     // ToneNeutral is the accent
}

// Lane groups spans, for example a phase of the plan.
type Lane struct {
	Label string
	More  string // a line below the spans, for example "and 4 more"; may be empty
	Spans []Span
}

// Tick is a mark on the time axis.
type Tick struct {
	On    law.Date
	Label string
}

// Timeline shows lanes of work over time.
type Timeline struct {
	Heading, About string
	From, To       law.Date // the axis; To after From
	Today          Tick
	Ticks          []Tick
	Lanes          []Lane
	Columns        [3]string // heads of the twin: phase, task, dates
}

var _ Chart = Timeline{}

// Title names the picture.
func (t Timeline) Title() string { return t.Heading }

// Description says in a sentence what the picture shows.
func (t Timeline) Description() string { return t.About }

// Twin is the same as a table.
func (t Timeline) Twin() Twin {
	tw := Twin{Columns: t.Columns[:]}
	for _, l := range t.Lanes {
		for _, s := range l.Spans {
			tw.Rows = append(tw.Rows, []string{l.Label, s.Label, s.Text})
		}
	}
	return tw
}

// axis maps days to the horizontal positions of the chart.
type axis struct {
	from        law.Date
	days        float64
	left, width float64
}

func (a axis) x(d law.Date) float64 {
	share := float64(a.from.DaysUntil(d)) / a.days
	return a.left + a.width*min(1, max(0, share))
}

// Draw sets the labels beside the bars on a wide canvas and above them on a
// narrow one.
func (t Timeline) Draw(c Canvas, width float64) float64 {
	narrow := width < 420
	left := width * 0.42
	if narrow {
		left = 0
	}
	a := axis{from: t.From, days: max(1, float64(t.From.DaysUntil(t.To))), left: left, width: width - left}
	y, head := 16.0, 14.0
	rows := t.height(narrow)
	t.ticks(c, a, head, y+rows)
	bars := map[string]bar{}
	for _, lane := range t.Lanes {
		if len(lane.Spans) == 0 {
			continue
		}
		c.Rect(0, y+1, width, 13, 2, Panel)
		c.Text(Point{3, y + 10.5}, clip(c, lane.Label, smallSize, true, width-6), Font{Size: smallSize, Bold: true, Ink: Text})
		y += 17
		for _, s := range lane.Spans {
			bars[s.ID], y = span(c, a, s, y, width, narrow)
		}
		if lane.More != "" {
			c.Text(Point{3, y + 8}, clip(c, lane.More, smallSize, false, width-6), Font{Size: smallSize, Ink: Muted})
			y += 12
		}
		y += 3
	}
	t.links(c, bars)
	return y
}

// bar is where a span was drawn.
type bar struct{ from, to, middle float64 }

// links draws a line from the end of each span to those that come after it.
func (t Timeline) links(c Canvas, bars map[string]bar) {
	const reach = 3
	k := Stroke{Width: 0.7, Ink: Muted}
	for _, lane := range t.Lanes {
		for _, s := range lane.Spans {
			for _, id := range s.After {
				from, ok := bars[id]
				if to := bars[s.ID]; ok && id != "" && s.ID != "" {
					x := from.to + reach
					c.Line(Point{from.to, from.middle}, Point{x, from.middle}, k)
					c.Line(Point{x, from.middle}, Point{x, to.middle - 5.5}, k)
					c.Line(Point{x, to.middle - 5.5}, Point{to.from + reach, to.middle - 5.5}, k)
					c.Line(Point{to.from + reach, to.middle - 5.5}, Point{to.from + reach, to.middle - 3.5}, k)
				}
			}
		}
	}
}

// height is what the rows below the axis take.
func (t Timeline) height(narrow bool) float64 {
	h, row := 0.0, 12.0
	if narrow {
		row = 22
	}
	for _, lane := range t.Lanes {
		if len(lane.Spans) == 0 {
			continue
		}
		h += 20 + row*float64(len(lane.Spans))
		if lane.More != "" {
			h += 12
		}
	}
	return h
}

// ticks draws the axis; a label that would touch its neighbour or the edge is left out.
func (t Timeline) ticks(c Canvas, a axis, top, bottom float64) {
	last := a.left - 4
	for _, k := range t.Ticks {
		x := a.x(k.On)
		c.Line(Point{x, top}, Point{x, bottom}, Stroke{Width: 0.5, Ink: Line})
		w := c.Measure(k.Label, smallSize, false)
		from := min(max(x-w/2, a.left), a.left+a.width-w)
		if from >= last+4 {
			at, font := Point{from, 9}, Font{Size: smallSize, Ink: Muted}
			if end := a.left + a.width; from+w >= end { // another font may be wider than measured
				at, font.Anchor = Point{end, 9}, End
			}
			c.Text(at, k.Label, font)
			last = from + w
		}
	}
	if !t.Today.On.IsZero() {
		x := a.x(t.Today.On)
		c.Line(Point{x, top}, Point{x, bottom}, Stroke{Width: 0.9, Ink: Accent, Dashed: true})
	}
}

func span(c Canvas, a axis, s Span, y, width float64, narrow bool) (bar, float64) {
	labelWidth, top := a.left-10, y+1.5
	if narrow {
		labelWidth, top = width-6, y+12
	}
	c.Text(Point{3, y + 8.5}, clip(c, s.Label, smallSize, false, labelWidth), Font{Size: smallSize, Ink: Text})
	from, to := a.x(s.From), a.x(s.To)
	if to-from < 4 {
		to = min(from+4, a.left+a.width)
		from = to - 4
	}
	ink := Accent
	if s.Tone != ToneNeutral {
		ink = s.Tone.Ink()
	}
	c.Rect(from, top, to-from, 7, 2, ink)
	drawn := bar{from, to, top + 3.5}
	if narrow {
		return drawn, y + 22
	}
	return drawn, y + 12
}
