package netprobe_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/netprobe"
	"github.com/nisaba-platform/nisaba/test/dnslab"
)

const roas = `{"metadata":{"generated":1,"generatedTime":"2026-11-28T00:00:00Z"},"roas":[
{"asn":"AS64496","prefix":"8.0.0.0/8","maxLength":16,"ta":"x"},
{"asn":64497,"prefix":"8.1.0.0/16","maxLength":24,"ta":"x"},
{"asn":"AS64496","prefix":"2a00::/16","maxLength":48,"ta":"x"},
{"asn":"AS0","prefix":"9.9.0.0/16","maxLength":32,"ta":"x"}]}`

const routes = "% comment\n\n64496\t8.0.0.0/8\t300\n64497\t8.1.2.0/24\t300\n{64498,64499}\t8.2.0.0/16\t30\n64500\t8.3.0.0/16\t1\n64500 0.0.0.0/0 300\n64496\t2a00:1::/32\t300\n64500\t7.0.0.0/8\t300\n"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func origins(t testing.TB) *netprobe.Origins {
	t.Helper()
	o := &netprobe.Origins{Source: "routes of a test"}
	if err := o.ReadOrigins(strings.NewReader(routes)); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestValidate: the algorithm of RFC 6811.
func TestValidate(t *testing.T) {
	v := must(netprobe.ReadVRPs("ROAs", strings.NewReader(roas)))
	if v.Count != 4 || v.Source != "ROAs of 2026-11-28T00:00:00Z" {
		t.Errorf("%d, %s", v.Count, v.Source)
	}
	for _, tc := range []struct {
		prefix string
		as     uint32
		want   netprobe.State
	}{
		{"8.0.0.0/8", 64496, netprobe.Valid}, {"8.9.0.0/16", 64496, netprobe.Valid}, {"8.9.9.0/24", 64496, netprobe.Invalid}, {"8.0.0.0/8", 64497, netprobe.Invalid},
		{"8.1.2.0/24", 64497, netprobe.Valid}, {"8.1.0.0/16", 64496, netprobe.Valid}, {"8.1.2.0/25", 64497, netprobe.Invalid}, {"7.0.0.0/8", 64496, netprobe.NotFound}, {"0.0.0.0/0", 64496, netprobe.NotFound},
		{"2a00:1::/32", 64496, netprobe.Valid}, {"2a01::/32", 64496, netprobe.NotFound}, {"9.9.9.0/24", 0, netprobe.Invalid}, {"9.9.9.0/24", 64496, netprobe.Invalid},
	} {
		if got := v.Validate(netip.MustParsePrefix(tc.prefix), tc.as); got != tc.want {
			t.Errorf("%s by AS%d: %s, want %s", tc.prefix, tc.as, got, tc.want)
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "ASN,IP Prefix,Max Length,Trust Anchor,Expires\nAS64496,8.0.0.0/8,16,ripe,1\n64497,2a00::/16,48,ripe,1\n")
	z.Close()
	if v, err := netprobe.ReadVRPs("x", &packed); err != nil || v.Count != 2 || v.Validate(netip.MustParsePrefix("2a00:2::/32"), 64497) != netprobe.Valid {
		t.Errorf("CSV: %v", err)
	}
	for _, bad := range []string{"", "{}", `{"roas":{}}`, `{"roas":[{"asn":"x","prefix":"8.0.0.0/8"}]}`, `{"roas":[{"asn":1,"prefix":"8.0.0.0/33"}]}`, `{"roas":[{"asn":1,"prefix":"8.0.0.0/8","maxLength":4}]}`, "AS1,8.0.0.0/8", "\x1f\x8bxx"} {
		if _, err := netprobe.ReadVRPs("x", strings.NewReader(bad)); err == nil {
			t.Errorf("%q can be read", bad)
		}
	}
}

// TestOrigins: who announces an address.
func TestOrigins(t *testing.T) {
	o := origins(t)
	for address, want := range map[string]string{"8.1.2.3": "8.1.2.0/24 [64497]", "8.1.3.3": "8.0.0.0/8 [64496]", "8.2.1.1": "8.2.0.0/16 [64498 64499]", "8.3.1.1": "8.0.0.0/8 [64496]", "2a00:1::1": "2a00:1::/32 [64496]",
		"::ffff:7.0.0.1": "7.0.0.0/8 [64500]", "1.2.3.4": "invalid Prefix []"} {
		p, as, ok := o.Announced(netip.MustParseAddr(address))
		if got := fmt.Sprint(p, as); got != strings.ReplaceAll(want, " [", "[") && got != want || ok != (len(as) > 0) {
			t.Errorf("%s: %v %v %v, want %s", address, p, as, ok, want)
		}
	}
	for _, bad := range []string{"x 8.0.0.0/8 9", "1 8.0.0.0 9", "1", "1 8.0.0.0/8 many"} {
		if err := (&netprobe.Origins{}).ReadOrigins(strings.NewReader(bad)); err == nil {
			t.Errorf("%q can be read", bad)
		}
	}
	p, err := netprobe.ReadParticipants("list", strings.NewReader("# networks\n64496,A\n\n64497\nAS64498 B\n"))
	if err != nil || len(p.AS) != 3 || !p.AS[64498] {
		t.Errorf("%v %v", p, err)
	}
	if p, err := netprobe.ReadParticipants("list", strings.NewReader("64496\nAS64497\n")); err != nil || len(p.AS) != 2 {
		t.Errorf("%v %v", p, err)
	}
}

func scan(t *testing.T, text string, data map[string]any, settings map[string]string, change func(*exposure.Scope)) map[string]exposure.Finding {
	t.Helper()
	l, err := dnslab.Start([]*dnslab.Zone{{Name: "corp.test", Text: text}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d := must(l.Dialer([]string{"corp.test"}, change))
	out := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: netprobe.Probes(), Targets: []exposure.Target{{Name: "corp.test"}},
		Session: exposure.Session{Dialer: d, Catalogue: exposuretest.Catalogue(t), Scanner: "test", Settings: settings, Data: exposure.Data{Kinds: data}}}
	if err := s.Run(t.Context(), func(f exposure.Finding) { out[f.Check] = f }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRouting: the places of a domain against imported lists.
func TestRouting(t *testing.T) {
	data := map[string]any{netprobe.VRPsKind: must(netprobe.ReadVRPs("ROAs", strings.NewReader(roas))), netprobe.OriginsKind: origins(t),
		netprobe.ParticipantsKind: netprobe.Participants{Source: "list", AS: map[uint32]bool{64496: true}}}
	closed := func(s *exposure.Scope) { s.Exclude.Ports = []uint16{80, 443} } // these addresses belong to others: nothing is sent
	base := "@ NS ns1\n@ NS ns2\n@ MX 1 mx\n"
	for name, tc := range map[string]struct {
		text string
		data map[string]any
		want map[string]exposure.Outcome
	}{
		"good":     {base + "@ A 8.1.2.1\nns1 A 8.0.0.1\nns2 A 8.1.2.2\nmx A 8.0.0.1\n", data, map[string]exposure.Outcome{"NET-01": exposure.Fail, "NET-03": exposure.Pass, "NET-04": exposure.Pass, "NET-05": exposure.Info, "NET-06": exposure.Info}},
		"diverse":  {base + "@ A 8.1.2.1\nns1 A 8.0.0.1\nns2 A 8.1.2.2\nmx A 8.0.0.1\nmx A 8.1.2.9\n", data, map[string]exposure.Outcome{"NET-05": exposure.Pass}},
		"invalid":  {base + "@ A 8.2.0.1\nns1 A 8.0.0.1\nns2 A 8.1.2.2\nmx A 8.0.0.1\n", data, map[string]exposure.Outcome{"NET-03": exposure.Pass, "NET-04": exposure.Fail}},
		"no ROA":   {base + "@ A 7.0.0.1\nns1 A 8.0.0.1\nns2 A 8.1.2.2\nmx A 8.0.0.1\n", data, map[string]exposure.Outcome{"NET-03": exposure.Fail, "NET-04": exposure.Warn}},
		"unknown":  {base + "@ A 1.2.3.4\nns1 A 8.0.0.1\nns2 A 8.1.2.2\nmx A 8.0.0.1\n", data, map[string]exposure.Outcome{"NET-03": exposure.Fail, "NET-04": exposure.Error}},
		"private":  {base + "@ A 10.0.0.1\nns1 A 10.0.0.1\nns2 A 10.0.0.2\nmx A 10.0.0.3\n", data, map[string]exposure.Outcome{"NET-03": exposure.NotApplicable, "NET-04": exposure.NotApplicable}},
		"nothing":  {"ns1 A 8.0.0.1\n", data, map[string]exposure.Outcome{"NET-01": exposure.NotApplicable, "NET-04": exposure.NotApplicable}},
		"no lists": {base + "@ A 8.1.2.1\nns1 A 8.0.0.1\nns2 A 8.1.2.2\nmx A 8.0.0.1\n", nil, map[string]exposure.Outcome{"NET-03": exposure.NotTested, "NET-04": exposure.NotTested, "NET-05": exposure.NotTested, "NET-06": exposure.NotTested}},
		"all IPv6": {base + "@ AAAA 2a00:1::1\nns1 AAAA 2a00:1::2\nns2 AAAA 2a00:1::3\nmx AAAA 2a00:1::4\n", data, map[string]exposure.Outcome{"NET-01": exposure.Pass, "NET-02": exposure.NotApplicable}},
		"6to4":     {base + "@ AAAA 2002:801:201::1\nns1 AAAA 2a00:1::2\nns2 AAAA 2a00:1::3\nmx AAAA 2a00:1::4\n", data, map[string]exposure.Outcome{"NET-01": exposure.Fail}},
		"mapped":   {base + "@ AAAA ::ffff:8.1.2.1\nns1 AAAA 2a00:1::2\nns2 AAAA 2a00:1::3\nmx AAAA 2a00:1::4\n", data, map[string]exposure.Outcome{"NET-01": exposure.Fail}},
		"mail not": {base + "@ AAAA 2a00:1::1\nns1 AAAA 2a00:1::2\nns2 AAAA 2a00:1::3\nmx A 8.0.0.1\n", data, map[string]exposure.Outcome{"NET-01": exposure.Fail}},
	} {
		got := scan(t, tc.text, tc.data, nil, closed)
		for check, want := range tc.want {
			if f := got[check]; f.Outcome != want {
				t.Errorf("%s: %s: %q (%s%s), want %s", name, check, f.Outcome, f.Observed, f.Reason, want)
			}
		}
	}
}

// TestParity: what a name offers over IPv4 and IPv6.
func TestParity(t *testing.T) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	cert := tls.Certificate{Certificate: [][]byte{must(x509.CreateCertificate(rand.Reader, c, c, key.Public(), key))}, PrivateKey: key}
	exposuretest.NeedIPv6(t)
	serve := func(address string, port, least uint16) uint16 {
		t.Helper()
		l, err := tls.Listen("tcp", net.JoinHostPort(address, fmt.Sprint(port)), &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: least})
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
				go func() { c.(*tls.Conn).Handshake(); c.Close() }()
			}
		}()
		return port
	}
	const text = "@ NS ns\nns A 127.0.0.2\n@ A 127.0.0.1\n@ AAAA ::1\n"
	expect := func(want exposure.Outcome, ports ...uint16) {
		t.Helper()
		var list []string
		for _, p := range ports {
			list = append(list, fmt.Sprint(p))
		}
		if f := scan(t, text, nil, map[string]string{netprobe.PortsSetting: strings.Join(list, ",")}, nil)["NET-02"]; f.Outcome != want {
			t.Errorf("%s (%s%s), want %s", f.Outcome, f.Observed, f.Reason, want)
		}
	}
	same := serve("127.0.0.1", exposuretest.Port(t), tls.VersionTLS12)
	serve("::1", same, tls.VersionTLS12)
	expect(exposure.Pass, same)
	four := serve("127.0.0.1", exposuretest.Port(t), tls.VersionTLS12)
	expect(exposure.Warn, same, four)
	six := serve("::1", exposuretest.Port(t), tls.VersionTLS12)
	expect(exposure.Fail, same, six)
	old := serve("127.0.0.1", exposuretest.Port(t), tls.VersionTLS12)
	serve("::1", old, tls.VersionTLS10)
	expect(exposure.Fail, old)
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	c := exposuretest.Catalogue(t)
	for _, id := range netprobe.Checks() {
		if check, ok := c.Get(id); !ok || check.Area != exposure.AreaNetwork {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

func FuzzLists(f *testing.F) {
	f.Add([]byte(roas))
	f.Add([]byte(routes))
	f.Add([]byte("ASN,IP Prefix,Max Length\nAS1,8.0.0.0/8,8\n"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte(","))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := netprobe.ReadVRPs("x", bytes.NewReader(b)); err == nil && v.Count == 0 {
			t.Error("no ROA, and no error")
		}
		o := &netprobe.Origins{}
		if err := o.ReadOrigins(bytes.NewReader(b)); err == nil {
			o.Announced(netip.MustParseAddr("8.8.8.8"))
		}
		netprobe.ReadParticipants("x", bytes.NewReader(b))
	})
}

// BenchmarkLists reads as many entries as there are on the Internet and looks one up.
func BenchmarkLists(b *testing.B) {
	var file bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&file, "AS%d,%d.%d.%d.0/24,24,x\n", 64496+i%100, 11+i/65536, i/256%256, i%256)
	}
	b.ReportAllocs()
	for b.Loop() {
		v := must(netprobe.ReadVRPs("x", bytes.NewReader(file.Bytes())))
		v.Validate(netip.MustParsePrefix("11.1.1.0/24"), 64497)
	}
}
