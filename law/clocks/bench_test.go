package clocks_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/holidays"
)

// incidentOf is one incident under every regime, with the holidays of Germany.
func incidentOf(t testing.TB) []clocks.Case {
	calendar, ok := holidays.For("DE", 2024, 2032)
	if !ok {
		t.Fatal("no holidays of Germany")
	}
	aware := time.Date(2026, 11, 24, 21, 10, 0, 0, time.UTC)
	inputs := clocks.Inputs{}.With(clocks.DetectedAt, aware.Add(-3*time.Hour)).With(clocks.AwareAt, aware).
		With(clocks.ClassifiedAt, aware.Add(time.Hour)).With(clocks.MeasureAvailableAt, aware.Add(90*time.Hour))
	var cases []clocks.Case
	for _, r := range clocks.Regimes() {
		cases = append(cases, clocks.Case{Request: clocks.Request{
			Regime: r, Zone: zone(t, "Europe/Berlin"), Holiday: calendar.Holiday, Inputs: inputs, Now: aware.Add(5 * time.Hour),
		}})
	}
	return cases
}

// BenchmarkAll is every clock of one incident under all regimes.
func BenchmarkAll(b *testing.B) {
	cases := incidentOf(b)
	b.ReportAllocs()
	for b.Loop() {
		clocks.All(cases)
	}
}

// BenchmarkAllNIS2 is every clock of one incident under NIS2.
func BenchmarkAllNIS2(b *testing.B) {
	cases := incidentOf(b)[:1]
	b.ReportAllocs()
	for b.Loop() {
		clocks.All(cases)
	}
}
