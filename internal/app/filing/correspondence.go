package filing

import (
	"context"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/clocks"
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
		if err != nil || len(messages) == 0 {
			return err
		}
		sent, err := sentOf(tx, organisation, incidentID)
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
			x.Done = m.Answered(messages) || had(x, messages, sent)
			list = append(list, x)
		}
		return nil
	})
	return list, err
}

// sentReport is a report that was sent, with the duty that it fulfils.
type sentReport struct {
	incident.Report
	duty incident.Obligation
}

func sentOf(tx *store.Tx, organisation, incidentID string) (out []sentReport, err error) {
	duties, err := tx.Obligations(organisation, incidentID)
	if err != nil {
		return nil, err
	}
	reports, err := tx.IncidentReports(organisation, incidentID)
	if err != nil {
		return nil, err
	}
	for _, r := range reports {
		for _, o := range duties {
			if r.Sent() && r.Obligation == o.ID {
				out = append(out, sentReport{r, o})
			}
		}
	}
	return out, nil
}

// had reports whether the authority has the report that a message asks for, or said
// since that it does not need it.
func had(x Said, messages []filing.Message, sent []sentReport) bool {
	switch x.Kind {
	case authority.Revision:
		for _, m := range messages {
			if m.Kind == authority.Settled && m.About == x.About && m.Endpoint == x.Endpoint && m.Number > x.Number {
				return true
			}
		}
		for _, r := range sent {
			if r.Corrects == x.About && !r.Underway() {
				return true
			}
		}
	case authority.Request:
		for _, r := range sent {
			if r.Stage == clocks.IntermediateReport && string(r.duty.Regime) == x.Regime && r.duty.Authority == x.Authority && r.MadeAt().After(x.SaidAt) {
				return true
			}
		}
	}
	return false
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
