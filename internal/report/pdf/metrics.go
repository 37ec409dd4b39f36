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
	"golang.org/x/text/unicode/norm"

	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// The faces of Noto Sans (SIL Open Font License, see fonts/LICENSE-OFL.txt), packed
// with gzip: Latin, Greek and Cyrillic with everything that the languages of the Union
// need.
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

// replacer gives signs that the fonts lack a form that they have.
var replacer = strings.NewReplacer(
	"≥", ">=", "≤", "<=", "→", "->", "←", "<-", "≠", "!=", "≈", "~", "−", "-", "✓", "+", "✗", "x",
	"\u2011", "-", "\r\n", " ", "\n", " ", "\t", " ", "\u200b", "", "\u00ad", "", "\ufeff", "",
)

// glyphs prepares a string of the document for the fonts: composed letters, no
// control characters, and a sign of replacement for what the fonts lack.
func glyphs(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 || r >= 0x7f && r < 0xa0 || model.TurnsText(r):
			return -1
		case has(r):
			return r
		}
		return '\ufffd'
	}, norm.NFC.String(replacer.Replace(strings.ToValidUTF8(s, "\ufffd"))))
}

// has reports whether the embedded fonts have a glyph: their blocks of Latin,
// Greek, Cyrillic, punctuation and currency.
func has(r rune) bool {
	switch {
	case r <= 0x7e, r >= 0xa0 && r <= 0x377, r >= 0x37a && r <= 0x37f, r >= 0x384 && r <= 0x38a, r == 0x38c,
		r >= 0x38e && r <= 0x3a1, r >= 0x3a3 && r <= 0x3e1, r >= 0x3f0 && r <= 0x52f, r >= 0x1e00 && r <= 0x1eff,
		r >= 0x1f00 && r <= 0x1f15, r >= 0x1f18 && r <= 0x1f1d, r >= 0x1f20 && r <= 0x1f45,
		r >= 0x2000 && r <= 0x2064, r >= 0x2070 && r <= 0x2071, r >= 0x2074 && r <= 0x208e,
		r >= 0x20a0 && r <= 0x20bf, r >= 0x2100 && r <= 0x215f, r == 0xfffd:
		return true
	}
	return false
}
