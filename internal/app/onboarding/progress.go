package onboarding

import (
	"slices"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Progress is what the answers so far lead to.
type Progress struct {
	Possible []law.Class         // classes that the answers leave, strictest first
	Sure     scope.Determination // what holds whatever the open answers are
	Next     string              // id of the question to ask now; "" when no open one can change the answer
	Pending  int                 // open questions that can change the answer now, Next among them
}

// Done reports whether nothing is left to ask.
func (p Progress) Done() bool { return p.Next == "" }

// Wizard asks questions with the rules of a day.
type Wizard struct {
	AsOf     law.Date
	National func(state, option string) scope.NationalOption // choices of the Member States; nil: none known
}

func (w Wizard) classify(s scope.Facts) scope.Determination {
	return scope.Classify(s, scope.Options{AsOf: w.AsOf, National: w.National})
}

// Progress evaluates the facts with everything that was not asked left open.
func (w Wizard) Progress(f *organisation.File) Progress {
	open := openFacts(f)
	missing := map[string]bool{}
	if group, _ := Find(AskGroup); !group.Answered(f) {
		if missing[AskGroup] = w.groupMatters(f, open); !missing[AskGroup] {
			open.Linked = nil
		}
	}
	p := Progress{Sure: w.classify(open)}
	reach := map[law.Class]bool{}
	for _, as := range identifications(f) {
		open.IdentifiedAs = as
		d := w.classify(open)
		for _, c := range reached(d) {
			reach[c] = true
		}
		for _, field := range d.Missing {
			missing[field] = true
		}
	}
	open.IdentifiedAs = law.Class(f.Status.IdentifiedAs)
	bound := reach[law.Essential] || reach[law.Important] || reach[law.RegistrationOnly]
	if places, _ := Find(AskPlaces); !places.Answered(f) {
		reach[law.Out] = true // neither established nor active in the Union, Art. 2(1)
	}
	for _, q := range questions {
		if q.Answered(f) || !w.matters(q, f, open, missing, bound) {
			continue
		}
		if p.Pending++; p.Next == "" {
			p.Next = q.ID
		}
	}
	for _, c := range []law.Class{law.Essential, law.Important, law.RegistrationOnly, law.Out} {
		if reach[c] {
			p.Possible = append(p.Possible, c)
		}
	}
	return p
}

// groupMatters reports whether other enterprises can change the class. They only
// add to the figures, so that the lowest own figures with nothing added, and with
// as much as may be, show it; the staff alone reaches every size.
func (w Wizard) groupMatters(f *organisation.File, open scope.Facts) bool {
	least := lowest(open)
	tried := open
	tried.Figures, tried.Linked = least.Figures, []scope.Linked{{Turnover: scope.Num(0), BalanceSheet: scope.Num(0)}}
	for _, as := range identifications(f) {
		tried.IdentifiedAs = as
		if d := w.classify(tried); !tried.EntityTypesKnown && d.Class == law.Depends || slices.Contains(d.Missing, "linked.employees") {
			return true
		}
	}
	return false
}

// matters reports whether an answer to the question can change the class or the
// competent Member State. bound says whether the directive may apply at all.
func (w Wizard) matters(q Question, f *organisation.File, open scope.Facts, missing map[string]bool, bound bool) bool {
	switch q.Kind {
	case Places:
		return bound
	case Decision:
		return w.identificationMatters(open)
	case Group:
		return missing[AskGroup]
	case Country:
		return bound && w.placeMatters(q, f, open)
	}
	return slices.ContainsFunc(q.fields, func(field string) bool { return missing[field] })
}

func reached(d scope.Determination) []law.Class {
	if d.Class == law.Depends {
		return d.CouldBe
	}
	return []law.Class{d.Class}
}

// identifications are the decisions of a Member State that are possible.
func identifications(f *organisation.File) []law.Class {
	if q, _ := Find(AskIdentified); q.Answered(f) {
		return []law.Class{law.Class(f.Status.IdentifiedAs)}
	}
	return []law.Class{"", law.Important, law.Essential}
}

// openFacts are the facts for the scope test in which all that was not asked is
// unknown.
func openFacts(f *organisation.File) scope.Facts {
	s := f.ScopeFacts()
	unanswered := func(id string) bool {
		q, _ := Find(id)
		return !q.Answered(f)
	}
	leave := func(fact string) {
		if unanswered("facts." + fact) {
			s.Definition[fact] = law.Unknown
		}
	}
	for _, d := range scope.DecidingFor(f.Activity.EntityTypes) {
		leave(d.Fact)
	}
	if unanswered(AskSecurity) {
		s.Security = scope.SecurityUnknown
	}
	if unanswered(AskGroup) {
		s.Linked = []scope.Linked{{}} // an enterprise of which nothing is known stands for any group, and for none
	} else if len(s.Linked)+len(s.Partners) > 0 {
		leave(scope.IndependentSystems)
	}
	if exempt, known := exemption(f); known {
		s.DORAExempt = exempt
	}
	return s
}

// exemption is whether the organisation is exempted from Regulation (EU)
// 2022/2554. Only financial entities can be, so that the others need no asking.
func exemption(f *organisation.File) (exempt law.Truth, known bool) {
	if f.Activity.EntityTypes == nil || slices.ContainsFunc(f.Activity.EntityTypes, financial) {
		return law.Unknown, false
	}
	return law.False, true
}

func financial(id string) bool { return annex.In(id, annex.DORA) }

// identificationMatters reports whether a Member State's decision changes the
// class in some completion of the facts. It needs a listed type that remains, and
// nothing that makes the organisation essential anyway. The completion with the
// lowest class in which one given type remains therefore shows it.
func (w Wizard) identificationMatters(open scope.Facts) bool {
	if !open.EntityTypesKnown {
		return true
	}
	least := lowest(open)
	for _, name := range scope.OptionNames() {
		v := scope.Option(open, scope.Options{AsOf: w.AsOf, National: w.National}, name)
		least.National[name] = law.TruthOf(v == law.True)
	}
	for _, id := range open.EntityTypes {
		if t, ok := annex.Find(id); !ok || !t.Listed() {
			continue
		}
		tried := least
		tried.Definition = map[string]law.Truth{}
		keeps := scope.DecidingFor([]string{id})
		for name, v := range open.Definition {
			tried.Definition[name] = v
		}
		for _, d := range scope.DecidingFor(open.EntityTypes) {
			if v, ok := open.Definition[d.Fact]; ok && v == law.Unknown {
				tried.Definition[d.Fact] = d.Removes
				if slices.Contains(keeps, d) {
					tried.Definition[d.Fact] = d.Removes.Not()
				}
			}
		}
		if tried.Definition[scope.RegionalRiskAssessment] != law.True {
			tried.Definition[scope.RegionalRiskAssessment] = law.False
		}
		before := w.classify(tried)
		tried.IdentifiedAs = law.Essential
		if w.classify(tried).Class != before.Class {
			return true
		}
	}
	return false
}

// lowest fills in what is unknown, but for definitions, so that nothing excludes
// the organisation and its class is as low as can be.
func lowest(open scope.Facts) scope.Facts {
	s := open
	s.IdentifiedAs, s.National = "", map[string]law.Truth{}
	for name, v := range open.National {
		s.National[name] = v
	}
	for _, t := range []*law.Truth{&s.CERCritical, &s.DORAExempt, &s.NIS1OES, &s.NIS1OESBefore16January2023} {
		if *t == law.Unknown {
			*t = law.False
		}
	}
	if s.Security == scope.SecurityUnknown {
		s.Security = scope.SecurityNone
	}
	s.Figures = slices.Clone(s.Figures)
	for i := range s.Figures {
		y := &s.Figures[i]
		zero(&y.Employees, &y.Turnover, &y.BalanceSheet)
	}
	if len(s.Figures) == 0 {
		s.Figures = []scope.Figures{{Employees: scope.Num(0), Turnover: scope.Num(0), BalanceSheet: scope.Num(0)}}
	}
	s.Linked, s.Partners = lowestLinked(s.Linked), lowestPartners(s.Partners)
	return s
}

func zero(numbers ...*scope.Number) {
	for _, n := range numbers {
		if !n.Known {
			*n = scope.Num(0)
		}
	}
}

func lowestLinked(list []scope.Linked) []scope.Linked {
	list = slices.Clone(list)
	for i := range list {
		l := &list[i]
		zero(&l.Employees, &l.Turnover, &l.BalanceSheet)
		l.Partners = lowestPartners(l.Partners)
	}
	return list
}

func lowestPartners(list []scope.Partner) []scope.Partner {
	list = slices.Clone(list)
	for i := range list {
		p := &list[i]
		zero(&p.Share, &p.Employees, &p.Turnover, &p.BalanceSheet)
		if p.Investor == law.Unknown {
			p.Investor = law.True
		}
		p.Linked = lowestLinked(p.Linked)
	}
	return list
}

// placeMatters reports whether the class or the competent Member State differs
// between the countries that the question may be answered with.
func (w Wizard) placeMatters(q Question, f *organisation.File, open scope.Facts) bool {
	candidates := f.Establishment.EstablishedIn
	if q.ID == "representative_in" {
		candidates = f.Establishment.Serves
	}
	first := true
	var class law.Class
	var could []law.Class
	var states []string
	for _, code := range candidates {
		if !scope.InUnion(code) {
			continue
		}
		tried := open
		*countryOf(&tried, q.ID) = code
		d := w.classify(tried)
		if !first && (d.Class != class || !slices.Equal(d.CouldBe, could) || !slices.Equal(d.Jurisdiction, states)) {
			return true
		}
		first, class, could, states = false, d.Class, d.CouldBe, d.Jurisdiction
	}
	return false
}

// countryOf is the member of the facts that a question of kind Country is about.
func countryOf(s *scope.Facts, id string) *string {
	switch id {
	case "established_by":
		return &s.EstablishedBy
	case "decisions_in":
		return &s.DecisionsIn
	case "operations_in":
		return &s.OperationsIn
	case "most_staff_in":
		return &s.MostStaffIn
	}
	return &s.RepresentativeIn
}
