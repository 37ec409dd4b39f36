package clients

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

func newID() string { return id.New() }

// Proposed lists the tasks of the computed plan that were not adopted yet, in the
// order of the plan.
func (c Client) Proposed() []posture.Task {
	adopted := map[string]bool{}
	for _, t := range c.Tasks {
		adopted[t.Origin] = true
	}
	return slices.DeleteFunc(slices.Clone(c.In.Tasks), func(t posture.Task) bool { return adopted[t.ID] })
}

// AdoptPlan stores tasks of the computed plan: those named, or all. Tasks that came
// from the same place before are kept as they are, whatever became of them; added
// counts the new ones. Their titles are in the language of the organisation's file,
// else of the workspace, and stay so: everybody who works on them reads the same.
func (s *Service) AdoptPlan(ctx context.Context, a authz.Actor, organisation string, only ...string) (added int, err error) {
	err = s.revise(ctx, a, organisation, authz.PlanEdit, func(tx *store.Tx) error {
		added = 0
		now, err := s.gather(tx, organisation)
		if err != nil {
			return err
		}
		in, err := s.assess(organisation, now.file, a.Day(tx.Now()))
		if err != nil {
			return err
		}
		of, err := tx.Workspace()
		if err != nil {
			return err
		}
		in = in.In(cmp.Or(now.file.Language, of.Language))
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
			if _, ok := ids[t.ID]; !ok && (len(only) == 0 || slices.Contains(only, t.ID)) {
				ids[t.ID] = newID()
				fresh = append(fresh, t)
			}
		}
		for i, t := range fresh {
			if _, err := tx.PutTask(planned(organisation, t, ids, endOf(stored, planning.ToDo)+float64(i))); err != nil {
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
// nothing else. A recurring task that is done is followed by the next one, once.
func (s *Service) PutTask(ctx context.Context, a authz.Actor, organisation string, t planning.Task) error {
	need := taskRight(ctx, a, organisation)
	return s.revise(ctx, a, organisation, need, func(tx *store.Tx) error {
		return s.changeTask(tx, a, need, organisation, t)
	})
}

// taskRight is the right with which an actor changes tasks: any, or their own.
func taskRight(ctx context.Context, a authz.Actor, organisation string) authz.Permission {
	if scope, err := a.Organisation(ctx, organisation, authz.AssignedEdit); err == nil && a.Can(authz.PlanEdit, scope) != nil {
		return authz.AssignedEdit
	}
	return authz.PlanEdit
}

// changeTask stores a task as the actor may change it.
func (s *Service) changeTask(tx *store.Tx, a authz.Actor, need authz.Permission, organisation string, t planning.Task) error {
	next, old := t, planning.Task{}
	if t.ID != "" {
		var err error
		if old, err = tx.Task(t.ID); err != nil {
			return err
		}
		next.CreatedAt, next.Origin, next.Incident, next.DoneAt = old.CreatedAt, old.Origin, old.Incident, old.DoneAt
	}
	if need == authz.AssignedEdit {
		if old.ID == "" || old.Owner != a.Person || a.Person == "" {
			return a.Can(authz.PlanEdit, tx.Scope())
		}
		next = old
		next.State, next.Body, next.Position, next.Version = t.State, t.Body, t.Position, t.Version
	}
	next.Organisation = organisation
	switch {
	case next.Due.IsZero():
		next.DueBecause = law.Message{}
	case next.Due == old.Due:
		next.DueBecause = old.DueBecause
	case next.DueBecause.Key == "" || next.DueBecause.Key == old.DueBecause.Key:
		next.DueBecause = law.Say("plan.due.by_hand", "name", signature(a))
	}
	if err := s.checkTask(tx, old, next); err != nil {
		return err
	}
	return putTask(tx, old, next)
}

// FinishTask closes a task within the transaction of a caller who saw that it is done.
func (s *Service) FinishTask(tx *store.Tx, t planning.Task) error {
	old, err := tx.Task(t.ID)
	if err != nil {
		return err
	}
	next := old
	next.State = planning.Done
	return putTask(tx, old, next)
}

// putTask stores a task, and the next one of a recurring task that was done.
func putTask(tx *store.Tx, old, next planning.Task) error {
	done := next.State == planning.Done
	switch {
	case done && old.State != planning.Done:
		next.DoneAt = tx.Now()
	case !done:
		next.DoneAt = time.Time{}
	}
	next, err := tx.PutTask(next)
	if err != nil || !done || old.State == planning.Done || next.EveryMonths == 0 {
		return err
	}
	return repeatTask(tx, next)
}

// repeatTask makes the task that follows a recurring one that was done, unless it
// was made before: a task that is opened again and done again has one successor.
// The new one is due on the first day of the rhythm that is still to come.
func repeatTask(tx *store.Tx, done planning.Task) error {
	all, err := tx.Tasks(done.Organisation)
	if err != nil {
		return err
	}
	origin := "again/" + done.ID
	if slices.ContainsFunc(all, func(t planning.Task) bool { return t.Origin == origin }) {
		return nil
	}
	today, err := tx.Today()
	if err != nil {
		return err
	}
	again := done
	again.ID, again.Version, again.State, again.Origin, again.After = "", 0, planning.ToDo, origin, nil
	again.CreatedAt, again.DoneAt = time.Time{}, time.Time{}
	if again.Due.IsZero() {
		again.Due = today
	}
	months := done.EveryMonths
	for !again.Due.AddMonths(months).After(today) {
		months += done.EveryMonths
	}
	again.Due = again.Due.AddMonths(months)
	again.DueBecause = law.Say("plan.due.again", "count", done.EveryMonths)
	if !again.Start.IsZero() {
		again.Start = again.Start.AddMonths(months)
	}
	again.Position = endOf(all, planning.ToDo)
	_, err = tx.PutTask(again)
	return err
}

func (s *Service) checkTask(tx *store.Tx, old, t planning.Task) error {
	switch {
	case blank(t.Title):
		return invalid("title", "the task has no title", "what is to be done, in a few words")
	case !slices.Contains(planning.States(), t.State):
		return invalid("state", "there is no such state", "todo, doing, blocked, done or dropped")
	case !t.Start.IsZero() && !t.Due.IsZero() && t.Due.Before(t.Start):
		return invalid("due", "the task is due before it begins", "a day on or after "+t.Start.String())
	case t.EveryMonths < 0 || t.EveryMonths > 240:
		return invalid("every_months", "the rhythm is out of range", "0 (once) to 240 months")
	case !(t.Effort[0] >= 0 && t.Effort[0] <= t.Effort[1] && t.Effort[1] <= 1e5):
		return invalid("effort_person_days", "the effort is out of range", "two numbers of days, the lower first")
	case t.CostCents < 0 || t.CostCents > 1e14:
		return invalid("cost_cents", "the cost is out of range", "0 or more")
	case t.CostCents > 0 && !slices.Contains(planning.Currencies(), t.Currency):
		return invalid("currency", "the cost has no currency", "one of "+strings.Join(planning.Currencies(), ", "))
	case t.Role != "" && !slices.Contains(catalog.Owners(), t.Role):
		return invalid("role", "there is no such role", "one of "+strings.Join(catalog.Owners(), ", "))
	case t.Phase != "" && !slices.Contains(catalog.Phases(), catalog.Phase(t.Phase)):
		return invalid("phase", "there is no such phase", "a phase of the plan")
	}
	if err := checkIDs(s.knowledge.Catalogue, "", t.Requirements...); err != nil {
		return err
	}
	if err := checkOrder(tx, t); err != nil {
		return err
	}
	if t.Owner != old.Owner {
		if err := checkOwner(tx, t.Organisation, t.Owner); err != nil {
			return err
		}
	}
	return short(map[string]string{"title": t.Title, "body": t.Body})
}

// checkOwner refuses an owner who cannot work in the organisation.
func checkOwner(tx *store.Tx, organisation, person string) error {
	if person == "" {
		return nil
	}
	members, err := tx.MembersOf(organisation)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(members, func(m tenant.Member) bool { return m.Person == person && CanWork(m) }) {
		return invalid("owner", "this person cannot work on the plan", "a member whose role lets them edit")
	}
	return nil
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

// RemoveTask takes a task out of the plan; tasks that waited for it no longer do.
func (s *Service) RemoveTask(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.revise(ctx, a, organisation, authz.PlanEdit, func(tx *store.Tx) error {
		if err := tx.RemoveTask(id); err != nil {
			return err
		}
		all, err := tx.Tasks(organisation)
		if err != nil {
			return err
		}
		for _, t := range all {
			if !slices.Contains(t.After, id) {
				continue
			}
			t.After = slices.DeleteFunc(slices.Clone(t.After), func(x string) bool { return x == id })
			if _, err := tx.PutTask(t); err != nil {
				return err
			}
		}
		return nil
	})
}
