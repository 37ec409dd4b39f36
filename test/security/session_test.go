package security

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// TestSessionFixation: a cookie from before the sign-in is not adopted, every proof
// of identity changes the token, and a token that was replaced opens nothing.
func TestSessionFixation(t *testing.T) {
	site, _, _ := house(t)
	base, err := url.Parse(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	v := site.Visitor(t)
	const planted = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	v.HTTP.Jar.SetCookies(base, []*http.Cookie{{Name: "session", Value: planted, Path: "/"}})
	v.Post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {platform.Password}})
	first := v.Cookie("session")
	if first == planted || first == "" {
		t.Fatalf("the session after the sign-in is %q", first)
	}
	dead := func(why, token string) {
		t.Helper()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(base, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
		thief := v
		thief.HTTP = &http.Client{Jar: jar}
		if a := thief.Get("/account"); !strings.HasPrefix(a.At, "/sign-in") {
			t.Errorf("%s: the token opens %s", why, a.At)
		}
	}
	dead("planted", planted)
	v.Post("/step-up", url.Values{"password": {platform.Password}})
	second := v.Cookie("session")
	if second == first {
		t.Error("the step-up left the token as it was")
	}
	dead("before the step-up", first)
	const fresh = "several other words in a row"
	v.Post("/account/password", url.Values{"old": {platform.Password}, "password": {fresh}})
	if v.Cookie("session") == second {
		t.Error("the new password left the token as it was")
	}
	dead("before the new password", second)
	last := v.Cookie("session")
	v.Post("/sign-out", nil)
	dead("signed out", last)
}

// TestCookies: scripts and other sites get no cookie of ours; behind https none
// goes over an open line, none comes from another host, and one that could is not
// read.
func TestCookies(t *testing.T) {
	for _, https := range []bool{false, true} {
		c := platform.Config(t)
		c.HTTPS = https
		s, err := server.Open(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"workspace": {"W"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {platform.Password}}
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/start", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		prefix := ""
		if https {
			prefix = "__Host-"
		}
		got := map[string]*http.Cookie{}
		for _, k := range w.Result().Cookies() {
			got[k.Name] = k
			if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode && k.SameSite != http.SameSiteStrictMode || k.Secure != https || k.Path != "/" || k.Domain != "" {
				t.Errorf("https %v: %s", https, k.Raw)
			}
		}
		mine := got[prefix+"session"]
		if mine == nil || got[prefix+"device"] == nil || len(got) != 2 {
			t.Fatalf("https %v: the cookies %v", https, got)
		}
		account := func(cookies ...*http.Cookie) *http.Response {
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/account", nil)
			for _, k := range cookies {
				r.AddCookie(k)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			return w.Result()
		}
		if a := account(mine); a.StatusCode != http.StatusOK {
			t.Errorf("https %v: the own session: %d", https, a.StatusCode)
		}
		other := &http.Cookie{Name: map[bool]string{true: "session", false: "__Host-session"}[https], Value: mine.Value}
		refused := account(other)
		if refused.StatusCode != http.StatusSeeOther {
			t.Errorf("https %v: %s opens the account: %d", https, other.Name, refused.StatusCode)
		}
		if https && !strings.Contains(strings.Join(refused.Header.Values("Set-Cookie"), "\n"), "session=; Path=/; Max-Age=0") {
			t.Errorf("the planted cookie stays: %v", refused.Header.Values("Set-Cookie"))
		}
		planted := &http.Cookie{Name: other.Name, Value: "aaaaaaaaaaaaaaaaaaaaaaaaaa"}
		if a := account(planted, mine); a.StatusCode != http.StatusOK {
			t.Errorf("https %v: beside a planted one the own session: %d", https, a.StatusCode)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

var changing = regexp.MustCompile(`(?i)request id[^<]*<[^>]*>[^<]*<|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+`)

// TestNobodyLearnsAddresses: sign-in answers the same for an address that has an
// account and one that has none.
func TestNobodyLearnsAddresses(t *testing.T) {
	site, _, _ := house(t)
	answer := func(path string, form url.Values) string {
		a := site.Visitor(t).Patient().Post(path, form)
		return strings.ReplaceAll(changing.ReplaceAllString(a.Body, ""), form.Get("email"), "ADDRESS") + a.Header.Get("Location") + http.StatusText(a.Status)
	}
	for _, path := range []string{"/sign-in", "/forgot"} {
		known := answer(path, url.Values{"email": {"anna@example.org"}, "password": {"wrong wrong wrong"}})
		unknown := answer(path, url.Values{"email": {"nobody@example.org"}, "password": {"wrong wrong wrong"}})
		if known != unknown {
			t.Errorf("%s answers differently:\n%s\n%s", path, known, unknown)
		}
	}
}
