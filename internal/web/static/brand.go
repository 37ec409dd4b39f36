package static

import (
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
)

// brand makes the file brand/RRGGBB.css.
func brand(name string) (file, bool) {
	digits, ok := strings.CutPrefix(name, "brand/")
	if !ok {
		return file{}, false
	}
	digits, ok = strings.CutSuffix(digits, ".css")
	if !ok {
		return file{}, false
	}
	c, err := chart.ParseColour("#" + digits)
	if err != nil {
		return file{}, false
	}
	return file{kind: "text/css; charset=utf-8", body: tokens(c), small: func() []byte { return nil }}, true
}

// tokens are the colours of both screens as custom properties, and the classes
// of charts and marks. Charts in reports use the same palettes.
func tokens(accent chart.Colour) []byte {
	var b strings.Builder
	light, dark := chart.Light(accent), chart.Dark(accent)
	b.WriteString(":root{color-scheme:light dark;")
	for _, k := range chart.Inks() {
		fmt.Fprintf(&b, "--%s:light-dark(%s,%s);", k.Name, light[k.Ink].Hex(), dark[k.Ink].Hex())
	}
	b.WriteString("}\n:root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}\n")
	b.WriteString("@media print{:root,:root[data-theme]{color-scheme:light}}\n")
	for _, k := range chart.Inks() {
		fmt.Fprintf(&b, ".f-%s{fill:var(--%s)}.s-%s{stroke:var(--%s)}", k.Name, k.Name, k.Name, k.Name)
	}
	b.WriteString(".f-none{fill:none}\n")
	for _, t := range chart.Tones() {
		fmt.Fprintf(&b, ".t-%s{--tone:var(--%s)}", t.Name, t.Tone.Ink().Name())
	}
	b.WriteByte('\n')
	return []byte(b.String())
}
