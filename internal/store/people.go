package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var people = define(table[tenant.Person]{
	name: "people", kind: "person", keys: "id", system: true, secret: true,
	columns: "id, email, name, language, zone, digest, notices, password_hash, totp_secret, totp_last_step, disabled, created_at, version",
	fields: func(p *tenant.Person) []any {
		return []any{&p.ID, &p.Email, &p.Name, &p.Language, &p.Zone, &p.Digest, sqldb.JSON(&p.Notices), &p.PasswordHash, &p.TOTPSecret, &p.TOTPLastStep, &p.Disabled,
			sqldb.Time(&p.CreatedAt), &p.Version}
	},
	version: func(p *tenant.Person) *int64 { return &p.Version },
	id:      func(p *tenant.Person) *string { return &p.ID },
	created: func(p *tenant.Person) *time.Time { return &p.CreatedAt },
})

// Person returns one person. It needs a scope of everything, like all that
// concerns people and their sign-in: people belong to no workspace.
func (tx *Tx) Person(id string) (tenant.Person, error) { return people.get(tx, id) }

// PersonByEmail returns the person with the folded address.
func (tx *Tx) PersonByEmail(email string) (tenant.Person, error) {
	return only(people.list(tx, "email = ?", "id", email))(people.kind)
}

// People lists all people by address.
func (tx *Tx) People() ([]tenant.Person, error) { return people.list(tx, "1 = 1", "email") }

// AnyPerson reports whether anybody has an account: without one, the first run is
// still to come.
func (tx *Tx) AnyPerson() (bool, error) {
	if err := tx.system(); err != nil {
		return false, err
	}
	_, found, err := sqldb.One(tx.q, sqldb.Single[string], `SELECT id FROM people LIMIT 1`)
	return found, err
}

// PutPerson makes or changes a person. Conflict when the address is taken.
func (tx *Tx) PutPerson(p tenant.Person) (tenant.Person, error) { return people.put(tx, p) }

// RemovePerson deletes a person with memberships, sessions and keys.
func (tx *Tx) RemovePerson(id string) error { return people.remove(tx, id) }

// AcceptTOTPStep keeps a time step from being used twice: ok is false when the
// step, or a later one, was accepted before. The ledger does not record it.
func (tx *Tx) AcceptTOTPStep(person string, step int64) (ok bool, err error) {
	if err := tx.system(); err != nil {
		return false, err
	}
	n, err := tx.q.Exec(`UPDATE people SET totp_last_step = ? WHERE id = ? AND totp_last_step < ?`, step, person, step)
	return n == 1, err
}

// only returns the first of the found rows, or NotFound.
func only[T any](found []T, err error) func(kind string) (T, error) {
	return func(kind string) (T, error) {
		var none T
		switch {
		case err != nil:
			return none, err
		case len(found) == 0:
			return none, absent(kind)
		}
		return found[0], nil
	}
}
