package certprobe

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
)

type judge struct {
	check string
	judge func(*Seen, *exposure.Finding)
}

func judges() []judge {
	return []judge{{"CERT-01", trusted}, {"CERT-02", ordered}, {"CERT-03", name}, {"CERT-04", expiry}, {"CERT-05", begun}, {"CERT-06", lifetime},
		{"CERT-07", key}, {"CERT-08", signatures}, {"CERT-09", purpose}, {"CERT-10", selfSigned}, {"CERT-11", wildcard}, {KeyCheck, ownKey}, {"CERT-13", revoked}, {"CERT-14", logged},
		{"CERT-15", weakKey}, {"CERT-16", ownRoot}, {"CERT-17", internalNames}, {"CERT-18", factory}, {"CERT-19", pinned}, {"CERT-20", qualified}, {kindsCheck, others}, {"CERT-22", revocable}}
}

func say(f *exposure.Finding, o exposure.Outcome, format string, args ...any) {
	f.Outcome, f.Observed = o, fmt.Sprintf(format, args...)
}

func trusted(s *Seen, f *exposure.Finding) {
	if s.Roots == nil {
		f.Outcome, f.Reason = exposure.NotTested, "no store of root certificates was given"
		return
	}
	if err := s.leads(s.Roots.Pool); err != nil {
		say(f, exposure.Fail, "%v (store: %s)", err, s.Roots.Source)
		return
	}
	say(f, exposure.Pass, "issued by %s (store: %s)", s.Chain[0].Issuer, s.Roots.Source)
}

