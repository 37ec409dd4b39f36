package site

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// filingClient is the client of docs/filing.md in another language.
const filingClient = "../../docs/filing-client.py"

// early is the example of docs/filing.md.
var early = regexp.MustCompile("(?s)```json\n(.*?)```")

// TestFilingClient: the client that was written from the description of the protocol
// alone registers, files the report of the description, and reads what the authority says.
func TestFilingClient(t *testing.T) {
	if out, err := exec.Command("python3", "-c", "import cryptography").CombinedOutput(); err != nil {
		t.Skipf("needs python3 with python3-cryptography: %v, %s", err, out)
	}
	site, _ := start(t)
	olga := newVisitor(t, site)
	olga.found()
	organisation := strings.TrimSuffix(olga.add("managed-service-provider.yaml"), "/scope")
	page, _ := olga.must(organisation+"/supervision/invite", nil)
	code := regexp.MustCompile(`id="code">([^<]+)<`).FindStringSubmatch(page)
	key := regexp.MustCompile(`id="public-key">([^<]+)<`).FindStringSubmatch(page)
	if code == nil || key == nil {
		t.Fatal("no code or key")
	}
	text, err := os.ReadFile("../../docs/filing.md")
	if err != nil {
		t.Fatal(err)
	}
	example := early.FindSubmatch(text)
	if example == nil {
		t.Fatal("docs/filing.md shows no report")
	}
	report, own := filepath.Join(t.TempDir(), "report.json"), filepath.Join(t.TempDir(), "own.pem")
	if err := os.WriteFile(report, example[1], 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want string, args ...string) {
		t.Helper()
		out, err := exec.Command("python3", append([]string{filingClient, site, key[1], own}, args...)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("%v: %v, wanted %q in\n%s", args, err, want, out)
		}
	}
	run(`"entity": "Lindental Systemhaus GmbH"`, "register", code[1])
	run(`"format": "nisaba-receipt/1"`, "report", report)
	run(`"report": "2026-0042-1"`, "report", report) // again, for a reply that was lost
	run(`"number": 1`, "messages")
	run(`"messages": []`, "messages", "1")
	if _, page := olga.get("/authority"); strings.Count(page, "#report-") != 1 || !strings.Contains(page, "Early warning") {
		t.Errorf("the inbox:\n%.3000s", page[strings.Index(page, "<main"):])
	}
}
