package site

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func portfolioForms() map[string]url.Values {
	return map[string]url.Values{
		"/portfolio/bulk": {"deed": {"tag"}, "value": {"north"}, "organisation": {"x"}},
		"/portfolio/undo": {"mark": {"bulk x"}, "organisation": {"x"}},
	}
}

// TestPortfolio: filters in the address, a view that is saved and removed, a bulk
// action with a result per organisation, and its undo.
func TestPortfolio(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	first := strings.TrimPrefix(v.begin("managed-service-provider.yaml"), "/organisations/")
	second := strings.TrimPrefix(v.add("water-supplier.yaml"), "/organisations/")
	shows := func(path string, ids ...string) {
		t.Helper()
		_, page := v.get(path)
		for _, id := range []string{first, second} {
			want := false
			for _, x := range ids {
				want = want || x == id
			}
			if got := strings.Contains(page, `href="/organisations/`+id+`"`); got != want {
				t.Errorf("%s shows %s: %v, want %v", path, id, got, want)
			}
		}
	}
	shows("/", first, second)
	shows("/?sector=water.drinking", second)
	shows("/?q=WASSER&sort=score&dir=desc", second)
	shows("/?kind=prospect")
	shows("/?tag=north&page=99&sort=nonsense")

	_, page, _ := v.post("/portfolio/bulk", url.Values{"deed": {"tag"}, "value": {"north"}, "organisation": {first, second, "01900000-0000-7000-8000-000000000000"}})
	if strings.Count(page, "t-good") < 2 || !strings.Contains(page, "There is no such organisation") {
		t.Errorf("the result does not tell organisation by organisation:\n%.3000s", page)
	}
	shows("/?tag=north", first, second)
	mark := regexp.MustCompile(`name="mark" value="([^"]+)"`).FindStringSubmatch(page)
	if mark == nil {
		t.Fatal("the action cannot be undone")
	}
	v.post("/portfolio/undo", url.Values{"mark": {mark[1]}, "organisation": {first}})
	shows("/?tag=north", second)

	v.post("/portfolio/bulk", url.Values{"deed": {"tag"}, "value": {"=cmd"}, "organisation": {second}})
	if status, file := v.get("/portfolio.csv?sector=water.drinking"); status != http.StatusOK || strings.Count(file, "\n") != 2 || strings.Contains(file, ",=cmd") {
		t.Errorf("the spreadsheet: %d\n%s", status, file)
	}

	status, page, at := v.post("/views", url.Values{"name": {"Water"}, "query": {"sector=water.drinking&page=3"}, "shared": {"yes"}})
	if status != http.StatusOK || at != "/" || !strings.Contains(page, `aria-current`) || !strings.Contains(page, ">Water</") {
		t.Errorf("saving a view led to %s with %d", at, status)
	}
	id := regexp.MustCompile(`action="/views/remove"><input type="hidden" name="id" value="([^"]+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatal("the view cannot be removed")
	}
	if _, page, _ = v.post("/views/remove", url.Values{"id": {id[1]}}); strings.Contains(page, ">Water</") {
		t.Error("the removed view is still there")
	}
	status, page, _ = v.post("/views", url.Values{"name": {" "}, "query": {"sector=water.drinking"}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, `aria-invalid="true"`) || !strings.Contains(page, `href="/organisations/`+second+`"`) || strings.Contains(page, `href="/organisations/`+first+`"`) {
		t.Errorf("a view without a name: %d\n%.3000s", status, page)
	}
	shows("/?page=99", first, second) // the last page there is
	if _, page = v.get("/"); strings.Index(page, ">Drinking water<") > strings.Index(page, ">ICT service management (business-to-business)<") {
		t.Error("the sectors are not in the order of their names")
	}
	long := url.Values{"deed": {"tag"}, "value": {strings.Repeat("x", 200)}, "organisation": {second}}
	if _, page, _ := v.post("/portfolio/bulk", long); !strings.Contains(page, "The tag is too long") || strings.Contains(page, "tags: ") {
		t.Errorf("a long tag is refused as\n%.3000s", page)
	}
	if _, page, _ := v.post("/portfolio/bulk", url.Values{"deed": {"tag"}, "value": {"x"}}); !strings.Contains(page, "No organisation is chosen") || strings.Contains(page, "organisation: ") {
		t.Errorf("an action on nothing is refused as\n%.3000s", page)
	}
	if status, _, _ := v.post("/portfolio/bulk", url.Values{"deed": {"destroy"}, "organisation": {first}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a deed that does not exist: %d", status)
	}
}

// TestCompanyStartsAtHome: where there is one own organisation, the first page is
// that organisation's.
func TestCompanyStartsAtHome(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.post("/start", url.Values{"workspace": {"Seewinkel"}, "kind": {"company"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}})
	at := v.add("food-manufacturer.yaml")
	r, err := v.http.Get(site + "/")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.Request.URL.Path != at {
		t.Errorf("/ leads to %s, want %s", r.Request.URL.Path, at)
	}
}

var organisationLink = regexp.MustCompile(`href="(/organisations/[0-9a-f-]{36})"`)

// organisationLinks are the addresses of the organisations that a page names.
func organisationLinks(page string) (out []string) {
	for _, m := range organisationLink.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}
