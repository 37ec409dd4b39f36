package pages

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law/country"
)

func number(ctx context.Context, n int) string { return ui.Number(ctx, float64(n), 0) }

// portfolioFigures are the figures above the portfolio; each leads to its rows.
func portfolioFigures(ctx context.Context, p portfolioShown) []ui.Figure {
	t := p.All
	figure := func(key string, n int, filter string) ui.Figure {
		f := ui.Figure{Label: ui.T(ctx, key), Value: number(ctx, n), Tone: warn(n)}
		if n > 0 {
			f.URL = "/?" + filter + "=yes"
		}
		return f
	}
	return []ui.Figure{
		{Label: ui.T(ctx, "pages.figure.organisations"), Value: number(ctx, t.Organisations),
			Note: ui.T(ctx, "pages.figure.classes", "essential", t.Essential, "important", t.Important)},
		figure("pages.figure.behind", t.Behind, "behind"),
		figure("portfolio.figure.due", t.Due, "due"),
		figure("pages.figure.overdue", t.OverdueTasks, "overdue"),
		figure("pages.figure.expiring", t.ExpiringEvidence, "expiring"),
	}
}

// viewLinks are the saved views, as tabs.
func viewLinks(ctx context.Context, p portfolioShown) []ui.Link {
	out := []ui.Link{{Text: ui.T(ctx, "portfolio.view.all"), URL: "/?all=yes", Current: len(p.filters) == 0}}
	now, ok := p.current()
	for _, v := range p.views {
		out = append(out, ui.Link{Text: v.Name, URL: "/?" + v.Query, Current: ok && v.ID == now.ID})
	}
	return out
}

func sectorName(ctx context.Context, sector string) string { return ui.T(ctx, "annex.sector."+sector) }

// anyOf are the options of a filter, with "all" first.
func anyOf(ctx context.Context, chosen string, values []string, name func(string) string) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "pages.all"), Selected: chosen == ""}}
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: name(v), Selected: v == chosen})
	}
	return out
}

// filterChoice is one filter of the portfolio with its options.
type filterChoice struct {
	field   ui.Field
	options []ui.Option
}

func filterChoices(ctx context.Context, p portfolioShown) []filterChoice {
	same := func(s string) string { return s }
	class := func(s string) string { return ui.T(ctx, "report.class."+s+".name") }
	kind := func(s string) string { return ui.T(ctx, "pages.kind."+s) }
	sector := func(s string) string { return sectorName(ctx, s) }
	state := func(s string) string { return ui.Say(ctx, country.Name(s)) }
	var out []filterChoice
	for _, f := range []struct {
		name, label string
		values      []string
		text        func(string) string
	}{
		{"class", "report.figure.class", []string{"essential", "important", "registration_only", "depends", "out"}, class},
		{"kind", "pages.organisation.kind", []string{string(tenant.Client), string(tenant.Prospect), string(tenant.Own)}, kind},
		{"sector", "portfolio.sector", byName(p.Sectors, sector), sector},
		{"country", "portfolio.country", byName(p.Countries, state), state},
		{"tag", "portfolio.tag", byName(p.Tags, same), same},
	} {
		if len(f.values) > 0 {
			out = append(out, filterChoice{ui.Field{Name: f.name, Label: ui.T(ctx, f.label)}, anyOf(ctx, p.filters.Get(f.name), f.values, f.text)})
		}
	}
	return out
}

// byName orders values by the words that stand for them, whatever their case and accents.
func byName(values []string, name func(string) string) []string {
	return slices.SortedStableFunc(slices.Values(values), func(a, b string) int {
		return strings.Compare(catalog.Fold(name(a)), catalog.Fold(name(b)))
	})
}

// deedOptions are the actions of the bulk bar.
func deedOptions(ctx context.Context, p portfolioShown) []ui.Option {
	add := func(out []ui.Option, value, key string, args ...any) []ui.Option {
		return append(out, ui.Option{Value: value, Label: ui.T(ctx, key, args...)})
	}
	var out []ui.Option
	for _, d := range []clients.Deed{clients.DeedTag, clients.DeedUntag, clients.DeedAdopt, clients.DeedSnapshot, clients.DeedRefresh} {
		out = add(out, string(d), "portfolio.deed."+string(d))
	}
	for _, k := range []tenant.OrganisationKind{tenant.Client, tenant.Prospect} {
		out = add(out, string(clients.DeedKind)+":"+string(k), "portfolio.deed.kind", "kind", ui.T(ctx, "pages.kind."+string(k)))
	}
	for _, t := range p.templates {
		out = add(out, string(clients.DeedTemplate)+":"+t.ID, "portfolio.deed.template", "name", t.Name)
	}
	if p.mayCreate {
		out = add(out, string(clients.DeedArchive), "portfolio.deed.archive")
	}
	return out
}

