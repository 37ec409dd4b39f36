package site

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func incidentForms() map[string]url.Values {
	const page = client + "/incidents/{incident}"
	return map[string]url.Values{
		client + "/incidents":               {"title": {"Encrypted files"}, "zone": {"Europe/Vienna"}},
		page + "/state":                     {"kind": {"incident"}, "state": {"open"}},
		page + "/times":                     {"which": {"aware_at"}, "at": {"2026-01-02T03:04"}, "zone": {"Europe/Vienna"}, "reason": {"seen"}},
		page + "/criteria":                  {"name": {"death"}, "value": {"true"}},
		page + "/decide":                    {"is": {"yes"}, "reason": {"seen"}},
		page + "/propose":                   {},
		page + "/oblige":                    {"regime": {"dora"}, "country": {"AT"}},
		page + "/applies":                   {"obligation": {"x"}, "applies": {"yes"}},
		page + "/inputs":                    {"obligation": {"x"}, "input": {"aware_at"}},
		page + "/entries":                   {"kind": {"note"}, "text": {"seen"}},
		page + "/timeline":                  {"line": {"x"}, "text": {"seen"}, "reason": {"wrong"}},
		page + "/answers":                   {"message": {"x"}, "text": {"by the VPN"}},
		page + "/fetch":                     {},
		page + "/reports":                   {"obligation": {"x"}, "stage": {"early_warning"}},
		page + "/reports/{report}":          {"asked.description": {"yes"}, "v.description": {"seen"}},
		page + "/reports/{report}/approve":  {},
		page + "/reports/{report}/withdraw": {},
		page + "/reports/{report}/submit":   {"channel": {"portal"}},
		page + "/reports/{report}/receive":  {"received_at": {"2026-01-02T03:04"}},
	}
}

// takeIn opens a case without script and returns its address.
func (v visitor) takeIn(organisation, title string) string {
	v.t.Helper()
	status, page, at := v.post(organisation+"/incidents", url.Values{"title": {title}, "text": {"Files on the server have a new ending."}, "zone": {"Europe/Vienna"}, "certainty": {"exact"}})
	if status != http.StatusOK || !strings.HasPrefix(at, organisation+"/incidents/") {
		v.t.Fatalf("intake led to %s with %d:\n%.600s", at, status, page)
	}
	return at
}

// must posts a form that works.
func (v visitor) must(path string, form url.Values) (page, at string) {
	v.t.Helper()
	status, page, at := v.post(path, form)
	if status != http.StatusOK {
		v.t.Fatalf("%s: %d\n%.900s", path, status, page[strings.Index(page, "<main"):])
	}
	return page, at
}

var duty = regexp.MustCompile(`name="obligation" value="([^"]+)"`)

// aware brings a case to running clocks and returns the duty under NIS2. The time is
// one of UTC: in other zones an hour of autumn comes twice, and the form asks which.
func (v visitor) aware(at string) string {
	v.t.Helper()
	v.must(at+"/propose", nil)
	v.must(at+"/decide", url.Values{"is": {"yes"}, "reason": {"The whole plant stands still."}})
	page, _ := v.must(at+"/times", url.Values{"which": {"aware_at"}, "at": {time.Now().UTC().Add(-time.Minute).Format("2006-01-02T15:04")}, "zone": {"UTC"}, "reason": {"Seen by the night shift."}})
	found := duty.FindStringSubmatch(page)
	if found == nil {
		v.t.Fatalf("no duty:\n%.2000s", page)
	}
	return found[1]
}

// required are the answers that an early warning cannot do without.
func required() url.Values {
	form := url.Values{}
	for field, value := range map[string]string{"entity_name": "Seewinkel Wasser", "reporter_name": "Anna Huber", "reporter_phone": "+43 1 2345678",
		"description": "Files are encrypted.", "malicious": "yes", "cross_border": "unknown"} {
		form.Set("asked."+field, "yes")
		form.Set("v."+field, value)
	}
	return form
}

