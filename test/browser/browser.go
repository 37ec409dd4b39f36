// Package browser drives a real Chromium for tests: pages at a width and in light
// or dark, the accessibility check of axe-core, and pictures.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long one test may take in all.
const patience = 8 * time.Minute

// awakening is how long Chromium may take to start, on a machine that is busy.
const awakening = 2 * time.Minute

// Browser is one running Chromium. It is for one test at a time.
type Browser struct {
	t   *testing.T
	ctx context.Context
}

// Start starts Chromium and ends it with the test. Where Chromium is not installed
// the test is skipped, but fails when the environment has CI set.
func Start(t *testing.T) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed; run make setup")
		}
		t.Skip("chromium is not installed; run make setup")
	}
	// The driver makes a profile of its own for each browser and removes it when the
	// processes of the browser are gone, which the end of a test does not wait for.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(awakening), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true))
	if language := os.Getenv("SCREENSHOTS_LANGUAGE"); language != "" {
		options = append(options, chromedp.Flag("accept-lang", language))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		closeTab()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	return &Browser{t: t, ctx: limited}
}

// Do runs steps in the tab and fails the test when one fails.
func (b *Browser) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// Context is the context of the tab, for what has no method here.
func (b *Browser) Context() context.Context { return b.ctx }

// Open loads a page at a width in CSS pixels, in dark colours or light.
func (b *Browser) Open(address string, width int, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
	height := int64(900)
	if width < 600 {
		height = 780
	}
	b.Do(chromedp.EmulateViewport(int64(width), height), chromedp.Navigate(address))
}

// Evaluate runs a script in the page and decodes its value.
func Evaluate[T any](b *Browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// ScriptsOff stops scripts on the pages opened from now on, or lets them run again.
func (b *Browser) ScriptsOff(off bool) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}); err != nil {
		b.t.Fatal(err)
	}
}

// Picture writes a PNG of the whole page.
func (b *Browser) Picture(file string) {
	b.t.Helper()
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, shot, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// Narrow reports by how many pixels the page is wider than its window, and logs
// the innermost elements that reach over the edge.
func (b *Browser) Narrow() int {
	b.t.Helper()
	wider := Evaluate[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
	if wider > 0 {
		b.t.Logf("over the edge: %v", Evaluate[[]string](b, `(() => {
  const edge = document.documentElement.clientWidth;
  const over = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > edge + 0.5);
  return over.filter((e) => !over.some((o) => o !== e && e.contains(o))).slice(0, 5).map((e) => e.outerHTML.slice(0, 300));
})()`))
	}
	return wider
}

// Violation is one rule that a page breaks.
type Violation struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	}
}

// String is the rule with the first places.
func (v Violation) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for i, n := range v.Nodes {
		if i == 3 {
			fmt.Fprintf(&s, "\n  and %d more", len(v.Nodes)-3)
			break
		}
		fmt.Fprintf(&s, "\n  %s\n  %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n  "))
	}
	return s.String()
}

// ofColours are the rules that another colour can break.
var ofColours = []string{"color-contrast", "link-in-text-block"}

// Contrast checks the colours of the open page, as Axe does with everything: in dark,
// or with another accent, a page that Axe has seen differs in nothing else.
func (b *Browser) Contrast() []Violation {
	b.t.Helper()
	return b.axe(ofColours)
}

// Axe checks the open page by the rules of WCAG 2.2 A and AA and returns what is
// serious or critical.
func (b *Browser) Axe() []Violation {
	b.t.Helper()
	return b.axe([]string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"})
}

// axe runs rules, or all that have a tag.
func (b *Browser) axe(rules []string) []Violation {
	b.t.Helper()
	source, err := os.ReadFile(filepath.Join(moduleRoot(b.t), "test", "browser", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("CI") != "" {
			b.t.Fatal("axe-core is not installed; run make setup")
		}
		b.t.Skip("axe-core is not installed; run make setup")
	}
	Evaluate[chromedp.Void](b, string(source))
	only, err := json.Marshal(rules)
	if err != nil {
		b.t.Fatal(err)
	}
	found := Evaluate[string](b, `axe.run(document, {runOnly: `+string(only)+`, resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations))`)
	var all, serious []Violation
	if err := json.Unmarshal([]byte(found), &all); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range all {
		if v.Impact == "serious" || v.Impact == "critical" {
			serious = append(serious, v)
		}
	}
	return serious
}

// moduleRoot is the folder of go.mod above the folder of the test's package, in
// which its tests run.
func moduleRoot(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatal("no go.mod stands above the folder of the test")
		}
		folder = above
	}
}

// Printed is the page as PDF, as a browser prints it.
func (b *Browser) Printed() []byte {
	b.t.Helper()
	res, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}
