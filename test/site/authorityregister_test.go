package site

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/mail/mailtest"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func deskRegisterForms() map[string]url.Values {
	const application = "/authority/applications/{application}"
	return map[string]url.Values{
		"/authority/register/open":       {"open": {"yes"}},
		application + "/accept":          {},
		application + "/refuse":          {"reason": {"not here"}},
		client + "/supervision/entry":    {"email": {"office@example.org"}, "class": {"essential"}},
		client + "/supervision/changed":  {"changed_on": {"2026-01-02"}},
		client + "/supervision/reviewed": {},
	}
}

// mailed waits for the mail number n to an address and returns it without the line
// breaks of its encoding.
func mailed(t *testing.T, box *mailtest.Inbox, to string, n int) string {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(25 * time.Millisecond) {
		list := slices.DeleteFunc(box.Mails(), func(m string) bool { return !strings.HasPrefix(m, to) })
		if len(list) > n {
			return strings.ReplaceAll(strings.ReplaceAll(list[n], "=\r\n", ""), "=\n", "")
		}
	}
	t.Fatalf("there are only %d mails", len(box.Mails()))
	return ""
}

// TestRegister: an entity that reported before registers itself, confirms by mail,
// and is attached by an officer; a change comes only by the address in the register,
// and one that is told too late is said to be.
func TestRegister(t *testing.T) {
	box := mailtest.Start(t)
	site, _ := start(t, func(c *server.Config) {
		c.Mail, c.BaseURL, c.Poll = server.MailConfig{Server: box.Address, From: "nisaba@example.org"}, "http://127.0.0.1", 20*time.Millisecond
	})
	olga, stranger := newVisitor(t, site), newVisitor(t, site)
	olga.found()
	_, at := olga.must("/organisations", url.Values{"name": {"Nordlicht Netze"}, "kind": {"client"}})
	organisation := strings.TrimSuffix(at, "/scope")
	w := olga.wire(organisation)
	w.file(func(f *incident.Frozen) {})
	if _, page := olga.get("/authority?sector=energy"); strings.Contains(page, "#report-") {
		t.Error("a sector is known before the registration")
	}
	page, _ := olga.must("/authority/register/open", url.Values{"open": {"yes"}})
	office := regexp.MustCompile(`/register/[0-9a-f-]{36}`).FindString(page)
	if status, _ := stranger.get("/register/01900000-0000-7000-8000-000000000000"); status != http.StatusNotFound {
		t.Errorf("a register that does not exist: %d", status)
	}
	form := url.Values{"name": {""}, "email": {"netze@example.org"}, "address": {"Hafen 1, 1220 Wien"}, "type": {"energy.electricity.dso"}, "staff": {"many"},
		"turnover": {"80000000"}, "balance": {"90 000 000"}, "class": {"important"}, "provision": {"b"}, "established_in": {"at"}, "serves": {"AT, de"}, "ranges": {"192.0.2.0/28"}}
	if status, page, _ := stranger.post(office, form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-staff-error") || !strings.Contains(page, "netze@example.org") {
		t.Errorf("staff that is no number: %d", status)
	}
	form.Set("staff", "400")
	if status, page, _ := stranger.post(office, form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-name-error") {
		t.Errorf("without a name: %d\n%.900s", status, page)
	}
	const hostile = `<script>alert(1)</script>`
	form.Set("name", "Nordlicht Netze GmbH "+hostile)
	stranger.must(office, form)
	if _, page := olga.get("/authority/register"); strings.Contains(page, "netze@example.org") {
		t.Error("an application waits for a decision before it was confirmed")
	}
	link := regexp.MustCompile(`/register/[0-9a-f-]{36}/[A-Za-z0-9_-]+`)
	confirm := link.FindString(mailed(t, box, "netze@example.org", 0))
	if status, page := stranger.get(confirm); status != http.StatusOK || !strings.Contains(page, "Confirm") {
		t.Errorf("the link %s: %d", confirm, status)
	}
	stranger.must(confirm, nil)
	stranger.must(confirm, nil)
	_, page = olga.get("/authority/register")
	application := regexp.MustCompile(`/authority/applications/[0-9a-f-]{36}`).FindString(page)
	if application == "" || strings.Contains(page, "<script>alert") {
		t.Fatalf("no application waits:\n%.3000s", page[strings.Index(page, "<main"):])
	}
	_, page = olga.get(application)
	for _, want := range []string{"The entity says: Important entity", "Essential entity", "name is alike", "192.0.2.0/28", "Art. 2(2)(b)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the application does not show %q", want)
		}
	}
	b := browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "olga@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#main button.primary"), chromedp.WaitVisible(".person"))
	seeDesk(t, b, site, map[string]string{"register": "/authority/register", "application": application, "apply": office})
	_, at = olga.must(application+"/accept", url.Values{"attach": {strings.TrimPrefix(organisation, "/organisations/")}})
	if at != organisation+"/supervision" {
		t.Errorf("accepted at %s", at)
	}
	if status, _, _ := olga.post(application+"/accept", nil); status != http.StatusUnprocessableEntity {
		t.Errorf("accepted twice: %d", status)
	}
	if _, page := olga.get("/authority?sector=energy&class=essential"); !strings.Contains(page, "#report-") {
		t.Error("the report from before the registration is not found by its sector")
	}
	reference := regexp.MustCompile(`E-\d{4}-[A-Z2-7]{8}`).FindString(mailed(t, box, "netze@example.org", 1))
	form.Set("reference", "E-2026-UNKNOWN1")
	stranger.must(office, form)
	form.Set("reference", reference)
	form.Set("email", "somebody@example.com")
	form.Set("changed_on", time.Now().AddDate(0, 0, -20).Format("2006-01-02"))
	form.Set("address", "Hafen 2, 1220 Wien")
	form.Del("provision") // what a Member State decided stays
	stranger.must(office, form)
	change := mailed(t, box, "netze@example.org", 2)
	if slices.ContainsFunc(box.Mails(), func(m string) bool { return strings.HasPrefix(m, "somebody@example.com") }) {
		t.Error("the link of a change went to another address than that of the register")
	}
	stranger.must(link.FindString(change), nil)
	_, page = olga.get("/authority/register")
	application = regexp.MustCompile(`/authority/applications/[0-9a-f-]{36}`).FindString(page)
	if _, page := olga.get(application); !strings.Contains(page, "Told late") || !strings.Contains(page, "Hafen 2") || !strings.Contains(page, "organisation.address") {
		t.Errorf("the change does not show what differs and that it is late:\n%.4000s", page[strings.Index(page, "<main"):])
	}
	olga.must(application+"/accept", nil)
	if _, page := olga.get("/authority/register?show=late"); !strings.Contains(page, "Told a change late") {
		t.Error("the register does not show that a change was told late")
	}
	if status, csv := olga.get("/authority/register/commission.csv"); status != http.StatusOK || !strings.Contains(csv, "energy,energy.electricity,1,0") {
		t.Errorf("%d %s", status, csv)
	}
	olga.add("managed-service-provider.yaml")
	_, page = olga.get("/authority/register?show=unregistered")
	other := regexp.MustCompile(`/organisations/[0-9a-f-]{36}`).FindString(page[strings.Index(page, `id="register"`):])
	if status, page, _ := olga.post(other+"/supervision/entry", url.Values{"email": {"x"}, "class": {"important"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-entry-email-error") {
		t.Errorf("an address that is none: %d", status)
	}
	if status, page, _ := olga.post(other+"/supervision/entry", url.Values{"email": {"office@example.org"}, "class": {"important"}, "provision": {"z"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "f-entry-provision-error") {
		t.Errorf("a provision that does not exist: %d", status)
	}
	olga.must(other+"/supervision/entry", url.Values{"email": {"office@example.org"}, "class": {"important"}, "provision": {"e"}})
	if status, csv := olga.get("/authority/register/identified.csv"); status != http.StatusOK || csv != "\ufeffprovision,sector,subsector,type,essential,important\r\n"+
		"Art. 2(2)(b),energy,energy.electricity,energy.electricity.dso,1,0\r\nArt. 2(2)(e),digital-infra,,digital-infra.cloud,0,1\r\nArt. 2(2)(e),ict-service,,ict-service.msp,0,1\r\n" {
		t.Errorf("identified entities: %d %q", status, csv)
	}
	page, _ = olga.must(other+"/supervision/changed", url.Values{"changed_on": {time.Now().AddDate(0, 0, -3).Format("2006-01-02")}})
	if !strings.Contains(page, "Change to be told by") {
		t.Error("the time of a known change does not run")
	}
	if status, list := olga.get("/authority/register/enisa.json"); status != http.StatusOK || !strings.Contains(list, "ict-service.msp") || strings.Contains(list, "192.0.2") || strings.Contains(list, "/2") {
		t.Errorf("%d %s", status, list)
	}
}
