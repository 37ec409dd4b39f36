package site

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func supplierScanForms() map[string]url.Values {
	const of = client + "/suppliers/{supplier}/exposure"
	return map[string]url.Values{
		of + "/scan":               {},
		of + "/stop":               {},
		of + "/rescan":             {"finding": {"x"}},
		of + "/task":               {},
		of + "/risk":               {},
		of + "/evidence":           {},
		of + "/request":            {"address": {"security@host.example"}, "language": {"de"}},
		of + "/targets":            {},
		of + "/targets/prove":      {"target": {"x"}, "until": {time.Now().AddDate(0, 3, 0).Format(time.DateOnly)}},
		of + "/targets/letter":     {"target": {"x"}, "letter": {"y"}, "until": {time.Now().AddDate(0, 3, 0).Format(time.DateOnly)}},
		of + "/targets/approve":    {"target": {"x"}},
		of + "/targets/remove":     {"target": {"x"}},
		client + "/suppliers-plan": {"weekly": {"yes"}},
	}
}

// oneHost finds every name at one address.
type oneHost netip.Addr

func (h oneHost) Addresses(context.Context, string) (exposure.Answer, error) {
	return exposure.Answer{Addresses: []netip.Addr{netip.Addr(h)}}, nil
}

// supplierHost is the web of a supplier, with services beside it that count who comes.
// later makes it worse.
type supplierHost struct {
	came  atomic.Int32
	mu    sync.Mutex
	asked []string
}

func (h *supplierHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, r.Method+" "+r.URL.Path)
	w.Header().Set("Content-Type", "text/html")
	io.WriteString(w, "<!doctype html><html><title>Host</title></html>")
}

func (h *supplierHost) open(t *testing.T, host string) {
	t.Helper()
	listen := func(port string) net.Listener {
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EADDRINUSE) {
			t.Skipf("this user cannot open the ports of a host, or another program has one on all addresses: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	quiet := log.New(io.Discard, "", 0)
	plain := &http.Server{Handler: h, ErrorLog: quiet}
	go plain.Serve(listen("80"))
	t.Cleanup(func() { plain.Close() })
	secure := httptest.NewUnstartedServer(h)
	secure.Listener.Close()
	secure.Listener, secure.TLS, secure.Config.ErrorLog = listen("443"), &tls.Config{MinVersion: tls.VersionTLS12}, quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, port := range []string{"22", "25", "8443"} {
		l := listen(port)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				h.came.Add(1)
				c.Close()
			}
		}()
	}
}

