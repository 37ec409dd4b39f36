package pages

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// boardRisks is how many gaps the board room names.
const boardRisks = 3

func boardFigures(ctx context.Context, v boardView) []ui.Figure {
	overall, _ := v.In.Posture.Score("overall")
	figures := []ui.Figure{
		{Label: ui.T(ctx, "report.figure.class"), Value: ui.T(ctx, "report.class."+string(v.In.Scope.Class)+".name")},
		{Label: ui.T(ctx, "report.figure.score"), Value: points(ctx, overall.Points), Tone: tone(overall.Points, overall.Weight > 0),
			Note: ui.T(ctx, "board.target", "target", points(ctx, v.In.Target))},
	}
	if v.In.Fines.Euros > 0 {
		figures = append(figures, ui.Figure{Label: ui.T(ctx, "report.figure.fine"), Value: ui.From(ctx).Printer.Euros(v.In.Fines.Euros), Note: ui.Cite(ctx, v.In.Fines.Citation)})
	}
	return figures
}

func deadlineTable(ctx context.Context, v boardView) ui.TableProps {
	t := ui.TableProps{ID: "deadlines", Caption: ui.T(ctx, "board.deadlines"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "home.due.what")}, {Label: ui.T(ctx, "report.column.due")}},
		Empty: ui.Empty{Title: ui.T(ctx, "home.due.none"), Text: ui.T(ctx, "board.deadlines.none")}}
	for _, d := range v.Deadlines {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{twoLines(ui.Words(ui.Say(ctx, d.Text)), ui.Cite(ctx, d.Law)), ui.Deadline(ui.DeadlineProps{By: d.By})}})
	}
	return t
}

// decisionStatus is the state of an approval with its word.
func decisionStatus(ctx context.Context, d board.Decision) ui.Status {
	tones := map[board.Decision]ui.Tone{board.Waiting: ui.Open, board.Approved: ui.Good, board.Rejected: ui.Bad}
	return ui.Status{Tone: tones[d], Word: ui.T(ctx, "board.decision."+string(d))}
}

func approvalTable(ctx context.Context, v boardView) ui.TableProps {
	t := ui.TableProps{ID: "decisions", Caption: ui.T(ctx, "board.decisions"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "board.subject")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}, {Label: ui.T(ctx, "board.decided_by")}, {Label: ui.T(ctx, "board.note")}},
		Empty: ui.Empty{Title: ui.T(ctx, "board.none"), Text: ui.T(ctx, "board.none.text")}}
	for _, x := range v.approvals {
		who := templ.Component(twoLines(ui.Words(ui.T(ctx, "board.requested", "name", x.RequestedBy)), ui.MomentText(ctx, x.RequestedAt)))
		if x.Decision != board.Waiting {
			who = twoLines(ui.Words(x.DecidedName), ui.MomentText(ctx, x.DecidedAt))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.LinkCell(ui.T(ctx, "board.subject."+x.Subject), clientURL(v.r, "board/approvals/"+x.ID), "SHA-256 "+x.SHA256[:min(12, len(x.SHA256))]+"…"),
			ui.StatusBadge(decisionStatus(ctx, x.Decision)), who, ui.Words(x.Note)}})
	}
	return t
}

