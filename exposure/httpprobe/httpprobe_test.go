package httpprobe_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/exposuretest"
	"github.com/nisaba-platform/nisaba/exposure/httpprobe"
)

// fixed is a resolver that knows one answer.
type fixed []netip.Addr

// Addresses answers with it.
func (f fixed) Addresses(context.Context, string) (exposure.Answer, error) {
	return exposure.Answer{Addresses: f}, nil
}

// lab is a scan of servers on loopback addresses.
type lab struct {
	addresses fixed // of the name; nil: 127.0.0.1
	settings  map[string]string
	data      map[string]any
	ends      error            // with which the scan ends
	dialer    *exposure.Dialer // of the scan
}

func (l *lab) scan(t testing.TB, targets ...exposure.Target) map[string]exposure.Finding {
	t.Helper()
	permit, err := exposure.Own(exposure.Scope{ID: "test", Until: time.Now().Add(time.Hour), Classes: []exposure.Class{exposure.Passive}, Loopback: true,
		Domains:  []exposure.Domain{{Name: "www.example.org", Sweep: true}, {Name: "shop.example.org"}},
		Networks: []exposure.Network{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, {Prefix: netip.MustParsePrefix("::1/128")}}})
	if err != nil {
		t.Fatal(err)
	}
	catalogue := exposuretest.Catalogue(t)
	if l.addresses == nil {
		l.addresses = fixed{netip.MustParseAddr("127.0.0.1")}
	}
	d := exposure.NewDialer(permit, exposure.DialerOptions{Resolver: l.addresses, Timeout: time.Minute})
	if _, err := d.Lookup(context.Background(), "www.example.org"); err != nil {
		t.Fatal(err)
	}
	l.dialer = d
	out := map[string]exposure.Finding{}
	s := exposure.Scan{Probes: httpprobe.Probes(), Targets: targets,
		Session: exposure.Session{Dialer: d, Catalogue: catalogue, Scanner: "test", Settings: l.settings, Data: exposure.Data{Kinds: l.data}}}
	if err := s.Run(context.Background(), func(f exposure.Finding) {
		if f.Target.Name != "shop.example.org" {
			out[f.Check] = f
		}
	}); !errors.Is(err, l.ends) {
		t.Fatal(err)
	}
	return out
}

func target(t testing.TB, server *httptest.Server, service string) exposure.Target {
	t.Helper()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	return exposure.Target{Declared: "www.example.org", Name: "www.example.org", Address: at.Addr(), Port: at.Port(), Service: service}
}

// page answers the start page with headers and a body, and 404 elsewhere.
func page(headers map[string]string, body string, more map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h, ok := more[r.URL.Path]; ok {
			h(w, r)
			return
		}
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		if r.Method == http.MethodTrace || r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		fmt.Fprint(w, body)
	}
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
}

// good are the headers of a server with which nothing is wrong.
func good() map[string]string {
	return map[string]string{
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
		"Content-Security-Policy":   "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "same-origin",
		"Set-Cookie":                "__Host-session=1; Path=/; Secure; HttpOnly; SameSite=Lax",
		"Server":                    "nginx",
	}
}

const empty = "<!doctype html><title>Example</title><h1>Hello</h1>"

// githubToken has the form and the checksum of a token; it was never one.
const githubToken = "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"

