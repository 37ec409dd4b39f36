package catalog_test

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
)

// said is the texts of one requirement, question or kind of evidence, by name.
type said map[string]string

// textsOf are all texts of a catalogue by the id of what says them.
func textsOf(c *catalog.Catalogue) map[string]said {
	out := map[string]said{}
	for _, r := range c.All() {
		out[r.ID] = said{"title": r.Title, "explanation": r.Explanation, "good": r.Good}
		for i, e := range r.Evidence {
			out[r.ID][fmt.Sprintf("evidence %d", i+1)] = e.Text
		}
	}
	for _, q := range c.Questions() {
		out[q.ID] = said{"text": q.Text, "why": q.Why, "help": q.Help}
		for _, o := range q.Options {
			out[q.ID]["option "+o.ID] = o.Text
		}
	}
	for _, k := range c.Kinds() {
		out[k.ID] = said{"title": k.Title}
	}
	return out
}

// mute is a catalogue without its texts: what must be alike in every language.
func mute(c *catalog.Catalogue) (out []any) {
	for i, r := range c.All() {
		r.Title, r.Explanation, r.Good, r.Evidence = "", "", "", slices.Clone(r.Evidence)
		for n := range r.Evidence {
			r.Evidence[n].Text = ""
		}
		place, _ := c.Place(r.ID)
		out = append(out, r, place, c.LeavesAt(i), c.SectionAt(i), c.Before(i), c.SpecifiedBy(i))
	}
	for n, q := range c.Questions() {
		q.Text, q.Why, q.Help, q.Options = "", "", "", slices.Clone(q.Options)
		for i := range q.Options {
			q.Options[i].Text = ""
			out = append(out, c.Effects(n, i))
		}
		out = append(out, q)
	}
	for _, k := range c.Kinds() {
		k.Title = ""
		out = append(out, k, c.Naming(k.ID))
	}
	return append(out, c.AskingOrder())
}

// translated is the embedded catalogue in the languages that it is translated into.
func translated(t *testing.T) (c *catalog.Catalogue, languages []string) {
	t.Helper()
	entries, err := fs.ReadDir(content.FS, "translations")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		languages = append(languages, e.Name())
	}
	if c, err = catalog.Load(content.FS, languages...); err == nil {
		err = c.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, languages
}

// TestTranslationsChangeTextsOnly: ids, places, effects and figures are alike.
func TestTranslationsChangeTextsOnly(t *testing.T) {
	c, languages := translated(t)
	if d := cmp.Diff([]string{"de", "en", "fr"}, c.Languages()); d != "" {
		t.Error(d)
	}
	for _, language := range languages {
		in := c.In(language)
		if d := cmp.Diff(mute(c), mute(in)); d != "" {
			t.Errorf("%s: %s", language, d)
		}
		if in.In("en") != c || in.In(language) != in || in.In("xx") != c {
			t.Errorf("%s: the way back to English is lost", language)
		}
	}
	if d := cmp.Diff(textsOf(load(t)), textsOf(c)); d != "" {
		t.Errorf("loading translations changes the English texts: %s", d)
	}
}

const translationLeaf = "- {id: cir.1.1, kind: requirement, title: Title, explanation: Why, good: Good, evidence: [{kind: doc.x, text: Hint, valid_months: 12}, {kind: doc.x, text: Other, valid_months: 6}]}\n"

// TestIn: a text that is missing, and a language that is not there, is English.
func TestIn(t *testing.T) {
	fsys := files("", "- {id: cir.1, kind: section, title: Part}\n"+translationLeaf, "- {id: doc.x, title: Paper}\n",
		strings.NewReplacer("topic: a", "topic: a\n  text: Really?\n  why: To know", "id: yes-so", "id: yes-so, text: \"Yes\"", "id: unknown", "id: unknown, text: Perhaps").Replace(asked))
	add := func(name, text string) { fsys["translations/"+name] = &fstest.MapFile{Data: []byte(text)} }
	add("de/frameworks/cir-2024-2690/01.yaml", "cir.1.1: {title: Überschrift, evidence: [Hinweis, \"\"]}\n")
	add("de/questions/01.yaml", "q.one: {text: \"Wirklich?\", options: {yes-so: Ja}}\n")
	add("de/evidence-kinds.yaml", "doc.x: Papier\n")
	c, err := catalog.Load(fsys, "de", "fr", "en", "de")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]said{
		"cir.1":   {"title": "Part", "explanation": "", "good": ""},
		"cir.1.1": {"title": "Überschrift", "explanation": "Why", "good": "Good", "evidence 1": "Hinweis", "evidence 2": "Other"},
		"q.one":   {"text": "Wirklich?", "why": "To know", "help": "", "option yes-so": "Ja", "option unknown": "Perhaps"},
		"doc.x":   {"title": "Papier"},
	}
	if d := cmp.Diff(want, textsOf(c.In("de"))); d != "" {
		t.Error(d)
	}
	for _, language := range []string{"en", "fr", "xx", ""} {
		if d := cmp.Diff(textsOf(c), textsOf(c.In(language))); d != "" {
			t.Errorf("%q: %s", language, d)
		}
	}
	for words, language := range map[string]string{"uberschrift": "de", "1.1": "de", "title": "en"} {
		if found := c.In(language).Search(words); len(found) != 1 || found[0].ID != "cir.1.1" {
			t.Errorf("%q is not found in %s: %v", words, language, found)
		}
	}
	if found := c.In("de").Search("title"); len(found) != 0 {
		t.Errorf("the German catalogue is searched in English: %v", found)
	}
}

