package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

func cronFields(c *work.Cron) []any {
	return []any{&c.Name, &c.Kind, &c.Every, sqldb.Time(&c.Next), sqldb.Time(&c.Last)}
}

// PutCron adds a schedule. One of the same name keeps its next time unless its
// rhythm changed. It needs a scope of everything, like all schedules.
func (tx *Tx) PutCron(c work.Cron) error {
	if err := tx.system(); err != nil {
		return err
	}
	_, err := tx.q.Exec(`
		INSERT INTO crons (name, kind, every, next_at, last_at) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,
			next_at = CASE WHEN crons.every = excluded.every THEN crons.next_at ELSE excluded.next_at END, every = excluded.every`,
		c.Name, c.Kind, c.Every, c.Next.UnixMilli())
	return explain(err, "write", "schedule")
}

// Crons lists the schedules by name.
func (tx *Tx) Crons() ([]work.Cron, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, cronFields, `SELECT name, kind, every, next_at, last_at FROM crons ORDER BY name`)
}

// TurnCron moves a schedule that is due on to its next time; first is false when
// another server did so already.
func (tx *Tx) TurnCron(c work.Cron, next time.Time) (first bool, err error) {
	if err := tx.system(); err != nil {
		return false, err
	}
	n, err := tx.q.Exec(`UPDATE crons SET last_at = ?, next_at = ? WHERE name = ? AND next_at = ? AND next_at <= ?`,
		tx.now.UnixMilli(), next.UnixMilli(), c.Name, c.Next.UnixMilli(), tx.now.UnixMilli())
	return n == 1, explain(err, "write", "schedule")
}
