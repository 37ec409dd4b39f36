package pages

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func nameField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "name", Label: label(r, "organisation"), Required: true, MaxLength: 200, Autocomplete: "off"})
}

func textField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "text", Label: label(r, "file_text"), Hint: ui.T(r.Context(), "pages.organisation.file.hint"), Rows: 10})
}

func inviteField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "email", Label: label(r, "email"), Hint: ui.T(r.Context(), "pages.invite.hint"), Autocomplete: "off"})
}

func organisationKinds(ctx context.Context) []ui.Option {
	return ui.Choices(nil, string(tenant.Client), ui.T(ctx, "pages.kind.client"),
		string(tenant.Prospect), ui.T(ctx, "pages.kind.prospect"), string(tenant.Own), ui.T(ctx, "pages.kind.own"))
}

func roleOptions(ctx context.Context, chosen tenant.Role) []ui.Option {
	var out []ui.Option
	for _, r := range authz.Roles() {
		if r != authz.Guest {
			out = append(out, ui.Option{Value: string(r), Label: ui.T(ctx, "pages.role."+string(r)), Selected: r == chosen})
		}
	}
	return out
}

// tone judges a score against the target of reports.
func tone(points float64, assessed bool) ui.Tone {
	switch {
	case !assessed:
		return chart.ToneOpen
	case assessing.Shown(points) >= assessing.DefaultTarget:
		return chart.ToneGood
	case assessing.Shown(points) >= 40:
		return chart.TonePartly
	}
	return chart.ToneBad
}

func points(ctx context.Context, v float64) string { return ui.Number(ctx, assessing.Shown(v), 0) }

// portfolioFigures are the figures above the portfolio.
func portfolioFigures(ctx context.Context, all []assessment.Standing) []ui.Figure {
	essential, important, behind, overdue, expiring := 0, 0, 0, 0, 0
	for _, o := range all {
		switch o.Rollup.Class {
		case law.Essential:
			essential++
		case law.Important:
			important++
		}
		if o.Assessed && tone(o.Rollup.Points, true) == chart.ToneBad {
			behind++
		}
		overdue += o.Rollup.OverdueTasks
		expiring += o.Rollup.ExpiringEvidence
	}
	number := func(n int) string { return ui.Number(ctx, float64(n), 0) }
	return []ui.Figure{
		{Label: ui.T(ctx, "pages.figure.organisations"), Value: number(len(all)), Note: ui.T(ctx, "pages.figure.classes", "essential", essential, "important", important)},
		{Label: ui.T(ctx, "pages.figure.behind"), Value: number(behind), Tone: warn(behind)},
		{Label: ui.T(ctx, "pages.figure.overdue"), Value: number(overdue), Tone: warn(overdue)},
		{Label: ui.T(ctx, "pages.figure.expiring"), Value: number(expiring), Tone: warn(expiring)},
	}
}

func warn(n int) ui.Tone {
	if n > 0 {
		return chart.TonePartly
	}
	return chart.ToneNeutral
}

// measureBars are the ten measures as small columns.
func measureBars(ctx context.Context, values []float64) templ.Component {
	var out []ui.Measure
	for i, v := range values {
		if i >= len("abcdefghij") {
			break
		}
		key := string("abcdefghij"[i])
		m := ui.Measure{Key: key, Name: ui.T(ctx, "report.measure."+key), Percent: max(v, 0), Text: points(ctx, max(v, 0)), Tone: tone(v, v >= 0)}
		if v < 0 {
			m.Text = ui.T(ctx, "report.status.not_applicable")
		}
		out = append(out, m)
	}
	return ui.MeasureBars(ui.T(ctx, "report.chart.measures"), out)
}

func portfolioTable(ctx context.Context, list []assessment.Standing) ui.TableProps {
	t := ui.TableProps{ID: "clients", Caption: ui.T(ctx, "pages.portfolio.title"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.organisation")}, {Label: ui.T(ctx, "report.figure.class")},
		{Label: ui.T(ctx, "report.column.score")}, {Label: ui.T(ctx, "pages.column.measures"), Optional: true},
		{Label: ui.T(ctx, "pages.column.change"), Numeric: true, Optional: true},
		{Label: ui.T(ctx, "pages.column.next")}, {Label: ui.T(ctx, "pages.figure.overdue"), Numeric: true},
		{Label: ui.T(ctx, "pages.figure.expiring"), Numeric: true, Optional: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "pages.portfolio.none"), Text: ui.T(ctx, "pages.portfolio.none.text"),
			Action: ui.ButtonProps{Text: ui.T(ctx, "pages.organisation.new"), URL: "/organisations/new", Kind: ui.Primary, Icon: ui.IconPlus}}}
	for _, o := range list {
		t.Rows = append(t.Rows, portfolioRow(ctx, o))
	}
	return t
}

