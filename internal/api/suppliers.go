package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/law"
)

// SupplierStanding is where a supplier stands after the last look at it.
type SupplierStanding struct {
	Supplier    string         `json:"supplier" doc:"Id in the register."`
	Name        string         `json:"name"`
	Criticality string         `json:"criticality" enum:"critical,high,medium,low"`
	Grade       string         `json:"grade" doc:"A to F; empty when nothing could be judged."`
	Before      string         `json:"grade_a_week_ago,omitempty"`
	GotWorse    bool           `json:"got_worse"`
	Areas       []ExposureArea `json:"areas" doc:"Worst first."`
	SeenAt      time.Time      `json:"seen_at,omitzero"`
	AskedAt     time.Time      `json:"asked_at,omitzero" doc:"When it was last asked to mend what is seen."`
	Consent     bool           `json:"consent" doc:"At least one domain may be scanned with all checks today."`
}

func supplierStandingOf(x scanning.SupplierStanding) SupplierStanding {
	return SupplierStanding{x.Supplier.ID, x.Supplier.Name, x.Supplier.Criticality, x.Last.Grade, x.Before, x.GotWorse(), list(x.Areas, exposureAreaOf), x.Last.EndedAt, x.AskedAt, x.Consent}
}

// SupplierStandings are the suppliers of an organisation.
type SupplierStandings struct {
	Items  []SupplierStanding `json:"items"`
	Weekly bool               `json:"weekly" doc:"Suppliers are looked at each week."`
}

// SupplierState is what is known of one supplier.
type SupplierState struct {
	Supplier string            `json:"supplier"`
	Grade    string            `json:"grade"`
	SeenAt   time.Time         `json:"seen_at,omitzero"`
	Areas    []ExposureArea    `json:"areas"`
	Domains  []SupplierDomain  `json:"domains"`
	Findings []ExposureFinding `json:"findings" doc:"Of the last look, worst first."`
	Requests []SupplierRequest `json:"requests" doc:"Letters to the supplier, newest first."`
	Job      string            `json:"job,omitempty" doc:"Of the look that waits or runs."`
	Risk     string            `json:"risk,omitempty" doc:"Id of the open risk that came from it."`
}

// SupplierDomain is how a domain may be looked at.
type SupplierDomain struct {
	Domain  string      `json:"domain"`
	Consent bool        `json:"consent" doc:"All checks are made; otherwise only what every visitor does."`
	Target  *ScanTarget `json:"target,omitempty" doc:"With the record that is the consent; left out until it is prepared."`
}

// SupplierRequest is a letter to a supplier.
type SupplierRequest struct {
	ID       string    `json:"id"`
	Address  string    `json:"address"`
	Language string    `json:"language"`
	Body     string    `json:"body"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at"`
}

func supplierRequestOf(r register.Request) SupplierRequest {
	return SupplierRequest{r.ID, r.Address, r.Language, r.Body, r.AskedName, r.CreatedAt}
}

func (a *API) supplierState(e scanning.SupplierExposure, today law.Date) SupplierState {
	out := SupplierState{Supplier: e.Supplier.ID, Grade: e.Last.Grade, SeenAt: e.Last.EndedAt, Areas: list(e.Areas, exposureAreaOf), Findings: list(e.Findings, findingOf(a.Scanning.Catalogue())),
		Requests: list(e.Requests, supplierRequestOf), Job: e.Job.ID, Risk: e.Risk, Domains: []SupplierDomain{}}
	for _, d := range e.Domains {
		x := SupplierDomain{Domain: d, Consent: e.Consented(d, today)}
		for _, t := range e.Targets {
			if t.Declared == d {
				target := scanTargetOf(t)
				x.Target = &target
			}
		}
		out.Domains = append(out.Domains, x)
	}
	return out
}

// SharedSupplier is a supplier with everybody who depends on it.
type SharedSupplier struct {
	Name     string             `json:"name"`
	Domains  []string           `json:"domains"`
	Grade    string             `json:"grade"`
	GotWorse bool               `json:"got_worse" doc:"Within the week."`
	Clients  []SupplierCustomer `json:"clients"`
}

// SupplierCustomer is an organisation that depends on a supplier.
type SupplierCustomer struct {
	Organisation string `json:"organisation"`
	Name         string `json:"name"`
	Supplier     string `json:"supplier" doc:"Id in its register."`
	Criticality  string `json:"criticality" enum:"critical,high,medium,low"`
}

func sharedSupplierOf(x scanning.SharedSupplier) SharedSupplier {
	return SharedSupplier{x.Name, append([]string{}, x.Domains...), x.Grade, x.Worse, list(x.Clients, func(c scanning.SupplierStanding) SupplierCustomer {
		return SupplierCustomer{c.Organisation, c.Name, c.Supplier.ID, c.Supplier.Criticality}
	})}
}

