// Package working shows people the work that goes on in the background, and the
// messages to the outside, and lets them start again or stop what they may.
package working

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/jobs"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Service is the use cases. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New makes the service.
func New(s *store.Store) *Service { return &Service{s} }

// most jobs and messages that a list shows.
const most = 100

// Jobs lists the jobs in the actor's reach, newest first.
func (s *Service) Jobs(ctx context.Context, a authz.Actor) (list []work.Job, err error) {
	return s.Since(ctx, a, time.Time{})
}

// Since lists the jobs in the actor's reach that wait, run, or ended at the time or
// later; zero lists all.
func (s *Service) Since(ctx context.Context, a authz.Actor, ended time.Time) (list []work.Job, err error) {
	err = s.read(ctx, a, func(tx *store.Tx) error {
		list, err = tx.JobsOfPeople(ended, most)
		return err
	})
	return list, err
}

// Job is one job in the actor's reach.
func (s *Service) Job(ctx context.Context, a authz.Actor, job string) (j work.Job, err error) {
	err = s.read(ctx, a, func(tx *store.Tx) error {
		j, err = tx.Job(job)
		return err
	})
	return j, err
}

// Outbox lists the messages to the outside in the actor's reach, newest first.
func (s *Service) Outbox(ctx context.Context, a authz.Actor) (list []work.Effect, err error) {
	err = s.read(ctx, a, func(tx *store.Tx) error {
		list, err = tx.Effects(most)
		return err
	})
	return list, err
}

func (s *Service) read(ctx context.Context, a authz.Actor, f func(*store.Tx) error) error {
	scope, err := a.Reach(authz.JobsRead)
	if err != nil {
		return err
	}
	return s.store.Read(ctx, scope, f)
}

// Retry starts a job again that was given up or cancelled.
func (s *Service) Retry(ctx context.Context, a authz.Actor, job string) error {
	return s.manage(ctx, a, func(tx *store.Tx) error { return tx.RetryJob(job) })
}

// Cancel stops a job that waits or runs.
func (s *Service) Cancel(ctx context.Context, a authz.Actor, job string) error {
	return s.manage(ctx, a, func(tx *store.Tx) error { return tx.CancelJob(job) })
}

// Resend sends a message again that failed for good, or is held.
func (s *Service) Resend(ctx context.Context, a authz.Actor, message string) error {
	return s.manage(ctx, a, func(tx *store.Tx) error { return jobs.Retry(tx, message) })
}

func (s *Service) manage(ctx context.Context, a authz.Actor, f func(*store.Tx) error) error {
	scope, err := a.Reach(authz.JobsManage)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), f)
}

// MayManage reports whether the actor may start again or stop something.
func MayManage(a authz.Actor) bool {
	_, err := a.Reach(authz.JobsManage)
	return err == nil
}

// MayRefresh reports whether the actor may let everything be computed anew.
func MayRefresh(a authz.Actor) bool {
	_, err := a.Workspace(authz.JobsManage)
	return err == nil
}
