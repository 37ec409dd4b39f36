package store

import (
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

const noticeColumns = `id, person_id, organisation_id, message_key, args, link, created_at, read_at`

func noticeFields(n *desk.Notice) []any {
	return []any{&n.ID, &n.Person, sqldb.Optional(&n.Organisation), &n.Key, sqldb.Raw(&n.Args), &n.Link, sqldb.Time(&n.CreatedAt), sqldb.Time(&n.ReadAt)}
}

// Notify puts a notice into a person's inbox. Notices tell of changes that the
// ledger has already, so it does not record them.
func (tx *Tx) Notify(n desk.Notice) error {
	w, err := tx.workspace()
	if err != nil {
		return err
	}
	if err := tx.writable(); err != nil {
		return err
	}
	if n.Organisation != "" {
		if err := tx.owns(n.Organisation); err != nil {
			return err
		}
	}
	n.ID, n.CreatedAt = id.New(), tx.now
	args, err := sqldb.Args(noticeFields(&n))
	if err != nil {
		return err
	}
	_, err = tx.q.Exec(`INSERT INTO inbox (workspace_id, `+noticeColumns+`) VALUES `+sqldb.Marks(9), append([]any{w}, args...)...)
	return explain(err, "write", "notice")
}

// Inbox lists at most limit notices of a person in the scope's workspace, newest
// first.
func (tx *Tx) Inbox(person string, limit int) ([]desk.Notice, error) {
	w, err := tx.workspace()
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, noticeFields, `SELECT `+noticeColumns+` FROM inbox
		WHERE workspace_id = ? AND person_id = ? ORDER BY created_at DESC, id DESC LIMIT ?`, w, person, limit)
}

// Unread is the number of notices of a person that were not read.
func (tx *Tx) Unread(person string) (int64, error) {
	w, err := tx.workspace()
	if err != nil {
		return 0, err
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64],
		`SELECT COUNT(*) FROM inbox WHERE workspace_id = ? AND person_id = ? AND read_at = 0`, w, person)
	return n, err
}

// MarkRead marks one notice of a person as read, or all of them when id is empty.
// The ledger does not record it.
func (tx *Tx) MarkRead(person, id string) error {
	w, err := tx.workspace()
	if err != nil {
		return err
	}
	if err := tx.writable(); err != nil {
		return err
	}
	_, err = tx.q.Exec(`UPDATE inbox SET read_at = ? WHERE workspace_id = ? AND person_id = ? AND read_at = 0 AND (id = ? OR ? = '')`,
		tx.now.UnixMilli(), w, person, id, id)
	return err
}
