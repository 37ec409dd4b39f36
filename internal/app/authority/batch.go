package authority

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// mostAtOnce is how many reports one transaction keeps.
const mostAtOnce = 64

// keepWithin is how long a transaction of reports may take; who waits is told to
// come again.
const keepWithin = 30 * time.Second

// arrival is a report that waits to be kept.
type arrival struct {
	visit
	frozen incident.Frozen
	hash   string
	key    ed25519.PrivateKey // of the authority

	receipt string
	err     error
	done    chan struct{}
}

// arrivals are the reports that wait. Those that come while a transaction runs are
// kept together in the next one: a receipt is given only for what the disk has, and
// the disk is asked once for all of them.
type arrivals struct {
	mu      sync.Mutex
	waiting []*arrival
	working bool
}

// keepSoon keeps a report with those that come at the same time.
func (s *Service) keepSoon(ctx context.Context, x *arrival) (string, error) {
	x.done = make(chan struct{})
	s.arrivals.mu.Lock()
	s.arrivals.waiting = append(s.arrivals.waiting, x)
	idle := !s.arrivals.working
	s.arrivals.working = true
	s.arrivals.mu.Unlock()
	if idle {
		go s.keepWaiting(context.WithoutCancel(ctx))
	}
	select {
	case <-x.done:
		return x.receipt, x.err
	case <-ctx.Done(): // it may be kept all the same; the same report gets the same receipt
		return "", ctx.Err()
	}
}

// keepWaiting keeps what waits until nothing does.
func (s *Service) keepWaiting(ctx context.Context) {
	for {
		s.arrivals.mu.Lock()
		if len(s.arrivals.waiting) == 0 {
			s.arrivals.working = false
			s.arrivals.mu.Unlock()
			return
		}
		n := min(len(s.arrivals.waiting), mostAtOnce)
		batch := slices.Clone(s.arrivals.waiting[:n])
		s.arrivals.waiting = slices.Delete(s.arrivals.waiting, 0, n)
		s.arrivals.mu.Unlock()
		s.keepAll(ctx, batch)
	}
}

// keepAll keeps reports in one transaction. When one of them cannot be kept for a
// reason of the server's own, each is kept by itself.
func (s *Service) keepAll(ctx context.Context, batch []*arrival) {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	slices.SortStableFunc(batch, func(a, b *arrival) int { // one order of locks for all servers
		return strings.Compare(a.visit.key.Organisation, b.visit.key.Organisation)
	})
	err := s.keepTogether(ctx, batch)
	for _, x := range batch {
		if err != nil && len(batch) > 1 {
			if failed := s.keepTogether(ctx, []*arrival{x}); failed != nil {
				x.receipt, x.err = "", failed
			}
		} else if err != nil {
			x.receipt, x.err = "", err
		}
		close(x.done)
	}
}

func (s *Service) keepTogether(ctx context.Context, batch []*arrival) error {
	return s.store.Write(ctx, everything(), store.Change{Actor: "intake"}, func(tx *store.Tx) error {
		for _, x := range batch {
			in := tx.As(x.change()).In(x.visit.key.Workspace, x.visit.key.Organisation)
			var refused *refusalError
			if x.receipt, x.err = x.take(in); x.err != nil && !errors.As(x.err, &refused) {
				return x.err
			} else if x.err != nil {
				x.err = refused.cause
			}
		}
		return nil
	})
}

// refusalError is a reason that lies with the entity and was found before anything
// but the nonce was written.
type refusalError struct{ cause error }

func (e *refusalError) Error() string { return e.cause.Error() }
