package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// errLost ends the context of a job that another worker has by now, or that was
// cancelled.
var errLost = errors.New("the job was handed to another worker, or cancelled")

// queue is the scope of the runner's own book-keeping.
func queue() tenant.Scope { return tenant.System("job queue") }

func itself() store.Change { return store.Change{Actor: "system", Reason: "job queue"} }

// Run takes and runs jobs until the context ends, then waits for those that are
// running; a job that does not finish is put back. It returns nil, unless the
// schedules could not be stored at the start.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.storeSchedules(ctx); ctx.Err() != nil {
		return nil // stopped before it began
	} else if err != nil {
		return err
	}
	defer r.running.Wait()
	poll := time.NewTicker(r.o.Poll)
	defer poll.Stop()
	turned := time.Time{}
	for ctx.Err() == nil {
		if time.Since(turned) >= r.o.Poll {
			turned = time.Now()
			r.report(ctx, "turn schedules", r.turnSchedules(ctx))
		}
		if r.take(ctx) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-poll.C:
		case <-r.store.Work():
		}
	}
	return nil
}

func (r *Runner) report(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		r.o.Log.ErrorContext(ctx, doing, "error", err)
	}
}

// take waits for a free worker and hands it a job; more says that there may be
// others.
func (r *Runner) take(ctx context.Context) (more bool) {
	select {
	case r.free <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	job, found, err := r.claim(ctx)
	r.report(ctx, "claim a job", err)
	if err != nil || !found {
		<-r.free
		return false
	}
	r.running.Go(func() {
		defer func() { <-r.free }()
		r.do(ctx, job)
	})
	return true
}

func (r *Runner) claim(ctx context.Context) (job work.Job, found bool, err error) {
	kinds := slices.Sorted(maps.Keys(r.handlers))
	worker := r.name + "/" + id.New() // of this claim alone: no other attempt can pass for it
	err = r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
		claimed, err := tx.Claim(kinds, worker, r.o.Lease, 1)
		found = len(claimed) == 1
		if found {
			job = claimed[0]
		}
		return err
	})
	return job, found, err
}

// do makes one attempt and notes how it went.
func (r *Runner) do(ctx context.Context, job work.Job) {
	run := &Run{Job: job, runner: r}
	inner, cancel := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		r.beat(inner, run, cancel)
	}()
	err := r.attempt(inner, run)
	lost := context.Cause(inner)
	cancel(nil)
	<-beating
	if run.finished || errors.Is(lost, errLost) {
		return
	}
	// The note must be taken even when the server is stopping.
	after, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	if e := r.settle(after, run, err, ctx.Err() != nil); e != nil && fault.KindOf(e) != fault.Conflict {
		r.o.Log.ErrorContext(after, "note the end of a job", "job", job.ID, "kind", job.Kind, "error", e)
	}
}

func (r *Runner) attempt(ctx context.Context, run *Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.o.Log.ErrorContext(ctx, "job panicked", "job", run.Job.ID, "kind", run.Job.Kind, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return r.handlers[run.Job.Kind](ctx, run)
}

func (r *Runner) settle(ctx context.Context, run *Run, failure error, stopping bool) error {
	if failure == nil {
		return run.Finish(ctx, nil, nil)
	}
	job := run.Job
	r.o.Log.WarnContext(ctx, "job failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "error", failure)
	return r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
		switch {
		case isPermanent(failure):
			return tx.BuryJob(job, failure.Error())
		case stopping:
			return tx.ReleaseJob(job)
		case job.Attempt >= job.MaxAttempts:
			return tx.BuryJob(job, failure.Error())
		}
		return tx.FailJob(job, failure.Error(), tx.Now().Add(Backoff(job.Attempt)))
	})
}

// pulse is how often a job that runs shows how far it is, and how long it can go on
// after somebody stopped it.
const pulse = 2 * time.Second

// beat keeps the lease of a job while it runs.
func (r *Runner) beat(ctx context.Context, run *Run, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(min(r.o.Lease/3, pulse))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		run.mu.Lock()
		progress, note := run.progress, run.note
		run.mu.Unlock()
		err := r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
			return tx.BeatJob(run.Job, r.o.Lease, progress, note)
		})
		if fault.KindOf(err) == fault.Conflict && err != nil {
			cancel(errLost)
			return
		}
		r.report(ctx, "heart beat", err)
	}
}
