package api

import (
	"context"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/law"
)

// Correction is from which version, and why, a record is corrected.
type Correction struct {
	Version int64  `json:"version" doc:"The newest."`
	Reason  string `json:"reason" minLength:"1" maxLength:"500"`
}

// OfStrike strikes a record out.
type OfStrike struct {
	OfPart
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

// Checked is what a check of a file found.
type Checked struct {
	Intact bool `json:"intact" doc:"The bytes are those that were taken."`
}

// StepBody is a step of a playbook.
type StepBody struct {
	Title string `json:"title" minLength:"1" maxLength:"200"`
	Phase string `json:"phase" enum:"detect,contain,analyse,report,recover,learn"`
	Role  string `json:"role,omitempty"`
	Why   string `json:"why,omitempty" maxLength:"500"`
	Done  string `json:"done,omitempty" maxLength:"500"`
}

func (b StepBody) step() playbook.Step {
	return playbook.Step{Phase: playbook.Phase(b.Phase), Role: b.Role, Title: playbook.Text{"": b.Title}, Why: playbook.Text{"": b.Why}, Done: playbook.Text{"": b.Done}}
}

// stepOperations are playbooks, lessons, merging and splitting.
func stepOperations(a *API, in area, one string) {
	add(in, operation{id: "add-lesson", route: "POST " + one + "/lessons", summary: "Turn a lesson into a task of the plan", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Title       string   `json:"title" minLength:"1" maxLength:"200"`
				Body        string   `json:"body,omitempty" maxLength:"20000"`
				Risk        bool     `json:"risk,omitempty" doc:"A risk to be treated."`
				Due         law.Date `json:"due,omitzero" format:"date"`
				Requirement string   `json:"requirement,omitempty" maxLength:"120" doc:"Id of the requirement, and so the control, that becomes stronger. Left out: learning from incidents, or the treatment of risks."`
			}
		}) (*body[created], error) {
			t, err := a.Incidents.Learn(ctx, v.Actor, q.Organisation, q.Incident, incidents.Lesson{Title: q.Body.Title, Body: q.Body.Body, Risk: q.Body.Risk, Due: q.Body.Due, Requirement: q.Body.Requirement})
			return answerWith(created{t.ID}, err)
		})
	add(in, operation{id: "start-playbook", route: "POST " + one + "/playbooks/{part}", summary: "Make tasks of the steps of a playbook that the case does not have yet"},
		func(ctx context.Context, v accounts.Visit, q *OfPart) (*body[Added], error) {
			n, err := a.Incidents.StartPlaybook(ctx, v.Actor, q.Organisation, q.Incident, q.Part)
			return answerWith(Added{n}, err)
		})
	add(in, operation{id: "set-incident-step", route: "PUT " + one + "/steps/{part}", summary: "Say where a step stands"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPart
			Body struct {
				State string `json:"state" enum:"todo,doing,blocked,done,dropped"`
			}
		}) (*none, error) {
			return nil, a.Incidents.SetStep(ctx, v.Actor, q.Organisation, q.Incident, q.Part, planning.State(q.Body.State))
		})
	add(in, operation{id: "merge-incident", route: "POST " + one + "/merge", summary: "Let a case go on in another one", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Into   string `json:"into" doc:"Id of the other case."`
				Reason string `json:"reason" minLength:"1" maxLength:"2000"`
			}
		}) (*none, error) {
			return nil, a.Incidents.Merge(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Into, q.Body.Reason)
		})
	add(in, operation{id: "unmerge-incident", route: "POST " + one + "/unmerge", summary: "Take the merge of a case back", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"2000"`
			}
		}) (*none, error) {
			return nil, a.Incidents.Unmerge(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Reason)
		})
	add(in, operation{id: "split-incident", route: "POST " + one + "/split", summary: "Open a second case for a part that is another incident", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfIncident
			Body struct {
				Title  string `json:"title" minLength:"1" maxLength:"200"`
				Reason string `json:"reason" minLength:"1" maxLength:"2000"`
			}
		}) (*body[created], error) {
			i, err := a.Incidents.Split(ctx, v.Actor, q.Organisation, q.Incident, q.Body.Title, q.Body.Reason)
			return answerWith(created{i.ID}, err)
		})
	add(in, operation{id: "list-playbooks", route: "GET playbooks", summary: "Playbooks of the program and of the workspace"},
		func(ctx context.Context, v accounts.Visit, _ *struct{}) (*body[[]playbook.Playbook], error) {
			all, err := a.Incidents.Playbooks(ctx, v.Actor)
			return answerWith(list(all, itself), err)
		})
	add(in, operation{id: "add-playbook", route: "POST playbooks", summary: "Make a playbook of the workspace, empty or as a copy", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Title    string `json:"title,omitempty" maxLength:"200"`
				Copy     string `json:"copy,omitempty" doc:"Id of the one that is copied."`
				Language string `json:"language,omitempty" enum:"en,de,fr" default:"en"`
			}
		}) (*body[created], error) {
			id, err := a.Incidents.AddPlaybook(ctx, v.Actor, q.Body.Title, q.Body.Copy, q.Body.Language)
			return answerWith(created{id}, err)
		})
	add(in, operation{id: "add-playbook-step", route: "POST playbooks/{playbook}/steps", summary: "Add a step to a playbook of the workspace", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPlaybook
			Body StepBody
		}) (*none, error) {
			return nil, a.Incidents.AddStep(ctx, v.Actor, q.Playbook, q.Body.step())
		})
	add(in, operation{id: "change-playbook-step", route: "PUT playbooks/{playbook}/steps/{step}", summary: "Change a step of a playbook of the workspace; cases that have it keep it as it was", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPlaybook
			Step string `path:"step" doc:"Id."`
			Body struct {
				StepBody
				Place int `json:"place,omitempty" minimum:"0" maximum:"100" doc:"Number within its phase, from 1; 0 leaves it where it is."`
			}
		}) (*none, error) {
			x := q.Body.step()
			x.ID = q.Step
			return nil, a.Incidents.ChangeStep(ctx, v.Actor, q.Playbook, x, q.Body.Place)
		})
	add(in, operation{id: "rename-playbook", route: "PUT playbooks/{playbook}", summary: "Give a playbook of the workspace another title", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPlaybook
			Body struct {
				Title string `json:"title" minLength:"1" maxLength:"200"`
				About string `json:"about,omitempty" maxLength:"500"`
			}
		}) (*none, error) {
			return nil, a.Incidents.RenamePlaybook(ctx, v.Actor, q.Playbook, q.Body.Title, q.Body.About)
		})
	add(in, operation{id: "remove-playbook-step", route: "DELETE playbooks/{playbook}/steps/{step}", summary: "Take a step out of a playbook of the workspace"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfPlaybook
			Step string `path:"step" doc:"Id."`
		}) (*none, error) {
			return nil, a.Incidents.RemoveStep(ctx, v.Actor, q.Playbook, q.Step)
		})
	add(in, operation{id: "remove-playbook", route: "DELETE playbooks/{playbook}", summary: "Remove a playbook of the workspace; tasks that came from it stay"},
		func(ctx context.Context, v accounts.Visit, q *OfPlaybook) (*none, error) {
			return nil, a.Incidents.RemovePlaybook(ctx, v.Actor, q.Playbook)
		})
}
