package structure_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/structure"
)

const root = "../.."

// passage is a piece of text of the repository and where it stands.
type passage struct {
	where, text string
	home        string // the act of a citation without an act name
}

// cited is a passage with its citations.
type cited struct {
	passage
	cites []structure.Citation
}

// TestEveryCitationExists walks the texts of the repository and proves that each
// citation of a Union act names a provision that exists. Citations of national
// law are counted and left alone.
func TestEveryCitationExists(t *testing.T) {
	x := load(t)
	all := passages(t)
	checked := map[string]int{}
	for _, p := range all {
		for _, c := range p.cites {
			act, err := x.Resolve(c)
			if err != nil {
				t.Errorf("%s: %v", p.where, err)
				continue
			}
			checked[act]++
		}
	}
	report(t, x, len(all), checked)
	if checked[structure.NIS2] < 150 || checked[structure.CIR2690] < 400 {
		t.Errorf("only %d and %d citations of the directive and the Implementing Regulation found: the walk misses texts", checked[structure.NIS2], checked[structure.CIR2690])
	}
}

// read are the passages once they were read, which takes seconds.
var read []cited

// passages are all texts of the repository that may cite, with what they cite.
func passages(t *testing.T) []cited {
	t.Helper()
	if read == nil {
		for _, p := range texts(t) {
			read = append(read, cited{p, structure.ParseIn(p.text, p.home)})
		}
	}
	return read
}

func texts(t *testing.T) []passage {
	t.Helper()
	var all []passage
	for _, dir := range []string{"law", "exchange", "posture", "catalog", "internal", "cmd"} {
		all = append(all, goPassages(t, dir)...)
	}
	all = append(all, contentPassages(t)...)
	return append(all, derivedPassages(t)...)
}

// TestEveryCitationMatters spoils the last label of each citation of the
// repository: none of them may pass any more, whatever its text and language.
func TestEveryCitationMatters(t *testing.T) {
	x := load(t)
	spoiled := 0
	for _, p := range passages(t) {
		for _, c := range p.cites {
			if c.IsNational() || len(c.Path) == 0 {
				continue
			}
			last := "999"
			if c.Path[len(c.Path)-1][0] >= 'a' {
				last = "zz"
			}
			c.Path = append(slices.Clone(c.Path[:len(c.Path)-1]), last)
			if x.Check(c) == nil {
				t.Errorf("%s: %q passes as %s", p.where, c.Text, c.Place())
			}
			spoiled++
		}
	}
	if spoiled < 1000 {
		t.Errorf("only %d citations were spoiled: the walk misses texts", spoiled)
	}
}

func report(t *testing.T, x *structure.Index, passages int, checked map[string]int) {
	t.Helper()
	acts := make([]string, 0, len(checked))
	sum := 0
	for act, n := range checked {
		if act != structure.National {
			sum += n
		}
		acts = append(acts, act)
	}
	slices.SortFunc(acts, func(a, b string) int { return checked[b] - checked[a] })
	t.Logf("%d citations of %d acts checked in %d texts; %d of national law left alone", sum, len(acts), passages, checked[structure.National])
	for _, id := range acts {
		if a, ok := x.Act(id); ok {
			t.Logf("%6d  %s (%d provisions recorded)", checked[id], a.Name, x.Provisions(id))
		}
	}
}

// goPassages lists the string literals and comments below a folder. Literals
// that are joined with + are one text. The tests of this package are left out:
// their wrong citations are deliberate.
func goPassages(t *testing.T, dir string) []passage {
	t.Helper()
	var all []passage
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		if filepath.Base(filepath.Dir(path)) == "structure" && strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Logf("%s is left out: %v", path, err) // the compiler reports it
			return nil
		}
		at := func(p token.Pos) string {
			return fmt.Sprintf("%s:%d", filepath.ToSlash(path[len(root)+1:]), set.Position(p).Line)
		}
		for _, g := range f.Comments {
			all = append(all, passage{at(g.Pos()), strings.Join(strings.Fields(g.Text()), " "), structure.NIS2})
		}
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if s, ok := literal(e); ok {
				all = append(all, passage{at(n.Pos()), s, structure.NIS2})
				return false
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, too := literal(e.Y)
		return left + right, ok && too && e.Op == token.ADD
	}
	return "", false
}

