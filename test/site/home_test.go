package site

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestHome: the first page of an organisation says what changed in plain words,
// many acts of one kind as one line, and recommends one step.
func TestHome(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	for _, option := range []string{"none"} {
		v.post(organisation+"/questions/q.backup.exists", url.Values{"option": {option}})
	}
	status, page := v.get(organisation)
	if status != http.StatusOK {
		t.Fatalf("%d", status)
	}
	for _, want := range []string{`class="next-step`, "Anna Huber", "changed the answer to", "data-relative", `id="measures"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, key := range []string{"home.", "report.", "pages."} {
		if strings.Contains(page, ">"+key) {
			t.Errorf("a message of %s is missing on the page", key)
		}
	}
}
