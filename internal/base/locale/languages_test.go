package locale_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

// form is one message: its text by plural form, "other" where it has only one.
type form map[string]string

// messagesOf reads one file of the catalogue; absent is true when there is none.
func messagesOf(t *testing.T, lang, area string) (messages map[string]form, absent bool) {
	t.Helper()
	b, err := fs.ReadFile(content.FS, "messages/"+lang+"/"+area+".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true
	}
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("messages/%s/%s.json: %v", lang, area, err)
	}
	messages = map[string]form{}
	for key, value := range raw {
		var text string
		if json.Unmarshal(value, &text) == nil {
			messages[key] = form{"other": text}
			continue
		}
		var plural form
		if err := json.Unmarshal(value, &plural); err != nil {
			t.Errorf("messages/%s/%s.json: %s: %v; expected a text or plural forms", lang, area, key, err)
			continue
		}
		messages[key] = plural
	}
	return messages, false
}

var (
	action   = regexp.MustCompile(`{{[^{}]*}}`)
	argument = regexp.MustCompile(`\.[a-zA-Z_][a-zA-Z_0-9]*`)
)

// placeholders are the arguments that a text names, also those behind "if".
func placeholders(text string) map[string]bool {
	out := map[string]bool{}
	for _, a := range action.FindAllString(text, -1) {
		for _, name := range argument.FindAllString(a, -1) {
			out[name] = true
		}
	}
	return out
}

// TestLanguagesAgree: the same files, keys, placeholders and plural forms in
// English, German and French.
func TestLanguagesAgree(t *testing.T) {
	for _, area := range areas(t) {
		t.Run(area, func(t *testing.T) {
			english, absent := messagesOf(t, "en", area)
			if absent {
				t.Fatalf("messages/en/%s.json is missing", area)
			}
			for _, lang := range []string{"de", "fr"} {
				other, absent := messagesOf(t, lang, area)
				if absent {
					t.Errorf("messages/%s/%s.json is missing", lang, area)
					continue
				}
				agree(t, area, lang, english, other)
			}
		})
	}
}

