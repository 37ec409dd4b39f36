package site

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func evidenceForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/evidence":        {"title": {"Policy"}, "date": {"2026-01-01"}, "kind": {"doc.security-policy"}},
		client + "/evidence/edit":   {"id": {"E01"}, "title": {"Policy"}, "date": {"2026-01-01"}, "kind": {"doc.security-policy"}},
		client + "/evidence/remove": {"id": {"x"}},
		client + "/evidence/scan":   {"id": {"x"}, "file": {"x"}},
	}
}

// sent is one file of a form.
type sent struct {
	name    string
	content io.Reader
}

// upload sends a form with files as a browser without script does, streamed.
func (v visitor) upload(path string, fields url.Values, files ...sent) (status int, page string, at *url.URL) {
	v.t.Helper()
	pipe, to := io.Pipe()
	form := multipart.NewWriter(to)
	go func() {
		for name, values := range fields {
			for _, value := range values {
				_ = form.WriteField(name, value) // the reader's error ends it
			}
		}
		for _, f := range files {
			h := textproto.MIMEHeader{"Content-Type": {"text/plain"}}
			h.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": "file", "filename": f.name}))
			part, err := form.CreatePart(h)
			if err == nil {
				_, err = io.Copy(part, f.content)
			}
			if err != nil {
				to.CloseWithError(err)
				return
			}
		}
		to.CloseWithError(form.Close())
	}()
	r, err := v.http.Post(v.site+path, form.FormDataContentType(), pipe)
	if err != nil {
		v.t.Fatal(err)
	}
	status, page = body(v.t, r)
	return status, page, r.Request.URL
}

func policy() url.Values {
	return url.Values{"task": {"new"}, "form": {"file"}, "title": {"Security policy 4.0"}, "kind": {"doc.security-policy"}, "date": {time.Now().AddDate(0, -1, 0).Format(time.DateOnly)},
		"renew_months": {"12"}, "covers": {"nis2.21.2.h.keys"}}
}

var fileLink = regexp.MustCompile(`/organisations/[0-9a-f-]+/files/[0-9a-f-]+`)

// TestEvidenceWithoutScript walks the life of a piece: several files, an edit, a
// newer version beside the earlier one, removal and undo.
func TestEvidenceWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	if _, page := v.get(organisation + "/evidence/new"); !regexp.MustCompile(`<option value="" selected[^>]*>Choose a kind</option>|<option value="">Choose a kind</option>`).MatchString(page) || strings.Contains(page, `value="doc.security-policy" selected`) {
		t.Error("the form chooses a kind that nobody chose")
	}
	unkind := policy()
	unkind.Set("kind", "")
	if status, page, _ := v.upload(organisation+"/evidence", unkind, sent{"policy.pdf", strings.NewReader("%PDF-1.7 text")}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "policy.pdf") {
		t.Errorf("without a kind: %d, or the file is lost", status)
	}
	status, page, at := v.upload(organisation+"/evidence", policy(), sent{"policy.pdf", strings.NewReader("%PDF-1.7 text")}, sent{"annex.txt", strings.NewReader("annex")})
	if status != http.StatusOK || !strings.HasSuffix(at.Path, "/evidence/piece") {
		t.Fatalf("adding led to %s with %d:\n%.900s", at, status, page)
	}
	for _, want := range []string{"Security policy 4.0", "policy.pdf", "annex.txt", "application/pdf", "text/plain", "12 months"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the piece does not say %q", want)
		}
	}
	id := at.Query().Get("id")
	old := fileLink.FindString(page)
	if _, list := v.get(organisation + "/evidence?requirement=nis2.21.2.h.keys&kind=doc.security-policy&q=POLICY&validity=valid"); !strings.Contains(list, "Security policy 4.0") {
		t.Error("the filters do not find the piece")
	}
	if _, list := v.get(organisation + "/evidence?requirement=nis2.21.2.h.keys&validity=expired"); strings.Contains(list, "Security policy 4.0") {
		t.Error("a valid piece is among the expired ones")
	}
	v.newerVersion(organisation, id, old)
	if status, _, at := v.post(organisation+"/evidence/remove", url.Values{"id": {id}}); status != http.StatusOK || !strings.HasSuffix(at, "/evidence") {
		t.Errorf("removing led to %s with %d", at, status)
	}
	_, list := v.get(organisation + "/evidence?removed=" + url.QueryEscape(id))
	entry := regexp.MustCompile(`(?s)class="flash.*?name="entry" value="([0-9]+)"`).FindStringSubmatch(list)
	if entry == nil || strings.Contains(list, "Security policy 5.0") {
		t.Fatalf("after the removal: %v", entry)
	}
	v.post(organisation+"/undo", url.Values{"entry": {entry[1]}})
	if status, page := v.get(organisation + "/evidence/piece?id=" + url.QueryEscape(id)); status != http.StatusOK || !strings.Contains(page, "Security policy 5.0") {
		t.Errorf("after the undo: %d", status)
	}
}

