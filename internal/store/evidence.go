package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/law"
)

var evidence = define(table[assessment.Evidence]{
	name: "evidence", kind: "evidence", keys: "organisation_id, id",
	columns: "organisation_id, id, kind, title, on_day, valid_until, owner, location, covers, shows, note, form, files, owner_person, " +
		"renew_months, draft, created_at, updated_at, version",
	fields: func(e *assessment.Evidence) []any {
		return []any{&e.Organisation, &e.ID, &e.Kind, &e.Title, sqldb.Date(&e.Date), sqldb.Date(&e.ValidUntil), &e.Owner, &e.Location,
			sqldb.JSON(&e.Covers), &e.Shows, &e.Note, &e.Form, sqldb.JSON(&e.Files), &e.OwnerPerson, &e.RenewMonths, &e.Draft,
			sqldb.Time(&e.CreatedAt), sqldb.Time(&e.UpdatedAt), &e.Version}
	},
	org:     func(e *assessment.Evidence) *string { return &e.Organisation },
	version: func(e *assessment.Evidence) *int64 { return &e.Version },
	id:      func(e *assessment.Evidence) *string { return &e.ID },
	created: func(e *assessment.Evidence) *time.Time { return &e.CreatedAt },
	updated: func(e *assessment.Evidence) *time.Time { return &e.UpdatedAt },
	found:   func(e *assessment.Evidence) found { return found{e.Title, e.ID + " " + e.Location + " " + e.Note} },
})

// Piece returns one piece of evidence of an organisation.
func (tx *Tx) Piece(organisation, id string) (assessment.Evidence, error) {
	return evidence.get(tx, organisation, id)
}

// Evidence lists the evidence of an organisation, newest first.
func (tx *Tx) Evidence(organisation string) ([]assessment.Evidence, error) {
	return evidence.list(tx, "organisation_id = ?", "on_day DESC, id", organisation)
}

// ExpiringEvidence lists the evidence of the scope with an end of its own on a day
// from from to to, both included, the first to end first.
func (tx *Tx) ExpiringEvidence(from, to law.Date) ([]assessment.Evidence, error) {
	return evidence.list(tx, "valid_until >= ? AND valid_until <= ?", "valid_until, id", from.String(), to.String())
}

// PutEvidence makes or changes a piece of evidence.
func (tx *Tx) PutEvidence(e assessment.Evidence) (assessment.Evidence, error) {
	return evidence.put(tx, e)
}

// RemoveEvidence deletes a piece of evidence; its files stay.
func (tx *Tx) RemoveEvidence(organisation, id string) error {
	return evidence.remove(tx, organisation, id)
}
