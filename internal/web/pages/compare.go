package pages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/posture"
)

func (s *Site) compareRoutes(add adder) {
	add(Client, "GET "+client+"/compare", s.compare)
	add(Client, "GET "+client+"/compare/{file}", s.comparisonFile)
	add(Client, "POST "+client+"/snapshots", s.keepSnapshot)
}

// compareView is what the page of a comparison shows.
type compareView struct {
	r         *http.Request
	c         clients.Client
	snapshots []assessment.Snapshot // newest first
	x         clients.Comparison
	compared  bool // false: there is no snapshot yet
}

// sides are the two times that the address names: the newest snapshot that is older
// than today and the present, when it names none.
func sides(q url.Values, snapshots []assessment.Snapshot) (from, to string) {
	from, to = q.Get("from"), q.Get("to")
	if to == "" {
		to = clients.SideNow
	}
	if from == "" && len(snapshots) > 0 {
		from = snapshots[0].ID
		for _, sn := range snapshots {
			if sn.Label != "" {
				from = sn.ID
				break
			}
		}
	}
	return from, to
}

func (s *Site) comparison(r *http.Request) (v compareView, err error) {
	a, id := visitOf(r).Actor, r.PathValue("organisation")
	v.r = r
	if v.snapshots, err = s.clients.Snapshots(r.Context(), a, id); err != nil {
		return v, err
	}
	slices.Reverse(v.snapshots)
	from, to := sides(r.URL.Query(), v.snapshots)
	if from == "" {
		v.c, err = s.load(r)
		return v, err
	}
	v.compared = true
	v.c, v.x, err = s.clients.Compare(r.Context(), a, id, from, to, s.language(r))
	return v, err
}

func (s *Site) compare(w http.ResponseWriter, r *http.Request) error {
	v, err := s.comparison(r)
	if err != nil {
		return err
	}
	p := s.clientFrame(r, v.c, "compare")
	p.Wide = true
	if v.compared {
		p.Lead = ui.T(r.Context(), "compare.between", "from", sideName(r.Context(), v.x.From), "to", sideName(r.Context(), v.x.To))
		for _, format := range reporting.Formats() {
			p.Actions = append(p.Actions, ui.ButtonProps{Text: strings.ToUpper(format), Icon: ui.IconDownload,
				URL: clientURL(r, "compare/comparison."+format) + "?" + url.Values{"from": {v.x.From.ID}, "to": {v.x.To.ID}}.Encode()})
		}
	}
	return ui.Render(w, r, http.StatusOK, comparePage(p, v))
}

// comparisonFile is the comparison as a download.
func (s *Site) comparisonFile(w http.ResponseWriter, r *http.Request) error {
	format, ok := strings.CutPrefix(r.PathValue("file"), "comparison.")
	v, err := s.comparison(r)
	switch {
	case err != nil:
		return err
	case !ok || !slices.Contains(reporting.Formats(), format) || !v.compared:
		return guard.Status(http.StatusNotFound, "no such file")
	}
	if v.c, err = s.reporting.Dress(r.Context(), visitOf(r).Actor, v.c); err != nil {
		return err
	}
	content, err := reporting.WriteComparison(v.c, v.x, s.messages.Printer(s.language(r)), format)
	if err != nil {
		return err
	}
	guard.Download(w, `attachment; filename="comparison.`+format+`"`)
	_, err = w.Write(content)
	return err
}

func (s *Site) keepSnapshot(w http.ResponseWriter, r *http.Request) error {
	if err := s.clients.Snapshot(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), strings.TrimSpace(r.PostFormValue("label"))); err != nil {
		return err
	}
	return guard.Redirect(w, r, clientURL(r, "compare"))
}

func sideName(ctx context.Context, s clients.Side) string {
	if s.ID == clients.SideNow {
		return ui.T(ctx, "compare.now")
	}
	return snapshotName(ctx, assessment.Snapshot{On: s.On, Label: s.Label})
}

func snapshotName(ctx context.Context, sn assessment.Snapshot) string {
	if sn.Label != "" {
		return ui.DayText(ctx, sn.On) + " · " + sn.Label
	}
	return ui.DayText(ctx, sn.On)
}

func sideOptions(ctx context.Context, v compareView, chosen string) []ui.Option {
	out := []ui.Option{{Value: clients.SideNow, Label: ui.T(ctx, "compare.now"), Selected: chosen == clients.SideNow}}
	for _, sn := range v.snapshots {
		out = append(out, ui.Option{Value: sn.ID, Label: snapshotName(ctx, sn), Selected: chosen == sn.ID})
	}
	return out
}

func changedTable(ctx context.Context, v compareView) ui.TableProps {
	t := ui.TableProps{ID: "changed", Caption: ui.T(ctx, "compare.changed"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.requirement")}, {Label: ui.T(ctx, "compare.before"), Narrow: true}, {Label: ui.T(ctx, "compare.after"), Narrow: true},
		{Label: ui.T(ctx, "report.column.why")}},
		Empty: ui.Empty{Title: ui.T(ctx, "compare.nothing"), Text: ui.T(ctx, "compare.nothing.text")}}
	for _, x := range v.x.Changed {
		req, _ := v.c.In.Catalogue.Get(x.Requirement)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(req.Title, clientURL(v.r, "requirements?open="+escape(req.ID)+"#open"), ui.Cite(ctx, req.Citation)),
			comparedStatus(ctx, x.Before), comparedStatus(ctx, x.After), reasonList(x.Because)}})
	}
	return t
}

func comparedStatus(ctx context.Context, s posture.Status) templ.Component {
	if s == "" {
		return ui.Words(ui.T(ctx, "compare.did_not_apply"))
	}
	return ui.StatusBadge(status(ctx, s))
}
