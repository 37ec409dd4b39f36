package dnsprobe_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/test/dnslab"
)

// hosts of most zones.
const text = `
@      NS    ns1
@      NS    ns2
ns1    A     127.0.0.2
ns2    A     127.0.0.3
@      A     192.0.2.1
www    A     192.0.2.1
deep.empty A 192.0.2.2
*.wild A     192.0.2.3
alias  CNAME www
out    CNAME www.plain.test.
`

func signed(name string, s dnslab.Signing) *dnslab.Zone {
	return &dnslab.Zone{Name: name, Text: text, Sign: &s}
}

func start(t testing.TB, zones []*dnslab.Zone, hosts ...dnslab.Host) *dnslab.Lab {
	t.Helper()
	l, err := dnslab.Start(zones, hosts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// truths is what holds of the names of the laboratory.
var truths = []struct {
	name string
	kind uint16
	want dnsprobe.Security
}{{"good.test", dns.TypeSOA, dnsprobe.Secure},
	{"www.good.test", dns.TypeA, dnsprobe.Secure},
	{"WWW.good.test", dns.TypeAAAA, dnsprobe.Secure}, // proven not to exist
	{"nothing.good.test", dns.TypeA, dnsprobe.Secure},
	{"a.b.c.good.test", dns.TypeA, dnsprobe.Secure},
	{"empty.good.test", dns.TypeA, dnsprobe.Secure},
	{"deep.empty.good.test", dns.TypeA, dnsprobe.Secure},
	{"any.wild.good.test", dns.TypeA, dnsprobe.Secure},
	{"any.wild.good.test", dns.TypeMX, dnsprobe.Secure},
	{"alias.good.test", dns.TypeA, dnsprobe.Secure},
	{"out.good.test", dns.TypeA, dnsprobe.Insecure},
	{"www.good.example", dns.TypeA, dnsprobe.Secure},
	{"nothing.good.example", dns.TypeA, dnsprobe.Secure},
	{"www.hashed.test", dns.TypeA, dnsprobe.Secure},
	{"nothing.hashed.test", dns.TypeA, dnsprobe.Secure},
	{"empty.hashed.test", dns.TypeA, dnsprobe.Secure},
	{"any.wild.hashed.test", dns.TypeA, dnsprobe.Secure},
	{"any.wild.hashed.test", dns.TypeTXT, dnsprobe.Secure},
	{"www.hashed.test", dns.TypeTXT, dnsprobe.Secure},
	{"nothing.old.test", dns.TypeA, dnsprobe.Secure},
	{"www.long.test", dns.TypeA, dnsprobe.Secure}, // signed itself: no proof is needed
	{"nothing.long.test", dns.TypeA, dnsprobe.Insecure},
	{"damaged.test", dns.TypeSOA, dnsprobe.Secure},
	{"www.damaged.test", dns.TypeA, dnsprobe.Bogus},
	{"www.keys.test", dns.TypeA, dnsprobe.Bogus},
	{"www.proofs.test", dns.TypeTXT, dnsprobe.Bogus},
	{"nothing.proofs.test", dns.TypeA, dnsprobe.Bogus},
	{"any.wild.proofs.test", dns.TypeA, dnsprobe.Bogus},
	{"expired.test", dns.TypeSOA, dnsprobe.Bogus},
	{"early.test", dns.TypeSOA, dnsprobe.Bogus},
	{"www.island.test", dns.TypeA, dnsprobe.Insecure},
	{"www.plain.test", dns.TypeA, dnsprobe.Insecure},    // opt-out
	{"www.plain.example", dns.TypeA, dnsprobe.Insecure}, // NSEC
	{"nothing.test", dns.TypeA, dnsprobe.Insecure},      // opt-out says nothing of names without signatures
	{"nothing.example", dns.TypeA, dnsprobe.Secure},
	{"nowhere", dns.TypeA, dnsprobe.Secure},
}

// zones are good ones, and those that are wrong in one way each.
func zones() []*dnslab.Zone {
	day := 24 * time.Hour
	return []*dnslab.Zone{
		{Name: "test", Text: "@ NS ns1.lab.\n", Sign: &dnslab.Signing{Denial: dnslab.NSEC3, OptOut: true}},
		{Name: "example", Text: "@ NS ns1.lab.\n", Sign: &dnslab.Signing{}},
		signed("good.test", dnslab.Signing{}),
		signed("good.example", dnslab.Signing{Algorithm: dns.ED25519}),
		signed("hashed.test", dnslab.Signing{Algorithm: dns.RSASHA256, Denial: dnslab.NSEC3}),
		signed("old.test", dnslab.Signing{Algorithm: dns.RSASHA1NSEC3SHA1, Bits: 1024, Denial: dnslab.NSEC3, Iterations: 10, Salt: "abcd"}),
		signed("long.test", dnslab.Signing{Denial: dnslab.NSEC3, Iterations: 200}),
		signed("damaged.test", dnslab.Signing{Break: dns.TypeA}),
		signed("keys.test", dnslab.Signing{Break: dns.TypeDNSKEY}),
		signed("proofs.test", dnslab.Signing{Break: dns.TypeNSEC}),
		signed("expired.test", dnslab.Signing{From: time.Now().Add(-9 * day), Until: time.Now().Add(-day)}),
		signed("early.test", dnslab.Signing{From: time.Now().Add(day), Until: time.Now().Add(9 * day)}),
		signed("island.test", dnslab.Signing{NoDS: true}),
		{Name: "plain.test", Text: text},
		{Name: "plain.example", Text: text},
	}
}

// TestValidate: the chain of signatures says the truth about good zones and about
// those that are wrong in one way each.
func TestValidate(t *testing.T) {
	l := start(t, zones())
	d, err := l.Dialer([]string{"test", "example"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dnsprobe.From(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range truths {
		v, err := c.Validate(t.Context(), tc.name, tc.kind)
		if err != nil || v.Security != tc.want {
			t.Errorf("%s %s: %s (%s) %v, want %s", tc.name, dns.TypeToString[tc.kind], v.Security, v.Why, err, tc.want)
		}
	}
	l.Anchors[0].Digest = "00" + l.Anchors[0].Digest[2:]
	d, err = l.Dialer([]string{"test"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, _ = dnsprobe.From(d)
	if v, err := c.Validate(t.Context(), "good.test", dns.TypeSOA); err != nil || v.Security != dnsprobe.Bogus {
		t.Errorf("with another anchor: %+v %v", v, err)
	}
}

// TestAgainstDelv: the validator of BIND says the same of the same answers.
func TestAgainstDelv(t *testing.T) {
	delv, err := exec.LookPath("delv")
	if err != nil {
		t.Skip("delv is not installed")
	}
	l := start(t, zones())
	a := l.Anchors[0]
	anchors := filepath.Join(t.TempDir(), "anchors")
	if err := os.WriteFile(anchors, fmt.Appendf(nil, "trust-anchors { . static-ds %d %d %d \"%s\"; };", a.KeyTag, a.Algorithm, a.DigestType, a.Digest), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range truths {
		t.Run(tc.name+" "+dns.TypeToString[tc.kind], func(t *testing.T) {
			t.Parallel()
			out, _ := exec.CommandContext(t.Context(), delv, "@127.0.0.1", "-p", fmt.Sprint(l.Port), "-a", anchors, "-4", tc.name, dns.TypeToString[tc.kind]).CombinedOutput()
			got := dnsprobe.Bogus
			switch text := string(out); {
			case strings.Contains(text, "unsigned answer"):
				got = dnsprobe.Insecure
			case strings.Contains(text, "fully validated"):
				got = dnsprobe.Secure
			}
			if tc.name == "nothing.test" { // opt-out proves nothing (RFC 5155 section 9.2), whatever delv writes
				got = dnsprobe.Insecure
			}
			if got != tc.want {
				t.Errorf("delv says %s, want %s:\n%s", got, tc.want, out)
			}
		})
	}
}
