package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/law"
)

var tasks = define(table[planning.Task]{
	name: "tasks", kind: "task", keys: "id",
	columns: "id, organisation_id, origin, incident_id, title, body, state, phase, requirements, measures, after_tasks, owner, role, effort, cost_cents, currency, " +
		"start_day, due_day, due_because, every_months, priority, position, done_at, created_at, updated_at, version",
	fields: func(t *planning.Task) []any {
		return []any{&t.ID, &t.Organisation, &t.Origin, &t.Incident, &t.Title, &t.Body, &t.State, &t.Phase, sqldb.JSON(&t.Requirements),
			sqldb.JSON(&t.Measures), sqldb.JSON(&t.After), &t.Owner, &t.Role, sqldb.JSON(&t.Effort), &t.CostCents, &t.Currency,
			sqldb.Date(&t.Start), sqldb.Date(&t.Due), sqldb.JSON(&t.DueBecause), &t.EveryMonths, &t.Priority, &t.Position,
			sqldb.Time(&t.DoneAt), sqldb.Time(&t.CreatedAt), sqldb.Time(&t.UpdatedAt), &t.Version}
	},
	org:     func(t *planning.Task) *string { return &t.Organisation },
	version: func(t *planning.Task) *int64 { return &t.Version },
	id:      func(t *planning.Task) *string { return &t.ID },
	created: func(t *planning.Task) *time.Time { return &t.CreatedAt },
	updated: func(t *planning.Task) *time.Time { return &t.UpdatedAt },
	found:   func(t *planning.Task) found { return found{t.Title, t.Body} },
})

// Task returns one task.
func (tx *Tx) Task(id string) (planning.Task, error) { return tasks.get(tx, id) }

// Tasks lists the tasks of an organisation by due day; those without one come last.
func (tx *Tx) Tasks(organisation string) ([]planning.Task, error) {
	return tasks.list(tx, "organisation_id = ?", "CASE due_day WHEN '' THEN 1 ELSE 0 END, due_day, priority DESC, id", organisation)
}

// TasksOfIncident lists the tasks of a case in the order of its playbooks.
func (tx *Tx) TasksOfIncident(organisation, of string) ([]planning.Task, error) {
	return tasks.list(tx, "organisation_id = ? AND incident_id = ?", "position, id", organisation, of)
}

// DueTasks lists the open tasks of the scope that are due on the day or were
// before, the oldest first.
func (tx *Tx) DueTasks(day law.Date) ([]planning.Task, error) {
	return tasks.list(tx, "state IN ('todo', 'doing', 'blocked') AND due_day <> '' AND due_day <= ?", "due_day, id", day.String())
}

// CountTasks counts the open tasks of an organisation, and those of them that were
// due before the day.
func (tx *Tx) CountTasks(organisation string, day law.Date) (open, overdue int, err error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return 0, 0, err
	}
	type counts struct{ open, overdue int }
	c, _, err := sqldb.One(tx.q, func(c *counts) []any { return []any{&c.open, &c.overdue} }, `
		SELECT COUNT(*), COUNT(CASE WHEN due_day <> '' AND due_day < ? THEN 1 END)
		FROM tasks WHERE `+within+` AND organisation_id = ? AND state IN ('todo', 'doing', 'blocked')`,
		append(append([]any{day.String()}, args...), organisation)...)
	return c.open, c.overdue, err
}

// TasksOf lists the open tasks of the scope that a person owns, by due day; those
// without one come last.
func (tx *Tx) TasksOf(person string) ([]planning.Task, error) {
	return tasks.list(tx, "owner = ? AND state IN ('todo', 'doing', 'blocked')",
		"CASE due_day WHEN '' THEN 1 ELSE 0 END, due_day, priority DESC, id", person)
}

// PutTask makes or changes a task.
func (tx *Tx) PutTask(t planning.Task) (planning.Task, error) { return tasks.put(tx, t) }

// RemoveTask deletes a task.
func (tx *Tx) RemoveTask(id string) error { return tasks.remove(tx, id) }
