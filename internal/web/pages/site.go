// Package pages is the pages of the platform: each handler reads the request,
// calls a use case, and renders parts of package ui. Every page works without
// script.
package pages

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/alarming"
	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/delegating"
	"github.com/nisaba-platform/nisaba/internal/app/feeding"
	"github.com/nisaba-platform/nisaba/internal/app/filing"
	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/noticing"
	"github.com/nisaba-platform/nisaba/internal/app/proving"
	"github.com/nisaba-platform/nisaba/internal/app/registers"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/app/workbench"
	"github.com/nisaba-platform/nisaba/internal/app/working"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/live"
	"github.com/nisaba-platform/nisaba/internal/web/static"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// Site is all pages with what they need. Make it with New.
type Site struct {
	accounts  *accounts.Service
	clients   *clients.Service
	feeds     *feeding.Service
	reporting *reporting.Service
	notices   *noticing.Service
	mails     *mailing.Mailer
	working   *working.Service
	streams   *live.Streams
	bench     *workbench.Service
	links     *delegating.Service
	messages  *locale.Catalogue
	assets    *static.Assets
	parts     *ui.Parts
	guard     *guard.Guard
	clock     clock.Clock
	secure    bool
	signIn    *guard.Limiter
	proving   *proving.Service
	programs  Programs
	guests    *guard.Limiter
	senders   *guard.Limiter // of signals
	incidents *incidents.Service
	alarms    *alarming.Service
	filing    *filing.Service
	authority *authority.Service
	scanning  *scanning.Service
	registers *registers.Service
}

// Options of New.
type Options struct {
	Accounts  *accounts.Service
	Clients   *clients.Service
	Feeds     *feeding.Service
	Reporting *reporting.Service
	Notices   *noticing.Service
	Mails     *mailing.Mailer
	Work      *working.Service
	Streams   *live.Streams
	Proving   *proving.Service
	Programs  Programs
	Bench     *workbench.Service
	Links     *delegating.Service
	Incidents *incidents.Service
	Alarms    *alarming.Service
	Filing    *filing.Service
	Authority *authority.Service
	Scanning  *scanning.Service
	Registers *registers.Service
	Messages  *locale.Catalogue
	Clock     clock.Clock
	Guard     guard.Options // ErrorPage is set by New
	Log       *slog.Logger
}

// New prepares the site.
func New(o Options) (*Site, error) {
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	s := &Site{accounts: o.Accounts, clients: o.Clients, reporting: o.Reporting, feeds: o.Feeds, notices: o.Notices, mails: o.Mails, bench: o.Bench, links: o.Links, messages: o.Messages, assets: assets, parts: ui.NewParts(), clock: o.Clock, secure: o.Guard.HTTPS,
		proving: o.Proving, programs: o.Programs, incidents: o.Incidents, alarms: o.Alarms, filing: o.Filing, authority: o.Authority, scanning: o.Scanning, registers: o.Registers}
	s.working, s.streams = o.Work, o.Streams
	o.Guard.Log = o.Log
	o.Guard.ErrorPage = s.problem()
	s.guard = guard.New(o.Guard)
	s.signIn = guard.NewLimiter(o.Clock, 20, 3*time.Second, 10_000)
	s.guests = guard.NewLimiter(o.Clock, 120, time.Second, 10_000)
	s.senders = guard.NewLimiter(o.Clock, 120, 500*time.Millisecond, 10_000)
	return s, nil
}

// view is what every part needs to know of a request.
func (s *Site) view(r *http.Request) ui.View {
	v := ui.View{Printer: s.messages.Printer(s.language(r)), Assets: s.assets, Theme: ui.ThemeOf(r), Now: s.clock.Now()}
	if visit, ok := r.Context().Value(visitKey{}).(accounts.Visit); ok {
		v.Accent = visit.Workspace.Brand.Colour
		v.Zone = visit.Actor.Zone
	}
	return v
}

// language is the one that the account has chosen. For visitors, and for people who
// leave it to the browser, it is the first that the browser asks for and that there
// is.
func (s *Site) language(r *http.Request) string {
	if own := visitOf(r).Person.Language; slices.Contains(s.messages.Languages(), own) {
		return own
	}
	return s.messages.Negotiate(r.Header.Get("Accept-Language"))
}

type visitKey struct{}

// visitOf is the visit of a page behind the sign-in.
func visitOf(r *http.Request) accounts.Visit {
	v, _ := r.Context().Value(visitKey{}).(accounts.Visit)
	return v
}

// cookie holds the token of the session. Its name, like those of the others, is
// what cookieName makes of it.
const cookie = "session"

// deviceCookie holds the token by which a browser is known again. It opens nothing.
const deviceCookie = "device"

