package assessing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/posture"
)

// standing is where the organisation stands: scores with their formula, what
// the answers do not agree on, and what has expired.
func (c *composer) standing() []model.Block {
	overall := c.scores["overall"]
	blocks := []model.Block{
		model.PageBreak{},
		heading(1, "standing", c.t("report.standing.heading")),
		model.Split{Share: 0.24,
			Left: []model.Block{model.Picture{HideCaption: true, Chart: chart.Gauge{
				Heading: c.t("report.topic.overall"), About: c.t("report.chart.overall.about", "points", c.points(overall.Points)),
				Value: Shown(overall.Points), Text: c.points(overall.Points), Caption: c.t("report.score.of_100"),
				Columns: [2]string{c.t("report.column.score"), c.t("report.column.value")}}}},
			Right: []model.Block{
				model.Picture{Chart: c.statusChart(overall)},
				small(c.t("report.standing.intro", "all", applicable(overall), "na", overall.NotApplicable)),
			}},
	}
	if v := c.voluntary(); len(v) > 0 {
		blocks = append(blocks, paragraph(c.t("report.standing.voluntary", "frameworks", v)))
	}
	blocks = append(blocks,
		heading(2, "standing-measures", c.t("report.standing.measures")),
		c.scoreTable(c.measureKeys()),
		model.Callout{Tone: chart.ToneInfo, Title: c.t("report.formula.score.title"), Body: c.scoreFormula(overall)})
	if keys := c.sectionKeys(); len(keys) > 0 {
		blocks = append(blocks, heading(2, "standing-sections", c.t("report.standing.sections")), c.scoreTable(keys))
	}
	blocks = append(blocks, c.automation()...)
	blocks = append(blocks, c.contradictions()...)
	return append(blocks, c.expired()...)
}

func (c *composer) statusChart(s posture.Score) chart.Stack {
	k := chart.Stack{Heading: c.t("report.chart.status"), About: c.t("report.chart.status.about"),
		Columns: [3]string{c.t("report.column.status"), c.t("report.column.count"), c.t("report.column.share")}}
	counts := map[posture.Status]int{posture.Met: s.Met, posture.PartlyMet: s.Partly, posture.NotMet: s.NotMet,
		posture.NotAssessed: s.NotAssessed, posture.NotApplicable: s.NotApplicable}
	total := applicable(s) + s.NotApplicable
	for _, st := range statuses() {
		k.Parts = append(k.Parts, chart.Part{Tone: Tone(st), Label: c.statusWord(st), Count: counts[st],
			Text: c.number(counts[st]), Share: c.share(counts[st], total)})
	}
	return k
}

// voluntary names the frameworks that serve as a yardstick only.
func (c *composer) voluntary() []string {
	var names []string
	for _, f := range c.in.Statements.Voluntary {
		names = append(names, c.framework(f))
	}
	return names
}

func (c *composer) framework(id string) string {
	if s := c.t("report.framework." + id); !strings.HasPrefix(s, "⟪") {
		return s
	}
	return id
}

// measureKeys are the scores of the measures and of the duties beside them.
func (c *composer) measureKeys() []string {
	var keys []string
	for _, l := range measures {
		keys = append(keys, "measure."+string(l))
	}
	return slices.DeleteFunc(append(keys, "governance", "reporting", "registration"), func(k string) bool {
		_, ok := c.scores[k]
		return !ok
	})
}

// sectionKeys are the scores of the catalogue's sections, in its order.
func (c *composer) sectionKeys() []string {
	var keys []string
	for _, s := range c.in.Posture.Scores {
		if r, ok := c.in.Catalogue.Get(s.Key); ok && r.Kind == catalog.Section {
			keys = append(keys, s.Key)
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int {
		i, _ := c.in.Catalogue.Place(a)
		j, _ := c.in.Catalogue.Place(b)
		return cmp.Compare(i, j)
	})
	return keys
}

func (c *composer) scoreTable(keys []string) model.Table {
	t := model.Table{Columns: []model.Column{
		{Title: c.t("report.column.part"), Weight: 5.8}, {Title: c.t("report.column.score"), Weight: 2.6},
		{Title: c.statusWord(posture.Met), Weight: 1, Align: model.Right}, {Title: c.statusWord(posture.PartlyMet), Weight: 1, Align: model.Right},
		{Title: c.statusWord(posture.NotMet), Weight: 1, Align: model.Right}, {Title: c.statusWord(posture.NotAssessed), Weight: 1.2, Align: model.Right},
		{Title: c.statusWord(posture.NotApplicable), Weight: 1.2, Align: model.Right}}}
	for _, k := range keys {
		s := c.scores[k]
		name := model.Say(c.scoreTitle(k))
		if letter, ok := strings.CutPrefix(k, "measure."); ok {
			name = model.Strongly(letter+"  ").Then(c.scoreTitle(k), model.Plain)
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{
			{Lines: []model.Text{name}}, {Meter: &model.Meter{Value: Shown(s.Points), Target: c.in.Target, Text: c.points(s.Points)}},
			model.Words(c.number(s.Met)), model.Words(c.number(s.Partly)), model.Words(c.number(s.NotMet)),
			model.Words(c.number(s.NotAssessed)), model.Words(c.number(s.NotApplicable))}})
	}
	return t
}

