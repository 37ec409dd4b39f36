package assessing

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// scope is the determination with the facts it rests on.
func (c *composer) scope() []model.Block {
	s := c.in.Scope
	blocks := []model.Block{
		heading(1, "scope", c.t("report.scope.heading")),
		model.Callout{Tone: c.classTone(), Title: c.t("report.scope.result", "class", c.t("report.class."+string(s.Class)+".name")),
			Body: []model.Text{model.Say(c.t("report.class."+string(s.Class)+".means", "name", c.in.Organisation))}},
		heading(2, "scope-grounds", c.t("report.scope.grounds")),
	}
	if len(s.Grounds) == 0 {
		blocks = append(blocks, paragraph(c.t("report.scope.no_grounds")))
	} else {
		blocks = append(blocks, c.groundTable(s.Grounds))
	}
	if len(s.Exclusions) > 0 {
		blocks = append(blocks, heading(2, "scope-exclusions", c.t("report.scope.exclusions")), c.groundTable(s.Exclusions))
	}
	blocks = append(blocks, c.size()...)
	blocks = append(blocks, heading(2, "scope-facts", c.t("report.scope.facts")),
		paragraph(c.t("report.scope.facts.intro")), c.factTable())
	blocks = append(blocks, c.jurisdiction()...)
	return append(blocks, c.whatWouldChange()...)
}

func (c *composer) classTone() model.Tone {
	if c.in.Scope.Class == law.Depends {
		return chart.ToneOpen
	}
	return chart.ToneInfo
}

func (c *composer) groundTable(grounds []scope.Ground) model.Table {
	t := model.Table{Columns: []model.Column{
		{Title: c.t("report.column.ground"), Weight: 6}, {Title: c.t("report.column.leads_to"), Weight: 1.6},
		{Title: c.t("report.column.citation"), Weight: 3}}}
	for i, g := range grounds {
		cell := model.Cell{Lines: []model.Text{model.Say(c.p.Say(g.Text))}}
		if i == 0 && len(grounds) > 1 {
			cell.Lines[0][0].Style = model.Strong
		}
		if g.Type != "" {
			cell.Lines = append(cell.Lines, model.Quietly(c.entityType(g.Type)))
		}
		class := ""
		if g.Class != "" {
			class = c.t("report.class." + string(g.Class) + ".name")
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{cell, model.Words(class), {Lines: []model.Text{{{Text: c.p.Cite(g.Citation), Style: model.Citation}}}}}})
	}
	return t
}

// size shows which figures count, how, and what they add up to.
func (c *composer) size() []model.Block {
	t := model.Table{Columns: []model.Column{
		{Title: c.t("report.column.enterprise"), Weight: 4}, {Title: c.t("report.column.counted"), Weight: 2.4},
		{Title: c.t("report.column.employees"), Weight: 1.6, Align: model.Right}, {Title: c.t("report.column.turnover"), Weight: 2.2, Align: model.Right},
		{Title: c.t("report.column.balance"), Weight: 2.2, Align: model.Right}}}
	years := slices.Clone(c.in.Facts.Figures)
	slices.SortFunc(years, func(a, b scope.Figures) int { return cmp.Compare(a.Year, b.Year) })
	for _, y := range years {
		t.Rows = append(t.Rows, c.figureRow(c.t("report.size.own", "name", c.in.Organisation, "year", yearText(y.Year)), c.t("report.size.full"),
			y.Employees, y.Turnover, y.BalanceSheet))
	}
	for _, l := range c.in.Facts.Linked {
		t.Rows = append(t.Rows, c.figureRow(c.enterprise(l.Name), c.t("report.size.linked"), l.Employees, l.Turnover, l.BalanceSheet))
		for _, p := range l.Partners {
			t.Rows = append(t.Rows, c.partnerRow(p))
		}
	}
	for _, p := range c.in.Facts.Partners {
		t.Rows = append(t.Rows, c.partnerRow(p))
		for _, l := range p.Linked {
			t.Rows = append(t.Rows, c.figureRow(c.enterprise(l.Name), c.t("report.size.linked_to_partner"), l.Employees, l.Turnover, l.BalanceSheet))
		}
	}
	size := c.t("report.size.undecided")
	if c.in.Scope.Size != "" {
		size = c.t("report.size.result", "size", c.t("report.size."+string(c.in.Scope.Size)))
	}
	return []model.Block{
		heading(2, "scope-size", c.t("report.size.heading")),
		model.Paragraph{Text: model.Strongly(size)},
		t,
		small(c.t("report.size.rule")),
	}
}

func (c *composer) enterprise(name string) string {
	if name == "" {
		return c.t("report.size.unnamed")
	}
	return name
}

func (c *composer) partnerRow(p scope.Partner) model.Row {
	how := c.t("report.size.partner", "share", c.figure(p.Share))
	if p.Share.Known && p.Share.Value < 25 || p.Investor == law.True && p.Share.Known && p.Share.Value <= 50 {
		how = c.t("report.size.partner_not_counted", "share", c.figure(p.Share))
	}
	return c.figureRow(c.enterprise(p.Name), how, p.Employees, p.Turnover, p.BalanceSheet)
}

