package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/authority"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

func (s *Site) deskSummaryRoutes(add adder) {
	add(Workspace, "GET /authority/summary", s.deskSummary)
	add(Workspace, "GET /authority/summary/{file}", s.deskSummaryFile)
	add(Workspace, "GET /authority/situation", s.deskSituation)
	add(Workspace, "POST /authority/situation", s.deskAssess)
	add(Workspace, "GET /authority/situation/{file}", s.deskNoteFile)
}

// summaryView is the page of the summary of a quarter.
type summaryView struct {
	authority.Summary
	quarter authority.Quarter
	now     time.Time
	year    []authority.Statistics
}

func (s *Site) deskSummary(w http.ResponseWriter, r *http.Request) (err error) {
	v := summaryView{quarter: authority.QuarterOf(s.clock.Now()).Before(), now: s.clock.Now()}
	if text := r.FormValue("quarter"); text != "" {
		if v.quarter, err = authority.ParseQuarter(text); err != nil {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such quarter", Cause: err}
		}
	}
	if v.Summary, err = s.authority.Summary(r.Context(), visitOf(r).Actor, v.quarter); err != nil {
		return err
	}
	if v.year, err = s.authority.Year(r.Context(), visitOf(r).Actor, v.quarter.Year); err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "authority.summary"), ui.T(r.Context(), "authority.summary.lead"))
	for _, ending := range []string{form.PDF, form.DOCX, "csv", "json"} {
		p.Actions = append(p.Actions, ui.ButtonProps{Text: strings.ToUpper(ending), URL: "/authority/summary/" + v.quarter.String() + "." + ending, Icon: ui.IconDownload})
	}
	return ui.Render(w, r, http.StatusOK, deskSummaryPage(r, p, v))
}

// onPaper says whether what an authority writes is there in a form for people.
func onPaper(ending string) bool { return ending == form.PDF || ending == form.DOCX }

func (s *Site) deskSummaryFile(w http.ResponseWriter, r *http.Request) error {
	name, ending, _ := strings.Cut(r.PathValue("file"), ".")
	q, err := authority.ParseQuarter(name)
	if err != nil {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such quarter", Cause: err}
	}
	sum, err := s.authority.Summary(r.Context(), visitOf(r).Actor, q)
	if err != nil {
		return err
	}
	if onPaper(ending) {
		return handOut(w, summaryDocument(r.Context(), sum, visitOf(r).Actor.Day(s.clock.Now())), "summary-"+name+"."+ending)
	}
	head, rows := sum.Lines()
	return writeList(w, r, "summary-"+name, ending, sum, head, rows)
}

// summaryRow names a row of the summary.
func summaryRow(ctx context.Context, sector string) string {
	if sector == "" {
		return ui.T(ctx, "authority.summary.other")
	}
	return knownWord(ctx, "annex.sector.", sector)
}

func summaryColumn(ctx context.Context, table, column string) string {
	return ui.T(ctx, "authority.summary."+table+"."+column)
}

// summaryCell is a count as people read it.
func summaryCell(ctx context.Context, t authority.SummaryTable, i, j int) string {
	if t.Cells[i][j].Suppressed {
		return ui.T(ctx, "authority.summary.suppressed")
	}
	return ui.Number(ctx, float64(t.Cells[i][j].Count), 0)
}

func (v summaryView) table(ctx context.Context, x authority.SummaryTable) ui.TableProps {
	t := ui.TableProps{ID: "summary-" + x.ID, Caption: ui.T(ctx, "authority.summary."+x.ID), HideCaption: true, Columns: []ui.Column{{Label: ui.T(ctx, "authority.filter.sector")}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.summary.none")}}
	if x.Withheld {
		t.Empty.Title = ui.T(ctx, "authority.summary.withheld", "count", v.FewerThan)
	}
	for _, c := range x.Columns {
		t.Columns = append(t.Columns, ui.Column{Label: summaryColumn(ctx, x.ID, c), Numeric: true})
	}
	t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "authority.summary.total"), Numeric: true})
	number := func(n int) templ.Component { return ui.Words(ui.Number(ctx, float64(n), 0)) }
	for i, sector := range x.Rows {
		row := ui.Row{Cells: []templ.Component{ui.Words(summaryRow(ctx, sector))}}
		for j := range x.Columns {
			row.Cells = append(row.Cells, ui.Words(summaryCell(ctx, x, i, j)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: append(row.Cells, number(x.RowSums[i]))})
	}
	if len(x.Rows) > 0 {
		row := ui.Row{Cells: []templ.Component{ui.Words(ui.T(ctx, "authority.summary.total"))}}
		for _, n := range x.ColSums {
			row.Cells = append(row.Cells, number(n))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: append(row.Cells, number(x.Total))})
	}
	return t
}

