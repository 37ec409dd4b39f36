package site

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
)

var anyLink = regexp.MustCompile(`href="(/[^"#]*)`)

// TestNoLinkIsRefused: whoever has a role opens every link of the pages that the role
// reaches in two steps. What it may not do is not offered.
func TestNoLinkIsRefused(t *testing.T) {
	site, _ := start(t)
	anna := newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	for _, role := range []authz.Role{authz.Editor, authz.Contributor, authz.Auditor, authz.Board} {
		for _, whole := range []bool{true, false} {
			reach := "whole"
			only := ""
			if !whole {
				reach, only = "one", strings.TrimPrefix(organisation, "/organisations/")
			}
			t.Run(string(role)+" "+reach, func(t *testing.T) {
				v := newVisitor(t, site)
				v.joinAt(anna, role, only, string(role)+reach+"@example.org")
				v.opensEveryLink(organisation)
			})
		}
	}
}

// joinAt takes an invitation of the owner to one organisation, or with "" to all.
func (v visitor) joinAt(owner visitor, role authz.Role, organisation, email string) {
	v.t.Helper()
	_, page, _ := owner.post("/members/invite", url.Values{"role": {string(role)}, "organisation": {organisation}})
	link := regexp.MustCompile(`/join/[a-z0-9]+`).FindString(page)
	if _, page, at := v.post(link, url.Values{"name": {"Ben Maier"}, "email": {email}, "password": {password}}); link == "" || strings.HasPrefix(at, "/join/") {
		v.t.Fatalf("joining as %s led to %s:\n%.600s", role, at, page)
	}
}

func (v visitor) opensEveryLink(organisation string) {
	v.t.Helper()
	seen, next := map[string]bool{}, map[string]string{"/": "", organisation: ""}
	for range 3 {
		at := next
		next = map[string]string{}
		for path, from := range at {
			if seen[path] || strings.HasPrefix(path, "/static/") {
				continue
			}
			seen[path] = true
			status, page := v.get(path)
			if status == http.StatusForbidden || status >= http.StatusInternalServerError {
				v.t.Errorf("%s offers %s, which answers %d", from, path, status)
			}
			for _, m := range anyLink.FindAllStringSubmatch(page, -1) {
				if to := html.UnescapeString(m[1]); !strings.Contains(to, "?") { // filters of the same page
					next[to] = path
				}
			}
		}
	}
}

// TestThrownOut: whoever is taken out of a workspace while signed in is told where to
// go on, and keeps the others.
func TestThrownOut(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	ben.joinWith(anna, "auditor", "ben@example.org")
	_, page := anna.get("/members")
	removed := false
	for _, person := range memberID.FindAllStringSubmatch(page, -1) {
		status, _, at := anna.post("/members/role", url.Values{"person": {person[1]}, "organisation": {""}, "role": {""}})
		removed = removed || status == http.StatusOK && at == "/members"
	}
	if !removed {
		t.Fatal("nobody was taken out")
	}
	r, err := ben.http.Get(site + "/")
	if err != nil {
		t.Fatal(err)
	}
	if status, page := body(t, r); status != http.StatusOK || r.Request.URL.Path != "/workspaces" || !strings.Contains(page, "You belong to no workspace") {
		t.Errorf("the first page of somebody thrown out is %s with %d:\n%.600s", r.Request.URL.Path, status, page)
	}
	if status, page := ben.get("/ledger"); status == http.StatusOK && strings.Contains(page, "Export as CSV") {
		t.Error("somebody thrown out reads the ledger")
	}
}

// TestLeavingNothing: a request that names no workspace leaves none.
func TestLeavingNothing(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	anna.begin("water-supplier.yaml")
	ben.joinWith(anna, "auditor", "ben@example.org")
	if status, _, _ := ben.post("/workspaces/leave", url.Values{}); status != http.StatusNotFound {
		t.Errorf("leaving nothing: %d", status)
	}
	if _, page := ben.get("/"); !strings.Contains(page, "Wasser") && !strings.Contains(page, "/organisations/") {
		t.Error("a request without a workspace left it")
	}
}

// TestIncidentWithoutOrganisation: a workspace without organisations says so where an
// incident would be reported.
func TestIncidentWithoutOrganisation(t *testing.T) {
	site, _ := start(t)
	if status, page := begun(t, site).get("/report"); status != http.StatusOK || !strings.Contains(page, "No organisation yet") {
		t.Errorf("%d:\n%.900s", status, page)
	}
}

// TestNewLinkEmptiesTheForm: after a link was made, the form is for the next one.
func TestNewLinkEmptiesTheForm(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	_, page, _ := v.post(organisation+"/delegations", url.Values{"recipient": {"Gisela Guest"}, "language": {"en"}, "days": {"7"}, "question": {"q.backup.exists"}})
	if !strings.Contains(page, "/answer/") {
		t.Fatalf("no link:\n%.900s", page)
	}
	if strings.Contains(page, `value="Gisela Guest"`) || !strings.Contains(page, `value="14"`) {
		t.Error("the form still holds what was handed over, or lost its own values")
	}
}
