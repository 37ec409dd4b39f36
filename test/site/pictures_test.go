package site

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/test/browser"
)

// picture says how a page is opened for its picture.
type picture struct {
	path string   // of the page, with {organisation}; "": as the route says
	from string   // page on which to find the link, when the path has parts that only the data know
	link string   // expression of that link
	tabs []string // parts of the page that have an address of their own, as ?tab=
	desk bool     // it is a page of an authority
	none string   // why there is no picture: "download", "redirect", "token"
}

// pictures has an entry for every page that can be opened. "make screenshots"
// writes them; TestEveryPageHasAPicture fails for a route that is missing here.
func pictures() map[string]picture {
	download, token := picture{none: "download"}, picture{none: "token"}
	desk := picture{desk: true}
	of := func(path string) picture { return picture{path: client + path} }
	found := func(from, link string) picture { return picture{from: from, link: link} }
	return map[string]picture{
		"/{$}": {path: "/"}, "/start": {none: "only before the first account"}, "/sign-in": {}, "/about": {}, "/forgot": {}, "/answered": {},
		"/enter/{token}": token, "/join/{token}": token, "/reset/{token}": token, "/unsubscribe/{token}": token, "/answer/{token}": token,
		"/feed/{file}": download, "/portfolio.csv": download, "/logo": download,
		"/account": {}, "/account/calendar": {}, "/account/erase": {}, "/account/passkeys/{passkey}": {none: "it takes a device; TestPasskeyGoes looks at it"}, "/account/notices": {}, "/step-up": {}, "/workspaces": {},
		"/api": {}, "/inbox": {}, "/members": {}, "/organisations/new": {}, "/search": {path: "/search?q=policy"}, "/templates": {},
		"/settings": {}, "/settings/policy": {}, "/settings/tokens": {},
		"/ledger": {}, "/ledger/check": {}, "/ledger/export.csv": download, "/ledger/export.jsonl": download, "/ledger/growth.json": download, "/ledger/stamp.zip": download,
		"/ledger/{entry}": {path: "/ledger/40"}, "/ledger/{entry}/proof.json": download,

		client + "/signals": of("/signals"), client + "/alarms": of("/alarms"), client + "/incidents/{incident}/signals/{signal}": download,
		client + "/binder": of("/binder"), client + "/binder/copies/{copy}": download, client + "/binder.pdf": download, client + "/binder.html": download,
		"/jobs": {}, "/jobs/{job}": {none: "the example has no job that stays"}, "/organisations/import-many": {}, "/events": {none: "a stream"},
		"/incidents": {}, "/report": {none: "redirect"},
		"/authority": desk, "/authority/cases/{case}": {desk: true, from: "/authority", link: `/authority/cases/[^"#]+`}, "/authority/register": desk,
		"/authority/applications/{application}": {none: "it takes a mail to confirm; TestRegister looks at it"}, "/authority/recipients": desk,
		"/authority/summary": desk, "/authority/situation": desk, "/authority/checklists": desk, "/authority/checklists/{list}": {desk: true, path: "/authority/checklists/national-strategy"}, "/authority/checklists/{list}/{file}": download,
		"/authority/alarms": desk, "/authority/statements": desk, client + "/supervision": desk, client + "/supervision/files/{file}": download, "/register/{workspace}": {desk: true, from: "/authority/register", link: `/register/[0-9a-f-]{36}`},
		"/register/{workspace}/{token}": token, "/authority/register/{file}": download, "/authority/summary/{file}": download, "/authority/situation/{file}": download,
		"/authority/cases/{case}/reports/{report}": download, "/authority/cases/{case}/reports/{report}/receipt": download, "/authority/cases/{case}/forwardings/{forwarding}": download,
		client + "/incidents": of("/incidents"), client + "/incidents/new": of("/incidents/new"),
		client + "/incidents/{incident}":                                          {},
		client + "/incidents/{incident}/reports/{report}":                         {},
		client + "/incidents/{incident}/handling":                                 {tabs: []string{"steps", "indicators", "affected", "evidence", "informed", "costs", "related"}},
		client + "/incidents/{incident}/handling/exhibits/{exhibit}":              download,
		client + "/incidents/{incident}/timeline":                                 {},
		client + "/incidents/{incident}/timeline.csv":                             download,
		client + "/incidents/{incident}/timeline.json":                            download,
		client + "/incidents/{incident}/handling/exhibits/{exhibit}/custody.pdf":  download,
		client + "/incidents/{incident}/handling/exhibits/{exhibit}/custody.html": download,
		client + "/incidents/{incident}/indicators.csv":                           download,
		client + "/incidents/{incident}/indicators.stix.json":                     download,
		client + "/incidents/{incident}/indicators.misp.json":                     download,
		client + "/exercises":                                                     of("/exercises"), client + "/on-call": of("/on-call"),
		client + "/incident-statistics": of("/incident-statistics"), client + "/incident-statistics.csv": download,
		client + "/incident-statistics.json": download, "/incident-statistics": {}, "/incident-statistics.csv": download, "/incident-statistics.json": download,
		"/playbooks": {}, "/playbooks/{playbook}": {path: "/playbooks/ransomware"},
		client + "/incidents/{incident}/reports/{report}/paper.pdf":   download,
		client + "/incidents/{incident}/reports/{report}/paper.html":  download,
		client + "/incidents/{incident}/reports/{report}/sheet.txt":   download,
		client + "/incidents/{incident}/reports/{report}/report.json": download,

		client: of(""), client + "/scope": of("/scope"), client + "/scope/result": of("/scope/result"), client + "/facts": of("/facts"),
		client + "/authorities": of("/authorities"), client + "/registration": of("/registration"), client + "/registration.json": download, client + "/registration.pdf": download, client + "/registration.docx": download,
		client + "/questions": of("/questions?topic=b"), client + "/requirements": of("/requirements"), client + "/requirements.csv": download,
		client + "/suggestions": of("/suggestions"), client + "/delegations": of("/delegations"),
		client + "/workbook": of("/workbook"), client + "/workbook/export": download,
		client + "/evidence": of("/evidence"), client + "/evidence.csv": download, client + "/evidence/new": of("/evidence/new"),
		client + "/evidence/piece":   found("/evidence", `evidence/piece\?id=[^"]+`),
		client + "/evidence/edit":    found("/evidence", `evidence/piece\?id=[^"]+`),
		client + "/evidence/replace": found("/evidence", `evidence/piece\?id=[^"]+`),
		client + "/files/{file}":     download,
		client + "/plan":             of("/plan"), client + "/plan/adopt": of("/plan/adopt"), client + "/plan/what-if": of("/plan/what-if"),
		client + "/plan/tasks/new": of("/plan/tasks/new"), client + "/plan/tasks/{task}": found("/plan", `plan/tasks/[0-9a-f-]{36}`),
		client + "/board": of("/board"), client + "/board/approvals/{approval}": found("/board", `board/approvals/[0-9a-f-]{36}`),
		client + "/board/approvals/{approval}/version.json": download,
		client + "/compare": of("/compare"), client + "/compare/{file}": download,
		client + "/reports": of("/reports"), client + "/reports/{report}": download,
		client + "/report.html": download, client + "/report.pdf": download, client + "/report.docx": download, client + "/assessment.json": download,
		"/exposure": {}, client + "/exposure": of("/exposure"), client + "/exposure/targets": of("/exposure/targets"),
		client + "/exposure/checks/{check}": of("/exposure/checks/TLS-03"), client + "/exposure/files/{format}": download,
		client + "/assets": of("/assets"), client + "/assets.csv": download, client + "/assets/new": of("/assets/new"), client + "/assets/{asset}": found("/assets", `assets/[0-9a-f-]{36}`),
		client + "/suppliers": of("/suppliers"), client + "/suppliers/new": of("/suppliers/new"), client + "/suppliers/{supplier}": found("/suppliers", `suppliers/[0-9a-f-]{36}`),
		"/exposure/suppliers": {}, client + "/suppliers/{supplier}/exposure": found("/suppliers", `suppliers/[0-9a-f-]{36}/exposure`),
		client + "/suppliers/{supplier}/exposure/checks/{check}": {none: "the example has no look at a supplier; TestSupplierExposure looks at it"},
		client + "/suppliers/{supplier}/exposure/files/{format}": download,
		client + "/risks": of("/risks"), client + "/risks/new": of("/risks/new"), client + "/risks/{risk}": found("/risks", `risks/[0-9a-f-]{36}`),
		client + "/history": of("/history"), client + "/manage": of("/manage"), client + "/logo": download,
		client + "/pre-assessment": of("/pre-assessment"), client + "/pre-assessment.pdf": download, client + "/pre-assessment.docx": download,
	}
}

