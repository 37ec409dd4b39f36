package store

import (
	"slices"
	"time"

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
func (tx *Tx) Notify(n desk.Notice) error { return tx.notify(n, 0) }

// NotifySettled does what Notify does with a notice that does not go out by mail,
// or is mailed by the caller.
func (tx *Tx) NotifySettled(n desk.Notice) error { return tx.notify(n, tx.now.UnixMilli()) }

func (tx *Tx) notify(n desk.Notice, settled int64) error {
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
	_, err = tx.q.Exec(`INSERT INTO inbox (settled_at, workspace_id, `+noticeColumns+`) VALUES `+sqldb.Marks(10), append([]any{settled, w}, args...)...)
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

// NoticesSince lists at most limit notices of a person in the scope's workspace that
// came at the time or later, oldest first.
func (tx *Tx) NoticesSince(person string, since time.Time, limit int) ([]desk.Notice, error) {
	addressed, args, err := tx.addressed(person)
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, noticeFields, `SELECT `+noticeColumns+` FROM inbox
		WHERE `+addressed+` AND created_at >= ? ORDER BY created_at, id LIMIT ?`, append(args, since.UnixMilli(), limit)...)
}

// UnsettledWorkspaces lists the workspaces with notices of which it is not settled
// whether they go out by mail. It needs a scope of everything.
func (tx *Tx) UnsettledWorkspaces() ([]string, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, sqldb.Single[string], `SELECT DISTINCT workspace_id FROM inbox WHERE settled_at = 0 ORDER BY workspace_id`)
}

// UnsettledNotices lists at most limit notices of the whole workspace of which it is
// not settled whether they go out by mail, oldest first.
func (tx *Tx) UnsettledNotices(limit int) ([]desk.Notice, error) {
	w, err := tx.everyone()
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, noticeFields, `SELECT `+noticeColumns+` FROM inbox
		WHERE workspace_id = ? AND settled_at = 0 ORDER BY created_at, id LIMIT ?`, w, limit)
}

// SettleNotices notes that the notices went out by mail, or will not. The ledger
// does not record it.
func (tx *Tx) SettleNotices(ids []string) error {
	w, err := tx.everyone()
	if err != nil {
		return err
	}
	if err := tx.writable(); err != nil {
		return err
	}
	for part := range slices.Chunk(ids, chunk) {
		args := []any{tx.now.UnixMilli(), w}
		for _, id := range part {
			args = append(args, id)
		}
		if _, err := tx.q.Exec(`UPDATE inbox SET settled_at = ? WHERE workspace_id = ? AND id IN `+sqldb.Marks(len(part)), args...); err != nil {
			return explain(err, "write", "notice")
		}
	}
	return nil
}

// everyone is the workspace of a scope that covers all of it: what concerns the
// notices of other people is not for somebody who reaches some organisations only.
func (tx *Tx) everyone() (string, error) {
	w, err := tx.workspace()
	if err == nil && !tx.scope.Covers("") {
		err = absent("workspace")
	}
	return w, err
}
