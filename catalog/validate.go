package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The closed vocabularies of the packs.
var (
	kindsAllowed    = []Kind{Section, Subsection, Single, List, Item}
	cadencesAllowed = []Cadence{Yearly, Quarterly, Planned, Regular, AfterIncident, AfterChange}
	softAllowed     = []Softness{WhereAppropriate, WhereApplicable, WhereFeasible}
	ownersAllowed   = []string{"board", "management", "security", "it", "development", "hr", "procurement", "legal", "facilities"}
	statusAllowed   = []string{"met", "partly", "not_met", "not_applicable"}
	confAllowed     = []string{"high", "medium", "low"}
	topicsAllowed   = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "governance", "reporting", "registration"}
)

// Phases is the phases in their order.
func Phases() []Phase { return []Phase{Understand, Plan, Implement, Monitor, Improve, Report} }

// Owners is the owner roles in the order in which faces list them.
func Owners() []string { return slices.Clone(ownersAllowed) }

// check collects complaints, each with the place of the entry that it concerns.
type check struct {
	c        *Catalogue
	complete bool
	errs     []error
}

func (k *check) complain(id, format string, args ...any) {
	k.errs = append(k.errs, fmt.Errorf("%s: %s: %s", k.c.where[id], id, fmt.Sprintf(format, args...)))
}

// Validate checks the catalogue as a whole: ids are unique, parents and
// referenced ids exist, `after` and the conditions of questions have no circle,
// words come from the closed vocabularies, efforts are ranges and weights lie
// between 1 and 5. With complete, no text, evidence, effort, owner, phase or
// weight may be missing either. The error joins all complaints.
func (c *Catalogue) Validate(complete bool) error {
	k := &check{c: c, complete: complete}
	for _, text := range c.twice {
		k.errs = append(k.errs, errors.New(text))
	}
	for i := range c.reqs {
		k.tree(&c.reqs[i])
		k.vocabulary(&c.reqs[i])
		k.figures(&c.reqs[i])
		k.evidence(&c.reqs[i])
		if complete {
			k.texts(&c.reqs[i])
		}
	}
	k.afterCircles()
	for i := range c.questions {
		k.question(&c.questions[i])
	}
	k.questionCircles()
	return errors.Join(k.errs...)
}

func (k *check) tree(r *Requirement) {
	if r.ID == "" {
		k.errs = append(k.errs, fmt.Errorf("%s: an entry has no id", r.Framework))
		return
	}
	if !slices.Contains(kindsAllowed, r.Kind) {
		k.complain(r.ID, "kind %q; expected one of %v", r.Kind, kindsAllowed)
	}
	if r.Kind == Section {
		if r.Parent != "" {
			k.complain(r.ID, "a section has no parent, but %s is stated", r.Parent)
		}
	} else {
		p, ok := k.c.at[r.Parent]
		switch {
		case !ok:
			k.complain(r.ID, "parent %q is not in the catalogue", r.Parent)
		case k.c.reqs[p].IsLeaf() || k.c.reqs[p].Framework != r.Framework || r.Parent == r.ID:
			k.complain(r.ID, "parent %s cannot hold it", r.Parent)
		}
	}
	if r.Citation == "" {
		k.complain(r.ID, "no citation; state it where the id is not a number of the act")
	}
	for _, ids := range [][]string{r.After, r.SpecifiedBy} {
		for _, id := range ids {
			if _, ok := k.c.at[id]; !ok && (k.complete || !strings.HasPrefix(id, "cir.") || k.has(CIR2690)) {
				k.complain(r.ID, "%s is not in the catalogue", id)
			}
		}
	}
	if r.SoftFrom != "" {
		if from, ok := k.c.at[r.SoftFrom]; !ok || len(k.c.reqs[from].Soft) == 0 {
			k.complain(r.ID, "soft_from %s is not a point with soft words", r.SoftFrom)
		}
	}
}

// has reports whether a framework is loaded at all; a part of the content may
// be loaded without the annex.
func (k *check) has(framework string) bool {
	return slices.ContainsFunc(k.c.reqs, func(r Requirement) bool { return r.Framework == framework })
}

func (k *check) vocabulary(r *Requirement) {
	for _, m := range r.Measures {
		if len(m) != 1 || m[0] < 'a' || m[0] > 'j' {
			k.complain(r.ID, "measure %q; expected a letter from a to j", m)
		}
	}
	for _, s := range r.Soft {
		if !slices.Contains(softAllowed, s) {
			k.complain(r.ID, "soft %q; expected one of %v", s, softAllowed)
		}
	}
	for _, cadence := range r.Cadence {
		if !slices.Contains(cadencesAllowed, cadence) {
			k.complain(r.ID, "cadence %q; expected one of %v", cadence, cadencesAllowed)
		}
	}
	if !r.IsLeaf() {
		return
	}
	if !slices.Contains(ownersAllowed, r.Owner) && (k.complete || r.Owner != "") {
		k.complain(r.ID, "owner %q; expected one of %v", r.Owner, ownersAllowed)
	}
	if !slices.Contains(Phases(), r.Phase) && (k.complete || r.Phase != "") {
		k.complain(r.ID, "phase %q; expected one of %v", r.Phase, Phases())
	}
}

func (k *check) figures(r *Requirement) {
	if r.Effort[0] < 0 || r.Effort[0] > r.Effort[1] || r.Effort[1] > 200 {
		k.complain(r.ID, "effort %v; expected from ≤ to, in person-days up to 200", r.Effort)
	}
	if r.Weight < 0 || r.Weight > 5 || (r.Weight != 0 && r.Weight < 1) {
		k.complain(r.ID, "weight %v; expected 1 to 5", r.Weight)
	}
	if k.complete && r.IsLeaf() {
		if r.Weight == 0 {
			k.complain(r.ID, "no weight")
		}
		if r.Effort[1] == 0 {
			k.complain(r.ID, "no effort")
		}
	}
}

