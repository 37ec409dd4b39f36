package site

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

// TestIncidentPapers downloads what the page of a report links to: files that a
// browser saves, with the hash of the copy that is kept.
func TestIncidentPapers(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	at := v.takeIn(v.begin("water-supplier.yaml"), "Files are encrypted")
	_, report := v.must(at+"/reports", url.Values{"obligation": {v.aware(at)}, "stage": {"early_warning"}})
	answers := required()
	answers.Set("v.description", `<b data-hostile>Files</b>`)
	draft, _ := v.must(report, answers)
	if strings.Contains(draft, "/report.json") || !strings.Contains(draft, "/paper.pdf") {
		t.Error("a draft leads to a kept copy, or to no paper")
	}
	if status, _ := v.get(report + "/report.json"); status != http.StatusConflict {
		t.Errorf("kept copy of a draft: %d", status)
	}
	page, _ := v.must(report+"/submit", url.Values{"channel": {"portal"}, "bypass": {"Nobody can be reached at night."}})
	sum := sha256.Sum256(v.saved(report+"/report.json", "application/json"))
	hash := hex.EncodeToString(sum[:])
	if !strings.Contains(page, hash) {
		t.Error("the page shows another hash than that of its kept copy")
	}
	if text := string(reporttest.PDFText(t, v.saved(report+"/paper.pdf", "application/pdf"), "-layout")); !strings.Contains(text, hash) {
		t.Errorf("the PDF lacks the hash:\n%s", text)
	}
	if text := string(v.saved(report+"/sheet.txt", "text/plain; charset=utf-8")); !strings.Contains(text, hash) || !strings.Contains(text, "\n<b data-hostile>Files</b>\n") {
		t.Errorf("the sheet lacks hash or answer:\n%s", text)
	}
	if text := string(v.saved(report+"/paper.html", "text/html; charset=utf-8")); !strings.Contains(text, hash) || strings.Contains(text, "<b data-hostile>") {
		t.Error("the page lacks the hash, or has an answer as HTML")
	}
}

// saved is a file that the site hands out to be saved.
func (v visitor) saved(path, contentType string) []byte {
	v.t.Helper()
	r, err := v.http.Get(v.site + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	name := r.Header.Get("Content-Disposition")
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != contentType || !strings.HasPrefix(name, "attachment; filename=") || !strings.Contains(name, "-early_warning.") ||
		!strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") {
		v.t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
	}
	return b
}