func TestEveryPageHasAPicture(t *testing.T) {
	_, routes := start(t)
	listed := pictures()
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if method != "GET" {
			continue
		}
		if _, ok := listed[pattern]; !ok {
			t.Errorf("%s has no entry: say how it is opened for its picture, or why it has none", pattern)
		}
		delete(listed, pattern)
	}
	for pattern := range listed {
		t.Errorf("there is no page %s any more", pattern)
	}
}

// TestPictures writes a picture of every page at three widths, light and dark, to
// the folder in SCREENSHOTS, and fails for a page that does not open, that is wider than
// its window, or in which axe finds a serious violation. SCREENSHOTS_ONLY is an expression for the names of the
// pictures to make, SCREENSHOTS_LANGUAGE the language of the browser.
func TestPictures(t *testing.T) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		t.Skip("SCREENSHOTS names no folder; run make screenshots")
	}
	only, err := regexp.Compile(os.Getenv("SCREENSHOTS_ONLY"))
	if err != nil {
		t.Fatal(err)
	}
	scenes := []scene{exampleScene(t), deskScene(t)}
	paths := make([]map[string]string, len(scenes))
	for i, s := range scenes {
		paths[i] = picturePaths(t, s, only)
	}
	for _, width := range []int{360, 1280, 2560} {
		for _, dark := range []bool{false, true} {
			shade := map[bool]string{true: "dark", false: "light"}[dark]
			t.Run(fmt.Sprintf("%d %s", width, shade), func(t *testing.T) {
				b := browser.Start(t)
				for i, s := range scenes {
					b.Open(s.site+s.enter(t), width, dark)
					b.Do(chromedp.WaitVisible(".person"))
					for name, path := range paths[i] {
						b.Open(s.site+path, width, dark)
						b.Picture(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, shade)))
						if n := b.Narrow(); n > 0 {
							t.Errorf("%s at %d: the page is %d px wider than the window", path, width, n)
						}
						if width != 2560 {
							for _, v := range b.Axe() {
								t.Errorf("%s at %d, %s: %s", path, width, shade, v)
							}
						}
					}
				}
			})
		}
	}
}

// picturePaths are the addresses of the pages of a scene by the names of their pictures.
func picturePaths(t *testing.T, s scene, only *regexp.Regexp) map[string]string {
	t.Helper()
	out := map[string]string{}
	for pattern, p := range pictures() {
		name := strings.Trim(regexp.MustCompile(`[^a-z]+`).ReplaceAllString(strings.Replace(pattern, client, "organisation", 1), "-"), "-")
		if name == "" {
			name = "portfolio"
		}
		if p.none != "" || p.desk != s.desk || !only.MatchString(name) {
			continue
		}
		path := s.path(p, pattern)
		if path == "" {
			t.Errorf("%s has no link %s", p.from, p.link)
			continue
		}
		if status, page := s.person.get(path); status != 200 {
			t.Errorf("%s: %d\n%.300s", path, status, page)
		}
		if len(p.tabs) == 0 {
			out[name] = path
		}
		for _, tab := range p.tabs {
			out[name+"-"+tab] = path + "?tab=" + tab
		}
	}
	return out
}
