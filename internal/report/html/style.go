package html

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

//go:embed report.css
var css string

// styleSheet is the whole style of the page: the tokens of both palettes, the
// head and foot of printed pages, and the fixed rules.
func styleSheet(d model.Document) string {
	accent := chart.Accented(d.Brand.Colour)
	var b strings.Builder
	b.WriteString("\n:root{")
	tokens(&b, chart.Light(accent))
	b.WriteString("}\n@media screen and (prefers-color-scheme:dark){:root{")
	tokens(&b, chart.Dark(accent))
	b.WriteString("}}\n")
	for _, k := range chart.Inks() {
		fmt.Fprintf(&b, ".f-%s{fill:var(--%s)}.s-%s{stroke:var(--%s);fill:none}", k.Name, k.Name, k.Name, k.Name)
	}
	for _, t := range chart.Tones() {
		fmt.Fprintf(&b, ".t-%s{--tone:var(--%s)}", t.Name, t.Tone.Ink().Name())
	}
	for w := 1; w <= 100; w++ {
		fmt.Fprintf(&b, ".w%d{width:%d%%}", w, w)
	}
	for s := 5; s < 100; s += 5 {
		fmt.Fprintf(&b, ".s%d{--share:%d%%}", s, s)
	}
	fmt.Fprintf(&b, "\n@page{size:A4;margin:20mm 16mm 18mm;@top-left{content:%s;font:8pt sans-serif;color:#555f6f}"+
		"@top-right{content:%s;font:8pt sans-serif;color:#555f6f}"+
		"@bottom-right{content:counter(page) \" / \" counter(pages);font:8pt sans-serif;color:#555f6f}}\n",
		quoted(d.Title), quoted(d.DateText))
	b.WriteString(css)
	return b.String()
}

func tokens(b *strings.Builder, p chart.Palette) {
	for _, k := range chart.Inks() {
		fmt.Fprintf(b, "--%s:%s;", k.Name, p[k.Ink].Hex())
	}
}

// quoted is a CSS string in which everything but letters, digits and spaces is
// written as an escape, so that no text can leave the string or the element.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range model.Clean(s) {
		if r == ' ' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "\\%06x", r)
	}
	b.WriteByte('"')
	return b.String()
}
