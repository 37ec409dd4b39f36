package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/duties"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Scope answers "nisaba scope --jsonl". The zero value knows no national
// options and prints message keys instead of sentences. It is safe for
// concurrent use when its functions are.
type Scope struct {
	Options scope.Options
	Say     func(law.Message) string // renders the text of a ground
}

// ScopeAnswer is the output object of "nisaba scope --jsonl". Lists are never null.
type ScopeAnswer struct {
	ID                json.RawMessage `json:"id"`
	Class             law.Class       `json:"class"`
	Size              *law.Size       `json:"size"` // null while the figures do not decide it
	Grounds           []ScopeGround   `json:"grounds"`
	Missing           []string        `json:"missing"`
	CouldBe           []law.Class     `json:"could_be"`
	Jurisdiction      []string        `json:"jurisdiction"`
	JurisdictionBasis string          `json:"jurisdiction_basis"`
	Duties            []string        `json:"duties"`
	Displaced         []DisplacedDuty `json:"displaced"`
}

// ScopeGround is one rule that fired: a ground, or the exclusion of the
// organisation or of one of its entity types.
type ScopeGround struct {
	Rule     string `json:"rule"`
	Citation string `json:"citation"`
	Text     string `json:"text"`
}

// DisplacedDuty is a duty that another act takes the place of.
type DisplacedDuty struct {
	Duty string `json:"duty"`
	Act  string `json:"act"`
}

// Answer computes the output object for one input object, or a *Problem.
func (s Scope) Answer(o Object) (any, error) {
	f, err := ScopeFacts(o)
	if err != nil {
		return nil, err
	}
	if err := s.future(f); err != nil {
		return nil, err
	}
	d := scope.Classify(f, s.Options)
	owed := duties.Of(d, f, duties.Options{National: s.Options.National})
	answer := ScopeAnswer{
		ID: o.ID(), Class: d.Class, Grounds: []ScopeGround{}, Missing: d.Missing, CouldBe: d.CouldBe,
		Jurisdiction: d.Jurisdiction, JurisdictionBasis: d.JurisdictionBasis,
		Duties: owed.IDs(), Displaced: []DisplacedDuty{},
	}
	if answer.ID == nil {
		answer.ID = json.RawMessage("null")
	}
	if d.Size != "" {
		answer.Size = &d.Size
	}
	for _, g := range d.Grounds {
		answer.Grounds = append(answer.Grounds, s.ground(g))
	}
	for _, g := range d.Exclusions {
		if told := s.ground(g); !slices.Contains(answer.Grounds, told) {
			answer.Grounds = append(answer.Grounds, told)
		}
	}
	for _, x := range owed.Displaced {
		answer.Displaced = append(answer.Displaced, DisplacedDuty{x.Duty, x.Act})
	}
	return answer, nil
}

// future refuses figures of a year that cannot have accounts or an estimate yet.
func (s Scope) future(f scope.Facts) error {
	if s.Options.AsOf.IsZero() {
		return nil
	}
	for i, y := range f.Figures {
		if latest := s.Options.AsOf.Year + 1; y.Year > latest {
			return Problemf(CodeValue, fmt.Sprintf("figures[%d].year", i), "%d lies in the future; expected %d at the latest", y.Year, latest)
		}
	}
	return nil
}

func (s Scope) ground(g scope.Ground) ScopeGround {
	text := g.Text.Key
	if s.Say != nil {
		text = s.Say(g.Text)
	}
	return ScopeGround{g.Rule, g.Citation, text}
}