// areas are the files of any language and those that the legal packages need.
func areas(t *testing.T) []string {
	t.Helper()
	all := map[string]bool{}
	for _, a := range []string{"annex", "scope", "duties", "fines", "clocks", "significance", "country", "posture"} {
		all[a] = true
	}
	files, err := fs.Glob(content.FS, "messages/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all[strings.TrimSuffix(path.Base(f), ".json")] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func agree(t *testing.T, area, lang string, english, other map[string]form) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(english)) {
		theirs, ok := other[key]
		if !ok {
			t.Errorf("messages/%s/%s.json: %s is missing", lang, area, key)
			continue
		}
		ours := english[key]
		if !slices.Equal(slices.Sorted(maps.Keys(ours)), slices.Sorted(maps.Keys(theirs))) {
			t.Errorf("messages/%s/%s.json: %s has the forms %v, English %v", lang, area, key,
				slices.Sorted(maps.Keys(theirs)), slices.Sorted(maps.Keys(ours)))
		}
		if a, b := placeholders(ours["other"]), placeholders(theirs["other"]); !maps.Equal(a, b) {
			t.Errorf("messages/%s/%s.json: %s has %v, English %v", lang, area, key, slices.Sorted(maps.Keys(b)), slices.Sorted(maps.Keys(a)))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(other)) {
		if _, ok := english[key]; !ok {
			t.Errorf("messages/%s/%s.json: %s is not in English", lang, area, key)
		}
	}
}

// TestMessagesAreWellFormed, in every language: no empty text, a template that
// parses, plural messages with "one" and "other" and a count, no argument in one
// form that "other" does not have, and a key that is one.
func TestMessagesAreWellFormed(t *testing.T) {
	keyed := regexp.MustCompile(`^[a-z0-9_]+(\.[A-Za-z0-9_-]+)+$`)
	for _, area := range areas(t) {
		for _, lang := range []string{"en", "de", "fr"} {
			messages, _ := messagesOf(t, lang, area)
			for key, f := range messages {
				where := lang + " " + key
				if !keyed.MatchString(key) {
					t.Errorf("%s: the key is not dotted", where)
				}
				if len(f) > 1 && (f["one"] == "" || !placeholders(f["other"])[".count"]) {
					t.Errorf("%s: plural forms %v; expected one and other, with the count", where, f)
				}
				for name, text := range f {
					wellFormed(t, where, name, text, placeholders(f["other"]))
				}
			}
		}
	}
}

func wellFormed(t *testing.T, where, form, text string, arguments map[string]bool) {
	t.Helper()
	if strings.TrimSpace(text) == "" || !slices.Contains([]string{"one", "other"}, form) {
		t.Errorf("%s: the form %q has the text %q", where, form, text)
	}
	if _, err := template.New(where).Parse(text); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if rest := action.ReplaceAllString(text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		t.Errorf("%s: %q has an open placeholder", where, text)
	}
	for name := range placeholders(text) {
		if !arguments[name] {
			t.Errorf("%s: %s is in the form %q and not in the form other", where, name, form)
		}
	}
}

// TestFindings: what scans say is translated in its parts, values stay, and each
// language has the same sentences with the same places.
func TestFindings(t *testing.T) {
	c, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		lang, english, want string
		ok                  bool
	}{
		{"en", "the header is missing", "the header is missing", true},
		{"de", "the header is missing", "der Header fehlt", true},
		{"fr", "the header is missing", "l’en-tête manque", true},
		{"de", "the registration ends on 2027-01-02; locked against transfer", "die Registrierung endet am 2027-01-02; gegen Übertragung gesperrt", true},
		{"de", "v=spf1 -all", "v=spf1 -all", true},
		{"de", "no SPF record; v=x", "kein SPF-Eintrag; v=x", true},
		{"de", "no SPF record; something of later editions", "kein SPF-Eintrag; something of later editions", false},
		{"de", "ns1.example.org (192.0.2.1) does not answer; ns2.example.org (192.0.2.2) does not answer over TCP",
			"ns1.example.org (192.0.2.1) antwortet nicht; ns2.example.org (192.0.2.2) antwortet nicht über TCP", true},
		{"fr", "127.0.0.1: port 80 is closed; mail.example.org: no answer came", "127.0.0.1: le port 80 est fermé; mail.example.org: aucune réponse n’est venue", true},
		{"de", "max-age=10; preload (less than a year)", "max-age=10; preload (weniger als ein Jahr)", true},
	} {
		if got, ok := c.Printer(tc.lang).Finding(tc.english); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %q, %t; want %q", tc.lang, got, ok, tc.want)
		}
	}
	places := regexp.MustCompile(`\{[0-9]+\}`)
	all := map[string]map[string]string{}
	for _, lang := range []string{"de", "fr"} {
		files, err := fs.Glob(content.FS, "messages/"+lang+"/findings/*.json")
		if err != nil {
			t.Fatal(err)
		}
		list := map[string]string{}
		for _, name := range files {
			b, err := fs.ReadFile(content.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			before, own := len(list), map[string]string{}
			if err := errors.Join(json.Unmarshal(b, &own), json.Unmarshal(b, &list)); err != nil {
				t.Fatal(err)
			}
			if len(list) != before+len(own) {
				t.Errorf("%s: a sentence of another file stands there again", name)
			}
		}
		all[lang] = list
		for english, said := range list {
			want, got := places.FindAllString(english, -1), places.FindAllString(said, -1)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s: %q has other places than %q", lang, said, english)
			}
		}
	}
	for english := range all["de"] {
		if all["fr"][english] == "" {
			t.Errorf("fr lacks %q", english)
		}
	}
	if len(all["de"]) != len(all["fr"]) {
		t.Error("one language has more sentences")
	}
}