// withheld reports whether a field is left out of the report of the page.
func withheld(page, field string) bool {
	return regexp.MustCompile(`name="withhold"[^>]*value="` + field + `"[^>]*checked|checked[^>]*value="` + field + `"`).MatchString(page)
}

// optionalParts looks at the parts of a form that nothing waits for: they are closed
// and say how much they hold; one opens when somebody answers there, or not well.
func (v visitor) optionalParts(report, page string) {
	v.t.Helper()
	part := func(page, field string) (open bool) {
		at := strings.Index(page, `id="f-`+field+`"`)
		start := strings.LastIndex(page[:max(at, 0)], "<details")
		if at < 0 || start < 0 || strings.Contains(page[start:at], "</details>") {
			v.t.Fatalf("%s is in no part that can be closed", field)
		}
		return strings.HasPrefix(page[start:], `<details class="more" open`)
	}
	if part(page, "entity_number") || part(page, "measures_taken") {
		v.t.Error("a part in which nobody answered is open")
	}
	if !strings.Contains(page, "0 of 7 answered") || !strings.Contains(page, "Class: essential") {
		v.t.Error("the closed parts do not say what they hold")
	}
	if at := strings.Index(page, `id="f-reporter_phone"`); at > strings.Index(page, `id="f-entity_number"`) {
		v.t.Error("an optional answer stands before a required one")
	}
	status, page, _ := v.post(report, url.Values{"asked.cross_border_states": {"yes"}, "v.cross_border_states": {"Utopia"}})
	if status != http.StatusUnprocessableEntity || !part(page, "cross_border_states") {
		v.t.Errorf("a part with a wrong answer is closed: %d", status)
	}
	page, _ = v.must(report, url.Values{"asked.measures_taken": {"yes"}, "v.measures_taken": {"The server was taken off the network."}, "withholding": {"yes"}, "withhold": {"entity_number"}})
	if !part(page, "measures_taken") || !strings.Contains(page, "1 of 7 answered") || !withheld(page, "entity_number") {
		v.t.Error("a part with an answer is closed")
	}
}

