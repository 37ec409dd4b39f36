package exposure_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// names is a resolver that can change its mind.
type names struct {
	answers map[string]exposure.Answer
	asked   atomic.Int32
}

func (n *names) Addresses(_ context.Context, name string) (exposure.Answer, error) {
	n.asked.Add(1)
	a, ok := n.answers[name]
	if !ok {
		return exposure.Answer{}, errors.New("no such name")
	}
	return a, nil
}

func addresses(list ...string) exposure.Answer {
	var a exposure.Answer
	for _, s := range list {
		a.Addresses = append(a.Addresses, netip.MustParseAddr(s))
	}
	return a
}

// listener counts connections on a loopback port.
func listener(t *testing.T) (port uint16, got *atomic.Int32) {
	t.Helper()
	l := exposuretest.Listen(t, "127.0.0.1")
	got = &atomic.Int32{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			got.Add(1)
			c.Close()
		}
	}()
	return uint16(l.Addr().(*net.TCPAddr).Port), got
}

func scope() exposure.Scope {
	return exposure.Scope{ID: "auth-1", By: "Anna Huber", Until: now.Add(time.Hour),
		Domains:  []exposure.Domain{{Name: "example.org", Subtree: true, Sweep: true}},
		Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("192.0.2.0/28")}},
		Exclude:  exposure.Exclusion{Names: []string{"secret.example.org"}, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}},
		Classes:  []exposure.Class{exposure.Passive, exposure.Handshake}, Services: true}
}

func dialer(t *testing.T, s exposure.Scope, n *names, log func(exposure.Contact)) *exposure.Dialer {
	t.Helper()
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	return exposure.NewDialer(p, exposure.DialerOptions{Resolver: n, Now: func() time.Time { return now }, Log: log, Timeout: time.Minute})
}

func refused(t *testing.T, name string, err error) {
	t.Helper()
	var r *exposure.Refusal
	if !errors.As(err, &r) {
		t.Errorf("%s: %v, want a refusal", name, err)
	}
}

// TestRefusals dials everything that a permit must not let through at a port on
// which somebody listens, and sees that nobody came.
func TestRefusals(t *testing.T) {
	port, got := listener(t)
	n := &names{answers: map[string]exposure.Answer{
		"www.example.org":        addresses("127.0.0.1"), // rebinding: a public name with a private address
		"meta.example.org":       addresses("169.254.169.254"),
		"secret.example.org":     addresses("127.0.0.1"),
		"a.secret.example.org":   addresses("127.0.0.1"),
		"elsewhere.test":         addresses("127.0.0.1"),
		"alias.example.org":      {Addresses: addresses("127.0.0.1").Addresses, Chain: []string{"elsewhere.test"}},
		"notexample.org":         addresses("127.0.0.1"),
		"example.org.evil.test":  addresses("127.0.0.1"),
		"loop.example.org":       addresses("127.0.0.1"),
		"ns.elsewhere.test":      addresses("127.0.0.1"),
		"xn--bcher-kva.test":     addresses("127.0.0.1"),
		"internal.example.org":   addresses("10.0.0.1"),
		"multicast.example.org":  addresses("224.0.0.1"),
		"linklocal.example.org":  addresses("fe80::1"),
		"mapped.example.org":     addresses("::ffff:127.0.0.1"),
		"translated.example.org": addresses("64:ff9b::7f00:1"),
		"sixtofour.example.org":  addresses("2002:7f00:1::1"),
	}}
	for name := range n.answers {
		d := dialer(t, scope(), n, nil)
		list, err := d.Lookup(t.Context(), name)
		if err != nil {
			refused(t, name, err)
			continue
		}
		for _, a := range list {
			r := exposure.Request{Name: name, Address: netip.AddrPortFrom(a, port), Class: exposure.Passive}
			_, err := d.Dial(t.Context(), r)
			refused(t, name, err)
			_, _, err = d.TryAdmit(r)
			refused(t, name+" in a port scan", err)
		}
	}
	for _, bare := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0", "192.0.2.16", "192.0.2.7", "10.1.2.3", "fe80::1%lo", "fd00:ec2::254"} {
		a := netip.MustParseAddr(bare)
		r := exposure.Request{Address: netip.AddrPortFrom(a, port), Class: exposure.Passive}
		_, err := dialer(t, scope(), n, nil).Dial(t.Context(), r)
		refused(t, bare, err)
		_, _, err = dialer(t, scope(), n, nil).TryAdmit(r)
		refused(t, bare+" in a port scan", err)
	}
	if c := got.Load(); c != 0 {
		t.Errorf("%d connections reached the listener", c)
	}
}

