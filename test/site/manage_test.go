package site

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/test/browser"
)

func manageForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/clone":          {"name": {"Copy"}},
		client + "/as-template":    {"on": {"yes"}, "template_name": {"Template"}},
		client + "/archive":        {"on": {"no"}},
		client + "/name":           {"legal_name": {"Renamed GmbH"}},
		client + "/kind":           {"kind": {"client"}},
		client + "/tags":           {"tags": {"north"}},
		client + "/brand":          {"version": {"1"}, "colour": {"#ffdd00"}},
		client + "/logo":           {},
		client + "/logo/remove":    {},
		client + "/pre-assessment": {"option.q.backup.exists": {"none"}},
	}
}

// TestRename: a small form changes the name everywhere, an empty one says so at its
// field, and the history takes it back.
func TestRename(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	_, page := v.get(organisation + "/manage")
	was := regexp.MustCompile(`<input[^>]*name="legal_name"[^>]*>`).FindStringSubmatch(page)
	if was != nil {
		was = regexp.MustCompile(` value="([^"]+)"`).FindStringSubmatch(was[0])
	}
	if was == nil {
		t.Fatal("the form has not the name that holds")
	}
	if status, page, _ := v.post(organisation+"/name", url.Values{"legal_name": {"  "}}); status != http.StatusUnprocessableEntity ||
		!strings.Contains(page, "The organisation has no name") {
		t.Errorf("an empty name: %d", status)
	}
	if _, page, at := v.post(organisation+"/name", url.Values{"legal_name": {" Ænd & Søn <GmbH> "}}); at != organisation+"/manage" ||
		!strings.Contains(page, "Ænd &amp; Søn &lt;GmbH&gt;") {
		t.Errorf("renamed, at %s", at)
	}
	for _, path := range []string{"/", organisation + "/facts", organisation + "/report.html"} {
		if _, page := v.get(path); !strings.Contains(page, "Ænd &amp; Søn &lt;GmbH&gt;") {
			t.Errorf("%s has not the new name", path)
		}
	}
	_, page = v.get(organisation + "/history")
	undo := regexp.MustCompile(`<form[^>]*action="([^"]*/undo[^"]*)"[^>]*>(?s:.*?)</form>`).FindStringSubmatch(page)
	if undo == nil {
		t.Fatal("the history cannot take the name back")
	}
	entry := regexp.MustCompile(`name="([^"]+)" value="([^"]+)"`).FindStringSubmatch(undo[0])
	v.must(undo[1], url.Values{entry[1]: {entry[2]}})
	if _, page := v.get(organisation + "/manage"); !strings.Contains(page, `value="`+was[1]+`"`) {
		t.Error("the old name is not back")
	}
}