func (c *composer) scoreFormula(s posture.Score) []model.Text {
	return []model.Text{
		model.Say(c.t("report.formula.score")),
		model.Say(c.t("report.formula.score.worked", "weight", s.Weight, "value", s.Points*s.Weight/100, "points", c.points(s.Points))),
		model.Say(c.t("report.formula.severity")),
	}
}

func (c *composer) automation() []model.Block {
	a := c.in.Posture.Automation
	return []model.Block{
		heading(2, "standing-automation", c.t("report.automation.heading")),
		paragraph(c.t("report.automation.result", "rate", c.p.Percent(Shown(a.Rate*100), 0), "with", a.WithStatus, "direct", a.Direct, "all", a.Applicable)),
		small(c.t("report.automation.formula", "with", a.WithStatus, "direct", a.Direct, "all", a.Applicable, "rate", c.p.Percent(Shown(a.Rate*100), 0))),
	}
}

func (c *composer) contradictions() []model.Block {
	blocks := []model.Block{heading(2, "standing-contradictions", c.t("report.contradictions.heading"))}
	if len(c.in.Posture.Contradictions) == 0 {
		return append(blocks, paragraph(c.t("report.contradictions.none")))
	}
	t := model.Table{Columns: []model.Column{{Title: c.t("report.column.contradiction"), Weight: 2.4}, {Title: c.t("report.column.what"), Weight: 5}, {Title: c.t("report.column.concerns"), Weight: 4}}}
	for _, x := range c.in.Posture.Contradictions {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Status(findingTone(x.Kind), c.t("report.finding."+string(x.Kind))),
			model.Words(c.p.Say(x.Text)), c.requirementLinks(x.Requirements, 4)}})
	}
	return append(blocks, paragraph(c.t("report.contradictions.intro")), t)
}

// requirementLinks names at most some requirements and counts the others.
func (c *composer) requirementLinks(ids []string, most int) model.Cell {
	var cell model.Cell
	for i, id := range ids {
		if i == most {
			cell.Lines = append(cell.Lines, model.Quietly(c.t("report.and_more", "count", len(ids)-most)))
			break
		}
		cell.Lines = append(cell.Lines, model.Text{}.To(c.requirement(id).Title, "#"+anchor(id)))
	}
	return cell
}

// expired lists the evidence and exceptions that no longer count, and those that
// will not for long, each once.
func (c *composer) expired() []model.Block {
	blocks := []model.Block{heading(2, "standing-expired", c.t("report.expired.heading"))}
	if items := c.expiredItems(); len(items) > 0 {
		blocks = append(blocks, c.lapseTable(items, c.t("report.column.expired")))
	} else {
		blocks = append(blocks, paragraph(c.t("report.expired.none")))
	}
	blocks = append(blocks, heading(2, "standing-expiring", c.t("report.expiring.heading")))
	if items := c.expiringItems(); len(items) > 0 {
		return append(blocks, paragraph(c.t("report.expiring.intro", "days", ExpiringDays)), c.lapseTable(items, c.t("report.column.expires")))
	}
	return append(blocks, paragraph(c.t("report.expiring.none", "days", ExpiringDays)))
}

func (c *composer) lapseTable(items []*lapse, when string) model.Table {
	t := model.Table{Columns: []model.Column{{Title: c.t("report.column.evidence"), Weight: 5}, {Title: c.t("report.column.dated"), Weight: 2},
		{Title: when, Weight: 2}, {Title: c.t("report.column.affects"), Weight: 4}}}
	for _, l := range items {
		end := c.date(l.expires)
		if l.why != "" {
			end = l.why
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(l.title), model.Words(c.date(l.dated)), model.Words(end), c.requirementLinks(l.requirements, 2)}})
	}
	return t
}

// findingTone tells what must be settled from what is only not proven.
func findingTone(k posture.FindingKind) model.Tone {
	switch k {
	case posture.EvidenceMissing:
		return chart.ToneOpen
	case posture.EvidenceExpired, posture.FutureDate, posture.AcceptanceWithoutEnd:
		return chart.TonePartly
	}
	return chart.ToneBad
}