// TestLimitsOfScope: end, begin, class, ports and industrial ports.
func TestLimitsOfScope(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:443")
	for name, tc := range map[string]struct {
		change func(*exposure.Scope)
		at     netip.AddrPort
		class  exposure.Class
	}{
		"ended":           {func(s *exposure.Scope) { s.Until = now }, at, exposure.Passive},
		"not begun":       {func(s *exposure.Scope) { s.From = now.Add(time.Second) }, at, exposure.Passive},
		"class":           {func(*exposure.Scope) {}, at, exposure.Intrusive},
		"excluded port":   {func(s *exposure.Scope) { s.Exclude.Ports = []uint16{443} }, at, exposure.Passive},
		"industrial port": {func(*exposure.Scope) {}, netip.MustParseAddrPort("192.0.2.1:502"), exposure.Handshake},
		"private unnamed": {func(s *exposure.Scope) { s.Internal = true }, netip.MustParseAddrPort("10.0.0.1:443"), exposure.Passive},
		"private unmarked": {func(s *exposure.Scope) {
			s.Networks = append(s.Networks, exposure.Network{Prefix: netip.MustParsePrefix("10.0.0.0/8")})
		}, netip.MustParseAddrPort("10.0.0.1:443"), exposure.Passive},
	} {
		s := scope()
		tc.change(&s)
		refused(t, name, dialer(t, s, &names{}, nil).Check(exposure.Request{Address: tc.at, Class: tc.class}))
	}
	s := scope()
	s.Internal, s.Networks = true, append(s.Networks, exposure.Network{Prefix: netip.MustParsePrefix("10.0.0.0/8")})
	if err := dialer(t, s, &names{}, nil).Check(exposure.Request{Address: netip.MustParseAddrPort("10.0.0.1:443"), Class: exposure.Passive}); err != nil {
		t.Errorf("an internal address that the scope names: %v", err)
	}
}

// TestNamesArePinned: what the resolver says later changes nothing.
func TestNamesArePinned(t *testing.T) {
	n := &names{answers: map[string]exposure.Answer{"www.example.org": addresses("198.51.100.1")}}
	d := dialer(t, scope(), n, nil)
	if _, err := d.Lookup(t.Context(), "WWW.Example.org."); err != nil {
		t.Fatal(err)
	}
	n.answers["www.example.org"] = addresses("127.0.0.1")
	list, err := d.Lookup(t.Context(), "www.example.org")
	if err != nil || len(list) != 1 || list[0] != netip.MustParseAddr("198.51.100.1") || n.asked.Load() != 1 {
		t.Errorf("%v %v after %d questions", list, err, n.asked.Load())
	}
	refused(t, "another address", d.Check(exposure.Request{Name: "www.example.org", Address: netip.MustParseAddrPort("198.51.100.2:443"), Class: exposure.Passive}))
}

// TestServicesOfOthers: name servers and mail servers that others run are asked on
// their own port only, and only for a covered domain.
func TestServicesOfOthers(t *testing.T) {
	n := &names{answers: map[string]exposure.Answer{"mx.provider.test": addresses("198.51.100.25")}}
	s := scope()
	s.Classes = append(s.Classes, exposure.Intrusive)
	d := dialer(t, s, n, nil)
	via := exposure.Via{Domain: "example.org", Port: 25}
	if _, err := d.LookupService(t.Context(), "mx.provider.test", via); err != nil {
		t.Fatal(err)
	}
	at := func(port uint16) exposure.Request {
		return exposure.Request{Name: "mx.provider.test", Address: netip.AddrPortFrom(netip.MustParseAddr("198.51.100.25"), port), Class: exposure.Handshake, Via: &via}
	}
	if err := d.Check(at(25)); err != nil {
		t.Errorf("mail server: %v", err)
	}
	refused(t, "another port", d.Check(at(443)))
	intrusive := at(25)
	intrusive.Class = exposure.Intrusive
	refused(t, "class X at servers of others", d.Check(intrusive))
	via.Domain = "elsewhere.test"
	refused(t, "another domain", d.Check(at(25)))
}

