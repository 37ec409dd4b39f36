package pages

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) exposureRoutes(add adder) {
	add(Workspace, "GET /exposure", s.exposures)
	add(Client, "GET "+client+"/exposure", s.exposure)
	add(Client, "GET "+client+"/exposure/checks/{check}", s.exposureCheck)
	add(Client, "GET "+client+"/exposure/files/{format}", s.exposureFile)
	add(Client, "POST "+client+"/exposure/scan", s.startScan)
	add(Client, "POST "+client+"/exposure/stop", s.stopScan)
	add(Client, "POST "+client+"/exposure/rescan", s.rescan)
	add(Client, "POST "+client+"/exposure/task", s.exposureTask)
	add(Client, "POST "+client+"/exposure/risk", s.exposureRisk)
	add(Client, "POST "+client+"/exposure/evidence", s.exposureEvidence)
	add(Client, "GET "+client+"/exposure/targets", s.scanTargets)
	add(Client, "POST "+client+"/exposure/targets", s.addScanTarget)
	add(Client, "POST "+client+"/exposure/targets/hosts", s.addScanHosts)
	add(Client, "POST "+client+"/exposure/targets/prove", s.proveScanTarget)
	add(Client, "POST "+client+"/exposure/targets/letter", s.recordLetter)
	add(Client, "POST "+client+"/exposure/targets/approve", s.approveLetter)
	add(Client, "POST "+client+"/exposure/targets/remove", s.removeScanTarget)
	add(Client, "POST "+client+"/exposure/plan", s.setScanPlan)
	s.supplierScanRoutes(add)
}

// exposureView is what the pages of the exposure of one organisation show.
type exposureView struct {
	r      *http.Request
	c      clients.Client
	e      scanning.Exposure
	base   string // page of the exposure: "exposure", or that of a supplier
	others bool   // it is that of a supplier
	checks *exposure.Catalogue
	may    bool // change targets and scan

	refused string // why what was asked for cannot be done now; "": nothing was refused

	check  exposure.Check // of the page of one check
	today  law.Date
	form   string    // that the errors belong to
	errors ui.Errors // of that form
}

// loadExposure reads what all pages of the exposure show, and their frame.
func (s *Site) loadExposure(r *http.Request) (v exposureView, p ui.PageProps, err error) {
	v = exposureView{r: r, base: "exposure", checks: s.scanning.Catalogue().In(s.language(r)), today: visitOf(r).Actor.Day(s.clock.Now())}
	if v.c, err = s.load(r); err != nil {
		return v, p, err
	}
	if v.e, err = s.scanning.Load(r.Context(), visitOf(r).Actor, v.c.Organisation.ID); err != nil {
		return v, p, err
	}
	v.may = can(r, authz.ExposureScan)
	p = s.clientFrame(r, v.c, "exposure")
	return v, p, nil
}

func (s *Site) exposure(w http.ResponseWriter, r *http.Request) error {
	return s.showExposure(w, r, http.StatusOK, "")
}

// showExposure shows the exposure, and why what was asked for cannot be done now.
func (s *Site) showExposure(w http.ResponseWriter, r *http.Request, status int, refused string) error {
	v, p, err := s.loadExposure(r)
	if err != nil {
		return err
	}
	v.refused = refused
	p.Lead = ui.T(r.Context(), "exposure.lead")
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "exposure.targets.title"), URL: clientURL(r, "exposure/targets"), Icon: ui.IconShield}}
	return ui.Render(w, r, status, exposurePage(p, v))
}

func (s *Site) exposureCheck(w http.ResponseWriter, r *http.Request) error {
	v, p, err := s.loadExposure(r)
	if err != nil {
		return err
	}
	c, ok := v.checks.Get(r.PathValue("check"))
	if !ok {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such check"}
	}
	v.check = c
	p.Title = c.Title
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "pages.client.exposure"), URL: clientURL(r, "exposure")})
	return ui.Render(w, r, http.StatusOK, exposureCheckPage(p, v))
}

