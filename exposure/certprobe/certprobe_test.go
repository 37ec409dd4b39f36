package certprobe_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
)

var now = time.Now()

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T, name string, parent *authority) authority {
	t.Helper()
	a := authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	c := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: now.Add(10000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	by := authority{&c, a.key}
	if parent != nil {
		by = *parent
	}
	der := must(x509.CreateCertificate(rand.Reader, &c, by.cert, a.key.Public(), by.key))
	a.cert = must(x509.ParseCertificate(der))
	return a
}

// fixed is a resolver that knows one address.
type fixed struct{ at netip.Addr }

// Addresses answers with it.
func (f fixed) Addresses(context.Context, string) (exposure.Answer, error) {
	return exposure.Answer{Addresses: []netip.Addr{f.at}}, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// issue makes a certificate for example.org that the change may spoil.
func (a authority) issue(key crypto.Signer, change func(*x509.Certificate)) []byte {
	c := x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "example.org"}, DNSNames: []string{"example.org"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(60 * 24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if change != nil {
		change(&c)
	}
	parent := a.cert
	signer := a.key
	if parent == nil {
		parent, signer = &c, key
	}
	return must(x509.CreateCertificate(rand.Reader, &c, parent, key.Public(), signer))
}

// scan serves a chain and gives the findings by check.
func scan(t *testing.T, key crypto.Signer, roots *x509.Certificate, chain ...[]byte) map[string]exposure.Finding {
	t.Helper()
	return scanWith(t, key, must(certprobe.LoadRoots("test", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: roots.Raw}))), chain...)
}

func scanWith(t *testing.T, key crypto.Signer, store certprobe.Roots, chain ...[]byte) map[string]exposure.Finding {
	t.Helper()
	return scanServed(t, tls.Certificate{Certificate: chain, PrivateKey: key}, map[string]any{certprobe.RootsKind: store})
}

func scanServed(t *testing.T, c tls.Certificate, data map[string]any) map[string]exposure.Finding {
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
	at := netip.MustParseAddrPort(l.Addr().String())
	permit, err := exposure.Own(exposure.Scope{ID: "test", Until: now.Add(time.Hour), Classes: []exposure.Class{exposure.Handshake}, Loopback: true,
		Domains:  []exposure.Domain{{Name: "example.org", Sweep: true}},
		Networks: []exposure.Network{{Prefix: netip.PrefixFrom(at.Addr(), 32)}}})
	if err != nil {
		t.Fatal(err)
	}
	catalogue := exposuretest.Catalogue(t)
	out := map[string]exposure.Finding{}
	d := exposure.NewDialer(permit, exposure.DialerOptions{Resolver: fixed{at.Addr()}, Timeout: time.Minute})
	if _, err := d.Lookup(t.Context(), "example.org"); err != nil {
		t.Fatal(err)
	}
	s := exposure.Scan{Probes: certprobe.Probes(), Targets: []exposure.Target{{Declared: "example.org", Name: "example.org", Address: at.Addr(), Port: at.Port(), Service: "https"}},
		Session: exposure.Session{Dialer: d, Catalogue: catalogue, Scanner: "test", Data: exposure.Data{Kinds: data}}}
	if err := s.Run(t.Context(), func(f exposure.Finding) { out[f.Check] = f }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCertificates spoils one thing at a time: the check that is about it notices,
// and the others do not.
func TestCertificates(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	middle := newAuthority(t, "Middle", &root)
	stranger := newAuthority(t, "Stranger", nil)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	short := must(rsa.GenerateKey(rand.Reader, 2048))
	good := map[string]exposure.Outcome{"CERT-01": exposure.Pass, "CERT-02": exposure.Pass, "CERT-03": exposure.Pass, "CERT-04": exposure.Pass, "CERT-05": exposure.Pass,
		"CERT-06": exposure.Pass, "CERT-07": exposure.Pass, "CERT-08": exposure.Pass, "CERT-09": exposure.Pass, "CERT-10": exposure.Pass, "CERT-11": exposure.Pass,
		"CERT-14": exposure.Fail, "CERT-15": exposure.NotApplicable, "CERT-17": exposure.Pass, "CERT-18": exposure.Pass, "CERT-22": exposure.Fail}
	for name, tc := range map[string]struct {
		key    crypto.Signer
		by     authority
		change func(*x509.Certificate)
		chain  [][]byte // after the certificate
		want   map[string]exposure.Outcome
	}{
		"good":          {key, middle, nil, [][]byte{middle.cert.Raw}, nil},
		"root sent":     {key, middle, nil, [][]byte{middle.cert.Raw, root.cert.Raw}, map[string]exposure.Outcome{"CERT-02": exposure.Warn}},
		"wrong order":   {key, middle, nil, [][]byte{root.cert.Raw, middle.cert.Raw}, map[string]exposure.Outcome{"CERT-02": exposure.Fail}},
		"middle absent": {key, middle, nil, nil, map[string]exposure.Outcome{"CERT-01": exposure.Fail, "CERT-22": exposure.Warn}},
		"stranger":      {key, stranger, nil, nil, map[string]exposure.Outcome{"CERT-01": exposure.Fail, "CERT-22": exposure.Warn}},
		"other name":    {key, root, func(c *x509.Certificate) { c.DNSNames = []string{"example.com"} }, nil, map[string]exposure.Outcome{"CERT-03": exposure.Fail}},
		"common name":   {key, root, func(c *x509.Certificate) { c.DNSNames = nil }, nil, map[string]exposure.Outcome{"CERT-03": exposure.Fail, "CERT-09": exposure.Fail}},
		"expired":       {key, root, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }, nil, map[string]exposure.Outcome{"CERT-04": exposure.Fail, "CERT-22": exposure.NotApplicable}},
		"soon":          {key, root, func(c *x509.Certificate) { c.NotAfter = now.Add(9 * 24 * time.Hour) }, nil, map[string]exposure.Outcome{"CERT-04": exposure.Warn}},
		"tomorrow":      {key, root, func(c *x509.Certificate) { c.NotBefore = now.Add(24 * time.Hour) }, nil, map[string]exposure.Outcome{"CERT-05": exposure.Fail}},
		"too long":      {key, root, func(c *x509.Certificate) { c.NotAfter = now.Add(300 * 24 * time.Hour) }, nil, map[string]exposure.Outcome{"CERT-06": exposure.Fail}},
		"short key":     {short, root, nil, nil, map[string]exposure.Outcome{"CERT-07": exposure.Warn, "CERT-15": exposure.Pass}},
		"for clients":   {key, root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, nil, map[string]exposure.Outcome{"CERT-09": exposure.Fail}},
		"self-signed":   {key, authority{}, nil, nil, map[string]exposure.Outcome{"CERT-01": exposure.Fail, "CERT-10": exposure.Fail, "CERT-22": exposure.NotApplicable}},
		"wildcard":      {key, root, func(c *x509.Certificate) { c.DNSNames = []string{"example.org", "*.example.org"} }, nil, map[string]exposure.Outcome{"CERT-11": exposure.Info}},
		"internal":      {key, root, func(c *x509.Certificate) { c.DNSNames = []string{"example.org", "db.local"} }, nil, map[string]exposure.Outcome{"CERT-17": exposure.Fail}},
		"factory":       {key, root, func(c *x509.Certificate) { c.Subject.CommonName = "FortiGate" }, nil, map[string]exposure.Outcome{"CERT-18": exposure.Fail}},
	} {
		t.Run(name, func(t *testing.T) {
			got := scan(t, tc.key, root.cert, append([][]byte{tc.by.issue(tc.key, tc.change)}, tc.chain...)...)
			for check, want := range good {
				if special, ok := tc.want[check]; ok {
					want = special
				}
				if f := got[check]; f.Outcome != want {
					t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
				}
			}
		})
	}
}

// TestOwnRoot: nobody logs the certificates of a root of one's own; of a stranger's
// root, that is not known.
func TestOwnRoot(t *testing.T) {
	own, stranger := newAuthority(t, "Own", nil), newAuthority(t, "Stranger", nil)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	store := must(must(certprobe.LoadRoots("test", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: stranger.cert.Raw}))).
		With("own", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.cert.Raw})))
	for by, want := range map[*authority]exposure.Outcome{&own: exposure.NotApplicable, &stranger: exposure.Fail} {
		if f := scanWith(t, key, store, by.issue(key, nil))["CERT-14"]; f.Outcome != want {
			t.Errorf("%s: %s, want %s", by.cert.Subject, f.Outcome, want)
		}
	}
}

