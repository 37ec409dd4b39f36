package clients_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// join makes a person a contributor of an organisation.
func (o office) join(t testing.TB, organisation, person string) {
	t.Helper()
	err := o.store.Write(context.Background(), tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if _, err := tx.PutPerson(tenant.Person{ID: person, Name: person, Email: person + "@example.org"}); err != nil {
			return err
		}
		_, err := tx.In(home, "").PutMembership(tenant.Membership{Person: person, Organisation: organisation, Role: authz.Contributor})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// task makes a task and returns it as stored.
func (o office) task(t testing.TB, organisation string, want planning.Task) planning.Task {
	t.Helper()
	if want.State == "" {
		want.State = planning.ToDo
	}
	if err := o.PutTask(context.Background(), o.owner, organisation, want); err != nil {
		t.Fatal(err)
	}
	all := o.tasks(t, organisation)
	i := slices.IndexFunc(all, func(x planning.Task) bool { return x.Title == want.Title })
	return all[i]
}

func (o office) tasks(t testing.TB, organisation string) []planning.Task {
	t.Helper()
	return o.load(t, organisation).Tasks
}

// TestBoardKeepsTheOrder: whatever is moved where, a task stands before the one that
// was named, or at the end, and the others keep their order.
func TestBoardKeepsTheOrder(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	for i := range 6 {
		o.task(t, org.ID, planning.Task{Title: fmt.Sprint("task ", i)})
	}
	states := []planning.State{planning.ToDo, planning.Doing}
	rapid.Check(t, func(rt *rapid.T) {
		all := o.tasks(t, org.ID)
		moved := rapid.SampledFrom(all).Draw(rt, "task")
		state := rapid.SampledFrom(states).Draw(rt, "state")
		column := slices.DeleteFunc(clients.InColumn(all, state), func(x planning.Task) bool { return x.ID == moved.ID })
		at := rapid.IntRange(0, len(column)).Draw(rt, "place")
		before := ""
		if at < len(column) {
			before = column[at].ID
		}
		want := slices.Insert(ids(column), at, moved.ID)
		if err := o.MoveTask(ctx, o.owner, org.ID, clients.Move{Task: moved.ID, Version: moved.Version, State: state, Before: before}); err != nil {
			rt.Fatal(err)
		}
		if got := ids(clients.InColumn(o.tasks(t, org.ID), state)); !slices.Equal(got, want) {
			rt.Fatalf("the column is %v, want %v", got, want)
		}
	})
}

func ids(tasks []planning.Task) []string {
	out := []string{}
	for _, x := range tasks {
		out = append(out, x.ID)
	}
	return out
}

// TestBoardWhereThereIsNoRoom: a place between two positions that are next to one
// another is made.
func TestBoardWhereThereIsNoRoom(t *testing.T) {
	o, org := imported(t)
	first := o.task(t, org.ID, planning.Task{Title: "first", Position: 1})
	second := o.task(t, org.ID, planning.Task{Title: "second", Position: 1})
	third := o.task(t, org.ID, planning.Task{Title: "third", Position: 9})
	if err := o.MoveTask(context.Background(), o.owner, org.ID, clients.Move{Task: third.ID, Version: third.Version, State: planning.ToDo, Before: second.ID}); err != nil {
		t.Fatal(err)
	}
	if got := ids(clients.InColumn(o.tasks(t, org.ID), planning.ToDo)); !slices.Equal(got, []string{first.ID, third.ID, second.ID}) {
		t.Errorf("%v", got)
	}
	err := o.MoveTask(context.Background(), o.owner, org.ID, clients.Move{Task: third.ID, Version: third.Version, State: planning.Done})
	wantKind(t, "an old version", err, fault.Conflict)
}

// TestRecurringOnce: a recurring task that is opened again and done again has one
// successor, on a day that is still to come.
func TestRecurringOnce(t *testing.T) {
	o, org := imported(t)
	x := o.task(t, org.ID, planning.Task{Title: "restore test", Due: today.AddDays(-400), EveryMonths: 3})
	for _, state := range []planning.State{planning.Done, planning.ToDo, planning.Done, planning.Done} {
		i := slices.IndexFunc(o.tasks(t, org.ID), func(y planning.Task) bool { return y.ID == x.ID })
		x = o.tasks(t, org.ID)[i]
		if err := o.MoveTask(context.Background(), o.owner, org.ID, clients.Move{Task: x.ID, Version: x.Version, State: state}); err != nil {
			t.Fatal(err)
		}
	}
	all := o.tasks(t, org.ID)
	if len(all) != 2 {
		t.Fatalf("%d tasks", len(all))
	}
	again := all[slices.IndexFunc(all, func(y planning.Task) bool { return y.ID != x.ID })]
	if !again.Due.After(today) || again.Due.After(today.AddMonths(3)) || again.State != planning.ToDo || again.DueBecause.Key != "plan.due.again" {
		t.Errorf("%+v", again)
	}
}

// TestBulkChange changes what it may and says what it left.
func TestBulkChange(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	o.join(t, org.ID, "eva")
	a := o.task(t, org.ID, planning.Task{Title: "a", Start: today})
	b := o.task(t, org.ID, planning.Task{Title: "b", Start: today.AddDays(30)})
	due, owner, state := today.AddDays(7), "eva", planning.Doing
	changed, refused, err := o.ChangeTasks(ctx, o.owner, org.ID, []string{a.ID, b.ID, "no-such"}, clients.Bulk{State: &state, Owner: &owner, Due: &due})
	if err != nil || changed != 1 || len(refused) != 2 || refused[0].Task != b.ID || refused[1].Task != "no-such" {
		t.Fatalf("%d changed, %+v refused, %v", changed, refused, err)
	}
	all := o.tasks(t, org.ID)
	got := all[slices.IndexFunc(all, func(y planning.Task) bool { return y.ID == a.ID })]
	if got.Owner != "eva" || got.State != planning.Doing || got.Due != due || got.DueBecause.Key != "plan.due.by_hand" {
		t.Errorf("%+v", got)
	}
	nobody := "nobody"
	if _, refused, err := o.ChangeTasks(ctx, o.owner, org.ID, []string{a.ID}, clients.Bulk{Owner: &nobody}); err != nil || len(refused) != 1 {
		t.Errorf("an owner who is no member: %+v, %v", refused, err)
	}
}

// TestRemovedTaskHoldsNobodyUp: what waited for it can be changed as before.
func TestRemovedTaskHoldsNobodyUp(t *testing.T) {
	o, org := imported(t)
	first := o.task(t, org.ID, planning.Task{Title: "first"})
	then := o.task(t, org.ID, planning.Task{Title: "then", After: []string{first.ID}})
	if err := o.RemoveTask(context.Background(), o.owner, org.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	all := o.tasks(t, org.ID)
	if len(all) != 1 || all[0].ID != then.ID || len(all[0].After) != 0 {
		t.Fatalf("%+v", all)
	}
	all[0].Body = "goes on"
	if err := o.PutTask(context.Background(), o.owner, org.ID, all[0]); err != nil {
		t.Error(err)
	}
}
