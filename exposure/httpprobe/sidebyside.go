package httpprobe

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/nisaba-platform/nisaba/exposure"
)

// worthwhile is how many questions make up for one more connection, which costs as
// much time as three of them, when the server keeps connections open.
const worthwhile = 8

// sideBySide asks n questions that do not depend on each other, over as many
// connections as the host has places for at the moment. ask puts question i and is
// called by several at a time. It is called again for a question that failed while
// there were several, when the others are gone, so that no verdict depends on how many
// there were. failed is told of those that fail alone; when it does not want to go on,
// the rest is not asked.
func (c *Client) sideBySide(n int, ask func(c *Client, i int) error, failed func(i int, err error) (goOn bool)) {
	h := helpers{client: c, ask: ask, queue: make(chan int, n)}
	for i := range n {
		h.queue <- i
	}
	for goOn := true; goOn; {
		select {
		case i := <-h.queue:
			h.enlist(n)
			err := ask(c, i)
			switch {
			case err == nil:
			case h.settle():
				h.queue <- i
			default:
				goOn = failed(i, err)
			}
		default: // helpers wait for no place, so that they end
			h.wait.Wait()
			goOn = len(h.queue) > 0
		}
	}
	h.drop()
	h.wait.Wait()
	if h.panic != nil {
		panic(h.panic)
	}
}

// helpers take questions from a queue and give back those that they get no answer to.
type helpers struct {
	client *Client
	ask    func(c *Client, i int) error
	queue  chan int // has room for all questions
	wait   sync.WaitGroup

	mu      sync.Mutex
	busy    int
	alone   bool // the server does not want to be asked by more than one
	started bool // some were there that settle has not seen off
	panic   any
}

// enlist starts a helper when there is work for one more.
func (h *helpers) enlist(n int) {
	most := n / worthwhile
	if h.client.closes {
		most = n - 1
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.alone || h.busy >= min(most, h.client.parallel-1) || len(h.queue) == 0 {
		return
	}
	h.busy++
	h.started = true
	further := newClient(*h.client, h.client.transport.TLSClientConfig.Clone(), true)
	h.wait.Go(func() { h.help(further) })
}

// settle sends the helpers away for good, and reports whether there were any that can
// have been in the way.
func (h *helpers) settle() bool {
	h.mu.Lock()
	started := h.started
	h.alone, h.started = true, false
	h.mu.Unlock()
	h.wait.Wait()
	return started
}

// help asks until nothing is left, or something goes wrong.
func (h *helpers) help(c *Client) {
	defer c.Close()
	err := h.work(c)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
	h.alone = h.alone || err != nil && !errors.Is(err, exposure.ErrBusy)
}

// work keeps a panic, which reading what a hostile server says may cause, for whoever
// waits.
func (h *helpers) work(c *Client) (err error) {
	defer func() {
		if v := recover(); v != nil {
			h.mu.Lock()
			h.panic = fmt.Sprintf("%v\n%s", v, debug.Stack())
			h.mu.Unlock()
		}
	}()
	for !h.leave() {
		select {
		case i := <-h.queue:
			if err := h.ask(c, i); err != nil {
				h.queue <- i
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// leave reports whether no helper is wanted any more.
func (h *helpers) leave() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.alone
}

// drop leaves the rest unasked.
func (h *helpers) drop() {
	for {
		select {
		case <-h.queue:
		default:
			return
		}
	}
}
