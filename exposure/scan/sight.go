package scan

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/ports"
)

// The checks that say whether the ports of a host were looked at.
const (
	believed  = "BAN-02"
	openPorts = "PORT-00"
)

// Sight is which names and hosts a scan could look at.
type Sight struct {
	names map[string]bool     // by name, whether it was found
	hosts map[hostAt]bool     // whether its ports were asked, and can be believed
	empty map[hostAt]struct{} // no port is open
}

type hostAt struct {
	name    string
	address netip.Addr
}

// SightOf is what a scan with some findings could look at.
func SightOf(list []exposure.Finding) *Sight {
	s := &Sight{}
	for _, f := range list {
		s.add(&f)
	}
	return s
}

func (s *Sight) add(f *exposure.Finding) {
	if s.names == nil {
		s.names, s.hosts, s.empty = map[string]bool{}, map[hostAt]bool{}, map[hostAt]struct{}{}
	}
	at := hostAt{f.Target.Name, f.Target.Address}
	switch f.Check {
	case addressCheck:
		s.names[f.Target.Name] = f.Outcome == exposure.Info
	case believed:
		s.hosts[at] = f.Outcome == exposure.Pass
	case openPorts:
		if ports.NoneOpen(*f) {
			s.empty[at] = struct{}{}
		}
	}
}

// Lost reports whether a place that the scan says nothing of could not be looked at: its
// name was not found, the ports of its host were not asked, or none of them answered,
// which a host that is down does not, either. Otherwise what stood there is gone.
func (s *Sight) Lost(t exposure.Target) bool {
	if found, asked := s.names[t.Name]; asked && !found {
		return true
	}
	at := hostAt{t.Name, t.Address}
	_, empty := s.empty[at]
	looked, known := s.hosts[at]
	return t.Address.IsValid() && (empty || known && !looked)
}

// Missed reports whether a finding says that a name or a host was left out of a scan.
func Missed(f exposure.Finding) bool {
	return f.Outcome == exposure.NotTested && (f.Check == believed || f.Check == addressCheck)
}

// PlaceOf reads a place as Target.String writes it. What is not one is a name.
func PlaceOf(text string) exposure.Target {
	name, rest, both := strings.Cut(text, " ")
	last := name
	if both {
		last = rest
	}
	t := exposure.Target{}
	if at, err := netip.ParseAddrPort(last); err == nil {
		t.Address, t.Port = at.Addr(), at.Port()
	} else if a, err := netip.ParseAddr(last); err == nil {
		t.Address = a
	}
	if both || !t.Address.IsValid() {
		t.Name = cmp.Or(name, text)
	}
	return t
}
