package incidents

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// The functions here are what the wire to authorities does to cases, in the
// transaction of whoever received it. by names the authority and is no person.

// Acknowledge keeps the signed receipt of a report, with which it counts as made; its
// alarms follow. The same receipt again changes nothing.
func Acknowledge(tx *store.Tx, by authz.Actor, report string, at time.Time, reference, receipt string) error {
	r, err := tx.IncidentReport(report)
	if err != nil || r.Receipt == receipt {
		return err
	}
	i, err := tx.Incident(r.Incident)
	if err != nil {
		return err
	}
	if at.Before(r.HandedAt) { // it had arrived before somebody handed it over
		r.HandedAt = at.UTC().Truncate(time.Millisecond)
	}
	if err := acknowledge(tx, by, i, r, at, reference, receipt); err != nil {
		return err
	}
	return rearm(tx, i)
}

// Current is the case in which one goes on that was merged, or the case itself.
func Current(tx *store.Tx, i incident.Incident) (incident.Incident, error) {
	for i.State == incident.Merged {
		next, err := tx.Incident(i.Into)
		if err != nil {
			return i, err
		}
		i = next
	}
	return i, nil
}

// Record adds a line to the record of a case.
func Record(tx *store.Tx, by authz.Actor, i incident.Incident, e incident.Entry) error {
	return entry(tx, by, i, e)
}

// Demand records that the authority requested an intermediate report, Directive
// (EU) 2022/2555 Art. 23(4)(c); its clock and alarms follow.
func Demand(tx *store.Tx, by authz.Actor, i incident.Incident, regime clocks.Regime, requested, due time.Time, text string) error {
	o, err := towards(tx, i, regime, by.Name)
	if err != nil {
		return err
	}
	o.RequestedAt, o.RequestDue = requested.UTC(), due.UTC()
	if _, err := tx.PutObligation(o); err != nil {
		return err
	}
	if err := entry(tx, by, i, incident.Entry{Kind: "question", Object: o.ID, Text: text, After: due.UTC().Format(time.RFC3339)}); err != nil {
		return err
	}
	return rearm(tx, i)
}

// Refer records the authority's own number on the reports that it has.
func Refer(tx *store.Tx, by authz.Actor, i incident.Incident, regime clocks.Regime, reference string) error {
	o, err := towards(tx, i, regime, by.Name)
	if err != nil {
		return err
	}
	reports, err := reportsOf(tx, o)
	if err != nil {
		return err
	}
	before := ""
	for _, r := range reports {
		if !r.Sent() || r.Reference == reference {
			continue
		}
		before, r.Reference = r.Reference, reference
		if _, err := tx.PutIncidentReport(r); err != nil {
			return err
		}
	}
	return entry(tx, by, i, incident.Entry{Kind: "communication", Object: o.ID, Text: reference, Before: before, After: reference})
}

// SentBack records that the authority asks for a better report than r, or, when it is
// settled, that r can stay as it is. r stays as it was sent, and so do its clocks: it
// was in time or not. What is better is another report, which corrects r. NotFound for a
// report without an id.
func SentBack(tx *store.Tx, by authz.Actor, i incident.Incident, r incident.Report, settled bool, text string) error {
	if r.ID == "" {
		return missing("report")
	}
	e := incident.Entry{Kind: "revision", Object: r.ID, Text: text}
	if settled {
		e.After = incident.RevisionSettled
	}
	if err := entry(tx, by, i, e); err != nil {
		return err
	}
	return Remind(tx, i)
}

// towards is the duty of a case under a regime towards the authority of the name.
func towards(tx *store.Tx, i incident.Incident, regime clocks.Regime, name string) (incident.Obligation, error) {
	list, err := tx.Obligations(i.Organisation, i.ID)
	if err != nil {
		return incident.Obligation{}, err
	}
	for _, o := range list {
		if o.Regime == regime && o.Authority == name {
			return o, nil
		}
	}
	return incident.Obligation{}, &fault.Error{Kind: fault.NotFound, What: "there is no such duty to report"}
}
