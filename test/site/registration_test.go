package site

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/test/browser"
)

func registrationForms() map[string]url.Values {
	return map[string]url.Values{
		client + "/registration/data":   {"version": {"1"}, "name": {"Example"}},
		client + "/registration/record": {"register": {"nis2.3.4"}, "state": {"AT"}, "on": {"2026-01-02"}},
	}
}

// dossier is registration.json.
type dossierFile struct {
	Registers []struct {
		Duty, State, Reference string
		RegisteredOn           string   `json:"registered_on"`
		ChangedOn              string   `json:"changed_on"`
		ChangeDue              string   `json:"change_due"`
		Changed                []string `json:"changed"`
		Data                   []struct {
			Key      string
			Complete bool
			Missing  []string
		}
	}
}

func (v visitor) dossier(organisation string) (d dossierFile) {
	v.t.Helper()
	_, file := v.get(organisation + "/registration.json")
	if err := json.Unmarshal([]byte(file), &d); err != nil {
		v.t.Fatalf("%v:\n%.400s", err, file)
	}
	return d
}

// dataVersion is the version that the form with the data would send.
func (v visitor) dataVersion(organisation string) string {
	v.t.Helper()
	_, page := v.get(organisation + "/registration")
	found := versionField.FindStringSubmatch(page)
	if found == nil {
		v.t.Fatalf("no form:\n%.800s", page)
	}
	return found[1]
}

// TestRegistration works without script: what is missing is said and can be
// completed, the registration is recorded, a changed address starts the clock of
// two weeks and of three months, and telling it stops the clock.
func TestRegistration(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Cloud GmbH", "client")
	v.reply(organisation, "types", url.Values{"type": {"digital-infra.cloud"}})
	v.reply(organisation, "places", url.Values{"established": {"DE"}, "serves": {"DE"}})
	v.reply(organisation, "employees", url.Values{lastYear: {"300"}, yearBefore: {"300"}})
	d := v.dossier(organisation)
	if len(d.Registers) != 2 || d.Registers[0].Duty != "nis2.3.4" || d.Registers[1].Duty != "nis2.27" || d.Registers[0].State != "DE" {
		t.Fatalf("%+v", d)
	}
	missing := 0
	for _, x := range d.Registers[0].Data {
		missing += len(x.Missing)
	}
	if missing != 4 { // address, e-mail, telephone, IP ranges
		t.Errorf("%d things are missing: %+v", missing, d.Registers[0].Data)
	}
	data := url.Values{"version": {v.dataVersion(organisation)}, "name": {"Cloud GmbH"}, "address": {"Hauptstraße 1, 10115 Berlin"},
		"contact_name": {"Desk"}, "contact_email": {"desk@example.org"}, "contact_phone": {"+49 30 1"}, "ip_ranges": {"192.0.2.0/28\n2001:db8::/32"}}
	if status, page, _ := v.post(organisation+"/registration/data", data); status != http.StatusOK {
		t.Fatalf("%d\n%.800s", status, page)
	}
	for _, x := range v.dossier(organisation).Registers[1].Data {
		if !x.Complete {
			t.Errorf("%s is not complete: %v", x.Key, x.Missing)
		}
	}
	for _, register := range []string{"nis2.3.4", "nis2.27"} {
		if status, page, _ := v.post(organisation+"/registration/record", url.Values{"register": {register}, "state": {"DE"}, "on": {"2026-02-03"}, "reference": {"BSI-4711"}}); status != http.StatusOK {
			t.Fatalf("%d\n%.800s", status, page)
		}
	}
	if _, page := v.get(organisation + "/registration"); !strings.Contains(page, "under BSI-4711") || !strings.Contains(page, "recorded by Anna Huber") {
		t.Error("the record is not shown")
	}
	if d = v.dossier(organisation); d.Registers[0].ChangeDue != "" {
		t.Errorf("a clock runs before anything changed: %+v", d)
	}
	data.Set("version", v.dataVersion(organisation))
	data.Set("address", "Nebenstraße 2, 10115 Berlin")
	v.post(organisation+"/registration/data", data)
	d = v.dossier(organisation)
	if d.Registers[0].ChangeDue == "" || d.Registers[0].ChangeDue >= d.Registers[1].ChangeDue || len(d.Registers[0].Changed) != 1 {
		t.Errorf("after the change: %+v", d)
	}
	if _, page := v.get(organisation); !strings.Contains(page, "Tell a change: List of entities of the Member State, Germany") {
		t.Error("the first page does not show the deadline of the change")
	}
	if _, page := v.get(organisation + "/history"); !strings.Contains(page, "registration") {
		t.Error("the history does not have the record")
	}
	if status, file := v.get(organisation + "/registration.docx"); status != http.StatusOK || !strings.HasPrefix(file, "PK\x03\x04") {
		t.Errorf("registration.docx: %d", status)
	}
	if status, file := v.get(organisation + "/registration.pdf"); status != http.StatusOK || !strings.HasPrefix(file, "%PDF-") {
		t.Errorf("registration.pdf: %d", status)
	}
	today := d.Registers[0].ChangedOn
	if status, page, _ := v.post(organisation+"/registration/record", url.Values{"register": {"nis2.3.4"}, "state": {"DE"}, "on": {today}}); status != http.StatusOK {
		t.Fatalf("%d\n%.800s", status, page)
	}
	d = v.dossier(organisation)
	if d.Registers[0].ChangeDue != "" || d.Registers[0].Reference != "BSI-4711" || d.Registers[1].ChangeDue == "" {
		t.Errorf("after telling one register: %+v", d)
	}
}

