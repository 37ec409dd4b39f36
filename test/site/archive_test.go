package site

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/examples"
)

// TestArchivedPages: the pages of an organisation in the archive say that it is only read
// and have the way back; a bulk action leaves it out and says why.
func TestArchivedPages(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation, other := v.begin("water-supplier.yaml"), v.add("food-manufacturer.yaml")
	id := func(at string) string { return strings.TrimPrefix(at, "/organisations/") }
	v.must(organisation+"/archive", url.Values{"on": {"yes"}})
	const says = "This organisation is in the archive and can only be read."
	for _, page := range []string{"", "/plan", "/questions", "/manage"} {
		if _, text := v.get(organisation + page); !strings.Contains(text, says) || !strings.Contains(text, `action="`+organisation+`/archive"`) {
			t.Errorf("%q does not say that it is in the archive", page)
		}
	}
	status, text, _ := v.post(organisation+"/plan/tasks", url.Values{"title": {"Buy a second line"}, "state": {"todo"}})
	if status != http.StatusConflict || !strings.Contains(text, "take it back into the portfolio first") {
		t.Errorf("a new task: %d\n%.1500s", status, text[strings.Index(text, "<main"):])
	}
	text, _ = v.must("/portfolio/bulk", url.Values{"organisation": {id(organisation), id(other)}, "deed": {"tag"}, "value": {"north"}})
	if !strings.Contains(text, "Done for 1 of 2") || !strings.Contains(text, "is in the archive and can only be read") {
		t.Errorf("the bulk action:\n%.3000s", text[strings.Index(text, "<main"):])
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.look(folder, "archived", organisation+"/plan")
	}
	v.must(organisation+"/archive", nil)
	if _, text := v.get(organisation + "/plan"); strings.Contains(text, says) {
		t.Error("back in the portfolio, the page says that it is in the archive")
	}
	v.addTask(organisation, url.Values{"title": {"Buy a second line"}, "state": {"todo"}})
}

// TestHandOver: the work of somebody who may only read is on the page of the members,
// with the way to each place, and such a person is offered nowhere.
func TestHandOver(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	ben.joinWith(anna, "editor", "ben@example.org")
	_, page := anna.get("/members")
	owner := regexp.MustCompile(`for="role-([0-9a-f-]{36})"[^>]*>[^<]*Ben Maier`).FindStringSubmatch(page)
	if owner == nil {
		t.Fatalf("Ben is no member:\n%.2000s", page)
	}
	anna.addTask(organisation, url.Values{"title": {"Buy a second line"}, "state": {"todo"}, "owner": {owner[1]}})
	if _, page := anna.get("/members"); strings.Contains(page, `id="hand-over"`) {
		t.Error("there is nothing to hand over yet")
	}
	anna.must("/members/role", url.Values{"person": {owner[1]}, "organisation": {""}, "role": {"auditor"}})
	_, page = anna.get("/members")
	if at := organisation + "/plan?owner=" + owner[1]; !strings.Contains(page, `id="hand-over"`) || !strings.Contains(page, at) {
		t.Errorf("the members:\n%.3000s", page[strings.Index(page, "<main"):])
	} else if _, list := anna.get(at); !strings.Contains(list, "Buy a second line") {
		t.Error("the link does not lead to the task")
	}
	if _, page := anna.get(organisation + "/plan"); strings.Contains(page, `<option value="`+owner[1]) {
		t.Error("an auditor is offered as the owner of tasks")
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		anna.look(folder, "hand-over", "/members")
	}
}

// TestReviewDate: an accepted risk without a day of review shows that, and gets one by a
// button; one for ever, or for years, is not taken.
func TestReviewDate(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	text, err := examples.FS.ReadFile("managed-service-provider.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const accepted = "exceptions:\n  - requirement: cir.2.1.1\n    kind: accepted\n    reason: Old press\n    approved_by: Board\n    on: 2026-01-10\n"
	_, old := v.must("/organisations/import", url.Values{"kind": {"client"}, "text": {strings.Replace(string(text), "exceptions:\n", accepted, 1)}})
	place := "/requirements?open=cir.2.1.1"
	_, page := v.get(old + place)
	if !strings.Contains(page, "No review date") || !strings.Contains(page, "Set the review date") {
		t.Fatalf("the page:\n%.6000s", page[strings.Index(page, "<main"):])
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.look(folder, "review", old+place)
	}
	form := func(days int) url.Values {
		return url.Values{"requirement": {"cir.2.1.1"}, "open": {"cir.2.1.1"}, "kind": {"accepted"}, "reason": {"Old press"}, "approved_by": {"Board"},
			"until": {map[bool]string{true: time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly)}[days > 0]}}
	}
	for _, at := range []string{old, organisation} {
		for _, days := range []int{0, 800} {
			if status, page, _ := v.post(at+"/requirements/exception", form(days)); status == http.StatusOK || !strings.Contains(page, "no end within a year") {
				t.Errorf("%d days: %d", days, status)
			}
		}
	}
	v.must(old+"/requirements/exception", form(200))
	if _, page := v.get(old + place); strings.Contains(page, "No review date") {
		t.Error("the day was not kept")
	}
}
