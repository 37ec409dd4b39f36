package pages

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// asideTable lists templates, or what is in the archive.
func asideTable(ctx context.Context, list []tenant.Organisation, archived, manage bool) ui.TableProps {
	id, none := "templates", "manage.templates.none"
	if archived {
		id, none = "archive", "manage.archive.none"
	}
	t := ui.TableProps{ID: id, Caption: ui.T(ctx, "manage."+id), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.name")}, {Label: ui.T(ctx, "manage.changed"), Narrow: true}, {Label: ui.T(ctx, "manage.actions"), HideLabel: true, Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, none), Text: ui.T(ctx, none+".text")}}
	for _, o := range list {
		if o.Archived != archived {
			continue
		}
		kind := ui.T(ctx, "pages.kind."+string(o.Kind))
		if o.Template {
			kind = ui.T(ctx, "manage.template")
		}
		var act templ.Component = ui.Words("")
		switch {
		case manage && archived:
			act = restoreForm(o.ID)
		case manage:
			act = ui.Button(ui.ButtonProps{Text: ui.T(ctx, "manage.template.use"), URL: "/organisations/new?from=" + escape(o.ID)})
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(o.Name, "/organisations/"+o.ID, kind), ui.Ago(o.UpdatedAt), act}})
	}
	return t
}

// templateOptions are what a new organisation can be copied from.
func templateOptions(ctx context.Context, templates []tenant.Organisation, chosen string) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "manage.from.nothing"), Selected: chosen == ""}}
	for _, o := range templates {
		out = append(out, ui.Option{Value: o.ID, Label: o.Name, Selected: o.ID == chosen})
	}
	return out
}

func cloneField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "name", ID: "clone-name", Label: ui.T(r.Context(), "manage.clone.name"), Required: true, MaxLength: 200, Autocomplete: "off"})
}

func templateField(r *http.Request, c clients.Client, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "template_name", Label: ui.T(r.Context(), "manage.template.name"), Required: true, MaxLength: 200, Autocomplete: "off",
		Value: ui.T(r.Context(), "manage.template.of", "name", c.Organisation.Name)})
}

func renameField(r *http.Request, c clients.Client, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "legal_name", Label: ui.T(r.Context(), "manage.name.legal"), Hint: ui.T(r.Context(), "manage.name.hint"),
		Value: c.Organisation.Name, Required: true, MaxLength: 300, Autocomplete: "off"})
}

func tagsField(r *http.Request, c clients.Client, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "tags", Label: ui.T(r.Context(), "manage.tags"), Hint: ui.T(r.Context(), "manage.tags.hint"),
		Value: strings.Join(c.Organisation.Tags, ", "), Autocomplete: "off"})
}

func firstOptions(c clients.Client, q catalog.Question) []ui.Option {
	var out []ui.Option
	given := answerOf(c, q.ID).Options
	for _, o := range q.Options {
		chosen := false
		for _, g := range given {
			chosen = chosen || g == o.ID
		}
		out = append(out, ui.Option{Value: o.ID, Label: o.Text, Selected: chosen})
	}
	return out
}

// firstGaps are the gaps that weigh most.
func firstGaps(ctx context.Context, c clients.Client) ui.TableProps {
	t := ui.TableProps{ID: "gaps", Caption: ui.T(ctx, "report.board.risks"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.requirement")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "report.gaps.none"), Text: ui.T(ctx, "manage.first.no_gaps")}}
	for _, g := range assessing.TopGaps(c.In, 8) {
		req, _ := c.In.Catalogue.Get(g.Requirement)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(req.Title, "", ui.Cite(ctx, req.Citation)), ui.StatusBadge(status(ctx, g.Status))}})
	}
	return t
}
