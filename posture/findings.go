package posture

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// findings collects contradictions; those of one kind about the same sources
// become one, with all the requirements concerned.
type findings struct {
	list []Contradiction
	at   map[string]int // kind and refs → place in list
}

// add notes a contradiction for some requirements, named in catalogue order.
func (f *findings) add(kind FindingKind, text law.Message, refs []string, requirements ...string) {
	key := string(kind) + "\x00" + strings.Join(refs, "\x00")
	i, ok := f.at[key]
	if !ok {
		if f.at == nil {
			f.at = map[string]int{}
		}
		i = len(f.list)
		f.at[key] = i
		f.list = append(f.list, Contradiction{Kind: kind, Refs: refs, Requirements: []string{}, Text: text})
	}
	for _, r := range requirements {
		if !slices.Contains(f.list[i].Requirements, r) {
			f.list[i].Requirements = append(f.list[i].Requirements, r)
		}
	}
}

// sorted is the grave ones first, then by source.
func (f *findings) sorted() []Contradiction {
	order := []FindingKind{NotLawful, EvidenceAgainst, ObservedOtherwise, AssertedOtherwise, AnswersDisagree, EvidenceExpired, FutureDate, AcceptanceWithoutEnd, EvidenceMissing}
	slices.SortStableFunc(f.list, func(x, y Contradiction) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)), slices.Compare(x.Refs, y.Refs))
	})
	if f.list == nil {
		return []Contradiction{}
	}
	return f.list
}

// carriers maps each annex leaf that does not apply itself to the first
// directive point that applies and takes its status from it; other leaves that
// apply carry themselves. -1: nobody is concerned.
func (a *assessment) carriers() []int {
	out := make([]int, len(a.leaves))
	for i := range out {
		out[i] = -1
	}
	for i := range a.leaves {
		if !a.leaves[i].applies {
			continue
		}
		out[i] = i
		for _, from := range a.cat.SpecifiedBy(i) {
			if out[from] < 0 && !a.leaves[from].applies {
				out[from] = i
			}
		}
	}
	return out
}

func (a *assessment) findContradictions() {
	carrier := a.carriers()
	for i := range a.leaves {
		if carrier[i] >= 0 && a.leaves[i].req != nil {
			a.compareSources(&a.leaves[i], a.leaves[carrier[i]].req.ID)
			a.compareAssertion(&a.leaves[i], a.leaves[carrier[i]].req.ID)
		}
	}
	for qi := range a.answers {
		if h := &a.answers[qi]; h.answer != nil && h.counts {
			a.checkExpected(&a.cat.Questions()[qi], h, carrier)
		}
	}
	a.compareObservations(carrier)
}

// compareAssertion looks for an answer about the leaf itself, of high confidence,
// that says the opposite of what a person set for it.
func (a *assessment) compareAssertion(l *leaf, concerns string) {
	if len(l.assertions) == 0 || l.assertions[0].On.After(a.asOf) {
		return
	}
	s := l.assertions[0]
	set := rankOf(s.Status)
	for i := range l.opinions {
		o := &l.opinions[i]
		if o.ignored || o.evidence || o.broad || o.trust != trustHigh {
			continue
		}
		if set == rankMet && o.rank == rankNotMet || set == rankNotMet && o.rank == rankMet {
			a.findings.add(AssertedOtherwise, law.Say("posture.finding.asserted_otherwise", "by", s.By, "question", a.question(o.ref)),
				[]string{o.ref, s.Requirement}, concerns)
		}
	}
}

// compareObservations looks for what an observation shows less of than the status
// that follows from what the organisation says and proves.
func (a *assessment) compareObservations(carrier []int) {
	for _, o := range a.facts.Observations {
		shown := rankOf(o.Says)
		if shown > rankMet || o.On.After(a.asOf) {
			continue
		}
		for _, i := range a.observed(o) {
			l := &a.leaves[i]
			if carrier[i] < 0 || l.rank > rankMet || l.rank <= shown {
				continue
			}
			a.findings.add(ObservedOtherwise, law.Say("posture.finding.observed_otherwise", "source", o.Source, "what", a.about(o), "date", o.On),
				[]string{o.Ref}, a.leaves[carrier[i]].req.ID)
		}
	}
}

