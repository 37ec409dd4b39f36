package store

import (
	"context"
	"sync"
	"time"
)

// gathering answers one question about many keys. Those who ask while it is being
// asked wait, and are asked for together as soon as it is answered: the more there are
// at once, the less each of them costs, and who comes alone does not wait. What
// somebody gets was read after they asked.
type gathering[T any] struct {
	ask func(ctx context.Context, keys []string) (map[string]T, error) // keys are distinct, at least one

	mu   sync.Mutex
	busy bool      // it is being asked
	next *round[T] // of those who wait; nil: nobody
}

// round is all that is asked at once.
type round[T any] struct {
	keys  []string
	asked map[string]bool
	done  chan struct{}
	found map[string]T
	err   error
}

// longestRound is for how long a question may take. It is not that of one request:
// others wait for the answer too, also when the one who asked first has gone.
const longestRound = 30 * time.Second

// get returns what is known of the key; ok is false when there is nothing.
func (g *gathering[T]) get(ctx context.Context, key string) (v T, ok bool, err error) {
	g.mu.Lock()
	if !g.busy {
		g.busy = true
		g.mu.Unlock()
		r := newRound[T]()
		r.add(key)
		g.run(r)
		return r.answer(key)
	}
	if g.next == nil {
		g.next = newRound[T]()
	}
	r := g.next
	r.add(key)
	g.mu.Unlock()
	select {
	case <-r.done:
		return r.answer(key)
	case <-ctx.Done():
		return v, false, ctx.Err()
	}
}

// run asks for a round, and has those who came meanwhile asked for after it.
func (g *gathering[T]) run(r *round[T]) {
	defer func() { // also when ask panics
		close(r.done)
		g.mu.Lock()
		next := g.next
		g.next, g.busy = nil, next != nil
		g.mu.Unlock()
		if next != nil {
			go g.run(next)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), longestRound)
	defer cancel()
	r.found, r.err = g.ask(ctx, r.keys)
}

func newRound[T any]() *round[T] {
	return &round[T]{asked: map[string]bool{}, done: make(chan struct{})}
}

func (r *round[T]) add(key string) {
	if !r.asked[key] {
		r.asked[key] = true
		r.keys = append(r.keys, key)
	}
}

func (r *round[T]) answer(key string) (v T, ok bool, err error) {
	v, ok = r.found[key]
	return v, ok, r.err
}
