package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// The queue is the machine's own book-keeping; the ledger does not record it,
// except what people do to jobs.

const jobColumns = `workspace_id, id, organisation_id, kind, args, COALESCE(unique_key, ''), priority, state, run_at, attempt, max_attempts,
	lease_until, leased_by, progress, note, error, result, created_by, created_at, finished_at`

func jobFields(j *work.Job) []any {
	return []any{&j.Workspace, &j.ID, &j.Organisation, &j.Kind, sqldb.Raw(&j.Args), &j.Unique, &j.Priority, &j.State, sqldb.Time(&j.RunAt),
		&j.Attempt, &j.MaxAttempts, sqldb.Time(&j.LeaseUntil), &j.LeasedBy, &j.Progress, &j.Note, &j.Error, sqldb.Raw(&j.Result),
		&j.CreatedBy, sqldb.Time(&j.CreatedAt), sqldb.Time(&j.FinishedAt)}
}

// DefaultAttempts is how often a job is tried when it does not say.
const DefaultAttempts = 10

// Enqueue puts a job into the queue when the transaction commits. Its workspace is
// that of the scope. A job with a unique key of which one is waiting is not put in
// again; when that one is running, it will run once more after.
func (tx *Tx) Enqueue(j work.Job) (work.Job, error) {
	if err := tx.writable(); err != nil {
		return j, err
	}
	if err := tx.belongs(j.Organisation); err != nil {
		return j, err
	}
	j.ID, j.Workspace, j.State, j.CreatedAt, j.CreatedBy = id.New(), tx.scope.WorkspaceID(), work.Waiting, tx.now, tx.p.change.Actor
	if j.RunAt.IsZero() {
		j.RunAt = tx.now
	}
	if j.MaxAttempts == 0 {
		j.MaxAttempts = DefaultAttempts
	}
	n, err := tx.q.Exec(`
		INSERT INTO jobs (workspace_id, id, organisation_id, kind, args, unique_key, priority, state, run_at, attempt, max_attempts,
			lease_until, leased_by, progress, note, error, result, created_by, created_at, finished_at, again)
		VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?, 0, ?, 0, '', 0, '', '', '', ?, ?, 0, ?)
		ON CONFLICT (workspace_id, kind, unique_key) DO NOTHING`,
		j.Workspace, j.ID, j.Organisation, j.Kind, string(j.Args), null(j.Unique), j.Priority, j.RunAt.UnixMilli(), j.MaxAttempts,
		j.CreatedBy, j.CreatedAt.UnixMilli(), false)
	if err != nil {
		return j, explain(err, "write", "job")
	}
	*tx.p.queued = true
	if n == 1 {
		return j, nil
	}
	return tx.again(j)
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// again returns the job that is in the queue under the same unique key.
func (tx *Tx) again(j work.Job) (work.Job, error) {
	const same = ` WHERE workspace_id = ? AND kind = ? AND unique_key = ?`
	if _, err := tx.q.Exec(`UPDATE jobs SET again = ?`+same+` AND state = 'running'`, true, j.Workspace, j.Kind, j.Unique); err != nil {
		return j, explain(err, "write", "job")
	}
	return tx.JobWith(j.Kind, j.Unique)
}

// JobWith returns the job that waits or runs under a unique key.
func (tx *Tx) JobWith(kind, unique string) (work.Job, error) {
	return only(sqldb.Collect(tx.q, jobFields, `SELECT `+jobColumns+` FROM jobs WHERE workspace_id = ? AND kind = ? AND unique_key = ?`,
		tx.scope.WorkspaceID(), kind, unique))("job")
}

// LastEnqueued is when a job of the kind with the arguments was last put into the queue
// of each workspace that has one, as far back as jobs are kept. It needs a scope of
// everything.
func (tx *Tx) LastEnqueued(kind string, args json.RawMessage) (map[string]time.Time, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	type last struct {
		workspace string
		at        time.Time
	}
	list, err := sqldb.Collect(tx.q, func(l *last) []any { return []any{&l.workspace, sqldb.Time(&l.at)} },
		`SELECT workspace_id, MAX(created_at) FROM jobs WHERE kind = ? AND args = ? GROUP BY workspace_id`, kind, string(args))
	out := map[string]time.Time{}
	for _, l := range list {
		out[l.workspace] = l.at
	}
	return out, err
}

// Claim hands at most limit due jobs of the kinds to a worker until the lease
// ends, the urgent and old ones first. Jobs of workers that were lost are handed
// out again, or given up after their last attempt. It needs a scope of everything.
func (tx *Tx) Claim(kinds []string, worker string, lease time.Duration, limit int) ([]work.Job, error) {
	if err := tx.system(); err != nil || len(kinds) == 0 {
		return nil, err
	}
	now := tx.now.UnixMilli()
	_, err := tx.q.Exec(`
		UPDATE jobs SET state = 'dead', error = 'the worker was lost', finished_at = ?, unique_key = NULL
		WHERE state IN ('waiting', 'running') AND state = 'running' AND lease_until < ? AND attempt >= max_attempts`, now, now)
	if err != nil {
		return nil, fmt.Errorf("give up lost jobs: %w", err)
	}
	args := []any{now, now}
	for _, k := range kinds {
		args = append(args, k)
	}
	// Materialized, because PostgreSQL may otherwise run the choice once for each row of
	// the table, and skip what it has just locked: it would claim more than the limit.
	return sqldb.Collect(tx.q, jobFields, `
		WITH chosen AS MATERIALIZED (SELECT id FROM jobs
			WHERE state IN ('waiting', 'running') AND (state = 'waiting' AND run_at <= ? OR state = 'running' AND lease_until < ?)
				AND kind IN `+sqldb.Marks(len(kinds))+`
			ORDER BY priority DESC, run_at, id LIMIT ?`+tx.q.Dialect().SkipLocked()+`)
		UPDATE jobs SET state = 'running', attempt = attempt + 1, lease_until = ?, leased_by = ?, progress = 0, note = ''
		WHERE id IN (SELECT id FROM chosen)
		RETURNING `+jobColumns, append(args, limit, tx.now.Add(lease).UnixMilli(), worker)...)
}

// held is the condition that the worker still holds the job as it was claimed.
const held = ` WHERE id = ? AND state = 'running' AND leased_by = ? AND attempt = ?`

// settleJob runs an update on a job that the caller holds.
func (tx *Tx) settleJob(j work.Job, set string, args ...any) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if !tx.scope.Everything() && tx.scope.WorkspaceID() != j.Workspace {
		return absent("job")
	}
	n, err := tx.q.Exec(`UPDATE jobs SET `+set+held, append(args, j.ID, j.LeasedBy, j.Attempt)...)
	if err != nil {
		return explain(err, "write", "job")
	}
	if n == 0 {
		return &fault.Error{Kind: fault.Conflict, What: "the job was handed to another worker, or cancelled"}
	}
	return nil
}

