package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/law"
)

// TaskInput is what a task says.
type TaskInput struct {
	Title        string     `json:"title" maxLength:"20000"`
	Body         string     `json:"body,omitempty" maxLength:"20000"`
	State        string     `json:"state,omitempty" enum:"todo,doing,blocked,done,dropped" default:"todo"`
	Phase        string     `json:"phase,omitempty"`
	Requirements []string   `json:"requirements,omitempty"`
	Measures     []string   `json:"measures,omitempty"`
	After        []string   `json:"after,omitempty" doc:"Ids of tasks that come first."`
	Owner        string     `json:"owner,omitempty" doc:"Id of a member."`
	Role         string     `json:"role,omitempty"`
	Effort       [2]float64 `json:"effort_person_days,omitempty" doc:"From, to."`
	CostCents    int64      `json:"cost_cents,omitempty" minimum:"0"`
	Currency     string     `json:"currency,omitempty" doc:"ISO 4217."`
	Start        law.Date   `json:"start,omitempty"`
	Due          law.Date   `json:"due,omitempty"`
	EveryMonths  int        `json:"every_months,omitempty" minimum:"0" maximum:"240"`
	Priority     float64    `json:"priority,omitempty"`
	Position     float64    `json:"position,omitempty" doc:"On the board, within the state."`
}

