package site

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// quick looks at the queue often.
func quick(c *server.Config) { c.Poll = 20 * time.Millisecond }

func noticeForms() map[string]url.Values {
	return map[string]url.Values{
		"/jobs/retry":                {"id": {"x"}},
		"/jobs/cancel":               {"id": {"x"}},
		"/jobs/resend":               {"id": {"x"}},
		"/jobs/refresh":              {},
		"/organisations/import-many": {"kind": {"client"}},
	}
}

// uploadMany posts files to the import of many organisations.
func (v visitor) uploadMany(files map[string][]byte) (status int, page, at string) {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, data := range files {
		part, err := form.CreateFormFile("files", name)
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	r, err := v.http.Post(v.site+"/organisations/import-many", form.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	status, page = body(v.t, r)
	return status, page, r.Request.URL.Path
}

const table = "name;employees;year;turnover_eur;established_in;entity_types\nStadtwerk Nord;120;2025;30000000;AT;water.drinking.supplier\nZahlenlos;viele;2025;1;DE;\n"

// TestImportMany imports a table and a file in the background, without script: the
// result says what became of each line, and the inbox tells of the end.
func TestImportMany(t *testing.T) {
	site, _ := start(t, quick)
	v := newVisitor(t, site)
	v.post("/start", url.Values{"workspace": {"Seewinkel"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}})
	text, err := examples.FS.ReadFile("water-supplier.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if status, page, _ := v.uploadMany(map[string][]byte{"notes.txt": []byte("x")}); status != http.StatusUnprocessableEntity || !strings.Contains(page, ".zip") {
		t.Errorf("a text file was answered with %d", status)
	}
	status, _, at := v.uploadMany(map[string][]byte{"clients.csv": []byte(table), "water.yaml": text})
	if status != http.StatusOK || !strings.HasPrefix(at, "/jobs/") {
		t.Fatalf("the import led to %s with %d", at, status)
	}
	page := v.until(at, "Result")
	for _, want := range []string{"Stadtwerk Nord", "clients.csv, line 3", "is no number", "Refused", "Imported", "1 refused<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the result lacks %q:\n%.3000s", want, page)
		}
	}
	if _, portfolio := v.get("/"); !strings.Contains(portfolio, "Stadtwerk Nord") || strings.Contains(portfolio, "Zahlenlos") {
		t.Error("the portfolio does not show what was imported")
	}
	inbox := v.until("/inbox", "The import has ended: 2 imported, 1 refused.")
	if !strings.Contains(inbox, at) {
		t.Error("the notice does not lead to the job")
	}
	if _, page, _ := v.post("/inbox/read", url.Values{}); !strings.Contains(page, "The import has ended") || strings.Contains(page, `class="count"`) {
		t.Error("the notice is gone, or still unread, after it was read")
	}
	if status, _, at := v.post("/jobs/refresh", url.Values{}); status != http.StatusOK || at != "/jobs" {
		t.Errorf("refresh led to %s with %d", at, status)
	}
	v.until("/inbox", "The update has ended: 2 organisations")
}

// until opens a page until it has the text.
func (v visitor) until(path, text string) (page string) {
	v.t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, page = v.get(path); strings.Contains(page, text) {
			return page
		}
	}
	v.t.Fatalf("%s never says %q:\n%.2000s", path, text, page)
	return ""
}

// listen opens the stream of events, after the last event that was heard.
func (v visitor) listen(last string) (events <-chan string, stop func(), status int) {
	v.t.Helper()
	header := map[string]string{}
	if last != "" {
		header["Last-Event-ID"] = last
	}
	return platform.Listen(v.t, v.http, v.site+"/events", header)
}

