// Package fonts has the letters in which reports are set: the files themselves, which
// signs they have, and how wide a text is.
package fonts

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Face is one of the three faces.
type Face uint8

// The faces.
const (
	Regular Face = iota
	Bold
	Italic
)

// The faces of Noto Sans (SIL Open Font License, see LICENSE-OFL.txt), packed with
// gzip: Latin, Greek and Cyrillic with everything that the languages of the Union
// need, and arrows, signs of mathematics and marks of Noto Sans Math and Noto Sans
// Symbols 2. Without hints and without tables that nobody reads here.
//
//go:embed *.ttf.gz
var packed embed.FS

// Files is the TrueType files, by face. Nobody changes them.
var Files = sync.OnceValues(func() (files [3][]byte, err error) {
	for f, name := range [...]string{Regular: "Regular", Bold: "Bold", Italic: "Italic"} {
		if files[f], err = unpack("NotoSans-" + name + ".ttf.gz"); err != nil {
			return files, fmt.Errorf("unpack the fonts of the report: %w", err)
		}
	}
	return files, nil
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

// parsed is the files as their reader knows them.
var parsed = sync.OnceValues(func() (fonts [3]*sfnt.Font, err error) {
	files, err := Files()
	for f := range files {
		if err == nil {
			fonts[f], err = sfnt.Parse(files[f])
		}
	}
	if err != nil {
		return fonts, fmt.Errorf("read the fonts of the report: %w", err)
	}
	return fonts, nil
})

// Reader gives shapes and widths of letters. It is not safe for concurrent use.
type Reader struct {
	fonts  [3]*sfnt.Font
	buffer sfnt.Buffer
	widths [3]map[rune]float64 // of size 1
}

// NewReader opens the fonts.
func NewReader() (*Reader, error) {
	f, err := parsed()
	return &Reader{fonts: f, widths: [3]map[rune]float64{{}, {}, {}}}, err
}

// unit is the size at which widths are asked for: large, so that little is rounded.
const unit = 1000

// Width is the width of a text in the unit of size. Letters are set without kerning.
func (r *Reader) Width(text string, f Face, size float64) float64 {
	w := 0.0
	for _, c := range Glyphs(text) {
		v, ok := r.widths[f][c]
		if !ok {
			v = r.advance(c, f)
			r.widths[f][c] = v
		}
		w += v
	}
	return w * size
}

func (r *Reader) advance(c rune, f Face) float64 {
	glyph, err := r.fonts[f].GlyphIndex(&r.buffer, c)
	if err != nil {
		return 0
	}
	a, err := r.fonts[f].GlyphAdvance(&r.buffer, glyph, fixed.I(unit), font.HintingNone)
	if err != nil {
		return 0
	}
	return float64(a) / 64 / unit
}

// Shape is the outline of a letter at a size, around its place on the baseline, with y
// growing downwards. It is good until the next call.
func (r *Reader) Shape(c rune, f Face, size float64) (sfnt.Segments, error) {
	glyph, err := r.fonts[f].GlyphIndex(&r.buffer, c)
	if err != nil {
		return nil, err
	}
	return r.fonts[f].LoadGlyph(&r.buffer, glyph, fixed.Int26_6(size*64), nil)
}
