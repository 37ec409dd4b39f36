package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestChecklistPages: an officer says how far a point is, sees it again, and takes the
// list away as a paper, a table and data; what cannot be used comes back with the form.
func TestChecklistPages(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	v.found()
	const lists = "/authority/checklists"
	page := v.page(lists)
	if !strings.Contains(page, "National cybersecurity strategy") || !strings.Contains(page, "Peer review") || !strings.Contains(page, "0 of ") {
		t.Errorf("the lists:\n%.2000s", page[strings.Index(page, "<main"):])
	}
	const strategy = lists + "/national-strategy"
	if status, page, _ := v.post(strategy, url.Values{"item": {"roles"}, "status": {"aside"}, "version": {"0"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-roles-note-error") {
		t.Errorf("aside without a reason: %d", status)
	}
	if status, page, _ := v.post(strategy, url.Values{"item": {"roles"}, "status": {"met"}, "due": {"soon"}, "version": {"0"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-roles-due-error") {
		t.Errorf("a day that is none: %d", status)
	}
	page, _ = v.must(strategy, url.Values{"item": {"roles"}, "status": {"met"}, "note": {"<b>Act of 2025</b>"}, "evidence": {"https://example.org/act\r\njavascript:alert(1)"}, "owner": {"Ministry"}, "due": {"2027-03-01"}, "version": {"0"}})
	for _, want := range []string{"1 of 22 points", "&lt;b&gt;Act of 2025", `href="https://example.org/act"`, "Olga Novak", "Art. 7(1)(c)", "checked 28 November 2026"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, `href="javascript`) {
		t.Error("a script can be opened as evidence")
	}
	if status, _, _ := v.post(strategy, url.Values{"item": {"roles"}, "status": {"open"}, "version": {"0"}}); status != http.StatusConflict && status != http.StatusUnprocessableEntity {
		t.Errorf("an old version: %d", status)
	}
	for ending, want := range map[string]string{"csv": "national-strategy,content,roles", "json": `"Act of 2025`, "pdf": "%PDF-", "docx": "PK\x03\x04"} {
		if status, file := v.get(strategy + "/national-strategy." + ending); status != http.StatusOK || !strings.Contains(strings.ReplaceAll(file, `\u003cb\u003e`, `"`), want) {
			t.Errorf("%s: %d\n%.400s", ending, status, file)
		}
	}
	if status, _ := v.get(strategy + "/other.csv"); status != http.StatusNotFound {
		t.Errorf("another file: %d", status)
	}
}
