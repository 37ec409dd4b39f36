package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// TestSummarise: spans by their formula, punctuality by stage, and what is counted
// apart.
func TestSummarise(t *testing.T) {
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := func(hours int) incident.Moment {
		return incident.Moment{At: begin.Add(time.Duration(hours) * time.Hour), Certainty: incident.Exact}
	}
	var list []incident.Measured
	for n := 1; n <= 10; n++ {
		m := incident.Measured{Incident: incident.Incident{State: incident.Closed, OccurredAt: at(0), DetectedAt: at(n), AwareAt: at(2 * n), HandledAt: at(20),
			Facts: reporting.Values{"root_cause": {Text: "human_error"}, "cross_border": {Text: "yes"}}, Significance: incident.Significance{Decided: true, Is: n > 5}},
			Clocks: []clocks.Clock{{Regime: clocks.NIS2, Stage: clocks.EarlyWarning, Status: clocks.OnTime}}, FirstSent: at(2*n + 1).At}
		if n == 10 {
			m.Clocks[0].Status = clocks.Late
			m.Linked = []string{"x"}
		}
		list = append(list, m)
	}
	apart := func(change func(*incident.Incident)) {
		m := list[0]
		change(&m.Incident)
		list = append(list, m)
	}
	apart(func(i *incident.Incident) { i.Exercise = true })
	apart(func(i *incident.Incident) { i.State = incident.Merged })
	apart(func(i *incident.Incident) { i.State = incident.Dismissed })
	apart(func(i *incident.Incident) { i.DetectedAt = at(-48) })
	got := incident.Summarise(list, law.MustDate("2026-03-01"), law.MustDate("2026-03-31"), time.UTC)
	hours := func(n, d int, count int) incident.Span {
		s := incident.Span{Count: count, Median: time.Duration(n) * time.Hour / 2, P90: time.Duration(d) * time.Hour}
		s.Text = [2]float64{s.Median.Minutes(), s.P90.Minutes()}
		return s
	}
	want := incident.Statistics{From: law.MustDate("2026-03-01"), To: law.MustDate("2026-03-31"), Cases: 10, Significant: 5, Not: 5, CrossBorder: 10, Recurring: 1,
		Exercises: 1, False: 1, Merged: 1, Detect: hours(11, 9, 10), Aware: hours(11, 9, 10), Report: hours(2, 1, 10), Handle: hours(29, 18, 10),
		Stages: []incident.Punctuality{{Regime: clocks.NIS2, Stage: clocks.EarlyWarning, OnTime: 9, Late: 1}}, Causes: map[string]int{"human_error": 10}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := incident.Summarise(nil, law.MustDate("2026-01-01"), law.MustDate("2026-12-31"), time.UTC); got.Cases != 0 || got.Detect.Count != 0 {
		t.Errorf("%+v", got)
	}
}
