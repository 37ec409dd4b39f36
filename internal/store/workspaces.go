package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/law"
)

var workspaces = define(table[tenant.Workspace]{
	name: "workspaces", kind: "workspace",
	columns: "kind, name, language, zone, brand, policy, created_at, version",
	fields: func(w *tenant.Workspace) []any {
		return []any{&w.Kind, &w.Name, &w.Language, &w.Zone, sqldb.JSON(&w.Brand), sqldb.JSON(&w.Policy), sqldb.Time(&w.CreatedAt), &w.Version}
	},
	home:    func(w *tenant.Workspace) *string { return &w.ID },
	version: func(w *tenant.Workspace) *int64 { return &w.Version },
	created: func(w *tenant.Workspace) *time.Time { return &w.CreatedAt },
})

// Workspace returns the workspace of the scope.
func (tx *Tx) Workspace() (tenant.Workspace, error) { return workspaces.get(tx) }

// Zone is the time zone of the workspace of the scope.
func (tx *Tx) Zone() (*time.Location, error) {
	w, err := tx.workspace()
	if err != nil {
		return nil, err
	}
	name, err := keptOne(tx, arranged, 100, []string{"zone"}, func() (string, error) {
		// By itself, because a workspace that is read to be changed is locked.
		name, _, err := sqldb.One(tx.q, sqldb.Single[string], `SELECT zone FROM workspaces WHERE workspace_id = ?`, w)
		return name, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the time zone: %w", err)
	}
	return tenant.ZoneOf(name), nil
}

// Today is the day of the transaction where the workspace is: for what is nobody's
// own, such as portfolio rows. Whoever acts has a day of their own, authz.Actor.Day.
func (tx *Tx) Today() (law.Date, error) {
	zone, err := tx.Zone()
	if err != nil {
		return law.Date{}, err
	}
	return law.DateOf(tx.now.In(zone)), nil
}

// PutWorkspace makes the workspace of the scope, or changes it. A new workspace
// needs a system scope that was narrowed to its id.
func (tx *Tx) PutWorkspace(w tenant.Workspace) (tenant.Workspace, error) {
	return workspaces.put(tx, w)
}

// RemoveWorkspace deletes the workspace of the scope with all that is in it,
// except its ledger.
func (tx *Tx) RemoveWorkspace() error {
	if !tx.scope.Covers("") {
		return absent("workspace")
	}
	return workspaces.remove(tx)
}

// Workspaces lists all workspaces by name. It needs a scope of everything.
func (tx *Tx) Workspaces() ([]tenant.Workspace, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, func(w *tenant.Workspace) []any { return append([]any{&w.ID}, workspaces.fields(w)...) },
		`SELECT workspace_id, `+workspaces.columns+` FROM workspaces ORDER BY name, workspace_id`)
}
