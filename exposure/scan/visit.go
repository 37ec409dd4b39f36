package scan

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/certprobe"
)

// visitProbes are the probes of a scan without the owner's consent: those that ask as
// any visitor does, and two that take the place of a search for ports and of
// handshakes.
func visitProbes() []exposure.Probe {
	passive := slices.DeleteFunc(Probes(), func(p exposure.Probe) bool { return p.Class != exposure.Passive })
	return append(passive, exposure.Probe{Name: "visit", Level: exposure.OfHost, Class: exposure.Passive, Run: visit}, certprobe.Visit())
}

// visit finds the web of a name at an address. Where a port does not answer, there is
// nothing to visit; the probe of the name's web site says so.
func visit(ctx context.Context, s *exposure.Session, t exposure.Target) error {
	for _, web := range []exposure.Target{{Port: 443, Service: "https"}, {Port: 80, Service: "http"}} {
		place := t
		place.Port, place.Service = web.Port, web.Service
		c, err := s.Dialer.Dial(ctx, exposure.Request{Name: t.Name, Address: netip.AddrPortFrom(t.Address, web.Port), Class: exposure.Passive})
		if ctx.Err() != nil || errors.Is(err, exposure.ErrStopped) {
			return err
		}
		if err != nil {
			continue // said by the probe of the site
		}
		c.Close()
		s.Discover(place)
	}
	return nil
}

// unasked says of an entry which checks wait for the owner's consent.
func unasked(s *exposure.Session, e Entry) (out []exposure.Finding) {
	if !s.Dialer.Permit().Visits() {
		return nil
	}
	answered := slices.Concat([]string{addressCheck}, Judged())
	for _, p := range visitProbes() {
		answered = append(answered, p.Checks...)
	}
	for _, c := range s.Catalogue.Checks {
		if slices.Contains(answered, c.ID) {
			continue
		}
		f := s.Finding(c.ID, bare(e.Declared))
		f.Outcome, f.Reason, f.End = exposure.NotTested, exposure.NoConsent, f.Start
		out = append(out, f)
	}
	return out
}
