package fonts

import (
	"encoding/binary"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// replacer makes one line of a text and leaves out what only says where it may break.
// The hyphen that does not break becomes the plain one, which a search finds.
var replacer = strings.NewReplacer(
	"\u2011", "-", "\r\n", " ", "\n", " ", "\t", " ", "\u2028", " ", "\u2029", " ",
	"\u200b", "", "\u00ad", "", "\u2060", "", "\ufeff", "",
)

// Glyphs prepares a string of the document for the fonts: composed letters, letters
// for ligatures and other forms of presentation that the fonts lack, no control
// characters, and a sign of replacement for what remains.
func Glyphs(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(replacer.Replace(strings.ToValidUTF8(s, "\ufffd"))) {
		switch {
		case r < 0x20 || r >= 0x7f && r < 0xa0 || model.TurnsText(r):
		case has(r):
			b.WriteRune(r)
		default:
			b.WriteString(compatible(r))
		}
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// compatible is a rune that the fonts lack in letters that they have, as Unicode
// decomposes it: the ligature of f and i, a letter of full width, a Roman numeral.
func compatible(r rune) string {
	text := norm.NFKC.String(string(r))
	for _, x := range text {
		if !has(x) {
			return "\ufffd"
		}
	}
	return text
}

// has reports whether all embedded fonts have a glyph. Fonts that cannot be unpacked
// have none; Files says why.
func has(r rune) bool {
	c := covered()
	return int(r) < len(c) && c[r]
}

// covered holds which runes all fonts have, by rune.
var covered = sync.OnceValue(func() []bool {
	fonts, err := Files()
	if err != nil {
		return nil
	}
	var in [1 << 16]int
	for _, f := range fonts {
		eachRune(f, func(r uint16) { in[r]++ })
	}
	all := make([]bool, len(in))
	for r, n := range in {
		all[r] = n == len(fonts)
	}
	return all
})

// eachRune calls do with each rune that a TrueType font has a glyph for, read from the
// table of format 4 in its "cmap".
func eachRune(font []byte, do func(uint16)) {
	short := func(i int) int { return int(binary.BigEndian.Uint16(font[i:])) }
	long := func(i int) int { return int(binary.BigEndian.Uint32(font[i:])) }
	for i := range short(4) {
		entry := 12 + 16*i
		if string(font[entry:entry+4]) != "cmap" {
			continue
		}
		cmap := long(entry + 8)
		for j := range short(cmap + 2) {
			if table := cmap + long(cmap+8+8*j); short(table) == 4 {
				eachOfFormat4(short, table, do)
				return
			}
		}
	}
}

func eachOfFormat4(short func(int) int, table int, do func(uint16)) {
	size := short(table + 6) // twice the number of segments
	for i := 0; i < size; i += 2 {
		end, start := short(table+14+i), short(table+16+size+i)
		delta, offset := short(table+16+2*size+i), table+16+3*size+i
		for r := start; r <= end && r < 0xffff; r++ {
			glyph := r
			if short(offset) != 0 {
				glyph = short(offset + short(offset) + 2*(r-start))
			}
			if glyph != 0 && uint16(glyph+delta) != 0 {
				do(uint16(r))
			}
		}
	}
}
