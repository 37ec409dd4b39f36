package site

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/test/browser"
)

func boardForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/board/request":              {"subject": {"measures"}},
		client + "/board/approvals/{approval}": {"decision": {"approved"}, "sha256": {"x"}},
		client + "/board/trainings":            {"name": {"Eva Berger"}, "course": {"NIS2 for boards"}, "on": {"2026-03-31"}},
		client + "/board/trainings/remove":     {"id": {"x"}},
	}
}

var approvalLink = regexp.MustCompile(`/board/approvals/([0-9a-f-]{36})"`)

// TestApproval: what is asked for is frozen and can be proved; a board member
// decides on exactly the version seen; a later change is shown.
func TestApproval(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	ben.joinAs(anna, "board")
	anna.post(organisation+"/board/request", url.Values{"subject": {"measures"}})
	_, page := ben.get(organisation + "/board")
	link := approvalLink.FindStringSubmatch(page)
	if link == nil || !strings.Contains(page, "You are asked to approve the measures") || strings.Contains(page, "Ask for approval of the measures") {
		t.Fatalf("the board member sees:\n%.2000s", page)
	}
	at := organisation + "/board/approvals/" + link[1]
	_, page = ben.get(at)
	seen := regexp.MustCompile(`name="sha256" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if seen == nil {
		t.Fatalf("there is nothing to decide:\n%.2000s", page)
	}
	status, version := ben.get(at + "/version.json")
	if sum := sha256.Sum256([]byte(version)); status != http.StatusOK || hex.EncodeToString(sum[:]) != seen[1] {
		t.Errorf("the version is not the one of the hash: %d, %.80s", status, version)
	}
	if status, _, _ := ben.post(at, url.Values{"sha256": {strings.Repeat("0", 64)}, "decision": {"approved"}}); status != http.StatusConflict {
		t.Errorf("a decision on another version: %d", status)
	}
	if status, _, _ := ben.post(organisation+"/board/request", url.Values{"subject": {"plan"}}); status != http.StatusForbidden {
		t.Errorf("a request by a board member: %d", status)
	}
	if status, page, _ := anna.post(at, url.Values{"sha256": {seen[1]}, "decision": {"approved"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "minutes of a meeting") {
		t.Errorf("an owner decides and does not say who did: %d", status)
	}
	_, page, _ = ben.post(at, url.Values{"sha256": {seen[1]}, "decision": {"approved"}, "note": {"<b>With thanks</b>"}})
	if !strings.Contains(page, "Ben Maier") || !strings.Contains(page, "&lt;b&gt;With thanks") || strings.Contains(page, "The approved version is older") {
		t.Errorf("after the decision:\n%.3000s", page)
	}
	if status, _, _ := ben.post(at, url.Values{"sha256": {seen[1]}, "decision": {"rejected"}}); status != http.StatusConflict {
		t.Errorf("a second decision: %d", status)
	}
	anna.post(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	if _, page = ben.get(organisation + "/board"); !strings.Contains(page, "The approved version is older") {
		t.Error("the later change is not shown")
	}
	if _, page = ben.get(at); !strings.Contains(page, `id="since"`) {
		t.Errorf("the differences are not shown:\n%.3000s", page)
	}
}

// TestTrainings are added, changed and removed; a board member cannot change them.
func TestTrainings(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	form := url.Values{"name": {"Eva Berger"}, "course": {"NIS2 for boards"}, "on": {"2025-03-31"}, "valid_until": {"2026-03-31"}, "minutes": {"90"}, "management": {"yes"}}
	if _, page, _ := v.post(organisation+"/board/trainings", form); !strings.Contains(page, "Eva Berger") || !strings.Contains(page, "Expired") {
		t.Fatalf("the training is not shown as expired:\n%.3000s", page)
	}
	_, page := v.get(organisation + "/board")
	id := regexp.MustCompile(`training=([0-9a-f-]{36})`).FindStringSubmatch(page)
	_, page = v.get(organisation + "/board?training=" + id[1])
	version := regexp.MustCompile(`(?s)id="training-form".*?name="version" value="([0-9]+)"`).FindStringSubmatch(page)
	form.Set("id", id[1])
	form.Set("version", version[1])
	form.Set("valid_until", "2099-03-31")
	if _, page, _ := v.post(organisation+"/board/trainings", form); strings.Contains(page, "Expired") || strings.Count(page, "Eva Berger") < 1 {
		t.Errorf("after the change:\n%.3000s", page)
	}
	form.Set("valid_until", "2020-01-01")
	if status, page, _ := v.post(organisation+"/board/trainings", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-valid_until") {
		t.Errorf("a training that ends before it begins: %d", status)
	}
	if _, page, _ := v.post(organisation+"/board/trainings/remove", url.Values{"id": {id[1]}}); strings.Contains(page, "Eva Berger") {
		t.Error("the training is still there")
	}
}

// TestBoardInBrowser: a board member approves in a browser, also without script, and
// the pages are accessible on a phone.
func TestBoardInBrowser(t *testing.T) {
	site, _ := start(t)
	anna, ben := newVisitor(t, site), newVisitor(t, site)
	organisation := anna.begin("managed-service-provider.yaml")
	ben.joinAs(anna, "board")
	anna.post(organisation+"/plan/adopt", url.Values{"all": {"yes"}})
	for _, subject := range []string{"measures", "plan"} {
		anna.post(organisation+"/board/request", url.Values{"subject": {subject}})
	}
	anna.post(organisation+"/board/trainings", url.Values{"name": {"Eva Berger"}, "course": {"NIS2 for boards"}, "on": {"2026-03-31"}, "management": {"yes"}})
	b := browser.Start(t)
	b.Open(site+"/sign-in", 360, false)
	b.Do(chromedp.SendKeys("#f-email", "ben@example.org"), chromedp.SendKeys("#f-password", password), chromedp.Click("#sign-in button.primary"), chromedp.WaitVisible(".person"))
	_, page := ben.get(organisation + "/board")
	var links []string
	for _, x := range approvalLink.FindAllStringSubmatch(page, -1) {
		links = append(links, organisation+"/board/approvals/"+x[1])
	}
	inspect(t, b, ben, map[string]string{"board": organisation + "/board", "board-approval": links[0], "board-approval-plan": links[len(links)-1]})
	for i, script := range []bool{true, false} {
		b.ScriptsOff(!script)
		b.Open(site+organisation+"/board", 360, false)
		b.Do(chromedp.Click(`.callout a[href*="/board/approvals/"]`), chromedp.WaitVisible("#decide"), chromedp.SendKeys("#f-note", "Agreed"),
			chromedp.Click(`#decide button[value=approved]`), chromedp.WaitVisible("#approvals"))
		if _, page := ben.get(organisation + "/board"); strings.Count(page, "Agreed") != i+1 {
			t.Errorf("script %v: %d decisions are kept", script, strings.Count(page, "Agreed"))
		}
	}
}
