package incidents

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// The ways in which two cases belong together.
const (
	MergedInto = "merged_into" // the other one goes on with this one
	Holds      = "holds"       // the other one was merged into this one
	SplitFrom  = "split_from"
	SplitInto  = "split_into"
	Recurs     = "recurs" // the same root cause within six months, Implementing Regulation (EU) 2024/2690 Art. 4
)

// Relation is another case that belongs to one.
type Relation struct {
	Way string
	incident.Incident
}

// related lists the other cases that belong to i, newest first.
func related(i incident.Incident, all []incident.Incident) (out []Relation) {
	for _, x := range all {
		switch {
		case x.ID == i.ID:
		case x.ID == i.Into:
			out = append(out, Relation{MergedInto, x})
		case x.Into == i.ID:
			out = append(out, Relation{Holds, x})
		case x.ID == i.From:
			out = append(out, Relation{SplitFrom, x})
		case x.From == i.ID:
			out = append(out, Relation{SplitInto, x})
		case slices.Contains(i.Linked, x.ID):
			out = append(out, Relation{Recurs, x})
		}
	}
	return out
}

// relink makes the links of a case to those with the same root cause what they are
// now, on both sides, and notes new ones in both records.
func relink(tx *store.Tx, a authz.Actor, i *incident.Incident) error {
	all, err := tx.Incidents(i.Organisation)
	if err != nil {
		return err
	}
	for n := range all {
		if all[n].ID == i.ID {
			all[n] = *i
		}
	}
	recurs := func(x, y incident.Incident) bool {
		same := func(e incident.Incident) bool { return e.ID == y.ID }
		return slices.ContainsFunc(incident.Recurring(x, all), same)
	}
	counts := i.Kind == incident.Happened && i.State != incident.Dismissed && i.State != incident.Merged
	for _, x := range all {
		if x.ID == i.ID {
			continue
		}
		now, before := counts && (recurs(*i, x) || recurs(x, *i)), slices.Contains(i.Linked, x.ID)
		if now == before && now == slices.Contains(x.Linked, i.ID) {
			continue
		}
		i.Linked, x.Linked = linked(i.Linked, x.ID, now), linked(x.Linked, i.ID, now)
		if _, err := tx.PutIncident(x); err != nil {
			return err
		}
		if !now || before {
			continue
		}
		for _, pair := range [][2]incident.Incident{{*i, x}, {x, *i}} {
			if err := entry(tx, a, pair[0], incident.Entry{Kind: "system", Object: pair[1].ID, Text: pair[1].Reference + " " + pair[1].Title, After: i.Facts["root_cause"].Text}); err != nil {
				return err
			}
		}
	}
	return nil
}

// linked is the list with the id, or without it, sorted.
func linked(list []string, id string, with bool) []string {
	out := slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x == id })
	if with {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// Merge lets a case go on in another one, because both are the same incident.
// The other one gets the facts that it lacks and the earlier of the times, and all
// duties that it does not have itself or that were reported already: what was sent
// is never lost. Everything else is read from where it is, with its origin.
func (s *Service) Merge(ctx context.Context, a authz.Actor, organisation, from, into, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return invalid("reason", "the reason is missing", "why both are the same incident")
	}
	return s.revise(ctx, a, organisation, into, authz.IncidentDecide, func(tx *store.Tx, i *incident.Incident) error {
		x, err := incidentOf(tx, organisation, from)
		switch {
		case err != nil:
			return err
		case x.ID == i.ID:
			return invalid("into", "a case is not merged into itself", "another case")
		case x.Exercise != i.Exercise:
			return invalid("into", "an exercise and a real case are not the same incident", "another case")
		}
		if err := unmerged(x); err != nil {
			return err
		}
		if err := s.absorb(tx, a, i, x); err != nil {
			return err
		}
		if err := takeDuties(tx, *i, x); err != nil {
			return err
		}
		x.State, x.Into = incident.Merged, i.ID
		x.Linked = linked(x.Linked, i.ID, false)
		i.Linked = linked(i.Linked, x.ID, false)
		if x, err = tx.PutIncident(x); err != nil {
			return err
		}
		if err := rearm(tx, x); err != nil {
			return err
		}
		if err := entry(tx, a, x, incident.Entry{Kind: "decision", Object: i.ID, Text: reason, Before: x.Reference, After: i.Reference}); err != nil {
			return err
		}
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: x.ID, Text: reason, Before: x.Reference + " " + x.Title, After: i.Reference})
	})
}

