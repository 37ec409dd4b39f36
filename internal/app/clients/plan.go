package clients

import (
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

func newID() string { return id.New() }

// AdoptPlan stores the tasks of the computed plan. Tasks that came from the same
// place before are kept as they are, whatever became of them; added counts the new
// ones.
func (s *Service) AdoptPlan(ctx context.Context, a authz.Actor, organisation string) (added int, err error) {
	err = s.revise(ctx, a, organisation, authz.PlanEdit, func(tx *store.Tx) error {
		added = 0
		now, err := s.gather(tx, organisation)
		if err != nil {
			return err
		}
		in, err := s.assess(organisation, now.file, dayOf(tx.Now()))
		if err != nil {
			return err
		}
		stored, err := tx.Tasks(organisation)
		if err != nil {
			return err
		}
		ids := map[string]string{} // of the plan → stored
		for _, t := range stored {
			if t.Origin != "" {
				ids[t.Origin] = t.ID
			}
		}
		var fresh []posture.Task
		for _, t := range in.Tasks {
			if _, ok := ids[t.ID]; !ok {
				ids[t.ID] = newID()
				fresh = append(fresh, t)
			}
		}
		for i, t := range fresh {
			if _, err := tx.PutTask(planned(organisation, t, ids, float64(len(stored)+i+1))); err != nil {
				return err
			}
		}
		added = len(fresh)
		return nil
	})
	return added, err
}

// planned is a task of the computed plan as it is stored.
func planned(organisation string, t posture.Task, ids map[string]string, position float64) planning.Task {
	out := planning.Task{ID: ids[t.ID], Organisation: organisation, Origin: t.ID, Title: t.Title, State: planning.ToDo, Phase: string(t.Phase),
		Requirements: t.Requirements, Measures: t.Measures, Role: t.Owner, Effort: t.Effort, Start: t.Start, Due: t.Due,
		DueBecause: t.DueBecause, Priority: t.Priority, Position: position}
	for _, before := range t.After {
		if stored, ok := ids[before]; ok {
			out.After = append(out.After, stored)
		}
	}
	return out
}

// PutTask makes a task (id ""), or changes it; the version must be the newest. A
// contributor may change the state and the text of a task that is theirs, and
// nothing else. A recurring task that is done is followed by the next one.
func (s *Service) PutTask(ctx context.Context, a authz.Actor, organisation string, t planning.Task) error {
	need := authz.PlanEdit
	if scope, err := a.Organisation(ctx, organisation, authz.AssignedEdit); err == nil && a.Can(authz.PlanEdit, scope) != nil {
		need = authz.AssignedEdit
	}
	return s.revise(ctx, a, organisation, need, func(tx *store.Tx) error {
		next, old := t, planning.Task{}
		if t.ID != "" {
			var err error
			if old, err = tx.Task(t.ID); err != nil {
				return err
			}
			next.CreatedAt, next.Origin, next.DoneAt = old.CreatedAt, old.Origin, old.DoneAt
		}
		if need == authz.AssignedEdit {
			if old.ID == "" || old.Owner != a.Person || a.Person == "" {
				return a.Can(authz.PlanEdit, tx.Scope())
			}
			next = old
			next.State, next.Body, next.Position, next.Version = t.State, t.Body, t.Position, t.Version
		}
		next.Organisation = organisation
		if err := s.checkTask(tx, next); err != nil {
			return err
		}
		return putTask(tx, old, next)
	})
}

// putTask stores a task, and the next one of a recurring task that was done.
func putTask(tx *store.Tx, old, next planning.Task) error {
	done := next.State == planning.Done
	switch {
	case done && old.State != planning.Done:
		next.DoneAt = tx.Now()
	case !done:
		next.DoneAt = planning.Task{}.DoneAt
	}
	if _, err := tx.PutTask(next); err != nil {
		return err
	}
	if !done || old.State == planning.Done || next.EveryMonths == 0 {
		return nil
	}
	again := next
	again.ID, again.Version, again.State = "", 0, planning.ToDo
	again.Origin, again.After = "", nil
	again.CreatedAt, again.DoneAt = planning.Task{}.CreatedAt, planning.Task{}.DoneAt
	if again.Due.IsZero() {
		again.Due = dayOf(tx.Now())
	}
	again.Due = again.Due.AddMonths(next.EveryMonths)
	if !again.Start.IsZero() {
		again.Start = again.Start.AddMonths(next.EveryMonths)
	}
	_, err := tx.PutTask(again)
	return err
}

func (s *Service) checkTask(tx *store.Tx, t planning.Task) error {
	switch {
	case blank(t.Title):
		return invalid("title", "the task has no title", "what is to be done, in a few words")
	case !slices.Contains([]planning.State{planning.ToDo, planning.Doing, planning.Blocked, planning.Done, planning.Dropped}, t.State):
		return invalid("state", "there is no such state", "todo, doing, blocked, done or dropped")
	case !t.Start.IsZero() && !t.Due.IsZero() && t.Due.Before(t.Start):
		return invalid("due", "the task is due before it begins", "a day on or after "+t.Start.String())
	case t.EveryMonths < 0 || t.EveryMonths > 240:
		return invalid("every_months", "the rhythm is out of range", "0 (once) to 240 months")
	case !(t.Effort[0] >= 0 && t.Effort[0] <= t.Effort[1] && t.Effort[1] <= 1e5):
		return invalid("effort_person_days", "the effort is out of range", "two numbers of days, the lower first")
	case t.CostCents < 0:
		return invalid("cost_cents", "the cost is negative", "0 or more")
	}
	if err := checkIDs(s.knowledge.Catalogue, "", t.Requirements...); err != nil {
		return err
	}
	if err := checkOrder(tx, t); err != nil {
		return err
	}
	return short(map[string]string{"title": t.Title, "body": t.Body})
}

// checkOrder refuses tasks that wait for one another.
func checkOrder(tx *store.Tx, t planning.Task) error {
	if len(t.After) == 0 {
		return nil
	}
	all, err := tx.Tasks(t.Organisation)
	if err != nil {
		return err
	}
	after := map[string][]string{}
	for _, x := range all {
		after[x.ID] = x.After
	}
	seen, open := map[string]bool{}, slices.Clone(t.After)
	for len(open) > 0 {
		id := open[0]
		open = open[1:]
		more, ok := after[id]
		switch {
		case !ok && slices.Contains(t.After, id):
			return invalid("after", "there is no such task", "tasks of this organisation")
		case id == t.ID:
			return invalid("after", "the task would wait for itself", "tasks that do not wait for this one")
		case !seen[id]:
			seen[id] = true
			open = append(open, more...)
		}
	}
	return nil
}

// RemoveTask takes a task out of the plan.
func (s *Service) RemoveTask(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.revise(ctx, a, organisation, authz.PlanEdit, func(tx *store.Tx) error { return tx.RemoveTask(id) })
}
