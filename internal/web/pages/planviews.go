package pages

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

func stateStatus(ctx context.Context, s planning.State) ui.Status {
	tones := map[planning.State]ui.Tone{planning.ToDo: ui.Open, planning.Doing: ui.Partly, planning.Blocked: ui.Bad, planning.Done: ui.Good, planning.Dropped: ui.Aside}
	return ui.Status{Tone: tones[s], Word: ui.T(ctx, "plan.state."+string(s))}
}

func stateOptions(ctx context.Context, chosen planning.State) []ui.Option {
	var out []ui.Option
	for _, s := range planning.States() {
		out = append(out, ui.Option{Value: string(s), Label: ui.T(ctx, "plan.state."+string(s)), Selected: s == chosen})
	}
	return out
}

// ownerOptions are the people who may own tasks, and the one who is chosen, after the
// options given.
func ownerOptions(v planView, chosen string, first ...ui.Option) []ui.Option {
	out := first
	known := chosen == "" || slices.ContainsFunc(first, func(o ui.Option) bool { return o.Value == chosen })
	for _, m := range offered(v.people, chosen) {
		known = known || m.Person == chosen
		out = append(out, ui.Option{Value: m.Person, Label: m.Name, Selected: m.Person == chosen})
	}
	if !known {
		out = append(out, ui.Option{Value: chosen, Label: ui.T(v.r.Context(), "evidence.left"), Selected: true})
	}
	return out
}

func phaseOptions(ctx context.Context, chosen, none string) []ui.Option {
	out := []ui.Option{{Label: none}}
	for _, p := range catalog.Phases() {
		out = append(out, ui.Option{Value: string(p), Label: ui.T(ctx, "report.phase."+string(p)), Selected: string(p) == chosen})
	}
	return out
}

func measureOptions(ctx context.Context, chosen string) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "pages.all")}}
	for _, m := range "abcdefghij" {
		out = append(out, ui.Option{Value: string(m), Label: "(" + string(m) + ") " + ui.T(ctx, "report.measure."+string(m)), Selected: string(m) == chosen})
	}
	return out
}

func stateFilter(ctx context.Context, chosen string) []ui.Option {
	return append([]ui.Option{{Label: ui.T(ctx, "plan.state.open")}, {Value: "all", Label: ui.T(ctx, "pages.all"), Selected: chosen == "all"}},
		stateOptions(ctx, planning.State(chosen))...)
}

func planViews(ctx context.Context, v planView) []ui.Link {
	var out []ui.Link
	for _, view := range []string{viewList, viewBoard, viewTimeline} {
		out = append(out, ui.Link{Text: ui.T(ctx, "plan.view."+view), URL: clientURL(v.r, "plan") + v.filter.query(view), Current: view == v.filter.View})
	}
	return out
}

// mostClosed is how many tasks the board shows that are done or dropped.
const mostClosed = 12

// boardTasks are the tasks of a column: what is open in its order, of what is closed
// the last ones, the newest first.
func boardTasks(all []planning.Task, state planning.State) []planning.Task {
	tasks := clients.InColumn(all, state)
	if state.Open() {
		return tasks
	}
	slices.SortStableFunc(tasks, func(x, y planning.Task) int { return y.UpdatedAt.Compare(x.UpdatedAt) })
	return tasks[:min(mostClosed, len(tasks))]
}

// closedURL is the list of the tasks of a closed state, with the filter of the board.
func closedURL(v planView, state planning.State) string {
	f := v.filter
	f.State = string(state)
	return clientURL(v.r, "plan") + f.query(viewList)
}

// daysText is an effort in person-days, "–" when there is none.
func daysText(ctx context.Context, e [2]float64) string {
	switch {
	case e[1] == 0:
		return "–"
	case e[0] == e[1]:
		return ui.Number(ctx, e[0], 2)
	}
	return ui.Number(ctx, e[0], 2) + "–" + ui.Number(ctx, e[1], 2)
}

// sums are the effort and the cost of several tasks.
type sums struct {
	effort [2]float64
	cents  map[string]int64 // by currency
}

