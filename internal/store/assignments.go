package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var assignments = define(table[assessment.Assignment]{
	name: "assignments", kind: "assignment", keys: "organisation_id, kind, object",
	columns: "organisation_id, kind, object, person_id, due_day, by_whom, updated_at, version",
	fields: func(a *assessment.Assignment) []any {
		return []any{&a.Organisation, &a.Kind, &a.Object, &a.Person, sqldb.Date(&a.Due), &a.By, sqldb.Time(&a.UpdatedAt), &a.Version}
	},
	org:     func(a *assessment.Assignment) *string { return &a.Organisation },
	version: func(a *assessment.Assignment) *int64 { return &a.Version },
	updated: func(a *assessment.Assignment) *time.Time { return &a.UpdatedAt },
})

// Assignment returns who answers for an object of an organisation.
func (tx *Tx) Assignment(organisation, kind, object string) (assessment.Assignment, error) {
	return assignments.get(tx, organisation, kind, object)
}

// Assignments lists who answers for what in an organisation.
func (tx *Tx) Assignments(organisation string) ([]assessment.Assignment, error) {
	return keptList(tx, withPeople, flat[assessment.Assignment](300), []string{"assignments", organisation}, func() ([]assessment.Assignment, error) {
		return assignments.list(tx, "organisation_id = ?", "kind, object", organisation)
	})
}

// PutAssignment assigns an object, or assigns it to somebody else.
func (tx *Tx) PutAssignment(a assessment.Assignment) (assessment.Assignment, error) {
	return assignments.put(tx, a)
}

// RemoveAssignment leaves an object to nobody.
func (tx *Tx) RemoveAssignment(organisation, kind, object string) error {
	return assignments.remove(tx, organisation, kind, object)
}
