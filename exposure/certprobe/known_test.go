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
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
)

// known are certificates as people import them.
func known(t *testing.T, ders ...[]byte) *certprobe.Known {
	t.Helper()
	var b bytes.Buffer
	for _, der := range ders {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	k := &certprobe.Known{}
	if err := k.Add(&b); err != nil {
		t.Fatal(err)
	}
	return k
}

// TestOwnKey: an earlier certificate with another key is a pass, and nothing else.
func TestOwnKey(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	var key, other crypto.Signer = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf := root.issue(key, nil)
	before := func(c *x509.Certificate) { c.NotBefore = now.Add(-90 * 24 * time.Hour) }
	elsewhere := func(c *x509.Certificate) { c.DNSNames = []string{"shop.example.org"} }
	for name, tc := range map[string]struct {
		known *certprobe.Known
		want  exposure.Outcome
		says  string
	}{
		"nothing":                   {nil, exposure.NotTested, "no other certificates"},
		"itself":                    {known(t, leaf), exposure.NotTested, "an earlier one"},
		"of another name":           {known(t, root.issue(other, elsewhere)), exposure.NotTested, "an earlier one"},
		"earlier, another key":      {known(t, leaf, root.issue(other, before)), exposure.Pass, "1"},
		"earlier, the same key":     {known(t, root.issue(key, before)), exposure.Warn, "example.org"},
		"same key for another host": {known(t, root.issue(other, before), root.issue(key, elsewhere)), exposure.Warn, "shop.example.org"},
	} {
		data := map[string]any{}
		if tc.known != nil {
			data[certprobe.KnownKind] = tc.known
		}
		f := scanServed(t, tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}, data)["CERT-12"]
		if f.Outcome != tc.want || !strings.Contains(f.Observed+f.Reason, tc.says) || len(f.Keys) != 1 || len(f.Keys[0]) != 64 {
			t.Errorf("%s: %s (%s%s) %v, want %s", name, f.Outcome, f.Observed, f.Reason, f.Keys, tc.want)
		}
	}
}

// TestKnownFiles: DER and PEM are read, keys are passed over, and what is neither is an
// error.
func TestKnownFiles(t *testing.T) {
	root := newAuthority(t, "Root", nil)
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw}))
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}))
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{0x30, 0}}))
	for file, good := range map[string]bool{string(root.cert.Raw): true, cert: true, private + cert + cert: true, private: false, "": false, "noise": false, cert + broken: false} {
		if err := (&certprobe.Known{}).Add(strings.NewReader(file)); (err == nil) != good {
			t.Errorf("%.40q: %v", file, err)
		}
	}
}

// FuzzKnown: a file that is no certificate is an error.
func FuzzKnown(f *testing.F) {
	f.Add("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
	f.Add("\x30\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if err := (&certprobe.Known{}).Add(strings.NewReader(s)); err == nil && len(s) < 60 {
			t.Errorf("%d bytes are certificates", len(s))
		}
	})
}
