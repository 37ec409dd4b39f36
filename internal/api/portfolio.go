package api

import (
	"context"
	"net/http"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
)

// PortfolioFilter chooses and orders organisations.
type PortfolioFilter struct {
	Text       string `query:"text" doc:"Words in the name or a tag."`
	Kind       string `query:"kind" enum:"client,prospect,own"`
	Class      string `query:"class" enum:"essential,important,registration_only,depends,out"`
	Sector     string `query:"sector"`
	Country    string `query:"country" doc:"ISO 3166-1 alpha-2."`
	Tag        string `query:"tag"`
	Behind     bool   `query:"behind" doc:"Only those whom the directive binds, or may bind, with a score below 40."`
	Overdue    bool   `query:"overdue" doc:"Only those with overdue tasks."`
	Expiring   bool   `query:"expiring" doc:"Only those with evidence that expires within thirty days."`
	Due        bool   `query:"due" doc:"Only those with a statutory deadline that was missed or comes within thirty days."`
	Sort       string `query:"sort" enum:"name,class,score,change,deadline,overdue,expiring" default:"name"`
	Descending bool   `query:"descending"`
}

func (f PortfolioFilter) query() clients.Query {
	return clients.Query{Text: f.Text, Kind: tenant.OrganisationKind(f.Kind), Class: law.Class(f.Class), Sector: f.Sector, Country: f.Country, Tag: f.Tag,
		Behind: f.Behind, Overdue: f.Overdue, Expiring: f.Expiring, Due: f.Due, Sort: clients.SortBy(f.Sort), Descending: f.Descending}
}

// PortfolioTotals are sums over all organisations in reach.
type PortfolioTotals struct {
	Organisations    int      `json:"organisations"`
	Essential        int      `json:"essential"`
	Important        int      `json:"important"`
	Behind           int      `json:"behind" doc:"Bound, or perhaps bound, with a score below 40."`
	Due              int      `json:"due" doc:"With a statutory deadline that was missed or comes within thirty days."`
	OverdueTasks     int      `json:"overdue_tasks"`
	ExpiringEvidence int      `json:"expiring_evidence"`
	Sectors          []string `json:"sectors"`
	Countries        []string `json:"countries"`
	Tags             []string `json:"tags"`
}

// View is a saved set of filters of a page.
type View struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Query  string `json:"query" doc:"As in the address of the page."`
	Shared bool   `json:"shared" doc:"Shown to everybody in the workspace."`
	Own    bool   `json:"own"`
}

// Selected are organisations that are changed together.
type Selected struct {
	Organisations []string `json:"organisations" minItems:"1" maxItems:"1000" doc:"Ids."`
}

func portfolioOperations(a *API) {
	in := area{a, "Organisations"}
	add(in, operation{id: "get-portfolio", route: "GET portfolio", summary: "Figures of all organisations in reach, and what they can be filtered by"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[PortfolioTotals], error) {
			o, err := a.Clients.Overview(ctx, v.Actor, clients.Query{Limit: 1})
			t := o.All
			return answerWith(PortfolioTotals{t.Organisations, t.Essential, t.Important, t.Behind, t.Due, t.OverdueTasks, t.ExpiringEvidence, some(o.Sectors), some(o.Countries), some(o.Tags)}, err)
		})
	add(in, operation{id: "change-organisations", route: "POST organisations-bulk", summary: "Do the same to several organisations; the result of the job says what became of each", status: http.StatusAccepted},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Selected
				Deed  string `json:"deed" enum:"tag,untag,kind,archive,restore,adopt,template,snapshot,refresh"`
				Value string `json:"value,omitempty" doc:"Tag, kind, id of a template, or label."`
			}
		}) (*body[Job], error) {
			j, err := a.Clients.BulkLater(ctx, v.Actor, q.Body.Organisations, clients.Deed(q.Body.Deed), q.Body.Value)
			return answerWith(jobOf(j), err)
		})
	add(in, operation{id: "undo-bulk", route: "POST organisations-bulk/undo", summary: "Take back what change-organisations changed", status: http.StatusAccepted},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Selected
				Mark string `json:"mark" doc:"Of the result of the job."`
			}
		}) (*body[Job], error) {
			j, err := a.Clients.UndoBulkLater(ctx, v.Actor, q.Body.Organisations, q.Body.Mark)
			return answerWith(jobOf(j), err)
		})
	add(in, operation{id: "import-organisations", route: "POST organisations-import", summary: "Import organisation files (.yaml), a ZIP of them, or a table (.csv); the result of the job says what became of each", status: http.StatusAccepted, largest: importBytes},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Kind  string       `json:"kind,omitempty" enum:"client,prospect,own" default:"client"`
				Files []ImportFile `json:"files" minItems:"1" maxItems:"500"`
			}
		}) (*body[Job], error) {
			j, err := a.Clients.ImportMany(ctx, v.Actor, tenant.OrganisationKind(q.Body.Kind), list(q.Body.Files, func(f ImportFile) clients.Upload { return clients.Upload(f) }))
			return answerWith(jobOf(j), err)
		})
	viewOperations(a, in)
	add(in, operation{id: "get-home", route: "GET organisations/{organisation}/home", summary: "Where an organisation stands, what is due, what changed, what comes next and who decides"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Languages
		}) (*body[HomePage], error) {
			h, err := a.Clients.Home(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			return &body[HomePage]{a.homeOf(h, a.Messages.Printer(q.Language))}, nil
		})
}

// importBytes is the largest import: its files in base64, and their frame.
const importBytes = clients.MostUpload*4/3 + 1<<20

// ImportFile is a file with organisations.
type ImportFile struct {
	Name string `json:"name" maxLength:"300" doc:"Its ending says what it is."`
	Data []byte `json:"data" doc:"Base64."`
}

// portfolioPage is the page of saved views.
const portfolioPage = "portfolio"

func viewOperations(a *API, in area) {
	out := func(v accounts.Visit) func(desk.View) View {
		return func(x desk.View) View { return View{x.ID, x.Name, x.Query, x.Shared, x.Person == v.Person.ID} }
	}
	add(in, operation{id: "list-views", route: "GET portfolio/views", summary: "Saved views of the portfolio"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[ItemsOf[View]], error) {
			all, err := a.Clients.Views(ctx, v.Actor, portfolioPage)
			return answerWith(ItemsOf[View]{list(all, out(v))}, err)
		})
	add(in, operation{id: "save-view", route: "POST portfolio/views", summary: "Keep filters of the portfolio under a name; one's own of that name is replaced", status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			Body struct {
				Name   string `json:"name" minLength:"1" maxLength:"80"`
				Query  string `json:"query" maxLength:"2000"`
				Shared bool   `json:"shared,omitempty"`
			}
		}) (*body[View], error) {
			x, err := a.Clients.SaveView(ctx, v.Actor, desk.View{Page: portfolioPage, Name: q.Body.Name, Query: q.Body.Query, Shared: q.Body.Shared})
			return answerWith(out(v)(x), err)
		})
	add(in, operation{id: "remove-view", route: "DELETE portfolio/views/{id}", summary: "Remove a saved view"},
		func(ctx context.Context, v accounts.Visit, q *ByID) (*none, error) {
			return nil, a.Clients.RemoveView(ctx, v.Actor, q.ID)
		})
}
