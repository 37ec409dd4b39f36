package exposuretest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
)

// The ports of laboratories. The system gives ports above these to connections and
// to servers that do not choose, so that nobody takes one between the moment it was
// found free and the moment a program listens on it. And the scanner knows few of
// them by their number: a scope refuses industrial ports, others are taken for the
// service that usually stands there.
const (
	firstPort = 20000
	lastPort  = 29999
)

// known are the ports between firstPort and lastPort that mean something to the
// scanner, TestKnownPorts says how.
var known = []uint16{20000, 20256, 20547, 22222, 25565, 26257, 27017, 27018, 27019, 28015, 28017}

// source is where ports come from.
type source struct {
	draw func() uint16
	hold func(port uint16) (io.Closer, error) // fails when somebody has the port
}

var system = source{func() uint16 { return firstPort + rand.N[uint16](lastPort-firstPort+1) }, hold}

// claim takes the first drawn port that is free and means nothing to the scanner.
func (s source) claim() (port uint16, held io.Closer, err error) {
	for range 10_000 {
		port := s.draw()
		if port < firstPort || port > lastPort || slices.Contains(known, port) {
			continue
		}
		if held, err = s.hold(port); err == nil {
			return port, held, nil
		}
	}
	return 0, nil, fmt.Errorf("no port from %d to %d is free: %w", firstPort, lastPort, err)
}

// hold keeps a port from the other tests of this machine, without listening on it.
func hold(port uint16) (io.Closer, error) {
	mark, err := net.Listen("unix", fmt.Sprintf("@nisaba port of a test %d", port))
	if err != nil {
		return nil, err
	}
	if err := free(port); err != nil {
		mark.Close()
		return nil, err
	}
	return mark, nil
}

// free says who else has a port: nobody at any address, neither of TCP nor of UDP.
func free(port uint16) error {
	at := net.JoinHostPort("", strconv.Itoa(int(port)))
	stream, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	stream.Close()
	packets, err := net.ListenPacket("udp", at)
	if err != nil {
		return err
	}
	return packets.Close()
}

// Claim gives a port on which nobody listens at any address of this machine, which
// the scanner does not know by its number, and which no other claim gives until it is
// closed. It is for laboratories; tests use Port, Listen, ListenPacket or NewServer.
func Claim() (port uint16, claim io.Closer, err error) { return system.claim() }

// Port is a port as Claim gives one, for as long as the test runs.
func Port(t testing.TB) uint16 {
	t.Helper()
	port, claim, err := Claim()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { claim.Close() })
	return port
}

// Address is an address of this machine with a port as Claim gives one.
func Address(t testing.TB, host string) string {
	t.Helper()
	return net.JoinHostPort(host, strconv.Itoa(int(Port(t))))
}

// Listen listens at a TCP port of an address, until the test ends.
func Listen(t testing.TB, host string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", Address(t, host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// ListenPacket listens at a UDP port of an address, until the test ends.
func ListenPacket(t testing.TB, host string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket("udp", Address(t, host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// NewServer is a web server at a port of 127.0.0.1, until the test ends.
func NewServer(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := NewUnstartedServer(t, h)
	s.Start()
	return s
}

// NewTLSServer is NewServer with TLS.
func NewTLSServer(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := NewUnstartedServer(t, h)
	s.StartTLS()
	return s
}

// NewUnstartedServer is NewServer before it starts, to change what it is.
func NewUnstartedServer(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := &httptest.Server{Listener: Listen(t, "127.0.0.1"), Config: &http.Server{Handler: h}}
	t.Cleanup(s.Close)
	return s
}

// NeedIPv6 skips a test on a machine without an address of IPv6.
func NeedIPv6(t testing.TB) {
	t.Helper()
	if !IPv6() {
		t.Skip("this machine has no IPv6")
	}
}

// IPv6 reports whether this machine has an address of IPv6 of its own.
func IPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}