// TestRegistrationOfTheFacts: a registration that only the facts know is said on the
// page, in the files and nowhere as missing, and a change by the facts has its clock.
func TestRegistrationOfTheFacts(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation, _ := v.create("Molkerei GmbH", "client")
	v.reply(organisation, "types", url.Values{"type": {"food.business"}})
	v.reply(organisation, "places", url.Values{"established": {"DE"}, "serves": {"DE"}})
	v.reply(organisation, "employees", url.Values{lastYear: {"300"}, yearBefore: {"300"}})
	if _, page := v.get(organisation + "/registration"); !strings.Contains(page, "Not registered yet") {
		t.Error("the page does not say that the registration is missing")
	}
	facts := func(registration string) {
		t.Helper()
		_, page := v.get(organisation + "/facts")
		text := html.UnescapeString(regexp.MustCompile(`(?s)<textarea[^>]*>(.*?)</textarea>`).FindStringSubmatch(page)[1])
		if i := strings.Index(text, "registration:\n"); i >= 0 {
			text = text[:i]
		}
		v.must(organisation+"/facts", url.Values{"version": {versionField.FindStringSubmatch(page)[1]}, "text": {text + registration}})
	}
	facts("registration:\n  registered_on: \"2026-01-15\"\n")
	_, page := v.get(organisation + "/registration")
	if !strings.Contains(page, "Registered on 15 January 2026, as the facts of the organisation say") || strings.Contains(page, "Not registered yet") || !strings.Contains(page, `value="2026-01-15"`) {
		t.Error("the page does not know the registration of the facts")
	}
	if d := v.dossier(organisation).Registers[0]; d.RegisteredOn != "2026-01-15" || d.ChangeDue != "" {
		t.Errorf("%+v", d)
	}
	if _, page := v.get(organisation); !strings.Contains(page, "Nothing is due") {
		t.Error("the first page has a deadline although nothing is due")
	}
	facts("registration:\n  registered_on: \"2026-01-15\"\n  last_change_on: \"2026-02-02\"\n")
	if d := v.dossier(organisation).Registers[0]; d.ChangedOn != "2026-02-02" || d.ChangeDue != "2026-02-16" {
		t.Errorf("%+v", d)
	}
	if _, page := v.get(organisation + "/registration"); !strings.Contains(page, "Data changed since 2 February 2026: tell the register by 16 February 2026") {
		t.Error("the page does not have the clock of the change")
	}
}

// TestRegistrationNonsense: what cannot be used comes back with an error beside
// its field.
func TestRegistrationNonsense(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation := v.add("water-supplier.yaml")
	for _, tc := range []struct {
		path, field string
		form        url.Values
	}{
		{"/registration/record", "f-on-0-error", url.Values{"register": {"nis2.3.4"}, "state": {"AT"}, "on": {"31.31.2026"}}},
		{"/registration/record", "f-on-0-error", url.Values{"register": {"nis2.3.4"}, "state": {"AT"}, "on": {"2999-01-01"}}},
		{"/registration/record", "no such register", url.Values{"register": {"x"}, "state": {"AT"}, "on": {"2026-01-01"}}},
		{"/registration/record", "no such Member State", url.Values{"register": {"nis2.27"}, "state": {"<script>"}, "on": {"2026-01-01"}}},
		{"/registration/data", "f-ip_ranges-error", url.Values{"name": {"X"}, "ip_ranges": {"300.1.1.1/99"}}},
		{"/registration/data", "f-name-error", url.Values{"name": {" "}}},
		{"/registration/data", "f-contact_email-error", url.Values{"name": {"X"}, "contact_email": {"nobody"}}},
	} {
		tc.form.Set("version", v.dataVersion(organisation))
		if status, page, _ := v.post(organisation+tc.path, tc.form); status != http.StatusUnprocessableEntity || !strings.Contains(page, tc.field) {
			t.Errorf("%s with %v: %d\n%.300s", tc.path, tc.form, status, page)
		}
	}
	if status, page, _ := v.post(organisation+"/registration/data", url.Values{"version": {"0"}, "name": {"Other"}}); status != http.StatusConflict || !strings.Contains(page, `value="Other"`) {
		t.Errorf("an old version: %d", status)
	}
}

// TestRegistrationInBrowser checks the page with axe at two widths, light and dark.
func TestRegistrationInBrowser(t *testing.T) {
	site, _ := start(t)
	v := begun(t, site)
	organisation := v.add("managed-service-provider.yaml")
	v.post(organisation+"/registration/record", url.Values{"register": {"nis2.3.4"}, "state": {"AT"}, "on": {"2026-02-03"}, "reference": {"4711"}})
	v.reply(organisation, "places", url.Values{"established": {"AT"}, "serves": {"AT", "CZ"}})
	b := browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".person"))
	for _, view := range []struct {
		width int
		dark  bool
	}{{1280, false}, {360, true}} {
		b.Open(site+organisation+"/registration", view.width, view.dark)
		if n := b.Narrow(); n > 0 {
			t.Errorf("at %d: the page is %d px wider than the window", view.width, n)
		}
		if folder := os.Getenv("SCREENSHOTS"); folder != "" {
			b.Picture(filepath.Join(folder, map[bool]string{true: "registration-dark.png", false: "registration.png"}[view.dark]))
		}
		for _, violation := range b.Axe() {
			t.Errorf("at %d: %s", view.width, violation)
		}
	}
}