// TestDialAndStop: a loopback scope of a test reaches the listener; nothing is
// contacted after the stop; every contact is logged.
func TestDialAndStop(t *testing.T) {
	port, got := listener(t)
	s := scope()
	s.Loopback, s.Networks = true, []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.1/32")}}
	var contacts []exposure.Contact
	d := dialer(t, s, &names{}, func(c exposure.Contact) { contacts = append(contacts, c) })
	r := exposure.Request{Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), Class: exposure.Passive}
	c, err := d.Dial(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	d.Stop()
	if _, err := d.Dial(t.Context(), r); !errors.Is(err, exposure.ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // the listener counts in its own time
		if got.Load() > 0 {
			break
		}
	}
	if got.Load() != 1 || len(contacts) != 2 || contacts[0].Permit != "auth-1" || contacts[1].Refused == "" {
		t.Errorf("%d connections, contacts %+v", got.Load(), contacts)
	}
}

// TestSpare: a spare connection takes a place that is free at once, and leaves no
// trace when there is none.
func TestSpare(t *testing.T) {
	port, _ := listener(t)
	s := scope()
	s.Loopback, s.Networks, s.Rate.Parallel = true, []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.1/32")}}, 2
	var contacts []exposure.Contact
	d := dialer(t, s, &names{}, func(c exposure.Contact) { contacts = append(contacts, c) })
	r := exposure.Request{Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), Class: exposure.Passive}
	spare := r
	spare.Spare = true
	first, err := d.Dial(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Dial(t.Context(), spare)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Dial(t.Context(), spare); !errors.Is(err, exposure.ErrBusy) || len(contacts) != 2 {
		t.Errorf("a third connection of two: %v, contacts %+v", err, contacts)
	}
	second.Close()
	if again, err := d.Dial(t.Context(), spare); err != nil {
		t.Errorf("a place that was given back: %v", err)
	} else {
		again.Close()
	}
	first.Close()
	d.Stop()
	if _, err := d.Dial(t.Context(), spare); !errors.Is(err, exposure.ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
}

// TestTryAdmit: attempts are limited in number and per second, are given back, and
// end with the kill switch and the authorisation.
func TestTryAdmit(t *testing.T) {
	s := scope()
	s.Rate = exposure.Rate{Attempts: 3, AttemptsAll: 4, PerAddress: 1000, PerNetwork: 1000, Total: 1000}
	var logged int
	d := dialer(t, s, &names{}, func(exposure.Contact) { logged++ })
	ask := func(host string) (func(), bool) {
		release, wait, err := d.TryAdmit(exposure.Request{Address: netip.AddrPortFrom(netip.MustParseAddr(host), 80), Class: exposure.Passive})
		if err != nil {
			t.Fatal(err)
		}
		return release, wait == 0
	}
	var release func()
	for i := range 3 {
		var ok bool
		if release, ok = ask("192.0.2.1"); !ok {
			t.Errorf("attempt %d has to wait", i)
		}
	}
	if _, ok := ask("192.0.2.1"); ok {
		t.Error("four attempts at one host")
	}
	if _, ok := ask("192.0.2.2"); !ok {
		t.Error("another host has to wait")
	}
	if _, ok := ask("192.0.2.3"); ok {
		t.Error("five attempts in all")
	}
	release()
	if _, ok := ask("192.0.2.3"); !ok {
		t.Error("an attempt that ended was not given back")
	}
	if logged != 5 {
		t.Errorf("%d contacts are in the log, want 5: who has to wait contacts nobody", logged)
	}
	s.Rate = exposure.Rate{PerAddress: 0.01, PerNetwork: 1000, Total: 1000}
	d = dialer(t, s, &names{}, nil)
	if _, ok := ask("192.0.2.1"); !ok {
		t.Error("the first attempt has to wait")
	}
	if _, ok := ask("192.0.2.1"); ok {
		t.Error("the limit per second is not kept")
	}
	d.Stop()
	if _, _, err := d.TryAdmit(exposure.Request{Address: netip.MustParseAddrPort("192.0.2.9:80"), Class: exposure.Passive}); !errors.Is(err, exposure.ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
}

// TestSignedScope: a scope that was changed after it was signed opens nothing.
func TestSignedScope(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := exposure.Sign(scope(), private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exposure.Open(signed, public); err != nil {
		t.Errorf("as signed: %v", err)
	}
	for i := range signed.Scope {
		changed := exposure.Signed{Scope: append([]byte(nil), signed.Scope...), Signature: signed.Signature}
		changed.Scope[i] ^= 1
		if _, err := exposure.Open(changed, public); err == nil {
			t.Fatalf("byte %d can be changed", i)
		}
	}
	for name, change := range map[string]func(*exposure.Scope){
		"no end":   func(s *exposure.Scope) { s.Until = time.Time{} },
		"no class": func(s *exposure.Scope) { s.Classes = nil },
		"no name":  func(s *exposure.Scope) { s.Domains[0].Name = "http://example.org/" },
	} {
		s := scope()
		change(&s)
		_, err := exposure.Own(s)
		refused(t, name, err)
	}
}

// TestInfrastructure: the operator's resolvers are asked as anybody asks them, on
// their own port; name servers above a domain as well; the host of mail rules only
// under its own name.
func TestInfrastructure(t *testing.T) {
	n := &names{answers: map[string]exposure.Answer{"a.nic.test": addresses("198.51.100.53"), "mta-sts.example.net": addresses("198.51.100.80"), "www.example.net": addresses("198.51.100.80")}}
	s := scope()
	s.Domains = append(s.Domains, exposure.Domain{Name: "example.net"})
	p, err := exposure.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	resolvers := []netip.AddrPort{netip.MustParseAddrPort("198.51.100.1:53"), netip.MustParseAddrPort("10.0.0.1:53"), netip.MustParseAddrPort("198.51.100.1:80"), netip.MustParseAddrPort("192.0.2.7:53")}
	d := exposure.NewDialer(p, exposure.DialerOptions{Resolver: n, Resolvers: resolvers, Now: func() time.Time { return now }})
	for i, allowed := range []bool{true, true, false, false} { // 192.0.2.7 is excluded
		err := d.Check(exposure.Request{Address: resolvers[i], Class: exposure.Passive, UDP: true})
		if allowed != (err == nil) {
			t.Errorf("%s: %v", resolvers[i], err)
		}
		refused(t, "resolver, class H", d.Check(exposure.Request{Address: resolvers[i], Class: exposure.Handshake}))
	}
	refused(t, "another port", d.Check(exposure.Request{Address: netip.MustParseAddrPort("198.51.100.1:443"), Class: exposure.Passive}))
	check := func(name, address string, class exposure.Class, via exposure.Via) error {
		if _, err := d.LookupService(t.Context(), name, via); err != nil {
			return err
		}
		return d.Check(exposure.Request{Name: name, Address: netip.MustParseAddrPort(address), Class: class, Via: &via})
	}
	above := exposure.Via{Domain: "example.org", Port: 53, Above: true}
	if err := check("a.nic.test", "198.51.100.53:53", exposure.Passive, above); err != nil {
		t.Errorf("a server above: %v", err)
	}
	refused(t, "a server above, class H", check("a.nic.test", "198.51.100.53:53", exposure.Handshake, above))
	rules := exposure.Via{Domain: "example.net", Port: 443}
	if err := check("mta-sts.example.net", "198.51.100.80:443", exposure.Passive, rules); err != nil {
		t.Errorf("mail rules: %v", err)
	}
	refused(t, "mail rules, class H", check("mta-sts.example.net", "198.51.100.80:443", exposure.Handshake, rules))
	refused(t, "another name", check("www.example.net", "198.51.100.80:443", exposure.Passive, rules))
	later := exposure.NewDialer(p, exposure.DialerOptions{Resolvers: resolvers, Now: func() time.Time { return s.Until }})
	refused(t, "resolver after the end", later.Check(exposure.Request{Address: resolvers[0], Class: exposure.Passive}))
}
