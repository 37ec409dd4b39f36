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

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/test/browser"
)

func planForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/plan/adopt":                        {"all": {"yes"}},
		client + "/plan/tasks":                        {"title": {"Buy a second line"}, "state": {"todo"}},
		client + "/plan/tasks/{task}":                 {"title": {"Buy a second line"}, "state": {"done"}},
		client + "/plan/tasks/{task}/remove":          {},
		client + "/plan/tasks/{task}/comments":        {"body": {"Well begun"}},
		client + "/plan/tasks/{task}/comments/remove": {"comment": {"x"}},
		client + "/plan/move":                         {"task": {"x"}, "version": {"1"}, "state": {"done"}},
		client + "/plan/bulk":                         {"task": {"x"}, "state": {"done"}},
	}
}

// addTask makes a task and returns its id.
func (v visitor) addTask(organisation string, form url.Values) string {
	v.t.Helper()
	if status, page, at := v.post(organisation+"/plan/tasks", form); status != http.StatusOK || !strings.HasSuffix(at, "/plan") {
		v.t.Fatalf("the new task led to %s with %d:\n%.800s", at, status, page)
	}
	_, page := v.get(organisation + "/plan?state=all&q=" + url.QueryEscape(form.Get("title")))
	id := regexp.MustCompile(`/plan/tasks/([0-9a-f-]{36})"`).FindStringSubmatch(page)
	if id == nil {
		v.t.Fatalf("the task is not in the list:\n%.800s", page)
	}
	return id[1]
}

// TestPlanWithoutScript: the computed plan is looked at and adopted, a task is made,
// moved on the board, done, changed in bulk, removed and brought back, by forms alone.
func TestPlanWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	_, page := v.get(organisation + "/plan/adopt")
	proposed := strings.Count(page, `name="task"`)
	if proposed < 5 {
		t.Fatalf("%d tasks are proposed", proposed)
	}
	if _, page, _ := v.post(organisation+"/plan/adopt", url.Values{"all": {"yes"}}); !strings.Contains(page, fmt.Sprintf("%d tasks were added", proposed)) {
		t.Errorf("adopting says:\n%.800s", page)
	}
	id := v.addTask(organisation, url.Values{"title": {"Buy a second line"}, "state": {"todo"}, "cost": {"1200,50"}, "currency": {"EUR"},
		"effort_from": {"1"}, "effort_to": {"2.5"}, "due": {"2020-01-31"}, "every_months": {"6"}})
	_, page = v.get(organisation + "/plan?overdue=1")
	if !strings.Contains(page, "Buy a second line") || !strings.Contains(page, "EUR\u00a01,200.50") || !strings.Contains(page, "1–2.5") {
		t.Errorf("the overdue tasks are:\n%.2000s", page)
	}
	v.addTask(organisation, url.Values{"title": {"Think of a third line"}, "state": {"todo"}})
	for query, want := range map[string]string{"third": "No task shown has a due date", "line": "One task without a due date is not shown."} {
		if _, page := v.get(organisation + "/plan?view=timeline&q=" + query); !strings.Contains(page, want) || strings.Contains(page, "<svg class=\"wide\"") == (query == "third") {
			t.Errorf("the timeline of %q:\n%.2000s", query, page)
		}
	}
	_, page = v.get(organisation + "/plan/tasks/" + id)
	version := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(page)
	if version == nil || !strings.Contains(page, "Set by Anna Huber") {
		t.Fatalf("the page of the task:\n%.2000s", page)
	}
	move := url.Values{"task": {id}, "version": {version[1]}, "state": {"done"}, "filter": {"view=board"}}
	if status, page, at := v.post(organisation+"/plan/move", move); status != http.StatusOK || !strings.HasSuffix(at, "/plan") || strings.Count(page, "Buy a second line</a>") != 2 {
		t.Errorf("moving led to %s with %d, %d cards", at, status, strings.Count(page, "Buy a second line</a>"))
	}
	if status, _, _ := v.post(organisation+"/plan/move", move); status != http.StatusConflict {
		t.Errorf("moving an old version: %d", status)
	}
	if status, page, _ := v.post(organisation+"/plan/bulk", url.Values{"task": {id, "no-such"}, "state": {"dropped"}}); status != http.StatusOK ||
		!strings.Contains(page, "One task was changed.") || !strings.Contains(page, "no-such") {
		t.Errorf("bulk: %d\n%.800s", status, page)
	}
	_, page, _ = v.post(organisation+"/plan/tasks/"+id+"/remove", nil)
	entry := regexp.MustCompile(`name="entry" value="([0-9]+)"`).FindStringSubmatch(page)
	if entry == nil {
		t.Fatalf("after the removal there is no undo:\n%.800s", page)
	}
	if status, _ := v.get(organisation + "/plan/tasks/" + id); status != http.StatusNotFound {
		t.Errorf("the removed task: %d", status)
	}
	v.post(organisation+"/undo", url.Values{"entry": {entry[1]}})
	if status, _ := v.get(organisation + "/plan/tasks/" + id); status != http.StatusOK {
		t.Errorf("the task that was brought back: %d", status)
	}
}

