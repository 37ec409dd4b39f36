package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func reportForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/reports":      {"format": {"json"}, "language": {"en"}},
		client + "/reports/stop": {},
		client + "/snapshots":    {"label": {"before the audit"}},
	}
}

// TestReports: a report in each format is kept as it was made, with its hash; parts,
// language and brand are those that were chosen.
func TestReports(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	link := regexp.MustCompile(`/reports/([0-9a-f-]{36})"`)
	for format, begin := range map[string]string{"html": "<!doctype html>", "pdf": "%PDF-", "docx": "PK\x03\x04", "json": "{"} {
		status, page := v.makeReport(organisation, url.Values{"format": {format}, "language": {"de"}, "brand": {"workspace"}, "part": {"board", "plan"}})
		found := link.FindStringSubmatch(page)
		if status != http.StatusOK || found == nil || !strings.Contains(page, "The report is ready") {
			t.Fatalf("%s: %d\n%.1500s", format, status, page)
		}
		status, file := v.get(organisation + "/reports/" + found[1])
		sum := sha256.Sum256([]byte(file))
		if status != http.StatusOK || !strings.HasPrefix(strings.ToLower(file), strings.ToLower(begin)) || !strings.Contains(page, hex.EncodeToString(sum[:])) {
			t.Errorf("%s: %d, %.40q, the hash is not in the list", format, status, file)
		}
		if format != "html" {
			continue
		}
		if !strings.Contains(file, `lang="de"`) || !strings.Contains(file, `id="board"`) || strings.Contains(file, `id="applicability"`) {
			t.Error("the web page has other parts or another language than those chosen")
		}
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(`id="([^"]+)"`).FindAllStringSubmatch(file, -1) {
			ids[id[1]] = true
		}
		for _, to := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(file, -1) {
			if !ids[to[1]] {
				t.Errorf("a link leads to %q, which is not there", to[1])
			}
		}
	}
	if _, page := v.makeReport(organisation, url.Values{"format": {"html", "json"}, "language": {"en"}}); strings.Count(page, "HTML · ") != 2 || strings.Count(page, "JSON · ") != 2 {
		t.Error("two formats of one order are not both in the list")
	}
	if _, page, _ := v.post(organisation+"/reports", url.Values{"format": {"json", "docx", "pdf"}, "language": {"en"}, "monthly": {"yes"}}); !strings.Contains(page, "PDF, DOCX, JSON, English") {
		t.Error("the page does not name the formats of the monthly report")
	}
	for name, form := range map[string]url.Values{"format": {"format": {"pdf", "exe"}, "language": {"en"}}, "no format": {"language": {"en"}}, "language": {"format": {"pdf"}, "language": {"xx"}},
		"parts": {"format": {"pdf"}, "language": {"en"}, "part": {"lunch"}}} {
		if status, _, _ := v.post(organisation+"/reports", form); status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong %s: %d", name, status)
		}
	}
}

// makeReport asks for a report and waits until its page says that it is there.
func (v visitor) makeReport(organisation string, order url.Values) (status int, page string) {
	v.t.Helper()
	r, err := v.http.PostForm(v.site+organisation+"/reports", order)
	if err != nil {
		v.t.Fatal(err)
	}
	status, page = body(v.t, r)
	at := r.Request.URL.RequestURI()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if status != http.StatusOK || !strings.Contains(page, "Your report is being made") {
			break
		}
		status, page = v.get(at)
	}
	return status, page
}

// TestCompare: after a snapshot an answer changes, a task is done; the comparison
// says so with reasons, as a page and in all formats.
func TestCompare(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")
	if _, page := v.get(organisation + "/compare"); !strings.Contains(page, "No snapshot to compare with") {
		t.Errorf("without a snapshot:\n%.800s", page)
	}
	v.post(organisation+"/snapshots", url.Values{"label": {"before the <audit>"}})
	id := v.addTask(organisation, url.Values{"title": {"Buy a second line"}, "state": {"todo"}})
	v.post(organisation+"/plan/bulk", url.Values{"task": {id}, "state": {"done"}})
	v.post(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	_, page := v.get(organisation + "/compare")
	for _, want := range []string{"before the &lt;audit&gt;", "Buy a second line", "Requirements with another status", `class="wide"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	from := regexp.MustCompile(`comparison\.json\?from=([0-9a-f-]{36})`).FindStringSubmatch(page)
	if from == nil {
		t.Fatalf("no download:\n%.2000s", page)
	}
	_, file := v.get(organisation + "/compare/comparison.json?from=" + from[1] + "&to=now")
	var c struct {
		Format string
		Scores []struct {
			Key           string
			Before, After *float64
		}
		Changed []struct {
			Requirement, Before, After string
			Because                    []string
		}
		Done []struct{ Title string } `json:"tasks_done"`
	}
	if err := json.Unmarshal([]byte(file), &c); err != nil {
		t.Fatal(err)
	}
	if c.Format != "comparison/1" || len(c.Scores) < 5 || len(c.Changed) == 0 || len(c.Changed[0].Because) == 0 || len(c.Done) != 1 {
		t.Errorf("%.1500s", file)
	}
	for _, s := range c.Scores {
		if s.Key == "measure.c" && (s.Before == nil || s.After == nil || *s.After >= *s.Before) {
			t.Errorf("measure c: %+v", s)
		}
	}
	for name, begin := range map[string]string{"comparison.html": "<!doctype html>", "comparison.pdf": "%PDF-", "comparison.docx": "PK\x03\x04"} {
		if status, file := v.get(organisation + "/compare/" + name + "?from=" + from[1]); status != http.StatusOK || !strings.HasPrefix(strings.ToLower(file), strings.ToLower(begin)) {
			t.Errorf("%s: %d, %.40q", name, status, file)
		}
	}
	other := v.add("water-supplier.yaml")
	if status, _ := v.get(other + "/compare?from=" + from[1]); status != http.StatusNotFound {
		t.Errorf("the snapshot of another organisation: %d", status)
	}
	if status, _ := v.get(organisation + "/compare/passwd?from=" + from[1]); status != http.StatusNotFound {
		t.Errorf("another file: %d", status)
	}
}

// TestReportsInBrowser: a report is made and appears in the list, with and without
// script; the pages are accessible.
func TestReportsInBrowser(t *testing.T) {
	b, v, organisation := signedIn(t, "managed-service-provider.yaml")
	v.post(organisation+"/snapshots", url.Values{"label": {"before the audit"}})
	v.post(organisation+"/questions/q.backup.exists", url.Values{"option": {"none"}, "topic": {"c"}})
	v.makeReport(organisation, url.Values{"format": {"pdf"}, "language": {"en"}})
	inspect(t, b, v, map[string]string{"compare": organisation + "/compare", "reports": organisation + "/reports"})
	for i, script := range []bool{true, false} {
		b.ScriptsOff(!script)
		b.Open(v.site+organisation+"/reports", 1280, false)
		b.Do(chromedp.Click("#f-format-1"), chromedp.Click("#make button.primary"))
		for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if _, page := v.get(organisation + "/reports"); strings.Count(page, "HTML · ") == i+1 {
				break
			}
		}
		if !script { // with it the list comes anew by itself
			b.Open(v.site+organisation+"/reports", 1280, false)
		}
		b.Do(chromedp.WaitVisible(fmt.Sprintf("#kept tbody tr:nth-child(%d)", i+2)), chromedp.WaitNotPresent("#kept [data-job]"))
	}
}
