package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// Member is somebody's role in the workspace or in one organisation.
type Member struct {
	Person       string `json:"person"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	Role         string `json:"role"`
	Organisation string `json:"organisation,omitempty" doc:"Left out: the whole workspace."`
	Disabled     bool   `json:"disabled"`
}

// Invitation is an offer that was not accepted yet.
type Invitation struct {
	ID           string    `json:"id"`
	Email        string    `json:"email,omitempty" doc:"Left out: whoever has the link."`
	Role         string    `json:"role"`
	Organisation string    `json:"organisation,omitempty"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// Token is an API token; its text was shown once.
type Token struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Role         string    `json:"role"`
	Organisation string    `json:"organisation,omitempty"`
	MadeBy       string    `json:"made_by"`
	ExpiresAt    time.Time `json:"expires_at"`
	UsedAt       time.Time `json:"used_at,omitzero"`
	Works        bool      `json:"works"`
}

// Hit is something that a search found.
type Hit struct {
	Kind         string `json:"kind"`
	Object       string `json:"object"`
	Title        string `json:"title"`
	Organisation string `json:"organisation,omitempty"`
}

// Hits is what a search found.
type Hits struct {
	Items []Hit `json:"items"`
}

// Offer is a new invitation.
type Offer struct {
	Token string `json:"token" doc:"For the link /join/TOKEN; shown once."`
}

func memberOperations(a *API) {
	in := area{a, "Workspace"}
	add(in, operation{id: "list-members", route: "GET members", summary: "Members of the workspace"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Paging }) (*body[Page[Member]], error) {
			all, _, err := a.Accounts.Members(ctx, v)
			if err != nil {
				return nil, err
			}
			return page(list(all, func(m tenant.Member) Member {
				return Member{m.Person, m.Name, m.Email, string(m.Role), m.Organisation, m.Disabled}
			}), func(m Member) string { return m.Person + "/" + m.Organisation }, q.Paging)
		})
	add(in, operation{id: "change-role", route: "PUT members/{person}/role", summary: "Give a member another role, or take it away"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Person string `path:"person" doc:"Id."`
			Body   struct {
				Role         string `json:"role" enum:",owner,consultant,editor,contributor,auditor,board" doc:"Empty takes it away."`
				Organisation string `json:"organisation,omitempty" doc:"Where; the whole workspace when it is left out."`
			}
		}) (*none, error) {
			return nil, a.Accounts.ChangeRole(ctx, v, q.Person, q.Body.Organisation, tenant.Role(q.Body.Role))
		})
	add(in, operation{id: "list-invitations", route: "GET invitations", summary: "Invitations that can still be accepted"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Paging }) (*body[Page[Invitation]], error) {
			_, all, err := a.Accounts.Members(ctx, v)
			if err != nil {
				return nil, err
			}
			return page(list(all, func(i tenant.Invitation) Invitation {
				return Invitation{i.ID, i.Email, string(i.Role), i.Organisation, i.ExpiresAt}
			}), func(i Invitation) string { return i.ID }, q.Paging)
		})
	add(in, operation{id: "invite", route: "POST invitations", summary: "Offer a role; the token for the link /join/TOKEN is shown once", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Email        string `json:"email,omitempty" doc:"Whoever has the link when it is left out."`
				Role         string `json:"role" enum:"owner,consultant,editor,contributor,auditor,board"`
				Organisation string `json:"organisation,omitempty"`
			}
		}) (*body[Offer], error) {
			token, err := a.Accounts.Invite(ctx, v, q.Body.Organisation, q.Body.Email, tenant.Role(q.Body.Role))
			return answerWith(Offer{token}, err)
		})
	add(in, operation{id: "withdraw-invitation", route: "DELETE invitations/{id}", summary: "Take an invitation back"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			ID string `path:"id"`
		}) (*none, error) {
			return nil, a.Accounts.Withdraw(ctx, v, q.ID)
		})
	add(in, operation{id: "list-tokens", route: "GET tokens", summary: "API tokens of the workspace; people make and revoke them on the pages"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Paging }) (*body[Page[Token]], error) {
			all, err := a.Accounts.Tokens(ctx, v)
			if err != nil {
				return nil, err
			}
			return page(list(all, func(t accounts.TokenEntry) Token {
				return Token{t.ID, t.Name, string(t.Role), t.Organisation, t.Maker, t.ExpiresAt, t.UsedAt, t.Works}
			}), func(t Token) string { return t.ID }, q.Paging)
		})
	add(in, operation{id: "search", route: "GET search", summary: "What has all the words in its title or text, whatever their accents"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Q     string `query:"q" required:"true" maxLength:"200"`
			Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*body[Hits], error) {
			hits, err := a.Clients.Search(ctx, v.Actor, q.Q, q.Limit)
			return answerWith(Hits{list(hits, func(h desk.Hit) Hit { return Hit{h.Kind, h.Object, h.Title, h.Organisation} })}, err)
		})
}
