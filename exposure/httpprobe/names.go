package httpprobe

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
)

// mostNames is how many names one service may bring up.
const mostNames = 200

// names records which names the service mentions: in its certificate, policies,
// redirects and links. Those that the scope covers are looked at; the others of
// the same owner are only proposed.
func (v *view) names(s *exposure.Session) {
	scope := s.Dialer.Permit().Scope()
	var covered, proposed []string
	for _, name := range v.mentioned() {
		switch {
		case name == v.target.Name:
		case scope.CoversName(name):
			covered = append(covered, name)
			s.Discover(exposure.Target{Declared: name, Name: name})
		case v.target.Name != "" && site(name) == site(v.target.Name):
			proposed = append(proposed, name)
		}
	}
	text := "no further names"
	if len(covered) > 0 {
		text = "looked at: " + list(covered)
	}
	if len(proposed) > 0 {
		text = strings.TrimPrefix(text+"; not covered by the scope: "+list(proposed), "no further names; ")
	}
	s.Report("SUB-02", v.target, exposure.Info, text)
}

// mentioned are the names that a service shows, folded and sorted.
func (v *view) mentioned() []string {
	seen := map[string]bool{}
	add := func(host string) {
		host = strings.TrimPrefix(host, "*.")
		if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
			return
		}
		if name, err := exposure.FoldName(host); err == nil && len(seen) < mostNames {
			seen[name] = true
		}
	}
	for _, a := range v.trail {
		if a.TLS != nil && len(a.TLS.PeerCertificates) > 0 {
			for _, name := range a.TLS.PeerCertificates[0].DNSNames {
				add(name)
			}
		}
	}
	if v.away != nil {
		add(v.away.Hostname())
	}
	for _, p := range v.policies() {
		for _, sources := range p {
			for _, s := range sources {
				if u, err := url.Parse(s); err == nil && u.Hostname() != "" {
					add(u.Hostname())
				} else if strings.Contains(s, ".") && !strings.ContainsAny(s, "'/:") {
					add(s)
				}
			}
		}
	}
	if v.doc != nil {
		for _, r := range v.doc.resources {
			add(r.url.Hostname())
		}
		for _, u := range v.doc.links {
			add(u.Hostname())
		}
	}
	out := make([]string, 0, len(seen))
	for name := range seen {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// portSetting is a port that a setting may move.
func portSetting(s *exposure.Session, name string, usual uint16) uint16 {
	var p uint16
	if _, err := fmt.Sscan(s.Settings[name], &p); err != nil || p == 0 {
		return usual
	}
	return p
}
