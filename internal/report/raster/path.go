package raster

import (
	"image"
	"math"

	"golang.org/x/image/vector"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
)

// step is one piece of a path: a start without points before it, a line, or a curve
// with one or two points that bend it.
type step struct {
	start  bool
	points [3]chart.Point
	n      int // of points; the last is where it leads
}

// path is closed outlines in points of the canvas. What lies inside one is filled,
// unless another runs the opposite way around it.
type path []step

func (p *path) move(a chart.Point)    { *p = append(*p, step{true, [3]chart.Point{a}, 1}) }
func (p *path) line(a chart.Point)    { *p = append(*p, step{false, [3]chart.Point{a}, 1}) }
func (p *path) bend(b, a chart.Point) { *p = append(*p, step{false, [3]chart.Point{b, a}, 2}) }
func (p *path) curve(b, c, a chart.Point) {
	*p = append(*p, step{false, [3]chart.Point{b, c, a}, 3})
}

// box is the pixels that the path may touch.
func (p path) box() image.Rectangle {
	if len(p) == 0 {
		return image.Rectangle{}
	}
	const far = 1 << 20 // beyond every picture, and safe to turn into a whole number
	low, high := chart.Point{X: far, Y: far}, chart.Point{X: -far, Y: -far}
	for _, s := range p {
		for _, q := range s.points[:s.n] {
			low = chart.Point{X: min(low.X, q.X), Y: min(low.Y, q.Y)}
			high = chart.Point{X: max(high.X, q.X), Y: max(high.Y, q.Y)}
		}
	}
	whole := func(v float64) int { return int(math.Floor(min(far, max(-far, v*scale)))) }
	return image.Rect(whole(low.X), whole(low.Y), whole(high.X)+1, whole(high.Y)+1)
}

// draw hands the path to a brush whose upper left corner is at (x, y) in pixels.
func (p path) draw(brush *vector.Rasterizer, x, y float64) {
	at := func(q chart.Point) (float32, float32) { return float32(q.X*scale - x), float32(q.Y*scale - y) }
	for i, s := range p {
		ax, ay := at(s.points[0])
		bx, by := at(s.points[1])
		cx, cy := at(s.points[2])
		switch {
		case s.start:
			if i > 0 {
				brush.ClosePath()
			}
			brush.MoveTo(ax, ay)
		case s.n == 1:
			brush.LineTo(ax, ay)
		case s.n == 2:
			brush.QuadTo(ax, ay, bx, by)
		default:
			brush.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	if len(p) > 0 {
		brush.ClosePath()
	}
}

func polygon(points []chart.Point) (p path) {
	for i, q := range points {
		if i == 0 {
			p.move(q)
			continue
		}
		p.line(q)
	}
	return p
}

// round is how far the points that bend a quarter of a circle lie from its ends, as a
// share of the radius.
const round = 0.5522847498

// rectangle has round corners.
func rectangle(x, y, w, h, r float64) (p path) {
	at := func(dx, dy float64) chart.Point { return chart.Point{X: x + dx, Y: y + dy} }
	k := r * (1 - round)
	p.move(at(r, 0))
	p.line(at(w-r, 0))
	p.curve(at(w-k, 0), at(w, k), at(w, r))
	p.line(at(w, h-r))
	p.curve(at(w, h-k), at(w-k, h), at(w-r, h))
	p.line(at(r, h))
	p.curve(at(k, h), at(0, h-k), at(0, h-r))
	p.line(at(0, r))
	p.curve(at(0, k), at(k, 0), at(r, 0))
	return p
}

func disc(c chart.Point, r float64) path { return rectangle(c.X-r, c.Y-r, 2*r, 2*r, r) }

// arc is a piece of a ring, from one angle to another; a whole ring where they are a
// turn apart.
func arc(c chart.Point, radius, half, from, to float64) (p path) {
	steps := max(2, int(math.Ceil((to-from)/(math.Pi/24))))
	at := func(r float64, i int) chart.Point {
		w := from + (to-from)*float64(i)/float64(steps)
		return chart.Point{X: c.X + r*math.Cos(w), Y: c.Y + r*math.Sin(w)}
	}
	p.move(at(radius+half, 0))
	for i := 1; i <= steps; i++ {
		p.line(at(radius+half, i))
	}
	for i := steps; i >= 0; i-- {
		p.line(at(max(0, radius-half), i))
	}
	return p
}

// bar is a line that is thick, with round ends.
func bar(a, b chart.Point, half float64) (p path) {
	steps := 8
	w := math.Atan2(b.Y-a.Y, b.X-a.X)
	for end, q := range [...]chart.Point{b, a} {
		for i := range steps + 1 {
			v := w - math.Pi/2 + math.Pi*(float64(end)+float64(i)/float64(steps))
			edge := chart.Point{X: q.X + half*math.Cos(v), Y: q.Y + half*math.Sin(v)}
			if len(p) == 0 {
				p.move(edge)
				continue
			}
			p.line(edge)
		}
	}
	return p
}

// dashes are the pieces of a line that are drawn, as shares of its length.
func dashes(length float64, s chart.Stroke) [][2]float64 {
	period := s.Width * 3.6 // as dashes are everywhere: the gap as long as the dash
	if !s.Dashed || length < period {
		return [][2]float64{{0, 1}}
	}
	var out [][2]float64
	for x := 0.0; x < length; x += period {
		out = append(out, [2]float64{x / length, min(1, (x+period/2)/length)})
	}
	return out
}

func between(a, b chart.Point, share float64) chart.Point {
	return chart.Point{X: a.X + (b.X-a.X)*share, Y: a.Y + (b.Y-a.Y)*share}
}