// TestIncidentWithoutScript takes a case from the first line to the sent early
// warning, its correction and the receipt, with forms alone; only required fields
// are answered.
func TestIncidentWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	at := v.takeIn(organisation, "Files are encrypted")
	if _, page := v.get(at); !strings.Contains(page, "Find the duties") {
		t.Error("the next step is not to find the duties")
	}
	obligation := v.aware(at)
	page, report := v.must(at+"/reports", url.Values{"obligation": {obligation}, "stage": {"early_warning"}})
	if !strings.Contains(page, "answers are missing") {
		t.Errorf("it is not said what is missing")
	}
	send := url.Values{"channel": {"portal"}, "bypass": {"Nobody can be reached at night."}, "reference": {"CERT-77"}}
	if status, page, _ := v.post(report+"/submit", send); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-reporter_phone-error") {
		t.Errorf("an incomplete report: %d", status)
	}
	page, _ = v.must(report, required())
	if !strings.Contains(page, "All required answers are there") {
		t.Errorf("required answers do not suffice:\n%.3000s", page[strings.Index(page, `id="missing"`):])
	}
	v.optionalParts(report, page)
	if status, page, _ := v.post(report+"/submit", url.Values{"channel": {"portal"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-bypass-error") {
		t.Errorf("without a second person: %d", status)
	}
	page, _ = v.must(report+"/submit", send)
	hash := regexp.MustCompile(`class="hash">([0-9a-f]{64})<`).FindStringSubmatch(page)
	if hash == nil || !strings.Contains(page, "CERT-77") || !strings.Contains(page, "Nobody can be reached at night.") {
		t.Errorf("the sent report does not show hash, reference and reason:\n%.2000s", page)
	}
	if status, _, _ := v.post(report, required()); status != http.StatusConflict && status != http.StatusUnprocessableEntity {
		t.Errorf("a sent report is written: %d", status)
	}
	page, _ = v.must(report+"/receive", url.Values{"received_at": {time.Now().UTC().Format("2006-01-02T15:04")}, "zone": {"UTC"}, "reference": {"CERT-78"}})
	if !strings.Contains(page, "Acknowledged") || !strings.Contains(page, "CERT-78") {
		t.Error("the receipt is not shown")
	}
	_, correction := v.must(at+"/reports", url.Values{"obligation": {obligation}, "stage": {"early_warning"}, "corrects": {report[strings.LastIndexByte(report, '/')+1:]}})
	page, _ = v.must(correction, url.Values{"asked.description": {"yes"}, "v.description": {"Files and backups are encrypted."}})
	if correction == report || !strings.Contains(page, "change since the last report") {
		t.Error("the correction does not show what changed")
	}
	if !withheld(page, "entity_number") {
		t.Error("the authority gets with the correction what it did not get with the first report")
	}
	if _, page := v.get(report); !strings.Contains(page, hash[1]) || strings.Contains(page, "backups") {
		t.Error("the sent report changed with its correction")
	}
	if _, page := v.get(at); !strings.Contains(page, "on time") {
		t.Error("the clock does not show that the warning was on time")
	}
	if _, page := v.get("/incidents"); !strings.Contains(page, "Files are encrypted") || !strings.Contains(page, "Initial notification") {
		t.Errorf("the list of all organisations does not show the next deadline:\n%s", page[strings.Index(page, "<main"):])
	}
}

// TestIncidentHostile puts markup into every field that takes text: it is shown as
// text.
func TestIncidentHostile(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	const hostile = `<script>alert(1)</script><img src=x onerror=alert(1)>`
	at := v.takeIn(organisation, hostile)
	obligation := v.aware(at)
	v.must(at+"/entries", url.Values{"kind": {"note"}, "text": {hostile}})
	v.must(at+"/oblige", url.Values{"regime": {"contract"}, "authority": {hostile}, "period": {"PT24H"}, "reason": {hostile}})
	v.must(at+"/state", url.Values{"kind": {"incident"}, "state": {"contained"}, "reason": {hostile}})
	_, report := v.must(at+"/reports", url.Values{"obligation": {obligation}, "stage": {"incident_notification"}})
	_, page := v.get(report)
	form := url.Values{}
	for _, f := range regexp.MustCompile(`name="asked\.([a-z0-9_]+)"`).FindAllStringSubmatch(page, -1) {
		form.Set("asked."+f[1], "yes")
		if regexp.MustCompile(`<(textarea|input type="text")[^>]*name="v\.` + f[1] + `"`).MatchString(page) {
			form.Set("v."+f[1], hostile)
		}
	}
	status, page, _ := v.post(report, form)
	if status != http.StatusUnprocessableEntity { // numbers, phones and the like refuse it
		t.Errorf("markup as a number: %d", status)
	}
	for _, f := range regexp.MustCompile(`id="f-([a-z0-9_]+)-error"`).FindAllStringSubmatch(page, -1) {
		form.Del("v." + f[1])
	}
	v.must(report, form)
	for _, path := range []string{at, report, organisation + "/incidents", "/incidents"} {
		_, page := v.get(path)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") || !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Errorf("%s does not show markup as text", path)
		}
	}
}

