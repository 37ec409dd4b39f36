package ui

import "github.com/nisaba-platform/nisaba/internal/report/chart"

// Tone is the meaning of a status; it decides shape and colour. The tones are
// those of charts and reports.
type Tone = chart.Tone

// The tones.
const (
	Neutral = chart.ToneNeutral
	Good    = chart.ToneGood
	Partly  = chart.TonePartly
	Bad     = chart.ToneBad
	Open    = chart.ToneOpen
	Aside   = chart.ToneAside
	Info    = chart.ToneInfo
)

type mark struct{ name, drawing string }

// marks are the shapes of all tones as SVG elements in a square of 12 units.
func marks() []mark {
	var out []mark
	for _, t := range chart.Tones() {
		var s chart.SVG
		chart.Mark(&s, t.Tone, 0, 0, 12)
		out = append(out, mark{t.Name, s.String()})
	}
	return out
}
