package site

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/test/browser"
)

// TestTeamInBrowser: the first account is made in a browser, somebody joins by the link
// of an invitation and sees the client; whoever belongs to another workspace finds
// nothing at its address. Then all but the first account once more without script.
func TestTeamInBrowser(t *testing.T) {
	site, _ := start(t)
	b := browser.Start(t)
	if _, err := chromedp.Call(b.Context(), emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Vienna"}); err != nil {
		t.Fatal(err)
	}
	b.Open(site+"/", 1280, false)
	b.Do(chromedp.WaitVisible("#start"), chromedp.SendKeys("#f-workspace", "Seewinkel Beratung"), chromedp.SendKeys("#f-name", "Anna Huber"),
		chromedp.SendKeys("#f-email", "anna@example.org"), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#start button.primary"), chromedp.WaitVisible(".person"))
	anna := newVisitor(t, site)
	anna.post("/sign-in", url.Values{"email": {"anna@example.org"}, "password": {password}})
	if _, page := anna.get("/account/notices"); !strings.Contains(page, `value="Europe/Vienna"`) {
		t.Error("the account does not have the time zone of the browser")
	}
	organisation := anna.add("water-supplier.yaml")
	eva := newVisitor(t, site)
	eva.joinWith(anna, "auditor", "eva@example.org")
	eva.post("/workspaces/new", url.Values{"workspace": {"Elsewhere"}, "kind": {"company"}})
	_, page := eva.get("/workspaces")
	for _, m := range regexp.MustCompile(`action="/workspaces/leave"[^>]*><input type="hidden" name="workspace" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		eva.post("/workspaces/leave", url.Values{"workspace": {m[1]}}) // her own keeps her
	}
	axe := func(where string) {
		t.Helper()
		for _, v := range b.Axe() {
			t.Errorf("%s: %s", where, v)
		}
	}
	forget := func() {
		t.Helper()
		if _, err := chromedp.Call(b.Context(), network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}
	signIn := func(email string) {
		t.Helper()
		forget()
		b.Open(site+"/sign-in", 1280, false)
		b.Do(chromedp.SendKeys("#f-email", email), chromedp.SendKeys("#f-password", password), chromedp.Click("#sign-in button.primary"), chromedp.WaitVisible(".person"))
	}
	for _, off := range []bool{false, true} {
		b.ScriptsOff(off)
		with := map[bool]string{false: "with script", true: "without script"}[off]
		who := map[bool]string{false: "ben", true: "clara"}[off]
		signIn("anna@example.org")
		b.Open(site+"/members", 1280, false)
		b.Do(chromedp.SendKeys("#invite input[type=email]", who+"@example.org"), chromedp.Click("#invite button.primary"), chromedp.WaitVisible("#invitation"))
		link := browser.Evaluate[string](b, `document.body.textContent.match(/https?:\/\/[^\s"]+\/join\/[a-z0-9]+/)[0]`)
		forget()
		b.Open(link, 360, true)
		if !off {
			axe("the page of an invitation")
		}
		b.Do(chromedp.SendKeys("#f-name", who), chromedp.SendKeys("#f-password", password), chromedp.Click("#join button.primary"), chromedp.WaitVisible(".person"))
		b.Open(site+organisation, 1280, false)
		if text := browser.Evaluate[string](b, `document.querySelector("h1").textContent`); !strings.Contains(text, "Wasserverband") {
			t.Errorf("%s: who joined reads %q", with, text)
		}
		signIn("eva@example.org")
		b.Open(site+organisation, 1280, false)
		if text := browser.Evaluate[string](b, `document.body.textContent`); !strings.Contains(text, "There is nothing here") || strings.Contains(text, "Wasserverband") {
			t.Errorf("%s: who belongs to another workspace reads %.300q", with, text)
		}
	}
}
