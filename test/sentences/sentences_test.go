// Package sentences proves that every sentence of a fault that people can cause
// through the pages and the interface for programs is there in each language.
package sentences

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
)

// said is a sentence of a fault, with where it is made.
type said struct{ text, at string }

// sentences are the texts of all faults that people can cause: What and Expected
// of every fault whose kind is not Internal. Holes are numbered {1}, {2}, …
func (p *program) sentences(faces ...string) []said {
	found, reached, tr := map[string]string{}, p.behind(faces...), p.tracer()
	for _, s := range p.sources {
		for _, d := range s.file.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && !reached[p.info.Defs[fd.Name].(*types.Func)] {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				lit, ok := n.(*ast.CompositeLit)
				if !ok || !isFault(p.info.Types[lit].Type) {
					return true
				}
				at := fmt.Sprintf("%s:%d", s.path, p.files.Position(lit.Pos()).Line)
				for _, text := range tr.faultTexts(lit) {
					if _, ok := found[text]; !ok {
						found[text] = at
					}
				}
				return true
			})
		}
	}
	for part := range tr.parts {
		if _, ok := found[numbered(part)]; !ok {
			found[numbered(part)] = "part of a sentence"
		}
	}
	var out []said
	for _, text := range slices.Sorted(maps.Keys(found)) {
		out = append(out, said{text, found[text]})
	}
	return out
}

func isFault(t types.Type) bool {
	if t == nil {
		return false
	}
	if ptr, ok := t.Underlying().(*types.Pointer); ok {
		t = ptr.Elem()
	}
	named, ok := t.(*types.Named)
	return ok && named.Obj().Name() == "Error" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == module+"/internal/base/fault"
}

// faultTexts are the texts of one fault, none when it is Internal.
func (t *tracer) faultTexts(lit *ast.CompositeLit) []string {
	kind, texts := false, []string(nil)
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return []string{"a fault without the names of its fields"}
		}
		switch kv.Key.(*ast.Ident).Name {
		case "Kind":
			v := t.info.Types[kv.Value].Value
			kind = v == nil || constant.Sign(v) != 0
		case "What", "Expected":
			texts = append(texts, t.texts(kv.Value)...)
		}
	}
	if !kind {
		return nil
	}
	var out []string
	for _, s := range texts {
		if s != "" {
			out = append(out, numbered(s))
		}
	}
	return out
}

// numbered writes the holes as {1}, {2}, …; holes side by side are one.
func numbered(s string) string {
	for strings.Contains(s, hole+hole) {
		s = strings.ReplaceAll(s, hole+hole, hole)
	}
	for n := 1; strings.Contains(s, hole); n++ {
		s = strings.Replace(s, hole, "{"+strconv.Itoa(n)+"}", 1)
	}
	return s
}

// kept are the fields in which the text of a fault is kept until a page shows it.
var kept = map[string]string{
	module + "/internal/domain/incident.Problem": "What",
	module + "/internal/domain/survey.Target":    "Problem",
	module + "/internal/store.LedgerFault":       "What",
}

// keptTexts are the texts that these fields can hold.
func (p *program) keptTexts(t *testing.T) (out []said) {
	t.Helper()
	seen := 0
	for v := range p.writes {
		owner, ok := p.owners[v]
		if !ok || kept[owner] != v.Name() {
			continue
		}
		seen++
		tr := p.tracer()
		for _, text := range append(tr.variable(v), slices.Sorted(maps.Keys(tr.parts))...) {
			out = append(out, said{numbered(text), owner + "." + v.Name()})
		}
	}
	if seen != len(kept) {
		t.Errorf("%d of the kept fields are written; mend the table", seen)
	}
	return out
}

var (
	letters = regexp.MustCompile(`[A-Za-z]{2}`)
	place   = regexp.MustCompile(`\{[0-9]+\}`)
	// identifiers of forms and formats are the same in every language
	identifier = regexp.MustCompile(`^[a-z0-9]+([._/=-][a-z0-9]+)+$`)
)

// translated reports whether a text has its translation, or each part of one that
// errors make with semicolons.
func translated(p *locale.Printer, text string) bool {
	if _, ok := p.Sentence(text); ok || !needsTranslation(text) {
		return true
	}
	one, rest, found := strings.Cut(text, "; ")
	return found && translated(p, one) && translated(p, rest)
}

