package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// FrozenVersion is an approval with the version that it is about.
type FrozenVersion struct {
	Approval
	Version json.RawMessage `json:"version" doc:"Class, facts, scores, statuses, statements and tasks as they were frozen."`
	Since   []Difference    `json:"since" doc:"What is no longer as it was."`
}

// Difference is one thing that changed since a version.
type Difference struct {
	Aspect string `json:"aspect" enum:"class,fact,status,added,removed,task"`
	Name   string `json:"name,omitempty"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

func approvalOperations(a *API) {
	in := area{a, "Board"}
	add(in, operation{id: "get-approval", route: "GET organisations/{organisation}/approvals/{id}", summary: "An approval with the exact version that it is about, and what changed since"},
		func(ctx context.Context, v accounts.Visit, q *One) (*body[FrozenVersion], error) {
			x, version, since, err := a.Clients.Frozen(ctx, v.Actor, q.Organisation, q.ID)
			if err != nil {
				return nil, err
			}
			b, err := json.Marshal(version)
			return answerWith(FrozenVersion{approvalOf(x), b, list(since, func(d clients.Difference) Difference { return Difference(d) })}, err)
		})
	add(in, operation{id: "decide-approval", route: "POST organisations/{organisation}/approvals/{id}/decision", summary: "Approve or reject the version that an approval asks for (Article 20(1))", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Seen     string `json:"seen" doc:"SHA-256 of the version that was looked at."`
				Decision string `json:"decision" enum:"approved,rejected"`
				Note     string `json:"note,omitempty" maxLength:"20000"`
			}
		}) (*none, error) {
			return nil, a.Clients.Decide(ctx, v.Actor, q.Organisation, q.ID, q.Body.Seen, board.Decision(q.Body.Decision), q.Body.Note)
		})
}

// Outlook is what the overall score would be with tasks done.
type Outlook struct {
	Now   float64 `json:"now"`
	Then  float64 `json:"then"`
	Tasks int     `json:"tasks" doc:"How many of those that were named count."`
}

func boardOfTasksOperations(a *API) {
	in := area{a, "Plan"}
	add(in, operation{id: "move-task", route: "PUT organisations/{organisation}/tasks/{id}/place", summary: "Move a task on the board"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Expecting
			Body struct {
				State  string `json:"state" enum:"todo,doing,blocked,done,dropped"`
				Before string `json:"before,omitempty" doc:"Id of the task of that state which it stands before; at the end when it is left out."`
			}
		}) (*none, error) {
			version, err := a.expect(ctx, v, q.Organisation, q.Expecting)
			if err != nil {
				return nil, err
			}
			return nil, outdated(a.Clients.MoveTask(ctx, v.Actor, q.Organisation, clients.Move{Task: q.ID, Version: version, State: planning.State(q.Body.State), Before: q.Body.Before}))
		})
	add(in, operation{id: "change-tasks", route: "POST organisations/{organisation}/tasks/batch", summary: "Change several tasks; what is left out stays"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Tasks []string  `json:"tasks" minItems:"1" maxItems:"1000" doc:"Ids."`
				State *string   `json:"state,omitempty" enum:"todo,doing,blocked,done,dropped"`
				Owner *string   `json:"owner,omitempty" doc:"Id of a member; empty for nobody."`
				Due   *law.Date `json:"due,omitempty"`
			}
		}) (*body[Changed], error) {
			b := clients.Bulk{Owner: q.Body.Owner, Due: q.Body.Due}
			if q.Body.State != nil {
				s := planning.State(*q.Body.State)
				b.State = &s
			}
			n, refused, err := a.Clients.ChangeTasks(ctx, v.Actor, q.Organisation, q.Body.Tasks, b)
			return answerWith(Changed{n, list(refused, func(r clients.Refusal) Refusing { return Refusing{r.Task, a.why(ctx, r.Err)} })}, err)
		})
	add(in, operation{id: "what-if", route: "GET organisations/{organisation}/plan/what-if", summary: "The score with tasks done, of the plan or of the computed one"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Tasks []string `query:"tasks" doc:"Ids, separated by commas."`
		}) (*body[Outlook], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			done := tasksOf(c, q.Tasks)
			now, _ := c.In.Posture.Score("overall")
			return &body[Outlook]{Outlook{now.Points, posture.WhatIf(c.In.Posture, done).Points, len(done)}}, nil
		})
}

// tasksOf are the tasks of the plan and of the computed one that have the ids.
func tasksOf(c clients.Client, ids []string) []posture.Task {
	var done []posture.Task
	for _, t := range c.Tasks {
		if contains(ids, t.ID) && t.State.Open() {
			done = append(done, posture.Task{Requirements: t.Requirements})
		}
	}
	for _, t := range c.Proposed() {
		if contains(ids, t.ID) {
			done = append(done, t)
		}
	}
	return done
}

// why is a refusal in words; faults of the server itself are not shown.
func (a *API) why(ctx context.Context, err error) string {
	if fault.KindOf(err) == fault.Internal {
		return "something went wrong in the server"
	}
	return a.Messages.Printer(languageOf(ctx)).Failure(err.Error())
}
