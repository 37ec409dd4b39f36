// Package scope decides whether and how Directive (EU) 2022/2555 binds an
// organisation: its class, every ground with its citation, and the Member State
// that is competent. It is a pure function over facts of which some may be
// unknown.
//
// The answer is three-valued. What is unknown is tried every way: the class is
// decided as soon as all completions agree, else it depends, with the classes
// that are still possible and the input fields that would decide.
//
// Size is that of Recommendation 2003/361/EC. Its two-year rule (Annex
// Art. 4(2)) is applied to each ceiling by itself, because the article speaks of
// exceeding or falling below a ceiling: a ceiling counts as crossed when two
// consecutive years lie on the other side. For histories of two classes this is
// the usual rule "a class counts when it holds for two years"; for
// small → medium → large it gives medium in the third year.
package scope

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// NationalOption is a choice of a Member State: its value, and the class that
// it gives to entities that it brings in ("" = not stated, read as important).
type NationalOption struct {
	Value law.Truth
	Class law.Class
}

// Options are what the test needs beside the facts.
type Options struct {
	AsOf     law.Date                                  // zero: the rules in force now
	National func(state, option string) NationalOption // choices of Member States by ISO code; nil: none known
	WhatIf   bool                                      // use the pending proposal COM(2026) 13, which is not in force
}

// Classify is the scope test of Directive (EU) 2022/2555 Arts. 2, 3 and 26. It
// does not check its input; see Facts.Validate.
func Classify(f Facts, opt Options) Determination {
	var m model
	m.init(&f, &opt)
	reach := m.reachable()
	d := Determination{Size: m.size(), WhatIf: opt.WhatIf, Missing: []string{}, CouldBe: []law.Class{}}
	if reach&(reach-1) == 0 {
		d.Class = reach.classes()[0]
	} else {
		d.Class, d.CouldBe = law.Depends, reach.classes()
		d.Missing = m.missing().names()
	}
	d.EntityTypes, d.MaybeTypes = m.types()
	d.Exclusions = m.exclusions()
	d.Grounds = m.grounds(d.Class)
	m.locate(&d)
	if d.Class == law.Out {
		d.Nearest = m.nearest(&opt)
	}
	d.Reviews = m.reviews(&d)
	return d
}

// types lists the entity types that remain and those that may.
func (m *model) types() (sure, maybe []string) {
	sure, maybe = []string{}, []string{}
	for i := range m.claimed.all {
		remains, _ := m.facts.remains(&typeInfos[i])
		if i == atResearch {
			remains = m.educational().Not()
		}
		switch remains {
		case law.True:
			sure = append(sure, annex.At(i).ID)
		case law.Unknown:
			maybe = append(maybe, annex.At(i).ID)
		}
	}
	return sure, maybe
}

// grounds lists the rules that fire in every completion, the deciding one
// first: by strictness, then in the order of the articles, then of the annexes.
func (m *model) grounds(class law.Class) []Ground {
	if hard := m.hardExclusions(); class == law.Out && len(hard) > 0 {
		return hard
	}
	found := make([]fired, 0, 4)
	if !m.mayBeExcluded() {
		for i := range m.claims {
			found = m.certain(found, &m.claims[i])
		}
		found = m.identification(found)
	}
	if class.Rank() > 0 && !slices.ContainsFunc(found, func(g fired) bool { return int(g.rank) == class.Rank() }) {
		found = m.alternatives(found, uint8(class.Rank()))
	}
	if len(found) > 1 {
		slices.SortFunc(found, fired.compare)
		found = slices.Compact(found)
	}
	out := make([]Ground, len(found))
	for i, g := range found {
		out[i] = m.ground(g)
	}
	return out
}

// fired is a rule that a claim met.
type fired struct {
	rule rule
	rank uint8
	typ  int16
}

func (g fired) compare(h fired) int {
	if g.rank != h.rank {
		return int(h.rank) - int(g.rank)
	}
	if g.rule != h.rule {
		return int(g.rule) - int(h.rule)
	}
	return int(g.typ) - int(h.typ)
}

// ground is the public form: the text names the entity type, and for a rule of
// size the ceiling that is exceeded, money in millions of euros.
func (m *model) ground(g fired) Ground {
	t := &ruleTexts[g.rule]
	out := Ground{Rule: t.id, Citation: t.citation, Class: classOf(g.rank), Text: law.Message{Key: t.key}}
	if g.typ < 0 {
		return out
	}
	out.Type = annex.At(int(g.typ)).ID
	switch g.rule {
	case ess31a:
		out.Text.Args = append(make([]law.Arg, 0, 4), m.regime.args[m.regime.essentialFrom-1][:]...)
	case ess31c, s21:
		out.Text.Args = append(make([]law.Arg, 0, 4), m.regime.args[aboveSmall-1][:]...)
	}
	out.Text.Args = append(out.Text.Args, titleArgs[g.typ])
	return out
}

// titleArgs name the entity types in texts; indexed like annex.All.
var titleArgs = buildTitleArgs()

func buildTitleArgs() []law.Arg {
	args := make([]law.Arg, annex.Count())
	for i := range args {
		args[i] = law.Arg{Name: "type", Value: annex.At(i).Title()}
	}
	return args
}

// certain adds the rule of a claim that fires whatever the unknowns are. When
// different rules fire, the one that asks least is the certain one: a provider
// of public communications is in scope at any size, Art. 2(2)(a)(i).
func (m *model) certain(found []fired, c *claim) []fired {
	least := fired{typ: c.typ}
	always := m.situations(m.levels, func(s situation) bool {
		for _, a := range both(c.a) {
			for _, b := range both(c.b) {
				g := m.result(c, s, a, b)
				if g.rule == none {
					return false
				}
				if least.rule == none || g.rank < least.rank {
					least = g
				}
			}
		}
		return true
	})
	if !always {
		return found
	}
	return append(found, least)
}

// result is the rule of a claim in one completion.
func (m *model) result(c *claim, s situation, a, b bool) fired {
	if c.kind == kAny {
		return fired{}
	}
	r := m.fire(c, s, a, b)
	g := fired{rule: r, rank: ruleTexts[r].rank, typ: c.typ}
	switch r {
	case s25a:
		g.rank = c.rank
	case s25b:
		g.rank, g.typ = c.rank, -1
	}
	return g
}

// identification adds the ground of a Member State's decision under Art. 2(2)(b)
// to (e) when an Annex I or II type is certain.
func (m *model) identification(found []fired) []fired {
	r := map[uint8]rule{3: ess31e, 2: imp32}[m.identified]
	if r == none {
		return found
	}
	for i := range m.claims {
		c := &m.claims[i]
		always := m.situations(m.levels, func(s situation) bool {
			for _, a := range both(c.a) {
				if !c.listed(s, a) {
					return false
				}
			}
			return true
		})
		if always {
			return append(found, fired{rule: r, rank: m.identified, typ: c.typ})
		}
	}
	return found
}

// alternatives adds the rules that lead to a class in some completion: each
// completion has one of them, but no single one is certain.
func (m *model) alternatives(found []fired, rank uint8) []fired {
	for i := range m.claims {
		c := &m.claims[i]
		m.situations(m.levels, func(s situation) bool {
			if m.excluded(s) {
				return true
			}
			for _, a := range both(c.a) {
				for _, b := range both(c.b) {
					if g := m.result(c, s, a, b); g.rule != none && g.rank == rank {
						found = append(found, g)
					}
				}
			}
			return true
		})
	}
	return found
}
