package clocks_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/law/clocks"
)

// TestRules has the rules beside the plain periods, one request each.
func TestRules(t *testing.T) {
	t.Parallel()
	type inputs map[clocks.Input]string
	tests := []struct {
		name    string
		regime  clocks.Regime
		stage   clocks.Stage
		in      inputs
		ongoing bool
		change  func(*clocks.Request)
		now     string
		due     string // "" = no deadline
		anchor  clocks.Input
		status  clocks.Status
	}{
		{name: "NIS2 Art. 23(4)(d): not handled, and not said to be ongoing", regime: clocks.NIS2, stage: clocks.FinalReport,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z"},
			now: "2026-07-13T00:00:00Z", due: "2026-07-12T08:00:00Z", anchor: clocks.NotificationSubmittedAt, status: clocks.Overdue},
		{name: "NIS2 Art. 23(4)(e): ongoing at the ordinary date", regime: clocks.NIS2, stage: clocks.FinalReport, ongoing: true,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z"},
			now: "2026-07-12T08:00:00Z", anchor: clocks.HandledAt, status: clocks.NotStarted},
		{name: "ongoing a second before the ordinary date", regime: clocks.NIS2, stage: clocks.FinalReport, ongoing: true,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z"},
			now: "2026-07-12T07:59:59Z", due: "2026-07-12T08:00:00Z", anchor: clocks.NotificationSubmittedAt, status: clocks.Open},
		{name: "sent although it is ongoing", regime: clocks.NIS2, stage: clocks.FinalReport, ongoing: true,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z", clocks.SubmittedAt: "2026-07-12T09:00:00Z"},
			now: "2026-07-13T00:00:00Z", due: "2026-07-12T08:00:00Z", anchor: clocks.NotificationSubmittedAt, status: clocks.LateStrictWithinLegal},
		{name: "the ordinary date is only foreseen", regime: clocks.NIS2, stage: clocks.FinalReport, ongoing: true,
			in:  inputs{clocks.AwareAt: "2026-06-10T08:00:00Z"},
			now: "2026-08-01T00:00:00Z", due: "2026-07-13T08:00:00Z", anchor: clocks.NotificationSubmittedAt, status: clocks.Open},
		{name: "handled at the ordinary date", regime: clocks.NIS2, stage: clocks.FinalReport,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z", clocks.HandledAt: "2026-07-12T08:00:00Z"},
			due: "2026-07-12T08:00:00Z", anchor: clocks.NotificationSubmittedAt, status: clocks.Open},
		{name: "handled after the ordinary date", regime: clocks.NIS2, stage: clocks.FinalReport,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z", clocks.HandledAt: "2026-07-12T08:00:01Z"},
			due: "2026-08-12T08:00:01Z", anchor: clocks.HandledAt, status: clocks.Open},
		{name: "handled at the date of the progress report: none is owed", regime: clocks.NIS2, stage: clocks.ProgressReport,
			in:     inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z", clocks.HandledAt: "2026-07-12T08:00:00Z"},
			anchor: clocks.NotificationSubmittedAt, status: clocks.NotStarted},
		{name: "handled after the date of the progress report", regime: clocks.NIS2, stage: clocks.ProgressReport,
			in:  inputs{clocks.NotificationSubmittedAt: "2026-06-12T08:00:00Z", clocks.HandledAt: "2026-07-12T08:00:01Z"},
			due: "2026-07-12T08:00:00Z", anchor: clocks.NotificationSubmittedAt, status: clocks.Open},
		{name: "an early warning of which the moment is known was sent", regime: clocks.NIS2, stage: clocks.EarlyWarning,
			in:  inputs{clocks.AwareAt: "2026-06-10T08:00:00Z", clocks.EarlyWarningSubmittedAt: "2026-06-11T08:00:00Z"},
			now: "2026-06-20T08:00:00Z", due: "2026-06-11T08:00:00Z", anchor: clocks.AwareAt, status: clocks.OnTime},
		{name: "the moment of the notification says nothing about the early warning", regime: clocks.NIS2, stage: clocks.EarlyWarning,
			in:  inputs{clocks.AwareAt: "2026-06-10T08:00:00Z", clocks.NotificationSubmittedAt: "2026-06-10T09:00:00Z"},
			now: "2026-06-20T08:00:00Z", due: "2026-06-11T08:00:00Z", anchor: clocks.AwareAt, status: clocks.Overdue},
		{name: "the authority names the day", regime: clocks.NIS2, stage: clocks.IntermediateReport,
			in:  inputs{clocks.RequestedAt: "2026-06-10T08:00:00Z", clocks.DueSetByAuthority: "2026-06-12T18:00:00Z"},
			due: "2026-06-12T18:00:00Z", anchor: clocks.DueSetByAuthority, status: clocks.Open},
		{name: "the authority asked without a day", regime: clocks.NIS2, stage: clocks.IntermediateReport,
			in: inputs{clocks.RequestedAt: "2026-06-10T08:00:00Z"}, anchor: clocks.RequestedAt, status: clocks.Open},
		{name: "the authority did not ask", regime: clocks.NIS2, stage: clocks.IntermediateReport,
			in: inputs{clocks.AwareAt: "2026-06-10T08:00:00Z"}, anchor: clocks.RequestedAt, status: clocks.NotStarted},
		{name: "national law sets a period for the intermediate report", regime: clocks.NIS2, stage: clocks.IntermediateReport,
			in: inputs{clocks.AwareAt: "2026-06-10T08:00:00Z"},
			change: func(r *clocks.Request) {
				r.Profile = clocks.Profile{clocks.IntermediateReport: {From: clocks.AwareAt, Period: clocks.Hours(48)}}
			},
			due: "2026-06-12T08:00:00Z", anchor: clocks.AwareAt, status: clocks.Open},
		{name: "a trust service keeps the 24 hours against a longer national period", regime: clocks.NIS2, stage: clocks.IncidentNotification,
			in: inputs{clocks.AwareAt: "2026-06-10T08:00:00Z"},
			change: func(r *clocks.Request) {
				r.TrustService = true
				r.Profile = clocks.Profile{clocks.IncidentNotification: {From: clocks.AwareAt, Period: clocks.Hours(25)}}
			},
			due: "2026-06-11T08:00:00Z", anchor: clocks.AwareAt, status: clocks.Open},
		{name: "and a shorter national period holds for it", regime: clocks.NIS2, stage: clocks.IncidentNotification,
			in: inputs{clocks.AwareAt: "2026-06-10T08:00:00Z"},
			change: func(r *clocks.Request) {
				r.TrustService = true
				r.Profile = clocks.Profile{clocks.IncidentNotification: {From: clocks.AwareAt, Period: clocks.Hours(12)}}
			},
			due: "2026-06-10T20:00:00Z", anchor: clocks.AwareAt, status: clocks.Open},
		{name: "DORA: 4 hours from the classification, 24 from awareness at most", regime: clocks.DORA, stage: clocks.InitialNotification,
			in:  inputs{clocks.AwareAt: "2026-06-10T08:00:00Z", clocks.ClassifiedAt: "2026-06-11T05:00:00Z"},
			due: "2026-06-11T08:00:00Z", anchor: clocks.AwareAt, status: clocks.Open},
		{name: "DORA: classified soon", regime: clocks.DORA, stage: clocks.InitialNotification,
			in:  inputs{clocks.AwareAt: "2026-06-10T08:00:00Z", clocks.ClassifiedAt: "2026-06-11T04:00:00Z"},
			due: "2026-06-11T08:00:00Z", anchor: clocks.ClassifiedAt, status: clocks.Open},
		{name: "DORA: classified a day after awareness", regime: clocks.DORA, stage: clocks.InitialNotification,
			in:  inputs{clocks.AwareAt: "2026-06-10T08:00:00Z", clocks.ClassifiedAt: "2026-06-11T08:00:01Z"},
			due: "2026-06-11T12:00:01Z", anchor: clocks.ClassifiedAt, status: clocks.Open},
	}
	for _, tc := range tests {
		r := clocks.Request{Regime: tc.regime, Stage: tc.stage, Zone: time.UTC}
		for i, v := range tc.in {
			r.Inputs.Set(i, at(v))
		}
		r.Inputs.Ongoing = tc.ongoing
		if tc.now != "" {
			r.Now = at(tc.now)
		}
		if tc.change != nil {
			tc.change(&r)
		}
		c := clocks.Compute(r)
		due := ""
		if !c.Strict.IsZero() {
			due = c.Strict.UTC().Format(time.RFC3339)
		}
		if due != tc.due || c.Anchor != tc.anchor || c.Status != tc.status {
			t.Errorf("%s: %q from %s, %s; want %q from %s, %s", tc.name, due, c.Anchor, c.Status, tc.due, tc.anchor, tc.status)
		}
	}
}

