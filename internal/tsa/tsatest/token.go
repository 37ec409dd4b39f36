package tsatest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/nisaba-platform/nisaba/internal/tsa"
)

// Token is a time stamp over a message by an authority of its own, for tests that
// need no server. Its certificate leads nowhere.
func Token(t testing.TB, message []byte, at time.Time) []byte {
	t.Helper()
	key := newKey(t)
	template := signerTemplate("Test Token", at.AddDate(-20, 0, 0), at.AddDate(20, 0, 0))
	return sign(t, message, at, issue(t, template, template, key, key), key)
}

// CA is a certificate authority for time stamps that needs no server: a root and a
// certificate between it and those that sign.
type CA struct {
	Roots []byte // the root, PEM

	between    *x509.Certificate
	betweenKey *ecdsa.PrivateKey
}

// NewCA makes one whose root is valid for forty years around a time, and whose
// certificate between is valid from … until.
func NewCA(t testing.TB, name string, around, from, until time.Time) *CA {
	t.Helper()
	rootKey, betweenKey := newKey(t), newKey(t)
	authority := func(name string, from, until time.Time) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
			KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true}
	}
	template := authority(name+" Root", around.AddDate(-20, 0, 0), around.AddDate(20, 0, 0))
	root := issue(t, template, template, rootKey, rootKey)
	return &CA{Roots: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}),
		between: issue(t, authority(name+" Between", from, until), root, betweenKey, rootKey), betweenKey: betweenKey}
}

// Token is a time stamp over a message, by a certificate that is valid for ten years
// around its time.
func (a *CA) Token(t testing.TB, message []byte, at time.Time) []byte {
	t.Helper()
	key := newKey(t)
	return sign(t, message, at, issue(t, signerTemplate("Test Signer", at.AddDate(-5, 0, 0), at.AddDate(5, 0, 0)), a.between, key, a.betweenKey), key, a.between)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signerTemplate(name string, from, until time.Time) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}
}

func issue(t testing.TB, template, by *x509.Certificate, key, byKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), byKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sign(t testing.TB, message []byte, at time.Time, signer *x509.Certificate, key crypto.Signer, chain ...*x509.Certificate) []byte {
	t.Helper()
	sum := sha256.Sum256(message)
	stamp := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: at, SerialNumber: big.NewInt(2), Policy: asn1.ObjectIdentifier{1, 2, 3},
		AddTSACertificate: true, Certificates: chain}
	answer, err := stamp.CreateResponseWithOpts(signer, key, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tsa.ReadAnswer(answer)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.RawToken
}
