package dnsprobe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/test/dnslab"
)

// sound is a zone without anything wrong, but for its loopback addresses.
const sound = `
@    NS  ns1
@    NS  ns2
ns1  A   127.0.0.2
ns1  AAAA ::1
ns2  A   127.0.1.2
ns2  AAAA ::1
@    A   203.0.113.1
@    MX  10 mail
mail A   203.0.113.2
@    CAA 0 issue "letsencrypt.org; accounturi=https://ca.example/acct/1"
@    CAA 0 issuewild ";"
@    CAA 0 issuemail ";"
@    CAA 0 issuevmc ";"
`

// TestChecks spoils one thing of a zone at a time: the check that is about it
// notices, and the others do not.
func TestChecks(t *testing.T) {
	good := map[string]exposure.Outcome{"DNS-01": exposure.Pass, "DNS-02": exposure.Pass, "DNS-03": exposure.Pass, "DNS-04": exposure.Pass, "DNS-05": exposure.Pass, "DNS-06": exposure.Pass,
		"DNS-07": exposure.Pass, "DNS-08": exposure.Pass, "DNS-09": exposure.Pass, "DNS-10": exposure.NotApplicable, "DNS-11": exposure.NotApplicable, "DNS-12": exposure.Pass, "DNS-13": exposure.Info,
		"DNS-14": exposure.Pass, "DNS-15": exposure.NotTested, "DNS-16": exposure.Pass, "DNS-17": exposure.Pass, "DNS-18": exposure.Pass, "DNS-19": exposure.NotApplicable, "DNS-20": exposure.Pass,
		"DNS-21": exposure.NotTested, "DNS-22": exposure.NotTested}
	type outcomes map[string]exposure.Outcome
	day := 24 * time.Hour
	unsigned := outcomes{"DNS-07": exposure.Fail, "DNS-08": exposure.NotApplicable, "DNS-09": exposure.NotApplicable, "DNS-12": exposure.NotApplicable}
	for name, tc := range map[string]struct {
		text   string
		sign   *dnslab.Signing
		change func(first *dnslab.Host)
		above  string // further records of the zone above
		data   map[string]any
		want   outcomes
	}{
		"good":           {want: outcomes{}},
		"one server":     {text: strings.ReplaceAll(sound, "@    NS  ns2\n", ""), want: outcomes{"DNS-01": exposure.Fail, "DNS-03": exposure.Fail}},
		"one network":    {text: strings.ReplaceAll(sound, "127.0.1.2", "127.0.0.3"), want: outcomes{"DNS-01": exposure.Warn}},
		"delegation":     {above: "zone NS ns3.zone.test.\n", text: sound + "ns3 A 127.0.0.2\n", want: outcomes{"DNS-02": exposure.Fail}},
		"lame":           {change: func(h *dnslab.Host) { h.Zones = nil }, want: outcomes{"DNS-02": exposure.Fail}},
		"other edition":  {change: func(h *dnslab.Host) { h.Serial = 7 }, want: outcomes{"DNS-02": exposure.Warn}},
		"other servers":  {change: func(h *dnslab.Host) { h.NS = []string{"ns9.zone.test."} }, want: outcomes{"DNS-02": exposure.Fail}},
		"no IPv6":        {text: strings.ReplaceAll(sound, "AAAA ::1", "TXT x"), want: outcomes{"DNS-03": exposure.Fail}},
		"no TCP":         {change: func(h *dnslab.Host) { h.NoTCP = true }, want: outcomes{"DNS-04": exposure.Fail}},
		"no EDNS":        {sign: &dnslab.Signing{}, change: func(h *dnslab.Host) { h.NoEDNS = true }, want: outcomes{"DNS-04": exposure.Fail}},
		"long answers":   {text: sound + "@ TXT " + strings.Repeat(`"`+strings.Repeat("x", 250)+`" `, 6) + "\n", change: func(h *dnslab.Host) { h.Long = true }, want: outcomes{"DNS-04": exposure.Warn}},
		"recursion":      {change: func(h *dnslab.Host) { h.Recursive = true }, want: outcomes{"DNS-05": exposure.Fail}},
		"transfer":       {change: func(h *dnslab.Host) { h.Transfer = true }, want: outcomes{"DNS-06": exposure.Fail}},
		"unsigned":       {sign: &dnslab.Signing{Algorithm: 255}, want: unsigned},
		"no DS":          {sign: &dnslab.Signing{NoDS: true}, want: outcomes{"DNS-07": exposure.Fail, "DNS-08": exposure.NotApplicable}},
		"damaged":        {sign: &dnslab.Signing{Break: dns.TypeMX}, want: outcomes{"DNS-08": exposure.Fail}},
		"expired":        {sign: &dnslab.Signing{From: time.Now().Add(-9 * day), Until: time.Now().Add(-day)}, want: outcomes{"DNS-08": exposure.Fail, "DNS-12": exposure.Fail}},
		"early":          {sign: &dnslab.Signing{From: time.Now().Add(day), Until: time.Now().Add(9 * day)}, want: outcomes{"DNS-08": exposure.Fail, "DNS-12": exposure.Fail}},
		"ends soon":      {sign: &dnslab.Signing{From: time.Now().Add(-9 * day), Until: time.Now().Add(day)}, want: outcomes{"DNS-12": exposure.Warn}},
		"made on demand": {sign: &dnslab.Signing{From: time.Now().Add(-day), Until: time.Now().Add(day)}, want: outcomes{}},
		"SHA-1":          {sign: &dnslab.Signing{Algorithm: dns.RSASHA1, Bits: 1024}, want: outcomes{"DNS-09": exposure.Fail, "DNS-10": exposure.Warn}},
		"RSA 512":        {sign: &dnslab.Signing{Algorithm: dns.RSASHA512}, want: outcomes{"DNS-09": exposure.Warn, "DNS-10": exposure.Pass}},
		"digest":         {sign: &dnslab.Signing{Digest: dns.SHA1}, want: outcomes{"DNS-09": exposure.Fail}},
		"hashed":         {sign: &dnslab.Signing{Denial: dnslab.NSEC3}, want: outcomes{"DNS-11": exposure.Pass}},
		"iterations":     {sign: &dnslab.Signing{Denial: dnslab.NSEC3, Iterations: 10, Salt: "ab"}, want: outcomes{"DNS-11": exposure.Warn}},
		"too many":       {sign: &dnslab.Signing{Denial: dnslab.NSEC3, Iterations: 150}, want: outcomes{"DNS-11": exposure.Fail}},
		"child keys":     {text: sound + "@ CDS 12345 13 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n", want: outcomes{"DNS-13": exposure.Pass}},
		"no CAA":         {text: strings.ReplaceAll(sound, " CAA 0", ` TXT`), want: outcomes{"DNS-14": exposure.Fail, "DNS-15": exposure.NotApplicable}},
		"CAA syntax":     {text: strings.ReplaceAll(sound, "letsencrypt.org;", "lets encrypt;"), want: outcomes{"DNS-14": exposure.Fail}},
		"CAA critical":   {text: sound + `@ CAA 128 unheard "of"` + "\n", want: outcomes{"DNS-14": exposure.Fail}},
		"no account":     {text: strings.ReplaceAll(sound, "; accounturi=https://ca.example/acct/1", ""), want: outcomes{"DNS-14": exposure.Warn}},
		"dangling mail":  {text: sound + "@ MX 20 gone\n", want: outcomes{"DNS-16": exposure.Fail}},
		"dangling call":  {text: sound + "_sip._tcp SRV 1 1 5060 gone.test.\n", want: outcomes{"DNS-16": exposure.Fail}},
		"private":        {text: sound + "@ A 10.1.2.3\n", want: outcomes{"DNS-17": exposure.Fail}},
		"wildcard":       {text: sound + "* A 203.0.113.9\n", want: outcomes{"DNS-18": exposure.Info}},
		"hints":          {text: sound + "@ HTTPS 1 . ipv4hint=203.0.113.1\n", want: outcomes{"DNS-19": exposure.Pass}},
		"wrong hints":    {text: sound + "@ HTTPS 1 . ipv4hint=203.0.113.7\n", want: outcomes{"DNS-19": exposure.Fail}},
		"version":        {change: func(h *dnslab.Host) { h.Version = "named 9.99.1" }, want: outcomes{"DNS-20": exposure.Fail}},
		"no version":     {change: func(h *dnslab.Host) { h.Version = "none of your business" }, want: outcomes{}},
		"registered": {data: map[string]any{dnsprobe.RegistrationKind: dnsprobe.Registrations{"zone.test": []byte(`{"events":[{"eventAction":"expiration","eventDate":"2099-01-01T00:00:00Z"}],"status":["client transfer prohibited"]}`)}},
			want: outcomes{"DNS-21": exposure.Pass}},
		"ends": {data: map[string]any{dnsprobe.RegistrationKind: dnsprobe.Registrations{"zone.test": []byte(`{"events":[{"eventAction":"expiration","eventDate":"2020-01-01T00:00:00Z"}]}`)}},
			want: outcomes{"DNS-21": exposure.Fail}},
		"unreadable": {data: map[string]any{dnsprobe.RegistrationKind: dnsprobe.Registrations{"zone.test": []byte(`{`)}}, want: outcomes{"DNS-21": exposure.Error}},
		"inventory":  {data: map[string]any{dnsprobe.ZonesKind: dnsprobe.Zones{"zone.test": {"zone.test"}}}, want: outcomes{"DNS-22": exposure.Pass}},
		"forgotten":  {data: map[string]any{dnsprobe.ZonesKind: dnsprobe.Zones{"zone.test": {"zone.test", "other.example"}}}, want: outcomes{"DNS-22": exposure.Warn}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.text == "" {
				tc.text = sound
			}
			z := &dnslab.Zone{Name: "zone.test", Text: tc.text, Sign: &dnslab.Signing{}}
			if tc.sign != nil {
				z.Sign = tc.sign
			}
			if z.Sign.Algorithm == 255 {
				z.Sign = nil
			}
			first := dnslab.Host{Address: "127.0.0.2", Zones: []string{"zone.test"}}
			if tc.change != nil {
				tc.change(&first)
			}
			hosts := []dnslab.Host{first, {Address: "127.0.0.3", Zones: []string{"zone.test"}}, {Address: "127.0.1.2", Zones: []string{"zone.test"}}, {Address: "127.0.0.9", Zones: []string{"test", "."}}}
			if exposuretest.IPv6() {
				hosts = append(hosts, dnslab.Host{Address: "::1", Zones: []string{"zone.test"}})
			} else {
				good["DNS-03"] = exposure.NotTested
			}
			above := "@ NS ns.above.test.\nns.above A 127.0.0.9\n" + tc.above
			if tc.above != "" {
				above += "zone NS ns1.zone.test.\nzone NS ns2.zone.test.\n"
			}
			l := start(t, []*dnslab.Zone{{Name: "test", Text: above, Sign: &dnslab.Signing{}}, z}, hosts...)
			d, err := l.Dialer([]string{"zone.test"}, func(s *exposure.Scope) { s.Exclude.Ports = []uint16{443} })
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.Scan(t.Context(), d, exposuretest.Catalogue(t), dnsprobe.Probes(), exposure.Data{Kinds: tc.data}, exposure.Target{Declared: "zone.test", Name: "zone.test"})
			if err != nil {
				t.Fatal(err)
			}
			for check, want := range good {
				if special, ok := tc.want[check]; ok {
					want = special
				}
				if f := got[check]; f.Outcome != want {
					t.Errorf("%s: %q (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
				}
			}
			for id := range got {
				if _, ok := good[id]; !ok {
					t.Errorf("%s is not looked at", id)
				}
			}
		})
	}
}

