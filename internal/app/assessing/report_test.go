package assessing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/docx"
	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

// page is the report as HTML.
func page(t testing.TB, in assessing.Input, p *locale.Printer) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, assessing.Compose(in, p)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func printed(t testing.TB, in assessing.Input, p *locale.Printer) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Write(&b, assessing.Compose(in, p)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func edited(t testing.TB, in assessing.Input, p *locale.Printer) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := docx.Write(&b, assessing.Compose(in, p)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func record(t testing.TB, in assessing.Input, p *locale.Printer) (assessing.Assessment, string) {
	t.Helper()
	var b bytes.Buffer
	if err := assessing.JSON(&b, in, p); err != nil {
		t.Fatal(err)
	}
	var a assessing.Assessment
	d := json.NewDecoder(bytes.NewReader(b.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a, b.String()
}

// texts is the report in the forms that hold plain text.
func texts(t testing.TB, in assessing.Input, p *locale.Printer) map[string]string {
	t.Helper()
	_, data := record(t, in, p)
	return map[string]string{"HTML": page(t, in, p), "JSON": data}
}

var (
	style = regexp.MustCompile(`(?s)<style>.*?</style>`)
	tags  = regexp.MustCompile(`<[^>]*>`)
	space = regexp.MustCompile(`[\s\x{a0}]+`)
)

// words is the text of an HTML page on one line.
func words(page string) string {
	return space.ReplaceAllString(stdhtml.UnescapeString(tags.ReplaceAllString(style.ReplaceAllString(page, " "), " ")), " ")
}

// pdfWords is the text of the first page of a PDF on one line.
func pdfWords(t *testing.T, file []byte) string {
	t.Helper()
	return space.ReplaceAllString(string(reporttest.PDFText(t, file, "-raw", "-f", "1", "-l", "1")), " ")
}

func TestTheSameScoreEverywhere(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, p := example(t, name), printer(t, "en")
			a, _ := record(t, in, p)
			if a.Score == nil {
				t.Fatal("no score")
			}
			web := words(page(t, in, p))
			paper := pdfWords(t, printed(t, in, p))
			for form, text := range map[string]string{"HTML": web, "PDF": paper} {
				find(t, form, text, `Overall score \(0–100\) (\d+)`, fmt.Sprint(*a.Score))
				find(t, form, text, `Requirements with a gap (\d+)`, fmt.Sprint(gaps(a)))
				for _, s := range a.Scores {
					if letter, ok := strings.CutPrefix(s.Key, "measure."); ok {
						find(t, form, text, regexp.QuoteMeta(letter+" "+s.Title)+` (\d+)`, fmt.Sprint(s.Points))
					}
				}
				find(t, form, text, `Highest fine, at least EUR ([\d,]+)`, p.Number(float64(a.Fine.Ceiling), 0))
			}
		})
	}
}

// gaps is how many requirements are known not to be met.
func gaps(a assessing.Assessment) int {
	for _, s := range a.Scores {
		if s.Key == "overall" {
			return s.NotMet + s.Partly
		}
	}
	return -1
}

func find(t *testing.T, form, text, pattern, want string) {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Errorf("%s: %s is missing", form, pattern)
	} else if m[1] != want {
		t.Errorf("%s: %s gives %s, JSON %s", form, pattern, m[1], want)
	}
}

func TestScoresFollowTheirFormula(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		a, _ := record(t, example(t, name), printer(t, "en"))
		for _, s := range a.Scores {
			if s.Weight == 0 {
				continue
			}
			if want := assessing.Shown(100 * s.Value / s.Weight); s.Points != want {
				t.Errorf("%s: %s has %g points, its formula gives %g", name, s.Key, s.Points, want)
			}
		}
	}
}

func TestReportHasItsParts(t *testing.T) {
	t.Parallel()
	want := []string{"board", "scope", "duties", "standing", "gaps", "plan", "applicability", "method"}
	within := []string{"scope-grounds", "scope-size", "scope-facts", "scope-jurisdiction", "scope-change",
		"duties-binding", "duties-registration", "duties-dates", "duties-supervision",
		"standing-measures", "standing-automation", "standing-contradictions", "standing-expired", "standing-expiring",
		"plan-timeline", "method-limits", "method-status", "method-sources"}
	for _, name := range examples {
		for _, language := range languages {
			var parts []string
			has := map[string]bool{}
			d := assessing.Compose(example(t, name), printer(t, language))
			for _, b := range d.Blocks {
				if h, ok := b.(model.Heading); ok {
					has[h.ID] = true
					if h.Level == 1 {
						parts = append(parts, h.ID)
					}
				}
			}
			if diff := cmp.Diff(want, parts); diff != "" {
				t.Errorf("%s, %s: parts (-want +got)\n%s", name, language, diff)
			}
			for _, id := range within {
				if !has[id] {
					t.Errorf("%s, %s: no part %s", name, language, id)
				}
			}
		}
	}
}

// englishPlace matches a place in a legal act in the way in which English cites it.
var englishPlace = regexp.MustCompile(`Art\.[ \x{a0}]\d+[a-z]?\(\d|(Directive|Regulation) \((EU|EC)\)|Annex(es)? I`)

func TestCitationsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		for _, language := range languages {
			text := words(page(t, example(t, name), printer(t, language)))
			found := englishPlace.FindStringIndex(text)
			switch {
			case found == nil && language == "en":
				t.Errorf("%s: the English report cites nothing", name)
			case found != nil && language != "en":
				t.Errorf("%s, %s: cites in English: …%s", name, language, text[max(0, found[0]-60):min(len(text), found[1]+60)])
			}
		}
	}
}

