package site

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/test/browser"
)

const leaf = "cir.1.1.1.a"

func workbenchForms() map[string]url.Values {
	here := func(more url.Values) url.Values {
		more.Set("requirement", leaf)
		more.Set("at", "measure=a")
		return more
	}
	const page, hints, links = client + "/requirements", client + "/suggestions", client + "/delegations"
	return map[string]url.Values{
		page + "/answer":           here(url.Values{"question": {"q.backup.exists"}, "option": {"none"}}),
		page + "/assign":           here(url.Values{"person": {"x"}}),
		page + "/assert":           here(url.Values{"status": {"met"}, "note": {"seen"}}),
		page + "/exception":        here(url.Values{"kind": {"compensated"}, "reason": {"a guard"}, "compensation": {"a guard"}, "approved_by": {"Anna"}}),
		page + "/exception/remove": here(url.Values{"id": {"x"}}),
		page + "/comment":          here(url.Values{"body": {"well"}}),
		page + "/comment/edit":     here(url.Values{"id": {"x"}, "body": {"well"}}),
		page + "/comment/remove":   here(url.Values{"id": {"x"}}),
		page + "/undo":             here(url.Values{"entry": {"1"}}),
		page + "/batch":            here(url.Values{"act": {"assert"}, "status": {"met"}, "note": {"seen"}}),
		hints + "/accept":          {"source": {"evidence"}},
		hints + "/dismiss":         {"source": {"evidence"}},
		hints + "/undo":            {"mark": {"suggestions x"}},
		links:                      {"recipient": {"Clerk"}, "language": {"en"}, "days": {"7"}, "question": {"q.backup.exists"}},
		links + "/withdraw":        {"id": {"x"}},
	}
}

// open signs in with the browser and opens a page.
func open(b *browser.Browser, site, page string) {
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#main button.primary"), chromedp.WaitVisible(".person"))
	b.Open(site+page, 1280, false)
}

// until waits for a condition of the page, across navigations.
func until(t *testing.T, b *browser.Browser, condition string) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if yes, err := chromedp.Run(b.Context(), chromedp.Evaluate[bool](condition)); err == nil && yes {
			return
		}
	}
	t.Fatalf("it never became true: %s; at %s", condition, browser.Evaluate[string](b, `location.href + " " + document.activeElement.outerHTML.slice(0, 300) + " " + [...document.querySelectorAll("output.autosave")].map((o) => o.dataset.state).join()`))
}

const scoreText = `document.querySelector("#work-score .score b").textContent`

