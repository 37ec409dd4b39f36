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
