package docx_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/report/docx"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
)

func plain(s string) string { return s }

// failing is a test of either kind.
type failing interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

func render(t failing, d model.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := docx.Write(&b, d); err != nil {
		t.Fatalf("%v", err)
	}
	return b.Bytes()
}

// node is an element of a part.
type node struct {
	name     string // with the usual prefix of its namespace
	attrs    map[string]string
	children []*node
	text     string
}

// prefixes of the namespaces, as everyone writes them.
var prefixes = map[string]string{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main":              "w:",
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships":       "r:",
	"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing":    "wp:",
	"http://schemas.openxmlformats.org/drawingml/2006/main":                     "a:",
	"http://schemas.openxmlformats.org/drawingml/2006/picture":                  "pic:",
	"http://schemas.microsoft.com/office/drawing/2016/SVG/main":                 "asvg:",
	"http://schemas.microsoft.com/office/drawing/2017/decorative":               "adec:",
	"http://www.w3.org/XML/1998/namespace":                                      "xml:",
	"http://www.w3.org/2000/svg":                                                "svg:",
	"http://schemas.openxmlformats.org/package/2006/metadata/core-properties":   "cp:",
	"http://purl.org/dc/elements/1.1/":                                          "dc:",
	"http://purl.org/dc/terms/":                                                 "dcterms:",
	"http://www.w3.org/2001/XMLSchema-instance":                                 "xsi:",
	"http://schemas.openxmlformats.org/package/2006/relationships":              "",
	"http://schemas.openxmlformats.org/package/2006/content-types":              "",
	"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties": "",
	"xmlns": "xmlns:", "": "",
}

// parse reads a part and fails where it is not well formed.
func parse(t failing, name string, content []byte) *node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(content))
	root := &node{}
	open := []*node{root}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s is not well formed: %v", name, err)
		}
		at := open[len(open)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{name: qualified(t, tok.Name), attrs: map[string]string{}}
			for _, a := range tok.Attr {
				n.attrs[qualified(t, a.Name)] = a.Value
			}
			at.children = append(at.children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			at.text += string(tok)
		}
	}
	if len(root.children) != 1 {
		t.Fatalf("%s has %d roots", name, len(root.children))
	}
	return root.children[0]
}

func qualified(t failing, n xml.Name) string {
	prefix, ok := prefixes[n.Space]
	if !ok {
		t.Fatalf("unknown namespace %q", n.Space)
	}
	return prefix + n.Local
}

// walk visits a node and all below it.
func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, c := range n.children {
		c.walk(visit)
	}
}

// all is every element of a name.
func (n *node) all(name string) (out []*node) {
	n.walk(func(x *node) {
		if x.name == name {
			out = append(out, x)
		}
	})
	return out
}

// child is the first child of a name; an empty one where there is none.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return &node{}
}

// said is the text of all runs of an element.
func (n *node) said() string {
	var b strings.Builder
	n.walk(func(x *node) {
		switch x.name {
		case "w:t":
			b.WriteString(x.text)
		case "w:p":
			b.WriteString("\n")
		}
	})
	return b.String()
}

// file is a document as its reader sees it.
type file struct {
	names []string
	bytes map[string][]byte
	xml   map[string]*node
}

// open reads a file and fails where a part is not well formed.
func open(t failing, content []byte) file {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("%v", err)
	}
	f := file{bytes: map[string][]byte{}, xml: map[string]*node{}}
	for _, p := range z.File {
		r, err := p.Open()
		if err != nil {
			t.Fatalf("%v", err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if f.bytes[p.Name] != nil {
			t.Errorf("%s is there twice", p.Name)
		}
		f.names, f.bytes[p.Name] = append(f.names, p.Name), b
		if path.Ext(p.Name) != ".png" {
			f.xml[p.Name] = parse(t, p.Name, b)
		}
	}
	return f
}

func (f file) document() *node { return f.xml["word/document.xml"] }

func TestWriteGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, two := render(t, reporttest.Sample(plain)), render(t, reporttest.Sample(plain))
	if !bytes.Equal(one, two) {
		t.Error("the same document gave different files")
	}
	other := reporttest.Sample(plain)
	other.Title += "!"
	if bytes.Equal(one, render(t, other)) {
		t.Error("another title gave the same file")
	}
}

func TestEveryTextIsInTheFile(t *testing.T) {
	t.Parallel()
	var texts []string
	f := open(t, render(t, reporttest.Sample(func(s string) string {
		texts = append(texts, s)
		return s
	})))
	all := ""
	for _, name := range f.names {
		if n := f.xml[name]; n != nil {
			all += n.said() + n.child("dc:title").text
			for _, p := range n.all("wp:docPr") {
				all += p.attrs["title"] + "\n" + p.attrs["descr"] + "\n"
			}
		}
	}
	// an axis leaves out the labels that it has no room for, the figures of a chart are
	// its alternative text, and Word itself says what goes on over a page
	left := regexp.MustCompile(`^(continued|Today|20\d\d-\d\d|Skip to content|Show the figures as a table|Settings of the server|Target|and 4 more|of 100)$`)
	for _, s := range texts {
		if !strings.Contains(all, s) && !left.MatchString(s) {
			t.Errorf("%q is missing", s)
		}
	}
}