func TestReportSaysItOnce(t *testing.T) {
	t.Parallel()
	text := words(page(t, example(t, "managed-service-provider"), printer(t, "en")))
	for _, s := range []string{"This report is not legal advice.", "Score = 100 ×", "not confirmed by a source", "checked 30 September 2026"} {
		if !strings.Contains(text, s) {
			t.Errorf("the report does not say %q", s)
		}
	}
	if n := strings.Count(text, "not legal advice"); n != 1 {
		t.Errorf("“not legal advice” stands %d times", n)
	}
}

func TestBoardFitsOnItsPage(t *testing.T) {
	t.Parallel()
	last := map[string]string{"en": "documented exceptions.", "de": "dokumentierten Ausnahmen bestätigen oder zurücknehmen.", "fr": "exceptions documentées."}
	for _, name := range examples {
		for _, language := range languages {
			first := pdfWords(t, printed(t, example(t, name), printer(t, language)))
			if !strings.Contains(first, last[language]) {
				t.Errorf("%s, %s: the last decision is not on the first page", name, language)
			}
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		p := printer(t, "de")
		if !bytes.Equal(printed(t, example(t, name), p), printed(t, example(t, name), p)) {
			t.Errorf("%s: two PDF files differ", name)
		}
		one, two := edited(t, example(t, name), p), edited(t, example(t, name), p)
		if !bytes.Equal(one, two) || !bytes.HasPrefix(one, []byte("PK")) {
			t.Errorf("%s: two DOCX files differ", name)
		}
		_, first := record(t, example(t, name), p)
		_, second := record(t, example(t, name), p)
		if first != second {
			t.Errorf("%s: two JSON files differ", name)
		}
	}
}

func TestOddOrganisations(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]string{
		"empty":     "Plain Foods B.V.",
		"long":      strings.Repeat("Long name of an organisation, ", 10),
		"one word":  strings.Repeat("Lebensmittel", 25),
		"not latin": "株式会社サンプル Компания Εταιρεία",
		"script":    `<script>alert("x")</script>`,
		"image":     `"><img src=x onerror=alert(1)>`,
		"template":  "{{.name}} ${7*7} %s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := assess(t, name, named(who, who))
			for _, language := range languages {
				p := printer(t, language)
				web := page(t, in, p)
				if strings.Contains(web, "<script") || strings.Contains(web, "<img") {
					t.Error("the name became markup")
				}
				if !strings.Contains(words(web), strings.TrimSpace(space.ReplaceAllString(who, " "))) && !strings.ContainsAny(who, "<>") {
					t.Error("the name is not on the page")
				}
				a, data := record(t, in, p)
				if a.Organisation.Name != who {
					t.Errorf("JSON has the name %q", a.Organisation.Name)
				}
				if strings.ContainsAny(data, "<>") {
					t.Error("JSON holds raw angle brackets")
				}
				if file := printed(t, in, p); !bytes.HasPrefix(file, []byte("%PDF-")) || bytes.Contains(file, []byte("/JavaScript")) {
					t.Error("not a harmless PDF file")
				}
			}
		})
	}
}

func TestSilenceIsNotSuccess(t *testing.T) {
	t.Parallel()
	a, _ := record(t, assess(t, "empty", named("Plain Foods B.V.", "")), printer(t, "en"))
	if a.Score == nil || *a.Score != 0 {
		t.Errorf("score %v for an organisation that said nothing", a.Score)
	}
	if a.Format != assessing.AssessmentFormat || a.Scope.Class != "important" {
		t.Errorf("format %q, class %q", a.Format, a.Scope.Class)
	}
}

var placeholder = regexp.MustCompile(`{{\s*\.(\w+)`)

func TestTranslationsKeepThePlaceholders(t *testing.T) {
	t.Parallel()
	english := catalogue(t, "en")
	for _, language := range []string{"de", "fr"} {
		other := catalogue(t, language)
		for key, forms := range english {
			if _, ok := other[key]; !ok {
				t.Errorf("%s lacks %s", language, key)
			} else if diff := cmp.Diff(arguments(forms), arguments(other[key])); diff != "" {
				t.Errorf("%s, %s: placeholders (-en +%s)\n%s", key, language, language, diff)
			}
		}
		for key := range other {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %s, which English lacks", language, key)
			}
		}
	}
}

// catalogue is the report's messages: key → form of the plural, or "other" → text.
func catalogue(t *testing.T, language string) map[string]map[string]string {
	t.Helper()
	b, err := content.FS.ReadFile("messages/" + language + "/report.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for key, v := range raw {
		forms := map[string]string{}
		switch v := v.(type) {
		case string:
			forms["other"] = v
		case map[string]any:
			for form, text := range v {
				forms[form] = fmt.Sprint(text)
			}
		}
		out[key] = forms
	}
	return out
}

// arguments is the set of placeholders in each form.
func arguments(forms map[string]string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for form, text := range forms {
		set := map[string]bool{}
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			set[m[1]] = true
		}
		out[form] = set
	}
	return out
}

func BenchmarkPDF(b *testing.B) {
	in, p := example(b, "managed-service-provider"), printer(b, "en")
	b.ReportAllocs()
	for b.Loop() {
		printed(b, in, p)
	}
}

func BenchmarkDOCX(b *testing.B) {
	in, p := example(b, "managed-service-provider"), printer(b, "en")
	b.ReportAllocs()
	for b.Loop() {
		edited(b, in, p)
	}
}

func BenchmarkWrite(b *testing.B) {
	in, p := example(b, "managed-service-provider"), printer(b, "en")
	dir := b.TempDir()
	for b.Loop() {
		if _, err := assessing.Write(dir, in, p); err != nil {
			b.Fatal(err)
		}
	}
}
