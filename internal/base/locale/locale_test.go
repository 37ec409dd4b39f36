package locale_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func sample(t testing.TB) *locale.Catalogue {
	t.Helper()
	c, err := locale.Load(fstest.MapFS{
		"m/en/a.json": file(`{"a.hello": "Hello {{.name}}", "a.only": "English only", "a.days": {"one": "{{.count}} day", "other": "{{.count}} days"},
			"a.nested": "Due {{.when}}: {{.what}}"}`),
		"m/en/b.json": file(`{"b.more": "More"}`),
		"m/de/a.json": file(`{"a.hello": "Hallo {{.name}}", "a.days": {"one": "{{.count}} Tag", "other": "{{.count}} Tage"}, "a.nested": "Fällig {{.when}}: {{.what}}"}`),
		"m/fr/a.json": file(`{"a.hello": "Bonjour {{.name}}", "a.days": {"one": "{{.count}} jour", "other": "{{.count}} jours"}}`),
	}, "m")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSay: the printer's language, then English, then the key itself.
func TestSay(t *testing.T) {
	c := sample(t)
	due := law.MustDate("2026-03-31")
	for _, tc := range []struct {
		lang string
		m    law.Message
		want string
	}{
		{"en", law.Say("a.hello", "name", "Ada"), "Hello Ada"},
		{"de", law.Say("a.hello", "name", "Ada"), "Hallo Ada"},
		{"fr", law.Say("a.hello", "name", "Ada"), "Bonjour Ada"},
		{"de", law.Say("a.only"), "English only"},
		{"fr", law.Say("b.more"), "More"},
		{"pl", law.Say("a.hello", "name", "Ada"), "Hello Ada"},
		{"en", law.Say("a.none"), "⟪a.none⟫"},
		{"de", law.Message{}, ""},
		{"en", law.Say("a.hello", "name", "<b> {{.x}} & é"), "Hello <b> {{.x}} & é"},
		{"de", law.Say("a.nested", "when", due, "what", law.Say("a.days", "count", 3)), "Fällig 31. März 2026: 3 Tage"},
		{"fr", law.Say("a.nested", "when", due, "what", law.Say("a.days", "count", 3)), "Due 31 mars 2026: 3 jours"},
		{"en", law.Say("a.hello", "name", []string{"Ada", "Bob"}), "Hello Ada, Bob"},
		{"en", law.Say("a.hello", "name", []law.Message{law.Say("a.only"), law.Say("b.more")}), "Hello English only, More"},
		{"de", law.Say("a.hello", "name", 1234567), "Hallo 1.234.567"},
		{"de", law.Say("a.hello", "name", int64(-5000)), "Hallo -5.000"},
		{"en", law.Say("a.hello", "name", 0.125), "Hello 0.12"},
		{"de", law.Say("a.hello", "name", 1.4), "Hallo 1,4"},
	} {
		if got := c.Printer(tc.lang).Say(tc.m); got != tc.want {
			t.Errorf("%s %s: %q, want %q", tc.lang, tc.m.Key, got, tc.want)
		}
	}
}

// TestPlurals follow the language: French says zero in the singular.
func TestPlurals(t *testing.T) {
	c := sample(t)
	for _, tc := range []struct {
		lang  string
		count any
		want  string
	}{
		{"en", 0, "0 days"}, {"en", 1, "1 day"}, {"en", 2, "2 days"}, {"en", 1000000, "1,000,000 days"},
		{"de", 0, "0 Tage"}, {"de", 1, "1 Tag"}, {"de", 14, "14 Tage"}, {"de", 1000000, "1.000.000 Tage"},
		{"fr", 0, "0 jour"}, {"fr", 1, "1 jour"}, {"fr", 2, "2 jours"}, {"fr", 1000000, "1\u00a0000\u00a0000 jours"},
		{"en", int64(1), "1 day"}, {"en", 1.5, "1.5 days"}, {"fr", 1.5, "1,5 jour"}, {"de", 1.5, "1,5 Tage"},
	} {
		got := c.Printer(tc.lang).T("a.days", "count", tc.count)
		if got = strings.ReplaceAll(got, "\u202f", "\u00a0"); got != tc.want {
			t.Errorf("%s %v: %q, want %q", tc.lang, tc.count, got, tc.want)
		}
	}
}

func TestHas(t *testing.T) {
	c := sample(t)
	for _, tc := range []struct {
		lang, key string
		want      bool
	}{
		{"en", "a.only", true}, {"de", "a.only", false}, {"de", "a.hello", true}, {"fr", "a.days", true},
		{"fr", "a.nested", false}, {"en", "a.none", false}, {"pl", "a.hello", false},
	} {
		if got := c.Printer(tc.lang).Has(tc.key); got != tc.want {
			t.Errorf("%s has %s: %v", tc.lang, tc.key, got)
		}
	}
}

// TestFormats of numbers, money, percentages and days. The spaces of a language
// that groups with them are ones that do not break.
func TestFormats(t *testing.T) {
	c := sample(t)
	en, de, fr, it := c.Printer("en"), c.Printer("de"), c.Printer("fr"), c.Printer("it")
	day := law.MustDate
	for _, tc := range []struct{ got, want string }{
		{en.Number(1234567.891, 2), "1,234,567.89"},
		{de.Number(1234567.891, 2), "1.234.567,89"},
		{fr.Number(1234567.891, 2), "1 234 567,89"},
		{en.Number(0.5, 0), "0"},
		{en.Number(2, 2), "2"},
		{fr.Number(0, 1), "0"},
		{de.Number(-0.25, 2), "-0,25"},
		{en.Euros(10_000_000), "EUR 10,000,000"},
		{de.Euros(7_000_000), "EUR 7.000.000"},
		{fr.Euros(500_000), "EUR 500 000"},
		{en.Money(120_000, "EUR"), "EUR 1,200"},
		{de.Money(120_050, "PLN"), "PLN 1.200,50"},
		{en.Percent(1.4, 1), "1.4%"},
		{de.Percent(1.4, 1), "1,4 %"},
		{fr.Percent(2, 1), "2 %"},
		{en.Date(day("2026-11-25")), "25 November 2026"},
		{de.Date(day("2026-03-01")), "1. März 2026"},
		{fr.Date(day("2026-08-01")), "1er août 2026"},
		{fr.Date(day("2026-08-02")), "2 août 2026"},
		{it.Date(day("2026-08-02")), "2026-08-02"},
		{en.Date(law.Date{}), ""},
		{en.List([]string{"a", "b", "c"}), "a, b, c"},
		{en.List(nil), ""},
	} {
		got := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2212", "-").Replace(tc.got)
		if got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if s := fr.Number(1234567, 0) + fr.Euros(1000) + fr.Percent(3, 0); strings.Contains(s, " ") {
		t.Errorf("%q breaks at a space", s)
	}
}

// TestMonths: every month of the year has its name in every language.
func TestMonths(t *testing.T) {
	c := sample(t)
	for _, lang := range []string{"en", "de", "fr"} {
		seen := map[string]bool{}
		for d := day(t, "2026-01-15"); d.Year == 2026; d = d.AddMonths(1) {
			seen[strings.Fields(c.Printer(lang).Date(d))[1]] = true
		}
		if len(seen) != 12 {
			t.Errorf("%s has %d months: %v", lang, len(seen), seen)
		}
	}
}

func day(t *testing.T, s string) law.Date {
	t.Helper()
	d, err := law.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLoadReadsWhatIsNamed(t *testing.T) {
	c, err := locale.Load(content.FS, "messages", "de")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"de", "en"}, c.Languages()); diff != "" {
		t.Error(diff)
	}
	for name, fsys := range map[string]fstest.MapFS{
		"syntax":      {"m/en/a.json": file(`{"a.b": `)},
		"no language": {"m/en/a.json": file(`{"a.b": "x"}`), "m/xx/readme.txt": file("")},
		"no folder":   {},
		"bad form":    {"m/en/a.json": file(`{"a.b": {"other": "{{.x"}}`), "m/de": &fstest.MapFile{Mode: 0o755 | 1<<31}},
	} {
		if _, err := locale.Load(fsys, "m"); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
	if _, err := locale.Load(content.FS, "messages", "tlh"); err == nil || !strings.Contains(err.Error(), "tlh") {
		t.Errorf("an unknown language: %v", err)
	}
}

func TestExtend(t *testing.T) {
	c := sample(t)
	if err := c.Extend("de", "a.", []byte(`{"a.only": "Nur deutsch", "a.hello": "Servus {{.name}}"}`)); err != nil {
		t.Fatal(err)
	}
	if got := c.Printer("de").T("a.only") + ", " + c.Printer("de").T("a.hello", "name", "Ada"); got != "Nur deutsch, Servus Ada" {
		t.Errorf("%q", got)
	}
	if got := c.Printer("en").T("a.only"); got != "English only" {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{`{"b.more": "Mehr"}`, `{"a.x": 1}`, `[`, `{"a.x": "ok", "c.y": "no"}`} {
		if err := c.Extend("de", "a.", []byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// TestPrinterIsSafeForConcurrentUse is of use with -race: one catalogue, several
// printers, one of them shared.
func TestPrinterIsSafeForConcurrentUse(t *testing.T) {
	c := sample(t)
	shared := c.Printer("de")
	var wait sync.WaitGroup
	errs := make(chan string, 400)
	for i := range 200 {
		wait.Go(func() {
			want := fmt.Sprintf("Fällig 31. März 2026: %d Tage", i+2)
			for _, p := range []*locale.Printer{shared, c.Printer("de")} {
				if got := p.T("a.nested", "when", law.MustDate("2026-03-31"), "what", law.Say("a.days", "count", i+2)); got != want {
					errs <- got
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	for got := range errs {
		t.Errorf("%q", got)
	}
}
