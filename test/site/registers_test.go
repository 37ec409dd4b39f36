package site

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func registerForms() map[string]url.Values {
	risk := url.Values{"title": {"Flood"}, "likelihood": {"2"}, "impact": {"4"}, "treatment": {"undecided"}}
	return map[string]url.Values{
		client + "/assets":                      {"name": {"Mail"}, "kind": {"service"}},
		client + "/assets/{asset}":              {"name": {"Mail"}, "version": {"1"}},
		client + "/assets/{asset}/remove":       {},
		client + "/assets/import":               {},
		client + "/suppliers":                   {"name": {"Host"}},
		client + "/suppliers/{supplier}":        {"name": {"Host"}, "version": {"1"}},
		client + "/suppliers/{supplier}/remove": {},
		client + "/risks":                       risk,
		client + "/risks/{risk}":                risk,
		client + "/risks/{risk}/close":          {},
		client + "/risks/{risk}/remove":         {},
	}
}

// TestRegisters keeps the registers as a person does: by form and by table, with what
// is wrong said beside its field, and hosts of assets handed on to the scans.
func TestRegisters(t *testing.T) {
	site, _ := start(t)
	v := newVisitor(t, site)
	organisation := v.begin("managed-service-provider.yaml")

	for _, wrong := range []struct {
		form url.Values
		says string
	}{
		{url.Values{"name": {""}}, "name is missing"},
		{url.Values{"name": {"x"}, "kind": {"toy"}}, "not among the choices"},
		{url.Values{"name": {"x"}, "hosts": {"http://example.org"}}, "no name of a host"},
		{url.Values{"name": {"x"}, "ports": {"80, 99999"}}, "no port"},
		{url.Values{"name": {strings.Repeat("x", 201)}}, "too long"},
	} {
		if status, page, _ := v.post(organisation+"/assets", wrong.form); status != 422 || !strings.Contains(page, wrong.says) {
			t.Errorf("%v: %d without %q", wrong.form, status, wrong.says)
		}
	}
	v.must(organisation+"/assets", url.Values{"name": {"Web site"}, "kind": {"service"}, "hosts": {"www.example.org\n192.0.2.9"}, "ports": {"443, 80"}, "owner": {"Eva"}, "criticality": {"high"}})
	if status, page, _ := v.post(organisation+"/assets", url.Values{"name": {"Web site"}}); status != 422 || !strings.Contains(page, "another entry has this name") && !strings.Contains(page, "Another entry has this name") {
		t.Errorf("a second asset of the name: %d", status)
	}
	_, page := v.get(organisation + "/assets")
	asset := regexp.MustCompile(`assets/([0-9a-f-]{36})`).FindStringSubmatch(page)
	if asset == nil || !strings.Contains(page, "www.example.org, 192.0.2.9") || !strings.Contains(page, "80, 443") {
		t.Fatalf("the asset is not on the page: %s", page)
	}
	v.must(organisation+"/assets/"+asset[1], url.Values{"name": {"Web site"}, "hosts": {"www.example.org"}, "ports": {"none"}, "version": {"1"}})
	if status, _, _ := v.post(organisation+"/assets/"+asset[1], url.Values{"name": {"Web site"}, "version": {"1"}}); status != 409 {
		t.Errorf("a change of an old version: %d", status)
	}

	for table, says := range map[string]string{
		"":                                      "no asset in the table",
		"name,colour\nx,red\n":                  "colour",
		"kind\nserver\n":                        "no column",
		"name,ports\nMail,25\nFiles,many\n":     "Line 3",
		"name\nMail\nMail\n":                    "line 2",
		"name,criticality\nMail,very\n":         "not among the choices",
		"name,hosts\nMail,mail example.org;;\n": "no name of a host",
	} {
		if status, page := v.uploadTable(organisation+"/assets/import", "file", "assets.csv", []byte(table)); status != 422 || !strings.Contains(page, says) {
			t.Errorf("%q: %d without %q", table, status, says)
		}
	}
	if _, page := v.get(organisation + "/assets"); strings.Contains(page, "Mail</a>") {
		t.Error("a part of a table with mistakes was taken over")
	}
	if status, page := v.uploadTable(organisation+"/assets/import", "file", "assets.csv", []byte("name;hosts;ports\nMail;mail.example.org, mail2.example.org;25 587\nWeb site;www.example.org;none\n")); status != 200 || !strings.Contains(page, "1 assets added, 0 changed") {
		t.Errorf("a good table: %d %s", status, page)
	}
	status, table := v.get(organisation + "/assets.csv")
	if status != 200 || !strings.Contains(table, "Mail,other,mail.example.org mail2.example.org,\"25, 587\",medium") {
		t.Errorf("the table: %d %q", status, table)
	}
	if status, page := v.uploadTable(organisation+"/assets/import", "file", "assets.csv", []byte(table)); status != 200 || !strings.Contains(page, "0 assets added, 0 changed") {
		t.Errorf("the own table again: %d", status)
	}

	if status, _, _ := v.post(organisation+"/exposure/targets/hosts", url.Values{"hosts": {"elsewhere.example.net"}}); status != 422 {
		t.Errorf("a host that no asset names: %d", status)
	}
	v.must(organisation+"/exposure/targets/hosts", url.Values{"hosts": {"mail.example.org", "www.example.org"}})
	if _, page := v.get(organisation + "/exposure/targets"); !strings.Contains(page, "mail.example.org") || strings.Contains(page, "mail2.example.org") {
		t.Error("the chosen hosts are not the targets")
	}

	v.must(organisation+"/suppliers", url.Values{"name": {"Hosting GmbH"}, "supplies": {"Rack and network"}, "criticality": {"critical"}, "domains": {"example.net"}, "review_by": {"2020-01-01"}})
	if status, _, _ := v.post(organisation+"/suppliers", url.Values{"name": {"x"}, "domains": {"192.0.2.1"}}); status != 422 {
		t.Errorf("an address as domain: %d", status)
	}

	day := law.DateOf(time.Now()).AddDays(200).String()
	risk := url.Values{"title": {"Ransomware stops the warehouse"}, "likelihood": {"4"}, "impact": {"4"}, "treatment": {"accept"}}
	for _, missing := range []string{"acceptance", "owner", "review_by"} {
		if status, page, _ := v.post(organisation+"/risks", risk); status != 422 || !strings.Contains(page, "f-"+missing) {
			t.Errorf("accepted without %s: %d", missing, status)
		}
		risk[missing] = map[string][]string{"acceptance": {"We switch it off next year."}, "owner": {"Eva"}, "review_by": {day}}[missing]
	}
	risk.Set("impact", "9")
	if status, _, _ := v.post(organisation+"/risks", risk); status != 422 {
		t.Errorf("an impact of 9: %d", status)
	}
	risk.Set("impact", "4")
	v.must(organisation+"/risks", risk)
	_, page = v.get(organisation + "/risks")
	one := regexp.MustCompile(`risks/([0-9a-f-]{36})`).FindStringSubmatch(page)
	if one == nil || !strings.Contains(page, "Critical · 16") || !strings.Contains(page, "Accept · by") {
		t.Fatalf("the risk is not on the page: %s", page)
	}
	v.must(organisation+"/risks/"+one[1]+"/close", nil)
	if _, page := v.get(organisation + "/risks"); !strings.Contains(page, "closed on") {
		t.Error("the risk is not closed")
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		v.registerPictures(folder, organisation, one[1])
	}
	v.must(organisation+"/risks/"+one[1]+"/remove", nil)
	v.must(organisation+"/assets/"+asset[1]+"/remove", nil)
}

// registerPictures writes pictures of the registers with entries, and looks at them for
// barriers.
func (v visitor) registerPictures(folder, organisation, risk string) {
	b := browser.Start(v.t)
	b.Open(v.site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password+"\r"), chromedp.WaitVisible(".person"))
	for name, path := range map[string]string{"assets": "/assets", "asset": "/assets/new", "suppliers": "/suppliers", "risks": "/risks", "risk": "/risks/" + risk} {
		for _, width := range []int{360, 1280} {
			b.Open(v.site+organisation+path, width, width == 360)
			b.Picture(filepath.Join(folder, fmt.Sprintf("register-%s-%d.png", name, width)))
			if n := b.Narrow(); n > 0 {
				v.t.Errorf("%s at %d: %d px too wide", path, width, n)
			}
			for _, x := range b.Axe() {
				v.t.Errorf("%s at %d: %s", path, width, x)
			}
		}
	}
}

// uploadTable sends one file in a form.
func (v visitor) uploadTable(path, field, name string, data []byte) (int, string) {
	v.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		v.t.Fatal(err)
	}
	r, err := v.http.Post(v.site+path, form.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	return body(v.t, r)
}