// observed is the leaves that an observation speaks of.
func (a *assessment) observed(o Observation) []int {
	if o.Requirement != "" {
		return a.cat.LeafPlaces(o.Requirement)
	}
	q, ok := a.cat.Question(o.Question)
	if !ok {
		return nil
	}
	var out []int
	for oi := range q.Options {
		for _, e := range a.cat.Effects(q.Order, oi) {
			if Status(e.Status) == Met && !e.Broad {
				out = append(out, e.Leaves...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// about is the title of what an observation speaks of.
func (a *assessment) about(o Observation) string {
	if o.Requirement != "" {
		return a.named(o.Requirement)
	}
	return a.question(o.Question)
}

// compareSources looks for what does not fit together on one leaf.
func (a *assessment) compareSources(l *leaf, concerns string) {
	newest := newestShown(l.opinions)
	for i := range l.opinions {
		o := &l.opinions[i]
		if o.ignored || (o.evidence && o.on.Before(newest)) {
			continue
		}
		for j := range l.opinions {
			p := &l.opinions[j]
			switch {
			case p.ignored || p.ref == o.ref && p.evidence == o.evidence:
			case o.evidence && o.rank < rankMet && !p.evidence && p.rank == rankMet:
				a.findings.add(EvidenceAgainst, a.sayAgainst(o, p), []string{p.ref, o.ref}, concerns)
			case o.opposes(p):
				a.findings.add(AnswersDisagree, a.sayDisagree(o, p), sortedPair(o.ref, p.ref), concerns)
			}
		}
		if o.evidence && o.rank < rankMet && a.assertedMet(l) {
			s := l.assertions[0]
			a.findings.add(EvidenceAgainst, law.Say("posture.finding.assertion", "by", s.By, "evidence", a.title(o.ref)), []string{o.ref, s.Requirement}, concerns)
		}
	}
}

// opposes reports whether two answers about the leaf itself say opposite things
// with equal confidence: met and not met, or met and not applicable.
func (o *opinion) opposes(p *opinion) bool {
	if o.evidence || p.evidence || o.broad || p.broad || o.trust != p.trust {
		return false
	}
	return (o.rank == rankNotMet && p.rank == rankMet) || (o.rank == rankMet && p.rank == rankNotApplicable)
}

func sortedPair(x, y string) []string { return []string{min(x, y), max(x, y)} }

func (a *assessment) assertedMet(l *leaf) bool {
	return len(l.assertions) > 0 && l.assertions[0].Status == Met && !l.assertions[0].On.After(a.asOf)
}

func (a *assessment) sayAgainst(evidence, answer *opinion) law.Message {
	return law.Say("posture.finding.evidence_against", "question", a.question(answer.ref), "evidence", a.title(evidence.ref), "date", evidence.on)
}

func (a *assessment) sayDisagree(o, p *opinion) law.Message {
	pair := sortedPair(o.ref, p.ref)
	return law.Say("posture.finding.answers_disagree", "one", a.question(pair[0]), "other", a.question(pair[1]))
}

// question is the text of a question.
func (a *assessment) question(id string) string {
	q, _ := a.cat.Question(id)
	return q.Text
}

// named is the title of a requirement.
func (a *assessment) named(id string) string {
	r, _ := a.cat.Get(id)
	return r.Title
}

// title of a piece of evidence.
func (a *assessment) title(id string) string {
	for _, e := range a.evidence {
		if e.ID == id {
			return e.Title
		}
	}
	return id
}

// checkExpected compares an answer that calls something met with the evidence
// that should then exist.
func (a *assessment) checkExpected(q *catalog.Question, h *heard, carrier []int) {
	var met []int
	for _, oi := range h.chosen {
		for _, e := range a.cat.Effects(q.Order, oi) {
			if Status(e.Status) == Met {
				met = append(met, e.Leaves...)
			}
		}
	}
	slices.Sort(met)
	for _, kind := range q.Expects {
		concerned, months := a.concerned(met, kind, carrier)
		if len(concerned) == 0 {
			continue
		}
		title, _ := a.cat.KindTitle(kind)
		switch lapsed, ok := a.onFile(kind, months); {
		case ok:
		case len(lapsed) > 0:
			a.findings.add(EvidenceExpired, law.Say("posture.finding.evidence_expired", "question", q.Text, "kind", title),
				append([]string{q.ID}, lapsed...), concerned...)
		default:
			a.findings.add(EvidenceMissing, law.Say("posture.finding.evidence_missing", "question", q.Text, "kind", title),
				[]string{q.ID, kind}, concerned...)
		}
	}
}

// concerned is the requirements among some leaves that name an evidence kind, or
// all of them if none does, with the longest time for which it counts there.
func (a *assessment) concerned(leaves []int, kind string, carrier []int) (ids []string, months int) {
	var all []string
	for _, i := range leaves {
		if carrier[i] < 0 {
			continue
		}
		id := a.leaves[carrier[i]].req.ID
		all = append(all, id)
		for _, hint := range a.leaves[i].req.Evidence {
			if hint.Kind == kind {
				ids, months = append(ids, id), max(months, hint.ValidMonths)
			}
		}
	}
	if len(ids) == 0 {
		return all, defaultMonths
	}
	return ids, months
}

// onFile reports whether valid evidence of a kind exists, and names what has expired.
func (a *assessment) onFile(kind string, months int) (lapsed []string, ok bool) {
	for _, e := range a.evidence {
		if e.Kind != kind {
			continue
		}
		switch how, _ := a.stands(e, months); how {
		case valid:
			ok = true
		case expired, undated:
			lapsed = append(lapsed, e.ID)
		}
	}
	return lapsed, ok
}
