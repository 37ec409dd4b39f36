package scope

import (
	"math"

	"github.com/nisaba-platform/nisaba/law"
)

// level is the number of ceilings that an enterprise exceeds: 0 micro, 1 small,
// 2 medium, 3 large, 4 beyond a small mid-cap (only in the pending proposal).
type level uint8

const (
	aboveSmall  level = 2 // at least medium
	aboveMedium level = 3 // exceeds the medium ceilings
	aboveMidCap level = 4
)

// size is the name of the level in Recommendation 2003/361/EC.
func (l level) size() law.Size {
	switch l {
	case 0:
		return law.Micro
	case 1:
		return law.Small
	case 2:
		return law.Medium
	}
	return law.Large
}

// ceiling is one line of Recommendation 2003/361/EC Annex Art. 2: an enterprise
// stays below it with fewer than staff annual work units and a turnover or a
// balance sheet of at most the amount. Money in euros.
type ceiling struct {
	staff, turnover, balance float64
}

// exceeded reports whether the figures leave the class below the ceiling: the
// headcount alone does, money only when both amounts are above.
func (c ceiling) exceeded(v figures) bool {
	return v[staff] >= c.staff || v[turnover] > c.turnover && v[balance] > c.balance
}

// regime is a dated state of the size rules.
type regime struct {
	from          law.Date // first day; zero for a proposal
	inForce       bool
	ceilings      []ceiling
	essentialFrom level // Art. 3(1)(a): Annex I types of this level are essential
	dnsAnySize    bool  // Art. 2(2)(a)(iii) and Art. 3(1)(b) name DNS service providers
	source        law.Source
	args          [][3]law.Arg // what texts say about each ceiling
}

// regimes are the states of the size rules, oldest first, those in force before
// proposals.
var regimes = withArgs([]regime{
	{
		from: law.Date{Year: 2024, Month: 10, Day: 18}, inForce: true,
		ceilings: []ceiling{
			{10, 2e6, 2e6},
			{50, 10e6, 10e6},
			{250, 50e6, 43e6},
		},
		essentialFrom: aboveMedium, dnsAnySize: true,
		source: law.Source{
			Title:   "Recommendation 2003/361/EC Annex Art. 2, applied by Directive (EU) 2022/2555 Arts. 2(1) and 3(1)",
			URL:     "https://eur-lex.europa.eu/eli/reco/2003/361/oj",
			Checked: law.Date{Year: 2026, Month: 8, Day: 31}, Confidence: law.Verified,
		},
	},
	{
		inForce: false,
		ceilings: []ceiling{
			{10, 2e6, 2e6},
			{50, 10e6, 10e6},
			{250, 50e6, 43e6},
			{750, 150e6, 129e6}, // Recommendation (EU) 2025/1099
		},
		essentialFrom: aboveMidCap, dnsAnySize: false,
		source: law.Source{
			Title:   "COM(2026) 13, proposal to amend Directive (EU) 2022/2555; not in force",
			Checked: law.Date{Year: 2026, Month: 10, Day: 1}, Confidence: law.Secondary,
		},
	},
})

// withArgs prepares what texts say about the ceilings: staff, and money in
// millions of euros.
func withArgs(list []regime) []regime {
	for i := range list {
		for _, c := range list[i].ceilings {
			list[i].args = append(list[i].args, [3]law.Arg{{Name: "staff", Value: int(c.staff)},
				{Name: "turnover", Value: c.turnover / 1e6}, {Name: "balance", Value: c.balance / 1e6}})
		}
	}
	return list
}

// regimeAt is the state of the size rules on a day; a day before the first
// state, or no day, gives the nearest one in force.
func regimeAt(day law.Date, whatIf bool) *regime {
	found := &regimes[0]
	for i := range regimes {
		r := &regimes[i]
		if r.inForce == whatIf {
			continue
		}
		if whatIf || day.IsZero() || !day.Before(r.from) {
			found = r
		}
	}
	return found
}

// rule is one ground of Arts. 2 and 3, in the order in which grounds are told.
type rule uint8

const (
	none rule = iota
	ess31a
	ess31b
	ess31c
	ess31d
	ess31e
	ess31f
	ess31g
	imp32 // identified as important, Art. 3(2)
	s21
	s22ai
	s22aii
	s22fii
	s25a
	s25b
	s24
)

// ruleText is what a ground says: id, citation, message and the rank of the class.
type ruleText struct {
	id, citation, key string
	rank              uint8
}

const directive = "Directive (EU) 2022/2555 "

// ruleTexts is indexed by rule.
var ruleTexts = [...]ruleText{
	none:   {},
	ess31a: {"ess.3.1.a", directive + "Art. 3(1)(a)", "scope.ground.ess.3.1.a", 3},
	ess31b: {"ess.3.1.b", directive + "Art. 3(1)(b)", "scope.ground.ess.3.1.b", 3},
	ess31c: {"ess.3.1.c", directive + "Art. 3(1)(c)", "scope.ground.ess.3.1.c", 3},
	ess31d: {"ess.3.1.d", directive + "Art. 3(1)(d)", "scope.ground.ess.3.1.d", 3},
	ess31e: {"ess.3.1.e", directive + "Art. 3(1)(e)", "scope.ground.ess.3.1.e", 3},
	ess31f: {"ess.3.1.f", directive + "Art. 3(1)(f)", "scope.ground.ess.3.1.f", 3},
	ess31g: {"ess.3.1.g", directive + "Art. 3(1)(g)", "scope.ground.ess.3.1.g", 3},
	imp32:  {"imp.3.2", directive + "Art. 3(2)", "scope.ground.imp.3.2", 2},
	s21:    {"scope.2.1", directive + "Art. 2(1)", "scope.ground.scope.2.1", 2},
	s22ai:  {"scope.2.2.a.i", directive + "Art. 2(2)(a)(i)", "scope.ground.scope.2.2.a.i", 2},
	s22aii: {"scope.2.2.a.ii", directive + "Art. 2(2)(a)(ii)", "scope.ground.scope.2.2.a.ii", 2},
	s22fii: {"scope.2.2.f.ii", directive + "Art. 2(2)(f)(ii)", "scope.ground.scope.2.2.f.ii", 2},
	s25a:   {"scope.2.5.a", directive + "Art. 2(5)(a)", "scope.ground.scope.2.5.a", 2},
	s25b:   {"scope.2.5.b", directive + "Art. 2(5)(b)", "scope.ground.scope.2.5.b", 2},
	s24:    {"scope.2.4", directive + "Art. 2(4)", "scope.ground.scope.2.4", 1},
}

// classOf turns a rank back into the class.
func classOf(rank uint8) law.Class {
	return [...]law.Class{law.Out, law.RegistrationOnly, law.Important, law.Essential}[rank]
}

// infinity stands for the upper end of an unknown figure.
var infinity = math.Inf(1)
