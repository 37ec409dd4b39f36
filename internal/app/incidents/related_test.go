package incidents_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// sent brings a case to a sent early warning and returns its duty.
func (d desk) sent(t *testing.T, a authz.Actor, i incident.Incident, aware time.Time) string {
	t.Helper()
	ctx := t.Context()
	_, err := d.Propose(ctx, a, d.organisation, i.ID)
	must(t, err)
	must(t, d.Decide(ctx, a, d.organisation, i.ID, true, "seen"))
	must(t, d.SetMoment(ctx, a, d.organisation, i.ID, incidents.AwareAt, incident.Moment{At: aware, Zone: "Europe/Vienna", Reason: "seen"}))
	for field, v := range map[string]reporting.Value{"description": {Text: "x"}, "malicious": {Text: "yes"}} {
		must(t, d.PutFact(ctx, a, d.organisation, i.ID, field, v))
	}
	duty := ""
	for _, x := range d.duties(t, a, i.ID) {
		if x.Regime == clocks.NIS2 && duty == "" {
			duty = x.ID
		}
	}
	r, err := d.Begin(ctx, a, d.organisation, i.ID, duty, clocks.EarlyWarning, "")
	must(t, err)
	must(t, d.Submit(ctx, a, d.organisation, i.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "alone"}))
	return duty
}

func (d desk) duties(t *testing.T, a authz.Actor, id string) []incidents.Duty {
	t.Helper()
	c, err := d.Load(t.Context(), a, d.organisation, id)
	must(t, err)
	return c.Duties
}

// TestMerge: the case that goes on has the facts that it lacked, the earlier
// awareness, what was sent under the other one, and reads its record; nothing can
// be done in the merged one any more, and its alarms are silent.
func TestMerge(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	first, second := d.started(t, anna, "Mail is down"), d.started(t, anna, "Files are encrypted")
	early := d.clock.Now().Add(-2 * time.Hour)
	duty := d.sent(t, anna, first, early)
	must(t, d.PutFact(ctx, anna, d.organisation, second.ID, "description", reporting.Value{Text: "own words"}))
	must(t, d.SetMoment(ctx, anna, d.organisation, second.ID, incidents.AwareAt, incident.Moment{At: d.clock.Now(), Zone: "UTC", Reason: "seen"}))
	_, err := d.Propose(ctx, anna, d.organisation, second.ID)
	must(t, err)
	_, err = d.AddIndicators(ctx, anna, d.organisation, first.ID, "evil.example", "", "")
	must(t, err)
	for name, err := range map[string]error{
		"without reason": d.Merge(ctx, anna, d.organisation, first.ID, second.ID, " "),
		"into itself":    d.Merge(ctx, anna, d.organisation, second.ID, second.ID, "same"),
	} {
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, d.Merge(ctx, anna, d.organisation, first.ID, second.ID, "The same attacker"))
	h := d.handled(t, anna, second.ID)
	if h.Facts["description"].Text != "own words" || h.Facts["malicious"].Text != "yes" || !h.AwareAt.At.Equal(early) || !h.Significance.Is || h.Counts["domain"] != 1 {
		t.Errorf("after the merge: %+v", h.Incident)
	}
	moved := slices.IndexFunc(h.Duties, func(x incidents.Duty) bool { return x.ID == duty })
	if moved < 0 || len(h.Duties[moved].Reports) != 1 || !h.Duties[moved].Reports[0].Sent() {
		t.Fatalf("what was sent is lost: %+v", h.Duties)
	}
	if !slices.ContainsFunc(h.Entries, func(e incident.Entry) bool { return e.Incident == first.ID && e.Kind == "report" }) {
		t.Error("the record of the merged case is not read")
	}
	if len(h.Related) != 1 || h.Related[0].Way != incidents.Holds {
		t.Errorf("related: %+v", h.Related)
	}
	if err := d.Triage(ctx, anna, d.organisation, first.ID, incident.Happened, incident.Open, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a change of the merged case: %v", err)
	}
	if _, err := d.AddIndicators(ctx, anna, d.organisation, first.ID, "other.example", "", ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an indicator of the merged case: %v", err)
	}
	// The next report is for the case that the authority knows.
	must(t, d.PutFact(ctx, anna, d.organisation, second.ID, "severity", reporting.Value{Text: "high"}))
	r, err := d.Begin(ctx, anna, d.organisation, second.ID, duty, clocks.IncidentNotification, "")
	must(t, err)
	must(t, d.Submit(ctx, anna, d.organisation, second.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "alone"}))
	sh, err := d.Sheet(ctx, anna, d.organisation, second.ID, r.ID)
	must(t, err)
	if f, err := incident.Thaw(sh.Report.Content); err != nil || f.Case != first.ID || f.Reference != first.Reference {
		t.Errorf("the report says case %s, %v", f.Case, err)
	}
}