// hostile are texts that would be something else in a file that does not escape.
func hostile() []string {
	return []string{
		`<w:p><w:r><w:t>`, `</w:t></w:r><w:r><w:instrText> DDEAUTO c:\\windows\\system32\\cmd.exe "/k calc" </w:instrText></w:r>`,
		`{ INCLUDETEXT "file" }`, ` TOC \o "1-3" `, `"><a r:id="rId1"/>`, `' w:instr=' `, `]]>`, `<!--`, `&lt;w:t&gt;&#0;`, "a\x00b\x1b[31m\ufffe\uffff\xff\xc3",
		"\u202egpj.exe", "soft\u00adhyphen non\u2011breaking", "two\nlines\tand\ra\u2028tab", "株式会社 شركة 🎉", `=cmd|' /C calc'!A0`, "", strings.Repeat("Donaudampfschifffahrt", 15),
	}
}

// shapes is the elements of a file with the names of their attributes, and its fields.
func shapes(f file) map[string]bool {
	out := map[string]bool{}
	for name, n := range f.xml {
		if strings.HasSuffix(name, ".svg") {
			name = "svg"
		}
		n.walk(func(x *node) {
			var attrs []string
			for a := range x.attrs {
				if a != "cx" && a != "text-anchor" {
					attrs = append(attrs, a)
				}
			}
			slices.Sort(attrs)
			what := x.name + " " + strings.Join(attrs, " ")
			switch x.name {
			case "w:instrText":
				what += x.text
			case "w:fldSimple":
				what += x.attrs["w:instr"]
			}
			out[name+" "+what] = true
		})
	}
	return out
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	known := shapes(open(t, render(t, reporttest.Sample(func(s string) string { return s + "\u00ad\u2011\nx" }))))
	for _, payload := range hostile() {
		f := open(t, render(t, reporttest.Sample(func(s string) string { return payload + s })))
		for shape := range shapes(f) {
			if !known[shape] {
				t.Errorf("%q made %s", payload, shape)
			}
		}
		sound(t, f)
	}
}

func TestFieldsAreOnlyOurs(t *testing.T) {
	t.Parallel()
	f := open(t, render(t, reporttest.Sample(plain)))
	var fields []string
	for _, name := range f.names {
		if n := f.xml[name]; n != nil {
			for _, x := range n.all("w:instrText") {
				fields = append(fields, strings.TrimSpace(x.text))
			}
			for _, x := range n.all("w:fldSimple") {
				fields = append(fields, strings.TrimSpace(x.attrs["w:instr"]))
			}
		}
	}
	slices.Sort(fields)
	if want := []string{"NUMPAGES", "NUMPAGES", "PAGE", "PAGE", `TOC \o "1-2" \h \z`}; !slices.Equal(fields, want) {
		t.Errorf("fields %q, want %q", fields, want)
	}
}

func TestSpecialSigns(t *testing.T) {
	t.Parallel()
	f := open(t, render(t, model.Document{Title: "safe\u202egpj.exe", Language: "en",
		Blocks: []model.Block{model.Paragraph{Text: model.Say("a\u00adb\u2011c\nd\x00")}, model.Code{Text: "if {\n  x\ty\n}\n"}}}))
	if got := f.document().said(); !strings.Contains(got, "safegpj.exe") || !strings.Contains(got, "abc d") {
		t.Errorf("the file says %q", got)
	}
	for name, want := range map[string]int{"w:softHyphen": 1, "w:noBreakHyphen": 1, "w:br": 2} {
		if n := len(f.document().all(name)); n != want {
			t.Errorf("%d times %s, want %d", n, name, want)
		}
	}
	if !strings.Contains(f.document().said(), "  x    y") {
		t.Error("spaces before a line of code are lost")
	}
}

func TestLanguageAndProperties(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"en": "en-GB", "de": "de-DE", "fr": "fr-FR", "nl": "nl", "": "en-GB", `x"/>`: "en-GB"} {
		d := reporttest.Sample(plain)
		d.Language = tag
		f := open(t, render(t, d))
		if got := f.xml["word/styles.xml"].all("w:lang")[0].attrs["w:val"]; got != want {
			t.Errorf("%q is checked as %q, want %q", tag, got, want)
		}
		core := f.xml["docProps/core.xml"]
		for name, want := range map[string]string{"dc:title": "Security report", "dc:creator": "Harbour Advisory", "dc:language": want, "dcterms:created": "2026-11-25T00:00:00Z"} {
			if got := core.child(name).text; got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://eur-lex.europa.eu/eli/dir/2022/2555/oj": "https://eur-lex.europa.eu/eli/dir/2022/2555/oj",
		"https://example.org/ä?q=ö&x=[1]#é":              "https://example.org/%C3%A4?q=%C3%B6&x=%5B1%5D#%C3%A9",
		"https://example.org/%zz":                        "", // malformed: Word would refuse the file
		"https://":                                       "",
		"https://exa[mple":                               "",
		"http://example.org":                             "",
		"javascript:alert(1)":                            "",
		"file:///etc/passwd":                             "",
		`https://example.org/" TargetMode="Internal`:     "",
	} {
		f := open(t, render(t, model.Document{Blocks: []model.Block{model.Paragraph{Text: model.Text{}.To("see", address)}}}))
		got := ""
		for _, x := range f.xml["word/_rels/document.xml.rels"].children {
			if x.attrs["TargetMode"] == "External" {
				got = x.attrs["Target"]
			}
		}
		if got != want || strings.Contains(f.document().said(), "see") == false {
			t.Errorf("%s leads to %q, want %q", address, got, want)
		}
		sound(t, f)
	}
}

func BenchmarkWrite(b *testing.B) {
	d := reporttest.Sample(plain)
	for b.Loop() {
		render(b, d)
	}
}
