package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/web/live"
)

// Job is work in the background.
type Job struct {
	ID           string          `json:"id"`
	Kind         string          `json:"kind"`
	Organisation string          `json:"organisation,omitempty"`
	State        string          `json:"state" enum:"waiting,running,done,dead,cancelled,held"`
	Progress     float64         `json:"progress" doc:"0 to 1."`
	Note         string          `json:"note,omitempty"`
	Attempt      int             `json:"attempt"`
	Error        string          `json:"error,omitempty" doc:"Of the last try."`
	Result       json.RawMessage `json:"result,omitempty"`
	CreatedAt    time.Time       `json:"created_at"`
	FinishedAt   time.Time       `json:"finished_at,omitzero"`
}

func jobOf(j work.Job) Job {
	return Job{j.ID, j.Kind, j.Organisation, string(j.State), j.Progress, j.Note, j.Attempt, j.Error, j.Result, j.CreatedAt, j.FinishedAt}
}

// OutgoingMessage is something that goes to the outside once, such as a mail.
type OutgoingMessage struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"`
	Organisation string    `json:"organisation,omitempty"`
	State        string    `json:"state" enum:"waiting,running,done,dead,cancelled,held"`
	Attempt      int       `json:"attempt"`
	Error        string    `json:"error,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	SentAt       time.Time `json:"sent_at,omitzero"`
}

// ByID is the path of a thing of the workspace.
type ByID struct {
	ID string `path:"id" doc:"Id."`
}

func workOperations(a *API) {
	in := area{a, "Background work"}
	add(in, operation{id: "list-jobs", route: "GET jobs", summary: "Work in the background, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Paging }) (*body[Page[Job]], error) {
			all, err := a.Work.Jobs(ctx, v.Actor)
			if err != nil {
				return nil, err
			}
			return page(list(all, jobOf), func(j Job) string { return j.ID }, q.Paging)
		})
	add(in, operation{id: "get-job", route: "GET jobs/{id}", summary: "One job with its progress and result"},
		func(ctx context.Context, v accounts.Visit, q *ByID) (*body[Job], error) {
			j, err := a.Work.Job(ctx, v.Actor, q.ID)
			return answerWith(jobOf(j), err)
		})
	stream(in, operation{id: "listen", route: "GET events", produces: "text/event-stream",
		summary: "What is new, as server-sent events until the token ends: \"job\" (how far one is), \"notice\" (a new one), \"unread\" (how many are unread), \"end\". Four at a time"},
		func(ctx context.Context, _ accounts.Visit, q *Listening) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(c huma.Context) { a.listen(c, q, languageOf(ctx)) }}, nil
		})
	add(in, operation{id: "cancel-job", route: "POST jobs/{id}/cancel", summary: "Stop a job that waits or runs", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *ByID) (*none, error) {
			return nil, a.Work.Cancel(ctx, v.Actor, q.ID)
		})
	add(in, operation{id: "retry-job", route: "POST jobs/{id}/retry", summary: "Start a job again that was given up or cancelled", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *ByID) (*none, error) {
			return nil, a.Work.Retry(ctx, v.Actor, q.ID)
		})
	add(in, operation{id: "refresh-all", route: "POST organisations-refresh", summary: "Compute all organisations anew", status: http.StatusAccepted},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[Job], error) {
			j, err := a.Clients.RefreshAll(ctx, v.Actor)
			return answerWith(jobOf(j), err)
		})
	add(in, operation{id: "list-messages", route: "GET messages", summary: "Messages to the outside, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Paging }) (*body[Page[OutgoingMessage]], error) {
			all, err := a.Work.Outbox(ctx, v.Actor)
			if err != nil {
				return nil, err
			}
			return page(list(all, func(e work.Effect) OutgoingMessage {
				return OutgoingMessage{e.ID, e.Kind, e.Organisation, string(e.State), e.Attempt, e.Error, e.CreatedAt, e.SentAt}
			}), func(e OutgoingMessage) string { return e.ID }, q.Paging)
		})
	add(in, operation{id: "resend-message", route: "POST messages/{id}/resend", summary: "Send a message again that failed for good, or is held", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *ByID) (*none, error) {
			return nil, a.Work.Resend(ctx, v.Actor, q.ID)
		})
	noticeOperations(a)
}

// Notice is an entry in the inbox.
type Notice struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"`
	Organisation string    `json:"organisation,omitempty"`
	Text         string    `json:"text"`
	Link         string    `json:"link,omitempty" doc:"Page of the platform."`
	CreatedAt    time.Time `json:"created_at"`
	ReadAt       time.Time `json:"read_at,omitzero"`
}

