// Package reminding decides who hears of what is due. It compares due times with
// now ("was due before now, and was not said yet"), never with an hour of the day,
// so that a server that was down says everything once when it is back, and clocks
// that jump say nothing twice.
package reminding

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/law"
)

// Thing is something with a time until which somebody must act.
type Thing struct {
	Kind         desk.Kind
	ID           string
	Organisation string // "" = of the workspace
	Title        law.Message
	Text         string    // the title, when a person wrote it
	On           law.Date  // the last day; or
	At           time.Time // the last instant
	Day          law.Date  // of that instant, where the law sets it elsewhere than where the reader is
	Link         string    // page on which to act
	For          []string  // persons
}

// LastDay is the day that people in the zone are told.
func (t Thing) LastDay(zone *time.Location) law.Date {
	switch {
	case !t.On.IsZero():
		return t.On
	case !t.Day.IsZero():
		return t.Day
	}
	return law.DateOf(t.At.In(zone))
}

// Step is one reminder of a thing.
type Step struct {
	Name  string // in the mark and in the message: "reminder.<kind>.<name>"
	Days  int    // from the end of the last day, or from the instant; negative: before it
	start bool   // counted from the beginning of the last day
}

const late = "late"

// Steps are the reminders of a kind in the order of time.
func Steps(k desk.Kind) []Step {
	switch k {
	case desk.Tasks:
		return []Step{{"soon", -7, true}, {"today", 0, true}, {late, 0, false}}
	case desk.Proofs, desk.Reviews:
		return []Step{{"month", -30, true}, {"week", -7, true}, {late, 0, false}}
	case desk.Deadlines:
		return []Step{{"month", -30, false}, {"week", -7, false}, {"day", -1, false}, {late, 0, false}}
	case desk.Approvals: // from the request
		return []Step{{"waiting", 3, false}, {"long", 10, false}}
	case desk.Delegations, desk.Security: // links
		return []Step{{"soon", -3, false}, {late, 0, false}}
	}
	return nil
}

// From is the instant from which the step is due, for somebody in the zone.
func (t Thing) From(s Step, zone *time.Location) time.Time {
	if t.On.IsZero() {
		return t.At.AddDate(0, 0, s.Days)
	}
	day := t.On.AddDays(s.Days)
	if !s.start {
		day = day.AddDays(1)
	}
	return day.At(zone)
}

// Reminder is one reminder for one person.
type Reminder struct {
	Thing  Thing
	Step   Step
	Person string
	Marks  []string // all to be set: of this step, and of the earlier ones that it makes idle
}

// Mark names the step of a thing for a person. The due time is part of it: what is
// prolonged is reminded of again.
func (t Thing) Mark(s Step, person string) string {
	due := t.On.String()
	if t.On.IsZero() {
		due = t.At.UTC().Format(time.RFC3339)
	}
	return "reminder/" + string(t.Kind) + "/" + t.ID + "/" + due + "/" + s.Name + "/" + person
}

// Due lists what is to be said now: for each thing and person the newest step that
// is due, unless it was said before. said reports whether a mark is set.
func Due(things []Thing, zone func(person string) *time.Location, now time.Time, said func(mark string) (bool, error)) ([]Reminder, error) {
	var out []Reminder
	for _, t := range things {
		for _, person := range t.For {
			var r Reminder
			for _, s := range Steps(t.Kind) {
				if !t.From(s, zone(person)).After(now) {
					r.Thing, r.Person, r.Step, r.Marks = t, person, s, append(r.Marks, t.Mark(s, person))
				}
			}
			if len(r.Marks) == 0 {
				continue
			}
			before, err := said(r.Marks[len(r.Marks)-1])
			if err != nil {
				return nil, err
			}
			if !before {
				out = append(out, r)
			}
		}
	}
	return out, nil
}
