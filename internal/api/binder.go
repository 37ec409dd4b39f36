package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
)

// BinderCopy is a kept copy of the binder.
type BinderCopy struct {
	At       time.Time `json:"at" doc:"As its pages say."`
	Since    time.Time `json:"since,omitzero" doc:"Since when binders have said the same, their day and turns aside."`
	SHA256   string    `json:"sha256" doc:"Of the PDF."`
	Size     int64     `json:"size" doc:"Bytes."`
	Language string    `json:"language"`
}

// BinderState is how fresh the binder for the day without computers is.
type BinderState struct {
	Copies    []BinderCopy `json:"copies" doc:"Newest first."`
	Changed   bool         `json:"changed" doc:"A binder of now would say something else than the newest copy."`
	Old       bool         `json:"old" doc:"The newest copy was not made anew for more than two days."`
	Receivers []string     `json:"receivers" doc:"Mail addresses that get each new copy."`
}

func binderOperations(a *API) {
	const binder = "organisations/{organisation}/binder"
	in := area{a, "Incidents"}
	add(in, operation{id: "get-binder", route: "GET " + binder, summary: "How fresh the incident binder is, and its kept copies"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[BinderState], error) {
			b, err := a.Incidents.BinderStanding(ctx, v.Actor, q.Organisation)
			return answerWith(BinderState{Copies: list(b.Copies, func(c incidents.Copy) BinderCopy { return BinderCopy{c.At, c.Since, c.SHA256, c.Size, c.Language} }),
				Changed: b.Changed, Old: b.Old(), Receivers: list(b.Receivers, func(x string) string { return x })}, err)
		})
	add(in, operation{id: "refresh-binder", route: "POST " + binder, summary: "Keep a copy of the incident binder as it is now", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Incidents.RefreshBinder(ctx, v.Actor, q.Organisation)
		})
	add(in, operation{id: "mail-binder", route: "PUT " + binder + "/receivers", summary: "Name the mail addresses that get each new copy of the incident binder", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Receivers []string `json:"receivers"`
			}
		}) (*none, error) {
			return nil, a.Incidents.MailBinder(ctx, v.Actor, q.Organisation, q.Body.Receivers)
		})
	stream(in, operation{id: "get-binder-copy", route: "GET " + binder + "/{copy}", summary: "A kept copy of the incident binder", produces: "application/pdf"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Copy string `path:"copy" doc:"SHA-256 of the copy."`
		}) (*huma.StreamResponse, error) {
			c, file, err := a.Incidents.BinderCopy(ctx, v.Actor, q.Organisation, q.Copy)
			if err != nil {
				return nil, err
			}
			defer func() { _ = file.Close() }() // it was read whole
			content, err := io.ReadAll(file)
			return fileAnswer("incident-binder-"+v.Actor.Day(c.At).String()+".pdf", "application/pdf", content, err)
		})
}