// TestContributorReports: who may only say that something happened can, and sees
// what became of it.
func TestContributorReports(t *testing.T) {
	site, _ := start(t)
	v, guest := newVisitor(t, site), newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	guest.joinWith(v, "contributor", "ben@example.org")
	if _, at := guest.try(http.MethodGet, "/report", nil); at != organisation+"/incidents/new" {
		t.Errorf("/report led to %s", at)
	}
	page, at := guest.must(organisation+"/incidents", url.Values{"title": {"Strange mail"}, "zone": {"Europe/Vienna"}})
	if at != organisation+"/incidents/new" || !strings.Contains(page, "Strange mail") || !strings.Contains(page, "It is recorded as") {
		t.Errorf("it led to %s:\n%.900s", at, page)
	}
	if status, _ := guest.get(organisation + "/incidents"); status != http.StatusForbidden {
		t.Errorf("the list of incidents: %d", status)
	}
}

// requiredAlone checks that a sent early warning has the required answers, what fills
// itself in, and nothing else.
func (v visitor) requiredAlone(report string) {
	v.t.Helper()
	_, data := v.get(report + "/report.json")
	f, err := incident.Thaw([]byte(data))
	if err != nil {
		v.t.Fatal(err)
	}
	forms, err := reporting.Load(content.FS)
	if err != nil {
		v.t.Fatal(err)
	}
	form, ok := forms.Version(f.Form, f.FormVersion)
	if !ok {
		v.t.Fatalf("there is no form %s %d", f.Form, f.FormVersion)
	}
	itself := []string{"entity_number", "entity_class", "entity_sectors", "reporter_email", "contact_24_7", "significance_grounds"} // known already
	for id := range f.Values {
		field, _ := form.Field(id)
		if field.Type != reporting.Computed && form.Need(field, f.Stage, f.Values) != reporting.Required && !slices.Contains(itself, id) {
			v.t.Errorf("the warning has %s, which nobody had to answer", id)
		}
	}
	if left := form.Missing(f.Stage, f.Values); len(left) > 0 {
		v.t.Errorf("the warning went out without %v", left)
	}
}

// How fast somebody types who does not do it for a living, and how long it takes them to
// find and press something.
const (
	perKey   = 300 * time.Millisecond // forty words a minute
	perClick = 3 * time.Second
)

