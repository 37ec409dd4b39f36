package pages

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	queued "github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) portfolioRoutes(add adder) {
	add(Workspace, "GET /{$}", s.portfolio)
	add(Workspace, "GET /portfolio.csv", s.portfolioCSV)
	add(Workspace, "POST /portfolio/bulk", s.bulk)
	add(Workspace, "POST /portfolio/undo", s.undoBulk)
	add(SignedIn, "POST /views", s.saveView)
	add(SignedIn, "POST /views/remove", s.removeView)
}

// portfolioView is the page of the portfolio in saved views.
const portfolioView = "portfolio"

// rowsPerPage of the portfolio.
const rowsPerPage = 50

// filters are the parameters of the portfolio's address that choose and order rows.
func filters() []string {
	return []string{"q", "kind", "class", "sector", "country", "tag", "behind", "overdue", "expiring", "due", "sort", "dir"}
}

// chosen is the filters of an address without those that say nothing.
func chosen(v url.Values) url.Values {
	out := url.Values{}
	for _, name := range filters() {
		if value := strings.TrimSpace(v.Get(name)); value != "" {
			out.Set(name, value)
		}
	}
	return out
}

// queryOf reads the filters. What cannot be read chooses nothing away.
func queryOf(v url.Values) clients.Query {
	yes := func(name string) bool { return v.Get(name) == "yes" }
	q := clients.Query{Text: v.Get("q"), Kind: tenant.OrganisationKind(v.Get("kind")), Class: law.Class(v.Get("class")),
		Sector: v.Get("sector"), Country: v.Get("country"), Tag: v.Get("tag"),
		Behind: yes("behind"), Overdue: yes("overdue"), Expiring: yes("expiring"), Due: yes("due"),
		Sort: clients.SortBy(v.Get("sort")), Descending: v.Get("dir") == "desc", Limit: rowsPerPage}
	if page, err := strconv.Atoi(v.Get("page")); err == nil && page > 1 && page < 100_000 {
		q.Offset = (page - 1) * rowsPerPage
	}
	return q
}

// portfolioShown is what the page of the portfolio shows.
type portfolioShown struct {
	clients.Overview
	filters   url.Values
	query     clients.Query
	views     []desk.View
	templates []tenant.Organisation
	mayEdit   bool // some bulk action is allowed
	mayCreate bool
	person    string
	errors    ui.Errors // of the form that keeps a view
	name      string    // in that form
}

func (s *Site) portfolio(w http.ResponseWriter, r *http.Request) error {
	if isAuthority(r) {
		return guard.Redirect(w, r, "/authority")
	}
	show, err := s.portfolioOf(r, r.URL.Query())
	if err != nil {
		return err
	}
	if visitOf(r).Workspace.Kind == tenant.Company && r.URL.RawQuery == "" && len(show.Rows) == 1 {
		return guard.Redirect(w, r, "/organisations/"+show.Rows[0].Organisation.ID)
	}
	return s.showPortfolio(w, r, show)
}

// portfolioOf is the rows that filters choose. A page behind the last one, of an old
// address, is the last one.
func (s *Site) portfolioOf(r *http.Request, filters url.Values) (portfolioShown, error) {
	a, q := visitOf(r).Actor, queryOf(filters)
	o, err := s.clients.Overview(r.Context(), a, q)
	if err == nil && len(o.Rows) == 0 && o.Found > 0 {
		q.Offset = (o.Found - 1) / rowsPerPage * rowsPerPage
		o, err = s.clients.Overview(r.Context(), a, q)
	}
	return portfolioShown{Overview: o, filters: chosen(filters), query: q, person: a.Person}, err
}

