package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) scopeRoutes(add adder) {
	add(Client, "GET "+client+"/scope", s.scope)
	add(Client, "POST "+client+"/scope", s.answerScope)
	add(Client, "POST "+client+"/scope/preview", s.previewScope)
	add(Client, "GET "+client+"/scope/result", s.scopeResult)
}

// scopeView is one screen of the scope wizard.
type scopeView struct {
	client   clients.Client
	progress onboarding.Progress
	question onboarding.Question
	in       onboarding.Input        // as it stands in the facts, or as it was typed
	rows     []onboarding.Enterprise // of the question about the group, with blank ones
	errors   ui.Errors
	back     string // id of the question before; "" when this is the first
	conflict bool
	year     int               // today
	find     string            // what entity types are looked for
	words    map[string]string // further words that people use for an entity type, by its id
}

// scope shows the question of the address, or the next that can change the answer.
func (s *Site) scope(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	id := r.FormValue("question")
	if id == "" {
		id = c.Interview().Next
	}
	if id == "" {
		return guard.Redirect(w, r, clientURL(r, "scope/result"))
	}
	q, ok := onboarding.Find(id)
	if !ok {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such question"}
	}
	return s.showScope(w, r, http.StatusOK, scopeView{client: c, question: q, in: onboarding.Current(c.File, q)})
}

func (s *Site) showScope(w http.ResponseWriter, r *http.Request, status int, v scopeView) error {
	v.progress = v.client.Interview()
	v.year = visitOf(r).Actor.Day(s.clock.Now()).Year
	v.back = questionBefore(v.client.File.Asked, v.question.ID)
	if v.question.Kind == onboarding.Group && v.rows == nil {
		v.rows = withBlanks(v.in.Rows())
	}
	if v.question.Kind == onboarding.Types {
		v.words = s.typeWords()
	}
	p := s.clientFrame(r, v.client, "scope")
	p.Title = ui.T(r.Context(), "wizard.q."+v.question.ID)
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "wizard.title"), URL: clientURL(r, "scope")})
	return ui.Render(w, r, status, scopePage(r, p, v))
}

// questionBefore is the question that was answered before this one.
func questionBefore(asked []string, id string) string {
	i := slices.Index(asked, id)
	switch {
	case i > 0:
		return asked[i-1]
	case i < 0 && len(asked) > 0:
		return asked[len(asked)-1]
	}
	return ""
}

// blanks is how many empty rows for enterprises a page offers.
const blanks = 2

func withBlanks(rows []onboarding.Enterprise) []onboarding.Enterprise {
	for range blanks {
		rows = append(rows, onboarding.Enterprise{Relation: onboarding.LinkedTo, Investor: onboarding.No})
	}
	return rows
}

func inputOf(r *http.Request) onboarding.Input {
	return onboarding.Input{Values: r.PostForm, Unknown: r.PostForm.Get("unknown") != ""}
}

func (s *Site) answerScope(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Field: "version", What: "the version is missing", Expected: "the form of this page"}
	}
	v := scopeView{in: inputOf(r)}
	if v.question, err = s.scopeQuestionOf(r); err != nil {
		return err
	}
	if ui.FilterAsked(r.PostForm, typesWanted) {
		v.find = strings.TrimSpace(r.PostFormValue(typesWanted))
	} else if r.PostFormValue("more") == "" {
		wrong, err := s.clients.AnswerScope(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), version, v.question.ID, v.in)
		v.conflict = fault.KindOf(err) == fault.Conflict
		if err != nil && !v.conflict {
			return err
		}
		if err == nil && len(wrong) == 0 {
			return guard.Redirect(w, r, clientURL(r, "scope"))
		}
		v.errors = ui.Errors{}
		for name, m := range wrong {
			v.errors[name] = ui.Say(r.Context(), m)
		}
	} else {
		v.rows = withBlanks(v.in.Rows())
	}
	if v.client, err = s.load(r); err != nil {
		return err
	}
	status := statusOf(v.errors)
	if v.conflict {
		status = http.StatusConflict
	}
	if v.rows == nil && v.question.Kind == onboarding.Group {
		v.rows = v.in.Rows()
	}
	return s.showScope(w, r, status, v)
}

func (s *Site) scopeQuestionOf(r *http.Request) (onboarding.Question, error) {
	q, ok := onboarding.Find(r.PostFormValue("question"))
	if !ok {
		return q, &fault.Error{Kind: fault.NotFound, Field: "question", What: "there is no such question"}
	}
	return q, nil
}

// previewScope is the side panel for an answer that is not stored yet.
func (s *Site) previewScope(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	p, err := s.clients.PreviewScope(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("question"), inputOf(r))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, soFar(p))
}

// resultView is what the result page shows beside the client.
type resultView struct {
	progress onboarding.Progress
	reopened *assessment.Determination // the newest, when it was re-opened
	changes  []ui.Change               // since then
}

func (s *Site) scopeResult(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	v := resultView{progress: c.Interview()}
	if len(c.Determinations) > 0 && !c.Determinations[0].ReopenedAt.IsZero() {
		v.reopened = &c.Determinations[0]
		changed, err := c.ChangedSince(*v.reopened)
		if err != nil {
			return err
		}
		v.changes = factChanges(r.Context(), c.File, changed)
	}
	p := s.clientFrame(r, c, "scope")
	p.Title, p.Lead = ui.T(r.Context(), "wizard.title"), ui.T(r.Context(), "wizard.lead")
	return ui.Render(w, r, http.StatusOK, scopeResultPage(r, p, c, v))
}
