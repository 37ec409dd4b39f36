package dnsprobe

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// FuzzAnswer: whatever a server sends, it is read and judged without panic, aliases
// come to an end, and nothing is secure without a signature of the zone.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		"a.test. 1 A 192.0.2.1", "a.test. 1 CNAME b.test.\nb.test. 1 CNAME a.test.", "a.test. 1 NSEC b.test. A", "test. 1 DNAME example.",
		"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.test. 1 NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX",
		"a.test. 1 RRSIG A 13 2 1 20260101000000 20250101000000 1 test. AAAA", "test. 1 DNSKEY 257 3 8 AwEAAQ==", "a.test. 1 HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1",
	} {
		m := new(dns.Msg)
		m.SetQuestion("a.test.", dns.TypeA)
		m.Response = true
		for line := range strings.SplitSeq(text, "\n") {
			rr, err := dns.NewRR(line)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer, m.Ns = append(m.Answer, rr), append(m.Ns, rr)
		}
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	key := &dns.DNSKEY{Hdr: dns.RR_Header{Name: "test.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET}, Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256}
	if _, err := key.Generate(256); err != nil {
		f.Fatal(err)
	}
	c := &Client{now: time.Now}
	z := &trusted{Verdict: Verdict{Security: Secure, Zone: "test"}, keys: []*dns.DNSKEY{key}}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b)
		if err != nil {
			return
		}
		for _, kind := range []uint16{dns.TypeA, dns.TypeDS, dns.TypeTXT} {
			if a := read(question{"a.test.", kind}, m); len(a.Chain) > longestChain {
				t.Errorf("%d aliases", len(a.Chain))
			}
			if next, _, err := c.judge(z, "a.test.", kind, m); err == nil {
				t.Errorf("secure without a signature, next %q", next)
			}
		}
		if s, _ := c.proof(z, m).delegation("a.test."); s == Secure {
			t.Error("no delegation is proven without a signature")
		}
		for _, k := range typed[*dns.DNSKEY](m.Answer) {
			if bits := rsaBits(k); bits < 0 || bits > 8*len(b) {
				t.Errorf("a key of %d bits", bits)
			}
		}
		readPacket(bytes.NewReader(b), m)
		readMessage(bytes.NewReader(b))
	})
}

func FuzzIssue(f *testing.F) {
	for _, s := range []string{"", ";", "letsencrypt.org", "ca.example; accounturi=https://ca.example/1; validationmethods=dns-01", "%%%%", "a;b", "a; =", "-a.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseIssue(s)
		if err == nil && i.Authority != "" && !hostName(i.Authority) {
			t.Errorf("%q is taken for a domain", i.Authority)
		}
	})
}

func FuzzZone(f *testing.F) {
	f.Add("$TTL 1\n@ A 192.0.2.1\nwww CNAME @\n* A 192.0.2.1\n_x TXT y\n")
	f.Add("$INCLUDE /etc/passwd\n")
	f.Add("$GENERATE 1-9999999 a$ A 192.0.2.1\n")
	f.Fuzz(func(t *testing.T, s string) {
		names, err := ReadZone("example.org", strings.NewReader(s))
		if err == nil && len(names) > mostNames {
			t.Errorf("%d names", len(names))
		}
	})
}

// TestOrder is the example of RFC 4034 section 6.1.
func TestOrder(t *testing.T) {
	names := []string{"example.", "a.example.", "yljkjljk.a.example.", "z.a.example.", "zabc.a.example.", "z.example.", `\001.z.example.`, "*.z.example.", `\200.z.example.`}
	for i, a := range names {
		for j, b := range names {
			if got := compare(a, b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	if !between("z.test.", "zz.test.", "test.") || between("a.test.", "c.test.", "b.test.") || !between("a.test.", "b.test.", "c.test.") {
		t.Error("gaps")
	}
}