func (s *Site) showPortfolio(w http.ResponseWriter, r *http.Request, show portfolioShown) (err error) {
	a := visitOf(r).Actor
	if show.views, err = s.clients.Views(r.Context(), a, portfolioView); err != nil {
		return err
	}
	_, denied := a.Reach(authz.OrganisationEdit)
	show.mayEdit = denied == nil
	_, denied = a.Workspace(authz.OrganisationCreate)
	show.mayCreate = denied == nil
	if show.mayEdit {
		if show.templates, err = s.templatesOf(r); err != nil {
			return err
		}
	}
	p := s.frame(r, ui.T(r.Context(), "pages.portfolio.title"), ui.T(r.Context(), "pages.portfolio.lead"))
	p.Wide = true
	if show.mayCreate {
		p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "pages.organisation.new"), URL: "/organisations/new", Icon: ui.IconPlus, Kind: ui.Primary}}
	}
	if show.All.Organisations > 0 {
		csv := "/portfolio.csv"
		if len(show.filters) > 0 {
			csv += "?" + show.filters.Encode()
		}
		p.Actions = append(p.Actions, ui.ButtonProps{Text: ui.T(r.Context(), "portfolio.csv"), URL: csv, Icon: ui.IconDownload})
	}
	return ui.Render(w, r, statusOf(show.errors), portfolioPage(p, show))
}

// portfolioCSV is the rows that the filters choose, all of them, for a spreadsheet.
func (s *Site) portfolioCSV(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r.URL.Query())
	q.Offset, q.Limit = 0, 0
	o, err := s.clients.Overview(r.Context(), visitOf(r).Actor, q)
	if err != nil {
		return err
	}
	head := saidIn(r, "pages.field.organisation", "pages.organisation.kind", "report.figure.class", "report.figure.score", "portfolio.csv.before")
	for _, m := range letters() {
		head = append(head, ui.T(r.Context(), "report.gaps.measure", "letter", m, "title", ui.T(r.Context(), "report.measure."+m)))
	}
	head = append(head, saidIn(r, "pages.column.next", "home.due.what", "plan.figure.open", "pages.figure.overdue", "pages.figure.expiring", "portfolio.sector", "portfolio.country", "portfolio.tag")...)
	var rows [][]string
	for _, row := range o.Rows {
		rows = append(rows, portfolioRecord(r, row))
	}
	guard.Download(w, `attachment; filename="portfolio.csv"`)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	return delimited.Write(w, head, rows)
}

// saidIn are the texts of messages in the reader's language.
func saidIn(r *http.Request, keys ...string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = ui.T(r.Context(), k)
	}
	return out
}

// portfolioRecord is a row of the portfolio for a spreadsheet; what is not known or
// does not apply is empty.
func portfolioRecord(r *http.Request, o assessment.Standing) []string {
	u := o.Rollup
	score := func(v float64) string {
		if !o.Assessed || v < 0 {
			return ""
		}
		return strconv.FormatFloat(assessing.Shown(v), 'f', 0, 64)
	}
	class := ""
	if u.Class != "" {
		class = className(r.Context(), u.Class)
	}
	out := []string{o.Organisation.Name, ui.T(r.Context(), "pages.kind."+string(o.Organisation.Kind)), class, score(u.Points), score(u.PointsThen)}
	for i := range letters() {
		v := -1.0
		if i < len(u.Measures) {
			v = u.Measures[i]
		}
		out = append(out, score(v))
	}
	var sectors []string
	for _, s := range u.Sectors {
		sectors = append(sectors, sectorName(r.Context(), s))
	}
	by, what := "", ""
	if !u.NextDeadline.IsZero() {
		by, what = u.NextDeadline.UTC().Format(time.RFC3339), ui.Say(r.Context(), u.NextDeadlineText)
	}
	return append(out, by, what, strconv.Itoa(u.OpenTasks), strconv.Itoa(u.OverdueTasks), strconv.Itoa(u.ExpiringEvidence),
		strings.Join(sectors, ", "), placeNames(r.Context(), u.Countries), strings.Join(o.Organisation.Tags, ", "))
}

// templatesOf are the templates of the workspace in reach.
func (s *Site) templatesOf(r *http.Request) ([]tenant.Organisation, error) {
	aside, err := s.clients.Aside(r.Context(), visitOf(r).Actor)
	return slices.DeleteFunc(aside, func(o tenant.Organisation) bool { return !o.Template || o.Archived }), err
}

// address is the portfolio with the filters and some of them changed; an empty
// value takes one away.
func (p portfolioShown) address(change ...string) string {
	v := url.Values{}
	for name, values := range p.filters {
		v[name] = values
	}
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			v.Del(change[i])
		} else {
			v.Set(change[i], change[i+1])
		}
	}
	if len(v) == 0 {
		return "/?all=yes"
	}
	return "/?" + v.Encode()
}

