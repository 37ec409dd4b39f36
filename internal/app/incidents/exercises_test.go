package incidents_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// TestExercise plays a copy of a real case: its clock goes forward by itself and
// moves deadlines, messages and alarms, nothing is sent to an authority, and the
// evaluation clears the plan. The real case does not notice.
func TestExercise(t *testing.T) {
	d, ctx := open(t), t.Context()
	books, err := playbook.Load(content.FS)
	must(t, err)
	d.WithPlaybooks(books)
	anna := d.actor("anna", authz.Editor)
	real := d.started(t, anna, "Files are encrypted")
	d.sent(t, anna, real, d.clock.Now())
	i, err := d.BeginExercise(ctx, anna, d.organisation, incidents.Drill{Title: "The same on a Friday", Goal: "Be fast", Playbook: "ransomware", Copied: real.ID, Zone: "Europe/Vienna",
		Injects: []incident.Inject{{After: 30, Text: "A journalist calls"}, {After: 600, Text: "Backups are gone"}}})
	must(t, err)
	h := d.handled(t, anna, i.ID)
	if !h.Exercise || h.Facts["malicious"].Text != "yes" || len(h.Duties) == 0 || len(h.Duties[0].Reports) != 0 || h.AwareAt.Known() || !strings.HasPrefix(h.Tasks[0].Title, "ÜBUNG") && !strings.HasPrefix(h.Tasks[0].Title, "EXERCISE") {
		t.Errorf("%+v", h.Incident)
	}
	must(t, d.Forward(ctx, anna, d.organisation, i.ID, 60))
	h = d.handled(t, anna, i.ID)
	if h.Drill.Injects[0].GivenAt.IsZero() || !h.Drill.Injects[1].GivenAt.IsZero() || !slices.ContainsFunc(h.Entries, func(e incident.Entry) bool { return e.Text == "A journalist calls" }) {
		t.Errorf("injects: %+v", h.Drill.Injects)
	}
	// Awareness an hour ahead of the world is no future here.
	played := d.clock.Now().Add(time.Hour)
	must(t, d.SetMoment(ctx, anna, d.organisation, i.ID, incidents.AwareAt, incident.Moment{At: played, Zone: "Europe/Vienna", Reason: "seen"}))
	must(t, d.Decide(ctx, anna, d.organisation, i.ID, true, "played"))
	var duty incidents.Duty
	for _, x := range d.duties(t, anna, i.ID) {
		if x.Regime == clocks.NIS2 {
			duty = x
		}
	}
	warning, _ := duty.Clock(clocks.EarlyWarning)
	if warning.Status != clocks.Open || !warning.Strict.Equal(played.Add(24*time.Hour)) {
		t.Errorf("the early warning: %s, due %s", warning.Status, warning.Strict)
	}
	must(t, d.Forward(ctx, anna, d.organisation, i.ID, 25*60))
	for _, x := range d.duties(t, anna, i.ID) {
		if c, _ := x.Clock(clocks.EarlyWarning); x.ID == duty.ID && c.Status != clocks.Overdue {
			t.Errorf("25 hours later the early warning is %s", c.Status)
		}
	}
	scope, err := anna.Organisation(ctx, d.organisation, authz.IncidentRead)
	must(t, err)
	must(t, d.store.Read(ctx, scope, func(tx *store.Tx) error {
		alarms, err := tx.Alarms(d.organisation)
		for _, a := range alarms {
			if a.Incident == i.ID && a.Stage == clocks.EarlyWarning && a.Step == "overdue" && a.At.After(tx.Now()) {
				t.Errorf("the alarm rings at %s by the clock of the world", a.At)
			}
		}
		return err
	}))
	must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "description", reporting.Value{Text: "played"}))
	r, err := d.Begin(ctx, anna, d.organisation, i.ID, duty.ID, clocks.EarlyWarning, "")
	must(t, err)
	if err := d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelNisaba, Bypass: "x"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an exercise is sent to an authority: %v", err)
	}
	must(t, d.Submit(ctx, anna, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPaper, Bypass: "x"}))
	must(t, d.Inject(ctx, anna, d.organisation, i.ID, incident.Inject{After: 5, Text: "Late news"}))
	must(t, d.Give(ctx, anna, d.organisation, i.ID, 0))
	if err := d.Give(ctx, anna, d.organisation, i.ID, 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("given twice: %v", err)
	}
	must(t, d.Evaluate(ctx, anna, d.organisation, i.ID, []incident.Finding{{Question: "warned", Grade: "missed", Note: "25 hours"}}, "Practise more"))
	h = d.handled(t, anna, i.ID)
	if h.State != incident.Closed || h.Drill.EndedAt.IsZero() || slices.ContainsFunc(h.Tasks, func(x planning.Task) bool { return x.State.Open() }) {
		t.Errorf("after the end: %s %+v", h.State, h.Drill)
	}
	if err := d.Forward(ctx, anna, d.organisation, i.ID, 60); fault.KindOf(err) != fault.Conflict {
		t.Errorf("after the end the clock moves: %v", err)
	}
	if err := d.Forward(ctx, anna, d.organisation, real.ID, 60); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the clock of a real case moves: %v", err)
	}
	list, err := d.Exercises(ctx, d.actor("rosa", authz.Auditor), d.organisation)
	if len(list) != 1 || list[0].Findings[0].Grade != "missed" || err != nil {
		t.Errorf("%+v %v", list, err)
	}
	today := law.DateOf(d.clock.Now())
	s, err := d.Statistics(ctx, anna, d.organisation, today.AddDays(-1), today)
	if s.Cases != 1 || s.Exercises != 1 || s.Significant != 1 || s.Report.Count != 1 || err != nil || len(s.Stages) == 0 || s.Stages[0].OnTime != 1 {
		t.Errorf("%+v %v", s, err)
	}
	if all, err := d.Statistics(ctx, anna, "", today.AddDays(-1), today); all.Cases != 1 || err != nil {
		t.Errorf("of the workspace: %+v %v", all, err)
	}
	whole, err := d.actor("olga", authz.Owner).Workspace(authz.OrganisationCreate)
	must(t, err)
	must(t, d.store.Write(ctx, whole, store.Change{Actor: "test"}, func(tx *store.Tx) error {
		o, err := tx.Organisation(d.organisation)
		if err != nil {
			return err
		}
		o.Archived = true
		_, err = tx.PutOrganisation(o)
		return err
	}))
	if all, err := d.Statistics(ctx, anna, "", today.AddDays(-1), today); all.Cases != 0 || err != nil {
		t.Errorf("of the workspace, without the archive: %+v %v", all, err)
	}
	if _, err := d.Statistics(ctx, anna, d.organisation, today, today.AddDays(-1)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a period that ends before it begins: %v", err)
	}
}

