package pages

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// workTable is the list of the requirements by measure.
func workTable(ctx context.Context, x *work) ui.TableProps {
	t := ui.TableProps{ID: "requirements", Caption: ui.T(ctx, "pages.client.requirements"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.requirement")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "workbench.none"), Text: ui.T(ctx, "workbench.none.text"),
			Action: ui.ButtonProps{Text: ui.T(ctx, "workbench.filter.clear"), URL: x.url("requirements")}}}
	if x.whole() {
		t.Select, t.SelectForm = "requirement", "batch"
	}
	groups, of := x.shown(ctx)
	for _, g := range groups {
		t.Rows = append(t.Rows, ui.Row{Heading: groupTitle(ctx, x.c.In.Catalogue, g)})
		for _, req := range of[g] {
			t.Rows = append(t.Rows, workRow(ctx, x, req))
		}
	}
	return t
}

func groupTitle(ctx context.Context, cat *catalog.Catalogue, group string) string {
	if len(group) == 1 {
		return "(" + group + ") " + ui.T(ctx, "report.measure."+group)
	}
	r, _ := cat.Get(group)
	return r.Title
}

func workRow(ctx context.Context, x *work, req catalog.Requirement) ui.Row {
	result := x.result(req.ID)
	return ui.Row{ID: "r-" + req.ID, Value: req.ID, Name: req.Title, Current: req.ID == x.open, Chosen: slices.Contains(x.again.Requirements, req.ID), Cells: []templ.Component{
		ui.LinkCell(req.Title, x.link(req.ID), workNote(ctx, x, req)), ui.Live("s-"+req.ID, ui.StatusBadge(status(ctx, result.Status)))}}
}

// workNote is the place of a requirement, and for the few that have them the owner and
// the last day on which what it rests on counts: columns of their own would leave no room for titles
// beside the open requirement.
func workNote(ctx context.Context, x *work, req catalog.Requirement) string {
	parts := []string{ui.Cite(ctx, place(req.Citation))}
	if owner := x.owners[req.ID]; owner.Person != "" {
		parts = append(parts, ui.T(ctx, "workbench.row.owner", "name", memberName(ctx, x, owner.Person)))
	}
	if day := x.result(req.ID).ExpiresOn; !day.IsZero() {
		parts = append(parts, ui.T(ctx, "workbench.row.expires", "day", ui.DayText(ctx, day.AddDays(-1))))
	}
	return strings.Join(parts, " · ")
}

// place is a citation without the name of the act, which the open requirement shows
// in full.
func place(citation string) string {
	for _, act := range []string{"2024/2690", "2022/2555"} {
		if _, rest, ok := strings.Cut(citation, act); ok && strings.Trim(rest, ", ") != "" {
			return strings.Trim(rest, ", ")
		}
	}
	return citation
}

func memberName(ctx context.Context, x *work, person string) string {
	if name := x.names[person]; name != "" {
		return name
	}
	return ui.T(ctx, "workbench.owner.gone")
}

func workFields(ctx context.Context, x *work) []filterChoice {
	t := func(key string) string { return ui.T(ctx, key) }
	any := ui.Option{Label: t("pages.all")}
	measures, sections := []ui.Option{any}, []ui.Option{any}
	seen := map[string]bool{}
	cat := x.c.In.Catalogue
	for _, m := range "abcdefghij" {
		measures = append(measures, ui.Option{Value: string(m), Label: "(" + string(m) + ") " + t("report.measure."+string(m))})
	}
	for _, result := range x.c.In.Posture.Results {
		place, _ := cat.Place(result.Requirement)
		if s := cat.At(cat.SectionAt(place)); !seen[s.ID] {
			seen[s.ID] = true
			sections = append(sections, ui.Option{Value: s.ID, Label: ui.Cite(ctx, s.Citation) + " " + s.Title})
		}
	}
	states := []ui.Option{any}
	for _, s := range []posture.Status{posture.NotMet, posture.PartlyMet, posture.Met, posture.NotAssessed, posture.NotApplicable} {
		states = append(states, ui.Option{Value: string(s), Label: t("report.status." + string(s))})
	}
	owners := []ui.Option{any, {Value: "me", Label: t("workbench.owner.me")}, {Value: "none", Label: t("workbench.owner.none")}}
	for _, m := range x.desk.People {
		if clients.CanWork(m) {
			owners = append(owners, ui.Option{Value: m.Person, Label: m.Name})
		}
	}
	expiring := []ui.Option{any}
	for _, days := range []int{30, 90, 365} {
		expiring = append(expiring, ui.Option{Value: strconv.Itoa(days), Label: ui.T(ctx, "workbench.expiring.days", "count", days)})
	}
	return []filterChoice{
		{ui.Field{Name: "measure", Label: t("report.column.measure"), Value: x.filter.Measure}, measures},
		{ui.Field{Name: "section", Label: t("workbench.section"), Value: x.filter.Section}, sections},
		{ui.Field{Name: "status", Label: t("report.column.status"), Value: x.filter.Status}, states},
		{ui.Field{Name: "owner", Label: t("report.column.owner"), Value: x.filter.Owner}, owners},
		{ui.Field{Name: "expiring", Label: t("pages.column.expires"), Value: x.filter.Expiring}, expiring},
	}
}

