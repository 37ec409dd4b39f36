package pdf

import (
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
)

// A4 in points, and the frame that text keeps to.
const (
	pageWidth    = 595.28
	pageHeight   = 841.89
	marginX      = 46.0
	marginTop    = 62.0
	marginBottom = 52.0
	bodyWidth    = pageWidth - 2*marginX
	bodyBottom   = pageHeight - marginBottom
)

// kind says what a mark on a sheet is.
type kind uint8

const (
	textMark kind = iota
	lineMark
	rectMark
	polygonMark
	circleMark
	imageMark
	linkMark // an area that leads to anchor or address
	pageMark // the page number of anchor, set right-aligned at x
)

// mark is one thing on a sheet. Coordinates are points from the upper left
// corner; those of a text are its baseline.
type mark struct {
	kind       kind
	x, y, w, h float64
	text       string
	face       face
	size       float64
	ink        chart.Ink
	stroke     chart.Stroke
	points     []chart.Point
	anchor     string
	address    string
}

// bookmark is one entry of the outline that readers show beside the pages.
type bookmark struct {
	label string
	level int
	y     float64
}

// sheet is one page before it is written.
type sheet struct {
	marks     []mark
	bookmarks []bookmark
}

func (s *sheet) add(m mark) { s.marks = append(s.marks, m) }

// place is where an anchor sits.
type place struct {
	page int // from 0
	y    float64
}

// canvas lets a chart draw on a sheet at an offset.
type canvas struct {
	s    *sheet
	m    *metrics
	x, y float64
}

var _ chart.Canvas = canvas{}

func (c canvas) move(p chart.Point) chart.Point { return chart.Point{X: p.X + c.x, Y: p.Y + c.y} }

// Line draws a straight line.
func (c canvas) Line(a, b chart.Point, k chart.Stroke) {
	if k.Width > 0 {
		a, b = c.move(a), c.move(b)
		c.s.add(mark{kind: lineMark, x: a.X, y: a.Y, w: b.X - a.X, h: b.Y - a.Y, stroke: k})
	}
}

// Rect draws a filled rectangle with round corners.
func (c canvas) Rect(x, y, w, h, radius float64, fill chart.Ink) {
	if w > 0 && h > 0 {
		c.s.add(mark{kind: rectMark, x: x + c.x, y: y + c.y, w: w, h: h, size: min(radius, w/2, h/2), ink: fill})
	}
}

// Polygon draws a filled polygon.
func (c canvas) Polygon(points []chart.Point, fill chart.Ink) {
	moved := make([]chart.Point, len(points))
	for i, p := range points {
		moved[i] = c.move(p)
	}
	c.s.add(mark{kind: polygonMark, points: moved, ink: fill})
}

// Circle draws a disc, a ring or both.
func (c canvas) Circle(centre chart.Point, radius float64, fill chart.Ink, k chart.Stroke) {
	p := c.move(centre)
	c.s.add(mark{kind: circleMark, x: p.X, y: p.Y, size: radius, ink: fill, stroke: k})
}

// Text writes one line of text.
func (c canvas) Text(at chart.Point, text string, f chart.Font) {
	text = fonts.Glyphs(text)
	fc := regular
	if f.Bold {
		fc = bold
	}
	p := c.move(at)
	switch f.Anchor {
	case chart.Middle:
		p.X -= c.m.width(text, fc, f.Size) / 2
	case chart.End:
		p.X -= c.m.width(text, fc, f.Size)
	}
	c.s.add(mark{kind: textMark, x: p.X, y: p.Y, text: text, face: fc, size: f.Size, ink: f.Ink})
}

// Measure is the width of a text.
func (c canvas) Measure(text string, size float64, b bool) float64 {
	if b {
		return c.m.width(fonts.Glyphs(text), bold, size)
	}
	return c.m.width(fonts.Glyphs(text), regular, size)
}
