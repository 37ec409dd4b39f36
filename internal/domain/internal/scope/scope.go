// Package scope holds the value without which nothing can be read or written. Go
// lets only the packages below internal/domain import it, so the compiler keeps
// everybody else from making a scope: authz grants one after a check of rights,
// and tenant.System makes one for work that no person asked for.
package scope

import "slices"

// Scope says whose rows may be touched. The zero value touches nothing and every
// query refuses it.
type Scope struct {
	workspace     string
	organisations []string // nil: every organisation of the workspace
	limited       bool     // only the organisations named
	reason        string   // of a system scope
}

// Workspace covers every organisation of the workspace.
func Workspace(workspace string) Scope { return Scope{workspace: workspace} }

// Organisations covers some organisations of the workspace; none means no rows.
func Organisations(workspace string, organisations ...string) Scope {
	return Scope{workspace: workspace, organisations: slices.Clone(organisations), limited: true}
}

// System covers everything. The reason is printed with errors.
func System(reason string) Scope { return Scope{reason: reason} }

// In narrows a system scope to a workspace and, unless organisation is empty, to
// one organisation. Any other scope becomes the zero value: nobody can move to
// another workspace this way.
func (s Scope) In(workspace, organisation string) Scope {
	if s.reason == "" || s.workspace != "" || workspace == "" {
		return Scope{}
	}
	s.workspace = workspace
	if organisation != "" {
		s.organisations, s.limited = []string{organisation}, true
	}
	return s
}

// IsZero reports whether the scope touches nothing.
func (s Scope) IsZero() bool { return s.workspace == "" && s.reason == "" }

// Everything reports whether the scope covers all workspaces.
func (s Scope) Everything() bool { return s.workspace == "" && s.reason != "" }

// WorkspaceID is the workspace, "" for a scope of everything.
func (s Scope) WorkspaceID() string { return s.workspace }

// OrganisationID is the organisation of a scope that covers exactly one, else "".
func (s Scope) OrganisationID() string {
	if len(s.organisations) == 1 {
		return s.organisations[0]
	}
	return ""
}

// OrganisationIDs are the organisations of a limited scope; ok is false when the
// scope covers the whole workspace, or everything.
func (s Scope) OrganisationIDs() (ids []string, ok bool) {
	return slices.Clone(s.organisations), s.limited
}

// Covers reports whether rows of the organisation may be touched, as far as the
// scope alone can tell.
func (s Scope) Covers(organisation string) bool {
	if s.IsZero() {
		return false
	}
	return !s.limited || slices.Contains(s.organisations, organisation)
}

// Reason is why a system scope was made, else "".
func (s Scope) Reason() string { return s.reason }
