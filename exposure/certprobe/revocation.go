package certprobe

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/nisaba-platform/nisaba/exposure"
)

// CRLsKind is the kind of exposure.Data that holds lists of revoked certificates, as
// []*x509.RevocationList.
const CRLsKind = "crls"

// largestCRLs bounds a file of lists of revoked certificates.
const largestCRLs = 128 << 20

// LoadCRLs reads lists of revoked certificates: one in DER, or any number in PEM.
func LoadCRLs(r io.Reader) (list []*x509.RevocationList, err error) {
	b, err := io.ReadAll(io.LimitReader(r, largestCRLs))
	if err != nil {
		return nil, err
	}
	ders := [][]byte{b}
	if bytes.Contains(b, []byte("-----BEGIN X509 CRL-----")) {
		ders = nil
		for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "X509 CRL" {
				ders = append(ders, block.Bytes)
			}
		}
	}
	for _, der := range ders {
		c, err := x509.ParseRevocationList(der)
		if err != nil {
			return nil, fmt.Errorf("the file holds no list of revoked certificates in DER or PEM: %w", err)
		}
		list = append(list, c)
	}
	return list, nil
}

// revoked asks the answer that the server brought along, and the lists that were
// imported. Nobody else is asked: that would tell who looks at what.
func revoked(s *Seen, f *exposure.Finding) {
	f.Expected = "an authority says that the certificate is good"
	if len(s.Chain) < 2 || s.Chain[1] == nil {
		f.Outcome, f.Reason = exposure.NotTested, "the certificate of the issuer was not sent, so that no answer of it can be verified"
		return
	}
	decided := false
	var failed error
	if len(s.Staple) > 0 {
		decided, failed = stapled(s, f)
	}
	if decided {
		return
	}
	for _, c := range s.CRLs {
		if !bytes.Equal(c.RawIssuer, s.Chain[0].RawIssuer) {
			continue
		}
		if err := listed(s, f, c); err == nil {
			return
		} else if failed == nil {
			failed = err
		}
	}
	if failed != nil {
		f.Outcome, f.Reason = exposure.Error, failed.Error()
		return
	}
	f.Outcome, f.Reason = exposure.NotTested, "the server brings no OCSP answer, and no list of the issuer (CRL) was imported"
}

// stapled judges the OCSP answer. It is not decided when the answer says nothing.
func stapled(s *Seen, f *exposure.Finding) (decided bool, err error) {
	r, err := ocsp.ParseResponseForCert(s.Staple, s.Chain[0], s.Chain[1])
	if err != nil {
		return false, fmt.Errorf("the OCSP answer of the server cannot be verified: %w", err)
	}
	switch {
	case r.Status == ocsp.Revoked:
		say(f, exposure.Fail, "revoked on %s (OCSP answer of the server)", day(r.RevokedAt))
	case r.Status != ocsp.Good:
		return false, errors.New("the OCSP answer of the server does not know the certificate")
	case s.At.Before(r.ThisUpdate) || !r.NextUpdate.IsZero() && s.At.After(r.NextUpdate):
		return false, fmt.Errorf("the OCSP answer of the server was valid from %s to %s", day(r.ThisUpdate), day(r.NextUpdate))
	default:
		say(f, exposure.Pass, "good (OCSP answer of the server of %s)", day(r.ThisUpdate))
	}
	return true, nil
}

// listed looks a certificate up in a list of its issuer.
func listed(s *Seen, f *exposure.Finding, c *x509.RevocationList) error {
	if err := c.CheckSignatureFrom(s.Chain[1]); err != nil {
		return fmt.Errorf("the list of %s cannot be verified: %w", c.Issuer, err)
	}
	for _, e := range c.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(s.Chain[0].SerialNumber) == 0 {
			say(f, exposure.Fail, "revoked on %s (list of %s)", day(e.RevocationTime), day(c.ThisUpdate))
			return nil
		}
	}
	if !c.NextUpdate.IsZero() && s.At.After(c.NextUpdate) {
		return fmt.Errorf("the list of %s ended on %s", c.Issuer, day(c.NextUpdate))
	}
	say(f, exposure.Pass, "not revoked (list of %s)", day(c.ThisUpdate))
	return nil
}

// shortLife is how long a certificate may live that nobody needs to be able to revoke,
// by its day of issue: Baseline Requirements of the CA/Browser Forum, section 1.6.1,
// "Short-lived Subscriber Certificate".
func shortLife(issued time.Time) time.Duration {
	if issued.Before(time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)) {
		return 10 * 24 * time.Hour
	}
	return 7 * 24 * time.Hour
}

// revocable judges whether the certificate says where its revocation would be told: in
// a list or by OCSP. For public issuers that is a duty (Baseline Requirements, section
// 7.1.2.11.2).
func revocable(s *Seen, f *exposure.Finding) {
	f.Expected = "the address of a list of revoked certificates (CRL) or of an OCSP server"
	c := s.Chain[0]
	// Both days count (RFC 5280, section 4.1.2.5).
	lives := c.NotAfter.Sub(c.NotBefore) + time.Second
	switch {
	case len(c.CRLDistributionPoints) > 0:
		say(f, exposure.Pass, "a list at %s", strings.Join(c.CRLDistributionPoints, ", "))
	case len(c.OCSPServer) > 0:
		say(f, exposure.Pass, "an OCSP server at %s", strings.Join(c.OCSPServer, ", "))
	case isSelfSigned(c):
		f.Outcome, f.Reason = exposure.NotApplicable, "the certificate signed itself, so nobody could revoke it"
	case lives <= shortLife(c.NotBefore):
		f.Outcome, f.Reason = exposure.NotApplicable, "the certificate is so short-lived that it need not be revoked"
	case s.Roots != nil && (s.Roots.own == nil || s.leads(s.Roots.own) != nil) && s.leads(s.Roots.Pool) == nil:
		say(f, exposure.Fail, "neither a list nor an OCSP server")
	default:
		say(f, exposure.Warn, "neither a list nor an OCSP server; the issuer is not a public one")
	}
}

// ownRoot warns of a root that only the organisation has, where strangers come.
func ownRoot(s *Seen, f *exposure.Finding) {
	a := s.Target.Address.Unmap()
	switch {
	case s.Roots == nil:
		f.Outcome, f.Reason = exposure.NotTested, "no store of root certificates was given"
	case s.Roots.own != nil && s.leads(s.Roots.own) == nil:
		say(f, exposure.Warn, "leads to a root of your own, which visitors do not have")
		if a.IsPrivate() || a.IsLoopback() {
			say(f, exposure.Info, "leads to a root of your own, at an address inside")
		}
	case s.leads(s.Roots.Pool) == nil:
		say(f, exposure.Pass, "leads to a public root (store: %s)", s.Roots.Source)
	default:
		f.Outcome, f.Reason = exposure.NotApplicable, "the chain leads to no root that was given"
	}
}
