package posture_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/posture"
)

// drawFacts draws an organisation with answers, evidence, assertions and
// exceptions on a catalogue.
func drawFacts(rt *rapid.T, cat *catalog.Catalogue) posture.Facts {
	f := posture.Facts{
		EntityTypes: rapid.SampledFrom([][]string{{"ict-service.msp"}, {"water.drinking.supplier"}, nil}).Draw(rt, "types"),
		Duties:      rapid.SliceOfNDistinct(rapid.SampledFrom(allDuties), 0, len(allDuties), rapid.ID).Draw(rt, "duties"),
		Frameworks: rapid.SampledFrom([][]string{{catalog.NIS2}, {catalog.NIS2, catalog.CIR2690}, {catalog.CIR2690}}).
			Draw(rt, "frameworks"),
		Voluntary: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{catalog.NIS2, catalog.CIR2690}), 0, 2, rapid.ID).Draw(rt, "voluntary"),
		Employees: rapid.IntRange(0, 5000).Draw(rt, "employees"),
		Traits:    map[string]bool{},
	}
	for _, trait := range []string{"ot", "remote_work", "develops_software"} {
		f.Traits[trait] = rapid.Bool().Draw(rt, trait)
	}
	for _, q := range rapid.SliceOfN(rapid.SampledFrom(cat.Questions()), 0, 25).Draw(rt, "questions") {
		f.Answers = append(f.Answers, drawAnswer(rt, q))
	}
	for n := range rapid.IntRange(0, 12).Draw(rt, "documents") {
		f.Evidence = append(f.Evidence, drawEvidence(rt, cat, n))
	}
	for range rapid.IntRange(0, 6).Draw(rt, "assertions") {
		a := set(drawID(rt, cat), rapid.SampledFrom(statuses).Draw(rt, "status"))
		a.On = today.AddDays(-rapid.IntRange(-5, 400).Draw(rt, "age"))
		a.Note = rapid.SampledFrom([]string{"", "seen"}).Draw(rt, "note")
		f.Assertions = append(f.Assertions, a)
	}
	for range rapid.IntRange(0, 6).Draw(rt, "exceptions") {
		e := except(drawID(rt, cat), rapid.SampledFrom([]string{"not_applicable", "compensated", "accepted", "other"}).Draw(rt, "kind"))
		e.On = today.AddDays(-rapid.IntRange(-5, 400).Draw(rt, "age"))
		e.Until = e.On.AddDays(rapid.IntRange(0, 800).Draw(rt, "span"))
		f.Exceptions = append(f.Exceptions, e)
	}
	return f
}

var statuses = []posture.Status{posture.NotMet, posture.PartlyMet, posture.Met, posture.NotApplicable}

func drawID(rt *rapid.T, cat *catalog.Catalogue) string {
	return rapid.SampledFrom(cat.All()).Draw(rt, "requirement").ID
}

func drawAnswer(rt *rapid.T, q catalog.Question) posture.Answer {
	most := 1
	if q.Type == catalog.Many {
		most = len(q.Options)
	}
	var ids []string
	for _, o := range q.Options {
		ids = append(ids, o.ID)
	}
	a := answer(q.ID, rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, most, rapid.ID).Draw(rt, "options")...)
	a.On = today.AddDays(-rapid.IntRange(-5, 400).Draw(rt, "age"))
	return a
}

func drawEvidence(rt *rapid.T, cat *catalog.Catalogue, n int) posture.Evidence {
	e := document(fmt.Sprintf("E%d", n), rapid.SampledFrom(cat.Kinds()).Draw(rt, "kind").ID, "2026-01-01")
	e.Date = today.AddDays(-rapid.IntRange(-5, 1200).Draw(rt, "age"))
	if rapid.Bool().Draw(rt, "ends") {
		e.ValidUntil = e.Date.AddDays(rapid.IntRange(0, 900).Draw(rt, "valid"))
	}
	if rapid.Bool().Draw(rt, "covers") {
		e.Covers = []string{drawID(rt, cat), drawID(rt, cat)}
		e.Shows = rapid.SampledFrom([]posture.Status{"", posture.NotMet, posture.PartlyMet, posture.Met}).Draw(rt, "shows")
	}
	return e
}

// onBoth runs a property on the small catalogue and on the whole one.
func onBoth(t *testing.T, property func(rt *rapid.T, cat *catalog.Catalogue)) {
	for name, cat := range map[string]*catalog.Catalogue{"small": small(t), "whole": whole(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { property(rt, cat) })
		})
	}
}

func TestOrderOfFactsIsIrrelevant(t *testing.T) {
	t.Parallel()
	onBoth(t, func(rt *rapid.T, cat *catalog.Catalogue) {
		f := drawFacts(rt, cat)
		p := posture.Assess(cat, f, today)
		g := f
		g.Answers = rapid.Permutation(f.Answers).Draw(rt, "answers")
		g.Evidence = rapid.Permutation(f.Evidence).Draw(rt, "evidence")
		g.Assertions = rapid.Permutation(f.Assertions).Draw(rt, "assertions")
		g.Exceptions = rapid.Permutation(f.Exceptions).Draw(rt, "exceptions")
		g.Duties, g.Frameworks = rapid.Permutation(f.Duties).Draw(rt, "duties"), rapid.Permutation(f.Frameworks).Draw(rt, "frameworks")
		q := posture.Assess(cat, g, today)
		if d := cmp.Diff(p, q); d != "" {
			rt.Error(d)
		}
		if d := cmp.Diff(posture.Plan(cat, p, f, nil), posture.Plan(cat, q, g, nil)); d != "" {
			rt.Error(d)
		}
	})
}