// TestUnmerge: a merge that is taken back leaves both cases as they were, but for what
// somebody did since: duties, reports, clocks and alarms are where they belong, and so is
// the evidence.
func TestUnmerge(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	first, second := d.started(t, anna, "Mail is down"), d.started(t, anna, "Files are encrypted")
	duty := d.sent(t, anna, first, d.clock.Now().Add(-2*time.Hour))
	_, err := d.AddIndicators(ctx, anna, d.organisation, first.ID, "evil.example", "", "")
	must(t, err)
	late := d.clock.Now().Add(-time.Hour)
	must(t, d.SetMoment(ctx, anna, d.organisation, second.ID, incidents.AwareAt, incident.Moment{At: late, Zone: "UTC", Reason: "seen"}))
	_, err = d.Propose(ctx, anna, d.organisation, second.ID)
	must(t, err)
	due := func(of string) (out []time.Time) {
		t.Helper()
		for _, a := range d.alarms(t) {
			if a.Incident == of && a.SentAt.IsZero() {
				out = append(out, a.DueAt)
			}
		}
		slices.SortFunc(out, time.Time.Compare)
		return out
	}
	ringing := due(second.ID)
	if err := d.Unmerge(ctx, anna, d.organisation, first.ID, "two things"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("not merged: %v", err)
	}
	must(t, d.Merge(ctx, anna, d.organisation, first.ID, second.ID, "The same attacker"))
	if c, err := d.Load(ctx, anna, d.organisation, first.ID); err != nil || slices.ContainsFunc(c.Duties, func(x incidents.Duty) bool { return len(x.Clocks) > 0 }) {
		t.Errorf("clocks run in a merged case: %v", err)
	}
	must(t, d.PutFact(ctx, anna, d.organisation, second.ID, "severity", reporting.Value{Text: "high"}))
	must(t, d.PutFact(ctx, anna, d.organisation, second.ID, "description", reporting.Value{Text: "changed since"}))
	r, err := d.Begin(ctx, anna, d.organisation, second.ID, duty, clocks.IncidentNotification, "")
	must(t, err)
	must(t, d.Submit(ctx, anna, d.organisation, second.ID, r.ID, incidents.Sending{Channel: incidents.ChannelPortal, Bypass: "alone"}))
	if err := d.Unmerge(ctx, anna, d.organisation, first.ID, " "); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	if err := d.Unmerge(ctx, d.actor("rosa", authz.Auditor), d.organisation, first.ID, "no"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who only reads takes it back: %v", err)
	}
	must(t, d.Unmerge(ctx, anna, d.organisation, first.ID, "Another attacker"))
	h := d.handled(t, anna, first.ID)
	n := slices.IndexFunc(h.Duties, func(x incidents.Duty) bool { return x.ID == duty })
	if h.State != incident.Open || h.Into != "" || n < 0 || len(h.Duties[n].Reports) != 2 || h.Counts["domain"] != 1 {
		t.Fatalf("the case that was merged: %+v", h.Incident)
	}
	if k, _ := h.Duties[n].Clock(clocks.IncidentNotification); k.Submitted.IsZero() {
		t.Error("what was sent in the meantime does not count")
	}
	o := d.handled(t, anna, second.ID)
	if _, has := o.Facts["malicious"]; has || o.Facts["description"].Text != "changed since" || o.Facts["severity"].Text != "high" {
		t.Errorf("facts of the other case: %+v", o.Facts)
	}
	if !o.AwareAt.At.Equal(late) || o.Significance.Decided || len(o.Related) != 0 || o.Counts["domain"] != 0 ||
		slices.ContainsFunc(o.Duties, func(x incidents.Duty) bool { return x.ID == duty }) {
		t.Errorf("the other case: %+v", o.Incident)
	}
	if final, _ := h.Duties[n].Clock(clocks.FinalReport); !slices.ContainsFunc(due(first.ID), final.Strict.Equal) {
		t.Errorf("no alarm of the final report, due %v: %v", final.Strict, due(first.ID))
	}
	if got := due(second.ID); !slices.EqualFunc(got, ringing, time.Time.Equal) {
		t.Errorf("alarms of the other case: %v, before %v", got, ringing)
	}
}

