// Package significance decides whether an incident is significant, so that it
// must be reported: for the entities of Implementing Regulation (EU) 2024/2690
// Art. 1 by the criteria of its Arts. 3 to 14, which are exhaustive, and for all
// others by the general words of Directive (EU) 2022/2555 Art. 23(3).
//
// The answer has three values. It is known as soon as the known facts suffice;
// otherwise it comes with the facts that would decide, cheapest to find first.
//
// The package is pure. The facts of one incident come in as Facts; an entity
// with several services hands in the types of those that the incident affects.
package significance

import "github.com/nisaba-platform/nisaba/law"

// Verdict is the answer for one incident.
type Verdict struct {
	// Significant is Unknown while the facts do not suffice.
	Significant law.Truth
	// Criteria are all criteria that apply, in the order of the acts; one met
	// criterion suffices. The exclusion of planned maintenance comes first and
	// is listed only while it may apply.
	Criteria []Criterion
	// Missing names the facts that could change the verdict, cheapest to find
	// first; nil when it is known.
	Missing []string
}

// Criterion is one criterion and how the facts meet it.
type Criterion struct {
	Rule     string // stable id, for example "cir.sig.7.a"
	Citation string
	Met      law.Truth
	// Figure is what was measured, Threshold what it must exceed, both in Unit.
	// A criterion of several parts shows the part that decides. A criterion
	// without figures has neither.
	Figure, Threshold Figure
	Unit              Unit
}

// Figure is a number that may not be known.
type Figure struct {
	Value float64
	Known bool
}

// Limit is a national threshold, which may be stricter than the Union's,
// Directive (EU) 2022/2555 Art. 5: the incident is significant when the fact is
// above it. The entities of the Implementing Regulation come under it too.
type Limit struct {
	Rule     string // stable id
	Citation string // of the national act
	Field    Field  // a number
	Above    float64
}

// Options are what applies beside the law of the Union.
type Options struct {
	National []Limit
}

// table is the rules in the order of the acts. It is never written.
var table = ruleTable()

// Judge decides. Entity types that law/annex does not have count as types
// outside the Implementing Regulation; a face refuses them beforehand.
func Judge(f Facts, o Options) Verdict {
	groups := groupsFor(&f)
	j := judgement{regulation: law.False, words: law.False, country: law.False}
	j.v.Criteria = make([]Criterion, 0, 14)
	planned := f.Truth(PlannedMaintenance)
	j.exclude(groups, planned)
	for i := range table {
		if table[i].group&groups != 0 {
			j.add(&table[i], f.rule(&table[i]))
		}
	}
	for _, l := range o.National {
		r := rule{id: l.Rule, citation: l.Citation, group: national, tests: []test{over(l.Field, l.Above)}}
		j.add(&r, f.rule(&r))
	}
	met := j.met(f.TypesKnown)
	j.v.Significant = planned.Not().And(met)
	if !j.v.Significant.Known() {
		j.v.Missing = j.missing(planned, met, f.TypesKnown)
	}
	return j.v
}

// groupsFor is the rules that apply. While the entity types are not known, the
// criteria that stand for both tests are shown.
func groupsFor(f *Facts) group {
	if !f.TypesKnown {
		return general | directive
	}
	if len(f.EntityTypes) == 0 {
		return directive
	}
	var g group
	for _, t := range f.EntityTypes {
		g |= groupsOf(t)
	}
	return g
}

// judgement collects the criteria of one verdict.
type judgement struct {
	v                          Verdict
	regulation, words, country law.Truth // a criterion of the act is met
	unknown                    set       // facts that the undecided criteria ask for
}

// exclude lists the exclusion of planned maintenance unless it does not apply.
func (j *judgement) exclude(groups group, planned law.Truth) {
	if planned == law.False {
		return
	}
	for _, g := range [2]group{directive, general} {
		if groups&g != 0 {
			r := exclusion(g)
			j.v.Criteria = append(j.v.Criteria, Criterion{Rule: r.id, Citation: r.citation, Met: planned})
		}
	}
}

func (j *judgement) add(r *rule, o outcome) {
	j.v.Criteria = append(j.v.Criteria, Criterion{Rule: r.id, Citation: r.citation, Met: o.met, Figure: o.figure, Threshold: o.threshold, Unit: o.unit})
	if o.met == law.Unknown {
		j.unknown |= o.missing
	}
	switch {
	case r.group&national != 0:
		j.country = j.country.Or(o.met)
	case r.group&directive != 0:
		j.words = j.words.Or(o.met)
	default:
		j.regulation = j.regulation.Or(o.met)
	}
}

// met is whether a criterion is met, planned maintenance aside. Without the
// entity types, that is known only when both tests agree.
func (j *judgement) met(typesKnown bool) law.Truth {
	met := j.regulation.Or(j.words)
	if !typesKnown && (j.regulation != law.True || j.words != law.True) {
		met = law.Unknown
	}
	return met.Or(j.country)
}

// missing names what could change an unknown verdict.
func (j *judgement) missing(planned, met law.Truth, typesKnown bool) []string {
	var s set
	if planned == law.Unknown {
		s |= bit(PlannedMaintenance)
	}
	if met == law.True {
		return s.names()
	}
	names := (s | j.unknown).names()
	if !typesKnown {
		names = append([]string{EntityTypes}, names...)
	}
	return names
}
