package clients

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// The kinds of jobs of this package.
const (
	sweepKind   = "clients.sweep"   // of the server: removes what nothing names
	nightKind   = "clients.night"   // of the server: asks for one refreshKind per workspace whose night began
	refreshKind = "clients.refresh" // of a workspace
	ImportKind  = "clients.import"  // of a workspace
	BulkKind    = "clients.bulk"    // of a workspace
)

// brokenOff is how old the rest of an upload is when it counts as broken off.
const brokenOff = 24 * time.Hour

// unnamed is how old an upload is when it counts as forgotten: no piece of evidence
// named it in all that time.
const unnamed = 7 * 24 * time.Hour

// unnamedFor is for how many nights a forgotten upload is looked for.
const unnamedFor = 60 * 24 * time.Hour

// Install adds the long work of the service, and the night of each workspace: every
// organisation is computed anew, because roll-ups depend on the day, and a snapshot is
// kept.
func (s *Service) Install(r *jobs.Runner) error {
	r.Handle(sweepKind, s.sweep)
	r.Handle(nightKind, s.night)
	r.Handle(refreshKind, s.refreshAll)
	r.Handle(ImportKind, s.importAll)
	r.Handle(BulkKind, s.bulkAll)
	if err := r.Every(sweepKind, sweepKind, "daily 00:10"); err != nil {
		return err
	}
	return r.Every(nightKind, nightKind, "15m")
}

func (s *Service) sweep(ctx context.Context, run *jobs.Run) error {
	if _, err := s.files.Sweep(s.store.Now().Add(-brokenOff)); err != nil {
		return err
	}
	return s.sweepContents(ctx, run)
}

func (s *Service) night(ctx context.Context, run *jobs.Run) error {
	var due []string
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		due, err = nightsDue(tx)
		return err
	})
	if err != nil {
		return err
	}
	return run.Finish(ctx, nil, func(tx *store.Tx) error {
		for _, w := range due {
			if _, err := jobs.Enqueue(tx.In(w, ""), refreshKind, refreshArgs{Night: true}, work.Job{Unique: nightKind}); err != nil {
				return err
			}
		}
		return nil
	})
}

// nightsDue are the workspaces where a day began for which none of their nights was
// asked for yet. One that was made on that day is as of it already.
func nightsDue(tx *store.Tx) (due []string, err error) {
	args, err := json.Marshal(refreshArgs{Night: true})
	if err != nil {
		return nil, fmt.Errorf("arguments of the night: %w", err)
	}
	last, err := tx.LastEnqueued(refreshKind, args)
	if err != nil {
		return nil, err
	}
	workspaces, err := tx.Workspaces()
	for _, w := range workspaces {
		zone := tenant.ZoneOf(w.Zone)
		began := law.DateOf(tx.Now().In(zone)).At(zone)
		if w.CreatedAt.Before(began) && last[w.ID].Before(began) {
			due = append(due, w.ID)
		}
	}
	return due, err
}

// sweepContents removes stored contents that nothing names: uploads whose
// transaction failed, imports that are done, files that were swept.
func (s *Service) sweepContents(ctx context.Context, run *jobs.Run) error {
	now := s.store.Now()
	var stored []string
	if err := s.files.Each(func(sha256 string) error {
		stored = append(stored, sha256)
		return ctx.Err()
	}); err != nil {
		return err
	}
	var gone []string
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		gone, err = tx.UnnamedContents(stored, now.Add(-store.UndoFor))
		return err
	})
	if err != nil {
		return err
	}
	for _, sha256 := range gone {
		// Whoever names a content has stored it just before, so that a young one stays.
		if _, err := s.files.Remove(sha256, now.Add(-unnamed)); err != nil {
			return err
		}
	}
	return nil
}

// sweepFiles removes the descriptions of uploads that no evidence has ever named, one
// per transaction.
func (s *Service) sweepFiles(ctx context.Context, run *jobs.Run) error {
	now := s.store.Now()
	var list []assessment.File
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		list, err = tx.NeverNamedFiles(now.Add(-unnamedFor), now.Add(-unnamed))
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range list {
		err := s.store.Write(ctx, run.Scope(), run.Change(), func(tx *store.Tx) error {
			_, err := tx.SweepFile(f)
			return err
		})
		if err != nil && fault.KindOf(err) != fault.NotFound { // removed meanwhile
			return err
		}
	}
	return nil
}

type refreshArgs struct {
	Night bool `json:"night,omitempty"` // keeps snapshots too
}

// RefreshAll computes all organisations of the workspace anew, in the background.
func (s *Service) RefreshAll(ctx context.Context, a authz.Actor) (job work.Job, err error) {
	scope, err := a.Workspace(authz.JobsManage)
	if err != nil {
		return job, err
	}
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		job, err = jobs.Enqueue(tx, refreshKind, refreshArgs{}, work.Job{Unique: refreshKind, Priority: 5})
		return err
	})
	return job, err
}

// Refreshed is the result of a refresh.
type Refreshed struct {
	Organisations int      `json:"organisations"`
	Failed        []Failed `json:"failed,omitempty"`
}

// Failed is an organisation that could not be computed.
type Failed struct {
	Organisation string `json:"organisation"`
	Name         string `json:"name"`
	Error        string `json:"error"`
}

