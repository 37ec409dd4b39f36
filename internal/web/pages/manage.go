package pages

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/branding"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/posture"
)

func (s *Site) manageRoutes(add adder) {
	add(Workspace, "GET /templates", s.templates)
	add(Client, "GET "+client+"/manage", s.manage)
	add(Client, "POST "+client+"/clone", s.clone)
	add(Client, "POST "+client+"/as-template", s.asTemplate)
	add(Client, "POST "+client+"/archive", s.archive)
	add(Client, "POST "+client+"/name", s.rename)
	add(Client, "POST "+client+"/kind", s.setKind)
	add(Client, "POST "+client+"/tags", s.setTags)
	add(Client, "POST "+client+"/brand", s.setClientBrand)
	add(Client, "POST "+client+"/logo", s.setClientLogo)
	add(Client, "POST "+client+"/logo/remove", s.removeClientLogo)
	add(Client, "GET "+client+"/logo", s.clientLogo)
	add(Client, "GET "+client+"/pre-assessment", s.preAssessment)
	add(Client, "POST "+client+"/pre-assessment", s.answerFirst)
	add(Client, "GET "+client+"/pre-assessment.pdf", s.preAssessmentFile)
	add(Client, "GET "+client+"/pre-assessment.docx", s.preAssessmentFile)
}

// templates lists what the portfolio leaves out: templates and the archive.
func (s *Site) templates(w http.ResponseWriter, r *http.Request) error {
	aside, err := s.clients.Aside(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	_, denied := visitOf(r).Actor.Workspace(authz.OrganisationCreate)
	p := s.frame(r, ui.T(r.Context(), "manage.templates"), ui.T(r.Context(), "manage.templates.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.portfolio.title"), URL: "/"}}
	return ui.Render(w, r, http.StatusOK, templatesPage(p, aside, denied == nil))
}

// manage shows what an organisation is beside its facts, and what can be made of it.
func (s *Site) manage(w http.ResponseWriter, r *http.Request) error { return s.showManage(w, r, nil) }

func (s *Site) showManage(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	a := visitOf(r).Actor
	_, noCreate := a.Workspace(authz.OrganisationCreate)
	p := s.clientFrame(r, c, "manage")
	return ui.Render(w, r, statusOf(e), managePage(r, p, c, noCreate == nil, authz.Allows(c.Role, authz.OrganisationEdit), e))
}

// again shows the page with what is wrong with a form, or passes the error on.
func (s *Site) manageAgain(w http.ResponseWriter, r *http.Request, err error) error {
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showManage(w, r, e)
	}
	return err
}

func (s *Site) clone(w http.ResponseWriter, r *http.Request) error {
	o, err := s.clients.Clone(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), strings.TrimSpace(r.PostFormValue("name")), kindOf(r))
	if err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, "/organisations/"+o.ID)
}

// asTemplate turns a template back, or makes one: a copy, so that the client stays.
func (s *Site) asTemplate(w http.ResponseWriter, r *http.Request) error {
	id, a := r.PathValue("organisation"), visitOf(r).Actor
	if r.PostFormValue("on") != "yes" {
		if err := s.clients.SetTemplate(r.Context(), a, id, false); err != nil {
			return err
		}
		return guard.Redirect(w, r, "/templates")
	}
	o, err := s.clients.Clone(r.Context(), a, id, strings.TrimSpace(r.PostFormValue("template_name")), tenant.Client)
	var wrong *fault.Error
	if errors.As(err, &wrong) && wrong.Field == "name" {
		return s.showManage(w, r, ui.Errors{"template_name": ui.T(r.Context(), "manage.name.missing")})
	}
	if err == nil {
		err = s.clients.SetTemplate(r.Context(), a, o.ID, true)
	}
	if err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, "/templates")
}

func (s *Site) archive(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.Archive(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("on") == "yes"); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/templates")
}

// rename has a field of its own name: the page has another "name", of a copy.
func (s *Site) rename(w http.ResponseWriter, r *http.Request) error {
	err := s.clients.Rename(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("legal_name"))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showManage(w, r, ui.Errors{"legal_name": e["name"]})
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "manage"))
}

