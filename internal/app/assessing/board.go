package assessing

import (
	"slices"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// board is the page for the management body. It must fit on one page, so the
// number of lines in each part is limited.
func (c *composer) board() []model.Block {
	class := c.in.Scope.Class
	blocks := []model.Block{
		heading(1, "board", c.t("report.board.heading")),
		c.boardFigures(),
		paragraph(c.t("report.class."+string(class)+".means", "name", c.in.Organisation)),
	}
	if class == law.Out || class == law.Depends {
		return append(blocks, c.boardUndecided()...)
	}
	return append(blocks,
		model.Picture{Chart: c.measureChart()},
		model.Split{Share: 0.54,
			Left:  []model.Block{heading(3, "board-duties", c.t("report.board.duties")), model.List{Items: c.dutyLines(), Small: true}},
			Right: []model.Block{heading(3, "board-risks", c.t("report.board.risks")), model.List{Items: c.topRisks(5), Ordered: true, Small: true}},
		},
		model.Callout{Tone: chart.ToneInfo, Title: c.t("report.board.decisions"), Body: c.decisions()},
	)
}

// boardUndecided is what the page says when the directive does not bind, or
// when it is not known yet whether it does.
func (c *composer) boardUndecided() []model.Block {
	var items []model.Text
	for _, f := range c.in.Scope.Missing {
		items = append(items, model.Say(c.field(f)))
	}
	var blocks []model.Block
	if len(items) > 0 {
		blocks = append(blocks, heading(3, "board-missing", c.t("report.scope.missing")), model.List{Items: items})
	}
	if n := c.in.Scope.Nearest; n != nil {
		blocks = append(blocks, model.Callout{Tone: chart.ToneInfo, Title: c.t("report.scope.nearest"), Body: []model.Text{model.Say(c.p.Say(n.Text))}})
	}
	return append(blocks, model.Picture{Chart: c.measureChart()})
}

func (c *composer) boardFigures() model.KeyFigures {
	overall := c.scores["overall"]
	tone, word := c.scoreTone(overall)
	ground := ""
	if len(c.in.Scope.Grounds) > 0 {
		ground = glued(c.shortCite(c.in.Scope.Grounds[0].Citation))
	}
	figures := []model.Figure{
		{Label: c.t("report.figure.class"), Value: c.t("report.class." + string(c.in.Scope.Class) + ".name"), Note: ground},
		{Label: c.t("report.figure.score"), Value: c.points(overall.Points), Note: c.scoreNote(word), Tone: tone},
		{Label: c.t("report.figure.gaps"), Value: c.number(overall.NotMet + overall.Partly),
			Note: c.t("report.figure.gaps.note", "open", overall.NotAssessed)},
	}
	if f, ok := c.fineFigure(); ok {
		figures = append(figures, f)
	}
	return model.KeyFigures{Items: figures}
}

func (c *composer) scoreNote(word string) string {
	if c.in.Target > 0 {
		return c.t("report.figure.score.target", "word", word, "target", c.points(c.in.Target))
	}
	return c.t("report.figure.score.note", "word", word)
}

// measureChart shows the score of each measure of Art. 21(2).
func (c *composer) measureChart() chart.Bars {
	b := chart.Bars{
		Heading: c.t("report.chart.measures"), About: c.t("report.chart.measures.about"), TargetText: "",
		Columns: [5]string{c.t("report.column.letter"), c.t("report.column.measure"), c.t("report.column.score"), c.t("report.column.target"), c.t("report.column.met")},
	}
	if c.in.Target > 0 {
		b.TargetText = c.points(c.in.Target)
		b.TargetLabel = c.t("report.chart.target", "target", c.points(c.in.Target))
	}
	for _, letter := range measures {
		key := "measure." + string(letter)
		s, ok := c.scores[key]
		if !ok {
			continue
		}
		tone, word := c.scoreTone(s)
		b.Items = append(b.Items, chart.Bar{
			Key: string(letter), Name: c.scoreTitle(key), Value: Shown(s.Points), Text: c.points(s.Points),
			Target: c.in.Target, Tone: tone, Word: word,
			Note: c.t("report.score.met_of", "met", s.Met, "all", applicable(s)),
		})
	}
	return b
}

// applicable is the number of applicable leaves behind a score.
func applicable(s posture.Score) int { return s.Met + s.Partly + s.NotMet + s.NotAssessed }

// topRisks names the worst gaps in plain words.
func (c *composer) topRisks(most int) []model.Text {
	var items []model.Text
	for _, g := range TopGaps(c.in, most) {
		r := c.requirement(g.Requirement)
		text := model.Text{}.To(r.Title, "#"+anchor(r.ID)).Then(" – "+lower(c.statusWord(g.Status)), model.Muted)
		items = append(items, text)
	}
	if len(items) == 0 {
		items = append(items, model.Say(c.t("report.board.no_risks")))
	}
	return items
}

// TopGaps are the worst gaps that are known to be some, at most one from each part
// of the catalogue, so that they show different problems.
func TopGaps(in Input, most int) []posture.Gap {
	var out []posture.Gap
	var seen []string
	for _, g := range in.Posture.Gaps {
		part := topic(in, g.Requirement)
		if g.Status == posture.NotAssessed || slices.Contains(seen, part) {
			continue
		}
		seen = append(seen, part)
		if out = append(out, g); len(out) == most {
			break
		}
	}
	return out
}

// topic is the heading under which a requirement stands.
func topic(in Input, id string) string {
	r, _ := in.Catalogue.Get(id)
	for r.Parent != "" {
		p, _ := in.Catalogue.Get(r.Parent)
		if p.Kind == "subsection" || p.Parent == "" {
			return p.ID
		}
		r = p
	}
	return id
}

// decisions are those that Art. 20 of the directive leaves to the management body.
func (c *composer) decisions() []model.Text {
	effort := [2]float64{}
	for _, t := range c.in.WhatIf.Tasks {
		effort[0], effort[1] = effort[0]+t.Effort[0], effort[1]+t.Effort[1]
	}
	say := func(key, cite string, args ...any) model.Text {
		return model.Say(c.t(key, args...)).Then("  "+glued(cite), model.Citation)
	}
	lines := []model.Text{
		say("report.decision.approve", c.t("report.cite.20_1"), "count", len(c.in.Tasks)),
	}
	if n := len(c.in.WhatIf.Tasks); n > 0 {
		lines = append(lines, model.Say(c.t("report.decision.budget", "count", n, "effort", c.days(effort),
			"before", c.points(c.in.WhatIf.From), "after", c.points(c.in.WhatIf.To))))
	}
	lines = append(lines,
		say("report.decision.oversee", c.t("report.cite.20_1")),
		say("report.decision.train", c.t("report.cite.20_2")))
	if n := len(c.in.Statements.Exceptions); n > 0 {
		lines = append(lines, model.Say(c.t("report.decision.exceptions", "count", n)))
	}
	return lines
}
