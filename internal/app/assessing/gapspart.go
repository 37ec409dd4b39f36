package assessing

import (
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/posture"
)

// gaps lists what is missing, measure by measure, worst first.
func (c *composer) gaps() []model.Block {
	blocks := []model.Block{
		model.PageBreak{},
		heading(1, "gaps", c.t("report.gaps.heading")),
	}
	if len(c.in.Posture.Gaps) == 0 {
		return append(blocks, paragraph(c.t("report.gaps.none")))
	}
	blocks = append(blocks, paragraph(c.t("report.gaps.intro")))
	groups := c.gapGroups()
	for _, key := range append(c.measureKeys(), "other") {
		if g := groups[key]; len(g) > 0 {
			blocks = append(blocks, c.gapGroup(key, g)...)
		}
	}
	return blocks
}

// gapGroups sorts the gaps by the score that they lower first.
func (c *composer) gapGroups() map[string][]posture.Gap {
	groups := map[string][]posture.Gap{}
	for _, g := range c.in.Posture.Gaps {
		key := c.groupOf(g.Requirement)
		groups[key] = append(groups[key], g)
	}
	return groups
}

// groupOf is the key of the score under which a requirement is told.
func (c *composer) groupOf(id string) string {
	r := c.requirement(id)
	key := "other"
	if len(r.Measures) > 0 {
		key = "measure." + r.Measures[0]
	} else if topic, ok := strings.CutPrefix(c.section(r), "nis2."); ok {
		key = topic
	}
	if _, ok := c.scores[key]; !ok {
		return "other"
	}
	return key
}

func (c *composer) gapGroup(key string, gaps []posture.Gap) []model.Block {
	title := c.t("report.topic.other")
	if key != "other" {
		title = c.scoreTitle(key)
	}
	if letter, ok := measureLetter(key); ok {
		title = c.t("report.gaps.measure", "letter", letter, "title", title)
	}
	blocks := []model.Block{heading(2, "gaps-"+key, title)}
	if s, ok := c.scores[key]; ok {
		blocks = append(blocks, small(c.t("report.gaps.score", "points", c.points(s.Points), "met", s.Met, "partly", s.Partly, "not_met", s.NotMet, "open", s.NotAssessed)))
	}
	t := model.Table{Small: true, Columns: []model.Column{
		{Title: c.t("report.column.requirement"), Weight: 3.9}, {Title: c.t("report.column.status"), Weight: 1.5},
		{Title: c.t("report.column.good"), Weight: 3.9}, {Title: c.t("report.column.why"), Weight: 4.4}}}
	var open []posture.Gap
	for _, g := range gaps {
		if g.Status == posture.NotAssessed {
			open = append(open, g)
			continue
		}
		t.Rows = append(t.Rows, c.gapRow(g))
	}
	if len(t.Rows) > 0 {
		blocks = append(blocks, t)
	}
	if len(open) > 0 {
		blocks = append(blocks, c.openTable(open))
	}
	return blocks
}

func (c *composer) gapRow(g posture.Gap) model.Row {
	r := c.requirement(g.Requirement)
	what := model.Cell{Lines: []model.Text{model.Strongly(r.Title)}}
	if r.Explanation != "" {
		what.Lines = append(what.Lines, model.Say(r.Explanation))
	}
	what.Lines = append(what.Lines, model.Text{{Text: c.p.Cite(r.Citation), Style: model.Citation}})
	good := model.Cell{}
	if r.Good != "" {
		good.Lines = append(good.Lines, model.Say(r.Good))
	}
	for _, e := range r.Evidence {
		good.Lines = append(good.Lines, model.Quietly(c.t("report.gaps.evidence", "text", e.Text)))
	}
	status := c.status(g.Status)
	status.Lines = append(status.Lines, model.Quietly(c.t("report.gaps.severity", "severity", g.Severity)))
	if sure := c.results[r.ID].Confidence; sure != "" {
		status.Lines = append(status.Lines, model.Quietly(c.t("report.confidence."+string(sure))))
	}
	switch {
	case !g.AcceptedUntil.IsZero():
		status.Lines = append(status.Lines, model.Say(c.t("report.gaps.accepted_until", "date", g.AcceptedUntil)))
	case g.Accepted:
		status.Lines = append(status.Lines, model.Say(c.t("report.gaps.accepted")))
	}
	return model.Row{ID: anchor(r.ID), Cells: []model.Cell{what, status, good, {Trace: c.trace(c.results[r.ID].Trace)}}}
}

// openTable lists what was not assessed, without the detail.
func (c *composer) openTable(gaps []posture.Gap) model.Table {
	t := model.Table{Small: true, Caption: c.t("report.gaps.open", "count", len(gaps)), Columns: []model.Column{
		{Title: c.t("report.column.not_assessed"), Weight: 6}, {Title: c.t("report.column.citation"), Weight: 4}}}
	for _, g := range gaps {
		r := c.requirement(g.Requirement)
		t.Rows = append(t.Rows, model.Row{ID: anchor(r.ID), Cells: []model.Cell{model.Words(r.Title), {Lines: []model.Text{{{Text: c.p.Cite(r.Citation), Style: model.Citation}}}}}})
	}
	return t
}

// trace is why a requirement has its status.
func (c *composer) trace(entries []posture.Trace) []model.TraceItem {
	var items []model.TraceItem
	for _, e := range entries {
		i := model.TraceItem{Kind: c.t("report.trace." + string(e.Kind)), Text: model.Say(c.traceText(e)), Counted: e.Counted}
		if !e.Counted && e.Kind != posture.Expired {
			i.Text = i.Text.Then(" "+c.t("report.trace.not_counted"), model.Muted)
		}
		if !e.On.IsZero() && argDate(e.Text, "date").IsZero() {
			i.Date = c.date(e.On)
		}
		items = append(items, i)
	}
	return items
}

func (c *composer) traceText(e posture.Trace) string {
	if e.Text.Key != "" {
		return c.p.Say(e.Text)
	}
	if v, ok := c.evidence[e.Ref]; ok {
		return v.Title
	}
	if q, ok := c.in.Catalogue.Question(e.Ref); ok {
		return q.Text
	}
	return e.Ref
}

// section is the id of the section above a requirement.
func (c *composer) section(r catalog.Requirement) string {
	for r.Parent != "" {
		r = c.requirement(r.Parent)
	}
	return r.ID
}
