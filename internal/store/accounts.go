package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var sessions = define(table[account.Session]{
	name: "sessions", kind: "session", keys: "id", system: true, secret: true,
	columns: "id, person_id, shown_workspace, token_hash, from_address, device, mfa, step_up_at, created_at, seen_at, expires_at, data",
	fields: func(s *account.Session) []any {
		return []any{&s.ID, &s.Person, &s.Workspace, &s.TokenHash, &s.From, &s.Device, &s.MFA, sqldb.Time(&s.StepUpAt),
			sqldb.Time(&s.CreatedAt), sqldb.Time(&s.SeenAt), sqldb.Time(&s.ExpiresAt), &s.Data}
	},
	id:      func(s *account.Session) *string { return &s.ID },
	created: func(s *account.Session) *time.Time { return &s.CreatedAt },
})

// Session returns the session with the id.
func (tx *Tx) Session(id string) (account.Session, error) { return sessions.get(tx, id) }

// SessionByToken returns the session with the hash of a token; the caller asks
// whether it is live.
func (tx *Tx) SessionByToken(hash string) (account.Session, error) {
	return only(sessions.list(tx, "token_hash = ?", "id", hash))(sessions.kind)
}

// SessionAndPerson is SessionByToken with the person whose session it is, in one
// query: every page asks for both.
func (tx *Tx) SessionAndPerson(hash string) (account.Session, tenant.Person, error) {
	type both struct {
		session account.Session
		person  tenant.Person
	}
	if err := tx.system(); err != nil {
		return account.Session{}, tenant.Person{}, err
	}
	found, err := only(sqldb.Collect(tx.q, func(b *both) []any {
		return append(sessions.fields(&b.session), people.fields(&b.person)...)
	}, sessionAndPerson, hash))(sessions.kind)
	return found.session, found.person, err
}

var sessionAndPerson = "SELECT " + qualified("s", sessions.names) + ", " + qualified("p", people.names) +
	" FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.token_hash = ? ORDER BY s.id"

// Visitor is who is behind the token of a session, with what every page asks of them.
type Visitor struct {
	Session     account.Session
	Person      tenant.Person
	Workspace   tenant.Workspace
	Memberships []tenant.Membership // in the workspace
	Unread      int64               // notices of the whole workspace
	Sight       Sight
}

// VisitorByToken finds the session with the hash of a token, its person, and the
// workspace that it shows. What the ledgers record of them is read again when one of
// these is longer than before, the session always. ok is false when there is no such
// session, or it shows no workspace of which the person is a member.
func (tx *Tx) VisitorByToken(hash string) (v Visitor, ok bool, err error) {
	if err := tx.system(); err != nil {
		return v, false, err
	}
	if tx.visitors != nil {
		v, ok, err = tx.visitors.get(tx.q.Context(), hash)
	} else {
		v, ok, err = sqldb.One(tx.q, (*Visitor).fields, visitBy+"= ?", hash)
	}
	if err != nil || !ok || v.Session.Workspace == "" {
		return Visitor{}, false, err
	}
	v.Sight.workspace = v.Session.Workspace
	key := tx.question([]string{"visitor", v.Session.Workspace, v.Session.Person})
	at := v.Sight.of(arrangedPeople)
	found, kept := tx.kept.get(key, at)
	if !kept {
		found, err = tx.member(v.Session.Person, v.Session.Workspace)
		if err != nil {
			return Visitor{}, false, err
		}
		m := found.(member)
		tx.kept.put(key, keptAnswer{at: at, bytes: 1000 + len(key) + 100*len(m.memberships), value: m})
	}
	m := found.(member)
	v.Person, v.Workspace, v.Memberships = m.person, m.workspace, slices.Clone(m.memberships)
	v.Person.Notices = maps.Clone(m.person.Notices)
	return v, len(v.Memberships) > 0, nil
}

// member is a person with a workspace and their memberships in it.
type member struct {
	person      tenant.Person
	workspace   tenant.Workspace
	memberships []tenant.Membership
}

func (tx *Tx) member(person, workspace string) (m member, err error) {
	if m.person, err = tx.Person(person); err != nil {
		return m, err
	}
	m.workspace, m.memberships, err = tx.In(workspace, "").WorkspaceFor(person)
	return m, err
}