// TestWorkspaceInBrowser: an answer moves the score in place, keys lead through the
// list and to the filter, and the parts pass axe.
func TestWorkspaceInBrowser(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	b := browser.Start(t)
	open(b, site, organisation+"/requirements?measure=c&open=cir.4.2.1")
	before := browser.Evaluate[string](b, scoreText)
	b.ScriptsOff(true)
	b.Open(site+organisation+"/requirements?measure=c&open=cir.4.2.1", 1280, false)
	b.Do(chromedp.Click(`#form-q\.backup\.exists input[value=none]`), chromedp.Click(`#form-q\.backup\.exists button`))
	until(t, b, scoreText+` !== "`+before+`" && document.readyState === "complete"`)
	b.ScriptsOff(false)
	v.must(organisation+"/questions/q.backup.exists", url.Values{"option": {"all"}, "topic": {"c"}})
	answerInARow(t, b, site+organisation+"/questions?topic=governance")
	open(b, site, organisation+"/requirements?measure=c&open=cir.4.2.1")
	before = browser.Evaluate[string](b, scoreText)
	b.Do(chromedp.Click(`#form-q\.backup\.exists input[value=none]`))
	until(t, b, scoreText+` !== "`+before+`"`)
	if after := browser.Evaluate[string](b, scoreText); after == before {
		t.Errorf("the score stayed %s", after)
	}
	if !strings.Contains(browser.Evaluate[string](b, `document.querySelector("[id='s-cir.4.2.1']").textContent`), "Not met") {
		t.Error("the list does not show the new status")
	}
	at := browser.Evaluate[string](b, `document.querySelector("#requirements tr[aria-current]").id`)
	b.Do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent("j"))
	until(t, b, `document.querySelector("#requirements tr[aria-current]").id !== "`+at+`" && !location.search.includes("cir.4.2.1")`)
	if browser.Evaluate[string](b, `document.querySelector("#open h2").textContent`) == "" {
		t.Error("the next requirement did not open")
	}
	b.Do(chromedp.KeyEvent("k"))
	until(t, b, `location.search.includes("cir.4.2.1")`)
	b.Do(chromedp.KeyEvent("/"))
	if !browser.Evaluate[bool](b, `document.activeElement.matches("#workbench input[name=q]")`) {
		t.Error("/ does not lead to the filter")
	}
	// The driver sends the character beside the key, which the page has taken.
	b.Do(chromedp.Evaluate[chromedp.Void](`document.activeElement.value = ""`), chromedp.SendKeys("#workbench input[name=q]", "backup"), chromedp.KeyEvent(kb.Enter))
	until(t, b, `location.search.includes("q=backup") && document.readyState === "complete"`) // keys work once the scripts have run
	if n := browser.Evaluate[int](b, `[...document.querySelectorAll("#requirements tbody th a")].filter((a) => !a.textContent.toLowerCase().includes("backup")).length`); n > 0 {
		t.Errorf("%d rows do not match the filter", n)
	}
	b.Do(chromedp.KeyEvent("?"), chromedp.WaitVisible("dialog.keys[open]"))
	for _, violation := range b.Axe() {
		t.Errorf("help: %s", violation)
	}
	folder := os.Getenv("SCREENSHOTS")
	for name, page := range map[string]string{"work": "/requirements?measure=c&section=cir.4&open=cir.4.2.1", "suggestions": "/suggestions", "delegations": "/delegations"} {
		for width, shade := range map[int]string{1280: "light", 360: "dark"} {
			b.Open(site+organisation+page, width, shade == "dark")
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, width, n)
			}
			for _, violation := range b.Axe() {
				t.Errorf("%s at %d: %s", name, width, violation)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, shade)))
			}
		}
	}
}

// answerInARow chooses the last option of every question of a topic, "I do not know",
// and finds all of them saved, without a button and with what is open counted anew.
func answerInARow(t *testing.T, b *browser.Browser, page string) {
	t.Helper()
	b.Open(page, 1280, false)
	const last = `[...document.querySelectorAll(".work-question form")].map((form) => [...form.querySelectorAll("input[type=radio]")].at(-1))`
	b.Do(chromedp.WaitReady(`.work-question form[data-htmx-powered]`), chromedp.Evaluate[chromedp.Void](last+`.forEach((choice) => choice.click())`))
	until(t, b, `[...document.querySelectorAll(".work-question output.autosave")].every((output) => output.dataset.state === "saved")`)
	until(t, b, `!document.querySelector("#topics a[aria-current]").textContent.includes("open")`)
	b.Open(page, 1280, false)
	if n := browser.Evaluate[int](b, last+`.filter((choice) => !choice.checked).length`); n > 0 {
		t.Errorf("%d answers are lost", n)
	}
}

var answerLink = regexp.MustCompile(`/answer/[a-z0-9]+`)

// delegate hands over two questions and returns the path of the link.
func (v visitor) delegate(organisation, direct string) string {
	v.t.Helper()
	_, page, _ := v.post(organisation+"/delegations", url.Values{"recipient": {"Clara Clerk"}, "language": {"de"}, "days": {"7"}, "title": {"Zwei Fragen"},
		"question": {"q.backup.exists", "q.backup.restore-test"}, "direct": {direct}})
	link := answerLink.FindString(page)
	if link == "" {
		v.t.Fatalf("no link on the page:\n%.900s", page)
	}
	return link
}

