package clocks

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Occurrence tells how often a wall time exists in its zone.
type Occurrence uint8

// A wall time exists once on most days, never in the gap of a change to summer
// time, and twice in the fold of a change back.
const (
	Once Occurrence = iota
	Never
	Twice
)

// Wall turns a wall time into an instant. In a fold the earlier instant counts;
// in a gap the first instant after it. clock is the time since midnight,
// 0 ≤ clock < 24 h.
func Wall(day law.Date, clock time.Duration, zone *time.Location) (time.Time, Occurrence) {
	naive := day.At(time.UTC).Add(clock)
	guess := time.Date(naive.Year(), naive.Month(), naive.Day(), naive.Hour(), naive.Minute(), naive.Second(), naive.Nanosecond(), zone)
	start, end := guess.ZoneBounds()

	var found time.Time
	times := 0
	for _, offset := range [3]int{before(start, guess), offsetAt(guess), after(end, guess)} {
		t := naive.Add(-time.Duration(offset) * time.Second).In(zone)
		if offsetAt(t) != offset || times > 0 && t.Equal(found) {
			continue
		}
		if times == 0 || t.Before(found) {
			found = t
		}
		times++
	}
	switch times {
	case 0:
		return endOfGap(naive, guess, start, end), Never
	case 1:
		return found, Once
	}
	return found, Twice
}

// endOfGap is the change of the clocks that skipped the wall time.
func endOfGap(naive, guess, start, end time.Time) time.Time {
	for _, change := range [2]time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		from := change.Add(time.Duration(before(change, guess)) * time.Second)
		to := change.Add(time.Duration(offsetAt(change)) * time.Second)
		if !naive.Before(from) && naive.Before(to) {
			return change
		}
	}
	return guess
}

func offsetAt(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

func before(change, otherwise time.Time) int {
	if change.IsZero() {
		return offsetAt(otherwise)
	}
	return offsetAt(change.Add(-1))
}

func after(change, otherwise time.Time) int {
	if change.IsZero() {
		return offsetAt(otherwise)
	}
	return offsetAt(change)
}

// sinceMidnight is the wall clock of t, not the time elapsed since midnight.
func sinceMidnight(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(t.Nanosecond())
}

// place is where an authority counts time.
type place struct {
	zone    *time.Location
	holiday func(law.Date) bool
}

// working reports whether d is neither Saturday, Sunday nor a public holiday.
func (p place) working(d law.Date) bool {
	switch d.At(time.UTC).Weekday() {
	case time.Saturday, time.Sunday:
		return false
	}
	return p.holiday == nil || !p.holiday(d)
}

// rolled is d, or the next working day when d is none, Regulation 1182/71
// Art. 3(4). It gives up after a year without a working day.
func (p place) rolled(d law.Date) law.Date {
	for range 366 {
		if p.working(d) {
			break
		}
		d = d.AddDays(1)
	}
	return d
}

// strict is the end of the period: elapsed hours, or the same wall time on the
// last day, never moved for weekends or holidays.
func (p place) strict(anchor time.Time, period Period) time.Time {
	if period.inHours() {
		return anchor.Add(period.Elapsed).In(p.zone)
	}
	local := anchor.In(p.zone)
	t, _ := Wall(p.lastDay(law.DateOf(local), period), sinceMidnight(local), p.zone)
	return t
}

// lastDay is the day on which a period not in hours ends, before any rolling,
// Regulation 1182/71 Art. 3(1) and (2)(b), (c): the day of the event does not
// count; a missing date is the month's last day.
func (p place) lastDay(event law.Date, period Period) law.Date {
	switch {
	case period.Months != 0:
		return event.AddMonths(period.Months)
	case period.WorkingDays != 0:
		d := event
		for range period.WorkingDays {
			d = p.rolled(d.AddDays(1))
		}
		return d
	}
	return event.AddDays(period.Days)
}

// legalEnd is the first instant after the period under Regulation 1182/71. The
// hour of the event does not count, Art. 3(1), so that hours run from the next
// full local hour and are never moved; other periods end with their last day,
// or with the next working day, Art. 3(4).
func (p place) legalEnd(anchor time.Time, period Period) time.Time {
	local := anchor.In(p.zone)
	if period.inHours() {
		_, minute, second := local.Clock()
		into := time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
		return local.Add(time.Hour - into + period.Elapsed)
	}
	end := p.rolled(p.lastDay(law.DateOf(local), period))
	t, _ := Wall(end.AddDays(1), 0, p.zone)
	return t
}
