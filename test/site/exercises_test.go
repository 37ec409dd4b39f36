package site

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/test/browser"
)

// TestExerciseWithoutScript plays an exercise with forms alone, says who is on
// call, and reads the figures; then the pages are looked at in a browser.
func TestExerciseWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	const hostile = `<script>alert(1)</script>`
	if status, page, _ := v.post(organisation+"/exercises", url.Values{"title": {"Drill"}, "injects": {"soon a call"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-injects-error") {
		t.Errorf("a message without minutes: %d", status)
	}
	page, _ := v.must(organisation+"/exercises", url.Values{"title": {"Friday evening"}, "goal": {hostile}, "people": {"Anna\nBen"}, "playbook": {"ransomware"}, "zone": {"Europe/Vienna"},
		"injects": {"30 A journalist calls " + hostile + "\n600: Backups are gone"}})
	found := regexp.MustCompile(`/organisations/[0-9a-f-]+/incidents/[0-9a-f-]+`).FindString(page[strings.Index(page, "handling/forward")-120:])
	if found == "" || !strings.Contains(page, "EXERCISE. This did not happen.") {
		t.Fatalf("the exercise is not marked:\n%.1500s", page[strings.Index(page, "<main"):])
	}
	tab := found + "/handling?tab=exercise"
	page, _ = v.must(found+"/handling/forward", url.Values{"minutes": {"45"}})
	if !strings.Contains(page, "given") || !strings.Contains(page, "to come") {
		t.Error("the first message was not given, or the second was")
	}
	if status, page, _ := v.post(found+"/handling/forward", url.Values{"minutes": {"-5"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-forward-minutes-error") {
		t.Errorf("the clock goes back: %d", status)
	}
	v.must(found+"/handling/inject", url.Values{"after": {"50"}, "text": {"Somebody tweets"}})
	v.must(found+"/handling/give", url.Values{"number": {"1"}})
	for _, path := range []string{found, tab, found + "/handling?tab=steps", organisation + "/exercises"} {
		if _, page := v.get(path); !strings.Contains(page, "EXERCISE") || strings.Contains(page, "<script>alert") {
			t.Errorf("%s is not marked as an exercise, or runs markup", path)
		}
	}
	v.must(organisation+"/on-call/contacts", url.Values{"name": {hostile}, "role": {"lead"}, "phone": {"+43 1 2345678"}})
	page, _ = v.must(organisation+"/on-call/contacts", url.Values{"name": {"Ben Maier"}, "role": {"technical"}, "email": {"ben@example.org"}})
	contacts := regexp.MustCompile(`name="order" value="([0-9a-f-]+)"`).FindAllStringSubmatch(page, -1)
	if len(contacts) != 2 {
		t.Fatalf("%d contacts", len(contacts))
	}
	if status, page, _ := v.post(organisation+"/on-call/contacts", url.Values{"name": {"Nobody"}, "role": {"lead"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-contacts-phone-error") {
		t.Errorf("a contact without number: %d", status)
	}
	page, _ = v.must(organisation+"/on-call/rota", url.Values{"order": {contacts[1][1]}, "begins": {time.Now().AddDate(0, 0, -3).Format(time.DateOnly)}, "handover": {"08:00"}, "days": {"7"}, "zone": {"Europe/Vienna"}})
	if !strings.Contains(page, "On call now") {
		t.Errorf("nobody is on call:\n%.900s", page[strings.Index(page, "<main"):])
	}
	v.must(found+"/handling/indicators", url.Values{"indicators": {"evil.example"}, "note": {"seen in the mail log"}})
	for _, name := range []string{"csv", "stix.json", "misp.json"} {
		if _, file := v.get(found + "/indicators." + name); !strings.Contains(file, "EXERCISE: seen in the mail log") {
			t.Errorf("indicators.%s of an exercise is not marked: %.400s", name, file)
		}
	}
	real := v.takeIn(organisation, "Mail is down")
	v.aware(real)
	if _, page := v.get(real); !strings.Contains(page, "On call now") {
		t.Error("the case does not say who is on call")
	}
	for path, want := range map[string]string{organisation + "/incident-statistics": "90th percentile", "/incident-statistics": "Root causes",
		organisation + "/incident-statistics.csv": "Exercises (apart),1", organisation + "/incident-statistics.json": `"cases": 1`,
		organisation + "/incident-statistics?from=x": "f-from-error"} {
		if _, page := v.get(path); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
	b := browser.Start(t)
	open(b, site, tab)
	folder := os.Getenv("SCREENSHOTS")
	for name, path := range map[string]string{"exercise": tab, "exercises": organisation + "/exercises", "statistics": organisation + "/incident-statistics", "on-call": organisation + "/on-call"} {
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
				b.Picture(filepath.Join(folder, name+"-"+strconv.Itoa(view.width)+".png"))
			}
		}
	}
	page, _ = v.must(found+"/handling/evaluate", url.Values{"grade.warned": {"met"}, "note.warned": {hostile}, "summary": {"Practise more"}})
	if !strings.Contains(page, "Practise more") || strings.Contains(page, "<script>alert") {
		t.Error("the evaluation is not shown as text")
	}
}
