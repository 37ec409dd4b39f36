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
func TestDaysWhereTheReaderIs(t *testing.T) {
	today := law.DateOf(time.Now().UTC())
	late := today.At(time.UTC).Add(23*time.Hour + 30*time.Minute)
	site, _ := start(t, func(c *server.Config) { c.Clock = clock.At(late) })
	v := newVisitor(t, site)
	v.post("/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"},
		"password": {password}, "zone": {"Europe/Vienna"}})
	organisation := v.add("managed-service-provider.yaml")
	v.must(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	v.must(organisation+"/determine", nil)
	v.must(organisation+"/plan/tasks", url.Values{"title": {"Buy a safe"}, "state": {"done"}})
	inWords := func(d law.Date) string { return d.At(time.UTC).Format("2 January 2006") }
	here, there := inWords(today.AddDays(1)), inWords(today)
	for _, path := range []string{organisation, organisation + "/scope/result", organisation + "/facts", organisation + "/requirements?open=cir.4.2.1",
		organisation + "/history", "/ledger"} {
		_, page := v.get(path)
		_, page, _ = strings.Cut(page, "<main")
		if !strings.Contains(page, here) {
			t.Errorf("%s does not say %s: %q", path, here, regexp.MustCompile(`(?s)Anna Huber.{60}`).FindAllString(page, 5))
		}
		if i := strings.Index(page, there); i >= 0 {
			t.Errorf("%s says %s: …%s", path, there, page[max(0, i-300):i+20])
		}
	}
}
