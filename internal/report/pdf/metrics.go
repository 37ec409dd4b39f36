package pdf

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/nisaba-platform/nisaba/internal/report/fonts"
)

// face is one of the three fonts.
type face = fonts.Face

const (
	regular = fonts.Regular
	bold    = fonts.Bold
	italic  = fonts.Italic
)

// styleOf is the name that the library has for a face.
func styleOf(f face) string { return [...]string{"", "B", "I"}[f] }

const family = "noto"

// metrics knows how wide text is. Widths are kept per rune, since the fonts are
// set without kerning.
type metrics struct {
	pdf    *fpdf.Fpdf
	widths [3]map[rune]float64 // of size 1
}

// newMetrics loads the fonts into the PDF.
func newMetrics(p *fpdf.Fpdf) (*metrics, error) {
	files, err := fonts.Files()
	if err != nil {
		return nil, err
	}
	for f, b := range files {
		p.AddUTF8FontFromBytes(family, styleOf(face(f)), b)
	}
	p.SetFont(family, "", 10)
	if err := p.Error(); err != nil {
		return nil, fmt.Errorf("load the fonts of the report: %w", err)
	}
	m := &metrics{pdf: p}
	for i := range m.widths {
		m.widths[i] = make(map[rune]float64, 256)
	}
	return m, nil
}

// width is the width of s in points.
func (m *metrics) width(s string, f face, size float64) float64 {
	w := 0.0
	for _, r := range s {
		v, ok := m.widths[f][r]
		if !ok {
			v = m.measure(r, f)
			m.widths[f][r] = v
		}
		w += v
	}
	return w * size
}

// clipped is a text on one line of at most room points; a cut is marked.
func (m *metrics) clipped(text string, size, room float64) string {
	text = fonts.Glyphs(text)
	if m.width(text, regular, size) <= room {
		return text
	}
	room -= m.width("…", regular, size)
	w := 0.0
	for i, r := range text {
		if w += m.width(string(r), regular, size); w > room {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

func (m *metrics) measure(r rune, f face) float64 {
	m.pdf.SetFont(family, styleOf(f), 10)
	return float64(m.pdf.GetStringSymbolWidth(string(r))) / 1000
}