// TestService spoils one thing at a time: the check that is about it notices, and
// the others do not.
func TestService(t *testing.T) {
	pass := map[string]exposure.Outcome{"HTTP-03": exposure.Pass, "HTTP-04": exposure.Pass, "HTTP-05": exposure.Pass, "HTTP-06": exposure.Pass, "HTTP-07": exposure.Pass,
		"HTTP-08": exposure.Info, "HTTP-09": exposure.Pass, "HTTP-10": exposure.Pass, "HTTP-11": exposure.NotApplicable, "HTTP-12": exposure.Pass, "HTTP-14": exposure.Pass,
		"HTTP-15": exposure.Pass, "HTTP-16": exposure.Pass, "HTTP-17": exposure.Pass, "HTTP-18": exposure.NotApplicable, "HTTP-19": exposure.NotApplicable, "HTTP-20": exposure.Pass,
		"HTTP-21": exposure.Info, "HTTP-22": exposure.Info, "HTTP-23": exposure.Info, "HTTP-24": exposure.Info, "HTTP-25": exposure.Pass, "HTTP-26": exposure.Info, "HTTP-28": exposure.Info}
	type want map[string]exposure.Outcome
	header := func(name, value string) map[string]string {
		h := good()
		if value == "" {
			delete(h, name)
		} else {
			h[name] = value
		}
		return h
	}
	for name, tc := range map[string]struct {
		headers map[string]string
		body    string
		more    map[string]http.HandlerFunc
		want    want
	}{
		"good":             {good(), empty, nil, nil},
		"no HSTS":          {header("Strict-Transport-Security", ""), empty, nil, want{"HTTP-03": exposure.Fail}},
		"short HSTS":       {header("Strict-Transport-Security", "max-age=20000000; includeSubDomains"), empty, nil, want{"HTTP-03": exposure.Warn}},
		"double HSTS":      {header("Strict-Transport-Security", "max-age=63072000; max-age=1"), empty, nil, want{"HTTP-03": exposure.Fail}},
		"no policy":        {header("Content-Security-Policy", ""), empty, nil, want{"HTTP-04": exposure.Fail, "HTTP-05": exposure.Fail}},
		"inline scripts":   {header("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"), empty, nil, want{"HTTP-04": exposure.Fail}},
		"nonce":            {header("Content-Security-Policy", "default-src 'self'; script-src 'nonce-AbC' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"), empty, nil, nil},
		"wide default":     {header("Content-Security-Policy", "default-src 'self' cdn.example.org; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"), empty, nil, want{"HTTP-04": exposure.Warn}},
		"two policies":     {header("Content-Security-Policy", "script-src *, default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"), empty, nil, nil},
		"framed anywhere":  {header("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *"), empty, nil, want{"HTTP-05": exposure.Fail}},
		"sniffing":         {header("X-Content-Type-Options", "yes"), empty, nil, want{"HTTP-06": exposure.Fail}},
		"referrer":         {header("Referrer-Policy", "same-origin, unsafe-url"), empty, nil, want{"HTTP-07": exposure.Fail}},
		"referrer unknown": {header("Referrer-Policy", "same-origin, sometimes"), empty, nil, nil},
		"session cookie":   {header("Set-Cookie", "PHPSESSID=abc; path=/"), empty, nil, want{"HTTP-10": exposure.Fail}},
		"cookie dropped":   {header("Set-Cookie", "__Host-x=1; Secure; Path=/app"), empty, nil, want{"HTTP-10": exposure.Fail}},
		"version":          {header("Server", "Apache/2.4.57 (Debian)"), empty, nil, want{"HTTP-14": exposure.Fail}},
		"old header":       {header("X-XSS-Protection", "1; mode=block"), empty, nil, nil},
		"foreign script":   {good(), empty + `<script src="https://cdn.example.net/a.js"></script>`, nil, want{"HTTP-11": exposure.Fail}},
		"pinned script":    {good(), empty + `<script src="https://cdn.example.net/a.js" integrity="sha384-x"></script>`, nil, want{"HTTP-11": exposure.Pass}},
		"mixed":            {good(), empty + `<img src="http://img.example.net/a.png"><iframe src="http://x.example.net/"></iframe>`, nil, want{"HTTP-12": exposure.Fail}},
		"folder":           {good(), "<html><head><title>Index of /</title></head>", nil, want{"HTTP-15": exposure.Fail}},
		"git":              {good(), empty, map[string]http.HandlerFunc{"/.git/HEAD": text("ref: refs/heads/main\n")}, want{"HTTP-16": exposure.Fail}},
		"console":          {good(), empty, map[string]http.HandlerFunc{"/phpmyadmin/": text("<title>phpMyAdmin</title>")}, want{"HTTP-17": exposure.Fail}},
		"portal":           {good(), empty, map[string]http.HandlerFunc{"/remote/login": text("<script>var fgt_lang</script>")}, want{"HTTP-18": exposure.Info}},
		"old jQuery":       {good(), empty + `<script src="/js/jquery-1.12.4.min.js"></script>`, nil, want{"HTTP-24": exposure.Fail}},
		"new jQuery":       {good(), empty + `<script src="/js/jquery-3.7.1.min.js"></script>`, nil, want{"HTTP-24": exposure.Pass}},
		"secret": {good(), empty + `<script src="/app.js"></script>`, map[string]http.HandlerFunc{"/app.js": text("token = '" + githubToken + "'")},
			want{"HTTP-25": exposure.Fail}},
		"no secret": {good(), empty + "<p>AKIAIOSFODNN7EXAMPLE ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18</p>", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := exposuretest.NewTLSServer(t, page(tc.headers, tc.body, tc.more))
			got := (&lab{}).scan(t, target(t, server, "https"))
			for check, o := range pass {
				if special, ok := tc.want[check]; ok {
					o = special
				}
				if f := got[check]; f.Outcome != o {
					t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, o)
				}
			}
			for _, f := range got {
				if strings.Contains(f.Observed, githubToken) || strings.Contains(f.Observed, "abc") {
					t.Errorf("%s keeps a secret: %s", f.Check, f.Observed)
				}
			}
		})
	}
}

