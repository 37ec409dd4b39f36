package certprobe_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/test/dnslab"
)

// record is the data of a TLSA record about a certificate.
func record(usage, selector, matching int, raw []byte) string {
	b := raw
	if selector == 1 {
		b = must(x509.ParseCertificate(raw)).RawSubjectPublicKeyInfo
	}
	switch matching {
	case 1:
		sum := sha256.Sum256(b)
		b = sum[:]
	case 2:
		sum := sha512.Sum512(b)
		b = sum[:]
	}
	return fmt.Sprintf("%d %d %d %s", usage, selector, matching, hex.EncodeToString(b))
}

// TestDANE asks real servers: one of TLS, and name servers that sign.
func TestDANE(t *testing.T) {
	root, stranger := newAuthority(t, "Root", nil), newAuthority(t, "Stranger", nil)
	middle := newAuthority(t, "Middle", &root)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf := middle.issue(key, func(c *x509.Certificate) { c.DNSNames = []string{"www.corp.test", "alias.corp.test"} })
	at := serveTLS(t, tls.Certificate{Certificate: [][]byte{leaf, middle.cert.Raw}, PrivateKey: key})
	roots := must(certprobe.LoadRoots("test", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw})))
	good, bad := record(3, 1, 1, leaf), record(3, 1, 1, stranger.cert.Raw)
	for name, tc := range map[string]struct {
		records []string
		sign    *dnslab.Signing
		name    string // "": www
		own     string // further records, PORT is the port
		noRoots bool
		want    exposure.Outcome
	}{
		"no record":               {sign: &dnslab.Signing{}, want: exposure.NotApplicable},
		"the key":                 {records: []string{good}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"the next key, too":       {records: []string{bad, good}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"another key":             {records: []string{bad}, sign: &dnslab.Signing{}, want: exposure.Fail},
		"the whole certificate":   {records: []string{record(3, 0, 2, leaf)}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"not signed":              {records: []string{good}, want: exposure.Warn},
		"wrongly signed":          {records: []string{good}, sign: &dnslab.Signing{Break: dns.TypeTLSA}, want: exposure.Fail},
		"an authority":            {records: []string{record(2, 1, 1, middle.cert.Raw)}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"a foreign authority":     {records: []string{record(2, 1, 1, stranger.cert.Raw)}, sign: &dnslab.Signing{}, want: exposure.Fail},
		"an authority not sent":   {records: []string{record(2, 0, 0, root.cert.Raw)}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"a known root":            {records: []string{record(0, 1, 1, root.cert.Raw)}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"the certificate, public": {records: []string{record(1, 1, 1, leaf)}, sign: &dnslab.Signing{}, want: exposure.Pass},
		"no store":                {records: []string{record(1, 1, 1, leaf)}, sign: &dnslab.Signing{}, noRoots: true, want: exposure.NotTested},
		"unknown usage":           {records: []string{strings.Replace(good, "3", "9", 1)}, sign: &dnslab.Signing{}, want: exposure.Warn},
		"hash too short":          {records: []string{"3 1 1 aabb"}, sign: &dnslab.Signing{}, want: exposure.Warn},
		"at the end of an alias":  {records: []string{good}, sign: &dnslab.Signing{}, name: "alias", want: exposure.Pass},
		"before the alias alone":  {sign: &dnslab.Signing{}, name: "alias", own: "_PORT._tcp.alias TLSA " + bad, want: exposure.Fail},
	} {
		text := "@ NS ns1\nns1 A 127.0.0.2\nwww A 127.0.0.1\nalias CNAME www\n" + strings.ReplaceAll(tc.own, "PORT", fmt.Sprint(at.Port())) + "\n"
		for _, r := range tc.records {
			text += fmt.Sprintf("_%d._tcp.www TLSA %s\n", at.Port(), r)
		}
		names := must(dnslab.Start([]*dnslab.Zone{{Name: "corp.test", Text: text, Sign: tc.sign}, {Name: "test", Text: "@ NS ns1.corp.test.\n", Sign: &dnslab.Signing{}}}, nil))
		d := must(names.Dialer([]string{"corp.test"}, nil))
		host := "www.corp.test"
		if tc.name != "" {
			host = tc.name + ".corp.test"
		}
		data := exposure.Data{Kinds: map[string]any{}}
		if !tc.noRoots {
			data.Kinds[certprobe.RootsKind] = roots
		}
		if _, err := d.Lookup(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		got, err := names.Scan(t.Context(), d, exposuretest.Catalogue(t), certprobe.Probes(), data,
			exposure.Target{Declared: host, Name: host, Address: at.Addr(), Port: at.Port(), Service: "https"})
		names.Close()
		if f := got["CERT-19"]; err != nil || f.Outcome != tc.want {
			t.Errorf("%s: %s (%s%s) %v, want %s", name, f.Outcome, f.Observed, f.Reason, err, tc.want)
		}
	}
}

// TestDANEWithoutNames: an address has no records; and a name that cannot be looked up
// is an error.
func TestDANEWithoutNames(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	if f := scan(t, key, root.cert, root.issue(key, nil))["CERT-19"]; f.Outcome != exposure.Error || f.Reason == "" {
		t.Errorf("%s %q", f.Outcome, f.Reason)
	}
	names := must(dnslab.Start([]*dnslab.Zone{{Name: "test", Text: "@ NS ns1\n", Sign: &dnslab.Signing{}}}, nil))
	t.Cleanup(func() { names.Close() })
	at := serveTLS(t, tls.Certificate{Certificate: [][]byte{root.issue(key, nil)}, PrivateKey: key})
	got, err := names.Scan(t.Context(), must(names.Dialer(nil, nil)), exposuretest.Catalogue(t), certprobe.Probes(), exposure.Data{}, exposure.Target{Address: at.Addr(), Port: at.Port(), Service: "tls"})
	if f := got["CERT-19"]; err != nil || f.Outcome != exposure.NotApplicable {
		t.Errorf("%s %q %v", f.Outcome, f.Reason, err)
	}
}

// FuzzTLSA: no record and no certificate makes a pass by accident, nor a panic.
func FuzzTLSA(f *testing.F) {
	f.Add(uint8(2), uint8(0), uint8(0), "30820122", []byte{0x30, 0})
	f.Add(uint8(3), uint8(1), uint8(1), "", []byte{})
	f.Fuzz(func(t *testing.T, usage, selector, matching uint8, data string, raw []byte) {
		r := dnsprobe.TLSA{Usage: usage, Selector: selector, Matching: matching, Data: data}
		fits := certprobe.FitsTLSA(r, [][]byte{raw, raw}, "example.org", x509.NewCertPool(), now)
		if _, err := x509.ParseCertificate(raw); fits && err != nil && (usage != 3 || selector == 1) {
			t.Errorf("%v fits %x", r, raw)
		}
		if fits && usage != 3 && usage != 2 {
			t.Errorf("%v fits without a root", r)
		}
	})
}

// serveTLS answers TLS on this machine.
func serveTLS(t *testing.T, c tls.Certificate) netip.AddrPort {
	t.Helper()
	l := tls.NewListener(exposuretest.Listen(t, "127.0.0.1"), &tls.Config{Certificates: []tls.Certificate{c}})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { c.(*tls.Conn).Handshake(); c.Close() }()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}