func supplierScanOperations(a *API) {
	in := area{a, "Exposure"}
	const suppliers, one = "organisations/{organisation}/supplier-exposures", "organisations/{organisation}/supplier-exposures/{id}"
	add(in, operation{id: "list-shared-suppliers", route: "GET supplier-exposures", summary: "Suppliers of all organisations and who depends on them, those that got worse this week first"},
		func(ctx context.Context, v accounts.Visit, _ *none) (*body[ItemsOf[SharedSupplier]], error) {
			all, err := a.Scanning.SharedSuppliers(ctx, v.Actor)
			return answerWith(ItemsOf[SharedSupplier]{list(all, sharedSupplierOf)}, err)
		})
	add(in, operation{id: "list-supplier-exposures", route: "GET " + suppliers, summary: "What is seen of the suppliers from outside, worst first"},
		func(ctx context.Context, v accounts.Visit, q *At) (*body[SupplierStandings], error) {
			all, weekly, err := a.Scanning.Suppliers(ctx, v.Actor, q.Organisation)
			return answerWith(SupplierStandings{list(all, supplierStandingOf), weekly}, err)
		})
	add(in, operation{id: "get-supplier-exposure", route: "GET " + one, summary: "What is seen of one supplier, and how it may be looked at"},
		func(ctx context.Context, v accounts.Visit, q *One) (*body[SupplierState], error) {
			e, err := a.Scanning.LoadSupplier(ctx, v.Actor, q.Organisation, q.ID)
			if err != nil {
				return nil, err
			}
			return answerWith(a.supplierState(e, v.Actor.Day(a.Clock.Now())), nil)
		})
	stream(in, operation{id: "get-supplier-file", route: "GET " + one + "/file", summary: "The last look at a supplier as a file", produces: "application/octet-stream"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Format   string `query:"format" enum:"pdf,html,docx,csv,json" default:"json"`
			Language string `query:"language" enum:"en,de,fr" default:"en"`
		}) (*huma.StreamResponse, error) {
			c, err := a.Clients.Load(ctx, v.Actor, q.Organisation)
			if err != nil {
				return nil, err
			}
			b, day, err := a.Scanning.ExportSupplier(ctx, v.Actor, q.Organisation, q.ID, q.Format, a.Messages.Printer(q.Language), c.In.Brand)
			return fileAnswer("supplier-"+day.String()+"."+q.Format, "application/octet-stream", b, err)
		})
	add(in, operation{id: "scan-supplier", route: "POST " + one + "/scan", summary: "Look at a supplier, in the background: domains with consent with all checks, others as a visitor", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Scanning.StartSupplier(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "stop-supplier-scan", route: "POST " + one + "/stop", summary: "Stop the look at a supplier that waits or runs", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Scanning.StopSupplier(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "check-supplier-again", route: "POST " + one + "/findings/{finding}/again", summary: "Check one finding of a supplier again, in the background", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Finding string `path:"finding" doc:"Id of the finding."`
		}) (*none, error) {
			return nil, a.Scanning.RescanSupplier(ctx, v.Actor, q.Organisation, q.ID, q.Finding)
		})
	add(in, operation{id: "set-supplier-plan", route: "PUT organisations/{organisation}/supplier-exposures-plan", summary: "Say whether suppliers are looked at each week"},
		func(ctx context.Context, v accounts.Visit, q *struct {
			At
			Body struct {
				Weekly bool `json:"weekly"`
			}
		}) (*none, error) {
			return nil, a.Scanning.SetSupplierPlan(ctx, v.Actor, q.Organisation, survey.SupplierPlan(q.Body))
		})
	supplierActOperations(a, in, one)
}

func supplierActOperations(a *API, in area, one string) {
	add(in, operation{id: "prepare-supplier-consent", route: "POST " + one + "/targets", summary: "Make the records with which a supplier may consent to all checks; prove-scan-target looks for them", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *One) (*none, error) {
			return nil, a.Scanning.AddSupplierTargets(ctx, v.Actor, q.Organisation, q.ID)
		})
	add(in, operation{id: "ask-supplier", route: "POST " + one + "/requests", summary: "Mail a supplier what is seen of it and how to mend it", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *struct {
			One
			Body struct {
				Address  string `json:"address" format:"email" maxLength:"254"`
				Language string `json:"language" enum:"en,de,fr"`
				Note     string `json:"note,omitempty" maxLength:"4000" doc:"Own words, below the greeting."`
				Reply    string `json:"reply,omitempty" format:"email" maxLength:"254" doc:"To whom the supplier answers."`
			}
		}) (*none, error) {
			return nil, a.Scanning.AskSupplier(ctx, v.Actor, q.Organisation, q.ID, scanning.Request{Address: q.Body.Address, Language: q.Body.Language, Note: q.Body.Note, Reply: q.Body.Reply}, a.Messages.Printer(q.Body.Language))
		})
	type inLanguage struct {
		One
		Language string `query:"language" enum:"en,de,fr" default:"en"`
	}
	add(in, operation{id: "task-of-supplier", route: "POST " + one + "/task", summary: "Make a task of the last look at a supplier", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *inLanguage) (*none, error) {
			return nil, a.Scanning.MakeSupplierTask(ctx, v.Actor, q.Organisation, q.ID, a.Messages.Printer(q.Language))
		})
	add(in, operation{id: "risk-of-supplier", route: "POST " + one + "/risk", summary: "Enter the last look at a supplier into the register of risks"},
		func(ctx context.Context, v accounts.Visit, q *inLanguage) (*body[FoundRisk], error) {
			id, err := a.Scanning.MakeSupplierRisk(ctx, v.Actor, q.Organisation, q.ID, a.Messages.Printer(q.Language))
			return answerWith(FoundRisk{id}, err)
		})
	add(in, operation{id: "file-supplier-scan", route: "POST " + one + "/evidence", summary: "File the last look at a supplier as evidence", status: http.StatusNoContent},
		func(ctx context.Context, v accounts.Visit, q *inLanguage) (*none, error) {
			return nil, a.Scanning.FileSupplierEvidence(ctx, v.Actor, q.Organisation, q.ID, a.Messages.Printer(q.Language))
		})
}
