package guard_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
)

// scenario is one request to a small server behind the guard.
type scenario struct {
	name    string
	options guard.Options
	do      string // "GET /path"
	from    string // peer address with port
	host    string
	body    string
	header  map[string]string

	want     int
	has, not string
	wantHead map[string]string // "" means absent
}

func (s scenario) run(t *testing.T) {
	t.Helper()
	t.Parallel()
	method, path, _ := strings.Cut(s.do, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(s.body))
	if s.from != "" {
		r.RemoteAddr = s.from
	}
	if s.host != "" {
		r.Host = s.host
	}
	for k, v := range s.header {
		r.Header.Set(k, v)
	}
	var log bytes.Buffer
	s.options.Log = slog.New(slog.NewTextHandler(&log, nil))
	g := guard.New(s.options)
	w := httptest.NewRecorder()
	g.Wrap(routes(g)).ServeHTTP(w, r)
	if w.Code != s.want {
		t.Errorf("status %d, want %d\n%s\n%s", w.Code, s.want, w.Body, &log)
	}
	body := text(t, w)
	if !strings.Contains(body, s.has) {
		t.Errorf("body lacks %q:\n%s", s.has, body)
	}
	if s.not != "" && strings.Contains(body, s.not) {
		t.Errorf("body has %q:\n%s", s.not, body)
	}
	for k, want := range s.wantHead {
		if got := w.Header().Get(k); got != want && !(want == "any" && got != "") {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Errorf("a secret is in the log:\n%s", &log)
	}
}

// text is the body, unpacked when it is compressed.
func text(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body io.Reader = w.Body
	if w.Header().Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Fatal(err)
		}
		body = z
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var long = strings.Repeat("<p>the same again</p>\n", 500)

// routes are pages that succeed or fail in each way.
func routes(g *guard.Guard) http.Handler {
	mux := http.NewServeMux()
	failing := map[string]error{
		"/invalid":   fault.List{{Kind: fault.Invalid, Field: "name", What: "the name is empty"}},
		"/missing":   fmt.Errorf("open: %w", &fault.Error{Kind: fault.NotFound, What: "no such organisation"}),
		"/forbidden": &fault.Error{Kind: fault.Forbidden, What: "only an owner may do this"},
		"/conflict":  &fault.Error{Kind: fault.Conflict, What: "somebody was faster"},
		"/internal":  errors.New("password is hunter3"),
		"/teapot":    guard.Status(http.StatusTeapot, "short and stout"),
		"/slow":      fmt.Errorf("query: %w", context.DeadlineExceeded),
	}
	for path, err := range failing {
		mux.Handle("GET "+path, g.Page(func(http.ResponseWriter, *http.Request) error { return err }))
	}
	mux.Handle("GET /panic", g.Page(func(http.ResponseWriter, *http.Request) error { panic("boom hunter3") }))
	mux.Handle("GET /half", g.Page(func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "half of a page")
		return &fault.Error{Kind: fault.NotFound, What: "gone"}
	}))
	mux.Handle("/ok", g.Page(func(w http.ResponseWriter, r *http.Request) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "from %s read %d", guard.Address(r.Context()), len(b))
		return err
	}))
	mux.Handle("GET /long", g.Page(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, long)
		return err
	}))
	mux.Handle("GET /picture", g.Page(func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "image/png")
		_, err := io.WriteString(w, long)
		return err
	}))
	upload := g.Page(func(w http.ResponseWriter, r *http.Request) error {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "read %d", n)
		return err
	})
	mux.Handle("POST /upload", guard.Chain(upload, guard.MaxBody(2000, 0)))
	mux.Handle("GET /file", g.Page(func(w http.ResponseWriter, _ *http.Request) error {
		guard.Download(w, `attachment; filename="x.html"`)
		_, err := io.WriteString(w, "<script>alert(1)</script>")
		return err
	}))
	mux.Handle("POST /go", g.Page(func(w http.ResponseWriter, r *http.Request) error {
		return guard.Redirect(w, r, r.FormValue("to"))
	}))
	return mux
}

func TestErrorsBecomePages(t *testing.T) {
	for _, s := range []scenario{
		{name: "invalid", do: "GET /invalid", want: 422},
		{name: "not found", do: "GET /missing", want: 404},
		{name: "forbidden", do: "GET /forbidden", want: 403},
		{name: "conflict", do: "GET /conflict", want: 409},
		{name: "own status", do: "GET /teapot", want: 418},
		{name: "too slow", do: "GET /slow", want: 503},
		{name: "internal errors say nothing", do: "GET /internal", want: 500, has: "request ", not: "hunter3"},
		{name: "panics say nothing", do: "GET /panic", want: 500, has: "request ", not: "hunter3"},
		{name: "half a page is dropped", do: "GET /half", want: 404, not: "half", header: map[string]string{"Accept-Encoding": "gzip"}},
		{name: "no route", do: "GET /nowhere", want: 404},
	} {
		t.Run(s.name, s.run)
	}
}

