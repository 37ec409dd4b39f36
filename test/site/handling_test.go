package site

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/exchange/misp"
	"github.com/nisaba-platform/nisaba/exchange/stix"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func handlingForms() map[string]url.Values {
	const page = client + "/incidents/{incident}/handling"
	return map[string]url.Values{
		page + "/indicators":                 {"indicators": {"evil.example"}},
		page + "/indicators-remove":          {"id": {"x"}},
		page + "/list":                       {},
		page + "/import":                     {"id": {"x"}},
		page + "/import-drop":                {"id": {"x"}},
		page + "/affected":                   {"kind": {"asset"}, "name": {"Server"}, "condition": {"affected"}},
		page + "/affected-remove":            {"id": {"x"}},
		page + "/exhibits":                   {"name": {"Disk"}, "who": {"Anna"}, "where": {"safe"}},
		page + "/custody":                    {"id": {"x"}, "action": {"returned"}, "who": {"Anna"}, "where": {"safe"}},
		page + "/informed":                   {"whom": {"All"}, "text": {"x"}, "about": {"incident"}},
		page + "/costs":                      {"what": {"Work"}, "amount": {"1"}, "currency": {"EUR"}},
		page + "/costs-strike":               {"id": {"x"}, "reason": {"twice"}},
		page + "/informed-strike":            {"id": {"x"}, "reason": {"not sent"}},
		page + "/forward":                    {"minutes": {"5"}},
		page + "/inject":                     {"after": {"5"}, "text": {"News"}},
		page + "/give":                       {"number": {"0"}},
		page + "/evaluate":                   {"grade.warned": {"met"}},
		client + "/exercises":                {"title": {"Drill"}},
		client + "/on-call/contacts":         {"role": {"lead"}, "name": {"Anna"}, "phone": {"+43 1 2345678"}},
		client + "/on-call/contacts-remove":  {"id": {"x"}},
		client + "/on-call/rota":             {},
		page + "/playbook":                   {"playbook": {"ransomware"}},
		page + "/step":                       {"id": {"x"}, "state": {"done"}},
		page + "/merge":                      {"into": {"x"}, "reason": {"same"}},
		page + "/check":                      {"id": {"x"}},
		page + "/unmerge":                    {"reason": {"other"}},
		page + "/split":                      {"title": {"Other"}, "reason": {"other"}},
		"/playbooks":                         {"title": {"Our own"}},
		"/playbooks/{playbook}":              {"title": {"Our own"}},
		"/playbooks/{playbook}/steps":        {"title": {"Call"}, "phase": {"detect"}},
		"/playbooks/{playbook}/steps-remove": {"id": {"x"}},
		"/playbooks/{playbook}/remove":       {},
		page + "/lessons":                    {"title": {"Learn"}, "what": {"task"}},
	}
}

var importID = regexp.MustCompile(`id="import-([0-9a-f-]+)"`)

// imported reads a list and adds it, and waits for its end.
func (v visitor) imported(at string, list io.Reader, rows int) {
	v.t.Helper()
	status, page, _ := v.upload(at+"/handling/list", url.Values{"format": {""}}, sent{"list.txt", list})
	found := importID.FindStringSubmatch(page)
	if status != http.StatusOK || found == nil {
		v.t.Fatalf("the list: %d\n%.1500s", status, page[strings.Index(page, "<main"):])
	}
	begin := time.Now()
	v.must(at+"/handling/import", url.Values{"id": {found[1]}, "tlp": {"GREEN"}})
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		_, page = v.get(at + "/handling?tab=indicators")
		if strings.Contains(page, "were new") {
			v.t.Logf("%d rows were added in %s", rows, time.Since(begin).Round(time.Millisecond))
			break
		}
		if time.Now().After(end) {
			v.t.Fatalf("the list was not added:\n%.1500s", page[strings.Index(page, "<main"):])
		}
	}
	if want := "of " + group(rows); !strings.Contains(page, want) {
		v.t.Errorf("the page does not say %q", want)
	}
}

func group(n int) string {
	if n >= 1000 {
		return fmt.Sprintf("%d,%03d", n/1000, n%1000)
	}
	return strconv.Itoa(n)
}