// TestPlanMistakes: what cannot be used comes back with what is wrong.
func TestPlanMistakes(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	for name, form := range map[string]url.Values{
		"f-title":       {"title": {" "}, "state": {"todo"}},
		"f-due":         {"title": {"x"}, "state": {"todo"}, "due": {"31.31.2026"}},
		"f-cost":        {"title": {"x"}, "state": {"todo"}, "cost": {"much"}},
		"f-currency":    {"title": {"x"}, "state": {"todo"}, "cost": {"5"}, "currency": {"XXX"}},
		"f-owner":       {"title": {"x"}, "state": {"todo"}, "owner": {"somebody"}},
		"f-effort_from": {"title": {"x"}, "state": {"todo"}, "effort_from": {"5"}, "effort_to": {"2"}},
	} {
		status, page, _ := v.post(organisation+"/plan/tasks", form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, name) {
			t.Errorf("%v: %d without %s\n%.600s", form, status, name, page)
		}
	}
}

// TestWhatIfChangesNothing: the expected score rises with the chosen tasks, and the
// score stays.
func TestWhatIfChangesNothing(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	before := v.score(organisation, "overall")
	_, page := v.get(organisation + "/plan/what-if")
	tasks := regexp.MustCompile(`name="task" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(tasks) < 5 {
		t.Fatalf("%d tasks to choose from", len(tasks))
	}
	q := url.Values{}
	for _, x := range tasks {
		q.Add("task", x[1])
	}
	_, page = v.get(organisation + "/plan/what-if?" + q.Encode())
	figure := regexp.MustCompile(`(?s)When they are done</dt>.*?<dd class="value[^>]*>.*?([0-9]+)\s*</dd>`).FindStringSubmatch(page)
	if figure == nil || figure[1] != "100" {
		t.Errorf("with everything done the page promises %v", figure)
	}
	if after := v.score(organisation, "overall"); after != before {
		t.Errorf("the score went from %v to %v", before, after)
	}
}

// signedIn starts a browser that is signed in as the owner, with an organisation.
func signedIn(t *testing.T, example string) (b *browser.Browser, v visitor, organisation string) {
	t.Helper()
	site, _ := start(t)
	v = newVisitor(t, site)
	organisation = v.begin(example)
	b = browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#sign-in button.primary"), chromedp.WaitVisible(".person"))
	return b, v, organisation
}

// inspect checks pages with axe, wide in light and narrow in dark, and writes pictures
// when SCREENSHOTS names a folder.
func inspect(t *testing.T, b *browser.Browser, v visitor, pages map[string]string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	for name, path := range pages {
		for _, width := range []int{1280, 360} {
			dark := width == 360
			b.Open(v.site+path, width, dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, width, n)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%v.png", name, width, dark)))
			}
			for _, x := range b.Axe() {
				t.Errorf("%s at %d, dark %v: %s", name, width, dark, x)
			}
		}
	}
}

