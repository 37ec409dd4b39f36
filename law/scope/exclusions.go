package scope

import (
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// hardExclusions are the rules that certainly take the whole organisation out.
func (m *model) hardExclusions() []Ground {
	var out []Ground
	add := func(rule, citation string) {
		out = append(out, Ground{Rule: rule, Citation: citation, Class: law.Out,
			Text: law.Message{Key: "scope.ground." + rule}})
	}
	if m.exempt == law.True {
		add("excl.2.10", directive+"Art. 2(10)")
	}
	if m.securityExclusion() == law.True {
		add("excl.2.7", directive+"Art. 2(7)")
	}
	if m.outside {
		add("excl.2.1", directive+"Art. 2(1)")
	}
	return out
}

// securityExclusion is Art. 2(7) with its limit in Art. 2(9).
func (m *model) securityExclusion() law.Truth {
	claims := law.TruthOf(m.claimsPA).And(m.pa)
	trust := law.TruthOf(m.claimsTrust).And(m.trust)
	return m.predominant.And(claims).And(trust.Not())
}

// mayBeExcluded reports whether some completion takes the whole organisation out.
func (m *model) mayBeExcluded() bool {
	return m.outside || m.exempt != law.False || m.securityExclusion() != law.False
}

// exclusions are the rules that took the organisation or one of its entity types out.
func (m *model) exclusions() []Ground {
	out := m.hardExclusions()
	for i := range m.claimed.all {
		for _, j := range typeInfos[i].definitions {
			d := &definitions[j]
			v, stated := m.facts.Definition[d.fact]
			if i == atResearch {
				v, stated = m.educational(), true
			}
			if stated && v == d.removes {
				out = append(out, d.ground(annex.At(i)))
				break
			}
		}
	}
	if m.limitedByTrust() {
		out = append(out, Ground{Rule: "excl.2.9", Citation: directive + "Art. 2(9)",
			Text: law.Message{Key: "scope.ground.excl.2.9"}})
	}
	if out == nil {
		return []Ground{}
	}
	return out
}

// ground is the removal of an entity type.
func (d *definition) ground(t *annex.Type) Ground {
	return Ground{Rule: d.rule, Citation: d.citation, Class: law.Out, Type: t.ID,
		Text: law.Say("scope.ground."+d.rule, "type", t.Title())}
}

// limitedByTrust reports whether Art. 2(7) would apply but for Art. 2(9).
func (m *model) limitedByTrust() bool {
	return m.facts.EntityTypesKnown && m.predominant == law.True && m.claimsPA && m.pa == law.True &&
		m.claimsTrust && m.trust == law.True
}
