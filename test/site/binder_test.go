package site

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

func binderForms() map[string]url.Values {
	return map[string]url.Values{client + "/binder/refresh": {}, client + "/binder/mail": {"receivers": {"vault@example.net"}}}
}

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
	v.keepsCopies(organisation)
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, "binder.pdf"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// keepsCopies makes a copy by hand, sees it offered with its hash, changes something and
// is told so on the pages of the organisation and of its board.
func (v visitor) keepsCopies(organisation string) {
	v.t.Helper()
	if page := v.page(organisation + "/binder"); !strings.Contains(page, "No binder is kept yet") {
		v.t.Error("it is not said that no binder is kept")
	}
	page, _ := v.must(organisation+"/binder/refresh", nil)
	link := regexp.MustCompile(`href="([^"]+/binder/copies/([0-9a-f]{64})\.pdf)"`).FindStringSubmatch(page)
	if link == nil || !strings.Contains(page, "up to date") || !strings.Contains(page, `class="hash">`+link[2]) {
		v.t.Fatalf("no copy is offered:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	if status, file := v.get(link[1]); status != http.StatusOK || !strings.HasPrefix(file, "%PDF-") {
		v.t.Errorf("the copy: %d", status)
	}
	if page := v.page(organisation); strings.Contains(page, "out of date") {
		v.t.Error("a fresh binder is out of date")
	}
	if status, page, _ := v.post(organisation+"/binder/mail", url.Values{"receivers": {"nobody"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-receivers-error") {
		v.t.Errorf("an address that is none: %d", status)
	}
	v.must(organisation+"/binder/mail", url.Values{"receivers": {"vault@example.net\r\nceo@example.com"}})
	v.must(organisation+"/on-call/contacts", url.Values{"role": {"lead"}, "name": {"Nora Night"}, "phone": {"+43 660 1234567"}})
	for _, path := range []string{"", "/board", "/binder"} {
		if page := v.page(organisation + path); !strings.Contains(page, "The kept incident binder is out of date") {
			v.t.Errorf("%q does not say that the binder is out of date", path)
		}
	}
}
