package assessing

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/duties"
)

// fineFigure is the fine ceiling as a key figure; false when the directive
// provides no amount.
func (c *composer) fineFigure() (model.Figure, bool) {
	f := c.in.Fines
	if f.Euros == 0 {
		return model.Figure{}, false
	}
	return model.Figure{Label: c.t("report.figure.fine"), Value: c.p.Euros(f.Euros), Note: c.shortCite(f.Citation)}, true
}

// dutyLines are the duties in at most six lines for the board.
func (c *composer) dutyLines() []model.Text {
	ids := c.in.Duties.IDs()
	has := func(prefix string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, prefix) })
	}
	var lines []model.Text
	add := func(holds bool, key, cite string, args ...any) {
		if holds {
			lines = append(lines, model.Say(c.t("report.duty."+key, args...)).Then("  "+glued(c.p.Cite(cite)), model.Citation))
		}
	}
	annexBinds := has("cir.") || has("cir2690")
	add(has("nis2.20.1"), "approve", "Art. 20(1)")
	add(has("nis2.20.2.training"), "train", "Art. 20(2)")
	add(has("nis2.21.2") && annexBinds, "measures_cir", "Art. 21")
	add(has("nis2.21.2") && !annexBinds, "measures", "Art. 21")
	add(has("nis2.23.4") && has("nis2.23.4.b.tsp"), "report_trust", "Art. 23")
	add(has("nis2.23.4") && !has("nis2.23.4.b.tsp"), "report", "Art. 23")
	add(has("nis2.28"), "domain", "Art. 28")
	if len(c.in.Duties.Registrations) > 0 {
		r := c.in.Duties.Registrations[0]
		add(r.FirstDue.IsZero(), "register", shortPlace(r.Citation))
		add(!r.FirstDue.IsZero(), "register_by", shortPlace(r.Citation), "date", r.FirstDue)
	}
	switch c.in.Duties.Supervision.Regime {
	case duties.ExAnte:
		add(true, "supervision.essential", "Art. 32")
	case duties.ExPost:
		add(true, "supervision.important", "Art. 33")
	}
	return lines[:min(6, len(lines))]
}

// shortPlace is the article of a citation without the name of the act.
func shortPlace(citation string) string {
	if i := strings.Index(citation, "Art."); i >= 0 {
		return citation[i:]
	}
	return citation
}

// duties are what the law asks, by when, and under which supervision.
func (c *composer) duties() []model.Block {
	set := c.in.Duties
	blocks := []model.Block{heading(1, "duties", c.t("report.duties.heading"))}
	if len(set.Binding)+len(set.Displaced) == 0 {
		return append(blocks, paragraph(c.t("report.duties.none")))
	}
	blocks = append(blocks, paragraph(c.t("report.duties.intro")))
	if len(set.Binding) > 0 {
		blocks = append(blocks, heading(2, "duties-binding", c.t("report.duties.binding")), c.dutyTable())
	}
	if len(set.Displaced) > 0 {
		blocks = append(blocks, heading(2, "duties-displaced", c.t("report.duties.displaced")), c.displacedTable())
	}
	blocks = append(blocks, heading(2, "duties-registration", c.t("report.duties.registration")))
	blocks = append(blocks, c.registrations()...)
	if len(set.Dates) > 0 {
		blocks = append(blocks, heading(2, "duties-dates", c.t("report.duties.dates")), c.dateTable())
	}
	return append(blocks, c.supervision()...)
}

// dateTable lists the days of the law that concern the organisation.
func (c *composer) dateTable() model.Table {
	t := model.Table{Small: true, Columns: []model.Column{
		{Title: c.t("report.column.when"), Weight: 2}, {Title: c.t("report.column.what_happens"), Weight: 5.4}, {Title: c.t("report.column.citation"), Weight: 3.8}}}
	for _, d := range c.in.Duties.Dates {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(c.date(d.On)), model.Words(c.p.Say(d.Text)), c.citation(d.Citation)}})
	}
	return t
}

func (c *composer) citation(s string) model.Cell {
	return model.Cell{Lines: []model.Text{{{Text: c.p.Cite(s), Style: model.Citation}}}}
}