func sumOf(tasks []planning.Task) sums {
	s := sums{cents: map[string]int64{}}
	for _, t := range tasks {
		s.effort[0] += t.Effort[0]
		s.effort[1] += t.Effort[1]
		if t.CostCents > 0 {
			s.cents[t.Currency] += t.CostCents
		}
	}
	return s
}

func (s sums) costText(ctx context.Context) string {
	var parts []string
	for currency, cents := range s.cents {
		parts = append(parts, money(ctx, cents, currency))
	}
	if len(parts) == 0 {
		return "–"
	}
	slices.Sort(parts)
	return ui.From(ctx).Printer.List(parts)
}

func money(ctx context.Context, cents int64, currency string) string {
	return ui.From(ctx).Printer.Money(cents, currency)
}

func planFigures(ctx context.Context, v planView) []ui.Figure {
	open, overdue, done := 0, 0, 0
	for _, t := range v.c.Tasks {
		switch {
		case t.State.Open():
			open++
		case t.State == planning.Done:
			done++
		}
		if t.Overdue(v.today()) {
			overdue++
		}
	}
	counted, of := v.tasks, "plan.figure.shown"
	if left := openTasks(v.tasks); len(left) > 0 && len(left) < len(v.tasks) {
		counted, of = left, "plan.figure.shown_open"
	}
	shown := sumOf(counted)
	number := func(n int) string { return ui.Number(ctx, float64(n), 0) }
	return []ui.Figure{
		{Label: ui.T(ctx, "plan.figure.open"), Value: number(open), Note: ui.T(ctx, "plan.figure.done", "count", done)},
		{Label: ui.T(ctx, "pages.figure.overdue"), Value: number(overdue), Tone: warn(overdue), URL: clientURL(v.r, "plan?overdue=1")},
		{Label: ui.T(ctx, "plan.figure.effort"), Value: daysText(ctx, shown.effort), Note: ui.T(ctx, of, "count", len(counted))},
		{Label: ui.T(ctx, "plan.figure.cost"), Value: shown.costText(ctx), Note: ui.T(ctx, of, "count", len(counted))},
	}
}

// openTasks are those that are still to be done.
func openTasks(tasks []planning.Task) []planning.Task {
	return slices.DeleteFunc(slices.Clone(tasks), func(t planning.Task) bool { return !t.State.Open() })
}

// planNote is the second line of a task in lists.
func planNote(ctx context.Context, t planning.Task) string {
	note := ""
	for _, m := range t.Measures {
		note += "(" + m + ") "
	}
	if n := len(t.Requirements); n > 0 {
		note += ui.T(ctx, "plan.serves", "count", n)
	}
	if t.EveryMonths > 0 {
		if note != "" {
			note += " · "
		}
		note += ui.T(ctx, "plan.every", "count", t.EveryMonths)
	}
	return note
}

func taskURL(v planView, id string) string { return clientURL(v.r, "plan/tasks/"+id) }

func taskList(ctx context.Context, v planView) ui.TableProps {
	t := ui.TableProps{ID: "plan", Caption: ui.T(ctx, "pages.client.plan"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.task")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true},
		{Label: ui.T(ctx, "report.column.phase"), Optional: true}, {Label: ui.T(ctx, "report.column.owner")},
		{Label: ui.T(ctx, "report.column.effort"), Numeric: true}, {Label: ui.T(ctx, "plan.cost"), Numeric: true, Optional: true},
		{Label: ui.T(ctx, "report.column.due")}, {Label: ui.T(ctx, "report.column.gain"), Numeric: true, Optional: true}},
		Empty: planEmpty(ctx, v)}
	if v.edits() {
		t.Select, t.SelectForm = "task", "bulk"
	}
	for _, k := range v.tasks {
		due := templ.Component(ui.Words("–"))
		if !k.Due.IsZero() {
			due = ui.Deadline(ui.DeadlineProps{On: k.Due, Done: !k.State.Open()})
		}
		cost, phase := "–", "–"
		if k.CostCents > 0 {
			cost = money(ctx, k.CostCents, k.Currency)
		}
		if k.Phase != "" {
			phase = ui.T(ctx, "report.phase."+k.Phase)
		}
		t.Rows = append(t.Rows, ui.Row{ID: "task-" + k.ID, Value: k.ID, Name: k.Title, Cells: []templ.Component{
			ui.LinkCell(k.Title, taskURL(v, k.ID), planNote(ctx, k)), ui.StatusBadge(stateStatus(ctx, k.State)), ui.Words(phase),
			ui.Words(ownerText(ctx, v, k)), ui.Words(daysText(ctx, k.Effort)), ui.Words(cost), due, ui.Words(gainText(ctx, v, k))}})
	}
	return t
}

