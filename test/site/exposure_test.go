package site

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func exposureForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/exposure/scan":            {},
		client + "/exposure/stop":            {},
		client + "/exposure/rescan":          {"finding": {"x"}},
		client + "/exposure/task":            {"check": {"TLS-03"}},
		client + "/exposure/risk":            {"check": {"TLS-03"}},
		client + "/exposure/targets/hosts":   {"hosts": {"example.org"}},
		client + "/exposure/evidence":        {},
		client + "/exposure/plan":            {"weekly": {"yes"}, "exclude": {"192.0.2.7"}},
		client + "/exposure/targets":         {"declared": {"example.org"}},
		client + "/exposure/targets/prove":   {"target": {"x"}, "until": {time.Now().AddDate(0, 3, 0).Format(time.DateOnly)}},
		client + "/exposure/targets/letter":  {"target": {"x"}, "letter": {"y"}, "until": {time.Now().AddDate(0, 3, 0).Format(time.DateOnly)}},
		client + "/exposure/targets/approve": {"target": {"x"}},
		client + "/exposure/targets/remove":  {"target": {"x"}},
	}
}

// shop is a service on this machine whose TLS can be mended: at first it takes TLS
// 1.0. It keeps everybody waiting until its doors open, so that no scan ends before.
type shop struct {
	doors   chan struct{}
	mu      sync.Mutex
	version uint16
}

func (s *shop) mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = tls.VersionTLS12
}

// open listens where scans look by default.
func (s *shop) open(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("%s is taken: %v", address, err)
	}
	h := httptest.NewUnstartedServer(http.NotFoundHandler())
	h.Listener.Close()
	h.Listener = l
	h.TLS = &tls.Config{MinVersion: tls.VersionTLS10, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		<-s.doors
		s.mu.Lock()
		defer s.mu.Unlock()
		return &tls.Config{MinVersion: s.version, Certificates: h.TLS.Certificates}, nil
	}}
	h.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.StartTLS()
	t.Cleanup(h.Close)
}