func (c *composer) dutyTable() model.Table {
	t := model.Table{Small: true, Columns: []model.Column{
		{Title: c.t("report.column.duty"), Weight: 6}, {Title: c.t("report.column.owed_by"), Weight: 2}, {Title: c.t("report.column.citation"), Weight: 3.8}}}
	for _, d := range c.in.Duties.Binding {
		what := model.Cell{Lines: []model.Text{model.Strongly(c.p.Say(d.Title))}}
		if s := c.p.Say(d.Text); s != "" {
			what.Lines = append(what.Lines, model.Say(s))
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{what, model.Words(c.t("report.addressee." + string(d.Addressee))), c.citation(d.Citation)}})
	}
	return t
}

func (c *composer) displacedTable() model.Table {
	t := model.Table{Small: true, Columns: []model.Column{
		{Title: c.t("report.column.duty"), Weight: 4}, {Title: c.t("report.column.regime"), Weight: 3}, {Title: c.t("report.column.citation"), Weight: 3}}}
	for _, d := range c.in.Duties.Displaced {
		by := model.Words(c.p.Cite(d.Act))
		if !d.Certain {
			by.Badge = &model.Badge{Tone: chart.ToneOpen, Word: c.t("report.duties.uncertain")}
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(c.p.Say(law.Say("duties.title." + d.Duty))), by, c.citation(d.Citation)}})
	}
	return t
}

// registrations say where to register, what with, and by when.
func (c *composer) registrations() []model.Block {
	if len(c.in.Duties.Registrations) == 0 {
		return []model.Block{paragraph(c.t("report.duties.registration.none"))}
	}
	t := model.Table{Columns: []model.Column{
		{Title: c.t("report.column.registration"), Weight: 3}, {Title: c.t("report.column.data"), Weight: 4},
		{Title: c.t("report.column.due"), Weight: 3}, {Title: c.t("report.column.changes"), Weight: 2.4}}}
	for _, r := range c.in.Duties.Registrations {
		name := model.Cell{Lines: []model.Text{model.Strongly(c.p.Say(r.Title)), {{Text: c.p.Cite(r.Citation), Style: model.Citation}}}}
		var data model.Cell
		for _, m := range r.Data {
			data.Lines = append(data.Lines, model.Say(c.p.Say(m)))
		}
		due := model.Cell{Lines: []model.Text{model.Say(c.p.Say(r.DueText))}}
		if !r.FirstDue.IsZero() && r.FirstDue.Before(c.in.AsOf) {
			due.Lines = append(due.Lines, model.Quietly(c.t("report.duties.late")))
		}
		changes := model.Words(c.p.Say(r.ChangeWithin))
		if r.SharedWithin.Key != "" && r.SharedWithin.Key != r.ChangeWithin.Key {
			changes.Lines = append(changes.Lines, model.Quietly(c.t("report.duties.shared", "limit", r.SharedWithin)))
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{name, data, due, changes}})
	}
	return []model.Block{t}
}

// supervision is the regime, what the authority may do, and the fine ceiling.
func (c *composer) supervision() []model.Block {
	s, f := c.in.Duties.Supervision, c.in.Fines
	blocks := []model.Block{
		heading(2, "duties-supervision", c.t("report.duties.supervision")),
		model.Paragraph{Text: model.Say(c.p.Say(s.Text)).Then("  "+c.p.Cite(s.Citation), model.Citation)},
	}
	answer := model.Callout{Tone: chart.ToneInfo, Title: c.p.Say(f.Text)}
	if f.Formula.Key != "" {
		answer.Body = append(answer.Body, model.Say(c.p.Say(f.Formula)).Then("  "+c.p.Cite(f.Citation), model.Citation))
	}
	for _, n := range f.Notes {
		answer.Body = append(answer.Body, model.Say(c.p.Say(n)))
	}
	blocks = append(blocks, answer)
	if len(s.Powers) == 0 {
		return blocks
	}
	t := model.Table{Small: true, Columns: []model.Column{{Title: c.t("report.column.power"), Weight: 7}, {Title: c.t("report.column.citation"), Weight: 3}}}
	for _, p := range s.Powers {
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(c.p.Say(p.Text)), c.citation(p.Citation)}})
	}
	return append(blocks, t)
}
