// Package platform starts the real server for tests of the whole, and gives them
// visitors without script.
package platform

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/internal/web/pages"
	"github.com/nisaba-platform/nisaba/law/country"
)

// Password is a password that the platform accepts.
const Password = "correct horse battery staple"

// knowledge is read once for a test program: nobody changes it.
var knowledge = sync.OnceValues(func() (assessing.Knowledge, error) {
	cat, err := catalog.Load(content.FS, accounts.Languages()...)
	if err != nil {
		return assessing.Knowledge{}, err
	}
	set, err := country.Load(content.FS)
	return assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}, err
})

var messages = sync.OnceValues(func() (*locale.Catalogue, error) { return locale.Load(content.FS, "messages") })

// Config is the configuration of a server with a fresh database and the real
// content, for tests that change something before they open it.
func Config(t testing.TB) server.Config {
	t.Helper()
	known, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := messages()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	storetest.Prepare(t, filepath.Join(folder, "nisaba.db"))
	return server.Config{Address: "127.0.0.1:0", Data: folder, Messages: texts, Knowledge: known, Log: slog.New(slog.DiscardHandler)}
}

// Site is a running server.
type Site struct {
	URL    string // http://127.0.0.1:PORT
	Routes []pages.Route
	Server *server.Server
}

// Start runs a server until the test ends.
func Start(t testing.TB, c server.Config) Site {
	t.Helper()
	s, err := server.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return Site{URL: h.URL, Routes: s.Routes(), Server: s}
}

// Visitor is somebody with a browser that keeps cookies and runs no script.
type Visitor struct {
	t    testing.TB
	Site string
	HTTP *http.Client
}

// Visitor returns somebody who is not signed in.
func (s Site) Visitor(t testing.TB) Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Visitor{t, s.URL, &http.Client{Jar: jar}}
}

// Answer is what came back after all redirects.
type Answer struct {
	Status int
	Body   string
	At     string // path with query where the redirects ended
	Header http.Header
}

// Send makes a request and follows its redirects. header may be nil.
func (v Visitor) Send(method, path string, body io.Reader, header http.Header) Answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, v.Site+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	res, err := v.HTTP.Do(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		res.Body = io.NopCloser(strings.NewReader("")) // a stream of events has no end
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{Status: res.StatusCode, Body: string(b), At: res.Request.URL.RequestURI(), Header: res.Header}
}

// Get opens a page.
func (v Visitor) Get(path string) Answer {
	v.t.Helper()
	return v.Send(http.MethodGet, path, nil, nil)
}

// Post sends a form.
func (v Visitor) Post(path string, form url.Values) Answer {
	v.t.Helper()
	return v.Send(http.MethodPost, path, strings.NewReader(form.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// Patient is the same visitor whose browser shows a redirect instead of following it.
func (v Visitor) Patient() Visitor {
	v.HTTP = &http.Client{Jar: v.HTTP.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return v
}

// Cookie is the value of a cookie of the visitor, "" for none.
func (v Visitor) Cookie(name string) string {
	u, err := url.Parse(v.Site)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.HTTP.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// Found makes the first account, with the workspace.
func (v Visitor) Found(workspace, name, email string) {
	v.t.Helper()
	if a := v.Post("/start", url.Values{"workspace": {workspace}, "kind": {"provider"}, "name": {name}, "email": {email}, "password": {Password}}); a.At != "/" {
		v.t.Fatalf("the first account led to %s with %d:\n%.600s", a.At, a.Status, a.Body)
	}
}

// Import adds an example organisation and returns its address.
func (v Visitor) Import(example string) string {
	v.t.Helper()
	text, err := examples.FS.ReadFile(example)
	if err != nil {
		v.t.Fatal(err)
	}
	a := v.Post("/organisations/import", url.Values{"kind": {"client"}, "text": {string(text)}})
	if a.Status != http.StatusOK || !strings.HasPrefix(a.At, "/organisations/") {
		v.t.Fatalf("importing %s led to %s with %d:\n%.800s", example, a.At, a.Status, a.Body)
	}
	return a.At
}

var joinLink = regexp.MustCompile(`/join/[a-z0-9]+`)

// Join makes the visitor a member of the owner's workspace, with a new account.
func (v Visitor) Join(owner Visitor, role, name, email string) {
	v.t.Helper()
	link := joinLink.FindString(owner.Post("/members/invite", url.Values{"role": {role}}).Body)
	if link == "" {
		v.t.Fatal("the invitation shows no link")
	}
	if a := v.Post(link, url.Values{"name": {name}, "email": {email}, "password": {Password}}); a.At != "/" && a.Status != http.StatusForbidden {
		v.t.Fatalf("joining led to %s with %d:\n%.600s", a.At, a.Status, a.Body)
	}
}
