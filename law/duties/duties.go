// Package duties says which duties of Directive (EU) 2022/2555 bind an
// organisation whose scope is determined: the articles, what another act takes
// the place of, what must be registered where and by when, and how the
// authority supervises. It is pure.
package duties

import (
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Duty is one duty.
type Duty struct {
	ID        string // for example "nis2.21.2.a"
	Citation  string
	Addressee Addressee
	Title     law.Message // a few words
	Text      law.Message // one or two sentences
}

// Displaced is a duty that would bind but for another act.
type Displaced struct {
	Duty     string // id of the duty
	Act      string // the act that takes its place, for example "Regulation (EU) 2022/2554"
	Rule     string // "lexspec.dora" or "excl.2.8"
	Citation string // the rule that gives way
	Certain  bool   // false: the text leaves a doubt, or an authority decides in the case
}

// Set is everything that binds one organisation.
type Set struct {
	Binding       []Duty
	Displaced     []Displaced
	Registrations []Registration
	Supervision   Supervision
	Dates         []FixedDate
}

// IDs lists the ids of the binding duties.
func (s Set) IDs() []string {
	ids := make([]string, len(s.Binding))
	for i, d := range s.Binding {
		ids[i] = d.ID
	}
	return ids
}

// Options are what national law adds.
type Options struct {
	National    func(state, option string) scope.NationalOption // choices of Member States; nil: none known
	FirstDue    law.Date                                        // national date of the first registration; zero: not established
	ChangesDays int                                             // national limit to report changes, days; 0: the directive's two weeks
}

// Of lists the duties of an organisation. While its class depends, only those
// count that bind in every class that is still possible.
func Of(d scope.Determination, f scope.Facts, opt Options) Set {
	least := leastRank(d)
	b := binding(d, least)
	give := displacement(d, f, opt, least)
	set := Set{Binding: []Duty{}, Displaced: []Displaced{}}
	for i := range table {
		l := &table[i]
		if !b[l.part] {
			continue
		}
		if by, gone := give[l.part]; gone {
			by.Duty = l.id
			set.Displaced = append(set.Displaced, by)
			continue
		}
		set.Binding = append(set.Binding, l.duty())
	}
	set.Registrations = registrations(b, give, opt)
	set.Supervision = supervision(d, least, give)
	set.Dates = fixedDates(b)
	return set
}

// leastRank is the rank of the mildest class that is still possible.
func leastRank(d scope.Determination) int {
	if d.Class != law.Depends {
		return d.Class.Rank()
	}
	least := law.Essential.Rank()
	for _, c := range d.CouldBe {
		least = min(least, c.Rank())
	}
	return least
}

// binding says which parts bind before any displacement.
func binding(d scope.Determination, least int) map[part]bool {
	b := map[part]bool{}
	if least < law.RegistrationOnly.Rank() {
		return b
	}
	has := func(set annex.Set) bool {
		for _, id := range d.EntityTypes {
			if annex.In(id, set) {
				return true
			}
		}
		return false
	}
	b[partList] = true
	b[partRepresent] = d.Representative
	b[partRegistry] = has(annex.Article27)
	b[partDomainData] = has(annex.Article28)
	if least < law.Important.Rank() {
		return b
	}
	for _, p := range []part{partGovernance, partMeasures, partReporting, partSharing} {
		b[p] = true
	}
	b[partTrust] = has(annex.TrustServices)
	b[partCIR] = has(annex.CIR2690)
	b[partSignificance] = b[partCIR]
	return b
}

// Acts that take the place of duties.
const (
	doraAct  = "Regulation (EU) 2022/2554"
	article2 = "Directive (EU) 2022/2555 Art. 2(8)"
)

// displacement says which parts give way: for financial entities to DORA
// (Art. 4, recital 28), and to a national exemption under Art. 2(8). Recital 28
// names risk management, reporting, supervision and enforcement; whether Art. 20
// goes with them is not said, so that is marked as not certain.
func displacement(d scope.Determination, f scope.Facts, opt Options, least int) map[part]Displaced {
	give := map[part]Displaced{}
	if least < law.Important.Rank() {
		return give
	}
	if exclusively, applies := exempted28(d, f, opt); applies {
		by := Displaced{Act: article2, Rule: "excl.2.8", Citation: article2}
		for _, p := range []part{partMeasures, partReporting, partCIR, partSignificance} {
			give[p] = by
		}
		if exclusively {
			give[partList], give[partRegistry] = by, by
		}
	}
	if financial(d) {
		by := Displaced{Act: doraAct, Rule: "lexspec.dora", Citation: "Directive (EU) 2022/2555 Art. 4(1)", Certain: true}
		for _, p := range []part{partMeasures, partReporting, partCIR, partSignificance, partTrust} {
			give[p] = by
		}
		by.Certain = false
		give[partGovernance] = by
	}
	return give
}

// financial reports whether DORA covers the organisation as a financial entity.
func financial(d scope.Determination) bool {
	for _, id := range d.EntityTypes {
		if annex.In(id, annex.DORA) {
			return true
		}
	}
	return false
}

// exempted28 says whether a national exemption under Art. 2(8) may take duties
// away: for activities in national security, public security, defence or law
// enforcement, and services only to the bodies of Art. 2(7). Not for trust
// service providers, Art. 2(9). Those who do nothing else may be exempted from
// Arts. 3 and 27 as well.
func exempted28(d scope.Determination, f scope.Facts, opt Options) (exclusively, applies bool) {
	exclusively = f.Definition[scope.ServesSecurityBodiesOnly] == law.True
	if !exclusively && f.Security != scope.SecurityPredominant {
		return false, false
	}
	for _, id := range d.EntityTypes {
		if annex.In(id, annex.TrustServices) {
			return false, false
		}
	}
	return exclusively, scope.Option(f, scope.Options{National: opt.National}, scope.OptionExempt28) == law.True
}
