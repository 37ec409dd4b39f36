package api

import (
	"context"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
)

// ScopeAnswer is the answer to one question of the scope wizard.
type ScopeAnswer struct {
	Values  map[string][]string `json:"values,omitempty" doc:"By name of the field, as get-scope shows them."`
	Unknown bool                `json:"unknown,omitempty" doc:"The answer is not known; values are not looked at."`
}

func (s ScopeAnswer) input() onboarding.Input {
	return onboarding.Input{Values: s.Values, Unknown: s.Unknown}
}

// ScopeQuestion is one question of the scope wizard.
type ScopeQuestion struct {
	ID       string              `json:"id"`
	Step     string              `json:"step" enum:"activity,place,size,status,national"`
	Kind     string              `json:"kind" enum:"types,places,figure,group,yes-no,security,decision,country"`
	Text     string              `json:"text"`
	Why      string              `json:"why"`
	Citation string              `json:"citation"`
	Answered bool                `json:"answered"`
	Values   map[string][]string `json:"values" doc:"The answer as it stands."`
}

// ScopeProgress is what the answers so far lead to.
type ScopeProgress struct {
	Possible []string        `json:"possible" doc:"Classes that the answers leave, the strictest first."`
	Next     string          `json:"next,omitempty" doc:"Question to ask now; left out when no open one can change the answer."`
	Pending  int             `json:"pending" doc:"Open questions that can change the answer now."`
	Steps    []ScopeQuestion `json:"questions,omitempty"`
}

func progressOf(p onboarding.Progress) ScopeProgress {
	return ScopeProgress{Possible: list(p.Possible, func(c law.Class) string { return string(c) }), Next: p.Next, Pending: p.Pending}
}

func scopeQuestions(f *organisation.File, p *locale.Printer) []ScopeQuestion {
	return list(onboarding.Questions(), func(q onboarding.Question) ScopeQuestion {
		values := onboarding.Current(f, q).Values
		if values == nil {
			values = map[string][]string{}
		}
		return ScopeQuestion{q.ID, string(q.Step), string(q.Kind), p.T("wizard.q." + q.ID), p.T("wizard.q." + q.ID + ".why"), q.Citation, q.Answered(f), values}
	})
}

// ScopePath names a question of the scope wizard.
type ScopePath struct {
	At
	Question string `path:"scope_question" doc:"Id, as get-scope shows it."`
}

func scopeOperations(a *API) {
	in := area{a, "Facts and class"}
	load := func(ctx context.Context, v accounts.Visit, organisation, language string) (*versioned[ScopeProgress], error) {
		c, err := a.Clients.Load(ctx, v.Actor, organisation)
		if err != nil {
			return nil, err
		}
		out := progressOf(c.Interview())
		out.Steps = scopeQuestions(c.File, a.Messages.Printer(language))
		return &versioned[ScopeProgress]{tag(c.Organisation.Version), out}, nil
	}
	add(in, operation{id: "get-scope", route: "GET organisations/{organisation}/scope", summary: "The scope wizard: classes that are possible, the next question, all questions with their answers"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
		}) (*versioned[ScopeProgress], error) {
			return load(ctx, v, q.Organisation, q.Language)
		})
	add(in, operation{id: "answer-scope", route: "PUT organisations/{organisation}/scope/{scope_question}", summary: "Answer a question of the scope wizard"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			ScopePath
			Expecting
			Languages
			Body ScopeAnswer
		}) (*versioned[ScopeProgress], error) {
			version, err := a.expect(ctx, v, q.Organisation, q.Expecting)
			if err != nil {
				return nil, err
			}
			wrong, err := a.Clients.AnswerScope(ctx, v.Actor, q.Organisation, version, q.Question, q.Body.input())
			if err != nil {
				return nil, outdated(err)
			}
			if len(wrong) > 0 {
				return nil, wrongAnswer(wrong, a.Messages.Printer(q.Language))
			}
			return load(ctx, v, q.Organisation, q.Language)
		})
	add(in, operation{id: "preview-scope", route: "POST organisations/{organisation}/scope/{scope_question}/preview", summary: "What an answer would lead to; nothing is kept"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			ScopePath
			Body ScopeAnswer
		}) (*body[ScopeProgress], error) {
			p, err := a.Clients.PreviewScope(ctx, v.Actor, q.Organisation, q.Question, q.Body.input())
			return answerWith(progressOf(p), err)
		})
	add(in, operation{id: "compare-determination", route: "GET organisations/{organisation}/determinations/{id}/changes", summary: "Facts that may decide the scope and changed since a determination"},
		func(ctx context.Context, v accounts.Visit, q *One) (*body[Changes], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			for _, d := range c.Determinations {
				if d.ID == q.ID {
					changed, err := c.ChangedSince(d)
					return answerWith(Changes{list(changed, changeOf)}, err)
				}
			}
			return nil, missing("determination")
		})
}

func wrongAnswer(wrong onboarding.Wrong, p *locale.Printer) error {
	var out fault.List
	for name, why := range wrong {
		out = append(out, &fault.Error{Kind: fault.Invalid, Field: "values." + name, What: p.Say(why)})
	}
	return out
}

// FieldChange is a field of the facts with its values then and now, as JSON.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func changeOf(d organisation.Difference) FieldChange {
	return FieldChange{d.Field, d.Before, d.After}
}

// Changes is what changed.
type Changes struct {
	Items []FieldChange `json:"items"`
}

// HomePage is where an organisation stands.
type HomePage struct {
	Class      string     `json:"class"`
	Scores     []Score    `json:"scores"`
	PointsThen *float64   `json:"points_then,omitempty" doc:"Thirty days before; left out when it is not known."`
	Deadlines  []Deadline `json:"deadlines" doc:"Of the law, the first one first."`
	Next       []Task     `json:"next" doc:"Open tasks, by due day."`
	Overdue    int        `json:"overdue_tasks"`
	Expiring   []Evidence `json:"expiring_evidence" doc:"Expired, or within ninety days."`
	Changes    []Entry    `json:"changes" doc:"Of the last fourteen days, newest first; empty for roles that do not read the ledger."`
	Waiting    []Approval `json:"waiting_approvals"`
	Deciders   []string   `json:"deciders" doc:"Names of the members of the management body, who approve."`
	Recorders  []string   `json:"recorders" doc:"Names of others who may record what the management body decided."`
}

// Deadline is a day by which the law asks something.
type Deadline struct {
	ID       string   `json:"id" doc:"The same for the same duty on every day."`
	On       law.Date `json:"on"`
	Text     string   `json:"text"`
	Citation string   `json:"citation,omitempty"`
}

func (a *API) homeOf(h clients.Home, p *locale.Printer) HomePage {
	out := HomePage{Class: string(h.In.Scope.Class), Scores: list(h.In.Posture.Scores, scoreOf), Overdue: h.Overdue,
		Deadlines: list(h.Deadlines, func(d clients.Deadline) Deadline { return Deadline{d.ID, d.On, p.Say(d.Text), d.Law} }),
		Next:      list(h.Next, taskOf), Changes: list(h.Changes, entryOf), Waiting: list(h.Waiting, approvalOf)}
	if h.PointsThen >= 0 {
		out.PointsThen = &h.PointsThen
	}
	out.Expiring = list(h.Expiring, func(e clients.Expiry) Evidence { return a.evidenceOf(e.Evidence) })
	name := func(m tenant.Member) string { return m.Name }
	out.Deciders, out.Recorders = list(h.Board, name), list(h.Recorders, name)
	return out
}
