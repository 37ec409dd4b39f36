package clients

import (
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Enrol stores an organisation with its facts and roll-up in the caller's
// transaction: a new one, or the facts of the one with the id. The caller has
// checked the rights.
func (s *Service) Enrol(tx *store.Tx, id string, f *organisation.File) (o tenant.Organisation, r assessment.Rollup, err error) {
	b, read, err := document(f)
	if err != nil {
		return o, r, err
	}
	if id == "" {
		o, err = s.put(tx, tenant.Organisation{Kind: tenant.Client, Tags: []string{}}, read)
	} else if o, err = tx.Organisation(id); err == nil {
		err = s.putFacts(tx, o, b, read)
	}
	if err != nil {
		return o, r, err
	}
	if _, err := s.rollUp(tx, o.ID); err != nil {
		return o, r, err
	}
	r, err = tx.Rollup(o.ID)
	return o, r, err
}
