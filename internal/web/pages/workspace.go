package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) workspaceRoutes(add adder) {
	add(Workspace, "GET /organisations/new", s.newOrganisation)
	add(Workspace, "POST /organisations", s.createOrganisation)
	add(Workspace, "POST /organisations/import", s.importOrganisation)
	add(Workspace, "GET /members", s.members)
	add(Workspace, "POST /members/invite", s.invite)
	add(Workspace, "POST /members/role", s.changeRole)
	add(Workspace, "POST /members/withdraw", s.withdraw)
}

func (s *Site) newOrganisation(w http.ResponseWriter, r *http.Request) error {
	return s.showNew(w, r, nil)
}

func (s *Site) showNew(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	templates, err := s.templatesOf(r)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "pages.organisation.new"), "")
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.portfolio.title"), URL: "/"}}
	if isAuthority(r) { // entities, not clients
		p = s.frame(r, ui.T(r.Context(), "authority.register.add"), "")
		p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "authority.register"), URL: "/authority/register"}}
	}
	return ui.Render(w, r, statusOf(e), newOrganisationPage(r, p, templates, e))
}

func kindOf(r *http.Request) tenant.OrganisationKind {
	switch k := tenant.OrganisationKind(r.FormValue("kind")); k {
	case tenant.Prospect, tenant.Own:
		return k
	}
	return tenant.Client
}

func (s *Site) createOrganisation(w http.ResponseWriter, r *http.Request) error {
	o, err := s.clients.Create(r.Context(), visitOf(r).Actor, clients.Draft{Name: r.PostFormValue("name"), Kind: kindOf(r), From: r.PostFormValue("from")})
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showNew(w, r, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/organisations/"+o.ID+"/scope")
}

// importOrganisation takes an organisation file as the command line uses it.
func (s *Site) importOrganisation(w http.ResponseWriter, r *http.Request) error {
	text := r.FormValue("text")
	f, err := organisation.Read("organisation.yaml", []byte(text))
	if err != nil {
		return s.showNew(w, r, ui.Errors{"text": ui.Failure(r.Context(), err.Error())})
	}
	o, err := s.clients.Import(r.Context(), visitOf(r).Actor, kindOf(r), f)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		var lines []string
		for _, m := range e {
			lines = append(lines, m)
		}
		return s.showNew(w, r, ui.Errors{"text": strings.Join(lines, "\n")})
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/organisations/"+o.ID)
}

func (s *Site) members(w http.ResponseWriter, r *http.Request) error {
	return s.showMembers(w, r, nil, invited{})
}

// invited is a new invitation: its link, shown once, and the address to which it is mailed.
type invited struct{ Link, Mailed string }

// showMembers shows the members, with what was wrong or a new invitation.
func (s *Site) showMembers(w http.ResponseWriter, r *http.Request, e ui.Errors, made invited) error {
	v := visitOf(r)
	members, invitations, err := s.accounts.Members(r.Context(), v)
	if err != nil {
		return err
	}
	reach, err := s.reachOptions(r)
	if err != nil {
		return err
	}
	left, err := s.clients.Stranded(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	_, denied := v.Actor.Workspace(authz.MembersManage)
	p := s.frame(r, ui.T(r.Context(), "pages.members.title"), "")
	return ui.Render(w, r, statusOf(e), membersPage(r, p, members, left, invitations, reach, denied == nil, e, made))
}

func (s *Site) invite(w http.ResponseWriter, r *http.Request) error {
	token, err := s.accounts.Invite(r.Context(), visitOf(r), r.PostFormValue("organisation"), r.PostFormValue("email"), tenant.Role(r.PostFormValue("role")))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showMembers(w, r, e, invited{})
	}
	if err != nil {
		return err
	}
	scheme := "http://"
	if s.secure {
		scheme = "https://"
	}
	made := invited{Link: scheme + r.Host + "/join/" + token}
	if s.accounts.CanMail() {
		made.Mailed = strings.TrimSpace(r.PostFormValue("email"))
	}
	r.PostForm, r.Form = url.Values{}, url.Values{} // the form is for the next invitation
	return s.showMembers(w, r, nil, made)
}

func (s *Site) changeRole(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.ChangeRole(r.Context(), visitOf(r), r.PostFormValue("person"), r.PostFormValue("organisation"), tenant.Role(r.PostFormValue("role")))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if fault.KindOf(err) == fault.Conflict && err != nil { // the last owner
		e, _ := ui.ErrorsOf(r.Context(), err)
		return s.showMembers(w, r, ui.Errors{"members": e[""]}, invited{})
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/members")
}

func (s *Site) withdraw(w http.ResponseWriter, r *http.Request) error {
	err := s.accounts.Withdraw(r.Context(), visitOf(r), r.PostFormValue("invitation"))
	if handled, failed := s.stepUpFirst(w, r, err); handled {
		return failed
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/members")
}
