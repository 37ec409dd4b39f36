package clients

import (
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Statutory lists the deadlines of an organisation of the transaction's scope as of
// today. It costs less than an assessment.
func (s *Service) Statutory(tx *store.Tx, id string) ([]Deadline, error) {
	o, err := tx.Organisation(id)
	if err != nil {
		return nil, err
	}
	f, err := s.facts.of(o)
	if err != nil {
		return nil, err
	}
	today, err := tx.Today()
	if err != nil {
		return nil, err
	}
	d, err := assessing.Determine(s.knowledge.Countries, f, assessing.Options{Today: today})
	if err != nil {
		return nil, err
	}
	records, err := tx.Registrations(id)
	if err != nil {
		return nil, err
	}
	in := assessing.Input{AsOf: d.AsOf, Scope: d.Scope, Duties: d.Duties, Countries: d.Countries}
	return Deadlines(in, f.Registration, records), nil
}

// EvidenceEnds is ValidUntil with the catalogue of the service.
func (s *Service) EvidenceEnds(e posture.Evidence) law.Date {
	return ValidUntil(s.knowledge.Catalogue, e)
}
