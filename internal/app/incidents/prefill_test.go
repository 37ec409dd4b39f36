package incidents_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// saying finds the answers of a sheet by field.
func saying(t *testing.T, d desk, id, report string) func(field string) string {
	t.Helper()
	sh, err := d.Sheet(t.Context(), d.actor("anna", authz.Editor), d.organisation, id, report)
	must(t, err)
	return func(field string) string { return sh.Values[field].String() }
}

// TestReportKnowsTheCase: what was said once in the case stands in the report; it
// follows its source until somebody answers otherwise, also with nothing.
func TestReportKnowsTheCase(t *testing.T) {
	d := openReal(t)
	ctx, anna := t.Context(), d.actor("anna", authz.Editor)
	i := d.significant(t)
	for name, value := range map[string]string{"suspected_malicious": "true", "death": "false", "health_damage": "true", "loss_eur": "1200", "unavailable": "false", "limited": "true"} {
		must(t, d.PutCriterion(ctx, anna, d.organisation, i.ID, name, value))
	}
	_, err := d.PutAffected(ctx, anna, d.organisation, i.ID, incident.Affected{Kind: "service", Name: "Mail", Condition: "affected"})
	must(t, err)
	o, err := d.Oblige(ctx, d.actor("ben", authz.Owner), d.organisation, i.ID, incident.Obligation{Regime: clocks.NIS2, Country: "AT", Authority: "CSIRT", Applies: "yes"})
	must(t, err)
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, o.ID, clocks.IncidentNotification, "")
	must(t, err)
	said := saying(t, d, i.ID, r.ID)
	for field, want := range map[string]string{"malicious": "yes", "death": "no", "health_damage": "", "loss": "1200 EUR", "outage_extent": "limited",
		"impact_kinds": "availability", "services_affected": "Mail", "significance_grounds": "customers are hit"} {
		if got := said(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	answer := func(field string, v reporting.Value) {
		t.Helper()
		must(t, d.Answer(ctx, anna, d.organisation, i.ID, r.ID, func(f reporting.Field, _ incident.Incident) (reporting.Value, bool) { return v, f.ID == field }, nil))
	}
	answer("services_affected", reporting.Value{List: []string{"Mail"}}) // as it stands: nobody said otherwise
	_, err = d.PutAffected(ctx, anna, d.organisation, i.ID, incident.Affected{Kind: "service", Name: "Telephone", Condition: "affected"})
	must(t, err)
	if got := saying(t, d, i.ID, r.ID)("services_affected"); got != "Mail, Telephone" {
		t.Errorf("services do not follow the case: %q", got)
	}
	answer("services_affected", reporting.Value{})
	answer("malicious", reporting.Value{Unknown: true})
	if said = saying(t, d, i.ID, r.ID); said("services_affected") != "" || said("malicious") != "?" {
		t.Errorf("answers do not win: %q, %q", said("services_affected"), said("malicious"))
	}
}

// TestApprovalIsOfWhatWasRead: a fact of the case that changes what a report says makes
// its approval void, wherever it was changed; what is told elsewhere does not.
func TestApprovalIsOfWhatWasRead(t *testing.T) {
	d := openReal(t)
	ctx, anna, ben := t.Context(), d.actor("anna", authz.Editor), d.actor("ben", authz.Owner)
	i := d.significant(t)
	o, err := d.Oblige(ctx, ben, d.organisation, i.ID, incident.Obligation{Regime: clocks.NIS2, Country: "AT", Authority: "CSIRT", Applies: "yes"})
	must(t, err)
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, o.ID, clocks.EarlyWarning, "")
	must(t, err)
	for _, field := range []string{"malicious", "cross_border"} {
		must(t, d.PutFact(ctx, anna, d.organisation, i.ID, field, reporting.Value{Unknown: true}))
	}
	must(t, d.Approve(ctx, ben, d.organisation, i.ID, r.ID))
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "root_cause_text", reporting.Value{Text: "not in this report"}))
	sheet := func() incidents.Sheet {
		t.Helper()
		sh, err := d.Sheet(ctx, anna, d.organisation, i.ID, r.ID)
		must(t, err)
		return sh
	}
	if sh := sheet(); sh.Report.Status != incident.Approved || sh.Lapsed != "" {
		t.Errorf("approved: %s, lapsed of %q", sh.Report.Status, sh.Lapsed)
	}
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "description", reporting.Value{Text: "Something else happened."}))
	if sh := sheet(); sh.Report.Status != incident.Draft || sh.Lapsed != "ben" {
		t.Errorf("another text: %s, lapsed of %q", sh.Report.Status, sh.Lapsed)
	}
	sending := incidents.Sending{Channel: incidents.ChannelPortal}
	if err := d.Submit(ctx, anna, d.organisation, i.ID, r.ID, sending); fault.KindOf(err) != fault.Invalid {
		t.Errorf("what nobody approved goes out: %v", err)
	}
	must(t, d.Approve(ctx, ben, d.organisation, i.ID, r.ID))
	must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, sending))
	if sh := sheet(); sh.Report.ApprovedName != "ben" {
		t.Errorf("approved by %q", sh.Report.ApprovedName)
	}
}
