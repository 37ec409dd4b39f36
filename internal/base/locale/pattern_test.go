package locale_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
)

// TestFill: a message says the same whether its text is simple or goes through the
// template engine, and a key that a language lacks comes in English.
func TestFill(t *testing.T) {
	c, err := locale.Load(fstest.MapFS{
		"m/en/a.json": {Data: []byte(`{"a.plain": "Hello", "a.name": "Hello {{.name}}, and {{ .other }}.", "a.if": "Hello{{if .name}} {{.name}}{{end}}",
			"a.count": {"one": "{{.count}} hour", "other": "{{.count}} hours"}, "a.english": "Only {{.name}}"}`)},
		"m/de/a.json": {Data: []byte(`{"a.plain": "Hallo", "a.name": "Hallo {{.name}} und {{ .other }}.", "a.if": "Hallo{{if .name}} {{.name}}{{end}}",
			"a.count": {"one": "{{.count}} Stunde", "other": "{{.count}} Stunden"}}`)},
	}, "m")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Extend("en", "a.", []byte(`{"a.plain": "Good day"}`)); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		language, key, want string
		args                []any
	}{
		{"en", "a.plain", "Good day", nil},
		{"de", "a.plain", "Hallo", nil},
		{"en", "a.name", "Hello {{.x}}, and 1,200.", []any{"name", "{{.x}}", "other", 1200}},
		{"de", "a.name", "Hallo A und 1.200.", []any{"name", "A", "other", 1200}},
		{"en", "a.name", "Hello true, and A.", []any{"name", true, "other", "A"}}, // not a text: the engine
		{"en", "a.name", "Hello <no value>, and A.", []any{"other", "A"}},
		{"en", "a.if", "Hello", nil},
		{"de", "a.if", "Hallo A", []any{"name", "A"}},
		{"de", "a.count", "1 Stunde", []any{"count", 1}},
		{"de", "a.count", "2 Stunden", []any{"count", 2}},
		{"de", "a.english", "Only A", []any{"name", "A"}},
		{"de", "a.nowhere", "⟪a.nowhere⟫", nil},
	} {
		if got := c.Printer(k.language).T(k.key, k.args...); got != k.want {
			t.Errorf("%s %s %v: %q; want %q", k.language, k.key, k.args, got, k.want)
		}
	}
}

// TestSmallNumbers: whole numbers look the same with decimals and without, around
// the size from which there are separators.
func TestSmallNumbers(t *testing.T) {
	c, err := locale.Load(fstest.MapFS{"m/en/a.json": {Data: []byte(`{}`)}, "m/de/a.json": {Data: []byte(`{}`)}, "m/fr/a.json": {Data: []byte(`{}`)}}, "m")
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{"en": "0 1 42 999 1,000 -7 7.5", "de": "0 1 42 999 1.000 -7 7,5", "fr": "0 1 42 999 1\u00a0000 -7 7,5"} {
		p := c.Printer(language)
		var got []string
		for _, v := range []float64{0, 1, 42, 999, 1000, -7, 7.5} {
			got = append(got, p.Number(v, 2))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %q; want %q", language, s, want)
		}
	}
}
