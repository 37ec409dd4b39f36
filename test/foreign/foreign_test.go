// Package foreign gives what we write to programs of others to read: the schema of
// SARIF and that of OpenAPI, the calendar of Thunderbird, libraries for workbooks
// and for documents of word processors, and a checker of PDF.
package foreign

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/cli"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// reader is a program of others.
type reader struct {
	program string
	args    []string
	needs   string // file without which it cannot work; "": none
}

func javascript(kind string) reader {
	return reader{"node", []string{"check.mjs", kind}, "node_modules/ical.js"}
}

var (
	workbooks = reader{"/usr/bin/python3", []string{"check.py"}, "/usr/lib/python3/dist-packages/openpyxl"}
	documents = reader{"/usr/bin/python3", []string{"document.py"}, "/usr/lib/python3/dist-packages/docx"}
	papers    = reader{"qpdf", []string{"--check"}, ""}
)

// flawless is what qpdf says of a file without a flaw.
const flawless = "No syntax or stream encoding errors found"

// reads fails the test with whatever the program has to say about the files.
func (x reader) reads(t *testing.T, files ...string) {
	t.Helper()
	if out := x.says(t, files...); out != "" {
		t.Errorf("%s: %s", x.program, out)
	}
}

// ready skips the test when the program is not there, and returns its path.
func (x reader) ready(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath(x.program)
	if err != nil {
		t.Skipf("%s is not installed; make setup installs it", x.program)
	}
	if _, err := os.Stat(x.needs); x.needs != "" && err != nil {
		t.Skipf("%s is not there; make setup brings it", x.needs)
	}
	return path
}

// says is what the program has to say about the files.
func (x reader) says(t *testing.T, files ...string) string {
	t.Helper()
	path := x.ready(t)
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, append(x.args, files...)...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return string(out) + errs.String() + err.Error()
	}
	return string(out)
}