func trainingTable(ctx context.Context, v boardView) ui.TableProps {
	t := ui.TableProps{ID: "training-list", Caption: ui.T(ctx, "board.trainings"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "board.training.name")}, {Label: ui.T(ctx, "board.training.course")}, {Label: ui.T(ctx, "board.training.on")},
		{Label: ui.T(ctx, "board.training.valid_until")}},
		Empty: ui.Empty{Title: ui.T(ctx, "board.trainings.none"), Text: ui.T(ctx, "board.trainings.none.text")}}
	edit := v.may(authz.TrainingEdit)
	if edit {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "board.training.edit"), HideLabel: true})
	}
	for _, x := range v.trainings {
		until := templ.Component(ui.Words("–"))
		if !x.ValidUntil.IsZero() {
			until = ui.Deadline(ui.DeadlineProps{On: x.ValidUntil, Soon: monthAhead, Ends: true})
		}
		note := ""
		if x.Management {
			note = ui.T(ctx, "board.training.management")
		}
		course := x.Course
		if x.Minutes > 0 {
			course += " · " + ui.T(ctx, "board.training.length", "count", x.Minutes)
		}
		cells := []templ.Component{twoLines(ui.Words(x.Name), note), twoLines(ui.Words(course), x.Evidence), ui.Day(x.On), until}
		if edit {
			cells = append(cells, trainingActions(v, x))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

// monthAhead is from when a training counts as about to end.
const monthAhead = 30 * 24 * time.Hour

func trainingFields(v boardView, e ui.Errors) []ui.Field {
	ctx, x := v.r.Context(), v.training
	day := func(d law.Date) string {
		if d.IsZero() {
			return ""
		}
		return d.String()
	}
	minutes := ""
	if x.Minutes > 0 {
		minutes = strconv.Itoa(x.Minutes)
	}
	return []ui.Field{
		field(v.r, e, ui.Field{Name: "name", Label: ui.T(ctx, "board.training.name"), Value: x.Name, Required: true, MaxLength: 200, Autocomplete: "off"}),
		field(v.r, e, ui.Field{Name: "course", Label: ui.T(ctx, "board.training.course"), Value: x.Course, Required: true, MaxLength: 300, Autocomplete: "off"}),
		field(v.r, e, ui.Field{Name: "on", Label: ui.T(ctx, "board.training.on"), Value: day(x.On), Required: true}),
		field(v.r, e, ui.Field{Name: "valid_until", Label: ui.T(ctx, "board.training.valid_until"), Hint: ui.T(ctx, "board.training.valid_until.hint"), Value: day(x.ValidUntil)}),
		field(v.r, e, ui.Field{Name: "minutes", Label: ui.T(ctx, "board.training.minutes"), Value: minutes, Min: "0"}),
		field(v.r, e, ui.Field{Name: "evidence", Label: ui.T(ctx, "board.training.evidence"), Value: x.Evidence, MaxLength: 300, Autocomplete: "off"}),
	}
}

// changesSince are the differences of a version as the page shows them.
func changesSince(ctx context.Context, c clients.Client, since []clients.Difference) []ui.Change {
	var out []ui.Change
	for _, d := range since {
		x := ui.Change{Field: ui.T(ctx, "board.aspect."+d.Aspect), Before: d.Before, After: d.After}
		switch d.Aspect {
		case clients.AspectClass:
			x.Before, x.After = ui.T(ctx, "report.class."+d.Before+".name"), ui.T(ctx, "report.class."+d.After+".name")
		case clients.AspectFact:
			x.Field = d.Name
		case clients.AspectStatus:
			req, _ := c.In.Catalogue.Get(d.Name)
			x.Field = req.Title
			x.Before, x.After = status(ctx, posture.Status(d.Before)).Word, status(ctx, posture.Status(d.After)).Word
		case clients.AspectAdded:
			x.After = d.Name
		case clients.AspectRemoved:
			x.Before = d.Name
		case clients.AspectTask:
			x.Field = d.Name
		}
		out = append(out, x)
	}
	return out
}

// frozenScores is the scores of a version.
func frozenScores(ctx context.Context, then clients.Frozen) ui.TableProps {
	t := ui.TableProps{ID: "scores", Caption: ui.T(ctx, "report.chart.measures"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.measure")}, {Label: ui.T(ctx, "report.column.score")}, {Label: ui.T(ctx, "report.column.met"), Numeric: true}}}
	for _, s := range then.Scores {
		if s.Key != "overall" && (len(s.Key) != len("measure.a") || s.Key[:len("measure.")] != "measure.") || s.Weight == 0 {
			continue
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(scoreName(ctx, s.Key)),
			ui.ScoreBar(ui.Score{Percent: s.Points, Text: points(ctx, s.Points), Target: assessing.DefaultTarget, Tone: tone(s.Points, s.Met+s.Partly+s.NotMet > 0)}),
			ui.Words(ui.T(ctx, "report.score.met_of", "met", s.Met, "all", s.Met+s.Partly+s.NotMet+s.NotAssessed))}})
	}
	return t
}

// frozenTasks is the tasks of a version.
func frozenTasks(ctx context.Context, then clients.Frozen) ui.TableProps {
	t := ui.TableProps{ID: "tasks", Caption: ui.T(ctx, "pages.client.plan"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.task")}, {Label: ui.T(ctx, "report.column.effort"), Numeric: true}, {Label: ui.T(ctx, "plan.cost"), Numeric: true}, {Label: ui.T(ctx, "report.column.due")}},
		Empty: ui.Empty{Title: ui.T(ctx, "board.no_tasks"), Text: ui.T(ctx, "board.no_tasks.text")}}
	for _, k := range then.Tasks {
		cost, due := "–", templ.Component(ui.Words("–"))
		if k.CostCents > 0 {
			cost = money(ctx, k.CostCents, k.Currency)
		}
		if !k.Due.IsZero() {
			due = ui.Day(k.Due)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{twoLines(ui.Words(k.Title), planNote(ctx, k)), ui.Words(daysText(ctx, k.Effort)), ui.Words(cost), due}})
	}
	return t
}

// decisionNote is the note of a decision, which whoever is no board member has to give.
func decisionNote(r *http.Request, c clients.Client, e ui.Errors) ui.Field {
	f := ui.Field{Name: "note", Label: ui.T(r.Context(), "board.note"), Hint: ui.T(r.Context(), "board.note.hint"), Rows: 3, Value: r.PostFormValue("note"), Error: e["note"]}
	if c.Role != authz.Board {
		f.Required, f.Hint = true, ui.T(r.Context(), "board.note.behalf")
	}
	return f
}
