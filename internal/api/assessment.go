package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Answer is what was answered to a question.
type Answer struct {
	Options   []string  `json:"options"`
	Note      string    `json:"note,omitempty"`
	By        string    `json:"by"`
	On        law.Date  `json:"on"`
	Source    string    `json:"source" doc:"person, import, delegation, suggestion or template"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Option is one answer that a question offers.
type Option struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Question is a question of the catalogue with its answer, if there is one.
type Question struct {
	ID      string   `json:"id"`
	Topic   string   `json:"topic" doc:"Measure a to j, or governance, reporting, registration."`
	Text    string   `json:"text"`
	Why     string   `json:"why"`
	Type    string   `json:"type" enum:"choice,many"`
	Options []Option `json:"options"`
	Open    bool     `json:"open" doc:"Applies and has no answer."`
	Answer  *Answer  `json:"answer,omitempty"`
}

// Trace is one reason for a status.
type Trace struct {
	Kind    string   `json:"kind"`
	Ref     string   `json:"ref"`
	Says    string   `json:"says,omitempty"`
	On      law.Date `json:"on"`
	Counted bool     `json:"counted"`
	Text    string   `json:"text"`
}

// Requirement is a requirement with its status and why.
type Requirement struct {
	ID         string   `json:"id"`
	Framework  string   `json:"framework"`
	Kind       string   `json:"kind"`
	Citation   string   `json:"citation"`
	Title      string   `json:"title"`
	Measures   []string `json:"measures"`
	Status     string   `json:"status"`
	Confidence string   `json:"confidence,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	ExpiresOn  law.Date `json:"expires_on"`
	Trace      []Trace  `json:"trace"`
}

// AnswerResult is what an answer moved.
type AnswerResult struct {
	Before float64 `json:"points_before" doc:"Overall score before, 0 to 100."`
	After  float64 `json:"points_after"`
}

type QuestionPath struct {
	At
	Question string `path:"question" doc:"Id of the question."`
}

type RequirementPath struct {
	At
	Requirement string `path:"requirement" doc:"Id of the requirement."`
}

func assessmentOperations(a *API) {
	in := area{a, "Assessment"}
	add(in, operation{id: "list-questions", route: "GET organisations/{organisation}/questions", summary: "The questions with their answers"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
			Paging
		}) (*body[Page[Question]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(questionsOf(a.Catalogue.In(q.Language), c.Answers, c.In.Posture.OpenQuestions), func(q Question) string { return q.ID }, q.Paging)
		})
	add(in, operation{id: "answer-question", route: "PUT organisations/{organisation}/questions/{question}/answer", summary: "Answer a question"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			QuestionPath
			Body struct {
				Options []string `json:"options" minItems:"1" doc:"Ids of options; one unless the question takes many."`
				Note    string   `json:"note,omitempty" maxLength:"20000"`
			}
		}) (*body[AnswerResult], error) {
			before, after, err := a.Clients.Answer(ctx, v.Actor, q.Organisation, q.Question, q.Body.Options, q.Body.Note)
			return answerWith(AnswerResult{before.Points, after.Points}, err)
		})
	add(in, operation{id: "take-answer-back", route: "DELETE organisations/{organisation}/questions/{question}/answer", summary: "Take an answer back"},
		func(ctx context.Context, v accounts.Visit, q *QuestionPath) (*none, error) {
			_, _, err := a.Clients.Answer(ctx, v.Actor, q.Organisation, q.Question, nil, "")
			return nil, err
		})
	add(in, operation{id: "list-requirements", route: "GET organisations/{organisation}/requirements", summary: "The requirements that apply, with status and reasons"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
			Languages
			Measure string `query:"measure" enum:"a,b,c,d,e,f,g,h,i,j" doc:"Only those of this measure."`
			Status  string `query:"status" doc:"Only those with this status."`
		}) (*body[Page[Requirement]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			var out []Requirement
			p := a.Messages.Printer(q.Language)
			for _, r := range c.In.In(q.Language).Posture.Results {
				x := requirementOf(a.Catalogue.In(q.Language), r, p)
				if (q.Status == "" || x.Status == q.Status) && (q.Measure == "" || contains(x.Measures, q.Measure)) {
					out = append(out, x)
				}
			}
			return page(out, func(r Requirement) string { return r.ID }, q.Paging)
		})
	add(in, operation{id: "get-requirement", route: "GET organisations/{organisation}/requirements/{requirement}", summary: "One requirement with its status and reasons"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			RequirementPath
			Languages
		}) (*body[Requirement], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			for _, r := range c.In.In(q.Language).Posture.Results {
				if r.Requirement == q.Requirement {
					return &body[Requirement]{requirementOf(a.Catalogue.In(q.Language), r, a.Messages.Printer(q.Language))}, nil
				}
			}
			return nil, &fault.Error{Kind: fault.NotFound, What: "this requirement does not apply, or does not exist"}
		})
	add(in, operation{id: "assert-status", route: "PUT organisations/{organisation}/requirements/{requirement}/assertion", summary: "Set the status of a requirement by hand"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			RequirementPath
			Body struct {
				Status string `json:"status" enum:"met,partly,not_met"`
				Note   string `json:"note,omitempty" maxLength:"20000"`
			}
		}) (*none, error) {
			return nil, a.Clients.Assert(ctx, v.Actor, q.Organisation, posture.Assertion{Requirement: q.Requirement, Status: posture.Status(q.Body.Status), Note: q.Body.Note}, clients.AsItIs)
		})
	add(in, operation{id: "take-assertion-back", route: "DELETE organisations/{organisation}/requirements/{requirement}/assertion", summary: "Take a status back that was set by hand"},
		func(ctx context.Context, v accounts.Visit, q *RequirementPath) (*none, error) {
			return nil, a.Clients.Assert(ctx, v.Actor, q.Organisation, posture.Assertion{Requirement: q.Requirement}, clients.AsItIs)
		})
	exceptionOperations(a, in)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func questionsOf(cat *catalog.Catalogue, answers []assessment.Answer, open []string) []Question {
	given := map[string]assessment.Answer{}
	for _, x := range answers {
		given[x.Question] = x
	}
	var out []Question
	for _, q := range cat.Questions() {
		x := Question{ID: q.ID, Topic: q.Topic, Text: q.Text, Why: q.Why, Type: string(q.Type), Open: contains(open, q.ID),
			Options: list(q.Options, func(o catalog.Option) Option { return Option{o.ID, o.Text} })}
		if g, ok := given[q.ID]; ok {
			x.Answer = &Answer{some(g.Options), g.Note, g.By, g.On, string(g.Source), g.UpdatedAt}
		}
		out = append(out, x)
	}
	return out
}