// TestEvents follows a job through the stream of events; what came while nobody
// listened comes with the number of the last event; another workspace hears
// nothing; the stream ends with the session.
func TestEvents(t *testing.T) {
	site, _ := start(t, quick)
	anna := newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	events, stop, _ := anna.listen("")
	platform.Hear(t, events, "event: unread", `"count":0`)
	anna.post("/jobs/refresh", url.Values{})
	heard := platform.HearAll(t, events, []string{"event: notice", "The update has ended", "/jobs/"}, []string{"event: unread", `"count":1`}, []string{"event: job", `"state":"done"`})
	stop()
	last := regexp.MustCompile(`id: ([0-9]+)`).FindStringSubmatch(heard[0])
	if last == nil {
		t.Fatalf("an event without number: %s", heard[0])
	}
	anna.post("/inbox/read", url.Values{})
	anna.post("/jobs/refresh", url.Values{})
	anna.until("/inbox?show=unread", "The update has ended")
	events, stop, _ = anna.listen(last[1])
	platform.Hear(t, events, "event: notice", "The update has ended")
	stop()

	for i := range 4 {
		_, _, status := anna.listen("")
		for late := time.Now().Add(3 * time.Minute); status == http.StatusTooManyRequests && time.Now().Before(late); {
			time.Sleep(100 * time.Millisecond) // the server has not seen yet that those from before are gone
			_, _, status = anna.listen("")
		}
		if status != http.StatusOK {
			t.Fatalf("stream %d: %d", i, status)
		}
	}
	if _, _, status := anna.listen(""); status != http.StatusTooManyRequests {
		t.Errorf("the fifth stream of a session: %d", status)
	}
}

func TestEventsEndWithTheSession(t *testing.T) {
	site, _ := start(t, quick)
	anna := newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	events, _, _ := anna.listen("")
	platform.Hear(t, events, "event: unread")
	anna.post("/sign-out", url.Values{})
	platform.Hear(t, events, "event: end")
	if _, open := <-events; open {
		t.Error("the stream goes on after the end of the session")
	}
}

// listening says when the stream of a page has begun: with how much is unread.
const listening = `{ const Plain = window.EventSource;
  window.EventSource = class extends Plain { constructor(address) { super(address); this.addEventListener("unread", () => { window.listening = true; }); } }; }`

// TestJobsInBrowser sees the count of unread notices and the state of a job change
// while the page stays open, and checks the pages with axe.
func TestJobsInBrowser(t *testing.T) {
	site, _ := start(t, quick)
	b := browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#sign-in button.primary"), chromedp.WaitVisible(".person"))
	if _, err := chromedp.Call(b.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: listening}); err != nil {
		t.Fatal(err)
	}
	b.Open(site+"/jobs", 1280, false)
	until(t, b, `window.listening === true`) // what comes before is on the page, and no news
	v.post("/jobs/refresh", url.Values{})
	b.Do(chromedp.WaitVisible(".topbar .inbox .count"), chromedp.WaitVisible("#jobs [data-job]"), chromedp.WaitVisible("#notices .flash a"),
		chromedp.WaitVisible("#jobs .badge.t-good"))
	v.uploadMany(map[string][]byte{"clients.csv": []byte(table)})
	job := regexp.MustCompile(`/jobs/[0-9a-f-]{36}`).FindString(v.until("/inbox", "The import has ended"))
	for name, path := range map[string]string{"inbox": "/inbox", "unread": "/inbox?show=unread", "jobs": "/jobs", "job": job,
		"import": "/organisations/import-many", "choices": "/account/notices"} {
		for _, at := range []struct {
			width int
			dark  bool
		}{{1280, false}, {360, true}} {
			b.Open(site+path, at.width, at.dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, at.width, n)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%v.png", name, at.width, at.dark)))
			}
			for _, problem := range b.Axe() {
				t.Errorf("%s at %d: %s", name, at.width, problem)
			}
		}
	}
}

// TestMailRefused: what a mail server says is told in plain words, with what to do; its
// own words are a detail.
func TestMailRefused(t *testing.T) {
	box := mailtest.Start(t)
	site, _ := start(t, func(c *server.Config) {
		c.Mail, c.BaseURL, c.Poll = server.MailConfig{Server: box.Address, From: "nisaba@example.org"}, "http://127.0.0.1", 20*time.Millisecond
	})
	v := newVisitor(t, site)
	v.begin("water-supplier.yaml")
	v.must("/members/invite", url.Values{"email": {"unknown@example.org"}, "role": {"editor"}})
	page := v.becomes("/jobs", "The mail server takes no mails for this address. Check the address, then try again.")
	_, detail, _ := strings.Cut(page, "What was said")
	if !strings.Contains(detail, "no such mailbox") || strings.Contains(page, "the mail server refused") {
		t.Errorf("the detail:\n%.1500s", detail)
	}
}
