package pages

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) suggestionRoutes(add adder) {
	const page = client + "/suggestions"
	add(Client, "GET "+page, s.suggestions)
	add(Client, "POST "+page+"/accept", s.decideSuggestion)
	add(Client, "POST "+page+"/dismiss", s.decideSuggestion)
	add(Client, "POST "+page+"/undo", s.undoSuggestions)
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
	flash, err := s.decidedFlash(r)
	if err != nil {
		return err
	}
	p.Flashes = append(p.Flashes, flash...)
	return ui.Render(w, r, http.StatusOK, suggestionsPage(p, x))
}

// decideSuggestion accepts or dismisses one suggestion, or all of a source.
func (s *Site) decideSuggestion(w http.ResponseWriter, r *http.Request) error {
	actor, organisation, source := visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("source")
	var questions []string
	if q := r.PostFormValue("question"); q != "" {
		questions = []string{q}
	}
	act := s.bench.Dismiss
	if strings.HasSuffix(r.URL.Path, "/accept") {
		act = s.bench.Accept
	}
	done, err := act(r.Context(), actor, organisation, source, questions)
	if err != nil {
		return err
	}
	return backToSuggestions(w, r, done.Mark)
}

// undoSuggestions takes back all that one act accepted or dismissed.
func (s *Site) undoSuggestions(w http.ResponseWriter, r *http.Request) error {
	mark := r.PostFormValue("mark")
	out, err := s.clients.UndoBulk(r.Context(), visitOf(r).Actor, []string{r.PathValue("organisation")}, mark)
	if err != nil {
		return err
	}
	if out[0].Err != nil {
		return out[0].Err
	}
	return backToSuggestions(w, r, mark)
}

// backToSuggestions leads to the page, which then says what the act of the mark did.
func backToSuggestions(w http.ResponseWriter, r *http.Request, mark string) error {
	query := url.Values{"done": {mark}}
	if from := r.PostFormValue("from"); from != "" {
		query.Set("from", from)
	}
	return guard.Redirect(w, r, clientURL(r, "suggestions?"+query.Encode()))
}

// decidedFlash says what the act of the address did, and takes the whole of it back.
func (s *Site) decidedFlash(r *http.Request) ([]ui.Flash, error) {
	ctx, organisation := r.Context(), r.PathValue("organisation")
	d, err := s.bench.Decided(ctx, visitOf(r).Actor, organisation, r.FormValue("done"))
	if fault.KindOf(err) == fault.Forbidden {
		return nil, nil
	}
	if err != nil || d.Count == 0 {
		return nil, err
	}
	did := string(d.State)
	if d.Undone {
		did = "undone"
	}
	f := ui.Flash{Tone: ui.Good, Text: ui.T(ctx, "workbench.suggestions.did."+did, "count", d.Count)}
	if d.Stands && mayRestore(r, organisation) && ui.From(ctx).Now.Sub(d.At) < clients.UndoFor {
		f.Undo = ui.Undo{Action: clientURL(r, "suggestions/undo"), Fields: map[string]string{"mark": d.Mark, "from": r.FormValue("from")},
			Note: ui.T(ctx, "ledger.undo.until", "when", ui.MomentText(ctx, d.At.Add(clients.UndoFor)))}
	}
	return []ui.Flash{f}, nil
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
