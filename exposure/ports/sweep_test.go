package ports

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// lab is a scope over loopback with the limits of a laboratory.
func lab() exposure.Scope {
	return exposure.Scope{ID: "auth-1", By: "Anna Huber", Until: time.Now().Add(time.Hour), Loopback: true,
		Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}},
		Classes:  []exposure.Class{exposure.Passive, exposure.Handshake},
		Rate:     exposure.Rate{PerAddress: 1e6, PerNetwork: 1e6, Total: 1e6, Attempts: 2000, AttemptsAll: 4000}}
}

func dialer(t testing.TB, s exposure.Scope, log func(exposure.Contact)) *exposure.Dialer {
	t.Helper()
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	return exposure.NewDialer(p, exposure.DialerOptions{Log: log, Timeout: 2 * time.Second})
}

// serve answers on an address of loopback.
func serve(t testing.TB, address string, answer func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				answer(c)
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func hangUp(net.Conn) {}

// silent is a port that never answers: a queue without room, filled.
func silent(t testing.TB, host string) uint16 {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	port := exposuretest.Port(t)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: netip.MustParseAddr(host).As4(), Port: int(port)}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(host), port).String()
	missed := 0
	for range 8 { // until the queue is full, and not only slow
		c, err := net.DialTimeout("tcp", at, 200*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { c.Close() })
		} else if missed++; missed == 2 {
			return port
		}
	}
	t.Fatal("the queue is never full")
	return 0
}

