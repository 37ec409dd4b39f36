package alarming

import (
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// together lets alarms of one case ring that had fallen due before their clocks were
// known, for example because awareness was recorded days later: one alarm says which
// deadlines have passed and which comes next. Of a time that an authority set only the
// last step rings.
func (b *bell) together(late []incident.Alarm) (rings int, err error) {
	var duties, others []incident.Alarm
	for _, a := range late {
		fresh, err := b.in.MarkAlarm(a.ID, b.in.Now())
		if err != nil {
			return 0, err
		}
		if !fresh {
			continue
		}
		if set(a) {
			others = slices.DeleteFunc(others, func(o incident.Alarm) bool { return o.Obligation == a.Obligation }) // the list is in order of time
			others = append(others, a)
		} else {
			duties = append(duties, a)
		}
	}
	for _, a := range others {
		if err := b.single(a); err != nil {
			return 0, err
		}
	}
	if len(duties) == 0 {
		return len(others), nil
	}
	return len(others) + 1, b.summary(duties)
}

// set reports whether an authority set the time, and no law.
func set(a incident.Alarm) bool {
	_, asked := filing.Reminded(a.Obligation)
	return asked || a.Stage == authority.AnswerStage || a.Stage == authority.MendStage
}

// running is a clock of a case without a report that reached its authority.
type running struct {
	incident.Alarm // of the end of the clock
	about          subject
}

// summary writes one alarm for several of the duties of a case.
func (b *bell) summary(late []incident.Alarm) error {
	if err := b.prepare(); err != nil {
		return err
	}
	last := late[len(late)-1]
	x, err := b.find(last)
	if err != nil {
		return err
	}
	ends, err := b.ends(last)
	if err != nil {
		return err
	}
	passed, next := ends, []running(nil)
	if n := slices.IndexFunc(ends, func(e running) bool { return x.now.Before(e.DueAt) }); n >= 0 {
		passed, next = ends[:n], ends[n:]
	}
	switch {
	case len(passed) > 0: // it is about the first, and those that follow it
		last, x = passed[0].Alarm, passed[0].about
		last.Step = incident.LateStep
		for _, e := range passed[1:] {
			if e.Stage != last.Stage && !slices.Contains(x.about, e.Stage) {
				x.about = append(x.about, e.Stage)
			}
		}
	case len(next) > 0:
		step := last.Step
		last, x = next[0].Alarm, next[0].about
		last.Step = step
	default: // everything was reported in the meantime
		return nil
	}
	last.ID = "late/" + late[0].ID
	return b.cause(last, x, lateSentence(x, passed, next))
}

// ends lists the ends of the clocks of a case that still run, the first one first.
func (b *bell) ends(of incident.Alarm) (out []running, err error) {
	c := b.cases[of.Incident]
	for _, o := range c.duties {
		var own []incident.Report
		for _, r := range c.reports {
			if r.Obligation == o.ID {
				own = append(own, r)
			}
		}
		for _, a := range o.Alarms(o.Clocks(c.Incident, own, c.Now(b.in.Now()))) {
			if a.Step != "overdue" {
				continue
			}
			x, err := b.find(a)
			if err != nil {
				return nil, err
			}
			out = append(out, running{a, x})
		}
	}
	slices.SortStableFunc(out, func(x, y running) int { return x.DueAt.Compare(y.DueAt) })
	return out, nil
}

// lateSentence says which deadlines of a case have passed and which comes next, each in
// the zone of its authority.
func lateSentence(x subject, passed, next []running) law.Message {
	key := "incident.alarm.late"
	args := []any{"reference", x.reference, "title", x.title}
	if len(passed) > 0 {
		var list []law.Message
		for _, e := range passed {
			list = append(list, e.said())
		}
		key, args = key+".passed", append(args, "passed", list)
	}
	if len(next) > 0 {
		key, args = key+".next", append(args, "next", next[0].said())
	}
	m := law.Say(key, args...)
	if x.exercise {
		m = law.Say("incident.alarm.late.exercise", "alarm", m)
	}
	return m
}

// said names the report, its reader and its deadline.
func (e running) said() law.Message {
	zone, err := time.LoadLocation(e.about.zone)
	if err != nil {
		zone = time.UTC
	}
	key := "incident.alarm.late.report"
	if !e.about.underway.IsZero() {
		key += ".underway"
	}
	return law.Say(key, "stage", stageName(clocks.Stage(e.Stage)), "authority", e.about.recipient(), "due", e.DueAt.In(zone).Format("2006-01-02 15:04 MST"))
}
