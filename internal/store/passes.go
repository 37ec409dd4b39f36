package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

const passColumns = `id, kind, person_id, data, created_at, expires_at`

func passFields(p *account.Pass) []any {
	return []any{&p.Hash, &p.Kind, sqldb.Optional(&p.Person), &p.Data, sqldb.Time(&p.CreatedAt), sqldb.Time(&p.ExpiresAt)}
}

// AddPass keeps a pass. It needs a scope of everything, like all that concerns
// passes; the ledger does not record it, because what a pass opens is recorded.
func (tx *Tx) AddPass(p account.Pass) error {
	if err := tx.system(); err != nil {
		return err
	}
	if err := tx.writable(); err != nil {
		return err
	}
	p.CreatedAt = tx.now
	args, err := sqldb.Args(passFields(&p))
	if err != nil {
		return err
	}
	_, err = tx.q.Exec(`INSERT INTO passes (`+passColumns+`) VALUES `+sqldb.Marks(6), args...)
	return explain(err, "write", "pass")
}

// Pass returns the pass of the kind with the hash; NotFound when there is none or
// its time is over.
func (tx *Tx) Pass(kind account.PassKind, hash string) (account.Pass, error) {
	if err := tx.system(); err != nil {
		return account.Pass{}, err
	}
	p, found, err := sqldb.One(tx.q, passFields, `SELECT `+passColumns+` FROM passes WHERE id = ? AND kind = ?`, hash, string(kind))
	if err == nil && (!found || !tx.now.Before(p.ExpiresAt)) {
		return account.Pass{}, absent("pass")
	}
	return p, err
}

// TakePass is Pass for passes that work once: whoever takes it first has it.
func (tx *Tx) TakePass(kind account.PassKind, hash string) (account.Pass, error) {
	p, err := tx.Pass(kind, hash)
	if err != nil {
		return p, err
	}
	n, err := tx.q.Exec(`DELETE FROM passes WHERE id = ?`, hash)
	if err == nil && n == 0 {
		err = absent("pass")
	}
	return p, err
}

// CountPasses is how many passes of the kind a person has.
func (tx *Tx) CountPasses(person string, kind account.PassKind) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64], `SELECT COUNT(*) FROM passes WHERE person_id = ? AND kind = ?`, person, string(kind))
	return n, err
}

// RemovePassesOf takes all passes of the kind from a person.
func (tx *Tx) RemovePassesOf(person string, kind account.PassKind) error {
	if err := tx.system(); err != nil {
		return err
	}
	_, err := tx.q.Exec(`DELETE FROM passes WHERE person_id = ? AND kind = ?`, person, string(kind))
	return err
}

// SweepPasses deletes the passes whose time ended before.
func (tx *Tx) SweepPasses(before time.Time) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	return tx.q.Exec(`DELETE FROM passes WHERE expires_at < ?`, before.UnixMilli())
}