// cookieName is the name under which browsers keep a cookie of ours. Behind https it
// has the prefix that a browser takes from this very host alone, over https alone, so
// that neither another host of the domain nor somebody on an open line can plant one.
// One without the prefix is not read there.
func (s *Site) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie gives the browser its session, and its device token when it is new.
func (s *Site) setCookie(w http.ResponseWriter, signed accounts.Signed) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(cookie), Value: signed.Token, Path: "/", Expires: signed.Session.ExpiresAt,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
	if signed.Device != "" {
		http.SetCookie(w, &http.Cookie{Name: s.cookieName(deviceCookie), Value: signed.Device, Path: "/", MaxAge: int(accounts.DeviceLasts / time.Second),
			HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
	}
}

// clearCookie takes the session from the browser; behind https also what it has
// under the names of the open line.
func (s *Site) clearCookie(w http.ResponseWriter) {
	names := []string{s.cookieName(cookie)}
	if s.secure {
		names = append(names, cookie, deviceCookie)
	}
	for _, name := range names {
		http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
	}
}

func (s *Site) tokenOf(r *http.Request) string { return s.cookieOf(r, cookie) }

// cookieOf is the value of a cookie, "" when there is none or it is too long to be
// ours.
func (s *Site) cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil || len(c.Value) > 200 {
		return ""
	}
	return c.Value
}

// mostDevice is how much of what a browser says of itself is kept.
const mostDevice = 200

func (s *Site) device(r *http.Request) accounts.Device {
	name := r.UserAgent()
	return accounts.Device{Address: guard.Address(r.Context()).String(), Name: name[:min(len(name), mostDevice)], Known: s.cookieOf(r, deviceCookie)}
}

// public is a page that anybody may open; people who are signed in read it in their
// language.
func (s *Site) public(h guard.Handler) http.Handler {
	page := s.guard.Page(func(w http.ResponseWriter, r *http.Request) error {
		if err := readForm(r); err != nil {
			return err
		}
		return h(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(w, r.WithContext(ui.With(r.Context(), s.view(s.recognised(r)))))
	})
}

// recognised is the request as one of whoever is signed in, for the view alone.
func (s *Site) recognised(r *http.Request) *http.Request {
	token := s.tokenOf(r)
	if token == "" {
		return r
	}
	v, err := s.accounts.Look(r.Context(), token, s.device(r))
	if err != nil {
		return r // the page is there for everybody
	}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// readForm reads the form of a request, so that one that is too large or damaged
// is refused as such and not taken for an empty one. Routes with files read theirs.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return guard.Status(http.StatusBadRequest, "the form cannot be read")
}

// private is a page behind the sign-in. Without a session it leads to the sign-in
// page and back. A workspace whose policy keeps the person out leads to the
// account, where a second factor can be set up.
func (s *Site) private(h guard.Handler) http.Handler {
	return s.guard.Page(func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.accounts.Visit(r.Context(), s.tokenOf(r), s.device(r))
		if errors.Is(err, accounts.ErrNoSession) {
			s.clearCookie(w)
			back := "/"
			if r.Method == http.MethodGet {
				back = r.URL.RequestURI()
			}
			return guard.Redirect(w, r, "/sign-in?next="+escape(back))
		}
		if err != nil {
			return err
		}
		r = s.seen(r, v)
		w.Header().Set("Cache-Control", "no-store")
		s.guard.Page(func(w http.ResponseWriter, r *http.Request) error { // an error's page knows who is there
			if err := readForm(r); err != nil {
				return err
			}
			return h(w, r)
		}).ServeHTTP(w, r)
		return nil
	})
}

// looks reports whether the request changes nothing.
func looks(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// seen is the request as one of the visit, with a view in its language.
func (s *Site) seen(r *http.Request, v accounts.Visit) *http.Request {
	ctx := context.WithValue(r.Context(), visitKey{}, v)
	ctx = v.Looking(ctx, looks(r))
	r = r.WithContext(ctx)
	return r.WithContext(ui.With(r.Context(), s.view(r)))
}

// inside is a private page of a workspace.
func (s *Site) inside(h guard.Handler) http.Handler {
	return s.private(func(w http.ResponseWriter, r *http.Request) error {
		v := visitOf(r)
		if v.Workspace.ID == "" {
			return guard.Redirect(w, r, "/workspaces")
		}
		if errors.Is(v.Refused, accounts.ErrNeedsFactor) && r.Method == http.MethodGet {
			return guard.Redirect(w, r, "/account?factor=needed")
		}
		if v.Refused != nil {
			return v.Refused
		}
		return h(w, r)
	})
}

// Routes is every page behind the guard.
func (s *Site) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+static.Prefix, s.assets)
	for _, route := range s.Table() {
		mux.Handle(route.Pattern, route.handler)
	}
	if s.programs.Handler != nil {
		mux.Handle(s.programs.Prefix, s.programs.Handler)
	}
	mux.Handle("/", s.public(func(http.ResponseWriter, *http.Request) error {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such page"}
	}))
	return s.guard.Wrap(mux)
}

// Access says who may open a route.
type Access string

