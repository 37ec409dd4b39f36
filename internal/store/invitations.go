package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var invitations = define(table[tenant.Invitation]{
	name: "invitations", kind: "invitation", keys: "id", secret: true,
	columns: "id, organisation_id, email, role, token_hash, invited_by, created_at, expires_at, accepted_at, accepted_by",
	fields: func(i *tenant.Invitation) []any {
		return []any{&i.ID, sqldb.Optional(&i.Organisation), &i.Email, &i.Role, &i.TokenHash, &i.InvitedBy,
			sqldb.Time(&i.CreatedAt), sqldb.Time(&i.ExpiresAt), sqldb.Time(&i.AcceptedAt), &i.AcceptedBy}
	},
	home:    func(i *tenant.Invitation) *string { return &i.Workspace },
	org:     func(i *tenant.Invitation) *string { return &i.Organisation },
	loose:   true,
	aside:   true,
	id:      func(i *tenant.Invitation) *string { return &i.ID },
	created: func(i *tenant.Invitation) *time.Time { return &i.CreatedAt },
})

// Invitation returns one invitation.
func (tx *Tx) Invitation(id string) (tenant.Invitation, error) { return invitations.get(tx, id) }

// Invitations lists the invitations of the scope, newest first.
func (tx *Tx) Invitations() ([]tenant.Invitation, error) {
	return invitations.list(tx, "1 = 1", "created_at DESC, id DESC")
}

// PutInvitation makes or changes an invitation.
func (tx *Tx) PutInvitation(i tenant.Invitation) (tenant.Invitation, error) {
	return invitations.put(tx, i)
}

// RemoveInvitation withdraws an invitation.
func (tx *Tx) RemoveInvitation(id string) error { return invitations.remove(tx, id) }

// InvitationByToken finds the invitation behind a link, in any workspace. It needs
// a scope of everything.
func (tx *Tx) InvitationByToken(hash string) (tenant.Invitation, error) {
	return byHash(tx, invitations, func(i *tenant.Invitation) *string { return &i.Workspace }, "token_hash", hash)
}

// byHash finds the row with the hash of a secret, in any workspace. A transaction that
// writes locks it: of two who use a secret that works once, the second finds it used.
func byHash[T any](tx *Tx, t *table[T], home func(*T) *string, column, hash string) (T, error) {
	var none T
	if err := tx.system(); err != nil {
		return none, err
	}
	query := `SELECT workspace_id, ` + t.columns + ` FROM ` + t.name + ` WHERE ` + column + ` = ?`
	if tx.p != nil {
		query += tx.q.Dialect().ForUpdate()
	}
	v, found, err := sqldb.One(tx.q, func(v *T) []any { return append([]any{home(v)}, t.fields(v)...) }, query, hash)
	if err == nil && !found {
		err = absent(t.kind)
	}
	return v, err
}
