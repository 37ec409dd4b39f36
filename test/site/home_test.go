package site

import (
	"net/http"
	"net/url"
	"regexp"
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
	if strings.Contains(page, "The management body: Anna Huber") || !strings.Contains(page, "can be recorded by: Anna Huber") {
		t.Error("the owner of the workspace stands there as the management body")
	}
	eva := newVisitor(t, site)
	eva.joinWith(v, "auditor", "eva@example.org")
	if _, page := eva.get(organisation + "/questions?topic=c"); strings.Contains(page, `id="form-q`) || !strings.Contains(page, `class="work-question"`) {
		t.Error("an auditor is offered to answer")
	}
	carl := newVisitor(t, site)
	carl.joinWith(v, "contributor", "carl@example.org")
	_, first := carl.get("/")
	for _, m := range regexp.MustCompile(`<a href="(/[a-z]*)"`).FindAllStringSubmatch(first, -1) {
		if status, _ := carl.get(m[1]); status != http.StatusOK {
			t.Errorf("a contributor is led to %s, which answers %d", m[1], status)
		}
	}
	for _, key := range []string{"home.", "report.", "pages."} {
		if strings.Contains(page, ">"+key) {
			t.Errorf("a message of %s is missing on the page", key)
		}
	}
}