// TestExposure goes from a target that nobody proved to a finding, a task, evidence, a
// contradiction, and the check that was done again after the repair.
func TestExposure(t *testing.T) {
	records := map[string][]string{}
	var mu sync.Mutex
	var moved atomic.Int64
	site, _ := start(t, func(c *server.Config) {
		c.ScanLoopback, c.Poll = true, 20*time.Millisecond
		c.Clock = clock.Func(func() time.Time { return time.Now().Add(time.Duration(moved.Load())) })
		c.ScanTXT = func(_ context.Context, name string) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			return records[strings.TrimSuffix(name, ".")], nil
		}
	})
	old := &shop{doors: make(chan struct{}), version: tls.VersionTLS10}
	letIn := sync.OnceFunc(func() { close(old.doors) })
	old.open(t, "127.77.0.9:8443")
	old.open(t, "127.77.0.9:9443")
	t.Cleanup(letIn) // before the shop is closed
	v, second := newVisitor(t, site), newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	second.joinAs(v, "consultant")

	if status, _, _ := v.post(organisation+"/exposure/scan", nil); status != 409 {
		t.Errorf("a scan of nothing: %d", status)
	}
	for _, bad := range []string{"", "localhost", "10.0.0.0/16", "192.168.1.1", "169.254.169.254", "example.org:22"} {
		if status, page, _ := v.post(organisation+"/exposure/targets", url.Values{"declared": {bad}}); status != 422 || !strings.Contains(page, "error") {
			t.Errorf("%q as target: %d", bad, status)
		}
	}
	ids := map[string]string{}
	for _, target := range []string{"127.77.0.9", "example.org"} {
		v.must(organisation+"/exposure/targets", url.Values{"declared": {target}})
	}
	_, page := v.get(organisation + "/exposure/targets")
	for _, m := range regexp.MustCompile(`(?s)<h2>([^<]+)</h2>.*?name="target" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		ids[m[1]] = m[2]
	}
	host, name := ids["127.77.0.9/32"], ids["example.org"]
	if host == "" || name == "" {
		t.Fatalf("targets %v", ids)
	}

	// the record is looked for; a range needs a letter of two people
	until := law.DateOf(time.Now()).AddDays(200).String()
	if status, page, _ := v.post(organisation+"/exposure/targets/prove", url.Values{"target": {name}, "until": {until}}); status != 422 || !strings.Contains(page, "No record") {
		t.Errorf("a name without record: %d", status)
	}
	mu.Lock()
	records["_nisaba-challenge.example.org"] = []string{"other", regexp.MustCompile(`nisaba-scan=[^<"]+`).FindString(page[strings.Index(page, name):])}
	mu.Unlock()
	if status, _, _ := v.post(organisation+"/exposure/targets/prove", url.Values{"target": {name}, "until": {until}}); status != 200 {
		t.Errorf("a name with its record: %d", status)
	}
	v.must(organisation+"/exposure/targets/remove", url.Values{"target": {name}})
	if status, _, _ := v.post(organisation+"/exposure/targets/letter", url.Values{"target": {host}, "letter": {"Signed"}, "until": {law.DateOf(time.Now()).AddDays(800).String()}}); status != 422 {
		t.Errorf("a letter without end: %d", status)
	}
	v.must(organisation+"/exposure/targets/letter", url.Values{"target": {host}, "letter": {"Signed by the owner"}, "until": {until}})
	if status, _, _ := v.post(organisation+"/exposure/targets/approve", url.Values{"target": {host}}); status != 403 {
		t.Errorf("one person alone approves: %d", status)
	}
	if status, _, _ := v.post(organisation+"/exposure/scan", nil); status != 409 {
		t.Errorf("a scan before the approval: %d", status)
	}
	second.must(organisation+"/exposure/targets/approve", url.Values{"target": {host}})

	// the organisation says that all is well; the scan finds TLS 1.0 and disagrees
	v.must(organisation+"/questions/q.crypto.policy", url.Values{"option": {"full"}})
	_, page = v.get(organisation + "/requirements?measure=h&open=cir.9.2.b")
	if strings.Contains(page, "TLS-03") {
		t.Error("a contradiction before the scan")
	}
	v.must(organisation+"/assets", url.Values{"name": {"Shop"}, "kind": {"service"}, "hosts": {"127.77.0.9"}, "ports": {"22"}})
	if status, page, _ := v.post(organisation+"/exposure/stop", nil); status != 409 || !strings.Contains(page, "This cannot be done now") {
		t.Errorf("no scan is stopped: %d", status)
	}
	v.must(organisation+"/exposure/scan", nil)
	if status, page, _ := v.post(organisation+"/exposure/scan", nil); status != 409 || !strings.Contains(page, "runs already") || !strings.Contains(page, "Stop the scan") {
		t.Errorf("a second scan at once: %d", status)
	}
	v.must(organisation+"/exposure/stop", nil)
	if _, page := v.get(organisation + "/exposure"); !strings.Contains(page, "it was stopped") || strings.Contains(page, "A scan runs") {
		t.Error("the scan was not stopped")
	}
	letIn()
	v.must(organisation+"/exposure/scan", nil)
	v.until(organisation+"/exposure", "TLS 1.0 is off")
	if _, page := v.get(organisation + "/assets"); !strings.Contains(page, "not declared: 8443, 9443") || !strings.Contains(page, "declared and not seen: 22") {
		t.Errorf("the register is not compared with the scan: %s", page)
	}
	if _, page := v.get(organisation + "/exposure"); !strings.Contains(page, "open failures are over their time limit") || !strings.Contains(page, "Within the limit") {
		t.Error("the time limits are not shown")
	}
	if status, page, _ := v.post(organisation+"/exposure/plan", url.Values{"days_high": {"0"}}); status != 422 || !strings.Contains(page, "days do not fit") {
		t.Errorf("a limit of no day: %d", status)
	}
	v.must(organisation+"/exposure/plan", url.Values{"days_high": {"21"}})
	for range 2 { // the second leads to the same
		v.must(organisation+"/exposure/risk", url.Values{"check": {"TLS-03"}})
	}
	if _, page := v.get(organisation + "/risks"); strings.Count(page, "TLS 1.0 is off (TLS-03)") != 1 {
		t.Error("the finding is not one risk")
	}
	if _, page := v.get(organisation + "/exposure/checks/CERT-16"); !strings.Contains(page, "Our own criterion: No source") || strings.Contains(page, "Compared with:") {
		t.Error("a check without references does not say whose its criteria are")
	}
	check := organisation + "/exposure/checks/TLS-03"
	page = v.until(check, "TLS 1.0 is offered")
	finding := regexp.MustCompile(`name="finding" value="([^"]+)"`).FindStringSubmatch(page)
	if finding == nil {
		t.Fatalf("no finding:\n%.2000s", page)
	}
	if _, page := v.get(organisation + "/requirements?measure=h&open=cir.9.2.b"); !strings.Contains(page, "TLS-03 TLS 1.0 is off") {
		t.Errorf("no contradiction with what the scan shows")
	}
	for range 2 { // the second changes nothing
		v.must(organisation+"/exposure/task", url.Values{"check": {"TLS-03"}})
	}
	if _, plan := v.get(organisation + "/plan"); strings.Count(plan, "TLS 1.0 is off (TLS-03)") == 0 {
		t.Error("the plan has no task")
	}
	v.must(organisation+"/exposure/evidence", nil)
	if _, evidence := v.get(organisation + "/evidence"); !strings.Contains(evidence, "Scan from outside of") {
		t.Error("the scan is no evidence")
	}
	for _, format := range []string{"pdf", "html", "docx", "csv", "json", "sarif", "oscal.json", "svg"} {
		if status, file := v.get(organisation + "/exposure/files/" + format); status != 200 || len(file) < 200 {
			t.Errorf("%s: %d, %d bytes", format, status, len(file))
		}
	}
	if status, _ := v.get(organisation + "/exposure/files/exe"); status != 422 {
		t.Errorf("a format that there is not: %d", status)
	}

	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.exposurePictures(folder, organisation)
	}

	// mended, and seen to be
	old.mend()
	v.must(organisation+"/exposure/rescan", url.Values{"finding": {finding[1]}})
	v.until(organisation+"/exposure", "TLS-03 at ") // one of two places
	v.ended(organisation)
	if _, page := v.get("/inbox"); strings.Contains(page, "A scan saw it mended") {
		t.Error("a task was closed that is mended at one of two places")
	}
	v.must(organisation+"/exposure/rescan", url.Values{"check": {"TLS-03"}})
	v.until("/inbox", "A scan saw it mended, and the task is done: TLS 1.0 is off (TLS-03)")
	if _, page := v.get(check); !strings.Contains(page, "Passed") || strings.Contains(page, "Failed") {
		t.Error("the check does not pass after the repair")
	}
	if _, page := v.get(organisation + "/exposure"); !strings.Contains(page, "TLS-03 at tls") && !strings.Contains(page, "TLS-03 at https") && !strings.Contains(page, "TLS-03 at 127.77.0.9:8443") {
		t.Error("the second scan is not listed")
	}
	if _, page := v.get("/exposure"); !strings.Contains(page, organisation+"/exposure") {
		t.Error("the portfolio does not list the organisation")
	}
	v.toldOfLimits(organisation, &moved)
	v.authorisationEnds(organisation, &moved)
}

