package clients_test

import (
	"context"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// TestEveryChangeIsRecorded: who, what, and what it was before.
func TestEveryChangeIsRecorded(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	for _, step := range changes(t, o, org.ID) {
		before := o.size(t)
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.action, err)
			continue
		}
		list, err := o.History(ctx, o.owner, org.ID, "", "", 1)
		if err != nil || len(list) != 1 || list[0].Seq < before {
			t.Errorf("%s left no entry, %v", step.action, err)
			continue
		}
		kind, verbs, _ := strings.Cut(step.action, ".")
		if e := list[0]; e.Kind != kind || !strings.Contains(verbs, strings.TrimPrefix(e.Action, kind+".")) || e.Actor != o.owner.Person ||
			e.ActorName != "Anna owner" || e.From != "192.0.2.7" || e.Organisation != org.ID {
			t.Errorf("%s is recorded as %+v", step.action, e)
		}
	}
}

// step is one change, and how the ledger calls it; several verbs are joined with "|".
type step struct {
	action string
	do     func() error
}

// changes is one call of each method that changes something, in an order that works.
func changes(t *testing.T, o office, org string) []step {
	t.Helper()
	ctx := context.Background()
	c := o.load(t, org)
	leaf, kind := c.In.Posture.Gaps[0].Requirement, o.k.Catalogue.Kinds()[0].ID
	q := o.k.Catalogue.Questions()[0]
	var exception, training string
	return []step{
		{"answer.change|create", func() error {
			_, _, err := o.Answer(ctx, o.owner, org, q.ID, []string{q.Options[0].ID}, "n")
			return err
		}},
		{"answer.remove", func() error { _, _, err := o.Answer(ctx, o.owner, org, q.ID, nil, ""); return err }},
		{"evidence.create", func() error {
			return o.PutEvidence(ctx, o.owner, org, posture.Evidence{ID: "e", Kind: kind, Title: "T", Date: today})
		}},
		{"evidence.remove", func() error { return o.RemoveEvidence(ctx, o.owner, org, "e") }},
		{"file.create", func() error { return second(o.Upload(ctx, o.owner, org, "f", strings.NewReader("x"))) }},
		{"exception.create", func() (err error) {
			exception, err = o.PutException(ctx, o.owner, org, posture.Exception{Requirement: leaf, Kind: "accepted", Reason: "R", ApprovedBy: "B", Until: today.AddDays(30)}, clients.AsItIs)
			return err
		}},
		{"exception.remove", func() error { return o.RemoveException(ctx, o.owner, org, exception) }},
		{"assertion.create", func() error {
			return o.Assert(ctx, o.owner, org, posture.Assertion{Requirement: leaf, Status: "met"}, clients.AsItIs)
		}},
		{"determination.create", func() error { return second(o.Determine(ctx, o.owner, org)) }},
		{"organisation.change", func() error { return o.SetFacts(ctx, o.owner, org, c.Organisation.Version, c.File) }},
		{"task.create", func() error { return second(o.AdoptPlan(ctx, o.owner, org)) }},
		{"task.create", func() error { return o.PutTask(ctx, o.owner, org, planning.Task{Title: "T", State: planning.ToDo}) }},
		{"approval.create", func() error { return second(o.Approve(ctx, o.owner, org, "plan", board.Approved, "minutes")) }},
		{"training.create", func() (err error) {
			training, err = o.PutTraining(ctx, o.owner, org, board.Training{Name: "N", Course: "C", On: today})
			return err
		}},
		{"training.remove", func() error { return o.RemoveTraining(ctx, o.owner, org, training) }},
		{"snapshot.create", func() error { return o.Snapshot(ctx, o.owner, org, "") }},
		{"organisation.change", func() error { return o.Tag(ctx, o.owner, org, []string{"x"}) }},
		{"organisation.change", func() error { return o.Archive(ctx, o.owner, org, true) }},
	}
}

func TestUndo(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	c := o.load(t, org.ID)
	question, option := turn(t, o, c)
	before, _, err := o.Answer(ctx, o.owner, org.ID, question, []string{option}, "")
	if err != nil {
		t.Fatal(err)
	}
	last := func() int64 {
		list, err := o.History(ctx, o.owner, org.ID, "", "", 1)
		if err != nil || len(list) == 0 {
			t.Fatal(err)
		}
		return list[0].Seq
	}
	answered := last()
	if err := o.Undo(ctx, o.owner, org.ID, answered); err != nil {
		t.Fatal(err)
	}
	if got := o.load(t, org.ID).In.Posture.Scores[0]; got != before || o.row(t, org.ID).Rollup.Points != before.Points {
		t.Errorf("%+v after the undo, %+v before", got, before)
	}
	wantKind(t, "undone twice", o.Undo(ctx, o.owner, org.ID, answered), fault.Conflict)
	if err := o.Restore(ctx, o.owner, org.ID, answered); err != nil || o.row(t, org.ID).Rollup.Points <= before.Points {
		t.Errorf("restored: %v, %v points", err, o.row(t, org.ID).Rollup.Points)
	}
	if _, err := o.Determine(ctx, o.owner, org.ID); err != nil {
		t.Fatal(err)
	}
	small := 3.0
	c = o.load(t, org.ID)
	c.File.Figures[0].Employees = &small
	if err := o.SetFacts(ctx, o.owner, org.ID, c.Organisation.Version, c.File); err != nil {
		t.Fatal(err)
	}
	list, err := o.History(ctx, o.owner, org.ID, "organisation", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Undo(ctx, o.owner, org.ID, list[0].Seq); err != nil || o.load(t, org.ID).In.Scope.Class != c.In.Scope.Class {
		t.Errorf("facts: %v, %s", err, o.load(t, org.ID).In.Scope.Class)
	}
	wantKind(t, "a determination", o.Undo(ctx, o.owner, org.ID, entryOf(t, o, org.ID, "determination")), fault.Forbidden)
	wantKind(t, "an entry that is none", o.Undo(ctx, o.owner, org.ID, 1<<40), fault.NotFound)
}

// TestUndoGivesNoRights: who may not manage members cannot bring one back.
func TestUndoGivesNoRights(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	scope, err := o.owner.Workspace(authz.MembersManage)
	if err != nil {
		t.Fatal(err)
	}
	person := "0190a000-0000-7000-8000-0000000000aa"
	err = o.store.Write(ctx, tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		return second(tx.PutPerson(tenant.Person{ID: person, Email: "eve@example.org", Name: "Eve"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []func(*store.Tx) error{
		func(tx *store.Tx) error {
			return second(tx.PutMembership(tenant.Membership{Organisation: org.ID, Person: person, Role: authz.Owner}))
		},
		func(tx *store.Tx) error { return tx.RemoveMembership(person, org.ID) },
	} {
		if err := o.store.Write(ctx, scope, store.Change{Actor: "test"}, f); err != nil {
			t.Fatal(err)
		}
	}
	list, err := o.History(ctx, o.owner, org.ID, "", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, list[0].Action, o.Undo(ctx, o.actor(home, org.ID, authz.Editor), org.ID, list[0].Seq), fault.Forbidden)
}

func entryOf(t *testing.T, o office, org, kind string) int64 {
	t.Helper()
	list, err := o.History(context.Background(), o.owner, org, kind, "", 1)
	if err != nil || len(list) == 0 {
		t.Fatalf("no entry of a %s, %v", kind, err)
	}
	return list[0].Seq
}