func TestSplit(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	i := d.started(t, anna, "Two things")
	d.sent(t, anna, i, d.clock.Now())
	_, err := d.PutAffected(ctx, anna, d.organisation, i.ID, incident.Affected{Kind: "asset", Name: "Server", Condition: "affected"})
	must(t, err)
	other, err := d.Split(ctx, anna, d.organisation, i.ID, "The other thing", "Another attacker")
	must(t, err)
	h, old := d.handled(t, anna, other.ID), d.handled(t, anna, i.ID)
	if h.Facts["malicious"].Text != "yes" || len(h.Affected) != 1 || len(h.Duties) != 0 || h.Significance.Decided || h.Reference == i.Reference || h.Related[0].Way != incidents.SplitFrom {
		t.Errorf("the new case: %+v", h.Incident)
	}
	if len(old.Duties) == 0 || len(old.Affected) != 1 || old.Related[0].Way != incidents.SplitInto {
		t.Errorf("the first case: %+v", old.Incident)
	}
	if _, err := d.Split(ctx, d.actor("rosa", authz.Auditor), d.organisation, i.ID, "x", "y"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who only reads splits: %v", err)
	}
}

// TestRecurringIsLinked: the same root cause within six months links two cases on
// both sides, and another cause takes the link away.
func TestRecurringIsLinked(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Editor)
	cause := func(i incident.Incident, text string) {
		t.Helper()
		must(t, d.PutFact(ctx, anna, d.organisation, i.ID, "root_cause", reporting.Value{Text: text}))
	}
	links := func(i incident.Incident) int {
		t.Helper()
		c, err := d.Load(ctx, anna, d.organisation, i.ID)
		must(t, err)
		return len(c.Linked)
	}
	old := d.started(t, anna, "Long ago")
	cause(old, "Phishing")
	d.clock.Move(150 * 24 * time.Hour)
	first, second := d.started(t, anna, "First"), d.started(t, anna, "Second")
	cause(first, "Phishing")
	d.clock.Move(90 * 24 * time.Hour)
	third := d.started(t, anna, "Third")
	cause(third, "Phishing")
	if links(old) != 1 || links(first) != 2 || links(second) != 0 || links(third) != 1 {
		t.Errorf("links: %d %d %d %d", links(old), links(first), links(second), links(third))
	}
	cause(first, "A lost key")
	if links(old) != 0 || links(first) != 0 || links(third) != 0 {
		t.Errorf("after another cause: %d %d %d", links(old), links(first), links(third))
	}
	cause(first, "Phishing")
	must(t, d.Triage(ctx, anna, d.organisation, third.ID, incident.Happened, incident.Dismissed, "false alarm"))
	if links(first) != 1 || links(third) != 0 {
		t.Errorf("after a false alarm: %d %d", links(first), links(third))
	}
}

