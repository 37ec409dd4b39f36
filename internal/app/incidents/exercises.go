package incidents

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/playbook"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Drill is an exercise to be begun.
type Drill struct {
	Title, Goal string
	People      string // who takes part, one per line
	Playbook    string // id of one whose steps are played; "": none
	Copied      string // id of a real case that is copied; "": none
	Zone        string
	Injects     []incident.Inject
}

// Bounds of an exercise.
const (
	mostInjects   = 100
	longestInject = 2000          // characters
	farthest      = 120 * 24 * 60 // minutes that a clock or an inject may be ahead
	minute        = int64(time.Minute / time.Millisecond)
)

// Exercise is an exercise in the list.
type Exercise struct {
	incident.Exercise
	Case incident.Incident
}

// Exercises lists the exercises of an organisation, newest first.
func (s *Service) Exercises(ctx context.Context, a authz.Actor, organisation string) (out []Exercise, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		out = nil
		all, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		known, err := tx.Exercises(organisation)
		if err != nil {
			return err
		}
		for _, i := range all {
			if !i.Exercise {
				continue
			}
			x := Exercise{Exercise: begun(i), Case: i}
			if n := slices.IndexFunc(known, func(e incident.Exercise) bool { return e.ID == i.ID }); n >= 0 {
				x.Exercise = known[n]
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

// begun is what an exercise has that was opened as a case with a tick.
func begun(i incident.Incident) incident.Exercise {
	return incident.Exercise{ID: i.ID, Organisation: i.Organisation, BegunAt: i.CreatedAt}
}

func exerciseOf(tx *store.Tx, i incident.Incident) (incident.Exercise, error) {
	if !i.Exercise {
		return incident.Exercise{}, missing("exercise")
	}
	e, err := tx.Exercise(i.ID)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return begun(i), nil
	}
	return e, err
}

// BeginExercise opens an exercise: a case of its own with a clock that can be moved
// forward, from nothing, from a playbook, or from a copy of a real case with its
// duties. Nothing of it ever leaves the platform.
func (s *Service) BeginExercise(ctx context.Context, a authz.Actor, organisation string, d Drill) (i incident.Incident, err error) {
	if _, err := a.Organisation(ctx, organisation, authz.IncidentEdit); err != nil {
		return i, err
	}
	d.Title = strings.TrimSpace(d.Title)
	switch {
	case d.Title == "" || len([]rune(d.Title)) > LongestTitle:
		return i, invalid("title", "the title is missing or too long", fmt.Sprintf("what is played, in up to %d characters", LongestTitle))
	case len(d.Goal) > reporting.LongestText || len(d.People) > reporting.LongestText:
		return i, invalid("goal", "the text is too long", "up to 20 kB")
	case len(d.Injects) > mostInjects:
		return i, invalid("injects", "there are too many messages", fmt.Sprintf("up to %d", mostInjects))
	}
	for _, n := range d.Injects {
		if err := checkInject(n); err != nil {
			return i, err
		}
	}
	var book playbook.Playbook
	if d.Playbook != "" {
		if book, err = s.Playbook(ctx, a, d.Playbook); err != nil {
			return i, err
		}
	}
	err = s.write(ctx, a, organisation, authz.IncidentEdit, func(tx *store.Tx) error {
		all, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		reference, err := nextReference(tx, all)
		if err != nil {
			return err
		}
		zone := incident.Moment{Zone: d.Zone}
		if err := checkMoment("zone", &zone, tx.Now()); err != nil {
			return err
		}
		unknown := incident.Moment{Certainty: incident.Unknown}
		i = incident.Incident{Organisation: organisation, Reference: reference, Title: d.Title, Kind: incident.Event, State: incident.Open, Exercise: true,
			Zone: zone.Zone, OccurredAt: unknown, DetectedAt: incident.Moment{At: tx.Now(), Zone: zone.Zone, Certainty: incident.Exact}, AwareAt: unknown, HandledAt: unknown,
			Facts: reporting.Values{}, Criteria: map[string]string{}, Channel: "page", TLP: incident.DefaultTLP, CreatedBy: a.Person}
		var copied incident.Incident
		if d.Copied != "" {
			if copied, err = incidentOf(tx, organisation, d.Copied); err != nil {
				return err
			}
			i.Kind, i.Facts, i.Criteria, i.TLP = copied.Kind, maps.Clone(copied.Facts), maps.Clone(copied.Criteria), copied.TLP
		}
		if i, err = tx.PutIncident(i); err != nil {
			return err
		}
		if err := copyCase(tx, i, copied); err != nil {
			return err
		}
		_, err = tx.PutExercise(incident.Exercise{ID: i.ID, Organisation: organisation, Playbook: d.Playbook, Copied: d.Copied, Goal: strings.TrimSpace(d.Goal),
			People: strings.TrimSpace(d.People), Injects: d.Injects, BegunAt: tx.Now()})
		if err != nil {
			return err
		}
		if d.Playbook != "" {
			if _, err := startPlaybook(tx, a, i, book); err != nil {
				return err
			}
		}
		if err := note(tx, a, i, "system", d.Title); err != nil {
			return err
		}
		return rearm(tx, i)
	})
	return i, err
}

// copyCase copies duties, without their clocks and reports, and what is affected.
func copyCase(tx *store.Tx, i, from incident.Incident) error {
	if from.ID == "" {
		return nil
	}
	list, err := tx.Obligations(from.Organisation, from.ID)
	if err != nil {
		return err
	}
	for _, o := range list {
		o.ID, o.Version, o.Incident, o.CreatedAt = "", 0, i.ID, time.Time{}
		o.AwareAt = incident.Moment{Certainty: incident.Unknown}
		o.Classified, o.MeasureAt, o.RequestedAt, o.RequestDue = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		if _, err := tx.PutObligation(o); err != nil {
			return err
		}
	}
	touched, err := tx.AffectedBy(from.Organisation, from.ID)
	if err != nil {
		return err
	}
	for _, t := range touched {
		t.ID, t.Version, t.Incident, t.CreatedAt = "", 0, i.ID, time.Time{}
		if _, err := tx.PutAffected(t); err != nil {
			return err
		}
	}
	return nil
}

func checkInject(n incident.Inject) error {
	switch text := strings.TrimSpace(n.Text); {
	case text == "" || len([]rune(text)) > longestInject:
		return invalid("text", "the text is missing or too long", fmt.Sprintf("what those who take part are told, in up to %d characters", longestInject))
	case n.After < 0 || n.After > farthest:
		return invalid("after", "the time cannot be used", fmt.Sprintf("0 to %d minutes after the begin", farthest))
	}
	return nil
}

// play changes an exercise that goes on.
func (s *Service) play(ctx context.Context, a authz.Actor, organisation, id string, f func(*store.Tx, *incident.Incident, *incident.Exercise) error) error {
	return s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident) error {
		e, err := exerciseOf(tx, *i)
		if err != nil {
			return err
		}
		if !e.EndedAt.IsZero() {
			return conflict("this exercise has ended", "another exercise")
		}
		e.Injects = slices.Clone(e.Injects)
		if err := f(tx, i, &e); err != nil {
			return err
		}
		_, err = tx.PutExercise(e)
		return err
	})
}

