package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/delegating"
)

// Delegation is questions that were handed to somebody behind a link.
type Delegation struct {
	ID        string    `json:"id"`
	Title     string    `json:"title,omitempty"`
	Questions []string  `json:"questions"`
	Answered  int       `json:"answered"`
	Recipient string    `json:"recipient"`
	Email     string    `json:"email,omitempty"`
	Direct    bool      `json:"direct" doc:"The answers count when they are handed in; else they are suggestions."`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	HandedIn  bool      `json:"handed_in"`
}

// NewDelegation hands questions over.
type NewDelegation struct {
	Title     string   `json:"title,omitempty" maxLength:"300"`
	Questions []string `json:"questions" minItems:"1" maxItems:"300" doc:"Ids, in the order in which they are asked."`
	Recipient string   `json:"recipient" minLength:"1" maxLength:"200"`
	Email     string   `json:"email,omitempty" doc:"Where the link is sent; it is handed over in another way when this is left out."`
	Language  string   `json:"language,omitempty" enum:"en,de,fr" default:"en"`
	Days      int      `json:"days,omitempty" minimum:"1" maximum:"90" default:"14"`
	Direct    bool     `json:"direct,omitempty"`
}

// HandedOver is a new delegation.
type HandedOver struct {
	ID    string `json:"id"`
	Token string `json:"token" doc:"For the link /answer/TOKEN; shown once."`
}

func delegationOperations(a *API) {
	in := area{a, "Delegations"}
	add(in, operation{id: "list-delegations", route: "GET organisations/{organisation}/delegations", summary: "Questions that were handed over, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Delegation]], error) {
			all, err := a.Links.List(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(all, func(d delegating.Progress) Delegation {
				return Delegation{d.ID, d.Title, some(d.Questions), d.Answered, d.Recipient, d.Email, d.Direct, d.CreatedAt, d.ExpiresAt, d.ClosedAt, d.HandedIn}
			}), func(d Delegation) string { return d.ID }, q.Paging)
		})
	add(in, operation{id: "delegate", route: "POST organisations/{organisation}/delegations", summary: "Hand questions to somebody without an account", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body NewDelegation
		}) (*body[HandedOver], error) {
			d, token, err := a.Links.Create(ctx, v.Actor, q.Organisation, delegating.Draft(q.Body))
			return answerWith(HandedOver{d.ID, token}, err)
		})
	add(in, operation{id: "withdraw-delegation", route: "DELETE organisations/{organisation}/delegations/{id}", summary: "End a link; what was answered stays as suggestions"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Links.Withdraw(ctx, v.Actor, q.Organisation, q.ID)
		})
}