// Task is a task of the plan.
type Task struct {
	ID string `json:"id"`
	TaskInput
	Origin    string    `json:"origin,omitempty" doc:"Task of the computed plan that it came from."`
	DoneAt    time.Time `json:"done_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

func taskOf(t planning.Task) Task {
	return Task{t.ID, TaskInput{t.Title, t.Body, string(t.State), t.Phase, t.Requirements, t.Measures, t.After, t.Owner, t.Role, t.Effort, t.CostCents, t.Currency,
		t.Start, t.Due, t.EveryMonths, t.Priority, t.Position}, t.Origin, t.DoneAt, t.UpdatedAt, t.Version}
}

// onto is a task with what the program said; what it cannot say stays.
func (i TaskInput) onto(t planning.Task) planning.Task {
	t.Title, t.Body, t.State, t.Phase, t.Requirements, t.Measures, t.After = i.Title, i.Body, planning.State(i.State), i.Phase, i.Requirements, i.Measures, i.After
	t.Owner, t.Role, t.Effort, t.CostCents, t.Currency = i.Owner, i.Role, i.Effort, i.CostCents, i.Currency
	if t.Due != i.Due {
		t.DueBecause = law.Message{}
	}
	t.Start, t.Due, t.EveryMonths, t.Priority, t.Position = i.Start, i.Due, i.EveryMonths, i.Priority, i.Position
	return t
}

// Added is how many there are more.
type Added struct {
	Added int `json:"added"`
}

func planOperations(a *API) {
	in := area{a, "Plan"}
	add(in, operation{id: "list-tasks", route: "GET organisations/{organisation}/tasks", summary: "The tasks of the plan, by due day"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Task]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(c.Tasks, taskOf), func(t Task) string { return t.ID }, q.Paging)
		})
	add(in, operation{id: "get-task", route: "GET organisations/{organisation}/tasks/{id}", summary: "One task"},
		func(ctx context.Context, v accounts.Visit, q *One) (*versioned[Task], error) {
			t, err := a.task(ctx, v, q.Organisation, q.ID)
			if err != nil {
				return nil, err
			}
			return &versioned[Task]{tag(t.Version), taskOf(t)}, nil
		})
	add(in, operation{id: "add-task", route: "POST organisations/{organisation}/tasks", summary: "Add a task", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body TaskInput
		}) (*body[created], error) {
			id, err := a.Clients.AddTask(ctx, v.Actor, q.Organisation, q.Body.onto(planning.Task{}))
			return answerWith(created{id}, err)
		})
	add(in, operation{id: "change-task", route: "PUT organisations/{organisation}/tasks/{id}", summary: "Change a task; a recurring one that is done is followed by the next"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Expecting
			Body TaskInput
		}) (*none, error) {
			t, err := a.task(ctx, v, q.Organisation, q.ID)
			if err != nil {
				return nil, err
			}
			if t.Version, err = q.version(); err != nil {
				return nil, err
			}
			return nil, outdated(a.Clients.PutTask(ctx, v.Actor, q.Organisation, q.Body.onto(t)))
		})
	add(in, operation{id: "remove-task", route: "DELETE organisations/{organisation}/tasks/{id}", summary: "Take a task out of the plan"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Clients.RemoveTask(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "adopt-plan", route: "POST organisations/{organisation}/plan/adopt", summary: "Add the tasks of the computed plan that are not there yet"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Only []string `json:"only,omitempty" doc:"Ids of the computed plan; all when it is left out."`
			} `required:"false"`
		}) (*body[Added], error) {
			n, err := a.Clients.AdoptPlan(ctx, v.Actor, q.Organisation, q.Body.Only...)
			return answerWith(Added{n}, err)
		})
}

func (a *API) task(ctx context.Context, v accounts.Visit, organisation, id string) (planning.Task, error) {
	c, err := a.Clients.Load(ctx, v.Actor, organisation)
	if err != nil {
		return planning.Task{}, err
	}
	for _, t := range c.Tasks {
		if t.ID == id {
			return t, nil
		}
	}
	return planning.Task{}, missing("task")
}

// Approval is a decision of the management body on a frozen version.
type Approval struct {
	ID          string    `json:"id"`
	Subject     string    `json:"subject"`
	SHA256      string    `json:"sha256" doc:"Of the version."`
	File        string    `json:"file,omitempty" doc:"Id of the file with the version."`
	RequestedBy string    `json:"requested_by"`
	RequestedAt time.Time `json:"requested_at"`
	Decision    string    `json:"decision" enum:"waiting,approved,rejected"`
	DecidedBy   string    `json:"decided_by,omitempty"`
	DecidedAt   time.Time `json:"decided_at,omitzero"`
	Note        string    `json:"note,omitempty"`
}

func approvalOf(x board.Approval) Approval {
	return Approval{x.ID, x.Subject, x.SHA256, x.File, x.RequestedBy, x.RequestedAt, string(x.Decision), x.DecidedName, x.DecidedAt, x.Note}
}

// TrainingInput is what a training record says (Article 20(2)).
type TrainingInput struct {
	Name       string   `json:"name" maxLength:"20000" doc:"Who was trained."`
	Person     string   `json:"person,omitempty" doc:"Id, when the trainee has an account."`
	Management bool     `json:"management,omitempty" doc:"Member of the management body."`
	Course     string   `json:"course" maxLength:"20000"`
	On         law.Date `json:"on"`
	ValidUntil law.Date `json:"valid_until,omitempty"`
	Minutes    int      `json:"minutes,omitempty" minimum:"0" maximum:"100000"`
	Evidence   string   `json:"evidence,omitempty"`
}

func (i TrainingInput) record(id string, version int64) board.Training {
	return board.Training{ID: id, Person: i.Person, Name: i.Name, Management: i.Management, Course: i.Course, On: i.On, ValidUntil: i.ValidUntil,
		Minutes: i.Minutes, Evidence: i.Evidence, Version: version}
}

// Training is a training record.
type Training struct {
	ID string `json:"id"`
	TrainingInput
	Version int64 `json:"version"`
}

func trainingOf(t board.Training) Training {
	return Training{t.ID, TrainingInput{t.Name, t.Person, t.Management, t.Course, t.On, t.ValidUntil, t.Minutes, t.Evidence}, t.Version}
}

func boardOperations(a *API) {
	in := area{a, "Board"}
	add(in, operation{id: "list-approvals", route: "GET organisations/{organisation}/approvals", summary: "Approvals of the management body, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Approval]], error) {
			all, err := a.Clients.Approvals(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(all, approvalOf), func(x Approval) string { return x.ID }, q.Paging)
		})
	add(in, operation{id: "approve", route: "POST organisations/{organisation}/approvals", summary: "Ask the management body to approve the present version, or decide (Article 20(1))", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Subject  string `json:"subject" enum:"measures,plan"`
				Decision string `json:"decision" enum:"waiting,approved,rejected"`
				Note     string `json:"note,omitempty" maxLength:"20000"`
			}
		}) (*body[Approval], error) {
			x, err := a.Clients.Approve(ctx, v.Actor, q.Organisation, q.Body.Subject, board.Decision(q.Body.Decision), q.Body.Note)
			return answerWith(approvalOf(x), err)
		})
	add(in, operation{id: "list-trainings", route: "GET organisations/{organisation}/trainings", summary: "Training records, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Training]], error) {
			all, err := a.Clients.Trainings(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(all, trainingOf), func(t Training) string { return t.ID }, q.Paging)
		})
	add(in, operation{id: "add-training", route: "POST organisations/{organisation}/trainings", summary: "Add a training record", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body TrainingInput
		}) (*body[created], error) {
			id, err := a.Clients.PutTraining(ctx, v.Actor, q.Organisation, q.Body.record("", 0))
			return answerWith(created{id}, err)
		})
	add(in, operation{id: "change-training", route: "PUT organisations/{organisation}/trainings/{id}", summary: "Change a training record"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Expecting
			Body TrainingInput
		}) (*none, error) {
			version, err := a.expect(ctx, v, q.Organisation, q.Expecting)
			if err != nil {
				return nil, err
			}
			_, err = a.Clients.PutTraining(ctx, v.Actor, q.Organisation, q.Body.record(q.ID, version))
			return nil, outdated(err)
		})
	add(in, operation{id: "remove-training", route: "DELETE organisations/{organisation}/trainings/{id}", summary: "Delete a training record"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Clients.RemoveTraining(ctx, v.Actor, q.Organisation, q.ID)
		})
}
