package workbench_test

import (
	"context"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/posture"
)

// table is a spreadsheet that proposes answers.
const table = workbench.FromWorkbook + ":x"

// propose has the spreadsheet propose two answers, to a question that was answered
// and to one that was not.
func (o office) propose(t *testing.T) {
	t.Helper()
	o.answer(t, "most")
	err := o.store.Write(t.Context(), tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		for question, option := range map[string]string{"q.backup.exists": "none", "q.backup.restore-test": "yearly"} {
			if _, err := tx.PutSuggestion(assessment.Suggestion{Organisation: o.org, Source: table, State: assessment.SuggestionOpen,
				Answer: posture.Answer{Question: question, Options: []string{option}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (o office) answer(t *testing.T, option string) {
	t.Helper()
	if _, _, err := o.clients.Answer(t.Context(), o.owner, o.org, "q.backup.exists", []string{option}, ""); err != nil {
		t.Fatal(err)
	}
}

// stands is the answers to the two questions, "" for none.
func (o office) stands(t *testing.T) (out [2]string) {
	t.Helper()
	c, err := o.clients.Load(t.Context(), o.owner, o.org)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Answers {
		if i := slices.Index([]string{"q.backup.exists", "q.backup.restore-test"}, x.Question); i >= 0 {
			out[i] = x.Options[0]
		}
	}
	return out
}

// takeBack undoes an act.
func (o office) takeBack(t *testing.T, a authz.Actor, d workbench.Decided) error {
	t.Helper()
	out, err := o.clients.UndoBulk(t.Context(), a, []string{o.org}, d.Mark)
	if err != nil {
		return err
	}
	return out[0].Err
}

// TestSuggestionsTakenBack: what one act accepted or dismissed is one undo, which
// brings back the answers from before and the suggestions.
func TestSuggestionsTakenBack(t *testing.T) {
	for engine, target := range map[string]func(testing.TB) string{"SQLite": storetest.Prepared, "PostgreSQL": kit.Prepared} {
		t.Run(engine, func(t *testing.T) {
			o := openAt(t, target(t))
			o.propose(t)
			o.takenBack(t, o.Accept, [2]string{"none", "yearly"})
			o.takenBack(t, o.Dismiss, [2]string{"most", ""})
			d, err := o.Accept(t.Context(), o.owner, o.org, table, []string{"q.backup.exists"})
			if err != nil || d.Count != 1 {
				t.Fatalf("%+v, %v", d, err)
			}
			o.answer(t, "all")
			wantKind(t, "taking back what was answered anew", o.takeBack(t, o.owner, d), fault.Conflict)
			if got := o.stands(t); got != [2]string{"all", ""} {
				t.Errorf("the newer answer became %v", got)
			}
			if open := o.proposed(t, "", table); !slices.Equal(open, []string{"q.backup.restore-test"}) {
				t.Errorf("still proposed: %v", open)
			}
		})
	}
}

func (o office) takenBack(t *testing.T, act func(context.Context, authz.Actor, string, string, []string) (workbench.Decided, error), want [2]string) {
	t.Helper()
	ctx, before := t.Context(), o.stands(t)
	d, err := act(ctx, o.owner, o.org, table, nil)
	if err != nil || d.Count != 2 || !d.Stands || o.stands(t) != want || o.proposed(t, "", table) != nil {
		t.Fatalf("%+v, %v, %v", d, err, o.stands(t))
	}
	if got, err := o.Decided(ctx, o.owner, o.org, d.Mark); err != nil || !got.At.Equal(d.At) || got.State != d.State || got.Count != 2 || !got.Stands || got.Undone {
		t.Errorf("the ledger says %+v, %v", got, err)
	}
	if got, err := o.Decided(ctx, o.owner, o.org, "suggestions x"); err != nil || got.Count != 0 {
		t.Errorf("an act that there was not: %+v, %v", got, err)
	}
	wantKind(t, "an auditor takes it back", o.takeBack(t, o.actor(home, authz.Auditor), d), fault.Forbidden)
	wantKind(t, "another workspace takes it back", o.takeBack(t, o.actor(other, authz.Owner), d), fault.NotFound)
	if err := o.takeBack(t, o.owner, d); err != nil {
		t.Fatal(err)
	}
	if open := o.proposed(t, "", table); len(open) != 2 || o.stands(t) != before {
		t.Errorf("after the undo %v stands and %v is proposed", o.stands(t), open)
	}
	if got, err := o.Decided(ctx, o.owner, o.org, d.Mark); err != nil || got.Stands || !got.Undone || got.Count != 2 {
		t.Errorf("the ledger says after the undo %+v, %v", got, err)
	}
}
