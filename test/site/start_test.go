package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestStartNamesAllFaults: the first form says of every field at once what is wrong
// with it, and keeps what was typed.
func TestStartNamesAllFaults(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	status, page, _ := v.post("/start", url.Values{"workspace": {" "}, "name": {""}, "email": {"anna at home"}, "password": {"short"}})
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", status)
	}
	for _, want := range []string{"The workspace has no name", "The name is empty or too long", "This is not an e-mail address", "The password is too short or too long",
		`value="anna at home"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(page, `aria-invalid="true"`); n != 4 {
		t.Errorf("%d fields are marked, want 4", n)
	}
}
