package assessing

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// plan is the work that closes the gaps: what to do first, a timeline, and the
// tasks of each phase.
func (c *composer) plan() []model.Block {
	blocks := []model.Block{model.PageBreak{}, heading(1, "plan", c.t("report.plan.heading"))}
	if len(c.in.Tasks) == 0 {
		return append(blocks, paragraph(c.t("report.plan.none")))
	}
	total := [2]float64{}
	for _, t := range c.in.Tasks {
		total[0], total[1] = total[0]+t.Effort[0], total[1]+t.Effort[1]
	}
	blocks = append(blocks, paragraph(c.t("report.plan.intro", "count", len(c.in.Tasks), "effort", c.days(total))))
	if len(c.in.WhatIf.Tasks) > 0 {
		blocks = append(blocks, c.whatIf())
	}
	blocks = append(blocks,
		heading(2, "plan-timeline", c.t("report.plan.timeline")),
		model.Picture{Chart: c.timeline(), HideCaption: true},
		small(c.t("report.plan.order")))
	for _, ph := range phases() {
		if tasks := c.tasksOf(ph); len(tasks) > 0 {
			blocks = append(blocks, heading(2, "plan-"+string(ph), c.phase(ph)), paragraph(c.t("report.phase."+string(ph)+".about")), c.taskTable(tasks))
		}
	}
	return blocks
}

func (c *composer) phase(p catalog.Phase) string { return c.t("report.phase." + string(p)) }

// tasksOf is the tasks of a phase by start, then due date.
func (c *composer) tasksOf(p catalog.Phase) []posture.Task {
	var out []posture.Task
	for _, t := range c.in.Tasks {
		if t.Phase == p {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b posture.Task) int {
		return cmp.Or(cmp.Compare(a.Start.String(), b.Start.String()), cmp.Compare(a.Due.String(), b.Due.String()))
	})
	return out
}

func (c *composer) whatIf() model.Callout {
	w := c.in.WhatIf
	call := model.Callout{Tone: chart.ToneGood, Title: c.t("report.what_if.title", "count", len(w.Tasks),
		"before", c.points(w.From), "after", c.points(w.To))}
	for _, t := range w.Tasks {
		call.Body = append(call.Body, model.Text{}.To(t.Title, "#"+taskAnchor(t.ID)).Then(" – "+c.t("report.what_if.effort", "effort", c.days(t.Effort)), model.Muted))
	}
	return call
}

func (c *composer) taskTable(tasks []posture.Task) model.Table {
	t := model.Table{Small: true, Columns: []model.Column{
		{Title: c.t("report.column.task"), Weight: 4.8}, {Title: c.t("report.column.owner"), Weight: 2},
		{Title: c.t("report.column.effort"), Weight: 1.3, Align: model.Right}, {Title: c.t("report.column.start"), Weight: 2},
		{Title: c.t("report.column.due"), Weight: 2.8}, {Title: c.t("report.column.gain"), Weight: 1, Align: model.Right}}}
	for _, k := range tasks {
		what := model.Cell{Lines: []model.Text{model.Strongly(k.Title)}}
		what.Lines = append(what.Lines, model.Quietly(c.t("report.plan.closes", "count", len(k.Requirements), "measures", k.Measures)),
			model.Quietly(c.t("report.plan.terms", "reduction", k.RiskReduction, "effort", (k.Effort[0]+k.Effort[1])/2, "priority", k.Priority)))
		due := model.Cell{Lines: []model.Text{model.Say(c.date(k.Due))}}
		if s := c.p.Say(k.DueBecause); s != "" {
			due.Lines = append(due.Lines, model.Quietly(s))
		}
		t.Rows = append(t.Rows, model.Row{ID: taskAnchor(k.ID), Cells: []model.Cell{what, model.Words(c.role(k.Owner)),
			model.Words(c.days(k.Effort)), model.Words(c.date(k.Start)), due, model.Words(c.p.Number(k.Gain, 1))}})
	}
	return t
}

func (c *composer) role(id string) string {
	if id == "" {
		return ""
	}
	return c.t("report.role." + id)
}

func taskAnchor(id string) string { return "t-" + id }

// spansPerPhase limits the timeline to what a page can show.
const spansPerPhase = 4

// timeline shows the tasks of each phase that reduce most risk per effort.
func (c *composer) timeline() chart.Timeline {
	t := chart.Timeline{Heading: c.t("report.plan.timeline"), About: c.t("report.plan.timeline.about"), From: c.in.AsOf, To: c.in.AsOf.AddDays(30),
		Today:   chart.Tick{On: c.in.AsOf},
		Columns: [3]string{c.t("report.column.phase"), c.t("report.column.task"), c.t("report.column.dates")}}
	for _, ph := range phases() {
		lane := chart.Lane{Label: c.phase(ph)}
		tasks := c.tasksOf(ph)
		for _, k := range mostUrgent(tasks, spansPerPhase) {
			lane.Spans = append(lane.Spans, chart.Span{Label: k.Title, From: k.Start, To: k.Due, Text: c.date(k.Start) + " – " + c.date(k.Due)})
			if k.Due.After(t.To) {
				t.To = k.Due
			}
			if !k.Start.IsZero() && k.Start.Before(t.From) {
				t.From = k.Start
			}
		}
		if more := len(tasks) - len(lane.Spans); more > 0 {
			lane.More = c.t("report.and_more", "count", more)
		}
		t.Lanes = append(t.Lanes, lane)
	}
	t.Ticks = c.quarters(t.From, t.To)
	return t
}

// mostUrgent is at most n tasks, by priority, in the order of their start.
func mostUrgent(tasks []posture.Task, n int) []posture.Task {
	if len(tasks) <= n {
		return tasks
	}
	order := slices.Clone(tasks)
	slices.SortStableFunc(order, func(a, b posture.Task) int { return cmp.Compare(b.Priority, a.Priority) })
	keep := map[string]bool{}
	for _, t := range order[:n] {
		keep[t.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(tasks), func(t posture.Task) bool { return !keep[t.ID] })
}

// quarters are the marks of the time axis: the first of each month, or of each
// quarter when the plan is long.
func (c *composer) quarters(from, to law.Date) []chart.Tick {
	step := 1
	if from.DaysUntil(to) > 430 {
		step = 3
	}
	var ticks []chart.Tick
	first := law.Date{Year: from.Year, Month: from.Month, Day: 1}
	for d := first; !d.After(to); d = d.AddMonths(1) {
		if d.Before(from) || (int(d.Month)-1)%step != 0 {
			continue
		}
		ticks = append(ticks, chart.Tick{On: d, Label: c.t("report.month", "month", c.t("report.month."+d.String()[5:7]), "year", d.String()[:4])})
	}
	return ticks
}
