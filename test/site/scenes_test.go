package site

import (
	"cmp"
	"context"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/server"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/reporting"
	"github.com/nisaba-platform/nisaba/test/platform"
)

// scene is a server with what pictures of its pages need.
type scene struct {
	site   string
	desk   bool // it is the workspace of an authority
	person visitor
	parts  *strings.Replacer // from parts of patterns to what they stand for
	server *server.Server
	email  string // of the person
}

// newScene starts the server of a scene.
func newScene(t *testing.T, c server.Config, email string) scene {
	t.Helper()
	s, err := server.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return scene{site: h.URL, person: newVisitor(t, h.URL), server: s, email: email}
}

// enter is the path of a page that signs the person in, once.
func (s scene) enter(t *testing.T) string {
	t.Helper()
	link, err := s.server.SignInLink(context.Background(), s.email)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

// path is where a picture is taken, "" when the page it begins at has no such link.
func (s scene) path(p picture, pattern string) string {
	if p.from == "" {
		return s.parts.Replace(cmp.Or(p.path, pattern))
	}
	from, before := p.from, ""
	if !s.desk {
		from, before = s.parts.Replace(client+p.from), s.parts.Replace(client)+"/"
	}
	_, page := s.person.get(from)
	found := regexp.MustCompile(p.link).FindString(page)
	if found == "" {
		return ""
	}
	path := before + strings.ReplaceAll(found, "&amp;", "&")
	if last := pattern[strings.LastIndexByte(pattern, '/')+1:]; last == "edit" || last == "replace" {
		path = strings.Replace(path, "piece", last, 1)
	}
	return path
}

// exampleScene is the example workspace, and in one of its organisations what it does
// not have by itself: registers with entries, a case, a binder.
func exampleScene(t *testing.T) scene {
	t.Helper()
	c := platform.Config(t)
	c.Data, c.Mailbox = filepath.Join(t.TempDir(), "demo"), server.MailboxConfig{Address: "127.0.0.1:0", Domain: "alarms.example.org"}
	if err := server.BuildDemo(context.Background(), c, time.Now().UTC().Truncate(time.Millisecond), nil); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, c, server.DemoEmail)
	v := s.person
	_, portfolio := v.get(s.enter(t))
	found := regexp.MustCompile(`href="(/organisations/[0-9a-f-]{36})">Klinikum`).FindStringSubmatch(portfolio)
	if found == nil {
		t.Fatal("the portfolio does not have the hospital")
	}
	s.fillOrganisation(found[1])
	return s
}

// fillOrganisation adds to an organisation what the example does not have by itself.
func (s *scene) fillOrganisation(organisation string) {
	v := s.person
	v.must(organisation+"/on-call/contacts", url.Values{"role": {"lead"}, "name": {"Nora Night"}, "phone": {"+43 660 1234567"}})
	v.must(organisation+"/binder/refresh", nil)
	v.must(organisation+"/binder/mail", url.Values{"receivers": {"vault@example.net"}})
	v.must(organisation+"/signals", url.Values{"kind": {"mail"}, "name": {"Staff"}, "window": {"0"}})
	v.must(organisation+"/signals", url.Values{"kind": {"webhook"}, "name": {"SIEM"}, "window": {"60"}})
	v.must(organisation+"/alarms", url.Values{"mail": {"yes"}, "others_from": {"4h"}, "url": {"https://alarms.example.org/nisaba"}, "url_from": {"1h"}})
	v.must(organisation+"/alarms/test", nil)
	v.fillRegisters(organisation)
	incident, report := v.fillCase(organisation)
	s.parts = strings.NewReplacer(client, organisation, "{incident}", incident[strings.LastIndexByte(incident, '/')+1:], "{report}", report[strings.LastIndexByte(report, '/')+1:])
}

// fillRegisters adds assets, a supplier and risks.
func (v visitor) fillRegisters(organisation string) {
	v.t.Helper()
	v.must(organisation+"/assets", url.Values{"name": {"Patient portal"}, "kind": {"application"}, "hosts": {"portal.example.org\n192.0.2.10"}, "ports": {"443"}, "criticality": {"critical"}, "owner": {"Head of IT"}, "supplier": {"Hosting GmbH"}})
	v.must(organisation+"/assets", url.Values{"name": {"Ward network"}, "kind": {"network"}, "criticality": {"high"}, "owner": {"Network team"}})
	v.must(organisation+"/suppliers", url.Values{"name": {"Hosting GmbH"}, "supplies": {"Rack and network"}, "criticality": {"critical"}, "contact": {"+43 1 2345678"}, "domains": {"example.net"}, "review_by": {"2020-01-01"}})
	v.must(organisation+"/risks", url.Values{"title": {"Ransomware stops the wards"}, "scenario": {"Mail with a harmful file; one password for all servers; the wards work on paper."}, "likelihood": {"4"}, "impact": {"5"},
		"treatment": {"reduce"}, "owner": {"Head of IT"}, "measures": {"Second factor, backups that nobody can delete"}, "left_likelihood": {"2"}, "left_impact": {"4"}})
	v.must(organisation+"/risks", url.Values{"title": {"A supplier stops"}, "likelihood": {"2"}, "impact": {"3"}, "treatment": {""}})
}

