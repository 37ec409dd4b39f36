package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	appfiling "github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/report/html"
	"github.com/nisaba-platform/nisaba/internal/report/pdf"
)

// Way is the way to an authority.
type Way struct {
	ID           string    `json:"id"`
	Authority    string    `json:"authority" doc:"As in the duties to report."`
	Country      string    `json:"country,omitempty" doc:"ISO 3166-1 alpha-2; left out: every one."`
	URL          string    `json:"url"`
	AuthorityKey string    `json:"authority_key" doc:"Pinned public key."`
	PublicKey    string    `json:"public_key" doc:"Of the organisation towards this authority."`
	RegisteredAt time.Time `json:"registered_at,omitzero" doc:"Left out while the authority does not know the key."`
}

func wayOf(e filing.Endpoint) Way {
	return Way{e.ID, e.Authority, e.Country, e.URL, e.AuthorityKey, e.PublicKey, e.RegisteredAt}
}

func authorityOperations(a *API) {
	in := area{a, "Incidents"}
	add(in, operation{id: "list-authorities", route: "GET organisations/{organisation}/authorities", summary: "Ways to authorities"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[ItemsOf[Way]], error) {
			all, err := a.Filing.Endpoints(ctx, v.Actor, q.Organisation)
			return answerWith(ItemsOf[Way]{list(all, wayOf)}, err)
		})
	add(in, operation{id: "connect-authority", route: "POST organisations/{organisation}/authorities", summary: "Add the way to an authority, with a key pair of its own", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Authority    string `json:"authority" minLength:"1" maxLength:"300"`
				Country      string `json:"country,omitempty"`
				URL          string `json:"url"`
				AuthorityKey string `json:"authority_key" doc:"The public key that the authority published."`
			}
		}) (*body[Way], error) {
			e, err := a.Filing.Connect(ctx, v.Actor, q.Organisation, appfiling.Way(q.Body))
			return answerWith(wayOf(e), err)
		})
	add(in, operation{id: "register-with-authority", route: "POST organisations/{organisation}/authorities/{id}/register", summary: "Hand the code of the authority's invitation over with the public key", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Code string `json:"code" minLength:"1" maxLength:"200"`
			}
		}) (*none, error) {
			return nil, a.Filing.Register(ctx, v.Actor, q.Organisation, q.ID, q.Body.Code)
		})
	add(in, operation{id: "disconnect-authority", route: "DELETE organisations/{organisation}/authorities/{id}", summary: "Remove the way to an authority"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Filing.Disconnect(ctx, v.Actor, q.Organisation, q.ID)
		})
	correspondenceOperations(a, in)
	stream(in, operation{id: "get-incident-paper", route: "GET organisations/{organisation}/incidents/{incident}/reports/{report}/file", summary: "A report to an authority as a file, in the language of its organisation", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			OfReport
			Format string `query:"format" enum:"pdf,html,text,json" default:"pdf"`
		}) (*huma.StreamResponse, error) {
			x, err := a.Incidents.Paper(ctx, v.Actor, q.Organisation, q.Incident, q.Report)
			if err != nil {
				return nil, err
			}
			p := a.Messages.Printer(x.Language)
			var b bytes.Buffer
			mediaType, ending := "application/pdf", q.Format
			switch q.Format {
			case "pdf":
				err = pdf.Write(&b, x.Document(p))
			case "html":
				mediaType, err = "text/html; charset=utf-8", html.Write(&b, x.Document(p))
			case "text":
				mediaType, ending = "text/plain; charset=utf-8", "txt"
				b.WriteString(x.Text(p))
			default:
				var frozen []byte
				mediaType = "application/octet-stream"
				frozen, err = x.JSON()
				if err != nil {
					return nil, err
				}
				b.Write(frozen)
			}
			return fileAnswer(x.Name(ending), mediaType, b.Bytes(), err)
		})
}

// Said is one thing that was said about a case, by an authority or to it.
type Said struct {
	ID          string    `json:"id"`
	Incident    string    `json:"incident"`
	Regime      string    `json:"regime"`
	Kind        string    `json:"kind" doc:"question, request, revision (a report is sent back), settled (it can stay after all), reference, decision or feedback of the authority; answer of the organisation."`
	Inward      bool      `json:"inward" doc:"The authority said it."`
	Asks        bool      `json:"asks" doc:"The authority wants an answer or a report."`
	Answered    bool      `json:"answered" doc:"The authority has the answer, or the report that it wants."`
	About       string    `json:"about,omitempty" doc:"Of the authority: the id of the report it is about. Of an answer: what it answers, as remote there."`
	Remote      string    `json:"remote,omitempty" doc:"Id at the authority."`
	Text        string    `json:"text"`
	DueAt       time.Time `json:"due_at,omitzero"`
	SaidAt      time.Time `json:"said_at"`
	DeliveredAt time.Time `json:"delivered_at,omitzero" doc:"Of an answer; left out while it is on its way."`
	By          string    `json:"by,omitempty"`
}

// correspondenceOperations are what authorities ask and what is answered.
func correspondenceOperations(a *API, in area) {
	add(in, operation{id: "list-correspondence", route: "GET organisations/{organisation}/incidents/{incident}/correspondence", summary: "What authorities said about a case and what was answered, oldest first"},
		func(ctx context.Context, v accounts.Visit, q *OfIncident) (*body[ItemsOf[Said]], error) {
			all, err := a.Filing.Correspondence(ctx, v.Actor, q.Organisation, q.Incident)
			return answerWith(ItemsOf[Said]{list(all, func(m appfiling.Said) Said {
				return Said{m.ID, m.Incident, m.Regime, m.Kind, m.Number > 0, m.Asks(), m.Done, m.About, m.Remote, m.Text, m.DueAt, m.SaidAt, m.DeliveredAt, m.ByName}
			})}, err)
		})
	add(in, operation{id: "answer-authority", route: "POST organisations/{organisation}/correspondence/{id}/answers", summary: "Answer a message of an authority; it is sent once, as soon as the authority can be reached", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Text string `json:"text" minLength:"1" maxLength:"20000"`
			}
		}) (*body[created], error) {
			m, err := a.Filing.Answer(ctx, v.Actor, q.Organisation, q.ID, q.Body.Text)
			return answerWith(created{m.ID}, err)
		})
	add(in, operation{id: "fetch-correspondence", route: "POST organisations/{organisation}/correspondence/fetch", summary: "Look for messages of authorities now, instead of within the minute"},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Filing.Fetch(ctx, v.Actor, q.Organisation)
		})
}
