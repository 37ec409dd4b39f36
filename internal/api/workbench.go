package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/exchange/workbook"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Assignment makes a member answer for a requirement or a question.
type Assignment struct {
	Kind   string   `json:"kind" enum:"requirement,question"`
	Object string   `json:"object" doc:"Id of the requirement or question."`
	Person string   `json:"person" doc:"Id of a member; empty takes it back."`
	Due    law.Date `json:"due,omitempty"`
}

// Comment is a remark.
type Comment struct {
	ID        string    `json:"id"`
	Author    string    `json:"author" doc:"Id."`
	Name      string    `json:"author_name"`
	Text      string    `json:"text"`
	Mentions  []string  `json:"mentions" doc:"Ids of those who are named after an @."`
	CreatedAt time.Time `json:"created_at"`
	EditedAt  time.Time `json:"edited_at,omitzero"`
}

func commentOf(c planning.Comment) Comment {
	return Comment{c.ID, c.Author, c.AuthorName, c.Body, some(c.Mentions), c.CreatedAt, c.EditedAt}
}

// Remark is the text of a comment.
type Remark struct {
	Text string `json:"text" minLength:"1" maxLength:"10000"`
}

// Colleague is somebody who may own tasks, evidence and requirements.
type Colleague struct {
	Person string `json:"person"`
	Name   string `json:"name"`
	Role   string `json:"role"`
}

// Suggestion is an answer that a source proposes.
type Suggestion struct {
	Source   string   `json:"source" doc:"Of the proposal: evidence, or delegation:, organisation: or workbook: with an id."`
	From     string   `json:"from,omitempty"`
	Question string   `json:"question"`
	Options  []string `json:"options"`
	Note     string   `json:"note,omitempty"`
	Why      string   `json:"why"`
	Now      []string `json:"now" doc:"The answer that stands."`
}

// Choice names suggestions of a source.
type Choice struct {
	Source    string   `json:"source" minLength:"1"`
	Questions []string `json:"questions,omitempty" doc:"All of the source when it is left out."`
}

// Contradiction is statements that cannot all be true.
type Contradiction struct {
	Kind         string   `json:"kind"`
	Text         string   `json:"text"`
	Requirements []string `json:"requirements"`
	Refs         []string `json:"refs" doc:"Answers, evidence and assertions that disagree."`
}

// Changed is what became of a change of several things.
type Changed struct {
	Changed int        `json:"changed"`
	Refused []Refusing `json:"refused"`
}

// Refusing is one that was left as it was.
type Refusing struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

func workbenchOperations(a *API) {
	in := area{a, "Assessment"}
	add(in, operation{id: "list-contradictions", route: "GET organisations/{organisation}/contradictions", summary: "Statements that cannot all be true"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
		}) (*body[ItemsOf[Contradiction]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			p := a.Messages.Printer(q.Language)
			return answerWith(ItemsOf[Contradiction]{list(c.In.In(q.Language).Posture.Contradictions, func(x posture.Contradiction) Contradiction {
				return Contradiction{string(x.Kind), p.Say(x.Text), some(x.Requirements), some(x.Refs)}
			})}, err)
		})
	add(in, operation{id: "change-requirements", route: "POST organisations/{organisation}/requirements/batch", summary: "One change of many requirements"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
			Body struct {
				Requirements []string `json:"requirements" minItems:"1" maxItems:"1000"`
				Act          string   `json:"act" enum:"owner,due,assert,not_applicable"`
				Person       string   `json:"person,omitempty" doc:"For owner; empty for nobody."`
				Due          law.Date `json:"due,omitempty"`
				Status       string   `json:"status,omitempty" enum:"met,partly,not_met"`
				Note         string   `json:"note,omitempty" maxLength:"20000" doc:"For assert; the reason for not_applicable."`
				ApprovedBy   string   `json:"approved_by,omitempty"`
			}
		}) (*body[Changed], error) {
			b := q.Body
			n, refused, err := a.Clients.Apply(ctx, v.Actor, q.Organisation, clients.Batch{Requirements: b.Requirements, Act: b.Act, Person: b.Person, Due: b.Due,
				Status: posture.Status(b.Status), Note: b.Note, ApprovedBy: b.ApprovedBy})
			p := a.Messages.Printer(q.Language)
			return answerWith(Changed{n, list(refused, func(r clients.Refused) Refusing { return Refusing{r.Requirement, p.Say(r.Why)} })}, err)
		})
	assignmentOperations(a, in)
	commentOperations(a, in)
	suggestionOperations(a, in)
	workbookOperations(a, in)
}

