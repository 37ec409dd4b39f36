package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Ink is a colour by its meaning. A palette gives it a value.
type Ink uint8

// The inks. Each status has its own; None draws nothing.
const (
	None Ink = iota
	Text
	Muted
	Line
	Panel
	Paper
	Accent
	Track // the empty part of a bar
	Good
	Partly
	Bad
	Open  // not assessed
	Aside // not applicable
)

// Inks lists every ink with the name that style sheets use, in a fixed order.
func Inks() []struct {
	Ink  Ink
	Name string
} {
	return slices.Clone(inks)
}

var inks = []struct {
	Ink  Ink
	Name string
}{
	{Text, "text"}, {Muted, "muted"}, {Line, "line"}, {Panel, "panel"}, {Paper, "paper"},
	{Accent, "accent"}, {Track, "track"}, {Good, "good"}, {Partly, "partly"}, {Bad, "bad"},
	{Open, "open"}, {Aside, "aside"},
}

// Name is the name of the ink in style sheets; "none" for None.
func (i Ink) Name() string {
	for _, k := range inks {
		if k.Ink == i {
			return k.Name
		}
	}
	return "none"
}

// Colour is an sRGB colour.
type Colour struct{ R, G, B uint8 }

// ParseColour reads "#rrggbb". Anything else is an error.
func ParseColour(s string) (Colour, error) {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 32); err == nil {
			return Colour{uint8(v >> 16), uint8(v >> 8), uint8(v)}, nil
		}
	}
	return Colour{}, fmt.Errorf("%q is not a colour; expected # and six hexadecimal digits, for example #1d5b79", s)
}

// Hex writes the colour as "#rrggbb".
func (c Colour) Hex() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// luminance is the relative luminance of WCAG 2.2, 0–1.
func (c Colour) luminance() float64 {
	channel := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(c.R) + 0.7152*channel(c.G) + 0.0722*channel(c.B)
}

// Contrast is the WCAG 2.2 contrast ratio of two colours, 1–21.
func Contrast(a, b Colour) float64 {
	la, lb := a.luminance(), b.luminance()
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// mix moves c towards d by the share t, 0–1.
func (c Colour) mix(d Colour, t float64) Colour {
	f := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*t)) }
	return Colour{f(c.R, d.R), f(c.G, d.G), f(c.B, d.B)}
}

// readable moves c towards pole until it has the contrast ratio on every ground.
func (c Colour) readable(pole Colour, ratio float64, grounds ...Colour) Colour {
	for t := 0.0; t <= 1; t += 0.05 {
		m, ok := c.mix(pole, t), true
		for _, g := range grounds {
			ok = ok && Contrast(m, g) >= ratio
		}
		if ok {
			return m
		}
	}
	return pole
}

// Palette gives each ink a colour.
type Palette map[Ink]Colour

// DefaultAccent is used when the organisation names no colour of its own.
var defaultAccent = Colour{0x1d, 0x5b, 0x79}

// minimumContrast is the ratio that WCAG 2.2 asks for normal text (AA).
const minimumContrast = 4.5

// Accented parses a brand colour; the empty string and a bad one give the
// colour that the report uses by default.
func Accented(hex string) Colour {
	c, err := ParseColour(hex)
	if err != nil {
		return defaultAccent
	}
	return c
}

// Light is the palette for paper and light screens. The accent is darkened as
// far as text on white needs, and on grounds that are tinted with it.
func Light(accent Colour) Palette {
	paper, panel := Colour{0xff, 0xff, 0xff}, Colour{0xf4, 0xf6, 0xf9}
	return Palette{
		Text: {0x1b, 0x23, 0x30}, Muted: {0x55, 0x5f, 0x6f}, Line: {0xd5, 0xdb, 0xe3},
		Panel: panel, Paper: paper, Track: {0xe4, 0xe8, 0xee},
		Accent: accent.readable(Colour{}, minimumContrast+0.3, paper, panel),
		Good:   {0x17, 0x6b, 0x41}, Partly: {0x8a, 0x5a, 0x00}, Bad: {0xae, 0x22, 0x18},
		Open: {0x55, 0x5f, 0x6f}, Aside: {0x66, 0x6f, 0x7e},
	}
}

// Dark is the palette for dark screens. The accent is lightened as far as text
// on a dark ground needs.
func Dark(accent Colour) Palette {
	paper, panel := Colour{0x12, 0x16, 0x1c}, Colour{0x1b, 0x21, 0x2a}
	return Palette{
		Text: {0xe6, 0xea, 0xf0}, Muted: {0xa8, 0xb2, 0xc0}, Line: {0x36, 0x40, 0x4d},
		Panel: panel, Paper: paper, Track: {0x2b, 0x34, 0x40},
		Accent: accent.readable(Colour{0xff, 0xff, 0xff}, minimumContrast+1, paper, panel),
		Good:   {0x5c, 0xc9, 0x92}, Partly: {0xe6, 0xac, 0x45}, Bad: {0xff, 0x8a, 0x7d},
		Open: {0xa8, 0xb2, 0xc0}, Aside: {0x97, 0xa1, 0xaf},
	}
}