// visitBy asks for the lengths with the session: what is read afterwards is never
// older than they say.
var visitBy = "SELECT " + qualified("s", sessions.names) + `,
	(SELECT COUNT(*) FROM inbox i WHERE i.workspace_id = s.shown_workspace AND i.person_id = s.person_id AND i.read_at = 0),
	COALESCE(h.size, 0), COALESCE(h.arranged, 0), COALESCE(h.derived, 0), COALESCE((SELECT size FROM ledger_heads WHERE workspace_id = ''), 0)
	FROM sessions s LEFT JOIN ledger_heads h ON h.workspace_id = s.shown_workspace WHERE s.token_hash `

func (v *Visitor) fields() []any {
	return append(sessions.fields(&v.Session), &v.Unread, &v.Sight.size, &v.Sight.arranged, &v.Sight.derived, &v.Sight.server)
}

// gatherVisitors has PostgreSQL find those who come at the same moment with one
// question: of all that a page asks, only this is asked every time.
func gatherVisitors(db *sqldb.DB) *gathering[Visitor] {
	return &gathering[Visitor]{ask: func(ctx context.Context, hashes []string) (map[string]Visitor, error) {
		found := make(map[string]Visitor, len(hashes))
		err := db.Glance(sqldb.InWorkspace(ctx, everyWorkspace), func(q *sqldb.Tx) error {
			list, err := sqldb.Collect(q, (*Visitor).fields, visitBy+"= ANY(?)", hashes)
			for _, v := range list {
				found[v.Session.TokenHash] = v
			}
			return err
		})
		return found, err
	}}
}

// SessionsOf lists the sessions of a person, the last used first.
func (tx *Tx) SessionsOf(person string) ([]account.Session, error) {
	return sessions.list(tx, "person_id = ?", "seen_at DESC, id", person)
}

// PutSession makes or changes a session.
func (tx *Tx) PutSession(s account.Session) (account.Session, error) { return sessions.put(tx, s) }

// RemoveSession ends a session.
func (tx *Tx) RemoveSession(id string) error { return sessions.remove(tx, id) }

// TouchSession notes the last use and the state of the pages. The ledger does not
// record it.
func (tx *Tx) TouchSession(id, data string, seen time.Time) error {
	if err := tx.system(); err != nil {
		return err
	}
	_, err := tx.q.Exec(`UPDATE sessions SET seen_at = ?, data = ? WHERE id = ?`, seen.UnixMilli(), data, id)
	return err
}

// SweepSessions deletes the sessions that ended before the time. The ledger does
// not record it.
func (tx *Tx) SweepSessions(before time.Time) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	return tx.q.Exec(`DELETE FROM sessions WHERE expires_at < ?`, before.UnixMilli())
}

var passkeys = define(table[account.Passkey]{
	name: "passkeys", kind: "passkey", keys: "id", system: true, secret: true,
	columns: "id, person_id, name, credential, created_at, used_at",
	fields: func(p *account.Passkey) []any {
		return []any{&p.ID, &p.Person, &p.Name, &p.Credential, sqldb.Time(&p.CreatedAt), sqldb.Time(&p.UsedAt)}
	},
	created: func(p *account.Passkey) *time.Time { return &p.CreatedAt },
})

// Passkey returns the passkey with the credential id.
func (tx *Tx) Passkey(id string) (account.Passkey, error) { return passkeys.get(tx, id) }

// PasskeysOf lists the passkeys of a person, oldest first.
func (tx *Tx) PasskeysOf(person string) ([]account.Passkey, error) {
	return passkeys.list(tx, "person_id = ?", "created_at, id", person)
}

// PutPasskey makes or changes a passkey.
func (tx *Tx) PutPasskey(p account.Passkey) (account.Passkey, error) { return passkeys.put(tx, p) }

// RemovePasskey deletes a passkey.
func (tx *Tx) RemovePasskey(id string) error { return passkeys.remove(tx, id) }

var recoveryCodes = define(table[account.RecoveryCode]{
	name: "recovery_codes", kind: "recovery_code", keys: "person_id, hash", system: true, secret: true,
	columns: "person_id, hash, used_at",
	fields:  func(c *account.RecoveryCode) []any { return []any{&c.Person, &c.Hash, sqldb.Time(&c.UsedAt)} },
})

// RecoveryCodesOf lists the recovery codes of a person.
func (tx *Tx) RecoveryCodesOf(person string) ([]account.RecoveryCode, error) {
	return recoveryCodes.list(tx, "person_id = ?", "hash", person)
}