// exposureFile hands out the last scan in a format.
func (s *Site) exposureFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	format := r.PathValue("format")
	b, day, err := s.scanning.Export(r.Context(), visitOf(r).Actor, c.Organisation.ID, format, s.messages.Printer(s.language(r)), c.In.Brand)
	if err != nil {
		return err
	}
	if format == scanning.HTML {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "exposure-" + day.String() + ".html"}))
	} else {
		guard.Download(w, mime.FormatMediaType("attachment", map[string]string{"filename": "exposure-" + day.String() + "." + format}))
	}
	_, err = w.Write(b)
	return err
}

// acted leads back to a page of the exposure after a change.
func (s *Site) acted(w http.ResponseWriter, r *http.Request, page string, err error) error {
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, page))
}

// afterScan leads back to the exposure after a change of scans; when things do not
// stand so that it can be made, the page says why.
func (s *Site) afterScan(w http.ResponseWriter, r *http.Request, err error) error {
	if fault.KindOf(err) == fault.Conflict && err != nil {
		return s.showExposure(w, r, http.StatusConflict, ui.Failure(r.Context(), err.Error()))
	}
	return s.acted(w, r, "exposure", err)
}

func (s *Site) startScan(w http.ResponseWriter, r *http.Request) error {
	return s.afterScan(w, r, s.scanning.Start(r.Context(), visitOf(r).Actor, r.PathValue("organisation")))
}

func (s *Site) stopScan(w http.ResponseWriter, r *http.Request) error {
	return s.afterScan(w, r, s.scanning.Stop(r.Context(), visitOf(r).Actor, r.PathValue("organisation")))
}

func (s *Site) rescan(w http.ResponseWriter, r *http.Request) error {
	a, organisation := visitOf(r).Actor, r.PathValue("organisation")
	if check := r.PostFormValue("check"); check != "" {
		return s.afterScan(w, r, s.scanning.RescanCheck(r.Context(), a, organisation, check))
	}
	return s.afterScan(w, r, s.scanning.Rescan(r.Context(), a, organisation, r.PostFormValue("finding")))
}

func (s *Site) exposureTask(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "plan", s.scanning.MakeTask(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("check"), s.messages.Printer(s.language(r))))
}

// exposureRisk enters the findings of a check into the register of risks.
func (s *Site) exposureRisk(w http.ResponseWriter, r *http.Request) error {
	id, err := s.scanning.MakeRisk(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("check"), s.messages.Printer(s.language(r)))
	return s.acted(w, r, "risks/"+id, err)
}

func (s *Site) exposureEvidence(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, "evidence", s.scanning.FileEvidence(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), s.messages.Printer(s.language(r))))
}

func (s *Site) scanTargets(w http.ResponseWriter, r *http.Request) error {
	return s.showScanTargets(w, r, "", nil)
}

// The forms of the page of targets.
const (
	targetForm = "target-form"
	planForm   = "plan-form"
)

// proofForm is the form with the proof of one target.
func proofForm(id string) string { return "proof-" + id }

func letterForm(id string) string { return "letter-" + id }

func (s *Site) showScanTargets(w http.ResponseWriter, r *http.Request, form string, e ui.Errors) error {
	if r.PathValue("supplier") != "" {
		return s.showSupplierExposure(w, r, form, e)
	}
	v, p, err := s.loadExposure(r)
	if err != nil {
		return err
	}
	v.form, v.errors = form, e
	p.Title, p.Lead = ui.T(r.Context(), "exposure.targets.title"), ui.T(r.Context(), "exposure.targets.lead")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: ui.T(r.Context(), "pages.client.exposure"), URL: clientURL(r, "exposure")})
	return ui.Render(w, r, statusOf(e), scanTargetsPage(p, v))
}

