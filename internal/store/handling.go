package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// IndicatorFilter says which indicators a list has; empty fields narrow nothing.
type IndicatorFilter struct {
	Incidents []string // at least one
	Type      string
	Text      string // part of the value, in any case
}

func (f IndicatorFilter) condition(organisation string) (string, []any) {
	args := []any{organisation}
	for _, id := range f.Incidents {
		args = append(args, id)
	}
	condition := "organisation_id = ? AND incident IN " + sqldb.Marks(len(f.Incidents))
	if f.Type != "" {
		condition, args = condition+" AND type = ?", append(args, f.Type)
	}
	if f.Text != "" {
		like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Text))
		condition, args = condition+` AND LOWER(value) LIKE ? ESCAPE '\'`, append(args, "%"+like+"%")
	}
	return condition, args
}

// Indicators lists up to limit indicators after the first skip, oldest first.
func (tx *Tx) Indicators(organisation string, f IndicatorFilter, skip, limit int) ([]incident.Indicator, error) {
	condition, args := f.condition(organisation)
	return indicators.list(tx, condition, fmt.Sprintf("created_at, id LIMIT %d OFFSET %d", limit, skip), args...)
}

// CountIndicators counts the indicators of each type.
func (tx *Tx) CountIndicators(organisation string, f IndicatorFilter) (map[string]int64, error) {
	within, scoped, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	condition, args := f.condition(organisation)
	type count struct {
		kind string
		n    int64
	}
	rows, err := sqldb.Collect(tx.q, func(c *count) []any { return []any{&c.kind, &c.n} },
		"SELECT type, COUNT(*) FROM indicators WHERE "+within+" AND "+condition+" GROUP BY type", append(scoped, args...)...)
	if err != nil {
		return nil, fmt.Errorf("count indicators: %w", err)
	}
	out := map[string]int64{}
	for _, r := range rows {
		out[r.kind] = r.n
	}
	return out, nil
}

// inOneInsert is how many rows one statement inserts: PostgreSQL takes 65,535
// arguments, SQLite 32,766.
const inOneInsert = 500

// AddIndicators inserts indicators of an import; those that are there already are
// left as they are. The ledger holds the import with the hash of its file and the
// counts, not each row. Every row needs its id.
func (tx *Tx) AddIndicators(from incident.Import, list []incident.Indicator) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.owns(from.Organisation); err != nil {
		return err
	}
	for len(list) > 0 {
		n := min(len(list), inOneInsert)
		var marks []string
		var args []any
		for i := range list[:n] {
			v := &list[i]
			v.Organisation, v.Incident, v.Import, v.CreatedAt, v.Version = from.Organisation, from.Incident, from.ID, tx.now, 1
			row, err := sqldb.Args(indicators.fields(v))
			if err != nil {
				return err
			}
			args = append(append(args, row...), tx.scope.WorkspaceID())
			marks = append(marks, sqldb.Marks(len(row)+1))
		}
		insert := "INSERT INTO indicators (" + strings.Join(indicators.names, ", ") + ", workspace_id) VALUES " + strings.Join(marks, ", ") + " ON CONFLICT (id) DO NOTHING"
		if _, err := tx.q.Exec(insert, args...); err != nil {
			return fmt.Errorf("add indicators: %w", err)
		}
		list = list[n:]
	}
	return nil
}

const (
	countImported = `SELECT COUNT(*) FROM indicators WHERE workspace_id = ? AND organisation_id = ? AND import_id = ?`
	dropImported  = `DELETE FROM indicators WHERE workspace_id = ? AND organisation_id = ? AND import_id = ?`
)

// CountImported counts the indicators that an import added and that are there still.
func (tx *Tx) CountImported(from incident.Import) (int64, error) {
	if !tx.scope.Covers(from.Organisation) {
		return 0, absent("import")
	}
	n, _, err := sqldb.One(tx.q, sqldb.Single[int64], countImported, tx.scope.WorkspaceID(), from.Organisation, from.ID)
	if err != nil {
		return 0, fmt.Errorf("count indicators: %w", err)
	}
	return n, nil
}

// RemoveImported takes out what an import added.
func (tx *Tx) RemoveImported(from incident.Import) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if err := tx.owns(from.Organisation); err != nil {
		return err
	}
	if _, err := tx.q.Exec(dropImported, tx.scope.WorkspaceID(), from.Organisation, from.ID); err != nil {
		return fmt.Errorf("remove indicators: %w", err)
	}
	return nil
}

var imports = define(table[incident.Import]{
	name: "indicator_imports", kind: "indicator_import", keys: "id",
	columns: "id, organisation_id, incident, name, sha256, format, tlp, good, bad, types, problems, state, added, created_by, created_at, version",
	fields: func(v *incident.Import) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Incident, &v.Name, &v.SHA256, &v.Format, &v.TLP, &v.Good, &v.Bad, sqldb.JSON(&v.Types), sqldb.JSON(&v.Problems),
			&v.State, &v.Added, &v.CreatedBy, sqldb.Time(&v.CreatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Import) *string { return &v.Organisation },
	version: func(v *incident.Import) *int64 { return &v.Version },
	id:      func(v *incident.Import) *string { return &v.ID },
	created: func(v *incident.Import) *time.Time { return &v.CreatedAt },
	secret:  true, // its rows are not in the ledger
})

// IndicatorImport returns one import.
func (tx *Tx) IndicatorImport(id string) (incident.Import, error) { return imports.get(tx, id) }

// IndicatorImports lists what belongs to incidents, oldest first.
func (tx *Tx) IndicatorImports(organisation string, of ...string) ([]incident.Import, error) {
	return ofIncidents(tx, imports, organisation, of)
}

// PutIndicatorImport makes or changes one import.
func (tx *Tx) PutIndicatorImport(v incident.Import) (incident.Import, error) {
	return imports.put(tx, v)
}

var exercises = define(table[incident.Exercise]{
	name: "incident_exercises", kind: "exercise", keys: "id",
	columns: "id, organisation_id, playbook, copied, goal, people, injects, begun_at, ended_at, findings, summary, created_at, version",
	fields: func(v *incident.Exercise) []any {
		return []any{
			&v.ID, &v.Organisation, &v.Playbook, &v.Copied, &v.Goal, &v.People, sqldb.JSON(&v.Injects), sqldb.Time(&v.BegunAt),
			sqldb.Time(&v.EndedAt), sqldb.JSON(&v.Findings), &v.Summary, sqldb.Time(&v.CreatedAt), &v.Version,
		}
	},
	org:     func(v *incident.Exercise) *string { return &v.Organisation },
	version: func(v *incident.Exercise) *int64 { return &v.Version },
	created: func(v *incident.Exercise) *time.Time { return &v.CreatedAt },
})

// Exercise returns what an exercise has beside its case.
func (tx *Tx) Exercise(of string) (incident.Exercise, error) { return exercises.get(tx, of) }

// Exercises lists the exercises of an organisation, newest first.
func (tx *Tx) Exercises(organisation string) ([]incident.Exercise, error) {
	return exercises.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// PutExercise makes or changes one exercise.
func (tx *Tx) PutExercise(v incident.Exercise) (incident.Exercise, error) {
	return exercises.put(tx, v)
}
