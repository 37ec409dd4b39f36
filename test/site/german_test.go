package site

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// inGerman asks for every page in German, as a browser that is set to it does.
type inGerman struct{}

func (inGerman) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Language", "de-AT,de;q=0.9")
	return http.DefaultTransport.RoundTrip(r)
}

var (
	unread  = regexp.MustCompile(`(?s)<(script|style|svg|textarea)\b.*?</(script|style|svg|textarea)>|<[^>]*>`)
	english = regexp.MustCompile(`(?i)[^\n]*\b(the|and|with|your|this|from|changed|answered|expected|save|search|settings|ctrl)\b[^\n]*`)
)

// TestFirstHourInGerman walks from the first run to the report of a new client without
// a script: no page has a word of English. What the examples say is in English, so of
// their pages only those of the law are read, for what the country data say.
func TestFirstHourInGerman(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.http.Transport = inGerman{}
	german := func(where, page string) {
		t.Helper()
		if !strings.Contains(page, `<html lang="de"`) {
			t.Errorf("%s is not in German", where)
		}
		for _, line := range english.FindAllString(unread.ReplaceAllString(page, "\n"), -1) {
			t.Errorf("%s says %q", where, strings.TrimSpace(line))
		}
	}
	_, page := v.get("/start")
	german("/start", page)
	_, page, _ = v.post("/start", url.Values{"workspace": {""}, "name": {""}, "email": {"x"}, "password": {"y"}})
	german("the first form, with faults", page)
	_, page, at := v.post("/start", url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}})
	german(at, page)
	_, page, at = v.post("/organisations", url.Values{"name": {"Bäckerei Müller GmbH"}, "kind": {"client"}})
	german(at, page)
	organisation := strings.Join(strings.Split(at, "/")[:3], "/")
	v.must(organisation+"/determine", nil)
	v.must(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	v.must(organisation+"/plan/tasks", url.Values{"title": {"Tresor kaufen"}, "state": {"todo"}})
	for _, p := range []string{"", "/scope", "/scope/result", "/registration", "/questions", "/requirements", "/requirements?open=nis2.21.2.c.backup", "/evidence",
		"/evidence/new", "/plan", "/plan?view=board", "/board", "/reports", "/compare", "/history", "/manage", "/pre-assessment", "/report.html"} {
		status, page := v.get(organisation + p)
		if status != http.StatusOK {
			t.Errorf("%s: %d", p, status)
		}
		german(p, page)
	}
	for _, p := range []string{"/", "/account", "/account/notices", "/members", "/settings", "/ledger", "/inbox", "/nowhere"} {
		_, page := v.get(p)
		german(p, page)
	}
	example := v.add("managed-service-provider.yaml")
	for _, p := range []string{"/scope/result", "/registration"} {
		_, page := v.get(example + p)
		for _, line := range regexp.MustCompile(`[^\n]*(Commentary|Guidance|No source|Not confirmed)[^\n]*`).FindAllString(page, -1) {
			t.Errorf("%s says %q", p, strings.TrimSpace(line))
		}
	}
}
