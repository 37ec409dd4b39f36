// Package ports sees which ports of a host are open and what answers there.
package ports

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

// State is what an attempt to connect to a port showed.
type State uint8

// The states.
const (
	Unasked     State = iota // the permit refused it, or ended before
	Open                     // the connection was accepted, and closed at once
	Closed                   // the host refused the connection
	Filtered                 // no answer, asked twice
	Unreachable              // the network on the way, or this machine, said that the host cannot be reached
)

// String names the state.
func (s State) String() string {
	return [...]string{"unasked", "open", "closed", "filtered", "unreachable"}[s]
}

// Host is whose ports are asked.
type Host struct {
	Name    string // folded name whose address it is; "" for a bare address
	Address netip.Addr
}

// Result is the state of one port.
type Result struct {
	Host  Host
	Port  uint16
	State State
}

// SweepOptions are the limits of a sweep besides those of the permit.
type SweepOptions struct {
	Workers  int           // threads; 0: two
	InFlight int           // attempts at a time for each; 0: 1024
	Timeout  time.Duration // of the first attempts, before the host is known; 0: one second
	Pause    time.Duration // between two attempts of a worker at one host
}

// Limits of the time that a host has to answer, which follows how fast it answers:
// RFC 6298, with a floor and a cap.
const (
	shortestTimeout = 200 * time.Millisecond
	longestTimeout  = 2 * time.Second
)

// tick is how long a worker sleeps at most before it looks at the clock.
const tick = 20 * time.Millisecond

