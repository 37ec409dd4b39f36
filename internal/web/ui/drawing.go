package ui

import (
	"math"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
)

// coordinate writes a number of a drawing, not below zero, with two decimals.
func coordinate(v float64) string {
	if math.IsNaN(v) || v < 0 {
		v = 0
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// column is the height of a small column of 24 units; a score of zero is still seen.
func column(percent float64) float64 { return max(1.5, min(100, percent)*0.24) }

func measuresText(label string, measures []Measure) string {
	parts := make([]string, len(measures))
	for i, m := range measures {
		parts[i] = m.Key + " " + m.Text
	}
	return label + ": " + strings.Join(parts, ", ")
}

// polyline are the points of values 0–100 in a box, with room for the stroke.
func polyline(values []float64, width, height float64) string {
	parts := make([]string, len(values))
	for i, v := range values {
		x := 1 + (width-2)*float64(i)/float64(len(values)-1)
		y := 1 + (height-2)*(1-min(100, max(0, v))/100)
		parts[i] = coordinate(x) + "," + coordinate(y)
	}
	return strings.Join(parts, " ")
}

// Widths at which a chart is laid out; the style sheet shows one of them.
const (
	wideChart   = 680
	narrowChart = 280
)

// drawing is a chart laid out for a width.
type drawing struct {
	class, box, elements string
}

func draw(ch chart.Chart, class string, width float64) drawing {
	var s chart.SVG
	height := ch.Draw(&s, width)
	if _, ring := ch.(chart.Gauge); ring {
		width, class = height, class+" gauge"
	}
	return drawing{class, "0 0 " + coordinate(width) + " " + coordinate(math.Ceil(height)), strings.Map(printable, s.String())}
}

// printable drops the control characters that no document may hold.
func printable(r rune) rune {
	if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffe || r == 0xffff {
		return -1
	}
	return r
}
