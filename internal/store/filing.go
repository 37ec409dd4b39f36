package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/filing"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var filingEndpoints = define(table[filing.Endpoint]{
	name: "filing_endpoints", kind: "filing_endpoint", keys: "id", secret: true,
	columns: "id, organisation_id, authority, country, url, authority_key, public_key, sealed, registered_at, last_number, created_at, updated_at, version",
	fields: func(e *filing.Endpoint) []any {
		return []any{&e.ID, &e.Organisation, &e.Authority, &e.Country, &e.URL, &e.AuthorityKey, &e.PublicKey, &e.Sealed, sqldb.Time(&e.RegisteredAt),
			&e.Cursor, sqldb.Time(&e.CreatedAt), sqldb.Time(&e.UpdatedAt), &e.Version}
	},
	org:     func(e *filing.Endpoint) *string { return &e.Organisation },
	version: func(e *filing.Endpoint) *int64 { return &e.Version },
	id:      func(e *filing.Endpoint) *string { return &e.ID },
	created: func(e *filing.Endpoint) *time.Time { return &e.CreatedAt },
	updated: func(e *filing.Endpoint) *time.Time { return &e.UpdatedAt },
})

// FilingEndpoint returns the way to one authority.
func (tx *Tx) FilingEndpoint(id string) (filing.Endpoint, error) { return filingEndpoints.get(tx, id) }

// FilingEndpoints lists the ways to authorities of an organisation, by name.
func (tx *Tx) FilingEndpoints(organisation string) ([]filing.Endpoint, error) {
	return filingEndpoints.list(tx, "organisation_id = ?", "authority, country, id", organisation)
}

// PutFilingEndpoint makes or changes the way to an authority.
func (tx *Tx) PutFilingEndpoint(e filing.Endpoint) (filing.Endpoint, error) {
	return filingEndpoints.put(tx, e)
}

// RemoveFilingEndpoint deletes the way to an authority with the private key.
func (tx *Tx) RemoveFilingEndpoint(id string) error { return filingEndpoints.remove(tx, id) }

// Place names an organisation anywhere.
type Place struct{ Workspace, Organisation string }

// FilingPlaces lists the organisations of all workspaces that are registered with
// an authority and have a case that is not over: those closed within the last
// period of grace count too, because an authority may still ask. It needs a scope
// of everything.
func (tx *Tx) FilingPlaces(grace time.Duration) ([]Place, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	out, err := sqldb.Collect(tx.q, func(p *Place) []any { return []any{&p.Workspace, &p.Organisation} }, `
		SELECT DISTINCT workspace_id, organisation_id FROM filing_endpoints
		WHERE registered_at > 0 AND organisation_id IN (
			SELECT organisation_id FROM incidents WHERE state IN ('open', 'contained', 'handled') OR updated_at > ?)
		ORDER BY workspace_id, organisation_id`, tx.now.Add(-grace).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list the organisations that wait for an authority: %w", err)
	}
	return out, nil
}

var filingMessages = define(table[filing.Message]{
	name: "filing_messages", kind: "filing_message", keys: "id", secret: true, // what was said is not taken back
	columns: "id, organisation_id, endpoint, incident, regime, number, remote, kind, about, body, due_at, said_at, delivered_at, written_by, " +
		"written_by_name, created_at, version",
	fields: func(m *filing.Message) []any {
		return []any{&m.ID, &m.Organisation, &m.Endpoint, &m.Incident, &m.Regime, &m.Number, &m.Remote, &m.Kind, &m.About, &m.Text,
			sqldb.Time(&m.DueAt), sqldb.Time(&m.SaidAt), sqldb.Time(&m.DeliveredAt), &m.By, &m.ByName, sqldb.Time(&m.CreatedAt), &m.Version}
	},
	org:     func(m *filing.Message) *string { return &m.Organisation },
	version: func(m *filing.Message) *int64 { return &m.Version },
	id:      func(m *filing.Message) *string { return &m.ID },
	created: func(m *filing.Message) *time.Time { return &m.CreatedAt },
})

// FilingMessage returns one message.
func (tx *Tx) FilingMessage(id string) (filing.Message, error) { return filingMessages.get(tx, id) }

// FilingMessages lists what was said to and by authorities about incidents, oldest
// first.
func (tx *Tx) FilingMessages(organisation string, of ...string) ([]filing.Message, error) {
	args := []any{organisation}
	for _, id := range of {
		args = append(args, id)
	}
	return filingMessages.list(tx, "organisation_id = ? AND incident IN "+sqldb.Marks(len(of)), "created_at, number, id", args...)
}

// TimedFilingMessages lists what authorities asked for by a time, oldest first.
func (tx *Tx) TimedFilingMessages(organisation string) ([]filing.Message, error) {
	return filingMessages.list(tx, "organisation_id = ? AND number > 0 AND due_at > 0 AND kind IN ('question', 'revision')", "number, id", organisation)
}

// PutFilingMessage keeps a message, or that it was delivered.
func (tx *Tx) PutFilingMessage(m filing.Message) (filing.Message, error) {
	return filingMessages.put(tx, m)
}
