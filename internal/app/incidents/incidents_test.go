package incidents_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// form is a small form of NIS2: what the tests of the flow need.
const form = `
id: nis2
version: 1
regime: nis2
title: reports.form.nis2
basis: content
source: Directive (EU) 2022/2555 Art. 23(4)
checked: 2026-11-28
confidence: verified
stages: [early_warning, incident_notification, final_report]
fields:
  - {id: description, number: 8, type: long, section: what, source: "Art. 23(4)", title: {en: What happened, de: Was geschah, fr: Que s'est-il passé}, stages: {early_warning: required, incident_notification: required, final_report: required}}
  - {id: malicious, number: 9, type: yes_no, section: what, source: "Art. 23(4)(a)", title: {en: Malicious, de: Böswillig, fr: Malveillant}, stages: {early_warning: required, incident_notification: required, final_report: required}}
  - {id: severity, number: 16, type: choice, options: [low, medium, high], section: impact, source: "Art. 23(4)(b)", title: {en: Severity, de: Schwere, fr: Gravité}, stages: {early_warning: optional, incident_notification: required}}
  - {id: root_cause, number: 23, type: text, section: cause, source: "Art. 23(4)(d)", title: {en: Cause, de: Ursache, fr: Cause}, stages: {final_report: required}}
`

// desk is the service on its own database with a clock that the test moves, in the
// night of 29 March 2026, when clocks in Vienna go from 02:00 to 03:00.
type desk struct {
	*incidents.Service
	store        *store.Store
	clock        *clock.Fixed
	organisation string
	files        string // folder
}

const home = "0190a000-0000-7000-8000-000000000001"

func open(t *testing.T) desk {
	t.Helper()
	catalogue, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	packs, err := fs.Sub(content.FS, "countries")
	if err != nil {
		t.Fatal(err)
	}
	set, err := country.Load(packs)
	if err != nil {
		t.Fatal(err)
	}
	forms, err := reporting.Load(fstest.MapFS{"reports/nis2.yaml": {Data: []byte(form)}})
	if err != nil {
		t.Fatal(err)
	}
	d := desk{clock: clock.At(time.Date(2026, 3, 28, 13, 0, 0, 0, time.UTC))}
	dir := t.TempDir()
	storetest.Prepare(t, filepath.Join(dir, "nisaba.db"))
	if d.store, err = store.Open(context.Background(), filepath.Join(dir, "nisaba.db"), store.Options{Clock: d.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.store.Close() })
	err = d.store.Write(context.Background(), tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		_, err := tx.PutWorkspace(tenant.Workspace{ID: home, Kind: tenant.Provider, Name: "Seewinkel Beratung", Language: "de"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := blob.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := examples.FS.ReadFile("managed-service-provider.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := organisation.Read("example", text)
	if err != nil {
		t.Fatal(err)
	}
	k := assessing.Knowledge{Catalogue: catalogue, Countries: set, Edition: "test", Program: "test"}
	o, err := clients.New(d.store, k, files).Import(context.Background(), d.actor("anna", authz.Owner), tenant.Client, f)
	if err != nil {
		t.Fatal(err)
	}
	d.Service, d.organisation, d.files = incidents.New(d.store, forms, set).WithFiles(files).WithCatalogue(catalogue), o.ID, filepath.Join(dir, "files")
	return d
}

func (d desk) actor(person string, r authz.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: person, Name: person, Session: authz.Browser}, home,
		[]tenant.Membership{{Workspace: home, Role: r}}, d.store)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFromAlarmToReceipt plays a case on the night of the change to summer time:
// the early warning is due 24 hours later, which is 25 on the wall.
func TestFromAlarmToReceipt(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna, ben, clerk := d.actor("anna", authz.Editor), d.actor("ben", authz.Consultant), d.actor("clara", authz.Contributor)
	vienna, err := time.LoadLocation("Europe/Vienna")
	must(t, err)
	i, err := d.Intake(ctx, clerk, d.organisation, incidents.Notice{Title: "Files cannot be opened", Text: "A note asks for money.", Zone: "Europe/Vienna"})
	must(t, err)
	if i.Kind != incident.Event || i.Reference != "2026-001" {
		t.Errorf("intake: %+v", i)
	}
	if err := d.SetMoment(ctx, clerk, d.organisation, i.ID, incidents.AwareAt, incident.Moment{}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a contributor sets the awareness: %v", err)
	}
	must(t, d.Triage(ctx, anna, d.organisation, i.ID, incident.Happened, incident.Open, "confirmed"))
	if n, err := d.Propose(ctx, anna, d.organisation, i.ID); err != nil || n < 2 {
		t.Fatalf("%d duties proposed, %v", n, err)
	}
	aware := incident.Moment{At: time.Date(2026, 3, 28, 14, 0, 0, 0, vienna), Zone: "Europe/Vienna"}
	if err := d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, aware); fault.KindOf(err) != fault.Invalid {
		t.Errorf("awareness without a reason: %v", err)
	}
	aware.Reason = "the administrator saw the ransom note"
	must(t, d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, aware))
	if err := d.Decide(ctx, anna, d.organisation, i.ID, true, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a decision that the facts do not support, without a reason: %v", err)
	}
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "servers of customers are encrypted"))
	c, err := d.Load(ctx, anna, d.organisation, i.ID)
	must(t, err)
	duty := c.Duties[0]
	if k, ok := duty.Clock(clocks.EarlyWarning); !ok || !k.Strict.Equal(time.Date(2026, 3, 29, 13, 0, 0, 0, time.UTC)) || k.Status != clocks.Open {
		t.Errorf("early warning: %+v", k)
	}
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, duty.ID, clocks.EarlyWarning, "")
	must(t, err)
	if err := d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelNisaba}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "malicious") {
		t.Errorf("without the required answer: %v", err)
	}
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "malicious", reporting.Value{Unknown: true}))
	if err := d.Approve(ctx, anna, d.organisation, i.ID, r.ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the writer approves: %v", err)
	}
	must(t, d.Approve(ctx, ben, d.organisation, i.ID, r.ID))
	d.clock.Move(2 * time.Hour)
	must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelNisaba}))
	d.sentOnce(t, r.ID)
	must(t, d.delivered(r.ID, d.clock.Now(), "signed"))
	must(t, d.delivered(r.ID, d.clock.Now(), "signed"))
	c, err = d.Load(ctx, anna, d.organisation, i.ID)
	must(t, err)
	sent := c.Duties[0].Reports[0]
	if k, _ := c.Duties[0].Clock(clocks.EarlyWarning); k.Status != clocks.OnTime {
		t.Errorf("early warning: %s", k.Status)
	}
	if sum := sha256.Sum256(sent.Content); sent.Status != incident.Acknowledged || sent.Reference != "CERT-1" || hex.EncodeToString(sum[:]) != sent.SHA256 {
		t.Errorf("sent report: %+v", sent)
	}
	if err := d.PutOwn(ctx, anna, d.organisation, i.ID, r.ID, "description", reporting.Value{Text: "nothing"}, false); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a sent report is changed: %v", err)
	}
	receipts := 0
	for _, e := range c.Entries {
		if e.Kind == "receipt" {
			receipts++
		}
	}
	if receipts != 1 {
		t.Errorf("%d receipts in the record", receipts)
	}
}

