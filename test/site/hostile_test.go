package site

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/nisaba-platform/nisaba/test/browser"
)

// payloads are texts that a careless page would run or build into its structure.
var payloads = []string{
	`<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)></svg><b data-hostile>`,
	`"><img src=x onerror=alert(1) data-hostile><input autofocus onfocus=alert(1) x="`,
	`' onmouseover='alert(1)' data-hostile='`,
	`</textarea></title></script><script>alert(1)</script><i data-hostile>`,
	`javascript:alert(1)//data-hostile`,
	`[x](javascript:alert(1)) <a href="javascript:alert(1)" data-hostile>x</a>`,
	"{{constructor.constructor('alert(1)')()}} ${alert(1)} <% alert(1) %> <iframe srcdoc='<script>parent.alert(1)</script>' data-hostile>",
	"\u202e\u0000<script\x0b>alert(1)</script>",
}

// watch records every dialog that a page would open, and every element or address
// that came from a payload.
const watch = `window.hostile = []; for (const f of ["alert", "confirm", "prompt"]) window[f] = () => { window.hostile.push(f + " was called") };`

const verdict = `(() => {
  const found = [...window.hostile];
  for (const e of document.querySelectorAll("[data-hostile], script:not([src]), iframe, img[src=x], [onerror], [onload], [onmouseover], [onfocus]")) found.push(e.outerHTML.slice(0, 120));
  for (const e of document.querySelectorAll("[href], [src], [action], [formaction]"))
    for (const a of ["href", "src", "action", "formaction"])
      if (/^\s*(javascript|vbscript|data:text)/i.test(e.getAttribute(a) ?? "")) found.push(e.outerHTML.slice(0, 120));
  return found;
})()`

// TestHostileTexts sends payloads through every field of every form, then reads
// every page that a link leads to, in a real browser that was told to ignore the
// content policy: nothing runs, and no text has become part of a page's structure.
func TestHostileTexts(t *testing.T) {
	site, routes := start(t)
	anna := newVisitor(t, site)
	organisation := anna.begin("water-supplier.yaml")
	valid := validForms(t, anna, organisation)
	sent, turn, everything := 0, 0, os.Getenv("HOSTILE") == "all"
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		form, stated := valid[pattern]
		if method != http.MethodPost || !stated || ends(pattern) {
			continue
		}
		path := pathOf(pattern, organisation)
		turn++
		names := slices.Sorted(maps.Keys(form))
		for i, payload := range payloads {
			all := url.Values{}
			for at, name := range names {
				values := form[name]
				all.Set(name, payload)
				if !everything && (i+turn+at)%len(payloads) != 0 { // each field one text, each text every eighth field
					continue
				}
				one := maps.Clone(form)
				one[name] = []string{payload}
				if len(values) > 0 && strings.Count(values[0], "") < 2000 && i%2 == 0 { // beside what is there, too
					one[name] = []string{values[0] + payload}
				}
				harmless(t, anna, route.Pattern+" "+name, path, one)
				sent++
			}
			if everything || (i+turn)%2 == 0 {
				harmless(t, anna, route.Pattern, path, all)
			}
		}
	}
	if sent < 100 {
		t.Fatalf("only %d hostile fields were sent", sent)
	}
	b := browser.Start(t)
	if _, err := chromedp.Call(b.Context(), page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(b.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch}); err != nil {
		t.Fatal(err)
	}
	signIn(b, site, "anna@example.org")
	ofKind := 2
	if everything {
		ofKind = 20
	}
	seen := crawl(t, b, anna, ofKind, func(address string) {
		for _, found := range browser.Evaluate[[]string](b, verdict) {
			t.Errorf("%s: %s", strings.TrimPrefix(address, site), found)
		}
	})
	if len(seen) < 15 {
		t.Errorf("only %d pages were read: %v", len(seen), seen)
	}
	t.Logf("%d hostile fields sent, %d pages read", sent, len(seen))
}

// ends reports whether a route ends what the test still needs.
func ends(pattern string) bool {
	return slices.ContainsFunc([]string{"/sign-out", "/erase", "/leave", "/archive", "/delete"}, func(s string) bool { return strings.HasSuffix(pattern, s) })
}

// pathOf fills the placeholders of a pattern.
func pathOf(pattern, organisation string) string {
	return placeholder.ReplaceAllString(strings.NewReplacer(client, organisation, "{question}", "q.backup.exists", "{$}", "").Replace(pattern), "x")
}

// harmless sends a form and looks at the answer itself.
func harmless(t *testing.T, v visitor, what, path string, form url.Values) {
	t.Helper()
	status, answer, _ := v.post(path, form)
	if status >= http.StatusInternalServerError {
		t.Errorf("%s: %d for %.80q", what, status, form.Encode())
	}
	for _, raw := range []string{"<script>alert", "<img src=x", "<svg onload", "<b data-hostile", "<i data-hostile", "<iframe srcdoc", `<a href="javascript:`, "onmouseover='alert"} {
		if strings.Contains(answer, raw) {
			t.Errorf("%s sends %q back as it came", what, raw)
		}
	}
}

// signIn signs in by the form, as a person does.
func signIn(b *browser.Browser, site, email string) {
	b.Open(site+"/sign-in", 1280, false)
	b.Do(chromedp.SendKeys("#f-email", email), chromedp.SendKeys("#f-password", password),
		chromedp.Click("#sign-in button.primary"), chromedp.WaitVisible(".person"))
}

// crawl opens the pages that links lead to, at most so many of a kind, and calls look on each.
func crawl(t *testing.T, b *browser.Browser, v visitor, ofKind int, look func(address string)) (seen []string) {
	t.Helper()
	todo := []string{v.site + "/"}
	known, kinds := map[string]bool{todo[0]: true}, map[string]int{}
	for len(todo) > 0 {
		address := todo[0]
		todo = todo[1:]
		if !isPage(t, v, address) {
			continue
		}
		b.Open(address, 1280, false)
		look(address)
		seen = append(seen, address)
		for _, link := range browser.Evaluate[[]string](b, `[...document.querySelectorAll("a[href]")].map((a) => a.href.split("#")[0])`) {
			u, err := url.Parse(link)
			if err != nil || !strings.HasPrefix(link, v.site+"/") || known[u.Path+shape(u)] || kinds[shape(u)] >= ofKind {
				continue
			}
			known[u.Path+shape(u)] = true
			kinds[shape(u)]++
			todo = append(todo, link)
		}
	}
	return seen
}

// shape is an address without what it is about: identifiers and the values of its query.
func shape(u *url.URL) string {
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789.") {
			parts[i] = "x"
		}
	}
	return fmt.Sprint(strings.Join(parts, "/"), "?", slices.Sorted(maps.Keys(u.Query())))
}

// isPage reports whether an address is shown by browsers, not saved.
func isPage(t *testing.T, v visitor, address string) bool {
	t.Helper()
	r, err := v.http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := body(t, r); status >= http.StatusInternalServerError {
		t.Errorf("%s: %d", address, status)
	}
	return strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment")
}