// ItemsOf is a list that comes whole.
type ItemsOf[T any] struct {
	Items []T `json:"items"`
}

func assignmentOperations(a *API, in area) {
	add(in, operation{id: "list-assignments", route: "GET organisations/{organisation}/assignments", summary: "Who answers for what"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ItemsOf[Assignment]], error) {
			d, err := a.Bench.Desk(ctx, v.Actor, q.Organisation, "")
			return answerWith(ItemsOf[Assignment]{list(d.Assignments, func(x assessment.Assignment) Assignment {
				return Assignment{x.Kind, x.Object, x.Person, x.Due}
			})}, err)
		})
	add(in, operation{id: "assign", route: "PUT organisations/{organisation}/assignments", summary: "Make a member answer for a requirement or a question, or take it back"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body Assignment
		}) (*none, error) {
			b := q.Body
			return nil, a.Clients.Assign(ctx, v.Actor, q.Organisation, assessment.Assignment{Kind: b.Kind, Object: b.Object, Person: b.Person, Due: b.Due}, clients.AsItIs)
		})
	add(in, operation{id: "list-colleagues", route: "GET organisations/{organisation}/colleagues", summary: "Who may own tasks, evidence and requirements"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ItemsOf[Colleague]], error) {
			all, err := a.Clients.Colleagues(ctx, v.Actor, q.Organisation)
			all = slices.DeleteFunc(all, func(m tenant.Member) bool { return !clients.CanWork(m) })
			return answerWith(ItemsOf[Colleague]{list(all, func(m tenant.Member) Colleague { return Colleague{m.Person, m.Name, string(m.Role)} })}, err)
		})
}

func commentOperations(a *API, in area) {
	add(in, operation{id: "list-comments", route: "GET organisations/{organisation}/requirements/{requirement}/comments", summary: "What was said about a requirement, oldest first"},
		func(ctx context.Context, v accounts.Visit, q *RequirementPath) (*body[ItemsOf[Comment]], error) {
			d, err := a.Bench.Desk(ctx, v.Actor, q.Organisation, q.Requirement)
			return answerWith(ItemsOf[Comment]{list(d.Comments, commentOf)}, err)
		})
	add(in, operation{id: "comment", route: "POST organisations/{organisation}/requirements/{requirement}/comments", summary: "Say something about a requirement; members named after an @ are told", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			RequirementPath
			Body Remark
		}) (*body[Comment], error) {
			c, err := a.Bench.Comment(ctx, v.Actor, q.Organisation, q.Requirement, q.Body.Text)
			return answerWith(commentOf(c), err)
		})
	add(in, operation{id: "list-task-comments", route: "GET organisations/{organisation}/tasks/{id}/comments", summary: "What was said about a task, oldest first"},
		func(ctx context.Context, v accounts.Visit, q *One) (*body[ItemsOf[Comment]], error) {
			all, err := a.Bench.TaskComments(ctx, v.Actor, q.Organisation, q.ID)
			return answerWith(ItemsOf[Comment]{list(all, commentOf)}, err)
		})
	add(in, operation{id: "comment-task", route: "POST organisations/{organisation}/tasks/{id}/comments", summary: "Say something about a task", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body Remark
		}) (*body[Comment], error) {
			c, err := a.Bench.CommentTask(ctx, v.Actor, q.Organisation, q.ID, q.Body.Text)
			return answerWith(commentOf(c), err)
		})
	add(in, operation{id: "edit-comment", route: "PUT organisations/{organisation}/comments/{id}", summary: "Change the text of one's own comment"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body Remark
		}) (*none, error) {
			return nil, a.Bench.EditComment(ctx, v.Actor, q.Organisation, q.ID, q.Body.Text)
		})
	add(in, operation{id: "remove-comment", route: "DELETE organisations/{organisation}/comments/{id}", summary: "Delete one's own comment"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Bench.RemoveComment(ctx, v.Actor, q.Organisation, q.ID)
		})
}

