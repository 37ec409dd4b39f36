// Package onboarding asks an organisation the questions of the scope test, one at
// a time: which question comes next, what the answers so far leave possible, and
// how an answer changes the facts. It is pure: no store, no clock, no requests.
//
// The scope test itself decides what is asked. Everything that nobody was asked
// counts as unknown; package law/scope then says which classes are still possible
// and which facts would decide between them, and only those are asked. What the
// scope test presumes when it is not stated (no group, no decision of an
// authority, in the Union) is opened here in the same way, by trying it each way.
package onboarding

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Kind is the form that the answer to a question has.
type Kind string

// The kinds.
const (
	Types    Kind = "types"    // any of the entity types, or none
	Places   Kind = "places"   // countries with an establishment, and countries served
	Figure   Kind = "figure"   // one figure for each accounting year
	Group    Kind = "group"    // linked and partner enterprises
	YesNo    Kind = "yes-no"   // yes, no or not known
	Security Kind = "security" // share of the work in security and law enforcement
	Decision Kind = "decision" // a decision of a Member State about the class
	Country  Kind = "country"  // one country
)

// Step is a part of the wizard.
type Step string

// The steps, in order.
const (
	Activity  Step = "activity"
	Size      Step = "size"
	Status    Step = "status"
	Placement Step = "place"
	National  Step = "national"
)

// Steps lists the steps in order.
func Steps() []Step { return []Step{Activity, Placement, Size, Status, National} }

// Question is one screen of the wizard. Its texts are messages: "wizard.q." and
// the id for the question, and the same with ".why" for the reason.
type Question struct {
	ID       string
	Kind     Kind
	Step     Step
	Citation string
	fields   []string // of the scope test, that the answer settles
	truth    func(f *organisation.File) *law.Truth
	country  func(f *organisation.File) *string
}

// Ids of the questions that others refer to.
const (
	AskTypes      = "types"
	AskPlaces     = "places"
	AskEmployees  = "employees"
	AskTurnover   = "turnover"
	AskBalance    = "balance"
	AskGroup      = "group"
	AskIdentified = "identified"
	AskSecurity   = "security"
	AskDORA       = "dora"
)

const (
	directive      = "Directive (EU) 2022/2555 "
	recommendation = "Recommendation 2003/361/EC, Annex "
)

// Questions lists every question there is, in the order in which the wizard asks
// those that matter.
func Questions() []Question { return slices.Clone(questions) }

// questions is written once and only read afterwards.
var questions = build()

func build() []Question {
	out := []Question{
		{ID: AskTypes, Kind: Types, Step: Activity, Citation: directive + "Art. 2(1), Annexes I and II", fields: []string{"entity_types"}},
	}
	for _, d := range scope.DecidingFor(allTypes()) {
		out = append(out, fact(d.Fact, d.Citation, Activity))
	}
	out = append(out,
		fact(scope.RegionalRiskAssessment, directive+"Art. 2(2)(f)(ii)", Activity),
		Question{ID: AskSecurity, Kind: Security, Step: Activity, Citation: directive + "Art. 2(7), recital 8", fields: []string{"facts.security_activity"}},
		Question{ID: AskPlaces, Kind: Places, Step: Placement, Citation: directive + "Arts. 2(1) and 26"},
		Question{ID: AskEmployees, Kind: Figure, Step: Size, Citation: recommendation + "Arts. 2 and 5", fields: []string{"figures.employees"}},
		Question{ID: AskGroup, Kind: Group, Step: Size, Citation: recommendation + "Arts. 3 and 6"},
		fact(scope.IndependentSystems, directive+"recital 16", Size),
		Question{ID: AskTurnover, Kind: Figure, Step: Size, Citation: recommendation + "Arts. 2 and 4", fields: []string{"figures.turnover_eur"}},
		Question{ID: AskBalance, Kind: Figure, Step: Size, Citation: recommendation + "Arts. 2 and 4", fields: []string{"figures.balance_sheet_eur"}},
		status(AskDORA, "dora_exempt", directive+"Art. 2(10)", func(f *organisation.File) *law.Truth { return &f.Status.DORAExempt }),
		status("cer", "cer_critical", directive+"Arts. 2(3) and 3(1)(f)", func(f *organisation.File) *law.Truth { return &f.Status.CERCritical }),
		Question{ID: AskIdentified, Kind: Decision, Step: Status, Citation: directive + "Arts. 2(2)(b) to (e) and 3(1)(e)"},
		status("oes", "nis1_oes", directive+"Art. 3(1)(g)", func(f *organisation.File) *law.Truth { return &f.Status.NIS1OES }),
		status("oes_before", "nis1_oes_before_2023_01_16", directive+"Art. 3(1)(g)", func(f *organisation.File) *law.Truth { return &f.Status.NIS1OESBefore16January2023 }),
		place("established_by", directive+"Art. 26(1)(c)", func(f *organisation.File) *string { return &f.Establishment.EstablishedBy }),
		place("decisions_in", directive+"Art. 26(2)", func(f *organisation.File) *string { return &f.Establishment.DecisionsIn }),
		place("operations_in", directive+"Art. 26(2)", func(f *organisation.File) *string { return &f.Establishment.OperationsIn }),
		place("most_staff_in", directive+"Art. 26(2)", func(f *organisation.File) *string { return &f.Establishment.MostStaffIn }),
		place("representative_in", directive+"Art. 26(3)", func(f *organisation.File) *string { return &f.Establishment.RepresentativeIn }),
	)
	for _, o := range []struct{ name, citation string }{
		{scope.OptionLocal, "Art. 2(5)(a)"}, {scope.OptionEducation, "Art. 2(5)(b)"}, {scope.OptionOES, "Art. 3(1)(g)"}, {scope.OptionRecital16, "recital 16"}} {
		out = append(out, Question{ID: "national." + o.name, Kind: YesNo, Step: National, Citation: directive + o.citation, fields: []string{"national." + o.name}})
	}
	return out
}

