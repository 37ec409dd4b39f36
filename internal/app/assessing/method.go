package assessing

import (
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
)

// method says how the report was made, what it cannot say, and what it rests on.
func (c *composer) method() []model.Block {
	var limits []model.Text
	for _, l := range c.limits() {
		limits = append(limits, model.Say(l))
	}
	var status []model.Text
	for _, s := range statuses() {
		status = append(status, model.Strongly(c.t("ui.label", "text", c.statusWord(s))).Then(c.t("report.status."+string(s)+".about"), model.Plain))
	}
	return []model.Block{
		heading(1, "method", c.t("report.method.heading")),
		heading(2, "method-limits", c.t("report.method.limits")),
		model.List{Items: limits},
		heading(2, "method-status", c.t("report.method.status")),
		model.List{Items: status},
		heading(2, "method-sources", c.t("report.method.sources")),
		c.sourceTable(),
		small(c.t("report.method.versions", "program", c.in.Program, "catalogue", c.in.CatalogueVersion, "requirements", c.in.Catalogue.Len())),
	}
}

// limits are what the report cannot say, and that it shows the texts of the catalogue
// in English where it is otherwise in another language.
func (c *composer) limits() []string {
	var out []string
	for _, k := range []string{"advice", "statements", "status", "national", "day"} {
		out = append(out, c.t("report.limits."+k, "date", c.in.AsOf))
	}
	if c.p.Language != catalog.English && c.in.Catalogue == c.in.Catalogue.In(catalog.English) {
		out = append(out, c.t("report.limits.language"))
	}
	return out
}

func (c *composer) sourceTable() model.Table {
	t := model.Table{Small: true, Columns: []model.Column{{Title: c.t("report.column.source"), Weight: 7},
		{Title: c.t("report.column.checked"), Weight: 2}, {Title: c.t("report.column.confidence"), Weight: 3}}}
	for _, s := range c.sources() {
		mark := model.Cell{Badge: c.confidenceMark(s.Confidence)}
		if mark.Badge == nil {
			mark = model.Words(c.t("country.confidence.verified"))
		}
		title := model.Cell{Lines: []model.Text{model.Say(c.p.Cite(s.Title))}}
		if s.URL != "" {
			title.Lines = append(title.Lines, model.Text{{Text: s.URL, Link: s.URL, Style: model.Citation}})
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{title, model.Words(c.date(s.Checked)), mark}})
	}
	return t
}

// sources are those named by the caller and those of the national acts, each once.
func (c *composer) sources() []law.Source {
	var out []law.Source
	seen := map[string]bool{}
	add := func(s law.Source) {
		if s.Title != "" && !seen[s.Title] {
			seen[s.Title] = true
			out = append(out, s)
		}
	}
	for _, s := range append(c.acts(), c.in.Sources...) {
		add(s)
	}
	for _, p := range c.in.Countries {
		if p.Act.Established() {
			add(law.Source{Title: c.t("ui.label", "text", c.place(p.Code)) + c.p.Say(p.Act.Say()), Checked: p.Act.Checked, Confidence: p.Act.Confidence})
		}
	}
	return out
}

// acts are the acts of the Union that the report applies, in the version read.
func (c *composer) acts() []law.Source {
	read := law.Date{Year: 2026, Month: 8, Day: 31}
	acts := []law.Source{
		{Title: "Directive (EU) 2022/2555, consolidated text 02022L2555-20221227",
			URL: "https://eur-lex.europa.eu/eli/dir/2022/2555/2022-12-27", Checked: read, Confidence: law.Verified},
		{Title: "Recommendation 2003/361/EC, Annex", URL: "https://eur-lex.europa.eu/eli/reco/2003/361/oj", Checked: read, Confidence: law.Verified},
	}
	if slices.Contains(c.in.Statements.Frameworks, catalog.CIR2690) {
		acts = append(acts, law.Source{Title: "Implementing Regulation (EU) 2024/2690, Annex",
			URL: "https://eur-lex.europa.eu/eli/reg_impl/2024/2690/oj", Checked: read, Confidence: law.Verified})
	}
	return acts
}