// ScopeFacts decodes one input object strictly; the error is a *Problem. What
// is absent counts as the contract says: a status as "no", an entity type as
// what it claims to be, a choice of the Member State as the country's.
func ScopeFacts(o Object) (scope.Facts, error) {
	var f scope.Facts
	err := o.Only("id", "entity_types", "figures", "linked", "partners", "established_in", "serves",
		"decisions_in", "operations_in", "most_staff_in", "representative_in", "established_by",
		"cer_critical", "dora_exempt", "nis1_oes", "nis1_oes_before_2023_01_16", "identified_as", "facts", "national")
	if err != nil {
		return f, err
	}
	steps := []func(Object, *scope.Facts) error{
		scopeTypes, scopeFigures, scopeLinked, scopePartners, scopePlaces, scopeStatuses, scopeDefinitions, scopeNational,
	}
	for _, step := range steps {
		if err := step(o, &f); err != nil {
			return f, err
		}
	}
	var wrong *scope.FieldError
	if err := f.Validate(); errors.As(err, &wrong) {
		return f, Problemf(CodeValue, wrong.Field, "%s", wrong.Message)
	}
	return f, nil
}

func scopeTypes(o Object, f *scope.Facts) (err error) {
	f.EntityTypesKnown = !o.Null("entity_types")
	f.EntityTypes, err = o.Texts("entity_types")
	return err
}

func scopeFigures(o Object, f *scope.Facts) error {
	list, err := o.Objects("figures")
	if err != nil {
		return err
	}
	for _, y := range list {
		if err := y.Only("year", "employees", "turnover_eur", "balance_sheet_eur"); err != nil {
			return err
		}
		var n scope.Figures
		year, err := y.Number("year")
		switch {
		case err != nil:
			return err
		case year == nil:
			return Problemf(CodeMissing, y.at("year"), "the year is missing; expected a number such as 2025")
		case *year != math.Trunc(*year) || math.Abs(*year) > 1e6:
			return Problemf(CodeValue, y.at("year"), "%v is not a year; expected a number such as 2025", *year)
		}
		n.Year = int(*year)
		if n.Employees, n.Turnover, n.BalanceSheet, err = amounts(y); err != nil {
			return err
		}
		f.Figures = append(f.Figures, n)
	}
	return nil
}

// amounts reads the three figures of one enterprise; money is in whole euros.
func amounts(o Object) (employees, turnover, balance scope.Number, err error) {
	if employees, err = figure(o, "employees"); err != nil {
		return employees, turnover, balance, err
	}
	if turnover, err = euros(o, "turnover_eur"); err != nil {
		return employees, turnover, balance, err
	}
	balance, err = euros(o, "balance_sheet_eur")
	return employees, turnover, balance, err
}

func figure(o Object, name string) (scope.Number, error) {
	v, err := o.Number(name)
	if err != nil || v == nil {
		return scope.Number{}, err
	}
	return scope.Num(*v), nil
}

func euros(o Object, name string) (scope.Number, error) {
	n, err := figure(o, name)
	if err == nil && n.Value != math.Trunc(n.Value) {
		return n, Problemf(CodeValue, o.at(name), "%v has a fraction; expected whole euros", n.Value)
	}
	return n, err
}

// scopeLinked reads "linked"; null means that nothing is known about them, so
// that one enterprise with unknown figures stands for any.
func scopeLinked(o Object, f *scope.Facts) error {
	if o.Has("linked") && o.Null("linked") {
		f.Linked = []scope.Linked{{}}
		return nil
	}
	list, err := o.Objects("linked")
	if err != nil {
		return err
	}
	for _, l := range list {
		if err := l.Only("employees", "turnover_eur", "balance_sheet_eur"); err != nil {
			return err
		}
		var n scope.Linked
		if n.Employees, n.Turnover, n.BalanceSheet, err = amounts(l); err != nil {
			return err
		}
		f.Linked = append(f.Linked, n)
	}
	return nil
}

