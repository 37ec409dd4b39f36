package assessing

import (
	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/posture"
)

// applicability is the statement of applicability: every requirement, whether
// it applies, its status, and the reason or the evidence.
func (c *composer) applicability() []model.Block {
	t := model.Table{Small: true, Columns: []model.Column{
		{Title: c.t("report.column.citation_short"), Weight: 1.7}, {Title: c.t("report.column.requirement"), Weight: 3.8},
		{Title: c.t("report.column.applies"), Weight: 0.9}, {Title: c.t("report.column.status"), Weight: 1.8},
		{Title: c.t("report.column.reason"), Weight: 5.4}}}
	group := ""
	for _, r := range c.in.Catalogue.All() {
		res, assessed := c.results[r.ID]
		if !assessed || !r.IsLeaf() {
			continue
		}
		if g := topic(c.in, r.ID); g != group {
			group = g
			t.Rows = append(t.Rows, model.Row{Group: c.groupTitle(g, r)})
		}
		t.Rows = append(t.Rows, c.applicabilityRow(r, res))
	}
	return []model.Block{
		model.PageBreak{},
		heading(1, "applicability", c.t("report.applicability.heading")),
		paragraph(c.t("report.applicability.intro")),
		t,
	}
}

// groupTitle is the section and the subsection above a requirement.
func (c *composer) groupTitle(topic string, r catalog.Requirement) string {
	top := c.requirement(topic)
	if topic == r.ID {
		return c.framework(r.Framework)
	}
	if top.Parent == "" {
		return top.Title
	}
	return c.requirement(top.Parent).Title + " – " + top.Title
}

func (c *composer) applicabilityRow(r catalog.Requirement, res posture.Result) model.Row {
	applies := c.t("report.truth.true")
	if res.Status == posture.NotApplicable {
		applies = c.t("report.truth.false")
	}
	title := model.Say(r.Title)
	if res.Status == posture.NotMet || res.Status == posture.PartlyMet {
		title = model.Text{}.To(r.Title, "#"+anchor(r.ID))
	}
	status := c.status(res.Status)
	if res.Confidence == posture.Low {
		status.Lines = append(status.Lines, model.Quietly(c.t("report.confidence.low")))
	}
	row := model.Row{Cells: []model.Cell{
		{Lines: []model.Text{{{Text: c.shortCite(r.Citation), Style: model.Citation}}}}, {Lines: []model.Text{title}},
		model.Words(applies), status, c.reason(res)}}
	if res.Status == posture.Met || res.Status == posture.NotApplicable {
		row.ID = anchor(r.ID)
	}
	return row
}

// reason is what stands behind a status in the statement: the documented
// reason, or what counted.
func (c *composer) reason(res posture.Result) model.Cell {
	if res.Reason != "" {
		return model.Words(res.Reason)
	}
	var cell model.Cell
	fromItems := false
	for _, t := range res.Trace {
		fromItems = fromItems || t.Counted && t.Kind == posture.FromItems
		if t.Counted && t.Kind != posture.FromItems {
			text := model.Quietly(c.t("report.trace."+string(t.Kind))+" ").Then(c.traceText(t), model.Plain)
			cell.Lines = append(cell.Lines, text)
		}
		if len(cell.Lines) == 3 {
			break
		}
	}
	if len(cell.Lines) == 0 && fromItems {
		cell.Lines = append(cell.Lines, model.Quietly(c.t("report.trace."+string(posture.FromItems))))
	}
	return cell
}
