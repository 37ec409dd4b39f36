package security

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/web/pages"
	"github.com/nisaba-platform/nisaba/test/platform"
)

var (
	link  = regexp.MustCompile(`(?:href|src)="(/[^"#]*)`)
	form  = regexp.MustCompile(`(?s)<form\b[^>]*>.*?</form>`)
	act   = regexp.MustCompile(`action="([^"]*)"`)
	input = regexp.MustCompile(`<(?:input|button|select|textarea)\b[^>]*\bname="([^"]*)"[^>]*>`)
	value = regexp.MustCompile(`\bvalue="([^"]*)"`)
	ident = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// act of a form as a page shows it: where it goes and what it sends by itself.
type deed struct {
	path   string
	fields url.Values
}

// walk opens every page that links lead to from the first one, and returns the
// addresses and the forms on them.
func walk(v platform.Visitor, most int) (addresses []string, deeds []deed) {
	todo, known := []string{"/"}, map[string]bool{"/": true}
	for len(todo) > 0 && len(addresses) < most {
		path := todo[0]
		todo = todo[1:]
		a := v.Get(path)
		if a.Status != http.StatusOK {
			continue
		}
		addresses = append(addresses, path)
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(a.Body, -1) {
			to := html.UnescapeString(m[1])
			bare, _, _ := strings.Cut(to, "?")
			if strings.HasPrefix(to, "/static/") || strings.HasPrefix(to, "//") || known[bare] {
				continue
			}
			known[bare] = true
			todo = append(todo, to)
		}
		for _, f := range form.FindAllString(a.Body, -1) {
			if !strings.Contains(f, `method="post"`) {
				continue
			}
			d := deed{path: path, fields: url.Values{}}
			if m := act.FindStringSubmatch(f); m != nil {
				d.path = html.UnescapeString(m[1])
			}
			for _, m := range input.FindAllStringSubmatch(f, -1) {
				text := ""
				if v := value.FindStringSubmatch(m[0]); v != nil {
					text = html.UnescapeString(v[1])
				}
				d.fields.Set(html.UnescapeString(m[1]), text)
			}
			deeds = append(deeds, d)
		}
	}
	return addresses, deeds
}

// TestTenants: two workspaces of two people. Whatever the pages of one lead to, by
// link or by form, the owner of the other is told that it does not exist, and
// nothing of it changes. It walks the pages, so that a new kind of object is tried
// as soon as a page shows one.
func TestTenants(t *testing.T) {
	site, anna, own := house(t)
	ben := site.Visitor(t)
	ben.Join(anna, "auditor", "Ben Maier", "ben@example.org")
	if a := ben.Post("/workspaces/new", url.Values{"workspace": {"Zweite Beratung"}, "kind": {"provider"}}); a.At != "/" {
		t.Fatalf("the second workspace: %s with %d", a.At, a.Status)
	}
	theirs := ben.Import("food-manufacturer.yaml")
	if anna.Get(theirs).Status != http.StatusNotFound {
		t.Fatal("the organisation of the other workspace is shown")
	}
	addresses, deeds := walk(ben, 250)
	foreign := map[string]bool{}
	for _, text := range append(slices.Clone(addresses), fmt.Sprint(deeds)) {
		for _, id := range ident.FindAllString(text, -1) {
			foreign[id] = true
		}
	}
	mine, _ := walk(anna, 250)
	for _, id := range ident.FindAllString(fmt.Sprint(mine), -1) {
		delete(foreign, id)
	}
	if len(foreign) == 0 || len(deeds) < 10 {
		t.Fatalf("%d foreign ids, %d forms: the walk found too little", len(foreign), len(deeds))
	}
	names := func(text string) bool {
		return slices.ContainsFunc(ident.FindAllString(text, -1), func(id string) bool { return foreign[id] })
	}
	tried := 0
	for _, path := range addresses {
		if names(path) {
			tried++
			bare, _, _ := strings.Cut(path, "?")
			a := anna.Get(path)
			if a.Status != http.StatusNotFound && names(bare) || strings.Contains(a.Body, "Veldkeuken") { // in a query an id may choose among one's own
				t.Errorf("GET %s of the other workspace: %d", path, a.Status)
			}
			hybrid := strings.Replace(path, theirs, own, 1)
			if bare, _, _ := strings.Cut(hybrid, "?"); hybrid != path && names(bare) {
				if a := anna.Get(hybrid); a.Status != http.StatusNotFound {
					t.Errorf("GET %s, an object of the other workspace under an organisation of mine: %d", hybrid, a.Status)
				}
			}
		}
	}
	before := ledger(ben)
	for _, d := range deeds {
		if slices.ContainsFunc([]string{"/sign-out", "/account", "/workspaces", "/step-up"}, func(own string) bool { return strings.HasPrefix(d.path, own) }) {
			continue // of one's own session, which the test still needs
		}
		if names(d.path) {
			tried++
			if a := anna.Post(d.path, d.fields); a.Status != http.StatusNotFound {
				t.Errorf("POST %s %v of the other workspace: %d", d.path, d.fields, a.Status)
			}
		}
		// Objects of the other workspace in fields, under an address of mine. Some
		// forms answer with a page about what is wrong; none may change the other's.
		anna.Post(strings.Replace(d.path, theirs, own, 1), maps.Clone(d.fields))
	}
	if a := anna.Get("/account"); a.At != "/account" {
		t.Fatalf("the attacker was signed out on the way: %s", a.At)
	}
	if after := ledger(ben); after != before {
		t.Error("the ledger of the other workspace has grown")
	}
	if tried < 10 {
		t.Errorf("only %d objects were tried", tried)
	}
	covered := func(r pages.Route) bool {
		method, pattern, _ := strings.Cut(r.Pattern, " ")
		shape := regexp.MustCompile("^" + placeholder.ReplaceAllString(strings.ReplaceAll(pattern, ".", `\.`), `[^/]+`) + `(\?.*)?$`)
		if method == http.MethodGet {
			return slices.ContainsFunc(addresses, shape.MatchString)
		}
		return slices.ContainsFunc(deeds, func(d deed) bool { return shape.MatchString(d.path) })
	}
	shown := 0
	for _, r := range site.Routes {
		if r.Access == pages.Client && covered(r) {
			shown++
		}
	}
	t.Logf("%d objects tried; %d routes of organisations were reached by walking", tried, shown)
}

// ledger is the newest entry that the ledger page shows.
func ledger(v platform.Visitor) string {
	body := v.Get("/ledger").Body
	if i := strings.Index(body, "<main"); i >= 0 {
		body = body[i:]
	}
	return regexp.MustCompile(`(?s)<time[^>]*>.*?</time>|<[^>]*>`).ReplaceAllString(body, "")
}
