package pages

import (
	"cmp"
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// supplierScanRoutes are what is seen of suppliers from outside.
func (s *Site) supplierScanRoutes(add adder) {
	const of = client + "/suppliers/{supplier}/exposure"
	add(Workspace, "GET /exposure/suppliers", s.sharedSuppliers)
	add(Client, "GET "+of, s.supplierExposure)
	add(Client, "GET "+of+"/checks/{check}", s.supplierCheck)
	add(Client, "GET "+of+"/files/{format}", s.supplierFile)
	add(Client, "POST "+of+"/scan", s.startSupplierScan)
	add(Client, "POST "+of+"/stop", s.stopSupplierScan)
	add(Client, "POST "+of+"/rescan", s.rescanSupplier)
	add(Client, "POST "+of+"/task", s.supplierTask)
	add(Client, "POST "+of+"/risk", s.supplierRisk)
	add(Client, "POST "+of+"/evidence", s.supplierEvidence)
	add(Client, "POST "+of+"/request", s.askSupplier)
	add(Client, "POST "+of+"/targets", s.addSupplierTargets)
	add(Client, "POST "+of+"/targets/prove", s.proveScanTarget)
	add(Client, "POST "+of+"/targets/letter", s.recordLetter)
	add(Client, "POST "+of+"/targets/approve", s.approveLetter)
	add(Client, "POST "+of+"/targets/remove", s.removeScanTarget)
	add(Client, "POST "+client+"/suppliers-plan", s.setSupplierPlan)
}

// supplierBase is the page of what is seen of a supplier.
func supplierBase(id string) string { return "suppliers/" + id + "/exposure" }

// supplierView is what the pages of one supplier show.
type supplierView struct {
	exposureView
	x       scanning.SupplierExposure
	preview string // of the letter to the supplier
	in      string // language of the letter
}

func (v supplierView) t(key string, args ...any) string {
	return ui.T(v.r.Context(), "supplier."+key, args...)
}

func (s *Site) loadSupplier(r *http.Request) (v supplierView, p ui.PageProps, err error) {
	id := r.PathValue("supplier")
	v.exposureView = exposureView{r: r, base: supplierBase(id), others: true, checks: s.scanning.Catalogue().In(s.language(r)), today: visitOf(r).Actor.Day(s.clock.Now()), may: can(r, authz.ExposureScan)}
	if v.c, err = s.load(r); err != nil {
		return v, p, err
	}
	if v.x, err = s.scanning.LoadSupplier(r.Context(), visitOf(r).Actor, v.c.Organisation.ID, id); err != nil {
		return v, p, err
	}
	v.e = v.x.Exposure
	p = s.clientFrame(r, v.c, "suppliers")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "pages.client.suppliers"), URL: clientURL(r, "suppliers")})
	return v, p, nil
}

func (s *Site) supplierExposure(w http.ResponseWriter, r *http.Request) error {
	return s.showSupplierExposure(w, r, "", nil)
}

// requestForm is the form of the letter to a supplier.
const requestForm = "request-form"

func (s *Site) showSupplierExposure(w http.ResponseWriter, r *http.Request, form string, e ui.Errors) error {
	v, p, err := s.loadSupplier(r)
	if err != nil {
		return err
	}
	v.form, v.errors = form, e
	v.in = cmp.Or(r.FormValue("language"), v.x.Supplier.Language, s.language(r))
	if !slices.Contains(register.Languages(), v.in) {
		v.in = s.language(r)
	}
	visit := visitOf(r)
	v.preview = s.scanning.RequestText(s.messages.Printer(v.in), v.x, v.c.Organisation.Name, visit.Actor.Name,
		scanning.Request{Language: v.in, Note: r.PostFormValue("note"), Reply: visit.Person.Email})
	p.Title, p.Lead = v.t("title", "supplier", v.x.Supplier.Name), v.t("lead")
	p.Actions = []ui.ButtonProps{{Text: v.t("entry"), URL: clientURL(r, "suppliers/"+v.x.Supplier.ID)}}
	return ui.Render(w, r, statusOf(e), supplierExposurePage(p, v))
}

func (s *Site) supplierCheck(w http.ResponseWriter, r *http.Request) error {
	v, p, err := s.loadSupplier(r)
	if err != nil {
		return err
	}
	c, ok := v.checks.Get(r.PathValue("check"))
	if !ok {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such check"}
	}
	v.check = c
	p.Title, p.Lead = c.Title, ""
	p.Crumbs = append(p.Crumbs, ui.Link{Text: v.x.Supplier.Name, URL: clientURL(r, v.base)})
	return ui.Render(w, r, http.StatusOK, exposureCheckPage(p, v.exposureView))
}