// The kinds of access.
const (
	Public    Access = "public"
	SignedIn  Access = "signed-in" // one's own account
	Workspace Access = "workspace"
	Client    Access = "client" // an organisation of the workspace: {organisation} in the pattern
)

// Route is one registered page.
type Route struct {
	Pattern string // as http.ServeMux has it
	Access  Access
	handler http.Handler
}

// Table lists every route; a test proves for each who is kept out.
func (s *Site) Table() []Route {
	var all []Route
	add := func(a Access, pattern string, h guard.Handler) {
		wrap := map[Access]func(guard.Handler) http.Handler{
			Public: s.public, SignedIn: s.private, Workspace: s.inside, Client: s.inside}[a]
		all = append(all, Route{pattern, a, wrap(h)})
	}
	s.accountRoutes(add)
	s.noticeRoutes(add)
	s.accessRoutes(add)
	s.settingsRoutes(add)
	s.jobRoutes(add)
	s.workspaceRoutes(add)
	s.portfolioRoutes(add)
	s.manageRoutes(add)
	s.clientRoutes(add)
	s.programRoutes(add)
	s.ledgerRoutes(add)
	s.searchRoutes(add)
	s.planRoutes(add)
	s.evidenceRoutes(add)
	s.boardRoutes(add)
	s.compareRoutes(add)
	s.reportRoutes(add)
	s.feedRoutes(add)
	s.signalRoutes(add)
	s.alarmRoutes(add)
	s.binderRoutes(add)
	s.scopeRoutes(add)
	s.authorityRoutes(add)
	s.deskRoutes(add)
	s.workbenchRoutes(add)
	s.suggestionRoutes(add)
	s.delegationRoutes(add)
	s.workbookRoutes(add)
	s.registrationRoutes(add)
	s.incidentRoutes(add)
	s.incidentPaperRoutes(add)
	s.handlingRoutes(add)
	s.timelineRoutes(add)
	s.exposureRoutes(add)
	s.registerRoutes(add)
	s.playbookRoutes(add)
	s.exerciseRoutes(add)
	s.figureRoutes(add)
	return all
}

// frame is the frame of a page behind the sign-in.
func (s *Site) frame(r *http.Request, title, lead string) ui.PageProps {
	v, t := visitOf(r), func(key string, args ...any) string { return ui.T(r.Context(), key, args...) }
	link := func(key, url string) ui.Link {
		return ui.Link{Text: t(key), URL: url, Current: r.URL.Path == url}
	}
	role, _ := v.Actor.RoleIn("")
	p := ui.PageProps{Logo: logoURL("", v.Workspace.Brand), Title: title, Lead: lead, Workspace: ui.Link{Text: v.Workspace.Name, URL: "/"},
		Person: ui.Person{Name: v.Person.Name, SignOut: "/sign-out",
			Links: []ui.Link{link("pages.account.title", "/account"), link("noticing.choices.title", "/account/notices"), link("pages.workspaces.title", "/workspaces")}},
		Footer: []ui.Link{{Text: t("pages.not_advice"), URL: "/about"}},
	}
	if role != "" {
		p.Person.Note = t("pages.role." + string(role))
	}
	if v.Workspace.ID != "" && v.Refused == nil {
		p.Nav = []ui.Section{{Links: s.workspaceNav(r, link)}}
		p.Inbox = s.inboxLink(r)
		p.Live = "/events?since=" + strconv.FormatInt(s.clock.Now().UnixMilli(), 10)
		p.Search = ui.Search{URL: "/search", Label: t("pages.search")}
	}
	return p
}

// workspaceNav leads to the pages of the workspace that the reader may open.
func (s *Site) workspaceNav(r *http.Request, link func(key, url string) ui.Link) []ui.Link {
	actor := visitOf(r).Actor
	inAll := func(p authz.Permission) bool { _, err := actor.Workspace(p); return err == nil }
	anywhere := func(p authz.Permission) bool { _, err := actor.Reach(p); return err == nil }
	var out []ui.Link
	add := func(may bool, key, url string) {
		if may {
			out = append(out, link(key, url))
		}
	}
	if isAuthority(r) {
		out = s.deskNav(r, link)
	} else {
		add(true, "pages.portfolio.title", "/")
		add(anywhere(authz.IncidentRead), "incidents.title", "/incidents")
		add(anywhere(authz.IncidentNotice) && !anywhere(authz.IncidentRead), "incidents.new", "/report")
		add(anywhere(authz.ExposureRead), "exposure.portfolio.title", "/exposure")
		add(inAll(authz.OrganisationRead), "manage.templates", "/templates")
	}
	add(inAll(authz.MembersRead), "pages.members.title", "/members")
	add(anywhere(authz.LedgerRead), "pages.ledger.title", "/ledger")
	add(inAll(authz.WorkspaceRead), "access.settings.title", "/settings")
	add(anywhere(authz.JobsRead), "jobs.title", "/jobs")
	return out
}
