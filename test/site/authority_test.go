package site

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/exchange/filing"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func deskForms() map[string]url.Values {
	const page = "/authority/cases/{case}"
	return map[string]url.Values{
		page + "/say":    {"kind": {"question"}, "text": {"since when?"}},
		page + "/take":   {},
		page + "/state":  {"state": {"closed"}},
		page + "/review": {"report": {"x"}, "verdict": {"passed"}},

		page + "/forward": {"which": {"x"}, "recipient": {"y"}, "way": {"download"}},
		page + "/publish": {"title": {"Outage"}, "text": {"Boil the water."}, "consulted": {"It agrees."}},

		"/authority/recipients":        {"kind": {"csirt"}, "name": {"CSIRT"}},
		"/authority/recipients/remove": {"recipient": {"x"}},
		"/authority/situation":         {"title": {"Power"}, "level": {"grave"}, "text": {"Grids in two States."}},
		"/authority/checklists/{list}": {"item": {"roles"}, "status": {"met"}},
		client + "/supervision/report": {"what": {"nis2/early_warning"}, "reference": {"1"}},
		client + "/supervision/acts":   {"power": {"note"}, "title": {"Called"}},
		client + "/supervision/done":   {"record": {"x"}, "outcome": {"mended"}},
		client + "/supervision/invite": {},
		client + "/supervision/revoke": {"key": {"x"}},
	}
}

// found makes the first account with a workspace of an authority.
func (v visitor) found() {
	v.t.Helper()
	status, page, at := v.post("/start", url.Values{"workspace": {"CSIRT Austria"}, "kind": {"authority"}, "name": {"Olga Novak"}, "email": {"olga@example.org"}, "password": {password}})
	if status != http.StatusOK || at != "/authority" {
		v.t.Fatalf("the start led to %s with %d:\n%.900s", at, status, page)
	}
}

// wire is an entity that files with the authority of the site.
type wire struct {
	t    *testing.T
	site string
	key  ed25519.PrivateKey
}

func (w wire) send(path string, content []byte) (status int, answer string) {
	w.t.Helper()
	u, err := url.Parse(w.site)
	if err != nil {
		w.t.Fatal(err)
	}
	m := &filing.Message{Method: http.MethodPost, Authority: u.Host, Path: path, Header: http.Header{"Content-Type": {"application/json"}}, Body: content}
	if err := filing.Sign(m, w.key, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequest(m.Method, w.site+path, strings.NewReader(string(content)))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header = m.Header
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return body(w.t, res)
}

func (w wire) file(change func(*incident.Frozen)) {
	w.t.Helper()
	now := time.Now().UTC()
	f := incident.Frozen{Format: incident.FrozenFormat, ID: id.New(), Case: "case", Reference: "2026-001", Regime: clocks.NIS2, Stage: clocks.EarlyWarning,
		Form: "nis2", FormVersion: 1, Entity: "Seewinkel", Authority: "CSIRT", Country: "AT", TLP: "AMBER", AwareAt: now.Add(-time.Hour),
		DueAt: now.Add(23 * time.Hour), SubmittedAt: now, Values: reporting.Values{"description": {Text: "Files are encrypted."}}}
	change(&f)
	b, _, err := incident.Freeze(f)
	if err != nil {
		w.t.Fatal(err)
	}
	if status, answer := w.send(filing.ReportsPath, b); status != http.StatusOK {
		w.t.Fatalf("%d %s", status, answer)
	}
}

// entity adds an entity whose server has registered its key.
func (v visitor) entity(example string) (organisation string, w wire) {
	v.t.Helper()
	organisation = strings.TrimSuffix(v.add(example), "/scope")
	return organisation, v.wire(organisation)
}

// wire registers a key for an entity.
func (v visitor) wire(organisation string) wire {
	v.t.Helper()
	page, _ := v.must(organisation+"/supervision/invite", nil)
	code := regexp.MustCompile(`id="code">([^<]+)<`).FindStringSubmatch(page)
	if code == nil {
		v.t.Fatalf("no code:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		v.t.Fatal(err)
	}
	w := wire{v.t, v.site, private}
	b, err := json.Marshal(filing.Registration{Code: code[1], PublicKey: filing.EncodeKey(public)})
	if err != nil {
		v.t.Fatal(err)
	}
	if status, answer := w.send(filing.KeysPath, b); status != http.StatusOK {
		v.t.Fatalf("register: %d %s", status, answer)
	}
	return w
}

// seeDesk looks at pages at two widths, light and dark, with axe.
func seeDesk(t *testing.T, b *browser.Browser, site string, pages map[string]string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	for name, path := range pages {
		for _, view := range []struct {
			width int
			dark  bool
		}{{1280, false}, {360, true}} {
			b.Open(site+path, view.width, view.dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, view.width, n)
			}
			for _, violation := range b.Axe() {
				t.Errorf("%s at %d: %s", name, view.width, violation)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, "desk-"+name+"-"+strconv.Itoa(view.width)+".png"))
			}
		}
	}
}