// fillCase opens a case with running clocks, a report, and something on each page of
// its handling.
func (v visitor) fillCase(organisation string) (at, report string) {
	v.t.Helper()
	v.takeIn(organisation, "Mail is down")
	at = v.takeIn(organisation, "Files are encrypted")
	duty := v.aware(at)
	_, report = v.must(at+"/reports", url.Values{"obligation": {duty}, "stage": {"early_warning"}})
	v.must(at+"/handling/playbook", url.Values{"playbook": {"ransomware"}})
	v.must(at+"/handling/indicators", url.Values{"indicators": {"hxxps://evil[.]example/a-rather-long-path/that-goes-on-and-on/and-on/index.html\n203.0.113.7\n" + strings.Repeat("a", 64)}, "note": {"seen in the mail log"}})
	v.upload(at+"/handling/list", nil, sent{"from-the-csirt.txt", strings.NewReader("evil.example\nwhat is this\n")})
	v.must(at+"/handling/affected", url.Values{"kind": {"service"}, "name": {"Patient portal"}, "condition": {"affected"}, "count": {"1200"}, "note": {"by hand since noon"}})
	v.must(at+"/handling/informed", url.Values{"whom": {"All patients with appointments"}, "count": {"1200"}, "text": {"The portal is down. Appointments hold."}, "about": {"incident"}})
	v.must(at+"/handling/costs", url.Values{"what": {"Forensics"}, "amount": {"12000"}, "currency": {"EUR"}, "estimated": {"yes"}})
	v.must(at+"/handling/lessons", url.Values{"title": {"Keep a copy of the backup elsewhere"}, "what": {"task"}})
	v.upload(at+"/handling/exhibits", url.Values{"who": {"Anna Huber"}, "where": {"Safe in room 12"}}, sent{"mail.eml", strings.NewReader("From: evil")})
	return at, report
}

// deskScene is an authority with an entity and one case.
func deskScene(t *testing.T) scene {
	t.Helper()
	s := newScene(t, platform.Config(t), "olga@example.org")
	s.fillDesk()
	return s
}

// fillDesk makes the workspace of an authority.
func (s *scene) fillDesk() {
	s.desk = true
	v := s.person
	v.found()
	organisation, w := v.entity("managed-service-provider.yaml")
	w.file(func(f *incident.Frozen) { f.Values["cross_border"] = reporting.Value{Text: "yes"} })
	w.file(func(f *incident.Frozen) {
		f.Stage, f.AwareAt, f.DueAt = clocks.IncidentNotification, f.SubmittedAt.Add(-80*time.Hour), time.Time{}
		f.Values["description"], f.Values["severity"] = reporting.Value{Text: "Files and backups are encrypted."}, reporting.Value{Text: "high"}
	})
	_, page := v.get("/authority")
	at := regexp.MustCompile(`/authority/cases/[^"#]+`).FindString(page)
	v.must("/authority/recipients", url.Values{"kind": {"member_state"}, "name": {"CERT of the neighbours"}, "country": {"DE"}, "abroad": {"yes"}, "withhold": {"reporter_name", "severity"}})
	v.must(at+"/publish", url.Values{"title": {"Outage of the provider"}, "text": {"Customers of the provider should change their passwords."}, "consulted": {"It agrees."}, "by": {"entity"}})
	v.must(at+"/say", url.Values{"kind": {"question"}, "text": {"By which remote access did they come in?"}})
	v.must(organisation+"/supervision/acts", url.Values{"power": {"targeted_audit"}, "title": {"Audit of backups"}, "due_on": {"2027-03-31"}})
	v.must("/authority/situation", url.Values{"title": {"Grids in two States"}, "level": {"grave"}, "text": {"Two grids."}})
	v.must("/authority/checklists/national-strategy", url.Values{"item": {"roles"}, "status": {"met"}, "note": {"Act of 2025"}, "evidence": {"https://example.org/act"}, "owner": {"Ministry"}, "due": {"2027-03-01"}, "version": {"0"}})
	v.must("/authority/register/open", url.Values{"open": {"yes"}})
	s.parts = strings.NewReplacer(client, organisation)
}