// TestRequests: what depends on the request is seen.
func TestRequests(t *testing.T) {
	server := exposuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o := r.Header.Get("Origin"); o != "" {
			w.Header().Set("Access-Control-Allow-Origin", o)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		}
		if r.Header.Get("Accept-Encoding") != "" {
			w.Header().Set("Content-Encoding", "gzip")
		}
		if r.Method == http.MethodTrace {
			r.Write(w)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, empty)
	}))
	got := (&lab{}).scan(t, target(t, server, "https"))
	for check, want := range map[string]exposure.Outcome{"HTTP-09": exposure.Fail, "HTTP-20": exposure.Fail, "HTTP-16": exposure.Pass} {
		if f := got[check]; f.Outcome != want {
			t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
		}
	}
	if !strings.Contains(got["HTTP-21"].Observed, "BREACH") {
		t.Errorf("HTTP-21: %s", got["HTTP-21"].Observed)
	}
}

// TestRedirectElsewhere: a redirect to another place is recorded and not followed,
// and nothing is judged by a page that was not seen.
func TestRedirectElsewhere(t *testing.T) {
	var visits int
	other := exposuretest.NewServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits++ }))
	server := exposuretest.NewTLSServer(t, http.RedirectHandler(other.URL, http.StatusFound))
	got := (&lab{}).scan(t, target(t, server, "https"))
	if visits != 0 {
		t.Errorf("the other place was visited %d times", visits)
	}
	for _, check := range []string{"HTTP-04", "HTTP-05", "HTTP-11", "HTTP-12", "HTTP-16", "HTTP-24", "HTTP-25"} {
		if f := got[check]; f.Outcome != exposure.NotApplicable || !strings.Contains(f.Reason, "127.0.0.1") {
			t.Errorf("%s: %s (%s%s)", check, f.Outcome, f.Observed, f.Reason)
		}
	}
}

// TestAnError is never a pass: a page that was not shown, a server that stops
// answering, and a service that speaks something else.
func TestAnError(t *testing.T) {
	broken := exposuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	got := (&lab{}).scan(t, target(t, broken, "https"))
	for _, check := range []string{"HTTP-11", "HTTP-12", "HTTP-15", "HTTP-16", "HTTP-17", "HTTP-24", "HTTP-25"} {
		if f := got[check]; f.Outcome != exposure.Error {
			t.Errorf("%s: %s (%s%s)", check, f.Outcome, f.Observed, f.Reason)
		}
	}
	l := exposuretest.Listen(t, "127.0.0.1")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "SSH-2.0-OpenSSH_9.2\r\n")
			c.Close()
		}
	}()
	at := netip.MustParseAddrPort(l.Addr().String())
	for _, f := range (&lab{}).scan(t, exposure.Target{Declared: "x", Address: at.Addr(), Port: at.Port(), Service: "http"}) {
		if f.Outcome != exposure.Error {
			t.Errorf("%s: %s (%s%s)", f.Check, f.Outcome, f.Observed, f.Reason)
		}
	}
}

// TestStopped: a scan that is stopped in the middle of a service leaves no findings
// behind, because what was not asked was not seen.
func TestStopped(t *testing.T) {
	l := &lab{}
	server := exposuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodTrace {
			l.dialer.Stop()
			w.Header().Set("Connection", "close")
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, empty)
	}))
	l.ends = exposure.ErrStopped
	if got := l.scan(t, target(t, server, "https")); len(got) > 0 {
		t.Errorf("%d findings", len(got))
	}
}

// TestPlain: a form for signing in over HTTP is noticed.
func TestPlain(t *testing.T) {
	server := exposuretest.NewServer(t, page(nil, empty+`<form method=post><input type=password name=p></form>`, nil))
	got := (&lab{}).scan(t, target(t, server, "http"))
	for check, want := range map[string]exposure.Outcome{"HTTP-03": exposure.NotApplicable, "HTTP-12": exposure.NotApplicable, "HTTP-19": exposure.Fail, "HTTP-28": exposure.NotApplicable} {
		if f := got[check]; f.Outcome != want {
			t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
		}
	}
}

