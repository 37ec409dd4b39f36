package incidents

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

func (s *Service) read(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Read(ctx, s.store, a, organisation, need, f)
}

func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Write(ctx, s.store, a, organisation, need, f)
}

// revise changes an incident: f gets the newest and changes it; the alarms of its
// duties follow in the same transaction.
func (s *Service) revise(ctx context.Context, a authz.Actor, organisation, id string, need authz.Permission, f func(*store.Tx, *incident.Incident) error) error {
	return s.write(ctx, a, organisation, need, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err != nil {
			return err
		}
		if i.State == incident.Merged {
			return &fault.Error{Kind: fault.Conflict, What: "this case was merged into another one", Expected: "a change of that case"}
		}
		before := i
		i.Facts, i.Criteria = maps.Clone(i.Facts), maps.Clone(i.Criteria)
		if err := f(tx, &i); err != nil {
			return err
		}
		if before.Kind != i.Kind || before.State != i.State || before.Facts["root_cause"].Text != i.Facts["root_cause"].Text {
			if err := relink(tx, a, &i); err != nil {
				return err
			}
		}
		if !reflect.DeepEqual(before, i) {
			if i, err = tx.PutIncident(i); err != nil {
				return err
			}
		}
		return rearm(tx, i)
	})
}

// rearm makes the alarms of an incident follow its clocks.
func rearm(tx *store.Tx, i incident.Incident) error {
	list, err := Duties(tx, i)
	if err != nil {
		return err
	}
	for _, d := range list {
		alarms := d.Obligation.Alarms(d.Clocks)
		for n := range alarms { // by the clock of the world, when that of an exercise is ahead
			alarms[n].At = alarms[n].At.Add(-i.Now(time.Time{}).Sub(time.Time{}))
		}
		if d.Applies == "no" || i.State == incident.Dismissed || i.State == incident.Merged {
			alarms = nil
		}
		if err := tx.ReplaceAlarms(d.Obligation, alarms); err != nil {
			return err
		}
	}
	return remind(tx, i, list)
}

// note adds a line to the record.
func note(tx *store.Tx, a authz.Actor, i incident.Incident, kind, text string) error {
	return entry(tx, a, i, incident.Entry{Kind: kind, Text: text})
}

func entry(tx *store.Tx, a authz.Actor, i incident.Incident, e incident.Entry) error {
	e.Organisation, e.Incident, e.By, e.ByName = i.Organisation, i.ID, a.Person, a.Name
	if !e.At.Known() {
		e.At = incident.Moment{At: i.Now(tx.Now()), Zone: i.Zone, Certainty: incident.Exact}
	}
	_, err := tx.AddIncidentEntry(e)
	return err
}

// Triage says what the case is and where its handling stands.
func (s *Service) Triage(ctx context.Context, a authz.Actor, organisation, id string, kind incident.Kind, state incident.State, reason string) error {
	if !slices.Contains(incident.Kinds(), kind) {
		return invalid("kind", "there is no such kind", "event, incident, near_miss or threat")
	}
	if !slices.Contains(incident.States(), state) || state == incident.Merged {
		return invalid("state", "there is no such state", "open, contained, handled, closed or dismissed")
	}
	return s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident) error {
		if kind.Averted() && i.Significance.Is {
			return conflict("it is decided that this is a significant incident", "the decision that it is not, first")
		}
		before := string(i.Kind) + ", " + string(i.State)
		i.Kind, i.State = kind, state
		if after := string(kind) + ", " + string(state); after != before {
			return entry(tx, a, *i, incident.Entry{Kind: "decision", Text: reason, Before: before, After: after})
		}
		return nil
	})
}

// The times of a case that SetMoment takes.
const (
	OccurredAt = "occurred_at"
	DetectedAt = "detected_at"
	AwareAt    = "aware_at"
	HandledAt  = "handled_at"
)