// current is the saved view that the filters are, if they are one.
func (p portfolioShown) current() (v desk.View, ok bool) {
	i := slices.IndexFunc(p.views, func(v desk.View) bool { return v.Query == p.filters.Encode() })
	if i < 0 {
		return desk.View{}, false
	}
	return p.views[i], true
}

// deed reads the action of the bulk bar: "archive", or "kind:client" with its value.
func deed(r *http.Request) (d clients.Deed, value string) {
	name, value, fixed := strings.Cut(r.PostFormValue("deed"), ":")
	if !fixed {
		value = strings.TrimSpace(r.PostFormValue("value"))
	}
	return clients.Deed(name), value
}

func (s *Site) bulk(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &fault.Error{Kind: fault.Invalid, What: "the form cannot be read", Expected: "the form of this page", Cause: err}
	}
	d, value := deed(r)
	if chosen := r.PostForm["organisation"]; len(chosen) > clients.MostAtOnce {
		job, err := s.clients.BulkLater(r.Context(), visitOf(r).Actor, chosen, d, value)
		if done, err := s.later(w, r, d, job, err); done {
			return err
		}
	}
	mark, out, err := s.clients.Bulk(r.Context(), visitOf(r).Actor, r.PostForm["organisation"], d, value)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showOutcome(w, r, d, "", nil, e)
	}
	if err != nil {
		return err
	}
	return s.showOutcome(w, r, d, mark, out, nil)
}

func (s *Site) undoBulk(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &fault.Error{Kind: fault.Invalid, What: "the form cannot be read", Expected: "the form of this page", Cause: err}
	}
	if chosen := r.PostForm["organisation"]; len(chosen) > clients.MostAtOnce {
		job, err := s.clients.UndoBulkLater(r.Context(), visitOf(r).Actor, chosen, r.PostFormValue("mark"))
		if done, err := s.later(w, r, "undo", job, err); done {
			return err
		}
	}
	out, err := s.clients.UndoBulk(r.Context(), visitOf(r).Actor, r.PostForm["organisation"], r.PostFormValue("mark"))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showOutcome(w, r, "undo", "", nil, e)
	}
	if err != nil {
		return err
	}
	return s.showOutcome(w, r, "undo", "", out, nil)
}

// later leads to the job of an action on many organisations. Members of some
// organisations only have no jobs of the workspace: for them it is done at once.
func (s *Site) later(w http.ResponseWriter, r *http.Request, d clients.Deed, job queued.Job, err error) (done bool, _ error) {
	if fault.KindOf(err) == fault.Forbidden && err != nil {
		return false, nil
	}
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		return true, s.showOutcome(w, r, d, "", nil, e)
	}
	if err != nil {
		return true, err
	}
	return true, guard.Redirect(w, r, "/jobs/"+job.ID)
}

// showOutcome shows what a bulk action did, organisation by organisation.
func (s *Site) showOutcome(w http.ResponseWriter, r *http.Request, d clients.Deed, mark string, out []clients.Outcome, e ui.Errors) error {
	p := s.frame(r, ui.T(r.Context(), "portfolio.result.title"), "")
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "pages.portfolio.title"), URL: "/"}}
	if len(e) > 0 { // the page has no fields that the errors could stand at
		e = ui.Errors{"": e[slices.Min(slices.Collect(maps.Keys(e)))]}
	}
	return ui.Render(w, r, statusOf(e), outcomePage(p, d, mark, out, e))
}

func (s *Site) saveView(w http.ResponseWriter, r *http.Request) error {
	query, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		query = url.Values{}
	}
	name := strings.TrimSpace(r.PostFormValue("name"))
	v, err := s.clients.SaveView(r.Context(), visitOf(r).Actor, desk.View{Page: portfolioView, Name: name,
		Query: chosen(query).Encode(), Shared: r.PostFormValue("shared") == "yes"})
	if e, ok := ui.ErrorsOf(r.Context(), err); ok {
		show, err := s.portfolioOf(r, query)
		if err != nil {
			return err
		}
		show.errors, show.name = e, name
		return s.showPortfolio(w, r, show)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/?"+v.Query)
}

func (s *Site) removeView(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.RemoveView(r.Context(), visitOf(r).Actor, r.PostFormValue("id")); err != nil {
		return err
	}
	return guard.Redirect(w, r, "/")
}
