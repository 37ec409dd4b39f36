package incidents_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// TestCorrectWhoWasTold: a record of people told is corrected and struck out, what it
// said stays in the record of the case, new reports follow, and a report that was sent
// says what it said.
func TestCorrectWhoWasTold(t *testing.T) {
	d := openReal(t)
	ctx, anna, ben := t.Context(), d.actor("anna", authz.Editor), d.actor("ben", authz.Owner)
	i := d.significant(t)
	o, err := d.Oblige(ctx, ben, d.organisation, i.ID, incident.Obligation{Regime: clocks.NIS2, Country: "AT", Authority: "CSIRT", Applies: "yes"})
	must(t, err)
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, o.ID, clocks.IncidentNotification, "")
	must(t, err)
	at := incident.Moment{At: d.clock.Now().Add(-time.Hour - 30*time.Second), Zone: "Europe/Vienna", Certainty: incident.Exact}
	told, err := d.Inform(ctx, anna, d.organisation, i.ID, incident.Informed{Whom: "All customers", Count: 1200, Channel: "mail", Text: "Please change passwords.", About: "threat", At: at})
	must(t, err)
	says := func() string { return saying(t, d, i.ID, r.ID)("recipients_informed_how") }
	if got := says(); !strings.Contains(got, "All customers (1200)") {
		t.Errorf("the report says %q", got)
	}
	sh, err := d.Sheet(ctx, anna, d.organisation, i.ID, r.ID)
	must(t, err)
	for _, f := range sh.Form.Missing(clocks.IncidentNotification, sh.Values) {
		must(t, d.PutFact(ctx, anna, d.organisation, i.ID, f.ID, reporting.Value{Unknown: true}))
	}
	must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "night"}))
	sent := says()
	change := told
	change.Whom, change.Count, change.At = "Customers of the mail service", 300, incident.Moment{}
	must(t, d.ChangeInformed(ctx, anna, d.organisation, i.ID, change, "the list had doubles"))
	now := d.handled(t, anna, i.ID).Informed[0]
	want := told
	want.Whom, want.Count, want.Version = "Customers of the mail service", 300, 2
	if diff := cmp.Diff(want, now); diff != "" {
		t.Error(diff)
	}
	if got := says(); got != sent {
		t.Errorf("a report that was sent says %q now", got)
	}
	if err := d.ChangeInformed(ctx, anna, d.organisation, i.ID, change, "again"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old version: %v", err)
	}
	must(t, d.StrikeInformed(ctx, anna, d.organisation, i.ID, told.ID, "the mail was never sent"))
	h := d.handled(t, anna, i.ID)
	if h.Informed[0].Struck != "the mail was never sent" {
		t.Errorf("%+v", h.Informed[0])
	}
	var record []string
	for _, e := range h.Entries {
		if e.Kind == "correction" && e.Object == told.ID {
			record = append(record, e.Before+" → "+e.After+": "+e.Text+" ("+e.ByName+")")
		}
	}
	const first, second = "2026-03-28 12:59 CET · All customers · 1200 · mail · Art. 23(2)\nPlease change passwords.", "2026-03-28 12:59 CET · Customers of the mail service · 300 · mail · Art. 23(2)\nPlease change passwords."
	if diff := cmp.Diff([]string{first + " → " + second + ": the list had doubles (anna)", second + " → struck: the mail was never sent (anna)"}, record); diff != "" {
		t.Error(diff)
	}
	later, err := d.Begin(ctx, anna, d.organisation, i.ID, o.ID, clocks.FinalReport, "")
	must(t, err)
	if got := saying(t, d, i.ID, later.ID)("recipients_informed_how"); got != "" || says() != sent {
		t.Errorf("a new report says %q, the one that was sent %q", got, says())
	}
}

// TestCorrectCosts: a cost is corrected with a reason, a struck one counts in no total,
// and neither can be done by who only reads, from another case, or twice.
func TestCorrectCosts(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna, reader := d.actor("anna", authz.Editor), d.actor("rosa", authz.Auditor)
	i, other := d.started(t, anna, "Malware"), d.started(t, anna, "Other")
	c, err := d.AddCost(ctx, anna, d.organisation, i.ID, incident.Cost{What: "Forensics", Cents: 1_200_050, Currency: "EUR", Estimated: true})
	must(t, err)
	twice, err := d.AddCost(ctx, anna, d.organisation, i.ID, incident.Cost{What: "Forensics", Cents: 1_200_050, Currency: "EUR"})
	must(t, err)
	told, err := d.Inform(ctx, anna, d.organisation, i.ID, incident.Informed{Whom: "All", Text: "x", About: "incident"})
	must(t, err)
	paid := c
	paid.Cents, paid.Estimated = 1_100_000, false
	must(t, d.ChangeCost(ctx, anna, d.organisation, i.ID, paid, "the invoice"))
	must(t, d.StrikeCost(ctx, anna, d.organisation, i.ID, twice.ID, "entered twice"))
	h := d.handled(t, anna, i.ID)
	if diff := cmp.Diff([]incidents.Total{{Currency: "EUR", Known: 1_100_000}}, incidents.Totals(h.Costs)); diff != "" || len(h.Costs) != 2 {
		t.Errorf("%s %+v", diff, h.Costs)
	}
	last := h.Entries[len(h.Entries)-2]
	if last.Before != "Forensics · ≈ 12000.50 EUR · 2026-03-28" || last.After != "Forensics · 11000.00 EUR · 2026-03-28" || last.Text != "the invoice" {
		t.Errorf("record: %+v", last)
	}
	paid.Version++
	same := told
	for name, tc := range map[string]struct {
		want fault.Kind
		err  error
	}{
		"struck already":       {fault.Conflict, d.StrikeCost(ctx, anna, d.organisation, i.ID, twice.ID, "again")},
		"changed when struck":  {fault.Conflict, d.ChangeCost(ctx, anna, d.organisation, i.ID, incident.Cost{ID: twice.ID, Version: 2, What: "x", Cents: 1, Currency: "EUR"}, "x")},
		"no reason":            {fault.Invalid, d.ChangeCost(ctx, anna, d.organisation, i.ID, incident.Cost{ID: c.ID, Version: 2, What: "x", Cents: 1, Currency: "EUR"}, " ")},
		"struck for nothing":   {fault.Invalid, d.StrikeInformed(ctx, anna, d.organisation, i.ID, told.ID, "")},
		"nothing corrected":    {fault.Invalid, d.ChangeCost(ctx, anna, d.organisation, i.ID, paid, "x")},
		"the same was told":    {fault.Invalid, d.ChangeInformed(ctx, anna, d.organisation, i.ID, same, "x")},
		"of another case":      {fault.NotFound, d.StrikeCost(ctx, anna, d.organisation, other.ID, c.ID, "x")},
		"told in another case": {fault.NotFound, d.ChangeInformed(ctx, anna, d.organisation, other.ID, told, "x")},
		"who only reads":       {fault.Forbidden, d.StrikeCost(ctx, reader, d.organisation, i.ID, c.ID, "x")},
		"who only reads tells": {fault.Forbidden, d.ChangeInformed(ctx, reader, d.organisation, i.ID, told, "x")},
	} {
		if tc.err == nil || fault.KindOf(tc.err) != tc.want {
			t.Errorf("%s: %v", name, tc.err)
		}
	}
}