// supplierFile hands out the last look at a supplier in a format.
func (s *Site) supplierFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	format := r.PathValue("format")
	b, day, err := s.scanning.ExportSupplier(r.Context(), visitOf(r).Actor, c.Organisation.ID, r.PathValue("supplier"), format, s.messages.Printer(s.language(r)), c.In.Brand)
	if err != nil {
		return err
	}
	if format == scanning.HTML {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "supplier-" + day.String() + "." + format}))
	_, err = w.Write(b)
	return err
}

// ofSupplier leads back to the page of the supplier after a change.
func (s *Site) ofSupplier(w http.ResponseWriter, r *http.Request, err error) error {
	return s.acted(w, r, supplierBase(r.PathValue("supplier")), err)
}

func (s *Site) startSupplierScan(w http.ResponseWriter, r *http.Request) error {
	return s.ofSupplier(w, r, s.scanning.StartSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier")))
}

func (s *Site) stopSupplierScan(w http.ResponseWriter, r *http.Request) error {
	return s.ofSupplier(w, r, s.scanning.StopSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier")))
}

func (s *Site) rescanSupplier(w http.ResponseWriter, r *http.Request) error {
	return s.ofSupplier(w, r, s.scanning.RescanSupplier(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier"), r.PostFormValue("finding")))
}

func (s *Site) supplierTask(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "plan", s.scanning.MakeSupplierTask(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier"), s.messages.Printer(s.language(r))))
}

func (s *Site) supplierRisk(w http.ResponseWriter, r *http.Request) error {
	id, err := s.scanning.MakeSupplierRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier"), s.messages.Printer(s.language(r)))
	return s.acted(w, r, "risks/"+id, err)
}

func (s *Site) supplierEvidence(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "evidence", s.scanning.FileSupplierEvidence(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier"), s.messages.Printer(s.language(r))))
}

func (s *Site) addSupplierTargets(w http.ResponseWriter, r *http.Request) error {
	return s.ofSupplier(w, r, s.scanning.AddSupplierTargets(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("supplier")))
}

func (s *Site) askSupplier(w http.ResponseWriter, r *http.Request) error {
	visit := visitOf(r)
	ask := scanning.Request{Address: entered(r, "address"), Language: entered(r, "language"), Note: entered(r, "note"), Reply: visit.Person.Email}
	language := ask.Language
	if !slices.Contains(register.Languages(), language) {
		language = s.language(r) // the service says what is wrong with it
	}
	err := s.scanning.AskSupplier(r.Context(), visit.Actor, r.PathValue("organisation"), r.PathValue("supplier"), ask, s.messages.Printer(language))
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showSupplierExposure(w, r, requestForm, e)
	}
	return s.ofSupplier(w, r, err)
}

func (s *Site) setSupplierPlan(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "suppliers", s.scanning.SetSupplierPlan(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), survey.SupplierPlan{Weekly: r.PostFormValue("weekly") != ""}))
}

// sharedSuppliers is what is seen of the suppliers of all organisations in reach.
func (s *Site) sharedSuppliers(w http.ResponseWriter, r *http.Request) error {
	list, err := s.scanning.SharedSuppliers(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "supplier.portfolio.title"), ui.T(r.Context(), "supplier.portfolio.lead"))
	p.Crumbs = []ui.Link{{Text: ui.T(r.Context(), "exposure.portfolio.title"), URL: "/exposure"}}
	return ui.Render(w, r, http.StatusOK, sharedSuppliersPage(p, list))
}

// consentStatus says how a domain of a supplier may be looked at.
func consentStatus(v supplierView, domain string) ui.Status {
	if v.x.Consented(domain, v.today) {
		return ui.Status{Tone: ui.Good, Word: v.t("consented")}
	}
	return ui.Status{Tone: ui.Open, Word: v.t("visited")}
}

func domainRows(v supplierView) ui.TableProps {
	t := ui.TableProps{ID: "domains", Caption: v.t("domains"), HideCaption: true, Dense: true, Columns: []ui.Column{{Label: v.t("domain")}, {Label: v.t("how")}}}
	for _, d := range v.x.Domains {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(d), ui.StatusBadge(consentStatus(v, d))}})
	}
	return t
}

// unprepared reports whether a domain has no record yet with which the supplier may
// consent.
func unprepared(v supplierView) bool {
	return slices.ContainsFunc(v.x.Domains, func(d string) bool {
		return !slices.ContainsFunc(v.x.Targets, func(t survey.Target) bool { return t.Declared == d })
	})
}

