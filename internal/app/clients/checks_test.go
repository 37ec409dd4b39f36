package clients_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

func wantField(t *testing.T, field string, err error) {
	t.Helper()
	var wrong *fault.Error
	if !errors.As(err, &wrong) || wrong.Kind != fault.Invalid || wrong.Field != field {
		t.Errorf("%s: %v", field, err)
	}
}

// TestEvidenceThatCannotBe names the field that is wrong.
func TestEvidenceThatCannotBe(t *testing.T) {
	o, org := imported(t)
	kind := o.k.Catalogue.Kinds()[0].ID
	for _, tc := range []struct {
		field string
		spoil func(*assessment.Evidence)
	}{
		{"kind", func(e *assessment.Evidence) { e.Kind = "" }},
		{"kind", func(e *assessment.Evidence) { e.Kind = "no-such" }},
		{"requirement", func(e *assessment.Evidence) { e.Covers = []string{"no-such"} }},
		{"title", func(e *assessment.Evidence) { e.Title = " " }},
		{"date", func(e *assessment.Evidence) { e.Date = law.Date{} }},
		{"valid_until", func(e *assessment.Evidence) { e.ValidUntil = e.Date.AddDays(-1) }},
		{"shows", func(e *assessment.Evidence) { e.Shows = posture.NotApplicable }},
		{"form", func(e *assessment.Evidence) { e.Form = "rumour" }},
		{"renew_months", func(e *assessment.Evidence) { e.RenewMonths = -1 }},
		{"id", func(e *assessment.Evidence) { e.ID = strings.Repeat("x", 201) }},
		{"location", func(e *assessment.Evidence) { e.Form, e.Location = "link", "javascript:alert(1)" }},
		{"files", func(e *assessment.Evidence) { e.Files = []string{"no-such"} }},
		{"note", func(e *assessment.Evidence) { e.Note = strings.Repeat("x", 20_001) }},
	} {
		e := assessment.Evidence{Evidence: posture.Evidence{Kind: kind, Title: "T", Date: today}}
		tc.spoil(&e)
		wantField(t, tc.field, second(o.PutPiece(context.Background(), o.owner, org.ID, e)))
	}
	link := assessment.Evidence{Evidence: posture.Evidence{ID: "l", Kind: kind, Title: "T", Date: today, Location: "https://example.org/policy"}}
	if _, err := o.PutPiece(context.Background(), o.owner, org.ID, link); err != nil || find(t, o, org.ID, "l").Form != "link" {
		t.Errorf("a link: %v", err)
	}
}

func TestExceptionsThatCannotBe(t *testing.T) {
	o, org := imported(t)
	leaf := o.load(t, org.ID).In.Posture.Gaps[0].Requirement
	for _, tc := range []struct {
		field string
		spoil func(*posture.Exception)
	}{
		{"requirement", func(e *posture.Exception) { e.Requirement = "no-such" }},
		{"kind", func(e *posture.Exception) { e.Kind = "" }},
		{"reason", func(e *posture.Exception) { e.Reason = "" }},
		{"approved_by", func(e *posture.Exception) { e.ApprovedBy = "" }},
		{"compensation", func(e *posture.Exception) { e.Kind = posture.ExceptionCompensated }},
		{"until", func(e *posture.Exception) { e.Until = today.AddDays(-1) }},
		{"until", func(e *posture.Exception) { e.Until = law.Date{} }},
		{"until", func(e *posture.Exception) { e.Until = today.AddDays(367) }},
		{"reason", func(e *posture.Exception) { e.Reason = strings.Repeat("x", 20_001) }},
	} {
		e := posture.Exception{Requirement: leaf, Kind: posture.ExceptionAccepted, Reason: "R", ApprovedBy: "B", Until: today.AddDays(30)}
		tc.spoil(&e)
		wantField(t, tc.field, second(o.PutException(context.Background(), o.owner, org.ID, e, clients.AsItIs)))
	}
}

func TestTasksThatCannotBe(t *testing.T) {
	o, org := imported(t)
	for _, tc := range []struct {
		field string
		spoil func(*planning.Task)
	}{
		{"title", func(x *planning.Task) { x.Title = "" }},
		{"state", func(x *planning.Task) { x.State = "someday" }},
		{"due", func(x *planning.Task) { x.Start, x.Due = today, today.AddDays(-1) }},
		{"every_months", func(x *planning.Task) { x.EveryMonths = 241 }},
		{"effort_person_days", func(x *planning.Task) { x.Effort = [2]float64{2, 1} }},
		{"effort_person_days", func(x *planning.Task) { x.Effort = [2]float64{-1, 1} }},
		{"cost_cents", func(x *planning.Task) { x.CostCents = -1 }},
		{"requirement", func(x *planning.Task) { x.Requirements = []string{"no-such"} }},
		{"after", func(x *planning.Task) { x.After = []string{"no-such"} }},
		{"body", func(x *planning.Task) { x.Body = strings.Repeat("x", 20_001) }},
	} {
		x := planning.Task{Title: "T", State: planning.ToDo}
		tc.spoil(&x)
		wantField(t, tc.field, o.PutTask(context.Background(), o.owner, org.ID, x))
	}
}

func TestNamesOfFiles(t *testing.T) {
	o, org := imported(t)
	for in, want := range map[string]string{
		"../../etc/passwd": "passwd", "": "file", "..": "file", "/": "file", "a\x00b\n.txt": "a_b_.txt",
		strings.Repeat("ü", 300) + ".pdf": strings.Repeat("ü", 196) + ".pdf",
	} {
		f, err := o.Upload(context.Background(), o.owner, org.ID, in, strings.NewReader("x"))
		if err != nil || f.Name != want {
			t.Errorf("%q is kept as %q, %v", in, f.Name, err)
		}
	}
}

// TestAnOlderCatalogue: statements about what the catalogue no longer has stay in
// the store and harm nothing.
func TestAnOlderCatalogue(t *testing.T) {
	o, org := imported(t)
	want := o.load(t, org.ID)
	scope, err := o.owner.Organisation(context.Background(), org.ID, "assessment.edit")
	if err != nil {
		t.Fatal(err)
	}
	err = o.store.Write(context.Background(), scope, store.Change{Actor: "test"}, func(tx *store.Tx) error {
		return errors.Join(
			second(tx.PutAnswer(assessment.Answer{Organisation: org.ID, Answer: posture.Answer{Question: "gone", Options: []string{"yes"}, On: today}})),
			second(tx.PutEvidence(assessment.Evidence{Organisation: org.ID, Evidence: posture.Evidence{ID: "gone", Kind: "gone", Title: "T", Date: today}})),
			second(tx.PutException(assessment.Exception{Organisation: org.ID, Exception: posture.Exception{Requirement: "gone", Kind: "accepted", On: today}})),
			second(tx.PutAssertion(assessment.Assertion{Organisation: org.ID, Assertion: posture.Assertion{Requirement: "gone", Status: "met", On: today}})))
	})
	if err != nil {
		t.Fatal(err)
	}
	got := o.load(t, org.ID)
	if got.In.Posture.Scores[0] != want.In.Posture.Scores[0] || len(got.Answers) != len(want.Answers)+1 || len(got.File.Answers) != len(want.File.Answers) {
		t.Errorf("%+v with %d answers, want %+v", got.In.Posture.Scores[0], len(got.File.Answers), want.In.Posture.Scores[0])
	}
}