// newerVersion replaces a piece; its earlier file stays to be read.
func (v visitor) newerVersion(organisation, id, old string) {
	v.t.Helper()
	_, form := v.get(organisation + "/evidence/replace?id=" + url.QueryEscape(id))
	version := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(form)
	if version == nil {
		v.t.Fatalf("no form for a newer version:\n%.600s", form)
	}
	fields := policy()
	fields.Set("task", "replace")
	fields.Set("id", id)
	fields.Set("title", "Security policy 5.0")
	if status, page, _ := v.upload(organisation+"/evidence/edit", fields, sent{"new.pdf", strings.NewReader("%PDF-1.7 newer")}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "in the meantime") {
		v.t.Errorf("a version from nowhere: %d", status)
	}
	fields.Set("version", version[1])
	status, page, at := v.upload(organisation+"/evidence/edit", fields, sent{"new.pdf", strings.NewReader("%PDF-1.7 newer")})
	if status != http.StatusOK || !strings.HasSuffix(at.Path, "/evidence/piece") || !strings.Contains(page, "new.pdf") || !strings.Contains(page, "Earlier versions") || !strings.Contains(page, old) {
		v.t.Errorf("the newer version led to %s with %d; the earlier file is there: %v", at, status, strings.Contains(page, old))
	}
	if status, content := v.get(old); status != http.StatusOK || !strings.HasPrefix(content, "%PDF-1.7 text") && content != "annex" {
		v.t.Errorf("the earlier file: %d %.40q", status, content)
	}
}

// TestUploadsThatCannotBe come back with what is wrong; what could be taken stays
// with the form.
func TestUploadsThatCannotBe(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	status, page, at := v.upload(organisation+"/evidence", policy(), sent{"small.txt", strings.NewReader("fits")}, sent{"large.bin", zeros(51 << 20)})
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "large.bin is too large; at most 50 MB") || !strings.Contains(page, "small.txt") {
		t.Errorf("51 MB: %d at %s\n%.900s", status, at, page)
	}
	if status, page, _ := v.upload(organisation+"/evidence", policy(), sent{"empty.txt", strings.NewReader("")}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "empty.txt is empty") {
		t.Errorf("an empty file: %d", status)
	}
	if status, page, _ := v.upload(organisation+"/evidence", policy()); status != http.StatusUnprocessableEntity || !strings.Contains(page, "No file is chosen") {
		t.Errorf("no file: %d", status)
	}
	for form, says := range map[string]string{"link": "no web address", "attestation": "write who states it"} {
		fields := policy()
		fields.Set("form", form)
		fields.Set("location", "javascript:alert(1)")
		if status, page, _ := v.upload(organisation+"/evidence", fields); status != http.StatusUnprocessableEntity || !strings.Contains(page, says) || strings.Contains(page, `href="javascript:`) {
			t.Errorf("%s: %d\n%.600s", form, status, page)
		}
	}
	if status, _, _ := v.upload(organisation+"/evidence", url.Values{"title": {strings.Repeat("x", 70_000)}}); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a title of 70,000 characters: %d", status)
	}
	if _, list := v.get(organisation + "/evidence"); strings.Contains(list, "Security policy 4.0") {
		t.Error("a refused piece is in the list")
	}
}

