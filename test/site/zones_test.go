package site

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
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