// TestSite looks at a name: HTTPS, the redirect from HTTP, security.txt.
func TestSite(t *testing.T) {
	valid := "Contact: mailto:security@example.org\r\nExpires: " + time.Now().AddDate(0, 6, 0).UTC().Format(time.RFC3339) + "\r\n"
	secure := exposuretest.NewTLSServer(t, page(good(), empty, map[string]http.HandlerFunc{"/.well-known/security.txt": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, valid)
	}}))
	securePort := fmt.Sprint(netip.MustParseAddrPort(secure.Listener.Addr().String()).Port())
	for name, tc := range map[string]struct {
		plain http.Handler // nil: closed
		want  map[string]exposure.Outcome
	}{
		"closed":      {nil, map[string]exposure.Outcome{"HTTP-02": exposure.Pass}},
		"same":        {http.RedirectHandler("https://www.example.org:"+securePort+"/", http.StatusMovedPermanently), map[string]exposure.Outcome{"HTTP-02": exposure.Pass}},
		"other":       {http.RedirectHandler("https://example.net/", http.StatusMovedPermanently), map[string]exposure.Outcome{"HTTP-02": exposure.Warn}},
		"not at all":  {page(nil, empty, nil), map[string]exposure.Outcome{"HTTP-02": exposure.Fail}},
		"http again":  {http.RedirectHandler("http://example.net/", http.StatusMovedPermanently), map[string]exposure.Outcome{"HTTP-02": exposure.Fail}},
		"in a circle": {http.RedirectHandler("/", http.StatusMovedPermanently), map[string]exposure.Outcome{"HTTP-02": exposure.Fail}},
	} {
		t.Run(name, func(t *testing.T) {
			settings := map[string]string{httpprobe.SecurePortSetting: securePort, httpprobe.PortSetting: fmt.Sprint(exposuretest.Port(t))}
			if tc.plain != nil {
				plain := exposuretest.NewServer(t, tc.plain)
				settings[httpprobe.PortSetting] = fmt.Sprint(netip.MustParseAddrPort(plain.Listener.Addr().String()).Port())
			}
			got := (&lab{settings: settings}).scan(t, exposure.Target{Declared: "www.example.org", Name: "www.example.org"})
			want := map[string]exposure.Outcome{"HTTP-01": exposure.Pass, "HTTP-13": exposure.Pass, "HTTP-27": exposure.NotApplicable}
			for check, o := range tc.want {
				want[check] = o
			}
			for check, o := range want {
				if f := got[check]; f.Outcome != o {
					t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, o)
				}
			}
		})
	}
	settings := map[string]string{httpprobe.SecurePortSetting: fmt.Sprint(exposuretest.Port(t)), httpprobe.PortSetting: fmt.Sprint(exposuretest.Port(t))}
	for _, f := range (&lab{settings: settings}).scan(t, exposure.Target{Declared: "www.example.org", Name: "www.example.org"}) {
		if f.Outcome != exposure.NotApplicable {
			t.Errorf("nothing there: %s: %s (%s)", f.Check, f.Outcome, f.Reason)
		}
	}
}