func portfolioTable(ctx context.Context, p portfolioShown) ui.TableProps {
	column := func(key string, by clients.SortBy, c ui.Column) ui.Column {
		c.Label = ui.T(ctx, key)
		descending := by == clients.ByScore // what is worse first
		switch by {
		case clients.ByChange, clients.ByOverdue, clients.ByExpiring:
			descending = true
		case clients.ByScore:
			descending = false
		}
		if now := p.query.Sort; now == by || now == "" && by == clients.ByName {
			c.Sorted = ui.Ascending
			if p.query.Descending {
				c.Sorted = ui.Descending
			}
			descending = !p.query.Descending
		}
		direction := ""
		if descending {
			direction = "desc"
		}
		c.Sort = p.address("sort", string(by), "dir", direction)
		return c
	}
	t := ui.TableProps{ID: "clients", Caption: ui.T(ctx, "pages.portfolio.title"), HideCaption: true, Dense: true, Columns: []ui.Column{
		column("pages.field.organisation", clients.ByName, ui.Column{}),
		column("report.figure.class", clients.ByClass, ui.Column{}),
		column("report.column.score", clients.ByScore, ui.Column{}),
		{Label: ui.T(ctx, "pages.column.measures"), Optional: true},
		column("pages.column.change", clients.ByChange, ui.Column{Numeric: true, Optional: true}),
		column("pages.column.next", clients.ByDeadline, ui.Column{}),
		column("pages.figure.overdue", clients.ByOverdue, ui.Column{Numeric: true}),
		column("pages.figure.expiring", clients.ByExpiring, ui.Column{Numeric: true, Optional: true})},
		Empty: nothingChosen(ctx, p)}
	if p.mayEdit {
		t.Select, t.SelectForm = "organisation", "bulk"
	}
	for _, o := range p.Rows {
		t.Rows = append(t.Rows, portfolioRow(ctx, o))
	}
	return t
}

// nothingChosen says why the table is empty.
func nothingChosen(ctx context.Context, p portfolioShown) ui.Empty {
	if p.All.Organisations > 0 {
		return ui.Empty{Title: ui.T(ctx, "portfolio.nothing"), Text: ui.T(ctx, "portfolio.nothing.text"),
			Action: ui.ButtonProps{Text: ui.T(ctx, "portfolio.view.show_all"), URL: "/?all=yes"}}
	}
	e := ui.Empty{Title: ui.T(ctx, "pages.portfolio.none"), Text: ui.T(ctx, "portfolio.none.reader")}
	if p.mayCreate {
		e.Text = ui.T(ctx, "pages.portfolio.none.text")
		e.Action = ui.ButtonProps{Text: ui.T(ctx, "pages.organisation.new"), URL: "/organisations/new", Kind: ui.Primary, Icon: ui.IconPlus}
	}
	return e
}

// about is the small line below the name: kind, sectors, countries, tags.
func about(ctx context.Context, o assessment.Standing) string {
	parts := []string{}
	if o.Organisation.Kind != tenant.Client {
		parts = append(parts, ui.T(ctx, "pages.kind."+string(o.Organisation.Kind)))
	}
	for _, s := range o.Rollup.Sectors {
		parts = append(parts, sectorName(ctx, s))
	}
	if len(o.Rollup.Countries) > 0 {
		parts = append(parts, placeNames(ctx, o.Rollup.Countries))
	}
	for _, t := range o.Organisation.Tags {
		parts = append(parts, "#"+t)
	}
	return strings.Join(parts, " · ")
}