// Forward moves the clock of an exercise forward by minutes; what falls due in
// between is given, and every deadline follows.
func (s *Service) Forward(ctx context.Context, a authz.Actor, organisation, id string, minutes int) error {
	return s.play(ctx, a, organisation, id, func(tx *store.Tx, i *incident.Incident, e *incident.Exercise) error {
		if minutes < 1 || i.Ahead/minute+int64(minutes) > farthest {
			return invalid("minutes", "the clock cannot be moved so far", fmt.Sprintf("1 minute or more, and up to %d days altogether", farthest/24/60))
		}
		before := i.Now(tx.Now())
		i.Ahead += int64(minutes) * minute
		now := i.Now(tx.Now())
		if err := entry(tx, a, *i, incident.Entry{Kind: "system", Object: "clock", Before: before.Format(time.RFC3339), After: now.Format(time.RFC3339)}); err != nil {
			return err
		}
		for n := range e.Injects {
			if !e.Due(e.Injects[n], now) {
				continue
			}
			if err := give(tx, a, *i, e, n, e.BegunAt.Add(time.Duration(e.Injects[n].After)*time.Minute)); err != nil {
				return err
			}
		}
		return nil
	})
}

// give writes an inject into the record.
func give(tx *store.Tx, a authz.Actor, i incident.Incident, e *incident.Exercise, n int, at time.Time) error {
	e.Injects[n].GivenAt = at.UTC().Truncate(time.Millisecond)
	return entry(tx, a, i, incident.Entry{Kind: "communication", Object: "inject", Text: e.Injects[n].Text, At: incident.Moment{At: e.Injects[n].GivenAt, Zone: i.Zone, Certainty: incident.Exact}})
}