// countryKey matches the messages about one Member State, whose bare articles
// are those of its own law.
var countryKey = regexp.MustCompile(`^country\.[a-z]{2}\.`)

// contentPassages lists every text and comment of the YAML and JSON files of
// content, but the index itself.
func contentPassages(t *testing.T) []passage {
	t.Helper()
	var all []passage
	err := filepath.WalkDir(filepath.Join(root, "content"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(path[len(root)+1:])
		if d.IsDir() && slashed == "content/law/structure" {
			return fs.SkipDir
		}
		if ext := filepath.Ext(path); d.IsDir() || ext != ".yaml" && ext != ".json" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var doc yaml.Node // JSON is YAML
		if err := yaml.Unmarshal(b, &doc); err != nil {
			t.Logf("%s is left out: %v", slashed, err) // its own loader reports it
			return nil
		}
		home := structure.NIS2
		if strings.HasPrefix(slashed, "content/countries/") {
			home = structure.National
		}
		all = append(all, nodePassages(slashed, "", home, &doc)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func nodePassages(file, key, home string, n *yaml.Node) []passage {
	where := fmt.Sprintf("%s:%d", file, n.Line)
	if countryKey.MatchString(key) {
		home = structure.National
	}
	var all []passage
	for _, s := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		if s != "" {
			all = append(all, passage{where, strings.Join(strings.Fields(strings.ReplaceAll(s, "#", " ")), " "), home})
		}
	}
	if n.Kind == yaml.ScalarNode {
		return append(all, passage{where, n.Value, home})
	}
	for i, kid := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			key = n.Content[i-1].Value
		}
		all = append(all, nodePassages(file, key, home, kid)...)
	}
	return all
}

// derivedPassages are citations that the program composes: those of the
// catalogue's requirements and of the entity types.
func derivedPassages(t *testing.T) []passage {
	t.Helper()
	var all []passage
	for _, r := range loadCatalogue(t).All() {
		all = append(all, passage{"requirement " + r.ID, r.Citation, structure.NIS2})
	}
	for _, e := range annex.All() {
		all = append(all, passage{"entity type " + e.ID, e.Citation, structure.NIS2}, passage{"entity type " + e.ID, e.Definition, structure.NIS2})
	}
	return all
}

func loadCatalogue(t *testing.T) *catalog.Catalogue {
	t.Helper()
	c, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCatalogueIsTheAnnex compares the ids of the catalogue with the points of
// the annex: 13 sections, 45 subsections and 378 requirements.
func TestCatalogueIsTheAnnex(t *testing.T) {
	inAct := map[string]bool{}
	headings := map[string]bool{}
	points := load(t).AnnexPoints(structure.CIR2690, "")
	for _, p := range points {
		inAct["cir."+p] = true
		above := p[:max(0, strings.LastIndexByte(p, '.'))]
		last := p[strings.LastIndexByte(p, '.')+1:]
		if !strings.Contains(p, ".") {
			headings["cir."+p] = true
		} else if strings.Count(above, ".") == 1 && last[0] <= '9' {
			headings["cir."+above] = true
		}
	}
	if got := len(points) - len(headings); got != 378 || len(headings) != 13+45 {
		t.Errorf("the index has %d requirements and %d headings, want 378 and 58", got, len(headings))
	}
	for _, r := range loadCatalogue(t).All() {
		if r.Framework != catalog.CIR2690 {
			continue
		}
		if !inAct[r.ID] {
			t.Errorf("%s is in the catalogue and not in the annex", r.ID)
		}
		if heading := r.Kind == catalog.Section || r.Kind == catalog.Subsection; heading != headings[r.ID] {
			t.Errorf("%s is of the kind %s, in the act it is a heading: %v", r.ID, r.Kind, headings[r.ID])
		}
		delete(inAct, r.ID)
	}
	for id := range inAct {
		t.Errorf("%s is in the annex and not in the catalogue", id)
	}
}
