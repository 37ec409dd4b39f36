package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/registration"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var registrations = define(table[registration.Record]{
	name: "registrations", kind: "registration", keys: "id",
	columns: "id, organisation_id, register, state, authority, reference, registered_on, notified_on, facts, changed_on, by_whom, created_at, updated_at, version",
	fields: func(r *registration.Record) []any {
		return []any{&r.ID, &r.Organisation, &r.Register, &r.State, &r.Authority, &r.Reference, sqldb.Date(&r.RegisteredOn), sqldb.Date(&r.NotifiedOn),
			sqldb.Raw(&r.Facts), sqldb.Date(&r.ChangedOn), &r.By, sqldb.Time(&r.CreatedAt), sqldb.Time(&r.UpdatedAt), &r.Version}
	},
	org:     func(r *registration.Record) *string { return &r.Organisation },
	version: func(r *registration.Record) *int64 { return &r.Version },
	id:      func(r *registration.Record) *string { return &r.ID },
	created: func(r *registration.Record) *time.Time { return &r.CreatedAt },
	updated: func(r *registration.Record) *time.Time { return &r.UpdatedAt },
})

// Registration returns one record of a register.
func (tx *Tx) Registration(id string) (registration.Record, error) { return registrations.get(tx, id) }

// Registrations lists the records of an organisation by register and Member State.
func (tx *Tx) Registrations(organisation string) ([]registration.Record, error) {
	return registrations.list(tx, "organisation_id = ?", "register, state, id", organisation)
}

// PutRegistration makes or changes a record of a register.
func (tx *Tx) PutRegistration(r registration.Record) (registration.Record, error) {
	return registrations.put(tx, r)
}

// RemoveRegistration deletes a record of a register.
func (tx *Tx) RemoveRegistration(id string) error { return registrations.remove(tx, id) }
