// Package site tests the platform as its users see it: a real browser on a real
// server with a real database.
package site

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
	"github.com/nisaba-platform/nisaba/test/browser"
	"github.com/nisaba-platform/nisaba/test/platform"
)

const password = platform.Password

func start(t *testing.T, change ...func(*server.Config)) (site string, routes []pages.Route) {
	t.Helper()
	config := platform.Config(t)
	for _, f := range change {
		f(&config)
	}
	s, err := server.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- s.Work(ctx) }()
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		cancel()
		if err := <-worked; err != nil && !strings.Contains(err.Error(), context.Canceled.Error()) { // a short test ends before the schedules stand
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h.URL, s.Routes()
}

// visitor is a person without script: forms are posted, redirects followed.
type visitor struct {
	t    *testing.T
	site string
	http *http.Client
}

func newVisitor(t *testing.T, site string) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return visitor{t, site, &http.Client{Jar: jar}}
}

// get returns status and body of a page.
func (v visitor) get(path string) (int, string) {
	v.t.Helper()
	r, err := v.http.Get(v.site + path)
	if err != nil {
		v.t.Fatal(err)
	}
	return body(v.t, r)
}

func body(t *testing.T, r *http.Response) (int, string) {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.Index(b, []byte("⟪")); i >= 0 && utf8.Valid(b) { // what a message without words looks like; a packed file may have its three bytes by chance
		t.Errorf("%s: no words for %.80s", r.Request.URL.Path, b[i:])
	}
	return r.StatusCode, string(b)
}

// post sends a form and returns where it led.
func (v visitor) post(path string, form url.Values) (status int, page, at string) {
	v.t.Helper()
	r, err := v.http.PostForm(v.site+path, form)
	if err != nil {
		v.t.Fatal(err)
	}
	status, page = body(v.t, r)
	return status, page, r.Request.URL.Path
}