// TestCheckFindsMistakesOfTranslations names the file and the id of each mistake; the
// language is English then.
func TestCheckFindsMistakesOfTranslations(t *testing.T) {
	for _, tc := range []struct{ name, file, text, want string }{
		{"unknown requirement", "frameworks/nis2.yaml", "nis2.99: {title: T}", "translations/de/frameworks/nis2.yaml: nis2.99: is not in the catalogue"},
		{"unknown question", "questions/01.yaml", "q.two: {text: T}", "translations/de/questions/01.yaml: q.two: is not in the catalogue"},
		{"unknown option", "questions/01.yaml", "q.one: {options: {never: T}}", "questions/01.yaml: q.one: has no option never"},
		{"unknown kind", "evidence-kinds.yaml", "doc.y: T", "evidence-kinds.yaml: doc.y: is not in the catalogue"},
		{"too few hints", "frameworks/cir-2024-2690/01.yaml", "cir.1.1: {evidence: [Hinweis]}", "01.yaml: cir.1.1: 1 texts of evidence; expected 2"},
		{"text without English", "questions/01.yaml", "q.one: {help: T}", "q.one: help: there is no such text in English"},
		{"twice in files", "frameworks/cir-2024-2690/02.yaml", "cir.1.1: {title: T}", "02.yaml: cir.1.1: is translated before in translations/de/frameworks/cir-2024-2690/01.yaml"},
		{"unknown field", "questions/02.yaml", "q.one: {texts: T}", "questions/02.yaml: yaml:"},
		{"no map", "evidence-kinds.yaml", "- doc.x", "evidence-kinds.yaml: yaml:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := files("", section+translationLeaf, "- {id: doc.x, title: Paper}\n", asked)
			fsys["translations/de/frameworks/cir-2024-2690/01.yaml"] = &fstest.MapFile{Data: []byte("cir.1.1: {title: T}")}
			fsys["translations/de/"+tc.file] = &fstest.MapFile{Data: []byte(tc.text)}
			c, err := catalog.Load(fsys, "de")
			if err != nil {
				t.Fatalf("a language that was not asked for is read: %v", err)
			}
			if err := c.Check(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v\nwant %s", err, tc.want)
			}
			if c.In("de") != c {
				t.Error("half a language is used")
			}
		})
	}
}

// TestOptionsAreTheirOwnInAnyLanguage: a text of an option is that option and no other
// one of its question, whatever the language; workbooks are read so.
func TestOptionsAreTheirOwnInAnyLanguage(t *testing.T) {
	c, _ := translated(t)
	for n, q := range c.Questions() {
		of := map[string]string{}
		for _, language := range c.Languages() {
			for i, o := range c.In(language).Questions()[n].Options {
				text := catalog.Fold(o.Text)
				if other, taken := of[text]; taken && other != q.Options[i].ID {
					t.Errorf("%s: %q is %s and %s", q.ID, o.Text, other, o.ID)
				}
				of[text] = o.ID
			}
		}
	}
}

var figure = regexp.MustCompile(`\d+`)

// TestTranslationsAreComplete: every text is there in every language, is another one,
// and names the same figures.
func TestTranslationsAreComplete(t *testing.T) {
	c, languages := translated(t)
	english := textsOf(c)
	for _, language := range languages {
		texts, alike := textsOf(c.In(language)), 0
		for _, id := range slices.Sorted(maps.Keys(english)) {
			for name, text := range english[id] {
				got := texts[id][name]
				if got == text && len(text) > mayBeAlike {
					t.Errorf("%s: %s: %s is not translated: %q", language, id, name, text)
				}
				if got == text && text != "" {
					alike++
				}
				if d := cmp.Diff(figuresOf(text), figuresOf(got)); d != "" {
					t.Errorf("%s: %s: %s: the figures differ:\n%s\n%s", language, id, name, text, got)
				}
			}
		}
		if alike > 40 {
			t.Errorf("%s: %d texts are those of English", language, alike)
		}
	}
}

// mayBeAlike is the length in bytes up to which a text may read alike in two languages,
// for example "Backups" or "Identification".
const mayBeAlike = 14

// figuresOf are the figures of a text in order of their size, whatever stands between
// their parts.
func figuresOf(text string) []string {
	found := figure.FindAllString(text, -1)
	slices.Sort(found)
	return found
}
