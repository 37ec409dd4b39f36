package incidents_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// delivered is the authority's signed receipt, as the wire brings it.
func (d desk) delivered(report string, at time.Time, receipt string) error {
	return d.store.Write(context.Background(), tenant.System("test").In(home, d.organisation), store.Change{Actor: "system"}, func(tx *store.Tx) error {
		return incidents.Acknowledge(tx, authz.Actor{Name: "CSIRT"}, report, at, "CERT-1", receipt)
	})
}

// underway is a case whose early warning was submitted two hours after awareness and
// is on its way to the authority.
func (d desk) underway(t *testing.T, anna authz.Actor) (i incident.Incident, duty, report string) {
	t.Helper()
	ctx := t.Context()
	i, err := d.Intake(ctx, anna, d.organisation, incidents.Notice{Title: "Files cannot be opened", Text: "A note asks for money.", Kind: incident.Happened, Zone: "Europe/Vienna"})
	must(t, err)
	_, err = d.Propose(ctx, anna, d.organisation, i.ID)
	must(t, err)
	must(t, d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, incident.Moment{At: d.clock.Now(), Zone: "Europe/Vienna", Reason: "seen"}))
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "servers are encrypted"))
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "malicious", reporting.Value{Unknown: true}))
	c, err := d.Load(ctx, anna, d.organisation, i.ID)
	must(t, err)
	d.clock.Move(2 * time.Hour)
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, c.Duties[0].ID, clocks.EarlyWarning, "")
	must(t, err)
	must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelNisaba, Bypass: "at night"}))
	return i, c.Duties[0].ID, r.ID
}

// rings lists the steps of the alarms of an early warning that still come.
func (d desk) rings(t *testing.T, duty string) (steps []string) {
	t.Helper()
	for _, a := range d.alarms(t) {
		if a.Obligation == duty && a.Stage == clocks.EarlyWarning {
			steps = append(steps, a.Step)
		}
	}
	slices.Sort(steps)
	return steps
}

func (d desk) warning(t *testing.T, anna authz.Actor, i incident.Incident) (incidents.Duty, clocks.Clock) {
	t.Helper()
	c, err := d.Load(t.Context(), anna, d.organisation, i.ID)
	must(t, err)
	k, _ := c.Duties[0].Clock(clocks.EarlyWarning)
	return c.Duties[0], k
}

// TestSubmittedIsNotDelivered: a report that is on its way meets no clock and silences
// no alarm; it counts from its receipt, and what arrives too late is late on every
// page, although it was submitted in time.
func TestSubmittedIsNotDelivered(t *testing.T) {
	d := open(t)
	anna := d.actor("anna", authz.Editor)
	i, duty, report := d.underway(t, anna)
	if _, k := d.warning(t, anna, i); k.Status != clocks.Open || !k.Submitted.IsZero() {
		t.Errorf("on its way: %s", k.Status)
	}
	if got := d.rings(t, duty); !slices.Equal(got, []string{"1h", "4h", "half", "overdue", "start"}) {
		t.Errorf("on its way, these alarms come: %v", got)
	}
	rows, err := d.Overview(t.Context(), anna, d.organisation)
	must(t, err)
	if rows[0].Next.Stage != clocks.EarlyWarning || rows[0].Sent.ID != report {
		t.Errorf("the list: next is %s, on its way %q", rows[0].Next.Stage, rows[0].Sent.ID)
	}
	d.clock.Move(30 * time.Hour)
	if _, k := d.warning(t, anna, i); k.Status != clocks.Overdue {
		t.Errorf("on its way for too long: %s", k.Status)
	}
	d.clock.Move(20 * time.Hour)
	at := d.clock.Now()
	must(t, d.delivered(report, at, "signed"))
	must(t, d.delivered(report, at.Add(time.Minute), "signed"))
	found, k := d.warning(t, anna, i)
	if k.Status != clocks.Late || !k.Submitted.Equal(at) {
		t.Errorf("arrived late: %s, made %v", k.Status, k.Submitted)
	}
	if r := found.Reports[0]; !r.SubmittedAt.Before(k.Strict) || !r.MadeAt().Equal(at) {
		t.Errorf("submitted %v, made %v", r.SubmittedAt, r.MadeAt())
	}
	if got := d.rings(t, duty); len(got) != 0 {
		t.Errorf("delivered, and these alarms come: %v", got)
	}
	s, err := d.Statistics(t.Context(), anna, d.organisation, law.DateOf(at).AddDays(-30), law.DateOf(at))
	must(t, err)
	for _, p := range s.Stages {
		if p.Stage == clocks.EarlyWarning && p.Regime == clocks.NIS2 && (p.Late != 1 || p.OnTime != 0) {
			t.Errorf("counted as %+v", p)
		}
	}
	if s.Report.Count != 1 || s.Report.Median != 52*time.Hour {
		t.Errorf("until the first report: %+v", s.Report)
	}
}

