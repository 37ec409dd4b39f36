package site

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/server"
)

func supervisionForms() map[string]url.Values {
	return map[string]url.Values{client + "/supervision/files": {"record": {"x"}}}
}

var supervisionFile = regexp.MustCompile(`/organisations/[0-9a-f-]{36}/supervision/files/[0-9a-f-]{36}`)

// TestSupervisionFiles: files come with a line of the file of an entity or to one,
// are looked at by a real program, shown with their hash and only saved; who may not
// write gets no form, and another authority finds nothing.
func TestSupervisionFiles(t *testing.T) {
	scan := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(scan, []byte("#!/bin/sh\ngrep -q EICAR && exit 1\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	site, _ := start(t, func(c *server.Config) { c.ScanCommand = scan })
	olga, ben, stranger := newVisitor(t, site), newVisitor(t, site), newVisitor(t, site)
	olga.found()
	organisation := strings.TrimSuffix(olga.add("managed-service-provider.yaml"), "/scope")
	page := organisation + "/supervision"
	const script = `<!doctype html><script>alert(1)</script>`
	sum := sha256.Sum256([]byte(script))
	note := url.Values{"power": {"note"}, "title": {"Called the entity"}, "text": {strings.Repeat("long ", 3000)}}
	if status, text, _ := olga.upload(page+"/acts", note, sent{"bad.txt", strings.NewReader("EICAR")}); status != http.StatusUnprocessableEntity ||
		!strings.Contains(text, "f-acts-file-error") || !strings.Contains(text, "something harmful") || !strings.Contains(text, `value="Called the entity"`) || strings.Contains(text, `id="record-`) {
		t.Errorf("a line with a harmful file: %d", status)
	}
	status, text, _ := olga.upload(page+"/acts", note, sent{"../page.html", strings.NewReader(script)})
	line := regexp.MustCompile(`id="record-([^"]+)"`).FindStringSubmatch(text)
	link := supervisionFile.FindString(text)
	if status != http.StatusOK || line == nil || link == "" || !strings.Contains(text, hex.EncodeToString(sum[:])) {
		t.Fatalf("the line with its file: %d\n%.3000s", status, text[strings.Index(text, "<main"):])
	}
	olga.harmless(link, script, "page.html")
	to := url.Values{"record": {line[1]}}
	for name, f := range map[string]sent{"harmful": {"bad.txt", strings.NewReader("EICAR")}, "empty": {"empty.txt", strings.NewReader("")},
		"too large": {"disk.img", io.LimitReader(repeating{}, authority.LargestFile+1)}} {
		if status, text, _ := olga.upload(page+"/files", to, f); status != http.StatusUnprocessableEntity || !strings.Contains(text, "f-attach-"+line[1]+"-error") || !strings.Contains(text, name) {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, text, _ := olga.post(page+"/files", to); status != http.StatusUnprocessableEntity || !strings.Contains(text, "f-attach-"+line[1]+"-error") {
		t.Errorf("no file: %d", status)
	}
	status, text, at := olga.upload(page+"/files", to, sent{"answer.pdf", strings.NewReader("%PDF-1.7")})
	if status != http.StatusOK || at.Fragment != "record-"+line[1] || len(supervisionFile.FindAllString(text, -1)) != 2 || !strings.Contains(text, "answer.pdf") {
		t.Errorf("the second file led to %s with %d", at, status)
	}
	ben.joinAs(olga, "auditor")
	if _, text := ben.get(page); !strings.Contains(text, link) || strings.Contains(text, "/supervision/files\"") {
		t.Error("an auditor does not see the files, or gets a form for more")
	}
	ben.harmless(link, script, "page.html")
	if status, _, _ := ben.upload(page+"/files", to, sent{"a.txt", strings.NewReader("a")}); status != http.StatusForbidden {
		t.Errorf("an auditor adds a file: %d", status)
	}
	stranger.joinWith(olga, "editor", "eva@example.org")
	stranger.must("/workspaces/new", url.Values{"workspace": {"CSIRT Elsewhere"}, "kind": {"authority"}})
	other := strings.TrimSuffix(stranger.add("water-supplier.yaml"), "/scope")
	for _, path := range []string{link, strings.Replace(link, organisation, other, 1)} {
		if status, _ := stranger.get(path); status != http.StatusNotFound {
			t.Errorf("another authority reads %s: %d", path, status)
		}
	}
	if status, _, _ := stranger.upload(other+"/supervision/files", to, sent{"a.txt", strings.NewReader("a")}); status != http.StatusNotFound {
		t.Errorf("another authority adds to a line: %d", status)
	}
}
