package chart_test

import (
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
)

// TestRingIsHollow: a shape without a fill says so, by class or by colour; what says
// nothing is filled in black.
func TestRingIsHollow(t *testing.T) {
	for want, s := range map[string]*chart.SVG{`f-none`: {}, `fill="none"`: {Colours: chart.Palette{}}} {
		s.Circle(chart.Point{X: 6, Y: 6}, 5, chart.None, chart.Stroke{Ink: chart.Accent, Width: 1})
		if got := s.String(); !strings.Contains(got, want) {
			t.Errorf("a ring without %s: %s", want, got)
		}
	}
}