func states(t *testing.T, d *exposure.Dialer, hosts []Host, list []uint16) map[State][]uint16 {
	t.Helper()
	got, seen := map[State][]uint16{}, map[Result]int{}
	err := Sweep(t.Context(), d, hosts, list, SweepOptions{Timeout: 300 * time.Millisecond}, func(r Result) {
		got[r.State] = append(got[r.State], r.Port)
		seen[Result{r.Host, r.Port, 0}]++
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != len(hosts)*len(list) {
		t.Errorf("%d results for %d questions", len(seen), len(hosts)*len(list))
	}
	for r, n := range seen {
		if n != 1 {
			t.Errorf("%v has %d results", r, n)
		}
	}
	for _, list := range got {
		slices.Sort(list)
	}
	return got
}

// TestSweep: open, closed, silent, excluded and industrial ports are told apart,
// and whatever is contacted is in the log.
func TestSweep(t *testing.T) {
	a := serve(t, exposuretest.Address(t, "127.1.2.3"), hangUp)
	b := serve(t, exposuretest.Address(t, "127.1.2.3"), hangUp)
	quiet := silent(t, "127.1.2.3")
	s := lab()
	s.Exclude.Ports = []uint16{9}
	var contacts, refused atomic.Int32
	d := dialer(t, s, func(c exposure.Contact) {
		if c.Refused != "" {
			refused.Add(1)
		} else {
			contacts.Add(1)
		}
	})
	list := []uint16{a.Port(), 1, b.Port(), quiet, 9, 502, 2}
	got := states(t, d, []Host{{Address: a.Addr()}}, list)
	open := []uint16{a.Port(), b.Port()}
	slices.Sort(open)
	if !slices.Equal(got[Open], open) || !slices.Equal(got[Closed], []uint16{1, 2}) || !slices.Equal(got[Filtered], []uint16{quiet}) || !slices.Equal(got[Unasked], []uint16{9, 502}) {
		t.Errorf("%v", got)
	}
	if contacts.Load() != 6 || refused.Load() != 2 {
		t.Errorf("%d contacts, %d refusals; the silent port is asked twice", contacts.Load(), refused.Load())
	}
}

// TestSweep6: the same over IPv6.
func TestSweep6(t *testing.T) {
	exposuretest.NeedIPv6(t)
	at := netip.MustParseAddrPort(exposuretest.Listen(t, "::1").Addr().String())
	s := lab()
	s.Networks = []exposure.Network{{Prefix: netip.MustParsePrefix("::1/128")}}
	got := states(t, dialer(t, s, nil), []Host{{Address: at.Addr()}}, []uint16{1, at.Port()})
	if !slices.Equal(got[Open], []uint16{at.Port()}) || !slices.Equal(got[Closed], []uint16{1}) {
		t.Errorf("%v", got)
	}
}

// TestPortablePoller: the poller for other systems sees the same.
func TestPortablePoller(t *testing.T) {
	a := serve(t, exposuretest.Address(t, "127.1.2.4"), hangUp)
	quiet := silent(t, "127.1.2.4")
	got := map[uint16]State{}
	l := &lane{host: Host{Address: a.Addr()}, ports: []uint16{a.Port(), 1, quiet}, step: 1}
	p := newPortable(16)
	o := SweepOptions{InFlight: 16, Timeout: time.Second}
	if err := newWorker(dialer(t, lab(), nil), p, []*lane{l}, o, func(r Result) { got[r.Port] = r.State }).work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got[a.Port()] != Open || got[1] != Closed || got[quiet] != Filtered {
		t.Errorf("%v", got)
	}
}

// TestSweepKeepsLimits: no more than the allowed attempts are in the air, and no
// faster than the allowed rate.
func TestSweepKeepsLimits(t *testing.T) {
	s := lab()
	s.Rate = exposure.Rate{PerAddress: 100, PerNetwork: 100, Total: 100}
	d := dialer(t, s, nil)
	list := make([]uint16, 60)
	for i := range list {
		list[i] = uint16(i + 1)
	}
	begin := time.Now()
	if got := states(t, d, []Host{{Address: netip.MustParseAddr("127.1.2.5")}}, list); len(got[Unasked]) > 0 {
		t.Errorf("%v", got)
	}
	// Twenty pass at once, the others a hundred in a second: not below 0.4 s.
	if took := time.Since(begin); took < 350*time.Millisecond {
		t.Errorf("60 attempts took %v", took)
	}
}

// TestSweepStops at the kill switch, and at the end of the context.
func TestSweepStops(t *testing.T) {
	quiet := silent(t, "127.1.2.6")
	d := dialer(t, lab(), nil)
	hosts := []Host{{Address: netip.MustParseAddr("127.1.2.6")}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Sweep(ctx, d, hosts, []uint16{quiet}, SweepOptions{}, func(Result) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if release, wait, err := d.TryAdmit(exposure.Request{Address: netip.AddrPortFrom(hosts[0].Address, 1), Class: exposure.Handshake}); err != nil || wait != 0 {
		t.Errorf("attempts were not given back: %v %v", wait, err)
	} else {
		release()
	}
	d.Stop()
	if err := Sweep(t.Context(), d, hosts, []uint16{1}, SweepOptions{}, func(Result) {}); !errors.Is(err, exposure.ErrStopped) {
		t.Errorf("%v", err)
	}
}

// TestIndustrialPause: two contacts with an industrial device are two seconds
// apart, and nothing else goes to it at the same time.
func TestIndustrialPause(t *testing.T) {
	s := lab()
	s.OT = true
	d := dialer(t, s, nil)
	ask := func(port uint16) (func(), time.Duration) {
		release, wait, err := d.TryAdmit(exposure.Request{Address: netip.AddrPortFrom(netip.MustParseAddr("127.1.2.7"), port), Class: exposure.Handshake})
		if err != nil {
			t.Fatal(err)
		}
		return release, wait
	}
	begin := time.Now()
	release, _ := ask(502)
	if _, wait := ask(102); wait == 0 {
		t.Error("two industrial ports at a time")
	}
	release()
	if _, wait := ask(102); wait < 2*time.Second-time.Since(begin) {
		t.Errorf("the pause is %v, %v after the first", wait, time.Since(begin))
	}
}

// silents makes silent ports quickly: one connection fills a queue without room.
func silents(b *testing.B, host string, n int) (list []uint16) {
	for range n {
		port := exposuretest.Port(b)
		address := &syscall.SockaddrInet4{Addr: netip.MustParseAddr(host).As4(), Port: int(port)}
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { syscall.Close(fd) })
		if err := errors.Join(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1), syscall.Bind(fd, address), syscall.Listen(fd, 0)); err != nil {
			b.Fatal(err)
		}
		c, err := net.DialTimeout("tcp", netip.AddrPortFrom(netip.MustParseAddr(host), port).String(), time.Second)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		list = append(list, port)
	}
	return list
}

// BenchmarkOneHost asks all 65,535 ports of one address, of which 1,000 are silent
// and one is open. Silent ports are told from open ones, and no other is silent.
func BenchmarkOneHost(b *testing.B) {
	const host = "127.1.9.9"
	quiet := silents(b, host, 1000)
	serve(b, exposuretest.Address(b, host), hangUp)
	d := dialer(b, lab(), nil)
	all := span(1, 65534)
	all = append(all, 65535)
	for b.Loop() {
		got := map[State]int{}
		if err := Sweep(b.Context(), d, []Host{{Address: netip.MustParseAddr(host)}}, all, SweepOptions{}, func(r Result) { got[r.State]++ }); err != nil {
			b.Fatal(err)
		}
		// The industrial ports are not covered. Servers on every address of this machine are open, too.
		if got[Filtered] != len(quiet) || got[Open] < 1 || got[Unreachable] > 0 {
			b.Errorf("%v", got)
		}
	}
	b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds(), "probes/s")
}

// BenchmarkSweep asks 100 ports of each of 1,000 addresses; every tenth address
// has an open port.
func BenchmarkSweep(b *testing.B) {
	var hosts []Host
	for i := range 1000 {
		hosts = append(hosts, Host{Address: netip.AddrFrom4([4]byte{127, 9, byte(i / 250), byte(i%250 + 1)})})
	}
	list := make([]uint16, 100)
	for i := range list {
		list[i] = uint16(20001 + i)
	}
	for i := 0; i < len(hosts); i += 10 {
		serve(b, hosts[i].Address.String()+":20050", hangUp)
	}
	d := dialer(b, lab(), nil)
	var open, closed int
	var before, after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	b.ReportAllocs()
	for b.Loop() {
		open, closed = 0, 0
		if err := Sweep(b.Context(), d, hosts, list, SweepOptions{}, func(r Result) {
			switch r.State {
			case Open:
				open++
			case Closed:
				closed++
			}
		}); err != nil {
			b.Fatal(err)
		}
	}
	if open != len(hosts)/10 || open+closed != len(hosts)*len(list) {
		b.Errorf("%d open, %d closed", open, closed)
	}
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := func(u syscall.Rusage) int64 { return u.Utime.Nano() + u.Stime.Nano() }
	b.ReportMetric(float64(spent(after)-spent(before))/1e3/float64(len(hosts)*len(list)*b.N), "CPU-µs/probe")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(len(hosts)*len(list)*b.N)/b.Elapsed().Seconds(), "probes/s")
	b.ReportMetric(float64(m.Sys)/1e6, "MB")
}
