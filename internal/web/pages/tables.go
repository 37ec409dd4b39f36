package pages

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func nameField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "name", Label: label(r, "organisation"), Required: true, MaxLength: 200, Autocomplete: "off"})
}

func textField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "text", Label: label(r, "file_text"), Hint: ui.T(r.Context(), "pages.organisation.file.hint"), Rows: 10, Attributes: programText()})
}

// programText marks a text area whose text is for a program: its lines are not prose.
func programText() templ.Attributes {
	return templ.Attributes{"class": "code", "spellcheck": "false"}
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

func signed(ctx context.Context, v float64) string {
	if v > 0 {
		return "+" + ui.Number(ctx, v, 0)
	}
	return ui.Number(ctx, v, 0)
}

func memberTable(ctx context.Context, members []tenant.Member, reach []ui.Option, manage bool) ui.TableProps {
	t := ui.TableProps{ID: "members", Caption: ui.T(ctx, "pages.members.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.name")}, {Label: ui.T(ctx, "pages.field.email")}, {Label: ui.T(ctx, "access.reach")}, {Label: ui.T(ctx, "pages.field.role")}}}
	for _, m := range members {
		var role templ.Component = ui.Words(ui.T(ctx, "pages.role."+string(m.Role)))
		if manage {
			role = memberForms(m)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(m.Name), ui.Words(m.Email), ui.Words(reachName(reach, m.Organisation)), role}})
	}
	return t
}

// handoverTable is the work of those who cannot do it any more; each number leads to
// where it is given to somebody else.
func handoverTable(ctx context.Context, list []clients.Stranded) ui.TableProps {
	t := ui.TableProps{ID: "handover", Caption: ui.T(ctx, "pages.handover.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.name")}, {Label: ui.T(ctx, "jobs.result.organisation")}, {Label: ui.T(ctx, "pages.client.plan")},
		{Label: ui.T(ctx, "pages.client.requirements")}, {Label: ui.T(ctx, "pages.client.questions")}, {Label: ui.T(ctx, "pages.client.evidence")}}}
	for _, x := range list {
		at := func(page string, n int) templ.Component {
			if n == 0 {
				return ui.Words("–")
			}
			return ui.LinkCell(ui.Number(ctx, float64(n), 0), "/organisations/"+x.Organisation+"/"+page+"?owner="+url.QueryEscape(x.Person), "")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(cmp.Or(x.PersonName, ui.T(ctx, "evidence.left"))), ui.Words(x.Name),
			at("plan", x.Tasks), at("requirements", x.Requirements), at("questions", x.Questions), at("evidence", x.Evidence)}})
	}
	return t
}

func invitationTable(ctx context.Context, list []tenant.Invitation, reach []ui.Option) ui.TableProps {
	t := ui.TableProps{ID: "invitations", Caption: ui.T(ctx, "pages.invitations.title"), Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.email")}, {Label: ui.T(ctx, "pages.field.role")}, {Label: ui.T(ctx, "access.reach")}, {Label: ui.T(ctx, "pages.invitations.until")},
		{Label: ui.T(ctx, "pages.invite.withdraw"), HideLabel: true}}}
	for _, i := range list {
		to := i.Email
		if to == "" {
			to = ui.T(ctx, "pages.invitations.anybody")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(to), ui.Words(ui.T(ctx, "pages.role."+string(i.Role))), ui.Words(reachName(reach, i.Organisation)),
			ui.Moment(i.ExpiresAt), withdrawForm(i.ID)}})
	}
	return t
}

// mostChange is how much of a value before and after is shown.
const mostChange = 300

func shorten(s string) string {
	if len(s) <= mostChange {
		return s
	}
	if r := []rune(s); len(r) > mostChange {
		return string(r[:mostChange]) + " …"
	}
	return s
}
