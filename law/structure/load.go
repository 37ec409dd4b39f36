package structure

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The shape of content/law/structure/*.yaml: a list of acts. Labels are lists
// and ranges such as "1-11", "a-j", "i-iv" or "1, 1a, 2"; a range that starts at
// "i" is Roman. The keys of points, subparagraphs and indents say where, written
// as a citation: "" is the article or annex itself, "4" its paragraph 4, "4(d)"
// a point, "1.1.1" a point of an annex.
type actFile struct {
	ID       string               `yaml:"act"`
	Name     string               `yaml:"name"`
	Known    string               `yaml:"known"` // "all" or "cited"
	Recitals string               `yaml:"recitals"`
	Articles string               `yaml:"articles"`
	Within   map[string]placeFile `yaml:"within"`
	Annexes  map[string]placeFile `yaml:"annexes"`
}

type placeFile struct {
	Known         string            `yaml:"known"`
	Paragraphs    string            `yaml:"paragraphs"`
	Points        map[string]string `yaml:"points"`
	Subparagraphs map[string]int    `yaml:"subparagraphs"`
	Indents       map[string]int    `yaml:"indents"`
}

// Load reads every *.yaml file at the root of fsys. A field that is unknown, a
// label that cannot be read, an act that is named twice and a place that hangs
// in the air are errors.
func Load(fsys fs.FS) (*Index, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the structure of the acts: %w", err)
	}
	x := &Index{acts: map[string]*Act{}}
	for _, f := range files {
		if err := x.read(fsys, f); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(f), err)
		}
	}
	if len(x.ids) == 0 {
		return nil, fmt.Errorf("no structure of an act found; expected *.yaml files")
	}
	slices.Sort(x.ids)
	return x, nil
}

func (x *Index) read(fsys fs.FS, file string) error {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	var acts []actFile
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&acts); err != nil {
		return err
	}
	for _, f := range acts {
		a, err := f.build()
		if err != nil {
			return fmt.Errorf("act %q: %w", f.ID, err)
		}
		if x.acts[a.ID] != nil {
			return fmt.Errorf("act %q is listed twice", a.ID)
		}
		x.acts[a.ID] = a
		x.ids = append(x.ids, a.ID)
	}
	return nil
}

func (f actFile) build() (*Act, error) {
	if f.ID == "" || f.Name == "" {
		return nil, fmt.Errorf("act and name must be given")
	}
	cited, err := citedOnly(f.Known)
	if err != nil {
		return nil, err
	}
	a := &Act{ID: f.ID, Name: f.Name, Cited: cited, recitals: &node{cited: cited}, articles: &node{cited: cited}, annexes: map[string]*node{}}
	if err := a.recitals.grow(f.Recitals, cited); err != nil {
		return nil, fmt.Errorf("recitals: %w", err)
	}
	if err := a.articles.grow(f.Articles, cited); err != nil {
		return nil, fmt.Errorf("articles: %w", err)
	}
	for number, place := range f.Within {
		n := a.articles.kid(number)
		if n == nil {
			return nil, fmt.Errorf("within %q: articles does not list it", number)
		}
		if err := place.fill(n); err != nil {
			return nil, fmt.Errorf("article %s: %w", number, err)
		}
	}
	for number, place := range f.Annexes {
		n := &node{label: number, cited: cited}
		if err := place.fill(n); err != nil {
			return nil, fmt.Errorf("annex %s: %w", number, err)
		}
		a.annexes[number] = n
	}
	return a, nil
}

func citedOnly(known string) (bool, error) {
	switch known {
	case "cited":
		return true, nil
	case "all":
		return false, nil
	}
	return false, fmt.Errorf("known: %q: expected all or cited", known)
}

// fill hangs paragraphs, points, subparagraphs and indents below n.
func (p placeFile) fill(n *node) error {
	if p.Known != "" {
		cited, err := citedOnly(p.Known)
		if err != nil {
			return err
		}
		n.cited = cited
	} else {
		n.cited = false
	}
	if err := n.grow(p.Paragraphs, n.cited); err != nil {
		return fmt.Errorf("paragraphs: %w", err)
	}
	for _, key := range sortedByDepth(p.Points) {
		at := n.at(steps(key))
		if at == nil {
			return fmt.Errorf("points %q: no such place", key)
		}
		if err := at.grow(p.Points[key], n.cited); err != nil {
			return fmt.Errorf("points %q: %w", key, err)
		}
	}
	return p.fillNumbers(n)
}

func (p placeFile) fillNumbers(n *node) error {
	for key, count := range p.Subparagraphs {
		at := n.at(steps(key))
		if at == nil || count < 1 {
			return fmt.Errorf("subparagraphs %q: no such place, or not a count", key)
		}
		at.subs = count
	}
	for key, count := range p.Indents {
		at := n.at(steps(key))
		if at == nil || count < 1 {
			return fmt.Errorf("indents %q: no such place, or not a count", key)
		}
		at.indents = count
	}
	return nil
}

func sortedByDepth(points map[string]string) []string {
	keys := make([]string, 0, len(points))
	for k := range points {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := len(steps(a)) - len(steps(b)); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

// steps splits the place of a key: "4(d)" is 4, d and "6.7.2(a)" is 6, 7, 2, a.
func steps(key string) []string {
	return strings.FieldsFunc(key, func(r rune) bool { return r == '.' || r == '(' || r == ')' })
}

func (n *node) at(path []string) *node {
	for _, label := range path {
		if n = n.kid(label); n == nil {
			return nil
		}
	}
	return n
}

func (n *node) grow(labels string, cited bool) error {
	all, err := expand(labels)
	if err != nil {
		return err
	}
	for _, l := range all {
		if n.kid(l) != nil {
			return fmt.Errorf("%q is listed twice", l)
		}
		n.kids = append(n.kids, &node{label: l, cited: cited})
	}
	return nil
}

// expand reads a list of labels and ranges.
func expand(labels string) ([]string, error) {
	var all []string
	for part := range strings.SplitSeq(labels, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			all = append(all, part)
			continue
		}
		r, ok := between(from, to)
		if !ok {
			return nil, fmt.Errorf("%q is not a range of numbers, letters or Roman numerals", part)
		}
		all = append(all, r...)
	}
	return all, nil
}

// between lists the labels from one to the other, both included.
func between(from, to string) ([]string, bool) {
	if a, err := strconv.Atoi(from); err == nil {
		b, err := strconv.Atoi(to)
		if err != nil || b < a || b-a > 999 {
			return nil, false
		}
		var all []string
		for i := a; i <= b; i++ {
			all = append(all, strconv.Itoa(i))
		}
		return all, true
	}
	if i, j := slices.Index(romans(), from), slices.Index(romans(), to); i == 0 && j >= i {
		return romans()[i : j+1], true
	}
	if len(from) != 1 || len(to) != 1 || from > to || from < "a" || to > "z" {
		return nil, false
	}
	var all []string
	for c := from[0]; c <= to[0]; c++ {
		all = append(all, string(c))
	}
	return all, true
}

func romans() []string {
	return []string{"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"}
}
