package exposure_test

import (
	"net/netip"
	"testing"

	"github.com/nisaba-platform/nisaba/exposure"
)

// TestPortsOfACoveredName: at a name that is covered without a sweep, the ports of its
// own services are open to checks and no other port is; without consent the web alone.
func TestPortsOfACoveredName(t *testing.T) {
	n := &names{answers: map[string]exposure.Answer{"www.example.org": addresses("198.51.100.1")}}
	services := []uint16{21, 22, 25, 53, 80, 110, 143, 389, 443, 465, 587, 636, 853, 990, 993, 995, 3389, 4190, 5222, 5269, 8080, 8443}
	for _, tc := range []struct {
		name  string
		visit bool
		open  []uint16
	}{{"with consent", false, services}, {"as a visitor", true, []uint16{80, 443}}} {
		s := exposure.Scope{ID: "auth-1", By: "Anna Huber", Until: now.Add(1), Domains: []exposure.Domain{{Name: "www.example.org"}}, Classes: []exposure.Class{exposure.Passive}, Visit: tc.visit}
		d := dialer(t, s, n, nil)
		if _, err := d.Lookup(t.Context(), "www.example.org"); err != nil {
			t.Fatal(err)
		}
		open := map[uint16]bool{}
		for _, port := range tc.open {
			open[port] = true
		}
		for port := 1; port < 1<<16; port++ {
			at := netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), uint16(port))
			if err := d.Check(exposure.Request{Name: "www.example.org", Address: at, Class: exposure.Passive}); (err == nil) != open[uint16(port)] {
				t.Errorf("%s, port %d: %v", tc.name, port, err)
			}
		}
	}
}

// TestIndustrialPorts: at an address that the scope names every port is open to checks,
// but for those of industrial protocols, which the scope names by themselves.
func TestIndustrialPorts(t *testing.T) {
	industrial := map[uint16]bool{102: true, 502: true, 789: true, 1911: true, 1962: true, 2222: true, 2404: true, 2455: true, 4840: true, 4911: true, 5006: true, 5007: true,
		5094: true, 9600: true, 10001: true, 11740: true, 18245: true, 20000: true, 20547: true, 34962: true, 34963: true, 34964: true, 44818: true, 47808: true}
	for _, ot := range []bool{false, true} {
		s := scope()
		s.OT = ot
		d := dialer(t, s, &names{}, nil)
		for port := 1; port < 1<<16; port++ {
			at := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(port))
			if err := d.Check(exposure.Request{Address: at, Class: exposure.Handshake}); (err == nil) != (ot || !industrial[uint16(port)]) {
				t.Errorf("industrial ports allowed %t, port %d: %v", ot, port, err)
			}
		}
	}
}

// TestSpecialAddressesByKind: that inner addresses are allowed opens none of this
// machine, nor the other way round, and neither opens what is no address of a host.
func TestSpecialAddressesByKind(t *testing.T) {
	for _, tc := range []struct {
		address            string
		internal, loopback bool // which of the two it takes
	}{
		{"10.0.0.1", true, false}, {"192.168.1.1", true, false}, {"fd00::1", true, false},
		{"127.0.0.1", false, true}, {"::1", false, true},
		{"224.0.0.1", false, false}, {"240.0.0.1", false, false}, {"fe80::1", false, false}, {"fd00:ec2::254", false, false},
	} {
		for _, allowed := range []struct{ internal, loopback bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
			a := netip.MustParseAddr(tc.address)
			s := scope()
			s.Internal, s.Loopback = allowed.internal, allowed.loopback
			s.Networks = append(s.Networks, exposure.Network{Prefix: netip.PrefixFrom(a, a.BitLen())})
			want := tc.internal && allowed.internal || tc.loopback && allowed.loopback
			if err := dialer(t, s, &names{}, nil).Check(exposure.Request{Address: netip.AddrPortFrom(a, 443), Class: exposure.Passive}); (err == nil) != want {
				t.Errorf("%s, internal %t, loopback %t: %v", tc.address, allowed.internal, allowed.loopback, err)
			}
		}
	}
}

// TestLimitsOfNeighbours: addresses of one /24, or of one /48, share a limit, and what a
// scope leaves out has the limits that are written beside it.
func TestLimitsOfNeighbours(t *testing.T) {
	s := scope()
	s.Networks = []exposure.Network{{Prefix: netip.MustParsePrefix("8.8.0.0/16")}, {Prefix: netip.MustParsePrefix("2a00:1::/32")}}
	s.Rate = exposure.Rate{PerAddress: 1e6, PerNetwork: 0.001, Total: 1e6}
	for _, tc := range []struct{ first, near, far string }{{"8.8.4.1", "8.8.4.254", "8.8.5.1"}, {"2a00:1:2::1", "2a00:1:2:ffff::1", "2a00:1:3::1"}} {
		d := dialer(t, s, &names{}, nil)
		waits := func(address string) bool {
			_, wait, err := d.TryAdmit(exposure.Request{Address: netip.AddrPortFrom(netip.MustParseAddr(address), 443), Class: exposure.Passive})
			if err != nil {
				t.Fatal(err)
			}
			return wait > 0
		}
		if waits(tc.first) || !waits(tc.near) || waits(tc.far) {
			t.Errorf("after %s, %s has to wait: %t, and %s: %t", tc.first, tc.near, waits(tc.near), tc.far, waits(tc.far))
		}
	}
	usual := exposure.Rate{PerAddress: 200, PerNetwork: 500, Total: 1000, Parallel: 4, ParallelAll: 512, Attempts: 200, AttemptsAll: 1000}
	one, none := exposure.Rate{PerAddress: 1, PerNetwork: 1, Total: 1, Parallel: 1, ParallelAll: 1, Attempts: 1, AttemptsAll: 1}, exposure.Rate{PerAddress: -1, PerNetwork: -1, Total: -1, Parallel: -1, ParallelAll: -1, Attempts: -1, AttemptsAll: -1}
	for given, want := range map[exposure.Rate]exposure.Rate{{}: usual, none: usual, one: one} {
		s.Rate = given
		p, err := exposure.Own(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Scope().Rate; got != want {
			t.Errorf("%+v becomes %+v, want %+v", given, got, want)
		}
	}
}
