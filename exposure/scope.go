package exposure

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Scope is what may be contacted, and on whose word. It is plain data: the
// platform stores and signs it, a Permit enforces it.
type Scope struct {
	ID       string    `json:"id"`       // of the authorisation; kept with every finding
	By       string    `json:"by"`       // who authorised
	From     time.Time `json:"from"`     // first instant; zero: since ever
	Until    time.Time `json:"until"`    // first instant after the end; never zero
	Domains  []Domain  `json:"domains"`  // names that may be contacted
	Networks []Network `json:"networks"` // addresses that may be contacted
	Exclude  Exclusion `json:"exclude"`  // wins over everything
	Classes  []Class   `json:"classes"`  // allowed classes of checks
	Services bool      `json:"services"` // name servers (53), mail servers (25) and the host of mail rules (443, mta-sts.<domain>) of covered domains may be asked, even when others run them; name servers of the zones above as anybody asks them
	OT       bool      `json:"ot"`       // ports of industrial protocols may be connected to
	Internal bool      `json:"internal"` // Networks may hold private addresses
	Loopback bool      `json:"loopback"` // for tests: loopback addresses in Networks may be contacted
	Visit    bool      `json:"visit"`    // the owner did not consent: nothing but what every visitor of the names does, see Own
	Rate     Rate      `json:"rate"`     // limits; zero members have defaults
}

// Proof is why somebody may authorise an entry.
type Proof struct {
	Kind string    `json:"kind"` // "dns", "file", "letter" or "statement"
	At   time.Time `json:"at"`
	By   []string  `json:"by,omitempty"` // people who recorded it; two for a letter
	Note string    `json:"note,omitempty"`
}

// Domain is a covered name.
type Domain struct {
	Name    string `json:"name"`
	Subtree bool   `json:"subtree"` // and every name below it
	Sweep   bool   `json:"sweep"`   // all ports of its hosts, not only those of web, mail, names and remote sign-in
	Proof   Proof  `json:"proof"`
}

// Network is a covered range of addresses, with all their ports.
type Network struct {
	Prefix netip.Prefix `json:"prefix"`
	Proof  Proof        `json:"proof"`
}

// Exclusion is what must never be contacted.
type Exclusion struct {
	Names    []string       `json:"names,omitempty"` // with every name below
	Prefixes []netip.Prefix `json:"prefixes,omitempty"`
	Ports    []uint16       `json:"ports,omitempty"`
}

// Rate limits contacts. Connections count when they begin.
type Rate struct {
	PerAddress  float64 `json:"per_address"`  // per second; default 200
	PerNetwork  float64 `json:"per_network"`  // per second and /24 or /48; default 500
	Total       float64 `json:"total"`        // per second; default 1000
	Parallel    int     `json:"parallel"`     // open connections per address; default 4
	ParallelAll int     `json:"parallel_all"` // open connections in all; default 512
	Attempts    int     `json:"attempts"`     // of a port scan: connections without an answer yet, per address; default 200
	AttemptsAll int     `json:"attempts_all"` // the same in all; default 1000
}

// withDefaults fills the members that are zero.
func (r Rate) withDefaults() Rate {
	set := func(v *float64, d float64) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&r.PerAddress, 200)
	set(&r.PerNetwork, 500)
	set(&r.Total, 1000)
	if r.Parallel <= 0 {
		r.Parallel = 4
	}
	if r.ParallelAll <= 0 {
		r.ParallelAll = 512
	}
	if r.Attempts <= 0 {
		r.Attempts = 200
	}
	if r.AttemptsAll <= 0 {
		r.AttemptsAll = 1000
	}
	return r
}

// gentle are the limits of a visit: those of one person with a browser.
var gentle = Rate{PerAddress: 10, PerNetwork: 20, Total: 100, Parallel: 2, ParallelAll: 32, Attempts: 1, AttemptsAll: 1}

// atMost lowers limits to those of another rate.
func (r Rate) atMost(most Rate) Rate {
	return Rate{min(r.PerAddress, most.PerAddress), min(r.PerNetwork, most.PerNetwork), min(r.Total, most.Total), min(r.Parallel, most.Parallel),
		min(r.ParallelAll, most.ParallelAll), min(r.Attempts, most.Attempts), min(r.AttemptsAll, most.AttemptsAll)}
}

// FoldName is the form in which names are compared: lower case, ASCII, without a
// final dot. An error says why it is no name of a host.
func FoldName(name string) (string, error) {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	if name == "" || len(name) > 253 || slices.Contains(strings.Split(name, "."), "") {
		return "", refuse(name, "it is no name of a host")
	}
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return strings.ToLower(ascii), nil
	}
	for _, r := range name { // service labels such as _dmarc are no host names, but names
		if !(r == '-' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return "", refuse(name, "it is no name of a host")
		}
	}
	return strings.ToLower(name), nil
}

// Below reports whether name is zone or a name below it; both folded.
func Below(name, zone string) bool {
	return name == zone || strings.HasSuffix(name, "."+zone)
}

// domain is the entry that covers a folded name.
func (s *Scope) domain(name string) (Domain, bool) {
	for _, d := range s.Domains {
		if d.Name == name || d.Subtree && Below(name, d.Name) {
			return d, true
		}
	}
	return Domain{}, false
}

// network reports whether an entry covers the address.
func (s *Scope) network(a netip.Addr) bool {
	return slices.ContainsFunc(s.Networks, func(n Network) bool { return n.Prefix.Contains(a) })
}

// CoversName reports whether the scope names a host and does not exclude it.
func (s *Scope) CoversName(name string) bool {
	name, err := FoldName(name)
	if err != nil || s.excludesName(name) {
		return false
	}
	_, ok := s.domain(name)
	return ok
}

// follows reports whether an alias of a covered name may lead to another name.
func (s *Scope) follows(alias string) bool {
	if s.Visit {
		folded, err := FoldName(alias)
		return err == nil && !s.excludesName(folded)
	}
	return s.CoversName(alias)
}

func (s *Scope) excludesName(name string) bool {
	return slices.ContainsFunc(s.Exclude.Names, func(x string) bool { return Below(name, x) })
}

func (s *Scope) excludesAddress(a netip.Addr) bool {
	return slices.ContainsFunc(s.Exclude.Prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