// kept writes a file and returns its path.
func kept(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestForeignReaders: programs of others read our files as we mean them.
func TestForeignReaders(t *testing.T) {
	site := platform.Start(t, platform.Config(t))
	owner := site.Visitor(t)
	owner.Found("Readers", "Anna", "anna@example.org")
	organisation := owner.Import("managed-service-provider.yaml")
	awkward := "Buy; a second, long line: \"naïve\" \\ 100 % of it — 漢字, " + strings.Repeat("ä", 60)
	if a := owner.Post(organisation+"/plan/tasks", url.Values{"title": {awkward}, "state": {"todo"}, "due": {"2027-03-31"}}); a.Status != http.StatusOK {
		t.Fatalf("the task: %d", a.Status)
	}
	get := func(t *testing.T, path, name string) string {
		t.Helper()
		a := owner.Get(path)
		if a.Status != http.StatusOK || a.At != path {
			t.Fatalf("%s led to %s with %d", path, a.At, a.Status)
		}
		return kept(t, name, a.Body)
	}
	t.Run("OpenAPI", func(t *testing.T) {
		javascript("openapi").reads(t, get(t, "/api/v1/openapi.json", "openapi.json"))
	})
	t.Run("calendar", func(t *testing.T) {
		link := regexp.MustCompile(`/feed/[a-z0-9]+\.ics`).FindString(owner.Post("/account/calendar", url.Values{"organisation": {""}}).Body)
		javascript("ics").reads(t, get(t, link, "feed.ics"), clocks(t))
	})
	t.Run("workbook", func(t *testing.T) {
		workbooks.reads(t, get(t, organisation+"/workbook/export", "workbook.xlsx"))
	})
	t.Run("DOCX", func(t *testing.T) {
		for _, path := range []string{"/report.docx", "/registration.docx", "/pre-assessment.docx"} {
			documents.reads(t, get(t, organisation+path, "paper.docx"))
		}
	})
	t.Run("PDF", func(t *testing.T) {
		for _, path := range []string{"/report.pdf", "/registration.pdf", "/pre-assessment.pdf", "/binder.pdf"} {
			if out := documents.says(t, kept(t, "bad.docx", "PK")); out == "" {
				t.Error("nothing is said of a document that is none")
			}
			if out := papers.says(t, get(t, organisation+path, "paper.pdf")); !strings.Contains(out, flawless) {
				t.Errorf("%s: %s", path, out)
			}
		}
	})
}

// clocks is the calendar of the command line.
func clocks(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clocks.ics")
	run(t, "clocks", "--country", "DE", "--at", "aware_at=2026-11-24T22:10", "--ics", path)
	return path
}

// run runs the program.
func run(t *testing.T, args ...string) (code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(args, cli.System{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now})
	if errs.Len() > 0 && code > 1 {
		t.Fatalf("%v: %d: %s", args, code, errs.String())
	}
	return code
}

// TestForeignScanReaders: the result of a scan, and one with everything in it, fit the schema of OASIS.
func TestForeignScanReaders(t *testing.T) {
	oasis := javascript("sarif")
	oasis.ready(t)
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // most questions end without a connection
	web.StartTLS()
	t.Cleanup(web.Close)
	path := filepath.Join(t.TempDir(), "scan.sarif")
	run(t, "scan", "--loopback", "--authorised-by", "Laboratory", "--quiet", "--sarif", path, web.URL)
	oasis.reads(t, path, everything(t))
}

// everything is a result with each check, each outcome, and places of every kind.
func everything(t *testing.T) string {
	t.Helper()
	knowledge, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	places := []exposure.Target{{Declared: "example.org", Name: "example.org"}, {Declared: "192.0.2.1", Address: netip.MustParseAddr("192.0.2.1")},
		{Declared: "example.org", Name: "example.org", Address: netip.MustParseAddr("2001:db8::1"), Port: 443, Service: "https"},
		{Declared: "2001:db8::/64", Address: netip.MustParseAddr("2001:db8::1"), Port: 25}}
	now := time.Now()
	var list scan.List
	for i, c := range knowledge.Catalogue.Checks {
		list = append(list, exposure.Finding{Check: c.ID, Catalogue: knowledge.Catalogue.Edition, Target: places[i%4], Start: now, End: now, Outcome: exposure.Outcomes()[i%7],
			Severity: exposure.Severities()[i%5], Observed: " seen \"é\" <b>\n", Permit: "scan-1", Measures: c.Measures, Points: c.Points, Reproduce: "dig x"})
	}
	r := scan.Result{Scanner: "nisaba 1", Catalogue: knowledge.Catalogue, Declared: []string{"example.org"}, Permit: "scan-1", Start: now, End: now.Add(time.Minute), Findings: list}
	var b strings.Builder
	if err := r.WriteSARIF(&b); err != nil {
		t.Fatal(err)
	}
	return kept(t, "everything.sarif", b.String())
}

// TestReadersRefuse: the programs find what is wrong.
func TestReadersRefuse(t *testing.T) {
	for kind, text := range map[string]string{
		"sarif":   `{"version": "2.1.0", "runs": [{"results": []}]}`,
		"openapi": `{"openapi": "3.1.0", "info": {"title": "x"}, "paths": {}}`,
		"ics":     "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	} {
		if javascript(kind).says(t, kept(t, "bad."+kind, text)) == "" {
			t.Errorf("%s: nothing is said of a file that is wrong", kind)
		}
	}
	if out := workbooks.says(t, kept(t, "bad.xlsx", "PK")); out == "" {
		t.Error("nothing is said of a workbook that is none")
	}
	if out := documents.says(t, kept(t, "bad.docx", "PK")); out == "" {
		t.Error("nothing is said of a document that is none")
	}
	if out := papers.says(t, kept(t, "bad.pdf", "%PDF-1.7\n")); strings.Contains(out, flawless) {
		t.Error("nothing is said of a PDF that is none")
	}
}
