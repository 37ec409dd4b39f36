package httpprobe

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Limits of a page.
const (
	mostElements = 20000
	mostKept     = 2000
)

// resource is something that a page loads.
type resource struct {
	tag       string
	url       *url.URL
	integrity string
}

// form is a form of a page.
type form struct {
	action   *url.URL
	password bool
}

// document is what a page loads and contains.
type document struct {
	base       *url.URL
	resources  []resource // scripts, styles, frames, pictures, in order
	links      []*url.URL // of a and area
	forms      []form
	policies   []string // of meta elements
	referrer   string   // of the last meta element
	generators []string
	title      string
	inline     []string // scripts inside the page
}

// ReadDocument reads a page, within limits. It never fails: whatever a browser
// would make of bytes, it loads something.
func readDocument(body []byte, at *url.URL) *document {
	d := &document{base: at}
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(largestPage)
	for range mostElements {
		switch z.Next() {
		case html.ErrorToken:
			return d
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			d.element(tag, attributes(z, more))
			if tag == "title" || tag == "script" {
				d.text(z, tag)
			}
		}
	}
	return d
}

// text keeps the text of a title or a script.
func (d *document) text(z *html.Tokenizer, tag string) {
	if z.Next() != html.TextToken {
		return
	}
	text := string(z.Text())
	switch {
	case tag == "title" && d.title == "":
		d.title = strings.Join(strings.Fields(html.UnescapeString(text[:min(len(text), 300)])), " ")
	case tag == "script" && len(d.inline) < mostKept:
		d.inline = append(d.inline, text)
	}
}

func attributes(z *html.Tokenizer, more bool) map[string]string {
	out := map[string]string{}
	for more && len(out) < 100 {
		var k, v []byte
		k, v, more = z.TagAttr()
		if _, twice := out[string(k)]; !twice {
			out[string(k)] = string(v)
		}
	}
	return out
}

// sources says which attribute of an element names what is loaded.
var sources = map[string]string{"script": "src", "iframe": "src", "frame": "src", "img": "src", "audio": "src", "video": "src", "source": "src", "track": "src",
	"embed": "src", "object": "data", "input": "src"}

func (d *document) element(tag string, a map[string]string) {
	if len(d.resources) > mostKept || len(d.links) > mostKept || len(d.forms) > mostKept {
		return
	}
	switch tag {
	case "base":
		if u, ok := d.resolve(a["href"]); ok {
			d.base = u
		}
	case "a", "area":
		if u, ok := d.resolve(a["href"]); ok {
			d.links = append(d.links, u)
		}
	case "link":
		for _, rel := range strings.Fields(strings.ToLower(a["rel"])) {
			if rel == "stylesheet" || rel == "icon" || rel == "manifest" {
				d.load("link-"+rel, a["href"], a["integrity"])
			}
		}
	case "meta":
		d.meta(a)
	case "form":
		action, ok := d.resolve(a["action"])
		if !ok {
			action = d.base
		}
		d.forms = append(d.forms, form{action: action})
	case "input":
		if strings.EqualFold(a["type"], "password") {
			d.password()
		}
	}
	if attribute, ok := sources[tag]; ok {
		d.load(tag, a[attribute], a["integrity"])
	}
}

// password marks the form that is open, or stands for one that scripts send.
func (d *document) password() {
	if len(d.forms) == 0 {
		d.forms = append(d.forms, form{action: d.base})
	}
	d.forms[len(d.forms)-1].password = true
}

func (d *document) meta(a map[string]string) {
	switch content := a["content"]; {
	case strings.EqualFold(a["http-equiv"], "content-security-policy"):
		d.policies = append(d.policies, content)
	case strings.EqualFold(a["name"], "referrer"):
		d.referrer = content
	case strings.EqualFold(a["name"], "generator"):
		d.generators = append(d.generators, content)
	}
}

func (d *document) load(tag, at, integrity string) {
	if u, ok := d.resolve(at); ok {
		d.resources = append(d.resources, resource{tag, u, strings.TrimSpace(integrity)})
	}
}

// resolve gives web addresses only.
func (d *document) resolve(ref string) (*url.URL, bool) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return nil, false
	}
	u, err := d.base.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, false
	}
	return u, true
}
