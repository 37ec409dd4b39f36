package clocks_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/holidays"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// rows prints clocks as "regime stage deadline status", one each.
func rows(all []clocks.Clock) []string {
	var out []string
	for _, c := range all {
		due := "-"
		if !c.Strict.IsZero() {
			due = c.Strict.UTC().Format(time.RFC3339)
		}
		out = append(out, strings.Join([]string{string(c.Regime), string(c.Stage), due, string(c.Status)}, " "))
	}
	return out
}

func TestAll(t *testing.T) {
	aware := at("2026-06-10T10:20:00Z")
	nis2 := func(change func(*clocks.Case)) []clocks.Case {
		k := clocks.Case{Request: clocks.Request{Regime: clocks.NIS2, Zone: zone(t, "Europe/Berlin"), Inputs: clocks.Inputs{}.With(clocks.AwareAt, aware)}}
		change(&k)
		return []clocks.Case{k}
	}
	for _, tc := range []struct {
		name  string
		cases []clocks.Case
		want  []string
	}{
		{"only aware", nis2(func(*clocks.Case) {}), []string{
			"nis2 early_warning 2026-06-11T10:20:00Z open",
			"nis2 incident_notification 2026-06-13T10:20:00Z open",
			"nis2 progress_report 2026-07-13T10:20:00Z open",
			"nis2 final_report 2026-07-13T10:20:00Z open",
			"nis2 recipient_information - open",
		}},
		{"submissions move the final report", nis2(func(k *clocks.Case) {
			k.Submitted = map[clocks.Stage]time.Time{clocks.EarlyWarning: at("2026-06-11T10:20:01Z"), clocks.IncidentNotification: at("2026-06-12T08:00:00Z")}
		}), []string{
			"nis2 early_warning 2026-06-11T10:20:00Z late_strict_within_legal",
			"nis2 incident_notification 2026-06-13T10:20:00Z on_time",
			"nis2 progress_report 2026-07-12T08:00:00Z open",
			"nis2 final_report 2026-07-12T08:00:00Z open",
			"nis2 recipient_information - open",
		}},
		{"handled in time: no progress report", nis2(func(k *clocks.Case) {
			k.Submitted = map[clocks.Stage]time.Time{clocks.IncidentNotification: at("2026-06-12T08:00:00Z")}
			k.Inputs.Set(clocks.HandledAt, at("2026-07-01T08:00:00Z"))
		}), []string{
			"nis2 early_warning 2026-06-11T10:20:00Z open",
			"nis2 incident_notification 2026-06-13T10:20:00Z on_time",
			"nis2 final_report 2026-07-12T08:00:00Z open",
			"nis2 recipient_information - open",
		}},
		{"still ongoing at the final date", nis2(func(k *clocks.Case) {
			k.Submitted = map[clocks.Stage]time.Time{clocks.IncidentNotification: at("2026-06-12T08:00:00Z"), clocks.ProgressReport: at("2026-07-12T07:00:00Z")}
			k.Now = at("2026-07-13T00:00:00Z")
		}), []string{
			"nis2 early_warning 2026-06-11T10:20:00Z overdue",
			"nis2 incident_notification 2026-06-13T10:20:00Z on_time",
			"nis2 progress_report 2026-07-12T08:00:00Z on_time",
			"nis2 final_report - clock_not_started",
			"nis2 recipient_information - open",
		}},
		{"the authority asked", nis2(func(k *clocks.Case) {
			k.Inputs.Set(clocks.RequestedAt, at("2026-06-12T08:00:00Z"))
			k.Inputs.Set(clocks.DueSetByAuthority, at("2026-06-12T18:00:00Z"))
		})[:1], []string{
			"nis2 early_warning 2026-06-11T10:20:00Z open",
			"nis2 intermediate_report 2026-06-12T18:00:00Z open",
			"nis2 incident_notification 2026-06-13T10:20:00Z open",
			"nis2 progress_report 2026-07-13T10:20:00Z open",
			"nis2 final_report 2026-07-13T10:20:00Z open",
			"nis2 recipient_information - open",
		}},
		{"not significant", nis2(func(k *clocks.Case) { k.Significant = law.False }), []string{
			"nis2 early_warning - voluntary", "nis2 incident_notification - voluntary", "nis2 intermediate_report - voluntary",
			"nis2 progress_report - voluntary", "nis2 final_report - voluntary", "nis2 recipient_information - voluntary",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rows(clocks.All(tc.cases))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// All clocks of several regimes are those of each regime, in the order of time.
func TestAllIsSortedAndComplete(t *testing.T) {
	all := clocks.All(incidentOf(t))
	sorted := slices.IsSortedFunc(all, func(a, b clocks.Clock) int {
		switch {
		case a.Strict.IsZero() == b.Strict.IsZero():
			return a.Strict.Compare(b.Strict)
		case a.Strict.IsZero():
			return 1
		}
		return -1
	})
	if !sorted {
		t.Errorf("out of order: %v", rows(all))
	}
	var single []string
	for _, k := range incidentOf(t) {
		for _, c := range clocks.All([]clocks.Case{k}) {
			k.Stage = c.Stage
			k.Inputs.Ongoing = true
			if diff := cmp.Diff(rows([]clocks.Clock{clocks.Compute(k.Request)}), rows([]clocks.Clock{c})); diff != "" {
				t.Errorf("together and alone differ: %s", diff)
			}
			single = append(single, rows([]clocks.Clock{c})...)
		}
	}
	got := rows(all)
	slices.Sort(single)
	slices.Sort(got)
	if diff := cmp.Diff(single, got); diff != "" {
		t.Error(diff)
	}
}

// A proposal is counted only when asked for, and is labelled.
func TestAllWhatIf(t *testing.T) {
	cases := incidentOf(t)[:2]
	for i := range cases {
		cases[i].WhatIf = []string{clocks.DigitalOmnibus, clocks.NIS2Amendment}
		cases[i].Inputs.Set(clocks.RequestedAt, at("2026-11-26T08:00:00Z"))
	}
	var proposals []string
	for _, c := range clocks.All(cases) {
		if c.Proposal != "" {
			proposals = append(proposals, c.TermID)
			if c.InForce {
				t.Errorf("%s is shown as law", c.TermID)
			}
		}
	}
	if diff := cmp.Diff([]string{"clk.gdpr.sa.omnibus", "clk.nis2.ransom"}, proposals); diff != "" {
		t.Error(diff)
	}
	for _, c := range clocks.All(incidentOf(t)) {
		if c.Proposal != "" {
			t.Errorf("%s was not asked for", c.TermID)
		}
	}
}

func TestReminders(t *testing.T) {
	aware := at("2026-06-10T10:20:00Z")
	for _, tc := range []struct {
		name   string
		regime clocks.Regime
		stage  clocks.Stage
		anchor clocks.Input
		want   []string
	}{
		{"24 hours", clocks.NIS2, clocks.EarlyWarning, clocks.AwareAt, []string{
			"2026-06-10T10:20:00Z", "2026-06-10T22:20:00Z", "2026-06-11T06:20:00Z", "2026-06-11T09:20:00Z", "2026-06-11T10:20:00Z"}},
		{"one month", clocks.NIS2, clocks.FinalReport, clocks.NotificationSubmittedAt, []string{
			"2026-06-10T10:20:00Z", "2026-06-25T10:20:00Z", "2026-07-03T10:20:00Z", "2026-07-08T10:20:00Z", "2026-07-10T10:20:00Z"}},
		{"four hours: no reminder before the start", clocks.DORA, clocks.InitialNotification, clocks.ClassifiedAt, []string{
			"2026-06-10T10:20:00Z", "2026-06-10T12:20:00Z", "2026-06-10T13:20:00Z", "2026-06-10T14:20:00Z"}},
		{"no outer limit", clocks.GDPR, clocks.DataSubjectCommunication, clocks.AwareAt, nil},
		{"not started", clocks.NIS2, clocks.EarlyWarning, clocks.DetectedAt, nil},
	} {
		var got []string
		for _, r := range clocks.Reminders(clocks.Compute(request(tc.regime, tc.stage, time.UTC, tc.anchor, aware))) {
			got = append(got, r.UTC().Format(time.RFC3339))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

// Delegated Regulation (EU) 2025/301 Art. 5(4), (5): noon of the next working
// day, only when the deadline falls on a weekend or bank holiday, and not for the
// initial and intermediate reports of the exempt.
func TestDORAWeekend(t *testing.T) {
	reports := []struct {
		stage  clocks.Stage
		anchor clocks.Input
	}{
		{clocks.InitialNotification, clocks.ClassifiedAt}, {clocks.IntermediateReport, clocks.InitialSubmittedAt},
		{clocks.FinalReport, clocks.LatestIntermediateSubmittedAt},
	}
	for _, country := range holidays.Countries() {
		calendar, _ := holidays.For(country, 2026, 2033)
		rapid.Check(t, func(rt *rapid.T) {
			z := zone(t, rapid.SampledFrom(unionZones).Draw(rt, "zone"))
			report := rapid.SampledFrom(reports).Draw(rt, "report")
			r := request(clocks.DORA, report.stage, z, report.anchor, anchorNear(rt))
			r.Holiday, r.Art55Exempt = calendar.Holiday, rapid.Bool().Draw(rt, "exempt")
			c := clocks.Compute(r)
			due := law.DateOf(c.Strict)
			relief := !working(calendar, due) && (!r.Art55Exempt || report.stage == clocks.FinalReport)
			if relief == c.Extended.IsZero() {
				rt.Fatalf("%s due %s: extended to %s", report.stage, c.Strict, c.Extended)
			}
			if !relief {
				return
			}
			day := law.DateOf(c.Extended)
			if hour, minute, second := c.Extended.Clock(); hour != 12 || minute != 0 || second != 0 || !working(calendar, day) {
				rt.Fatalf("extended to %s, which is not noon of a working day", c.Extended)
			}
			for d := due; d.Before(day); d = d.AddDays(1) {
				if working(calendar, d) {
					rt.Fatalf("extended to %s although %s is a working day", c.Extended, d)
				}
			}
		})
	}
}

func working(calendar holidays.Calendar, d law.Date) bool {
	w := d.At(time.UTC).Weekday()
	return w != time.Saturday && w != time.Sunday && !calendar.Holiday(d)
}

// The status agrees with the instants, whenever the report was sent.
func TestStatusAgrees(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tc := rapid.SampledFrom(timed).Draw(rt, "stage")
		anchor := anchorNear(rt)
		r := request(tc.regime, tc.stage, zone(t, "Europe/Paris"), tc.anchor, anchor)
		due := clocks.Compute(r)
		moment := rapid.SampledFrom([]time.Time{due.Strict, due.LegalEndExcl, due.Extended}).Draw(rt, "moment").Add(time.Duration(rapid.IntRange(-1, 1).Draw(rt, "ns")))
		if moment.Before(anchor) {
			return
		}
		r.Now = moment
		open := clocks.Compute(r)
		r.Inputs.Set(clocks.SubmittedAt, moment)
		sent := clocks.Compute(r)
		late := moment.After(due.Strict)
		if tc.stage == clocks.FinalReport && tc.regime == clocks.NIS2 && open.Status == clocks.NotStarted {
			return
		}
		if (open.Status == clocks.Overdue) != late || (sent.Status != clocks.OnTime) != late {
			rt.Fatalf("at %s, due %s: open %s, sent %s", moment, due.Strict, open.Status, sent.Status)
		}
		within := moment.Before(due.LegalEndExcl) || !due.Extended.IsZero() && !moment.After(due.Extended)
		if late && (sent.Status == clocks.LateStrictWithinLegal) != within {
			rt.Fatalf("at %s, due %s, legal end %s, extended %s: sent %s", moment, due.Strict, due.LegalEndExcl, due.Extended, sent.Status)
		}
	})
}
