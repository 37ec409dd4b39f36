package api

import (
	"context"
	"net/http"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/registers"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/law"
)

// AssetInput is what an asset says.
type AssetInput struct {
	Name        string   `json:"name" minLength:"1" maxLength:"200" doc:"Unique within the organisation."`
	Kind        string   `json:"kind,omitempty" enum:"service,application,server,network,workstation,industrial,data,facility,other" default:"other"`
	Hosts       []string `json:"hosts,omitempty" doc:"Names and addresses under which the internet reaches it."`
	Ports       string   `json:"ports,omitempty" maxLength:"2000" doc:"That should be open to the internet: \"80, 443\", \"none\", or empty when it is not known."`
	Criticality string   `json:"criticality,omitempty" enum:"critical,high,medium,low" default:"medium"`
	Owner       string   `json:"owner,omitempty"`
	Location    string   `json:"location,omitempty"`
	Supplier    string   `json:"supplier,omitempty"`
	Note        string   `json:"note,omitempty"`
}

// Asset is an entry of the register of assets.
type Asset struct {
	ID string `json:"id"`
	AssetInput
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

func assetOf(a register.Asset) Asset {
	return Asset{a.ID, AssetInput{a.Name, a.Kind, a.Hosts, a.PortsText(), a.Criticality, a.Owner, a.Location, a.Supplier, a.Note}, a.UpdatedAt, a.Version}
}

func (i AssetInput) asset() (register.Asset, error) {
	ports, said, err := register.ParsePorts(i.Ports)
	return register.Asset{Name: i.Name, Kind: i.Kind, Hosts: i.Hosts, PortsSaid: said, Ports: ports, Criticality: i.Criticality, Owner: i.Owner, Location: i.Location, Supplier: i.Supplier, Note: i.Note}, err
}

// SupplierInput is what a supplier says.
type SupplierInput struct {
	Name        string   `json:"name" minLength:"1" maxLength:"200" doc:"Unique within the organisation."`
	Supplies    string   `json:"supplies,omitempty" doc:"Products and services."`
	Criticality string   `json:"criticality,omitempty" enum:"critical,high,medium,low" default:"medium"`
	Contact     string   `json:"contact,omitempty"`
	Email       string   `json:"email,omitempty" maxLength:"254" doc:"Where it is asked to mend what is seen from outside."`
	Language    string   `json:"language,omitempty" enum:"en,de,fr" doc:"In which it is asked."`
	Owner       string   `json:"owner,omitempty" doc:"Who looks after the contract."`
	Domains     []string `json:"domains,omitempty" doc:"Of its web and mail."`
	ReviewBy    law.Date `json:"review_by,omitempty"`
	Note        string   `json:"note,omitempty"`
}

// Supplier is an entry of the register of suppliers.
type Supplier struct {
	ID string `json:"id"`
	SupplierInput
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

func supplierOf(s register.Supplier) Supplier {
	return Supplier{s.ID, SupplierInput{s.Name, s.Supplies, s.Criticality, s.Contact, s.Email, s.Language, s.Owner, s.Domains, s.ReviewBy, s.Note}, s.UpdatedAt, s.Version}
}

func (i SupplierInput) supplier() register.Supplier {
	return register.Supplier{Name: i.Name, Supplies: i.Supplies, Criticality: i.Criticality, Contact: i.Contact, Email: i.Email, Language: i.Language, Owner: i.Owner, Domains: i.Domains, ReviewBy: i.ReviewBy, Note: i.Note}
}

// RiskInput is what a risk says.
type RiskInput struct {
	Title          string   `json:"title" minLength:"1" maxLength:"200"`
	Scenario       string   `json:"scenario,omitempty" doc:"What can happen, and how."`
	Asset          string   `json:"asset,omitempty" doc:"Name of what it endangers."`
	Likelihood     int64    `json:"likelihood" minimum:"1" maximum:"5"`
	Impact         int64    `json:"impact" minimum:"1" maximum:"5"`
	Reason         string   `json:"reason,omitempty"`
	Owner          string   `json:"owner,omitempty"`
	Treatment      string   `json:"treatment,omitempty" enum:"undecided,reduce,avoid,share,accept" default:"undecided"`
	Measures       string   `json:"measures,omitempty"`
	LeftLikelihood int64    `json:"left_likelihood,omitempty" minimum:"0" maximum:"5" doc:"After the treatment; 0: not rated."`
	LeftImpact     int64    `json:"left_impact,omitempty" minimum:"0" maximum:"5"`
	Acceptance     string   `json:"acceptance,omitempty" doc:"Why an accepted risk may stay as it is."`
	ReviewBy       law.Date `json:"review_by,omitempty"`
}

// Risk is an entry of the register of risks.
type Risk struct {
	ID string `json:"id"`
	RiskInput
	Score        int64     `json:"score" doc:"Likelihood times impact."`
	Level        string    `json:"level" enum:"critical,high,medium,low"`
	Origin       string    `json:"origin,omitempty" doc:"exposure. and the id of a check, or incident."`
	Incident     string    `json:"incident,omitempty"`
	Requirements []string  `json:"requirements,omitempty"`
	AcceptedName string    `json:"accepted_name,omitempty"`
	AcceptedOn   law.Date  `json:"accepted_on,omitempty"`
	ClosedOn     law.Date  `json:"closed_on,omitempty"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

func riskOf(r register.Risk) Risk {
	return Risk{r.ID, RiskInput{r.Title, r.Scenario, r.Asset, r.Likelihood, r.Impact, r.Reason, r.Owner, r.Treatment, r.Measures, r.Left.Likelihood, r.Left.Impact, r.Acceptance, r.ReviewBy},
		r.Score(), register.Level(r.Score()), r.Origin, r.Incident, r.Requirements, r.AcceptedName, r.AcceptedOn, r.ClosedOn, r.UpdatedAt, r.Version}
}

func (i RiskInput) risk() register.Risk {
	return register.Risk{Title: i.Title, Scenario: i.Scenario, Asset: i.Asset, Likelihood: i.Likelihood, Impact: i.Impact, Reason: i.Reason, Owner: i.Owner, Treatment: i.Treatment,
		Measures: i.Measures, Left: register.Rest{Likelihood: i.LeftLikelihood, Impact: i.LeftImpact}, Acceptance: i.Acceptance, ReviewBy: i.ReviewBy}
}

// entry says how the entries of one register are read and changed: D is an entry, I what
// a program says of one, O what it is told.
type entry[D, I, O any] struct {
	one, route string // route of all
	all        func(context.Context, authz.Actor, string) ([]D, error)
	get        func(context.Context, authz.Actor, string, string) (D, error)
	put        func(context.Context, authz.Actor, string, D) (D, error)
	remove     func(context.Context, authz.Actor, string, string) error
	in         func(i I, id string, version int64) (D, error)
	out        func(D) O
	id         func(D) string
	version    func(D) int64
}

// entries registers the operations of one register.
func entries[D, I, O any](in area, e entry[D, I, O]) {
	add(in, operation{id: "list-" + e.one + "s", route: "GET " + e.route, summary: "The register of " + e.one + "s"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Paging
		}) (*body[Page[O]], error) {
			all, err := e.all(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			part, err := page(all, e.id, q.Paging)
			if err != nil {
				return nil, err
			}
			return &body[Page[O]]{Page[O]{list(part.Body.Items, e.out), part.Body.Next}}, nil
		})
	add(in, operation{id: "get-" + e.one, route: "GET " + e.route + "/{id}", summary: "One " + e.one},
		func(ctx context.Context, v accounts.Visit, q *One) (*versioned[O], error) {
			x, err := e.get(ctx, v.Actor, q.Organisation, q.ID)
			if err != nil {
				return nil, err
			}
			return &versioned[O]{tag(e.version(x)), e.out(x)}, nil
		})
	add(in, operation{id: "add-" + e.one, route: "POST " + e.route, summary: "Add a " + e.one, status: http.StatusCreated},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body I
		}) (*body[created], error) {
			x, err := e.in(q.Body, "", 0)
			if err == nil {
				x, err = e.put(ctx, v.Actor, q.Organisation, x)
			}
			return answerWith(created{e.id(x)}, err)
		})
	add(in, operation{id: "change-" + e.one, route: "PUT " + e.route + "/{id}", summary: "Change a " + e.one},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Expecting
			Body I
		}) (*none, error) {
			if _, err := e.get(ctx, v.Actor, q.Organisation, q.ID); err != nil {
				return nil, err
			}
			version, err := q.version()
			if err != nil {
				return nil, err
			}
			x, err := e.in(q.Body, q.ID, version)
			if err == nil {
				_, err = e.put(ctx, v.Actor, q.Organisation, x)
			}
			return nil, outdated(err)
		})
	add(in, operation{id: "remove-" + e.one, route: "DELETE " + e.route + "/{id}", summary: "Take a " + e.one + " out of the register"},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, e.remove(ctx, v.Actor, q.Organisation, q.ID)
		})
}

func registerOperations(a *API) {
	in := area{a, "Registers"}
	const assets, suppliers, risks = "organisations/{organisation}/assets", "organisations/{organisation}/suppliers", "organisations/{organisation}/risks"
	entries(in, entry[register.Asset, AssetInput, Asset]{one: "asset", route: assets, all: a.Registers.Assets, get: a.Registers.Asset, put: a.Registers.PutAsset, remove: a.Registers.RemoveAsset, out: assetOf,
		in: func(i AssetInput, id string, version int64) (register.Asset, error) {
			x, err := i.asset()
			x.ID, x.Version = id, version
			return x, err
		}, version: func(x register.Asset) int64 { return x.Version }, id: func(x register.Asset) string { return x.ID }})
	entries(in, entry[register.Supplier, SupplierInput, Supplier]{one: "supplier", route: suppliers, all: a.Registers.Suppliers, get: a.Registers.Supplier, put: a.Registers.PutSupplier, remove: a.Registers.RemoveSupplier, out: supplierOf,
		in: func(i SupplierInput, id string, version int64) (register.Supplier, error) {
			x := i.supplier()
			x.ID, x.Version = id, version
			return x, nil
		}, version: func(x register.Supplier) int64 { return x.Version }, id: func(x register.Supplier) string { return x.ID }})
	entries(in, entry[register.Risk, RiskInput, Risk]{one: "risk", route: risks, all: a.Registers.Risks, get: a.Registers.Risk, put: a.Registers.PutRisk, remove: a.Registers.RemoveRisk, out: riskOf,
		in: func(i RiskInput, id string, version int64) (register.Risk, error) {
			x := i.risk()
			x.ID, x.Version = id, version
			return x, nil
		}, version: func(x register.Risk) int64 { return x.Version }, id: func(x register.Risk) string { return x.ID }})
	add(in, operation{id: "close-risk", route: "POST " + risks + "/{id}/close", summary: "Say that a risk is there no more, or again", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Closed bool `json:"closed"`
			}
		}) (*none, error) {
			return nil, a.Registers.CloseRisk(ctx, v.Actor, q.Organisation, q.ID, q.Body.Closed)
		})
	add(in, operation{id: "import-assets", route: "POST " + assets + "-import", summary: "Take assets over from a table; either all of it or nothing", largest: 2 * registers.LargestTable},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Table string `json:"table" doc:"CSV with the columns name, kind, hosts, ports, criticality, owner, location, supplier, note in any order; only name must be there."`
			}
		}) (*body[ImportedAssets], error) {
			n, err := a.Registers.ImportAssets(ctx, v.Actor, q.Organisation, "table.csv", []byte(q.Body.Table))
			return answerWith(ImportedAssets(n), err)
		})
	add(in, operation{id: "scan-assets", route: "POST " + assets + "-targets", summary: "Make scan targets of hosts of the register", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Hosts []string `json:"hosts" minItems:"1" maxItems:"200"`
			}
		}) (*none, error) {
			return nil, a.Scanning.AddHosts(ctx, v.Actor, q.Organisation, q.Body.Hosts)
		})
}

// FoundRisk names the risk that a finding became.
type FoundRisk struct {
	Risk string `json:"risk" doc:"Id."`
}

// ImportedAssets says what came of a table.
type ImportedAssets struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
}
