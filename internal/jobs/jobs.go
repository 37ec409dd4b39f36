// Package jobs runs the queue that the store keeps: workers with leases and heart
// beats, tries that come later and later, schedules, and the outbox of effects on
// the outside world. Any number of servers may run it on one database.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Options of a Runner.
type Options struct {
	Workers int           // jobs at a time; 0: 4
	Lease   time.Duration // a worker that was silent for so long is lost; 0: one minute
	Poll    time.Duration // how often to look for jobs that became due; 0: one second
	Log     *slog.Logger  // nil: nothing is logged
}

// Handler does one kind of job. It must stop soon when the context ends. What it
// writes through Run.Finish happens exactly once; anything else may happen again
// when the server dies in between.
type Handler func(ctx context.Context, r *Run) error

// Runner takes jobs from the queue and runs them. Add handlers, senders and
// schedules first, then call Run.
type Runner struct {
	store     *store.Store
	o         Options
	name      string
	handlers  map[string]Handler
	senders   map[string]Sender
	schedules []work.Cron
	free      chan struct{}
	running   sync.WaitGroup
}

// New returns a runner without handlers.
func New(s *store.Store, o Options) *Runner {
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Runner{store: s, o: o, name: id.New(), handlers: map[string]Handler{}, senders: map[string]Sender{}, free: make(chan struct{}, o.Workers)}
	r.handlers[sendKind] = r.send
	return r
}

// Handle says how jobs of a kind are done.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Permanent marks an error that another try cannot mend: the job is given up at
// once.
func Permanent(err error) error { return &permanent{err} }

type permanent struct{ cause error }

func (p *permanent) Error() string { return p.cause.Error() }
func (p *permanent) Unwrap() error { return p.cause }

func isPermanent(err error) bool { return errors.As(err, new(*permanent)) }

// Enqueue puts a job of the kind into the queue in the caller's transaction, with
// args as JSON. The other fields of j are as in work.Job.
func Enqueue(tx *store.Tx, kind string, args any, j work.Job) (work.Job, error) {
	b, err := json.Marshal(args)
	if err != nil {
		return j, fmt.Errorf("arguments of job %s: %w", kind, err)
	}
	j.Kind, j.Args = kind, b
	return tx.Enqueue(j)
}

// firstWait and longestWait bound the time between two tries.
const (
	firstWait   = 10 * time.Second
	longestWait = time.Hour
)

// Backoff is the time between the attempt, counted from 1, and the next: ten
// seconds, then twice as long each time up to an hour, give or take a fifth.
func Backoff(attempt int) time.Duration {
	d := longestWait
	if attempt < 10 {
		d = min(firstWait<<(max(1, attempt)-1), longestWait)
	}
	return d - d/5 + rand.N(2*d/5)
}

// Run is one attempt at a job.
type Run struct {
	Job work.Job

	runner   *Runner
	mu       sync.Mutex
	progress float64
	note     string
	finished bool
}

// Args reads the arguments of the job. An error is permanent.
func (r *Run) Args(into any) error {
	if err := json.Unmarshal(r.Job.Args, into); err != nil {
		return Permanent(fmt.Errorf("arguments of job %s: %w", r.Job.Kind, err))
	}
	return nil
}

// Scope is the organisation or workspace of the job; everything, for a job of the
// server.
func (r *Run) Scope() tenant.Scope {
	s := tenant.System("job " + r.Job.Kind)
	if r.Job.Workspace == "" {
		return s
	}
	return s.In(r.Job.Workspace, r.Job.Organisation)
}

// Change names the job, on behalf of who asked for it, in the ledger.
func (r *Run) Change() store.Change {
	return store.Change{Actor: r.Job.CreatedBy, Reason: "job " + r.Job.Kind}
}

// Store is where the job was taken from.
func (r *Run) Store() *store.Store { return r.runner.store }

// Progress says how far the job is (0–1) and what it does. It is written with the
// next heart beat.
func (r *Run) Progress(fraction float64, note string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress, r.note = min(max(fraction, 0), 1), note
}

// Finish runs f and ends the job in one transaction, so that what f writes happens
// exactly once: when the job was handed to another worker meanwhile, nothing is
// kept. result is kept with the job as JSON; f may be nil.
func (r *Run) Finish(ctx context.Context, result any, f func(*store.Tx) error) error {
	return r.FinishWith(ctx, func(tx *store.Tx) (any, error) {
		if f == nil {
			return result, nil
		}
		return result, f(tx)
	})
}

// FinishWith is Finish with a result that is known in the transaction only.
func (r *Run) FinishWith(ctx context.Context, f func(*store.Tx) (result any, err error)) error {
	err := r.runner.store.Write(ctx, r.Scope(), r.Change(), func(tx *store.Tx) error {
		result, err := f(tx)
		if err != nil {
			return err
		}
		var b json.RawMessage
		if result != nil {
			if b, err = json.Marshal(result); err != nil {
				return Permanent(fmt.Errorf("result of job %s: %w", r.Job.Kind, err))
			}
		}
		return tx.FinishJob(r.Job, b)
	})
	if err == nil {
		r.finished = true
	}
	return err
}
