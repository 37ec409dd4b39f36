package chart

import (
	"html"
	"strconv"
	"strings"
	"unicode"
)

// SVG is a canvas that writes SVG elements. Inks become the classes f-NAME
// (fill) and s-NAME (stroke), so that the page's style sheet colours light and
// dark screens alike. The zero value is ready to use.
type SVG struct {
	Colours Palette // instead of classes, for a file that has no style sheet; nil: none
	b       strings.Builder
}

var _ Canvas = (*SVG)(nil)

// String is the elements drawn so far, without the surrounding svg element.
func (s *SVG) String() string { return s.b.String() }

// num writes a coordinate with at most two decimals.
func num(v float64) string {
	t := strconv.FormatFloat(v, 'f', 2, 64)
	t = strings.TrimRight(strings.TrimRight(t, "0"), ".")
	if t == "-0" || t == "" {
		return "0"
	}
	return t
}

func (s *SVG) put(parts ...string) {
	for _, p := range parts {
		s.b.WriteString(p)
	}
}

// inked writes the attributes of what is filled and drawn with a stroke. What has an area
// says that it is not filled: without that it would be black.
func (s *SVG) inked(fill, stroke Ink, area bool) {
	if s.Colours == nil {
		classes := make([]string, 0, 2)
		if fill != None || area {
			classes = append(classes, "f-"+fill.Name())
		}
		if stroke != None {
			classes = append(classes, "s-"+stroke.Name())
		}
		s.put(` class="`, strings.Join(classes, " "), `"`)
		return
	}
	colour := func(i Ink) string {
		if i == None {
			return "none"
		}
		return s.Colours[i].Hex()
	}
	s.put(` fill="`, colour(fill), `"`)
	if stroke != None {
		s.put(` stroke="`, colour(stroke), `"`)
	}
}

// Line draws a straight line.
func (s *SVG) Line(a, b Point, k Stroke) {
	if k.Width == 0 {
		return
	}
	s.put(`<line x1="`, num(a.X), `" y1="`, num(a.Y), `" x2="`, num(b.X), `" y2="`, num(b.Y), `"`)
	s.inked(None, k.Ink, false)
	s.put(` stroke-width="`, num(k.Width), `" stroke-linecap="round"`)
	s.dash(k)
	s.put("/>")
}

func (s *SVG) dash(k Stroke) {
	if k.Dashed {
		s.put(` stroke-dasharray="`, num(k.Width*1.8), " ", num(k.Width*1.8), `"`)
	}
}

// Rect draws a filled rectangle with round corners.
func (s *SVG) Rect(x, y, w, h, radius float64, fill Ink) {
	if w <= 0 || h <= 0 {
		return
	}
	s.put(`<rect x="`, num(x), `" y="`, num(y), `" width="`, num(w), `" height="`, num(h), `"`)
	if radius > 0 {
		s.put(` rx="`, num(min(radius, w/2, h/2)), `"`)
	}
	s.inked(fill, None, true)
	s.put(`/>`)
}

// Polygon draws a filled polygon.
func (s *SVG) Polygon(points []Point, fill Ink) {
	s.put(`<polygon points="`)
	for i, p := range points {
		if i > 0 {
			s.put(" ")
		}
		s.put(num(p.X), ",", num(p.Y))
	}
	s.put(`"`)
	s.inked(fill, None, true)
	s.put(`/>`)
}

// Circle draws a disc, a ring or both.
func (s *SVG) Circle(c Point, radius float64, fill Ink, k Stroke) {
	s.put(`<circle cx="`, num(c.X), `" cy="`, num(c.Y), `" r="`, num(radius), `"`)
	if k.Width > 0 {
		s.inked(fill, k.Ink, true)
		s.put(` stroke-width="`, num(k.Width), `"`)
		s.dash(k)
	} else {
		s.inked(fill, None, true)
	}
	s.put("/>")
}

// Text writes one line of text.
func (s *SVG) Text(at Point, text string, f Font) {
	s.put(`<text x="`, num(at.X), `" y="`, num(at.Y), `" font-size="`, num(f.Size), `"`)
	s.inked(f.Ink, None, true)
	if f.Bold {
		s.put(` font-weight="600"`)
	}
	switch f.Anchor {
	case Middle:
		s.put(` text-anchor="middle"`)
	case End:
		s.put(` text-anchor="end"`)
	}
	s.put(">", html.EscapeString(text), "</text>")
}

// Measure estimates the width of a text, since the reader's font is not known
// here. It errs on the wide side.
func (s *SVG) Measure(text string, size float64, bold bool) float64 {
	return Estimate(text, size, bold)
}

// Estimate is the width of a text in an average sans-serif font.
func Estimate(text string, size float64, bold bool) float64 {
	w := 0.0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ijl.,:;'|!·", r):
			w += 0.28
		case strings.ContainsRune("frt()-/[] ", r):
			w += 0.36
		case strings.ContainsRune("mwMW@%—", r):
			w += 0.9
		case unicode.IsUpper(r):
			w += 0.68
		case r > 0x2e80:
			w += 1
		default:
			w += 0.56
		}
	}
	if bold {
		w *= 1.06
	}
	return w * size
}
