package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var members = define(table[tenant.Membership]{
	name: "members", kind: "membership", keys: "person_id, organisation_id",
	columns: "person_id, organisation_id, role, created_at",
	fields: func(m *tenant.Membership) []any {
		return []any{&m.Person, &m.Organisation, &m.Role, sqldb.Time(&m.CreatedAt)}
	},
	home:    func(m *tenant.Membership) *string { return &m.Workspace },
	org:     func(m *tenant.Membership) *string { return &m.Organisation },
	loose:   true,
	aside:   true,
	created: func(m *tenant.Membership) *time.Time { return &m.CreatedAt },
})

// Membership returns the membership of a person in an organisation ("" = in the
// whole workspace).
func (tx *Tx) Membership(person, organisation string) (tenant.Membership, error) {
	return members.get(tx, person, organisation)
}

// PutMembership gives a person a role, or another one.
func (tx *Tx) PutMembership(m tenant.Membership) (tenant.Membership, error) {
	return members.put(tx, m)
}

// RemoveMembership takes the role away.
func (tx *Tx) RemoveMembership(person, organisation string) error {
	return members.remove(tx, person, organisation)
}

func memberFields(m *tenant.Member) []any {
	return append(members.fields(&m.Membership), &m.Workspace, &m.Email, &m.Name, &m.Disabled, &m.Zone)
}

// Members lists the memberships of the scope with the people's names, by name.
func (tx *Tx) Members() ([]tenant.Member, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	return keptList(tx, arrangedPeople, flat[tenant.Member](400), []string{"members"}, func() ([]tenant.Member, error) {
		return sqldb.Collect(tx.q, memberFields, `
		SELECT m.person_id, m.organisation_id, m.role, m.created_at, m.workspace_id, p.email, p.name, p.disabled, p.zone
		FROM (SELECT * FROM members WHERE `+within+`) m JOIN people p ON p.id = m.person_id
		ORDER BY p.name, p.email, m.organisation_id`, args...)
	})
}

// MembersOf lists who belongs to an organisation, by a role of their own in it or
// by one in the whole workspace, by name.
func (tx *Tx) MembersOf(organisation string) ([]tenant.Member, error) {
	w, err := tx.workspace()
	if err != nil {
		return nil, err
	}
	if !tx.scope.Covers(organisation) {
		return nil, absent("organisation")
	}
	return keptList(tx, arrangedPeople, flat[tenant.Member](400), []string{"members of", organisation}, func() ([]tenant.Member, error) {
		return sqldb.Collect(tx.q, memberFields, `
		SELECT m.person_id, m.organisation_id, m.role, m.created_at, m.workspace_id, p.email, p.name, p.disabled, p.zone
		FROM (SELECT * FROM members WHERE workspace_id = ? AND organisation_id IN ('', ?)) m JOIN people p ON p.id = m.person_id
		ORDER BY p.name, p.email, m.organisation_id`, w, organisation)
	})
}

// WorkspaceFor returns the workspace of the scope with the memberships of a person
// in it, in one query.
func (tx *Tx) WorkspaceFor(person string) (tenant.Workspace, []tenant.Membership, error) {
	type both struct {
		workspace  tenant.Workspace
		membership tenant.Membership
	}
	w, err := tx.workspace()
	if err != nil {
		return tenant.Workspace{}, nil, err
	}
	found, err := sqldb.Collect(tx.q, func(b *both) []any {
		return append(workspaces.fields(&b.workspace), members.fields(&b.membership)...)
	}, workspaceFor, person, w)
	if err != nil {
		return tenant.Workspace{}, nil, fmt.Errorf("read the workspace and its member: %w", err)
	}
	if len(found) == 0 { // no member
		out, err := tx.Workspace()
		return out, nil, err
	}
	out := found[0].workspace
	out.ID = w
	list := make([]tenant.Membership, len(found))
	for i, b := range found {
		list[i] = b.membership
		list[i].Workspace = w
	}
	return out, list, nil
}

var workspaceFor = "SELECT " + qualified("w", workspaces.names) + ", " + qualified("m", members.names) +
	" FROM workspaces w JOIN members m ON m.workspace_id = w.workspace_id AND m.person_id = ? WHERE w.workspace_id = ? ORDER BY m.organisation_id"

// MembershipsOf lists the memberships of a person in all workspaces. It needs a
// scope of everything.
func (tx *Tx) MembershipsOf(person string) ([]tenant.Membership, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	return sqldb.Collect(tx.q, func(m *tenant.Membership) []any { return append(members.fields(m), &m.Workspace) }, `
		SELECT person_id, organisation_id, role, created_at, workspace_id
		FROM members WHERE person_id = ? ORDER BY workspace_id, organisation_id`, person)
}