// TestLogged: browsers ask for stamps of two logs, of three for certificates that live
// long; the same log twice is one log.
func TestLogged(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	stamps := func(days int, logs ...byte) func(*x509.Certificate) {
		var list []byte
		for _, log := range logs {
			list = append(append(list, 0, 43, 0), bytes.Repeat([]byte{log}, 32)...)
			list = append(list, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0)
		}
		value := must(asn1.Marshal(append([]byte{byte(len(list) >> 8), byte(len(list))}, list...)))
		return func(c *x509.Certificate) {
			c.NotAfter = c.NotBefore.Add(time.Duration(days) * 24 * time.Hour)
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: value})
		}
	}
	for name, tc := range map[string]struct {
		change func(*x509.Certificate)
		want   exposure.Outcome
	}{
		"two logs":                 {stamps(180, 1, 2), exposure.Pass},
		"one log twice":            {stamps(180, 1, 1), exposure.Fail},
		"two logs for a long life": {stamps(199, 1, 2), exposure.Fail},
		"three logs, a long life":  {stamps(199, 1, 2, 3), exposure.Pass},
		"nothing":                  {stamps(180), exposure.Fail},
	} {
		if f := scan(t, key, root.cert, root.issue(key, tc.change))["CERT-14"]; f.Outcome != tc.want {
			t.Errorf("%s: %s (%s%s), want %s", name, f.Outcome, f.Observed, f.Reason, tc.want)
		}
	}
}

// TestShippedRoots: the store can be read, and says of which day it is.
func TestShippedRoots(t *testing.T) {
	b := must(content.FS.ReadFile("exposure/roots.pem"))
	r, err := certprobe.LoadRoots("shipped", b)
	if err != nil {
		t.Fatal(err)
	}
	if r.Pool.Equal(x509.NewCertPool()) || r.Source != "shipped" {
		t.Error("the store is empty")
	}
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	catalogue := exposuretest.Catalogue(t)
	for _, id := range certprobe.Checks() {
		if c, ok := catalogue.Get(id); !ok || c.Area != exposure.AreaCertificate {
			t.Errorf("%s is not in the catalogue", id)
		}
	}
}
