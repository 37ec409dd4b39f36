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
	if err := tx.belongs(n.Organisation); err != nil {
		return err
	}
	n.ID, n.CreatedAt = id.New(), tx.now
	args, err := sqldb.Args(noticeFields(&n))
	if err != nil {
		return err
	}
	_, err = tx.q.Exec(`INSERT INTO inbox (workspace_id, `+noticeColumns+`) VALUES `+sqldb.Marks(9), append([]any{w}, args...)...)
	return explain(err, "write", "notice")
}

// addressed is the condition on the notices of a person that the scope reaches:
// those of its organisations, and those of the workspace.
func (tx *Tx) addressed(person string) (string, []any, error) {
	w, err := tx.workspace()
	if err != nil {
		return "", nil, err
	}
	condition, args := "workspace_id = ? AND person_id = ?", []any{w, person}
	ids, limited := tx.scope.OrganisationIDs()
	if !limited {
		return condition, args, nil
	}
	if len(ids) == 0 {
		return condition + " AND organisation_id IS NULL", args, nil
	}
	for _, id := range ids {
		args = append(args, id)
	}
	return condition + " AND (organisation_id IS NULL OR organisation_id IN " + sqldb.Marks(len(ids)) + ")", args, nil
}

// Inbox lists at most limit notices of a person in the scope's workspace, newest
// first.
func (tx *Tx) Inbox(person string, limit int) ([]desk.Notice, error) {
	addressed, args, err := tx.addressed(person)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, noticeFields, `SELECT `+noticeColumns+` FROM inbox
		WHERE `+addressed+` ORDER BY created_at DESC, id DESC LIMIT ?`, append(args, limit)...)
}

// Unread is the number of notices of a person that were not read.
func (tx *Tx) Unread(person string) (int64, error) {
	addressed, args, err := tx.addressed(person)
	if err != nil {
		return 0, err
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64], `SELECT COUNT(*) FROM inbox WHERE `+addressed+` AND read_at = 0`, args...)
	return n, err
}

// MarkRead marks one notice of a person as read, or all of them when id is empty.
// The ledger does not record it.
func (tx *Tx) MarkRead(person, id string) error {
	addressed, args, err := tx.addressed(person)
	if err != nil {
		return err
	}
	if err := tx.writable(); err != nil {
		return err
	}
	args = append(append([]any{tx.now.UnixMilli()}, args...), id, id)
	_, err = tx.q.Exec(`UPDATE inbox SET read_at = ? WHERE `+addressed+` AND read_at = 0 AND (id = ? OR ? = '')`, args...)
	return err
}
