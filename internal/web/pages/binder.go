package pages

import (
	"errors"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) binderRoutes(add adder) {
	add(Client, "GET "+client+"/binder", s.binderPage)
	add(Client, "GET "+client+"/binder.pdf", s.binderFile)
	add(Client, "GET "+client+"/binder.html", s.binderFile)
	add(Client, "GET "+client+"/binder/copies/{copy}", s.binderCopy)
	add(Client, "POST "+client+"/binder/refresh", s.refreshBinder)
	add(Client, "POST "+client+"/binder/mail", s.mailBinder)
}

// binderView is the page of the binder.
type binderView struct {
	incidents.BinderStanding
	may, decide bool
	errors      ui.Errors
}

// binderPage says what the binder is for, how fresh the kept copies are, and leads to
// its files.
func (s *Site) binderPage(w http.ResponseWriter, r *http.Request) error {
	return s.showBinder(w, r, nil)
}

func (s *Site) showBinder(w http.ResponseWriter, r *http.Request, wrong ui.Errors) (err error) {
	v := binderView{may: can(r, authz.IncidentEdit), decide: can(r, authz.IncidentDecide), errors: wrong}
	if v.BinderStanding, err = s.incidents.BinderStanding(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	p := s.clientFrame(r, c, "incidents")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "incidents")})
	p.Title, p.Lead = ui.T(r.Context(), "binder.title"), ui.T(r.Context(), "binder.lead")
	return ui.Render(w, r, statusOf(wrong), binderPage(r, p, v))
}

func (s *Site) refreshBinder(w http.ResponseWriter, r *http.Request) error {
	if err := s.incidents.RefreshBinder(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "binder"))
}

func (s *Site) mailBinder(w http.ResponseWriter, r *http.Request) error {
	err := s.incidents.MailBinder(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), strings.Split(r.PostFormValue("receivers"), "\n"))
	if wrong, ok := ui.ErrorsOf(r.Context(), err); err != nil && ok {
		return s.showBinder(w, r, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "binder"))
}

// binderCopy hands out a kept copy.
func (s *Site) binderCopy(w http.ResponseWriter, r *http.Request) (err error) {
	hash, ok := strings.CutSuffix(r.PathValue("copy"), ".pdf")
	if !ok {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such file"}
	}
	c, file, err := s.incidents.BinderCopy(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), hash)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	guard.Download(w, `attachment; filename="incident-binder-`+ui.DayOf(r.Context(), c.At).String()+`.pdf"`)
	w.Header().Set("Content-Type", "application/pdf")
	_, err = io.Copy(w, file)
	return err
}

// binderTone says how fresh the kept binder is: what to show of it, and how bad it is.
// ok is false when there is nothing to say.
func binderTone(b incidents.BinderStanding) (key string, tone ui.Tone, ok bool) {
	_, kept := b.Kept()
	switch {
	case !kept:
		return "binder.state.none", ui.Partly, true
	case b.Changed:
		return "binder.state.changed", ui.Bad, true
	case b.Old():
		return "binder.state.old", ui.Partly, true
	}
	return "binder.state.fresh", ui.Good, false
}

// staleBinder is what the pages of an organisation say of a binder that should be
// printed anew; ok is false when it is fresh, nobody keeps one, or the person does not
// see incidents.
func (s *Site) staleBinder(r *http.Request) (b incidents.BinderStanding, ok bool) {
	if !can(r, authz.IncidentRead) {
		return b, false
	}
	b, err := s.incidents.BinderStanding(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	_, kept := b.Kept()
	return b, err == nil && kept && (b.Changed || b.Old())
}

func (v binderView) copies(r *http.Request) ui.TableProps {
	ctx := r.Context()
	t := ui.TableProps{ID: "copies", Caption: ui.T(ctx, "binder.copies"), HideCaption: true, Columns: []ui.Column{{Label: ui.T(ctx, "binder.copy.made")}, {Label: ui.T(ctx, "binder.copy.hash")},
		{Label: ui.T(ctx, "binder.copy.open"), HideLabel: true, Narrow: true}}, Empty: ui.Empty{Title: ui.T(ctx, "binder.copies.none"), Text: ui.T(ctx, "binder.copies.none.text")}}
	for _, c := range v.Copies {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(c.At), wholeHash(c.SHA256), ui.LinkCell("PDF", clientURL(r, "binder/copies/"+c.SHA256+".pdf"), ui.T(ctx, "reports.kilobytes", "size", (c.Size+1023)/1024))}})
	}
	return t
}

// binderFile hands out the binder as it is now, in the language of the organisation.
func (s *Site) binderFile(w http.ResponseWriter, r *http.Request) error {
	binder, err := s.incidents.Binder(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	return handOut(w, binder.Document(s.messages.Printer(binder.Language)), binder.FileName(path.Ext(r.URL.Path)))
}