// authorisationEnds lets the authorisation end, of 200 days from the beginning: it is
// spoken of before, and then nothing is scanned and the pages say what to do.
func (v visitor) authorisationEnds(organisation string, moved *atomic.Int64) {
	v.t.Helper()
	const told = "Authorisations of scans that end soon: 1"
	after := func(days int) {
		moved.Store(int64(days) * int64(24*time.Hour))
		v.must("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
	}
	if _, page := v.get("/inbox"); strings.Contains(page, told) {
		v.t.Error("an end is spoken of that is far")
	}
	after(190)
	v.until("/inbox", told)
	if _, page := v.get(organisation + "/exposure"); !strings.Contains(page, "An authorisation ends soon") {
		v.t.Error("the page does not say that the authorisation ends")
	}
	after(202)
	for _, path := range []string{"/exposure", "/exposure/targets"} {
		if _, page := v.get(organisation + path); !strings.Contains(strings.ToLower(page), "scans leave") || strings.Contains(page, "Scan now") {
			v.t.Errorf("%s does not say what to do after the end", path)
		}
	}
	if status, page, _ := v.post(organisation+"/exposure/scan", nil); status != 409 || !strings.Contains(page, "Nothing may be scanned now") {
		v.t.Errorf("a scan after the end: %d", status)
	}
}

// ended waits for the end of the scan that runs.
func (v visitor) ended(organisation string) {
	v.t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, page := v.get(organisation + "/exposure"); !strings.Contains(page, "A scan runs") {
			return
		}
	}
	v.t.Fatal("the scan does not end")
}

