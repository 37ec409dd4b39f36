package site

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law"
)

// TestDaysWhereTheReaderIs: half an hour before midnight in UTC it is the next day in
// Vienna, and every page says so of what was just done, as the history beside it does.
// Dates of the law may be those of today, so what counts is what a page says more often.
func TestDaysWhereTheReaderIs(t *testing.T) {
	today := law.DateOf(time.Now().UTC())
	late := today.At(time.UTC).Add(23*time.Hour + 30*time.Minute)
	site, _ := start(t, func(c *server.Config) { c.Clock = clock.At(late) })
	v := newVisitor(t, site)
	v.post("/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"},
		"password": {password}, "zone": {"Europe/Vienna"}})
	organisation := v.add("managed-service-provider.yaml")
	inWords := func(d law.Date) string { return d.At(time.UTC).Format("2 January 2006") }
	here, there := inWords(today.AddDays(1)), regexp.MustCompile(`\b`+inWords(today))
	paths := []string{organisation, organisation + "/scope/result", organisation + "/facts", organisation + "/requirements?open=cir.4.2.1", organisation + "/history", "/ledger"}
	main := func(path string) (page string, today int) {
		_, page = v.get(path)
		_, page, _ = strings.Cut(page, "<main")
		return page, len(there.FindAllString(page, -1))
	}
	before := map[string]int{}
	for _, path := range paths {
		_, before[path] = main(path)
	}
	v.must(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	v.must(organisation+"/determine", nil)
	v.must(organisation+"/plan/tasks", url.Values{"title": {"Buy a safe"}, "state": {"done"}})
	for _, path := range paths {
		page, n := main(path)
		if !strings.Contains(page, here) {
			t.Errorf("%s does not say %s: %q", path, here, regexp.MustCompile(`(?s)Anna Huber.{60}`).FindAllString(page, 5))
		}
		if n > before[path] {
			t.Errorf("%s says %s %d times, before it was %d: %q", path, there, n, before[path], regexp.MustCompile(`(?s).{200}`+there.String()).FindAllString(page, -1))
		}
	}
}

// TestZoneOfTheWorkspace: half an hour before midnight in UTC, papers and the page of a
// guest bear the day and say the zone of the workspace; the zone is chosen in the
// settings from a list, and no other text is taken.
func TestZoneOfTheWorkspace(t *testing.T) {
	today := law.DateOf(time.Now().UTC())
	site, _ := start(t, func(c *server.Config) { c.Clock = clock.At(today.At(time.UTC).Add(23*time.Hour + 30*time.Minute)) })
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	inWords := func(d law.Date) string { return d.At(time.UTC).Format("2 January 2006") }
	dated := func(want law.Date) {
		t.Helper()
		for _, path := range []string{organisation + "/report.html", organisation + "/assessment.json"} {
			_, page := v.get(path)
			if !strings.Contains(page, inWords(want)) && !strings.Contains(page, want.String()) {
				t.Errorf("%s is not of %s", path, want)
			}
		}
	}
	dated(today) // nobody has chosen a zone
	_, page := v.get("/settings")
	for _, part := range []string{`<datalist id="zones">`, `<option value="Europe/Vienna">`, `list="zones"`, `value="UTC"`} {
		if !strings.Contains(page, part) {
			t.Errorf("the settings lack %s", part)
		}
	}
	set := func(zone string) (status int, page string) {
		_, form := v.get("/settings")
		version := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(form)[1]
		status, page, _ = v.post("/settings", url.Values{"version": {version}, "name": {"Seewinkel Beratung"}, "kind": {"provider"}, "language": {"en"}, "zone": {zone}})
		return status, page
	}
	if status, page := set("Mars/Olympus"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "There is no such time zone") {
		t.Errorf("a zone of no place: %d\n%.400s", status, page)
	}
	if status, _ := set(" Europe/Vienna "); status != http.StatusOK {
		t.Errorf("Vienna: %d", status)
	}
	dated(today.AddDays(1))
	if _, page := v.get("/ledger"); !strings.Contains(page, "Europe/Vienna") {
		t.Error("the ledger does not say that the zone was chosen")
	}
	_, page, _ = v.post(organisation+"/delegations", url.Values{"recipient": {"Clara Clerk"}, "language": {"en"}, "days": {"7"}, "question": {"q.backup.exists"}})
	link := regexp.MustCompile(`/answer/[A-Za-z0-9_-]+`).FindString(page)
	_, page = newVisitor(t, site).get(link)
	ends := today.AddDays(8).At(tenant.ZoneOf("Europe/Vienna")).Format("2 January 2006") // 23:30 in UTC is the next day there
	if abbreviation := regexp.MustCompile(ends + `, [0-9]{2}:30 CES?T`); link == "" || !abbreviation.MatchString(page) {
		t.Errorf("the guest does not read until when, %s:\n%.1500s", ends, page)
	}
	v.post("/account/notices", url.Values{"zone": {"Pacific/Niue"}})
	dated(today) // one's own comes first: it is noon of that day there
}

// TestUnknownKindOfWorkspace: what the form does not offer is a fault with what there is,
// and makes nothing.
func TestUnknownKindOfWorkspace(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	form := url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"club"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}}
	if status, page, _ := v.post("/start", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "a provider, a group, one organisation or an authority") {
		t.Errorf("the first workspace: %d", status)
	}
	form.Set("kind", "company")
	v.post("/start", form)
	if status, page, _ := v.post("/workspaces/new", url.Values{"workspace": {"Another"}, "kind": {"club"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "a provider, a group, one organisation or an authority") {
		t.Errorf("another workspace: %d", status)
	}
}

// TestTheFieldThatCannotBeKept: a page says which text holds a character that nobody
// typed.
func TestTheFieldThatCannotBeKept(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	status, page, _ := v.post(organisation+"/plan/tasks", url.Values{"title": {"Buy\x00a safe"}, "state": {"todo"}})
	if status != http.StatusUnprocessableEntity || !regexp.MustCompile(`Title[^<]{0,40}: The text holds characters that cannot be kept`).MatchString(page) {
		t.Errorf("%d\n%s", status, regexp.MustCompile(`.{200}cannot be kept.{100}`).FindString(page))
	}
}
