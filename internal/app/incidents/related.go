package incidents

import (
	"context"
	"maps"
	"reflect"
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
		m := incident.Merging{State: x.State, Kind: i.Kind}
		if err := s.absorb(tx, a, i, x, &m); err != nil {
			return err
		}
		if m.Duties, err = takeDuties(tx, *i, x); err != nil {
			return err
		}
		x.State, x.Into, x.Merging = incident.Merged, i.ID, &m
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

// absorb gives i what x knows and i does not, and notes it in m.
func (s *Service) absorb(tx *store.Tx, a authz.Actor, i *incident.Incident, x incident.Incident, m *incident.Merging) error {
	if i.Facts == nil {
		i.Facts = reporting.Values{}
	}
	if i.Criteria == nil {
		i.Criteria = map[string]string{}
	}
	for id, v := range x.Facts {
		if _, has := i.Facts[id]; !has {
			i.Facts[id] = v
			m.Facts = append(m.Facts, id)
		}
	}
	slices.Sort(m.Facts)
	m.Criteria, m.Moments = map[string]string{}, map[string]incident.Moment{}
	for name, v := range x.Criteria {
		if have := i.Criteria[name]; have == "" || have == "unknown" {
			i.Criteria[name], m.Criteria[name] = v, have
		}
	}
	theirs := moments(&x)
	for n, at := range moments(i) {
		from := *theirs[n].at
		if !from.Known() || at.at.Known() && !from.At.Before(at.at.At) {
			continue
		}
		m.Moments[at.which] = *at.at
		if err := moved(tx, a, i, at, from, orElse(from.Reason, x.Reference)); err != nil {
			return err
		}
	}
	if x.Significance.Decided && (!i.Significance.Decided || x.Significance.Is && !i.Significance.Is) {
		before := i.Significance
		m.Significance = &before
		if err := redecided(tx, a, i, x.Significance, x.Reference); err != nil {
			return err
		}
	}
	if i.Kind == incident.Event {
		i.Kind = x.Kind
	}
	return nil
}

// saidAt is one of the times of a case.
type saidAt struct {
	which string
	at    *incident.Moment
}

// moments are the times of a case that a merge can move.
func moments(i *incident.Incident) []saidAt {
	return []saidAt{{OccurredAt, &i.OccurredAt}, {DetectedAt, &i.DetectedAt}, {AwareAt, &i.AwareAt}}
}

func moved(tx *store.Tx, a authz.Actor, i *incident.Incident, to saidAt, m incident.Moment, why string) error {
	before := *to.at
	*to.at = m
	return entry(tx, a, *i, incident.Entry{Kind: "correction", Object: to.which, Text: why, Before: spell(before), After: spell(m)})
}

func redecided(tx *store.Tx, a authz.Actor, i *incident.Incident, d incident.Significance, why string) error {
	before := i.Significance
	i.Significance = d
	return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: "significance", Text: why, Before: decided(before), After: decided(d)})
}

// takeDuties moves the duties of x to i, with their reports: those that i does not
// have, and those under which something was sent. It returns their ids.
func takeDuties(tx *store.Tx, i, x incident.Incident) (taken []string, err error) {
	have, err := tx.Obligations(i.Organisation, i.ID)
	if err != nil {
		return nil, err
	}
	theirs, err := Duties(tx, x)
	if err != nil {
		return nil, err
	}
	for _, d := range theirs {
		same := func(o incident.Obligation) bool {
			return o.Regime == d.Regime && o.Authority == d.Authority && o.Country == d.Country && o.Entity == d.Entity && o.Partner == d.Partner
		}
		if _, sent := firstSent(d.Reports); slices.ContainsFunc(have, same) && !sent {
			continue
		}
		if err := moveDuty(tx, d, i.ID); err != nil {
			return nil, err
		}
		taken = append(taken, d.ID)
	}
	return taken, nil
}

