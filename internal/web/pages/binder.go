package pages

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"path"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) binderRoutes(add adder) {
	add(Client, "GET "+client+"/binder", s.binderPage)
	add(Client, "GET "+client+"/binder.pdf", s.binderFile)
	add(Client, "GET "+client+"/binder.html", s.binderFile)
}

// binderPage says what the binder is for and leads to its files.
func (s *Site) binderPage(w http.ResponseWriter, r *http.Request) error {
	if _, err := visitOf(r).Actor.Organisation(r.Context(), r.PathValue("organisation"), authz.IncidentRead); err != nil {
		return err
	}
	c, err := s.load(r)
	if err != nil {
		return err
	}
	p := s.clientFrame(r, c, "incidents")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "incidents")})
	p.Title, p.Lead = ui.T(r.Context(), "binder.title"), ui.T(r.Context(), "binder.lead")
	return ui.Render(w, r, http.StatusOK, binderPage(r, p))
}

// binderFile hands out the binder as it is now, in the language of the organisation.
func (s *Site) binderFile(w http.ResponseWriter, r *http.Request) error {
	binder, err := s.incidents.Binder(r.Context(), visitOf(r).Actor, r.PathValue("organisation"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	printer, ending := s.messages.Printer(binder.Language), path.Ext(r.URL.Path)
	contentType := "text/html; charset=utf-8"
	if ending == ".pdf" {
		contentType, err = "application/pdf", pdf.Write(&b, binder.Document(printer))
	} else {
		err = html.Write(&b, binder.Document(printer))
	}
	if err != nil {
		return fmt.Errorf("write the binder: %w", err)
	}
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "incident-binder-" + binder.On.UTC().Format("2006-01-02") + ending}))
	w.Header().Set("Content-Type", contentType)
	_, err = w.Write(b.Bytes())
	return err
}