// ownerText is who does it: the person, or the role.
func ownerText(ctx context.Context, v planView, t planning.Task) string {
	if name := v.name(t.Owner); name != "" {
		return name
	}
	if t.Role != "" {
		return ui.T(ctx, "report.role."+t.Role)
	}
	return "–"
}

// gainText is the points of the overall score that a task can still bring.
func gainText(ctx context.Context, v planView, t planning.Task) string {
	if !t.State.Open() || len(t.Requirements) == 0 {
		return "–"
	}
	now, _ := v.c.In.Posture.Score("overall")
	return ui.Number(ctx, posture.WhatIf(v.c.In.Posture, []posture.Task{{Requirements: t.Requirements}}).Points-now.Points, 1)
}

func planEmpty(ctx context.Context, v planView) ui.Empty {
	switch {
	case len(v.c.Tasks) > 0:
		return ui.Empty{Title: ui.T(ctx, "plan.none_shown"), Text: ui.T(ctx, "plan.none_shown.text"),
			Action: ui.ButtonProps{Text: ui.T(ctx, "plan.show_all"), URL: clientURL(v.r, "plan") + planFilter{State: "all"}.query(v.filter.View)}}
	case len(v.c.In.Tasks) == 0:
		return ui.Empty{Title: ui.T(ctx, "report.plan.none"), Text: ui.T(ctx, "report.gaps.none")}
	}
	e := ui.Empty{Title: ui.T(ctx, "plan.none"), Text: ui.T(ctx, "plan.none.text", "count", len(v.c.In.Tasks))}
	e.Action = ui.ButtonProps{Text: ui.T(ctx, "plan.adopt.look"), URL: clientURL(v.r, "plan/adopt"), Kind: ui.Primary}
	return e
}

func proposedTable(ctx context.Context, v planView) ui.TableProps {
	t := ui.TableProps{ID: "proposed", Caption: ui.T(ctx, "plan.adopt.title"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.task")}, {Label: ui.T(ctx, "report.column.phase"), Optional: true}, {Label: ui.T(ctx, "report.column.owner")},
		{Label: ui.T(ctx, "report.column.effort"), Numeric: true}, {Label: ui.T(ctx, "report.column.due")}, {Label: ui.T(ctx, "report.column.gain"), Numeric: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "plan.adopt.none"), Text: ui.T(ctx, "plan.adopt.none.text"),
			Action: ui.ButtonProps{Text: ui.T(ctx, "pages.client.plan"), URL: clientURL(v.r, "plan")}}}
	if v.edits() {
		t.Select, t.SelectForm = "task", "adopt"
	}
	for _, k := range v.c.Proposed() {
		t.Rows = append(t.Rows, ui.Row{Value: k.ID, Name: k.Title, Cells: []templ.Component{
			twoLines(ui.Words(k.Title), ui.T(ctx, "plan.serves", "count", len(k.Requirements))), ui.Words(ui.T(ctx, "report.phase."+string(k.Phase))),
			ui.Words(ui.T(ctx, "report.role."+k.Owner)), ui.Words(daysText(ctx, k.Effort)),
			twoLines(ui.Day(k.Due), ui.Say(ctx, k.DueBecause)), ui.Words(ui.Number(ctx, k.Gain, 1))}})
	}
	return t
}

// dueReason says why a task is due on its day.
func dueReason(ctx context.Context, t planning.Task) string {
	if t.Due.IsZero() {
		return ""
	}
	return ui.Say(ctx, t.DueBecause)
}

