package site

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFormsOfOtherDuties takes a notice by contract and what recipients of the service
// are told through the pages: what is known is filled in, the platform does not offer to
// send them to an authority, and each goes out as PDF, as text and as data.
func TestFormsOfOtherDuties(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("water-supplier.yaml")
	at := v.takeIn(organisation, "Meter data cannot be read")
	nis2 := v.aware(at)
	before := duty.FindAllStringSubmatch(v.page(at), -1)
	page, _ := v.must(at+"/oblige", url.Values{"regime": {"contract"}, "authority": {"City of Seewinkel"}, "period": {"PT8H"}, "reason": {"Clause 9 of the contract."}})
	contract := ""
	for _, m := range duty.FindAllStringSubmatch(page, -1) {
		if !slices.ContainsFunc(before, func(old []string) bool { return old[1] == m[1] }) {
			contract = m[1]
		}
	}
	for _, tc := range []struct{ obligation, stage, field, value, paper string }{
		{contract, "notice", "contract_number", "W-2026-7", "City of Seewinkel"},
		{nis2, "recipient_information", "recipient_text", "Meters cannot be read from afar.", "recipients of the service"},
	} {
		page, report := v.must(at+"/reports", url.Values{"obligation": {tc.obligation}, "stage": {tc.stage}})
		if !strings.Contains(page, `value="Wasserverband Oberes Trauntal"`) {
			t.Errorf("%s: the name of the entity is not filled in:\n%.3000s", tc.stage, page[strings.Index(page, "<main"):])
		}
		if strings.Contains(page, `value="nisaba"`) {
			t.Errorf("%s: the platform offers to hand it to an authority", tc.stage)
		}
		form := url.Values{}
		for _, m := range regexp.MustCompile(`href="#f-([a-z0-9_]+)"`).FindAllStringSubmatch(page, -1) {
			form.Set("asked."+m[1], "yes")
			form.Set("unknown."+m[1], "yes")
		}
		form.Set("asked."+tc.field, "yes")
		form.Set("v."+tc.field, tc.value)
		form.Del("unknown." + tc.field)
		page, _ = v.must(report, form)
		if !strings.Contains(page, "All required answers are there") {
			t.Errorf("%s: required answers do not suffice:\n%.2000s", tc.stage, page[strings.Index(page, `id="missing"`):])
		}
		if status, _, _ := v.post(report+"/submit", url.Values{"channel": {"nisaba"}, "bypass": {"alone"}}); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: handed to an authority: %d", tc.stage, status)
		}
		page, _ = v.must(report+"/submit", url.Values{"channel": {"mail"}, "bypass": {"Nobody else is here."}})
		links := regexp.MustCompile(`href="([^"]*/reports/[^"]*\.(pdf|txt|json)[^"]*)"`).FindAllStringSubmatch(page, -1)
		if len(links) < 3 {
			t.Errorf("%s: papers offered: %v", tc.stage, links)
		}
		for _, link := range links {
			status, body := v.get(strings.ReplaceAll(link[1], "&amp;", "&"))
			if status != http.StatusOK || link[2] == "txt" && (!strings.Contains(body, tc.paper) || !strings.Contains(body, tc.value) || !strings.Contains(body, "Entity: Wasserverband Oberes Trauntal")) {
				t.Errorf("%s, %s: %d\n%.1500s", tc.stage, link[1], status, body)
			}
		}
	}
	if page := v.page(at + "/handling?tab=informed"); !strings.Contains(page, "Meters cannot be read from afar.") {
		t.Error("that recipients were told is not recorded with the text")
	}
}

// TestReportWaits: a report that is to go over the wire to an authority that is not
// connected does not look as if it had been sent.
func TestReportWaits(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	at := v.takeIn(v.begin("water-supplier.yaml"), "Meter data cannot be read")
	_, report := v.must(at+"/reports", url.Values{"obligation": {v.aware(at)}, "stage": {"early_warning"}})
	v.must(report, required())
	page, _ := v.must(report+"/submit", url.Values{"channel": {"nisaba"}, "bypass": {"Nobody else is here."}})
	if !strings.Contains(page, "Not sent yet: ") || !strings.Contains(page, "Connect an authority") || strings.Contains(page, "Sent ") {
		t.Errorf("the report:\n%.2000s", page[strings.Index(page, "<main"):])
	}
	if page := v.page(at); !strings.Contains(page, "Not delivered yet") || !strings.Contains(page, "is not delivered yet: use another way") || strings.Contains(page, "on time") {
		t.Errorf("the case:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	receipt := url.Values{"received_at": {time.Now().UTC().Format("2006-01-02T15:04")}, "zone": {"UTC"}, "receipt": {"Ms Huber"}}
	if status, page, _ := v.post(report+"/receive", receipt); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-receive-channel-error") {
		t.Errorf("a receipt for what was not delivered: %d", status)
	}
	receipt.Set("channel", "phone")
	page, _ = v.must(report+"/receive", receipt)
	if strings.Contains(page, "Not sent yet: ") || !strings.Contains(page, "Handed over in another way") {
		t.Errorf("with a receipt:\n%.2000s", page[strings.Index(page, "<main"):])
	}
	if page := v.page(at); !strings.Contains(page, "on time") {
		t.Errorf("handed over by telephone:\n%.3000s", page[strings.Index(page, "<main"):])
	}
}

// page is a page that must be there.
func (v visitor) page(path string) string {
	v.t.Helper()
	status, page := v.get(path)
	if status != http.StatusOK {
		v.t.Fatalf("%s: %d", path, status)
	}
	return page
}
