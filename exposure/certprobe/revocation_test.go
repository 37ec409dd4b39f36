package certprobe_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
)

// answer is an OCSP answer about the certificates of issue.
func (a authority) answer(status int, until time.Time) []byte {
	return must(ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{Status: status, SerialNumber: big.NewInt(2), ThisUpdate: now.Add(-time.Hour), NextUpdate: until,
		RevokedAt: now.Add(-2 * time.Hour)}, a.key))
}

// list is a list of revoked certificates, as people import it.
func (a authority) list(until time.Time, serials ...int64) []*x509.RevocationList {
	l := x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: until}
	for _, n := range serials {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n), RevocationTime: now.Add(-time.Hour)})
	}
	der := must(x509.CreateRevocationList(rand.Reader, &l, a.cert, a.key))
	return must(certprobe.LoadCRLs(bytes.NewReader(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))))
}

// TestRevocation: what the issuer says decides, and nothing else is a pass.
func TestRevocation(t *testing.T) {
	root, other := newAuthority(t, "Root", nil), newAuthority(t, "Root", nil)
	var key crypto.Signer = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf, later, past := root.issue(key, nil), now.Add(time.Hour), now.Add(-time.Minute)
	for name, tc := range map[string]struct {
		alone  bool
		staple []byte
		lists  []*x509.RevocationList
		want   exposure.Outcome
	}{
		"nothing":                   {want: exposure.NotTested},
		"without the issuer":        {alone: true, staple: root.answer(ocsp.Good, later), want: exposure.NotTested},
		"good":                      {staple: root.answer(ocsp.Good, later), want: exposure.Pass},
		"revoked":                   {staple: root.answer(ocsp.Revoked, later), want: exposure.Fail},
		"old answer":                {staple: root.answer(ocsp.Good, past), want: exposure.Error},
		"unknown":                   {staple: root.answer(ocsp.Unknown, later), want: exposure.Error},
		"answer of another":         {staple: other.answer(ocsp.Good, later), want: exposure.Error},
		"noise":                     {staple: []byte("noise"), want: exposure.Error},
		"not in the list":           {lists: root.list(later, 7, 8), want: exposure.Pass},
		"in the list":               {lists: root.list(later, 7, 2), want: exposure.Fail},
		"in an old list":            {lists: root.list(past, 2), want: exposure.Fail},
		"not in an old list":        {lists: root.list(past, 7), want: exposure.Error},
		"list of another":           {lists: other.list(later, 7), want: exposure.Error},
		"old answer, and in a list": {staple: root.answer(ocsp.Good, past), lists: root.list(later, 2), want: exposure.Fail},
	} {
		chain := [][]byte{leaf, root.cert.Raw}
		if tc.alone {
			chain = chain[:1]
		}
		got := scanServed(t, tls.Certificate{Certificate: chain, PrivateKey: key, OCSPStaple: tc.staple}, map[string]any{certprobe.CRLsKind: tc.lists})
		if f := got["CERT-13"]; f.Outcome != tc.want {
			t.Errorf("%s: %s %s %s", name, f.Outcome, f.Observed, f.Reason)
		}
	}
}

// TestRevocable: a certificate says where its revocation would be told, unless nobody
// could revoke it, or it ends before that would help.
func TestRevocable(t *testing.T) {
	public, own, stranger := newAuthority(t, "Public", nil), newAuthority(t, "Own", nil), newAuthority(t, "Stranger", nil)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	store := must(must(certprobe.LoadRoots("test", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public.cert.Raw}))).
		With("own", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.cert.Raw})))
	list := func(c *x509.Certificate) { c.CRLDistributionPoints = []string{"http://crl.example.org/1.crl"} }
	lives := func(from time.Time, days int, more time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.NotBefore = from
			c.NotAfter = from.Add(time.Duration(days)*24*time.Hour - time.Second + more)
		}
	}
	before, after := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		by     authority
		change func(*x509.Certificate)
		want   exposure.Outcome
	}{
		"nothing":                      {public, nil, exposure.Fail},
		"a list":                       {public, list, exposure.Pass},
		"an OCSP server":               {public, func(c *x509.Certificate) { c.OCSPServer = []string{"http://ocsp.example.org"} }, exposure.Pass},
		"only the issuer's address":    {public, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://example.org/ca.der"} }, exposure.Fail},
		"own root":                     {own, nil, exposure.Warn},
		"own root with a list":         {own, list, exposure.Pass},
		"stranger":                     {stranger, nil, exposure.Warn},
		"self-signed":                  {authority{}, nil, exposure.NotApplicable},
		"seven days":                   {public, lives(after, 7, 0), exposure.NotApplicable},
		"seven days and a second":      {public, lives(after, 7, time.Second), exposure.Fail},
		"ten days, before 2026-03-15":  {public, lives(before, 10, 0), exposure.NotApplicable},
		"ten days and a second, so":    {public, lives(before, 10, time.Second), exposure.Fail},
		"short-lived, of one's own":    {own, lives(after, 7, 0), exposure.NotApplicable},
		"short-lived, but with a list": {public, func(c *x509.Certificate) { lives(after, 7, 0)(c); list(c) }, exposure.Pass},
	} {
		if f := scanWith(t, key, store, tc.by.issue(key, tc.change))["CERT-22"]; f.Outcome != tc.want {
			t.Errorf("%s: %s (%s%s), want %s", name, f.Outcome, f.Observed, f.Reason, tc.want)
		}
	}
}

// FuzzCRLs: a file that is no list is an error.
func FuzzCRLs(f *testing.F) {
	f.Add("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n")
	f.Add("\x30\x00")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := certprobe.LoadCRLs(strings.NewReader(s))
		if err == nil && len(list) > 0 && len(s) < 40 {
			t.Errorf("%d lists in %d bytes", len(list), len(s))
		}
	})
}