// Sweep tries to connect to every port of every host and says what came of it,
// once for each, in any order, from one goroutine at a time. What did not answer
// is asked a second time. Every attempt is admitted by the dialer. Nothing is sent
// on a connection. The error is that of ctx, exposure.ErrStopped, or that of the
// machine when it has no sockets.
func Sweep(ctx context.Context, d *exposure.Dialer, hosts []Host, list []uint16, o SweepOptions, each func(Result)) error {
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.InFlight <= 0 {
		o.InFlight = 1024
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	var mu sync.Mutex
	one := func(r Result) { mu.Lock(); each(r); mu.Unlock() }
	teams := make([][]*lane, o.Workers)
	for i, h := range hosts {
		if len(hosts) < o.Workers { // the workers share the ports of each host
			for w := range teams {
				teams[w] = append(teams[w], &lane{host: h, ports: list, next: w, step: o.Workers})
			}
			continue
		}
		teams[i%o.Workers] = append(teams[i%o.Workers], &lane{host: h, ports: list, step: 1})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for _, lanes := range teams {
		wait.Go(func() {
			p, err := newPoller(o.InFlight)
			if err == nil {
				defer p.close()
				err = newWorker(d, p, lanes, o, one).work(ctx)
			}
			if err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// poller has attempts in the air, by slot.
type poller interface {
	// start begins an attempt. done says that it is over already. The error is
	// errBusy when the machine has no socket left at the moment.
	start(slot int, to netip.AddrPort) (s State, done bool, err error)
	// wait hands out what ended, and returns after the timeout at the latest.
	wait(timeout time.Duration, ended func(slot int, s State)) error
	// drop ends an attempt without a result.
	drop(slot int)
	close()
}

// mostBusy is how often, a tick apart, a lane waits for a socket: ten seconds. An
// address for which this machine has no address of its own never gets one.
const mostBusy = 500

// errBusy means that the machine, not the host, lets no further attempt begin.
var errBusy = errors.New("this machine has no socket left")

// lane is what one worker has to ask of one host.
type lane struct {
	host     Host
	ports    []uint16
	next     int // index of the port that comes next
	step     int
	again    []uint16 // did not answer the first time
	second   bool     // ports are those that did not answer
	inFlight int
	busy     int // times in a row that this machine had no socket
	notUntil time.Time
	smooth   time.Duration // round trip, smoothed; 0: unknown
	vary     time.Duration
}

// take is the next port; ok is false when there is none at the moment.
func (l *lane) take() (port uint16, ok bool) {
	if l.next >= len(l.ports) && l.inFlight == 0 && len(l.again) > 0 {
		l.ports, l.next, l.step, l.again, l.second = l.again, 0, 1, nil, true
	}
	if l.next >= len(l.ports) {
		return 0, false
	}
	return l.ports[l.next], true
}

func (l *lane) done() bool { return l.next >= len(l.ports) && l.inFlight == 0 && len(l.again) == 0 }

// timeout follows RFC 6298 once the host has answered.
func (l *lane) timeout(first time.Duration) time.Duration {
	t := first
	if l.smooth > 0 {
		t = min(max(l.smooth+4*l.vary, shortestTimeout), longestTimeout)
	}
	if l.second {
		t = min(2*t, max(longestTimeout, first))
	}
	return t
}

func (l *lane) answered(after time.Duration) {
	after = max(after, time.Microsecond)
	if l.smooth == 0 {
		l.smooth, l.vary = after, after/2
		return
	}
	l.vary = (3*l.vary + (l.smooth - after).Abs()) / 4
	l.smooth = (7*l.smooth + after) / 8
}

// slot is one attempt in the air.
type slot struct {
	lane    *lane // nil: free
	port    uint16
	begun   time.Time // when the packet was sent
	until   time.Time
	release func()
}

type worker struct {
	dialer *exposure.Dialer
	poll   poller
	lanes  []*lane
	slots  []slot
	free   []int
	first  time.Duration
	pause  time.Duration
	each   func(Result)
}

func newWorker(d *exposure.Dialer, p poller, lanes []*lane, o SweepOptions, each func(Result)) *worker {
	w := &worker{dialer: d, poll: p, lanes: lanes, slots: make([]slot, o.InFlight), first: o.Timeout, pause: o.Pause, each: each}
	for i := range w.slots {
		w.free = append(w.free, i)
	}
	return w
}

func (w *worker) work(ctx context.Context) error {
	defer w.dropAll()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		pause, err := w.fill()
		if err != nil {
			return err
		}
		if len(w.lanes) == 0 {
			return nil
		}
		if err := w.poll.wait(pause, w.ended); err != nil {
			return fmt.Errorf("wait for answers: %w", err)
		}
		// Answers that came while this machine was busy count before the clock does.
		if err := w.poll.wait(0, w.ended); err != nil {
			return fmt.Errorf("wait for answers: %w", err)
		}
		w.expire(time.Now())
	}
}

// fill begins what may begin, host after host, and says how long to wait.
func (w *worker) fill() (time.Duration, error) {
	pause := tick
	for started := true; started; {
		started = false
		kept := w.lanes[:0]
		for i, l := range w.lanes {
			if len(w.free) == 0 {
				w.lanes = append(kept, w.lanes[i:]...)
				return pause, nil
			}
			begun, wait, err := w.begin(l)
			if err != nil {
				w.lanes = append(kept, w.lanes[i:]...)
				return 0, err
			}
			if begun {
				started = true
			} else if wait > 0 {
				pause = min(pause, wait)
			}
			if !l.done() {
				kept = append(kept, l)
			}
		}
		clear(w.lanes[len(kept):])
		w.lanes = kept
	}
	return pause, nil
}

// begin begins the next attempt of a lane, if it may.
func (w *worker) begin(l *lane) (begun bool, wait time.Duration, err error) {
	port, ok := l.take()
	if !ok {
		return false, 0, nil
	}
	now := time.Now()
	if now.Before(l.notUntil) {
		return false, l.notUntil.Sub(now), nil
	}
	to := netip.AddrPortFrom(l.host.Address, port)
	release, wait, err := w.dialer.TryAdmit(exposure.Request{Name: l.host.Name, Address: to, Class: exposure.Handshake})
	var refusal *exposure.Refusal
	switch {
	case errors.As(err, &refusal):
		l.next += l.step
		w.each(Result{l.host, port, Unasked})
		return true, 0, nil
	case err != nil:
		return false, 0, err
	case wait > 0:
		l.notUntil = now.Add(wait)
		return false, wait, nil
	}
	n := w.free[len(w.free)-1]
	state, done, err := w.poll.start(n, to)
	if errors.Is(err, errBusy) && l.busy < mostBusy {
		release()
		l.busy++
		l.notUntil = now.Add(tick)
		return false, tick, nil
	}
	if errors.Is(err, errBusy) {
		state, done, err = Unreachable, true, nil
	}
	l.busy = 0
	if err != nil {
		release()
		return false, 0, fmt.Errorf("connect to %s: %w", to, err)
	}
	l.next += l.step
	if w.pause > 0 {
		l.notUntil = now.Add(w.pause)
	}
	if done {
		release()
		w.result(l, port, state, time.Since(now))
		return true, 0, nil
	}
	w.free = w.free[:len(w.free)-1]
	l.inFlight++
	sent := time.Now()
	w.slots[n] = slot{l, port, sent, sent.Add(l.timeout(w.first)), release}
	return true, 0, nil
}

func (w *worker) result(l *lane, port uint16, s State, after time.Duration) {
	if s == Open || s == Closed {
		l.answered(after)
	}
	w.each(Result{l.host, port, s})
}

// leave frees a slot.
func (w *worker) leave(n int) slot {
	s := w.slots[n]
	w.slots[n] = slot{}
	w.free = append(w.free, n)
	s.lane.inFlight--
	s.release()
	return s
}

func (w *worker) ended(n int, state State) {
	s := w.leave(n)
	w.result(s.lane, s.port, state, time.Since(s.begun))
}

// expire gives up what did not answer in time.
func (w *worker) expire(now time.Time) {
	for n := range w.slots {
		if w.slots[n].lane == nil || now.Before(w.slots[n].until) {
			continue
		}
		w.poll.drop(n)
		s := w.leave(n)
		if s.lane.second {
			w.each(Result{s.lane.host, s.port, Filtered})
		} else {
			s.lane.again = append(s.lane.again, s.port)
		}
	}
}

func (w *worker) dropAll() {
	for n := range w.slots {
		if w.slots[n].lane != nil {
			w.poll.drop(n)
			w.leave(n)
		}
	}
}
