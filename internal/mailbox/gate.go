package mailbox

import (
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// gate is a listener that lets only so many in at a time, and none for ever.
type gate struct {
	net.Listener

	mu     sync.Mutex
	guests map[*guest]bool
	from   map[string]int
}

func newGate(l net.Listener) *gate {
	return &gate{Listener: l, guests: map[*guest]bool{}, from: map[string]int{}}
}

// Accept waits for the next connection that there is room for; others are closed.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if in, ok := g.enter(c); ok {
			return in, nil
		}
		_ = c.Close() // nobody waits for what it says
	}
}

func (g *gate) enter(c net.Conn) (*guest, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	place := placeOf(c.RemoteAddr())
	if len(g.guests) >= mostConnections || g.from[place] >= mostFromOne {
		return nil, false
	}
	in := &guest{Conn: c, gate: g, place: place, end: time.Now().Add(longest)}
	g.guests[in] = true
	g.from[place]++
	return in, true
}

func (g *gate) leave(c *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.guests[c] {
		return
	}
	delete(g.guests, c)
	if g.from[c.place]--; g.from[c.place] == 0 {
		delete(g.from, c.place)
	}
}

// hangUp ends the connections that are left.
func (g *gate) hangUp() {
	g.mu.Lock()
	left := slices.Collect(maps.Keys(g.guests))
	g.mu.Unlock()
	for _, c := range left {
		_ = c.Close() // it has had its time
	}
}

// guest is a connection that ends at a time, however often it is given more.
type guest struct {
	net.Conn
	gate  *gate
	place string
	end   time.Time
}

func (c *guest) bound(t time.Time) time.Time {
	if t.IsZero() || t.After(c.end) {
		return c.end
	}
	return t
}

func (c *guest) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(c.bound(t)) }
func (c *guest) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.bound(t)) }
func (c *guest) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.bound(t)) }

func (c *guest) Close() error {
	c.gate.leave(c)
	return c.Conn.Close()
}