// TestSupplierExposure looks at a supplier without its consent, asks it to mend what
// was seen, and makes of it a task, a risk and evidence; a record in its zone is its
// consent; each week it is looked at again.
func TestSupplierExposure(t *testing.T) {
	const address = "127.77.0.19"
	var host supplierHost
	host.open(t, address)
	box := mailtest.Start(t)
	records := map[string][]string{}
	var mu sync.Mutex
	var moved atomic.Int64
	site, _ := start(t, func(c *server.Config) {
		c.ScanLoopback, c.ScanResolver, c.Poll = true, oneHost(netip.MustParseAddr(address)), 20*time.Millisecond
		c.Clock = clock.Func(func() time.Time { return time.Now().Add(time.Duration(moved.Load())) })
		c.Mail, c.BaseURL = server.MailConfig{Server: box.Address, From: "nisaba@example.org"}, "http://127.0.0.1"
		c.ScanTXT = func(_ context.Context, name string) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			return records[strings.TrimSuffix(name, ".")], nil
		}
	})
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	for _, wrong := range []url.Values{{"name": {"x"}, "email": {"nowhere"}}, {"name": {"x"}, "language": {"xx"}}} {
		if status, _, _ := v.post(organisation+"/suppliers", wrong); status != 422 {
			t.Errorf("%v: %d", wrong, status)
		}
	}
	v.must(organisation+"/suppliers", url.Values{"name": {"Muster Hosting"}, "supplies": {"Hosting"}, "criticality": {"critical"}, "domains": {"hosting.example"}, "email": {"security@hosting.example"}, "language": {"de"}})
	_, page := v.get(organisation + "/suppliers")
	found := regexp.MustCompile(`suppliers/([0-9a-f-]{36})`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no supplier: %.2000s", page)
	}
	of := organisation + "/suppliers/" + found[1] + "/exposure"
	if status, _, _ := v.post(of+"/evidence", nil); status != 409 {
		t.Errorf("evidence without a look: %d", status)
	}
	if status, _, _ := v.post(of+"/risk", nil); status != 409 {
		t.Errorf("a risk without a look: %d", status)
	}

	// without consent: a visit
	v.must(of+"/scan", nil)
	v.until(of, "as a visitor")
	v.until(of, "Looks at the supplier")
	v.until(of, "HTTP leads to HTTPS")
	host.mu.Lock()
	for _, what := range host.asked {
		if !slices.Contains([]string{"GET /", "GET /.well-known/security.txt", "GET /security.txt"}, what) {
			t.Errorf("no visitor asks for %q", what)
		}
	}
	host.mu.Unlock()
	if n := host.came.Load(); n != 0 {
		t.Errorf("%d contacts beside the web", n)
	}
	if _, page := v.get(of + "/checks/HTTP-16"); !strings.Contains(page, "did not consent") {
		t.Error("the search for hidden pages does not say that consent is missing")
	}
	if _, page := v.get(of + "/checks/CERT-01"); !strings.Contains(page, "Failed") && !strings.Contains(page, "fail") {
		t.Error("the certificate is not judged")
	}
	for _, format := range []string{"pdf", "html", "docx", "csv", "json"} {
		if status, file := v.get(of + "/files/" + format); status != 200 || len(file) < 200 {
			t.Errorf("%s: %d, %d bytes", format, status, len(file))
		}
	}
	if status, _ := v.get(of + "/files/svg"); status != 422 {
		t.Errorf("a format that there is not: %d", status)
	}
	if _, page := v.get(organisation + "/exposure"); strings.Contains(page, "HTTP leads to HTTPS") {
		t.Error("what is seen of the supplier stands with the organisation's own")
	}

	// task, risk and evidence, each once
	for range 2 {
		v.must(of+"/task", nil)
		v.must(of+"/risk", nil)
		v.must(of+"/evidence", nil)
	}
	if _, page := v.get(organisation + "/risks"); strings.Count(page, "Weak points of the supplier Muster Hosting") != 1 {
		t.Error("the supplier is not one risk")
	}
	if _, page := v.get(organisation + "/plan"); !strings.Contains(page, "Have Muster Hosting mend") {
		t.Error("the plan has no task")
	}
	if _, page := v.get(organisation + "/evidence"); !strings.Contains(page, "Look from outside at Muster Hosting") {
		t.Error("the look is no evidence")
	}

	// the letter, with the record that would be the consent
	v.must(of+"/targets", nil)
	if status, page, _ := v.post(of+"/request", url.Values{"address": {"nowhere"}, "language": {"de"}}); status != 422 || !strings.Contains(page, "no address of mail") {
		t.Errorf("a letter to nobody: %d", status)
	}
	v.must(of+"/request", url.Values{"address": {"security@hosting.example"}, "language": {"de"}, "note": {"Bitte bis Ende des Monats."}})
	letter := mailed(t, box, "security@hosting.example", 0)
	for _, says := range []string{"Guten Tag", "Bitte bis Ende des Monats.", "_nisaba-challenge.hosting.example", "anna@example.org", "HTTP-02", "Was hilft"} {
		if !strings.Contains(letter, says) {
			t.Errorf("the letter does not say %q:\n%.4000s", says, letter)
		}
	}
	_, page = v.get(of)
	if !strings.Contains(page, "Letters to the supplier") || !strings.Contains(page, "Bitte bis Ende des Monats.") {
		t.Error("the letter is not kept")
	}

	// the portfolio knows who depends on it
	if _, page := v.get("/exposure/suppliers"); !strings.Contains(page, "Muster Hosting") || !strings.Contains(page, "hosting.example") || !strings.Contains(page, of) {
		t.Error("the portfolio does not list the supplier")
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.supplierPictures(folder, organisation, of)
	}

	// consent by a record
	record := regexp.MustCompile(`nisaba-scan=[^<"&]+`).FindString(page)
	target := regexp.MustCompile(`name="target" value="([^"]+)"`).FindStringSubmatch(page)
	if record == "" || target == nil {
		t.Fatalf("no record: %.3000s", page)
	}
	until := law.DateOf(time.Now()).AddDays(100).String()
	if status, page, _ := v.post(of+"/targets/prove", url.Values{"target": {target[1]}, "until": {until}}); status != 422 || !strings.Contains(page, "No record") {
		t.Errorf("consent without a record: %d", status)
	}
	mu.Lock()
	records["_nisaba-challenge.hosting.example"] = []string{record}
	mu.Unlock()
	v.must(of+"/targets/prove", url.Values{"target": {target[1]}, "until": {until}})
	if _, page := v.get(of); !strings.Contains(page, "With consent: all checks") {
		t.Error("the consent does not count")
	}

	// the record is gone: the next look, asked for by the weekly plan, is a visit again
	mu.Lock()
	clear(records)
	mu.Unlock()
	v.must(organisation+"/suppliers-plan", url.Values{"weekly": {"yes"}})
	moved.Store(int64(8 * 24 * time.Hour))
	v.post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
	v.until(of, "weekly plan")
	page = v.until(of, "Without consent: as a visitor")
	if !strings.Contains(page, "no record") {
		t.Error("why the consent ended is not said")
	}
}

// supplierPictures writes pictures of the pages and looks at them for barriers.
func (v visitor) supplierPictures(folder, organisation, of string) {
	v.reads(os.Getenv("SCREENSHOTS_LANGUAGE"))
	defer v.reads("en")
	b := browser.Start(v.t)
	b.Open(v.site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password+"\r"), chromedp.WaitVisible(".person"))
	for name, path := range map[string]string{"supplier": of, "suppliers": organisation + "/suppliers", "shared": "/exposure/suppliers", "check": of + "/checks/CERT-01"} {
		for _, width := range []int{360, 1280} {
			for _, dark := range []bool{false, true} {
				b.Open(v.site+path, width, dark)
				b.Picture(filepath.Join(folder, fmt.Sprintf("supplier-%s-%d-%v.png", name, width, dark)))
				if n := b.Narrow(); n > 0 {
					v.t.Errorf("%s at %d: %d px too wide", path, width, n)
				}
				for _, x := range b.Axe() {
					v.t.Errorf("%s at %d: %s", path, width, x)
				}
			}
		}
	}
}
