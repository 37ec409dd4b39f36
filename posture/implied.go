package posture

import (
	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// Implied is an answer that valid evidence bears out, as a proposal for a person.
type Implied struct {
	Question string
	Options  []string
	Evidence []string // ids, one per kind that the question expects
}

// ImpliedAnswers proposes answers to open questions: where valid evidence of every
// kind that the best option should have is on file, that option is proposed. The
// best option calls the most leaves met, and none less than met; where two are
// equally good nothing is proposed. Questions with several options are left to
// people, because a document does not say which of them hold.
func ImpliedAnswers(cat *catalog.Catalogue, facts Facts, asOf law.Date) []Implied {
	a := &assessment{cat: cat, facts: &facts, asOf: asOf, leaves: make([]leaf, cat.Len())}
	a.applicability()
	a.readAnswers()
	a.readEvidence()
	carrier := a.carriers()
	var out []Implied
	for _, id := range a.openQuestions() {
		q, _ := cat.Question(id)
		if q.Type != catalog.Choice || len(q.Expects) == 0 {
			continue
		}
		option, met := a.bestOption(&q)
		if option < 0 {
			continue
		}
		if proof, ok := a.proof(&q, met, carrier); ok {
			out = append(out, Implied{Question: q.ID, Options: []string{q.Options[option].ID}, Evidence: proof})
		}
	}
	return out
}

// bestOption is the option that calls most met and nothing less, with its leaves;
// -1 when there is none, or more than one.
func (a *assessment) bestOption(q *catalog.Question) (best int, met []int) {
	best, twice := -1, false
	for oi := range q.Options {
		var leaves []int
		less := false
		for _, e := range a.cat.Effects(q.Order, oi) {
			if Status(e.Status) == Met {
				leaves = append(leaves, e.Leaves...)
			} else if Status(e.Status) != PartlyMet || Confidence(e.Confidence) != Low {
				less = true
			}
		}
		switch {
		case less || len(leaves) == 0:
		case len(leaves) > len(met):
			best, met, twice = oi, leaves, false
		case len(leaves) == len(met):
			twice = true
		}
	}
	if twice {
		return -1, nil
	}
	return best, met
}

// proof is one valid piece of evidence of each kind that a question expects.
func (a *assessment) proof(q *catalog.Question, met []int, carrier []int) (ids []string, ok bool) {
	for _, kind := range q.Expects {
		concerned, months := a.concerned(met, kind, carrier)
		if len(concerned) == 0 {
			return nil, false
		}
		found := ""
		for _, e := range a.evidence {
			if e.Kind != kind || e.Shows == NotMet || e.Shows == PartlyMet {
				continue
			}
			if how, _ := a.stands(e, months); how == valid {
				found = e.ID
			}
		}
		if found == "" {
			return nil, false
		}
		ids = append(ids, found)
	}
	return ids, true
}
