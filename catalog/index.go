package catalog

import (
	"fmt"
	"slices"
)

// Catalogue is the loaded catalogue with its indexes. It does not change after
// Load and may be shared between goroutines; slices that it returns belong to
// it and must not be modified.
type Catalogue struct {
	reqs      []Requirement
	at        map[string]int
	children  [][]int // by requirement
	leaves    [][]int // by requirement: itself, or the leaves below
	root      []int   // by requirement: its section
	after     [][]int // by requirement: leaves that come first, for leaves only
	specified [][]int // by requirement: leaves of SpecifiedBy

	questions   []Question
	questionAt  map[string]int
	askingOrder []int            // questions such that a condition refers to earlier ones
	effects     [][][]LeafEffect // by question and option
	informed    [][]int          // by requirement: questions

	kinds  []EvidenceKind
	kindAt map[string]int
	named  map[string][]Naming

	where map[string]string // id → "file:line"
	twice []string          // complaints about ids that occur twice

	languages map[string]func() (*Catalogue, error) // by language; each is read when it is first asked for
	from      map[string]string                     // of a translation: id → the file that it came from
}

// LeafEffect is an Effect with its requirements resolved to leaves, as places in
// catalogue order for At. An Effect that names leaves and headings becomes two.
type LeafEffect struct {
	Leaves     []int
	Broad      bool // the leaves were meant through a heading or list above them
	Status     string
	Confidence string
}

// Naming is one leaf that names an evidence kind, with the months for which
// evidence of the kind stays convincing there.
type Naming struct {
	Leaf   int
	Months int
}

func assemble(packs []pack) *Catalogue {
	c := &Catalogue{
		at: map[string]int{}, questionAt: map[string]int{}, kindAt: map[string]int{},
		named: map[string][]Naming{}, where: map[string]string{},
	}
	for _, p := range packs {
		for _, r := range p.reqs {
			r.Framework = p.framework
			c.addRequirement(r, &p)
		}
		for _, q := range p.questions {
			if c.note(&p, q.ID, c.questionAt, len(c.questions)) {
				q.Order = len(c.questions)
				c.questions = append(c.questions, q)
			}
		}
		for _, k := range p.kinds {
			if c.note(&p, k.ID, c.kindAt, len(c.kinds)) {
				c.kinds = append(c.kinds, k)
			}
		}
	}
	c.indexTree()
	c.indexHints()
	c.indexQuestions()
	return c
}

func (c *Catalogue) addRequirement(r Requirement, p *pack) {
	if !c.note(p, r.ID, c.at, len(c.reqs)) {
		return
	}
	if r.Parent == "" && r.Kind != Section {
		r.Parent = parentOf(r.ID)
	}
	if r.Citation == "" {
		r.Citation = citation(r.Framework, r.ID)
	}
	c.reqs = append(c.reqs, r)
}

// note records an id and where it stands; it reports false for a second use.
func (c *Catalogue) note(p *pack, id string, at map[string]int, n int) bool {
	place := fmt.Sprintf("%s:%d", p.file, p.lines[id])
	if first, twice := c.where[id]; twice {
		c.twice = append(c.twice, fmt.Sprintf("%s: %s: the id is used before at %s", p.file, id, first))
		return false
	}
	at[id], c.where[id] = n, place
	return true
}

func (c *Catalogue) indexTree() {
	n := len(c.reqs)
	c.children, c.leaves = make([][]int, n), make([][]int, n)
	c.after, c.specified, c.root = make([][]int, n), make([][]int, n), make([]int, n)
	for i := range c.reqs {
		r := &c.reqs[i]
		c.root[i] = c.rootOf(i)
		if p, ok := c.at[r.Parent]; ok {
			c.children[p] = append(c.children[p], i)
		}
		r.Softness = r.Soft
		if from, ok := c.at[r.SoftFrom]; ok {
			r.Softness = union(r.Soft, c.reqs[from].Soft)
		}
		if !r.IsLeaf() {
			continue
		}
		c.leaves[i] = []int{i}
		for up, steps := r.Parent, 0; up != "" && steps < n; steps++ {
			p, ok := c.at[up]
			if !ok {
				break
			}
			c.leaves[p] = append(c.leaves[p], i)
			up = c.reqs[p].Parent
		}
	}
	for i := range c.reqs {
		c.specified[i] = c.leavesOf(c.reqs[i].SpecifiedBy)
		if c.reqs[i].IsLeaf() {
			c.after[i] = c.leavesBefore(i)
		}
	}
}