// afterTarget shows the page of targets again, with what is wrong in the form.
func (s *Site) afterTarget(w http.ResponseWriter, r *http.Request, form string, err error) error {
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && err != nil && fault.KindOf(err) == fault.Invalid {
		if text, of := e["target"]; of { // it is hidden in the form
			delete(e, "target")
			e[""] = text
		}
		return s.showScanTargets(w, r, form, e)
	}
	return s.acted(w, r, targetPage(r), err)
}

// targetPage is where the targets are listed: of a supplier, on its own page.
func targetPage(r *http.Request) string {
	if id := r.PathValue("supplier"); id != "" {
		return supplierBase(id)
	}
	return "exposure/targets"
}

func (s *Site) addScanTarget(w http.ResponseWriter, r *http.Request) error {
	return s.afterTarget(w, r, targetForm, s.scanning.AddTarget(r.Context(), visitOf(r).Actor, r.PathValue("organisation"),
		scanning.Draft{Declared: r.PostFormValue("declared"), Subtree: r.PostFormValue("subtree") != "", Sweep: r.PostFormValue("sweep") != ""}))
}

// addScanHosts makes targets of hosts of the register of assets.
func (s *Site) addScanHosts(w http.ResponseWriter, r *http.Request) error {
	err := s.scanning.AddHosts(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostForm["hosts"])
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showAssets(w, r, e)
	}
	return s.acted(w, r, "exposure/targets", err)
}

func (s *Site) proveScanTarget(w http.ResponseWriter, r *http.Request) error {
	id, e := r.PostFormValue("target"), ui.Errors{}
	until := dayOf(r, e, "until")
	if len(e) > 0 {
		return s.showScanTargets(w, r, proofForm(id), e)
	}
	return s.afterTarget(w, r, proofForm(id), s.scanning.Prove(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), id, until))
}

func (s *Site) recordLetter(w http.ResponseWriter, r *http.Request) error {
	id, e := r.PostFormValue("target"), ui.Errors{}
	until := dayOf(r, e, "until")
	if len(e) > 0 {
		return s.showScanTargets(w, r, letterForm(id), e)
	}
	return s.afterTarget(w, r, letterForm(id), s.scanning.Record(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), id, r.PostFormValue("letter"), until))
}

func (s *Site) approveLetter(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, targetPage(r), s.scanning.Approve(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("target")))
}

func (s *Site) removeScanTarget(w http.ResponseWriter, r *http.Request) error {
	return s.acted(w, r, targetPage(r), s.scanning.RemoveTarget(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PostFormValue("target")))
}

func (s *Site) setScanPlan(w http.ResponseWriter, r *http.Request) error {
	p := survey.Plan{Weekly: r.PostFormValue("weekly") != "", Exclude: strings.Fields(r.PostFormValue("exclude")), Days: map[string]int64{}}
	for severity := range survey.Limits() {
		text := strings.TrimSpace(r.PostFormValue("days_" + severity))
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case text == "": // as usual
		case err != nil:
			return s.showScanTargets(w, r, planForm, ui.Errors{"days_" + severity: ui.T(r.Context(), "plan.expected_number")})
		default:
			p.Days[severity] = n
		}
	}
	return s.afterTarget(w, r, planForm, s.scanning.SetPlan(r.Context(), visitOf(r).Actor, r.PathValue("organisation"),
		p))
}

// exposures is the exposure of all organisations in reach.
func (s *Site) exposures(w http.ResponseWriter, r *http.Request) error {
	list, err := s.scanning.Portfolio(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "exposure.portfolio.title"), ui.T(r.Context(), "exposure.portfolio.lead"))
	p.Actions = []ui.ButtonProps{{Text: ui.T(r.Context(), "supplier.portfolio.title"), URL: "/exposure/suppliers", Icon: ui.IconShield}}
	return ui.Render(w, r, http.StatusOK, exposuresPage(p, list))
}
