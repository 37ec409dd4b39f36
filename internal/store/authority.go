package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var filingKeys = define(table[authority.Key]{
	name: "filing_keys", kind: "filing_key", keys: "id", secret: true,
	columns: "id, organisation_id, key_id, public_key, code_hash, expires_at, registered_at, revoked_at, created_by, created_at, version",
	fields: func(k *authority.Key) []any {
		return []any{&k.ID, &k.Organisation, &k.KeyID, &k.PublicKey, &k.CodeHash, sqldb.Time(&k.ExpiresAt), sqldb.Time(&k.RegisteredAt),
			sqldb.Time(&k.RevokedAt), &k.CreatedBy, sqldb.Time(&k.CreatedAt), &k.Version}
	},
	org:     func(k *authority.Key) *string { return &k.Organisation },
	version: func(k *authority.Key) *int64 { return &k.Version },
	id:      func(k *authority.Key) *string { return &k.ID },
	created: func(k *authority.Key) *time.Time { return &k.CreatedAt },
})

// FilingKey returns one key of an entity, or its invitation.
func (tx *Tx) FilingKey(id string) (authority.Key, error) { return filingKeys.get(tx, id) }

// FilingKeys lists the keys and invitations of an entity, oldest first.
func (tx *Tx) FilingKeys(organisation string) ([]authority.Key, error) {
	return filingKeys.list(tx, "organisation_id = ?", "created_at, id", organisation)
}

// PutFilingKey makes or changes a key of an entity.
func (tx *Tx) PutFilingKey(k authority.Key) (authority.Key, error) { return filingKeys.put(tx, k) }

// OwnedKey is a key with the workspace that it belongs to.
type OwnedKey struct {
	Workspace string
	authority.Key
}

func (tx *Tx) ownedKey(column, value string) (OwnedKey, error) {
	if err := tx.system(); err != nil {
		return OwnedKey{}, err
	}
	fields := func(k *OwnedKey) []any { return append([]any{&k.Workspace}, filingKeys.fields(&k.Key)...) }
	k, found, err := sqldb.One(tx.q, fields, `SELECT workspace_id, `+filingKeys.columns+` FROM filing_keys WHERE `+column+` = ?`, value)
	if err == nil && !found {
		err = absent("filing_key")
	}
	return k, err
}

// FilingKeyByKeyID finds the key that a signature names, in any workspace. It needs
// a scope of everything.
func (tx *Tx) FilingKeyByKeyID(keyID string) (OwnedKey, error) { return tx.ownedKey("key_id", keyID) }

// FilingKeyByCode finds the invitation behind the hash of a code, in any workspace.
// It needs a scope of everything.
func (tx *Tx) FilingKeyByCode(hash string) (OwnedKey, error) { return tx.ownedKey("code_hash", hash) }

var authorityCases = define(table[authority.Case]{
	name: "authority_cases", kind: "authority_case", keys: "id",
	columns: "id, organisation_id, entity_case, entity_reference, regime, country, reference, state, handler, voluntary, exercise, tlp, " +
		"aware_at, created_at, updated_at, version",
	fields: func(c *authority.Case) []any {
		return []any{&c.ID, &c.Organisation, &c.EntityCase, &c.EntityReference, &c.Regime, &c.Country, &c.Reference, &c.State, &c.Handler,
			&c.Voluntary, &c.Exercise, &c.TLP, sqldb.Time(&c.AwareAt), sqldb.Time(&c.CreatedAt), sqldb.Time(&c.UpdatedAt), &c.Version}
	},
	org:     func(c *authority.Case) *string { return &c.Organisation },
	version: func(c *authority.Case) *int64 { return &c.Version },
	id:      func(c *authority.Case) *string { return &c.ID },
	created: func(c *authority.Case) *time.Time { return &c.CreatedAt },
	updated: func(c *authority.Case) *time.Time { return &c.UpdatedAt },
	found:   func(c *authority.Case) found { return found{c.Reference, c.EntityReference} },
})

