package api

import (
	"context"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
)

// exerciseOperations play exercises.
func exerciseOperations(a *API, in area, one string) {
	const all = "organisations/{organisation}/exercises"
	type injectBody struct {
		After int    `json:"after_minutes" minimum:"0" doc:"After the begin, on the clock of the exercise."`
		Text  string `json:"text" minLength:"1" maxLength:"2000"`
	}
	add(in, operation{id: "list-exercises", route: "GET " + all, summary: "Exercises, newest first"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[[]incident.Exercise], error) {
			x, err := a.Incidents.Exercises(ctx, v.Actor, q.Organisation)
			return answerWith(list(x, func(e incidents.Exercise) incident.Exercise { return e.Exercise }), err)
		})
	add(in, operation{id: "begin-exercise", route: "POST " + all, summary: "Begin an exercise, from nothing, a playbook or a copy of a real case", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Title    string       `json:"title" minLength:"1" maxLength:"200"`
				Goal     string       `json:"goal,omitempty" maxLength:"20000"`
				People   string       `json:"people,omitempty" maxLength:"20000" doc:"Who takes part, one per line."`
				Playbook string       `json:"playbook,omitempty"`
				Copied   string       `json:"copied,omitempty" doc:"Id of a real case."`
				Zone     string       `json:"zone,omitempty" doc:"IANA name."`
				Injects  []injectBody `json:"injects,omitempty" maxItems:"100"`
			}
		}) (*body[created], error) {
			b := q.Body
			i, err := a.Incidents.BeginExercise(ctx, v.Actor, q.Organisation, incidents.Drill{Title: b.Title, Goal: b.Goal, People: b.People, Playbook: b.Playbook, Copied: b.Copied, Zone: b.Zone,
				Injects: list(b.Injects, func(n injectBody) incident.Inject { return incident.Inject{After: n.After, Text: n.Text} })})
			return answerWith(created{i.ID}, err)
		})
	add(in, operation{id: "move-exercise-clock", route: "POST " + one + "/exercise/clock", summary: "Move the clock of an exercise forward", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Minutes int `json:"minutes" minimum:"1"`
			}
		}) (*none, error) {
			return nil, a.Incidents.Forward(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Minutes)
		})
	add(in, operation{id: "add-inject", route: "POST " + one + "/exercise/injects", summary: "Add a message to an exercise", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body injectBody
		}) (*none, error) {
			return nil, a.Incidents.Inject(ctx, v.Actor, q.Organisation, q.Incident, incident.Inject{After: q.Body.After, Text: q.Body.Text})
		})
	add(in, operation{id: "give-inject", route: "POST " + one + "/exercise/injects/{number}", summary: "Give a message of an exercise now", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Number int `path:"number" minimum:"0" doc:"Place in the list, from 0."`
		}) (*none, error) {
			return nil, a.Incidents.Give(ctx, v.Actor, q.Organisation, q.Incident, q.Number)
		})
	add(in, operation{id: "evaluate-exercise", route: "POST " + one + "/exercise/evaluation", summary: "End an exercise with its evaluation", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Findings []incident.Finding `json:"findings" maxItems:"100"`
				Summary  string             `json:"summary,omitempty" maxLength:"20000"`
			}
		}) (*none, error) {
			return nil, a.Incidents.Evaluate(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Findings, q.Body.Summary)
		})
	count := func(ctx context.Context, v accounts.Visit, organisation string, p Period) (*body[incident.Statistics], error) {
		from, _ := law.ParseDate(p.From) // no day is refused below
		to, _ := law.ParseDate(p.To)
		s, err := a.Incidents.Statistics(ctx, v.Actor, organisation, from, to)
		return answerWith(s, err)
	}
	add(in, operation{id: "get-incident-statistics", route: "GET organisations/{organisation}/incident-statistics", summary: "Figures of the incidents of an organisation"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Period
		}) (*body[incident.Statistics], error) {
			return count(ctx, v, q.Organisation, q.Period)
		})
	add(in, operation{id: "get-all-incident-statistics", route: "GET incident-statistics", summary: "Figures of the incidents of all organisations in reach"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Period }) (*body[incident.Statistics], error) {
			return count(ctx, v, "", q.Period)
		})
}