// begin makes the first account and imports an example; it returns the address of
// the organisation.
func (v visitor) begin(example string) string {
	v.t.Helper()
	v.post("/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}})
	return v.add(example)
}

func (v visitor) add(example string) string {
	v.t.Helper()
	text, err := examples.FS.ReadFile(example)
	if err != nil {
		v.t.Fatal(err)
	}
	status, page, at := v.post("/organisations/import", url.Values{"kind": {"client"}, "text": {string(text)}})
	if status != http.StatusOK || !strings.HasPrefix(at, "/organisations/") {
		v.t.Fatalf("importing %s led to %s with %d:\n%.800s", example, at, status, page)
	}
	return at
}

var clientPages = []string{"", "/facts", "/questions?topic=b", "/requirements?measure=b", "/plan", "/history"}

// TestPagesInBrowser opens pages that no other test looks at, wide in light and narrow
// in dark, and checks
// them with axe. With SCREENSHOTS set to a folder it also writes the pictures.
func TestPagesInBrowser(t *testing.T) {
	site, _ := start(t)
	b := browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	check := func(name, path string, width int, dark bool) {
		t.Helper()
		b.Open(site+path, width, dark)
		if n := b.Narrow(); n > 0 {
			t.Errorf("%s at %d: the page is %d px wider than the window", name, width, n)
		}
		if folder != "" {
			b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%v.png", name, width, dark)))
		}
		for _, v := range b.Axe() {
			t.Errorf("%s at %d: %s", name, width, v)
		}
	}
	check("start", "/start", 1280, false)
	b.Do(chromedp.SendKeys("#f-workspace", "Seewinkel Beratung"), chromedp.SendKeys("#f-name", "Anna Huber"),
		chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#start button.primary"), chromedp.WaitVisible(".person"))
	check("empty", "/", 1280, false)
	v := newVisitor(t, site)
	v.post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
	organisation := v.add("managed-service-provider.yaml")
	v.add("water-supplier.yaml")
	pages := map[string]string{"portfolio": "/", "new": "/organisations/new"}
	for _, p := range clientPages {
		if p == "/plan" {
			continue // TestPlanInBrowser
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "?")
		pages["client-"+name] = organisation + p
	}
	for name, path := range pages {
		check(name, path, 1280, false)
		check(name, path, 360, true)
	}
}

// score is the score of a key in assessment.json.
func (v visitor) score(organisation, key string) float64 {
	v.t.Helper()
	_, file := v.get(organisation + "/assessment.json")
	var a struct {
		Scores []struct {
			Key    string
			Points float64
		}
	}
	if err := json.Unmarshal([]byte(file), &a); err != nil {
		v.t.Fatal(err)
	}
	for _, s := range a.Scores {
		if s.Key == key {
			return s.Points
		}
	}
	v.t.Fatalf("assessment.json has no score %q", key)
	return 0
}

// TestAnswerMovesTheScore works without script: the answer "none" to a question
// that was answered better lowers the score of its measure, is in the history,
// and undoing it brings the score back.
func TestAnswerMovesTheScore(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	before := v.score(organisation, "measure.c")
	status, _, at := v.post(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	if status != http.StatusOK || !strings.HasSuffix(at, "/questions") {
		t.Fatalf("the answer led to %s with %d", at, status)
	}
	if after := v.score(organisation, "measure.c"); after >= before {
		t.Errorf("the score of measure c went from %v to %v", before, after)
	}
	_, history := v.get(organisation + "/history")
	entry := regexp.MustCompile(`name="entry" value="([0-9]+)"`).FindStringSubmatch(history)
	if entry == nil || !strings.Contains(history, "Which of your data and systems have a backup?") {
		t.Fatal("the answer is not in the history")
	}
	if status, page, _ := v.post(organisation+"/undo", url.Values{"entry": {entry[1]}}); status != http.StatusOK {
		t.Errorf("undo: %d\n%.600s", status, page)
	}
	if again := v.score(organisation, "measure.c"); again != before {
		t.Errorf("after the undo the score is %v, it was %v", again, before)
	}
	for name, begin := range map[string]string{"report.html": "<!doctype html>", "report.pdf": "%PDF-", "report.docx": "PK\x03\x04", "assessment.json": "{"} {
		if status, file := v.get(organisation + "/" + name); status != http.StatusOK || !strings.HasPrefix(strings.ToLower(file), strings.ToLower(begin)) {
			t.Errorf("%s: %d, %.40q", name, status, file)
		}
	}
}

// TestNonsense: entries that cannot be used come back with what is wrong, are
// never run as script, and change nothing.
func TestNonsense(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	for _, tc := range []struct {
		path string
		form url.Values
		says string
	}{
		{"/organisations/import", url.Values{"text": {hostile}}, "expected"},
		{"/organisations/import", url.Values{"text": {"nisaba: [" + hostile}}, "expected"},
		{"/organisations", url.Values{"name": {""}}, "f-name"},
		{organisation + "/evidence", url.Values{"title": {hostile}, "date": {"31.31.2026"}, "kind": {"doc.security-policy"}}, "2026-03-31"},
		{organisation + "/facts", url.Values{"version": {"1"}, "text": {hostile}}, "expected"},
		{"/members/invite", url.Values{"email": {hostile}, "role": {"editor"}}, "e-mail"},
	} {
		status, page, _ := v.post(tc.path, tc.form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, tc.says) || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
			t.Errorf("%s with %v: %d\n%.600s", tc.path, tc.form, status, page)
		}
	}
	for path, form := range map[string]url.Values{
		organisation + "/questions/no.such":                {"option": {"yes"}},
		organisation + "/questions/q.backup.exists":        {"option": {"no.such"}},
		organisation + "/undo":                             {"entry": {"x"}},
		organisation + "/evidence/remove":                  {"id": {"no.such"}},
		"/organisations/../../etc/passwd/facts":            {"text": {"x"}},
		"/members/role":                                    {"person": {"x"}, "role": {"owner"}},
		organisation + "/questions/" + url.PathEscape("<"): {"option": {"yes"}},
	} {
		if status, page, _ := v.post(path, form); status < 400 || status >= 500 {
			t.Errorf("%s with %v: %d\n%.300s", path, form, status, page)
		}
	}
}

// TestRights walks every registered route: who is not signed in is led to the
// sign-in page, an organisation that is not the workspace's does not exist, and
// an auditor, who may read everything, is refused by everything that changes
// something.
func TestRights(t *testing.T) {
	site, routes := start(t)
	anna := newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	stranger, auditor := newVisitor(t, site), newVisitor(t, site)
	auditor.joinAs(anna, "auditor")
	facts := anna.facts(organisation)
	text, err := examples.FS.ReadFile("food-manufacturer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	valid := map[string]url.Values{client + "/facts": facts, "/organisations/import": {"text": {string(text)}}}
	for _, forms := range ownerForms() {
		maps.Copy(valid, forms)
	}
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if route.Access == pages.Public {
			continue
		}
		path := placeholder.ReplaceAllString(strings.NewReplacer(client, organisation, "{question}", "q.backup.exists", "{$}", "").Replace(pattern), "x")
		form, stated := valid[pattern]
		if status, at := stranger.try(method, path, form); at != "/sign-in" {
			t.Errorf("%s without a session: %d at %s", route.Pattern, status, at)
		}
		if route.Access == pages.Client {
			other := strings.Replace(path, organisation, "/organisations/01900000-0000-7000-8000-000000000000", 1)
			if status, _ := anna.try(method, other, form); status != http.StatusNotFound {
				t.Errorf("%s of another organisation: %d", route.Pattern, status)
			}
		}
		if method != http.MethodPost || route.Access == pages.SignedIn {
			continue
		}
		if !stated {
			t.Errorf("%s has no form in this test: add what its owner could send", route.Pattern)
		}
		if status, _ := auditor.try(method, path, form); status != http.StatusForbidden {
			t.Errorf("%s as auditor: %d", route.Pattern, status)
		}
	}
}

const client = "/organisations/{organisation}"

// placeholder is a part of a pattern that any text may stand for.
var placeholder = regexp.MustCompile(`\{[a-z.]+\}`)

// ownerForms is what the owner could send to each route that changes something,
// a map per area of the site. TestRights fails for a route that is in none.
func ownerForms() []map[string]url.Values {
	return []map[string]url.Values{
		workspaceForms(),
		accessForms(),
		noticeForms(),
		clientForms(),
		evidenceForms(),
		scopeForms(),
		workbenchForms(),
		workbookForms(),
		registrationForms(),
		incidentForms(),
		handlingForms(),
		signalForms(),
		alarmForms(),
		binderForms(),
		authorityForms(),
		exposureForms(),
		supplierScanForms(),
		registerForms(),
		deskForms(),
		deskRegisterForms(),
		supervisionForms(),
		portfolioForms(),
		manageForms(),
		planForms(),
		boardForms(),
		reportForms(),
		ledgerForms(),
	}
}

func workspaceForms() map[string]url.Values {
	return map[string]url.Values{
		"/organisations":    {"name": {"Another"}},
		"/members/invite":   {"role": {"auditor"}},
		"/members/role":     {"person": {"x"}, "role": {"owner"}},
		"/members/withdraw": {"invitation": {"x"}},
	}
}

func clientForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/determine":            {},
		client + "/questions/{question}": {"option": {"none"}},
		client + "/undo":                 {"entry": {"1"}},
	}
}