func allTypes() []string {
	var ids []string
	for _, t := range annex.All() {
		ids = append(ids, t.ID)
	}
	return ids
}

func fact(name, citation string, step Step) Question {
	return Question{ID: "facts." + name, Kind: YesNo, Step: step, Citation: citation, fields: []string{"facts." + name}}
}

func status(id, field, citation string, at func(*organisation.File) *law.Truth) Question {
	return Question{ID: id, Kind: YesNo, Step: Status, Citation: citation, fields: []string{field}, truth: at}
}

func place(id, citation string, at func(*organisation.File) *string) Question {
	return Question{ID: id, Kind: Country, Step: Placement, Citation: citation, country: at}
}

// Find returns the question with this id; ok is false when there is none.
func Find(id string) (q Question, ok bool) {
	for _, q := range questions {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}

// Of returns the question whose answer states a field of the scope test, such as
// "linked.employees"; ok is false when no question does.
func Of(field string) (q Question, ok bool) {
	switch group, _, _ := strings.Cut(field, "."); {
	case group == "linked" || group == "partners":
		return Find(AskGroup)
	case field == "established_in" || field == "serves":
		return Find(AskPlaces)
	case field == "identified_as":
		return Find(AskIdentified)
	}
	for _, q := range questions {
		if slices.Contains(q.fields, field) || q.Kind == Country && q.ID == field {
			return q, true
		}
	}
	return Question{}, false
}

// factName is the name below activity.facts of a question about one, "" for others.
func (q Question) factName() string {
	if len(q.ID) > len("facts.") && q.ID[:len("facts.")] == "facts." {
		return q.ID[len("facts."):]
	}
	return ""
}

// option is the choice of the Member State that a question is about, nil for others.
func (q Question) option(f *organisation.File) **bool {
	n := &f.National
	switch q.ID {
	case "national." + scope.OptionLocal:
		return &n.CoversLocalPublicAdmin
	case "national." + scope.OptionEducation:
		return &n.CoversEducation
	case "national." + scope.OptionOES:
		return &n.OESAreEssential
	case "national." + scope.OptionRecital16:
		return &n.AppliesRecital16
	}
	return nil
}

// Truth is the answer to a question of kind YesNo as the facts have it.
func (q Question) Truth(f *organisation.File) law.Truth {
	if q.truth != nil {
		return *q.truth(f)
	}
	if name := q.factName(); name != "" {
		return f.Activity.Facts[name].Truth
	}
	if at := q.option(f); at != nil && *at != nil {
		return law.TruthOf(**at)
	}
	return law.Unknown
}

// Place is the answer to a question of kind Country, "" when it is not known.
func (q Question) Place(f *organisation.File) string {
	if q.country == nil {
		return ""
	}
	return *q.country(f)
}

// Asked reports whether somebody has answered the question in the wizard.
func (q Question) Asked(f *organisation.File) bool { return slices.Contains(f.Asked, q.ID) }

// Answered reports whether the question needs no asking: it was answered, also
// with "not known", or the facts state the answer.
func (q Question) Answered(f *organisation.File) bool {
	if q.Asked(f) {
		return true
	}
	switch q.Kind {
	case Types:
		return f.Activity.EntityTypes != nil && !unrefined(f.Activity.EntityTypes)
	case Places:
		return len(f.Establishment.EstablishedIn) > 0
	case Figure:
		return stated(f.Figures, q.ID)
	case Group:
		return len(f.Group.Linked)+len(f.Group.Partners) > 0
	case Security:
		_, ok := f.Activity.Facts["security_activity"]
		return ok
	case Decision:
		return f.Status.IdentifiedAs != ""
	case Country:
		return q.Place(f) != ""
	}
	if name := q.factName(); name != "" {
		_, ok := f.Activity.Facts[name]
		return ok
	}
	return q.Truth(f).Known()
}

// unrefined reports whether a trust service provider did not say of which kind,
// which decides its class (Art. 3(1)(b)).
func unrefined(types []string) bool {
	trust, refined := false, false
	for _, id := range types {
		if t, ok := annex.Find(id); ok && t.In(annex.TrustServices) {
			trust = true
			refined = refined || t.ID != "digital-infra.trust"
		}
	}
	return trust && !refined
}

// stated reports whether one of the figures is known for every year.
func stated(years []organisation.Figures, id string) bool {
	for i := range years {
		if *figureOf(&years[i], id) == nil {
			return false
		}
	}
	return len(years) > 0
}

// figureOf is the figure of a year that a question is about.
func figureOf(y *organisation.Figures, id string) **float64 {
	switch id {
	case AskTurnover:
		return &y.Turnover
	case AskBalance:
		return &y.BalanceSheet
	}
	return &y.Employees
}
