// Package structure is an index of the structure of the legal acts that Nisaba
// cites: which articles, paragraphs, points, subparagraphs, recitals and annex
// points exist. Parse finds citations in running text and Index.Check says
// whether the provision exists, and which one is nearest when it does not.
//
// The index never claims more than was read in the text of the act: what is not
// recorded is refused, so a new citation of an unrecorded provision has to be
// looked up once and added to content/law/structure.
package structure

import (
	"slices"
	"strings"
)

// Ids of the acts that a citation without an act name may mean.
const (
	NIS2     = "2022/2555" // Directive (EU) 2022/2555
	CIR2690  = "2024/2690" // Implementing Regulation (EU) 2024/2690
	SME      = "2003/361"  // Recommendation 2003/361/EC
	National = "national"  // a law of a Member State; never checked, only counted
)

// Act is one legal act of the index.
type Act struct {
	ID    string // its number, for example "2022/2555" or "575/2013"
	Name  string // for example "Directive (EU) 2022/2555"
	Cited bool   // only the provisions that Nisaba cites are recorded, not the whole act

	recitals, articles *node
	annexes            map[string]*node // by Roman number; "" for an only annex
}

// Index holds the structure of all recorded acts. It is read-only after Load
// and safe for concurrent use.
type Index struct {
	acts map[string]*Act
	ids  []string
}

// Acts lists the ids of the recorded acts, sorted.
func (x *Index) Acts() []string { return slices.Clone(x.ids) }

// Act returns a recorded act; ok is false when there is none with this id.
func (x *Index) Act(id string) (act Act, ok bool) {
	a, ok := x.acts[id]
	if !ok {
		return Act{}, false
	}
	return *a, true
}

// AnnexPoints lists every point below an annex in the order of the act, each
// written with dots, for example "6.7.2.d". Annex is the Roman number, "" for an
// only annex. It is empty when the act or the annex is not recorded.
func (x *Index) AnnexPoints(act, annex string) []string {
	a, ok := x.acts[act]
	if !ok || a.annexes[annex] == nil {
		return nil
	}
	var all []string
	a.annexes[annex].walk(nil, func(path []string) { all = append(all, strings.Join(path, ".")) })
	return all
}

// Provisions is the number of recorded places of an act: articles with their
// paragraphs and points, recitals and annex points.
func (x *Index) Provisions(act string) int {
	a, ok := x.acts[act]
	if !ok {
		return 0
	}
	n := 0
	count := func([]string) { n++ }
	a.recitals.walk(nil, count)
	a.articles.walk(nil, count)
	for _, annex := range a.annexes {
		n++
		annex.walk(nil, count)
	}
	return n
}

// node is one place of an act: an article, paragraph, point, recital or annex.
type node struct {
	label   string
	kids    []*node
	subs    int  // subparagraphs, 0 when not recorded
	indents int  // indents, 0 when not recorded
	cited   bool // only the cited places below are recorded
}

func (n *node) kid(label string) *node {
	for _, k := range n.kids {
		if k.label == label {
			return k
		}
	}
	return nil
}

func (n *node) walk(path []string, visit func([]string)) {
	for _, k := range n.kids {
		p := append(slices.Clone(path), k.label)
		visit(p)
		k.walk(p, visit)
	}
}
