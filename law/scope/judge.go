package scope

import (
	"math/bits"

	"github.com/nisaba-platform/nisaba/law"
)

// fire is the rule of Arts. 2 and 3 that a claim meets in a situation, with its
// unknowns settled to a and b; none when it meets none. This function is the
// heart of the scope test.
func (m *model) fire(c *claim, s situation, a, b bool) rule {
	switch c.kind {
	case kAnnexI:
		return m.bySize(s.level, a)
	case kAnnexII:
		if a && s.level >= aboveSmall {
			return s21 // Art. 3(2): size never makes an Annex II type essential
		}
	case kDNS:
		if !m.regime.dnsAnySize {
			return m.bySize(s.level, a)
		}
		return when(a, ess31b)
	case kTLD:
		return when(a, ess31b)
	case kECom:
		return when(a, m.byCommunications(s.level))
	case kTrust:
		return when(s.trust, m.byTrust(s.level, a))
	case kCentral:
		return when(s.pa, ess31d)
	case kRegional:
		return when(s.pa && a, s22fii)
	case kLocal:
		return when(s.pa && a, s25a)
	case kEducation:
		if a {
			return when(b, s25b)
		}
		return when(c.typ >= 0 && s.level >= aboveSmall, s21)
	case kRegistrar:
		return s24
	case kCER:
		return when(a, ess31f)
	case kOES:
		return when(a, ess31g)
	}
	return none
}

func when(holds bool, r rule) rule {
	if holds {
		return r
	}
	return none
}

// bySize judges an ordinary Annex I type.
func (m *model) bySize(l level, remains bool) rule {
	switch {
	case !remains || l < aboveSmall:
		return none
	case l >= m.regime.essentialFrom:
		return ess31a
	}
	return s21
}

// byCommunications judges public electronic communications: in scope at any
// size, essential from medium on.
func (m *model) byCommunications(l level) rule {
	switch {
	case l >= m.regime.essentialFrom:
		return ess31a
	case l >= aboveSmall:
		return ess31c
	}
	return s22ai
}

// byTrust judges trust service providers: in scope at any size, the qualified
// ones essential.
func (m *model) byTrust(l level, qualified bool) rule {
	switch {
	case qualified:
		return ess31b
	case l >= m.regime.essentialFrom:
		return ess31a
	}
	return s22aii
}

// listed reports whether the claim is an Annex I or II type that remains, which
// an identification under Art. 2(2)(b) to (e) needs.
func (c *claim) listed(s situation, a bool) bool {
	switch c.kind {
	case kAnnexI, kAnnexII, kDNS, kTLD, kECom:
		return a
	case kTrust:
		return s.trust
	case kCentral, kRegional:
		return s.pa
	case kEducation:
		return c.typ >= 0 && !a
	}
	return false
}

// rank is the strictness of the class that a claim leads to.
func (m *model) rank(c *claim, s situation, a, b bool) uint8 {
	if c.kind == kAny {
		switch {
		case a && b:
			return 3
		case a:
			return max(2, m.identified)
		case b:
			return 1
		}
		return 0
	}
	r := m.fire(c, s, a, b)
	rank := ruleTexts[r].rank
	if r == s25a || r == s25b {
		rank = c.rank
	}
	if m.identified > rank && c.listed(s, a) {
		rank = m.identified
	}
	return rank
}

// excluded reports whether the directive does not apply at all: no activity in
// the Union, exempted from DORA (this directive's Art. 2(10)), or public
// administration that is predominantly active in security or law enforcement
// (Art. 2(7)) and provides no trust service (Art. 2(9)).
func (m *model) excluded(s situation) bool {
	return m.outside || s.exempt || s.predominant && m.claimsPA && s.pa && !(m.claimsTrust && s.trust)
}

// both lists the values that an answer may take.
func both(t law.Truth) []bool {
	switch t {
	case law.True:
		return yes
	case law.False:
		return no
	}
	return either
}

var (
	yes    = []bool{true}
	no     = []bool{false}
	either = []bool{false, true}
)

// situations visits every completion of what the claims share, for the levels
// given, until visit returns false.
func (m *model) situations(levels levelSet, visit func(situation) bool) bool {
	for l := level(0); levels != 0; l, levels = l+1, levels>>1 {
		if levels&1 == 0 {
			continue
		}
		for _, pa := range both(m.pa) {
			for _, trust := range both(m.trust) {
				for _, predominant := range both(m.predominant) {
					for _, exempt := range both(m.exempt) {
						if !visit(situation{l, pa, trust, predominant, exempt}) {
							return false
						}
					}
				}
			}
		}
	}
	return true
}

// ranks is a set of ranks, one bit each.
type ranks uint8

// max is the set of the greater of any two members.
func (r ranks) max(t ranks) ranks {
	floor := max(r&-r, t&-t)
	return (r | t) &^ (floor - 1)
}

// of is the set of ranks that a claim can reach in a situation.
func (m *model) of(c *claim, s situation) ranks {
	var set ranks
	for _, a := range both(c.a) {
		for _, b := range both(c.b) {
			set |= 1 << m.rank(c, s, a, b)
		}
	}
	return set
}

// within is the set of ranks that the organisation can reach in a situation.
func (m *model) within(s situation) ranks {
	set := ranks(1)
	if m.excluded(s) {
		return set
	}
	for i := range m.claims {
		set = set.max(m.of(&m.claims[i], s))
	}
	return set
}

// reachable is the set of ranks that the organisation can have at all.
func (m *model) reachable() ranks {
	var set ranks
	m.situations(m.levels, func(s situation) bool {
		set |= m.within(s)
		return true
	})
	return set
}

// classes lists the classes of the set, strictest first.
func (r ranks) classes() []law.Class {
	out := make([]law.Class, 0, bits.OnesCount8(uint8(r)))
	for rank := 3; rank >= 0; rank-- {
		if r>>rank&1 == 1 {
			out = append(out, classOf(uint8(rank)))
		}
	}
	return out
}
