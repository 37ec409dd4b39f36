package pages

import (
	"context"
	"net/http"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) suggestionRoutes(add adder) {
	const page = client + "/suggestions"
	add(Client, "GET "+page, s.suggestions)
	add(Client, "POST "+page+"/accept", s.decideSuggestion)
	add(Client, "POST "+page+"/dismiss", s.decideSuggestion)
}

// suggested is what the page of suggestions shows.
type suggested struct {
	r       *http.Request
	c       clients.Client
	sources [][]workbench.Proposal // by source
	lenders []workbench.Lender
	lender  string
	may     bool
}

func (s *Site) suggestions(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	actor := visitOf(r).Actor
	x := suggested{r: r, c: c, lender: r.FormValue("from")}
	all, err := s.bench.Proposals(r.Context(), actor, c.Organisation.ID, x.lender)
	if err != nil {
		return err
	}
	if x.lenders, err = s.bench.Lenders(r.Context(), actor, c.Organisation.ID); err != nil {
		return err
	}
	for _, p := range all {
		if n := len(x.sources); n > 0 && x.sources[n-1][0].Source == p.Source {
			x.sources[n-1] = append(x.sources[n-1], p)
			continue
		}
		x.sources = append(x.sources, []workbench.Proposal{p})
	}
	_, denied := actor.Organisation(r.Context(), c.Organisation.ID, authz.AssignedEdit)
	x.may = denied == nil
	p := s.clientFrame(r, c, "suggestions")
	p.Lead = ui.T(r.Context(), "workbench.suggestions.lead")
	return ui.Render(w, r, http.StatusOK, suggestionsPage(p, x))
}

// decideSuggestion accepts or dismisses one suggestion, or all of a source.
func (s *Site) decideSuggestion(w http.ResponseWriter, r *http.Request) error {
	actor, organisation, source := visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("source")
	var questions []string
	if q := r.PostFormValue("question"); q != "" {
		questions = []string{q}
	}
	var err error
	if strings.HasSuffix(r.URL.Path, "/accept") {
		_, err = s.bench.Accept(r.Context(), actor, organisation, source, questions)
	} else {
		err = s.bench.Dismiss(r.Context(), actor, organisation, source, questions)
	}
	if err != nil {
		return err
	}
	back := "suggestions"
	if from := r.PostFormValue("from"); from != "" {
		back += "?from=" + escape(from)
	}
	return guard.Redirect(w, r, clientURL(r, back))
}

// noSuggestions says where suggestions come from, to who may ask for some.
func noSuggestions(x suggested) ui.Empty {
	out := ui.Empty{Title: ui.T(x.r.Context(), "workbench.suggestions.none")}
	if can(x.r, authz.DelegationManage) {
		out.Text = ui.T(x.r.Context(), "workbench.suggestions.none.text")
		out.Action = ui.ButtonProps{Text: ui.T(x.r.Context(), "pages.client.delegations"), URL: clientURL(x.r, "delegations")}
	}
	return out
}

func sourceTitle(ctx context.Context, p workbench.Proposal) string {
	return ui.T(ctx, "workbench.from."+p.Kind(), "name", p.From)
}

func lenderOptions(ctx context.Context, x suggested) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "workbench.lender.none")}}
	for _, l := range x.lenders {
		if !l.Template {
			out = append(out, ui.Option{Value: l.ID, Label: l.Name, Selected: l.ID == x.lender})
		}
	}
	return out
}

// chosenTexts are the texts of chosen options.
func chosenTexts(q catalog.Question, chosen []string) []string {
	var out []string
	for _, o := range optionsWith(q, chosen) {
		if o.Selected {
			out = append(out, o.Label)
		}
	}
	return out
}
