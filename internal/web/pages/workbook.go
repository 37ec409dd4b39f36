package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/workbook"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/guard"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

// Bounds of the forms of the workbook: the file with its frame, and the chosen
// changes with their notes.
const (
	mostWorkbook = workbook.Largest + 64<<10
	mostChanges  = 8 << 20
	workbookTime = 2 * time.Minute
)

func (s *Site) workbookRoutes(add adder) {
	add(Client, "GET "+client+"/workbook", s.workbook)
	add(Client, "GET "+client+"/workbook/export", s.exportWorkbook)
	add(Client, "POST "+client+"/workbook", withBody(mostWorkbook, workbookTime, s.previewWorkbook))
	add(Client, "POST "+client+"/workbook/apply", withBody(mostChanges, workbookTime, s.applyWorkbook))
}

func (s *Site) workbook(w http.ResponseWriter, r *http.Request) error {
	return s.showWorkbook(w, r, nil)
}

func (s *Site) showWorkbook(w http.ResponseWriter, r *http.Request, e ui.Errors) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	p := s.workbookFrame(r, c)
	p.Lead = ui.T(r.Context(), "workbook.lead")
	n, err := strconv.Atoi(r.FormValue("applied"))
	if err == nil && n > 0 {
		p.Flashes = []ui.Flash{{Tone: chart.ToneGood, Text: ui.T(r.Context(), "workbook.applied", "count", n,
			"before", queryPoints(r, "before"), "after", queryPoints(r, "after"))}}
	}
	return ui.Render(w, r, statusOf(e), workbookPage(r, p, c, e))
}

// queryPoints is a score of the address.
func queryPoints(r *http.Request, name string) string {
	v, err := strconv.ParseFloat(r.FormValue(name), 64)
	if err != nil || v < 0 || v > 100 {
		return "–"
	}
	return ui.Number(r.Context(), v, 0)
}

func (s *Site) workbookFrame(r *http.Request, c clients.Client) ui.PageProps {
	p := s.clientFrame(r, c, "questions")
	p.Crumbs = append(p.Crumbs, ui.Link{Text: p.Title, URL: clientURL(r, "questions")})
	p.Title = ui.T(r.Context(), "workbook.title")
	return p
}

// exportWorkbook sends the spreadsheet in a language of the messages.
func (s *Site) exportWorkbook(w http.ResponseWriter, r *http.Request) error {
	printer := ui.From(r.Context()).Printer
	if l := r.FormValue("language"); slices.Contains(s.messages.Languages(), l) {
		printer = s.messages.Printer(l)
	}
	b, err := s.clients.Workbook(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), printer.Language)
	if err != nil {
		return err
	}
	for i := range b.Requirements {
		b.Requirements[i].Status = printer.T("report.status." + b.Requirements[i].Status)
	}
	var out bytes.Buffer
	if err := workbook.Write(&out, b, printer); err != nil {
		return err
	}
	guard.Download(w, attachment("nisaba-"+b.Made.String()+".xlsx"))
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_, err = w.Write(out.Bytes())
	return err
}

// previewWorkbook shows what a filled spreadsheet would change. Nothing is changed
// or kept: the changes travel in the form of the preview.
func (s *Site) previewWorkbook(w http.ResponseWriter, r *http.Request) error {
	c, err := s.load(r)
	if err != nil {
		return err
	}
	file, err := workbookFile(r)
	if err != nil {
		return err
	}
	found, err := s.clients.PreviewWorkbook(r.Context(), visitOf(r).Actor, c.Organisation.ID, file, s.language(r))
	var refused *workbook.Refused
	switch wrong := errors.As(err, &refused); {
	case wrong && file == nil:
		return s.showWorkbook(w, r, ui.Errors{"file": ui.T(r.Context(), "workbook.no_file")})
	case wrong:
		return s.showWorkbook(w, r, ui.Errors{"file": ui.Say(r.Context(), refused.Text)})
	case err != nil:
		return err
	}
	return ui.Render(w, r, http.StatusOK, previewPage(r, s.workbookFrame(r, c), c, found))
}

// workbookFile is the file of the form, in memory; nil when there is none.
func workbookFile(r *http.Request) ([]byte, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, unreadable(err)
		}
		return b, nil
	}
}

