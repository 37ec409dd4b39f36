package ui

import (
	"fmt"
	"strings"
	"testing"
)

// TestModules: a drawing has the three marks in its corners and the white border that
// cameras look for, and a text that is too long has no drawing.
func TestModules(t *testing.T) {
	path, size, ok := modules("otpauth://totp/Nisaba:anna@example.org?secret=ABCDEFGHIJKLMNOP&issuer=Nisaba")
	if !ok || (size-2*quiet-17)%4 != 0 {
		t.Fatalf("%d modules, %v", size, ok)
	}
	black := func(x, y int) bool { return strings.Contains(path, fmt.Sprintf("M%d %dh", x, y)) }
	for _, corner := range [][2]int{{quiet, quiet}, {size - quiet - 7, quiet}, {quiet, size - quiet - 7}} {
		for y := range 7 {
			for x := range 7 {
				ring := max(abs(x-3), abs(y-3))
				if got := black(corner[0]+x, corner[1]+y); got != (ring != 2) {
					t.Errorf("module %d, %d of the mark at %v is black: %v", x, y, corner, got)
				}
			}
		}
	}
	for i := range size {
		if black(i, quiet-1) || black(quiet-1, i) || black(i, size-quiet) || black(size-quiet, i) {
			t.Fatalf("the border is not white at %d", i)
		}
	}
	if _, _, ok := modules(strings.Repeat("x", 3000)); ok {
		t.Error("a text of 3000 characters fits into a QR code")
	}
}

func abs(n int) int { return max(n, -n) }