// workers are the members to whom something can be assigned.
func workers(ctx context.Context, x *work, chosen string) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "workbench.owner.none")}}
	for _, m := range x.desk.People {
		if clients.CanWork(m) {
			out = append(out, ui.Option{Value: m.Person, Label: m.Name, Selected: m.Person == chosen})
		}
	}
	return out
}

// statusOptions are the statuses that a person can set.
func statusOptions(ctx context.Context, chosen posture.Status) []ui.Option {
	var out []ui.Option
	for _, s := range []posture.Status{posture.Met, posture.PartlyMet, posture.NotMet} {
		out = append(out, ui.Option{Value: string(s), Label: ui.T(ctx, "report.status."+string(s)), Selected: s == chosen})
	}
	return out
}

// exceptionKinds are the exceptions that the law knows for a requirement.
func exceptionKinds(ctx context.Context, x *work, req catalog.Requirement) []ui.Option {
	var kinds []string
	if req.MayNotApply() {
		kinds = append(kinds, posture.ExceptionNotApplicable)
	}
	var out []ui.Option
	for _, k := range append(kinds, posture.ExceptionCompensated, posture.ExceptionAccepted) {
		out = append(out, ui.Option{Value: k, Label: ui.T(ctx, "workbench.exception."+k), Selected: k == x.sent("exception", "kind", "")})
	}
	return out
}

// acceptance says of an accepted risk that nobody has said when it is looked at again, or
// that this day has passed; ok is false for any other exception.
func acceptance(ctx context.Context, x *work, e assessment.Exception) (s ui.Status, ok bool) {
	switch {
	case e.Kind != posture.ExceptionAccepted:
		return s, false
	case e.Until.IsZero():
		return ui.Status{Tone: ui.Partly, Word: ui.T(ctx, "workbench.no_review")}, true
	case e.Until.Before(x.c.In.AsOf):
		return ui.Status{Tone: ui.Bad, Word: ui.T(ctx, "workbench.review_over")}, true
	}
	return s, false
}

// workTrace is the trace of the open requirement; questions lead to their place on
// the page.
func workTrace(ctx context.Context, x *work) []ui.TraceItem {
	here := map[string]bool{}
	for _, q := range x.asked() {
		here[q.ID] = true
	}
	var out []ui.TraceItem
	for _, t := range x.result(x.open).Trace {
		item := ui.TraceItem{Kind: ui.T(ctx, "report.trace."+string(t.Kind)), Text: ui.Say(ctx, t.Text), Counted: t.Counted}
		if !t.On.IsZero() {
			item.Note = ui.DayText(ctx, t.On)
		}
		if here[t.Ref] {
			item.URL = "#" + anchor(t.Ref)
		}
		out = append(out, item)
	}
	return out
}

func optionsWith(q catalog.Question, chosen []string) []ui.Option {
	var out []ui.Option
	for _, o := range q.Options {
		out = append(out, ui.Option{Value: o.ID, Label: o.Text, Selected: slices.Contains(chosen, o.ID)})
	}
	return out
}

// workHistory is what happened to the open requirement, each change with its undo.
func workHistory(ctx context.Context, x *work) []ui.Event {
	events := wordsOf(x.c, nil).events(ctx, x.desk.History)
	for i, e := range x.desk.History {
		if x.whole() && canUndo(ctx, e) {
			events[i].Undo = ui.Undo{Action: x.url("requirements/undo"), Fields: map[string]string{"entry": strconv.FormatInt(e.Seq, 10),
				"at": x.filter.query(""), "requirement": x.open}}
		}
	}
	return events
}

func scoreOf(ctx context.Context, x *work) ui.Score {
	s, _ := x.c.In.Posture.Score("overall")
	return ui.Score{Percent: s.Points, Text: points(ctx, s.Points), Target: x.c.In.Target, Tone: tone(s.Points, s.Met+s.Partly+s.NotMet > 0)}
}

// measureScores are the ten measures; -1 where nothing applies.
func measureScores(x *work) []float64 {
	var out []float64
	for _, m := range "abcdefghij" {
		v := -1.0
		if s, ok := x.c.In.Posture.Score("measure." + string(m)); ok && s.Weight > 0 {
			v = s.Points
		}
		out = append(out, v)
	}
	return out
}

func requirementTitle(ctx context.Context, x *work, id string) string {
	r, ok := x.c.In.Catalogue.Get(id)
	if !ok {
		return id
	}
	return ui.Cite(ctx, r.Citation) + " " + r.Title
}

// dateValue is a day as fields of forms hold it.
func dateValue(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// assertionOptions are the statuses that a person can set, and the way back.
func assertionOptions(ctx context.Context, x *work) []ui.Option {
	a, _ := x.assertion()
	return append([]ui.Option{{Label: ui.T(ctx, "workbench.assertion.none")}}, statusOptions(ctx, posture.Status(x.sent("assert", "status", string(a.Status))))...)
}

func assertionNote(x *work) string {
	a, _ := x.assertion()
	return a.Note
}

// mostNames is how many colleagues the hint of a comment names.
const mostNames = 6

func mentionHint(ctx context.Context, x *work) string {
	var names []string
	for _, m := range x.desk.People {
		if len(names) < mostNames && m.Person != visitOf(x.r).Actor.Person {
			names = append(names, "@"+m.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ui.T(ctx, "workbench.comment.hint", "names", strings.Join(names, ", "))
}
