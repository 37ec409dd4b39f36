package pages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/delegating"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) delegationRoutes(add adder) {
	const page = client + "/delegations"
	add(Client, "GET "+page, s.delegations)
	add(Client, "POST "+page, s.delegate)
	add(Client, "POST "+page+"/withdraw", s.withdrawDelegation)
	add(Public, "GET /answer/{token}", s.guest(s.answerSheet))
	add(Public, "POST /answer/{token}/save", s.guest(s.saveGuestAnswer))
	add(Public, "POST /answer/{token}/hand-in", s.guest(s.handIn))
	add(Public, "GET /answered", s.answered)
}

func (s *Site) delegations(w http.ResponseWriter, r *http.Request) error {
	return s.showDelegations(w, r, nil, "")
}

// delegationsShown is what the page of delegations shows; link is a new one, shown
// once.
type delegationsShown struct {
	r      *http.Request
	c      clients.Client
	list   []delegating.Progress
	errors ui.Errors
	link   string
	langs  []string
}

func (s *Site) showDelegations(w http.ResponseWriter, r *http.Request, e ui.Errors, link string) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	x := delegationsShown{r: r, c: c, errors: e, link: link, langs: s.messages.Languages()}
	if x.list, err = s.links.List(r.Context(), visitOf(r).Actor, c.Organisation.ID); err != nil {
		return err
	}
	p := s.clientFrame(r, c, "delegations")
	p.Lead = ui.T(r.Context(), "delegation.lead")
	return ui.Render(w, r, statusOf(e), delegationsPage(p, x))
}

func (s *Site) delegate(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil {
		days = 0 // refused with the range
	}
	d := delegating.Draft{Title: r.PostFormValue("title"), Questions: r.PostForm["question"], Recipient: r.PostFormValue("recipient"),
		Email: r.PostFormValue("email"), Language: r.PostFormValue("language"), Days: days, Direct: r.PostFormValue("direct") == "yes"}
	if topics := r.PostForm["topic"]; len(topics) > 0 {
		c, err := s.load(r)
		if err != nil {
			return err
		}
		for _, t := range topics {
			for _, q := range questionsOf(c, t) {
				d.Questions = append(d.Questions, q.ID)
			}
		}
	}
	if !slices.Contains(s.messages.Languages(), d.Language) {
		d.Language = ""
	}
	_, token, err := s.links.Create(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), d)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showDelegations(w, r, e, "")
	}
	if err != nil {
		return err
	}
	scheme := "http://"
	if s.secure {
		scheme = "https://"
	}
	r.Form, r.PostForm = url.Values{}, url.Values{} // the form is empty again, for the next one
	return s.showDelegations(w, r, nil, scheme+r.Host+delegating.Page(token))
}

func (s *Site) withdrawDelegation(w http.ResponseWriter, r *http.Request) error {
	if err := s.links.Withdraw(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("id")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "delegations"))
}

// guest wraps what is behind a secret address: it is limited per address of the visitor, no search
// engine keeps it, and no other site learns it.
func (s *Site) guest(h guard.Handler) guard.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Referrer-Policy", "strict-origin")
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		var failed error
		limited := s.guard.Rate(s.guests, guard.ByAddress)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { failed = h(w, r) }))
		limited.ServeHTTP(w, r)
		return failed
	}
}

// sheet opens what is behind the link of the address, in its own language.
func (s *Site) sheet(r *http.Request) (*http.Request, delegating.Sheet, error) {
	sheet, err := s.links.Open(r.Context(), r.PathValue("token"), s.device(r).Address)
	if err != nil {
		return r, sheet, err
	}
	v := s.view(r)
	v.Printer, v.Accent, v.Zone = s.messages.Printer(sheet.Language), sheet.Colour, sheet.Zone
	return r.WithContext(ui.With(r.Context(), v)), sheet, nil
}

func (s *Site) answerSheet(w http.ResponseWriter, r *http.Request) error {
	r, sheet, err := s.sheet(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, sheetPage(r, sheet))
}

func guestURL(r *http.Request, page string) string {
	return delegating.Page(r.PathValue("token")) + page
}

func (s *Site) saveGuestAnswer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	question := r.PostFormValue("question")
	if err := s.links.Save(r.Context(), r.PathValue("token"), s.device(r).Address, question, r.PostForm["option"], r.PostFormValue("note")); err != nil {
		return err
	}
	if !partial(r) {
		return guard.Redirect(w, r, guestURL(r, "")+"#"+anchor(question))
	}
	r, sheet, err := s.sheet(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, sheetProgress(sheet, true))
}

