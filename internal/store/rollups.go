package store

import (
	"fmt"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

const rollupColumns = `organisation_id, as_of, class, points, points_then, measures, met, applicable, not_assessed, next_deadline,
	next_deadline_text, open_tasks, overdue_tasks, expiring_evidence, sectors, countries, updated_at`

func rollupFields(r *assessment.Rollup) []any {
	return []any{&r.Organisation, sqldb.Date(&r.AsOf), &r.Class, &r.Points, &r.PointsThen, sqldb.JSON(&r.Measures), &r.Met, &r.Applicable,
		&r.NotAssessed, sqldb.Time(&r.NextDeadline), sqldb.JSON(&r.NextDeadlineText), &r.OpenTasks, &r.OverdueTasks, &r.ExpiringEvidence,
		sqldb.JSON(&r.Sectors), sqldb.JSON(&r.Countries), sqldb.Time(&r.UpdatedAt)}
}

// PutRollup replaces the portfolio row of an organisation. It is derived from what
// the ledger has, so the ledger does not record it.
func (tx *Tx) PutRollup(r assessment.Rollup) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.owns(r.Organisation); err != nil {
		return err
	}
	tx.countDerived()
	r.UpdatedAt = tx.now
	args, err := sqldb.Args(rollupFields(&r))
	if err != nil {
		return err
	}
	err = tx.q.ExecLater(`INSERT INTO rollups (`+rollupColumns+`, workspace_id) VALUES `+sqldb.Marks(len(args)+1)+`
		ON CONFLICT (workspace_id, organisation_id) DO UPDATE SET as_of = excluded.as_of, class = excluded.class,
			points = excluded.points, points_then = excluded.points_then, measures = excluded.measures, met = excluded.met,
			applicable = excluded.applicable, not_assessed = excluded.not_assessed, next_deadline = excluded.next_deadline,
			next_deadline_text = excluded.next_deadline_text, open_tasks = excluded.open_tasks,
			overdue_tasks = excluded.overdue_tasks, expiring_evidence = excluded.expiring_evidence,
			sectors = excluded.sectors, countries = excluded.countries, updated_at = excluded.updated_at`,
		append(args, tx.scope.WorkspaceID())...)
	return explain(err, "write", "rollup")
}

// Rollup returns the portfolio row of an organisation.
func (tx *Tx) Rollup(organisation string) (assessment.Rollup, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return assessment.Rollup{}, err
	}
	return only(sqldb.Collect(tx.q, rollupFields, `SELECT `+rollupColumns+` FROM rollups WHERE `+within+` AND organisation_id = ?`,
		append(args, organisation)...))("rollup")
}

func standingFields(p *assessment.Standing) []any {
	o := &p.Organisation
	return []any{&o.ID, &o.Kind, &o.Name, sqldb.JSON(&o.Brand), sqldb.JSON(&o.Tags), sqldb.Time(&o.CreatedAt), sqldb.Time(&o.UpdatedAt), &o.Version}
}

// Portfolio lists the organisations of the scope with their roll-ups, by name;
// templates and archived ones are left out.
func (tx *Tx) Portfolio() ([]assessment.Standing, error) {
	within, args, err := tx.within("id")
	if err != nil {
		return nil, err
	}
	rows, err := keptList(tx, arranged, flat[assessment.Standing](900), []string{"portfolio"}, func() ([]assessment.Standing, error) {
		return sqldb.Collect(tx.q, standingFields, `
		SELECT id, kind, name, brand, tags, created_at, updated_at, version
		FROM organisations WHERE `+within+` AND NOT archived AND NOT template ORDER BY name, id`, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	rollups, err := tx.rollups()
	for i := range rows {
		r, ok := rollups[rows[i].Organisation.ID]
		r.Organisation = rows[i].Organisation.ID
		rows[i].Rollup, rows[i].Assessed = r, ok
	}
	return rows, err
}

// rollups are the roll-ups of the scope by organisation.
func (tx *Tx) rollups() (map[string]assessment.Rollup, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	each := func(r *assessment.Rollup) int { return 600 + 16*len(r.Measures) + 30*(len(r.Sectors)+len(r.Countries)) }
	all, err := keptList(tx, withDerived, each, []string{"rollups"}, func() ([]assessment.Rollup, error) {
		return sqldb.Collect(tx.q, rollupFields, `SELECT `+rollupColumns+` FROM rollups WHERE `+within, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("list rollups: %w", err)
	}
	out := make(map[string]assessment.Rollup, len(all))
	for _, r := range all {
		out[r.Organisation] = r
	}
	return out, nil
}
