package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var assertions = define(table[assessment.Assertion]{
	name: "assertions", kind: "assertion", keys: "organisation_id, requirement",
	columns: "organisation_id, requirement, status, by_whom, on_day, note, updated_at, version",
	fields: func(a *assessment.Assertion) []any {
		return []any{&a.Organisation, &a.Requirement, &a.Status, &a.By, sqldb.Date(&a.On), &a.Note, sqldb.Time(&a.UpdatedAt), &a.Version}
	},
	org:     func(a *assessment.Assertion) *string { return &a.Organisation },
	version: func(a *assessment.Assertion) *int64 { return &a.Version },
	updated: func(a *assessment.Assertion) *time.Time { return &a.UpdatedAt },
})

// Assertion returns the status that a person set for a requirement.
func (tx *Tx) Assertion(organisation, requirement string) (assessment.Assertion, error) {
	return assertions.get(tx, organisation, requirement)
}

// Assertions lists the statuses that people set, by requirement.
func (tx *Tx) Assertions(organisation string) ([]assessment.Assertion, error) {
	return keptList(tx, ofWorkspace, func(a *assessment.Assertion) int { return 300 + len(a.Note) }, []string{"assertions", organisation}, func() ([]assessment.Assertion, error) {
		return assertions.list(tx, "organisation_id = ?", "requirement", organisation)
	})
}

// PutAssertion sets a status, or changes it.
func (tx *Tx) PutAssertion(a assessment.Assertion) (assessment.Assertion, error) {
	return assertions.put(tx, a)
}

// RemoveAssertion takes a status back.
func (tx *Tx) RemoveAssertion(organisation, requirement string) error {
	return assertions.remove(tx, organisation, requirement)
}
