package site

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/test/browser"
)

func alarmForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/alarms": {"mail": {"yes"}}, client + "/alarms/test": {},
		"/authority/alarms": {"mail": {"yes"}}, "/authority/alarms/test": {},
	}
}

// TestAlarmChannels: the channels of alarms are chosen on a page, which says who hears,
// that mails do not leave, and what became of a test.
func TestAlarmChannels(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	page := v.begin("water-supplier.yaml") + "/alarms"
	if _, text := v.get(page); !strings.Contains(text, "This server sends no mails") || !strings.Contains(text, "Anna Huber") || !strings.Contains(text, "no alarm command") {
		t.Errorf("the page:\n%.3000s", text)
	}
	for name, form := range map[string]url.Values{
		"an address of the inner network": {"url": {"https://10.0.0.1/"}}, "no address": {"url": {"<script>"}},
		"a step that is none": {"url_from": {"2h"}}, "a command that is not there": {"command": {"yes"}},
	} {
		if status, text, _ := v.post(page, form); status != http.StatusUnprocessableEntity || strings.Contains(text, "<script>") && strings.Contains(text, `value="<script>`) {
			t.Errorf("%s: %d", name, status)
		}
	}
	text, _ := v.must(page, url.Values{"mail": {"yes"}, "others_from": {"4h"}, "url": {"https://alarms.example.org/nisaba"}, "url_from": {"1h"}})
	if !regexp.MustCompile(`id="alarm-secret">[a-z0-9]{26}<`).MatchString(text) {
		t.Errorf("no secret:\n%.3000s", text[strings.Index(text, "<main"):])
	}
	if _, text := v.get(page); strings.Contains(text, "alarm-secret") || !strings.Contains(text, `value="https://alarms.example.org/nisaba"`) ||
		!strings.Contains(text, `<option value="1h" selected>`) || !strings.Contains(text, "Alarms go over the other channels") {
		t.Errorf("what was saved:\n%.3000s", text[strings.Index(text, "<main"):])
	}
	v.must(page+"/test", nil)
	v.becomes(page, "Held: not configured")
	if _, text := v.get("/jobs"); !regexp.MustCompile(`Alarm by webhook(?s:.{1,200})This is a test of the alarms of`).MatchString(text) || strings.Contains(text, "alarm.webhook/") {
		t.Errorf("the background work does not say what the message says:\n%.4000s", text[strings.Index(text, "<main"):])
	}
	if _, text := v.get("/inbox"); !strings.Contains(text, "This is a test of the alarms of") {
		t.Error("the test is not in the inbox")
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.look(folder, "alarms", page)
	}
}

// look takes pictures of a page and checks it for accessibility.
func (v visitor) look(folder, name, path string) {
	v.t.Helper()
	b := browser.Start(v.t)
	open(b, v.site, path)
	for _, width := range []int{1280, 360} {
		b.Open(v.site+path, width, width == 360)
		b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, width)))
		for _, x := range b.Axe() {
			v.t.Errorf("%s: %s", name, x)
		}
	}
}
