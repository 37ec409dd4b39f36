package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	stdhtml "html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

func plain(s string) string { return s }

func render(t testing.TB, d model.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// element is a tag with its attributes.
type element struct {
	tag   string
	attrs map[string]string
}

// elements reads the page and fails when its tags do not match.
func elements(t *testing.T, page string) []element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var out []element
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		if s, ok := tok.(xml.StartElement); ok {
			e := element{s.Name.Local, map[string]string{}}
			for _, a := range s.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			out = append(out, e)
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	page := render(t, reporttest.Sample(plain))
	for _, e := range elements(t, page) {
		if slices.Contains([]string{"script", "link", "iframe", "object", "embed", "base", "form"}, e.tag) {
			t.Errorf("the page has <%s>", e.tag)
		}
		for name, value := range e.attrs {
			switch {
			case strings.HasPrefix(name, "on") || name == "style" || name == "srcset":
				t.Errorf("<%s> has the attribute %s", e.tag, name)
			case name == "src" && !strings.HasPrefix(value, "data:image/png;base64,"):
				t.Errorf("<%s> loads %q", e.tag, value)
			case name == "href" && !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "https://"):
				t.Errorf("<%s> leads to %q", e.tag, value)
			}
		}
	}
	for _, s := range []string{"@import", "url(", "@font-face"} {
		if strings.Contains(page, s) {
			t.Errorf("the style sheet has %s", s)
		}
	}
}

func TestPolicyAllowsOnlyTheStyleSheet(t *testing.T) {
	t.Parallel()
	page := render(t, reporttest.Sample(plain))
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	if style == nil {
		t.Fatal("no style sheet")
	}
	sum := sha256.Sum256([]byte(style[1]))
	want := "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	for _, e := range elements(t, page) {
		if e.attrs["http-equiv"] == "Content-Security-Policy" {
			if e.attrs["content"] != want {
				t.Errorf("policy %q, want %q", e.attrs["content"], want)
			}
			return
		}
	}
	t.Error("the page has no policy")
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	known := shapes(t, render(t, reporttest.Sample(plain)))
	for _, payload := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>alert(1)</script>`,
		`</title><svg onload=alert(1)>`, `' onmouseover='alert(1)`, `<!--`, `]]>`, `&lt;script&gt;`, "a\x00b\x1b[31m", `\"}*{x:url(https://evil.example)}`,
	} {
		page := render(t, reporttest.Sample(func(s string) string { return payload + s }))
		for shape := range shapes(t, page) {
			if !known[shape] {
				t.Errorf("%q made %s", payload, shape)
			}
		}
	}
}

// shapes is the set of tags with the names of their attributes.
func shapes(t *testing.T, page string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, e := range elements(t, page) {
		names := make([]string, 0, len(e.attrs))
		for n := range e.attrs {
			names = append(names, n)
		}
		slices.Sort(names)
		out["<"+e.tag+" "+strings.Join(names, " ")+">"] = true
	}
	return out
}

func TestEveryTextIsOnThePage(t *testing.T) {
	t.Parallel()
	var texts []string
	page := render(t, reporttest.Sample(func(s string) string {
		texts = append(texts, s)
		return s
	}))
	page = stdhtml.UnescapeString(page)
	// an axis leaves out the labels that it has no room for, and the page has
	// no table that is continued
	left := regexp.MustCompile(`^(continued|Today|20\d\d-\d\d)$`)
	for _, s := range texts {
		if !strings.Contains(page, s) && !left.MatchString(s) {
			t.Errorf("%q is missing", s)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := elements(t, render(t, reporttest.Sample(plain)))
	ids := map[string]int{}
	for _, e := range all {
		if id := e.attrs["id"]; id != "" {
			ids[id]++
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("the id %s occurs %d times", id, n)
		}
	}
	for _, e := range all {
		if id, ok := strings.CutPrefix(e.attrs["href"], "#"); ok && ids[id] == 0 {
			t.Errorf("nothing has the id %s", id)
		}
	}
}

func TestTurningSignsAreDropped(t *testing.T) {
	t.Parallel()
	page := render(t, model.Document{Title: "safe\u202egpj.exe", Language: "en"})
	if strings.ContainsRune(page, '\u202e') || !strings.Contains(page, "safegpj.exe") {
		t.Error("a sign that turns the text is on the page")
	}
}

func BenchmarkWrite(b *testing.B) {
	d := reporttest.Sample(plain)
	for b.Loop() {
		render(b, d)
	}
}
