package pages

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	way "github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) authorityRoutes(add adder) {
	add(Client, "GET "+client+"/authorities", s.authorities)
	add(Client, "POST "+client+"/authorities", s.connectAuthority)
	add(Client, "POST "+client+"/authorities/register", s.registerAuthority)
	add(Client, "POST "+client+"/authorities/remove", s.removeAuthority)
}

// authoritiesView is the page of the authorities to which reports go by themselves.
type authoritiesView struct {
	client   clients.Client
	list     []way.Endpoint
	connect  ui.Errors // of the form for another authority
	register ui.Errors // of the form with a code
}

func (s *Site) authorities(w http.ResponseWriter, r *http.Request) error {
	return s.showAuthorities(w, r, authoritiesView{})
}

func (s *Site) showAuthorities(w http.ResponseWriter, r *http.Request, v authoritiesView) (err error) {
	if v.client, err = s.load(r); err != nil {
		return err
	}
	if v.list, err = s.filing.Endpoints(r.Context(), visitOf(r).Actor, v.client.Organisation.ID); err != nil {
		return err
	}
	p := s.clientFrame(r, v.client, "registration")
	p.Title, p.Lead = ui.T(r.Context(), "authorities.title"), ui.T(r.Context(), "authorities.lead")
	status := max(statusOf(v.connect), statusOf(v.register))
	return ui.Render(w, r, status, authoritiesPage(r, p, v))
}

func (s *Site) connectAuthority(w http.ResponseWriter, r *http.Request) error {
	_, err := s.filing.Connect(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), filing.Way{Authority: r.PostFormValue("authority"),
		Country: r.PostFormValue("country"), URL: r.PostFormValue("url"), AuthorityKey: r.PostFormValue("authority_key")})
	return s.afterAuthority(w, r, err, func(v *authoritiesView, e ui.Errors) { v.connect = e })
}

func (s *Site) registerAuthority(w http.ResponseWriter, r *http.Request) error {
	err := s.filing.Register(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("endpoint"), r.PostFormValue("code"))
	return s.afterAuthority(w, r, err, func(v *authoritiesView, e ui.Errors) { v.register = e })
}

func (s *Site) removeAuthority(w http.ResponseWriter, r *http.Request) error {
	err := s.filing.Disconnect(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("endpoint"))
	return s.afterAuthority(w, r, err, nil)
}

// afterAuthority shows the page again: with what is wrong beside the fields of the
// form, or by a redirect when all went well.
func (s *Site) afterAuthority(w http.ResponseWriter, r *http.Request, err error, keep func(*authoritiesView, ui.Errors)) error {
	if err == nil {
		return guard.Redirect(w, r, clientURL(r, "authorities"))
	}
	wrong, ok := ui.ErrorsOf(r.Context(), err)
	if !ok || keep == nil {
		return err
	}
	var v authoritiesView
	keep(&v, wrong)
	return s.showAuthorities(w, r, v)
}

func authorityFields(r *http.Request, e ui.Errors) []ui.Field {
	t := func(key string) string { return ui.T(r.Context(), "authorities."+key) }
	return []ui.Field{
		field(r, e, ui.Field{Name: "authority", Label: t("name"), Hint: t("name.hint"), Required: true, MaxLength: 300, Attributes: templ.Attributes{"list": "authority-names"}}),
		field(r, e, ui.Field{Name: "country", Label: t("country"), Hint: t("country.hint"), MaxLength: 2}),
		field(r, e, ui.Field{Name: "url", Label: t("url"), Hint: t("url.hint"), Required: true, MaxLength: 300}),
		field(r, e, ui.Field{Name: "authority_key", Label: t("key"), Hint: t("key.hint"), Required: true, MaxLength: 100}),
	}
}

// knownAuthorities are those that duties of the organisation name, as their countries
// say, to choose from.
func knownAuthorities(c clients.Client) (names []string) {
	for _, p := range c.In.Countries {
		for _, name := range []string{p.CSIRT.Value, p.Authority.Value} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func codeOfAuthority(r *http.Request, e ui.Errors) ui.Field {
	return field(r, e, ui.Field{Name: "code", Label: ui.T(r.Context(), "authorities.code"), Hint: ui.T(r.Context(), "authorities.code.hint"),
		Required: true, Autocomplete: "one-time-code", MaxLength: 200})
}

// unregistered are the options of the form with a code.
func unregistered(list []way.Endpoint) (out []ui.Option) {
	for _, e := range list {
		if e.RegisteredAt.IsZero() {
			out = append(out, ui.Option{Value: e.ID, Label: e.Authority})
		}
	}
	return out
}

func authorityTable(ctx context.Context, r *http.Request, v authoritiesView) ui.TableProps {
	t := ui.TableProps{ID: "authorities", Caption: ui.T(ctx, "authorities.title"), Columns: []ui.Column{
		{Label: ui.T(ctx, "authorities.name")}, {Label: ui.T(ctx, "authorities.url")}, {Label: ui.T(ctx, "authorities.registered")},
		{Label: ui.T(ctx, "authorities.remove"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "authorities.none"), Text: ui.T(ctx, "authorities.none.text")}}
	for _, e := range v.list {
		registered := ui.Words(ui.T(ctx, "authorities.waiting"))
		if !e.RegisteredAt.IsZero() {
			registered = ui.Moment(e.RegisteredAt)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(e.Authority), ui.Words(e.URL), registered, removeAuthorityForm(r, e.ID)}})
	}
	return t
}
