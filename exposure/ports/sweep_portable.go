package ports

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// portable has a goroutine for each attempt. It is for systems without epoll.
type portable struct {
	attempts []*attempt // by slot
	ends     chan *attempt
}

type attempt struct {
	slot   int
	state  State
	cancel context.CancelFunc
}

func newPortable(slots int) *portable {
	return &portable{make([]*attempt, slots), make(chan *attempt, slots)}
}

func (p *portable) start(slot int, to netip.AddrPort) (State, bool, error) {
	ctx, cancel := context.WithCancel(context.Background())
	a := &attempt{slot: slot, cancel: cancel}
	p.attempts[slot] = a
	go func() {
		defer cancel()
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", to.String())
		a.state = portableOutcome(c, err)
		if c != nil {
			c.Close()
		}
		select {
		case p.ends <- a:
		case <-ctx.Done(): // dropped
		}
	}()
	return 0, false, nil
}

func portableOutcome(c net.Conn, err error) State {
	switch {
	case err == nil && c.LocalAddr().String() == c.RemoteAddr().String():
		return Closed // connected to itself
	case err == nil:
		return Open
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return Closed
	case errors.Is(err, syscall.ETIMEDOUT):
		return Filtered
	}
	return Unreachable
}

func (p *portable) wait(timeout time.Duration, ended func(int, State)) error {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for block := timeout > 0; ; block = false {
		var a *attempt
		if block {
			select {
			case a = <-p.ends:
			case <-timer.C:
				return nil
			}
		} else {
			select {
			case a = <-p.ends:
			default:
				return nil
			}
		}
		if p.attempts[a.slot] == a { // not dropped meanwhile
			p.attempts[a.slot] = nil
			ended(a.slot, a.state)
		}
	}
}

func (p *portable) drop(slot int) {
	p.attempts[slot].cancel()
	p.attempts[slot] = nil
}

func (p *portable) close() {}