// undated is how many of the tasks shown have no due date, and so no place in the timeline.
func (v planView) undated() int {
	n := 0
	for _, k := range v.tasks {
		if k.Due.IsZero() {
			n++
		}
	}
	return n
}

// mostPast is how many days of the past the timeline shows; what began before
// stands at its edge.
const mostPast = 60

// timelineOf is the plan as a picture: a lane per phase, a bar per task.
func timelineOf(ctx context.Context, v planView) chart.Timeline {
	today := v.today()
	t := chart.Timeline{Heading: ui.T(ctx, "plan.view.timeline"), About: ui.T(ctx, "plan.timeline.about"), From: today, To: today.AddDays(60),
		Today:   chart.Tick{On: today},
		Columns: [3]string{ui.T(ctx, "report.column.phase"), ui.T(ctx, "report.column.task"), ui.T(ctx, "report.column.dates")}}
	lanes := append(catalog.Phases(), "")
	for _, phase := range lanes {
		lane := chart.Lane{Label: ui.T(ctx, "plan.no_phase")}
		if phase != "" {
			lane.Label = ui.T(ctx, "report.phase."+string(phase))
		}
		for _, k := range byStart(v.tasks) {
			if k.Phase != string(phase) || k.Due.IsZero() {
				continue
			}
			s := taskSpan(ctx, v, k)
			lane.Spans = append(lane.Spans, s)
			if earliest := today.AddDays(-mostPast); s.From.Before(earliest) {
				t.From = earliest
			} else if s.From.Before(t.From) {
				t.From = s.From
			}
			if s.To.After(t.To) {
				t.To = s.To
			}
		}
		t.Lanes = append(t.Lanes, lane)
	}
	t.Ticks = monthTicks(ctx, t.From, t.To)
	return t
}

func taskSpan(ctx context.Context, v planView, k planning.Task) chart.Span {
	from := k.Start
	if from.IsZero() {
		from = k.Due
	}
	s := chart.Span{ID: k.ID, After: k.After, Label: k.Title, From: from, To: k.Due, Text: ui.DayText(ctx, from) + " – " + ui.DayText(ctx, k.Due)}
	state := ui.T(ctx, "plan.state."+string(k.State))
	switch {
	case k.Overdue(v.today()):
		s.Tone, state = chart.ToneBad, ui.T(ctx, "ui.deadline.overdue")
	case k.State == planning.Done:
		s.Tone = chart.ToneGood
	case k.State == planning.Blocked:
		s.Tone = chart.TonePartly
	case k.State == planning.Dropped:
		s.Tone = chart.ToneAside
	}
	s.Text += ", " + state
	if s.Tone != chart.ToneNeutral {
		s.Label = state + " · " + s.Label
	}
	return s
}

// byStart orders tasks by the day on which they begin.
func byStart(tasks []planning.Task) []planning.Task {
	out := slices.Clone(tasks)
	begin := func(t planning.Task) string {
		if t.Start.IsZero() {
			return t.Due.String()
		}
		return t.Start.String()
	}
	slices.SortStableFunc(out, func(a, b planning.Task) int {
		return cmp.Or(cmp.Compare(begin(a), begin(b)), cmp.Compare(a.Due.String(), b.Due.String()))
	})
	return out
}

// monthTicks are the marks of a time axis: the first of each month, or of each
// quarter when the time is long.
func monthTicks(ctx context.Context, from, to law.Date) []chart.Tick {
	step := 1
	if from.DaysUntil(to) > 430 {
		step = 3
	}
	var ticks []chart.Tick
	for d := (law.Date{Year: from.Year, Month: from.Month, Day: 1}); !d.After(to); d = d.AddMonths(1) {
		if d.Before(from) || (int(d.Month)-1)%step != 0 {
			continue
		}
		ticks = append(ticks, chart.Tick{On: d, Label: ui.T(ctx, "report.month", "month", ui.T(ctx, "report.month."+d.String()[5:7]), "year", d.String()[:4])})
	}
	return ticks
}

