// Package html writes a report as one self-contained page: no script, nothing
// loaded from elsewhere, light and dark from the same tokens, readable on a
// phone and on paper. It is the accessible form of the report: language,
// landmarks, table heads with scope, a table beside every chart, and a status
// that never depends on colour.
package html

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	stdhtml "html"
	"io"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// Write writes the document as an HTML page. The only errors are those of w.
func Write(w io.Writer, d model.Document) error {
	p := &page{doc: d, outline: d.Outline(), anchors: d.Anchors(), share: 1}
	p.render()
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page builds the markup. Text reaches it only through text and attr, which escape.
type page struct {
	b       strings.Builder
	doc     model.Document
	outline []model.Entry
	anchors map[string]bool
	next    int     // the next heading of the outline
	serial  int     // for ids of charts
	broken  bool    // a page break was the last thing written
	share   float64 // part of the width that the current column has, 0–1
}

// raw appends markup that this package wrote itself.
func (p *page) raw(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

// text appends a string of the document.
func (p *page) text(s string) { p.b.WriteString(stdhtml.EscapeString(model.Clean(s))) }

// attr appends an attribute with a string of the document.
func (p *page) attr(name, value string) {
	p.raw(" ", name, `="`, stdhtml.EscapeString(model.Clean(value)), `"`)
}

// element appends an element that holds one string of the document.
func (p *page) element(tag, class, s string) {
	p.raw("<", tag)
	if class != "" {
		p.raw(` class="`, class, `"`)
	}
	p.raw(">")
	p.text(s)
	p.raw("</", tag, ">")
}

func (p *page) render() {
	style := styleSheet(p.doc)
	sum := sha256.Sum256([]byte(style))
	p.raw("<!doctype html>\n<html")
	p.attr("lang", p.doc.Language)
	p.raw(">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	p.raw(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-`,
		base64.StdEncoding.EncodeToString(sum[:]), `'; base-uri 'none'; form-action 'none'">`, "\n")
	p.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	p.element("title", "", p.doc.Title)
	p.raw("\n<style>", style, "</style>\n</head>\n<body>\n", marks())
	p.raw(`<a class="skip" href="#main">`)
	p.text(p.doc.Labels.SkipToContent)
	p.raw("</a>\n")
	p.header()
	p.raw(`<div class="layout">`, "\n")
	p.contents()
	p.raw(`<main id="main">`, "\n")
	p.blocks(p.doc.Blocks)
	p.raw("</main>\n</div>\n<footer>")
	p.element("p", "", p.doc.Notice)
	p.raw("</footer>\n</body>\n</html>\n")
}

func (p *page) header() {
	b := p.doc.Brand
	p.raw(`<header class="top">`)
	if len(b.Logo.PNG) > 0 {
		p.raw(`<img class="logo" src="data:image/png;base64,`, base64.StdEncoding.EncodeToString(b.Logo.PNG), `"`)
		p.attr("alt", first(b.Preparer, b.Client))
		p.raw(">")
	}
	p.raw("<div>")
	p.element("h1", "", p.doc.Title)
	p.element("p", "subtitle", p.doc.Subtitle)
	p.raw(`<p class="meta">`)
	p.pair(p.doc.Labels.AsOf, p.doc.DateText)
	if b.Preparer != "" {
		p.pair(p.doc.Labels.PreparedBy, b.Preparer)
	}
	p.raw("</p></div></header>\n")
}

func (p *page) pair(label, value string) {
	p.raw("<span>")
	p.text(label)
	p.raw(" <b>")
	p.text(value)
	p.raw("</b></span> ")
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// contents is the list of headings down to level 2: beside the text on wide
// screens, folded above it on narrow ones. Only one of the two is ever displayed.
func (p *page) contents() {
	p.raw(`<nav class="toc"`)
	p.attr("aria-label", p.doc.Labels.Contents)
	p.raw(`><details class="folded"><summary>`)
	p.text(p.doc.Labels.Contents)
	p.raw("</summary>")
	p.headings()
	p.raw(`</details><div class="unfolded">`)
	p.element("p", "head", p.doc.Labels.Contents)
	p.headings()
	p.raw("</div></nav>\n")
}

func (p *page) headings() {
	p.raw("<ol>")
	for _, e := range p.outline {
		if e.Level > 2 || e.Number == "" || !model.ValidID(e.ID) {
			continue
		}
		p.raw(fmt.Sprintf(`<li class="l%d"><a href="#%s"><span class="no">`, e.Level, e.ID))
		p.text(e.Number)
		p.raw("</span> <span>")
		p.text(e.Text)
		p.raw("</span></a></li>")
	}
	p.raw("</ol>")
}

// marks defines the status shapes once; badges refer to them.
func marks() string {
	var b strings.Builder
	b.WriteString(`<svg width="0" height="0" aria-hidden="true" class="defs"><defs>`)
	for _, t := range chart.Tones() {
		var s chart.SVG
		chart.Mark(&s, t.Tone, 0, 0, 12)
		b.WriteString(`<symbol id="m-` + t.Name + `" viewBox="0 0 12 12">` + s.String() + `</symbol>`)
	}
	b.WriteString("</defs></svg>\n")
	return b.String()
}

func (p *page) mark(t model.Tone) {
	p.raw(`<svg class="mark" aria-hidden="true"><use href="#m-`, t.Name(), `"/></svg>`)
}