func portfolioRow(ctx context.Context, o assessment.Standing) ui.Row {
	u := o.Rollup
	row := ui.Row{Name: o.Organisation.Name, Value: o.Organisation.ID}
	name := ui.LinkCell(o.Organisation.Name, "/organisations/"+o.Organisation.ID, about(ctx, o))
	if !o.Assessed {
		none := ui.Words("–")
		row.Cells = []templ.Component{name, ui.Words(ui.T(ctx, "report.status.not_assessed")), none, none, none, none, none, none}
		return row
	}
	change := "–"
	if u.PointsThen >= 0 {
		change = signed(ctx, assessing.Shown(u.Points)-assessing.Shown(u.PointsThen))
	}
	next := templ.Component(ui.Words("–"))
	if !u.NextDeadline.IsZero() {
		next = deadlineCell(u)
	}
	row.Cells = []templ.Component{name,
		ui.Words(ui.T(ctx, "report.class."+string(u.Class)+".name")),
		ui.ScoreBar(ui.Score{Percent: u.Points, Text: points(ctx, u.Points), Target: assessing.DefaultTarget, Tone: tone(u.Points, true)}),
		measureBars(ctx, u.Measures), ui.Words(change), next, countCell(ctx, u.OverdueTasks), countCell(ctx, u.ExpiringEvidence)}
	return row
}

// countCell is a count that asks for attention unless it is zero.
func countCell(ctx context.Context, n int) templ.Component {
	if n == 0 {
		return ui.Words(number(ctx, 0))
	}
	return ui.StatusBadge(ui.Status{Tone: chart.TonePartly, Word: number(ctx, n)})
}

func portfolioPages(ctx context.Context, p portfolioShown) ui.Pages {
	from := min(p.query.Offset, p.Found)
	page := p.query.Offset/rowsPerPage + 1
	out := ui.Pages{Label: ui.T(ctx, "portfolio.pages"), From: min(from+1, p.Found), To: from + len(p.Rows), All: p.Found}
	if page > 1 {
		out.Previous = p.address("page", strconv.Itoa(page-1))
	}
	if out.To < p.Found {
		out.Next = p.address("page", strconv.Itoa(page+1))
	}
	return out
}

// outcomeTable is what a bulk action did.
func outcomeTable(ctx context.Context, out []clients.Outcome) ui.TableProps {
	t := ui.TableProps{ID: "outcomes", Caption: ui.T(ctx, "portfolio.result.title"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.organisation")}, {Label: ui.T(ctx, "portfolio.result.column"), Narrow: true}, {Label: ui.T(ctx, "portfolio.result.note")}},
		Empty: ui.Empty{Title: ui.T(ctx, "portfolio.result.none"), Text: ui.T(ctx, "portfolio.result.none.text"),
			Action: ui.ButtonProps{Text: ui.T(ctx, "portfolio.back"), URL: "/"}}}
	for _, o := range out {
		status, note := ui.Status{Tone: chart.ToneGood, Word: ui.T(ctx, "portfolio.result.done")}, ""
		switch {
		case o.Err != nil:
			status = ui.Status{Tone: chart.ToneBad, Word: ui.T(ctx, "portfolio.result.refused")}
			note = outcomeText(ctx, o.Err)
		case o.Unreached:
			status = ui.Status{Tone: chart.ToneNeutral, Word: ui.T(ctx, "portfolio.result.unreached")}
		case o.Unchanged:
			status = ui.Status{Tone: chart.ToneNeutral, Word: ui.T(ctx, "portfolio.result.unchanged")}
		case o.Added > 0:
			note = ui.T(ctx, "portfolio.result.added", "count", o.Added)
		}
		name := o.Name
		if name == "" {
			name = o.Organisation
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(name, "/organisations/"+escape(o.Organisation), ""), ui.StatusBadge(status), ui.Words(note)}})
	}
	return t
}

// outcomeText is why something was refused; faults of the server itself are not shown.
func outcomeText(ctx context.Context, err error) string {
	if fault.KindOf(err) == fault.Internal {
		return ui.T(ctx, "portfolio.result.internal")
	}
	var one *fault.Error
	if errors.As(err, &one) {
		return ui.FaultText(ctx, one) // without the name of the field, which programs know it by
	}
	return ui.Failure(ctx, err.Error())
}

func failures(out []clients.Outcome) (n int) {
	for _, o := range out {
		if o.Err != nil {
			n++
		}
	}
	return n
}

// unchanged counts the organisations in which there was nothing to do.
func unchanged(out []clients.Outcome) (n int) {
	for _, o := range out {
		if o.Err == nil && o.Unchanged {
			n++
		}
	}
	return n
}

// someDone reports whether there is something to take back.
func someDone(d clients.Deed, mark string, out []clients.Outcome) bool {
	return mark != "" && d.Undoable() && failures(out)+unchanged(out) < len(out)
}