func (s *Site) setKind(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.SetKind(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), tenant.OrganisationKind(r.PostFormValue("kind"))); err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, clientURL(r, ""))
}

func (s *Site) setTags(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.Tag(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), strings.Split(r.PostFormValue("tags"), ",")); err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, clientURL(r, "manage"))
}

func (s *Site) setClientBrand(w http.ResponseWriter, r *http.Request) error {
	err := s.clients.SetBrand(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), version(r), r.PostFormValue("colour"), r.PostFormValue("prepared_by"))
	if err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, clientURL(r, "manage"))
}

func (s *Site) setClientLogo(w http.ResponseWriter, r *http.Request) error {
	file, err := uploaded(w, r, "logo", branding.MostLogo)
	if err == nil {
		err = s.clients.SetLogo(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), file)
	}
	if err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, clientURL(r, "manage"))
}

func (s *Site) removeClientLogo(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.RemoveLogo(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return s.manageAgain(w, r, err)
	}
	return guard.Redirect(w, r, clientURL(r, "manage"))
}

func (s *Site) clientLogo(w http.ResponseWriter, r *http.Request) error {
	png, err := s.clients.Logo(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	return sendLogo(w, png)
}

// brandFields are the fields of the looks of an organisation: colour, prepared by.
func brandFields(r *http.Request, c clients.Client, e ui.Errors) []ui.Field {
	b := c.Organisation.Brand
	hint := colourHint(r.Context(), b.Colour)
	if b.Colour == "" {
		hint = ui.T(r.Context(), "manage.brand.colour")
	}
	return []ui.Field{
		field(r, e, ui.Field{Name: "colour", Label: ui.T(r.Context(), "access.colour"), Hint: hint, Value: b.Colour, MaxLength: 7, Placeholder: "#1d5b79"}),
		field(r, e, ui.Field{Name: "prepared_by", Label: ui.T(r.Context(), "access.prepared_by"), Hint: ui.T(r.Context(), "access.prepared_by.hint"), Value: b.PreparedBy, MaxLength: 200}),
	}
}

// preAssessment is the free first look at a prospect: class, duties, ten questions,
// the gaps that they show.
func (s *Site) preAssessment(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	p := s.clientFrame(r, c, "pre_assessment")
	p.Lead = ui.T(r.Context(), "manage.first.lead")
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "pages.report.pdf"), URL: clientURL(r, "pre-assessment.pdf"), Icon: ui.IconDownload},
		{Text: ui.T(r.Context(), "pages.report.docx"), URL: clientURL(r, "pre-assessment.docx"), Icon: ui.IconFile}}
	return ui.Render(w, r, http.StatusOK, preAssessmentPage(r, p, c, authz.Allows(c.Role, authz.AssessmentEdit), authz.Allows(c.Role, authz.OrganisationEdit)))
}

// answerFirst saves the answers of the ten questions that changed.
func (s *Site) answerFirst(w http.ResponseWriter, r *http.Request) error {
	a, id := visitOf(r).Actor, r.PathValue("organisation")
	if _, err := a.Organisation(r.Context(), id, authz.AssessmentEdit); err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	for _, q := range assessing.FirstQuestions(c.In) {
		given, was := r.PostForm["option."+q.ID], answerOf(c, q.ID)
		if slices.Equal(given, was.Options) {
			continue
		}
		if len(given) == 0 {
			was.Note = "" // taken back, and the note with it
		}
		if _, _, err := s.clients.Answer(r.Context(), a, id, q.ID, given, was.Note); err != nil {
			return err
		}
	}
	return guard.Redirect(w, r, clientURL(r, "pre-assessment")+"#gaps")
}

func answerOf(c clients.Client, question string) posture.Answer {
	for _, a := range c.In.Statements.Answers {
		if a.Question == question {
			return a
		}
	}
	return posture.Answer{}
}

func (s *Site) preAssessmentFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.dressed(r)
	if err != nil {
		return err
	}
	return handOut(w, assessing.ComposeFirst(c.In, s.messages.Printer(languageOf(r.Context(), c))), path.Base(r.URL.Path))
}