// TestLinkInBrowser: somebody without an account answers behind a link, comes back,
// and hands in; the owner accepts.
func TestLinkInBrowser(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	link := v.delegate(organisation, "")
	b := browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	for _, width := range []int{1280, 360} {
		b.Open(site+link, width, width == 360)
		for _, violation := range b.Axe() {
			t.Errorf("at %d: %s", width, violation)
		}
		if folder != "" {
			b.Picture(filepath.Join(folder, "link-"+map[int]string{1280: "1280-light", 360: "360-dark"}[width]+".png"))
		}
	}
	b.ScriptsOff(true)
	b.Open(site+link, 1280, false)
	b.Do(chromedp.Click(`#form-q\.backup\.exists input[value=none]`), chromedp.Click(`#form-q\.backup\.exists button`))
	until(t, b, `document.getElementById("progress").textContent.startsWith("1 ")`)
	b.ScriptsOff(false)
	b.Open(site+link, 1280, false)
	b.Do(chromedp.Click(`#form-q\.backup\.restore-test input[value=yearly]`))
	until(t, b, `document.getElementById("progress").textContent.startsWith("2 ")`)
	b.Open(site+link, 1280, false)
	if !browser.Evaluate[bool](b, `document.querySelector("#form-q\\.backup\\.exists input[value=none]").checked`) {
		t.Error("the answer was not kept")
	}
	b.Do(chromedp.Click("#hand-in button"))
	until(t, b, `location.pathname === "/answered" && document.querySelector("h1") !== null`)
	if text := browser.Evaluate[string](b, `document.querySelector("h1").textContent`); text != "Vielen Dank" {
		t.Errorf("after the hand-in: %q", text)
	}
	if status, _ := v.get(link); status != http.StatusNotFound {
		t.Errorf("the closed link answers %d", status)
	}
	before := v.score(organisation, "measure.c")
	_, page := v.get(organisation + "/suggestions")
	source := regexp.MustCompile(`name="source" value="(delegation:[^"]+)"`).FindStringSubmatch(page)
	if source == nil || !strings.Contains(page, "Clara Clerk") {
		t.Fatalf("no suggestion of the recipient:\n%.900s", page)
	}
	if status, _, _ := v.post(organisation+"/suggestions/accept", url.Values{"source": {source[1]}, "question": {"q.backup.exists"}}); status != http.StatusOK {
		t.Errorf("accepting: %d", status)
	}
	if after := v.score(organisation, "measure.c"); after >= before {
		t.Errorf("the score went from %v to %v", before, after)
	}
}