// toldOfLimits lets time pass: the daily work tells once of each failure that its time
// limit is over. The weekly scan, which the same work asks for, shows that it was done.
func (v visitor) toldOfLimits(organisation string, moved *atomic.Int64) {
	v.t.Helper()
	v.must(organisation+"/exposure/plan", url.Values{"weekly": {"yes"}, "days_high": {"9"}, "exclude": {"127.77.0.9"}}) // 30 are usual for medium; what is not seen any more stays open
	if _, page := v.get("/inbox"); strings.Contains(page, "over their time limit") {
		v.t.Error("a limit is over on the day of the scan")
	}
	for week, want := range []int{0, 1, 1, 2} { // a limit that is over is told once
		moved.Store(int64(week+1) * int64(8*24*time.Hour))
		v.must("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
		v.scannedWeekly(organisation, week+1)
		if _, page := v.get("/inbox"); strings.Count(page, "over their time limit") != want {
			v.t.Errorf("%d notices after %d days, want %d", strings.Count(page, "over their time limit"), 8*(week+1), want)
		}
	}
}

// scannedWeekly waits for the end of the weekly scan number n.
func (v visitor) scannedWeekly(organisation string, n int) {
	v.t.Helper()
	page := ""
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, page = v.get(organisation + "/exposure")
		if strings.Count(page, "weekly plan") == n && !strings.Contains(page, "A scan runs") {
			return
		}
	}
	v.t.Fatalf("there is no weekly scan number %d:\n%.3000s", n, page)
}

// reads chooses the language of the person who is signed in.
func (v visitor) reads(language string) {
	v.t.Helper()
	if language != "" {
		v.must("/account/notices", url.Values{"language": {language}})
	}
}

// exposurePictures writes pictures of the pages with findings, which the example
// workspace does not have, and looks at them for barriers.
func (v visitor) exposurePictures(folder, organisation string) {
	v.reads(os.Getenv("SCREENSHOTS_LANGUAGE"))
	defer v.reads("en")
	b := browser.Start(v.t)
	b.Open(v.site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password+"\r"), chromedp.WaitVisible(".person"))
	_, report := v.get(organisation + "/exposure/files/html")
	file, err := filepath.Abs(filepath.Join(folder, "scan-report.html"))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(report), 0o600); err != nil {
		v.t.Fatal(err)
	}
	for name, address := range map[string]string{"exposure": v.site + organisation + "/exposure", "check": v.site + organisation + "/exposure/checks/TLS-03", "targets": v.site + organisation + "/exposure/targets", "portfolio": v.site + "/exposure", "report": "file://" + file} {
		for _, width := range []int{360, 1280} {
			for _, dark := range []bool{false, true} {
				b.Open(address, width, dark)
				b.Picture(filepath.Join(folder, fmt.Sprintf("scanned-%s-%d-%v.png", name, width, dark)))
				if n := b.Narrow(); n > 0 {
					v.t.Errorf("%s at %d: %d px too wide", address, width, n)
				}
				for _, x := range b.Axe() {
					v.t.Errorf("%s at %d: %s", address, width, x)
				}
			}
		}
	}
}