// Lender is an organisation whose answers can be proposed to another one.
type Lender struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Template bool   `json:"template"`
}

func suggestionOperations(a *API, in area) {
	add(in, operation{id: "list-suggestions", route: "GET organisations/{organisation}/suggestions", summary: "Answers that are proposed and were neither accepted nor dismissed"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
			Lender string `query:"lender" doc:"Id of an organisation whose answers are proposed too."`
		}) (*body[ItemsOf[Suggestion]], error) {
			all, err := a.Bench.Proposals(ctx, v.Actor, q.Organisation, q.Lender)
			p := a.Messages.Printer(q.Language)
			return answerWith(ItemsOf[Suggestion]{list(all, func(x workbench.Proposal) Suggestion {
				return Suggestion{x.Source, x.From, x.Question, some(x.Options), x.Note, p.Say(x.Why), some(x.Now)}
			})}, err)
		})
	add(in, operation{id: "list-lenders", route: "GET organisations/{organisation}/suggestions/lenders", summary: "Organisations whose answers can be proposed"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ItemsOf[Lender]], error) {
			if _, err := a.Clients.Load(ctx, v.Actor, q.Organisation); err != nil {
				return nil, err
			}
			all, err := a.Bench.Lenders(ctx, v.Actor, q.Organisation)
			return answerWith(ItemsOf[Lender]{list(all, func(l workbench.Lender) Lender { return Lender(l) })}, err)
		})
	add(in, operation{id: "accept-suggestions", route: "POST organisations/{organisation}/suggestions/accept", summary: "Take over what a source proposes"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body Choice
		}) (*body[Added], error) {
			d, err := a.Bench.Accept(ctx, v.Actor, q.Organisation, q.Body.Source, q.Body.Questions)
			return answerWith(Added{d.Count}, err)
		})
	add(in, operation{id: "dismiss-suggestions", route: "POST organisations/{organisation}/suggestions/dismiss", summary: "Set aside what a source proposes", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body Choice
		}) (*none, error) {
			_, err := a.Bench.Dismiss(ctx, v.Actor, q.Organisation, q.Body.Source, q.Body.Questions)
			return nil, err
		})
}

// WorkbookChange is one answer that a filled workbook proposes.
type WorkbookChange struct {
	Question string   `json:"question"`
	Options  []string `json:"options" doc:"None takes the answer back."`
	Note     string   `json:"note,omitempty" maxLength:"20000"`
	Version  int64    `json:"version,omitempty" doc:"Of the answer that it replaces; 0: there is none."`
	Cell     string   `json:"cell,omitempty" doc:"Where it stands in the workbook."`
	Conflict bool     `json:"conflict,omitempty" doc:"Somebody changed the answer since the workbook was written."`
}

// WorkbookDuty is who shall answer for something, as a filled workbook proposes.
type WorkbookDuty struct {
	Kind     string   `json:"kind" enum:"question,requirement,task"`
	Object   string   `json:"object" doc:"Id of the question, the requirement or the task."`
	Person   string   `json:"person,omitempty" doc:"Nobody takes the duty back."`
	Due      law.Date `json:"due,omitempty" doc:"Empty: no target day."`
	Version  int64    `json:"version,omitempty" doc:"Of the assignment or the task that it changes; 0: there is none."`
	Cell     string   `json:"cell,omitempty" doc:"Where the owner stands in the workbook."`
	Conflict bool     `json:"conflict,omitempty" doc:"Somebody changed it since the workbook was written."`
}