// chance is one task that the what-if can choose: of the plan, or of those that the
// assessment proposes.
type chance struct {
	planning.Task
	proposed bool
	chosen   bool
}

// chosenOf lists what the what-if offers: open tasks that serve requirements, then
// the proposed ones.
func chosenOf(v planView, ids []string) []chance {
	var out []chance
	for _, t := range v.c.Tasks {
		if t.State.Open() && len(t.Requirements) > 0 {
			out = append(out, chance{Task: t, chosen: slices.Contains(ids, t.ID)})
		}
	}
	for _, t := range v.c.Proposed() {
		out = append(out, chance{proposed: true, chosen: slices.Contains(ids, t.ID), Task: planning.Task{ID: t.ID, Title: t.Title, Requirements: t.Requirements,
			Measures: t.Measures, Effort: t.Effort, Due: t.Due, State: planning.ToDo}})
	}
	return out
}

func chosenTasks(all []chance) (tasks []planning.Task, requirements []string) {
	for _, c := range all {
		if c.chosen {
			tasks = append(tasks, c.Task)
			requirements = append(requirements, c.Requirements...)
		}
	}
	return tasks, requirements
}

func chanceTable(ctx context.Context, v planView, all []chance) ui.TableProps {
	t := ui.TableProps{ID: "chances", Caption: ui.T(ctx, "plan.what_if.choose"), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.task")}, {Label: ui.T(ctx, "report.column.effort"), Numeric: true}, {Label: ui.T(ctx, "plan.cost"), Numeric: true, Optional: true},
		{Label: ui.T(ctx, "report.column.gain"), Numeric: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "report.plan.none"), Text: ui.T(ctx, "report.gaps.none")}}
	for _, k := range all {
		cost, url, note := "–", taskURL(v, k.ID), planNote(ctx, k.Task)
		if k.CostCents > 0 {
			cost = money(ctx, k.CostCents, k.Currency)
		}
		if k.proposed {
			url, note = "", ui.T(ctx, "plan.proposed")+" · "+note
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{chanceBox(k, url, note), ui.Words(daysText(ctx, k.Effort)), ui.Words(cost), ui.Words(gainText(ctx, v, k.Task))}})
	}
	return t
}

// expectedTable compares the scores of today with those after the chosen tasks.
func expectedTable(ctx context.Context, v planView, requirements []string) ui.TableProps {
	t := ui.TableProps{ID: "expected", Caption: ui.T(ctx, "plan.what_if.expected"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.measure")}, {Label: ui.T(ctx, "plan.what_if.now"), Numeric: true},
		{Label: ui.T(ctx, "plan.what_if.then")}, {Label: ui.T(ctx, "plan.what_if.change"), Numeric: true}}}
	for _, s := range posture.Expected(v.c.In.Catalogue, v.c.In.Posture, requirements) {
		now, _ := v.c.In.Posture.Score(s.Key)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Words(scoreName(ctx, s.Key)), ui.Words(points(ctx, now.Points)),
			ui.ScoreBar(ui.Score{Percent: s.Points, Text: points(ctx, s.Points), Target: v.c.In.Target, Tone: tone(s.Points, s.Met+s.Partly+s.NotMet > 0)}),
			ui.Words(signed(ctx, assessing.Shown(s.Points)-assessing.Shown(now.Points)))}})
	}
	return t
}

// scoreName is what a score speaks of.
func scoreName(ctx context.Context, key string) string {
	if len(key) == len("measure.a") && key[:len("measure.")] == "measure." {
		return "(" + key[len("measure."):] + ") " + ui.T(ctx, "report."+key)
	}
	return ui.T(ctx, "report.topic."+key)
}

// workedScore is the formula of a score with its numbers.
func workedScore(ctx context.Context, s posture.Score) string {
	return ui.T(ctx, "report.formula.score.worked", "value", s.Points*s.Weight/100, "weight", s.Weight, "points", points(ctx, s.Points))
}

