package api

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/branding"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// WorkspaceInput is what can be changed of a workspace.
type WorkspaceInput struct {
	Name       string `json:"name" minLength:"1" maxLength:"200"`
	Kind       string `json:"kind" enum:"provider,group,company,authority"`
	Language   string `json:"language" enum:"en,de,fr"`
	Zone       string `json:"zone,omitempty" maxLength:"60" doc:"Time zone, a name of the IANA database such as Europe/Vienna: of days and times in reports, mails and schedules, for everybody who has chosen none. As it was when it is left out."`
	Colour     string `json:"colour,omitempty" doc:"#rrggbb; that of the platform when it is left out."`
	PreparedBy string `json:"prepared_by,omitempty" maxLength:"200" doc:"Printed on reports."`
}

// WorkspaceSettings is a workspace.
type WorkspaceSettings struct {
	ID string `json:"id"`
	WorkspaceInput
	HasLogo bool   `json:"has_logo"`
	Policy  Policy `json:"policy"`
	Version int64  `json:"version"`
}

// Policy is what a workspace demands of its members.
type Policy struct {
	RequireMFA    bool     `json:"require_mfa"`
	SessionHours  int      `json:"session_hours,omitempty" minimum:"0" maximum:"744" doc:"0: that of the server."`
	AddressRanges []string `json:"address_ranges,omitempty" doc:"CIDR; from everywhere when they are left out."`
}

func settingsOperations(a *API) {
	in := area{a, "Workspace"}
	add(in, operation{id: "get-workspace", route: "GET workspace", summary: "Name, time zone, branding and policy of the workspace"},
		func(_ context.Context, v accounts.Visit, _ *none) (*versioned[WorkspaceSettings], error) {
			if _, err := v.Actor.Workspace(authz.WorkspaceRead); err != nil {
				return nil, err
			}
			w := v.Workspace
			return &versioned[WorkspaceSettings]{tag(w.Version), WorkspaceSettings{w.ID, WorkspaceInput{w.Name, string(w.Kind), w.Language, cmp.Or(w.Zone, "UTC"), w.Brand.Colour, w.Brand.PreparedBy},
				w.Brand.Logo != "", Policy(w.Policy), w.Version}}, nil
		})
	add(in, operation{id: "set-workspace", route: "PUT workspace", summary: "Change name, kind, language, time zone and branding of the workspace"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Expecting
			Body WorkspaceInput
		}) (*none, error) {
			version, err := q.version()
			if err != nil {
				return nil, err
			}
			b := q.Body
			return nil, outdated(a.Accounts.SetWorkspace(ctx, v, accounts.WorkspaceSettings{Name: b.Name, Kind: tenant.Kind(b.Kind), Language: b.Language,
				Zone: cmp.Or(b.Zone, v.Workspace.Zone, "UTC"), Colour: b.Colour, PreparedBy: b.PreparedBy, Version: version}))
		})
	add(in, operation{id: "set-policy", route: "PUT workspace/policy", summary: "Change what the workspace demands of its members"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Expecting
			Body Policy
		}) (*none, error) {
			version, err := q.version()
			if err != nil {
				return nil, err
			}
			return nil, outdated(a.Accounts.SetPolicy(ctx, v, accounts.Device{Address: v.Actor.From}, tenant.Policy(q.Body), version))
		})
	stream(in, operation{id: "get-workspace-logo", route: "GET workspace/logo", summary: "The logo of the workspace", produces: "image/png"},
		func(_ context.Context, v accounts.Visit, _ *none) (*huma.StreamResponse, error) {
			png, err := a.Accounts.Logo(v)
			if err != nil {
				return nil, err
			}
			return fileAnswer("logo.png", "image/png", png, nil)
		})
	add(in, operation{id: "set-workspace-logo", route: "PUT workspace/logo", summary: "Set the logo: a PNG or JPEG is the body", largest: branding.MostLogo, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *picture) (*none, error) {
			return nil, a.Accounts.SetLogo(ctx, v, q.file)
		})
	add(in, operation{id: "remove-workspace-logo", route: "DELETE workspace/logo", summary: "Remove the logo"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*none, error) {
			return nil, a.Accounts.RemoveLogo(ctx, v)
		})
	add(in, operation{id: "list-calendars", route: "GET calendars", summary: "Calendar feeds of the person who made the token; people make and withdraw them on the pages"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[ItemsOf[Calendar]], error) {
			all, err := a.Feeds.Mine(ctx, v.Actor)
			return answerWith(ItemsOf[Calendar]{list(all, func(f planning.Feed) Calendar { return Calendar{f.ID, f.Organisation, f.CreatedAt} })}, err)
		})
}

