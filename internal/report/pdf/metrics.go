package pdf

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"
)

// The faces of Noto Sans (SIL Open Font License, see fonts/LICENSE-OFL.txt), packed
// with gzip: Latin, Greek and Cyrillic with everything that the languages of the Union
// need, and arrows, signs of mathematics and marks of Noto Sans Math and Noto Sans
// Symbols 2. Without hints and without tables that the library does not read.
//
//go:embed fonts/*.ttf.gz
var packed embed.FS

// faces unpacks the fonts, by face.
var faces = sync.OnceValues(func() (fonts [3][]byte, err error) {
	for f, name := range [...]string{regular: "Regular", bold: "Bold", italic: "Italic"} {
		if fonts[f], err = unpack("fonts/NotoSans-" + name + ".ttf.gz"); err != nil {
			return fonts, fmt.Errorf("unpack the fonts of the report: %w", err)
		}
	}
	return fonts, nil
})

func unpack(name string) ([]byte, error) {
	b, err := packed.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r) // which checks the sum
}

// face is one of the three embedded fonts.
type face uint8

const (
	regular face = iota
	bold
	italic
)

func (f face) style() string { return [...]string{"", "B", "I"}[f] }

const family = "noto"

// metrics knows how wide text is. Widths are kept per rune, since the fonts are
// set without kerning.
type metrics struct {
	pdf    *fpdf.Fpdf
	widths [3]map[rune]float64 // of size 1
}

// newMetrics loads the fonts into the PDF.
func newMetrics(p *fpdf.Fpdf) (*metrics, error) {
	fonts, err := faces()
	if err != nil {
		return nil, err
	}
	for f, b := range fonts {
		p.AddUTF8FontFromBytes(family, face(f).style(), b)
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
	text = glyphs(text)
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
	m.pdf.SetFont(family, f.style(), 10)
	return float64(m.pdf.GetStringSymbolWidth(string(r))) / 1000
}