// AuthorityCase returns one case of an authority.
func (tx *Tx) AuthorityCase(id string) (authority.Case, error) { return authorityCases.get(tx, id) }

// AuthorityCases lists the cases of an entity, newest first.
func (tx *Tx) AuthorityCases(organisation string) ([]authority.Case, error) {
	return authorityCases.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// AllAuthorityCases lists at most limit cases in reach, newest first.
func (tx *Tx) AllAuthorityCases(limit int) ([]authority.Case, error) {
	return authorityCases.list(tx, "1 = 1", fmt.Sprintf("created_at DESC, id DESC LIMIT %d", limit))
}

// AuthorityCaseOf finds the case of an entity's incident under a regime.
func (tx *Tx) AuthorityCaseOf(organisation, entityCase, regime string) (authority.Case, error) {
	return only(authorityCases.list(tx, "organisation_id = ? AND entity_case = ? AND regime = ?", "id", organisation, entityCase, regime))("authority_case")
}

// PutAuthorityCase makes or changes a case of an authority.
func (tx *Tx) PutAuthorityCase(c authority.Case) (authority.Case, error) {
	return authorityCases.put(tx, c)
}

var authorityReports = define(table[authority.Report]{
	name: "authority_reports", kind: "authority_report", keys: "id",
	columns: "content, " + inboxColumns,
	fields:  func(r *authority.Report) []any { return append([]any{&r.Content}, inboxFields(r)...) },
	org:     func(r *authority.Report) *string { return &r.Organisation },
	version: func(r *authority.Report) *int64 { return &r.Version },
	id:      func(r *authority.Report) *string { return &r.ID },
	secret:  true, // the bytes are in the table alone; their hash is in the ledger
})

// AuthorityReport returns one report as it was received.
func (tx *Tx) AuthorityReport(id string) (authority.Report, error) {
	return authorityReports.get(tx, id)
}

// AuthorityReportOf finds a report by its id at the entity.
func (tx *Tx) AuthorityReportOf(organisation, report string) (authority.Report, error) {
	return only(authorityReports.list(tx, "organisation_id = ? AND report = ?", "id", organisation, report))("authority_report")
}

// AuthorityReports lists the reports of a case in the order in which the entity
// submitted them, whatever the order in which they came.
func (tx *Tx) AuthorityReports(organisation, of string) ([]authority.Report, error) {
	return authorityReports.list(tx, "organisation_id = ? AND case_id = ?", "submitted_at, id", organisation, of)
}

// UnansweredReports lists the reports of a case whose answer is due.
func (tx *Tx) UnansweredReports(organisation, of string) ([]authority.Report, error) {
	return authorityReports.list(tx, "organisation_id = ? AND case_id = ? AND "+unanswered, "received_at, id", organisation, of)
}

// AddAuthorityReport keeps a report that was received.
func (tx *Tx) AddAuthorityReport(r authority.Report) (authority.Report, error) {
	r.Version = 0
	return authorityReports.put(tx, r)
}

// ReviewAuthorityReport keeps what the authority made of a report. What came stays
// as it is: a change of anything else is refused.
func (tx *Tx) ReviewAuthorityReport(r authority.Report) (authority.Report, error) {
	kept, err := tx.AuthorityReport(r.ID)
	if err != nil {
		return r, err
	}
	said := r
	said.AnsweredAt, said.Review, said.ReviewedBy, said.ReviewedByName, said.ReviewedAt, said.MendDue, said.Version =
		kept.AnsweredAt, kept.Review, kept.ReviewedBy, kept.ReviewedByName, kept.ReviewedAt, kept.MendDue, kept.Version
	if said != kept {
		return r, &fault.Error{Kind: fault.Conflict, What: "a report that was received is never changed", Expected: "a correction of the entity"}
	}
	return authorityReports.put(tx, r)
}

var authorityMessages = define(table[authority.Message]{
	name: "authority_messages", kind: "authority_message", keys: "id", secret: true, // what was said is not taken back
	columns: "id, organisation_id, case_id, number, remote, kind, about, body, due_at, written_by, written_by_name, created_at",
	fields: func(m *authority.Message) []any {
		return []any{&m.ID, &m.Organisation, &m.Case, &m.Number, &m.Remote, &m.Kind, &m.About, &m.Text, sqldb.Time(&m.DueAt), &m.By, &m.ByName,
			sqldb.Time(&m.CreatedAt)}
	},
	org:     func(m *authority.Message) *string { return &m.Organisation },
	id:      func(m *authority.Message) *string { return &m.ID },
	created: func(m *authority.Message) *time.Time { return &m.CreatedAt },
})

// AuthorityMessage returns one message.
func (tx *Tx) AuthorityMessage(id string) (authority.Message, error) {
	return authorityMessages.get(tx, id)
}

// AuthorityMessages lists what was said in a case in both directions, oldest first.
func (tx *Tx) AuthorityMessages(organisation, of string) ([]authority.Message, error) {
	return authorityMessages.list(tx, "organisation_id = ? AND case_id = ?", "created_at, number, id", organisation, of)
}

// AuthorityMessagesAfter lists at most limit messages to an entity with a higher
// number, in their order.
func (tx *Tx) AuthorityMessagesAfter(organisation string, after int64, limit int) ([]authority.Message, error) {
	return authorityMessages.list(tx, "organisation_id = ? AND number > 0 AND number > ?", fmt.Sprintf("number LIMIT %d", limit), organisation, after)
}

// AuthorityMessageFrom finds what came in from an entity by its id there.
func (tx *Tx) AuthorityMessageFrom(organisation, remote string) (authority.Message, error) {
	return only(authorityMessages.list(tx, "organisation_id = ? AND remote <> '' AND remote = ?", "id", organisation, remote))("authority_message")
}

// AddAuthorityMessage keeps a message. out gives it the next number of what goes
// out to the entity.
func (tx *Tx) AddAuthorityMessage(m authority.Message, out bool) (authority.Message, error) {
	if out {
		if err := tx.writable(); err != nil {
			return m, err
		}
		if err := tx.owns(m.Organisation); err != nil { // locks it: numbers have no gap and no double
			return m, err
		}
		last, _, err := sqldb.One(tx.q, sqldb.Single[int64], `SELECT COALESCE(MAX(number), 0) FROM authority_messages WHERE workspace_id = ? AND organisation_id = ? AND number > 0`,
			tx.scope.WorkspaceID(), m.Organisation)
		if err != nil {
			return m, fmt.Errorf("number a message: %w", err)
		}
		m.Number = last + 1
	}
	return authorityMessages.put(tx, m)
}

// SeeNonce notes a nonce of a key with the hash of the request that it came with.
// known is the hash with which the nonce came before, or "".
func (tx *Tx) SeeNonce(keyID, nonce, sum string) (known string, err error) {
	if err := tx.writable(); err != nil {
		return "", err
	}
	w, err := tx.workspace()
	if err != nil {
		return "", err
	}
	n, err := tx.q.Exec(`INSERT INTO filing_nonces (workspace_id, key_id, nonce, sum, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace_id, key_id, nonce) DO NOTHING`,
		w, keyID, nonce, sum, tx.now.UnixMilli())
	if err != nil || n == 1 {
		return "", explain(err, "write", "nonce")
	}
	known, _, err = sqldb.One(tx.q, sqldb.Single[string], `SELECT sum FROM filing_nonces WHERE workspace_id = ? AND key_id = ? AND nonce = ?`, w, keyID, nonce)
	return known, err
}

// SweepNonces forgets the nonces of all workspaces from before the time. It needs a
// scope of everything.
func (tx *Tx) SweepNonces(before time.Time) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	return tx.q.Exec(`DELETE FROM filing_nonces WHERE at < ?`, before.UnixMilli())
}
