package gallery_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/web/gallery"
	"github.com/nisaba-platform/nisaba/test/browser"
)

func serve(t *testing.T) string {
	t.Helper()
	h, err := gallery.New(content.FS, "messages")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func paths() []string {
	out := []string{"/no-such-page"}
	for p := range gallery.Pages() {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// TestAccessible checks every page in light and dark, wide and on a phone. With
// SCREENSHOTS set to a folder it also writes the pictures there.
func TestAccessible(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	folder := os.Getenv("SCREENSHOTS")
	for _, path := range paths() {
		for _, width := range []int{360, 1280, 2560} {
			for _, dark := range []bool{false, true} {
				if width == 2560 && dark && folder == "" {
					continue // as wide as in light
				}
				name := fmt.Sprintf("%s-%d-%s", path[1:], width, map[bool]string{false: "light", true: "dark"}[dark])
				b.Open(site+path, width, dark)
				if n := b.Narrow(); n > 0 {
					t.Errorf("%s: the page is %d px wider than the window", name, n)
				}
				if folder != "" {
					b.Picture(filepath.Join(folder, name+".png"))
				}
				if width == 2560 {
					continue // the same parts as at 1280
				}
				check := b.Axe
				if dark {
					check = b.Contrast
				}
				for _, v := range check() {
					t.Errorf("%s: %s", name, v)
				}
			}
		}
	}
}

// TestBrandKeepsContrast checks pages of workspaces with difficult colours.
func TestBrandKeepsContrast(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	for _, accent := range []string{"ffee00", "000000", "ffffff", "ff0000"} {
		for _, dark := range []bool{false, true} {
			b.Open(site+"/parts?accent=%23"+accent, 1280, dark)
			for _, v := range b.Contrast() {
				t.Errorf("accent %s, dark %t: %s", accent, dark, v)
			}
		}
	}
}

// TestLongestLanguage looks for words that do not fit on a phone.
func TestLongestLanguage(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	for _, path := range paths() {
		b.Open(site+path+"?lang=de", 360, false)
		if n := b.Narrow(); n > 0 {
			t.Errorf("%s: the page is %d px wider than the window", path, n)
		}
		if text := browser.Evaluate[string](b, "document.documentElement.innerText"); strings.Contains(text, "⟪") {
			t.Errorf("%s: a message is missing: %s", path, text[strings.Index(text, "⟪"):][:60])
		}
	}
}

// TestPolicyHolds loads every page and fails on anything that the browser reports,
// such as a refused inline style or a script that breaks.
func TestPolicyHolds(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	messages := chromedp.Console(b.Context())
	for _, path := range paths() {
		if path == "/no-such-page" {
			continue // the browser reports its status
		}
		b.Open(site+path, 1280, false)
		if missing := browser.Evaluate[int](b, `performance.getEntriesByType("resource").filter((e) => e.responseStatus >= 400).length`); missing > 0 {
			t.Errorf("%s: %d files are missing", path, missing)
		}
	}
	browser.Evaluate[chromedp.Void](b, `console.log("the end")`)
	for m, err := range messages {
		if err != nil {
			t.Fatal(err)
		}
		if m.Text == "the end" {
			break
		}
		t.Errorf("%+v", m)
	}
}

func TestPaletteByKeys(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	b.Open(site+"/parts", 1280, false)
	b.Do(chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.WaitVisible("dialog.palette[open]"))
	b.Do(chromedp.SendKeys("dialog.palette input", "stadt"), chromedp.WaitNotPresent(`#palette-results a[href="/deadlines"]`),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#evidence"))
	if at := browser.Evaluate[string](b, "location.pathname"); at != "/forms" {
		t.Errorf("the palette led to %s, want /forms", at)
	}
	b.Do(chromedp.KeyEvent("k", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.SendKeys("dialog.palette input", "nobody"),
		chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("dialog.palette")) // once, although something was typed
}

func TestThemeStays(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	dark := func() bool {
		return browser.Evaluate[string](b, "getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
	}
	for _, scripts := range []bool{true, false} {
		b.ScriptsOff(!scripts)
		b.Open(site+"/sign-in", 1280, false)
		b.Do(chromedp.Click(`button[name=theme][value=dark]`), chromedp.WaitVisible(`html[data-theme=dark]`))
		b.ScriptsOff(false)
		if !dark() {
			t.Errorf("scripts %t: the page is not dark after the choice", scripts)
		}
		b.Open(site+"/sign-in", 1280, false)
		if !dark() {
			t.Errorf("scripts %t: the page is not dark when it is opened again", scripts)
		}
		b.Do(chromedp.Click(`button[name=theme][value=""]`), chromedp.WaitNotPresent(`html[data-theme]`))
	}
}

// TestWithoutScripts shows that menus and the navigation of phones open, and that
// nothing stands there that needs a script.
func TestWithoutScripts(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	b.ScriptsOff(true)
	b.Open(site+"/parts", 360, false)
	b.Do(chromedp.WaitNotVisible("#nav"), chromedp.Click(".menu-button"), chromedp.WaitVisible("#nav"))
	b.Open(site+"/parts", 1280, false)
	b.Do(chromedp.WaitVisible("#nav"), chromedp.Click(".person summary"), chromedp.WaitVisible(".person .sheet"))
	for _, needs := range []string{"[data-copy]", "[data-palette]", "dialog.palette"} {
		b.Do(chromedp.WaitNotVisible(needs))
	}
	b.Open(site+"/forms", 1280, false)
	b.Do(chromedp.WaitNotVisible("[data-reveal]"))
}

// TestAutosave shows what the form says when an answer is saved, and that an error
// comes as a notice without replacing the form.
func TestAutosave(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	b.Open(site+"/wizard", 1280, false)
	b.Do(chromedp.WaitReady(`#size[data-htmx-powered]`), chromedp.Click(`input[value=linked]`), chromedp.WaitVisible(`output.autosave[data-state=saved]`))
	b.Do(chromedp.SetValue("#f-people", "0"), chromedp.Click(`input[value=no]`), chromedp.WaitVisible(`output.autosave[data-state=failed]`), chromedp.WaitVisible(`#notices .callout`))
	if text := browser.Evaluate[string](b, `document.querySelector("#notices").innerText`); !strings.Contains(text, "Nobody works here") {
		t.Errorf("the notice says %q", text)
	}
	if browser.Evaluate[bool](b, `document.querySelector("#f-people") === null`) {
		t.Error("the form is gone")
	}
	b.Do(chromedp.EmulateViewport(1280, 300), chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.documentElement.scrollHeight)`))
	if !browser.Evaluate[bool](b, `scrollY > 100 && document.querySelector("#notices .callout").getBoundingClientRect().top >= 0`) {
		t.Error("the notice is out of sight")
	}
	b.Do(chromedp.SetValue("#f-people", "10"), chromedp.Click(`input[value=linked]`), chromedp.WaitNotPresent(`#notices .callout`))
}

func TestPasswordIsShown(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-password", "correct horse"), chromedp.Click("[data-reveal]"), chromedp.WaitVisible("#f-password[type=text]"),
		chromedp.Click("[data-reveal]"), chromedp.WaitVisible("#f-password[type=password]"))
}

// TestRowsAreChosen shows the bar of bulk actions counting.
func TestRowsAreChosen(t *testing.T) {
	site, b := serve(t), browser.Start(t)
	b.Open(site+"/portfolio", 1280, false)
	b.Do(chromedp.Click("[data-select-all]"))
	if n := browser.Evaluate[string](b, `document.querySelector("[data-selected]").textContent`); n != "12" {
		t.Errorf("%s rows are chosen, want 12", n)
	}
}
