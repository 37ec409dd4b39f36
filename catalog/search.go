package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Points that one word of a search earns by where it is found.
const (
	hitID          = 100 // the word is the id, or its numbers; or all words are the title
	hitIDPart      = 40  // the id starts with the word
	hitTitle       = 20
	hitExplanation = 6
	hitGood        = 3
	startBonus     = 2 // factor when the word starts there rather than stands inside another
)

// Search finds the requirements in which every one of the words occurs, best
// first: in the id, the title, the explanation, the text of what good looks
// like. Case and accents do not matter. No words find nothing.
func (c *Catalogue) Search(words string) []Requirement {
	terms := strings.Fields(Fold(words))
	if len(terms) == 0 {
		return nil
	}
	type hit struct{ place, points int }
	var hits []hit
	for i := range c.reqs {
		if points := rank(&c.reqs[i], terms); points > 0 {
			hits = append(hits, hit{i, points})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.points, a.points) })
	out := make([]Requirement, len(hits))
	for i, h := range hits {
		out[i] = c.reqs[h.place]
	}
	return out
}

func rank(r *Requirement, terms []string) int {
	title, explanation, good := Fold(r.Title), Fold(r.Explanation), Fold(r.Good)
	_, numbers, _ := strings.Cut(r.ID, ".")
	sum := 0
	if title == strings.Join(terms, " ") {
		sum = hitID
	}
	for _, term := range terms {
		points := 0
		switch {
		case term == r.ID || term == numbers:
			points = hitID
		case strings.HasPrefix(r.ID, term) || strings.HasPrefix(numbers, term):
			points = hitIDPart
		}
		points += found(title, term, hitTitle) + found(explanation, term, hitExplanation) + found(good, term, hitGood)
		if points == 0 {
			return 0
		}
		sum += points
	}
	return sum
}

func found(text, term string, points int) int {
	at := strings.Index(text, term)
	if at < 0 {
		return 0
	}
	if strings.HasPrefix(text, term) || strings.Contains(text, " "+term) {
		return points * startBonus
	}
	return points
}
