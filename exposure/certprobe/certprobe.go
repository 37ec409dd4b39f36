// Package certprobe judges the certificates that a TLS server shows: chain, name,
// dates, keys, signatures, purpose, and what the names say of them.
package certprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/tlsprobe"
)

// RootsKind is the kind of exposure.Data that holds Roots.
const RootsKind = "roots"

// Roots is a dated store of root certificates.
type Roots struct {
	Pool   *x509.CertPool
	Source string         // what it is and of which day
	own    *x509.CertPool // those of the operator alone; nil: none
}

// LoadRoots reads a store in PEM, the shipped one and the operator's own after it.
func LoadRoots(source string, pems ...[]byte) (Roots, error) {
	r := Roots{Pool: x509.NewCertPool(), Source: source}
	for _, p := range pems {
		if !r.Pool.AppendCertsFromPEM(p) {
			return r, errors.New("the store of root certificates holds none")
		}
	}
	return r, nil
}

// With is the store with further roots, such as those of the operator.
func (r Roots) With(source string, pem []byte) (Roots, error) {
	pool, own := x509.NewCertPool(), x509.NewCertPool()
	if r.Pool != nil {
		pool = r.Pool.Clone()
	}
	if r.own != nil {
		own = r.own.Clone()
	}
	if !pool.AppendCertsFromPEM(pem) || !own.AppendCertsFromPEM(pem) {
		return r, errors.New("the file holds no certificate in PEM")
	}
	return Roots{pool, r.Source + ", " + source, own}, nil
}

// Seen is what a server showed.
type Seen struct {
	Target exposure.Target
	Chain  []*x509.Certificate // as sent; nil for a certificate that cannot be parsed
	Raw    [][]byte
	Chains [][][]byte // as sent, one for each kind of key; Raw is the first
	Staple []byte
	CRLs   []*x509.RevocationList
	At     time.Time
	Roots  *Roots // nil: none was given
	Known  *Known // nil: none were given
	Pins   Pins
}

// Probes is the probe of certificates. It asks for those of each kind of key.
func Probes() []exposure.Probe {
	return []exposure.Probe{{Name: "certificates", Level: exposure.OfService, Checks: Checks(), Class: exposure.Handshake, Wants: tlsprobe.Wanted, Run: run}}
}

// Visit is the probe of certificates that looks at what every visitor of the web is
// shown, for scans without the owner's consent.
func Visit() exposure.Probe {
	return exposure.Probe{Name: "certificate of a visit", Level: exposure.OfService, Checks: visitChecks(), Class: exposure.Passive, Wants: func(t exposure.Target) bool { return t.Service == "https" }, Run: runVisit}
}

// Checks lists the checks that the probe answers.
func Checks() (out []string) {
	for _, j := range judges() {
		out = append(out, j.check)
	}
	return out
}

// kindsCheck counts the kinds of certificates, of which a visitor is shown one.
const kindsCheck = "CERT-21"

func visitChecks() []string {
	return slices.DeleteFunc(Checks(), func(c string) bool { return c == kindsCheck })
}

func run(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	served, err := tlsprobe.At(s.Dialer, t, s.Dialer.Permit().Scope().Rate.Parallel).Certificates(ctx)
	if errors.Is(err, tlsprobe.ErrNoStartTLS) || err == nil && len(served) == 0 {
		for _, check := range Checks() {
			s.Skip(check, t, exposure.NotApplicable, "the service shows no certificate")
		}
		return nil
	}
	if err != nil {
		return err
	}
	return judgeAll(ctx, s, t, served, Checks())
}

// handshake is how long a visitor waits for a certificate.
const handshake = 10 * time.Second

// runVisit makes one handshake as a browser does, and judges what it was shown.
func runVisit(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	c, err := s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, t.Port), Class: exposure.Passive})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(handshake)); err != nil {
		return err
	}
	// Whether the certificate can be trusted is what is judged afterwards.
	visit := tls.Client(c, &tls.Config{ServerName: t.Name, NextProtos: []string{"h2", "http/1.1"}, InsecureSkipVerify: true})
	if err := visit.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("speak TLS as a visitor: %w", err)
	}
	state := visit.ConnectionState()
	shown := tlsprobe.Served{Staple: state.OCSPResponse}
	for _, certificate := range state.PeerCertificates {
		shown.Chain = append(shown.Chain, certificate.Raw)
	}
	return judgeAll(ctx, s, t, []tlsprobe.Served{shown}, visitChecks())
}

// judgeAll judges the certificates that a service showed by some checks.
func judgeAll(ctx context.Context, s *exposure.Session, t exposure.Target, served []tlsprobe.Served, checks []string) error {
	seen := Seen{Target: t, Raw: served[0].Chain, Staple: served[0].Staple, At: s.Now(), Pins: pinsOf(ctx, s, t)}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, c := range served {
		seen.Chains = append(seen.Chains, c.Chain)
	}
	seen.Known, _ = s.Data.Kinds[KnownKind].(*Known)
	seen.CRLs, _ = s.Data.Kinds[CRLsKind].([]*x509.RevocationList)
	if r, ok := s.Data.Kinds[RootsKind].(Roots); ok {
		seen.Roots = &r
	}
	for _, raw := range seen.Raw {
		c, _ := x509.ParseCertificate(raw) // what cannot be parsed stays nil, and no check passes on it
		seen.Chain = append(seen.Chain, c)
	}
	for _, j := range judges() {
		if !slices.Contains(checks, j.check) {
			continue
		}
		f := s.Finding(j.check, t)
		f.Transcript, f.Reproduce = exposure.TranscriptHash(seen.Raw...), reproduce(t)
		if seen.Chain[0] == nil {
			f.Outcome, f.Reason = exposure.Error, "the certificate cannot be read"
		} else {
			j.judge(&seen, &f)
		}
		s.Record(f)
	}
	return nil
}

func reproduce(t exposure.Target) string {
	cmd := "openssl s_client -showcerts -connect " + netip.AddrPortFrom(t.Address, t.Port).String()
	if t.Name != "" {
		cmd += " -servername " + t.Name
	}
	return cmd + " </dev/null"
}
