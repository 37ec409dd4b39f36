package ui

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the white border of a QR code in modules, as ISO/IEC 18004 asks for.
const quiet = 4

// modules is a QR code as the path of an SVG drawing, with its size in modules. A text
// that is too long for a QR code has none.
func modules(text string) (path string, size int, ok bool) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, false
	}
	var b strings.Builder
	n := code.Bounds().Dx()
	for y := range n {
		for x := range n {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return b.String(), n + 2*quiet, true
}
