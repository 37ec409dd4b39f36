package pages

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// Programs is the interface for programs that lies beside the pages, and what its
// page says of it.
type Programs struct {
	Prefix     string // of its addresses
	Handler    http.Handler
	Problem    func(http.ResponseWriter, *http.Request, guard.Problem) // answers what goes wrong before or around Handler
	Document   string                                                  // address of its OpenAPI document
	Operations []Operation
}

// Operation is one thing that a program can do.
type Operation struct{ Method, Path, Summary, Area string }

// problem answers with a page, and programs with what they can read.
func (s *Site) problem() func(http.ResponseWriter, *http.Request, guard.Problem) {
	page := ui.ErrorPage(s.view)
	return func(w http.ResponseWriter, r *http.Request, p guard.Problem) {
		if s.programs.Problem != nil && strings.HasPrefix(r.URL.Path, s.programs.Prefix) {
			s.programs.Problem(w, r, p)
			return
		}
		page(w, r, p)
	}
}

func (s *Site) programRoutes(add adder) {
	add(Workspace, "GET /api", s.programPage)
}

func (s *Site) programPage(w http.ResponseWriter, r *http.Request) error {
	p := s.frame(r, ui.T(r.Context(), "programs.title"), ui.T(r.Context(), "programs.lead"))
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "programs.document"), URL: s.programs.Document, Icon: ui.IconDownload}}
	p.Wide = true
	return ui.Render(w, r, http.StatusOK, programsPage(p, s.programs))
}

// areas are the parts of the interface, in order of their operations.
func (p Programs) areas() []string {
	var out []string
	for _, o := range p.Operations {
		if !slices.Contains(out, o.Area) {
			out = append(out, o.Area)
		}
	}
	slices.Sort(out)
	return out
}

func operationTable(ctx context.Context, p Programs, area string) ui.TableProps {
	t := ui.TableProps{ID: "operations-" + anchorOf(area), Caption: area, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "programs.summary")}, {Label: ui.T(ctx, "programs.method"), Narrow: true}, {Label: ui.T(ctx, "programs.address")}}}
	for _, o := range p.Operations {
		if o.Area == area {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(o.Summary), ui.Words(o.Method), code(o.Path)}})
		}
	}
	return t
}

// anchorOf is a text as part of an element id.
func anchorOf(text string) string {
	out := []byte{}
	for _, c := range []byte(text) {
		switch {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			out = append(out, c)
		default:
			out = append(out, '-')
		}
	}
	return string(out)
}