func requirementOf(cat *catalog.Catalogue, r posture.Result, p *locale.Printer) Requirement {
	c, _ := cat.Get(r.Requirement)
	return Requirement{ID: r.Requirement, Framework: c.Framework, Kind: string(c.Kind), Citation: c.Citation, Title: c.Title, Measures: some(c.Measures),
		Status: string(r.Status), Confidence: string(r.Confidence), Reason: r.Reason, ExpiresOn: r.ExpiresOn,
		Trace: list(r.Trace, func(t posture.Trace) Trace {
			return Trace{string(t.Kind), t.Ref, string(t.Says), t.On, t.Counted, p.Say(t.Text)}
		})}
}

// Exception is a documented decision not to apply, or not yet to apply, a requirement.
type Exception struct {
	ID string `json:"id"`
	ExceptionInput
	Version int64 `json:"version"`
}

// ExceptionInput is what an exception says.
type ExceptionInput struct {
	Requirement  string   `json:"requirement"`
	Kind         string   `json:"kind" enum:"not_applicable,compensated,accepted"`
	Reason       string   `json:"reason" maxLength:"20000"`
	Compensation string   `json:"compensation,omitempty" maxLength:"20000"`
	ApprovedBy   string   `json:"approved_by" maxLength:"300"`
	On           law.Date `json:"on,omitempty" doc:"Today when it is left out."`
	Until        law.Date `json:"until,omitempty" doc:"No end when it is left out. A risk is accepted for a year at most, and needs one."`
}

func exceptionOperations(a *API, in area) {
	add(in, operation{id: "list-exceptions", route: "GET organisations/{organisation}/exceptions", summary: "Exceptions"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Exception]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(c.Exceptions, func(e assessment.Exception) Exception {
				return Exception{e.ID, ExceptionInput{e.Requirement, e.Kind, e.Reason, e.Compensation, e.ApprovedBy, e.On, e.Until}, e.Version}
			}), func(e Exception) string { return e.ID }, q.Paging)
		})
	add(in, operation{id: "put-exception", route: "POST organisations/{organisation}/exceptions", summary: "Make an exception, or change the one of the same requirement and kind", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body ExceptionInput
		}) (*body[created], error) {
			b := q.Body
			id, err := a.Clients.PutException(ctx, v.Actor, q.Organisation, posture.Exception{Requirement: b.Requirement, Kind: b.Kind, Reason: b.Reason,
				Compensation: b.Compensation, ApprovedBy: b.ApprovedBy, On: b.On, Until: b.Until}, clients.AsItIs)
			return answerWith(created{id}, err)
		})
	add(in, operation{id: "remove-exception", route: "DELETE organisations/{organisation}/exceptions/{id}", summary: "Take an exception back"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Clients.RemoveException(ctx, v.Actor, q.Organisation, q.ID)
		})
}
