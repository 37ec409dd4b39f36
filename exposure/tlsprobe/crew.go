package tlsprobe

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
)

// crew does pieces of work, as many at a time as it has members, in the order in
// which they were added, unless they are urgent. Work may add work.
type crew struct {
	size int
	wait sync.WaitGroup

	mu    sync.Mutex
	queue []func()
	busy  int
	panic any
}

func newCrew(size int) *crew { return &crew{size: size} }

// add takes on work.
func (c *crew) add(work ...func()) { c.take(false, work) }

// hurry takes on work that comes before all that waits.
func (c *crew) hurry(work ...func()) { c.take(true, work) }

func (c *crew) take(first bool, work []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range work {
		c.wait.Add(1)
		switch {
		case c.busy < c.size:
			c.busy++
			go c.member(w)
		case first:
			c.queue = slices.Insert(c.queue, 0, w)
		default:
			c.queue = append(c.queue, w)
		}
	}
}

func (c *crew) member(work func()) {
	for {
		c.do(work)
		c.mu.Lock()
		if len(c.queue) == 0 {
			c.busy--
			c.mu.Unlock()
			return
		}
		work, c.queue = c.queue[0], c.queue[1:]
		c.mu.Unlock()
	}
}

// do keeps a panic, which reading what a hostile server says may cause, for whoever
// waits.
func (c *crew) do(work func()) {
	defer c.wait.Done()
	defer func() {
		if v := recover(); v != nil {
			c.mu.Lock()
			c.panic = fmt.Sprintf("%v\n%s", v, debug.Stack())
			c.mu.Unlock()
		}
	}()
	work()
}

// slack reports whether a member has nothing to do when the work that asks is done.
func (c *crew) slack() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)+c.busy < c.size
}

// finish waits until nothing is left to do, and panics with the panic of a member.
func (c *crew) finish() {
	c.wait.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.panic != nil {
		panic(c.panic)
	}
}

// harvest finds out which values of a list a server takes: it offers some, takes off
// what the server chose, and offers the rest, until nothing is chosen. A rest is split
// when a member of the crew has nothing to do. What is found does not depend on how
// many work: a server that takes a value takes it among any others.
type harvest struct {
	crew   *crew
	urgent bool // the longest list: what is left of it comes before all other work
	ask    func(offer []uint16) (Flight, error)
	chosen func(Flight) uint16
	absent func(error) bool                    // an error that says that nothing of the list is taken
	heavy  func(part []uint16, err error) bool // a part may have been too much for the server; nil: never
	took   func(Flight)                        // called with each answer that takes something; nil: nobody cares
	done   func()                              // called when nothing is left to ask; nil: nobody cares

	mu    sync.Mutex
	open  int               // parts that are not finished
	no    int               // how often nothing is taken
	found map[uint16]Flight // before begin: what is known already
	errs  []error
}

// errNotAmong is the answer of a server that takes what nobody offered.
var errNotAmong = fmt.Errorf("%w: a value that was not offered", errMalformed)

// begin is the work that offers each part.
func (h *harvest) begin(parts [][]uint16) (work []func()) {
	if h.open = len(parts); h.found == nil {
		h.found = map[uint16]Flight{}
	}
	for _, p := range parts {
		work = append(work, func() { h.step(p, true) })
	}
	return work
}

// any reports whether something was taken so far.
func (h *harvest) any() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.found) > 0
}

// enough is how often a server has to say that it takes nothing of a list, such as no
// suite of a version, before it is believed.
const enough = 2

// step asks once. Nothing was taken of a part that is fresh.
func (h *harvest) step(part []uint16, fresh bool) {
	h.mu.Lock()
	over := len(h.found) == 0 && h.no >= enough
	h.mu.Unlock()
	if over {
		h.end()
		return
	}
	f, err := h.ask(part)
	at := -1
	if err == nil {
		value := h.chosen(f)
		for i, p := range part {
			if p == value {
				at = i
			}
		}
		if at < 0 {
			err = errNotAmong
		}
	}
	h.mu.Lock()
	if fresh && h.heavy != nil && h.heavy(part, err) {
		h.open++
		h.mu.Unlock()
		h.crew.add(func() { h.step(part[:len(part)/2], false) }, func() { h.step(part[len(part)/2:], false) })
		return
	}
	if err != nil {
		h.errs = append(h.errs, err)
		if h.absent != nil && h.absent(err) {
			h.no++
		}
		h.mu.Unlock()
		h.end()
		return
	}
	h.found[part[at]] = f
	h.mu.Unlock()
	if h.took != nil {
		h.took(f)
	}
	h.goOn(append(append([]uint16(nil), part[:at]...), part[at+1:]...))
}

// goOn offers the rest, in two halves when somebody has nothing to do.
func (h *harvest) goOn(rest []uint16) {
	switch {
	case len(rest) == 0:
		h.end()
	case len(rest) > 1 && h.crew.slack():
		var one, other []uint16 // neighbours are alike
		for i, v := range rest {
			if i%2 == 0 {
				one = append(one, v)
			} else {
				other = append(other, v)
			}
		}
		h.mu.Lock()
		h.open++
		h.mu.Unlock()
		h.crew.add(func() { h.step(one, false) }, func() { h.step(other, false) })
	case h.urgent:
		h.crew.hurry(func() { h.step(rest, false) })
	default:
		h.crew.add(func() { h.step(rest, false) })
	}
}

func (h *harvest) end() {
	h.mu.Lock()
	h.open--
	over := h.open == 0
	h.mu.Unlock()
	if over && h.done != nil {
		h.done()
	}
}
