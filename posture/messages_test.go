package posture_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

var languages = []string{"en", "de", "fr"}

// texts is the messages of the posture in one language, plural forms joined.
func texts(t *testing.T, language string) map[string]string {
	t.Helper()
	b, err := content.FS.ReadFile("messages/" + language + "/posture.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for key, r := range raw {
		var text string
		if json.Unmarshal(r, &text) != nil {
			var forms map[string]string
			if err := json.Unmarshal(r, &forms); err != nil {
				t.Fatalf("%s: %s: %v", language, key, err)
			}
			for _, form := range slices.Sorted(maps.Keys(forms)) {
				text += forms[form] + "\n"
			}
		}
		out[key] = text
	}
	return out
}

// everything is facts that make the posture say each of its sentences, assessed
// for an organisation that the annex binds and for one that it does not bind.
func everything() []posture.Facts {
	future := posture.Assertion{Requirement: "nis2.3.4", Status: posture.Met, By: "B. Novak", On: today.AddDays(1)}
	late := except("cir.1.1.1.c", posture.ExceptionAccepted)
	late.Until = law.MustDate("2026-10-01")
	soon := except("cir.1.1.1.b", posture.ExceptionCompensated)
	soon.On = today.AddDays(3)
	endless := except("nis2.30.1", posture.ExceptionAccepted)
	endless.Until = law.Date{}
	silent := except("nis2.21.2.j.voice", posture.ExceptionNotApplicable)
	silent.Reason = ""
	undated := posture.Evidence{ID: "E4", Kind: "doc.policy", Title: "Undated"}

	one := bound()
	one.Answers = []posture.Answer{answer("q.policy", "full"), answer("q.content", "goals"), answer("q.login", "none"),
		answer("q.login.check", "failed"), answer("q.board", "minuted")}
	one.Evidence = []posture.Evidence{document("E1", "doc.policy", "2025-06-01"), document("E2", "rec.board", "2026-12-24"), undated,
		shown("E5", "2026-09-09", posture.NotMet, "cir.1.1.1.a"), shown("E6", "2026-09-09", posture.PartlyMet, "cir.1.1.1.b"),
		shown("E7", "2026-09-09", posture.Met, "cir.1.1.1.c"), shown("E8", "2026-08-01", posture.NotMet, "nis2.20.1")}
	one.Exceptions = []posture.Exception{late, soon, endless, silent, except("cir.2.1.2", posture.ExceptionNotApplicable),
		except("nis2.23.1", posture.ExceptionNotApplicable), except("cir.2.1.1", posture.ExceptionCompensated),
		except("cir.2.1.1", posture.ExceptionNotApplicable), except("cir.1.1.1.c", posture.ExceptionAccepted)}
	one.Assertions = []posture.Assertion{future, set("nis2.20.1", posture.Met), set("nis2.21.2.j.login", posture.Met)}
	one.Observations = []posture.Observation{{Source: "The scanner", Ref: "tls.1", Requirement: "nis2.20.1", Says: posture.NotMet, On: earlier}}

	two := unbound()
	two.Answers = []posture.Answer{answer("q.policy", "full")}
	two.Evidence = []posture.Evidence{document("E3", "doc.policy", "2026-06-01")}
	return []posture.Facts{one, two}
}

// said is every message that a posture and its plan carry.
func said(p posture.Posture, tasks []posture.Task) []law.Message {
	var out []law.Message
	for _, r := range p.Results {
		for _, tr := range r.Trace {
			out = append(out, tr.Text)
		}
	}
	for _, c := range p.Contradictions {
		out = append(out, c.Text)
	}
	for _, task := range tasks {
		out = append(out, task.DueBecause)
	}
	return out
}

// plansOfAllDates is plans in which every reason for a due date occurs.
func plansOfAllDates(t *testing.T, cat *catalog.Catalogue, all []posture.Facts) []law.Message {
	t.Helper()
	var out []law.Message
	for _, f := range all {
		p := posture.Assess(cat, f, today)
		out = append(out, said(p, posture.Plan(cat, p, f, []posture.Deadline{
			{Requirement: "nis2.3.4", Due: law.MustDate("2025-04-17")}, {Requirement: "nis2.23.1", Due: law.MustDate("2027-02-01")}}))...)
	}
	f := bound()
	p := posture.Assess(cat, f, today)
	out = append(out, said(p, posture.Plan(cat, p, f, []posture.Deadline{{Requirement: "cir.2.1.1", Due: today.AddDays(2)}}))...)
	accepted := except("nis2.30.1", posture.ExceptionAccepted)
	f.Exceptions = []posture.Exception{accepted}
	f.Assertions = []posture.Assertion{set("cir.1.1.1", posture.Met), set("cir.2.1.1", posture.Met), set("cir.2.1.2", posture.Met)}
	p = posture.Assess(cat, f, today)
	return append(out, said(p, posture.Plan(cat, p, f, nil))...)
}

// TestEveryMessageHasItsText makes the posture say all it can say and holds the
// keys against the texts: nothing without a text, no text that is never said,
// and every argument that a text asks for.
func TestEveryMessageHasItsText(t *testing.T) {
	t.Parallel()
	loc, err := locale.Load(content.FS, "messages", languages...)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, m := range plansOfAllDates(t, small(t), everything()) {
		keys[m.Key] = true
		for _, language := range languages {
			if !loc.Printer(language).Has(m.Key) {
				t.Errorf("%s has no text for %s", language, m.Key)
			}
			if s := loc.Printer(language).Say(m); s == "" || strings.ContainsAny(s, "⟪<{") {
				t.Errorf("%s: %s: %q", language, m.Key, s)
			}
		}
	}
	for _, language := range languages {
		have := slices.Sorted(maps.Keys(texts(t, language)))
		if want := slices.Sorted(maps.Keys(keys)); !slices.Equal(have, want) {
			t.Errorf("%s: texts that are never said: %v; said without a text: %v", language, minus(have, want), minus(want, have))
		}
	}
}

func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// TestTextsUseTheSameArguments compares the languages with English.
func TestTextsUseTheSameArguments(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	for _, language := range languages[1:] {
		for key, text := range texts(t, language) {
			if got, want := placeholders(text), placeholders(english[key]); !slices.Equal(got, want) {
				t.Errorf("%s: %s uses %v; English uses %v", language, key, got, want)
			}
		}
	}
}

// placeholders is the names after the dots in the braces of a text, sorted and
// without doubles.
func placeholders(text string) []string {
	var names []string
	for part := range strings.SplitSeq(text, "{{") {
		inside, _, ok := strings.Cut(part, "}}")
		if _, name, dot := strings.Cut(inside, "."); ok && dot {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestKeysInTheSource reads the keys out of the source, so that a sentence that
// no test provokes is noticed too.
func TestKeysInTheSource(t *testing.T) {
	t.Parallel()
	english := texts(t, "en")
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			key, _ := strconv.Unquote(lit.Value)
			if !strings.HasPrefix(key, "posture.") {
				return true
			}
			found++
			_, whole := english[key]
			family := strings.HasSuffix(key, ".") && slices.ContainsFunc(slices.Collect(maps.Keys(english)),
				func(k string) bool { return strings.HasPrefix(k, key) })
			if !whole && !family {
				t.Errorf("%s: no text for %s", file, key)
			}
			return true
		})
	}
	if found < 30 {
		t.Errorf("only %d keys found in the source", found)
	}
}