// TestSuggestionsTakenBack: the page says what was accepted or dismissed and takes the
// whole act back at once, without script.
func TestSuggestionsTakenBack(t *testing.T) {
	site, _ := start(t)
	v, guest := newVisitor(t, site), newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	link := v.delegate(organisation, "")
	for question, option := range map[string]string{"q.backup.exists": "none", "q.backup.restore-test": "yearly"} {
		guest.must(link+"/save", url.Values{"question": {question}, "option": {option}})
	}
	guest.must(link+"/hand-in", nil)
	before := v.score(organisation, "measure.c")
	_, page := v.get(organisation + "/suggestions")
	source := regexp.MustCompile(`name="source" value="(delegation:[^"]+)"`).FindStringSubmatch(page)
	if source == nil {
		t.Fatalf("no suggestion of the recipient:\n%.900s", page)
	}
	for _, step := range [][2]string{{"accept", "2 answers were taken over."}, {"dismiss", "2 suggestions were dismissed."}} {
		act, said := step[0], step[1]
		page, _ := v.must(organisation+"/suggestions/"+act, url.Values{"source": source[1:]})
		mark := regexp.MustCompile(`suggestions/undo"(?s:.*?)name="mark" value="([^"]+)"`).FindStringSubmatch(page)
		if mark == nil || !strings.Contains(page, said) || strings.Contains(page, source[1]) {
			t.Fatalf("after %s:\n%.3000s", act, page[strings.Index(page, "<main"):])
		}
		if after := v.score(organisation, "measure.c"); (after != before) != (act == "accept") {
			t.Errorf("after %s the score is %v, it was %v", act, after, before)
		}
		page, at := v.must(organisation+"/suggestions/undo", url.Values{"mark": mark[1:]})
		if at != organisation+"/suggestions" || !strings.Contains(page, "Undone: 2 suggestions are open again.") || !strings.Contains(page, source[1]) || strings.Contains(page, "suggestions/undo") {
			t.Errorf("taking back %s led to %s:\n%.3000s", act, at, page[strings.Index(page, "<main"):])
		}
		if after := v.score(organisation, "measure.c"); after != before {
			t.Errorf("after %s was taken back the score is %v, it was %v", act, after, before)
		}
	}
	_, page = v.get(organisation + "/history")
	entries := regexp.MustCompile(`href="(/ledger/[0-9]+)"`).FindAllStringSubmatch(page, 3) // two undone, and what was dismissed
	if len(entries) < 3 {
		t.Fatalf("no history:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	if _, page := v.get(entries[2][1]); !strings.Contains(page, "Decision about suggestions") {
		t.Errorf("the entry does not say why:\n%.3000s", page[strings.Index(page, "<main"):])
	}
}

// TestLinksThatAreNone: unknown, closed and foreign links look alike, and a link
// opens nothing but its own questions.
func TestLinksThatAreNone(t *testing.T) {
	site, _ := start(t)
	v, guest := newVisitor(t, site), newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	link := v.delegate(organisation, "yes")
	r, err := guest.http.Get(site + link)
	if err != nil {
		t.Fatal(err)
	}
	if status, page := body(t, r); status != http.StatusOK || r.Header.Get("Referrer-Policy") != "strict-origin" || r.Header.Get("Cache-Control") != "no-store" ||
		!strings.Contains(r.Header.Get("X-Robots-Tag"), "noindex") || strings.Contains(page, "/organisations/") {
		t.Errorf("%d, %v", status, r.Header)
	}
	if status, _, _ := guest.post(link+"/save", url.Values{"question": {"q.mfa.where"}, "option": {"everywhere"}}); status != http.StatusNotFound {
		t.Errorf("a question that was not handed over: %d", status)
	}
	if status, _ := guest.try(http.MethodGet, organisation, nil); status != http.StatusOK {
		t.Errorf("the organisation without account: %d", status)
	}
	if _, at := guest.try(http.MethodGet, organisation, nil); at != "/sign-in" {
		t.Errorf("the guest got to %s", at)
	}
	before := v.score(organisation, "measure.c")
	for _, form := range []url.Values{{"question": {"q.backup.exists"}, "option": {"none"}, "note": {"<script>alert(1)</script>"}}} {
		if status, page, _ := guest.post(link+"/save", form); status != http.StatusOK || strings.Contains(page, "<script>alert") {
			t.Errorf("saving: %d", status)
		}
	}
	if now := v.score(organisation, "measure.c"); now != before {
		t.Error("an answer counted before it was handed in")
	}
	if status, _, at := guest.post(link+"/hand-in", nil); status != http.StatusOK || at != "/answered" {
		t.Errorf("handing in led to %s with %d", at, status)
	}
	if now := v.score(organisation, "measure.c"); now >= before {
		t.Errorf("the handed-in answer does not count: %v, before %v", now, before)
	}
	scrub := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|/answer/[a-z0-9]+`)
	alike := func(path string) string {
		status, page := guest.get(path)
		if status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		return scrub.ReplaceAllString(page, "")
	}
	if alike(link) != alike("/answer/abcdefghijklmnopqrstuvwxyz") {
		t.Error("a closed link looks different from one that never was")
	}
	if status, _, _ := guest.post(link+"/save", url.Values{"question": {"q.backup.exists"}, "option": {"none"}}); status != http.StatusNotFound {
		t.Errorf("saving behind a closed link: %d", status)
	}
	withdrawn := v.delegate(organisation, "")
	_, page := v.get(organisation + "/delegations")
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatal("no button to withdraw")
	}
	v.post(organisation+"/delegations/withdraw", url.Values{"id": {id[1]}})
	alike(withdrawn)
}

// TestWorkspaceWithoutScript: answering, commenting, assigning, batches and undo are
// plain forms.
func TestWorkspaceWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	work := organisation + "/requirements"
	here := func(more url.Values) url.Values {
		more.Set("requirement", "cir.4.2.1")
		more.Set("at", "measure=c")
		return more
	}
	before := v.score(organisation, "overall")
	status, page, at := v.post(work+"/answer", here(url.Values{"question": {"q.backup.exists"}, "option": {"none"}}))
	if status != http.StatusOK || at != work || !strings.Contains(page, `id="open"`) {
		t.Errorf("the answer led to %s with %d", at, status)
	}
	if after := v.score(organisation, "overall"); after >= before {
		t.Errorf("the score went from %v to %v", before, after)
	}
	_, page, _ = v.post(work+"/comment", here(url.Values{"body": {"Who can check this? <b>@Anna Huber</b>"}}))
	if !strings.Contains(page, "Who can check this? &lt;b&gt;@Anna Huber&lt;/b&gt;") {
		t.Error("the comment is not on the page as it was written")
	}
	person := regexp.MustCompile(`<option value="([0-9a-f-]{36})"[^>]*>Anna Huber`).FindStringSubmatch(page)
	if person == nil {
		t.Fatal("nobody can be made the owner")
	}
	_, page, _ = v.post(work+"/batch", url.Values{"at": {"measure=c"}, "act": {"owner"}, "person": {person[1]}, "requirement": {"cir.4.2.1", "cir.4.2.2.a", "cir.4", "no.such"}})
	if !strings.Contains(page, "2 requirements changed") || !strings.Contains(page, "2 requirements stayed as they were") || !strings.Contains(page, "a heading is not assessed itself") {
		t.Errorf("the batch says:\n%.1500s", page[strings.Index(page, `id="notices"`):])
	}
	if _, page := v.get(work + "?owner=me"); strings.Count(page, `<tr role="row" id="r-`) != 2 {
		t.Errorf("%d requirements are mine", strings.Count(page, `<tr role="row" id="r-`))
	}
	_, page, _ = v.post(work+"/batch", url.Values{"act": {"not_applicable"}, "note": {"nobody does this"}, "approved_by": {"Anna"}, "requirement": {"cir.4.2.1"}})
	if !strings.Contains(page, "0 requirements changed") || !strings.Contains(page, "the law does not allow") {
		t.Error("the law was not held up against the batch")
	}
	status, page, _ = v.post(work+"/batch", url.Values{"at": {"measure=c"}, "act": {"assert"}, "status": {"partly"}, "approved_by": {"Ada"}, "requirement": {"cir.4.2.1"}})
	for _, want := range []string{`value="cir.4.2.1" form="batch" aria-label="`, `<option value="partly" selected>`, `value="Ada"`, `<details class="inline-form" open>`} {
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, want) || strings.Count(page, ` checked></td>`) != 1 {
			t.Errorf("a batch without its reason (%d) lost %s: %d are chosen", status, want, strings.Count(page, ` checked></td>`))
		}
	}
	_, page = v.get(work + "?open=cir.4.2.1")
	entry := regexp.MustCompile(`name="entry" value="([0-9]+)"`).FindStringSubmatch(page)
	if entry == nil {
		t.Fatal("no undo in the history of the requirement")
	}
	if status, _, _ := v.post(work+"/undo", here(url.Values{"entry": {entry[1]}})); status != http.StatusOK {
		t.Errorf("undo: %d", status)
	}
}