// TestHandlingWithoutScript records everything of a case with forms alone: a list
// of many rows, evidence of 50 MB, and markup in every field.
func TestHandlingWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	const hostile = `<script>alert(1)</script><img src=x onerror=alert(1)>`
	at := v.takeIn(organisation, "Files are encrypted")
	rows := 2000
	if n, err := strconv.Atoi(os.Getenv("INDICATORS")); err == nil {
		rows = n
	}
	list, to := io.Pipe()
	go func() {
		for n := range rows {
			if _, err := fmt.Fprintf(to, "h%d[.]evil.example\n", n); err != nil {
				return
			}
		}
		_, err := io.WriteString(to, hostile+"\n")
		to.CloseWithError(err)
	}()
	v.imported(at, list, rows)
	page, _ := v.must(at+"/handling/indicators", url.Values{"indicators": {"hxxps://evil[.]example/a"}, "tlp": {"RED"}, "note": {hostile}})
	if strings.Contains(page, "https://evil.example/a") {
		t.Error("an indicator is shown as it is")
	}
	if status, page, _ := v.post(at+"/handling/indicators", url.Values{"indicators": {"good.example\n" + hostile}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Line 2") {
		t.Errorf("a bad line: %d", status)
	}
	if _, page := v.get(at + "/handling?tab=affected"); strings.Contains(page, "asset-names") {
		t.Error("assets are suggested, and there are none")
	}
	v.must(organisation+"/assets", url.Values{"name": {"Pump house " + hostile}})
	if _, page := v.get(at + "/handling?tab=affected"); !strings.Contains(page, `<option value="Pump house &lt;script&gt;`) || !strings.Contains(page, `list="asset-names"`) {
		t.Error("the assets of the register are not suggested")
	}
	v.must(at+"/handling/affected", url.Values{"kind": {"service"}, "name": {hostile}, "condition": {"affected"}, "count": {"1,200"}, "note": {hostile}})
	v.must(at+"/handling/informed", url.Values{"whom": {hostile}, "count": {"1200"}, "channel": {hostile}, "text": {hostile}, "about": {"threat"}})
	page, _ = v.must(at+"/handling/costs", url.Values{"what": {hostile}, "amount": {"1.234,50"}, "currency": {"EUR"}, "estimated": {"yes"}})
	if !strings.Contains(page, "1,234.50") {
		t.Errorf("the total:\n%.2000s", page[strings.Index(page, "<main"):])
	}
	v.must(at+"/handling/lessons", url.Values{"title": {hostile}, "body": {hostile}, "what": {"risk"}})
	status, page, _ := v.upload(at+"/handling/exhibits", url.Values{"name": {hostile}, "who": {hostile}, "where": {hostile}}, sent{"disk.img", io.LimitReader(repeating{}, incidents.LargestFile)})
	file := regexp.MustCompile(`/organisations/[0-9a-f-]+/incidents/[0-9a-f-]+/handling/exhibits/[0-9a-f-]+`).FindString(page)
	if status != http.StatusOK || file == "" {
		t.Fatalf("50 MB: %d\n%.900s", status, page)
	}
	if status, page, _ := v.upload(at+"/handling/exhibits", url.Values{"who": {"Anna"}, "where": {"safe"}}, sent{"disk.img", io.LimitReader(repeating{}, incidents.LargestFile+1)}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "too large") {
		t.Errorf("more than 50 MB: %d", status)
	}
	exhibit := file[strings.LastIndexByte(file, '/')+1:]
	v.must(at+"/handling/custody", url.Values{"id": {exhibit}, "action": {"handed over"}, "who": {"Lab"}, "where": {"Vienna"}})
	if status, page, _ := v.post(at+"/handling/custody", url.Values{"id": {exhibit}, "action": {"examined"}, "who": {""}, "where": {"Vienna"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-custody-"+exhibit+"-who-error") {
		t.Errorf("custody of nobody: %d", status)
	}
	if status, body := v.get(file); status != http.StatusOK || len(body) != incidents.LargestFile {
		t.Errorf("the file comes back with %d, %d bytes", status, len(body))
	}
	for _, tab := range []string{"steps", "indicators", "affected", "evidence", "informed", "costs"} {
		_, page := v.get(at + "/handling?tab=" + tab)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") || !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Errorf("the tab %s does not show markup as text", tab)
		}
	}
	if _, page := v.get(at); !strings.Contains(page, "Handed over") {
		t.Error("the record does not hold the chain of custody")
	}
	v.checkIndicatorFiles(at, rows+1)
}

// checkIndicatorFiles reads the files of the indicators back.
func (v visitor) checkIndicatorFiles(at string, want int) {
	v.t.Helper()
	for name, read := range map[string]func(io.Reader, func(indicators.Row) error) error{
		"indicators.csv":       indicators.ReadTable,
		"indicators.stix.json": stix.Read,
		"indicators.misp.json": func(r io.Reader, f func(indicators.Row) error) error { _, err := misp.Read(r, f); return err },
	} {
		status, text := v.get(at + "/" + name)
		good, red := 0, 0
		err := read(strings.NewReader(text), func(r indicators.Row) error {
			if r.Err == nil {
				good++
			}
			if r.TLP == "RED" {
				red++
			}
			return nil
		})
		if status != http.StatusOK || err != nil || good != want || red != 1 {
			v.t.Errorf("%s: %d, %v, %d rows, want %d, %d of them red", name, status, err, good, want, red)
		}
	}
}

type repeating struct{}

func (repeating) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestHandlingInBrowser looks at the tabs, light and dark, wide and narrow, and sends
// a list of indicators, with a bar that shows how far it has come.
func TestHandlingInBrowser(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	at := v.takeIn(organisation, "Files are encrypted")
	v.must(at+"/handling/indicators", url.Values{"indicators": {"hxxps://evil[.]example/a-rather-long-path/that-goes-on-and-on/and-on/index.html\n203.0.113.7\n" + strings.Repeat("a", 64)}, "note": {"seen in the mail log"}})
	v.upload(at+"/handling/list", nil, sent{"from-the-csirt.txt", strings.NewReader("evil.example\nwhat is this\n")})
	v.must(at+"/handling/affected", url.Values{"kind": {"service"}, "name": {"Drinking water control"}, "condition": {"affected"}, "count": {"1200"}})
	v.must(at+"/handling/informed", url.Values{"whom": {"All customers"}, "count": {"1200"}, "text": {"The control works by hand. Water is safe."}, "about": {"incident"}})
	v.must(at+"/handling/costs", url.Values{"what": {"Forensics"}, "amount": {"1200"}, "currency": {"EUR"}})
	v.must(at+"/handling/lessons", url.Values{"title": {"Keep a copy of the backup elsewhere"}, "what": {"task"}})
	v.upload(at+"/handling/exhibits", url.Values{"who": {"Anna Huber"}, "where": {"Safe in room 12"}}, sent{"mail.eml", strings.NewReader("From: evil")})
	b := browser.Start(t)
	open(b, site, at)
	list := filepath.Join(t.TempDir(), "sensor.txt")
	if err := os.WriteFile(list, []byte(strings.Repeat("h1.evil.example\n", 50_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Open(site+at+"/handling?tab=indicators", 1280, false)
	watchSending(b)
	b.Do(chromedp.SetUploadFiles("#list-form input[type=file]", []string{list}), chromedp.Click("#list-form button"),
		chromedp.WaitVisible(`//*[@id="imports"]//*[contains(., "sensor.txt")]`))
	sendingSeen(b, t)
	correctRecords(b, site+at)
	folder := os.Getenv("SCREENSHOTS")
	for _, tab := range []string{"steps", "indicators", "affected", "evidence", "informed", "costs"} {
		for _, view := range []struct {
			width int
			dark  bool
		}{{1280, false}, {360, true}} {
			b.Open(site+at+"/handling?tab="+tab, view.width, view.dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", tab, view.width, n)
			}
			for _, violation := range b.Axe() {
				t.Errorf("%s at %d: %s", tab, view.width, violation)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, "handling-"+tab+"-"+strconv.Itoa(view.width)+".png"))
			}
		}
	}
}

// correctRecords corrects a cost and strikes out that people were told.
func correctRecords(b *browser.Browser, at string) {
	const correct, strike = `//*[@id="cost-list"]//summary[contains(., "Correct")]`, `//*[@id="informed-list"]//summary[contains(., "Strike out")]`
	b.Open(at+"/handling?tab=costs", 1280, false)
	b.Do(chromedp.Click(correct), chromedp.SetValue(`#cost-list input[name=amount]`, "980,50"),
		chromedp.SendKeys(`#cost-list form[action$=costs] input[name=reason]`, "the invoice\r"),
		chromedp.WaitVisible(`//*[@id="costs"]//dd[contains(., "980.50")]`), chromedp.WaitReady(`//*[@id="cost-list"]//details[contains(., "1200.00 EUR") and contains(., "the invoice")]`))
	b.Open(at+"/handling?tab=informed", 1280, false)
	b.Do(chromedp.Click(strike), chromedp.SendKeys(`#informed-list form[action$=strike] input[name=reason]`, "the mail was never sent\r"),
		chromedp.WaitVisible(`//*[@id="informed-list"]//del[contains(., "All customers")]`))
}

// TestPlaybooksAndMergeWithoutScript starts a playbook, ticks a step off, makes a
// playbook of one's own, and merges and splits cases.
func TestPlaybooksAndMergeWithoutScript(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	first, second := v.takeIn(organisation, "Mail is down"), v.takeIn(organisation, "Files are encrypted")
	page, _ := v.must(first+"/handling/playbook", url.Values{"playbook": {"ransomware"}})
	step := regexp.MustCompile(`/plan/tasks/([0-9a-f-]+)`).FindStringSubmatch(page)
	if step == nil || !strings.Contains(page, "0 of 16 steps done") {
		t.Fatalf("no steps:\n%.1500s", page[strings.Index(page, "<main"):])
	}
	if page, _ := v.must(first+"/handling/step", url.Values{"id": {step[1]}, "state": {"done"}}); !strings.Contains(page, "1 of 16 steps done") {
		t.Error("the step is not done")
	}
	if _, page := v.get(organisation + "/plan/tasks/" + step[1]); !strings.Contains(page, strings.TrimPrefix(first, organisation)) {
		t.Error("the task does not lead to its case")
	}
	page, own := v.must("/playbooks", url.Values{"title": {"<b>Ours</b>"}, "copy": {"ddos"}})
	if !strings.Contains(page, "&lt;b&gt;Ours") || !strings.HasPrefix(own, "/playbooks/") {
		t.Errorf("the own playbook is at %s", own)
	}
	if page, _ := v.must(own+"/steps", url.Values{"title": {"Call the mayor"}, "phase": {"report"}, "role": {"management"}}); !strings.Contains(page, "Call the mayor") {
		t.Error("the step was not added")
	}
	if status, _, _ := v.post(own+"/steps", url.Values{"title": {""}, "phase": {"report"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a step without title: %d", status)
	}
	other := second[strings.LastIndexByte(second, '/')+1:]
	if status, _, _ := v.post(first+"/handling/merge", url.Values{"into": {other}}); status != http.StatusUnprocessableEntity {
		t.Errorf("a merge without reason: %d", status)
	}
	page, _ = v.must(first+"/handling/merge", url.Values{"into": {other}, "reason": {"The same attacker"}})
	if !strings.Contains(page, "goes on in") {
		t.Error("the merged case does not lead to the other one")
	}
	if _, page := v.get(second); !strings.Contains(page, "was merged into this") || !strings.Contains(page, "The same attacker") {
		t.Error("the case does not show what was merged into it")
	}
	if _, page := v.get(second + "/handling?tab=steps"); !strings.Contains(page, "1 of 16 steps done") {
		t.Error("the steps of the merged case are lost")
	}
	page, _ = v.must(second+"/handling/split", url.Values{"title": {"Another thing"}, "reason": {"Another attacker"}})
	if !strings.Contains(page, "split into") {
		t.Error("the split is not shown")
	}
	b := browser.Start(t)
	open(b, site, second+"/handling?tab=steps")
	folder := os.Getenv("SCREENSHOTS")
	for name, path := range map[string]string{"steps-full": second + "/handling?tab=steps", "related": second + "/handling?tab=related", "playbooks": "/playbooks", "playbook": own} {
		for _, view := range []struct {
			width int
			dark  bool
		}{{1280, false}, {360, true}} {
			b.Open(site+path, view.width, view.dark)
			if n := b.Narrow(); n > 0 {
				t.Errorf("%s at %d: the page is %d px wider than the window", name, view.width, n)
			}
			for _, violation := range b.Axe() {
				t.Errorf("%s at %d: %s", name, view.width, violation)
			}
			if folder != "" {
				b.Picture(filepath.Join(folder, "handling-"+name+"-"+strconv.Itoa(view.width)+".png"))
			}
		}
	}
}