// TestAuthorityDesk: reports come signed, are found with filters, answered, sent
// back and passed; markup in every field is shown as text.
func TestAuthorityDesk(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.found()
	organisation, w := v.entity("managed-service-provider.yaml")
	const hostile = `<script>alert(1)</script>`
	w.file(func(f *incident.Frozen) { f.Values["cross_border"] = reporting.Value{Text: "yes"} })
	w.file(func(f *incident.Frozen) {
		f.Stage, f.AwareAt, f.DueAt = clocks.IncidentNotification, f.SubmittedAt.Add(-80*time.Hour), time.Time{}
		f.Values["description"], f.Values["severity"] = reporting.Value{Text: "Files and backups are encrypted. " + hostile}, reporting.Value{Text: "high"}
		f.Values[hostile], f.Reference, f.TLP, f.Values["malicious"], f.Values["root_cause"] = reporting.Value{Text: hostile}, hostile, hostile, reporting.Value{Text: hostile}, reporting.Value{Text: hostile}
	})
	_, page := v.get("/authority")
	at := regexp.MustCompile(`/authority/cases/[^"#]+`).FindString(page)
	if at == "" || !strings.Contains(page, "Early warning") || !strings.Contains(page, "Late") {
		t.Fatalf("the inbox does not list the reports:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	for query, want := range map[string]int{"": 2, "?show=late": 1, "?abroad=yes": 1, "?sector=energy": 0, "?stage=early_warning": 1, "?q=no+such+entity": 0, "?show=overdue": 0, "?class=important": 2} {
		if _, page := v.get("/authority" + query); strings.Count(page, at+"#report-") != want {
			t.Errorf("%s lists %d reports, want %d", query, strings.Count(page, at+"#report-"), want)
		}
	}
	_, page = v.get(at)
	for _, want := range []string{"Answer to the early warning due", "Files and backups", "changed", "Art. 23(5)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	if strings.Contains(page, "<script>alert") {
		t.Error("markup of a report is not text")
	}
	report := regexp.MustCompile(`name="report" value="([^"]+)"`).FindStringSubmatch(page)
	if status, original := v.get(at + "/reports/" + report[1]); status != http.StatusOK || !strings.HasPrefix(original, `{"aware_at"`) && !strings.Contains(original, "nisaba-report/1") {
		t.Errorf("the original: %d %.100s", status, original)
	}
	if status, receipt := v.get(at + "/reports/" + report[1] + "/receipt"); status != http.StatusOK || !strings.Contains(receipt, "CSIRT Austria") || !strings.Contains(receipt, "Lindental Systemhaus GmbH") || !strings.Contains(receipt, `"signature":`) {
		t.Errorf("the receipt: %d %.600s", status, receipt)
	}
	if status, page, _ := v.post("/authority/recipients", url.Values{"kind": {"csirt"}, "name": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-name-error") {
		t.Errorf("a recipient without a name: %d", status)
	}
	if status, page, _ := v.post(organisation+"/supervision/report", url.Values{"what": {"nis2/early_warning"}, "reference": {"paper 7"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-report-file-error") || !strings.Contains(page, "paper 7") {
		t.Errorf("a report without a file: %d", status)
	}
	v.must("/authority/recipients", url.Values{"kind": {"member_state"}, "name": {"CERT " + hostile}, "country": {"DE"}, "abroad": {"yes"}, "withhold": {"reporter_name", "severity"}})
	page, _ = v.must(organisation+"/supervision/acts", url.Values{"power": {"targeted_audit"}, "title": {"Audit of backups " + hostile}, "due_on": {"2027-03-31"}})
	line := regexp.MustCompile(`name="record" value="([^"]+)"`).FindStringSubmatch(page)[1]
	v.upload(organisation+"/supervision/files", url.Values{"record": {line}}, sent{"Audit of backups in the main plant and both substations, final report.pdf", strings.NewReader("%PDF-1.7")})
	if status, _, _ := v.post(organisation+"/supervision/acts", url.Values{"power": {"audit"}, "title": {"Regular audit"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a power that an important entity is not subject to: %d", status)
	}
	if !strings.Contains(page, "Art. 33(2)(b)") || !strings.Contains(page, "31 March 2027") || !strings.Contains(page, "7,000,000") || strings.Contains(page, "<script>alert") {
		t.Errorf("the file does not show the audit:\n%.6000s", page[strings.Index(page, "<main"):])
	}
	for typed, want := range map[string]string{"7.000.000": "7,000,000", "250,000": "250,000", "1.500,50": "1,500.50 EUR", "12 000 000": "12,000,000"} {
		page, _ := v.must(organisation+"/supervision/acts", url.Values{"power": {"fine"}, "title": {"Fine of " + typed}, "amount": {typed}})
		said := page[strings.Index(page, "Fine of "+typed):]
		said = said[:strings.Index(said, "</li>")]
		if above := strings.Contains(said, "at least allow"); !strings.Contains(said, want) || above != (typed == "12 000 000") {
			t.Errorf("a fine of %s: above the ceiling %t\n%.600s", typed, above, said)
		}
	}
	page, _ = v.must(organisation+"/supervision/acts", url.Values{"power": {"instruction"}, "title": {"Mend the backups"}, "due_on": {"2027-03-31"}})
	if _, list := v.get("/authority/register"); !strings.Contains(list, "Mend the backups") || !strings.Contains(list, "31 March 2027") {
		t.Error("the register does not say what entities are to do by when")
	}
	v.takeBack(page, organisation+"/supervision", "Mend the backups")
	page, _ = v.must(organisation+"/supervision/done", url.Values{"record": {line}, "outcome": {"All was in order."}})
	v.takeBack(page, organisation+"/supervision", "All was in order.")
	_, page = v.get(at)
	which := regexp.MustCompile(`(?s)name="which".*?<option value="([^"]+)"`).FindStringSubmatch(page)
	to := regexp.MustCompile(`(?s)name="recipient".*?<option value="([^"]+)"`).FindStringSubmatch(page)
	if which == nil || to == nil || !strings.Contains(page, "proposed") {
		t.Fatal("no forwarding is proposed")
	}
	page, _ = v.must(at+"/forward", url.Values{"which": {which[1]}, "recipient": {to[1]}, "way": {"download"}, "reason": {"plants on both sides"}})
	if !strings.Contains(page, "Art. 23(6)") || !strings.Contains(page, "plants on both sides") {
		t.Error("the forwarding is not recorded in the case")
	}
	copied := regexp.MustCompile(`/authority/cases/[^"/]+/forwardings/[^"]+`).FindString(page)
	if status, text := v.get(copied); status != http.StatusOK || !strings.Contains(text, "nisaba-report/1") {
		t.Errorf("the copy: %d %.200s", status, text)
	}
	v.must(at+"/publish", url.Values{"title": {"Outage"}, "text": {"Boil the water."}, "consulted": {"It agrees."}, "by": {"entity"}})
	if status, page, _ := v.post("/authority/situation", url.Values{"title": {"Grids"}, "level": {""}, "text": {"Two grids."}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-level-error") {
		t.Errorf("a note without a level: %d", status)
	}
	page, _ = v.must("/authority/situation", url.Values{"title": {"Grids " + hostile}, "level": {"grave"}, "text": {"Two grids."}})
	note := regexp.MustCompile(`/authority/situation/[0-9a-f-]{36}`).FindString(page)
	if note == "" || strings.Contains(page, "<script>alert") {
		t.Error("the note is not kept as text")
	}
	quarter := authority.QuarterOf(time.Now()).String()
	for path, want := range map[string]string{note + ".pdf": "%PDF-", note + ".docx": "PK\x03\x04", "/authority/summary/" + quarter + ".docx": "PK\x03\x04", note + ".json": "nisaba-situation/1", "/authority/summary/" + quarter + ".pdf": "%PDF-",
		"/authority/summary/" + quarter + ".csv": "quarter,table", "/authority/summary/" + quarter + ".json": "nisaba-summary/1"} {
		if status, file := v.get(path); status != http.StatusOK || !strings.Contains(file, want) {
			t.Errorf("%s: %d %.100q", path, status, file)
		}
	}
	this := authority.QuarterOf(time.Now())
	if _, page := v.get("/authority/summary?quarter=" + quarter); !strings.Contains(page, "quarter="+this.Before().String()+`"`) || strings.Contains(page, "quarter="+this.After().String()+`"`) {
		t.Error("the page of this quarter does not lead back, or leads on to one that has not begun")
	}
	if _, page := v.get("/authority/summary?quarter=" + this.Before().String()); !strings.Contains(page, "quarter="+quarter+`"`) {
		t.Error("the page of the last quarter does not lead to this one")
	}
	if status, _ := v.get("/authority/summary?quarter=2026Q7"); status != http.StatusNotFound {
		t.Errorf("a quarter that does not exist: %d", status)
	}
	if _, page := v.get("/authority/statements?text=WATER+outage"); !strings.Contains(page, "Boil the water.") || !strings.Contains(page, at) {
		t.Errorf("the statement is not found:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	if _, page := v.get("/authority/statements?text=fire"); strings.Contains(page, "Boil the water.") {
		t.Error("a statement is found by a word that it does not have")
	}
	if _, page := v.get("/authority"); strings.Contains(page, `href="/exposure"`) {
		t.Error("the scanner is offered to an authority")
	}
	b := browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "olga@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#main button.primary"), chromedp.WaitVisible(".person"))
	seeDesk(t, b, site, map[string]string{"summary": "/authority/summary?quarter=" + quarter, "alarms": "/authority/alarms", "statements": "/authority/statements", "situation": "/authority/situation", "recipients": "/authority/recipients", "inbox": "/authority", "case": at, "entity": organisation + "/supervision"})
	if status, page, _ := v.post(at+"/review", url.Values{"report": {report[1]}, "verdict": {"revision"}, "text": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-review-"+report[1]+"-text-error") {
		t.Errorf("sent back without a word: %d", status)
	}
	if status, page, _ := v.post(at+"/say", url.Values{"kind": {"request"}, "text": {"Please tell us more."}, "due": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-say-due-error") || !strings.Contains(page, "Please tell us more.") {
		t.Errorf("a request without a time: %d", status)
	}
	v.must(at+"/take", nil)
	v.must(at+"/review", url.Values{"report": {report[1]}, "verdict": {"revision"}, "text": {"Which servers?"}, "due": {time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")}})
	page, _ = v.must(at+"/say", url.Values{"kind": {"feedback"}, "text": {"Take them off the network."}})
	for _, want := range []string{"Corrected version due", "Which servers?", "Take them off the network.", "Sent back", "Handled by", "Olga Novak", "Answered"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	if strings.Contains(page, "Answer to the early warning due") {
		t.Error("the answer is still due")
	}
	if page, _ := v.must(at+"/state", url.Values{"state": {"closed"}}); !strings.Contains(page, "Closed") {
		t.Error("the case is not closed")
	}
}

// takeBack undoes what the page says was done; the text is gone afterwards.
func (v visitor) takeBack(page, path, text string) {
	v.t.Helper()
	undo := regexp.MustCompile(`action="([^"]+/undo)"(?s:.*?)name="entry" value="(\d+)"`).FindStringSubmatch(page)
	if undo == nil || !strings.Contains(page, text) {
		v.t.Fatalf("%q cannot be taken back:\n%.2000s", text, page[strings.Index(page, "<main"):])
	}
	v.must(undo[1], url.Values{"entry": {undo[2]}})
	if _, page := v.get(path); strings.Contains(page, text) {
		v.t.Errorf("%q is there after it was taken back", text)
	}
}

// becomes waits until a page shows a text.
func (v visitor) becomes(path, text string) (page string) {
	v.t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		if _, page = v.get(path); strings.Contains(page, text) {
			return page
		}
	}
	v.t.Fatalf("%s never showed %q:\n%.4000s", path, text, page[strings.Index(page, "<main"):])
	return page
}

// TestQuestionOnTheWire: an authority and an entity on one server; the report goes
// over the wire, the question comes back, stands in the entity's inbox and case, and
// is answered there.
func TestQuestionOnTheWire(t *testing.T) {
	site, _ := start(t, func(c *server.Config) { c.FilingLocal, c.Poll = true, 20*time.Millisecond })
	olga, anna := newVisitor(t, site), newVisitor(t, site)
	olga.found()
	theirs := strings.TrimSuffix(olga.add("managed-service-provider.yaml"), "/scope")
	page, _ := olga.must(theirs+"/supervision/invite", nil)
	code := regexp.MustCompile(`id="code">([^<]+)<`).FindStringSubmatch(page)
	key := regexp.MustCompile(`id="public-key">([^<]+)<`).FindStringSubmatch(page)
	if code == nil || key == nil {
		t.Fatalf("no code or key:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	anna.joinAs(olga, "auditor")
	anna.must("/workspaces/new", url.Values{"workspace": {"Lindental"}, "kind": {"provider"}})
	organisation := strings.TrimSuffix(anna.add("managed-service-provider.yaml"), "/scope")
	page, _ = anna.must(organisation+"/authorities", url.Values{"authority": {"CSIRT"}, "url": {site}, "authority_key": {key[1]}})
	endpoint := regexp.MustCompile(`name="endpoint" value="([^"]+)"`).FindStringSubmatch(page)
	if endpoint == nil {
		endpoint = regexp.MustCompile(`<option value="([^"]+)"`).FindStringSubmatch(page)
	}
	anna.must(organisation+"/authorities/register", url.Values{"endpoint": {endpoint[1]}, "code": {code[1]}})
	at := anna.takeIn(organisation, "Files are encrypted")
	anna.must(at+"/oblige", url.Values{"regime": {"nis2"}, "country": {"AT"}, "authority": {"CSIRT"}})
	anna.must(at+"/decide", url.Values{"is": {"yes"}, "reason": {"The whole plant stands still."}})
	page, _ = anna.must(at+"/times", url.Values{"which": {"aware_at"}, "at": {time.Now().UTC().Add(-time.Minute).Format("2006-01-02T15:04")}, "zone": {"UTC"}, "reason": {"Seen by the night shift."}})
	_, report := anna.must(at+"/reports", url.Values{"obligation": {duty.FindStringSubmatch(page)[1]}, "stage": {"early_warning"}})
	anna.must(report, required())
	anna.must(report+"/submit", url.Values{"channel": {"nisaba"}, "bypass": {"Nobody can be reached at night."}})
	page = olga.becomes("/authority", "/authority/cases/")
	theirCase := regexp.MustCompile(`/authority/cases/[^"#]+`).FindString(page)
	olga.must(theirCase+"/say", url.Values{"kind": {"question"}, "text": {"By which remote access did they come in?"}})
	anna.becomes(report, "Acknowledged")
	anna.must(at+"/fetch", nil)
	page = anna.becomes(at, "By which remote access did they come in?")
	if !strings.Contains(page, "waiting for your answer") {
		t.Error("it is not said that an answer is wanted")
	}
	if _, inbox := anna.get("/inbox"); !strings.Contains(inbox, "CSIRT asks about case") {
		t.Error("the question is not in the inbox")
	}
	message := regexp.MustCompile(`name="message" value="([^"]+)"`).FindStringSubmatch(page)
	if status, page, _ := anna.post(at+"/answers", url.Values{"message": {message[1]}, "text": {" "}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-answers-"+message[1]+"-text-error") {
		t.Errorf("an empty answer: %d", status)
	}
	anna.must(at+"/answers", url.Values{"message": {message[1]}, "text": {"By the VPN of a supplier."}})
	olga.becomes(theirCase, "By the VPN of a supplier.")
	if page := anna.becomes(at, "delivered"); strings.Contains(page, "waiting for your answer") {
		t.Error("it still waits for an answer")
	}
	corrected := sendBack(t, olga, anna, theirCase, at, report)
	b := browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "ben@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#main button.primary"), chromedp.WaitVisible(".person"))
	b.Open(site+"/workspaces", 1280, false) // he works in two of them
	b.Do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('form[action="/workspaces"] button')].find(b => b.textContent.includes("Lindental")).click()`))
	until(t, b, `location.pathname === "/"`)
	b.Open(site+at, 1280, false)
	until(t, b, `document.querySelector(".correspondence .said") !== null`)
	seeDesk(t, b, site, map[string]string{"entity-case": at, "entity-report": report, "entity-corrected": corrected})
}

// sendBack sends a report back and looks at every page of the entity that says so; the
// corrected version, which one click begins, is returned unsent.
func sendBack(t *testing.T, olga, anna visitor, theirCase, at, report string) (corrected string) {
	t.Helper()
	_, page := olga.get(theirCase)
	id := regexp.MustCompile(`id="review-[^"]+"`).FindString(page)
	id = strings.TrimSuffix(strings.TrimPrefix(id, `id="review-`), `"`)
	const words = "Say how many customers are affected."
	_, before := anna.get(at)
	olga.must(theirCase+"/review", url.Values{"report": {id}, "verdict": {"revision"}, "text": {words}, "due": {time.Now().AddDate(0, 0, 3).Format("2006-01-02T15:04")}})
	anna.must(at+"/fetch", nil)
	page = anna.becomes(report, words)
	for _, want := range []string{"CSIRT sent this report back", "Corrected version by", "Acknowledged", "its deadline does not start again", `name="corrects"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the report that was sent back does not say %q", want)
		}
	}
	if _, inbox := anna.get("/inbox"); !strings.Contains(inbox, "to be corrected") || !strings.Contains(inbox, `href="`+report+`"`) {
		t.Error("the inbox does not lead to the report that was sent back")
	}
	_, page = anna.get(at)
	for _, want := range []string{"Report sent back", "waiting for a corrected version", "sent back", "Corrected version by"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not say %q", want)
		}
	}
	due := regexp.MustCompile(`<time[^>]*>`)
	clocks := func(p string) string {
		return strings.Join(due.FindAllString(p[strings.Index(p, `id="clock-list"`):strings.Index(p, `id="answers"`)], -1), " ")
	}
	if clocks(before) != clocks(page) {
		t.Error("a clock moved when the report was sent back")
	}
	form := url.Values{}
	for _, f := range regexp.MustCompile(`name="(obligation|stage|corrects)" value="([^"]+)"`).FindAllStringSubmatch(page[strings.Index(page, `class="correspondence"`):], 3) {
		form.Set(f[1], f[2])
	}
	page, corrected = anna.must(at+"/reports", form)
	if !strings.Contains(page, words) || !strings.Contains(page, "Files are encrypted.") {
		t.Error("the corrected version does not begin with what was said, and with what is to be mended")
	}
	return corrected
}
