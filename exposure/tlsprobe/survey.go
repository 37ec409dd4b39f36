package tlsprobe

import (
	"context"
	"sync"
)

// Versions asks for every version and every suite of each. A version that could
// not be asked has an Err: it is neither offered nor refused.
func (s *Server) Versions(ctx context.Context) []Support {
	c := newCrew(s.parallel)
	out := s.versions(ctx, c, func(uint16, Flight) {}, func() {})
	c.finish()
	settle(out)
	return out
}

// versions lets a crew ask for every version, TLS 1.3 and 1.2 first: whoever speaks one
// of these can be offered many suites at a time. took is called with each suite that is
// found, recent once it is known whether these two are spoken.
func (s *Server) versions(ctx context.Context, c *crew, took func(uint16, Flight), recent func()) []Support {
	out, all := make([]Support, len(allVersions)), map[uint16]*harvest{}
	for i, v := range allVersions {
		out[i].Version = v
		if v != SSL2 {
			all[v] = s.suites(ctx, c, &out[i], took)
		}
	}
	var wait sync.Mutex
	unknown := 2
	for _, v := range []uint16{TLS13, TLS12} {
		h := all[v]
		took, done := h.took, h.done
		known := sync.OnceFunc(func() {
			wait.Lock()
			unknown--
			last := unknown == 0
			wait.Unlock()
			if last {
				soon, late := s.older(ctx, out, all)
				c.add(soon...)
				recent()
				c.add(late...)
			}
		})
		h.took = func(f Flight) { took(f); known() }
		h.done = func() { known(); done() }
		c.add(h.begin(spread(offered(v), modernChunk))...)
	}
	return out
}

// suites prepares to find the suites of a version.
func (s *Server) suites(ctx context.Context, c *crew, out *Support, took func(uint16, Flight)) *harvest {
	v := out.Version
	h := &harvest{crew: c, urgent: v == TLS12, chosen: func(f Flight) uint16 { return f.Suite }, absent: isVersionRefused, heavy: s.heavy, took: func(f Flight) { took(v, f) },
		ask: func(offer []uint16) (Flight, error) {
			return s.ask(ctx, question{version: v, suites: offer, plain: v == SSL3})
		}}
	h.done = func() {
		out.take(h)
		out.Better = unsure(errNotOffered)
		if out.Offered {
			c.add(func() { out.Better = s.better(ctx, v, out.Suites) })
		}
	}
	return h
}

// older is the work that asks for the versions before TLS 1.2. Late is what is not
// needed when a version is not there, because the server says so at once, twice.
func (s *Server) older(ctx context.Context, out []Support, all map[uint16]*harvest) (soon, late []func()) {
	size := chunk
	if all[TLS13].any() || all[TLS12].any() {
		size = modernChunk
	}
	soon = append(soon, func() { out[len(out)-1] = s.version2(ctx) }) // some servers keep silent for as long as they may
	var parts [][]func()
	for _, v := range []uint16{TLS11, TLS10, SSL3} {
		parts = append(parts, all[v].begin(spread(offered(v), size)))
	}
	for i := range parts[0] { // they all have as many
		for _, p := range parts {
			if i < enough {
				soon = append(soon, p[i])
			} else {
				late = append(late, p[i])
			}
		}
	}
	return soon, late
}

// basis is what questions about habits build on.
type basis struct {
	top, best uint16              // the highest version, and the highest up to TLS 1.2; 0: none
	below     uint16              // the highest below the top, from TLS 1.0 on; 0: none
	suites    map[uint16][]uint16 // by version: to be offered, one of them is taken
}

// basis is that of all versions.
func (v *View) basis() basis {
	b := basis{top: v.Highest(TLS13), best: v.Highest(TLS12), suites: map[uint16][]uint16{}}
	for _, sup := range v.Versions {
		b.suites[sup.Version] = sup.Suites[:min(len(sup.Suites), chunk)]
		if sup.Offered && sup.Version < b.top && sup.Version >= TLS10 {
			b.below = max(b.below, sup.Version)
		}
	}
	return b
}

