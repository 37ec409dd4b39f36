// Package api is the JSON interface for programs: the same use cases as the pages,
// described by an OpenAPI document. A program shows an API token; the cookie of a
// browser opens nothing here, so no other site can make one act.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/delegating"
	"github.com/nisaba-platform/nisaba/internal/app/feeding"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/app/registers"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/app/working"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/live"
)

// Prefix is where the interface lies.
const Prefix = "/api/v1/"

// Options of New.
type Options struct {
	Accounts  *accounts.Service
	Clients   *clients.Service
	Proving   *proving.Service
	Incidents *incidents.Service
	Authority *authority.Service
	Alarms    *alarming.Service
	Bench     *workbench.Service
	Links     *delegating.Service
	Work      *working.Service
	Streams   *live.Streams
	Notices   *noticing.Service
	Reporting *reporting.Service
	Feeds     *feeding.Service
	Filing    *filing.Service
	Scanning  *scanning.Service
	Registers *registers.Service
	Catalogue *catalog.Catalogue
	Messages  *locale.Catalogue
	Clock     clock.Clock
	Log       *slog.Logger
	Version   string // of the program
}

// API is the interface. Make it with New.
type API struct {
	Options
	huma    huma.API
	mux     *http.ServeMux
	limit   *guard.Limiter
	strange *guard.Limiter
	all     []Operation
	large   map[string]int64 // bytes of the body by route, where it is not the usual limit
}

// Operation is one thing that a program can do.
type Operation struct {
	ID, Method, Path, Summary, Area string
	Writes                          bool
}

// The limits of a token: so many requests at once, and one more per interval.
const (
	burst    = 300
	interval = 50 * time.Millisecond
	mostKeys = 10_000
)

// uploadTime is how long a slow line may take to send a file.
const uploadTime = 10 * time.Minute

// New prepares the interface.
func New(o Options) *API {
	a := &API{Options: o, mux: http.NewServeMux(), limit: guard.NewLimiter(o.Clock, burst, interval, mostKeys),
		strange: guard.NewLimiter(o.Clock, 30, 2*time.Second, mostKeys), large: map[string]int64{}}
	config := huma.DefaultConfig("Nisaba", o.Version)
	config.Info.Description = "Everything that the pages of Nisaba do, for programs. Send an API token as \"Authorization: Bearer nis_…\". " +
		"Errors are problem documents (RFC 9457), in the language of Accept-Language where there is one. What has a version has an ETag; send it back as If-Match to change it. " +
		"Send an Idempotency-Key with a POST to repeat it safely for a day."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no links to schemas inside of answers
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decode}
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	config.Transformers = append(config.Transformers, a.said)
	config.Servers = []*huma.Server{{URL: "/"}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "An API token, made under Settings."}}
	config.Security = []map[string][]string{{"token": {}}}
	a.huma = humago.New(a.mux, config)
	for _, area := range []func(*API){selfOperations, organisationOperations, factOperations, assessmentOperations, evidenceOperations,
		planOperations, boardOperations, snapshotOperations, historyOperations, ledgerOperations, memberOperations, incidentOperations, handlingOperations,
		scopeOperations, registrationOperations, workbenchOperations, delegationOperations, workOperations, portfolioOperations, keptReportOperations,
		approvalOperations, boardOfTasksOperations, settingsOperations, authorityOperations, exposureOperations, registerOperations, checklistOperations, binderOperations, supervisionOperations, authorityCaseOperations} {
		area(a)
	}
	slices.SortFunc(a.all, func(x, y Operation) int {
		if n := strings.Compare(x.Path, y.Path); n != 0 {
			return n
		}
		return strings.Compare(x.Method, y.Method)
	})
	return a
}

// Operations lists everything that a program can do, by path.
func (a *API) Operations() []Operation { return a.all }

// Document is the OpenAPI document as JSON.
func (a *API) Document() ([]byte, error) { return json.MarshalIndent(a.huma.OpenAPI(), "", "  ") }

// Handler answers everything below Prefix. It stands behind the guard of the pages.
func (a *API) Handler() http.Handler {
	made := sync.OnceValues(a.Document) // a tenth of the time to start, and few ask for it
	outer := http.NewServeMux()
	outer.HandleFunc("GET "+Prefix+"openapi.json", func(w http.ResponseWriter, r *http.Request) {
		document, err := made()
		if err != nil {
			a.writeProblem(w, r, a.problem(r.Context(), err))
			return
		}
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(document) // the program has gone if this fails
	})
	answering := a.spoken(a.known(a.repeatable(a.routed())))
	outer.Handle(Prefix, answering)
	for route, largest := range a.large {
		outer.Handle(route, guard.MaxBody(largest+1, uploadTime)(answering)) // one byte more shows that it is too much
	}
	return outer
}

// routed answers with a problem where no operation matches.
func (a *API) routed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := a.mux.Handler(r); pattern != "" {
			a.mux.ServeHTTP(w, r)
			return
		}
		p := &huma.ErrorModel{Status: http.StatusNotFound, Detail: "there is no such operation; " + Prefix + "openapi.json describes all"}
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := a.mux.Handler(other); pattern != "" {
				p.Status, p.Detail = http.StatusMethodNotAllowed, "this cannot be done here; expected for example "+method
				w.Header().Add("Allow", method)
			}
		}
		a.writeProblem(w, r, p)
	})
}

type visitKey struct{}

func visitOf(ctx context.Context) accounts.Visit {
	v, _ := ctx.Value(visitKey{}).(accounts.Visit)
	return v
}

// mostDevice is how much of what a program says of itself is kept.
const mostDevice = 200

// known lets only programs with a valid token through, each at its pace. Attempts
// with tokens that let nobody in are counted by address.
func (a *API) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			a.unauthorised(w, r, "no token was sent; expected \"Authorization: Bearer nis_…\"")
			return
		}
		v, err := a.bearer(r)
		if isTokenError(err) {
			if wait := a.strange.Take(guard.ByAddress(r)); wait > 0 {
				a.tooMany(w, r, wait)
				return
			}
			a.unauthorised(w, r, "the token is not valid; expected one that is neither expired nor revoked")
			return
		}
		if err == nil {
			err = v.Refused
		}
		if err != nil {
			a.writeProblem(w, r, a.problem(r.Context(), err))
			return
		}
		if wait := a.limit.Take(token); wait > 0 {
			a.tooMany(w, r, wait)
			return
		}
		ctx := context.WithValue(r.Context(), visitKey{}, v)
		if own := v.Person.Language; r.Header.Get("Accept-Language") == "" && slices.Contains(a.Messages.Languages(), own) {
			ctx = context.WithValue(ctx, languageKey{}, own)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bearer is who the token of a request stands for.
func (a *API) bearer(r *http.Request) (accounts.Visit, error) {
	name := r.UserAgent()
	d := accounts.Device{Address: guard.Address(r.Context()).String(), Name: name[:min(len(name), mostDevice)]}
	return a.Accounts.Bearer(r.Context(), strings.TrimSpace(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")), d)
}
