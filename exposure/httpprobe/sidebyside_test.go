package httpprobe_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/httpprobe"
)

// crowd counts what a server is asked, and how much of it at a time.
type crowd struct {
	now, most, all, connections atomic.Int32

	mu    sync.Mutex
	asked map[string]int // by path

	patient bool // until two were there at a time, one waits a while for another
}

// serve is a server that takes its time for each answer, and answers with refuse when
// more than a number are there at a time. It stands at any port, or where it is told.
func (c *crowd) serve(t *testing.T, at string, atMost int32, closes bool, refuse http.HandlerFunc) *httptest.Server {
	t.Helper()
	c.asked = map[string]int{}
	server := exposuretest.NewUnstartedServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.all.Add(1)
		n := c.now.Add(1)
		defer c.now.Add(-1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
		}
		c.mu.Lock()
		c.asked[r.Method+" "+r.URL.Path]++
		c.mu.Unlock()
		time.Sleep(3 * time.Millisecond)
		for end := time.Now().Add(time.Second); c.patient && c.most.Load() < 2 && time.Now().Before(end); time.Sleep(time.Millisecond) { // a busy machine sends the second one late
		}
		switch {
		case n > atMost:
			refuse(w, r)
		case r.URL.Path == "/.git/HEAD":
			fmt.Fprint(w, "ref: refs/heads/main\n")
		default:
			page(good(), empty, nil)(w, r)
		}
	}))
	if at != "" {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		server.Listener.Close()
		server.Listener = l
	}
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			c.connections.Add(1)
		}
	}
	server.Config.SetKeepAlivesEnabled(!closes)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// TestSideBySide: what does not depend on each other is asked over the few connections
// that a host may be asked over, and the verdicts are those of one after the other,
// also of servers that bear one at a time.
func TestSideBySide(t *testing.T) {
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
	}
	for name, tc := range map[string]struct {
		atMost      int32
		closes      bool
		refuse      http.HandlerFunc
		connections int32
	}{
		"keeps connections":               {99, false, nil, 6},
		"ends each connection":            {99, true, nil, 99},
		"hangs up on a second":            {1, true, hangUp, 99},
		"tells a second to come later":    {1, true, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, 99},
		"keeps one and hangs up on more":  {1, false, hangUp, 12},
		"keeps one and puts the rest off": {1, false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crowd{patient: true}
			got := (&lab{}).scan(t, target(t, c.serve(t, "", tc.atMost, tc.closes, tc.refuse), "https"))
			for check, want := range map[string]exposure.Outcome{"HTTP-09": exposure.Pass, "HTTP-16": exposure.Fail, "HTTP-17": exposure.Pass, "HTTP-20": exposure.Pass, "HTTP-21": exposure.Info} {
				if f := got[check]; f.Outcome != want {
					t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
				}
			}
			if most := c.most.Load(); most < 2 || most > 4 {
				t.Errorf("%d requests at a time, want 2 to 4", most)
			}
			if n := c.connections.Load(); n > tc.connections {
				t.Errorf("%d connections for %d requests", n, c.all.Load())
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			for what, n := range c.asked {
				if n > 1 && tc.atMost > 1 && what != "GET /" {
					t.Errorf("%s was asked %d times", what, n)
				}
			}
		})
	}
}

// TestVisitIsOnePerson: without the owner's consent one question follows the other.
func TestVisitIsOnePerson(t *testing.T) {
	c := crowd{}
	server := c.serve(t, "127.78.0.7:443", 99, true, nil)
	at := target(t, server, "https")
	permit, err := exposure.Own(exposure.Scope{ID: "visit", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Passive}, Visit: true, Loopback: true,
		Domains: []exposure.Domain{{Name: "www.example.org"}}, Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}, Services: true})
	if err != nil {
		t.Fatal(err)
	}
	d := exposure.NewDialer(permit, exposure.DialerOptions{Resolver: fixed{at.Address}})
	if _, err := d.Lookup(t.Context(), at.Name); err != nil {
		t.Fatal(err)
	}
	s := exposure.Scan{Probes: httpprobe.Probes(), Targets: []exposure.Target{at}, Session: exposure.Session{Dialer: d, Catalogue: exposuretest.Catalogue(t), Scanner: "test"}}
	if err := s.Run(t.Context(), func(exposure.Finding) {}); err != nil && !errors.Is(err, exposure.ErrStopped) {
		t.Fatal(err)
	}
	if c.all.Load() == 0 || c.most.Load() > 1 {
		t.Errorf("%d requests, %d at a time", c.all.Load(), c.most.Load())
	}
}