func requestFields(v supplierView) []ui.Field {
	f := func(f ui.Field) ui.Field { return v.formField(requestForm, f) }
	return []ui.Field{
		f(ui.Field{Name: "address", Label: v.t("request.address"), Required: true, Value: v.x.Supplier.Email, MaxLength: 254, Autocomplete: "off"}),
		f(ui.Field{Name: "language", Label: v.t("request.language"), Hint: v.t("request.language.hint")}),
		f(ui.Field{Name: "note", Label: v.t("request.note"), Hint: v.t("request.note.hint"), Rows: 3, MaxLength: register.LongestText}),
	}
}

func requestRows(v supplierView) ui.TableProps {
	t := ui.TableProps{ID: "requests", Caption: v.t("requests"), HideCaption: true, Dense: true, Columns: []ui.Column{{Label: v.t("request.at")}, {Label: v.t("request.address")}, {Label: v.t("request.by"), Optional: true}}}
	for _, x := range v.x.Requests {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{requestCell(v, x), ui.Words(x.Address), ui.Words(cmp.Or(x.AskedName, "–"))}})
	}
	return t
}

// worstArea names the areas with the worst grade.
func worstAreas(ctx context.Context, x scanning.SupplierStanding) string {
	var words []string
	for _, a := range x.Areas {
		if a.Grade > "B" {
			words = append(words, ui.T(ctx, "exposure.area."+string(a.Area))+" "+string(a.Grade))
		}
	}
	return strings.Join(words, ", ")
}

// seenSuppliers is the register of suppliers with what is seen of them, worst first.
func seenSuppliers(v rosterView) ui.TableProps {
	ctx := v.r.Context()
	t := ui.TableProps{ID: "suppliers", Caption: ui.T(ctx, "pages.client.suppliers"), HideCaption: true, Columns: []ui.Column{
		{Label: v.t("name")}, {Label: v.t("criticality"), Narrow: true}, {Label: ui.T(ctx, "exposure.grade"), Narrow: true}, {Label: ui.T(ctx, "supplier.seen")}, {Label: v.t("contact"), Optional: true},
		{Label: v.t("review_by"), Narrow: true}},
		Empty: ui.Empty{Title: v.t("suppliers.none"), Text: v.t("suppliers.none.text")}}
	for _, x := range v.standings {
		of := x.Supplier
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(of.Name, clientURL(v.r, "suppliers/"+of.ID), cut(of.Supplies)), weight(ctx, of.Criticality), ui.StatusBadge(gradeStatus(x.Last.Grade)),
			ui.LinkCell(standingWords(ctx, x), clientURL(v.r, supplierBase(of.ID)), worstAreas(ctx, x)), ui.Words(cmp.Or(of.Contact, "–")), reviewCell(v, of.ReviewBy)}})
	}
	return t
}

// standingWords says when a supplier was looked at, and whether it got worse.
func standingWords(ctx context.Context, x scanning.SupplierStanding) string {
	switch {
	case len(x.Supplier.Domains) == 0:
		return ui.T(ctx, "supplier.no_domain")
	case x.Last.ID == "":
		return ui.T(ctx, "supplier.never")
	case x.GotWorse():
		return ui.T(ctx, "supplier.worse", "on", ui.DayText(ctx, ui.DayOf(ctx, x.Last.EndedAt)))
	}
	return ui.T(ctx, "supplier.looked", "on", ui.DayText(ctx, ui.DayOf(ctx, x.Last.EndedAt)))
}

func sharedRows(ctx context.Context, list []scanning.SharedSupplier) ui.TableProps {
	t := ui.TableProps{ID: "shared", Caption: ui.T(ctx, "supplier.portfolio.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "supplier.supplier")}, {Label: ui.T(ctx, "exposure.grade"), Narrow: true}, {Label: ui.T(ctx, "supplier.dependents")}},
		Empty: ui.Empty{Title: ui.T(ctx, "supplier.portfolio.none"), Text: ui.T(ctx, "supplier.portfolio.none.text")}}
	for _, x := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{sharedCell(x), ui.StatusBadge(gradeStatus(x.Grade)), dependents(x)}})
	}
	return t
}

// affected counts the organisations that depend on a supplier that got worse.
func affected(list []scanning.SharedSupplier) int {
	seen := map[string]bool{}
	for _, x := range list {
		if !x.Worse {
			continue
		}
		for _, c := range x.Clients {
			seen[c.Organisation] = true
		}
	}
	return len(seen)
}
