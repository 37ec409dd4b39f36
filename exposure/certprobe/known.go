package certprobe

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// KeyCheck is the check that a key serves one host, and one certificate.
const KeyCheck = "CERT-12"

// KnownKind is the kind of exposure.Data that holds *Known.
const KnownKind = "certificates"

// largestKnown bounds a file of certificates.
const largestKnown = 64 << 20

// Known are certificates that the operator has or had.
type Known struct {
	byKey  map[string][]*x509.Certificate // SHA-256 of the public key, hexadecimal
	byName map[string][]*x509.Certificate
}

// Add reads certificates: one in DER, or any number in PEM. Other blocks of PEM, such as
// keys, are passed over and not kept.
func (k *Known) Add(r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, largestKnown+1))
	if err != nil {
		return err
	}
	if len(b) > largestKnown {
		return fmt.Errorf("the file is larger than %d bytes", largestKnown)
	}
	ders := [][]byte{b}
	if bytes.Contains(b, []byte("-----BEGIN ")) {
		ders = nil
		for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				ders = append(ders, block.Bytes)
			}
		}
	}
	if len(ders) == 0 {
		return errors.New("the file holds no certificate in DER or PEM")
	}
	var list []*x509.Certificate
	for i, der := range ders {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("certificate %d cannot be read, expected DER or PEM: %w", i+1, err)
		}
		list = append(list, c)
	}
	k.keep(list)
	return nil
}

func (k *Known) keep(list []*x509.Certificate) {
	if k.byKey == nil {
		k.byKey, k.byName = map[string][]*x509.Certificate{}, map[string][]*x509.Certificate{}
	}
	for _, c := range list {
		k.byKey[fingerprint(c)] = append(k.byKey[fingerprint(c)], c)
		for _, name := range namesOf(c) {
			k.byName[name] = append(k.byName[name], c)
		}
	}
}

// fingerprint is the SHA-256 of the public key, hexadecimal.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// namesOf are the names and addresses of a certificate; that of its subject when it has
// no others.
func namesOf(c *x509.Certificate) (out []string) {
	for _, name := range c.DNSNames {
		out = append(out, strings.ToLower(name))
	}
	for _, a := range c.IPAddresses {
		out = append(out, a.String())
	}
	if len(out) == 0 && c.Subject.CommonName != "" {
		out = append(out, strings.ToLower(c.Subject.CommonName))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// earlier lists the certificates of a name of c that began before it.
func (k *Known) earlier(c *x509.Certificate) (out []*x509.Certificate) {
	for _, name := range namesOf(c) {
		for _, old := range k.byName[name] {
			if old.NotBefore.Before(c.NotBefore) && !old.Equal(c) && !slices.ContainsFunc(out, old.Equal) {
				out = append(out, old)
			}
		}
	}
	return out
}

// ownKey looks for other certificates with the same key. That other hosts of the scan
// have it is known at its end alone: the finding takes the keys there.
func ownKey(s *Seen, f *exposure.Finding) {
	f.Expected = "a key of this host alone, made anew for each certificate"
	var leaves []*x509.Certificate
	for _, chain := range s.Chains {
		if c, err := x509.ParseCertificate(chain[0]); err == nil {
			leaves = append(leaves, c)
			f.Keys = append(f.Keys, fingerprint(c))
		}
	}
	if s.Known == nil {
		f.Leave(exposure.NotTested, "no other certificates were imported (certificates=FILE)")
		return
	}
	var same []string
	before := 0
	for _, c := range leaves {
		before += len(s.Known.earlier(c))
		for _, other := range s.Known.byKey[fingerprint(c)] {
			if !other.Equal(c) {
				same = append(same, fmt.Sprintf("%s from %s", exposure.Clip(strings.Join(namesOf(other), ", ")), day(other.NotBefore)))
			}
		}
	}
	switch {
	case len(same) > 0:
		f.Say(exposure.Warn, "certificates with the same key: %s", exposure.Few(same, "; "))
	case before == 0:
		f.Leave(exposure.NotTested, "no certificate that was imported is an earlier one of the same name")
	default:
		f.Say(exposure.Pass, "earlier certificates of the same name that have other keys: %d", before)
	}
}
