package netprobe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
)

// public leaves out addresses that no network announces.
func (v *view) public() (out []place) {
	for _, p := range v.places {
		if exposure.SpecialUse(p.address) == "" && tunnel(p.address) == "" {
			out = append(out, p)
		}
	}
	return out
}

func (v *view) vrps(f *exposure.Finding) (*VRPs, bool) {
	d, ok := v.s.Data.Kinds[VRPsKind].(*VRPs)
	if !ok {
		f.Leave(exposure.NotTested, "no list of validated ROAs was imported")
	}
	return d, ok
}

func (v *view) origins(f *exposure.Finding) (*Origins, bool) {
	d, ok := v.s.Data.Kinds[OriginsKind].(*Origins)
	if !ok {
		f.Leave(exposure.NotTested, "no list of announcing networks was imported")
	}
	return d, ok
}

// reached decides about a domain without public addresses.
func reached(list []place, f *exposure.Finding) bool {
	if len(list) == 0 {
		f.Leave(exposure.NotApplicable, "the services have no public addresses")
	}
	return len(list) > 0
}

func registered(_ context.Context, v *view, f *exposure.Finding) {
	f.Expected = "a ROA for every address"
	roas, ok := v.vrps(f)
	places := v.public()
	if !ok || !reached(places, f) {
		return
	}
	var missing []string
	for _, p := range places {
		prefix := netip.PrefixFrom(p.address, p.address.BitLen())
		if o, ok := v.s.Data.Kinds[OriginsKind].(*Origins); ok {
			if announced, _, ok := o.Announced(p.address); ok {
				prefix = announced
			}
		}
		if !roas.Covers(prefix) {
			missing = append(missing, fmt.Sprintf("%s in %s", p, prefix))
		}
	}
	if len(missing) > 0 {
		f.Say(exposure.Fail, "no ROA: %s", exposure.Few(missing, "; "))
	} else {
		f.Say(exposure.Pass, "%d addresses have ROAs", len(places))
	}
	f.Observed += " (" + roas.Source + ")"
}

func valid(_ context.Context, v *view, f *exposure.Finding) {
	f.Expected = "every announcement is the one that a ROA names"
	roas, ok := v.vrps(f)
	if !ok {
		return
	}
	routes, ok := v.origins(f)
	places := v.public()
	if !ok || !reached(places, f) {
		return
	}
	var wrong, missing, unseen []string
	for _, p := range places {
		prefix, networks, ok := routes.Announced(p.address)
		if !ok {
			unseen = append(unseen, p.String())
			continue
		}
		for _, as := range networks {
			what := fmt.Sprintf("%s, announced as %s by AS%d", p, prefix, as)
			switch roas.Validate(prefix, as) {
			case Invalid:
				wrong = append(wrong, what)
			case NotFound:
				missing = append(missing, what)
			}
		}
	}
	switch {
	case len(wrong) > 0:
		f.Say(exposure.Fail, "invalid: %s", exposure.Few(wrong, "; "))
	case len(missing) > 0:
		f.Say(exposure.Warn, "no ROA: %s", exposure.Few(missing, "; "))
	case len(unseen) > 0:
		f.Leave(exposure.Error, "the list of announcing networks does not have %s", exposure.Few(unseen, "; "))
		return
	default:
		f.Say(exposure.Pass, "%d addresses are announced as their ROAs say", len(places))
	}
	f.Observed += " (" + roas.Source + "; " + routes.Source + ")"
}

// networks lists the networks that announce the places of a kind.
func networks(o *Origins, places []place) (out []uint32) {
	for _, p := range places {
		if _, list, ok := o.Announced(p.address); ok {
			for _, as := range list {
				if !slices.Contains(out, as) {
					out = append(out, as)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func diverse(_ context.Context, v *view, f *exposure.Finding) {
	routes, ok := v.origins(f)
	if !ok || !reached(v.public(), f) {
		return
	}
	outcome := exposure.Pass
	var seen []string
	for _, what := range []string{"names", "mail"} {
		places := v.of(what, "")
		if len(places) == 0 {
			continue
		}
		n := networks(routes, places)
		if len(n) < 2 {
			outcome = exposure.Info
		}
		var words []string
		for _, as := range n {
			words = append(words, fmt.Sprintf("AS%d", as))
		}
		seen = append(seen, fmt.Sprintf("%s: %d networks (%s)", what, len(n), exposure.Few(words, "; ")))
	}
	if len(seen) == 0 {
		f.Leave(exposure.NotApplicable, "the name has no name servers and mail servers of its own")
		return
	}
	f.Say(outcome, "%s", exposure.Few(seen, "; "))
}

func participating(_ context.Context, v *view, f *exposure.Finding) {
	who, ok := v.s.Data.Kinds[ParticipantsKind].(Participants)
	if !ok {
		f.Leave(exposure.NotTested, "no list of participants of MANRS was imported")
		return
	}
	routes, ok := v.origins(f)
	if !ok || !reached(v.public(), f) {
		return
	}
	var in, out []string
	for _, as := range networks(routes, v.public()) {
		if who.AS[as] {
			in = append(in, fmt.Sprintf("AS%d takes part", as))
		} else {
			out = append(out, fmt.Sprintf("AS%d does not", as))
		}
	}
	f.Say(exposure.Info, "%s (%s)", exposure.Few(append(in, out...), "; "), who.Source)
}
