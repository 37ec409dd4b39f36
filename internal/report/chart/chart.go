// Package chart draws the pictures of a report through one small drawing
// interface, so that a web page (SVG) and a printed page (PDF) show the same
// picture from the same numbers. A chart never carries meaning by colour alone:
// each status has its own shape and its word, and each chart has a title, a
// description and a table with the same figures.
package chart

// Point is a position in the unit of the canvas, y growing downwards.
type Point struct{ X, Y float64 }

// Anchor says which end of a text sits at its position.
type Anchor uint8

// The anchors.
const (
	Start Anchor = iota
	Middle
	End
)

// Font is how a text is set. Size is in canvas units.
type Font struct {
	Size   float64
	Bold   bool
	Ink    Ink
	Anchor Anchor
}

// Stroke is how a line or an outline is drawn. A zero Width draws nothing.
type Stroke struct {
	Width  float64
	Ink    Ink
	Dashed bool
}

// Canvas is what a chart draws on. The origin is the upper left corner.
type Canvas interface {
	Line(a, b Point, s Stroke)
	Rect(x, y, w, h, radius float64, fill Ink)
	Polygon(points []Point, fill Ink)
	Circle(centre Point, radius float64, fill Ink, s Stroke) // fill None leaves it hollow
	Text(at Point, text string, f Font)                      // at is on the baseline
	Measure(text string, size float64, bold bool) float64    // width of text
}

// Twin is the table with the same figures as the picture.
type Twin struct {
	Columns []string
	Rows    [][]string
}

// Chart is one picture. Draw lays it out for the given width and returns the
// height that it took.
type Chart interface {
	Title() string
	Description() string
	Twin() Twin
	Draw(c Canvas, width float64) (height float64)
}

// Height is the height that the chart takes at the width, found by drawing it
// on a canvas that keeps nothing.
func Height(ch Chart, width float64, measure func(text string, size float64, bold bool) float64) float64 {
	return ch.Draw(blank{measure}, width)
}

// blank measures and draws nothing.
type blank struct {
	measure func(string, float64, bool) float64
}

func (blank) Line(Point, Point, Stroke)                           {}
func (blank) Rect(_, _, _, _, _ float64, _ Ink)                   {}
func (blank) Polygon([]Point, Ink)                                {}
func (blank) Circle(Point, float64, Ink, Stroke)                  {}
func (blank) Text(Point, string, Font)                            {}
func (b blank) Measure(s string, size float64, bold bool) float64 { return b.measure(s, size, bold) }
