// Package security attacks the platform as a stranger, a neighbour and a member
// with too few rights would, on a real server with a real database. Every test
// walks the table of routes, so that a new page is attacked without being named.
package security

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
	"github.com/nisaba-platform/nisaba/test/platform"
)

var placeholder = regexp.MustCompile(`\{[a-zA-Z.$]+\}`)

// split is the method and a path of a route, with organisation for {organisation}
// and a text that fits nothing for the rest.
func split(r pages.Route, organisation string) (method, path string) {
	method, path, _ = strings.Cut(r.Pattern, " ")
	path = strings.NewReplacer("/organisations/{organisation}", organisation, "{$}", "").Replace(path)
	return method, placeholder.ReplaceAllString(path, "x")
}

// house is a server with a workspace, an organisation in it, and its owner.
func house(t *testing.T) (site platform.Site, owner platform.Visitor, organisation string) {
	t.Helper()
	site = platform.Start(t, platform.Config(t))
	owner = site.Visitor(t)
	owner.Found("Seewinkel Beratung", "Anna Huber", "anna@example.org")
	return site, owner, owner.Import("water-supplier.yaml")
}

// TestOtherSites: a page of another site cannot make the browser of a member
// change anything, on any route.
func TestOtherSites(t *testing.T) {
	site, owner, organisation := house(t)
	for _, route := range site.Routes {
		method, path := split(route, organisation)
		if method == http.MethodGet || method == http.MethodHead {
			continue
		}
		for name, header := range map[string]http.Header{
			"fetch metadata": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
			"same site":      {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://evil.127.0.0.1"}},
			"origin alone":   {"Origin": {"https://evil.example"}},
			"opaque origin":  {"Origin": {"null"}},
		} {
			header = header.Clone()
			header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := owner.Patient().Send(method, path, strings.NewReader("x=1"), header); a.Status != http.StatusForbidden {
				t.Errorf("%s with %s: %d", route.Pattern, name, a.Status)
			}
		}
	}
	if a := owner.Get("/account"); a.Status != http.StatusOK {
		t.Errorf("after the attacks the account answers %d", a.Status)
	}
}

var (
	inlineScript = regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]`)
	handler      = regexp.MustCompile(`(?i)<[a-z][^>]*\son[a-z]+\s*=`)
	inlineStyle  = regexp.MustCompile(`(?i)<[a-z][^>]*\sstyle\s*=|<style`)
	scriptLink   = regexp.MustCompile(`(?i)(?:href|src|action)\s*=\s*["']?\s*(?:javascript|data|vbscript):`)
)

// headersOf checks what every answer must say, whatever it answers.
func headersOf(t *testing.T, what string, a platform.Answer) {
	t.Helper()
	policy := a.Header.Get("Content-Security-Policy")
	for _, need := range []string{"default-src 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, need) {
			t.Errorf("%s: the content policy lacks %s: %q", what, need, policy)
		}
	}
	for _, bad := range []string{"unsafe-inline", "unsafe-eval", "unsafe-hashes", "http:", "https:", "*", "blob:"} {
		if strings.Contains(policy, bad) {
			t.Errorf("%s: the content policy allows %s: %q", what, bad, policy)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"} {
		if name == "Referrer-Policy" && keyed(what) {
			want = "strict-origin" // the address is the key: no other page of ours is told it either
		}
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	if !strings.Contains(a.Header.Get("Permissions-Policy"), "camera=()") || a.Header.Get("X-Request-Id") == "" {
		t.Errorf("%s: no permissions policy or no request id", what)
	}
	if !strings.HasPrefix(a.At, "/static/") && !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("%s: Cache-Control is %q", what, a.Header.Get("Cache-Control"))
	}
	if a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Server") != "" {
		t.Errorf("%s: opens itself to other sites, or names its software", what)
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		return
	}
	for name, bad := range map[string]*regexp.Regexp{"script in the page": inlineScript, "handler": handler, "style": inlineStyle, "address that is a program": scriptLink} {
		if at := bad.FindString(a.Body); at != "" && !strings.Contains(policy, "sandbox") && !strings.Contains(policy, "sha256-") {
			t.Errorf("%s: %s: %.120q", what, name, at)
		}
	}
}

