package catalog

// All is every requirement in catalogue order: the directive first, then the
// annex by section.
func (c *Catalogue) All() []Requirement { return c.reqs }

// Framework is the requirements of one framework in catalogue order.
func (c *Catalogue) Framework(id string) []Requirement {
	first, end := -1, 0
	for i := range c.reqs {
		if c.reqs[i].Framework == id {
			if first < 0 {
				first = i
			}
			end = i + 1
		}
	}
	if first < 0 {
		return nil
	}
	return c.reqs[first:end:end]
}

// Get is one requirement by its id.
func (c *Catalogue) Get(id string) (Requirement, bool) {
	i, ok := c.at[id]
	if !ok {
		return Requirement{}, false
	}
	return c.reqs[i], true
}

// Children is the points directly below one, in order. The children of "" are
// the sections.
func (c *Catalogue) Children(id string) []Requirement {
	var out []Requirement
	if id == "" {
		for i := range c.reqs {
			if c.reqs[i].Parent == "" {
				out = append(out, c.reqs[i])
			}
		}
		return out
	}
	if i, ok := c.at[id]; ok {
		for _, child := range c.children[i] {
			out = append(out, c.reqs[child])
		}
	}
	return out
}

// Leaves is the assessed points at or below an id: the requirement or item
// itself, or all leaves below a heading.
func (c *Catalogue) Leaves(under string) []Requirement {
	var out []Requirement
	for _, i := range c.LeafPlaces(under) {
		out = append(out, c.reqs[i])
	}
	return out
}

// Len is the number of requirements, headings included.
func (c *Catalogue) Len() int { return len(c.reqs) }

// At is the requirement at a place of the catalogue order, 0 ≤ i < Len. It must
// not be modified.
func (c *Catalogue) At(i int) *Requirement { return &c.reqs[i] }

// Place is where an id stands in the catalogue order.
func (c *Catalogue) Place(id string) (int, bool) {
	i, ok := c.at[id]
	return i, ok
}

// LeafPlaces is the places of the leaves at or below an id; nil when unknown.
func (c *Catalogue) LeafPlaces(id string) []int {
	if i, ok := c.at[id]; ok {
		return c.leaves[i]
	}
	return nil
}

// LeavesAt is the places of the leaves at or below the requirement at a place.
func (c *Catalogue) LeavesAt(i int) []int { return c.leaves[i] }

// SectionAt is the place of the section to which the requirement at a place belongs.
func (c *Catalogue) SectionAt(i int) int { return c.root[i] }

// Before is the places of the leaves that should be done before the leaf at a place.
func (c *Catalogue) Before(i int) []int { return c.after[i] }

// SpecifiedBy is the places of the annex leaves that specify the measure at a place.
func (c *Catalogue) SpecifiedBy(i int) []int { return c.specified[i] }

// Naming is the leaves that name an evidence kind.
func (c *Catalogue) Naming(kind string) []Naming { return c.named[kind] }

// Questions is every question in the order of the files.
func (c *Catalogue) Questions() []Question { return c.questions }

// AskingOrder is the places of all questions, each after those that its
// condition refers to.
func (c *Catalogue) AskingOrder() []int { return c.askingOrder }

// Question is one question by its id.
func (c *Catalogue) Question(id string) (Question, bool) {
	i, ok := c.questionAt[id]
	if !ok {
		return Question{}, false
	}
	return c.questions[i], true
}

// Effects is what an option of a question says, by the question's Order and the
// place of the option.
func (c *Catalogue) Effects(question, option int) []LeafEffect { return c.effects[question][option] }

// InformedBy is the questions that say something about a requirement or about a
// leaf below it, in order.
func (c *Catalogue) InformedBy(requirement string) []Question {
	asked := make([]bool, len(c.questions))
	for _, leaf := range c.LeafPlaces(requirement) {
		for _, qi := range c.informed[leaf] {
			asked[qi] = true
		}
	}
	var out []Question
	for qi, yes := range asked {
		if yes {
			out = append(out, c.questions[qi])
		}
	}
	return out
}

// Kinds is every evidence kind in the order of the file.
func (c *Catalogue) Kinds() []EvidenceKind { return c.kinds }

// EvidenceKind returns an evidence kind by its id.
func (c *Catalogue) EvidenceKind(id string) (EvidenceKind, bool) {
	i, ok := c.kindAt[id]
	if !ok {
		return EvidenceKind{}, false
	}
	return c.kinds[i], true
}

// KindTitle is the title of an evidence kind.
func (c *Catalogue) KindTitle(id string) (string, bool) {
	k, ok := c.EvidenceKind(id)
	return k.Title, ok
}