func requirementOptions(ctx context.Context, c clients.Client, served []string) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "plan.requirement.choose")}}
	for _, result := range c.In.Posture.Results {
		req, _ := c.In.Catalogue.Get(result.Requirement)
		if req.IsLeaf() && !slices.Contains(served, req.ID) {
			out = append(out, ui.Option{Value: req.ID, Label: ui.Cite(ctx, req.Citation) + " · " + req.Title})
		}
	}
	return out
}

func servedOptions(ctx context.Context, c clients.Client, served []string) []ui.Option {
	var out []ui.Option
	for _, id := range served {
		req, ok := c.In.Catalogue.Get(id)
		if !ok {
			req = catalog.Requirement{ID: id, Title: id}
		}
		out = append(out, ui.Option{Value: id, Label: req.Title, Hint: ui.Cite(ctx, req.Citation), Selected: true})
	}
	return out
}

// afterOptions are the tasks that this one waits for, to be kept or left out.
func afterOptions(v planView, t planning.Task) []ui.Option {
	var out []ui.Option
	for _, id := range t.After {
		for _, x := range v.c.Tasks {
			if x.ID == id {
				out = append(out, ui.Option{Value: id, Label: x.Title, Selected: true})
			}
		}
	}
	return out
}

func waitOptions(ctx context.Context, v planView, t planning.Task) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "plan.after.choose")}}
	for _, x := range v.c.Tasks {
		if x.ID != t.ID && !slices.Contains(t.After, x.ID) && x.State != planning.Dropped {
			out = append(out, ui.Option{Value: x.ID, Label: x.Title})
		}
	}
	return out
}

func roleNames(ctx context.Context, chosen string) []ui.Option {
	out := []ui.Option{{Label: ui.T(ctx, "plan.role.none")}}
	for _, o := range catalog.Owners() {
		out = append(out, ui.Option{Value: o, Label: ui.T(ctx, "report.role."+o), Selected: o == chosen})
	}
	return out
}

func currencyOptions(chosen string) []ui.Option {
	var out []ui.Option
	for _, c := range planning.Currencies() {
		out = append(out, ui.Option{Value: c, Label: c, Selected: c == chosen})
	}
	return out
}

// taskFields are the typed fields of a task, by name.
func taskFields(v planView, t planning.Task, e ui.Errors) []ui.Field {
	ctx := v.r.Context()
	text := func(n float64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	day := func(d law.Date) string {
		if d.IsZero() {
			return ""
		}
		return d.String()
	}
	return []ui.Field{
		field(v.r, e, ui.Field{Name: "title", Label: ui.T(ctx, "plan.title"), Value: t.Title, Required: true, MaxLength: 300, Autocomplete: "off"}),
		field(v.r, e, ui.Field{Name: "body", Label: ui.T(ctx, "plan.body"), Value: t.Body, Rows: 5}),
		field(v.r, e, ui.Field{Name: "start", Label: ui.T(ctx, "report.column.start"), Value: day(t.Start)}),
		field(v.r, e, ui.Field{Name: "due", Label: ui.T(ctx, "report.column.due"), Value: day(t.Due), Hint: dueReason(ctx, t)}),
		field(v.r, e, ui.Field{Name: "every_months", Label: ui.T(ctx, "plan.every_months"), Hint: ui.T(ctx, "plan.every_months.hint"), Value: text(float64(t.EveryMonths)), Min: "0", Max: "240", Unit: ui.T(ctx, "plan.months")}),
		field(v.r, e, ui.Field{Name: "effort_from", Label: ui.T(ctx, "plan.effort_from"), Value: text(t.Effort[0]), Min: "0", Step: "0.25", Unit: ui.T(ctx, "plan.days")}),
		field(v.r, e, ui.Field{Name: "effort_to", Label: ui.T(ctx, "plan.effort_to"), Value: text(t.Effort[1]), Min: "0", Step: "0.25", Unit: ui.T(ctx, "plan.days")}),
		field(v.r, e, ui.Field{Name: "cost", Label: ui.T(ctx, "plan.cost"), Value: text(float64(t.CostCents) / 100), Min: "0", Step: "0.01"}),
	}
}
