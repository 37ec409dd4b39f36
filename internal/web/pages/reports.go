package pages

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	queued "github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

func (s *Site) reportRoutes(add adder) {
	add(Client, "GET "+client+"/reports", s.reports)
	add(Client, "POST "+client+"/reports", s.makeReport)
	add(Client, "GET "+client+"/reports/{report}", s.openReport)
	add(Client, "POST "+client+"/reports/stop", s.stopReports)
}

// reportsView is what the page of reports shows.
type reportsView struct {
	r         *http.Request
	c         clients.Client
	list      []assessment.Report
	languages []string
	order     reporting.Order // in the form
	may       bool
	monthly   *reporting.Schedule // nil: none
	job       queued.Job          // that was asked for last; zero: none
}

func (s *Site) reports(w http.ResponseWriter, r *http.Request) error {
	return s.showReports(w, r, reporting.Order{Formats: []string{reporting.PDF}, Brand: reporting.BrandClient, Parts: assessing.Parts()}, nil)
}

func (s *Site) showReports(w http.ResponseWriter, r *http.Request, o reporting.Order, e ui.Errors) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	if o.Language == "" {
		o.Language = languageOf(r.Context(), c)
	}
	v := reportsView{r: r, c: c, languages: s.messages.Languages(), order: o, may: authz.Allows(c.Role, authz.ReportCreate)}
	if v.list, err = s.reporting.Reports(r.Context(), visitOf(r).Actor, c.Organisation.ID); err != nil {
		return err
	}
	if x, ok, err := s.reporting.Monthly(r.Context(), visitOf(r).Actor, c.Organisation.ID); err != nil {
		return err
	} else if ok {
		v.monthly = &x
	}
	p := s.clientFrame(r, c, "reports")
	made := r.URL.Query().Get("made")
	if id := r.URL.Query().Get("job"); id != "" {
		v.job, err = s.working.Job(r.Context(), visitOf(r).Actor, id)
		if k := fault.KindOf(err); err != nil && k != fault.NotFound && k != fault.Forbidden {
			return err
		}
		if m, ok := reporting.MadeBy(v.job); ok {
			made = m.Report
		}
	}
	if made != "" && slices.ContainsFunc(v.list, func(x assessment.Report) bool { return x.ID == made }) {
		p.Flashes = []ui.Flash{{Tone: ui.Good, Text: ui.T(r.Context(), "reports.made")}}
	}
	return ui.Render(w, r, statusOf(e), reportsPage(p, v, e))
}

func (s *Site) makeReport(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return guard.Status(http.StatusBadRequest, "the form cannot be read")
	}
	o := orderOf(r)
	if r.PostFormValue("monthly") != "" {
		return s.setMonthly(w, r, o)
	}
	job, err := s.reporting.Request(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), o)
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showReports(w, r, o, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "reports?job="+job.ID))
}

// setMonthly has the report made each month.
func (s *Site) setMonthly(w http.ResponseWriter, r *http.Request, o reporting.Order) error {
	err := s.reporting.SetMonthly(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), o, r.PostFormValue("mail") != "")
	if e, ok := ui.ErrorsOf(r.Context(), err); ok && fault.KindOf(err) == fault.Invalid {
		return s.showReports(w, r, o, e)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "reports"))
}

func (s *Site) stopReports(w http.ResponseWriter, r *http.Request) error {
	if err := s.reporting.StopMonthly(r.Context(), visitOf(r).Actor, r.PathValue("organisation")); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "reports"))
}

func orderOf(r *http.Request) reporting.Order {
	return reporting.Order{Formats: picked(r, "format"), Language: r.PostFormValue("language"), Brand: r.PostFormValue("brand"), Parts: picked(r, "part")}
}

// openReport hands out a report that was kept, as it was made.
func (s *Site) openReport(w http.ResponseWriter, r *http.Request) error {
	f, content, err := s.reporting.Open(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), r.PathValue("report"))
	if err != nil {
		return err
	}
	return sendKept(w, r, f.Name, f.SHA256, content)
}

func partOptions(ctx context.Context, chosen []string) []ui.Option {
	var out []ui.Option
	for _, p := range assessing.Parts() {
		out = append(out, ui.Option{Value: p, Label: ui.T(ctx, "reports.part."+p), Selected: slices.Contains(chosen, p)})
	}
	return out
}

func formatOptions(ctx context.Context, chosen []string) []ui.Option {
	var out []ui.Option
	for _, f := range reporting.Formats() {
		out = append(out, ui.Option{Value: f, Label: strings.ToUpper(f), Hint: ui.T(ctx, "reports.format."+f), Selected: slices.Contains(chosen, f)})
	}
	return out
}

func reportLanguages(ctx context.Context, languages []string, chosen string) []ui.Option {
	var out []ui.Option
	for _, l := range languages {
		out = append(out, ui.Option{Value: l, Label: ui.T(ctx, "reports.language."+l), Selected: l == chosen})
	}
	return out
}

func brandOptions(ctx context.Context, chosen string) []ui.Option {
	var out []ui.Option
	for _, b := range reporting.Brands() {
		out = append(out, ui.Option{Value: b, Label: ui.T(ctx, "reports.brand."+b), Selected: b == chosen})
	}
	return out
}

func reportTable(ctx context.Context, v reportsView) ui.TableProps {
	t := ui.TableProps{ID: "reports", Caption: ui.T(ctx, "reports.kept"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "reports.report")}, {Label: ui.T(ctx, "reports.language"), Optional: true}, {Label: ui.T(ctx, "board.decided_by")},
		{Label: ui.T(ctx, "reports.size"), Numeric: true, Optional: true}, {Label: "SHA-256"}},
		Empty: ui.Empty{Title: ui.T(ctx, "reports.none"), Text: ui.T(ctx, "reports.none.text")}}
	for _, x := range v.list {
		note := ui.T(ctx, "reports.whole")
		if n := len(x.Parts); n < len(assessing.Parts()) && x.Format != reporting.JSON {
			note = ui.T(ctx, "reports.parts", "count", n)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(strings.ToUpper(x.Format)+" · "+ui.DayText(ctx, x.AsOf), clientURL(v.r, "reports/"+x.ID), note),
			ui.Words(ui.T(ctx, "reports.language."+x.Language)), twoLines(ui.Words(x.MadeBy), ui.MomentText(ctx, x.CreatedAt)),
			ui.Words(ui.T(ctx, "reports.kilobytes", "size", (x.Size+1023)/1024)), wholeHash(x.SHA256)}})
	}
	return t
}
