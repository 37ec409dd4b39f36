// Package site tests the platform as its users see it: a real browser on a real
// server with a real database.
package site

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/test/browser"
)

const password = "correct horse battery staple"

func start(t *testing.T) (site string, routes []pages.Route) {
	t.Helper()
	cat, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	set, err := country.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := locale.Load(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(context.Background(), server.Config{Address: "127.0.0.1:0", Data: t.TempDir(), Messages: messages,
		Knowledge: assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() { h.Close(); s.Close() })
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

var clientPages = []string{"", "/facts", "/questions?topic=b", "/requirements?measure=b", "/evidence", "/plan", "/history"}

// TestPagesInBrowser opens every page at two widths, light and dark, and checks
// it with axe. With SCREENSHOTS set to a folder it also writes the pictures.
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
	pages := map[string]string{"portfolio": "/", "members": "/members", "ledger": "/ledger", "account": "/account", "new": "/organisations/new", "workspaces": "/workspaces"}
	for _, p := range clientPages {
		name, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "?")
		pages["client-"+name] = organisation + p
	}
	for name, path := range pages {
		check(name, path, 1280, false)
		check(name, path, 360, true)
	}
}

// TestAnswerMovesTheScore works without script.
func TestAnswerMovesTheScore(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	_, page := v.get(organisation + "/questions?topic=h")
	found := regexp.MustCompile(`action="(/organisations/[^"]+/questions/[^"]+)"`).FindStringSubmatch(page)
	options := regexp.MustCompile(`name="option" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if found == nil || len(options) == 0 {
		t.Fatalf("no question on the page:\n%.600s", page)
	}
	score := regexp.MustCompile(`Overall score[\s\S]{0,300}?>\s*([0-9]+)\s*<`)
	_, home := v.get(organisation)
	before := score.FindStringSubmatch(home)
	status, _, at := v.post(found[1], url.Values{"option": {options[0][1]}, "topic": {"h"}})
	if status != http.StatusOK || !strings.HasSuffix(at, "/questions") {
		t.Errorf("the answer led to %s with %d", at, status)
	}
	_, history := v.get(organisation + "/history")
	if !strings.Contains(history, "answer.") {
		t.Error("the answer is not in the history")
	}
	if before == nil {
		t.Errorf("the first page shows no score:\n%.600s", home)
	}
	for _, name := range []string{"report.html", "report.pdf", "assessment.json"} {
		if status, file := v.get(organisation + "/" + name); status != http.StatusOK || len(file) < 10_000 {
			t.Errorf("%s: %d with %d bytes", name, status, len(file))
		}
	}
}

// TestTenants: whoever belongs to another workspace gets 404 on every route of an
// organisation, whoever has a lower role 403 on what changes something, and
// whoever is not signed in is led to the sign-in page.
func TestTenants(t *testing.T) {
	site, routes := start(t)
	anna := newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	stranger, auditor := newVisitor(t, site), newVisitor(t, site)
	auditor.joinAs(anna, "auditor")
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if !strings.Contains(pattern, "{organisation}") {
			continue
		}
		path := strings.NewReplacer("/organisations/{organisation}", organisation, "{question}", "q.backup.copies").Replace(pattern)
		if status, at := stranger.try(method, path); at != "/sign-in" && at != "/start" {
			t.Errorf("%s without a session: %d at %s", route.Pattern, status, at)
		}
		other := strings.Replace(path, organisation, "/organisations/01900000-0000-7000-8000-000000000000", 1)
		if status, _ := anna.try(method, other); status != http.StatusNotFound {
			t.Errorf("%s of another organisation: %d", route.Pattern, status)
		}
		if status, _ := auditor.try(method, path); method == http.MethodPost && status != http.StatusForbidden && status != http.StatusUnprocessableEntity {
			t.Errorf("%s as auditor: %d", route.Pattern, status)
		}
	}
}

// joinAs takes an invitation of the owner.
func (v visitor) joinAs(owner visitor, role string) {
	v.t.Helper()
	_, page, _ := owner.post("/members/invite", url.Values{"role": {role}})
	link := regexp.MustCompile(`/join/[a-z0-9]+`).FindString(page)
	if link == "" {
		v.t.Fatalf("no invitation link:\n%.600s", page)
	}
	if status, page, at := v.post(link, url.Values{"name": {"Ben Maier"}, "email": {"ben@example.org"}, "password": {password}}); at != "/" {
		v.t.Fatalf("joining led to %s with %d:\n%.600s", at, status, page)
	}
}

func (v visitor) try(method, path string) (status int, at string) {
	v.t.Helper()
	if method == http.MethodPost {
		status, _, at = v.post(path, url.Values{"version": {"1"}, "text": {"x"}, "entry": {"1"}, "title": {"T"}, "date": {"2026-01-01"}, "kind": {"doc.security-policy"}, "option": {"yes"}, "id": {"x"}})
		return status, at
	}
	r, err := v.http.Get(v.site + path)
	if err != nil {
		v.t.Fatal(err)
	}
	status, _ = body(v.t, r)
	return status, r.Request.URL.Path
}
