package exposure

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// shortestWait keeps engines that ask for admission from turning in circles. Limits
// per second save up ten times as much, so that nothing is lost by waiting.
const shortestWait = 20 * time.Millisecond

// TryAdmit is Admit for engines that have many attempts in the air and cannot wait
// for each: it decides at once. A wait above zero means that a limit is reached;
// ask again after it. release ends the attempt and must be called. The error is a
// Refusal or ErrStopped.
//
// An attempt is a connection that is not answered yet, or is closed as soon as it
// is: Rate.Attempts and Rate.AttemptsAll limit how many there are at a time, in
// place of Rate.Parallel. The limits per second are those of Admit, and so is the
// pause between contacts on industrial ports.
func (d *Dialer) TryAdmit(r Request) (release func(), wait time.Duration, err error) {
	c := Contact{Name: r.Name, Address: r.Address, Network: network(r), Class: r.Class}
	if err := d.Check(r); err != nil {
		return nil, 0, d.refused(c, err)
	}
	if d.permit.scope.Visit {
		return nil, 0, d.refused(c, refuse(r.Address.String(), "without the owner's consent no ports are searched"))
	}
	h, near := d.host(r.Address.Addr(), false)
	limits := &d.permit.scope.Rate
	if h.attempts.Load() >= int32(limits.Attempts) || d.attempts.Load() >= int32(limits.AttemptsAll) {
		return nil, shortestWait, nil
	}
	industrial := slices.Contains(IndustrialPorts, r.Address.Port())
	if industrial && h.attempts.Load() > 0 {
		return nil, shortestWait, nil
	}
	now := time.Now()
	for _, l := range []*rate.Limiter{d.total, near, h.rate} {
		if missing := 1 - l.TokensAt(now); missing > 0 {
			return nil, max(shortestWait, time.Duration(missing/float64(l.Limit())*float64(time.Second))), nil
		}
	}
	if industrial {
		if wait := d.rest(h); wait > 0 {
			return nil, wait, nil
		}
	}
	for _, l := range []*rate.Limiter{d.total, near, h.rate} {
		if !l.AllowN(now, 1) { // somebody else was faster
			return nil, shortestWait, nil
		}
	}
	h.attempts.Add(1)
	d.attempts.Add(1)
	d.log(c)
	return func() { h.attempts.Add(-1); d.attempts.Add(-1) }, 0, nil
}

// rest is how long an industrial device has to be left alone; zero begins a
// contact.
func (d *Dialer) rest(h *host) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	if next := h.last.Add(otPause); !h.last.IsZero() && next.After(now) {
		return next.Sub(now)
	}
	h.last = now
	return 0
}