func portfolioRow(ctx context.Context, o assessment.Standing) ui.Row {
	u := o.Rollup
	name := ui.LinkCell(o.Organisation.Name, "/organisations/"+o.Organisation.ID, ui.T(ctx, "pages.kind."+string(o.Organisation.Kind)))
	if !o.Assessed {
		none := ui.Words("–")
		return ui.Row{Name: o.Organisation.Name, Cells: []templ.Component{name, ui.Words(ui.T(ctx, "report.status.not_assessed")), none, none, none, none, none, none}}
	}
	change := "–"
	if u.PointsThen >= 0 {
		change = signed(ctx, assessing.Shown(u.Points)-assessing.Shown(u.PointsThen))
	}
	next := templ.Component(ui.Words("–"))
	if !u.NextDeadline.IsZero() {
		next = ui.Deadline(ui.DeadlineProps{By: u.NextDeadline})
	}
	number := func(n int) templ.Component { return ui.Words(ui.Number(ctx, float64(n), 0)) }
	return ui.Row{Name: o.Organisation.Name, Cells: []templ.Component{name,
		ui.Words(ui.T(ctx, "report.class."+string(u.Class)+".name")),
		ui.ScoreBar(ui.Score{Percent: u.Points, Text: points(ctx, u.Points), Target: assessing.DefaultTarget, Tone: tone(u.Points, true)}),
		measureBars(ctx, u.Measures), ui.Words(change), next, number(u.OverdueTasks), number(u.ExpiringEvidence)}}
}

func signed(ctx context.Context, v float64) string {
	if v > 0 {
		return "+" + ui.Number(ctx, v, 0)
	}
	return ui.Number(ctx, v, 0)
}

func memberTable(ctx context.Context, members []tenant.Member, manage bool) ui.TableProps {
	t := ui.TableProps{ID: "members", Caption: ui.T(ctx, "pages.members.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.name")}, {Label: ui.T(ctx, "pages.field.email")}, {Label: ui.T(ctx, "pages.field.role")}}}
	for _, m := range members {
		var role templ.Component = ui.Words(ui.T(ctx, "pages.role."+string(m.Role)))
		if manage {
			role = roleForm(m)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(m.Name), ui.Words(m.Email), role}})
	}
	return t
}

func invitationTable(ctx context.Context, list []tenant.Invitation) ui.TableProps {
	t := ui.TableProps{ID: "invitations", Caption: ui.T(ctx, "pages.invitations.title"), Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.email")}, {Label: ui.T(ctx, "pages.field.role")}, {Label: ui.T(ctx, "pages.invitations.until")},
		{Label: ui.T(ctx, "pages.invite.withdraw"), HideLabel: true}}}
	for _, i := range list {
		to := i.Email
		if to == "" {
			to = ui.T(ctx, "pages.invitations.anybody")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(to), ui.Words(ui.T(ctx, "pages.role."+string(i.Role))),
			ui.Moment(i.ExpiresAt), withdrawForm(i.ID)}})
	}
	return t
}

// mostChange is how much of a value before and after is shown.
const mostChange = 300

func ledgerEvents(ctx context.Context, entries []ledger.Entry) []ui.Event {
	var out []ui.Event
	for _, e := range entries {
		who := e.ActorName
		if who == "" {
			who = e.Actor
		}
		event := ui.Event{At: e.At.In(time.UTC), Who: who, What: e.Action + " · " + e.Object}
		if fields, err := e.Changes(); err == nil {
			for _, f := range fields {
				event.Changes = append(event.Changes, ui.Change{Field: f.Name, Before: shorten(string(f.Before)), After: shorten(string(f.After))})
			}
		}
		out = append(out, event)
	}
	return out
}

func shorten(s string) string {
	if r := []rune(s); len(r) > mostChange {
		return string(r[:mostChange]) + " …"
	}
	return s
}