// leads reports why the chain does not lead to one of the roots.
func (s *Seen) leads(roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, c := range s.Chain[1:] {
		if c != nil {
			between.AddCert(c)
		}
	}
	// The dates are judged by their own checks: here the chain counts.
	leaf := s.Chain[0]
	at := s.At
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

func ordered(s *Seen, f *exposure.Finding) {
	for i, c := range s.Chain {
		switch {
		case c == nil:
			say(f, exposure.Fail, "certificate %d cannot be read", i+1)
			return
		case i > 0 && s.At.After(c.NotAfter):
			say(f, exposure.Fail, "certificate %d (%s) expired on %s", i+1, c.Subject, day(c.NotAfter))
			return
		case i > 0 && s.Chain[i-1].CheckSignatureFrom(c) != nil:
			say(f, exposure.Fail, "certificate %d (%s) did not sign the one before it", i+1, c.Subject)
			return
		}
	}
	last := s.Chain[len(s.Chain)-1]
	if len(s.Chain) > 1 && isSelfSigned(last) {
		say(f, exposure.Warn, "the root is sent along")
		return
	}
	say(f, exposure.Pass, "%d certificates", len(s.Chain))
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func name(s *Seen, f *exposure.Finding) {
	want := s.Target.Name
	if want == "" {
		want = s.Target.Address.String()
		if len(s.Chain[0].IPAddresses) == 0 {
			f.Outcome, f.Reason = exposure.NotApplicable, "no name was asked for"
			return
		}
	}
	if err := s.Chain[0].VerifyHostname(want); err != nil {
		say(f, exposure.Fail, "%v", err)
		return
	}
	say(f, exposure.Pass, "%s", want)
}

func expiry(s *Seen, f *exposure.Finding) {
	c := s.Chain[0]
	left := c.NotAfter.Sub(s.At)
	third := max(c.NotAfter.Sub(c.NotBefore)/3, 10*24*time.Hour)
	switch {
	case left <= 0:
		say(f, exposure.Fail, "expired on %s", day(c.NotAfter))
	case left <= 7*24*time.Hour:
		say(f, exposure.Fail, "expires on %s", day(c.NotAfter))
		f.Severity = exposure.High
	case left < third:
		say(f, exposure.Warn, "expires on %s", day(c.NotAfter))
	default:
		say(f, exposure.Pass, "valid until %s", day(c.NotAfter))
	}
}

func begun(s *Seen, f *exposure.Finding) {
	o := exposure.Pass
	if s.At.Before(s.Chain[0].NotBefore) {
		o = exposure.Fail
	}
	say(f, o, "valid from %s", day(s.Chain[0].NotBefore))
}

// limits of lifetimes by day of issue, CA/Browser Forum ballot SC-081v3.
var limits = []struct {
	from time.Time
	days int
}{
	{time.Date(2029, 3, 15, 0, 0, 0, 0, time.UTC), 47}, {time.Date(2027, 3, 15, 0, 0, 0, 0, time.UTC), 100},
	{time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC), 200}, {time.Date(2020, 9, 1, 0, 0, 0, 0, time.UTC), 398}, {time.Time{}, 825},
}

func lifetime(s *Seen, f *exposure.Finding) {
	c := s.Chain[0]
	days := int(c.NotAfter.Sub(c.NotBefore).Hours()/24 + 0.5)
	for _, l := range limits {
		if !c.NotBefore.Before(l.from) {
			o := exposure.Pass
			if days > l.days {
				o = exposure.Fail
			}
			say(f, o, "%d days, issued on %s; the limit then was %d", days, day(c.NotBefore), l.days)
			return
		}
	}
}

// brainpool and other curves that crypto/x509 does not know, by object identifier
// (RFC 5639): bits.
var curveBits = map[string]int{"1.3.36.3.3.2.8.1.1.7": 256, "1.3.36.3.3.2.8.1.1.11": 384, "1.3.36.3.3.2.8.1.1.13": 512, "1.3.132.0.10": 256}

func key(s *Seen, f *exposure.Finding) {
	switch k := s.Chain[0].PublicKey.(type) {
	case *rsa.PublicKey:
		o := exposure.Fail
		switch n := k.N.BitLen(); {
		case n >= 3072:
			o = exposure.Pass
		case n >= 2048:
			o = exposure.Warn
		}
		say(f, o, "RSA with %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		o := exposure.Pass
		if k.Curve.Params().BitSize < 256 {
			o = exposure.Warn
		}
		say(f, o, "%s", k.Curve.Params().Name)
	case ed25519.PublicKey:
		say(f, exposure.Pass, "Ed25519")
	default:
		otherKey(s, f)
	}
}

// otherKey reads the identifier of a curve that the library does not know.
func otherKey(s *Seen, f *exposure.Finding) {
	var info struct {
		Algorithm struct {
			Algorithm  asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key asn1.BitString
	}
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(s.Chain[0].RawSubjectPublicKeyInfo, &info); err == nil {
		asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &curve)
	}
	switch bits := curveBits[curve.String()]; {
	case info.Algorithm.Algorithm.String() == "1.3.101.113":
		say(f, exposure.Pass, "Ed448")
	case bits >= 256:
		say(f, exposure.Pass, "elliptic curve %s with %d bits", curve, bits)
	default:
		f.Outcome, f.Reason = exposure.Error, "the kind of key is not known"
	}
}

func signatures(s *Seen, f *exposure.Finding) {
	worst, seen := exposure.Pass, []string(nil)
	for _, c := range s.Chain {
		if c == nil || isSelfSigned(c) && c != s.Chain[0] {
			continue
		}
		name := c.SignatureAlgorithm.String()
		seen = append(seen, name)
		if strings.Contains(name, "SHA1") || strings.Contains(name, "MD5") || strings.Contains(name, "MD2") {
			worst = exposure.Fail
		}
		if c.SignatureAlgorithm == x509.UnknownSignatureAlgorithm && worst == exposure.Pass {
			f.Outcome, f.Reason = exposure.Error, "a signature algorithm is not known"
			return
		}
	}
	say(f, worst, "%s", strings.Join(seen, ", "))
}

func purpose(s *Seen, f *exposure.Finding) {
	c := s.Chain[0]
	var wrong []string
	if len(c.DNSNames)+len(c.IPAddresses) == 0 {
		wrong = append(wrong, "no subject alternative name")
	}
	if len(c.ExtKeyUsage) > 0 && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) {
		wrong = append(wrong, "not for servers")
	}
	if c.IsCA {
		wrong = append(wrong, "a certification authority")
	}
	if c.Version != 3 {
		wrong = append(wrong, fmt.Sprintf("version %d", c.Version))
	}
	if len(wrong) > 0 {
		say(f, exposure.Fail, "%s", strings.Join(wrong, ", "))
		return
	}
	say(f, exposure.Pass, "for servers")
}

func isSelfSigned(c *x509.Certificate) bool {
	return string(c.RawIssuer) == string(c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func selfSigned(s *Seen, f *exposure.Finding) {
	if isSelfSigned(s.Chain[0]) {
		say(f, exposure.Fail, "%s", s.Chain[0].Subject)
		return
	}
	say(f, exposure.Pass, "issued by %s", s.Chain[0].Issuer)
}

func wildcard(s *Seen, f *exposure.Finding) {
	var names []string
	for _, n := range s.Chain[0].DNSNames {
		if strings.HasPrefix(n, "*.") {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		say(f, exposure.Pass, "none")
		return
	}
	say(f, exposure.Info, "%s", strings.Join(names, ", "))
}

var sctList = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

func logged(s *Seen, f *exposure.Finding) {
	logs, asked := logsOf(s.Chain[0]), 2
	if s.Chain[0].NotAfter.Sub(s.Chain[0].NotBefore) > longLife {
		asked = 3
	}
	switch {
	case logs >= asked:
		say(f, exposure.Pass, "different logs with time stamps: %d", logs)
	case s.Roots != nil && s.Roots.own != nil && s.leads(s.Roots.own) == nil:
		f.Outcome, f.Reason = exposure.NotApplicable, "the certificate leads to a root of your own; logs take those of public roots"
	default:
		say(f, exposure.Fail, "different logs with time stamps: %d; browsers ask for %d", logs, asked)
	}
}

// longLife is how long certificates may live for which browsers ask for two logs.
const longLife = 180 * 24 * time.Hour

// logsOf counts the logs that gave a certificate an embedded time stamp: a list of
// stamps with their lengths, each of which names its log after the version (RFC 6962,
// section 3.2).
func logsOf(c *x509.Certificate) int {
	const version, name = 1, 32
	logs := map[string]bool{}
	for _, e := range c.Extensions {
		var list []byte
		if !e.Id.Equal(sctList) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &list); err != nil || len(list) < 2 {
			continue
		}
		for list = list[2:]; len(list) >= 2; {
			size := int(list[0])<<8 | int(list[1])
			if len(list) < 2+size {
				break
			}
			if size >= version+name {
				logs[string(list[2+version:2+version+name])] = true
			}
			list = list[2+size:]
		}
	}
	return len(logs)
}

// rocaPrimes and their marks tell keys of the flawed library apart, after the
// method of the discoverers: the modulus is a power of 65537 modulo each prime.
var rocaPrimes = []int64{3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167}

func roca(n *big.Int) bool {
	for _, p := range rocaPrimes {
		residue := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), false
		for range p {
			if power == residue {
				found = true
				break
			}
			power = power * (65537 % p) % p
		}
		if !found {
			return false
		}
	}
	return true
}

func weakKey(s *Seen, f *exposure.Finding) {
	k, ok := s.Chain[0].PublicKey.(*rsa.PublicKey)
	if !ok {
		f.Outcome, f.Reason = exposure.NotApplicable, "the key is not RSA"
		return
	}
	for _, p := range append([]int64{2}, rocaPrimes...) {
		if new(big.Int).Mod(k.N, big.NewInt(p)).Sign() == 0 {
			say(f, exposure.Fail, "the modulus can be divided by %d", p)
			return
		}
	}
	switch {
	case k.E < 65537:
		say(f, exposure.Fail, "the exponent is %d", k.E)
		f.Severity = exposure.Medium
	case roca(k.N):
		say(f, exposure.Fail, "the modulus has the shape of ROCA")
	default:
		say(f, exposure.Pass, "exponent %d, no small factor, not ROCA", k.E)
	}
}

func internalNames(s *Seen, f *exposure.Finding) {
	var found []string
	for _, n := range s.Chain[0].DNSNames {
		n = strings.ToLower(n)
		if !strings.Contains(n, ".") || slices.ContainsFunc([]string{".local", ".internal", ".lan", ".corp", ".home", ".intranet", ".localdomain"}, func(end string) bool { return strings.HasSuffix(n, end) }) {
			found = append(found, n)
		}
	}
	for _, ip := range s.Chain[0].IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok && (a.Unmap().IsPrivate() || a.Unmap().IsLoopback() || a.Unmap().IsLinkLocalUnicast()) {
			found = append(found, a.Unmap().String())
		}
	}
	if len(found) > 0 {
		say(f, exposure.Fail, "%s", strings.Join(found, ", "))
		return
	}
	say(f, exposure.Pass, "none")
}

func factory(s *Seen, f *exposure.Finding) {
	subject := strings.ToLower(s.Chain[0].Subject.String())
	for _, mark := range []string{"localhost", "example.com", "snakeoil", "fortinet", "fortigate", "ubiquiti", "synology", "qnap", "mikrotik", "router", "idrac", "ilo default", "supermicro", "self-signed", "default company", "internet widgits"} {
		if strings.Contains(subject, mark) {
			say(f, exposure.Fail, "%s", s.Chain[0].Subject)
			return
		}
	}
	say(f, exposure.Pass, "%s", s.Chain[0].Subject)
}

var (
	qcStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
	evPolicy     = asn1.ObjectIdentifier{2, 23, 140, 1, 1}
)

func qualified(s *Seen, f *exposure.Finding) {
	for _, e := range s.Chain[0].Extensions {
		if e.Id.Equal(qcStatements) {
			say(f, exposure.Info, "statements of a qualified certificate")
			return
		}
	}
	if slices.ContainsFunc(s.Chain[0].PolicyIdentifiers, evPolicy.Equal) {
		say(f, exposure.Info, "extended validation")
		return
	}
	say(f, exposure.Info, "neither")
}

func others(s *Seen, f *exposure.Finding) { say(f, exposure.Info, "%d", len(s.Chains)) }
