package clocks

import (
	"slices"
	"time"
)

// Case is one regime of an incident: the facts of Request, its Stage ignored,
// and what was already submitted under that regime. Inputs.SubmittedAt is
// ignored; Submitted counts instead.
type Case struct {
	Request
	Submitted map[Stage]time.Time // first submission of each stage; for DORA's intermediate report the latest goes into Inputs
}

// All computes every clock of an incident, sorted by Strict; clocks without a
// deadline come last, in the order of the regimes. A missing HandledAt means
// that the incident is not handled. A progress report that is not owed, because
// the incident was handled or finally reported in time, is left out; so is an
// intermediate report that nobody asked for.
func All(cases []Case) []Clock {
	clocks := make([]Clock, 0, stages(cases))
	for i := range cases {
		clocks = appendCase(clocks, &cases[i])
	}
	sortClocks(clocks)
	return clocks
}

// stages is how many clocks the cases have at most.
func stages(cases []Case) int {
	n := 0
	for i := range cases {
		n += len(termsOf(cases[i].Regime))
	}
	return n
}

// sortClocks sorts positions first, because clocks are large values, and then
// moves each clock to its place: what a place asks for may have been moved to a
// later one already.
func sortClocks(clocks []Clock) {
	order := make([]int, len(clocks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(&clocks[a], &clocks[b]) })
	for i := range clocks {
		from := order[i]
		for from < i {
			from = order[from]
		}
		clocks[i], clocks[from] = clocks[from], clocks[i]
	}
}

func appendCase(clocks []Clock, k *Case) []Clock {
	r := k.Request
	q := newQuery(&r)
	for i := range SubmittedAt {
		stage, ok := q.stageOf(i)
		if at, sent := k.Submitted[stage]; ok && sent && r.Inputs.at[i].IsZero() {
			r.Inputs.Set(i, at)
		}
	}
	_, handled := r.Inputs.At(HandledAt)
	r.Inputs.Ongoing = !handled
	var last Stage
	for i := range q.terms {
		t := &q.terms[i]
		if t.Stage == last || t.Proposal != "" && !slices.Contains(r.WhatIf, t.Proposal) {
			continue
		}
		last = t.Stage
		r.Inputs.Set(SubmittedAt, k.Submitted[t.Stage])
		if c := q.clock(t.Stage); !k.superfluous(&c) {
			clocks = append(clocks, c)
		}
	}
	return clocks
}

// superfluous reports whether the clock is of a report that nobody owes.
func (k *Case) superfluous(c *Clock) bool {
	switch c.Stage {
	case ProgressReport:
		final, sent := k.Submitted[FinalReport]
		return c.Status == NotStarted || sent && !final.After(c.Strict)
	case IntermediateReport, RansomInformation:
		return c.Status == NotStarted && c.Regime != DORA
	}
	return false
}

func compare(a, b *Clock) int {
	switch {
	case a.Strict.IsZero() && b.Strict.IsZero():
		return 0
	case a.Strict.IsZero():
		return 1
	case b.Strict.IsZero():
		return -1
	}
	return a.Strict.Compare(b.Strict)
}

// Reminders lists when to remind of a clock: at its start, half way, then seven
// and two days before the end for periods in days or months, four hours and one
// hour before it for periods in hours, and at the end. Instants are sorted, none
// is before the start; nil when the clock does not run. A sender sends what lies
// before the present and was not sent yet, so that an outage loses nothing.
func Reminders(c Clock) []time.Time {
	if c.Strict.IsZero() || c.AnchorAt.IsZero() {
		return nil
	}
	leads := [2]time.Duration{4 * time.Hour, time.Hour}
	if !c.period.inHours() {
		leads = [2]time.Duration{7 * 24 * time.Hour, 2 * 24 * time.Hour}
	}
	at := []time.Time{c.AnchorAt, c.AnchorAt.Add(c.Strict.Sub(c.AnchorAt) / 2), c.Strict.Add(-leads[0]), c.Strict.Add(-leads[1]), c.Strict}
	at = slices.DeleteFunc(at, func(t time.Time) bool { return t.Before(c.AnchorAt) })
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}