// TestBoardStaysShort: of many tasks that are done the board shows the last ones and
// leads to the others.
func TestBoardStaysShort(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Cloud GmbH", "client")
	for i := range 15 {
		v.addTask(organisation, url.Values{"title": {fmt.Sprintf("Task %02d", i)}, "state": {"done"}})
	}
	_, page := v.get(organisation + "/plan?view=board")
	if n := strings.Count(page, `class="card"`); n != 12 {
		t.Errorf("the board shows %d of 15 tasks that are done", n)
	}
	if !strings.Contains(page, "Task 14") || strings.Contains(page, "Task 00") || !strings.Contains(page, "3 more in the list") {
		t.Error("the board does not show the newest ones and the way to the others")
	}
	if _, page := v.get(organisation + "/plan?state=done"); strings.Count(page, "Task 0") < 10 {
		t.Error("the list does not have them all")
	}
}

// TestPlanInBrowser: a task goes to done in the list and on the board, by keyboard
// and by dragging, and every page of the plan is accessible.
func TestPlanInBrowser(t *testing.T) {
	b, v, organisation := signedIn(t, "water-supplier.yaml")
	v.post(organisation+"/plan/adopt", url.Values{"all": {"yes"}})
	id := v.addTask(organisation, url.Values{"title": {"Buy a second line"}, "state": {"todo"}, "due": {"2026-01-31"}, "phase": {"plan"}, "cost": {"900"}, "currency": {"EUR"}})
	inspect(t, b, v, map[string]string{"plan-list": organisation + "/plan", "plan-board": organisation + "/plan?view=board",
		"plan-timeline": organisation + "/plan?view=timeline", "plan-task": organisation + "/plan/tasks/" + id,
		"plan-what-if": organisation + "/plan/what-if", "plan-adopt": organisation + "/plan/adopt"})
	state := func() string {
		t.Helper()
		_, page := v.get(organisation + "/plan/tasks/" + id)
		chosen := regexp.MustCompile(`<option value="([a-z]+)" selected>`).FindStringSubmatch(page)
		return chosen[1]
	}
	b.Open(v.site+organisation+"/plan?view=board", 1280, false)
	b.Do(chromedp.Focus("#task-"+id+" summary"), chromedp.KeyEvent("\r"), chromedp.Focus("#state-"+id), chromedp.KeyEvent("I"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(`[data-state=doing] #task-`+id))
	if s := state(); s != "doing" {
		t.Errorf("by keyboard the task became %q", s)
	}
	browser.Evaluate[bool](b, `(() => {
		const card = document.querySelector("#task-`+id+`"), column = document.querySelector("[data-state=done]"), data = new DataTransfer();
		card.dispatchEvent(new DragEvent("dragstart", {bubbles: true, dataTransfer: data}));
		column.dispatchEvent(new DragEvent("dragover", {bubbles: true, cancelable: true, dataTransfer: data}));
		column.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
		return true; })()`)
	b.Do(chromedp.WaitVisible(`[data-state=done] #task-` + id))
	if s := state(); s != "done" {
		t.Errorf("by dragging the task became %q", s)
	}
	b.ScriptsOff(true)
	v.must(organisation+"/plan/bulk", url.Values{"task": {id}, "state": {"todo"}})
	b.Open(v.site+organisation+"/plan?view=board", 1280, false)
	b.Do(chromedp.Click("#task-"+id+" summary"), chromedp.Focus("#state-"+id), chromedp.KeyEvent("D"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(`[data-state=done] #task-`+id))
	if s := state(); s != "done" {
		t.Errorf("without script the task became %q", s)
	}
}
