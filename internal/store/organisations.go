package store

import (
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var organisations = define(table[tenant.Organisation]{
	name: "organisations", kind: "organisation", keys: "id",
	columns: "id, kind, name, brand, template, archived, tags, facts, created_at, updated_at, version",
	fields: func(o *tenant.Organisation) []any {
		return []any{&o.ID, &o.Kind, &o.Name, sqldb.JSON(&o.Brand), &o.Template, &o.Archived, sqldb.JSON(&o.Tags), sqldb.Raw(&o.Facts),
			sqldb.Time(&o.CreatedAt), sqldb.Time(&o.UpdatedAt), &o.Version}
	},
	itself:  true,
	filed:   func(o *tenant.Organisation) bool { return o.Archived },
	org:     func(o *tenant.Organisation) *string { return &o.ID },
	version: func(o *tenant.Organisation) *int64 { return &o.Version },
	id:      func(o *tenant.Organisation) *string { return &o.ID },
	created: func(o *tenant.Organisation) *time.Time { return &o.CreatedAt },
	updated: func(o *tenant.Organisation) *time.Time { return &o.UpdatedAt },
	found:   func(o *tenant.Organisation) found { return found{o.Name, strings.Join(o.Tags, " ")} },
})

// Organisation returns one organisation.
func (tx *Tx) Organisation(id string) (tenant.Organisation, error) { return organisations.get(tx, id) }

// Organisations lists the organisations of the scope by name, templates and
// archived ones included.
func (tx *Tx) Organisations() ([]tenant.Organisation, error) {
	return organisations.list(tx, "1 = 1", "name, id")
}

// Aside lists the templates and the archived organisations of the scope, by name.
func (tx *Tx) Aside() ([]tenant.Organisation, error) {
	return keptList(tx, arranged, func(o *tenant.Organisation) int { return 600 + len(o.Facts) }, []string{"organisations aside"}, func() ([]tenant.Organisation, error) {
		return organisations.list(tx, "(template OR archived)", "name, id")
	})
}

// notArchived is the condition that rows of a table are of organisations that are not in
// the archive.
func notArchived(table string) string {
	return `NOT EXISTS (SELECT 1 FROM organisations o WHERE o.workspace_id = ` + table + `.workspace_id AND o.id = ` + table + `.organisation_id AND o.archived)`
}

// Archived are the organisations of the scope that are in the archive.
func (tx *Tx) Archived() (map[string]bool, error) {
	aside, err := tx.Aside()
	out := map[string]bool{}
	for _, o := range aside {
		out[o.ID] = o.Archived
	}
	return out, err
}

// PutOrganisation makes or changes an organisation.
func (tx *Tx) PutOrganisation(o tenant.Organisation) (tenant.Organisation, error) {
	return organisations.put(tx, o)
}

// RemoveOrganisation deletes an organisation with all that is in it, except what
// the ledger says of it. To put one aside, set Archived.
func (tx *Tx) RemoveOrganisation(id string) error {
	if err := organisations.remove(tx, id); err != nil {
		return err
	}
	return tx.forget(id)
}

// forget deletes the rows that name an organisation without a foreign key,
// because theirs may be empty.
func (tx *Tx) forget(organisation string) error {
	w, err := tx.workspace()
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM members WHERE workspace_id = ? AND organisation_id = ?`,
		`DELETE FROM settings WHERE workspace_id = ? AND organisation_id = ?`,
		`DELETE FROM jobs WHERE workspace_id = ? AND organisation_id = ?`,
		`DELETE FROM outbox WHERE workspace_id = ? AND organisation_id = ?`,
	} {
		if _, err := tx.q.Exec(statement, w, organisation); err != nil {
			return explain(err, "remove", "organisation")
		}
	}
	return nil
}