// BeatJob prolongs the lease of a job and notes how far it is (0–1). Conflict when
// the worker no longer holds it: it must stop.
func (tx *Tx) BeatJob(j work.Job, lease time.Duration, progress float64, note string) error {
	return tx.settleJob(j, `lease_until = ?, progress = ?, note = ?`, tx.now.Add(lease).UnixMilli(), progress, note)
}

// FinishJob ends a job. In the transaction that holds the job's own changes it
// makes them happen exactly once: Conflict, and nothing is kept, when another
// worker has the job by now.
func (tx *Tx) FinishJob(j work.Job, result json.RawMessage) error {
	const set = `
		state = CASE WHEN again THEN 'waiting' ELSE 'done' END, unique_key = CASE WHEN again THEN unique_key ELSE NULL END,
		attempt = CASE WHEN again THEN 0 ELSE attempt END, again = ?, progress = 1, error = '', run_at = ?, result = ?, finished_at = ?`
	now := tx.now.UnixMilli()
	return tx.settleJob(j, set, false, now, string(result), now)
}

// FailJob notes why an attempt failed; the job runs again at the time.
func (tx *Tx) FailJob(j work.Job, cause string, at time.Time) error {
	return tx.settleJob(j, `state = 'waiting', error = ?, run_at = ?`, cause, at.UnixMilli())
}

