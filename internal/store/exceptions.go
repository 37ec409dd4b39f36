package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var exceptions = define(table[assessment.Exception]{
	name: "exceptions", kind: "exception", keys: "id",
	columns: "id, organisation_id, requirement, kind, reason, compensation, approved_by, on_day, until_day, updated_at, version",
	fields: func(e *assessment.Exception) []any {
		return []any{&e.ID, &e.Organisation, &e.Requirement, &e.Kind, &e.Reason, &e.Compensation, &e.ApprovedBy,
			sqldb.Date(&e.On), sqldb.Date(&e.Until), sqldb.Time(&e.UpdatedAt), &e.Version}
	},
	org:     func(e *assessment.Exception) *string { return &e.Organisation },
	version: func(e *assessment.Exception) *int64 { return &e.Version },
	id:      func(e *assessment.Exception) *string { return &e.ID },
	updated: func(e *assessment.Exception) *time.Time { return &e.UpdatedAt },
})

// Exception returns one exception.
func (tx *Tx) Exception(id string) (assessment.Exception, error) { return exceptions.get(tx, id) }

// Exceptions lists the exceptions of an organisation by requirement.
func (tx *Tx) Exceptions(organisation string) ([]assessment.Exception, error) {
	return exceptions.list(tx, "organisation_id = ?", "requirement, id", organisation)
}

// PutException makes or changes an exception.
func (tx *Tx) PutException(e assessment.Exception) (assessment.Exception, error) {
	return exceptions.put(tx, e)
}

// RemoveException deletes an exception.
func (tx *Tx) RemoveException(id string) error { return exceptions.remove(tx, id) }
