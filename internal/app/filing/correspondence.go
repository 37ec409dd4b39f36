package filing

import (
	"context"

	"github.com/nisaba-platform/nisaba/internal/app/incidents"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Said is one thing that was said about a case, and what became of it.
type Said struct {
	filing.Message
	Authority string // name; "" when the way to it was removed
	// Done says that the authority has what it asked for: an answer, the report that
	// it requested, or another one in place of the one that it sent back.
	Done bool
}

// Open reports whether the authority waits for something.
func (x Said) Open() bool { return x.Asks() && !x.Done }

// Correspondence lists what was said to and by authorities about a case, and about
// those that were merged into it, oldest first.
func (s *Service) Correspondence(ctx context.Context, a authz.Actor, organisation, incidentID string) (list []Said, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		cases, err := tx.Incidents(organisation)
		if err != nil {
			return err
		}
		messages, err := tx.FilingMessages(organisation, incident.Lineage(incidentID, cases)...)
		if err != nil {
			return err
		}
		i, err := tx.Incident(incidentID)
		if err != nil || len(messages) == 0 {
			return err
		}
		duties, err := incidents.Duties(tx, i)
		if err != nil {
			return err
		}
		ways, err := tx.FilingEndpoints(organisation)
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, w := range ways {
			names[w.ID] = w.Authority
		}
		for _, m := range messages {
			x := Said{Message: m, Authority: names[m.Endpoint]}
			x.Done = incidents.Fulfilled(m, x.Authority, messages, duties)
			list = append(list, x)
		}
		return nil
	})
	return list, err
}

// aboutReport is the report of the case that a message of the authority names: one that
// was sent to this authority. Its id is "" when there is none.
func aboutReport(tx *store.Tx, w filing.Endpoint, i incident.Incident, report string) (incident.Report, error) {
	r, err := tx.IncidentReport(report)
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && (r.Incident != i.ID || r.Organisation != i.Organisation || !r.Sent()) {
		return incident.Report{}, nil
	}
	if err != nil {
		return incident.Report{}, err
	}
	o, err := tx.Obligation(r.Obligation)
	if err != nil || !w.For(o.Authority, o.Country) {
		return incident.Report{}, err
	}
	return r, nil
}