func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestDownloadsAreHarmless: whatever is uploaded, under whatever name, browsers
// save it and show nothing of it.
func TestDownloadsAreHarmless(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	for name, tc := range map[string]struct{ content, saved string }{
		"page.html":               {"<!doctype html><script>alert(document.cookie)</script>", "page.html"},
		"picture.svg":             {`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "picture.svg"},
		"../../../etc/passwd":     {"root:x:0:0", "passwd"},
		`..\..\windows\system.in`: {"x=1", "system.in"},
		"a\r\nSet-Cookie: x=1":    {"head", ""},
		`quo"te;.txt`:             {"text", "quo_te;.txt"},
		"Prüfung – Größe.txt":     {"text", "Prüfung – Größe.txt"},
		"\u202egnp.exe":           {"text", "_gnp.exe"},
	} {
		status, page, _ := v.upload(organisation+"/evidence", policy(), sent{name, strings.NewReader(tc.content)})
		link := fileLink.FindString(page)
		if status != http.StatusOK || link == "" {
			t.Errorf("%q: %d\n%.600s", name, status, page)
			continue
		}
		v.harmless(link, tc.content, tc.saved)
	}
}

func (v visitor) harmless(link, content, saved string) {
	v.t.Helper()
	r, err := v.http.Get(v.site + link)
	if err != nil {
		v.t.Fatal(err)
	}
	status, got := body(v.t, r)
	if status != http.StatusOK || got != content {
		v.t.Errorf("%s: %d %.60q", saved, status, got)
	}
	for name, want := range map[string]string{"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Set-Cookie": ""} {
		if h := r.Header.Get(name); h != want {
			v.t.Errorf("%s: %s is %q", saved, name, h)
		}
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
	if err != nil || kind != "attachment" || saved != "" && params["filename"] != saved || strings.ContainsAny(params["filename"], "/\\\r\n\"") {
		v.t.Errorf("%s: saved by %q, %v", saved, r.Header.Get("Content-Disposition"), err)
	}
}

// TestFilesStayWithTheirOrganisation: the id of a file opens nothing elsewhere.
func TestFilesStayWithTheirOrganisation(t *testing.T) {
	site, _ := start(t)
	v, stranger := newVisitor(t, site), newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	other := v.add("water-supplier.yaml")
	_, page, _ := v.upload(organisation+"/evidence", policy(), sent{"a.txt", strings.NewReader("a")})
	file := fileLink.FindString(page)
	id := file[strings.LastIndexByte(file, '/'):]
	if status, _ := v.get(file); status != http.StatusOK {
		t.Errorf("the file: %d", status)
	}
	if status, _ := v.get(other + "/files" + id); status != http.StatusNotFound {
		t.Errorf("through another organisation: %d", status)
	}
	fields := policy()
	fields.Set("files", strings.TrimPrefix(id, "/"))
	if status, _, _ := v.upload(other+"/evidence", fields); status != http.StatusUnprocessableEntity {
		t.Errorf("as evidence of another organisation: %d", status)
	}
	if _, at := stranger.try(http.MethodGet, file, nil); at != "/sign-in" {
		t.Errorf("without a session it led to %s", at)
	}
}

// TestScanCommand runs a real program on uploads.
func TestScanCommand(t *testing.T) {
	folder := t.TempDir()
	scanner, away := filepath.Join(folder, "scanner"), filepath.Join(folder, "away")
	script := fmt.Sprintf("#!/bin/sh\n[ -e %s ] && exit 2\ngrep -q EICAR && exit 1\nexit 0\n", away)
	if err := os.WriteFile(scanner, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	site, _ := start(t, func(c *server.Config) { c.ScanCommand = scanner })
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	if _, page, _ := v.upload(organisation+"/evidence", policy(), sent{"good.txt", strings.NewReader("good")}); !strings.Contains(page, "Clean") {
		t.Errorf("a clean file:\n%.900s", page)
	}
	if status, page, _ := v.upload(organisation+"/evidence", policy(), sent{"bad.txt", strings.NewReader("EICAR")}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "something harmful in bad.txt") || fileLink.MatchString(page) {
		t.Errorf("a harmful file: %d\n%.900s", status, page)
	}
	if err := os.WriteFile(away, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, page, at := v.upload(organisation+"/evidence", policy(), sent{"later.txt", strings.NewReader("later")})
	pending := regexp.MustCompile(`name="file" value="([0-9a-f-]+)"`).FindStringSubmatch(page)
	if pending == nil || !strings.Contains(page, "Waiting for the scan") {
		t.Fatalf("a file that could not be scanned:\n%.900s", page)
	}
	if status, _ := v.get(organisation + "/files/" + pending[1]); status != http.StatusForbidden {
		t.Errorf("a file that was not scanned is served: %d", status)
	}
	if err := os.Remove(away); err != nil {
		t.Fatal(err)
	}
	v.post(organisation+"/evidence/scan", url.Values{"id": {at.Query().Get("id")}, "file": {pending[1]}})
	if status, _ := v.get(organisation + "/files/" + pending[1]); status != http.StatusOK {
		t.Errorf("after the scan: %d", status)
	}
}

// TestTables: the lists for spreadsheets hold no formulas.
func TestTables(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	fields := policy()
	fields.Set("title", `=HYPERLINK("https://evil.example";"click")`)
	fields.Set("note", "+49 30 1234")
	v.upload(organisation+"/evidence", fields, sent{"@SUM(A1).txt", strings.NewReader("x")})
	status, list := v.get(organisation + "/evidence.csv")
	if status != http.StatusOK || !strings.Contains(list, `"'=HYPERLINK(`) || !strings.Contains(list, ",'+49 30 1234,") || !strings.Contains(list, ",'@SUM(A1).txt,") {
		t.Errorf("%d\n%s", status, list)
	}
	if status, list := v.get(organisation + "/requirements.csv"); status != http.StatusOK || strings.Count(list, "\r\n") < 50 {
		t.Errorf("requirements: %d with %d lines", status, strings.Count(list, "\r\n"))
	}
	v.reads("de")
	if _, list := v.get(organisation + "/requirements.csv"); !strings.Contains(list, ",mittel,") || strings.Contains(list, ",medium,") {
		t.Errorf("the confidence is not in the words of the reader:\n%.600s", list)
	}
}

// TestEvidenceInBrowser adds a file with script, sees the status of a requirement
// move, and checks the pages.
func TestEvidenceInBrowser(t *testing.T) {
	site, _ := start(t)
	b := browser.Start(t)
	v := newVisitor(t, site)
	organisation := v.begin("food-manufacturer.yaml")
	const requirement = "nis2.21.2.h.keys"
	before := v.statusOf(organisation, requirement)
	enter(b, site)
	b.Open(site+organisation+"/evidence/new?requirement="+requirement, 1280, false)
	file := filepath.Join(t.TempDir(), "keys.pdf")
	if err := os.WriteFile(file, append([]byte("%PDF-1.7 "), bytes.Repeat([]byte("x"), 2<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.SetUploadFiles("#f-file", []string{file}), chromedp.SendKeys("#f-title", "Key management 2026"),
		chromedp.Click("#piece button.primary"), chromedp.WaitVisible("#files"))
	if at := browser.Evaluate[string](b, "location.pathname"); !strings.HasSuffix(at, "/evidence/piece") {
		t.Errorf("the upload led to %s", at)
	}
	if after := v.statusOf(organisation, requirement); after == before {
		t.Errorf("the status of %s stayed %s", requirement, after)
	}
	_, list := v.get(organisation + "/evidence?requirement=" + requirement)
	piece := regexp.MustCompile(`/evidence/piece\?id=[^"]+`).FindString(list)
	if !strings.Contains(list, "Key management 2026") {
		t.Error("the piece is not in the list")
	}
	b.ScriptsOff(true)
	b.Open(site+organisation+"/evidence/new?requirement="+requirement, 1280, false)
	b.Do(chromedp.SetUploadFiles("#f-file", []string{file}), chromedp.SendKeys("#f-title", "Keys without script"),
		chromedp.Click("#piece button.primary"), chromedp.WaitVisible("#files"))
	b.ScriptsOff(false)
	if _, list := v.get(organisation + "/evidence?requirement=" + requirement); !strings.Contains(list, "Keys without script") {
		t.Error("what was uploaded without script is not in the list")
	}
	look := lookAt(t, b, site)
	for name, path := range map[string]string{"list": "/evidence", "for": "/evidence?requirement=" + requirement, "piece": html.UnescapeString(piece), "file": "/evidence/new?requirement=" + requirement,
		"attestation": "/evidence/new?form=attestation", "link": "/evidence/new?form=link", "replace": strings.Replace(piece, "/piece", "/replace", 1)} {
		look("evidence-"+name, organisation+path)
	}
}

// enter signs the owner in.
func enter(b *browser.Browser, site string) { enterAs(b, site, "anna@example.org") }

func enterAs(b *browser.Browser, site, email string) {
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", email), chromedp.SendKeys("#f-password", password), chromedp.Click("main button.primary"),
		chromedp.WaitVisible(".person"))
}

// lookAt opens pages in a wide light window and a narrow dark one and checks them.
func lookAt(t *testing.T, b *browser.Browser, site string) func(name, path string) {
	return func(name, path string) {
		t.Helper()
		for width, dark := range map[int]bool{1280: false, 360: true} {
			b.Open(site+path, width, dark)
			checkHere(t, b, name, width)
		}
	}
}

// checkHere checks the open page by its width and by axe, and takes its picture when
// SCREENSHOTS names a folder.
func checkHere(t *testing.T, b *browser.Browser, name string, width int) {
	t.Helper()
	if n := b.Narrow(); n > 0 {
		t.Errorf("%s at %d: the page is %d px wider than the window", name, width, n)
	}
	if browser.Evaluate[bool](b, `document.body.textContent.includes("⟪")`) {
		t.Errorf("%s at %d: a message is missing", name, width)
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, width)))
	}
	for _, found := range b.Axe() {
		t.Errorf("%s at %d: %s", name, width, found)
	}
}

// statusOf is the status of a requirement in the list for spreadsheets.
func (v visitor) statusOf(organisation, requirement string) string {
	v.t.Helper()
	_, list := v.get(organisation + "/requirements.csv")
	for line := range strings.SplitSeq(list, "\r\n") {
		if strings.HasPrefix(line, requirement+",") {
			return line
		}
	}
	v.t.Fatalf("%s is not in the list", requirement)
	return ""
}