// details asks what depends on the versions. When the server speaks TLS 1.2, that is
// before all others are known.
type details struct {
	*Server
	ctx    context.Context
	crew   *crew
	view   *View
	finish bool // handshakes, too

	modern, curves sync.Once
	groups13       offeredGroups
	groupsOld      offeredGroups // of the best version before
	tickets        []Ticket      // of that version
	ticketErr      error
	unknown        Flight // the answer to a name that nobody has
	unknownErr     error

	mu    sync.Mutex
	found map[uint16][]uint16 // suites of TLS 1.3 and 1.2
	early bool                // the questions are asked
}

// offeredGroups are the groups of a version.
type offeredGroups struct {
	list []uint16
	err  error
}

func (g *offeredGroups) set(list []uint16, err error) { g.list, g.err = list, err }

// took begins what one suite of a version allows to ask.
func (d *details) took(v uint16, f Flight) {
	if v < TLS12 {
		return
	}
	d.mu.Lock()
	d.found[v] = append(d.found[v], f.Suite)
	d.mu.Unlock()
	switch {
	case v == TLS13:
		d.modern.Do(func() { d.askModern(f.Group) })
	case curved(SuiteOf(f.Suite)):
		d.curves.Do(func() { d.Server.groups(d.ctx, d.crew, TLS12, listed(curved), f.Group, d.groupsOld.set) })
	}
}

// askModern asks what belongs to TLS 1.3. group is one that the server took.
func (d *details) askModern(group uint16) {
	if d.finish { // what takes longest begins first
		d.crew.add(func() { d.view.Finished.add(d.modernTickets(d.ctx)) })
	}
	d.Server.groups(d.ctx, d.crew, TLS13, offered(TLS13), group, func(list []uint16, err error) {
		d.groups13.set(list, err)
		d.quantum(d.ctx, d.crew, d.view, list, err)
	})
}

// recent begins everything else when TLS 1.2 is spoken.
func (d *details) recent() {
	d.mu.Lock()
	modern, found := d.found[TLS13], d.found[TLS12]
	d.early = len(found) > 0
	d.mu.Unlock()
	if !d.early {
		return
	}
	b := basis{top: TLS12, best: TLS12, suites: map[uint16][]uint16{TLS12: withUsual(found, d.bears())}}
	if len(modern) > 0 {
		b.top, b.below, b.suites[TLS13] = TLS13, TLS12, offered(TLS13)
		d.crew.add(func() { d.view.Fallback = d.fallback(d.ctx, b) })
	}
	d.begin(b)
}

// rest asks what has to wait for all versions.
func (d *details) rest() {
	b := d.view.basis()
	d.crew = newCrew(d.parallel)
	if !d.early {
		d.begin(b)
		if b.best > SSL3 {
			d.Server.groups(d.ctx, d.crew, b.best, b.suites[b.best], 0, d.groupsOld.set)
		}
	}
	if !d.early || b.top == TLS12 {
		d.crew.add(func() { d.view.Fallback = d.fallback(d.ctx, b) })
	}
	d.crew.finish()
}

// begin asks about habits.
func (d *details) begin(b basis) {
	if d.finish {
		d.finishOld(b.best)
	}
	d.habits(b)
	if b.best >= TLS10 {
		d.crew.add(func() {
			d.unknown, d.unknownErr = d.ask(d.ctx, question{version: b.best, suites: b.suites[b.best], name: "no-such-name.nisaba.invalid"})
		})
	}
}

// conclude says what follows when everything is asked.
func (d *details) conclude() {
	v := d.view
	if v.Support(TLS13).Offered {
		v.Groups[TLS13], v.GroupErr[TLS13] = d.groups13.list, d.groups13.err
	} else {
		v.PostQuantum, v.Preferred = yes(false), unsure(errNotOffered)
	}
	best := v.Highest(TLS12)
	if best > SSL3 {
		v.Groups[best], v.GroupErr[best] = d.groupsOld.list, d.groupsOld.err
	}
	v.Finished.Tickets = append(v.Finished.Tickets, d.tickets...)
	if v.Finished.TicketErr == nil {
		v.Finished.TicketErr = d.ticketErr
	}
	v.extensions()
	if best < TLS10 || len(v.Chains) == 0 {
		v.Unknown = unsure(errNotOffered)
	} else {
		v.unknownName(d.unknown, d.unknownErr)
	}
}
