package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	desk "github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/law"
)

// SupervisionLine is a line of the file that an authority keeps of an entity.
type SupervisionLine struct {
	ID      string            `json:"id"`
	Kind    string            `json:"kind" enum:"supervision,enforcement,finding,public,note"`
	Power   string            `json:"power,omitempty" doc:"Power of Arts. 32 and 33 that was used; of what the public is told: whether the authority or the entity tells it."`
	Title   string            `json:"title"`
	Text    string            `json:"text,omitempty"`
	Purpose string            `json:"purpose,omitempty" doc:"Of a request, Arts. 32(3) and 33(3); of what the public is told: what the entity said, Art. 23(7)."`
	DueOn   law.Date          `json:"due_on,omitzero" format:"date"`
	DoneOn  law.Date          `json:"done_on,omitzero" format:"date"`
	Outcome string            `json:"outcome,omitempty"`
	Cents   int64             `json:"cents,omitempty" doc:"Of a fine, hundredths of euros."`
	By      string            `json:"by"`
	At      time.Time         `json:"at"`
	Files   []SupervisionFile `json:"files"`
}

// SupervisionFile is a file that was added to a line.
type SupervisionFile struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	MediaType string    `json:"media_type" doc:"Found in its content."`
	Size      int64     `json:"size" doc:"Bytes."`
	SHA256    string    `json:"sha256"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
}

func supervisionFileOf(f desk.Attachment) SupervisionFile {
	return SupervisionFile{f.ID, f.Name, f.MediaType, f.Size, f.SHA256, f.ByName, f.CreatedAt}
}

func supervisionOf(e authority.Entity) ItemsOf[SupervisionLine] {
	return ItemsOf[SupervisionLine]{list(e.Records, func(r desk.Record) SupervisionLine {
		return SupervisionLine{r.ID, r.Kind, r.Power, r.Title, r.Body, r.Purpose, r.DueOn, r.DoneOn, r.Outcome, r.Cents, r.ByName, r.CreatedAt,
			list(e.AttachedTo(r.ID), supervisionFileOf)}
	})}
}

// supervised is a request whose body is a file for a line.
type supervised struct {
	One
	Name string `query:"name" required:"true" maxLength:"1000" doc:"Name of the file."`
	body io.Reader
}

// Resolve takes the body as it comes.
func (u *supervised) Resolve(c huma.Context) []error {
	u.body = c.BodyReader()
	return nil
}

func supervisionOperations(a *API) {
	in := area{a, "Authority"}
	const file = "organisations/{organisation}/supervision"
	add(in, operation{id: "list-supervision", route: "GET " + file, summary: "The file of an entity, Arts. 32 and 33, newest first, with the hashes of its files; workspaces of authorities only"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ItemsOf[SupervisionLine]], error) {
			e, err := a.Authority.Entity(ctx, v.Actor, q.Organisation)
			return answerWith(supervisionOf(e), err)
		})
	add(in, operation{id: "add-supervision-line", route: "POST " + file, summary: "Write a line into the file of an entity: a power that its class is subject to, a finding or a note", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Kind    string   `json:"kind,omitempty" enum:"finding,note" doc:"Left out with a power."`
				Power   string   `json:"power,omitempty" maxLength:"50" doc:"Such as \"targeted_audit\"."`
				Title   string   `json:"title" minLength:"1" maxLength:"300"`
				Text    string   `json:"text,omitempty" maxLength:"20000"`
				Purpose string   `json:"purpose,omitempty" maxLength:"20000" doc:"Of a request for information, data or evidence, Arts. 32(3) and 33(3)."`
				DueOn   law.Date `json:"due_on,omitzero" format:"date"`
				Cents   int64    `json:"cents,omitempty" minimum:"0" doc:"Of a fine, hundredths of euros."`
			}
		}) (*body[created], error) {
			b := q.Body
			r, err := a.Authority.Act(ctx, v.Actor, q.Organisation, authority.Act{Kind: b.Kind, Power: b.Power, Title: b.Title, Text: b.Text, Purpose: b.Purpose, DueOn: b.DueOn, Cents: b.Cents})
			return answerWith(created{r.ID}, err)
		})
	add(in, operation{id: "finish-supervision-line", route: "PUT " + file + "/{id}/outcome", summary: "Say that a line is done, and what became of it"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Outcome string `json:"outcome" minLength:"1" maxLength:"20000"`
			}
		}) (*none, error) {
			return nil, a.Authority.Finish(ctx, v.Actor, q.Organisation, q.ID, q.Body.Outcome)
		})
	add(in, operation{id: "add-supervision-file", route: "POST " + file + "/{id}/files", summary: "Add a file to a line of the file of an entity: its bytes are the body", status: http.StatusCreated, largest: authority.LargestFile, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *supervised) (*body[SupervisionFile], error) {
			f, err := a.Authority.Attach(ctx, v.Actor, q.Organisation, q.ID, authority.File{Name: q.Name, Body: q.body})
			return answerWith(supervisionFileOf(f), err)
		})
	add(in, operation{id: "remove-supervision-file", route: "DELETE " + file + "/files/{id}", summary: "Remove a file from a line of the file of an entity; the operation undo brings it back"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			_, err := a.Authority.Detach(ctx, v.Actor, q.Organisation, q.ID)
			return nil, err
		})
	stream(in, operation{id: "get-supervision-file", route: "GET " + file + "/files/{id}/content", summary: "The bytes of a file, once they are proved to be those that were added", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *One) (*huma.StreamResponse, error) {
			f, r, err := a.Authority.Attached(ctx, v.Actor, q.Organisation, q.ID)
			return keptAnswer(f.Name, f.Size, r, err)
		})
}
