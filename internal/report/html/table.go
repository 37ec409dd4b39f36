package html

import (
	"math"
	"strconv"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
)

// table writes a table with explicit roles, because the style sheet turns rows
// into cards on a phone, which would take the meaning of table elements away.
func (p *page) table(t model.Table) {
	class := "t"
	if t.Small {
		class += " dense"
	}
	p.raw(`<div class="scroll"><table role="table" class="`, class, `">`)
	if t.Caption != "" {
		p.element("caption", "", t.Caption)
	}
	p.raw("<colgroup>")
	total := 0.0
	for _, c := range t.Columns {
		total += c.Weight
	}
	for _, c := range t.Columns {
		p.raw(`<col class="w`, strconv.Itoa(min(100, max(1, int(math.Round(c.Weight/total*100))))), `">`)
	}
	p.raw(`</colgroup><thead role="rowgroup"><tr role="row">`)
	for _, c := range t.Columns {
		p.raw(`<th role="columnheader" scope="col" class="`, alignClass(c.Align), `">`)
		p.text(c.Title)
		p.raw("</th>")
	}
	p.raw(`</tr></thead><tbody role="rowgroup">`, "\n")
	for _, r := range t.Rows {
		p.row(t, r)
	}
	p.raw("</tbody></table></div>\n")
}

func alignClass(a model.Align) string {
	switch a {
	case model.Right:
		return "r"
	case model.Centre:
		return "c"
	}
	return "l"
}

func (p *page) row(t model.Table, r model.Row) {
	p.raw(`<tr role="row"`)
	if model.ValidID(r.ID) {
		p.attr("id", r.ID)
	}
	if r.Group != "" {
		p.raw(` class="group"><th role="rowheader" scope="rowgroup" colspan="`, strconv.Itoa(len(t.Columns)), `">`)
		p.text(r.Group)
		p.raw("</th></tr>\n")
		return
	}
	p.raw(">")
	for i, c := range r.Cells {
		if i >= len(t.Columns) {
			break
		}
		p.raw(`<td role="cell" class="`, alignClass(t.Columns[i].Align), `"`)
		if title := t.Columns[i].Title; title != "" {
			p.attr("data-label", title)
		}
		p.raw(">")
		p.cell(c)
		p.raw("</td>")
	}
	p.raw("</tr>\n")
}

func (p *page) cell(c model.Cell) {
	if c.Badge != nil {
		p.raw(`<span class="badge t-`, c.Badge.Tone.Name(), `">`)
		p.mark(c.Badge.Tone)
		p.text(c.Badge.Word)
		p.raw("</span>")
	}
	if c.Meter != nil {
		p.meter(*c.Meter)
	}
	if len(c.Lines) == 1 && c.Badge == nil && c.Meter == nil {
		p.runs(c.Lines[0])
	} else {
		for _, l := range c.Lines {
			p.raw("<p>")
			p.runs(l)
			p.raw("</p>")
		}
	}
	p.trace(c.Trace)
}

func (p *page) meter(m model.Meter) {
	var s chart.SVG
	s.Rect(0, 0, 100, 8, 2, chart.Track)
	s.Rect(0, 0, min(100, max(0, m.Value)), 8, 2, chart.Accent)
	if m.Target > 0 {
		s.Line(chart.Point{X: m.Target, Y: 0}, chart.Point{X: m.Target, Y: 8}, chart.Stroke{Width: 1.6, Ink: chart.Text})
	}
	p.raw(`<span class="meter"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">`, s.String(), "</svg><b>")
	p.text(m.Text)
	p.raw("</b></span>")
}
