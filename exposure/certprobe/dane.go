package certprobe

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/dnsprobe"
)

// mailPort is the port between mail servers, whose TLSA records MAIL-15 judges.
const mailPort = 25

// Pins is what the names say of the certificates of a service (RFC 6698).
type Pins struct {
	Base    string // name under which Records stand; "" without records
	Records []dnsprobe.TLSA
	Signed  dnsprobe.Verdict // of Records
	Err     error            // they could not be asked for or judged
}

// pinsOf looks TLSA records up: where the name is an alias and the alias is signed, at
// its end first (RFC 7671 section 7).
func pinsOf(ctx context.Context, s *exposure.Session, t exposure.Target) (p Pins) {
	if t.Name == "" || t.Port == mailPort {
		return p
	}
	names, err := dnsprobe.From(s.Dialer)
	if err != nil {
		return Pins{Err: err}
	}
	addresses, err := names.IPs(ctx, t.Name)
	if err != nil {
		return Pins{Err: err}
	}
	bases := []string{t.Name}
	if n := len(addresses.Chain); n > 0 {
		v, err := names.Validate(ctx, t.Name, dnsprobe.TypeA)
		if err != nil {
			return Pins{Err: err}
		}
		if v.Security == dnsprobe.Secure {
			bases = []string{addresses.Chain[n-1], t.Name}
		}
	}
	for _, base := range bases {
		found, err := names.TLSA(ctx, base, t.Port)
		if err != nil {
			return Pins{Err: err}
		}
		if len(found.Values) > 0 {
			p = Pins{Base: base, Records: found.Values}
			p.Signed, p.Err = names.Validate(ctx, owner(base, t.Port), dnsprobe.TypeTLSA)
			return p
		}
	}
	return p
}

// owner is the name of the TLSA records of a service over TCP.
func owner(base string, port uint16) string { return fmt.Sprintf("_%d._tcp.%s", port, base) }

// pinned compares each certificate of the server with the TLSA records.
func pinned(s *Seen, f *exposure.Finding) {
	p := s.Pins
	var refusal *exposure.Refusal
	f.Expected = "signed TLSA records, of which one fits each certificate"
	switch {
	case s.Target.Name == "":
		f.Leave(exposure.NotApplicable, "no name was asked for")
		return
	case s.Target.Port == mailPort:
		f.Leave(exposure.NotApplicable, "the records of mail servers are judged with their domain")
		return
	case errors.As(p.Err, &refusal):
		f.Leave(exposure.NotTested, "%v", p.Err)
		return
	case p.Err != nil:
		f.Leave(exposure.Error, "%v", p.Err)
		return
	case len(p.Records) == 0:
		f.Leave(exposure.NotApplicable, "the service has no TLSA records")
		return
	}
	f.Reproduce = "dig +dnssec TLSA " + owner(p.Base, s.Target.Port)
	switch p.Signed.Security {
	case dnsprobe.Secure:
		fitting(s, f)
	case dnsprobe.Bogus:
		f.Say(exposure.Fail, "the signatures of the TLSA records are wrong: %s", exposure.Clip(p.Signed.Why))
	default:
		f.Say(exposure.Warn, "the TLSA records are not signed, so that nobody looks at them: %s", exposure.Clip(p.Signed.Why))
	}
}