// TestIncidentInBrowser types a case at a phone from intake to the sent early
// warning, with each field kept by itself. What is typed and pressed takes a person less
// than three minutes, and the warning goes out with what is required and what fills
// itself in alone. The tab ends in the middle: what was acknowledged is there again.
func TestIncidentInBrowser(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	folder := os.Getenv("SCREENSHOTS")
	b := browser.Start(t)
	look := func(name string) {
		t.Helper()
		for _, view := range []struct {
			width int
			dark  bool
		}{{1280, false}, {360, true}} {
			b.Open(browser.Evaluate[string](b, "location.href"), view.width, view.dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, view.width, n)
			}
			for _, violation := range b.Axe() {
				t.Errorf("%s at %d: %s", name, view.width, violation)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, "incident-"+name+"-"+strconv.Itoa(view.width)+map[bool]string{true: "-dark", false: ""}[view.dark]+".png"))
			}
		}
	}
	open(b, site, organisation+"/incidents/new")
	look("intake")
	keys, clicks := 0, 0
	typed := func(selector, text string) {
		t.Helper()
		keys += len(text)
		b.Do(chromedp.SendKeys(selector, text))
	}
	click := func(selector, then string) {
		t.Helper()
		clicks++
		b.Do(chromedp.Click(selector))
		until(t, b, then)
	}
	begin := time.Now()
	typed("#f-title", "Files are encrypted")
	typed("#f-text", "Files on the server have a new ending. The server was taken off the network.")
	click("#intake button.primary", `document.querySelector(".next-step form") !== null`)
	click(".next-step button", `document.querySelector(".next-step a.primary") !== null && document.querySelectorAll("#clock-list tbody tr").length > 1`)
	click(".next-step a.primary", `location.hash !== ""`)
	typed("#f-decide-reason", "Production stands still")
	click("#decide button[value=yes]", `document.querySelector("details[open] #times-aware_at") !== null`)
	typed("#f-times-aware_at-reason", "Seen by the night shift")
	keys += len("2026-11-28T12:00") + len("UTC")
	b.Do(chromedp.Evaluate[chromedp.Void](`(() => { document.querySelector("#f-times-aware_at-zone").value = "UTC"; document.querySelector("#f-times-aware_at-at").value = new Date(Date.now() - 60000).toISOString().slice(0, 16); })()`))
	click("#times-aware_at button", `document.querySelector(".next-step form input[value=early_warning]") !== null`)
	click(".next-step button", `document.querySelector("#answers") !== null`)
	saved := func(field string) {
		t.Helper()
		until(t, b, `document.querySelector('[data-field="`+field+`"] output').dataset.state === "saved"`)
	}
	typed("#f-reporter_phone", "+43 1 2345678"+kb.Tab)
	saved("reporter_phone")
	// The tab goes away in the middle.
	report := browser.Evaluate[string](b, "location.pathname")
	b.Open("about:blank", 360, false)
	b.Open(site+report, 360, false)
	for field, want := range map[string]string{"entity_name": "Wasserverband Oberes Trauntal", "reporter_name": "Anna Huber", "reporter_phone": "+43 1 2345678"} {
		if got := browser.Evaluate[string](b, `document.getElementById("f-`+field+`").value`); got != want {
			t.Errorf("%s is %q after the tab was closed", field, got)
		}
	}
	click(`input[name="v.malicious"][value=yes]`, "true")
	// A part is opened by the keyboard, or by a link to one of its fields, and its title counts.
	b.Do(chromedp.SendKeys(`details:has(#f-measures_taken)>summary`, kb.Enter))
	until(t, b, `document.querySelector("#f-measures_taken").closest("details").open`)
	b.Do(chromedp.Evaluate[chromedp.Void](`location.hash = "#f-cross_border_states"`))
	until(t, b, `document.querySelector("#f-cross_border_states").closest("details").open`)
	b.Do(chromedp.SendKeys("#f-cross_border_states", "DE"+kb.Tab))
	until(t, b, `document.querySelector("#optional-impact").textContent.includes("DE")`)
	b.Do(chromedp.Evaluate[chromedp.Void](`(() => { const f = document.querySelector("#f-cross_border_states"); f.value = ""; f.dispatchEvent(new Event("change", { bubbles: true })); })()`))
	until(t, b, `!document.querySelector("#optional-impact").textContent.includes("DE")`)
	click(`input[name="v.cross_border"][value=unknown]`, "true")
	saved("cross_border")
	until(t, b, `document.querySelector("#missing .t-good") !== null`)
	typed("#f-bypass", "Nobody else is awake")
	click("#submit button.primary", `document.querySelector("code.hash") !== null`)
	person := time.Duration(keys)*perKey + time.Duration(clicks)*perClick
	t.Logf("from the first key to the sent early warning: %s; a person takes %s for %d keys and %d clicks", time.Since(begin).Round(time.Millisecond), person, keys, clicks)
	if person >= 3*time.Minute {
		t.Errorf("a person takes %s to send an early warning", person)
	}
	v.requiredAlone(report)
	look("sent")
	b.Open(site+report[:strings.Index(report, "/reports/")], 360, false)
	if text := browser.Evaluate[string](b, `document.querySelector("time[data-countdown]").textContent`); !strings.Contains(text, ":") {
		t.Errorf("the countdown says %q", text)
	}
	look("case")
	page, next := v.must(report[:strings.Index(report, "/reports/")]+"/reports", url.Values{"obligation": {browser.Evaluate[string](b, `document.querySelector('input[name=stage][value=incident_notification]').form.elements.obligation.value`)}, "stage": {"incident_notification"}})
	if !strings.Contains(page, "+43 1 2345678") {
		t.Error("the next report is not filled in from the facts")
	}
	b.Open(site+next, 360, false)
	look("report")
	b.Open(site+organisation+"/incidents", 360, false)
	look("list")
}