// absorb gives i what x knows and i does not.
func (s *Service) absorb(tx *store.Tx, a authz.Actor, i *incident.Incident, x incident.Incident) error {
	if i.Facts == nil {
		i.Facts = reporting.Values{}
	}
	if i.Criteria == nil {
		i.Criteria = map[string]string{}
	}
	for id, v := range x.Facts {
		if _, has := i.Facts[id]; !has {
			i.Facts[id] = v
		}
	}
	for name, v := range x.Criteria {
		if have := i.Criteria[name]; have == "" || have == "unknown" {
			i.Criteria[name] = v
		}
	}
	for _, m := range []struct {
		which string
		to    *incident.Moment
		from  incident.Moment
	}{{OccurredAt, &i.OccurredAt, x.OccurredAt}, {DetectedAt, &i.DetectedAt, x.DetectedAt}, {AwareAt, &i.AwareAt, x.AwareAt}} {
		if !m.from.Known() || m.to.Known() && !m.from.At.Before(m.to.At) {
			continue
		}
		before := *m.to
		*m.to = m.from
		if err := entry(tx, a, *i, incident.Entry{Kind: "correction", Object: m.which, Text: orElse(m.from.Reason, x.Reference), Before: spell(before), After: spell(m.from)}); err != nil {
			return err
		}
	}
	if x.Significance.Decided && (!i.Significance.Decided || x.Significance.Is && !i.Significance.Is) {
		before := decided(i.Significance)
		i.Significance = x.Significance
		if err := entry(tx, a, *i, incident.Entry{Kind: "decision", Object: "significance", Text: x.Reference, Before: before, After: decided(x.Significance)}); err != nil {
			return err
		}
	}
	if i.Kind == incident.Event {
		i.Kind = x.Kind
	}
	return nil
}

// takeDuties moves the duties of x to i, with their reports: those that i does not
// have, and those under which something was sent.
func takeDuties(tx *store.Tx, i, x incident.Incident) error {
	have, err := tx.Obligations(i.Organisation, i.ID)
	if err != nil {
		return err
	}
	theirs, err := Duties(tx, x)
	if err != nil {
		return err
	}
	for _, d := range theirs {
		same := func(o incident.Obligation) bool {
			return o.Regime == d.Regime && o.Authority == d.Authority && o.Country == d.Country && o.Entity == d.Entity && o.Partner == d.Partner
		}
		if _, sent := firstSent(d.Reports); slices.ContainsFunc(have, same) && !sent {
			continue
		}
		o := d.Obligation
		o.Incident = i.ID
		if _, err := tx.PutObligation(o); err != nil {
			return err
		}
		for _, r := range d.Reports {
			r.Incident = i.ID
			if _, err := tx.PutIncidentReport(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// Split opens a second case for a part of the first that turned out to be another
// incident. It begins with a copy of facts, times, answers and what is affected;
// duties, reports, evidence and the record stay with the first.
func (s *Service) Split(ctx context.Context, a authz.Actor, organisation, id, title, reason string) (out incident.Incident, err error) {
	title, reason = strings.TrimSpace(title), strings.TrimSpace(reason)
	switch {
	case title == "" || len([]rune(title)) > LongestTitle:
		return out, invalid("title", "the title is missing or too long", "what the other incident is")
	case reason == "":
		return out, invalid("reason", "the reason is missing", "why it is another incident")
	}
	err = s.revise(ctx, a, organisation, id, authz.IncidentDecide, func(tx *store.Tx, i *incident.Incident) error {
		all, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		out = incident.Incident{Organisation: organisation, Reference: nextReference(all, tx.Now()), Title: title, Kind: i.Kind, State: incident.Open, Exercise: i.Exercise,
			Zone: i.Zone, Ahead: i.Ahead, OccurredAt: i.OccurredAt, DetectedAt: i.DetectedAt, AwareAt: i.AwareAt, HandledAt: incident.Moment{Certainty: incident.Unknown},
			Facts: maps.Clone(i.Facts), Criteria: maps.Clone(i.Criteria), Channel: i.Channel, Reporter: i.Reporter, Lead: i.Lead, From: i.ID, TLP: i.TLP, CreatedBy: a.Person}
		if out, err = tx.PutIncident(out); err != nil {
			return err
		}
		touched, err := tx.AffectedBy(organisation, incident.Lineage(id, all)...)
		if err != nil {
			return err
		}
		for _, t := range touched {
			t.ID, t.Version, t.Incident, t.CreatedAt = "", 0, out.ID, time.Time{}
			if _, err := tx.PutAffected(t); err != nil {
				return err
			}
		}
		if err := entry(tx, a, out, incident.Entry{Kind: "decision", Object: i.ID, Text: reason, Before: i.Reference + " " + i.Title, After: out.Reference}); err != nil {
			return err
		}
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: out.ID, Text: reason, Before: i.Reference, After: out.Reference + " " + out.Title})
	})
	return out, err
}