// TestHandedOverInAnotherWay: what the wire does not carry, a person hands over and
// says how and when. The platform's own word is not taken for it, and an arrival that
// is proved to be earlier counts.
func TestHandedOverInAnotherWay(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i, duty, report := d.underway(t, anna)
	submitted := d.clock.Now()
	d.clock.Move(3 * time.Hour)
	for name, in := range map[string]incidents.Received{
		"no way":     {At: d.clock.Now(), Reference: "CERT-9"},
		"the wire":   {At: d.clock.Now(), Channel: incidents.ChannelNisaba},
		"no time":    {Channel: incidents.ChannelPhone},
		"the future": {At: d.clock.Now().Add(time.Hour), Channel: incidents.ChannelPhone},
	} {
		if err := d.Receive(ctx, anna, d.organisation, i.ID, report, in); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, k := d.warning(t, anna, i); k.Status != clocks.Open {
		t.Errorf("nothing was recorded, and the clock is %s", k.Status)
	}
	by := d.clock.Now()
	must(t, d.Receive(ctx, anna, d.organisation, i.ID, report, incidents.Received{At: by, Reference: "CERT-9", Receipt: "Ms Huber", Channel: incidents.ChannelPhone}))
	found, k := d.warning(t, anna, i)
	if r := found.Reports[0]; k.Status != clocks.OnTime || !k.Submitted.Equal(by) || r.Channel != incidents.ChannelPhone || !r.SubmittedAt.Equal(submitted) {
		t.Errorf("%s, made %v by %s", k.Status, k.Submitted, r.Channel)
	}
	if got := d.rings(t, duty); len(got) != 0 {
		t.Errorf("handed over, and these alarms come: %v", got)
	}
	d.clock.Move(time.Hour)
	must(t, d.delivered(report, by.Add(-time.Hour), "signed"))
	if _, k := d.warning(t, anna, i); !k.Submitted.Equal(by.Add(-time.Hour)) {
		t.Errorf("it had arrived before: made %v", k.Submitted)
	}
}

// TestUnderwayGetsItsAlarmsBack: alarms that a report on its way lost when an earlier
// version of the program sent it come back by themselves, each once.
func TestUnderwayGetsItsAlarmsBack(t *testing.T) {
	d := open(t)
	i, duty, report := d.underway(t, d.actor("anna", authz.Editor))
	before := d.rings(t, duty)
	must(t, d.store.Write(t.Context(), tenant.System("test").In(home, d.organisation), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		return tx.ReplaceAlarms(incident.Obligation{ID: duty, Organisation: d.organisation, Incident: i.ID}, nil)
	}))
	if got := d.rings(t, duty); len(got) != 0 {
		t.Fatalf("these alarms are left: %v", got)
	}
	d.later(t, "incidents.underway", 3*time.Hour, func() bool { return len(d.rings(t, duty)) > 0 })
	if got := d.rings(t, duty); !slices.Equal(got, before) {
		t.Errorf("these alarms came back: %v, want %v", got, before)
	}
	must(t, d.delivered(report, d.clock.Now(), "signed"))
	if got := d.rings(t, duty); len(got) != 0 {
		t.Errorf("delivered, and these alarms come: %v", got)
	}
}