// SetMoment says or corrects a time of the case. Awareness needs a reason, and so
// does each correction; the old value stays in the record. Every clock follows.
func (s *Service) SetMoment(ctx context.Context, a authz.Actor, organisation, id, which string, m incident.Moment) error {
	return s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident) error {
		at, ok := map[string]*incident.Moment{OccurredAt: &i.OccurredAt, DetectedAt: &i.DetectedAt, AwareAt: &i.AwareAt, HandledAt: &i.HandledAt}[which]
		if !ok {
			return invalid("moment", "there is no such time", "occurred_at, detected_at, aware_at or handled_at")
		}
		if err := checkMoment(which, &m, i.Now(tx.Now())); err != nil {
			return err
		}
		if m.Reason == "" && (which == AwareAt && m.Known() || at.Known()) {
			return invalid("reason", "the reason is missing", "how this time is known, or why it is corrected")
		}
		before := *at
		*at = m
		return entry(tx, a, *i, incident.Entry{Kind: "correction", Object: which, Text: m.Reason, Before: spell(before), After: spell(m)})
	})
}

func spell(m incident.Moment) string {
	if !m.Known() {
		return ""
	}
	return m.Local().Format(time.RFC3339) + " (" + string(m.Certainty) + ")"
}

// Times that no case has.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	ahead    = 10 * time.Minute // clocks of people differ
)

// checkMoment completes and checks a time that somebody said.
func checkMoment(field string, m *incident.Moment, now time.Time) error {
	if m.Certainty == "" {
		m.Certainty = incident.Exact
		if !m.Known() {
			m.Certainty = incident.Unknown
		}
	}
	m.Zone = zoneOr(m.Zone)
	if _, err := time.LoadLocation(m.Zone); err != nil || m.Zone == "Local" {
		return invalid(field, "there is no such time zone", "a name such as Europe/Vienna")
	}
	m.At = m.At.UTC().Truncate(time.Millisecond) // as it is stored
	switch {
	case m.Certainty != incident.Exact && m.Certainty != incident.Estimated && m.Certainty != incident.Unknown:
		return invalid(field, "there is no such certainty", "exact, estimated or unknown")
	case (m.Certainty == incident.Unknown) == m.Known():
		return invalid(field, "the time and its certainty contradict each other", "a time, or unknown")
	case m.Known() && m.At.Before(earliest):
		return invalid(field, "the time is too long ago", "a time after the year 2000")
	case m.Known() && m.At.After(now.Add(ahead)):
		return invalid(field, "the time is in the future", "a time up to now")
	}
	return nil
}

// PutFact keeps one fact, at once: a browser that dies loses nothing that was
// acknowledged. Facts serve every report. An empty value takes the fact back.
func (s *Service) PutFact(ctx context.Context, a authz.Actor, organisation, id, field string, v reporting.Value) error {
	f, ok := s.forms.FieldOf(field)
	if !ok {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such field"}
	}
	if err := f.Check(v); err != nil {
		return fieldFault(err)
	}
	return s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(_ *store.Tx, i *incident.Incident) error {
		if i.Facts == nil {
			i.Facts = reporting.Values{}
		}
		if v.Empty() {
			delete(i.Facts, field)
			return nil
		}
		i.Facts[field] = v
		return nil
	})
}

// Say adds a line to the record of the case.
func (s *Service) Say(ctx context.Context, a authz.Actor, organisation, id string, e incident.Entry) error {
	if e.Text == "" || len(e.Text) > reporting.LongestText {
		return invalid("text", "the text is missing or too long", "what happened, up to 20 kB")
	}
	if !slices.Contains(incident.SaidKinds(), e.Kind) {
		return invalid("kind", "there is no such kind of entry", "note, action, decision or communication")
	}
	return s.write(ctx, a, organisation, authz.IncidentEdit, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err != nil {
			return err
		}
		if e.At.Known() || e.At.Zone != "" {
			if err := checkMoment("at", &e.At, i.Now(tx.Now())); err != nil {
				return err
			}
		}
		return entry(tx, a, i, incident.Entry{At: e.At, Kind: e.Kind, Text: e.Text})
	})
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}

// fieldFault turns what is wrong with a field of a form into a fault.
func fieldFault(err error) error {
	var p *reporting.Problem
	if errors.As(err, &p) {
		return invalid(p.Field, p.What, p.Expected)
	}
	return err
}

func zoneOr(zone string) string { return orElse(zone, "UTC") }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