// TestVerdictsAreThoseOfAssess: the same without traces, which nobody sees.
func TestVerdictsAreThoseOfAssess(t *testing.T) {
	t.Parallel()
	onBoth(t, func(rt *rapid.T, cat *catalog.Catalogue) {
		f := drawFacts(rt, cat)
		want := posture.Assess(cat, f, today)
		for i := range want.Results {
			want.Results[i].Trace = nil
		}
		if d := cmp.Diff(want, posture.Verdicts(cat, f, today)); d != "" {
			rt.Error(d)
		}
	})
}

// TestMetEvidenceNeverLowersAScore: neither a document that merely exists nor
// one that shows something met.
func TestMetEvidenceNeverLowersAScore(t *testing.T) {
	t.Parallel()
	onBoth(t, func(rt *rapid.T, cat *catalog.Catalogue) {
		f := drawFacts(rt, cat)
		before := posture.Assess(cat, f, today)
		more := drawEvidence(rt, cat, 99)
		if len(more.Covers) > 0 {
			more.Shows = posture.Met
		}
		f.Evidence = append(slices.Clone(f.Evidence), more)
		after := posture.Assess(cat, f, today)
		for _, s := range before.Scores {
			if t, ok := after.Score(s.Key); !ok || t.Points < s.Points-1e-9 {
				rt.Errorf("%s fell from %v to %v (%+v)", s.Key, s.Points, t.Points, more)
			}
		}
	})
}

// TestOnlyWhatApplies: results hold exactly the leaves that the frameworks and
// duties bring, and the headings above them; gaps, findings and tasks no others.
func TestOnlyWhatApplies(t *testing.T) {
	t.Parallel()
	onBoth(t, func(rt *rapid.T, cat *catalog.Catalogue) {
		f := drawFacts(rt, cat)
		want := map[string]bool{}
		for _, r := range cat.All() {
			if !r.IsLeaf() || !brought(f, r) {
				continue
			}
			for id := r.ID; id != ""; {
				want[id] = true
				up, _ := cat.Get(id)
				id = up.Parent
			}
		}
		p := posture.Assess(cat, f, today)
		got := map[string]bool{}
		for _, r := range p.Results {
			got[r.Requirement] = true
		}
		if d := cmp.Diff(want, got); d != "" || len(got) != len(p.Results) {
			rt.Error(d)
		}
		for _, g := range p.Gaps {
			if !want[g.Requirement] {
				rt.Errorf("gap %s", g.Requirement)
			}
		}
		for _, c := range p.Contradictions {
			for _, id := range c.Requirements {
				if !want[id] {
					rt.Errorf("finding %s on %s", c.Kind, id)
				}
			}
		}
	})
}

// brought reports whether a requirement applies to an organisation.
func brought(f posture.Facts, r catalog.Requirement) bool {
	switch {
	case !slices.Contains(f.Frameworks, r.Framework):
		return false
	case r.Framework == catalog.CIR2690:
		return true
	case slices.Contains(f.Voluntary, r.Framework):
		return strings.HasPrefix(r.Duty, "nis2.20.") || strings.HasPrefix(r.Duty, "nis2.21.")
	}
	return slices.ContainsFunc(f.Duties, func(d string) bool { return r.Duty == d || strings.HasPrefix(r.Duty, d+".") })
}

// TestAnyPlan: every gap is in exactly one task, dates and order respect what
// depends on what, there is no circle, the terms add up.
func TestAnyPlan(t *testing.T) {
	t.Parallel()
	onBoth(t, func(rt *rapid.T, cat *catalog.Catalogue) {
		f := drawFacts(rt, cat)
		p := posture.Assess(cat, f, today)
		due := posture.Deadline{Requirement: drawID(rt, cat), Due: today.AddDays(rapid.IntRange(-900, 900).Draw(rt, "due"))}
		tasks := posture.Plan(cat, p, f, []posture.Deadline{due})
		checkPlan(rt, cat, p, tasks)
		if s := posture.WhatIf(p, tasks); s.Weight > 0 && s.Points != 100 {
			rt.Errorf("all done: %+v", s)
		}
	})
}

// TestAnyScore recomputes every score of a random assessment in which the annex
// does not serve as a yardstick, and the automation rate.
func TestAnyScore(t *testing.T) {
	t.Parallel()
	onBoth(t, func(rt *rapid.T, cat *catalog.Catalogue) {
		f := drawFacts(rt, cat)
		f.Voluntary = nil
		p := posture.Assess(cat, f, today)
		for _, s := range p.Scores {
			want := recount(cat, p, s.Key, belongsTo(cat, s.Key))
			if d := cmp.Diff(want, s, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })); d != "" {
				rt.Error(d)
			}
		}
		if a := p.Automation; a.Direct > a.WithStatus || a.WithStatus > a.Applicable || a.Rate < 0 || a.Rate > 1 {
			rt.Errorf("%+v", a)
		}
	})
}