// Calendar is a calendar feed.
type Calendar struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation,omitempty" doc:"Left out: everything in reach."`
	CreatedAt    time.Time `json:"created_at"`
}

// picture is a request whose body is a picture.
type picture struct{ file []byte }

// Resolve takes the body as it comes.
func (p *picture) Resolve(c huma.Context) []error {
	b, err := io.ReadAll(io.LimitReader(c.BodyReader(), branding.MostLogo+1))
	if err != nil {
		return []error{err}
	}
	if len(b) > branding.MostLogo {
		return []error{&huma.ErrorModel{Status: http.StatusRequestEntityTooLarge, Detail: "the picture is too large"}}
	}
	p.file = b
	return nil
}

// Looks are the branding of an organisation.
type Looks struct {
	Colour     string `json:"colour,omitempty" doc:"#rrggbb; that of the workspace when it is left out."`
	PreparedBy string `json:"prepared_by,omitempty" maxLength:"200" doc:"Printed on reports."`
}

// pictureOf is a picture for an organisation.
type pictureOf struct {
	At
	picture
}

func brandOperations(a *API, in area) {
	add(in, operation{id: "get-brand", route: "GET organisations/{organisation}/brand", summary: "Colour and maker of reports of an organisation"},
		func(ctx context.Context, v accounts.Visit, q *At) (*versioned[Looks], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			b := c.Organisation.Brand
			return &versioned[Looks]{tag(c.Organisation.Version), Looks{b.Colour, b.PreparedBy}}, nil
		})
	add(in, operation{id: "set-brand", route: "PUT organisations/{organisation}/brand", summary: "Change colour and maker of reports of an organisation"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Expecting
			Body Looks
		}) (*none, error) {
			version, err := a.expect(ctx, v, q.Organisation, q.Expecting)
			if err != nil {
				return nil, err
			}
			return nil, outdated(a.Clients.SetBrand(ctx, v.Actor, q.Organisation, version, q.Body.Colour, q.Body.PreparedBy))
		})
	stream(in, operation{id: "get-logo", route: "GET organisations/{organisation}/logo", summary: "The logo of an organisation", produces: "image/png"},
		func(ctx context.Context, v accounts.Visit, q *At) (*huma.StreamResponse, error) {
			png, err := a.Clients.Logo(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return fileAnswer("logo.png", "image/png", png, nil)
		})
	add(in, operation{id: "set-logo", route: "PUT organisations/{organisation}/logo", summary: "Set the logo of an organisation: a PNG or JPEG is the body", largest: branding.MostLogo, bytes: true},
		func(ctx context.Context, v accounts.Visit, q *pictureOf) (*none, error) {
			return nil, a.Clients.SetLogo(ctx, v.Actor, q.Organisation, q.file)
		})
	add(in, operation{id: "remove-logo", route: "DELETE organisations/{organisation}/logo", summary: "Remove the logo of an organisation: that of the workspace is used again"},
		func(ctx context.Context, v accounts.Visit, q *At) (*none, error) {
			return nil, a.Clients.RemoveLogo(ctx, v.Actor, q.Organisation)
		})
}
