package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/server"
)

// TestProxies opens a session as a proxy would, and reads in the list of sessions where
// the server believes it to come from.
func TestProxies(t *testing.T) {
	for _, s := range []struct {
		name    string
		change  func(*server.Config)
		peer    string
		visitor string
	}{
		{"no proxy", func(*server.Config) {}, "127.0.0.1:9", "127.0.0.1"},
		{"proxy on this machine", func(c *server.Config) { c.HTTPS = true }, "127.0.0.1:9", "192.0.2.1"},
		{"https on another address", func(c *server.Config) { c.HTTPS, c.Address = true, "0.0.0.0:0" }, "127.0.0.1:9", "127.0.0.1"},
		{"proxy that is named", func(c *server.Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")} }, "10.0.0.5:9", "192.0.2.1"},
		{"other machine", func(c *server.Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")} }, "10.0.0.6:9", "10.0.0.6"},
	} {
		t.Run(s.name, func(t *testing.T) {
			c := config(t, clock.System{})
			s.change(&c)
			v, err := server.Open(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			form := url.Values{"workspace": {"Seewinkel Beratung"}, "kind": {"provider"}, "name": {"Anna Huber"}, "email": {"anna@example.org"}, "password": {password}}
			ask := func(method, path string, body io.Reader, cookies []*http.Cookie) *http.Response {
				r := httptest.NewRequest(method, "http://localhost"+path, body)
				r.RemoteAddr = s.peer
				r.Header.Set("X-Forwarded-For", "192.0.2.1")
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, k := range cookies {
					r.AddCookie(k)
				}
				w := httptest.NewRecorder()
				v.Handler().ServeHTTP(w, r)
				return w.Result()
			}
			begun := ask(http.MethodPost, "/start", strings.NewReader(form.Encode()), nil)
			page, err := io.ReadAll(ask(http.MethodGet, "/account", nil, begun.Cookies()).Body)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(page), s.visitor) || s.visitor != "192.0.2.1" && strings.Contains(string(page), "192.0.2.1") {
				t.Errorf("the session is not from %s:\n%s", s.visitor, page)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	v, err := server.Open(context.Background(), config(t, clock.System{}))
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (int, string) {
		w := httptest.NewRecorder()
		v.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://10.0.0.7/health", nil))
		b, err := io.ReadAll(w.Result().Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.Code, string(b)
	}
	if code, text := ask(); code != http.StatusOK || text != "ok\n" {
		t.Errorf("a server that works says %d %q", code, text)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if code, text := ask(); code != http.StatusServiceUnavailable || strings.Contains(text, "sql") {
		t.Errorf("a server without its database says %d %q", code, text)
	}
}