func (c *composer) figureRow(name, how string, staff, turnover, balance scope.Number) model.Row {
	return model.Row{Cells: []model.Cell{model.Words(name), model.Words(how), model.Words(c.figure(staff)), model.Words(c.figure(turnover)), model.Words(c.figure(balance))}}
}

func (c *composer) figure(n scope.Number) string {
	if !n.Known {
		return c.t("report.truth.unknown")
	}
	return c.p.Number(n.Value, 1)
}

func yearText(year int) string {
	if year == 0 {
		return ""
	}
	return law.Date{Year: year, Month: 1, Day: 1}.String()[:4]
}

// factTable lists the facts that were stated.
func (c *composer) factTable() model.Table {
	f := c.in.Facts
	t := model.Table{Columns: []model.Column{{Title: c.t("report.column.fact"), Weight: 4}, {Title: c.t("report.column.value"), Weight: 6}}}
	add := func(name, value string) {
		if value != "" {
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(name), model.Words(value)}})
		}
	}
	types := model.Cell{}
	for _, id := range f.EntityTypes {
		line := model.Say(c.entityType(id))
		if !slices.Contains(c.in.Scope.EntityTypes, canonical(id)) {
			line = line.Then(" – "+c.typeOutcome(id), model.Muted)
		}
		types.Lines = append(types.Lines, line)
	}
	if len(types.Lines) == 0 {
		types = model.Words(c.t("report.fact.no_types." + law.TruthOf(f.EntityTypesKnown).String()))
	}
	t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(c.field("entity_types")), types}})
	add(c.field("established_in"), c.places(f.EstablishedIn))
	add(c.field("serves"), c.places(f.Serves))
	for _, p := range []struct{ name, value string }{
		{"decisions_in", f.DecisionsIn}, {"operations_in", f.OperationsIn}, {"most_staff_in", f.MostStaffIn},
		{"representative_in", f.RepresentativeIn}, {"established_by", f.EstablishedBy}} {
		if p.value != "" {
			add(c.field(p.name), c.place(p.value))
		}
	}
	for _, v := range []struct {
		name  string
		value law.Truth
	}{{"cer_critical", f.CERCritical}, {"dora_exempt", f.DORAExempt}, {"nis1_oes", f.NIS1OES}, {"nis1_oes_before_2023_01_16", f.NIS1OESBefore16January2023}} {
		add(c.field(v.name), c.truth(v.value))
	}
	if f.IdentifiedAs != "" {
		add(c.field("identified_as"), c.t("report.class."+string(f.IdentifiedAs)+".name"))
	}
	c.definitionFacts(add)
	return t
}

func (c *composer) definitionFacts(add func(name, value string)) {
	f := c.in.Facts
	for _, name := range scope.FactNames() {
		if v, ok := f.Definition[name]; ok {
			add(c.field("facts."+name), c.truth(v))
		}
	}
	if f.Security != "" {
		add(c.field("facts.security_activity"), c.t("report.security."+f.Security))
	}
	if f.PublicOwnership.Known {
		add(c.field("facts.public_ownership_pct"), c.p.Percent(f.PublicOwnership.Value, 1))
	}
	for _, name := range sortedKeys(f.National) {
		add(c.field("national."+name), c.truth(f.National[name]))
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// typeOutcome says why a claimed entity type is not among those that remain.
func (c *composer) typeOutcome(id string) string {
	if slices.Contains(c.in.Scope.MaybeTypes, canonical(id)) {
		return c.t("report.fact.type_open")
	}
	return c.t("report.fact.type_excluded")
}

func (c *composer) jurisdiction() []model.Block {
	s := c.in.Scope
	blocks := []model.Block{heading(2, "scope-jurisdiction", c.t("report.jurisdiction.heading"))}
	if len(s.Jurisdiction) == 0 {
		return append(blocks, paragraph(c.t("report.jurisdiction.none")))
	}
	blocks = append(blocks, model.Paragraph{Text: model.Strongly(c.places(s.Jurisdiction)).Then("  "+c.basis(s.JurisdictionBasis), model.Citation)})
	if s.Representative {
		blocks = append(blocks, paragraph(c.t("report.jurisdiction.representative")))
	}
	if len(c.in.Countries) > 0 {
		blocks = append(blocks, c.countryTable())
	}
	return blocks
}

// whatWouldChange names the facts that would give another class.
func (c *composer) whatWouldChange() []model.Block {
	s := c.in.Scope
	var items []model.Text
	if s.Nearest != nil {
		items = append(items, model.Say(c.p.Say(s.Nearest.Text)).Then("  "+c.p.Cite(s.Nearest.Ground.Citation), model.Citation))
	}
	for _, m := range s.Missing {
		items = append(items, model.Say(c.t("report.scope.missing.item", "field", c.field(m))))
	}
	for _, r := range s.Reviews {
		items = append(items, model.Say(c.p.Say(r)))
	}
	blocks := []model.Block{heading(2, "scope-change", c.t("report.scope.change"))}
	if len(s.CouldBe) > 0 {
		var names []string
		for _, k := range s.CouldBe {
			names = append(names, c.t("report.class."+string(k)+".name"))
		}
		blocks = append(blocks, paragraph(c.t("report.scope.could_be", "classes", names)))
	}
	if len(items) == 0 {
		return append(blocks, paragraph(c.t("report.scope.change.none")))
	}
	return append(blocks, model.List{Items: items})
}
