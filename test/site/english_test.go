package site

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// inEnglish are the pages that stay in English, with the reason.
var inEnglish = map[string]string{
	"/api":            "operations are described as in the OpenAPI document, which is for programmers",
	"/ledger/{entry}": "shows what is kept as it is kept, with the names of its fields",
}

// staysEnglish are texts with words that are English alone, with the reason.
var staysEnglish = map[string]string{
	"English":           "a language under its own name",
	"Europe/Luxembourg": "a name of the list of time zones",
	"Block server":      "server is the word that stands in the settings of nginx",
}

// papers are in the language of the organisation, here that of its workspace, and the
// table of the portfolio in that of the reader; other tables have ids beside the words.
var papers = []string{client + "/binder.html", client + "/report.html", client + "/incidents/{incident}/reports/{report}/paper.html", client + "/incidents/{incident}/reports/{report}/sheet.txt",
	"/portfolio.csv"}

// overhearing is a browser set to a language that keeps what is typed into forms.
type overhearing struct {
	language string
	typed    map[string]bool
}

func (o *overhearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Language", o.language)
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		o.keep(r.Header.Get("Content-Type"), b)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// keep adds the fields of a form and the names of its files.
func (o *overhearing) keep(contentType string, form []byte) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return
	}
	fields, _ := url.ParseQuery(string(form))
	if kind == "multipart/form-data" {
		if m, err := multipart.NewReader(bytes.NewReader(form), params["boundary"]).ReadForm(1 << 20); err == nil {
			fields = m.Value
			for _, f := range m.File["file"] {
				o.typed[f.Filename] = true
			}
		}
	}
	for _, values := range fields {
		o.add(values...)
	}
}

// add takes each line of the values; shorter ones would be found within words.
func (o *overhearing) add(values ...string) {
	for _, v := range values {
		for line := range strings.Lines(v) {
			if line = strings.TrimSpace(line); len(line) > 3 {
				o.typed[line] = true
			}
		}
	}
}

// addFile takes the texts of an organisation file.
func (o *overhearing) addFile(t *testing.T, name string) {
	t.Helper()
	b, err := examples.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := organisation.Read(name, b)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(f); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	eachText(v, func(s string) { o.add(s) })
}

func eachText(v any, do func(string)) {
	switch v := v.(type) {
	case string:
		do(v)
	case []any:
		for _, x := range v {
			eachText(x, do)
		}
	case map[string]any:
		for _, x := range v {
			eachText(x, do)
		}
	}
}

var (
	aWord    = regexp.MustCompile(`\pL{3,}`)
	aToken   = regexp.MustCompile(`\pL*\pN[\pL\pN]*`) // of letters and figures; by chance its letters are a word
	inQuotes = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	unsaid   = regexp.MustCompile(`(?s)<(script|style|svg|textarea|code|pre|kbd)\b.*?</(script|style|svg|textarea|code|pre|kbd)>|<[^>]*>`)
	spoken   = regexp.MustCompile(`\s(?:title|aria-label|placeholder|alt)="([^"]*)"`)
)

