package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/law"
)

var snapshots = define(table[assessment.Snapshot]{
	name: "snapshots", kind: "snapshot", keys: "id",
	columns: "id, organisation_id, on_day, label, automatic, points, scores, body, created_at, version",
	fields: func(s *assessment.Snapshot) []any {
		return []any{&s.ID, &s.Organisation, sqldb.Date(&s.On), &s.Label, &s.Automatic, &s.Points, sqldb.JSON(&s.Scores),
			sqldb.Raw(&s.Body), sqldb.Time(&s.CreatedAt), &s.Version}
	},
	org:     func(s *assessment.Snapshot) *string { return &s.Organisation },
	version: func(s *assessment.Snapshot) *int64 { return &s.Version },
	id:      func(s *assessment.Snapshot) *string { return &s.ID },
	created: func(s *assessment.Snapshot) *time.Time { return &s.CreatedAt },
})

// Snapshot returns one snapshot with its body.
func (tx *Tx) Snapshot(id string) (assessment.Snapshot, error) { return snapshots.get(tx, id) }

func snapshotHeadFields(s *assessment.Snapshot) []any {
	return []any{&s.ID, &s.Organisation, sqldb.Date(&s.On), &s.Label, &s.Automatic, &s.Points, sqldb.JSON(&s.Scores), sqldb.Time(&s.CreatedAt), &s.Version}
}

// Snapshots lists the snapshots of an organisation without their bodies, oldest
// first.
func (tx *Tx) Snapshots(organisation string) ([]assessment.Snapshot, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, snapshotHeadFields, `
		SELECT id, organisation_id, on_day, label, automatic, points, scores, created_at, version
		FROM snapshots WHERE `+within+` AND organisation_id = ? ORDER BY on_day, created_at, id`, append(args, organisation)...)
}

// Trend lists the overall scores of an organisation since a day, as its snapshots
// have them, oldest first.
func (tx *Tx) Trend(organisation string, since law.Date) ([]assessment.Point, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	return keptList(tx, withDerived, flat[assessment.Point](32), []string{"trend", organisation, since.String()}, func() ([]assessment.Point, error) {
		return sqldb.Collect(tx.q, func(p *assessment.Point) []any { return []any{sqldb.Date(&p.On), &p.Points} }, `
			SELECT on_day, points
			FROM snapshots WHERE `+within+` AND organisation_id = ? AND on_day >= ? ORDER BY on_day, created_at, id`,
			append(args, organisation, since.String())...)
	})
}

// SnapshotBefore returns the last snapshot of an organisation made for the day or
// an earlier one.
func (tx *Tx) SnapshotBefore(organisation string, day law.Date) (assessment.Snapshot, error) {
	return only(snapshots.list(tx, "organisation_id = ? AND on_day <= ?", "on_day DESC, created_at DESC LIMIT 1", organisation, day.String()))(snapshots.kind)
}

// PutSnapshot keeps a snapshot, or changes its label.
func (tx *Tx) PutSnapshot(s assessment.Snapshot) (assessment.Snapshot, error) {
	return snapshots.put(tx, s)
}

// RemoveSnapshot deletes a snapshot.
func (tx *Tx) RemoveSnapshot(id string) error { return snapshots.remove(tx, id) }

// KeepAutomatic keeps an automatic snapshot. The machine derives it every night from
// what the ledger has, so the ledger does not record it.
func (tx *Tx) KeepAutomatic(s assessment.Snapshot) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.owns(s.Organisation); err != nil {
		return err
	}
	tx.countDerived()
	s.Automatic, s.ID, s.CreatedAt, s.Version = true, id.New(), tx.now, 1
	args, err := sqldb.Args(snapshots.fields(&s))
	if err != nil {
		return err
	}
	_, err = tx.q.Exec(`INSERT INTO snapshots (`+snapshots.columns+`, workspace_id) VALUES `+sqldb.Marks(len(args)+1),
		append(args, tx.scope.WorkspaceID())...)
	return explain(err, "write", "snapshot")
}

// ThinAutomatic deletes the automatic snapshots of an organisation that were made
// for a day before the given one, except the last of each month. Those that people
// made stay.
func (tx *Tx) ThinAutomatic(organisation string, before law.Date) (int64, error) {
	if err := tx.writable(); err != nil {
		return 0, err
	}
	if err := tx.owns(organisation); err != nil {
		return 0, err
	}
	tx.countDerived()
	return tx.q.Exec(`DELETE FROM snapshots WHERE workspace_id = ? AND organisation_id = ? AND automatic AND on_day < ?
		AND EXISTS (SELECT 1 FROM snapshots later WHERE later.workspace_id = snapshots.workspace_id
			AND later.organisation_id = snapshots.organisation_id AND later.automatic
			AND SUBSTR(later.on_day, 1, 7) = SUBSTR(snapshots.on_day, 1, 7)
			AND (later.on_day > snapshots.on_day OR later.on_day = snapshots.on_day AND later.id > snapshots.id))`,
		tx.scope.WorkspaceID(), organisation, before.String())
}
