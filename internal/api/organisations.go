package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
)

// Me is whose token it is and where it works.
type Me struct {
	Person    string `json:"person" doc:"Id of the person who made the token."`
	Name      string `json:"name"`
	Workspace struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Kind string `json:"kind"`
	} `json:"workspace"`
	Role string `json:"role" doc:"In the whole workspace; empty for a token of one organisation."`
}

func selfOperations(a *API) {
	add(area{a, "Token"}, operation{id: "get-me", route: "GET me", summary: "Whose token this is, and where it works"},
		func(_ context.Context, v accounts.Visit, _ *none) (*body[Me], error) {
			m := Me{Person: v.Person.ID, Name: v.Person.Name}
			m.Workspace.ID, m.Workspace.Name, m.Workspace.Kind = v.Workspace.ID, v.Workspace.Name, string(v.Workspace.Kind)
			role, _ := v.Actor.RoleIn("")
			m.Role = string(role)
			return &body[Me]{m}, nil
		})
}

// Organisation is one entity that is assessed.
type Organisation struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"client,prospect,own"`
	Name      string    `json:"name"`
	Template  bool      `json:"template"`
	Archived  bool      `json:"archived"`
	Tags      []string  `json:"tags"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

func organisationOf(o tenant.Organisation) Organisation {
	return Organisation{o.ID, string(o.Kind), o.Name, o.Template, o.Archived, some(o.Tags), o.CreatedAt, o.UpdatedAt, o.Version}
}

// Rollup is how an organisation stands, in a few figures.
type Rollup struct {
	AsOf             law.Date  `json:"as_of"`
	Class            string    `json:"class"`
	Points           float64   `json:"points" doc:"Overall score, 0 to 100."`
	PointsThen       *float64  `json:"points_then,omitempty" doc:"Thirty days before, when known."`
	Measures         []float64 `json:"measures" doc:"Scores of Article 21(2)(a) to (j); -1 where one does not apply."`
	NextDeadline     time.Time `json:"next_deadline,omitzero"`
	OpenTasks        int       `json:"open_tasks"`
	OverdueTasks     int       `json:"overdue_tasks"`
	ExpiringEvidence int       `json:"expiring_evidence"`
}

// Standing is an organisation with how it stands; Rollup is missing before the
// first assessment.
type Standing struct {
	Organisation
	Rollup *Rollup `json:"rollup,omitempty"`
}

func standingOf(s assessment.Standing) Standing {
	out := Standing{Organisation: organisationOf(s.Organisation)}
	if s.Assessed {
		u := s.Rollup
		out.Rollup = &Rollup{u.AsOf, string(u.Class), u.Points, nil, u.Measures, u.NextDeadline, u.OpenTasks, u.OverdueTasks, u.ExpiringEvidence}
		if u.PointsThen >= 0 {
			out.Rollup.PointsThen = &u.PointsThen
		}
	}
	return out
}

// NewOrganisation is what a new organisation is made of.
type NewOrganisation struct {
	Name     string `json:"name,omitempty" maxLength:"300" doc:"Full legal name; of the document when it is left out."`
	Kind     string `json:"kind,omitempty" enum:"client,prospect,own" default:"client"`
	From     string `json:"from,omitempty" doc:"Id of an organisation to copy profile, answers and plan from, often a template."`
	Template bool   `json:"template,omitempty" doc:"The new one is a template."`
	Document any    `json:"document,omitempty" doc:"The facts as an organisation file (format nisaba: organisation/1) in JSON; \"nisaba schema organisation\" prints its schema."`
}