// TestBothFamilies compares what a name shows over IPv4 and IPv6, and notices when
// one of them has no HTTPS.
func TestBothFamilies(t *testing.T) {
	exposuretest.NeedIPv6(t)
	same := strings.Repeat("the same words over and over again, in one order ", 20)
	for name, tc := range map[string]struct {
		other http.HandlerFunc // over IPv6; nil: nothing
		want  map[string]exposure.Outcome
	}{
		"alike":      {page(nil, empty+same+" 12:00", nil), map[string]exposure.Outcome{"HTTP-01": exposure.Pass, "HTTP-27": exposure.Pass}},
		"other page": {page(nil, "<html>"+strings.Repeat("welcome to another machine that nobody looks after ", 20), nil), map[string]exposure.Outcome{"HTTP-27": exposure.Warn}},
		"not found":  {http.NotFound, map[string]exposure.Outcome{"HTTP-27": exposure.Fail}},
		"nothing":    {nil, map[string]exposure.Outcome{"HTTP-01": exposure.Fail, "HTTP-27": exposure.NotApplicable}},
	} {
		t.Run(name, func(t *testing.T) {
			four := exposuretest.NewTLSServer(t, page(nil, empty+same+" 11:59", nil))
			port := fmt.Sprint(netip.MustParseAddrPort(four.Listener.Addr().String()).Port())
			if tc.other != nil {
				l, err := net.Listen("tcp", net.JoinHostPort("::1", port))
				if err != nil {
					t.Fatal(err)
				}
				six := exposuretest.NewUnstartedServer(t, tc.other)
				six.Listener.Close()
				six.Listener = l
				six.StartTLS()
			}
			both := fixed{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
			got := (&lab{addresses: both, settings: map[string]string{httpprobe.SecurePortSetting: port, httpprobe.PortSetting: fmt.Sprint(exposuretest.Port(t))}}).scan(t,
				exposure.Target{Declared: "www.example.org", Name: "www.example.org"})
			for check, want := range tc.want {
				if f := got[check]; f.Outcome != want {
					t.Errorf("%s: %s (%s%s), want %s", check, f.Outcome, f.Observed, f.Reason, want)
				}
			}
		})
	}
}

// BenchmarkService is a whole look at one web service: all its checks.
func BenchmarkService(b *testing.B) {
	server := exposuretest.NewTLSServer(b, page(good(), empty, nil))
	for b.Loop() {
		(&lab{}).scan(b, target(b, server, "https"))
	}
}

// TestHostile: what a server sends without end is read within limits.
func TestHostile(t *testing.T) {
	server := exposuretest.NewTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		block := []byte(strings.Repeat("<script src=//x.example.net></script>", 1000))
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	got := (&lab{}).scan(t, target(t, server, "https"))
	if f := got["HTTP-11"]; f.Outcome != exposure.Fail || len(f.Observed) > 4000 {
		t.Errorf("HTTP-11: %s (%s)", f.Outcome, f.Observed)
	}
}

// TestScore compares with what the Observatory's chart says for the same faults.
func TestScore(t *testing.T) {
	finding := func(check string, o exposure.Outcome, observed string) exposure.Finding {
		return exposure.Finding{Check: check, Outcome: o, Observed: observed, Severity: exposure.Medium}
	}
	base := []exposure.Finding{finding("HTTP-02", exposure.Pass, ""), finding("HTTP-03", exposure.Pass, ""), finding("HTTP-04", exposure.Pass, "default-src 'self'"),
		finding("HTTP-05", exposure.Pass, "frame-ancestors 'none'"), finding("HTTP-06", exposure.Pass, ""), finding("HTTP-07", exposure.Pass, "same-origin"),
		finding("HTTP-08", exposure.Info, ""), finding("HTTP-09", exposure.Pass, ""), finding("HTTP-10", exposure.Pass, "no cookie is set"), finding("HTTP-11", exposure.NotApplicable, "")}
	for name, tc := range map[string]struct {
		change []exposure.Finding
		points int
		letter string
	}{
		"good":             {nil, 115, "A+"},
		"no policy":        {[]exposure.Finding{finding("HTTP-04", exposure.Fail, "there is no policy")}, 75, "B"},
		"sniffing":         {[]exposure.Finding{finding("HTTP-06", exposure.Fail, "")}, 110, "A+"},
		"origin repeated":  {[]exposure.Finding{finding("HTTP-09", exposure.Fail, "")}, 50, "C"},
		"nothing is right": {[]exposure.Finding{finding("HTTP-02", exposure.Fail, ""), finding("HTTP-03", exposure.Fail, ""), finding("HTTP-04", exposure.Fail, "there is no policy"), finding("HTTP-05", exposure.Fail, ""), finding("HTTP-09", exposure.Fail, "")}, 0, "F"},
	} {
		got, ok := httpprobe.ScoreOf(append(slices.Clone(base), tc.change...))
		if !ok || got.Points != tc.points || got.Letter != tc.letter {
			t.Errorf("%s: %+v %v, want %d %s", name, got, ok, tc.points, tc.letter)
		}
	}
	if _, ok := httpprobe.ScoreOf(append(slices.Clone(base), finding("HTTP-09", exposure.Error, ""))); ok {
		t.Error("an error has a score")
	}
}

func TestEveryCheckIsInTheCatalogue(t *testing.T) {
	catalogue := exposuretest.Catalogue(t)
	answered := map[string]bool{}
	for _, id := range append(httpprobe.Checks(), httpprobe.SiteChecks()...) {
		if _, ok := catalogue.Get(id); !ok {
			t.Errorf("%s is not in the catalogue", id)
		}
		answered[id] = true
	}
	for _, c := range catalogue.Checks {
		if c.Area == exposure.AreaHTTP && !answered[c.ID] {
			t.Errorf("nothing answers %s", c.ID)
		}
	}
}