func (s *Site) handIn(w http.ResponseWriter, r *http.Request) error {
	_, sheet, err := s.sheet(r)
	if err != nil {
		return err
	}
	if err := s.links.HandIn(r.Context(), r.PathValue("token"), s.device(r).Address); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/answered?language="+escape(sheet.Language))
}

// answered thanks whoever handed in. It says nothing of what was answered.
func (s *Site) answered(w http.ResponseWriter, r *http.Request) error {
	if language := r.FormValue("language"); slices.Contains(s.messages.Languages(), language) {
		v := s.view(r)
		v.Printer = s.messages.Printer(language)
		r = r.WithContext(ui.With(r.Context(), v))
	}
	return ui.Render(w, r, http.StatusOK, answeredPage())
}

// answeredOf is how many questions of a sheet have an answer.
func answeredOf(s delegating.Sheet) int {
	n := 0
	for _, q := range s.Questions {
		if len(s.Answers[q.ID].Options) > 0 {
			n++
		}
	}
	return n
}

func delegationTable(ctx context.Context, x delegationsShown) ui.TableProps {
	t := ui.TableProps{ID: "delegations", Caption: ui.T(ctx, "pages.client.delegations"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "delegation.recipient")}, {Label: ui.T(ctx, "delegation.progress")}, {Label: ui.T(ctx, "report.column.status")},
		{Label: ui.T(ctx, "delegation.until")}, {Label: ui.T(ctx, "delegation.withdraw"), HideLabel: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "delegation.none"), Text: ui.T(ctx, "delegation.none.text")}}
	for _, d := range x.list {
		note := d.Title
		if note == "" {
			note = d.Email
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(d.Recipient, "", note),
			ui.Words(ui.T(ctx, "delegation.answered", "n", d.Answered, "of", len(d.Questions))), ui.StatusBadge(delegationStatus(ctx, d)),
			ui.Moment(d.ExpiresAt), delegationActs(x, d)}})
	}
	return t
}

func delegationStatus(ctx context.Context, d delegating.Progress) ui.Status {
	switch {
	case d.HandedIn:
		return ui.Status{Tone: ui.Good, Word: ui.T(ctx, "delegation.state.handed_in")}
	case !d.ClosedAt.IsZero():
		return ui.Status{Tone: ui.Aside, Word: ui.T(ctx, "delegation.state.withdrawn")}
	case !d.Open(ui.From(ctx).Now):
		return ui.Status{Tone: ui.Bad, Word: ui.T(ctx, "delegation.state.expired")}
	}
	return ui.Status{Tone: ui.Open, Word: ui.T(ctx, "delegation.state.open")}
}

// reviewable reports whether answers of a link wait to be looked at.
func reviewable(ctx context.Context, d delegating.Progress) bool {
	return d.Answered > 0 && !d.Open(ui.From(ctx).Now) && !(d.Direct && d.HandedIn)
}

func topicOptions(ctx context.Context, x delegationsShown) []ui.Option {
	var out []ui.Option
	chosen := x.r.PostForm["topic"]
	for _, t := range topics() {
		n := len(questionsOf(x.c, t))
		if n == 0 {
			continue
		}
		text := "report.topic." + t
		if len(t) == 1 {
			text = "report.measure." + t
		}
		out = append(out, ui.Option{Value: t, Label: ui.T(ctx, text), Hint: ui.T(ctx, "delegation.questions", "count", n), Selected: slices.Contains(chosen, t)})
	}
	return out
}

func questionOptions(x delegationsShown) []ui.Option {
	var out []ui.Option
	for _, t := range topics() {
		for _, q := range questionsOf(x.c, t) {
			out = append(out, ui.Option{Value: q.ID, Label: q.Text, Selected: slices.Contains(x.r.PostForm["question"], q.ID)})
		}
	}
	return out
}

// delegationFields are the fields that errors name.
func delegationFields(x delegationsShown) []ui.Field {
	var out []ui.Field
	for _, name := range []string{"recipient", "email", "title", "language", "days", "topic", "question", "direct"} {
		out = append(out, delegationField(x, ui.Field{Name: name}))
	}
	return out
}

func delegationField(x delegationsShown, f ui.Field) ui.Field {
	f.Label = ui.T(x.r.Context(), "delegation."+f.Name)
	return field(x.r, x.errors, f)
}
