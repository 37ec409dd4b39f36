package scope

import "github.com/nisaba-platform/nisaba/law"

// pairs is a set of pairs of ranks that an organisation can have before and
// after one change, all else equal; bit 4x+y stands for the pair x, y.
type pairs uint16

func pair(x, y uint8) pairs { return 1 << (4*x + y) }

// max combines two independent sets of pairs, member by member.
func (p pairs) max(q pairs) pairs {
	var out pairs
	for i := uint8(0); i < 16; i++ {
		for j := uint8(0); p>>i&1 == 1 && j < 16; j++ {
			if q>>j&1 == 1 {
				out |= pair(max(i>>2, j>>2), max(i&3, j&3))
			}
		}
	}
	return out
}

// change is one step between two completions: from one situation to another,
// or one unknown of one claim.
type change struct {
	from, to situation
	claim    int // position of the claim whose own unknown changes; -1 for none
	second   bool
}

// differs reports whether the step changes the class in some completion of
// everything else.
func (m *model) differs(ch change) bool {
	all := pair(0, 0)
	for i := range m.claims {
		all = all.max(m.steps(&m.claims[i], ch, i == ch.claim))
	}
	before, after := m.excluded(ch.from), m.excluded(ch.to)
	for i := uint8(0); i < 16; i++ {
		if all>>i&1 == 0 {
			continue
		}
		x, y := i>>2, i&3
		if before {
			x = 0
		}
		if after {
			y = 0
		}
		if x != y {
			return true
		}
	}
	return false
}

// steps are the pairs of ranks of one claim.
func (m *model) steps(c *claim, ch change, own bool) pairs {
	var out pairs
	for _, a := range both(c.a) {
		for _, b := range both(c.b) {
			fromA, toA, fromB, toB := a, a, b, b
			if own && ch.second {
				fromB, toB = false, true
			} else if own {
				fromA, toA = false, true
			}
			out |= pair(m.rank(c, ch.from, fromA, fromB), m.rank(c, ch.to, toA, toB))
		}
	}
	return out
}

// missing are the fields of which the value changes the class in some completion.
func (m *model) missing() fieldSet {
	var fields fieldSet
	m.situations(m.levels, func(s situation) bool {
		fields = m.claimFields(s, m.sharedFields(s, fields))
		return true
	})
	for i, c := range m.regime.ceilings {
		if m.ceilingMatters(level(i), fields) {
			fields |= m.sizer.decidingFields(c, m.independent, m.independentFields)
		}
	}
	return fields
}

// sharedFields adds the fields behind what the claims share that matter here to
// those found before.
func (m *model) sharedFields(s situation, fields fieldSet) fieldSet {
	test := func(unknown, now bool, other situation, f fieldSet) {
		if unknown && !now && f&^fields != 0 && m.differs(change{from: s, to: other, claim: -1}) {
			fields |= f
		}
	}
	other := s
	other.exempt = true
	test(m.exempt == law.Unknown, s.exempt, other, fDORA)
	other = s
	other.predominant = true
	test(m.predominant == law.Unknown, s.predominant, other, fSecurity)
	other = s
	other.pa = true
	test(m.pa == law.Unknown, s.pa, other, m.paFields)
	other = s
	other.trust = true
	test(m.trust == law.Unknown, s.trust, other, m.trustFields)
	return fields
}

// claimFields adds the fields behind the claims' own unknowns that matter here
// to those found before.
func (m *model) claimFields(s situation, fields fieldSet) fieldSet {
	for i := range m.claims {
		c := &m.claims[i]
		if c.a == law.Unknown && c.aFields&^fields != 0 && m.differs(change{s, s, i, false}) {
			fields |= c.aFields
		}
		if c.b == law.Unknown && c.bFields&^fields != 0 && m.differs(change{s, s, i, true}) {
			fields |= c.bFields
		}
	}
	return fields
}

// ceilingMatters reports whether exceeding the i-th ceiling or not changes the
// class. The class is monotone in the size, so a step across the ceiling shows
// it. While the activity itself is not known, every ceiling of Arts. 2 and 3 may.
func (m *model) ceilingMatters(below level, so fieldSet) bool {
	if m.levels.single() {
		return false
	}
	if so&fEntityTypes != 0 && !m.facts.EntityTypesKnown {
		return below+1 == aboveSmall || below+1 == m.regime.essentialFrom
	}
	return !m.situations(1<<below, func(s situation) bool {
		above := s
		above.level++
		return !m.differs(change{from: s, to: above, claim: -1})
	})
}