// sentOnce checks that the outbox holds the filing once.
func (d desk) sentOnce(t *testing.T, report string) {
	t.Helper()
	n := 0
	must(t, d.store.Read(t.Context(), tenant.System("test").In(home, ""), func(tx *store.Tx) error {
		list, err := tx.Effects(100)
		for _, e := range list {
			if e.Kind == incidents.FilingKind && e.Key == "filing/"+report {
				n++
			}
		}
		return err
	}))
	if n != 1 {
		t.Errorf("%d filings in the outbox", n)
	}
}

// TestCorrectedAwareness: a correction keeps the old time and reason in the
// record, and every clock and alarm follows.
func TestCorrectedAwareness(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i, err := d.Intake(ctx, anna, d.organisation, incidents.Notice{Title: "Mail server unavailable", Kind: incident.Happened, Zone: "Europe/Vienna"})
	must(t, err)
	_, err = d.Propose(ctx, anna, d.organisation, i.ID)
	must(t, err)
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "all customers"))
	for n, at := range []time.Time{d.clock.Now().Add(-3 * time.Hour), d.clock.Now().Add(-5 * time.Hour)} {
		must(t, d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, incident.Moment{At: at, Zone: "Europe/Vienna", Reason: "reason"}))
		c, err := d.Load(ctx, anna, d.organisation, i.ID)
		must(t, err)
		if k, _ := c.Duties[0].Clock(clocks.EarlyWarning); !k.Strict.Equal(at.Add(24 * time.Hour)) {
			t.Errorf("%d: due %v", n, k.Strict)
		}
		for _, a := range d.alarms(t) {
			if a.Stage == clocks.EarlyWarning && !a.DueAt.Equal(at.Add(24*time.Hour)) {
				t.Errorf("%d: an alarm of an old deadline is left: %+v", n, a)
			}
		}
		last := c.Entries[len(c.Entries)-1]
		if last.Kind != "correction" || n == 1 && last.Before == "" {
			t.Errorf("record: %+v", last)
		}
	}
	for name, m := range map[string]incident.Moment{
		"future":  {At: d.clock.Now().Add(time.Hour), Reason: "x"},
		"ancient": {At: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "x"},
		"zone":    {At: d.clock.Now(), Zone: "Mars/Olympus", Reason: "x"},
		"both":    {At: d.clock.Now(), Certainty: incident.Unknown, Reason: "x"},
	} {
		if err := d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, false, "a test system"))
	c, err := d.Load(ctx, anna, d.organisation, i.ID)
	must(t, err)
	if k, _ := c.Duties[0].Clock(clocks.EarlyWarning); k.Status != clocks.Voluntary || c.Significance.Truth() != law.False {
		t.Errorf("not significant: %s", k.Status)
	}
	for _, a := range d.alarms(t) {
		if a.Obligation == c.Duties[0].ID {
			t.Errorf("an alarm without a duty: %+v", a)
		}
	}
}

func (d desk) alarms(t *testing.T) (list []incident.Alarm) {
	t.Helper()
	must(t, d.store.Read(t.Context(), tenant.System("test").In(home, ""), func(tx *store.Tx) (err error) {
		list, err = tx.Alarms(d.organisation)
		return err
	}))
	return list
}
