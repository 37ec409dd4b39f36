package html

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

func (p *page) blocks(blocks []model.Block) {
	for _, b := range blocks {
		p.one(b)
	}
}

func (p *page) one(b model.Block) {
	switch b.(type) {
	case model.Contents:
		return // the page has its list of contents beside the text
	case model.PageBreak:
		if !p.broken {
			p.raw(`<div class="break"></div>`, "\n")
		}
		p.broken = true
		return
	}
	p.broken = false
	switch b := b.(type) {
	case model.Heading:
		p.heading(b)
	case model.Paragraph:
		p.paragraph(b)
	case model.List:
		p.list(b)
	case model.KeyFigures:
		p.keyFigures(b)
	case model.Callout:
		p.callout(b)
	case model.Code:
		p.code(b)
	case model.Picture:
		p.picture(b)
	case model.Split:
		p.split(b)
	case model.Trace:
		p.trace(b.Items)
	case model.Table:
		p.table(b)
	}
}

func (p *page) heading(h model.Heading) {
	var e model.Entry
	if p.next < len(p.outline) {
		e = p.outline[p.next]
		p.next++
	}
	tag := "h" + strconv.Itoa(min(6, max(1, h.Level)+1))
	p.raw("<", tag)
	if model.ValidID(h.ID) {
		p.attr("id", h.ID)
	}
	p.raw(">")
	if e.Number != "" {
		p.element("span", "no", e.Number)
		p.raw(" ")
	}
	p.text(h.Text)
	p.raw("</", tag, ">\n")
}

func (p *page) paragraph(b model.Paragraph) {
	if b.Small {
		p.raw(`<p class="small">`)
	} else {
		p.raw("<p>")
	}
	p.runs(b.Text)
	p.raw("</p>\n")
}

func (p *page) runs(t model.Text) {
	for _, r := range t {
		anchor, address := r.Target()
		if !p.anchors[anchor] { // it leads to a part that this document leaves out
			anchor = ""
		}
		switch {
		case anchor != "":
			p.raw("<a")
			p.attr("href", "#"+anchor)
			p.raw(">")
		case address != "":
			p.raw(`<a rel="noreferrer noopener"`)
			p.attr("href", address)
			p.raw(">")
		}
		p.run(r)
		if anchor != "" || address != "" {
			p.raw("</a>")
		}
	}
}

func (p *page) run(r model.Run) {
	switch r.Style {
	case model.Strong:
		p.element("strong", "", r.Text)
	case model.Emphasis:
		p.element("em", "", r.Text)
	case model.Citation:
		p.element("span", "cite", r.Text)
	case model.Muted:
		p.element("span", "muted", r.Text)
	default:
		p.text(r.Text)
	}
}

func (p *page) list(l model.List) {
	tag := "ul"
	if l.Ordered {
		tag = "ol"
	}
	p.raw("<", tag)
	if l.Small {
		p.raw(` class="close"`)
	}
	p.raw(">")
	for _, i := range l.Items {
		p.raw("<li>")
		p.runs(i)
		p.raw("</li>")
	}
	p.raw("</", tag, ">\n")
}

func (p *page) keyFigures(k model.KeyFigures) {
	p.raw(`<dl class="figures">`)
	for _, f := range k.Items {
		p.raw("<div><dt>")
		p.text(f.Label)
		p.raw(`</dt><dd class="value">`)
		if f.Tone != chart.ToneNeutral {
			p.mark(f.Tone)
		}
		p.text(f.Value)
		p.raw("</dd>")
		if f.Note != "" {
			p.element("dd", "note", f.Note)
		}
		p.raw("</div>")
	}
	p.raw("</dl>\n")
}

func (p *page) callout(c model.Callout) {
	p.raw(`<aside class="callout t-`, c.Tone.Name(), `">`)
	p.raw(`<p class="head">`)
	p.mark(c.Tone)
	p.text(c.Title)
	p.raw("</p>")
	for _, t := range c.Body {
		p.raw("<p>")
		p.runs(t)
		p.raw("</p>")
	}
	p.raw("</aside>\n")
}

// code can be reached with the keyboard, because it may scroll sideways.
func (p *page) code(c model.Code) {
	p.raw(`<pre class="code" tabindex="0" role="region"`)
	p.attr("aria-label", c.Label)
	p.raw("><code>")
	p.text(strings.TrimRight(c.Text, "\n"))
	p.raw("</code></pre>\n")
}

// Widths at which a chart is laid out: once for wide screens and paper, once
// for phones. The style sheet shows one of them.
const (
	wideChart   = 680
	narrowChart = 320
)

func (p *page) picture(b model.Picture) {
	p.serial++
	p.raw(`<figure class="chart">`)
	if !b.HideCaption {
		p.element("figcaption", "", b.Chart.Title())
	}
	p.drawing(b.Chart, "wide", math.Max(narrowChart, wideChart*p.share))
	p.drawing(b.Chart, "narrow", narrowChart)
	p.raw("<details><summary>")
	p.text(p.doc.Labels.AsTable)
	p.raw("</summary>")
	twin := b.Chart.Twin()
	t := model.Table{Caption: b.Chart.Title(), Small: true}
	for _, c := range twin.Columns {
		t.Columns = append(t.Columns, model.Column{Title: c, Weight: 1})
	}
	for _, r := range twin.Rows {
		var row model.Row
		for _, c := range r {
			row.Cells = append(row.Cells, model.Words(c))
		}
		t.Rows = append(t.Rows, row)
	}
	p.table(t)
	p.raw("</details></figure>\n")
}

func (p *page) drawing(ch chart.Chart, class string, width float64) {
	var s chart.SVG
	height := ch.Draw(&s, width)
	id := fmt.Sprintf("c%d-%s", p.serial, class)
	if _, ring := ch.(chart.Gauge); ring {
		width, class = height, "gauge "+class
	}
	p.raw(`<svg class="`, class, `" role="img" viewBox="0 0 `, strconv.FormatFloat(width, 'f', 0, 64), " ",
		strconv.FormatFloat(math.Ceil(height), 'f', 0, 64), `" aria-labelledby="`, id, `-t `, id, `-d"><title id="`, id, `-t">`)
	p.text(ch.Title())
	p.raw(`</title><desc id="`, id, `-d">`)
	p.text(ch.Description())
	p.raw("</desc>", model.Clean(s.String()), "</svg>")
}

func (p *page) split(s model.Split) {
	p.raw(`<div class="split s`, strconv.Itoa(int(math.Round(s.Share*20))*5), `"><div>`)
	p.share = s.Share
	p.blocks(s.Left)
	p.raw("</div><div>")
	p.share = 1 - s.Share
	p.blocks(s.Right)
	p.share = 1
	p.raw("</div></div>\n")
}

func (p *page) trace(items []model.TraceItem) {
	if len(items) == 0 {
		return
	}
	p.raw(`<ul class="trace">`)
	for _, i := range items {
		if i.Counted {
			p.raw("<li>")
		} else {
			p.raw(`<li class="off">`)
		}
		p.element("span", "kind", i.Kind)
		p.raw(" ")
		p.runs(i.Text)
		if i.Date != "" {
			p.raw(" ")
			p.element("span", "muted", i.Date)
		}
		p.raw("</li>")
	}
	p.raw("</ul>")
}
