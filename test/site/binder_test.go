package site

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

// TestBinder: the binder has whom to call, the terms of the law, and a blank form for
// each stage, as a page in one file and to print, in the language of the organisation.
func TestBinder(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	if status, page := v.get(organisation + "/binder"); status != http.StatusOK || !strings.Contains(page, organisation+"/binder.pdf") {
		t.Errorf("the page: %d", status)
	}
	status, page := v.get(organisation + "/binder.html")
	for _, want := range []string{"Anna Huber", "anna@example.org", "Art. 23(4)(a)", "Art. 33(1)", "Trust service provider, trust services affected", "Wasserverband Oberes Trauntal"} {
		if !strings.Contains(page, want) {
			t.Errorf("the binder lacks %q", want)
		}
	}
	if status != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, `src="http`) || strings.Contains(page, "early_warning") {
		t.Errorf("the file: %d", status)
	}
	status, file := v.get(organisation + "/binder.pdf")
	if status != http.StatusOK || !strings.HasPrefix(file, "%PDF-") {
		t.Fatalf("the print: %d", status)
	}
	if text := string(reporttest.PDFText(t, []byte(file), "-layout")); !strings.Contains(text, "Anna Huber") || !strings.Contains(text, "Art. 23(4)(a)") {
		t.Errorf("the print:\n%.2000s", text)
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, "binder.pdf"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
