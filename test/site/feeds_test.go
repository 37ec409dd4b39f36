package site

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// event is one event of an iCalendar file by property name with parameters.
type event map[string]string

// events reads an iCalendar file (RFC 5545): lines unfolded, texts unescaped.
func events(t *testing.T, file string) (out []event) {
	t.Helper()
	if !strings.HasPrefix(file, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") || !strings.HasSuffix(file, "END:VCALENDAR\r\n") {
		t.Fatalf("this is no calendar: %.200q", file)
	}
	for _, line := range strings.Split(file, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d octets", len(line))
		}
	}
	var open event
	for _, line := range strings.Split(strings.ReplaceAll(file, "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line == "BEGIN:VEVENT":
			open = event{}
		case line == "END:VEVENT":
			out, open = append(out, open), nil
		case open != nil:
			open[name] = strings.NewReplacer(`\,`, ",", `\;`, ";", `\n`, "\n", `\\`, `\`).Replace(value)
		}
	}
	return out
}

// TestCalendarFeed: the address works without a session, shows dates of the law and
// open tasks under names that stay, and ends when it is withdrawn.
func TestCalendarFeed(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	id := strings.TrimPrefix(organisation, "/organisations/")
	task := v.addTask(organisation, url.Values{"title": {"Buy; a second, line"}, "state": {"todo"}, "due": {"2027-03-31"}})
	v.addTask(organisation, url.Values{"title": {"Done long ago"}, "state": {"done"}, "due": {"2026-03-31"}})
	for _, of := range []string{id, ""} {
		_, page, _ := v.post("/account/calendar", url.Values{"organisation": {of}})
		link := regexp.MustCompile(`/feed/[a-z0-9]+\.ics`).FindString(page)
		if link == "" {
			t.Fatalf("no address:\n%.2000s", page)
		}
		if _, page := v.get("/account/calendar"); strings.Contains(page, link) {
			t.Error("the address is shown a second time")
		}
		program := newVisitor(t, site)
		status, file := program.get(link)
		all := events(t, file)
		seen := map[string]bool{}
		for _, e := range all {
			if e["UID"] == "" || seen[e["UID"]] || e["DTSTAMP"] == "" {
				t.Errorf("%v", e)
			}
			seen[e["UID"]] = true
			if at, ok := e["DTSTART"]; ok {
				if _, err := time.Parse("20060102T150405Z", at); err != nil {
					t.Error(err)
				}
			}
			if strings.Contains(e["SUMMARY"], "Done long ago") {
				t.Error("a task that is done is shown")
			}
		}
		i := slices.IndexFunc(all, func(e event) bool { return e["UID"] == "task-"+task+"@nisaba" })
		if status != http.StatusOK || i < 0 || all[i]["DTSTART;VALUE=DATE"] != "20270331" || !strings.HasSuffix(all[i]["SUMMARY"], ": Buy; a second, line") || len(all) < 2 {
			t.Fatalf("%d\n%s", status, file)
		}
		_, again := program.get(link)
		for _, e := range events(t, again) {
			if !seen[e["UID"]] {
				t.Errorf("%s has a new name", e["SUMMARY"])
			}
		}
	}
	_, page := v.get("/account/calendar")
	for _, feed := range regexp.MustCompile(`name="feed" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		v.post("/account/calendar/withdraw", url.Values{"feed": {feed[1]}})
	}
	_, page, _ = v.post("/account/calendar", url.Values{"organisation": {id}})
	link := regexp.MustCompile(`/feed/[a-z0-9]+\.ics`).FindString(page)
	_, page = v.get("/account/calendar")
	feed := regexp.MustCompile(`name="feed" value="([^"]+)"`).FindStringSubmatch(page)
	v.post("/account/calendar/withdraw", url.Values{"feed": {feed[1]}})
	for _, path := range []string{link, "/feed/nonsense.ics", strings.TrimSuffix(link, ".ics"), "/feed/.ics"} {
		if status, body := v.get(path); status != http.StatusNotFound || strings.Contains(body, "BEGIN:") {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := v.post("/account/calendar", url.Values{"organisation": {"01900000-0000-7000-8000-000000000000"}}); status != http.StatusNotFound {
		t.Errorf("a feed of another organisation: %d", status)
	}
}

// TestTaskComments are written, tell who is named, and are removed by their author.
func TestTaskComments(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	ben.joinAs(anna, "board")
	task := organisation + "/plan/tasks/" + anna.addTask(organisation, url.Values{"title": {"Buy a second line"}, "state": {"todo"}})
	if _, page, _ := anna.post(task+"/comments", url.Values{"body": {"@Ben Maier <b>please</b> look"}}); !strings.Contains(page, "&lt;b&gt;please") {
		t.Fatalf("the comment is not shown:\n%.2000s", page)
	}
	_, page := ben.get(task)
	if !strings.Contains(page, "please") || strings.Contains(page, `name="comment"`) {
		t.Error("the board member does not see the comment, or could remove it")
	}
	_, page = anna.get(task)
	id := regexp.MustCompile(`name="comment" value="([^"]+)"`).FindStringSubmatch(page)
	if status, _, _ := ben.post(task+"/comments/remove", url.Values{"comment": {id[1]}}); status != http.StatusForbidden {
		t.Errorf("somebody else's comment: %d", status)
	}
	if _, page, _ := anna.post(task+"/comments/remove", url.Values{"comment": {id[1]}}); strings.Contains(page, "please") {
		t.Error("the comment is still there")
	}
}