// NoticeChoices is how somebody hears of notices.
type NoticeChoices struct {
	Language string            `json:"language" doc:"Of pages and mails; empty: pages as the browser asks, mails as the workspace."`
	Zone     string            `json:"zone" doc:"IANA name; empty: UTC."`
	Kinds    map[string]string `json:"kinds" doc:"Kind to now, daily, weekly or inbox."`
}

func noticeOperations(a *API) {
	in := area{a, "Notices"}
	add(in, operation{id: "list-notices", route: "GET notices", summary: "The inbox of the person who made the token, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Paging
			Languages
		}) (*body[Page[Notice]], error) {
			all, err := a.Notices.Inbox(ctx, v.Actor)
			if err != nil {
				return nil, err
			}
			p := a.Messages.Printer(q.Language)
			return page(list(all, func(n desk.Notice) Notice {
				return Notice{n.ID, string(desk.KindOf(n.Key)), n.Organisation, noticing.Say(p, n), n.Link, n.CreatedAt, n.ReadAt}
			}), func(n Notice) string { return n.ID }, q.Paging)
		})
	add(in, operation{id: "mark-read", route: "POST notices/read", summary: "Mark notices as read", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Notice string `json:"notice,omitempty" doc:"Id; all when it is left out."`
			}
		}) (*none, error) {
			return nil, a.Notices.MarkRead(ctx, v.Actor, q.Body.Notice)
		})
	add(in, operation{id: "get-notice-choices", route: "GET notices/choices", summary: "How the person who made the token hears of notices; people change it on the pages"},
		func(_ context.Context, v accounts.Visit, _ *none) (*body[NoticeChoices], error) {
			c := noticing.ChoicesOf(v.Person)
			kinds := map[string]string{}
			for k, d := range c.Kinds {
				kinds[string(k)] = string(d)
			}
			return &body[NoticeChoices]{NoticeChoices{c.Language, c.Zone, kinds}}, nil
		})
}

// Listening is from where a stream of events goes on.
type Listening struct {
	Last  string `header:"Last-Event-ID" doc:"The id of the event that came last, when a stream goes on."`
	Since int64  `query:"since" minimum:"0" doc:"Milliseconds since 1970 from which notices are told again, at most 15 minutes back."`
}

// listen sends events. The token is looked at anew each time.
func (a *API) listen(c huma.Context, q *Listening, language string) {
	r, w := humago.Unwrap(c)
	from := q.Last
	if from == "" && q.Since > 0 {
		from = strconv.FormatInt(q.Since, 10)
	}
	err := a.Streams.Follow(w, r, live.Listener{Key: "token/" + secret.TokenHash(r.Header.Get("Authorization")), Since: from, Printer: a.Messages.Printer(language),
		Who: func(r *http.Request) (accounts.Visit, error) {
			v, err := a.bearer(r)
			if isTokenError(err) {
				err = live.ErrEnded
			}
			return v, err
		}})
	if err != nil {
		a.writeProblem(w, r, &huma.ErrorModel{Status: http.StatusTooManyRequests, Detail: "four streams of this token are open already; expected one of them to end first"})
	}
}
