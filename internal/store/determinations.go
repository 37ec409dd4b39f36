package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var determinations = define(table[assessment.Determination]{
	name: "determinations", kind: "determination", keys: "id",
	columns: "id, organisation_id, on_day, by_whom, class, facts, result, created_at, reopened_at, changed, version",
	fields: func(d *assessment.Determination) []any {
		return []any{&d.ID, &d.Organisation, sqldb.Date(&d.On), &d.By, &d.Class, sqldb.Raw(&d.Facts), sqldb.Raw(&d.Result),
			sqldb.Time(&d.CreatedAt), sqldb.Time(&d.ReopenedAt), sqldb.JSON(&d.Changed), &d.Version}
	},
	org:     func(d *assessment.Determination) *string { return &d.Organisation },
	version: func(d *assessment.Determination) *int64 { return &d.Version },
	id:      func(d *assessment.Determination) *string { return &d.ID },
	created: func(d *assessment.Determination) *time.Time { return &d.CreatedAt },
})

// Determination returns one record of a scope test.
func (tx *Tx) Determination(id string) (assessment.Determination, error) {
	return determinations.get(tx, id)
}

// Determinations lists the records of the scope tests of an organisation, newest
// first: the first that was not re-opened stands.
func (tx *Tx) Determinations(organisation string) ([]assessment.Determination, error) {
	return determinations.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// PutDetermination keeps a record of a scope test, or re-opens it.
func (tx *Tx) PutDetermination(d assessment.Determination) (assessment.Determination, error) {
	return determinations.put(tx, d)
}

// RemoveDetermination deletes a record of a scope test.
func (tx *Tx) RemoveDetermination(id string) error { return determinations.remove(tx, id) }
