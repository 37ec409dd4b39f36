package mailbox

import (
	"net"
	"sync"
	"time"
)

// gate is a listener that lets only so many in at a time, and none for ever.
type gate struct {
	net.Listener

	mu   sync.Mutex
	all  int
	from map[string]int
}

func newGate(l net.Listener) *gate { return &gate{Listener: l, from: map[string]int{}} }

// Accept waits for the next connection that there is room for; others are closed.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		place := placeOf(c.RemoteAddr())
		if g.enter(place) {
			return &guest{Conn: c, end: time.Now().Add(longest), leave: sync.OnceFunc(func() { g.leave(place) })}, nil
		}
		_ = c.Close() // nobody waits for what it says
	}
}

func (g *gate) enter(place string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= mostConnections || g.from[place] >= mostFromOne {
		return false
	}
	g.all++
	g.from[place]++
	return true
}

func (g *gate) leave(place string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.from[place]--; g.from[place] == 0 {
		delete(g.from, place)
	}
}

// guest is a connection that ends at a time, however often it is given more.
type guest struct {
	net.Conn
	end   time.Time
	leave func()
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
	c.leave()
	return c.Conn.Close()
}