func organisationOperations(a *API) {
	in := area{a, "Organisations"}
	add(in, operation{id: "list-organisations", route: "GET organisations", summary: "The portfolio: organisations in reach and how they stand"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			PortfolioFilter
			Paging
		}) (*body[Page[Standing]], error) {
			o, err := a.Clients.Overview(ctx, v.Actor, q.query())
			if err != nil {
				return nil, err
			}
			return page(list(o.Rows, standingOf), func(s Standing) string { return s.ID }, q.Paging)
		})
	add(in, operation{id: "list-organisations-aside", route: "GET organisations-aside", summary: "Templates and archived organisations"},
		func(ctx context.Context, v accounts.Visit, q *struct{ Paging }) (*body[Page[Organisation]], error) {
			all, err := a.Clients.Aside(ctx, v.Actor)
			if err != nil {
				return nil, err
			}
			return page(list(all, organisationOf), func(o Organisation) string { return o.ID }, q.Paging)
		})
	add(in, operation{id: "create-organisation", route: "POST organisations", summary: "Make an organisation", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct{ Body NewOrganisation }) (*versioned[Organisation], error) {
			d := clients.Draft{Name: q.Body.Name, Kind: tenant.OrganisationKind(q.Body.Kind), From: q.Body.From, Template: q.Body.Template}
			var err error
			if q.Body.Document != nil {
				if d.Facts, err = fileOf(q.Body.Document); err != nil {
					return nil, err
				}
			}
			o, err := a.Clients.Create(ctx, v.Actor, d)
			return madeOrganisation(o, err)
		})
	add(in, operation{id: "import-organisation", route: "POST organisations/import", summary: "Make an organisation from a whole file: facts, answers, evidence, exceptions and assertions", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Kind     string `json:"kind,omitempty" enum:"client,prospect,own" default:"client"`
				Document any    `json:"document" doc:"An organisation file (format nisaba: organisation/1) in JSON."`
			}
		}) (*versioned[Organisation], error) {
			f, err := fileOf(q.Body.Document)
			if err != nil {
				return nil, err
			}
			o, err := a.Clients.Import(ctx, v.Actor, tenant.OrganisationKind(q.Body.Kind), f)
			return madeOrganisation(o, err)
		})
	add(in, operation{id: "get-organisation", route: "GET organisations/{organisation}", summary: "One organisation"},
		func(ctx context.Context, v accounts.Visit, q *At) (*versioned[Organisation], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			return madeOrganisation(c.Organisation, err)
		})
	add(in, operation{id: "change-organisation", route: "PATCH organisations/{organisation}", summary: "Change name, kind or tags, or put it aside"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Name     *string   `json:"name,omitempty" maxLength:"300" doc:"Full legal name; the facts have it too."`
				Kind     *string   `json:"kind,omitempty" enum:"client,prospect,own"`
				Tags     *[]string `json:"tags,omitempty"`
				Archived *bool     `json:"archived,omitempty"`
				Template *bool     `json:"template,omitempty"`
			}
		}) (*none, error) {
			b := q.Body
			return nil, a.Clients.Relabel(ctx, v.Actor, q.Organisation, clients.Labels{Name: b.Name, Kind: (*tenant.OrganisationKind)(b.Kind),
				Tags: b.Tags, Archived: b.Archived, Template: b.Template})
		})
	brandOperations(a, in)
	add(in, operation{id: "clone-organisation", route: "POST organisations/{organisation}/clone", summary: "Copy profile, answers and plan under another name", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Name string `json:"name" maxLength:"300"`
				Kind string `json:"kind,omitempty" enum:"client,prospect,own" default:"client"`
			}
		}) (*versioned[Organisation], error) {
			o, err := a.Clients.Clone(ctx, v.Actor, q.Organisation, q.Body.Name, tenant.OrganisationKind(q.Body.Kind))
			return madeOrganisation(o, err)
		})
}

func madeOrganisation(o tenant.Organisation, err error) (*versioned[Organisation], error) {
	if err != nil {
		return nil, err
	}
	return &versioned[Organisation]{tag(o.Version), organisationOf(o)}, nil
}

// fileOf reads an organisation file that came as JSON.
func fileOf(document any) (*organisation.File, error) {
	b, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return organisation.Read("", b)
}

// Determination is a dated record of the scope test.
type Determination struct {
	ID         string          `json:"id"`
	On         law.Date        `json:"on"`
	By         string          `json:"by"`
	Class      string          `json:"class"`
	Result     json.RawMessage `json:"result" doc:"Grounds, duties and fines as they were determined."`
	ReopenedAt time.Time       `json:"reopened_at,omitzero" doc:"When a changed fact opened it again."`
	Changed    []string        `json:"changed,omitempty" doc:"Fields that changed."`
}

func determinationOf(d assessment.Determination) Determination {
	return Determination{d.ID, d.On, d.By, string(d.Class), d.Result, d.ReopenedAt, d.Changed}
}

// Languages are those of texts in answers.
type Languages struct {
	Language string `query:"language" enum:"en,de,fr" default:"en" doc:"Of sentences in the answer, and of titles and questions of the catalogue."`
}

func factOperations(a *API) {
	in := area{a, "Facts and class"}
	add(in, operation{id: "get-facts", route: "GET organisations/{organisation}/facts", summary: "The facts as an organisation file"},
		func(ctx context.Context, v accounts.Visit, q *At) (*versioned[json.RawMessage], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			b, err := c.File.Facts().JSON()
			return &versioned[json.RawMessage]{tag(c.Organisation.Version), b}, err
		})
	add(in, operation{id: "set-facts", route: "PUT organisations/{organisation}/facts", summary: "Replace the facts"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Expecting
			Body any `doc:"An organisation file; answers, evidence, exceptions and assertions in it are left alone."`
		}) (*none, error) {
			if _, err := a.Clients.Load(ctx, v.Actor, q.Organisation); err != nil {
				return nil, err
			}
			version, err := q.version()
			if err != nil {
				return nil, err
			}
			f, err := fileOf(q.Body)
			if err != nil {
				return nil, err
			}
			return nil, outdated(a.Clients.SetFacts(ctx, v.Actor, q.Organisation, version, f))
		})
	add(in, operation{id: "list-determinations", route: "GET organisations/{organisation}/determinations", summary: "Records of the scope test, newest first"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[Determination]], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return page(list(c.Determinations, determinationOf), func(d Determination) string { return d.ID }, q.Paging)
		})
	add(in, operation{id: "determine", route: "POST organisations/{organisation}/determinations", summary: "Run the scope test on the facts and keep the dated record", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[Determination], error) {
			d, err := a.Clients.Determine(ctx, v.Actor, q.Organisation)
			return answerWith(determinationOf(d), err)
		})
	add(in, operation{id: "get-assessment", route: "GET organisations/{organisation}/assessment", summary: "The whole assessment as of today: class, duties, scores, requirements, gaps and plan"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
		}) (*body[json.RawMessage], error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			b, err := json.Marshal(assessing.Record(c.In, a.Messages.Printer(q.Language)))
			return answerWith(json.RawMessage(b), err)
		})
}