// TestHeaders: every route, open or shut, found or not, says the same about frames,
// scripts, caches and types, and no page has script or style of its own.
func TestHeaders(t *testing.T) {
	site, owner, organisation := house(t)
	stranger := site.Visitor(t)
	visit := func(path string) {
		t.Helper()
		headersOf(t, path, owner.Get(path))
		headersOf(t, path+" as a stranger", stranger.Patient().Get(path))
	}
	for _, route := range site.Routes {
		if method, path := split(route, organisation); method == http.MethodGet {
			visit(path)
		} else {
			headersOf(t, route.Pattern, stranger.Patient().Post(path, url.Values{"x": {"<b>"}}))
		}
	}
	for _, path := range []string{"/no/such/page", organisation + "/no-such-page", "/static/x/app.css", "/static/nothing", "/sign-in?next=%00"} {
		visit(path)
	}
	c := platform.Config(t)
	c.HTTPS = true
	secure := platform.Start(t, c).Visitor(t)
	if a := secure.Get("/start"); !strings.Contains(a.Header.Get("Strict-Transport-Security"), "max-age=63072000") {
		t.Errorf("behind https: %q", a.Header.Get("Strict-Transport-Security"))
	}
}

// TestOpenRedirects: no address leads a browser from a page of ours to another host.
func TestOpenRedirects(t *testing.T) {
	c, now := platform.Config(t), clock.At(time.Now())
	c.Clock = now
	site := platform.Start(t, c)
	owner := site.Visitor(t)
	owner.Found("Seewinkel Beratung", "Anna Huber", "anna@example.org")
	for _, next := range []string{
		"https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example",
		"http:evil.example", "javascript:alert(1)", "data:text/html,x", "/%09/evil.example\r\nSet-Cookie: a=b", "////evil.example/%2f..", "evil.example",
		"/@evil.example/..//evil.example", " //evil.example", "/./\\evil.example", "https:/evil.example", "%2f%2fevil.example", "//evil.example\\@127.0.0.1",
	} {
		now.Move(20 * time.Minute) // so that no limit of attempts answers
		signIn := site.Visitor(t).Patient()
		for name, a := range map[string]platform.Answer{
			"sign-in": signIn.Post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {platform.Password}, "next": {next}}),
			"theme":   signIn.Send(http.MethodPost, "/theme", strings.NewReader("theme=dark"), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Referer": {strings.NewReplacer("\r", "", "\n", "", "\t", "").Replace(next)}}),
		} {
			outside(t, name+" with "+next, site.URL, a)
		}
		step := owner.Patient().Post("/step-up", url.Values{"password": {platform.Password}, "next": {next}, "act": {next}})
		outside(t, "step-up with "+next, site.URL, step)
		page := site.Visitor(t).Get("/sign-in?next=" + url.QueryEscape(next))
		if m := regexp.MustCompile(`name="next" value="([^"]*)"`).FindStringSubmatch(page.Body); m == nil || strings.Contains(m[1], "evil") && !strings.HasPrefix(m[1], "/") {
			t.Errorf("the sign-in page carries on %q", m)
		}
	}
}

// outside fails the test when a redirect leaves the site.
func outside(t *testing.T, what, site string, a platform.Answer) {
	t.Helper()
	to := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther && a.Status != http.StatusTemporaryRedirect || to == "" {
		t.Errorf("%q leads nowhere: %d", what, a.Status)
	}
	base, err := url.Parse(site + "/")
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.Parse(strings.ReplaceAll(to, `\`, "/")) // as browsers read it
	if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
		t.Errorf("%q leads to %q (%v)", what, to, err)
	}
	if a.Header.Get("Set-Cookie") != "" && strings.Contains(a.Header.Get("Set-Cookie"), "a=b") {
		t.Errorf("%q sets a cookie", what)
	}
}

// keyed reports whether the address of a page is its key.
func keyed(what string) bool {
	return strings.HasPrefix(what, "/register/") || slices.ContainsFunc([]string{"/answer/", "/feed/", " /register/"}, func(part string) bool { return strings.Contains(what, part) })
}
