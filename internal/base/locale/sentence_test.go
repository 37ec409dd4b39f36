package locale_test

import (
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

func sentencePrinter(t testing.TB, lang string) *locale.Printer {
	t.Helper()
	c, err := locale.Load(fstest.MapFS{
		"m/en/ui.json": {Data: []byte(`{"ui.fault": "{{.what}}; expected {{.expected}}"}`)},
		"m/de/ui.json": {Data: []byte(`{"ui.fault": "{{.what}}; erwartet: {{.expected}}"}`)},
		"m/de/sentences/faults.json": {Data: []byte(`{
			"the name is empty": "der Name ist leer",
			"a name": "ein Name",
			"there is no such {1}": "das gibt es nicht: {1}",
			"there is no such file": "diese Datei gibt es nicht",
			"scan target": "Ziel der Prüfung",
			"no record: {1}": "kein Eintrag: {1}",
			"no record: {1}; no file: {2}": "keine Datei: {2}; kein Eintrag: {1}",
			"wrong here; look there": "hier falsch; dort nachsehen"
		}`)},
	}, "m")
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer(lang)
}

func TestSentence(t *testing.T) {
	p := sentencePrinter(t, "de")
	for _, tc := range []struct {
		name, english, want string
		ok                  bool
	}{
		{"whole", "the name is empty", "der Name ist leer", true},
		{"nothing", "", "", true},
		{"the whole one before the open one", "there is no such file", "diese Datei gibt es nicht", true},
		{"a word in the place", "there is no such scan target", "das gibt es nicht: Ziel der Prüfung", true},
		{"a name in the place", "there is no such Müller GmbH", "das gibt es nicht: Müller GmbH", true},
		{"places change their order", "no record: x; no file: y", "keine Datei: y; kein Eintrag: x", true},
		{"an empty place is none", "there is no such ", "there is no such ", false},
		{"the more exact one of two", "no record: x", "kein Eintrag: x", true},
		{"braces that somebody typed", "there is no such {2}", "das gibt es nicht: {2}", true},
		{"joined", "the name is empty; a name", "der Name ist leer; ein Name", true},
		{"joined, one unknown", "the name is empty; EOF", "der Name ist leer; EOF", false},
		{"a sentence with a semicolon", "wrong here; look there", "hier falsch; dort nachsehen", true},
		{"unknown", "disk full", "disk full", false},
	} {
		got, ok := p.Sentence(tc.english)
		if got != tc.want || ok != tc.ok {
			t.Errorf("%s: %q, %t; want %q, %t", tc.name, got, ok, tc.want, tc.ok)
		}
	}
	if got, ok := sentencePrinter(t, "en").Sentence("anything"); got != "anything" || !ok {
		t.Errorf("English: %q, %t", got, ok)
	}
}

func TestFailure(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"with its place and what was expected": {"facts.yaml:3: name: the name is empty; expected a name", "facts.yaml:3: name: der Name ist leer; erwartet: ein Name"},
		"several":                              {"a: the name is empty\nb: disk full", "a: der Name ist leer\nb: disk full"},
		"of the machine":                       {"open x: no such file or directory", "open x: no such file or directory"},
		"whole":                                {"wrong here; look there", "hier falsch; dort nachsehen"},
	} {
		if got := sentencePrinter(t, "de").Failure(tc.text); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
		if got := sentencePrinter(t, "en").Failure(tc.text); got != tc.text {
			t.Errorf("%s: English becomes %q", name, got)
		}
	}
}

// FuzzSentence: whatever a fault says, its translation is made, and English stays.
func FuzzSentence(f *testing.F) {
	for _, s := range []string{"there is no such {1}", "no record: ; no file: ", "a: b; expected c", "{1}{2}", "; ; "} {
		f.Add(s)
	}
	de, en := sentencePrinter(f, "de"), sentencePrinter(f, "en")
	f.Fuzz(func(t *testing.T, s string) {
		if text, ok := de.Sentence(s); !ok && text == "" {
			t.Errorf("%q became nothing", s)
		}
		if de.Failure(s); en.Failure(s) != s {
			t.Errorf("%q is changed in English", s)
		}
	})
}