// ReplaceRecoveryCodes throws the codes of a person away and keeps the new hashes.
// The ledger records the act, not the hashes.
func (tx *Tx) ReplaceRecoveryCodes(person string, hashes []string) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.system(); err != nil {
		return err
	}
	if _, err := tx.q.Exec(`DELETE FROM recovery_codes WHERE person_id = ?`, person); err != nil {
		return explain(err, "remove", "recovery code")
	}
	for _, h := range hashes {
		if _, err := tx.q.Exec(recoveryCodes.inserts, person, h, 0); err != nil {
			return explain(err, "write", "recovery code")
		}
	}
	return tx.Note("person.recovery_codes", "person", person, "", "")
}

// UseRecoveryCode uses a code up; ok is false when there is no such unused code.
func (tx *Tx) UseRecoveryCode(person, hash string) (ok bool, err error) {
	if err := tx.system(); err != nil {
		return false, err
	}
	n, err := tx.q.Exec(`UPDATE recovery_codes SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at = 0`,
		tx.now.UnixMilli(), person, hash)
	if err != nil || n == 0 {
		return false, err
	}
	return true, tx.Note("person.recovery_code_used", "person", person, "", "")
}

var tokens = define(table[account.Token]{
	name: "tokens", kind: "token", keys: "id", secret: true,
	columns: "id, organisation_id, name, role, hash, created_by, created_at, expires_at, used_at, revoked_at",
	fields: func(t *account.Token) []any {
		return []any{&t.ID, sqldb.Optional(&t.Organisation), &t.Name, &t.Role, &t.Hash, &t.CreatedBy,
			sqldb.Time(&t.CreatedAt), sqldb.Time(&t.ExpiresAt), sqldb.Time(&t.UsedAt), sqldb.Time(&t.RevokedAt)}
	},
	home:    func(t *account.Token) *string { return &t.Workspace },
	org:     func(t *account.Token) *string { return &t.Organisation },
	loose:   true,
	aside:   true,
	id:      func(t *account.Token) *string { return &t.ID },
	created: func(t *account.Token) *time.Time { return &t.CreatedAt },
})

// Token returns one API token.
func (tx *Tx) Token(id string) (account.Token, error) { return tokens.get(tx, id) }

// Tokens lists the API tokens of the scope, newest first.
func (tx *Tx) Tokens() ([]account.Token, error) {
	return tokens.list(tx, "1 = 1", "created_at DESC, id DESC")
}

// PutToken makes or changes an API token.
func (tx *Tx) PutToken(t account.Token) (account.Token, error) { return tokens.put(tx, t) }

// RemoveToken deletes an API token.
func (tx *Tx) RemoveToken(id string) error { return tokens.remove(tx, id) }

// TokenByHash finds an API token in any workspace. It needs a scope of everything.
func (tx *Tx) TokenByHash(hash string) (account.Token, error) {
	return byHash(tx, tokens, func(t *account.Token) *string { return &t.Workspace }, "hash", hash)
}

// TouchToken notes the last use of a token. The ledger does not record it.
func (tx *Tx) TouchToken(id string, used time.Time) error {
	if err := tx.system(); err != nil {
		return err
	}
	_, err := tx.q.Exec(`UPDATE tokens SET used_at = ? WHERE id = ?`, used.UnixMilli(), id)
	return err
}

// Count adds one to a counter of the period that holds now, and returns its new
// value: attempts to sign in, for example. Periods are as long as every, which
// must be positive. It needs a scope of everything; the ledger does not record it.
func (tx *Tx) Count(name string, every time.Duration) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64], `
		INSERT INTO counters (name, period, n) VALUES (?, ?, 1)
		ON CONFLICT (name, period) DO UPDATE SET n = counters.n + 1 RETURNING n`,
		name, tx.now.Truncate(every).UnixMilli())
	return n, err
}

// ResetCount forgets a counter. The ledger does not record it.
func (tx *Tx) ResetCount(name string) error {
	if err := tx.system(); err != nil {
		return err
	}
	_, err := tx.q.Exec(`DELETE FROM counters WHERE name = ?`, name)
	return err
}

// SweepCounters deletes the counters of periods that began before the time.
func (tx *Tx) SweepCounters(before time.Time) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	return tx.q.Exec(`DELETE FROM counters WHERE period < ?`, before.UnixMilli())
}
