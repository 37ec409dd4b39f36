package pages

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/base/useragent"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func label(r *http.Request, key string) string { return ui.T(r.Context(), "pages.field."+key) }

func startFields(r *http.Request, e ui.Errors) []ui.Field {
	return append([]ui.Field{
		field(r, e, ui.Field{Name: "workspace", Label: label(r, "workspace"), Hint: ui.T(r.Context(), "pages.start.workspace.hint"), Required: true, Autocomplete: "organization", MaxLength: 200}),
	}, personFields(r, e, "")...)
}

// kindField is the kind of a new workspace.
func kindField(r *http.Request, e ui.Errors) ui.Field {
	return ui.Field{Name: "kind", Label: ui.T(r.Context(), "pages.start.kind"), Required: true, Error: e["kind"]}
}

// personFields are name, address and a new password.
func personFields(r *http.Request, e ui.Errors, email string) []ui.Field {
	return []ui.Field{
		field(r, e, ui.Field{Name: "name", Label: label(r, "name"), Required: true, Autocomplete: "name", MaxLength: 200}),
		field(r, e, ui.Field{Name: "email", Label: label(r, "email"), Required: true, Autocomplete: "email", Value: email}),
		field(r, e, ui.Field{Name: "password", Label: label(r, "password"), Hint: ui.T(r.Context(), "pages.password.hint"), Required: true, Autocomplete: "new-password"}),
	}
}

func signInFields(r *http.Request, e ui.Errors) []ui.Field {
	return []ui.Field{
		field(r, e, ui.Field{Name: "email", Label: label(r, "email"), Required: true, Autocomplete: "username"}),
		field(r, e, ui.Field{Name: "password", Label: label(r, "password"), Required: true, Autocomplete: "current-password"}),
		codeField(r, e),
	}
}

func codeField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "code", Label: label(r, "code"), Hint: ui.T(r.Context(), "pages.code.hint"),
		Autocomplete: "one-time-code", InputMode: "text", MaxLength: 24})
}

// firstCodeField takes the code that confirms a new second factor.
func firstCodeField(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "code", Label: ui.T(r.Context(), "pages.factor.code"), Hint: ui.T(r.Context(), "pages.factor.code.hint"), Required: true,
		Autocomplete: "one-time-code", InputMode: "numeric", MaxLength: 12})
}

func joinFields(r *http.Request, o accounts.Offer, e ui.Errors) []ui.Field {
	return personFields(r, e, o.Invitation.Email)
}

func passwordFields(r *http.Request, e ui.Errors) []ui.Field {
	return []ui.Field{
		field(r, e, ui.Field{Name: "old", Label: label(r, "old_password"), Required: true, Autocomplete: "current-password"}),
		field(r, e, ui.Field{Name: "password", Label: label(r, "new_password"), Hint: ui.T(r.Context(), "pages.password.hint"), Required: true, Autocomplete: "new-password"}),
	}
}

// pick keeps the errors of one form of a page that has several.
func pick(e ui.Errors, names ...string) ui.Errors {
	out := ui.Errors{}
	for _, n := range names {
		if e[n] != "" {
			out[n] = e[n]
		}
	}
	return out
}

func sessionTable(ctx context.Context, v accounts.Visit, sessions []account.Session) ui.TableProps {
	t := ui.TableProps{ID: "sessions", Caption: ui.T(ctx, "pages.sessions.title"), Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.sessions.device")}, {Label: ui.T(ctx, "pages.sessions.from")},
		{Label: ui.T(ctx, "pages.sessions.seen")}, {Label: ui.T(ctx, "pages.sessions.end"), HideLabel: true}}}
	for _, s := range sessions {
		var end templ.Component = ui.Tag(ui.T(ctx, "pages.sessions.this"))
		if s.ID != v.Session.ID {
			end = revokeButton(s.ID)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(useragent.Name(s.Device)), ui.Words(s.From), ui.Ago(s.SeenAt), end}})
	}
	return t
}