// vocabulary are the words that the texts of a language have. English has its texts
// in the catalogue itself and in the keys of sentences; files that have all languages
// side by side name the language.
func vocabulary(t *testing.T, language string) map[string]bool {
	t.Helper()
	words := map[string]bool{}
	take := func(text string) {
		for _, w := range aWord.FindAllString(text, -1) {
			words[strings.ToLower(w)] = true
		}
	}
	sideBySide := regexp.MustCompile(`\b` + language + `: "((?:[^"\\]|\\.)*)"`)
	own := regexp.MustCompile(`^(messages/` + language + `|translations/` + language + `|exposure/(checks|snippets)/` + language + `)/`)
	if language == "en" {
		own = regexp.MustCompile(`^(messages/en/|frameworks/|questions/|exposure/(checks|snippets)/[^/]*$)`)
	}
	sentences := regexp.MustCompile(`^messages/de/[a-z]+/[a-z]+\.json$`)
	err := fs.WalkDir(content.FS, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(content.FS, file)
		switch translated := language == "en" && sentences.MatchString(file); {
		case translated:
			var said map[string]string
			if err := json.Unmarshal(b, &said); err != nil {
				return err
			}
			for english := range said {
				take(english)
			}
		case own.MatchString(file):
			for _, m := range inQuotes.FindAllSubmatch(b, -1) {
				take(string(m[1]))
			}
		case strings.HasSuffix(file, ".yaml"):
			for _, m := range sideBySide.FindAllSubmatch(b, -1) {
				take(string(m[1]))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// reader looks for English on pages in a language.
type reader struct {
	*overhearing
	english map[string]bool // words that English alone has
}

// pieces are the texts of a page.
func pieces(page string) (out []string) {
	for _, m := range spoken.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	for line := range strings.Lines(unsaid.ReplaceAllString(page, "\n")) {
		out = append(out, line)
	}
	for i, text := range out {
		out[i] = strings.TrimSpace(html.UnescapeString(text))
	}
	return slices.DeleteFunc(out, func(text string) bool { return text == "" })
}

// foreign is the first English word of a text beside what was typed and what stays.
func (r reader) foreign(text string) string {
	has := func(text string) string {
		words := aWord.FindAllString(aToken.ReplaceAllString(text, " "), -1)
		if i := slices.IndexFunc(words, func(w string) bool { return r.english[strings.ToLower(w)] }); i >= 0 {
			return words[i]
		}
		return ""
	}
	if has(text) == "" {
		return ""
	}
	var away []string
	for typed := range r.typed {
		if strings.Contains(text, typed) {
			away = append(away, typed)
		}
	}
	for english := range staysEnglish {
		away = append(away, english)
	}
	slices.SortFunc(away, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, a := range away {
		text = strings.ReplaceAll(text, a, " ")
	}
	return has(text)
}

// open reads a page, or a part of it that has an address of its own.
func (r reader) open(t *testing.T, s scene, path, tab string) {
	t.Helper()
	if tab != "" {
		path += "?tab=" + tab
	}
	status, page := s.person.get(path)
	if status != http.StatusOK {
		t.Errorf("%s: %d", path, status)
	}
	r.page(t, path, page)
}

func (r reader) page(t *testing.T, path, page string) {
	t.Helper()
	for _, text := range pieces(page) {
		if word := r.foreign(text); word != "" && !strings.HasSuffix(text, "…") {
			t.Errorf("%s in %s says %q, where %q is English", path, r.language, text, word)
		}
	}
}

// TestNoEnglish opens every page that has a picture in German and in French. No text
// has a word that only the English texts of the program have, but for what was typed
// and for the exceptions above. A text that is new and in English alone is found here.
func TestNoEnglish(t *testing.T) {
	for _, desk := range []bool{false, true} {
		c, o := platform.Config(t), &overhearing{"de", map[string]bool{}}
		c.Mailbox = server.MailboxConfig{Address: "127.0.0.1:0", Domain: "alarms.example.org"}
		s := newScene(t, c, "")
		s.person.http.Transport = o
		o.add("Files are encrypted.", "Files and backups are encrypted.")
		o.addFile(t, "managed-service-provider.yaml")
		if desk {
			s.fillDesk()
		} else {
			organisation := strings.TrimSuffix(s.person.begin("managed-service-provider.yaml"), "/scope")
			s.person.must(organisation+"/plan/adopt", url.Values{"all": {"yes"}})
			s.fillOrganisation(organisation)
		}
		s.readIn(t, vocabulary(t, "en"), o)
	}
}

// readIn reads all pages of a scene in each language.
func (s scene) readIn(t *testing.T, english map[string]bool, o *overhearing) {
	t.Helper()
	s.person.must("/account/notices", url.Values{"language": {"browser"}})
	r := reader{o, english}
	for _, language := range []string{"de", "fr"} { // what was kept in German stays so in French
		o.language = language
		for w := range vocabulary(t, language) {
			delete(english, w)
		}
		n := 0
		for pattern, p := range pictures() {
			if p.none != "" || p.desk != s.desk || inEnglish[pattern] != "" {
				continue
			}
			path := s.path(p, pattern)
			if path == "" {
				continue
			}
			for _, tab := range append([]string{""}, p.tabs...) {
				r.open(t, s, path, tab)
				n++
			}
		}
		for _, paper := range papers {
			if !s.desk && language == "de" {
				r.open(t, s, s.parts.Replace(paper), "")
			}
		}
		if n < map[bool]int{true: 10, false: 80}[s.desk] {
			t.Errorf("only %d pages were read in %s", n, language)
		}
	}
}
