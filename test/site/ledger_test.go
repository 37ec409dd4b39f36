package site

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func ledgerForms() map[string]url.Values {
	return map[string]url.Values{client + "/restore": {"entry": {"1"}}}
}

// TestHistoryInWords: histories say what happened in the reader's language, with
// texts for ids, and offer to take back only what can be taken back.
func TestHistoryInWords(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	v.must(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	v.must(organisation+"/plan/tasks", url.Values{"title": {"Buy a safe"}, "state": {"todo"}})
	v.must(organisation+"/board/request", url.Values{"subject": {"measures"}})
	v.must(organisation+"/tags", url.Values{"tags": {"trial"}})
	v.must(organisation+"/tags", url.Values{"tags": {"pilot"}})
	main := func(path string) string {
		_, page := v.get(path)
		_, page, _ = strings.Cut(page, "<main")
		return page
	}
	for _, path := range []string{organisation + "/history", "/ledger"} {
		page := main(path)
		for _, want := range []string{"changed the answer to “Which of your data and systems have a backup?”", "<dt>Answer</dt>", "added the task “Buy a safe”",
			"asked for an approval: The measures of Art. 21", "<dt>Tags</dt>", "pilot", "changed kind, tags or branding"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
		for _, never := range []string{"answer.change", "updated_at", "0001-01-01", "[&#34;none&#34;]", "<dt>options"} {
			if strings.Contains(page, never) {
				t.Errorf("%s says %q", path, never)
			}
		}
	}
	undone := 0
	for _, part := range strings.Split(main(organisation+"/history"), "<li ")[1:] {
		if strings.Contains(part, "changed kind, tags or branding") && strings.Contains(part, "/undo") {
			undone++
		}
		if strings.Contains(part, "asked for an approval") && strings.Contains(part, "/undo") {
			t.Error("a request for approval has a button to undo it, which would be refused")
		}
		if strings.Contains(part, "changed the answer to") && !strings.Contains(part, "/undo") {
			t.Error("a changed answer has no button to undo it")
		}
	}
	if undone != 1 {
		t.Errorf("%d of two changes of the tags have a button to undo them; the newer one goes beyond the other", undone)
	}
}

// TestKindsHaveNames: whatever a ledger of a workspace records has a name in every language.
func TestKindsHaveNames(t *testing.T) {
	own := []string{"session", "passkey", "recovery_code"} // of the ledger of the server
	for _, language := range []string{"en", "de", "fr"} {
		file, err := os.ReadFile(filepath.Join("..", "..", "content", "messages", language, "ledger.json"))
		if err != nil {
			t.Fatal(err)
		}
		var said map[string]any
		if err := json.Unmarshal(file, &said); err != nil {
			t.Fatal(err)
		}
		for _, kind := range proving.Kinds() {
			if said["ledger.kind."+kind] == nil && !slices.Contains(own, kind) {
				t.Errorf("%s: %s has no name", language, kind)
			}
		}
	}
}

// TestLedgerPages works without script: filters, an entry with its difference and
// proof, an earlier value that is restored, exports, and the check of the whole.
func TestLedgerPages(t *testing.T) {
	var moved atomic.Int64
	site, _ := start(t, func(c *server.Config) {
		c.Clock = clock.Func(func() time.Time { return time.Now().Add(time.Duration(moved.Load())) })
	})
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	before := v.score(organisation, "measure.c")
	v.post(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	_, page := v.get("/ledger?kind=answer&object=" + url.QueryEscape(strings.TrimPrefix(organisation, "/organisations/")+"/q.backup.exists"))
	var entries []string
	for _, part := range strings.Split(page, `href="/ledger/`)[1:] {
		if n, _, _ := strings.Cut(part, `"`); strings.Trim(n, "0123456789") == "" {
			entries = append(entries, n)
		}
	}
	if len(entries) != 2 {
		t.Fatalf("entries %v of the answer:\n%.2000s", entries, page)
	}
	for name, query := range map[string]string{"other kind": "?kind=task&q=q.backup.exists", "other days": "?until=2000-01-01", "nobody": "?person=x", "no text": "?q=zzzzzz"} {
		if _, page := v.get("/ledger" + query); strings.Contains(page, `href="/ledger/`+entries[0]+`"`) {
			t.Errorf("%s: the entry is shown", name)
		}
	}
	status, first := v.get("/ledger/" + entries[1])
	if status != http.StatusOK || !strings.Contains(first, "q.backup.exists") || !strings.Contains(first, "/proof.json") || strings.Contains(first, "does not hold") {
		t.Errorf("%d\n%.1500s", status, first)
	}
	_, file := v.get("/ledger/" + entries[0] + "/proof.json")
	p, err := ledger.ReadProof(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if verdict, err := p.Check(""); err != nil || !strings.Contains(string(verdict.Entry.After), `"none"`) {
		t.Errorf("%+v %v", verdict, err)
	}
	if status, page, at := v.post(organisation+"/restore", url.Values{"entry": {entries[1]}}); status != http.StatusOK || !strings.HasSuffix(at, "/history") {
		t.Fatalf("restoring led to %s with %d\n%.600s", at, status, page)
	}
	if again := v.score(organisation, "measure.c"); again != before {
		t.Errorf("after the earlier answer is restored the score is %v, it was %v", again, before)
	}
	v.restoreTwice(organisation, entries[1])
	if status, page := v.get("/ledger/check"); status != http.StatusOK || !strings.Contains(page, "The ledger is sound") {
		t.Errorf("%d\n%.900s", status, page)
	}
	_, lines := v.get("/ledger/export.jsonl?kind=answer")
	for line := range strings.Lines(lines) {
		var e ledger.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Kind != "answer" {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if _, csv := v.get("/ledger/export.csv?kind=organisation"); !strings.Contains(csv, "organisation.create") {
		t.Errorf("%.300s", csv)
	}
	_, page = v.get(organisation + "/history")
	late := regexp.MustCompile(`(?s)/undo"><input type="hidden" name="entry" value="([0-9]+)">.*?<small>until [^<]+</small>`).FindStringSubmatch(page)
	if late == nil {
		t.Fatalf("no change says until when it can be undone:\n%.3000s", page)
	}
	moved.Store(int64(31 * 24 * time.Hour))
	v.post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
	if _, page := v.get(organisation + "/history"); strings.Contains(page, "/undo") {
		t.Error("after 31 days changes have a button to undo them")
	}
	if status, page, _ := v.post(organisation+"/undo", url.Values{"entry": {late[1]}}); status != http.StatusForbidden || !strings.Contains(page, "too old to be undone") || !strings.Contains(page, "30 days") {
		t.Errorf("after 31 days: %d\n%.1500s", status, page)
	}
	if _, page := v.get("/ledger/" + late[1]); !strings.Contains(page, "Undoing was possible until") {
		t.Error("the page of the entry does not say that undoing is over")
	}
	for _, path := range []string{"/ledger/x", "/ledger/999999", "/ledger/-1/proof.json", "/ledger/growth.json?earlier=9&later=3"} {
		if status, _ := v.get(path); status != http.StatusNotFound && status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// restoreTwice: the value of an entry, which holds already, is not restored once more;
// the entry of the first time says which one it restored, in the reader's language.
func (v visitor) restoreTwice(organisation, entry string) {
	v.t.Helper()
	newest := regexp.MustCompile(`href="/ledger/([0-9]+)"`)
	_, page := v.get("/ledger")
	first := newest.FindStringSubmatch(page)
	if status, page, at := v.post(organisation+"/restore", url.Values{"entry": {entry}}); status != http.StatusOK || !strings.HasPrefix(at, "/ledger/"+entry) || !strings.Contains(page, "this value holds already") {
		v.t.Errorf("restoring what holds already led to %s with %d\n%.1500s", at, status, page)
	}
	if _, page := v.get("/ledger"); first == nil || first[1] != newest.FindStringSubmatch(page)[1] {
		v.t.Error("restoring what holds already wrote an entry")
	}
	for _, one := range [][2]string{{"de", "Stellt den Wert nach Eintrag "}, {"fr", "Rétablit la valeur d’après l’entrée "}, {"en", "Restores the value after entry "}} { // English last: the caller reads on in it
		says := one[1] + entry
		v.post("/account/notices", url.Values{"language": {one[0]}})
		_, page := v.get("/ledger?kind=answer")
		last := newest.FindStringSubmatch(page)
		if last == nil {
			v.t.Fatal("no entry about an answer")
		}
		if _, page = v.get("/ledger/" + last[1]); !strings.Contains(page, says) {
			v.t.Errorf("the entry does not say %q:\n%.3000s", says, page)
		}
	}
}

// TestSearchPage finds organisations without their accents, what is in them,
// requirements of the catalogue, and pages.
func TestSearchPage(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	for q, leads := range map[string]string{"ledger": `href="/ledger"`, "backup": organisation + "/requirements?", "cir.2.1.1": "open=cir.2.1.1"} {
		if status, page := v.get("/search?q=" + url.QueryEscape(q)); status != http.StatusOK || !strings.Contains(page, leads) {
			t.Errorf("%q does not lead to %s: %d", q, leads, status)
		}
	}
	if _, page := v.get("/search?q=zzzzzzz"); strings.Contains(page, organisation+`"`) {
		t.Error("nonsense found the organisation")
	}
	for _, page := range []string{"reports", "compare", "history"} {
		if _, found := v.get("/search?part=results&q=" + page); !strings.Contains(found, `href="`+organisation+"/"+page+`"`) {
			t.Errorf("the palette does not lead to %s of the organisation:\n%.800s", page, found)
		}
	}
	_, glance := v.get("/search?part=results&q=policy")
	_, whole := v.get("/search?q=policy")
	if n, all := strings.Count(glance, "/requirements?"), strings.Count(whole, "/requirements?"); n != 8 || all <= n || !strings.Contains(glance, "Requirements: the first 8") {
		t.Errorf("the palette has %d requirements, the page %d:\n%.1500s", n, all, glance)
	}
}

// TestSearchClientPage finds the page of a client by words of both, in any order, first
// of all, on the page and in the palette.
func TestSearchClientPage(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	at := map[string]string{}
	for _, name := range []string{"Hüber Planungs GmbH", "Huber Metall KG", "Gruber AG"} {
		_, to := v.must("/organisations", url.Values{"name": {name}, "kind": {"client"}})
		at[name] = strings.TrimSuffix(to, "/scope")
	}
	first := regexp.MustCompile(`(?s)class="results".*?<a[^>]* href="([^"]*)"`)
	for q, want := range map[string][]string{
		"huber plan":     {at["Hüber Planungs GmbH"], at["Hüber Planungs GmbH"] + "/plan", at["Huber Metall KG"] + "/plan"},
		"plan metall":    {at["Huber Metall KG"] + "/plan"},
		"METALL evid":    {at["Huber Metall KG"] + "/evidence"},
		"gruber reports": {at["Gruber AG"] + "/reports"},
		"metall kg":      {at["Huber Metall KG"]},
	} {
		for _, part := range []string{"", "part=results&"} {
			_, page := v.get("/search?" + part + "q=" + url.QueryEscape(q))
			if m := first.FindStringSubmatch(page); m == nil || m[1] != want[0] {
				t.Errorf("%q: first is %q, want %s", q, m, want[0])
			}
			for _, w := range want {
				if !strings.Contains(page, `href="`+w+`"`) {
					t.Errorf("%q does not lead to %s", q, w)
				}
			}
		}
	}
	if _, page := v.get("/search?part=results&q=gruber+plan"); strings.Contains(page, at["Huber Metall KG"]) {
		t.Error("a page of another client is found")
	}
}

// TestLedgerInBrowser opens the pages with axe, and goes to one by Ctrl-K.
func TestLedgerInBrowser(t *testing.T) {
	site, _ := start(t)
	b := browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	v := newVisitor(t, site)
	v.begin("managed-service-provider.yaml")
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password), chromedp.Click("main button.primary"), chromedp.WaitVisible(".person"))
	for name, path := range map[string]string{"ledger": "/ledger", "entry": "/ledger/5", "check": "/ledger/check", "programs": "/api", "search": "/search?q=backup"} {
		for _, width := range []int{1280, 360} {
			b.Open(site+path, width, width == 360)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, width, n)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, name+"-"+map[int]string{1280: "wide", 360: "narrow"}[width]+".png"))
			}
			for _, x := range b.Axe() {
				t.Errorf("%s at %d: %s", name, width, x)
			}
		}
	}
	b.Open(site+"/", 1280, false)
	b.Do(chromedp.KeyEvent("k", chromedp.KeyModifiers(2)), // Ctrl
		chromedp.WaitVisible("dialog.palette[open]"),
		chromedp.SendKeys("dialog.palette input", "interface for pro"),
		chromedp.WaitVisible(`#palette-results a[href="/api"][data-chosen]`),
		chromedp.SendKeys("dialog.palette input", kb.Enter),
		chromedp.WaitVisible("#operations-ledger"))
}

// TestHistoryInParts: the history of an organisation goes back to its first change,
// part by part; secret addresses cannot be tried out without end.
func TestHistoryInParts(t *testing.T) {
	site, _ := start(t, func(c *server.Config) { c.Clock = clock.At(time.Now()) }) // however slowly they are asked for, it is at once
	v := newVisitor(t, site)
	path := v.begin("managed-service-provider.yaml") + "/history"
	older := regexp.MustCompile(`/history(\?before=[0-9]+)`)
	parts := 1
	for {
		_, page := v.get(path)
		next := older.FindStringSubmatch(page)
		if next == nil {
			if !strings.Contains(page, "added the organisation") && !strings.Contains(page, "organisation") || parts == 1 {
				t.Errorf("%d parts, the last is\n%.1500s", parts, page)
			}
			break
		}
		if parts++; parts > 20 {
			t.Fatal("the history has no end")
		}
		path = strings.Split(path, "?")[0] + next[1]
	}
	for i := range 200 {
		if status, _ := v.get("/feed/x" + strings.Repeat("a", 20) + ".ics"); status == http.StatusTooManyRequests {
			return
		} else if status != http.StatusNotFound {
			t.Fatalf("address %d: %d", i, status)
		}
	}
	t.Error("two hundred addresses of calendars were tried out")
}