// Inject adds a message of an exercise.
func (s *Service) Inject(ctx context.Context, a authz.Actor, organisation, id string, n incident.Inject) error {
	n.Text, n.GivenAt = strings.TrimSpace(n.Text), time.Time{}
	return s.play(ctx, a, organisation, id, func(_ *store.Tx, _ *incident.Incident, e *incident.Exercise) error {
		if err := checkInject(n); err != nil {
			return err
		}
		if len(e.Injects) >= mostInjects {
			return invalid("text", "there are too many messages", fmt.Sprintf("up to %d", mostInjects))
		}
		e.Injects = append(e.Injects, n)
		slices.SortStableFunc(e.Injects, func(a, b incident.Inject) int { return a.After - b.After })
		return nil
	})
}

// Give gives a message of an exercise now, counted from 0.
func (s *Service) Give(ctx context.Context, a authz.Actor, organisation, id string, n int) error {
	return s.play(ctx, a, organisation, id, func(tx *store.Tx, i *incident.Incident, e *incident.Exercise) error {
		if n < 0 || n >= len(e.Injects) || !e.Injects[n].GivenAt.IsZero() {
			return missing("message that was not given yet")
		}
		return give(tx, a, *i, e, n, i.Now(tx.Now()))
	})
}

// Evaluate ends an exercise with its evaluation. What was not done is dropped from
// the plan.
func (s *Service) Evaluate(ctx context.Context, a authz.Actor, organisation, id string, findings []incident.Finding, summary string) error {
	summary = strings.TrimSpace(summary)
	if len(findings) > mostInjects || len(summary) > reporting.LongestText {
		return invalid("summary", "the text is too long", "up to 20 kB")
	}
	for _, f := range findings {
		if !slices.Contains(incident.Grades(), f.Grade) {
			return invalid("grade", "there is no such grade", strings.Join(incident.Grades(), ", "))
		}
		if f.Question == "" {
			return invalid("question", "the question is missing", "what was evaluated")
		}
		if err := short("note", f.Note); err != nil {
			return err
		}
	}
	return s.play(ctx, a, organisation, id, func(tx *store.Tx, i *incident.Incident, e *incident.Exercise) error {
		e.Findings, e.Summary, e.EndedAt = findings, summary, tx.Now()
		tasks, err := tx.TasksOfIncident(organisation, id)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			if !t.State.Open() || !strings.HasPrefix(t.Origin, "playbook/") {
				continue // lessons are real
			}
			t.State = planning.Dropped
			if _, err := tx.PutTask(t); err != nil {
				return err
			}
		}
		before := i.State
		i.State = incident.Closed
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: "evaluation", Text: summary, Before: string(before), After: string(incident.Closed)})
	})
}