func (s *Site) applyWorkbook(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	changes, err := posted[clients.AnswerChange](r, "change")
	if err != nil {
		return err
	}
	duties, err := posted[clients.DutyChange](r, "duty")
	if err != nil {
		return err
	}
	if len(changes)+len(duties) == 0 && authz.Allows(s.roleOf(r), authz.AssignedEdit) {
		return s.showWorkbook(w, r, ui.Errors{"": ui.T(r.Context(), "workbook.nothing_chosen")})
	}
	before, after, err := s.clients.ImportWorkbook(r.Context(), visitOf(r).Actor, r.PathValue("organisation"), changes, duties)
	if fault.KindOf(err) == fault.Conflict {
		return s.showWorkbook(w, r, ui.Errors{"": ui.T(r.Context(), "workbook.conflict")})
	}
	if err != nil {
		return err
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	return guard.Redirect(w, r, clientURL(r, "workbook?applied="+strconv.Itoa(len(changes)+len(duties))+"&before="+number(before.Points)+"&after="+number(after.Points)))
}

// posted are the changes of a kind that were chosen in the form of the preview.
func posted[C any](r *http.Request, name string) (changes []C, err error) {
	for _, text := range r.PostForm[name] {
		var c C
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Field: name, What: "a change cannot be read", Expected: "the form of the preview", Cause: err}
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// roleOf is the role of the visitor in the organisation of the address.
func (s *Site) roleOf(r *http.Request) authz.Role {
	role, _ := visitOf(r).Actor.RoleIn(r.PathValue("organisation"))
	return role
}

// changeValue is a change as the form of the preview carries it.
func changeValue[C clients.AnswerChange | clients.DutyChange](c C) string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // texts and numbers always can be written
	}
	return string(b)
}

// workbookField is the field for the filled workbook.
func workbookField(r *http.Request, e ui.Errors) ui.Field {
	return ui.Field{Name: "file", Label: ui.T(r.Context(), "workbook.file"), Hint: ui.T(r.Context(), "workbook.file.hint"), Error: e["file"],
		Required: true, Accept: ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
}

// placeText is a cell as people say it.
func placeText(p workbook.Place) string { return p.Sheet + " " + p.Cell }

// optionsText is an answer in words: its options, and the note after them.
func optionsText(c clients.Client, question string, options []string, note string) string {
	text := ""
	q, _ := c.In.Catalogue.Question(question)
	for _, o := range q.Options {
		if slices.Contains(options, o.ID) {
			text += o.Text + "\n"
		}
	}
	if note = workbook.Tidy(note); note != "" {
		text += "“" + note + "”"
	}
	return workbook.Tidy(text)
}

// afterText is the answer that a change leads to.
func afterText(ctx context.Context, c clients.Client, row clients.ImportRow) string {
	if len(row.Options) == 0 {
		return ui.T(ctx, "workbook.taken_back")
	}
	return optionsText(c, row.Question, row.Options, row.Note)
}

// conflictText says who changed the answer since the workbook was written.
func conflictText(ctx context.Context, row clients.ImportRow) string {
	if row.Before.Version == 0 {
		return ui.T(ctx, "workbook.conflict.removed")
	}
	return ui.T(ctx, "workbook.conflict.by", "who", row.Before.By, "day", ui.DayText(ctx, row.Before.On))
}

// dutyChanges are what changes of a duty: who answers, until when, or both.
func dutyChanges(ctx context.Context, row clients.DutyRow) (list []ui.Change) {
	if row.Owner != row.Owned {
		list = append(list, ui.Change{Field: ui.T(ctx, "workbook.column.owner"), Before: dutyOwner(ctx, row.Owned), After: dutyOwner(ctx, row.Owner)})
	}
	if row.Due != row.DueNow {
		list = append(list, ui.Change{Field: ui.T(ctx, "workbook.column.due"), Before: dutyDay(ctx, row.DueNow), After: dutyDay(ctx, row.Due)})
	}
	return list
}

func dutyOwner(ctx context.Context, name string) string {
	if name == "" {
		return ui.T(ctx, "workbench.owner.none")
	}
	return name
}

func dutyDay(ctx context.Context, day law.Date) string {
	if day.IsZero() {
		return ui.T(ctx, "workbook.no_day")
	}
	return ui.DayText(ctx, day)
}
