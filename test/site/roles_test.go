package site

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
)

// TestRoles asks every route of a workspace as every role. Who is refused must be
// exactly who lacks one and the same permission: a route that lets in a role by
// mistake, or forgets one, fits no permission and fails.
func TestRoles(t *testing.T) {
	site, routes := start(t)
	anna := newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	roles := []authz.Role{authz.Consultant, authz.Editor, authz.Contributor, authz.Auditor, authz.Board}
	people := map[authz.Role]visitor{}
	for _, r := range roles {
		people[r] = newVisitor(t, site)
		people[r].joinWith(anna, string(r), string(r)+"@example.org")
	}
	valid := validForms(t, anna, organisation)
	slices.SortStableFunc(routes, func(a, b pages.Route) int { // what ends something comes last
		return strings.Compare(order(a.Pattern), order(b.Pattern))
	})
	for _, route := range routes {
		if route.Access != pages.Workspace && route.Access != pages.Client || ends(route.Pattern) {
			continue
		}
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		refused := map[authz.Role]bool{}
		for _, r := range roles {
			if status, _ := people[r].try(method, pathOf(pattern, organisation), valid[pattern]); status == http.StatusForbidden {
				refused[r] = true
			}
		}
		if status, _ := anna.try(http.MethodGet, "/", nil); status != http.StatusOK {
			t.Fatalf("after %s the owner's first page answers %d", route.Pattern, status)
		}
		if fits := permissions(roles, refused); len(fits) == 0 {
			t.Errorf("%s refuses %v: no permission is missing to exactly these", route.Pattern, slices.Sorted(maps.Keys(refused)))
		}
		if method != http.MethodGet && !refused[authz.Auditor] {
			t.Errorf("%s changes something and lets an auditor in", route.Pattern)
		}
	}
}

// validForms is what the owner could send to each route, by pattern.
func validForms(t *testing.T, owner visitor, organisation string) map[string]url.Values {
	t.Helper()
	text, err := examples.FS.ReadFile("food-manufacturer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	valid := map[string]url.Values{client + "/facts": owner.facts(organisation), "/organisations/import": {"text": {string(text)}}}
	for _, forms := range ownerForms() {
		maps.Copy(valid, forms)
	}
	return valid
}

// permissions lists those that exactly the refused roles lack. Nobody refused
// means a page of one's own. A contributor may be refused beyond that: nothing is
// assigned to the one of this test.
func permissions(roles []authz.Role, refused map[authz.Role]bool) (fits []string) {
	if len(refused) == 0 {
		fits = append(fits, "own")
	}
	for _, p := range authz.Permissions() {
		wrong := func(r authz.Role) bool {
			return authz.Allows(r, p) == refused[r] && (r != authz.Contributor || !refused[r])
		}
		if !slices.ContainsFunc(roles, wrong) {
			fits = append(fits, string(p))
		}
	}
	return fits
}

func order(pattern string) string {
	if strings.Contains(pattern, "remove") || strings.Contains(pattern, "role") {
		return "2"
	}
	return "1"
}

// joinWith takes an invitation of the owner with an address of its own.
func (v visitor) joinWith(owner visitor, role, email string) {
	v.t.Helper()
	_, page, _ := owner.post("/members/invite", url.Values{"role": {role}})
	link := regexp.MustCompile(`/join/[a-z0-9]+`).FindString(page)
	status, page, at := v.post(link, url.Values{"name": {"Ben Maier"}, "email": {email}, "password": {password}})
	if link == "" || strings.HasPrefix(at, "/join/") {
		v.t.Fatalf("joining as %s led to %s with %d:\n%.600s", role, at, status, page)
	}
}
