package clients_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// turn finds an answer of the organisation that raises the score: the question and
// its best option.
func turn(t *testing.T, o office, c clients.Client) (question, option string) {
	t.Helper()
	for _, q := range o.k.Catalogue.Questions() {
		for _, op := range q.Options {
			f := c.File.Clone()
			a := f.Answers[q.ID]
			a.Options = []string{op.ID}
			f.Answers[q.ID] = a
			in, err := assessing.Score(o.k, f, assessing.Options{Today: today})
			if err == nil && in.Posture.Scores[0].Points > c.In.Posture.Scores[0].Points+0.3 {
				return q.ID, op.ID
			}
		}
	}
	t.Fatal("no answer raises the score")
	return "", ""
}

// TestAnswerMovesScoreAndRollUp: and taking it back moves both back.
func TestAnswerMovesScoreAndRollUp(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	c := o.load(t, org.ID)
	question, option := turn(t, o, c)
	old, had := c.File.Answers[question]
	before, after, err := o.Answer(ctx, o.owner, org.ID, question, []string{option}, " checked ")
	if err != nil {
		t.Fatal(err)
	}
	if before != c.In.Posture.Scores[0] || after.Points <= before.Points {
		t.Errorf("from %+v to %+v, the page showed %+v", before, after, c.In.Posture.Scores[0])
	}
	if r := o.row(t, org.ID).Rollup; r.Points != after.Points || r.Met != after.Met {
		t.Errorf("the roll-up says %v, the score %v", r.Points, after.Points)
	}
	changed := o.load(t, org.ID)
	if changed.In.Posture.Scores[0] != after {
		t.Errorf("the page shows %+v, want %+v", changed.In.Posture.Scores[0], after)
	}
	if a := changed.File.Answers[question]; a.Note != "checked" || a.By != "Anna owner" || a.On != today {
		t.Errorf("the answer is %+v", a)
	}
	options := []string(nil)
	if had {
		options = old.Options
	}
	again, back, err := o.Answer(ctx, o.owner, org.ID, question, options, "")
	if err != nil || again != after || back.Points != before.Points {
		t.Errorf("back from %v to %v, %v", again.Points, back.Points, err)
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	q := o.k.Catalogue.Questions()[0]
	for what, try := range map[string]struct {
		question string
		options  []string
		note     string
	}{
		"an unknown question": {"no-such", []string{"yes"}, ""},
		"an unknown option":   {q.ID, []string{"no-such"}, ""},
		"an option twice":     {q.ID, []string{q.Options[0].ID, q.Options[0].ID}, ""},
		"a long note":         {q.ID, []string{q.Options[0].ID}, strings.Repeat("x", 20_001)},
		"a note alone":        {q.ID, nil, "asked Maria"},
		"none beside others":  {"q.policy.content", []string{"roles", "none"}, ""},
	} {
		_, _, err := o.Answer(ctx, o.owner, org.ID, try.question, try.options, try.note)
		wantKind(t, what, err, fault.Invalid)
	}
}

// TestFactsThatChange: an old version is refused, a new one re-opens the
// determination with what decides, and a profile that decides nothing does not.
func TestFactsThatChange(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	d, err := o.Determine(ctx, o.owner, org.ID)
	if err != nil || d.On != today || d.By != "Anna owner" || d.Class != o.load(t, org.ID).In.Scope.Class || len(d.Result) == 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	c := o.load(t, org.ID)
	c.File.Organisation.Website = "https://example.org"
	c.File.Profile.OT = !c.File.Profile.OT
	if err := o.SetFacts(ctx, o.owner, org.ID, c.Organisation.Version, c.File); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "an old version", o.SetFacts(ctx, o.owner, org.ID, c.Organisation.Version, c.File), fault.Conflict)
	c = o.load(t, org.ID)
	if _, ok := c.Standing(); !ok || c.File.Organisation.Website != "https://example.org" {
		t.Error("a web address re-opened the determination")
	}
	small := 3.0
	c.File.Figures[len(c.File.Figures)-1].Employees = &small
	c.File.Organisation.Name = "New name GmbH"
	if err := o.SetFacts(ctx, o.owner, org.ID, c.Organisation.Version, c.File); err != nil {
		t.Fatal(err)
	}
	c = o.load(t, org.ID)
	if _, ok := c.Standing(); ok || len(c.Determinations[0].Changed) != 1 || !strings.HasSuffix(c.Determinations[0].Changed[0], "employees") {
		t.Errorf("the determination says %v", c.Determinations[0].Changed)
	}
	if r := o.row(t, org.ID); r.Organisation.Name != "New name GmbH" || r.Rollup.Class != c.In.Scope.Class {
		t.Errorf("the portfolio says %q, %s", r.Organisation.Name, r.Rollup.Class)
	}
	if len(c.Answers) == 0 || len(c.Evidence) == 0 {
		t.Error("the statements are gone")
	}
	if _, err := o.Determine(ctx, o.owner, org.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := o.load(t, org.ID).Standing(); !ok {
		t.Error("a new determination does not stand")
	}
}

func TestFactsThatCannotBe(t *testing.T) {
	o, org := imported(t)
	c := o.load(t, org.ID)
	f := c.File.Clone()
	f.Organisation.Brand.Colour = "red"
	if err := o.SetFacts(context.Background(), o.owner, org.ID, c.Organisation.Version, f); err == nil || !strings.Contains(err.Error(), "organisation.brand.colour") {
		t.Errorf("a colour that is none: %v", err)
	}
	f = c.File.Clone()
	f.Figures[0].Year = 2030
	if err := o.SetFacts(context.Background(), o.owner, org.ID, c.Organisation.Version, f); err == nil || !strings.Contains(err.Error(), "figures[0].year") {
		t.Errorf("a year to come: %v", err)
	}
	if o.load(t, org.ID).Organisation.Version != c.Organisation.Version {
		t.Error("refused facts were stored")
	}
}

// TestLoadedFilesAreTheCallersOwn: a page may change what it loaded.
func TestLoadedFilesAreTheCallersOwn(t *testing.T) {
	o, org := imported(t)
	one := o.load(t, org.ID)
	want := one.File.Clone()
	one.File.Activity.EntityTypes[0], one.File.Answers["x"] = "none", one.File.Answers["y"]
	*one.File.Figures[0].Employees = -1
	if d := cmp.Diff(want.Figures, o.load(t, org.ID).File.Figures); d != "" {
		t.Error(d)
	}
}

func TestEvidence(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	kind := o.k.Catalogue.Kinds()[0].ID
	f, err := o.Upload(ctx, o.owner, org.ID, `C:\fake\..\Policy<1>.pdf`, strings.NewReader("%PDF-1.7 policy"))
	if err != nil || f.Name != "Policy_1_.pdf" || f.MediaType != "application/pdf" || f.Size != 15 {
		t.Fatalf("%+v, %v", f, err)
	}
	_, r, err := o.Download(ctx, o.owner, org.ID, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if r.Close() != nil || err != nil || string(b) != "%PDF-1.7 policy" {
		t.Errorf("%q, %v", b, err)
	}
	before := o.row(t, org.ID).Rollup.ExpiringEvidence
	if err := o.PutEvidence(ctx, o.owner, org.ID, posture.Evidence{ID: "own", Kind: kind, Title: "Policy", Date: today.AddDays(-30), ValidUntil: today.AddDays(30)}); err != nil {
		t.Fatal(err)
	}
	if n := o.row(t, org.ID).Rollup.ExpiringEvidence; n != before+1 {
		t.Errorf("%d pieces expire, %d before", n, before)
	}
	if err := o.PutEvidence(ctx, o.owner, org.ID, posture.Evidence{ID: "old", Kind: kind, Title: "Rules, 2024", Date: today.AddDays(-400), ValidUntil: today.AddDays(-35)}); err != nil {
		t.Fatal(err)
	}
	if n := o.row(t, org.ID).Rollup.ExpiringEvidence; n != before+2 {
		t.Errorf("%d pieces expire with one that has expired, %d before", n, before)
	}
	if err := o.PutEvidence(ctx, o.owner, org.ID, posture.Evidence{ID: "new", Kind: kind, Title: "Rules, 2026", Date: today, ValidUntil: today.AddDays(365)}); err != nil {
		t.Fatal(err)
	}
	if n := o.row(t, org.ID).Rollup.ExpiringEvidence; n != before+1 {
		t.Errorf("%d pieces expire after one was renewed, %d before", n, before)
	}
	piece := find(t, o, org.ID, "own")
	piece.Files, piece.RenewMonths, piece.Form = []string{f.ID}, 12, ""
	if id, err := o.PutPiece(ctx, o.owner, org.ID, piece); err != nil || id != "own" {
		t.Fatalf("%s, %v", id, err)
	}
	if err := o.PutEvidence(ctx, o.owner, org.ID, posture.Evidence{ID: "own", Kind: kind, Title: "Policy 2", Date: today, ValidUntil: today.AddDays(31)}); err != nil {
		t.Fatal(err)
	}
	if p := find(t, o, org.ID, "own"); p.Title != "Policy 2" || p.RenewMonths != 12 || p.Form != clients.FormFile || len(p.Files) != 1 {
		t.Errorf("%+v", p)
	}
	_, err = o.PutPiece(ctx, o.owner, org.ID, piece)
	wantKind(t, "an old version", err, fault.Conflict)
	if err := o.RemoveEvidence(ctx, o.owner, org.ID, "own"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "removed twice", o.RemoveEvidence(ctx, o.owner, org.ID, "own"), fault.NotFound)
}

func find(t *testing.T, o office, org, id string) (out assessment.Evidence) {
	t.Helper()
	for _, e := range o.load(t, org).Evidence {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("there is no evidence %s", id)
	return out
}

func TestFilesOfOthers(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	second, err := o.Create(ctx, o.owner, clients.Draft{Name: "Zweite", Kind: tenant.Client})
	if err != nil {
		t.Fatal(err)
	}
	f, err := o.Upload(ctx, o.owner, second.ID, "a", strings.NewReader("a"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = o.Download(ctx, o.owner, org.ID, f.ID)
	wantKind(t, "a file of another organisation", err, fault.NotFound)
	_, err = o.PutPiece(ctx, o.owner, org.ID, assessment.Evidence{Evidence: posture.Evidence{Kind: o.k.Catalogue.Kinds()[0].ID, Title: "T", Date: today}, Files: []string{f.ID}})
	wantKind(t, "evidence with a file of another organisation", err, fault.Invalid)
	_, err = o.Upload(ctx, o.owner, org.ID, "empty", strings.NewReader(""))
	wantKind(t, "an empty file", err, fault.Invalid)
	_, err = o.Upload(ctx, o.owner, org.ID, "big", io.LimitReader(zeros{}, clients.LargestFile+1))
	wantKind(t, "a file that is too large", err, fault.Invalid)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestExceptionsAndAssertions(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	leaf := o.load(t, org.ID).In.Posture.Gaps[0].Requirement
	e := posture.Exception{Requirement: leaf, Kind: posture.ExceptionAccepted, Reason: "budget of next year", ApprovedBy: "the board", Until: today.AddDays(90)}
	id, err := o.PutException(ctx, o.owner, org.ID, e, clients.AsItIs)
	if err != nil {
		t.Fatal(err)
	}
	e.Reason = "budget of the year after"
	if same, err := o.PutException(ctx, o.owner, org.ID, e, clients.AsItIs); err != nil || same != id {
		t.Errorf("a second exception %s for %s, %v", same, leaf, err)
	}
	e.Reason = " "
	_, err = o.PutException(ctx, o.owner, org.ID, e, clients.AsItIs)
	wantKind(t, "without reason", err, fault.Invalid)
	if err := o.RemoveException(ctx, o.owner, org.ID, id); err != nil {
		t.Error(err)
	}
	before := o.row(t, org.ID).Rollup.Points
	if err := o.Assert(ctx, o.owner, org.ID, posture.Assertion{Requirement: leaf, Status: posture.Met, Note: "seen on site"}, clients.AsItIs); err != nil {
		t.Fatal(err)
	}
	if after := o.row(t, org.ID).Rollup.Points; after <= before {
		t.Errorf("from %v to %v", before, after)
	}
	wantKind(t, "not applicable by hand", o.Assert(ctx, o.owner, org.ID, posture.Assertion{Requirement: leaf, Status: posture.NotApplicable}, clients.AsItIs), fault.Invalid)
	if err := o.Assert(ctx, o.owner, org.ID, posture.Assertion{Requirement: leaf}, clients.AsItIs); err != nil || o.row(t, org.ID).Rollup.Points != before {
		t.Errorf("taken back: %v, %v points", err, o.row(t, org.ID).Rollup.Points)
	}
}

func TestPlan(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	want := o.load(t, org.ID).In.Tasks
	added, err := o.AdoptPlan(ctx, o.owner, org.ID)
	if err != nil || added != len(want) || added == 0 {
		t.Fatalf("%d of %d added, %v", added, len(want), err)
	}
	if r := o.row(t, org.ID).Rollup; r.OpenTasks != added || r.OverdueTasks != 0 {
		t.Errorf("%+v", r)
	}
	if again, err := o.AdoptPlan(ctx, o.owner, org.ID); err != nil || again != 0 {
		t.Errorf("%d added again, %v", again, err)
	}
	first := o.load(t, org.ID).Tasks[0]
	first.State, first.EveryMonths = planning.Done, 6
	if err := o.PutTask(ctx, o.owner, org.ID, first); err != nil {
		t.Fatal(err)
	}
	tasks := o.load(t, org.ID).Tasks
	next := false
	for _, x := range tasks {
		if x.ID == first.ID && !x.DoneAt.Equal(o.store.Now()) {
			t.Errorf("done at %v", x.DoneAt)
		}
		next = next || x.Title == first.Title && x.State == planning.ToDo && x.Due == first.Due.AddMonths(6)
	}
	if len(tasks) != added+1 || !next {
		t.Errorf("%d tasks, the next one: %v", len(tasks), next)
	}
	a, b := tasks[1], tasks[2]
	a.After, b.After = []string{b.ID}, []string{a.ID}
	if err := o.PutTask(ctx, o.owner, org.ID, a); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "tasks that wait for one another", o.PutTask(ctx, o.owner, org.ID, b), fault.Invalid)
	wantKind(t, "an old version", o.PutTask(ctx, o.owner, org.ID, a), fault.Conflict)
	if err := o.RemoveTask(ctx, o.owner, org.ID, b.ID); err != nil {
		t.Error(err)
	}
}

// TestContributorsTasks: a contributor moves what is theirs and nothing else.
func TestContributorsTasks(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	helper := o.actor(home, org.ID, authz.Contributor)
	for _, owner := range []string{helper.Person, "somebody"} {
		o.join(t, org.ID, owner)
		if err := o.PutTask(ctx, o.owner, org.ID, planning.Task{Title: owner, State: planning.ToDo, Owner: owner}); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range o.load(t, org.ID).Tasks {
		x.State, x.Due, x.Body = planning.Doing, today, "begun"
		err := o.PutTask(ctx, helper, org.ID, x)
		if x.Owner != helper.Person {
			wantKind(t, "somebody else's task", err, fault.Forbidden)
		} else if err != nil {
			t.Error(err)
		}
	}
	for _, x := range o.load(t, org.ID).Tasks {
		if mine := x.Owner == helper.Person; (x.State == planning.Doing) != mine || (x.Body == "begun") != mine || !x.Due.IsZero() {
			t.Errorf("%+v", x)
		}
	}
}

// TestNextDeadline: the registration that was not made, then the change that was
// not notified, then nothing: what others do by then is no deadline of ours.
func TestNextDeadline(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	set := func(registered, changed, notified law.Date) time.Time {
		t.Helper()
		c := o.load(t, org.ID)
		c.File.Registration.RegisteredOn, c.File.Registration.LastChangeOn, c.File.Registration.LastNotifiedOn = registered, changed, notified
		if err := o.SetFacts(ctx, o.owner, org.ID, c.Organisation.Version, c.File); err != nil {
			t.Fatal(err)
		}
		r := o.row(t, org.ID).Rollup
		if r.NextDeadline.IsZero() == (r.NextDeadlineText.Key != "") {
			t.Errorf("%v: %+v", r.NextDeadline, r.NextDeadlineText)
		}
		return r.NextDeadline
	}
	missed := set(law.Date{}, law.Date{}, law.Date{})
	change := set(today.AddDays(-60), today.AddDays(-3), law.Date{})
	quiet := set(today.AddDays(-60), today.AddDays(-3), today.AddDays(-1))
	if !missed.Before(o.store.Now()) || !change.After(o.store.Now()) || !quiet.IsZero() {
		t.Errorf("missed %v, change %v, then %v", missed, change, quiet)
	}
}
