package posture

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// unknownOption is the id of the option "I do not know"; choosing it says
// nothing about the options that were not chosen.
const unknownOption = "unknown"

// heard is the answer to one question.
type heard struct {
	answer *Answer // nil: none
	chosen []int   // places of the chosen options, sorted
	asked  bool    // the question's condition holds
	counts bool    // asked, and not dated in the future
	direct bool    // the question informs a single leaf that applies
}

// readAnswers takes the newest answer to each question and turns its options
// into opinions on leaves.
func (a *assessment) readAnswers() {
	questions := a.cat.Questions()
	a.answers = make([]heard, len(questions))
	for i := range a.facts.Answers {
		answer := &a.facts.Answers[i]
		q, ok := a.cat.Question(answer.Question)
		if !ok {
			continue
		}
		h := &a.answers[q.Order]
		if h.answer == nil || compareAnswers(answer, h.answer) < 0 {
			h.answer = answer
		}
	}
	for _, qi := range a.cat.AskingOrder() {
		q, h := &questions[qi], &a.answers[qi]
		h.asked = a.holds(q.AskWhen)
		if h.answer == nil {
			continue
		}
		h.counts = h.asked && !h.answer.On.After(a.asOf)
		for oi := range q.Options {
			if slices.Contains(h.answer.Options, q.Options[oi].ID) {
				h.chosen = append(h.chosen, oi)
			}
		}
	}
	for qi := range questions {
		if h := &a.answers[qi]; h.answer != nil {
			h.direct = a.informsOne(qi)
			a.hear(&questions[qi], h)
		}
	}
}

func compareAnswers(x, y *Answer) int {
	return cmp.Or(newestFirst(x.On, y.On), slices.Compare(slices.Sorted(slices.Values(x.Options)), slices.Sorted(slices.Values(y.Options))),
		cmp.Compare(x.By, y.By), cmp.Compare(x.Note, y.Note))
}

// hear turns one answer into opinions.
func (a *assessment) hear(q *catalog.Question, h *heard) {
	if h.answer.On.After(a.asOf) {
		a.findings.add(FutureDate, law.Say("posture.finding.future", "what", q.Text, "date", h.answer.On), []string{q.ID})
	}
	for _, oi := range h.chosen {
		s := a.state(q, h, oi, "posture.trace.answer")
		s.reason = q.Options[oi].Text
		for _, e := range a.cat.Effects(q.Order, oi) {
			a.opine(&e, opinion{rankOf(Status(e.Status)), trustOf(Confidence(e.Confidence)), e.Broad, false, s}, nil)
		}
	}
	if q.Type == catalog.Many && len(h.chosen) > 0 {
		a.hearUnticked(q, h)
	}
}

// state is what the answer to a question says with one of its options.
func (a *assessment) state(q *catalog.Question, h *heard, option int, text string) *statement {
	s := &statement{direct: h.direct, ignored: !h.counts, ref: q.ID, on: h.answer.On}
	if !a.brief {
		s.text = law.Say(text, "question", q.Text, "answer", q.Options[option].Text)
	}
	return s
}

// hearUnticked reads a list of ticks the other way round: a leaf that some option
// would mark met, and that no ticked option speaks of, is not met, with the
// confidence of that option. Whoever ticked "I do not know" is not read so.
func (a *assessment) hearUnticked(q *catalog.Question, h *heard) {
	spoken := map[int]bool{}
	for _, oi := range h.chosen {
		if q.Options[oi].ID == unknownOption {
			return
		}
		for _, e := range a.cat.Effects(q.Order, oi) {
			for _, i := range e.Leaves {
				spoken[i] = true
			}
		}
	}
	for oi := range q.Options {
		if slices.Contains(h.chosen, oi) {
			continue
		}
		s := a.state(q, h, oi, "posture.trace.unticked")
		for _, e := range a.cat.Effects(q.Order, oi) {
			if Status(e.Status) != Met {
				continue
			}
			a.opine(&e, opinion{rankNotMet, trustOf(Confidence(e.Confidence)), e.Broad, false, s}, spoken)
		}
	}
}

// opine gives an opinion to the leaves of an effect, except those to skip.
func (a *assessment) opine(e *catalog.LeafEffect, o opinion, skip map[int]bool) {
	if o.rank == rankNone {
		return
	}
	for _, i := range e.Leaves {
		if !skip[i] {
			a.leaves[i].opinions = append(a.leaves[i].opinions, o)
		}
	}
}

// informsOne reports whether a question can say something about one scored leaf
// at most.
func (a *assessment) informsOne(qi int) bool {
	only := -1
	for oi := range a.cat.Questions()[qi].Options {
		for _, e := range a.cat.Effects(qi, oi) {
			for _, i := range e.Leaves {
				if i == only || !a.leaves[i].scored() {
					continue
				}
				if only >= 0 {
					return false
				}
				only = i
			}
		}
	}
	return true
}

// holds evaluates the condition of a question; questions that it refers to were
// read before.
func (a *assessment) holds(when *catalog.Condition) bool {
	if when == nil {
		return true
	}
	for _, t := range when.Traits {
		if !a.facts.Traits[t] {
			return false
		}
	}
	for _, t := range when.NotTraits {
		if a.facts.Traits[t] {
			return false
		}
	}
	if len(when.EntityTypes) > 0 && !slices.ContainsFunc(when.EntityTypes, a.hasType) {
		return false
	}
	if len(when.Frameworks) > 0 && !slices.ContainsFunc(when.Frameworks, func(f string) bool { return a.assessed[f] }) {
		return false
	}
	for id, options := range when.Answers {
		if !a.chose(id, options) {
			return false
		}
	}
	return true
}

// hasType reports whether the organisation has an entity type; a pattern that
// ends in a dot stands for a sector.
func (a *assessment) hasType(pattern string) bool {
	return slices.ContainsFunc(a.facts.EntityTypes, func(t string) bool {
		return t == pattern || (strings.HasSuffix(pattern, ".") && strings.HasPrefix(t, pattern))
	})
}

func (a *assessment) chose(question string, options []string) bool {
	q, ok := a.cat.Question(question)
	if !ok || !a.answers[q.Order].counts {
		return false
	}
	return slices.ContainsFunc(a.answers[q.Order].chosen, func(oi int) bool {
		return slices.Contains(options, q.Options[oi].ID)
	})
}

// openQuestions is the questions that apply, have no answer, and could say
// something about a leaf that applies or about an annex point that informs one.
func (a *assessment) openQuestions() []string {
	useful := make([]bool, len(a.leaves))
	for i := range a.leaves {
		if !a.leaves[i].applies {
			continue
		}
		useful[i] = true
		for _, from := range a.cat.SpecifiedBy(i) {
			useful[from] = true
		}
	}
	open := []string{}
	for qi, q := range a.cat.Questions() {
		if a.answers[qi].asked && a.answers[qi].answer == nil && a.couldSay(qi, useful) {
			open = append(open, q.ID)
		}
	}
	return open
}

// couldSay reports whether a question informs a useful leaf. A question without
// any effects is there for the branches that follow it.
func (a *assessment) couldSay(qi int, useful []bool) bool {
	effects := 0
	for oi := range a.cat.Questions()[qi].Options {
		for _, e := range a.cat.Effects(qi, oi) {
			effects++
			if slices.ContainsFunc(e.Leaves, func(i int) bool { return useful[i] }) {
				return true
			}
		}
	}
	return effects == 0
}