// moveDuty lets a duty with its reports belong to a case.
func moveDuty(tx *store.Tx, d Duty, to string) error {
	o := d.Obligation
	o.Incident = to
	if _, err := tx.PutObligation(o); err != nil {
		return err
	}
	for _, r := range d.Reports {
		r.Incident = to
		if _, err := tx.PutIncidentReport(r); err != nil {
			return err
		}
	}
	return nil
}

// Unmerge takes a merge back, because both are two incidents after all. The case goes
// on where it stood, with the duties that went over and all reports under them; the
// other one loses the times, answers and facts that it got and that nobody changed
// since. Clocks and alarms of both follow; the records keep what was written.
func (s *Service) Unmerge(ctx context.Context, a authz.Actor, organisation, id, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return invalid("reason", "the reason is missing", "why they are two incidents")
	}
	var into string
	err := s.read(ctx, a, organisation, authz.IncidentDecide, func(tx *store.Tx) error {
		x, err := incidentOf(tx, organisation, id)
		into = x.Into
		return err
	})
	if err != nil {
		return err
	}
	if into == "" {
		return conflict("this case is not merged into another one", "a merged case")
	}
	return s.revise(ctx, a, organisation, into, authz.IncidentDecide, func(tx *store.Tx, i *incident.Incident) error {
		x, err := incidentOf(tx, organisation, id)
		switch {
		case err != nil:
			return err
		case x.Into != i.ID:
			return conflict("this case is not merged into another one", "a merged case")
		case x.Merging == nil:
			return conflict("this merge was made by an earlier version, which did not keep what it changed", "a split of the other case")
		}
		m := *x.Merging
		if err := s.release(tx, a, i, x, m); err != nil {
			return err
		}
		list, err := Duties(tx, *i)
		if err != nil {
			return err
		}
		for _, d := range list {
			if slices.Contains(m.Duties, d.ID) {
				if err := moveDuty(tx, d, x.ID); err != nil {
					return err
				}
			}
		}
		x.State, x.Into, x.Merging = m.State, "", nil
		if x, err = tx.PutIncident(x); err != nil {
			return err
		}
		if err := entry(tx, a, x, incident.Entry{Kind: "decision", Object: i.ID, Text: reason, Before: i.Reference, After: x.Reference}); err != nil {
			return err
		}
		if err := entry(tx, a, *i, incident.Entry{Kind: "decision", Object: x.ID, Text: reason, Before: i.Reference, After: x.Reference + " " + x.Title}); err != nil {
			return err
		}
		if err := relink(tx, a, i); err != nil {
			return err
		}
		if x, err = tx.Incident(x.ID); err != nil { // with its links
			return err
		}
		return rearm(tx, x)
	})
}

// release takes from i what it got from x by a merge and still has from it.
func (s *Service) release(tx *store.Tx, a authz.Actor, i *incident.Incident, x incident.Incident, m incident.Merging) error {
	for _, id := range m.Facts {
		if reflect.DeepEqual(i.Facts[id], x.Facts[id]) {
			delete(i.Facts, id)
		}
	}
	for name, before := range m.Criteria {
		switch {
		case i.Criteria[name] != x.Criteria[name]:
		case before == "":
			delete(i.Criteria, name)
		default:
			i.Criteria[name] = before
		}
	}
	theirs := moments(&x)
	for n, at := range moments(i) {
		before, was := m.Moments[at.which]
		if !was || !at.at.At.Equal(theirs[n].at.At) {
			continue
		}
		if err := moved(tx, a, i, at, before, x.Reference); err != nil {
			return err
		}
	}
	if d := m.Significance; d != nil && reflect.DeepEqual(i.Significance, x.Significance) {
		if err := redecided(tx, a, i, *d, x.Reference); err != nil {
			return err
		}
	}
	if i.Kind == x.Kind {
		i.Kind = m.Kind
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
		reference, err := nextReference(tx, all)
		if err != nil {
			return err
		}
		out = incident.Incident{Organisation: organisation, Reference: reference, Title: title, Kind: i.Kind, State: incident.Open, Exercise: i.Exercise,
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
