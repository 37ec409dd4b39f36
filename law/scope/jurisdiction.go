package scope

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// locate fills in the competent Member States, Art. 26. An organisation that
// several rules address is under each of them.
func (m *model) locate(d *Determination) {
	d.Jurisdiction = []string{}
	if d.Class == law.Out {
		return
	}
	types := d.EntityTypes
	if len(types) == 0 {
		types = d.MaybeTypes
	}
	if d.Class == law.RegistrationOnly { // Art. 2(4): no other activity is in scope
		types = []string{registrar}
	}
	var states, basis []string
	add := func(rule string, found []string) {
		if !slices.Contains(basis, rule) {
			basis, states = append(basis, rule), append(states, found...)
		}
	}
	for _, id := range types {
		rule, found := m.competent(id, types)
		add(rule, found)
	}
	if len(types) == 0 {
		add("jur.26.1", union(m.facts.EstablishedIn))
	}
	d.Representative = slices.Contains(basis, "rep.26.3")
	slices.Sort(states)
	slices.Sort(basis)
	d.Jurisdiction = append(d.Jurisdiction, slices.Compact(states)...)
	d.JurisdictionBasis = strings.Join(basis, ", ")
}

// competent is the rule of Art. 26(1) for one entity type, and its States.
func (m *model) competent(id string, all []string) (rule string, states []string) {
	f := m.facts
	t, _ := annex.Find(id)
	communications := id == ecn || id == ecs
	if id == dns && f.stated(ResolverForSubscribers) == law.True { // recital 115
		communications = slices.Contains(all, ecn) || slices.Contains(all, ecs)
	}
	switch {
	case communications:
		if states = union(f.Serves); len(states) == 0 {
			states = union(f.EstablishedIn)
		}
		return "jur.26.1.a", states
	case t.In(annex.Article26b):
		return f.mainEstablishment()
	case t.In(annex.PublicAdmin):
		if states = one(f.EstablishedBy); states == nil {
			states = union(f.EstablishedIn)
		}
		return "jur.26.1.c", states
	}
	return "jur.26.1", union(f.EstablishedIn)
}

// mainEstablishment is the cascade of Art. 26(2), and Art. 26(3) for those who
// have no establishment in the Union: the State of the representative, or as
// long as there is none every State in which services are offered.
func (f *Facts) mainEstablishment() (rule string, states []string) {
	established := union(f.EstablishedIn)
	if len(established) > 0 || len(f.EstablishedIn) == 0 {
		for _, place := range []string{f.DecisionsIn, f.OperationsIn, f.MostStaffIn} {
			if InUnion(place) {
				return "jur.26.1.b", one(place)
			}
		}
	}
	switch {
	case len(established) == 1:
		return "jur.26.1.b", established
	case len(established) > 1:
		return "jur.26.1.b", nil
	case InUnion(f.RepresentativeIn):
		return "rep.26.3", one(f.RepresentativeIn)
	case len(f.EstablishedIn) == 0 && !anyInUnion(f.Serves):
		return "jur.26.1.b", nil // nothing stated: the Union is presumed
	}
	return "rep.26.3", union(f.Serves)
}