// needsTranslation: whatever has words of its own, and is not an identifier.
func needsTranslation(text string) bool {
	return letters.MatchString(place.ReplaceAllString(text, "")) && !identifier.MatchString(text)
}

// TestSentencesOfFaults finds every sentence that a fault can say behind the pages
// and the interface for programs, and asks for it in German and French. A sentence
// that is new belongs in content/messages/de/sentences/faults.json and in that of
// fr: the English sentence as it is printed here, and its translation.
func TestSentencesOfFaults(t *testing.T) {
	faces := []string{module + "/internal/web/pages", module + "/internal/api"}
	p := loadProgram(t, faces...)
	all := append(p.sentences(faces...), p.keptTexts(t)...)
	if len(all) < 800 {
		t.Fatalf("only %d sentences were found; this test no longer sees them", len(all))
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, s := range all {
		said[s.text] = true
	}
	for way, text := range map[string]string{
		"a literal":                        "this link was used already, or is too old",
		"a parameter":                      "the password is too short or too long",
		"a field of a table":               "the task has no title",
		"a format":                         "you would lock yourself out: you come from {1}",
		"a kind of record, as a part":      "scan target",
		"an error of another package":      "the address of the authority is not https",
		"a switch that returns two texts":  "the time is in the future",
		"an error that wraps other errors": "no record: {1}; no file: {2}",
	} {
		if !said[text] {
			t.Errorf("%s was not followed to %q", way, text)
		}
	}
	for _, s := range all {
		for _, lang := range []string{"de", "fr"} {
			if !translated(messages.Printer(lang), s.text) {
				t.Errorf("%s: %q is not in content/messages/%s/sentences/faults.json", s.at, s.text, lang)
			}
		}
	}
	for _, lang := range []string{"de", "fr"} {
		for from, to := range translations(t, lang) {
			if !said[from] {
				t.Errorf("%s: nothing says %q any more: take it out", lang, from)
			}
			if a, b := places(from), places(to); !slices.Equal(a, b) {
				t.Errorf("%s: %q has the places %v, its translation %v", lang, from, a, b)
			}
		}
	}
}

// TestDeeds: what a role does not allow is named in words, in each language.
func TestDeeds(t *testing.T) {
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range authz.Permissions() {
		deed := p.Deed()
		if deed == string(p) || seen[deed] {
			t.Errorf("%s has no words of its own", p)
		}
		seen[deed] = true
		for _, lang := range []string{"de", "fr"} {
			if _, ok := messages.Printer(lang).Sentence(deed); !ok {
				t.Errorf("%q is not in content/messages/%s/sentences/permissions.json", deed, lang)
			}
		}
	}
}

// humaTexts are where the library that checks requests against the document says
// what is wrong with them.
var humaTexts = regexp.MustCompile(`(?:\.Add\([^"]*|errors\.New\(|Msg: +|Msg[A-Z]\w+ += |Sprintf\(|WriteErr\(api, ctx, [^"]*)("(?:[^"\\]|\\.)*")( *\+)?`)

var comments = regexp.MustCompile(`(?m)^\s*//.*$`)

// TestProblemsOfRequests: what the library says of a request is there in German and
// French. Texts to which it adds a detail have it in a place at the end.
func TestProblemsOfRequests(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/danielgtaylor/huma/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range []string{"huma.go", "validate.go", "validation/messages.go"} {
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range humaTexts.FindAllStringSubmatch(comments.ReplaceAllString(string(source), ""), -1) {
			text, err := strconv.Unquote(m[1])
			if err != nil {
				t.Fatal(err)
			}
			for n := 1; regexp.MustCompile(`%[vsdq]`).MatchString(text); n++ {
				at := regexp.MustCompile(`%[vsdq]`).FindStringIndex(text)
				text = text[:at[0]] + "{" + strconv.Itoa(n) + "}" + text[at[1]:]
			}
			if m[2] != "" {
				text += "{1}"
			}
			if !strings.Contains(text, " ") {
				continue // a name
			}
			found++
			for _, lang := range []string{"de", "fr"} {
				if _, ok := messages.Printer(lang).Sentence(text); !ok && needsTranslation(text) {
					t.Errorf("%s: %q is not in content/messages/%s/sentences/problems.json", name, text, lang)
				}
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d texts were found; this test no longer sees them", found)
	}
}

func translations(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := fs.ReadFile(content.FS, "messages/"+lang+"/sentences/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func places(text string) []string {
	found := place.FindAllString(text, -1)
	slices.Sort(found)
	return found
}
