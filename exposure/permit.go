package exposure

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Signed is a scope with the signature of who keeps the authorisations.
type Signed struct {
	Scope     json.RawMessage `json:"scope"`
	Signature []byte          `json:"signature"`
}

// Sign signs a scope.
func Sign(s Scope, key ed25519.PrivateKey) (Signed, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return Signed{}, fmt.Errorf("sign scope %s: %w", s.ID, err)
	}
	return Signed{b, ed25519.Sign(key, b)}, nil
}

// Permit is a checked scope, and cannot be changed. Make one with Open or Own.
type Permit struct {
	scope Scope
}

// Open checks the signature of a scope. The error is a Refusal when it was not
// signed with the key or the scope cannot be used.
func Open(s Signed, key ed25519.PublicKey) (*Permit, error) {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, s.Scope, s.Signature) {
		return nil, refuse("the scope", "its signature is not valid")
	}
	var scope Scope
	if err := json.Unmarshal(s.Scope, &scope); err != nil {
		return nil, refuse("the scope", "it cannot be read: %v", err)
	}
	return Own(scope)
}

// Own makes a permit of a scope for which the caller answers, as on the command
// line, where the person who types the targets states that they may be scanned.
//
// A scope with Visit stands for nobody's consent. It may only allow class P, and name
// domains without the names below and without all ports. What it lets through is
// what any visitor does: questions to the name servers of a name, and its web at
// ports 80 and 443. No other port, no mail server and no address without a name is
// contacted, and the limits are those of one person. Networks may only hold loopback
// addresses, for tests.
func Own(s Scope) (*Permit, error) {
	if s.Until.IsZero() {
		return nil, refuse("the scope", "it has no end")
	}
	if len(s.Classes) == 0 {
		return nil, refuse("the scope", "it allows no class of checks")
	}
	s.Domains, s.Networks = slices.Clone(s.Domains), slices.Clone(s.Networks)
	s.Exclude.Names = slices.Clone(s.Exclude.Names)
	for i, d := range s.Domains {
		name, err := FoldName(d.Name)
		if err != nil {
			return nil, err
		}
		s.Domains[i].Name = name
	}
	for i, name := range s.Exclude.Names {
		folded, err := FoldName(name)
		if err != nil {
			return nil, err
		}
		s.Exclude.Names[i] = folded
	}
	for i, n := range s.Networks {
		if !n.Prefix.IsValid() || n.Prefix.Addr().Zone() != "" {
			return nil, refuse(n.Prefix.String(), "it is no range of addresses")
		}
		s.Networks[i].Prefix = n.Prefix.Masked()
	}
	s.Rate = s.Rate.withDefaults()
	if s.Visit {
		if err := s.visitable(); err != nil {
			return nil, err
		}
		s.Rate = s.Rate.atMost(gentle)
	}
	return &Permit{s}, nil
}

// visitable refuses a scope that wants more without consent than a visitor may.
func (s *Scope) visitable() error {
	switch {
	case slices.ContainsFunc(s.Classes, func(c Class) bool { return c != Passive }):
		return refuse("the scope", "without the owner's consent nothing but class %s is allowed", Passive)
	case s.OT, s.Internal:
		return refuse("the scope", "without the owner's consent neither industrial ports nor internal addresses are contacted")
	case slices.ContainsFunc(s.Domains, func(d Domain) bool { return d.Subtree || d.Sweep }):
		return refuse("the scope", "without the owner's consent neither the names below nor all ports are looked at")
	case slices.ContainsFunc(s.Networks, func(n Network) bool { return !s.Loopback || !n.Prefix.Addr().IsLoopback() }):
		return refuse("the scope", "without the owner's consent no ranges of addresses are looked at")
	}
	return nil
}

// NoConsent is the reason of checks that need the consent of the owner in a scan
// without it.
const NoConsent = "the owner did not consent, and no visitor asks for this"

// Visits reports whether the permit stands for nobody's consent.
func (p *Permit) Visits() bool { return p.scope.Visit }

// Lets reports whether the permit allows a check of the catalogue.
func (p *Permit) Lets(c Check) bool {
	return p.Allows(c.Class) && (!p.scope.Visit || !c.Consent)
}

// Scope is a copy of what the permit covers.
func (p *Permit) Scope() Scope { return p.scope }

// ID is the id of the authorisation.
func (p *Permit) ID() string { return p.scope.ID }

