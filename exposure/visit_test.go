package exposure_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

// visit is a scope of which the owner of the names knows nothing.
func visit() exposure.Scope {
	return exposure.Scope{ID: "visit-1", Until: now.Add(time.Hour), Domains: []exposure.Domain{{Name: "example.org"}}, Classes: []exposure.Class{exposure.Passive},
		Services: true, Visit: true, Loopback: true, Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}},
		Exclude: exposure.Exclusion{Names: []string{"secret.example"}, Ports: []uint16{80}}}
}

// TestVisitScope: without consent, no scope is a permit that wants more than a
// visitor does.
func TestVisitScope(t *testing.T) {
	if _, err := exposure.Own(visit()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*exposure.Scope){
		"handshakes":          func(s *exposure.Scope) { s.Classes = append(s.Classes, exposure.Handshake) },
		"intrusive checks":    func(s *exposure.Scope) { s.Classes = []exposure.Class{exposure.Intrusive} },
		"names below":         func(s *exposure.Scope) { s.Domains[0].Subtree = true },
		"all ports":           func(s *exposure.Scope) { s.Domains[0].Sweep = true },
		"industrial ports":    func(s *exposure.Scope) { s.OT = true },
		"internal addresses":  func(s *exposure.Scope) { s.Internal = true },
		"ranges of addresses": func(s *exposure.Scope) { s.Networks[0].Prefix = netip.MustParsePrefix("192.0.2.0/28") },
		"no end":              func(s *exposure.Scope) { s.Until = time.Time{} },
	} {
		s := visit()
		change(&s)
		_, err := exposure.Own(s)
		refused(t, name, err)
	}
	s := visit()
	s.Rate = exposure.Rate{PerAddress: 1e6, Parallel: 1000}
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Scope().Rate; r.PerAddress > 10 || r.Parallel > 2 || r.Total > 100 {
		t.Errorf("the limits of a visit: %+v", r)
	}
}

// TestVisitRefusals asks for everything that a visitor does not do, at ports on which
// somebody listens, and sees that nobody came.
func TestVisitRefusals(t *testing.T) {
	port, got := listener(t)
	udp := exposuretest.ListenPacket(t, "127.0.0.1")
	n := &names{answers: map[string]exposure.Answer{
		"example.org":      {Addresses: addresses("127.0.0.1").Addresses, Chain: []string{"edge.cdn.example"}},
		"www.example.org":  addresses("127.0.0.1"),
		"mx.elsewhere.org": addresses("127.0.0.1"),
		"alias.example":    {Addresses: addresses("127.0.0.1").Addresses, Chain: []string{"secret.example"}},
	}}
	s := visit()
	s.Domains = append(s.Domains, exposure.Domain{Name: "alias.example"})
	d := dialer(t, s, n, nil)
	ctx := context.Background()
	if _, err := d.Lookup(ctx, "example.org"); err != nil {
		t.Errorf("an alias that browsers follow: %v", err)
	}
	_, err := d.Lookup(ctx, "www.example.org")
	refused(t, "a name that is not named", err)
	_, err = d.Lookup(ctx, "alias.example")
	refused(t, "an alias of what is excluded", err)
	if _, err := d.LookupService(ctx, "mx.elsewhere.org", exposure.Via{Domain: "example.org", Port: 25}); err != nil {
		t.Errorf("the name of a mail server: %v", err)
	}
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port) }
	ask := func(name string, r exposure.Request) {
		_, err := d.Dial(ctx, r)
		refused(t, name, err)
		_, _, err = d.TryAdmit(r)
		refused(t, name+", in a search for ports", err)
	}
	ask("another port", exposure.Request{Name: "example.org", Address: at(port), Class: exposure.Passive})
	ask("an address without a name", exposure.Request{Address: at(port), Class: exposure.Passive})
	ask("an excluded port of the web", exposure.Request{Name: "example.org", Address: at(80), Class: exposure.Passive})
	ask("the web, with a handshake", exposure.Request{Name: "example.org", Address: at(443), Class: exposure.Handshake})
	ask("the web over QUIC", exposure.Request{Name: "example.org", Address: at(443), Class: exposure.Passive, UDP: true})
	ask("a datagram", exposure.Request{Name: "example.org", Address: at(uint16(udp.LocalAddr().(*net.UDPAddr).Port)), Class: exposure.Passive, UDP: true})
	for _, p := range []uint16{21, 22, 25, 110, 143, 465, 587, 993, 3389, 8080, 8443} {
		ask("a port of services", exposure.Request{Name: "example.org", Address: at(p), Class: exposure.Passive})
	}
	ask("a mail server", exposure.Request{Name: "mx.elsewhere.org", Address: at(25), Class: exposure.Passive, Via: &exposure.Via{Domain: "example.org", Port: 25}})
	ask("the own mail server", exposure.Request{Name: "example.org", Address: at(25), Class: exposure.Passive, Via: &exposure.Via{Domain: "example.org", Port: 25}})
	if _, _, err := d.TryAdmit(exposure.Request{Name: "example.org", Address: at(443), Class: exposure.Passive}); err == nil || !strings.Contains(err.Error(), "no ports are searched") {
		t.Errorf("a search for the ports of the web: %v", err)
	}
	if err := d.Check(exposure.Request{Name: "example.org", Address: at(443), Class: exposure.Passive}); err != nil {
		t.Errorf("the web: %v", err)
	}
	if err := d.Check(exposure.Request{Name: "example.org", Address: at(53), Class: exposure.Passive, UDP: true, Via: &exposure.Via{Domain: "example.org", Port: 53}}); err != nil {
		t.Errorf("the name server: %v", err)
	}
	if err := udp.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := udp.ReadFrom(make([]byte, 1)); err == nil {
		t.Errorf("a datagram of %d bytes came", n)
	}
	if got.Load() != 0 {
		t.Errorf("%d connections came", got.Load())
	}
}