// BuryJob gives a job up until a person starts it again.
func (tx *Tx) BuryJob(j work.Job, cause string) error {
	return tx.settleJob(j, `state = 'dead', error = ?, finished_at = ?, unique_key = NULL`, cause, tx.now.UnixMilli())
}

// ReleaseJob puts a job back whose worker stops before it is done, without
// counting the attempt.
func (tx *Tx) ReleaseJob(j work.Job) error {
	return tx.settleJob(j, `state = 'waiting', run_at = ?, attempt = attempt - 1`, tx.now.UnixMilli())
}

// Job returns one job of the scope.
func (tx *Tx) Job(id string) (work.Job, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return work.Job{}, err
	}
	return only(sqldb.Collect(tx.q, jobFields, `SELECT `+jobColumns+` FROM jobs WHERE `+within+` AND id = ?`, append(args, id)...))("job")
}

// Jobs lists at most limit jobs of the scope, newest first; state "" means all.
func (tx *Tx) Jobs(state work.State, limit int) ([]work.Job, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, jobFields, `SELECT `+jobColumns+` FROM jobs WHERE `+within+` AND (state = ? OR ? = '')
		ORDER BY created_at DESC, id DESC LIMIT ?`, append(args, string(state), string(state), limit)...)
}

// JobsOfPeople lists at most limit jobs of the scope that people or schedules asked
// for, newest first: all but the delivery of effects, which the outbox shows.
// ended leaves out those that ended before the time; zero shows all.
func (tx *Tx) JobsOfPeople(ended time.Time, limit int) ([]work.Job, error) {
	within, args, err := tx.queueWithin()
	if err != nil {
		return nil, err
	}
	from := int64(0)
	if !ended.IsZero() {
		from = ended.UnixMilli()
	}
	return sqldb.Collect(tx.q, jobFields, `SELECT `+jobColumns+` FROM jobs WHERE `+within+` AND kind <> 'outbox.send'
		AND (state IN ('waiting', 'running') OR finished_at >= ?) ORDER BY created_at DESC, id DESC LIMIT ?`, append(args, from, limit)...)
}

// queueWithin is within for tables in which the server has rows of its own; a
// scope of everything sees all.
func (tx *Tx) queueWithin() (string, []any, error) {
	if tx.scope.Everything() {
		return "1 = 1", nil, nil
	}
	return tx.within("organisation_id")
}

// RetryJob starts a dead or cancelled job again, or at once one that waits for its next
// try. The ledger records it.
func (tx *Tx) RetryJob(id string) error {
	return tx.turnJob(id, "retry", `state = 'waiting', attempt = 0, run_at = ?, finished_at = 0`, `(state IN ('dead', 'cancelled') OR state = 'waiting' AND attempt > 0)`)
}

// CancelJob takes a waiting or running job out of the queue; a running one stops
// at its next beat. The ledger records it.
func (tx *Tx) CancelJob(id string) error {
	return tx.turnJob(id, "cancel", `state = 'cancelled', finished_at = ?, unique_key = NULL`, `state IN ('waiting', 'running')`)
}

func (tx *Tx) turnJob(id, verb, set, condition string) error {
	if err := tx.writable(); err != nil {
		return err
	}
	j, err := tx.Job(id)
	if err != nil {
		return err
	}
	n, err := tx.q.Exec(`UPDATE jobs SET `+set+` WHERE id = ? AND `+condition, tx.now.UnixMilli(), id)
	if err != nil {
		return explain(err, verb, "job")
	}
	if n == 0 {
		return &fault.Error{Kind: fault.Conflict, What: "the job is " + string(j.State)}
	}
	*tx.p.queued = true
	return tx.Note("job."+verb, "job", id, j.Organisation, "")
}

// SweepJobs deletes jobs that ended before the time, the dead ones excepted; of the
// server's own, which come every minute, those that ended before a day ago. It
// needs a scope of everything.
func (tx *Tx) SweepJobs(before time.Time) (int64, error) {
	if err := tx.system(); err != nil {
		return 0, err
	}
	day := tx.now.Add(-24 * time.Hour)
	if day.Before(before) {
		day = before
	}
	return tx.q.Exec(`DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND (finished_at < ? OR workspace_id = '' AND finished_at < ?)`,
		before.UnixMilli(), day.UnixMilli())
}