// refreshAll computes one organisation per transaction, so that nobody waits. One
// that fails does not keep the others.
func (s *Service) refreshAll(ctx context.Context, run *jobs.Run) error {
	var args refreshArgs
	if err := run.Args(&args); err != nil {
		return err
	}
	if args.Night {
		if err := s.sweepFiles(ctx, run); err != nil {
			return err
		}
	}
	var list []assessment.Standing
	err := s.store.Read(ctx, run.Scope(), func(tx *store.Tx) (err error) {
		list, err = tx.Portfolio()
		return err
	})
	if err != nil {
		return err
	}
	out := Refreshed{Organisations: len(list)}
	for i, o := range list {
		run.Progress(float64(i)/float64(len(list)), o.Organisation.Name)
		err := s.store.Write(ctx, run.Scope(), run.Change(), func(tx *store.Tx) error { return s.refreshOne(tx, o.Organisation.ID, args.Night) })
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case fault.KindOf(err) == fault.NotFound && err != nil: // removed meanwhile
		case err != nil:
			out.Failed = append(out.Failed, Failed{o.Organisation.ID, o.Organisation.Name, err.Error()})
		}
	}
	return run.Finish(ctx, out, func(tx *store.Tx) error {
		if args.Night {
			return nil
		}
		return TellDone(tx, run.Job, "job.refresh.done", "", map[string]any{"count": out.Organisations, "failed": len(out.Failed)})
	})
}

// TellDone tells whoever asked for a job that it has ended; an empty link leads to
// the job. Somebody who has left meanwhile is not told.
func TellDone(tx *store.Tx, j work.Job, key, link string, args map[string]any) error {
	members, err := membersOf(tx, j)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Person == j.CreatedBy {
			b, err := json.Marshal(args)
			if err != nil {
				return fmt.Errorf("notice of job %s: %w", j.ID, err)
			}
			return tx.Notify(desk.Notice{Person: m.Person, Organisation: j.Organisation, Key: key, Args: b, Link: cmp.Or(link, "/jobs/"+j.ID)})
		}
	}
	return nil
}

// membersOf are the members where a job works.
func membersOf(tx *store.Tx, j work.Job) ([]tenant.Member, error) {
	if j.Organisation != "" {
		return tx.MembersOf(j.Organisation)
	}
	return tx.Members()
}

// ActorOf is whoever asked for a job, with the rights that they have now. An error
// is permanent when they have left.
func ActorOf(ctx context.Context, s *store.Store, run *jobs.Run) (a authz.Actor, err error) {
	var own []tenant.Membership
	err = s.Read(ctx, run.Scope(), func(tx *store.Tx) error {
		own = nil
		home, err := tx.Zone()
		if err != nil {
			return err
		}
		members, err := membersOf(tx, run.Job)
		for _, m := range members {
			if m.Person == run.Job.CreatedBy && !m.Disabled {
				m.Membership.Workspace = run.Job.Workspace
				own = append(own, m.Membership)
				a.Name, a.Zone = m.Name, tenant.ZoneOf(m.Zone, home.String())
			}
		}
		return err
	})
	if err != nil {
		return a, err
	}
	if len(own) == 0 {
		return a, jobs.Permanent(&fault.Error{Kind: fault.Forbidden, What: "whoever asked for this is no member any more"})
	}
	a.Person, a.Session = run.Job.CreatedBy, authz.Local
	return authz.NewActor(a, run.Job.Workspace, own, s), nil
}

// dailyFor is how many days automatic snapshots are kept one by one; of older ones
// the last of each month stays. Comparisons of the last two months are exact to the
// day, older ones to the month.
const dailyFor = 60

func (s *Service) refreshOne(tx *store.Tx, organisation string, night bool) error {
	now, err := s.rollUp(tx, organisation)
	if err != nil || !night {
		return err
	}
	in, err := s.score(now.file, now.today)
	if err != nil {
		return err
	}
	if err := keepIfNew(tx, organisation, in); err != nil {
		return err
	}
	_, err = tx.ThinAutomatic(organisation, in.AsOf.AddDays(-dailyFor))
	return err
}

// keepIfNew keeps an automatic snapshot unless the last snapshot says the same: a
// day without one is as the day before.
func keepIfNew(tx *store.Tx, organisation string, in assessing.Input) error {
	body, err := json.Marshal(in.Posture)
	if err != nil {
		return fmt.Errorf("keep the posture: %w", err)
	}
	last, err := tx.SnapshotBefore(organisation, in.AsOf)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err == nil {
		same, err := samePosture(last.Body, in.Posture)
		if err != nil || same || last.Automatic && last.On == in.AsOf {
			return err
		}
	}
	return tx.KeepAutomatic(assessment.Snapshot{Organisation: organisation, On: in.AsOf, Points: overallOf(in.Posture).Points,
		Scores: in.Posture.Scores, Body: body})
}

// samePosture reports whether a kept posture is the given one but for its day.
func samePosture(kept json.RawMessage, now posture.Posture) (bool, error) {
	var then posture.Posture
	if err := json.Unmarshal(kept, &then); err != nil {
		return false, nil //nolint:nilerr // one that cannot be read is not the same
	}
	then.AsOf = now.AsOf
	a, errA := json.Marshal(then)
	b, errB := json.Marshal(now)
	return string(a) == string(b), errors.Join(errA, errB)
}

// RefreshResult is what an update of all organisations did; ok is false for any
// other job, and before its end.
func RefreshResult(j work.Job) (done Refreshed, ok bool) {
	ok = j.Kind == refreshKind && json.Unmarshal(j.Result, &done) == nil
	return done, ok
}
