package pages

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// standingOf is the organisation as the portfolio names it.
func standingOf(h clients.Home) assessment.Standing {
	out := assessment.Standing{Organisation: h.Organisation, Rollup: assessment.Rollup{Countries: h.In.Scope.Jurisdiction}}
	for _, id := range h.In.Scope.EntityTypes {
		if t, ok := annex.Find(id); ok && len(out.Rollup.Sectors) < 3 && !slices.Contains(out.Rollup.Sectors, t.Sector) {
			out.Rollup.Sectors = append(out.Rollup.Sectors, t.Sector)
		}
	}
	return out
}

// standTable is the score of each measure of Art. 21(2) as bar and word, with the
// way to its requirements.
func standTable(ctx context.Context, r *http.Request, h clients.Home) ui.TableProps {
	t := ui.TableProps{ID: "measures", Caption: ui.T(ctx, "report.chart.measures"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.measure")}, {Label: ui.T(ctx, "report.column.score"), Narrow: true}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "pages.requirements.none"), Text: ui.T(ctx, "pages.requirements.none.text")}}
	for _, m := range letters() {
		s, ok := h.In.Posture.Score("measure." + m)
		if !ok || s.Weight == 0 {
			continue
		}
		url, known := clientURL(r, "requirements?measure="+m), s.Met+s.Partly+s.NotMet > 0
		judged := tone(s.Points, known)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell("("+m+") "+ui.T(ctx, "report.measure."+m), url, ui.T(ctx, "home.measure.met", "met", s.Met, "all", s.Met+s.Partly+s.NotMet+s.NotAssessed)),
			ui.ScoreBar(ui.Score{Percent: s.Points, Text: points(ctx, s.Points), Target: h.In.Target, Tone: judged, Why: url, WhyText: ui.T(ctx, "pages.score.why")}),
			ui.StatusBadge(ui.Status{Tone: judged, Word: ui.T(ctx, "home.stand."+judged.Name())})}})
	}
	return t
}

// gapTable is the gaps that weigh most.
func gapTable(ctx context.Context, r *http.Request, h clients.Home) ui.TableProps {
	t := ui.TableProps{ID: "gaps", Caption: ui.T(ctx, "report.board.risks"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.requirement")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "report.gaps.none"), Text: ui.T(ctx, "report.board.no_risks")}}
	for _, g := range h.In.Posture.Gaps[:min(mostDue, len(h.In.Posture.Gaps))] {
		req, _ := h.In.Catalogue.Get(g.Requirement)
		measure := "a"
		if len(req.Measures) > 0 {
			measure = req.Measures[0]
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(req.Title, clientURL(r, "requirements?measure="+measure+"&open="+escape(req.ID)+"#open"), ui.Cite(ctx, req.Citation)),
			ui.StatusBadge(status(ctx, g.Status))}})
	}
	return t
}

// dueTable is what the law and the plan want next: absolute and remaining.
func dueTable(ctx context.Context, r *http.Request, h clients.Home) ui.TableProps {
	t := ui.TableProps{ID: "due", Caption: ui.T(ctx, "home.due"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "home.due.what")}, {Label: ui.T(ctx, "report.column.due"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "home.due.none"), Text: ui.T(ctx, "home.due.none.text")}}
	for _, d := range h.Deadlines[:min(mostDue, len(h.Deadlines))] {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(ui.Say(ctx, d.Text), clientURL(r, "registration"), ui.T(ctx, "home.due.law")+" · "+ui.Cite(ctx, d.Law)), ui.Deadline(ui.DeadlineProps{By: d.By})}})
	}
	for _, k := range h.Next[:min(mostDue, len(h.Next))] {
		if k.Due.IsZero() || !k.Due.Before(h.In.AsOf.AddDays(30)) || len(t.Rows) >= 2*mostDue {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(k.Title, clientURL(r, "plan"), ui.T(ctx, "home.due.task")), ui.Deadline(ui.DeadlineProps{On: k.Due})}})
	}
	return t
}

// nextTable is the next steps of the plan; before it is adopted, the tasks that
// raise the score most.
func nextTable(ctx context.Context, r *http.Request, h clients.Home) ui.TableProps {
	t := ui.TableProps{ID: "next", Caption: ui.T(ctx, "home.next"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.task")}, {Label: ui.T(ctx, "report.column.due"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "report.plan.none"), Text: ui.T(ctx, "report.gaps.none")}}
	row := func(title, note string, due law.Date) {
		var when templ.Component = ui.Words("–")
		if !due.IsZero() {
			when = ui.Deadline(ui.DeadlineProps{On: due})
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(title, clientURL(r, "plan"), note), when}})
	}
	for _, k := range h.Next[:min(5, len(h.Next))] {
		row(k.Title, taskNote(ctx, k), k.Due)
	}
	if len(h.Next) == 0 {
		for _, k := range h.In.WhatIf.Tasks {
			row(k.Title, ui.T(ctx, "home.next.proposed"), k.Due)
		}
	}
	return t
}

func taskNote(ctx context.Context, k planning.Task) string {
	note := ""
	if k.State == planning.Blocked {
		note = ui.T(ctx, "home.task.blocked")
	} else if k.State == planning.Doing {
		note = ui.T(ctx, "home.task.doing")
	}
	if e := effort(ctx, k.Effort); e != "" {
		if note != "" {
			note += " · "
		}
		note += e
	}
	return note
}

func expiringTable(ctx context.Context, r *http.Request, h clients.Home) ui.TableProps {
	t := ui.TableProps{ID: "expiring", Caption: ui.T(ctx, "home.expiring"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.client.evidence")}, {Label: ui.T(ctx, "evidence.valid_until"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "home.expiring.none"), Text: ui.T(ctx, "home.expiring.none.text")}}
	for _, e := range h.Expiring[:min(mostDue, len(h.Expiring))] {
		kind, _ := h.In.Catalogue.KindTitle(e.Evidence.Kind)
		title := e.Evidence.Title
		if title == "" {
			title = kind
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(title, clientURL(r, "evidence"), kind), ui.Deadline(ui.DeadlineProps{On: e.On, Ends: true})}})
	}
	return t
}