// WorkbookPreview is what a filled workbook would change.
type WorkbookPreview struct {
	Changes   []WorkbookChange `json:"changes"`
	Duties    []WorkbookDuty   `json:"duties"`
	Problems  []Refusing       `json:"problems" doc:"id is the cell."`
	Unchanged int              `json:"unchanged"`
}

// sheet is a request whose body is a workbook.
type sheet struct {
	At
	Languages
	file []byte
}

// Resolve takes the body as it comes.
func (s *sheet) Resolve(c huma.Context) []error {
	b, err := io.ReadAll(c.BodyReader())
	if err != nil {
		return []error{err}
	}
	s.file = b
	return nil
}

func place(p workbook.Place) string { return p.Sheet + "!" + p.Cell }

func workbookOperations(a *API, in area) {
	stream(in, operation{id: "get-workbook", route: "GET organisations/{organisation}/workbook", summary: "The questions as a workbook (XLSX), to be filled and sent back", produces: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
		}) (*huma.StreamResponse, error) {
			b, err := a.Clients.Workbook(ctx, v.Actor, q.Organisation, q.Language)
			if err != nil {
				return nil, err
			}
			p := a.Messages.Printer(q.Language)
			for i := range b.Requirements {
				b.Requirements[i].Status = p.T("report.status." + b.Requirements[i].Status)
			}
			var out bytes.Buffer
			err = workbook.Write(&out, b, p)
			return fileAnswer("nisaba-"+b.Made.String()+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", out.Bytes(), err)
		})
	add(in, operation{id: "preview-workbook", route: "POST organisations/{organisation}/workbook/preview", summary: "What a filled workbook would change: its bytes are the body", largest: workbook.Largest, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *sheet) (*body[WorkbookPreview], error) {
			x, err := a.Clients.PreviewWorkbook(ctx, v.Actor, q.Organisation, q.file, q.Language)
			p := a.Messages.Printer(q.Language)
			var refused *workbook.Refused
			if errors.As(err, &refused) {
				return nil, &fault.Error{Kind: fault.Invalid, What: p.Say(refused.Text)}
			}
			return answerWith(WorkbookPreview{list(x.Rows, func(r clients.ImportRow) WorkbookChange {
				return WorkbookChange{r.Question, some(r.Options), r.Note, r.Version, place(r.Place), r.Conflict}
			}), list(x.Duties, func(r clients.DutyRow) WorkbookDuty {
				return WorkbookDuty{r.Kind, r.Object, r.Person, r.Due, r.Version, place(r.Place), r.Conflict}
			}), list(x.Problems, func(r workbook.Problem) Refusing { return Refusing{place(r.Place), p.Say(r.Text)} }), x.Unchanged}, err)
		})
	add(in, operation{id: "apply-workbook", route: "POST organisations/{organisation}/workbook/apply", summary: "Make changes that a preview showed; none is made when one cannot be"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Changes []WorkbookChange `json:"changes,omitempty" maxItems:"1000"`
				Duties  []WorkbookDuty   `json:"duties,omitempty" maxItems:"1000"`
			}
		}) (*body[AnswerResult], error) {
			before, after, err := a.Clients.ImportWorkbook(ctx, v.Actor, q.Organisation, list(q.Body.Changes, func(c WorkbookChange) clients.AnswerChange {
				return clients.AnswerChange{Question: c.Question, Options: c.Options, Note: c.Note, Version: c.Version}
			}), list(q.Body.Duties, func(c WorkbookDuty) clients.DutyChange {
				return clients.DutyChange{Kind: c.Kind, Object: c.Object, Person: c.Person, Due: c.Due, Version: c.Version}
			}))
			return answerWith(AnswerResult{before.Points, after.Points}, err)
		})
}
