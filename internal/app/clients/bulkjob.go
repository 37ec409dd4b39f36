package clients

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// MostAtOnce is how many organisations a page changes while somebody waits; more
// are a job.
const MostAtOnce = 20

// deedUndo takes back a bulk action; its value is the mark.
const deedUndo Deed = "undo"

type bulkArgs struct {
	Organisations []string `json:"organisations"`
	Deed          Deed     `json:"deed"`
	Value         string   `json:"value,omitempty"`
	From          string   `json:"from,omitempty"` // address of whoever asked
}

// Changed is what a bulk action in the background did.
type Changed struct {
	Deed          Deed            `json:"deed"`
	Mark          string          `json:"mark,omitempty"` // takes it back; "" when there is nothing to take back
	Organisations []ChangedClient `json:"organisations"`
}

// ChangedClient is what it did to one organisation.
type ChangedClient struct {
	Organisation string `json:"organisation"`
	Name         string `json:"name,omitempty"`
	Added        int    `json:"added,omitempty"`     // tasks, answers and policies that are new
	Unchanged    bool   `json:"unchanged,omitempty"` // there was nothing to do, or it was not reached
	Unreached    bool   `json:"-"`                   // the action was stopped before
	Error        string `json:"error,omitempty"`
}

// BulkLater is Bulk in the background, for members of the whole workspace.
func (s *Service) BulkLater(ctx context.Context, a authz.Actor, organisations []string, d Deed, value string) (job work.Job, err error) {
	if _, err := a.Workspace(d.needs()); err != nil {
		return job, err
	}
	if err := checkBulk(organisations, d, value); err != nil {
		return job, err
	}
	return s.enqueueBulk(ctx, a, d.needs(), bulkArgs{organisations, d, value, a.From})
}

// UndoBulkLater is UndoBulk in the background, for members of the whole workspace.
func (s *Service) UndoBulkLater(ctx context.Context, a authz.Actor, organisations []string, mark string) (job work.Job, err error) {
	if _, err := a.Workspace(authz.LedgerRestore); err != nil {
		return job, err
	}
	if err := checkUndo(organisations, mark); err != nil {
		return job, err
	}
	return s.enqueueBulk(ctx, a, authz.LedgerRestore, bulkArgs{organisations, deedUndo, mark, a.From})
}

func (s *Service) enqueueBulk(ctx context.Context, a authz.Actor, need authz.Permission, args bulkArgs) (job work.Job, err error) {
	scope, err := a.Workspace(need)
	if err != nil {
		return job, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		job, err = jobs.Enqueue(tx, BulkKind, args, work.Job{Priority: 10})
		return err
	})
	return job, err
}

// bulkAll changes one organisation per transaction, with the rights that whoever
// asked has now. What was changed before a server died is not changed again: the
// mark in the ledger follows from the job.
func (s *Service) bulkAll(ctx context.Context, run *jobs.Run) error {
	var args bulkArgs
	if err := run.Args(&args); err != nil {
		return err
	}
	a, err := ActorOf(ctx, s.store, run)
	if err != nil {
		return err
	}
	out := Changed{Deed: args.Deed}
	a.From, a.Reason = args.From, markOf(run.Job)
	if args.Deed.Undoable() && args.Deed != deedUndo {
		out.Mark = a.Reason
	}
	names, failed := s.names(ctx, a), 0
	for i, id := range args.Organisations {
		run.Progress(float64(i)/float64(len(args.Organisations)), names[id])
		c := ChangedClient{Organisation: id, Name: names[id]}
		c.Added, err = s.doOnce(ctx, a, id, args)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c.Unchanged = err == nil && c.Added == 0 && args.Deed.adds()
		if err != nil {
			c.Error = err.Error()
			failed++
			if fault.KindOf(err) == fault.Internal {
				c.Error = "something went wrong in the server"
			}
		}
		out.Organisations = append(out.Organisations, c)
	}
	return run.Finish(ctx, out, func(tx *store.Tx) error {
		return TellDone(tx, run.Job, "job.bulk.done", "", map[string]any{"count": len(out.Organisations) - failed, "failed": failed})
	})
}

func (s *Service) doOnce(ctx context.Context, a authz.Actor, id string, args bulkArgs) (added int, err error) {
	done := false
	err = s.read(ctx, a, id, authz.OrganisationRead, func(tx *store.Tx) error {
		before, err := tx.Entries(store.Filter{Organisation: id, Reason: a.Reason, Limit: 1})
		done = len(before) > 0
		return err
	})
	switch {
	case err != nil || done:
		return 0, err
	case args.Deed == deedUndo:
		if err = s.undoMarked(ctx, a, id, args.Value); errors.Is(err, errNothingMarked) {
			err = nil
		}
		return 0, err
	}
	return s.do(ctx, a, id, args.Deed, args.Value)
}

// markOf is the mark of a bulk act in the background: as NewMark, with the id of its job,
// so that what it reached is found when it was stopped.
func markOf(j work.Job) string { return "bulk " + j.ID }

// StoppedBulk is what a bulk action in the background did before somebody stopped it or
// it was given up, as the ledger has it: each organisation is done as a whole, or as it
// was. ok is false for any other job, and for an action that leaves no mark.
func (s *Service) StoppedBulk(ctx context.Context, a authz.Actor, j work.Job) (done Changed, ok bool, err error) {
	var args bulkArgs
	if j.Kind != BulkKind || j.State != work.Cancelled && j.State != work.Dead || json.Unmarshal(j.Args, &args) != nil || !args.Deed.Undoable() {
		return done, false, nil
	}
	scope, err := a.Workspace(authz.LedgerRead)
	if err != nil {
		return done, false, err
	}
	done = Changed{Deed: args.Deed, Mark: markOf(j)}
	if args.Deed == deedUndo {
		done.Mark = ""
	}
	var reached map[string]bool
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		reached, err = tx.ChangedBecause(markOf(j), j.CreatedAt)
		return err
	})
	names := s.names(ctx, a)
	for _, id := range args.Organisations {
		done.Organisations = append(done.Organisations, ChangedClient{Organisation: id, Name: names[id], Unchanged: !reached[id], Unreached: !reached[id]})
	}
	return done, err == nil, err
}

// BulkResult is what a bulk action in the background did; ok is false for any other
// job, and before its end.
func BulkResult(j work.Job) (done Changed, ok bool) {
	ok = j.Kind == BulkKind && json.Unmarshal(j.Result, &done) == nil && done.Deed != ""
	return done, ok
}
