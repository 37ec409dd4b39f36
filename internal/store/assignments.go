package store

import (
	"fmt"
	"slices"
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

// Owned is how much of an organisation one person answers for.
type Owned struct {
	Organisation, Person                     string
	Tasks, Requirements, Questions, Evidence int // tasks that are open
}

// Owned counts what people answer for in the scope, by organisation, then by person.
func (tx *Tx) Owned() (map[string][]Owned, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	list, err := sqldb.Collect(tx.q, func(o *Owned) []any {
		return []any{&o.Organisation, &o.Person, &o.Tasks, &o.Requirements, &o.Questions, &o.Evidence}
	}, `
		SELECT organisation_id, person, SUM(tasks), SUM(requirements), SUM(questions), SUM(evidence) FROM (
			SELECT organisation_id, owner AS person, 1 AS tasks, 0 AS requirements, 0 AS questions, 0 AS evidence FROM tasks
			WHERE `+within+` AND owner <> '' AND state IN ('todo', 'doing', 'blocked')
			UNION ALL SELECT organisation_id, person_id, 0, CASE WHEN kind = 'requirement' THEN 1 ELSE 0 END, CASE WHEN kind = 'question' THEN 1 ELSE 0 END, 0 FROM assignments WHERE `+within+`
			UNION ALL SELECT organisation_id, owner_person, 0, 0, 0, 1 FROM evidence WHERE `+within+` AND owner_person <> '') owned
		GROUP BY organisation_id, person ORDER BY organisation_id, person`, slices.Concat(args, args, args)...)
	if err != nil {
		return nil, fmt.Errorf("count what people answer for: %w", err)
	}
	out := map[string][]Owned{}
	for _, o := range list {
		out[o.Organisation] = append(out[o.Organisation], o)
	}
	return out, nil
}