// began reports whether a quarter has anything to show: it has begun.
func (v summaryView) began(q authority.Quarter) bool { return !q.From().After(v.now) }

// statistics are the figures of the year, which stay in the house.
func (v summaryView) statistics(ctx context.Context) ui.TableProps {
	t := ui.TableProps{ID: "year", Caption: ui.T(ctx, "authority.year", "year", strconv.Itoa(v.quarter.Year)), Columns: []ui.Column{{Label: ui.T(ctx, "authority.summary.quarter")}}}
	for _, key := range []string{"reports", "entities", "late", "abroad", "answers", "in_time", "open"} {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "authority.year."+key), Numeric: true})
	}
	for _, x := range v.year {
		address := ""
		if v.began(x.Quarter) {
			address = "/authority/summary?quarter=" + x.Quarter.String()
		}
		row := ui.Row{Cells: []templ.Component{ui.LinkCell(x.Quarter.String(), address, "")}}
		for _, n := range []int{x.Reports, x.Entities, x.Late, x.Abroad, x.Answers, x.InTime, x.Open} {
			row.Cells = append(row.Cells, ui.Words(ui.Number(ctx, float64(n), 0)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// paper is a document of the authority in the reader's language.
func paper(ctx context.Context, title, subtitle string, day law.Date) model.Document {
	language := "en"
	if p := ui.From(ctx).Printer; p != nil {
		language = p.Language
	}
	return model.Document{Title: title, Subtitle: subtitle, Language: language, AsOf: day, DateText: ui.DayText(ctx, day),
		Labels: model.Labels{SkipToContent: ui.T(ctx, "report.label.skip"), AsOf: ui.T(ctx, "authority.paper.as_of"), Contents: title, Continued: "…", AsTable: title, PreparedBy: ""}}
}

// summaryDocument is the summary as a paper.
func summaryDocument(ctx context.Context, x authority.Summary, day law.Date) model.Document {
	d := paper(ctx, ui.T(ctx, "authority.summary")+" "+x.Quarter, x.Authority, day)
	d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(ui.T(ctx, "authority.summary.lead"))}, model.Paragraph{Text: model.Say(ui.T(ctx, "authority.summary.how", "count", x.FewerThan))})
	for _, t := range x.Tables {
		d.Blocks = append(d.Blocks, model.Heading{Level: 1, ID: t.ID, Text: ui.T(ctx, "authority.summary."+t.ID)})
		if t.Withheld || len(t.Rows) == 0 {
			text := ui.T(ctx, "authority.summary.none")
			if t.Withheld {
				text = ui.T(ctx, "authority.summary.withheld", "count", x.FewerThan)
			}
			d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(text)})
			continue
		}
		table := model.Table{Caption: ui.T(ctx, "authority.summary."+t.ID), Columns: []model.Column{{Title: ui.T(ctx, "authority.filter.sector"), Weight: 3}}}
		for _, c := range t.Columns {
			table.Columns = append(table.Columns, model.Column{Title: summaryColumn(ctx, t.ID, c), Align: model.Right, Weight: 1.4})
		}
		table.Columns = append(table.Columns, model.Column{Title: ui.T(ctx, "authority.summary.total"), Align: model.Right, Weight: 1})
		for i, sector := range t.Rows {
			row := model.Row{Cells: []model.Cell{model.Words(summaryRow(ctx, sector))}}
			for j := range t.Columns {
				row.Cells = append(row.Cells, model.Words(summaryCell(ctx, t, i, j)))
			}
			row.Cells = append(row.Cells, model.Words(strconv.Itoa(t.RowSums[i])))
			table.Rows = append(table.Rows, row)
		}
		d.Blocks = append(d.Blocks, table)
	}
	return d
}

// situationView is the page of the situation across entities.
type situationView struct {
	authority.Situation
	notes  []authority.SituationNote
	errors ui.Errors
}

func situationDays(r *http.Request) int {
	if n, err := strconv.Atoi(r.FormValue("days")); err == nil && n >= 1 && n <= 366 {
		return n
	}
	return 14
}

func (s *Site) deskSituation(w http.ResponseWriter, r *http.Request) error {
	return s.showSituation(w, r, nil)
}

func (s *Site) showSituation(w http.ResponseWriter, r *http.Request, wrong ui.Errors) (err error) {
	v := situationView{errors: wrong}
	if v.Situation, err = s.authority.Situation(r.Context(), visitOf(r).Actor, situationDays(r)); err != nil {
		return err
	}
	if v.notes, err = s.authority.Notes(r.Context(), visitOf(r).Actor); err != nil {
		return err
	}
	p := s.frame(r, ui.T(r.Context(), "authority.situation"), ui.T(r.Context(), "authority.situation.lead"))
	return ui.Render(w, r, statusOf(wrong), deskSituationPage(r, p, v))
}