// facts is the form of the facts page as it is shown.
func (v visitor) facts(organisation string) url.Values {
	v.t.Helper()
	_, page := v.get(organisation + "/facts")
	version := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(page)
	text := regexp.MustCompile(`(?s)<textarea[^>]*>(.*?)</textarea>`).FindStringSubmatch(page)
	if version == nil || text == nil {
		v.t.Fatalf("no form on the facts page:\n%.600s", page)
	}
	return url.Values{"version": {version[1]}, "text": {html.UnescapeString(text[1])}}
}

// joinAs takes an invitation of the owner.
func (v visitor) joinAs(owner visitor, role string) {
	v.t.Helper()
	_, page, _ := owner.post("/members/invite", url.Values{"role": {role}})
	link := regexp.MustCompile(`/join/[a-z0-9]+`).FindString(page)
	if link == "" {
		v.t.Fatalf("no invitation link:\n%.600s", page)
	}
	if status, page, at := v.post(link, url.Values{"name": {"Ben Maier"}, "email": {"ben@example.org"}, "password": {password}}); at != "/" && at != "/authority" {
		v.t.Fatalf("joining led to %s with %d:\n%.600s", at, status, page)
	}
}

// try opens or posts to a route and returns where that led.
func (v visitor) try(method, path string, form url.Values) (status int, at string) {
	v.t.Helper()
	if method == http.MethodPost {
		status, _, at = v.post(path, form)
		return status, at
	}
	r, err := v.http.Get(v.site + path)
	if err != nil {
		v.t.Fatal(err)
	}
	status, _ = body(v.t, r)
	return status, r.Request.URL.Path
}