// TestPlaybook: the steps stand in the plan with their case, once, and in the order
// of the playbook.
func TestPlaybook(t *testing.T) {
	d, ctx := open(t), t.Context()
	books, err := playbook.Load(content.FS)
	must(t, err)
	d.WithPlaybooks(books)
	anna, owner := d.actor("anna", authz.Editor), d.actor("olga", authz.Owner)
	i := d.started(t, anna, "Files are encrypted")
	n, err := d.StartPlaybook(ctx, anna, d.organisation, i.ID, "ransomware")
	must(t, err)
	if again, err := d.StartPlaybook(ctx, anna, d.organisation, i.ID, "ransomware"); again != 0 || err != nil {
		t.Errorf("%d steps made twice, %v", again, err)
	}
	if more, err := d.StartPlaybook(ctx, anna, d.organisation, i.ID, "data-breach"); more != 6 || err != nil {
		t.Errorf("%d steps that the case lacked, %v", more, err)
	}
	h := d.handled(t, anna, i.ID)
	if len(h.Tasks) != n+6 || h.Tasks[0].Title == "" || h.Tasks[0].Incident != i.ID || h.Tasks[0].Measures == nil {
		t.Errorf("%d tasks: %+v", len(h.Tasks), h.Tasks[0])
	}
	must(t, d.SetStep(ctx, anna, d.organisation, i.ID, h.Tasks[0].ID, planning.Done))
	if got := d.handled(t, anna, i.ID).Tasks[0]; got.State != planning.Done || got.DoneAt.IsZero() {
		t.Errorf("%+v", got)
	}
	other := d.started(t, anna, "Other")
	if err := d.SetStep(ctx, anna, d.organisation, other.ID, h.Tasks[0].ID, planning.ToDo); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a step of another case: %v", err)
	}
	name, err := d.AddPlaybook(ctx, owner, "", "ransomware", "de")
	must(t, err)
	must(t, d.AddStep(ctx, owner, name, playbook.Step{Phase: playbook.Detect, Title: playbook.Text{"": "Call the mayor"}}))
	own, err := d.Playbook(ctx, anna, name)
	must(t, err)
	if !own.Own || own.Title.In("fr") != "Erpressung mit Verschlüsselung" || len(own.Steps) != n+1 || own.Steps[1].Title.In("en") != "Call the mayor" {
		t.Errorf("%+v", own)
	}
	if more, err := d.StartPlaybook(ctx, anna, d.organisation, other.ID, name); more != n+1 || err != nil {
		t.Errorf("%d, %v", more, err)
	}
	must(t, d.RemovePlaybook(ctx, owner, name))
	if err := d.RemovePlaybook(ctx, owner, "ransomware"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a playbook of the program is removed: %v", err)
	}
	if _, err := d.AddPlaybook(ctx, anna, "x", "", ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an editor adds a playbook of the workspace: %v", err)
	}
}

// TestOwnPlaybookIsEdited: a step is changed and moved; a case in which the playbook was
// started keeps its steps, and starting it again adds the new ones alone.
func TestOwnPlaybookIsEdited(t *testing.T) {
	d, ctx := open(t), t.Context()
	anna := d.actor("anna", authz.Owner)
	name, err := d.AddPlaybook(ctx, anna, "Pumps", "", "en")
	must(t, err)
	step := func(title string, phase playbook.Phase) playbook.Step {
		return playbook.Step{Title: playbook.Text{"": title}, Phase: phase}
	}
	for _, title := range []string{"Call", "Look", "Write"} {
		must(t, d.AddStep(ctx, anna, name, step(title, "detect")))
	}
	titles := func() (out []string, ids map[string]string) {
		t.Helper()
		p, err := d.Playbook(ctx, anna, name)
		must(t, err)
		ids = map[string]string{}
		for _, x := range p.Steps {
			out, ids[x.Title[""]] = append(out, x.Title[""]+" "+string(x.Phase)), x.ID
		}
		return out, ids
	}
	_, ids := titles()
	i := d.started(t, anna, "Pumps stop")
	_, err = d.StartPlaybook(ctx, anna, d.organisation, i.ID, name)
	must(t, err)
	change := func(of, title string, phase playbook.Phase, place int) error {
		x := step(title, phase)
		x.ID = ids[of]
		return d.ChangeStep(ctx, anna, name, x, place)
	}
	must(t, change("Write", "Write it down", "detect", 1))
	must(t, change("Call", "Call the shift", "detect", 0))
	must(t, change("Look", "Look again", "recover", 1))
	must(t, d.AddStep(ctx, anna, name, step("Tell", "detect")))
	if got, _ := titles(); !slices.Equal(got, []string{"Write it down detect", "Call the shift detect", "Tell detect", "Look again recover"}) {
		t.Errorf("the steps: %v", got)
	}
	for what, err := range map[string]error{"no title": change("Call", " ", "detect", 0), "no such phase": change("Call", "x", "never", 0),
		"no title of the playbook": d.RenamePlaybook(ctx, anna, name, "", "")} {
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := d.ChangeStep(ctx, d.actor("rosa", authz.Auditor), name, step("x", "detect"), 0); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who only reads: %v", err)
	}
	must(t, d.RenamePlaybook(ctx, anna, name, "Pumps and valves", "When water stops"))
	added, err := d.StartPlaybook(ctx, anna, d.organisation, i.ID, name)
	must(t, err)
	var tasks []string
	for _, x := range d.handled(t, anna, i.ID).Tasks {
		tasks = append(tasks, x.Title)
	}
	slices.Sort(tasks)
	if added != 1 || !slices.Equal(tasks, []string{"Call", "Look", "Tell", "Write"}) {
		t.Errorf("%d added, tasks %v", added, tasks)
	}
}
