package structure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MissingError says which provision a citation names in vain.
type MissingError struct {
	Citation Citation
	Act      string // name of the act, or its id when the act is not recorded
	Missing  string // the place that is missing, written as Citation.Place does; "" when the act itself is
	Nearest  string // the nearest recorded place; "" when there is none
	Cited    bool   // the index records only what is cited there, so the provision may exist
}

// Error names the missing provision and the nearest one.
func (e *MissingError) Error() string {
	what := strings.TrimSpace(e.Act + " " + e.Missing)
	s := what + " does not exist"
	if e.Cited {
		s = what + " is not recorded in content/law/structure; look it up in the act and add it, or correct the citation"
	}
	if e.Nearest != "" {
		s += "; nearest: " + e.Nearest
	}
	return fmt.Sprintf("%q: %s", e.Citation.Text, s)
}

// Check reports whether the provision exists; the error is a *MissingError. A
// citation of national law passes unchecked. A citation without an act name of
// its own passes when any act that its text names has the provision.
func (x *Index) Check(c Citation) error {
	_, err := x.Resolve(c)
	return err
}

// Resolve is Check that also returns the id of the act in which the provision
// was found: the first of Act and Also that has it.
func (x *Index) Resolve(c Citation) (act string, err error) {
	if c.IsNational() {
		return National, nil
	}
	first := x.checkIn(c.Act, c)
	if first == nil {
		return c.Act, nil
	}
	for _, id := range c.Also {
		if id != c.Act && x.checkIn(id, c) == nil {
			return id, nil
		}
	}
	return "", first
}

func (x *Index) checkIn(id string, c Citation) error {
	a, ok := x.acts[id]
	if !ok {
		return &MissingError{Citation: c, Act: "the act " + id, Cited: true}
	}
	e := &MissingError{Citation: c, Act: a.Name}
	var at *node
	switch c.Part {
	case Whole:
		return nil
	case Article:
		at = a.articles
	case Recital:
		at = a.recitals
	case Annex:
		if at = a.annexes[c.Annex]; at == nil {
			e.Missing, e.Cited, e.Nearest = place(Annex, c.Annex, nil), a.Cited, someAnnex(a)
			return e
		}
	}
	subs := 0
	for i, label := range c.Path {
		next := at.kid(label)
		if next == nil {
			e.Missing, e.Cited = place(c.Part, c.Annex, c.Path[:i+1]), at.cited
			e.Nearest = nearest(at, c, i)
			return e
		}
		at = next
		if at.subs > 0 {
			subs = at.subs
		}
	}
	return e.numbers(at, subs, c)
}

// numbers checks the subparagraph and the indent at their place; subs is the
// count of the innermost place above that has subparagraphs, since in "Art.
// 3(4), first subparagraph, point (b)" they belong to the paragraph.
func (e *MissingError) numbers(at *node, subs int, c Citation) error {
	if c.Sub <= subs && c.Indent <= at.indents {
		return nil
	}
	e.Missing, e.Nearest = c.Place(), place(c.Part, c.Annex, c.Path)
	if c.Sub > subs {
		e.Cited = subs == 0
	} else {
		e.Cited = at.cited
	}
	return e
}

// nearest is the sibling with the closest label, or the place above when it has
// nothing below it.
func nearest(at *node, c Citation, i int) string {
	best, distance := "", 0
	for _, k := range at.kids {
		if d := apart(k.label, c.Path[i]); best == "" || d < distance {
			best, distance = k.label, d
		}
	}
	if best == "" || distance >= unlike && i > 0 {
		return place(c.Part, c.Annex, c.Path[:i])
	}
	return place(c.Part, c.Annex, append(append([]string{}, c.Path[:i]...), best))
}

// unlike is the distance between labels of different kinds.
const unlike = 1_000_000

// apart is a distance between labels: numbers and Roman numerals by their
// difference, letters by their place in the alphabet, unlike kinds far away.
func apart(a, b string) int {
	if i, j := slices.Index(romans(), a), slices.Index(romans(), b); i >= 0 && j >= 0 && len(a)+len(b) > 2 {
		return abs(i - j)
	}
	x, rest := leadingNumber(a)
	y, more := leadingNumber(b)
	if (x < 0) != (y < 0) {
		return unlike
	}
	return 1000*abs(x-y) + abs(letters(rest)-letters(more))
}

func leadingNumber(s string) (int, string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	if err != nil {
		return -1, s
	}
	return n, s[i:]
}

func letters(s string) int {
	n := 0
	for i := range len(s) {
		n = 27*n + int(s[i]-'a') + 1
	}
	return n
}

func abs(n int) int { return max(n, -n) }

func someAnnex(a *Act) string {
	best := ""
	found := false
	for number := range a.annexes {
		if !found || number < best {
			best, found = number, true
		}
	}
	if !found {
		return ""
	}
	return place(Annex, best, nil)
}