// TestTemplates: a template is made of a client, a new client of the template, and
// an archived client comes back.
func TestTemplates(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	_, page, at := v.post(organisation+"/as-template", url.Values{"on": {"yes"}, "template_name": {"For providers"}})
	if at != "/templates" || !strings.Contains(page, "For providers") {
		t.Fatalf("the template is not at %s", at)
	}
	links := organisationLinks(page)
	if len(links) != 1 {
		t.Fatalf("templates: %v", links)
	}
	template := strings.TrimPrefix(links[0], "/organisations/")
	if _, page := v.get("/organisations/new?from=" + template); !strings.Contains(page, `value="`+template+`" selected`) {
		t.Error("the template is not chosen on the page of a new organisation")
	}
	_, _, at = v.post("/organisations", url.Values{"name": {"Fresh Ltd"}, "kind": {"client"}, "from": {template}})
	fresh := strings.TrimSuffix(strings.TrimSuffix(at, "/facts"), "/scope")
	if a, b := v.score(organisation, "measure.c"), v.score(fresh, "measure.c"); b == 0 || a == 0 {
		t.Errorf("the scores are %v and %v", a, b)
	}
	v.approveDraft(fresh)
	if _, page, _ := v.post(organisation+"/archive", url.Values{"on": {"yes"}}); !strings.Contains(page, organisation) {
		t.Error("the archive does not have the client")
	}
	if _, page := v.get("/"); strings.Contains(page, organisation+`"`) {
		t.Error("the portfolio still has the archived client")
	}
	v.post(organisation+"/archive", url.Values{})
	if _, page := v.get("/"); !strings.Contains(page, organisation+`"`) {
		t.Error("the client did not come back")
	}
	if status, page, _ := v.post(organisation+"/clone", url.Values{"name": {" "}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "clone-name-error") {
		t.Errorf("a copy without a name: %d", status)
	}
}

// approveDraft takes the first policy that came along as a draft, and gives it its
// approved version.
func (v visitor) approveDraft(organisation string) {
	v.t.Helper()
	_, page := v.get(organisation + "/evidence?validity=draft")
	found := regexp.MustCompile(`evidence/piece\?id=([0-9a-f-]+)`).FindStringSubmatch(page)
	if found == nil {
		v.t.Fatal("no policy came along from the template")
	}
	if _, page := v.get(organisation + "/evidence/piece?id=" + found[1]); !strings.Contains(page, "evidence/replace?id="+found[1]) {
		v.t.Error("the draft does not lead to its approved version")
	}
	form := url.Values{"id": {found[1]}, "version": {"1"}, "task": {"replace"}, "title": {"Our own policy"}, "kind": {"doc.security-policy"}, "form": {"attestation"}, "date": {""}}
	if status, page, _ := v.post(organisation+"/evidence/edit", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="f-date-error"`) {
		v.t.Errorf("approved without a day: %d", status)
	}
	form.Set("date", "2026-01-02")
	if status, page, _ := v.post(organisation+"/evidence/edit", form); status != http.StatusOK || !strings.Contains(page, "Our own policy") || strings.Contains(page, "This is a draft") {
		v.t.Errorf("the approved version: %d", status)
	}
}

// TestProspect: ten questions, the short report, and a prospect that becomes a client.
func TestProspect(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	_, _, at := v.post("/organisations", url.Values{"name": {"Prospect Ltd"}, "kind": {"prospect"}})
	organisation := strings.TrimSuffix(strings.TrimSuffix(at, "/facts"), "/scope")
	status, page := v.get(organisation + "/pre-assessment")
	if status != http.StatusOK || strings.Count(page, "<fieldset") != 10 {
		t.Fatalf("%d with %d questions", status, strings.Count(page, "<fieldset"))
	}
	if _, page, at = v.post(organisation+"/pre-assessment", url.Values{"option.q.governance.approval": {"no"}}); at != organisation+"/pre-assessment" || !strings.Contains(page, `id="gaps"`) {
		t.Errorf("the answers led to %s", at)
	}
	if status, file := v.get(organisation + "/pre-assessment.docx"); status != http.StatusOK || !strings.HasPrefix(file, "PK\x03\x04") {
		t.Errorf("the pre-assessment for Word: %d", status)
	}
	if status, file := v.get(organisation + "/pre-assessment.pdf"); status != http.StatusOK || !strings.HasPrefix(file, "%PDF-") {
		t.Errorf("the report: %d", status)
	}
	if _, page, _ := v.post(organisation+"/kind", url.Values{"kind": {"client"}}); strings.Contains(page, organisation+"/pre-assessment") {
		t.Error("the client is still a prospect")
	}
}

// TestClientsInBrowser goes the ways of a new user: to a client and a requirement by
// keys alone, a template and a client of it, a copy, and a prospect that becomes a
// client.
func TestClientsInBrowser(t *testing.T) {
	site, _ := start(t)
	b := browser.Start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	enter(b, site)
	here := func() string { return browser.Evaluate[string](b, "location.pathname") }
	shown := func(selector string) {
		t.Helper()
		until(t, b, `document.querySelector(`+strconv.Quote(selector)+`)?.checkVisibility() === true`)
	}
	click := func(selector string) { t.Helper(); shown(selector); b.Do(chromedp.Click(selector)) }
	jump := func(words, link string) {
		t.Helper()
		until(t, b, `document.readyState === "complete"`) // the keys are listened to
		b.Do(chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl)))
		shown("dialog.palette[open]")
		b.Do(chromedp.SendKeys("dialog.palette input", words))
		shown(`#palette-results a[href` + link + `][data-chosen]`)
		b.Do(chromedp.SendKeys("dialog.palette input", kb.Enter))
	}
	jump("lindental", `="`+organisation+`"`)
	until(t, b, `location.pathname === "`+organisation+`"`)
	jump("backup plan states recovery", `*="`+organisation+`/requirements"`)
	shown(".work-open h2")

	b.Open(site+organisation+"/manage", 1280, false)
	click("#as-template button")
	click(`a[href^="/organisations/new?from="]`)
	shown("#f-name")
	b.Do(chromedp.SendKeys("#f-name", "Of a template"))
	click("#new button.primary")
	until(t, b, `/^.organisations.(?!new)/.test(location.pathname) && document.body.textContent.includes("Of a template")`)
	if made := strings.Join(strings.Split(here(), "/")[:3], "/"); v.score(made, "measure.c") == 0 {
		t.Errorf("the client of the template at %s has no answers", made)
	}

	b.Open(site+organisation+"/manage", 1280, false)
	b.Do(chromedp.SendKeys("#clone-name", "The copy"))
	click("#clone button")
	until(t, b, `!location.pathname.startsWith("`+organisation+`") && document.body.textContent.includes("The copy")`)

	b.Open(site+"/organisations/new", 1280, false)
	b.Do(chromedp.SendKeys("#f-name", "Prospect Ltd"), chromedp.SetValue("#f-new-kind", "prospect"))
	click("#new button.primary")
	click(`nav a[href$="/pre-assessment"]`)
	shown("#first")
	click("#first fieldset label")
	click("#first button.primary")
	shown("#gaps")
	click(`form.toolbar[action$="/kind"] button`)
	until(t, b, `!location.pathname.endsWith("/pre-assessment") && document.querySelector('nav a[href$="/pre-assessment"]') === null`)
}