// fitting judges signed records.
func fitting(s *Seen, f *exposure.Finding) {
	records := slices.DeleteFunc(slices.Clone(s.Pins.Records), func(r dnsprobe.TLSA) bool { return !usable(r) })
	if len(records) == 0 {
		f.Say(exposure.Warn, "none of the %d TLSA records can be used", len(s.Pins.Records))
		return
	}
	var roots *x509.CertPool
	if s.Roots != nil {
		roots = s.Roots.Pool
	}
	var used []string
	for _, chain := range s.Chains {
		i := slices.IndexFunc(records, func(r dnsprobe.TLSA) bool {
			return FitsTLSA(r, chain, s.Target.Name, roots, s.At) || FitsTLSA(r, chain, s.Pins.Base, roots, s.At)
		})
		if i >= 0 {
			used = append(used, fmt.Sprintf("%d %d %d", records[i].Usage, records[i].Selector, records[i].Matching))
			continue
		}
		if roots == nil && slices.ContainsFunc(records, func(r dnsprobe.TLSA) bool { return r.Usage < 2 }) {
			f.Leave(exposure.NotTested, "a TLSA record asks for a known root, and no store of root certificates was given")
			return
		}
		f.Say(exposure.Fail, "none of the %d TLSA records fits the certificate of %s", len(records), exposure.Clip(subject(chain[0])))
		return
	}
	f.Say(exposure.Pass, "fits (%s)", exposure.Few(used, ", "))
}

// subject is whose certificate it is.
func subject(raw []byte) string {
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		return "a certificate that cannot be read"
	}
	return c.Subject.String()
}

// usable reports whether the fields of a record have a meaning and its data the length
// of its hash.
func usable(r dnsprobe.TLSA) bool {
	size := map[uint8]int{1: 2 * sha256.Size, 2: 2 * sha512.Size}[r.Matching]
	return r.Usage <= 3 && r.Selector <= 1 && r.Matching <= 2 && r.Data != "" && (size == 0 || len(r.Data) == size)
}

// FitsTLSA reports whether a record fits a chain, the certificate first, for a name at
// a time (RFC 6698 section 2.1). Usage 3 is the certificate itself, whatever its name
// and dates; usage 2 an authority through which the chain is valid for the name. Usages
// 1 and 0 are the certificate and an authority of a chain to one of the roots, and fit
// nothing when roots is nil.
func FitsTLSA(r dnsprobe.TLSA, chain [][]byte, name string, roots *x509.CertPool, at time.Time) bool {
	if len(chain) == 0 {
		return false
	}
	if r.Usage == 3 {
		return matches(r, chain[0])
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil || leaf.VerifyHostname(name) != nil {
		return false
	}
	var above []*x509.Certificate
	between := x509.NewCertPool()
	for _, raw := range chain[1:] {
		if c, err := x509.ParseCertificate(raw); err == nil {
			above = append(above, c)
			between.AddCert(c)
		}
	}
	if r.Usage == 2 {
		return slices.ContainsFunc(append(above, carried(r)...), func(c *x509.Certificate) bool {
			anchor := x509.NewCertPool()
			anchor.AddCert(c)
			_, err := leaf.Verify(x509.VerifyOptions{Roots: anchor, Intermediates: between, CurrentTime: at})
			return matches(r, c.Raw) && err == nil
		})
	}
	if roots == nil || r.Usage > 1 {
		return false
	}
	paths, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at})
	return err == nil && slices.ContainsFunc(paths, func(path []*x509.Certificate) bool {
		if r.Usage == 1 {
			return matches(r, leaf.Raw)
		}
		return slices.ContainsFunc(path[1:], func(c *x509.Certificate) bool { return matches(r, c.Raw) })
	})
}

// carried is the certificate that stands in a record itself, which the server need not
// send.
func carried(r dnsprobe.TLSA) []*x509.Certificate {
	if r.Selector != 0 || r.Matching != 0 {
		return nil
	}
	raw, err := hex.DecodeString(r.Data)
	if err != nil {
		return nil
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil
	}
	return []*x509.Certificate{c}
}

// matches reports whether a record is about a certificate.
func matches(r dnsprobe.TLSA, raw []byte) bool {
	b := raw
	if r.Selector == 1 {
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return false
		}
		b = c.RawSubjectPublicKeyInfo
	}
	switch r.Matching {
	case 1:
		sum := sha256.Sum256(b)
		b = sum[:]
	case 2:
		sum := sha512.Sum512(b)
		b = sum[:]
	}
	return hex.EncodeToString(b) == r.Data
}
