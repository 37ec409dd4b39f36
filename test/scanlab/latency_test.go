package scanlab

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// distant stands before a server and lets everything take its time, as a line with
// this round trip does: what was sent arrives half of it later. Before that comes the
// handshake of TCP: the server sees the connection, and what was sent in it by then,
// one and a half round trips after the client began.
func distant(t testing.TB, server string, roundTrip time.Duration) string {
	t.Helper()
	l := exposuretest.Listen(t, "127.0.0.1")
	go accept(l, func(c net.Conn) {
		begin := time.Now().Add(roundTrip)
		sent := line(c, begin, roundTrip/2)
		time.Sleep(time.Until(begin.Add(roundTrip / 2)))
		s, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer s.Close()
		go deliver(s, sent)
		deliver(c, line(s, time.Now(), roundTrip/2))
	})
	return l.Addr().String()
}

// piece is what is on its way; an empty one is the end.
type piece struct {
	what []byte
	due  time.Time
}

// line reads what is sent, as it is sent, and says when each piece arrives. Nothing is
// sent before the begin.
func line(from net.Conn, begin time.Time, delay time.Duration) <-chan piece {
	out := make(chan piece, 1<<12)
	go func() {
		defer close(out)
		for {
			b := make([]byte, 1<<14)
			n, err := from.Read(b)
			at := time.Now()
			if at.Before(begin) {
				at = begin
			}
			out <- piece{b[:n], at.Add(delay)}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// deliver hands over each piece when it is due, and then the end.
func deliver(to net.Conn, from <-chan piece) {
	for p := range from {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.what); err != nil {
			for range from { // so that who reads does not wait
			}
			return
		}
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the other side may be gone
	}
}

// profiled asks everything about the TLS of a target, as many things at a time as the
// scanner does of its own accord.
func profiled(ctx context.Context, x target) (took time.Duration, connections int, err error) {
	s := tlsprobe.NewServer(func(ctx context.Context) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", x.address)
		if begin := tlsprobe.StartTLS()[x.Scan]; err == nil && begin != nil {
			err = begin(c)
		}
		return c, err
	}, "", 5*time.Second, 4)
	begin := time.Now()
	v, err := s.LookAndFinish(ctx)
	if err != nil {
		return 0, 0, err
	}
	return time.Since(begin), v.Connections, nil
}

// TestLatency says how long the profile of a host takes over a line of 20 ms. Servers
// that serve one connection after the other, which s_server and gnutls-serv do, cannot
// be asked two things at a time.
func TestLatency(t *testing.T) {
	if !whole() {
		t.Skip("measures: make scan-lab")
	}
	l := newLab(t)
	fmt.Printf("\n%-40s %21s   %-23s\n%-40s %10s %10s %10s %10s\n", "", "TLS profile, 20 ms", "whole scan with certificates and web", "target", "", "", "0 ms", "20 ms")
	for _, x := range targets(t) {
		if x.Scan == "host" || x.Consent || l.start(t, &x) != nil {
			continue
		}
		_, near, err := l.ours(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		x.address = distant(t, x.address, 20*time.Millisecond)
		profile, connections, err := profiled(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		checks, far, err := l.ours(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%-40s %8.2f s %4d conn. %8.2f s %8.2f s  %d verdicts\n", x.Name, profile.Seconds(), connections, near.wall.Seconds(), far.wall.Seconds(), len(checks))
	}
}
