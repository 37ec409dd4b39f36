package clients

import (
	"cmp"
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Colleagues lists who belongs to an organisation, each once, by name, with the strongest
// of their roles there: it says whether they may own tasks, evidence and requirements
// (CanWork). Their addresses are left out.
func (s *Service) Colleagues(ctx context.Context, a authz.Actor, organisation string) (list []tenant.Member, err error) {
	err = s.read(ctx, a, organisation, authz.PlanRead, func(tx *store.Tx) error {
		members, err := tx.MembersOf(organisation)
		list = nil
		for _, m := range members {
			m.Email = ""
			switch i := slices.IndexFunc(list, func(x tenant.Member) bool { return x.Person == m.Person }); {
			case m.Disabled:
			case i < 0:
				list = append(list, m)
			case authz.Stronger(m.Role, list[i].Role):
				list[i] = m
			}
		}
		return err
	})
	return list, err
}

// endOf is the position behind all tasks of a state.
func endOf(all []planning.Task, state planning.State) float64 {
	last := 0.0
	for _, t := range all {
		if t.State == state {
			last = max(last, t.Position)
		}
	}
	return last + 1
}

// InColumn is the tasks of a state in the order of the board.
func InColumn(all []planning.Task, state planning.State) []planning.Task {
	out := slices.DeleteFunc(slices.Clone(all), func(t planning.Task) bool { return t.State != state })
	slices.SortStableFunc(out, func(x, y planning.Task) int {
		return cmp.Or(cmp.Compare(x.Position, y.Position), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// Move is where a task goes on the board.
type Move struct {
	Task    string
	Version int64 // of the task as it was seen; Conflict when it is not the newest
	State   planning.State
	Before  string // the task of that state which it stands before; "" = at the end
}

// MoveTask moves a task on the board; rights and what follows are those of PutTask.
func (s *Service) MoveTask(ctx context.Context, a authz.Actor, organisation string, m Move) error {
	need := taskRight(ctx, a, organisation)
	return s.revise(ctx, a, organisation, need, func(tx *store.Tx) error {
		t, err := tx.Task(m.Task)
		if err != nil {
			return err
		}
		all, err := tx.Tasks(organisation)
		if err != nil {
			return err
		}
		column := slices.DeleteFunc(InColumn(all, m.State), func(x planning.Task) bool { return x.ID == t.ID })
		t.Version, t.State = m.Version, m.State
		place, room := placeBefore(column, m.Before)
		if !room {
			if column, err = spread(tx, column); err != nil {
				return err
			}
			place, _ = placeBefore(column, m.Before)
		}
		t.Position = place
		return s.changeTask(tx, a, need, organisation, t)
	})
}

// placeBefore is the position before a task of a column, or at its end; room is
// false when the positions of the neighbours leave none.
func placeBefore(column []planning.Task, before string) (place float64, room bool) {
	at := slices.IndexFunc(column, func(x planning.Task) bool { return x.ID == before })
	switch {
	case len(column) == 0:
		return 1, true
	case before == "" || at < 0:
		return column[len(column)-1].Position + 1, true
	case at == 0:
		return column[0].Position - 1, true
	}
	low, high := column[at-1].Position, column[at].Position
	place = low + (high-low)/2
	return place, low < place && place < high
}

// spread numbers the tasks of a column anew.
func spread(tx *store.Tx, column []planning.Task) ([]planning.Task, error) {
	for i := range column {
		if column[i].Position == float64(i+1) {
			continue
		}
		column[i].Position = float64(i + 1)
		var err error
		if column[i], err = tx.PutTask(column[i]); err != nil {
			return nil, err
		}
	}
	return column, nil
}

// Bulk is one change of several tasks; what is nil stays.
type Bulk struct {
	State *planning.State
	Owner *string
	Due   *law.Date
}

// Refusal is a task that a bulk change left as it was.
type Refusal struct {
	Task  string // id
	Title string
	Err   error // why
}

// ChangeTasks changes several tasks in one transaction. A task whose change is not
// possible or not allowed stays as it is and is among the refused.
func (s *Service) ChangeTasks(ctx context.Context, a authz.Actor, organisation string, ids []string, b Bulk) (changed int, refused []Refusal, err error) {
	need := taskRight(ctx, a, organisation)
	err = s.revise(ctx, a, organisation, need, func(tx *store.Tx) error {
		changed, refused = 0, nil
		for _, id := range ids {
			t, err := tx.Task(id)
			if err == nil {
				err = s.changeTask(tx, a, need, organisation, b.apply(tx, t))
			}
			switch {
			case err == nil:
				changed++
			case fault.KindOf(err) == fault.Internal:
				return err
			default:
				refused = append(refused, Refusal{Task: id, Title: cmp.Or(t.Title, id), Err: err})
			}
		}
		return nil
	})
	return changed, refused, err
}

func (b Bulk) apply(tx *store.Tx, t planning.Task) planning.Task {
	if b.State != nil && *b.State != t.State {
		t.State = *b.State
		if all, err := tx.Tasks(t.Organisation); err == nil {
			t.Position = endOf(all, t.State)
		}
	}
	if b.Owner != nil {
		t.Owner = *b.Owner
	}
	if b.Due != nil {
		t.Due = *b.Due
	}
	return t
}
