package guard_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

func TestLimiter(t *testing.T) {
	c := clock.At(time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC))
	l := guard.NewLimiter(c, 3, 10*time.Second, 100)
	for i := range 3 {
		if wait := l.Take("a"); wait != 0 {
			t.Fatalf("event %d has to wait %s", i, wait)
		}
	}
	for range 5 { // refused events do not lengthen the wait
		if wait := l.Take("a"); wait != 10*time.Second {
			t.Fatalf("fourth event waits %s, want 10s", wait)
		}
	}
	if wait := l.Take("b"); wait != 0 {
		t.Errorf("another key has to wait %s", wait)
	}
	c.Move(10 * time.Second)
	if wait := l.Take("a"); wait != 0 {
		t.Errorf("after the interval it waits %s", wait)
	}
	if wait := l.Take("a"); wait == 0 {
		t.Error("two events after one interval")
	}
}

func TestLimiterForgetsTheOldest(t *testing.T) {
	l := guard.NewLimiter(clock.At(time.Unix(0, 0)), 1, time.Hour, 10)
	l.Take("victim")
	for i := range 1000 {
		l.Take(fmt.Sprint(i))
		if i%5 == 0 {
			l.Take("victim") // seen again and again, so never forgotten
		}
	}
	if l.Len() > 10 {
		t.Errorf("%d keys are remembered, at most 10 are allowed", l.Len())
	}
	if l.Take("victim") == 0 {
		t.Error("a key that keeps asking was forgotten")
	}
}

func TestRate(t *testing.T) {
	g := guard.New(guard.Options{})
	l := guard.NewLimiter(clock.At(time.Unix(0, 0)), 1, 90*time.Second, 10)
	h := g.Wrap(guard.Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), g.Rate(l, guard.ByAddress)))
	for i, tc := range []struct {
		from  string
		want  int
		retry string
	}{
		{"192.0.2.1:1", 200, ""},
		{"192.0.2.1:2", 429, "90"},
		{"192.0.2.2:1", 200, ""},
		{"[2001:db8::1]:1", 200, ""},
		{"[2001:db8::2]:1", 429, "90"}, // the same network of 64 bits
		{"[2001:db8:0:1::1]:1", 200, ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tc.from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want || w.Header().Get("Retry-After") != tc.retry {
			t.Errorf("%d from %s: %d, retry %q; want %d, %q", i, tc.from, w.Code, w.Header().Get("Retry-After"), tc.want, tc.retry)
		}
	}
}

// TestBusy: a page that counts for itself says how long to wait, too.
func TestBusy(t *testing.T) {
	g := guard.New(guard.Options{})
	w := httptest.NewRecorder()
	g.Page(func(http.ResponseWriter, *http.Request) error { return guard.Busy(90*time.Second, "too many attempts") }).ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "90" {
		t.Errorf("%d, retry %q", w.Code, w.Header().Get("Retry-After"))
	}
}

// TestSlowClientIsCutOff opens a connection that never finishes its headers, in
// time that does not pass for real.
func TestSlowClientIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, peer := net.Pipe()
		s := guard.Server("", http.NotFoundHandler(), slog.New(slog.DiscardHandler))
		l := &oneConnection{peer: peer, closed: make(chan struct{})}
		go func() { _ = s.Serve(l) }()
		go func() { _, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n") }()
		from := time.Now()
		b, err := io.ReadAll(client)
		if took := time.Since(from); took != 5*time.Second {
			t.Errorf("cut off after %s with %q (%v), want 5s", took, b, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// oneConnection is a listener that hands out one end of a pipe.
type oneConnection struct {
	peer   net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if c := l.peer; c != nil {
		l.peer = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConnection) Close() error {
	close(l.closed)
	return nil
}

func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

func TestHugeHeadersAreRefused(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s := httptest.NewUnstartedServer(h)
	s.Config = guard.Server("", h, slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", res.StatusCode)
	}
}
