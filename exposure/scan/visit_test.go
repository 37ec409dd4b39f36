package scan_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

type fixed netip.Addr

func (f fixed) Addresses(context.Context, string) (exposure.Answer, error) {
	return exposure.Answer{Addresses: []netip.Addr{netip.Addr(f)}}, nil
}

// stranger is a web server that notes what it is asked, with other services beside it
// that note who comes.
type stranger struct {
	mu    sync.Mutex
	asked []string // methods and paths
	came  []string // addresses of other services
}

func (s *stranger) note(list *[]string, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, what)
}

func (s *stranger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.note(&s.asked, r.Method+" "+r.URL.Path)
	if r.Header.Get("Origin") != "" {
		s.note(&s.asked, "Origin")
	}
	w.Header().Set("Content-Type", "text/html")
	io.WriteString(w, `<!doctype html><html><title>Shop</title><script src="/own.js"></script></html>`)
}

func (s *stranger) open(t *testing.T, host string) {
	t.Helper()
	listen := func(port string) net.Listener {
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if errors.Is(err, syscall.EACCES) {
			t.Skip("the ports of the web cannot be opened by this user")
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	quiet := log.New(io.Discard, "", 0)
	plain := &http.Server{Handler: s, ErrorLog: quiet}
	go plain.Serve(listen("80"))
	t.Cleanup(func() { plain.Close() })
	secure := &httptest.Server{Listener: listen("443"), TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}, Config: &http.Server{Handler: s, ErrorLog: quiet}}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, port := range []string{"21", "22", "25", "110", "143", "465", "587", "993", "3389", "5900", "8080", "8443"} {
		l := listen(port)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				s.note(&s.came, l.Addr().String())
				c.Close()
			}
		}()
	}
}

// TestVisit: without consent, a scan asks what a browser asks and nothing else, judges
// what it was shown, and says of the rest that consent is missing.
func TestVisit(t *testing.T) {
	const host = "127.78.0.9"
	var s stranger
	s.open(t, host)
	permit, err := exposure.Own(exposure.Scope{ID: "visit-1", Until: time.Now().Add(time.Hour), Domains: []exposure.Domain{{Name: "example.org"}}, Classes: []exposure.Class{exposure.Passive},
		Services: true, Visit: true, Loopback: true, Networks: []exposure.Network{{Prefix: netip.MustParsePrefix(host + "/32")}}})
	if err != nil {
		t.Fatal(err)
	}
	o := scan.Options{Permit: permit, Knowledge: knowledge(t), Scanner: "Test 1", Timeout: time.Minute, Resolver: fixed(netip.MustParseAddr(host))}
	entry, err := scan.Parse("example.org")
	if err != nil {
		t.Fatal(err)
	}
	o.Entries = []scan.Entry{entry}
	found := map[string][]exposure.Finding{}
	if err := scan.Run(t.Context(), o, func(f exposure.Finding) { found[f.Check] = append(found[f.Check], f) }); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.came) > 0 {
		t.Errorf("other services were contacted: %q", s.came)
	}
	for _, what := range s.asked {
		if !slices.Contains([]string{"GET /", "GET /own.js", "GET /.well-known/security.txt", "GET /security.txt", "GET /.well-known/mta-sts.txt"}, what) {
			t.Errorf("no visitor asks for %q", what)
		}
	}
	if len(s.asked) > 30 {
		t.Errorf("%d requests are more than a visit: %q", len(s.asked), s.asked)
	}
	for check, want := range map[string]exposure.Outcome{"HTTP-01": exposure.Pass, "HTTP-02": exposure.Fail, "HTTP-03": exposure.Fail, "HTTP-04": exposure.Fail, "CERT-01": exposure.Fail, "CERT-04": exposure.Fail} {
		if list := found[check]; !slices.ContainsFunc(list, func(f exposure.Finding) bool { return f.Outcome == want }) {
			t.Errorf("%s: %+v, want %s", check, list, want)
		}
	}
	for _, c := range o.Knowledge.Catalogue.Checks {
		list := found[c.ID]
		if len(list) == 0 && c.Area != exposure.AreaVulnerability {
			t.Errorf("%s: nothing was said", c.ID)
		}
		if c.ID == "DNS-20" {
			continue // this test has no client for names
		}
		judged := c.Class == exposure.Passive && !c.Consent || c.Area == exposure.AreaCertificate && c.ID != "CERT-21"
		for _, f := range list {
			if !judged && (f.Outcome != exposure.NotTested || !strings.Contains(f.Reason, "consent")) {
				t.Errorf("%s: %s %s %s", c.ID, f.Outcome, f.Observed, f.Reason)
			}
		}
	}
}
