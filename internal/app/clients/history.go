package clients

import (
	"context"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// History lists what happened to one object of an organisation, or to all objects
// of a kind, or to everything ("" for both), newest first.
func (s *Service) History(ctx context.Context, a authz.Actor, organisation, kind, object string, limit int) (list []ledger.Entry, err error) {
	err = s.read(ctx, a, organisation, authz.LedgerRead, func(tx *store.Tx) error {
		list, err = tx.Entries(store.Filter{Organisation: organisation, Kind: kind, Object: object, Limit: limit})
		return err
	})
	return list, err
}

// Ledger lists the entries of the workspace, or of the organisations in reach,
// newest first.
func (s *Service) Ledger(ctx context.Context, a authz.Actor, f store.Filter) (list []ledger.Entry, err error) {
	scope, err := a.Reach(authz.LedgerRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = tx.Entries(f)
		return err
	})
	return list, err
}

// undoable says which kinds of objects can be given an earlier value here, and who
// may: what the actor could not change, they cannot undo either. Memberships,
// approvals and other acts of people are not among them.
func undoable(kind string) (authz.Permission, bool) {
	switch kind {
	case "organisation":
		return authz.OrganisationEdit, true
	case "answer", "evidence", "exception", "assertion", "assignment", "suggestion":
		return authz.AssessmentEdit, true
	case "task":
		return authz.PlanEdit, true
	case "training":
		return authz.TrainingEdit, true
	case "authority_record", "authority_record_file":
		return authz.IncidentDecide, true
	}
	return "", false
}

// UndoFor is how long a change can be undone.
const UndoFor = store.UndoFor

// ErrHolds is returned where an object has the value already that it should get back:
// nothing was written.
var ErrHolds = store.ErrHolds

// Undoable reports whether objects of the kind can be given an earlier value.
func Undoable(kind string) bool {
	_, ok := undoable(kind)
	return ok
}

// Undo takes back the change of one entry of the ledger, if the object was not
// changed again since (Conflict) and the change is not older than store.UndoFor
// (Forbidden).
func (s *Service) Undo(ctx context.Context, a authz.Actor, organisation string, seq int64) error {
	return s.rewind(ctx, a, organisation, seq, (*store.Tx).Undo)
}

// Restore gives the object of an entry the value that it had after it, whatever
// happened since; ErrHolds when it has it already.
func (s *Service) Restore(ctx context.Context, a authz.Actor, organisation string, seq int64) error {
	return s.rewind(ctx, a, organisation, seq, (*store.Tx).Restore)
}

func (s *Service) rewind(ctx context.Context, a authz.Actor, organisation string, seq int64, how func(*store.Tx, int64) error) error {
	return s.write(ctx, a, organisation, authz.LedgerRestore, func(tx *store.Tx) error {
		e, err := tx.Entry(seq)
		if err != nil {
			return err
		}
		need, ok := undoable(e.Kind)
		if !ok {
			return &fault.Error{Kind: fault.Forbidden, What: "this change cannot be undone"}
		}
		if err := a.Can(need, tx.Scope()); err != nil {
			return err
		}
		if err := how(tx, seq); err != nil {
			return err
		}
		now, err := s.rollUp(tx, organisation)
		if err != nil || e.Kind != "organisation" {
			return err
		}
		return reopen(tx, organisation, now.file.Facts())
	})
}
