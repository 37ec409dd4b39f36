package incidents_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// significant is a case of a significant incident with the facts that every form asks.
func (d desk) significant(t *testing.T) incident.Incident {
	t.Helper()
	ctx, anna := t.Context(), d.actor("anna", authz.Editor)
	i, err := d.Intake(ctx, anna, d.organisation, incidents.Notice{Title: "Update server serves malware", Kind: incident.Happened, Zone: "Europe/Vienna"})
	must(t, err)
	d.aware(t, i.ID, -time.Hour)
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "customers are hit"))
	must(t, d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.OccurredAt, incident.Moment{At: d.clock.Now().Add(-3 * time.Hour), Zone: "Europe/Vienna"}))
	for id, v := range map[string]reporting.Value{"reporter_name": {Text: "Anna Huber"}, "reporter_phone": {Text: "+43 1 2345678"}, "reporter_email": {Text: "secret@example.org"},
		"description": {Text: "The build server was entered through the VPN of a supplier."}} {
		must(t, d.PutFact(ctx, anna, d.organisation, i.ID, id, v))
	}
	return i
}

// TestEveryRegime takes each duty that is not NIS2 alone through the whole flow: duty,
// clock, report that is prefilled, answers of which the rest is not known, approval by a
// second person, submission, paper in PDF, as text and as data. What one reader does not
// get stands in no paper of theirs, and in those of the others.
func TestEveryRegime(t *testing.T) {
	d := openReal(t)
	ctx, anna, ben := t.Context(), d.actor("anna", authz.Editor), d.actor("ben", authz.Owner)
	i, printer := d.significant(t), messages(t).Printer("en")
	aware := d.clock.Now().Add(-time.Hour)
	for _, tc := range []struct {
		regime clocks.Regime
		stage  clocks.Stage
		due    time.Time // zero: no deadline
		title  string
		field  string // of this regime alone
		value  string
		input  string // moment to state first
	}{
		{clocks.CRAVulnerability, clocks.EarlyWarning, aware.Add(24 * time.Hour), "Early warning", "product_name", "Seewinkel Agent 4", ""},
		{clocks.CRAVulnerability, clocks.VulnerabilityNotification, aware.Add(72 * time.Hour), "Vulnerability notification", "exploit_nature", "A forged update", ""},
		{clocks.CRAVulnerability, clocks.FinalReport, time.Date(2026, 4, 11, 10, 30, 0, 0, time.UTC), "Final report", "fix_details", "Release 4.2", "measure_available_at"},
		{clocks.CRAIncident, clocks.EarlyWarning, aware.Add(24 * time.Hour), "Early warning", "product_name", "Seewinkel Agent 4", ""},
		{clocks.CRAIncident, clocks.UserInformation, time.Time{}, "affected users", "user_measures", "Install the update", ""},
		{clocks.CER, clocks.InitialNotification, aware.Add(24 * time.Hour), "Initial notification", "area_affected", "The north of the county", ""},
		{clocks.EIDAS, clocks.Notification, aware.Add(22 * time.Hour), "eIDAS", "trust_services", "", ""},
		{clocks.EPrivacy, clocks.BreachNotification, d.clock.Now().Add(24 * time.Hour), "ePrivacy", "telecom_service", "Webmail", ""},
		{clocks.GDPR, clocks.ProcessorNotification, time.Time{}, "controller", "contract_number", "AV-17", ""},
		{clocks.DORA, clocks.InitialNotification, time.Date(2026, 3, 28, 15, 30, 0, 0, time.UTC), "Initial notification", "third_party_origin", "Cloud & Co", "classified_at"},
		{clocks.DORA, clocks.ClientInformation, time.Time{}, "clients", "public_contact", "help@example.org", ""},
		{incident.Contract, incident.ContractStage, aware.Add(12 * time.Hour), "Notice – Contract", "contract_number", "C-2026-7", ""},
		{incident.Insurer, incident.ContractStage, time.Time{}, "Notice – Insurer", "policy_number", "P-99", ""},
		{clocks.NIS2, clocks.RecipientInformation, time.Time{}, "recipients of the service", "recipient_text", "Our update server sent malware.", ""},
	} {
		t.Run(string(tc.regime)+" "+string(tc.stage), func(t *testing.T) {
			o := incident.Obligation{Regime: tc.regime, Country: "AT", Authority: "Authority of " + string(tc.regime), Applies: "yes", Qualified: law.Unknown}
			if tc.regime == incident.Contract || tc.regime == incident.Insurer {
				o.Country, o.Authority, o.Partner = "", "", "Bank & Co"
			}
			if tc.regime == incident.Contract {
				o.Terms = map[clocks.Stage]incident.Term{incident.ContractStage: {Period: "PT12H", From: "aware_at"}}
			}
			if tc.regime == clocks.EIDAS {
				o.Qualified = law.True // counts from the incident
			}
			o, err := d.Oblige(ctx, ben, d.organisation, i.ID, o)
			must(t, err)
			if tc.input != "" {
				must(t, d.SetInput(ctx, anna, d.organisation, i.ID, o.ID, tc.input, incident.Moment{At: time.Date(2026, 3, 28, 11, 30, 0, 0, time.UTC), Zone: "Europe/Vienna"}))
			}
			r, err := d.Begin(ctx, anna, d.organisation, i.ID, o.ID, tc.stage, "")
			must(t, err)
			sh, err := d.Sheet(ctx, anna, d.organisation, i.ID, r.ID)
			must(t, err)
			if sh.Values["entity_name"].Text != "Lindental Systemhaus GmbH" {
				t.Errorf("the name of the entity is not filled in: %q", sh.Values["entity_name"])
			}
			if _, ok := sh.Form.Field(tc.input); ok && sh.Values[tc.input].Text != "2026-03-28T12:30:00+01:00" {
				t.Errorf("%s was said and is not filled in: %q", tc.input, sh.Values[tc.input])
			}
			if f, ok := sh.Form.Field(tc.field); ok {
				v := reporting.Value{Text: tc.value}
				if f.Type == reporting.Lines {
					v = reporting.Value{List: []string{"Time stamps"}}
				}
				must(t, d.PutOwn(ctx, anna, d.organisation, i.ID, r.ID, tc.field, v, false))
			} else {
				t.Fatalf("no field %s", tc.field)
			}
			for _, m := range sh.Missing {
				if m.ID != tc.field {
					must(t, d.PutOwn(ctx, anna, d.organisation, i.ID, r.ID, m.ID, reporting.Value{Unknown: true}, false))
				}
			}
			withheld := slices.ContainsFunc(sh.Form.Shown(tc.stage), func(f reporting.Field) bool { return f.ID == "reporter_email" }) && tc.regime != clocks.CER
			if withheld {
				must(t, d.PutOwn(ctx, anna, d.organisation, i.ID, r.ID, "reporter_email", reporting.Value{}, true))
			}
			must(t, d.Approve(ctx, ben, d.organisation, i.ID, r.ID))
			if err := d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelNisaba}); incidents.Wired(tc.regime, tc.stage) != (err == nil) {
				t.Fatalf("handed to an authority by the platform: %v", err)
			} else if err != nil {
				must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal}))
			}
			p := d.paper(t, i.ID, r.ID)
			if !p.Frozen.DueAt.Equal(tc.due) {
				t.Errorf("due %s, want %s", p.Frozen.DueAt, tc.due)
			}
			text := p.Text(printer)
			paper := strings.Join(strings.Fields(string(reporttest.PDFText(t, pdfOf(t, p, printer), "-layout"))), " ")
			data, err := p.JSON()
			must(t, err)
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.Report.SHA256 {
				t.Error("the data do not have the hash of the report")
			}
			for _, want := range []string{tc.title, tc.value, p.Report.SHA256, "Lindental Systemhaus GmbH"} {
				if !strings.Contains(text, want) || !strings.Contains(paper, want) {
					t.Errorf("%q is missing in:\n%s", want, text)
				}
			}
			secret := strings.Contains(text, "secret@example.org") || strings.Contains(paper, "secret@example.org") || strings.Contains(string(data), "secret@example.org")
			if secret != (tc.regime == clocks.CER) {
				t.Errorf("the address of the person: shown %t", secret)
			}
			if told := !tc.stage.ToAuthority(); told == strings.Contains(text, "TLP:") || told && tc.regime != clocks.GDPR && strings.Contains(text, "supplier") {
				t.Errorf("what is for authorities only stands in, or lacks:\n%s", text)
			}
		})
	}
	c, err := d.Handle(ctx, anna, d.organisation, i.ID, incidents.IndicatorPage{})
	must(t, err)
	if len(c.Informed) != 1 || !strings.Contains(c.Informed[0].Text, "sent malware") || c.Informed[0].About != "incident" {
		t.Errorf("that recipients were told is not recorded: %+v", c.Informed)
	}
}
