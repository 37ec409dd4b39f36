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

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func supervisionForms() map[string]url.Values {
	return map[string]url.Values{client + "/supervision/files": {"record": {"x"}}, client + "/supervision/files/remove": {"file": {"x"}}}
}

var supervisionFile = regexp.MustCompile(`/organisations/[0-9a-f-]{36}/supervision/files/[0-9a-f-]{36}`)

// scanCommand is a program that finds the word EICAR harmful.
func scanCommand(t *testing.T) string {
	t.Helper()
	scan := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(scan, []byte("#!/bin/sh\nif grep -q EICAR; then exit 1; fi\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return scan
}

// TestSupervisionFiles: files come with a line of the file of an entity or to one,
// are looked at by a real program, shown with their hash and only saved; who may not
// write gets no form, and another authority finds nothing.
func TestSupervisionFiles(t *testing.T) {
	site, _ := start(t, func(c *server.Config) { c.ScanCommand = scanCommand(t) })
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
	olga.detaches(page, organisation, line[1])
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

// detaches removes a file of a line, takes that back with the button that the page
// offers, and removes it again.
func (v visitor) detaches(page, organisation, line string) {
	v.t.Helper()
	_, text := v.get(page)
	files := supervisionFile.FindAllString(text, -1)
	last := files[len(files)-1]
	id := last[strings.LastIndexByte(last, '/')+1:]
	status, text, at := v.post(page+"/files/remove", url.Values{"file": {id}})
	entry := regexp.MustCompile(`action="([^"]+/undo)"(?s:.*?)name="entry" value="(\d+)"`).FindStringSubmatch(text)
	if status != http.StatusOK || at != page || strings.Contains(text, last) || !strings.Contains(text, "The file was removed") || entry == nil {
		v.t.Fatalf("removed with %d, at %s:\n%.3000s", status, at, text[strings.Index(text, "<main"):])
	}
	if status, _ := v.get(last); status != http.StatusNotFound {
		v.t.Errorf("a removed file is sent: %d", status)
	}
	if status, _, at := v.post(entry[1], url.Values{"entry": {entry[2]}}); status != http.StatusOK {
		v.t.Errorf("undo led to %s with %d", at, status)
	}
	if _, text := v.get(page); !strings.Contains(text, last) {
		v.t.Error("the file did not come back")
	}
	if status, _ := v.get(last); status != http.StatusOK {
		v.t.Errorf("a file that came back: %d", status)
	}
	if _, text := v.get(page + "?removed=" + id); strings.Contains(text, "The file was removed") {
		v.t.Error("the page says that a file is removed that is there")
	}
}

// watchSending remembers the bar that shows how far the files of a form have come.
func watchSending(b *browser.Browser) {
	browser.Evaluate[bool](b, `(new MutationObserver((all) => all.forEach((x) => x.addedNodes.forEach((n) => {
		if (n.querySelector && n.querySelector("progress[id$=-sending]")) sessionStorage.bar = n.textContent;
	}))).observe(document.querySelector("main"), {childList: true, subtree: true}), true)`)
}

// sendingSeen fails unless there was a bar since watchSending.
func sendingSeen(b *browser.Browser, t *testing.T) {
	t.Helper()
	if bar := browser.Evaluate[string](b, "sessionStorage.bar || ''"); !strings.Contains(bar, "Sending") {
		t.Errorf("the bar says %q", bar)
	}
}

// TestSupervisionUpload: in a browser a bar shows how far a file of the file of an
// entity has come, a file that is too large is named before it is sent, and what is
// refused comes back to the same form.
func TestSupervisionUpload(t *testing.T) {
	b := browser.Start(t)
	site, _ := start(t, func(c *server.Config) { c.ScanCommand = scanCommand(t) })
	olga := newVisitor(t, site)
	olga.found()
	page := strings.TrimSuffix(olga.add("managed-service-provider.yaml"), "/scope") + "/supervision"
	olga.must(page+"/acts", url.Values{"power": {"note"}, "title": {"Called the entity"}})
	files := map[string]string{}
	for name, content := range map[string]string{"answer.txt": strings.Repeat("long ", 200_000), "bad.txt": "EICAR"} {
		files[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(files[name], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	enterAs(b, site, "olga@example.org")
	b.Open(site+page, 1280, false)
	const form = `form[id^=attach-]`
	browser.Evaluate[bool](b, `document.querySelector("`+form+`").closest("details").open = true`)
	watchSending(b)
	b.Do(chromedp.SetUploadFiles(form+" input[type=file]", []string{files["bad.txt"]}), chromedp.Click(form+" button"), chromedp.WaitVisible(form+" .error"))
	if text := browser.Evaluate[string](b, `document.querySelector("main").textContent`); !strings.Contains(text, "something harmful") {
		t.Errorf("a harmful file: %.2000s", text)
	}
	sendingSeen(b, t)
	b.Do(chromedp.SetUploadFiles(form+" input[type=file]", []string{files["answer.txt"]}), chromedp.Click(form+" button"), chromedp.WaitVisible(".attached a[download]"))
	if said := browser.Evaluate[string](b, `(() => { const input = document.querySelector("`+form+` input[type=file]");
		input.dataset.largest = "10"; const all = new DataTransfer(); all.items.add(new File(["more than ten bytes"], "disk.img")); input.files = all.files;
		input.dispatchEvent(new Event("change", {bubbles: true})); return input.validationMessage; })()`); !strings.Contains(said, "larger than 50 MB") || !strings.Contains(said, "disk.img") {
		t.Errorf("a file that is too large: %q", said)
	}
}
