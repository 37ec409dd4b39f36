package posture

import (
	"math"
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// Days that a task may take by its worst gap. The severities are weight × open
// part × binding factor, 0–5. These figures are ours: the law says "without
// undue delay" (Art. 21(4)) and names no days.
const (
	daysCritical = 90
	daysHigh     = 180
	daysMedium   = 270
	daysLow      = 365

	severityCritical = 4.5
	severityHigh     = 3.0
	severityMedium   = 1.5

	daysLate      = 30 // for what a date of the law has passed already
	daysQuarterly = 90 // for what the law wants done in each quarter
	daysYearly    = 365
	daysToSpare   = 14 // between the end of the work and the due date of what others wait for
)

// schedule sets start and due dates.
//
//  1. The due date is the law's date, or 30 days from now if that has passed;
//     else the end of an accepted risk; else 90, 180, 270 or 365 days from now for
//     a worst gap of critical (from 4.5), high (3), medium (1.5) or low severity,
//     and no later than the quarter or year in which the law wants a review.
//  2. A task that others wait for is due early enough for them, and two weeks
//     after its work can be finished at the latest, so that they need not wait for
//     the last day.
//  3. Work takes mean effort × 7/5 days. Where it cannot be finished by the due
//     date, because of its length or of what comes before, the date moves back.
//  4. Each owner role does one thing after the other, in the order of the plan,
//     and several at once only where the due dates demand it.
func (pl *planner) schedule(order []int, deadlines []Deadline) {
	lawful := make([]bool, len(pl.tasks)) // the law itself names the date
	for i := range pl.tasks {
		lawful[i] = pl.setDue(&pl.tasks[i], deadlines)
	}
	for _, i := range slices.Backward(order) {
		t := &pl.tasks[i]
		for _, b := range pl.edges[i] {
			if before, latest := &pl.tasks[b], t.Due.AddDays(-days(t)); latest.Before(before.Due) {
				before.Due, lawful[b] = latest, false
				before.DueBecause = law.Say("posture.due.needed", "task", t.Title)
			}
		}
	}
	free := map[string]law.Date{}
	for n, i := range order {
		t := &pl.tasks[i]
		pl.place(t, pl.edges[i], free)
		if lawful[i] {
			continue
		}
		next := slices.IndexFunc(order[n:], func(later int) bool { return slices.Contains(pl.edges[later], i) })
		if ready := t.Start.AddDays(days(t) - 1 + daysToSpare); next >= 0 && ready.Before(t.Due) {
			t.Due, t.DueBecause = ready, law.Say("posture.due.needed", "task", pl.tasks[order[n+next]].Title)
		}
	}
}

// place sets the start of a task, after those before it and when its owner is
// free, and moves a due date that cannot be kept.
func (pl *planner) place(t *Task, after []int, free map[string]law.Date) {
	earliest, waits := pl.posture.AsOf, ""
	for _, b := range after {
		if next := pl.tasks[b].Due.AddDays(1); next.After(earliest) {
			earliest, waits = next, pl.tasks[b].Title
		}
	}
	if done := earliest.AddDays(days(t) - 1); t.Due.Before(done) {
		t.Due, t.DueBecause = done, law.Say("posture.due.work", "count", days(t))
		if waits != "" {
			t.DueBecause = law.Say("posture.due.follows", "task", waits)
		}
	}
	t.Start = earliest
	if next, busy := free[t.Owner]; busy && next.After(earliest) {
		t.Start = next
	}
	if latest := t.Due.AddDays(1 - days(t)); latest.Before(t.Start) {
		t.Start = latest
	}
	free[t.Owner] = t.Start.AddDays(days(t))
}

// days that the work takes on the calendar, for one person.
func days(t *Task) int { return max(1, int(math.Ceil(mean(t.Effort)*7/5))) }

// setDue sets the due date of a task by itself, see schedule; it reports whether
// the law names the date.
func (pl *planner) setDue(t *Task, deadlines []Deadline) bool {
	now := pl.posture.AsOf
	if due := pl.legal(t, deadlines); !due.IsZero() {
		t.Due, t.DueBecause = due, law.Say("posture.due.legal", "date", due)
		if due.Before(now) {
			t.Due, t.DueBecause = now.AddDays(daysLate), law.Say("posture.due.legal_passed", "date", due, "days", daysLate)
		}
		return true
	}
	if until := pl.acceptedUntil(t); until.After(now) {
		t.Due, t.DueBecause = until, law.Say("posture.due.accepted", "date", until)
		return false
	}
	span, key := pl.span(t)
	if pl.repeats(t, catalog.Quarterly) && span > daysQuarterly {
		span, key = daysQuarterly, "quarterly"
	} else if pl.repeats(t, catalog.Yearly) && span >= daysYearly {
		span, key = daysYearly, "yearly"
	}
	t.Due, t.DueBecause = now.AddDays(span), law.Say("posture.due."+key, "days", span)
	return false
}

// legal is the earliest date that the law sets for a requirement of the task.
func (pl *planner) legal(t *Task, deadlines []Deadline) law.Date {
	var first law.Date
	for _, d := range deadlines {
		for _, i := range pl.cat.LeafPlaces(d.Requirement) {
			if slices.Contains(t.Requirements, pl.cat.At(i).ID) && !d.Due.IsZero() && (first.IsZero() || d.Due.Before(first)) {
				first = d.Due
			}
		}
	}
	return first
}

// acceptedUntil is the first day on which an accepted risk of the task ends,
// zero unless all its gaps are accepted until a date.
func (pl *planner) acceptedUntil(t *Task) law.Date {
	var first law.Date
	for _, id := range t.Requirements {
		i, _ := pl.cat.Place(id)
		until := pl.gaps[i].AcceptedUntil
		if until.IsZero() {
			return law.Date{}
		}
		if first.IsZero() || until.Before(first) {
			first = until
		}
	}
	return first
}

// span is the days for the worst gap of the task, and the name of its class.
func (pl *planner) span(t *Task) (int, string) {
	worst := 0.0
	for _, id := range t.Requirements {
		i, _ := pl.cat.Place(id)
		worst = max(worst, pl.gaps[i].Severity)
	}
	switch {
	case worst >= severityCritical:
		return daysCritical, "critical"
	case worst >= severityHigh:
		return daysHigh, "high"
	case worst >= severityMedium:
		return daysMedium, "medium"
	}
	return daysLow, "low"
}

// repeats reports whether the law fixes the rhythm of a requirement of the task.
func (pl *planner) repeats(t *Task, cadence catalog.Cadence) bool {
	return slices.ContainsFunc(t.Requirements, func(id string) bool {
		r, _ := pl.cat.Get(id)
		return slices.Contains(r.Cadence, cadence)
	})
}