// TestRecipients asks to whom the report of every stage goes.
func TestRecipients(t *testing.T) {
	t.Parallel()
	for _, r := range clocks.Regimes() {
		for _, s := range clocks.Stages(r) {
			if m := clocks.RecipientOf(r, s); m.Key == "" {
				t.Errorf("%s %s goes to nobody", r, s)
			}
		}
	}
	for _, tc := range []struct {
		regime clocks.Regime
		stage  clocks.Stage
		want   string
	}{
		{clocks.DORA, clocks.IntermediateReport, "clocks.recipient.dora_authority"},
		{clocks.NIS2, clocks.BreachNotification, ""},
		{clocks.GDPR, clocks.EarlyWarning, ""},
	} {
		if m := clocks.RecipientOf(tc.regime, tc.stage); m.Key != tc.want {
			t.Errorf("%s %s goes to %q, want %q", tc.regime, tc.stage, m.Key, tc.want)
		}
	}
	if a, b := clocks.RecipientOf(clocks.GDPR, clocks.BreachNotification), clocks.RecipientOf(clocks.NIS2, clocks.EarlyWarning); a.Key == b.Key {
		t.Errorf("a breach of personal data goes to %q, as an incident", a.Key)
	}
}

// TestPeriodsInWords has one period of each kind.
func TestPeriodsInWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, key string
		count     int
	}{
		{"PT24H", "hours", 24}, {"PT90M", "minutes", 90}, {"P14D", "days", 14}, {"P2W", "days", 14}, {"P1M", "months", 1}, {"P3B", "working_days", 3},
	} {
		p, err := clocks.ParsePeriod(tc.text)
		m := p.Message()
		if err != nil || m.Key != "clocks.period."+tc.key || len(m.Args) != 1 || m.Args[0].Value != tc.count {
			t.Errorf("%s: %v, %v", tc.text, m, err)
		}
	}
	for text, holds := range map[string]bool{"P120M": true, "P121M": false, "P3660D": true, "P3661D": false, "P2500B": true, "P2501B": false} {
		if _, err := clocks.ParsePeriod(text); (err == nil) != holds {
			t.Errorf("%s: %v", text, err)
		}
	}
}
