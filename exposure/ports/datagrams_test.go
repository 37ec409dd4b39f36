package ports

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// udp answers datagrams. A port for which tests cannot choose another may belong to
// a question that this machine asks somebody: for as long as that takes.
func udp(t testing.TB, address string, answer func([]byte) []string) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", address)
	for end := time.Now().Add(time.Minute); errors.Is(err, syscall.EADDRINUSE) && time.Now().Before(end); c, err = net.ListenPacket("udp", address) {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			for _, text := range answer(b[:n]) {
				c.WriteTo([]byte(text), from)
			}
		}
	}()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

// TestDatagrams: what one packet finds.
func TestDatagrams(t *testing.T) {
	t.Parallel()
	response := func(version byte) string {
		return "\x30\x2c\x02\x01" + string(version) + "\x04\x06public\xa2\x1f\x02\x04NISA\x02\x01\x00\x02\x01\x00\x30\x11\x30\x0f\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x04\x03AP1"
	}
	for name, tc := range map[string]struct {
		answer   func([]byte) []string
		observed string
		severity exposure.Severity
	}{
		"netbios-ns": {func(q []byte) []string {
			return []string{"NI\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00" + string(q[12:46]) + "\x00\x21\x00\x01\x00\x00\x00\x00\x00\x13\x01SERVER         \x00\x04\x00"}
		}, "SERVER", exposure.High},
		"snmp": {func(q []byte) []string { return []string{response(q[4])} }, "AP1; it answers to the community", exposure.Critical},
		"ipmi": {func([]byte) []string {
			return []string{"\x06\x00\xff\x07" + string(make([]byte, 15)) + "\x38\x00\x01\x01\x00"}
		}, "sign-in without a password", exposure.Critical},
		"ike": {func(q []byte) []string {
			return []string{string(q[:8]) + "12345678\x29\x20\x22\x20" + string(make([]byte, 8))}
		}, "version 2", exposure.None},
		"dns": {func(q []byte) []string {
			return []string{"NI\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + string(q[12:])}
		}, "bytes in 1 datagrams", exposure.High},
		"ntp-control": {func(q []byte) []string { return []string{"\x16\x82" + strings.Repeat("x", 118)} }, "(10.0 times)", exposure.High},
		"ntp-private": {func([]byte) []string {
			return []string{"\x97\x00\x03\x2a\x00\x06\x00\x48" + strings.Repeat("x", 432), "\x97\x01\x03\x2a\x00\x06\x00\x48" + strings.Repeat("x", 432)}
		}, "880 bytes in 2 datagrams for 8 bytes (110.0 times)", exposure.High},
		"ssdp":          {func([]byte) []string { return []string{"HTTP/1.1 200 OK\r\nSERVER: Linux UPnP/1.0\r\n\r\n"} }, "Linux UPnP/1.0", exposure.High},
		"cldap":         {func([]byte) []string { return []string{"\x30\x0c\x02\x01\x01\x64\x07\x04\x00\x30\x03\x30\x01\x00"} }, "CLDAP on UDP port", exposure.High},
		"memcached-udp": {func([]byte) []string { return []string{"\x00\x01\x00\x00\x00\x01\x00\x00VERSION 1.5\r\n"} }, "memcached over UDP", exposure.Critical},
		"coap":          {func([]byte) []string { return []string{"\x60\x45\x4e\x49\xff</x>"} }, "CoAP", exposure.High},
		"ws-discovery":  {func([]byte) []string { return []string{"<e:Envelope><ProbeMatches/></e:Envelope>"} }, "WS-Discovery", exposure.High},
		"rpcbind":       {func([]byte) []string { return []string{"NISA\x00\x00\x00\x01" + string(make([]byte, 16))} }, "rpcbind", exposure.High},
	} {
		i := slices.IndexFunc(datagrams(), func(d datagram) bool { return d.name == name })
		d := datagrams()[i]
		at := udp(t, exposuretest.Address(t, "127.2.0.3"), tc.answer)
		d.ports = []uint16{at.Port()}
		var got exposure.Finding
		probe := exposure.Probe{Name: name, Level: exposure.OfHost, Run: func(ctx context.Context, s *exposure.Session, t exposure.Target) error {
			_, err := d.run(ctx, s, t)
			return err
		}}
		catalogue := exposuretest.Catalogue(t)
		run := exposure.Scan{Probes: []exposure.Probe{probe}, Targets: []exposure.Target{{Address: at.Addr()}}, Session: exposure.Session{Dialer: dialer(t, lab(), nil), Catalogue: catalogue}}
		if err := run.Run(t.Context(), func(f exposure.Finding) { got = f }); err != nil {
			t.Fatal(err)
		}
		if got.Severity != tc.severity || !strings.Contains(got.Observed, tc.observed) || name != "ike" && got.Outcome != exposure.Fail {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if len(nameStatus) != 50 {
		t.Errorf("the question for names has %d bytes", len(nameStatus))
	}
}

// TestResolverThatRefuses is none that is open.
func TestResolverThatRefuses(t *testing.T) {
	for _, b := range []string{"NI\x81\x05\x00\x01\x00\x00\x00\x00\x00\x00", "NI\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00", "NI\x81\x00\x00\x01\x00\x01\x00\x00\x00\x00"} {
		if readResolver([]byte(b)).known {
			t.Errorf("%q is taken for an open resolver", b)
		}
	}
}

// TestTFTP: a server of TFTP answers from a port of its own, and nobody else is heard.
func TestTFTP(t *testing.T) {
	t.Parallel()
	other := exposuretest.ListenPacket(t, "127.2.0.3")
	stranger := exposuretest.ListenPacket(t, "127.2.0.9")
	server := exposuretest.ListenPacket(t, "127.2.0.3")
	go func() {
		b := make([]byte, 512)
		n, from, err := server.ReadFrom(b)
		if err != nil || string(b[:2]) != "\x00\x01" || n < 10 {
			return
		}
		stranger.WriteTo([]byte("\x00\x05\x00\x01a stranger\x00"), from)
		other.WriteTo([]byte("\x00\x05\x00\x01File not found\x00"), from)
	}()
	d := tftp()
	at := netip.MustParseAddrPort(server.LocalAddr().String())
	d.ports = []uint16{at.Port()}
	catalogue := exposuretest.Catalogue(t)
	var got exposure.Finding
	run := exposure.Scan{Targets: []exposure.Target{{Address: at.Addr()}}, Session: exposure.Session{Dialer: dialer(t, lab(), nil), Catalogue: catalogue},
		Probes: []exposure.Probe{{Name: "tftp", Level: exposure.OfHost, Run: func(ctx context.Context, s *exposure.Session, t exposure.Target) error {
			_, err := d.run(ctx, s, t)
			return err
		}}}}
	if err := run.Run(t.Context(), func(f exposure.Finding) { got = f }); err != nil {
		t.Fatal(err)
	}
	if got.Outcome != exposure.Fail || got.Severity != exposure.High || !strings.Contains(got.Observed, `"File not found"`) {
		t.Errorf("%+v", got)
	}
}