func (s *Site) deskAssess(w http.ResponseWriter, r *http.Request) error {
	err := s.authority.Assess(r.Context(), visitOf(r).Actor, r.PostFormValue("level"), r.PostFormValue("title"), r.PostFormValue("text"), situationDays(r))
	if wrong, ok := ui.ErrorsOf(r.Context(), err); ok {
		return s.showSituation(w, r, wrong)
	}
	if err != nil {
		return err
	}
	return guard.Redirect(w, r, "/authority/situation#notes")
}

func situationTable(ctx context.Context, x authority.Situation) ui.TableProps {
	t := ui.TableProps{ID: "situation", Caption: ui.T(ctx, "authority.situation"), HideCaption: true, Columns: []ui.Column{{Label: ui.T(ctx, "authority.filter.sector")}},
		Empty: ui.Empty{Title: ui.T(ctx, "authority.situation.none")}}
	for _, key := range situationKeys() {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "authority.situation."+key), Numeric: true})
	}
	for _, a := range x.Sectors {
		row := ui.Row{Cells: []templ.Component{ui.Words(summaryRow(ctx, a.Sector))}}
		for _, n := range situationFigures(a) {
			row.Cells = append(row.Cells, ui.Words(ui.Number(ctx, float64(n), 0)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func situationKeys() []string { return []string{"cases", "entities", "abroad", "high", "users"} }

func situationFigures(a authority.Affection) []int64 {
	return []int64{int64(a.Cases), int64(a.Entities), int64(a.Abroad), int64(a.High), a.Users}
}

// deskNoteFile hands a note on the situation out.
func (s *Site) deskNoteFile(w http.ResponseWriter, r *http.Request) error {
	id, ending, _ := strings.Cut(r.PathValue("file"), ".")
	notes, err := s.authority.Notes(r.Context(), visitOf(r).Actor)
	if err != nil {
		return err
	}
	for _, n := range notes {
		switch {
		case n.ID != id:
		case onPaper(ending):
			return handOut(w, noteDocument(r.Context(), visitOf(r).Workspace.Name, n), "situation-"+ui.DayOf(r.Context(), n.CreatedAt).String()+"."+ending)
		case ending == "json":
			return writeNote(w, r, n)
		}
	}
	return &fault.Error{Kind: fault.NotFound, What: "there is no such note"}
}

func writeNote(w http.ResponseWriter, r *http.Request, n authority.SituationNote) error {
	b, err := json.MarshalIndent(map[string]any{"format": "nisaba-situation/1", "authority": visitOf(r).Workspace.Name, "title": n.Title, "level": n.Purpose, "text": n.Body,
		"written_by": n.ByName, "written_at": n.CreatedAt, "figures": n.Figures}, "", "  ")
	if err != nil {
		return err
	}
	guard.Download(w, `attachment; filename="situation-`+ui.DayOf(r.Context(), n.CreatedAt).String()+`.json"`)
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(b, '\n'))
	return err
}

func noteDocument(ctx context.Context, from string, n authority.SituationNote) model.Document {
	d := paper(ctx, n.Title, from, ui.DayOf(ctx, n.CreatedAt))
	d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Strongly(ui.Label(ctx, ui.T(ctx, "authority.situation.level.short")) + n.Purpose)})
	for _, part := range strings.Split(n.Body, "\n") {
		if part = strings.TrimSpace(part); part != "" {
			d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(part)})
		}
	}
	table := model.Table{Caption: ui.T(ctx, "authority.situation.of", "days", n.Figures.Days), Columns: []model.Column{{Title: ui.T(ctx, "authority.filter.sector"), Weight: 3}}}
	for _, key := range situationKeys() {
		table.Columns = append(table.Columns, model.Column{Title: ui.T(ctx, "authority.situation."+key), Align: model.Right, Weight: 1.4})
	}
	for _, a := range n.Figures.Sectors {
		row := model.Row{Cells: []model.Cell{model.Words(summaryRow(ctx, a.Sector))}}
		for _, v := range situationFigures(a) {
			row.Cells = append(row.Cells, model.Words(ui.Number(ctx, float64(v), 0)))
		}
		table.Rows = append(table.Rows, row)
	}
	if len(table.Rows) > 0 {
		d.Blocks = append(d.Blocks, table)
	}
	if len(n.Figures.States) > 0 {
		d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(ui.Label(ctx, ui.T(ctx, "authority.situation.states")) + strings.Join(n.Figures.States, ", "))})
	}
	d.Blocks = append(d.Blocks, model.Paragraph{Small: true, Text: model.Say(ui.T(ctx, "authority.situation.scale"))})
	return d
}
