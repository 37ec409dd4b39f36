package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var delegations = define(table[assessment.Delegation]{
	name: "delegations", kind: "delegation", keys: "id", secret: true,
	columns: "id, organisation_id, title, questions, recipient, email, language, token_hash, created_by, created_at, expires_at, closed_at, direct, handed_in, version",
	fields: func(d *assessment.Delegation) []any {
		return []any{&d.ID, &d.Organisation, &d.Title, sqldb.JSON(&d.Questions), &d.Recipient, &d.Email, &d.Language, &d.TokenHash,
			&d.CreatedBy, sqldb.Time(&d.CreatedAt), sqldb.Time(&d.ExpiresAt), sqldb.Time(&d.ClosedAt), &d.Direct, &d.HandedIn, &d.Version}
	},
	org:     func(d *assessment.Delegation) *string { return &d.Organisation },
	version: func(d *assessment.Delegation) *int64 { return &d.Version },
	id:      func(d *assessment.Delegation) *string { return &d.ID },
	created: func(d *assessment.Delegation) *time.Time { return &d.CreatedAt },
})

// Delegation returns one delegation.
func (tx *Tx) Delegation(id string) (assessment.Delegation, error) { return delegations.get(tx, id) }

// Delegations lists the delegations of an organisation, newest first.
func (tx *Tx) Delegations(organisation string) ([]assessment.Delegation, error) {
	return delegations.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// PutDelegation makes or changes a delegation.
func (tx *Tx) PutDelegation(d assessment.Delegation) (assessment.Delegation, error) {
	return delegations.put(tx, d)
}

// RemoveDelegation deletes a delegation.
func (tx *Tx) RemoveDelegation(id string) error { return delegations.remove(tx, id) }

// DelegationByToken finds the delegation behind a link, and its workspace. It
// needs a scope of everything.
func (tx *Tx) DelegationByToken(hash string) (d assessment.Delegation, workspace string, err error) {
	d, err = byHash(tx, delegations, func(*assessment.Delegation) *string { return &workspace }, "token_hash", hash)
	return d, workspace, err
}
