package exposure_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
)

// TestEveryCheckIsTranslated: title, criteria, why and fix of each check stand in every language
// of the product: content/exposure/checks/<language>/<area>.yaml.
func TestEveryCheckIsTranslated(t *testing.T) {
	c, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"de", "fr"} {
		for _, id := range c.Untranslated(language) {
			t.Errorf("%s has no words in %s", id, language)
		}
		in := c.In(language)
		for i, check := range in.Checks {
			from := c.Checks[i]
			if check.ID != from.ID || check.Severity != from.Severity {
				t.Errorf("%s: more than words differs", check.ID)
			}
			if check.Why == from.Why || check.Criteria == from.Criteria {
				t.Errorf("%s: why or criteria is still English in %s", check.ID, language)
			}
			if want, got := figures(from.Criteria), figures(check.Criteria); !slices.Equal(want, got) {
				t.Errorf("%s: the figures of the criteria are %v, in %s %v", check.ID, want, language, got)
			}
			// what people type or search for stays as it is
			for _, code := range []string{"X25519MLKEM768", "_dmarc", "frame-ancestors", "max-age=31536000", "Expires", "TraceEnable Off", "v=spf1", "nosniff"} {
				if strings.Contains(from.Fix, code) && !strings.Contains(check.Fix, code) {
					t.Errorf("%s: fix in %s lost %s", check.ID, language, code)
				}
			}
		}
	}
	if c.In("xx") != c || len(c.Untranslated("en")) != 0 {
		t.Error("another language is not English")
	}
}

// TestEveryCheckSaysWhereItComesFrom: references of a check were read on a day; what goes
// beyond them is marked as ours, in every language.
func TestEveryCheckSaysWhereItComesFrom(t *testing.T) {
	c, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	for i, check := range c.Checks {
		if _, err := time.Parse(time.DateOnly, check.Checked); err != nil && len(check.References) > 0 {
			t.Errorf("%s: its references were read on no day", check.ID)
		}
		for _, language := range []string{"de", "fr"} {
			if check.Judgement != "" && c.In(language).Checks[i].Judgement == check.Judgement {
				t.Errorf("%s: its judgement is still English in %s", check.ID, language)
			}
		}
	}
	english := regexp.MustCompile(`\b(section|and|as|others|annex|obsoleted by|guidelines|name servers)\b`)
	for i, check := range c.Checks {
		for _, language := range []string{"de", "fr"} {
			for n, r := range c.In(language).Checks[i].References {
				if want, got := figures(check.References[n]), figures(r); !slices.Equal(want, got) || language == "de" && english.MatchString(r) {
					t.Errorf("%s: %q is %q in %s", check.ID, check.References[n], r, language)
				}
			}
		}
	}
	for _, bad := range []string{"references: []", "references: [RFC 1]", "references: [], checked: 2026-11-28, judgement: ours"} {
		_, err := exposure.LoadCatalogue(fstest.MapFS{"exposure/checks/tst.yaml": {Data: []byte("- {id: TST-01, area: tls, class: P, severity: low, title: One, criteria: c, why: w, measures: [e], " + bad + "}")}})
		if err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// TestEverySnippetIsTranslated: title, place and note of each configuration stand in every
// language; the configuration is the same in all, and so are the names in notes.
func TestEverySnippetIsTranslated(t *testing.T) {
	c, err := exposure.LoadCatalogue(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`[a-z]+[_.][a-z_.-]*[a-z]|[A-Za-z]+-[A-Z][A-Za-z-]+|\d[\d.]*\d`)
	for _, language := range []string{"de", "fr"} {
		for _, check := range c.Checks {
			from, to := c.Snippets(check.ID), c.In(language).Snippets(check.ID)
			if len(from) != len(to) {
				t.Fatalf("%s has %d snippets, in %s %d", check.ID, len(from), language, len(to))
			}
			for i, s := range from {
				w := to[i]
				if w.ID != s.ID || w.Text != s.Text {
					t.Errorf("%s in %s: more than words differs", s.ID, language)
				}
				if w.Title == s.Title && s.Title != "security.txt" || s.Note != "" && w.Note == s.Note {
					t.Errorf("%s: title or note is still English in %s", s.ID, language)
				}
				// Programs and files have one word as their name.
				if w.Context == s.Context && strings.Contains(s.Context, " ") || (w.Software == s.Software) == strings.Contains(s.Software, " ") {
					t.Errorf("%s in %s: %s, %s", s.ID, language, w.Software, w.Context)
				}
				for _, name := range names.FindAllString(s.Note, -1) {
					if !strings.Contains(w.Note, name) {
						t.Errorf("%s: the note in %s lost %s", s.ID, language, name)
					}
				}
			}
		}
	}
}

var (
	thousands = regexp.MustCompile(`(\d)[., ](\d{3})\b`)
	figure    = regexp.MustCompile(`\d+`)
)

// figures are the numbers in a text, in order.
func figures(text string) []string {
	list := figure.FindAllString(thousands.ReplaceAllString(text, "$1$2"), -1)
	slices.Sort(list)
	return list
}

// TestWords: words that stand twice or are incomplete are errors; those of a check that
// there is not are left out, and what is not translated stays in English.
func TestWords(t *testing.T) {
	const checks = "- {id: TST-01, area: tls, class: P, severity: low, title: One, criteria: c, why: w, fix: f, references: [RFC 1], checked: unverified, measures: [e]}\n" +
		"- {id: TST-02, area: tls, class: P, severity: low, title: Two, criteria: c, why: w, references: [], judgement: ours, measures: [e]}\n"
	load := func(de string) (*exposure.Catalogue, error) {
		return exposure.LoadCatalogue(fstest.MapFS{"exposure/checks/tst.yaml": {Data: []byte(checks)}, "exposure/checks/de/tst.yaml": {Data: []byte(de)}})
	}
	for _, bad := range []string{
		"- {id: TST-01, title: x, criteria: x, why: x, fix: x}\n- {id: TST-01, title: x, criteria: x, why: x, fix: x}", "- {id: TST-01, title: x, criteria: x, fix: x}",
		"- {id: TST-01, title: x, criteria: x, why: x}", "- {id: TST-02, title: x, criteria: x, why: x}", "- {id: TST-02, title: x, criteria: x, why: x, fix: x, judgement: x}", "- {id: TST-01, title: x, criteria: x, why: x, fix: x, severity: high}", "x",
	} {
		if _, err := load(bad); err == nil || !strings.Contains(err.Error(), "checks/de/tst.yaml") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	c, err := load("- {id: TST-01, title: Eins, criteria: x, why: darum, fix: so}\n- {id: TST-09, title: x, criteria: x, why: x, fix: x}")
	if err != nil {
		t.Fatal(err)
	}
	one, _ := c.In("de").Get("TST-01")
	two, _ := c.In("de").Get("TST-02")
	if one.Title != "Eins" || two.Title != "Two" || strings.Join(c.Untranslated("de"), " ") != "TST-02" || c.Edition != c.In("de").Edition {
		t.Errorf("%+v, %+v", one, two)
	}
}
