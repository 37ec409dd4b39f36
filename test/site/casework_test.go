package site

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/test/browser"
)

// TestCasework walks through what stands around the reports of a case: the writer of a
// report is told why another person approves it; the timeline in the order of events with
// its files; evidence that is sealed and checked with its sheet; a merge and its way back;
// what is left of a closed case; a near miss.
func TestCasework(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	at := v.takeIn(organisation, "Pumps stop at night")
	duty := v.aware(at)
	_, report := v.must(at+"/reports", url.Values{"obligation": {duty}, "stage": {"early_warning"}})
	if status, page, _ := v.post(report+"/approve", nil); status != http.StatusForbidden || strings.Contains(page, "Your role") || !strings.Contains(page, "The person who wrote a report does not approve it") {
		t.Errorf("the writer approves: %d\n%.900s", status, page[strings.Index(page, "<main"):])
	}
	auditor := newVisitor(t, site)
	auditor.joinWith(v, "auditor", "eva@example.org")
	if status, page, _ := auditor.post(report+"/approve", nil); status != http.StatusForbidden || !strings.Contains(page, "Your role does not include this") {
		t.Errorf("an auditor approves: %d", status)
	}
	v.must(at+"/handling/playbook", url.Values{"playbook": {"ransomware"}})
	if page, _ := v.must(at+"/handling/lessons", url.Values{"title": {"Segment the network"}, "what": {"task"}, "requirement": {"nis2.21.2.e.network"}}); !strings.Contains(page, "0 of 16 steps done") {
		t.Error("a lesson is counted among the steps of a playbook")
	}
	v.timeline(at)
	v.custody(at)
	v.mergeAndBack(organisation, at)
	v.must(at+"/state", url.Values{"kind": {"incident"}, "state": {"closed"}})
	if _, page := v.get(at); strings.Contains(page, "This case is finished") || !strings.Contains(page, "Early warning: NIS2") {
		t.Error("a closed case does not say that its early warning is left")
	}
	if _, page := v.get("/incidents"); !strings.Contains(page, "Pumps stop at night") {
		t.Error("a closed case of which a report is left is not in the list of all")
	}
	near := v.takeIn(organisation, "Phishing was stopped")
	v.must(near+"/state", url.Values{"kind": {"near_miss"}, "state": {"open"}})
	if page, _ := v.must(near+"/propose", nil); !strings.Contains(page, "Nothing must be reported") || !strings.Contains(page, "Art. 30(1)") {
		t.Errorf("a near miss:\n%.2000s", page[strings.Index(page, "<main"):])
	}
	if status, page, _ := v.post(near+"/decide", url.Values{"is": {"yes"}, "reason": {"x"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "A near miss or a threat is not a significant incident") {
		t.Errorf("a significant near miss: %d", status)
	}
	v.pictured(t, map[string]string{"timeline": at + "/timeline", "near-miss": near, "evidence": at + "/handling?tab=evidence"})
}

// timeline looks at the order of events, the filter, a correction and the files.
func (v visitor) timeline(at string) {
	v.t.Helper()
	for _, l := range [][3]string{{"The SOC called", "2025-10-25T20:45", "America/New_York"}, {"Alarm in Vienna", "2025-10-26T01:55", "Europe/Vienna"}, {"<b>After</b> the change", "2025-10-26T03:10", "Europe/Vienna"}} {
		v.must(at+"/entries", url.Values{"kind": {"note"}, "text": {l[0]}, "at": {l[1]}, "zone": {l[2]}})
	}
	night := url.Values{"kind": {"action"}, "text": {"Power off"}, "at": {"2025-10-26T02:30"}, "zone": {"Europe/Vienna"}}
	if status, page, _ := v.post(at+"/entries", night); status != http.StatusUnprocessableEntity || !strings.Contains(page, `name="at_asked"`) || !strings.Contains(page, `name="at_second"`) {
		v.t.Errorf("a time that the clocks showed twice: %d", status)
	}
	night["at_asked"], night["at_second"] = []string{"yes"}, []string{"yes"}
	if page, _ := v.must(at+"/entries", night); !strings.Contains(page, "02:30 CET") {
		v.t.Error("the second time of that night")
	}
	night.Del("at_second")
	night.Set("text", "Power down")
	if page, _ := v.must(at+"/entries", night); !strings.Contains(page, "02:30 CEST") {
		v.t.Error("the first time of that night")
	}
	order := func(page string, texts ...string) bool {
		from := 0
		for _, x := range texts {
			n := strings.Index(page[from:], x)
			if n < 0 {
				return false
			}
			from += n
		}
		return true
	}
	_, page := v.get(at + "/timeline")
	if !order(page, "Alarm in Vienna", "The SOC called", "&lt;b&gt;After&lt;/b&gt; the change", "Pumps stop at night") || !strings.Contains(page, "01:55 CEST") || !strings.Contains(page, "20:45 EDT") || !strings.Contains(page, "03:10 CET") {
		v.t.Errorf("the timeline:\n%.4000s", page[strings.Index(page, "<ol class"):])
	}
	if _, page := v.get(at + "/timeline?order=newest&kind=note&q=vienna"); strings.Contains(page, "The SOC called") || !strings.Contains(page, "Alarm in Vienna") {
		v.t.Error("the filter")
	}
	line := regexp.MustCompile(`line=([0-9a-f-]+)#correct[^>]*>[^<]*<span class="hidden">The SOC called`).FindStringSubmatch(page)
	if line == nil {
		v.t.Fatal("no way to correct a line")
	}
	if status, page, _ := v.post(at+"/timeline", url.Values{"line": {line[1]}, "text": {"The SOC wrote"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, `value="`+line[1]+`"`) {
		v.t.Errorf("a correction without a reason: %d", status)
	}
	page, _ = v.must(at+"/timeline", url.Values{"line": {line[1]}, "text": {"The SOC wrote"}, "at": {"2025-10-25T19:00"}, "zone": {"America/New_York"}, "reason": {"It was a mail"}})
	if !order(page, "The SOC wrote", "It was a mail", "Alarm in Vienna") || !strings.Contains(page, "The SOC called") {
		v.t.Error("the corrected line")
	}
	if _, file := v.get(at + "/timeline.csv"); !strings.Contains(file, "2025-10-26T01:55:00+02:00,Europe/Vienna,2025-10-25T23:55:00Z") || !strings.Contains(file, "2025-10-25T20:45:00-04:00 The SOC called") {
		v.t.Errorf("the table:\n%s", file)
	}
	if _, file := v.get(at + "/timeline.json?kind=note"); !strings.Contains(file, `"reason": "It was a mail"`) || strings.Contains(file, `"kind": "system"`) {
		v.t.Errorf("the file:\n%s", file)
	}
}

// custody seals a piece of evidence, has it checked and prints its sheet.
func (v visitor) custody(at string) {
	v.t.Helper()
	status, page, _ := v.upload(at+"/handling/exhibits", url.Values{"name": {"Image of the HMI"}, "who": {"Anna"}, "where": {"Server room"}}, sent{"hmi.img", strings.NewReader("the disk")})
	file := regexp.MustCompile(at + `/handling/exhibits/([0-9a-f-]{36})`).FindStringSubmatch(page)
	if status != http.StatusOK || file == nil {
		v.t.Fatalf("evidence: %d", status)
	}
	v.must(at+"/handling/custody", url.Values{"id": {file[1]}, "action": {"sealed"}, "who": {"Anna"}, "where": {"Safe 3"}})
	page, _ = v.must(at+"/handling/check", url.Values{"id": {file[1]}})
	if !strings.Contains(page, "Sealed") || !strings.Contains(page, "Checked: the file is the one that was taken") {
		v.t.Errorf("the chain:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	if _, page := v.get(at); !strings.Contains(page, "Image of the HMI: Checked") {
		v.t.Error("the record does not say that the file was checked")
	}
	_, sheet := v.get(file[0] + "/custody.html")
	if !strings.Contains(sheet, "Safe 3") || !strings.Contains(sheet, "Anna Huber") || !regexp.MustCompile(`[0-9a-f]{64}`).MatchString(sheet) {
		v.t.Errorf("the sheet:\n%.3000s", sheet)
	}
	if _, paper := v.get(file[0] + "/custody.pdf"); !strings.HasPrefix(paper, "%PDF") {
		v.t.Error("the sheet on paper")
	}
}

// mergeAndBack merges a case into another one and takes it back.
func (v visitor) mergeAndBack(organisation, at string) {
	v.t.Helper()
	other := v.takeIn(organisation, "Valves stop")
	v.aware(other)
	if _, page := v.get(other); !strings.Contains(page, "Early warning: NIS2") {
		v.t.Error("the other case has no clock")
	}
	v.must(other+"/handling/merge", url.Values{"into": {at[strings.LastIndexByte(at, '/')+1:]}, "reason": {"The same attacker"}})
	_, page := v.get(other)
	if !strings.Contains(page, "This case goes on in") || !strings.Contains(page, at+`"`) || strings.Contains(page, "Write the report") || strings.Contains(page, `id="clocks"`) || strings.Contains(page, `id="decide"`) {
		v.t.Errorf("the merged case:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	if status, page, _ := v.post(other+"/handling/unmerge", url.Values{"reason": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-unmerge-reason-error") {
		v.t.Errorf("a way back without a reason: %d", status)
	}
	v.must(other+"/handling/unmerge", url.Values{"reason": {"Another attacker"}})
	if _, page := v.get(other); strings.Contains(page, "goes on in") || !strings.Contains(page, "Early warning: NIS2") {
		v.t.Error("the case does not go on by itself")
	}
}

// pictured looks at pages in a browser, light and dark, wide and narrow.
func (v visitor) pictured(t *testing.T, pages map[string]string) {
	t.Helper()
	b := browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	open(b, v.site, "/incidents")
	for name, path := range pages {
		for _, width := range []int{1280, 360} {
			b.Open(v.site+path, width, width == 360)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, width, n)
			}
			if width == 360 {
				for _, x := range b.Axe() {
					t.Errorf("%s: %s", name, x)
				}
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, "casework-"+name+"-"+strconv.Itoa(width)+".png"))
			}
		}
	}
}
