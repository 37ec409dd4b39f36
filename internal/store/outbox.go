package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

const effectColumns = `workspace_id, id, organisation_id, effect_key, kind, payload, state, attempt, receipt, error, created_at, sent_at`

func effectFields(e *work.Effect) []any {
	return []any{&e.Workspace, &e.ID, &e.Organisation, &e.Key, &e.Kind, sqldb.Raw(&e.Payload), &e.State, &e.Attempt, &e.Receipt, &e.Error,
		sqldb.Time(&e.CreatedAt), sqldb.Time(&e.SentAt)}
}

// Post puts an effect on the outside world into the outbox. fresh is false when
// the workspace had an effect with the key before: it is not put in again.
func (tx *Tx) Post(e work.Effect) (out work.Effect, fresh bool, err error) {
	if err := tx.writable(); err != nil {
		return e, false, err
	}
	if e.Key == "" {
		return e, false, &fault.Error{Kind: fault.Internal, What: "an effect needs a key that makes it happen once"}
	}
	if err := tx.belongs(e.Organisation); err != nil {
		return e, false, err
	}
	e.ID, e.Workspace, e.State, e.CreatedAt = id.New(), tx.scope.WorkspaceID(), work.Waiting, tx.now
	args, err := sqldb.Args(effectFields(&e))
	if err != nil {
		return e, false, err
	}
	n, err := tx.q.Exec(`INSERT INTO outbox (`+effectColumns+`) VALUES `+sqldb.Marks(len(args))+`
		ON CONFLICT (workspace_id, effect_key) DO NOTHING`, args...)
	return e, n == 1, explain(err, "write", "effect")
}

// Effect returns one effect of the scope.
func (tx *Tx) Effect(id string) (work.Effect, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return work.Effect{}, err
	}
	return only(sqldb.Collect(tx.q, effectFields, `SELECT `+effectColumns+` FROM outbox WHERE `+within+` AND id = ?`, append(args, id)...))("effect")
}

// Effects lists at most limit effects of the scope, newest first.
func (tx *Tx) Effects(limit int) ([]work.Effect, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, effectFields, `SELECT `+effectColumns+` FROM outbox WHERE `+within+`
		ORDER BY created_at DESC, id DESC LIMIT ?`, append(args, limit)...)
}

// EffectsUnder lists at most limit effects of one organisation of the scope, or of none
// (""), whose keys begin with a text without % and _, newest first.
func (tx *Tx) EffectsUnder(organisation, beginning string, limit int) ([]work.Effect, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, effectFields, `SELECT `+effectColumns+` FROM outbox WHERE `+within+` AND organisation_id = ? AND effect_key LIKE ?
		ORDER BY created_at DESC, id DESC LIMIT ?`, append(args, organisation, beginning+"%", limit)...)
}

// TroubledEffects counts the effects of a kind that the workspace asked for since a time
// and that wait because an attempt failed, or because nobody sends them.
func (tx *Tx) TroubledEffects(kind string, since time.Time) (int64, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return 0, err
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64], `SELECT COUNT(*) FROM outbox WHERE `+within+` AND created_at >= ? AND kind = ? AND error <> ''
		AND state IN ('waiting', 'running', 'held')`, append(args, since.UnixMilli(), kind)...)
	return n, err
}

// BeginEffect counts an attempt before it is made. ok is false when the effect has
// happened already.
func (tx *Tx) BeginEffect(id string) (ok bool, err error) {
	if err := tx.system(); err != nil {
		return false, err
	}
	n, err := tx.q.Exec(`UPDATE outbox SET state = 'running', attempt = attempt + 1 WHERE id = ? AND state <> 'done'`, id)
	return n == 1, explain(err, "write", "effect")
}

// EndEffect notes that the effect happened, with what the other side answered, and
// keeps the payload of e, from which the sender may have removed what nobody needs
// any more. The ledger records it.
func (tx *Tx) EndEffect(e work.Effect, receipt string, at time.Time) error {
	if err := tx.system(); err != nil {
		return err
	}
	n, err := tx.q.Exec(`UPDATE outbox SET state = 'done', receipt = ?, payload = ?, error = '', sent_at = ? WHERE id = ? AND state <> 'done'`,
		receipt, string(e.Payload), at.UnixMilli(), e.ID)
	if err != nil || n == 0 {
		return explain(err, "write", "effect")
	}
	in := tx
	if e.Workspace != "" {
		in = tx.In(e.Workspace, "")
	}
	return in.Note("effect."+e.Kind, "effect", e.ID, e.Organisation, e.Key)
}

// FailEffect notes why an attempt failed; dead says that there will be no other.
func (tx *Tx) FailEffect(id, cause string, dead bool) error {
	if err := tx.system(); err != nil {
		return err
	}
	state := work.Waiting
	if dead {
		state = work.Dead
	}
	_, err := tx.q.Exec(`UPDATE outbox SET state = ?, error = ? WHERE id = ? AND state <> 'done'`, string(state), cause, id)
	return explain(err, "write", "effect")
}

// HoldEffect keeps an effect that the server is not set up for.
func (tx *Tx) HoldEffect(id, cause string) error {
	if err := tx.system(); err != nil {
		return err
	}
	_, err := tx.q.Exec(`UPDATE outbox SET state = 'held', error = ? WHERE id = ? AND state <> 'done'`, cause, id)
	return explain(err, "write", "effect")
}

// HeldEffects lists the effects of a kind that are held, in all workspaces, oldest
// first. It needs a scope of everything.
func (tx *Tx) HeldEffects(kind string) ([]work.Effect, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, effectFields, `SELECT `+effectColumns+` FROM outbox WHERE state = 'held' AND kind = ? ORDER BY created_at, id`, kind)
}

// RetryEffect lets an effect that failed for good, or is held, be tried again.
// Conflict when it is in another state. The ledger records it.
func (tx *Tx) RetryEffect(id string) (work.Effect, error) {
	if err := tx.writable(); err != nil {
		return work.Effect{}, err
	}
	e, err := tx.Effect(id)
	if err != nil {
		return e, err
	}
	n, err := tx.q.Exec(`UPDATE outbox SET state = 'waiting' WHERE id = ? AND state IN ('dead', 'held')`, id)
	if err != nil {
		return e, explain(err, "write", "effect")
	}
	if n == 0 {
		return e, &fault.Error{Kind: fault.Conflict, What: "the message is " + string(e.State)}
	}
	in := tx
	if e.Workspace != "" && tx.scope.Everything() {
		in = tx.In(e.Workspace, "")
	}
	return e, in.Note("effect.retry", "effect", e.ID, e.Organisation, e.Key)
}

// Mark sets a mark of the scope's workspace, such as "reminder/task/<id>/due"; first
// is true only for the one transaction that set it. What is done in that
// transaction is done exactly once.
func (tx *Tx) Mark(mark string) (first bool, err error) {
	if err := tx.writable(); err != nil {
		return false, err
	}
	n, err := tx.q.Exec(`INSERT INTO marks (workspace_id, mark, at) VALUES (?, ?, ?) ON CONFLICT (workspace_id, mark) DO NOTHING`,
		tx.scope.WorkspaceID(), mark, tx.now.UnixMilli())
	return n == 1, explain(err, "write", "mark")
}

// Marked reports whether the mark is set.
func (tx *Tx) Marked(mark string) (bool, error) {
	_, found, err := sqldb.One(tx.q, sqldb.Single[string],
		`SELECT mark FROM marks WHERE workspace_id = ? AND mark = ?`, tx.scope.WorkspaceID(), mark)
	return found, err
}