func (k *check) evidence(r *Requirement) {
	if k.complete && r.IsLeaf() && len(r.Evidence) == 0 {
		k.complain(r.ID, "no evidence")
	}
	for _, e := range r.Evidence {
		if _, ok := k.c.kindAt[e.Kind]; !ok {
			k.complain(r.ID, "evidence kind %q is not in %s", e.Kind, kindsFile)
		}
		if e.ValidMonths < 1 || e.ValidMonths > 60 {
			k.complain(r.ID, "evidence %s is valid for %d months; expected 1 to 60", e.Kind, e.ValidMonths)
		}
		if k.complete && strings.TrimSpace(e.Text) == "" {
			k.complain(r.ID, "evidence %s has no text", e.Kind)
		}
	}
}

func (k *check) texts(r *Requirement) {
	if strings.TrimSpace(r.Title) == "" {
		k.complain(r.ID, "no title")
	}
	if strings.TrimSpace(r.Explanation) == "" {
		k.complain(r.ID, "no explanation")
	}
	if (r.IsLeaf() || r.Kind == List) && strings.TrimSpace(r.Good) == "" {
		k.complain(r.ID, "no text for what good looks like")
	}
}

// afterCircles looks for leaves that must wait for each other.
func (k *check) afterCircles() {
	const open, closed = 1, 2
	state := make([]int, len(k.c.reqs))
	var path []string
	var visit func(i int) bool
	visit = func(i int) bool {
		if state[i] != 0 {
			return state[i] == closed
		}
		state[i] = open
		path = append(path, k.c.reqs[i].ID)
		for _, before := range k.c.after[i] {
			if !visit(before) {
				path = append(path, k.c.reqs[before].ID)
				return false
			}
		}
		path = path[:len(path)-1]
		state[i] = closed
		return true
	}
	for i := range k.c.reqs {
		if !visit(i) {
			k.complain(k.c.reqs[i].ID, "`after` runs in a circle: %s", strings.Join(path, " → "))
			return
		}
	}
}

func (k *check) question(q *Question) {
	if !slices.Contains(topicsAllowed, q.Topic) {
		k.complain(q.ID, "topic %q; expected one of %v", q.Topic, topicsAllowed)
	}
	if q.Type != Choice && q.Type != Many {
		k.complain(q.ID, "type %q; expected choice or many", q.Type)
	}
	if len(q.Options) < 2 {
		k.complain(q.ID, "has %d options; expected at least 2", len(q.Options))
	}
	if k.complete && (strings.TrimSpace(q.Text) == "" || strings.TrimSpace(q.Why) == "") {
		k.complain(q.ID, "no text, or no reason why it is asked")
	}
	for _, kind := range q.Expects {
		if _, ok := k.c.kindAt[kind]; !ok {
			k.complain(q.ID, "expects evidence kind %q, which is not in %s", kind, kindsFile)
		}
	}
	ids := map[string]bool{}
	for _, o := range q.Options {
		if o.ID == "" || ids[o.ID] {
			k.complain(q.ID, "option id %q is missing or used twice", o.ID)
		}
		ids[o.ID] = true
		if k.complete && strings.TrimSpace(o.Text) == "" {
			k.complain(q.ID, "option %s has no text", o.ID)
		}
		k.effects(q, &o)
	}
	k.condition(q)
}

func (k *check) effects(q *Question, o *Option) {
	for _, e := range o.Effects {
		if !slices.Contains(statusAllowed, e.Status) {
			k.complain(q.ID, "option %s: status %q; expected one of %v", o.ID, e.Status, statusAllowed)
		}
		if !slices.Contains(confAllowed, e.Confidence) {
			k.complain(q.ID, "option %s: confidence %q; expected one of %v", o.ID, e.Confidence, confAllowed)
		}
		if len(e.Requirements) == 0 {
			k.complain(q.ID, "option %s: an effect names no requirement", o.ID)
		}
		for _, id := range e.Requirements {
			if _, ok := k.c.at[id]; !ok {
				k.complain(q.ID, "option %s: requirement %s is not in the catalogue", o.ID, id)
			}
		}
	}
}

func (k *check) condition(q *Question) {
	if q.AskWhen == nil {
		return
	}
	for _, f := range q.AskWhen.Frameworks {
		if f != NIS2 && f != CIR2690 {
			k.complain(q.ID, "ask_when: framework %q is not known", f)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(q.AskWhen.Answers)) {
		at, ok := k.c.questionAt[id]
		if !ok {
			k.complain(q.ID, "ask_when: question %s does not exist", id)
			continue
		}
		for _, option := range q.AskWhen.Answers[id] {
			if !slices.ContainsFunc(k.c.questions[at].Options, func(o Option) bool { return o.ID == option }) {
				k.complain(q.ID, "ask_when: question %s has no option %s", id, option)
			}
		}
	}
}

// questionCircles uses the asking order: in a circle, one question comes before
// one that its condition refers to.
func (k *check) questionCircles() {
	place := make([]int, len(k.c.questions))
	for n, qi := range k.c.askingOrder {
		place[qi] = n
	}
	for qi := range k.c.questions {
		for _, before := range k.c.asksAfter(qi) {
			if place[before] >= place[qi] {
				k.complain(k.c.questions[qi].ID, "ask_when: runs in a circle through %s", k.c.questions[before].ID)
			}
		}
	}
}
