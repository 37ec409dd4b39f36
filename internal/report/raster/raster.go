// Package raster draws charts as pixels, for files whose readers take no drawings: the
// same picture as on the page and on paper, with its words in the fonts of the report.
package raster

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/fonts"
)

// scale is how many pixels a point has: 216 to the inch, at which paper shows none.
const scale = 3

// PNG is the chart in a palette, laid out for the width in points, and the height that
// it took. The same chart gives the same bytes.
func PNG(ch chart.Chart, width float64, palette chart.Palette, letters *fonts.Reader) (file []byte, height float64, err error) {
	return Draw(width, chart.Height(ch, width, measure(letters)), palette, letters, func(c chart.Canvas) { ch.Draw(c, width) })
}

// Draw is what draw puts on a canvas of the size in points, as a PNG, and its height in
// whole pixels.
func Draw(width, height float64, palette chart.Palette, letters *fonts.Reader, draw func(chart.Canvas)) (file []byte, tall float64, err error) {
	w, h := max(1, int(math.Ceil(width*scale))), max(1, int(math.Ceil(height*scale)))
	c := &canvas{pixels: image.NewRGBA(image.Rect(0, 0, w, h)), palette: palette, letters: letters}
	for i := range c.pixels.Pix {
		c.pixels.Pix[i] = 0xff
	}
	draw(c)
	var out bytes.Buffer
	if c.err == nil {
		c.err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, c.pixels)
	}
	if c.err != nil {
		return nil, 0, fmt.Errorf("draw a chart as pixels: %w", c.err)
	}
	return out.Bytes(), float64(h) / scale, nil
}

// measure is how charts ask for the width of a text.
func measure(letters *fonts.Reader) func(string, float64, bool) float64 {
	return func(text string, size float64, bold bool) float64 { return letters.Width(text, faceOf(bold), size) }
}

func faceOf(bold bool) fonts.Face {
	if bold {
		return fonts.Bold
	}
	return fonts.Regular
}

// canvas draws on white pixels.
type canvas struct {
	pixels  *image.RGBA
	palette chart.Palette
	letters *fonts.Reader
	brush   vector.Rasterizer
	err     error // the first
}

// Measure is the width of a text.
func (c *canvas) Measure(text string, size float64, bold bool) float64 {
	return measure(c.letters)(text, size, bold)
}

// fill paints the inside of a path.
func (c *canvas) fill(p path, ink chart.Ink) {
	box := p.box().Intersect(c.pixels.Rect)
	if ink == chart.None || box.Empty() {
		return
	}
	c.brush.Reset(box.Dx(), box.Dy())
	p.draw(&c.brush, float64(box.Min.X), float64(box.Min.Y))
	k := c.palette[ink]
	c.brush.Draw(c.pixels, box, image.NewUniform(color.RGBA{k.R, k.G, k.B, 0xff}), image.Point{})
}

// Rect draws a filled rectangle with round corners.
func (c *canvas) Rect(x, y, w, h, radius float64, ink chart.Ink) {
	if w > 0 && h > 0 {
		c.fill(rectangle(x, y, w, h, min(radius, w/2, h/2)), ink)
	}
}

// Polygon draws a filled polygon.
func (c *canvas) Polygon(points []chart.Point, ink chart.Ink) { c.fill(polygon(points), ink) }

// Line draws a straight line with round ends.
func (c *canvas) Line(a, b chart.Point, s chart.Stroke) {
	if s.Width <= 0 {
		return
	}
	for _, d := range dashes(math.Hypot(b.X-a.X, b.Y-a.Y), s) {
		c.fill(bar(between(a, b, d[0]), between(a, b, d[1]), s.Width/2), s.Ink)
	}
}

// Circle draws a disc, a ring or both.
func (c *canvas) Circle(centre chart.Point, radius float64, ink chart.Ink, s chart.Stroke) {
	c.fill(disc(centre, radius), ink)
	if s.Width <= 0 {
		return
	}
	for _, d := range dashes(2*math.Pi*radius, s) {
		c.fill(arc(centre, radius, s.Width/2, d[0]*2*math.Pi, d[1]*2*math.Pi), s.Ink)
	}
}

// Text writes one line of text.
func (c *canvas) Text(at chart.Point, text string, f chart.Font) {
	switch f.Anchor {
	case chart.Middle:
		at.X -= c.Measure(text, f.Size, f.Bold) / 2
	case chart.End:
		at.X -= c.Measure(text, f.Size, f.Bold)
	}
	var p path
	for _, r := range fonts.Glyphs(text) {
		shape, err := c.letters.Shape(r, faceOf(f.Bold), f.Size*scale)
		if err != nil {
			if c.err == nil {
				c.err = err
			}
			return
		}
		p.letter(shape, at)
		at.X += c.letters.Width(string(r), faceOf(f.Bold), f.Size)
	}
	c.fill(p, f.Ink)
}

// letter adds the outline of a letter, which is in pixels.
func (p *path) letter(shape sfnt.Segments, at chart.Point) {
	to := func(q fixed.Point26_6) chart.Point {
		return chart.Point{X: at.X + float64(q.X)/64/scale, Y: at.Y + float64(q.Y)/64/scale}
	}
	for _, s := range shape {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p.move(to(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			p.line(to(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			p.bend(to(s.Args[0]), to(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			p.curve(to(s.Args[0]), to(s.Args[1]), to(s.Args[2]))
		}
	}
}
