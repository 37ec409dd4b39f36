package scanlab

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// distant stands before a server and lets everything take its time, as a line with
// this round trip does: what was sent arrives half of it later, and the first bytes a
// whole one later still, because on a real line the handshake of TCP comes first.
func distant(t testing.TB, server string, roundTrip time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go accept(l, func(c net.Conn) {
		s, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer s.Close()
		go late(s, c, time.Now().Add(roundTrip), roundTrip/2)
		late(c, s, time.Now(), roundTrip/2)
	})
	return l.Addr().String()
}

// late copies each piece when it is due, and then the end. Nothing is due before the
// begin has passed.
func late(to, from net.Conn, begin time.Time, delay time.Duration) {
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		due := time.Now()
		if due.Before(begin) {
			due = begin
		}
		time.Sleep(time.Until(due.Add(delay)))
		if _, failed := to.Write(b[:n]); failed != nil || err != nil {
			break
		}
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the other side may be gone
	}
}

// TestLatency says how long the profile of a host takes over a line of 20 ms.
func TestLatency(t *testing.T) {
	if !whole() {
		t.Skip("measures: make scan-lab")
	}
	l := newLab(t)
	fmt.Printf("\n%-40s %10s %10s  whole scan of a host with TLS, certificates and web over a line\n", "target", "0 ms", "20 ms")
	for _, x := range targets(t) {
		if x.Scan == "host" || l.start(t, &x) != nil {
			continue
		}
		_, near, err := l.ours(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		x.address = distant(t, x.address, 20*time.Millisecond)
		checks, far, err := l.ours(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%-40s %8.2f s %8.2f s  %d verdicts\n", x.Name, near.wall.Seconds(), far.wall.Seconds(), len(checks))
	}
}