// scopePartners reads "partners"; null as in scopeLinked.
func scopePartners(o Object, f *scope.Facts) error {
	if o.Has("partners") && o.Null("partners") {
		f.Partners = []scope.Partner{{}}
		return nil
	}
	list, err := o.Objects("partners")
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := p.Only("share_pct", "employees", "turnover_eur", "balance_sheet_eur", "investor"); err != nil {
			return err
		}
		var n scope.Partner
		if n.Share, err = figure(p, "share_pct"); err != nil {
			return err
		}
		if n.Employees, n.Turnover, n.BalanceSheet, err = amounts(p); err != nil {
			return err
		}
		if n.Investor, err = presumed(p, "investor", law.False); err != nil {
			return err
		}
		f.Partners = append(f.Partners, n)
	}
	return nil
}

// presumed reads true, false or null (unknown); an absent field gives the presumption.
func presumed(o Object, name string, absent law.Truth) (law.Truth, error) {
	if !o.Has(name) {
		return absent, nil
	}
	v, err := o.Bool(name)
	if err != nil || v == nil {
		return law.Unknown, err
	}
	return law.TruthOf(*v), nil
}

func scopePlaces(o Object, f *scope.Facts) (err error) {
	if f.EstablishedIn, err = o.Texts("established_in"); err != nil {
		return err
	}
	if f.Serves, err = o.Texts("serves"); err != nil {
		return err
	}
	for _, p := range []struct {
		name string
		to   *string
	}{
		{"decisions_in", &f.DecisionsIn}, {"operations_in", &f.OperationsIn}, {"most_staff_in", &f.MostStaffIn},
		{"representative_in", &f.RepresentativeIn}, {"established_by", &f.EstablishedBy},
	} {
		if *p.to, err = o.Text(p.name); err != nil {
			return err
		}
		if *p.to == "" && !o.Null(p.name) {
			return Problemf(CodeValue, o.at(p.name), "an empty text is no country; expected two capital letters of ISO 3166-1, or null")
		}
	}
	return nil
}

func scopeStatuses(o Object, f *scope.Facts) (err error) {
	for _, s := range []struct {
		name   string
		absent law.Truth
		to     *law.Truth
	}{
		{"cer_critical", law.False, &f.CERCritical}, {"dora_exempt", law.False, &f.DORAExempt},
		{"nis1_oes", law.False, &f.NIS1OES}, {"nis1_oes_before_2023_01_16", law.Unknown, &f.NIS1OESBefore16January2023},
	} {
		if *s.to, err = presumed(o, s.name, s.absent); err != nil {
			return err
		}
	}
	if f.NIS1OESBefore16January2023 == law.True && !o.Has("nis1_oes") {
		f.NIS1OES = law.True // who says when it was identified says that it was, Art. 3(1)(g)
	}
	class, err := o.Text("identified_as")
	f.IdentifiedAs = law.Class(class)
	return err
}

// scopeDefinitions reads "facts".
func scopeDefinitions(o Object, f *scope.Facts) error {
	facts, err := o.Object("facts")
	if err != nil {
		return err
	}
	if err := facts.Only(append(scope.FactNames(), "security_activity", "public_ownership_pct")...); err != nil {
		return err
	}
	f.Definition = map[string]law.Truth{}
	for _, name := range facts.Names() {
		switch name {
		case "security_activity":
			if f.Security, err = facts.Text(name); err == nil && facts.Null(name) {
				f.Security = scope.SecurityUnknown
			} else if err == nil && f.Security == scope.SecurityUnknown {
				err = Problemf(CodeValue, facts.at(name), "expected none, marginal, predominant or null")
			}
		case "public_ownership_pct":
			f.PublicOwnership, err = figure(facts, name)
		default:
			f.Definition[name], err = presumed(facts, name, law.Unknown)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// scopeNational reads "national".
func scopeNational(o Object, f *scope.Facts) error {
	national, err := o.Object("national")
	if err != nil {
		return err
	}
	if err := national.Only(scope.OptionNames()...); err != nil {
		return err
	}
	f.National = map[string]law.Truth{}
	for _, name := range national.Names() {
		if f.National[name], err = presumed(national, name, law.Unknown); err != nil {
			return err
		}
	}
	return nil
}
