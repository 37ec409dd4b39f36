package posture

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// assessment is the work in progress of one call of Assess.
type assessment struct {
	cat    *catalog.Catalogue
	facts  *Facts
	asOf   law.Date
	brief  bool   // nothing is traced
	leaves []leaf // by place in the catalogue; headings stay empty

	duties    map[string]bool
	assessed  map[string]bool // frameworks
	voluntary map[string]bool // frameworks that do not bind
	answers   []heard         // by question
	evidence  []*Evidence     // sorted
	findings  findings
}

// Assess derives the posture of an organisation as of a day. The result depends
// on nothing but its arguments, and not on the order in which the facts are
// listed. Names that the catalogue does not know are skipped.
//
// A requirement applies when its framework is assessed and, where it names a
// duty, that duty or one above it binds. A framework used as a voluntary
// yardstick brings its points on governance and measures (Arts. 20 and 21) but
// no duties towards authorities.
//
// A status comes from, in this order: a documented exception, a person's
// assertion, the answers together with evidence that shows a status, and at last
// the mere existence of valid evidence, which gives at most "partly met" with
// low confidence. Among answers the highest confidence is heard and within it
// the worst says the status. "Met" without valid evidence of a kind that the
// requirement names has at most medium confidence, with it high.
//
// A directive point that annex points specify (Implementing Regulation
// Art. 2(1)) takes its status from them where the annex binds. Elsewhere the
// annex points that something is known of inform it, after what was said about
// the point itself and before what was said about its heading. The annex as a
// voluntary yardstick shows the detail of such points: a status each, and scores
// of its sections, but neither gaps nor a share in the other scores, which would
// count the same lack twice.
func Assess(cat *catalog.Catalogue, facts Facts, asOf law.Date) Posture {
	return (&assessment{cat: cat, facts: &facts, asOf: asOf}).posture()
}

// Verdicts is Assess without the traces, which are nil: for those who compute scores
// anew with each answer and show nobody what a status rests on.
func Verdicts(cat *catalog.Catalogue, facts Facts, asOf law.Date) Posture {
	return (&assessment{cat: cat, facts: &facts, asOf: asOf, brief: true}).posture()
}

func (a *assessment) posture() Posture {
	desk := desks.Get().(*[]leaf)
	defer func() {
		clear(a.leaves)
		*desk = a.leaves[:0]
		desks.Put(desk)
	}()
	a.leaves = slices.Grow(*desk, a.cat.Len())[:a.cat.Len()]
	a.applicability()
	a.readAnswers()
	a.readEvidence()
	a.readDecisions()
	a.resolve()
	a.findContradictions()
	p := Posture{
		AsOf:           a.asOf,
		Results:        a.results(),
		Contradictions: a.findings.sorted(),
		OpenQuestions:  a.openQuestions(),
	}
	p.Scores, p.Automation = a.scores()
	p.Gaps = a.gaps()
	return p
}

// desks are leaves for the next call: they are a quarter of what one needs.
var desks = sync.Pool{New: func() any { return new([]leaf) }}

func (a *assessment) applicability() {
	a.duties, a.assessed, a.voluntary = set(a.facts.Duties), set(a.facts.Frameworks), set(a.facts.Voluntary)
	annexBinds := a.assessed[catalog.CIR2690] && !a.voluntary[catalog.CIR2690]
	for i := range a.leaves {
		r := a.cat.At(i)
		if !r.IsLeaf() {
			continue
		}
		l := &a.leaves[i]
		l.req, l.rank, l.factor = r, rankNone, 1
		l.applies = a.applies(r)
		l.derived = annexBinds && len(a.cat.SpecifiedBy(i)) > 0
		if r.Voluntary || a.voluntary[r.Framework] {
			l.factor = 0.5
		}
	}
	for i := range a.leaves {
		if annexBinds || !a.leaves[i].applies {
			continue
		}
		for _, from := range a.cat.SpecifiedBy(i) {
			a.leaves[from].detail = true
		}
	}
}

func (a *assessment) applies(r *catalog.Requirement) bool {
	if !a.assessed[r.Framework] {
		return false
	}
	if r.Duty == "" {
		return true
	}
	if a.voluntary[r.Framework] {
		return strings.HasPrefix(r.Duty, "nis2.20.") || strings.HasPrefix(r.Duty, "nis2.21.")
	}
	for duty := r.Duty; duty != ""; {
		if a.duties[duty] {
			return true
		}
		cut := strings.LastIndexByte(duty, '.')
		if cut < 0 {
			break
		}
		duty = duty[:cut]
	}
	return false
}

// scored reports whether a leaf counts in scores, gaps and the automation rate.
// Of a directive point and the annex points that specify it only one side counts:
// the annex where it binds, else the directive.
func (l *leaf) scored() bool { return l.applies && !l.derived && !l.detail }

// lacks reports whether a leaf is a gap.
func (l *leaf) lacks() bool {
	return l.req != nil && l.scored() && l.rank != rankMet && l.rank != rankNotApplicable
}

// readDecisions hands assertions and exceptions to the leaves that they name,
// the newest first; a heading means all leaves below it.
func (a *assessment) readDecisions() {
	assertions := pointers(a.facts.Assertions)
	slices.SortFunc(assertions, func(x, y *Assertion) int {
		return cmp.Or(newestFirst(x.On, y.On), cmp.Compare(rankOf(x.Status), rankOf(y.Status)),
			cmp.Compare(x.Requirement, y.Requirement), cmp.Compare(x.By, y.By), cmp.Compare(x.Note, y.Note))
	})
	for _, s := range assertions {
		for _, i := range a.cat.LeafPlaces(s.Requirement) {
			a.leaves[i].assertions = append(a.leaves[i].assertions, s)
		}
	}
	exceptions := pointers(a.facts.Exceptions)
	slices.SortFunc(exceptions, func(x, y *Exception) int {
		return cmp.Or(newestFirst(x.On, y.On), cmp.Compare(x.Requirement, y.Requirement), cmp.Compare(x.Kind, y.Kind),
			newestFirst(x.Until, y.Until), cmp.Compare(x.Reason, y.Reason),
			cmp.Compare(x.Compensation, y.Compensation), cmp.Compare(x.ApprovedBy, y.ApprovedBy))
	})
	for _, e := range exceptions {
		if !slices.Contains(exceptionKinds, e.Kind) {
			continue
		}
		for _, i := range a.cat.LeafPlaces(e.Requirement) {
			a.leaves[i].exceptions = append(a.leaves[i].exceptions, e)
		}
	}
}

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

func newestFirst(x, y law.Date) int {
	return cmp.Or(cmp.Compare(y.Year, x.Year), cmp.Compare(y.Month, x.Month), cmp.Compare(y.Day, x.Day))
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