// TestScope: without the right to ask servers of others nothing is sent to them, and
// nothing passes.
func TestScope(t *testing.T) {
	l := start(t, []*dnslab.Zone{{Name: "zone.test", Text: "@ NS ns.other.test.\n"}, {Name: "other.test", Text: "@ NS ns\nns A 127.0.0.2\n"}}, dnslab.Host{Address: "127.0.0.2", Zones: []string{"zone.test"}})
	d, err := l.Dialer([]string{"zone.test"}, func(s *exposure.Scope) {
		s.Services, s.Networks = false, nil
		s.Classes = []exposure.Class{exposure.Passive}
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Scan(t.Context(), d, exposuretest.Catalogue(t), dnsprobe.Probes(), exposure.Data{}, exposure.Target{Name: "zone.test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"DNS-02", "DNS-04", "DNS-05", "DNS-06", "DNS-13", "DNS-20"} {
		if f := got[id]; f.Outcome != exposure.NotTested {
			t.Errorf("%s: %s (%s%s)", id, f.Outcome, f.Observed, f.Reason)
		}
	}
}

// TestRecords: the ready records of who may certify pass.
func TestRecords(t *testing.T) {
	for _, s := range exposuretest.Catalogue(t).Snippets("DNS-14") {
		l := start(t, []*dnslab.Zone{{Name: "example.org", Text: "@ NS ns\n" + s.Text}})
		d, err := l.Dialer([]string{"example.org"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Scan(t.Context(), d, exposuretest.Catalogue(t), dnsprobe.Probes()[2:3], exposure.Data{}, exposure.Target{Name: "example.org"})
		if f := got["DNS-14"]; err != nil || f.Outcome != exposure.Pass {
			t.Errorf("%s: %s (%s%s) %v", s.ID, f.Outcome, f.Observed, f.Reason, err)
		}
	}
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	c := exposuretest.Catalogue(t)
	for _, id := range dnsprobe.Checks() {
		if check, ok := c.Get(id); !ok || check.Area != exposure.AreaDNS {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}

// BenchmarkZone looks at a signed zone with two servers: every check of names.
func BenchmarkZone(b *testing.B) {
	z := &dnslab.Zone{Name: "zone.test", Text: sound, Sign: &dnslab.Signing{}}
	l := start(b, []*dnslab.Zone{{Name: "test", Text: "@ NS ns.above.test.\nns.above A 127.0.0.9\n", Sign: &dnslab.Signing{}}, z}, dnslab.Host{Address: "127.0.0.2", Zones: []string{"zone.test"}},
		dnslab.Host{Address: "127.0.1.2", Zones: []string{"zone.test"}}, dnslab.Host{Address: "127.0.0.9", Zones: []string{"test", "."}})
	c := exposuretest.Catalogue(b)
	before := l.Asked.Load()
	for b.Loop() {
		d, err := l.Dialer([]string{"zone.test"}, func(s *exposure.Scope) { s.Exclude.Ports = []uint16{443} })
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Scan(b.Context(), d, c, dnsprobe.Probes(), exposure.Data{}, exposure.Target{Name: "zone.test"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(l.Asked.Load()-before)/float64(b.N), "questions/op")
}
