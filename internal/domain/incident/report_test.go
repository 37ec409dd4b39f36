package incident_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// TestWhatWasSubmittedIsWhatArrived: a clock is met when the report reached the
// authority, not when it was to leave; Directive (EU) 2022/2555 Art. 23(4).
func TestWhatWasSubmittedIsWhatArrived(t *testing.T) {
	aware := time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC)
	due := aware.Add(24 * time.Hour)
	in := func(hours int) time.Time { return aware.Add(time.Duration(hours) * time.Hour) }
	wire := func(status incident.ReportStatus, submitted, received time.Time) incident.Report {
		return incident.Report{ID: "r", Stage: clocks.EarlyWarning, Channel: incident.OnTheWire, Status: status, SubmittedAt: submitted, ReceivedAt: received}
	}
	handed := wire(incident.Acknowledged, in(20), in(23))
	handed.Channel, handed.HandedAt = "portal", in(23)
	handedLate := handed
	handedLate.HandedAt, handedLate.ReceivedAt = in(50), in(50)
	portal := incident.Report{Stage: clocks.EarlyWarning, Channel: "portal", Status: incident.Acknowledged, SubmittedAt: in(20), ReceivedAt: in(50)}
	never := time.Time{}
	for name, tc := range map[string]struct {
		reports  []incident.Report
		now      time.Time
		status   clocks.Status
		made     time.Time
		underway bool
		alarms   bool
	}{
		"nothing":                           {nil, in(21), clocks.Open, never, false, true},
		"a draft":                           {[]incident.Report{{Stage: clocks.EarlyWarning, Status: incident.Draft}}, in(21), clocks.Open, never, false, true},
		"on its way":                        {[]incident.Report{wire(incident.Submitted, in(20), never)}, in(21), clocks.Open, never, true, true},
		"on its way for too long":           {[]incident.Report{wire(incident.Submitted, in(20), never)}, in(25), clocks.Overdue, never, true, true},
		"arrived in time":                   {[]incident.Report{wire(incident.Acknowledged, in(20), due)}, in(25), clocks.OnTime, due, false, false},
		"submitted in time, arrived late":   {[]incident.Report{wire(incident.Acknowledged, in(20), in(50))}, in(51), clocks.Late, in(50), false, false},
		"handed over in another way":        {[]incident.Report{handed}, in(25), clocks.OnTime, in(23), false, false},
		"handed over in another way, late":  {[]incident.Report{handedLate}, in(51), clocks.Late, in(50), false, false},
		"by hand: what the person said":     {[]incident.Report{portal}, in(51), clocks.OnTime, in(20), false, false},
		"the correction arrived first":      {[]incident.Report{wire(incident.Submitted, in(20), never), wire(incident.Acknowledged, in(21), in(22))}, in(25), clocks.OnTime, in(22), false, false},
		"both arrived, the second overtook": {[]incident.Report{wire(incident.Acknowledged, in(20), in(50)), wire(incident.Acknowledged, in(21), in(22))}, in(51), clocks.OnTime, in(22), false, false},
	} {
		o := incident.Obligation{Regime: clocks.NIS2, Applies: "yes", Zone: "UTC", Qualified: law.Unknown}
		i := incident.Incident{State: incident.Open, AwareAt: incident.Moment{At: aware, Certainty: incident.Exact}, Significance: incident.Significance{Decided: true, Is: true}}
		list := o.Clocks(i, tc.reports, tc.now)
		c := list[0]
		if c.Stage != clocks.EarlyWarning || c.Status != tc.status || !c.Submitted.Equal(tc.made) || !c.Strict.Equal(due) {
			t.Errorf("%s: %s, made %v, due %v", name, c.Status, c.Submitted, c.Strict)
		}
		if _, ok := incident.Awaited(tc.reports, clocks.EarlyWarning); ok != tc.underway {
			t.Errorf("%s: on its way: %t", name, ok)
		}
		rings := false
		for _, a := range o.Alarms(list) {
			rings = rings || a.Stage == clocks.EarlyWarning && a.Step == "1h"
		}
		if rings != tc.alarms {
			t.Errorf("%s: rings an hour before: %t", name, rings)
		}
		s := incident.Summarise([]incident.Measured{{Incident: i, Clocks: list}}, law.Date{Year: 1}, law.Date{Year: 9999, Month: 12, Day: 31}, time.UTC)
		for _, p := range s.Stages {
			if p.Stage == clocks.EarlyWarning && (p.OnTime == 1) != (tc.status == clocks.OnTime) {
				t.Errorf("%s: counted as %+v", name, p)
			}
		}
	}
}

// TestFinalReportCountsFromArrival: the month runs from the notification that reached
// the authority, Art. 23(4)(d); until then its end is an expectation.
func TestFinalReportCountsFromArrival(t *testing.T) {
	aware := time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC)
	o := incident.Obligation{Regime: clocks.NIS2, Applies: "yes", Zone: "UTC", Qualified: law.Unknown}
	i := incident.Incident{State: incident.Open, AwareAt: incident.Moment{At: aware, Certainty: incident.Exact}, Significance: incident.Significance{Decided: true, Is: true}}
	r := incident.Report{Stage: clocks.IncidentNotification, Channel: incident.OnTheWire, Status: incident.Submitted, SubmittedAt: aware.Add(time.Hour)}
	final := func() clocks.Clock {
		for _, c := range o.Clocks(i, []incident.Report{r}, aware.Add(2*time.Hour)) {
			if c.Stage == clocks.FinalReport {
				return c
			}
		}
		t.Fatal("no final report")
		return clocks.Clock{}
	}
	if c := final(); !c.Projected {
		t.Errorf("before it arrived: %+v", c)
	}
	r.Status, r.ReceivedAt = incident.Acknowledged, aware.Add(90*time.Minute)
	if c, want := final(), time.Date(2026, 7, 10, 9, 30, 0, 0, time.UTC); c.Projected || !c.Strict.Equal(want) {
		t.Errorf("due %v, want %v", c.Strict, want)
	}
}