func (c *Catalogue) rootOf(i int) int {
	for range c.reqs {
		up, ok := c.at[c.reqs[i].Parent]
		if !ok {
			break
		}
		i = up
	}
	return i
}

// leavesBefore resolves the After of a leaf and of the headings above it.
func (c *Catalogue) leavesBefore(leaf int) []int {
	var ids []string
	for i, steps := leaf, 0; steps <= len(c.reqs); steps++ {
		ids = append(ids, c.reqs[i].After...)
		up, ok := c.at[c.reqs[i].Parent]
		if !ok {
			break
		}
		i = up
	}
	first := c.leavesOf(ids)
	return slices.DeleteFunc(first, func(i int) bool { return i == leaf })
}

// leavesOf resolves ids to leaves, sorted and without doubles; unknown ids are skipped.
func (c *Catalogue) leavesOf(ids []string) []int {
	var all []int
	for _, id := range ids {
		if i, ok := c.at[id]; ok {
			all = append(all, c.leaves[i]...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *Catalogue) indexHints() {
	for i := range c.reqs {
		if !c.reqs[i].IsLeaf() {
			continue
		}
		for _, hint := range c.reqs[i].Evidence {
			uses := c.named[hint.Kind]
			if len(uses) > 0 && uses[len(uses)-1].Leaf == i {
				uses[len(uses)-1].Months = max(uses[len(uses)-1].Months, hint.ValidMonths)
				continue
			}
			c.named[hint.Kind] = append(uses, Naming{Leaf: i, Months: hint.ValidMonths})
		}
	}
}

func (c *Catalogue) indexQuestions() {
	c.effects = make([][][]LeafEffect, len(c.questions))
	c.informed = make([][]int, len(c.reqs))
	for qi := range c.questions {
		q := &c.questions[qi]
		c.effects[qi] = make([][]LeafEffect, len(q.Options))
		for oi, option := range q.Options {
			for _, e := range option.Effects {
				c.effects[qi][oi] = append(c.effects[qi][oi], c.resolve(e)...)
			}
			c.noteInformed(qi, c.effects[qi][oi])
		}
	}
	c.askingOrder = c.orderQuestions()
}

// resolve turns an effect into its leaves, those named themselves apart from
// those meant through a heading.
func (c *Catalogue) resolve(e Effect) []LeafEffect {
	var own, above []string
	for _, id := range e.Requirements {
		if i, ok := c.at[id]; ok && c.reqs[i].IsLeaf() {
			own = append(own, id)
		} else {
			above = append(above, id)
		}
	}
	var out []LeafEffect
	if leaves := c.leavesOf(own); len(leaves) > 0 {
		out = append(out, LeafEffect{leaves, false, e.Status, e.Confidence})
	}
	if leaves := c.leavesOf(above); len(leaves) > 0 {
		out = append(out, LeafEffect{leaves, true, e.Status, e.Confidence})
	}
	return out
}

func (c *Catalogue) noteInformed(qi int, effects []LeafEffect) {
	for _, e := range effects {
		for _, leaf := range e.Leaves {
			if in := c.informed[leaf]; len(in) == 0 || in[len(in)-1] != qi {
				c.informed[leaf] = append(in, qi)
			}
		}
	}
}

// orderQuestions puts every question after those that its condition refers to
// and otherwise keeps the order of the files. A circle is left for Validate to
// report.
func (c *Catalogue) orderQuestions() []int {
	order := make([]int, 0, len(c.questions))
	seen := make([]bool, len(c.questions))
	var visit func(qi int)
	visit = func(qi int) {
		if seen[qi] {
			return
		}
		seen[qi] = true
		for _, before := range c.asksAfter(qi) {
			visit(before)
		}
		order = append(order, qi)
	}
	for qi := range c.questions {
		visit(qi)
	}
	return order
}

// asksAfter is the questions to which the condition of a question refers, sorted.
func (c *Catalogue) asksAfter(qi int) []int {
	when := c.questions[qi].AskWhen
	if when == nil {
		return nil
	}
	var before []int
	for id := range when.Answers {
		if i, ok := c.questionAt[id]; ok {
			before = append(before, i)
		}
	}
	slices.Sort(before)
	return before
}

func union(a, b []Softness) []Softness {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