// TestRoster: contacts and turns are checked, and who leaves the contacts leaves
// the rota.
func TestRoster(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna, reader := d.actor("anna", authz.Editor), d.actor("rosa", authz.Auditor)
	for _, c := range []oncall.Contact{{Role: "lead", Name: "Anna Huber", Phone: "+43 1 2345678"}, {Role: "technical", Name: "Ben Maier", Email: "ben@example.org"}} {
		must(t, d.PutContact(ctx, anna, d.organisation, c))
	}
	r, err := d.Roster(ctx, reader, d.organisation)
	must(t, err)
	rota := oncall.Rota{Zone: "Europe/Vienna", Begins: law.DateOf(d.clock.Now()).AddDays(-1), Handover: "08:00", Days: 7, Order: []string{r.Contacts[0].ID, r.Contacts[1].ID}}
	must(t, d.SetRota(ctx, anna, d.organisation, rota))
	r, err = d.Roster(ctx, reader, d.organisation)
	must(t, err)
	if turn, ok := r.At(d.clock.Now()); !ok || turn.Contact.Name != "Anna Huber" {
		t.Errorf("%+v", turn)
	}
	join := func(person string, role tenant.Role) {
		must(t, d.store.Write(ctx, tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			if _, err := tx.PutPerson(tenant.Person{ID: person, Name: person, Email: person + "@example.org"}); err != nil {
				return err
			}
			_, err := tx.In(home, "").PutMembership(tenant.Membership{Person: person, Role: role})
			return err
		}))
	}
	join("rosa", authz.Auditor)
	join("eva", authz.Editor)
	must(t, d.PutContact(ctx, anna, d.organisation, oncall.Contact{Role: "legal", Name: "Eva", Phone: "123", Person: "eva"}))
	r, err = d.Roster(ctx, reader, d.organisation)
	must(t, err)
	must(t, d.RemoveContact(ctx, anna, d.organisation, r.Contacts[2].ID))
	for name, err := range map[string]error{
		"who only reads": d.PutContact(ctx, anna, d.organisation, oncall.Contact{Role: "lead", Name: "x", Phone: "123", Person: "rosa"}),
		"no role":        d.PutContact(ctx, anna, d.organisation, oncall.Contact{Name: "x", Phone: "123"}),
		"no way":         d.PutContact(ctx, anna, d.organisation, oncall.Contact{Role: "lead", Name: "x"}),
		"no number":      d.PutContact(ctx, anna, d.organisation, oncall.Contact{Role: "lead", Name: "x", Phone: "javascript:1"}),
		"a stranger":     d.PutContact(ctx, anna, d.organisation, oncall.Contact{Role: "lead", Name: "x", Phone: "123", Person: "nobody"}),
		"no zone":        d.SetRota(ctx, anna, d.organisation, oncall.Rota{Zone: "Mars", Begins: rota.Begins, Handover: "08:00", Days: 7, Order: rota.Order}),
		"no handover":    d.SetRota(ctx, anna, d.organisation, oncall.Rota{Zone: "UTC", Begins: rota.Begins, Handover: "8", Days: 7, Order: rota.Order}),
		"no days":        d.SetRota(ctx, anna, d.organisation, oncall.Rota{Zone: "UTC", Begins: rota.Begins, Handover: "08:00", Order: rota.Order}),
		"no first day":   d.SetRota(ctx, anna, d.organisation, oncall.Rota{Zone: "UTC", Handover: "08:00", Days: 1, Order: rota.Order}),
	} {
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.PutContact(ctx, reader, d.organisation, oncall.Contact{Role: "lead", Name: "x", Phone: "123"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who only reads adds a contact: %v", err)
	}
	must(t, d.RemoveContact(ctx, anna, d.organisation, r.Contacts[0].ID))
	r, err = d.Roster(ctx, anna, d.organisation)
	if len(r.Contacts) != 1 || len(r.Rota.Order) != 1 || err != nil {
		t.Errorf("%+v %v", r, err)
	}
}
