package assessing

import (
	"strings"

	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
)

// canonical is the id of an entity type without aliases.
func canonical(id string) string {
	if t, ok := annex.Lookup(id); ok {
		return t.ID
	}
	return id
}

// basis is the article behind each rule of a jurisdiction basis.
func (c *composer) basis(rules string) string {
	var out []string
	for rule := range strings.SplitSeq(rules, ", ") {
		key := "report.basis." + rule
		s := c.t(key)
		if strings.HasPrefix(s, "⟪") {
			s = rule
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// countryTable shows what is known of the law of the competent States, with a
// mark on everything that was not read in the official text.
func (c *composer) countryTable() model.Table {
	t := model.Table{Columns: []model.Column{
		{Title: c.t("report.column.national"), Weight: 2.4}, {Title: c.t("report.column.value"), Weight: 4.4},
		{Title: c.t("report.column.source"), Weight: 3.6}}}
	for _, p := range c.in.Countries {
		t.Rows = append(t.Rows, model.Row{Group: c.place(p.Code) + " – " + c.t("report.act_status."+string(p.Status))})
		for _, f := range []struct {
			name string
			fact country.Fact
		}{
			{"act", p.Act}, {"in_force", p.InForceNote}, {"authority", p.Authority}, {"csirt", p.CSIRT}, {"reporting", p.Reporting},
			{"portal", p.Registration.Portal}, {"due", p.Registration.DueNote}, {"framework", p.Framework},
		} {
			if f.fact.Established() {
				row := c.factRow(c.t("report.national."+f.name), f.fact)
				if f.name == "in_force" {
					row.Cells[1] = model.Words(c.p.Say(p.SayInForce()))
				}
				t.Rows = append(t.Rows, row)
			}
		}
		for _, name := range country.OptionNames() {
			if o := p.Options[name]; o.Value.Known() {
				t.Rows = append(t.Rows, c.optionRow(name, o))
			}
		}
		for _, d := range p.Deviations {
			t.Rows = append(t.Rows, c.factRow(c.t("report.national.deviation", "area", c.t("country.area."+d.Area)), d.Fact))
		}
	}
	return t
}

// optionRow is a choice that the directive leaves to the Member State.
func (c *composer) optionRow(name string, o country.Option) model.Row {
	value := c.truth(o.Value)
	if o.Class != "" {
		value += " – " + c.t("report.class."+string(o.Class)+".name")
	}
	return model.Row{Cells: []model.Cell{model.Words(c.field("national." + name)), model.Words(value), c.standsOn(o.Source, o.Checked, o.Confidence)}}
}

func (c *composer) factRow(name string, f country.Fact) model.Row {
	return model.Row{Cells: []model.Cell{model.Words(name), model.Words(c.p.Say(f.Say())), c.standsOn(f.Source, f.Checked, f.Confidence)}}
}

// standsOn is what stands behind a statement of national law: how sure it is,
// the source, and the day on which it was checked.
func (c *composer) standsOn(source string, checked law.Date, confidence law.Confidence) model.Cell {
	cell := model.Cell{Badge: c.confidenceMark(confidence)}
	var line model.Text
	if source != "" {
		line = model.Text{{Text: c.p.Cite(source), Style: model.Citation}}
	}
	if !checked.IsZero() {
		if len(line) > 0 {
			line = line.Then(" · ", model.Citation)
		}
		line = line.Then(c.t("report.checked", "date", checked), model.Citation)
	}
	if len(line) > 0 {
		cell.Lines = append(cell.Lines, line)
	}
	return cell
}