func TestErrorPageGetsTheFaults(t *testing.T) {
	var got guard.Problem
	g := guard.New(guard.Options{ErrorPage: func(w http.ResponseWriter, _ *http.Request, p guard.Problem) {
		got = p
		w.WriteHeader(p.Status)
	}})
	for path, want := range map[string]int{"/invalid": 1, "/internal": 0} {
		w := httptest.NewRecorder()
		g.Wrap(routes(g)).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if len(got.Faults) != want || got.RequestID == "" || got.RequestID != w.Header().Get("X-Request-Id") {
			t.Errorf("%s: %d faults, want %d; request %q, header %q", path, len(got.Faults), want, got.RequestID, w.Header().Get("X-Request-Id"))
		}
	}
}

func TestHeaders(t *testing.T) {
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	all := map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "any",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "X-Request-Id": "any",
		"Strict-Transport-Security": "",
	}
	for _, s := range []scenario{
		{name: "page", do: "GET /ok", want: 200, wantHead: all},
		{name: "error page", do: "GET /internal", want: 500, wantHead: all},
		{name: "panic", do: "GET /panic", want: 500, wantHead: all},
		{name: "no route", do: "GET /nowhere", want: 404, wantHead: all},
		{name: "refused", do: "POST /ok", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: 403, wantHead: all},
		{name: "https", options: guard.Options{HTTPS: true}, do: "GET /ok", want: 200,
			wantHead: map[string]string{"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}},
		{name: "download", do: "GET /file", want: 200, wantHead: map[string]string{
			"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="x.html"`,
			"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'"}},
	} {
		t.Run(s.name, s.run)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	site := func(v string) map[string]string { return map[string]string{"Sec-Fetch-Site": v} }
	for _, s := range []scenario{
		{name: "own page", do: "POST /ok", header: site("same-origin"), want: 200},
		{name: "typed address", do: "GET /ok", header: site("none"), want: 200},
		{name: "link from another site", do: "GET /ok", header: site("cross-site"), want: 200},
		{name: "form of another site", do: "POST /ok", header: site("cross-site"), want: 403},
		{name: "form of a sister site", do: "POST /ok", header: site("same-site"), want: 403},
		{name: "old browser, other origin", do: "POST /ok", host: "nisaba.example", header: map[string]string{"Origin": "https://evil.example"}, want: 403},
		{name: "old browser, own origin", do: "POST /ok", host: "nisaba.example", header: map[string]string{"Origin": "https://nisaba.example"}, want: 200},
		{name: "known host", do: "GET /ok", options: guard.Options{Hosts: []string{"localhost"}}, host: "LOCALHOST:8080", want: 200},
		{name: "known IPv6 host", do: "GET /ok", options: guard.Options{Hosts: []string{"::1"}}, host: "[::1]:8080", want: 200},
		{name: "name that resolves here", do: "GET /ok", options: guard.Options{Hosts: []string{"localhost"}}, host: "evil.example:8080", want: 421},
		{name: "query stays out of the log", do: "GET /ok?password=hunter2", want: 200},
	} {
		t.Run(s.name, s.run)
	}
}

func TestAddresses(t *testing.T) {
	proxies := guard.Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	forwarded := func(v string) map[string]string { return map[string]string{"X-Forwarded-For": v} }
	for _, s := range []scenario{
		{name: "peer", do: "GET /ok", from: "198.51.100.7:99", want: 200, has: "from 198.51.100.7 "},
		{name: "mapped peer", do: "GET /ok", from: "[::ffff:198.51.100.7]:99", want: 200, has: "from 198.51.100.7 "},
		{name: "claim without proxy", do: "GET /ok", from: "198.51.100.7:99", header: forwarded("192.0.2.1"), want: 200, has: "from 198.51.100.7 "},
		{name: "claim through an unknown proxy", options: proxies, do: "GET /ok", from: "198.51.100.7:99", header: forwarded("192.0.2.1"), want: 200, has: "from 198.51.100.7 "},
		{name: "proxy", options: proxies, do: "GET /ok", from: "10.0.0.1:99", header: forwarded("192.0.2.1"), want: 200, has: "from 192.0.2.1 "},
		{name: "forged first hop", options: proxies, do: "GET /ok", from: "10.0.0.1:99", header: forwarded("192.0.2.1, 203.0.113.9"), want: 200, has: "from 203.0.113.9 "},
		{name: "two proxies", options: proxies, do: "GET /ok", from: "10.0.0.1:99", header: forwarded("192.0.2.1, 10.2.0.1"), want: 200, has: "from 192.0.2.1 "},
		{name: "nonsense", options: proxies, do: "GET /ok", from: "10.0.0.1:99", header: forwarded("me"), want: 200, has: "from 10.0.0.1 "},
	} {
		t.Run(s.name, s.run)
	}
}

func TestSizes(t *testing.T) {
	small := guard.Options{MaxBody: 100}
	for _, s := range []scenario{
		{name: "fits", options: small, do: "POST /ok", body: strings.Repeat("x", 100), want: 200, has: "read 100"},
		{name: "too long", options: small, do: "POST /ok", body: strings.Repeat("x", 101), want: 413},
		{name: "route with a larger limit", options: small, do: "POST /upload", body: strings.Repeat("x", 2000), want: 200, has: "read 2000"},
		{name: "and its end", options: small, do: "POST /upload", body: strings.Repeat("x", 2001), want: 413},
		{name: "route with a smaller limit", do: "POST /upload", body: strings.Repeat("x", 2001), want: 413},
	} {
		t.Run(s.name, s.run)
	}
}

func TestCompression(t *testing.T) {
	zip := map[string]string{"Accept-Encoding": "br;q=1, gzip;q=0.8"}
	for _, s := range []scenario{
		{name: "long page", do: "GET /long", header: zip, want: 200, has: long, wantHead: map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Content-Type": "text/html; charset=utf-8"}},
		{name: "not asked for", do: "GET /long", want: 200, has: long, wantHead: map[string]string{"Content-Encoding": ""}},
		{name: "refused", do: "GET /long", header: map[string]string{"Accept-Encoding": "gzip;q=0.0"}, want: 200, has: long, wantHead: map[string]string{"Content-Encoding": ""}},
		{name: "short page", do: "GET /ok", header: zip, want: 200, has: "read 0", wantHead: map[string]string{"Content-Encoding": ""}},
		{name: "picture", do: "GET /picture", header: zip, want: 200, has: long, wantHead: map[string]string{"Content-Encoding": ""}},
		{name: "panic", do: "GET /panic", header: zip, want: 500, wantHead: map[string]string{"Content-Encoding": ""}},
	} {
		t.Run(s.name, s.run)
	}
}

func TestRedirectsStayHere(t *testing.T) {
	for target, want := range map[string]string{
		"/o/1/tasks?done=1#x":    "/o/1/tasks?done=1#x",
		"https://evil.example/":  "/",
		"//evil.example/":        "/",
		`/\evil.example/`:        "/",
		`/a\..\..\\evil.example`: "/",
		"/\t/evil.example":       "/",
		"/%2f/evil.example":      "/",
		"javascript:alert(1)":    "/",
		"evil.example":           "/",
		"":                       "/",
		"/\r\nSet-Cookie: a=b":   "/",
	} {
		if got := guard.Local(target, "/"); got != want {
			t.Errorf("Local(%q) = %q, want %q", target, got, want)
		}
	}
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for _, s := range []scenario{
		{name: "see other", do: "POST /go", header: form, body: "to=/home", want: 303, wantHead: map[string]string{"Location": "/home"}},
		{name: "elsewhere", do: "POST /go", header: form, body: "to=//evil.example", want: 303, wantHead: map[string]string{"Location": "/"}},
		{name: "htmx", do: "POST /go", header: map[string]string{"Content-Type": form["Content-Type"], "HX-Request": "true"}, body: "to=/home", want: 204,
			wantHead: map[string]string{"HX-Redirect": "/home", "Location": ""}},
	} {
		t.Run(s.name, s.run)
	}
}

func TestBack(t *testing.T) {
	for referer, want := range map[string]string{
		"http://example.com/o/1?tab=2": "/o/1?tab=2",
		"http://evil.example/o/1":      "/",
		"":                             "/",
		"http://example.com//evil":     "/",
	} {
		r := httptest.NewRequest("POST", "http://example.com/theme", nil)
		r.Header.Set("Referer", referer)
		if got := guard.Back(r, "/"); got != want {
			t.Errorf("Back from %q = %q, want %q", referer, got, want)
		}
	}
}