// Allows reports whether checks of a class may run now.
func (p *Permit) Allows(c Class) bool { return slices.Contains(p.scope.Classes, c) }

// visitPorts are the ports of the web, at which a name may be visited by anybody.
var visitPorts = []uint16{80, 443}

// servicePorts are the ports of a name's own services: names, web, mail, remote
// sign-in. Other ports need an entry with Sweep, or the address in a network.
var servicePorts = []uint16{21, 22, 25, 53, 80, 110, 143, 389, 443, 465, 587, 636, 853, 990, 993, 995, 3389, 4190, 5222, 5269, 8080, 8443}

// IndustrialPorts are the ports of industrial protocols, which are connected to
// only when the scope says so, and never more than one at a time.
var IndustrialPorts = []uint16{102, 502, 789, 1911, 1962, 2222, 2404, 2455, 4840, 4911, 5006, 5007, 5094, 9600, 10001, 11740, 18245, 20000, 20547, 34962, 34963, 34964, 44818, 47808}

// Via says on whose behalf a contact is made, when the contacted host is not
// itself covered.
type Via struct {
	Domain string // a covered domain
	Port   uint16 // 53: host is its name server; 25: host is its mail server; 443: host is mta-sts.<domain>, which tells the rules of its mail
	Above  bool   // with 53: host is a name server of a zone above the domain, which is only asked as anybody does
}

// check decides whether an address may be contacted on a port. name is folded or
// "". The reason is a Refusal.
func (p *Permit) check(now time.Time, name string, at netip.AddrPort, class Class, via *Via) error {
	s := &p.scope
	target := at.String()
	if name != "" {
		target = name + " (" + target + ")"
	}
	if err := p.checkTime(now, at); err != nil {
		return err
	}
	switch {
	case at.Addr().Zone() != "":
		return refuse(target, "it is no address that can be judged")
	case !p.Allows(class):
		return refuse(target, "the scope does not allow checks of class %s", class)
	case slices.Contains(s.Exclude.Ports, at.Port()):
		return refuse(target, "the port is excluded")
	case !s.OT && slices.Contains(IndustrialPorts, at.Port()):
		return refuse(target, "the scope does not allow ports of industrial protocols")
	}
	a := plain(at.Addr())
	if name != "" && s.excludesName(name) {
		return refuse(target, "it is excluded")
	}
	named := s.network(a)
	if what, internal, loopback := specialUse(a); what != "" {
		if !named || !(internal && s.Internal) && !(loopback && s.Loopback) {
			return refuse(target, "the address is not public (%s), and the scope does not name it as internal", what)
		}
	}
	if named && !s.Visit {
		return nil
	}
	return p.checkName(target, name, at.Port(), class, via)
}

// checkTime decides whether anything may be contacted now.
func (p *Permit) checkTime(now time.Time, at netip.AddrPort) error {
	s := &p.scope
	switch {
	case !at.IsValid():
		return refuse(at.String(), "it is no address that can be judged")
	case now.Before(s.From):
		return refuse(at.String(), "the authorisation begins on %s", s.From.UTC().Format(time.RFC3339))
	case !now.Before(s.Until):
		return refuse(at.String(), "the authorisation ended on %s", s.Until.UTC().Format(time.RFC3339))
	case s.excludesAddress(plain(at.Addr())):
		return refuse(at.String(), "it is excluded")
	}
	return nil
}

// checkName decides for an address that no network of the scope covers: its name
// must be covered.
func (p *Permit) checkName(target, name string, port uint16, class Class, via *Via) error {
	s := &p.scope
	ports := servicePorts
	if s.Visit {
		ports = visitPorts
	}
	served := via != nil && port == via.Port && s.allows(*via, name, class)
	if d, ok := s.domain(name); ok && name != "" {
		if d.Sweep || slices.Contains(ports, port) || served {
			return nil
		}
		return refuse(target, "the scope covers the name, and not port %d of its host", port)
	}
	if served {
		return nil
	}
	return refuse(target, "the scope does not cover it")
}

// allows decides about a server that others run for a covered domain.
func (s *Scope) allows(via Via, name string, class Class) bool {
	if !s.Services || !s.CoversName(via.Domain) || class == Intrusive {
		return false
	}
	switch via.Port {
	case 53:
		return !via.Above || class == Passive
	case 25:
		return !s.Visit
	case 443:
		domain, err := FoldName(via.Domain)
		return err == nil && name == "mta-sts."+domain && class == Passive
	}
	return false
}
