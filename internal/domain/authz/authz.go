// Package authz decides who may do what: permissions, the roles that hold them,
// and the actor who asks. Everything is denied unless a role says otherwise, and
// only a passed check yields the scope that the store demands.
package authz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/internal/scope"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
)

// Role is a member's role.
type Role = tenant.Role

// The roles, from most to least rights. Guest is the holder of a link, limited by
// the link itself to what was handed over.
const (
	Owner       Role = "owner"
	Consultant  Role = "consultant"
	Editor      Role = "editor"
	Contributor Role = "contributor" // only what is assigned
	Auditor     Role = "auditor"     // reads all, changes nothing
	Board       Role = "board"       // board view, approvals, own trainings
	Guest       Role = "guest"
)

// Roles lists every role, in the order above.
func Roles() []Role { return slices.Clone(roles) }

var roles = []Role{Owner, Consultant, Editor, Contributor, Auditor, Board, Guest}

// Stronger reports whether the role a allows more than the role b.
func Stronger(a, b Role) bool { return slices.Index(roles, a) < slices.Index(roles, b) }

// Permission is one thing that can be allowed.
type Permission string

// The permissions.
const (
	WorkspaceRead      Permission = "workspace.read"
	WorkspaceManage    Permission = "workspace.manage" // name, branding, policy, deletion
	MembersRead        Permission = "members.read"
	MembersManage      Permission = "members.manage" // invite, change roles, remove
	TokensManage       Permission = "tokens.manage"
	OrganisationRead   Permission = "organisation.read"
	OrganisationCreate Permission = "organisation.create" // in the workspace: clients, prospects, templates
	OrganisationEdit   Permission = "organisation.edit"   // profile and branding
	OrganisationDelete Permission = "organisation.delete"
	AssessmentRead     Permission = "assessment.read"
	AssessmentEdit     Permission = "assessment.edit" // answers, evidence, exceptions, assertions
	AssignedEdit       Permission = "assigned.edit"   // the same for what is assigned to the actor
	DelegationManage   Permission = "delegation.manage"
	DelegationAnswer   Permission = "delegation.answer" // the questions behind a link
	PlanRead           Permission = "plan.read"
	PlanEdit           Permission = "plan.edit"
	CommentWrite       Permission = "comment.write"
	BoardRead          Permission = "board.read"
	ApprovalRequest    Permission = "approval.request"
	ApprovalDecide     Permission = "approval.decide" // Art. 20(1)
	TrainingEdit       Permission = "training.edit"
	ReportCreate       Permission = "report.create"
	RegistrationEdit   Permission = "registration.edit"
	LedgerRead         Permission = "ledger.read"
	LedgerRestore      Permission = "ledger.restore" // undo, earlier values
	JobsRead           Permission = "jobs.read"
	JobsManage         Permission = "jobs.manage"
	IncidentNotice     Permission = "incident.notice"  // say that something happened, and see what one said
	IncidentRead       Permission = "incident.read"    // cases, clocks and reports
	IncidentEdit       Permission = "incident.edit"    // handle: facts, times, record, drafts
	IncidentDecide     Permission = "incident.decide"  // significance, whether a duty applies
	IncidentApprove    Permission = "incident.approve" // release a report as the second person
	IncidentSubmit     Permission = "incident.submit"  // hand a report to the authority
	ExposureRead       Permission = "exposure.read"    // what scans from outside found
	ExposureScan       Permission = "exposure.scan"    // targets and their proofs, scans
)

// Deed says what the permission allows, as part of an English sentence; the messages
// have it in the other languages.
func (p Permission) Deed() string {
	switch p {
	case WorkspaceRead:
		return "seeing the workspace"
	case WorkspaceManage:
		return "managing the workspace"
	case MembersRead:
		return "seeing the members"
	case MembersManage:
		return "managing members"
	case TokensManage:
		return "managing API tokens"
	case OrganisationRead:
		return "seeing the organisation"
	case OrganisationCreate:
		return "adding organisations"
	case OrganisationEdit:
		return "changing the organisation"
	case OrganisationDelete:
		return "removing organisations"
	case AssessmentRead:
		return "seeing the assessment"
	case AssessmentEdit:
		return "changing answers and evidence"
	case AssignedEdit:
		return "changing what is assigned to you"
	case DelegationManage:
		return "sending questions by link"
	case DelegationAnswer:
		return "answering the questions behind a link"
	case PlanRead:
		return "seeing the plan"
	case PlanEdit:
		return "changing the plan"
	case CommentWrite:
		return "writing comments"
	case BoardRead:
		return "seeing the board room"
	case ApprovalRequest:
		return "asking for an approval"
	case ApprovalDecide:
		return "deciding on an approval"
	case TrainingEdit:
		return "changing training records"
	case ReportCreate:
		return "making reports"
	case RegistrationEdit:
		return "changing the registration"
	case LedgerRead:
		return "seeing the ledger"
	case LedgerRestore:
		return "undoing changes"
	case JobsRead:
		return "seeing the jobs"
	case JobsManage:
		return "managing jobs"
	case IncidentNotice:
		return "reporting that something happened"
	case IncidentRead:
		return "seeing incidents"
	case IncidentEdit:
		return "handling incidents"
	case IncidentDecide:
		return "deciding about incidents"
	case IncidentApprove:
		return "releasing reports to an authority"
	case IncidentSubmit:
		return "handing reports to an authority"
	case ExposureRead:
		return "seeing what scans found"
	case ExposureScan:
		return "scanning from outside"
	}
	return string(p)
}

// Permissions lists every permission.
func Permissions() []Permission { return slices.Clone(permissions) }

var permissions = []Permission{
	WorkspaceRead, WorkspaceManage, MembersRead, MembersManage, TokensManage,
	OrganisationRead, OrganisationCreate, OrganisationEdit, OrganisationDelete,
	AssessmentRead, AssessmentEdit, AssignedEdit, DelegationManage, DelegationAnswer,
	PlanRead, PlanEdit, CommentWrite, BoardRead, ApprovalRequest, ApprovalDecide, TrainingEdit,
	ReportCreate, RegistrationEdit, LedgerRead, LedgerRestore, JobsRead, JobsManage,
	IncidentNotice, IncidentRead, IncidentEdit, IncidentDecide, IncidentApprove, IncidentSubmit,
	ExposureRead, ExposureScan,
}

// Allows reports whether a role holds a permission. An unknown role holds none.
func Allows(r Role, p Permission) bool { return granted[r][p] }

// granted is what each role holds: it is asked dozens of times for a page.
var granted = func() map[Role]map[Permission]bool {
	out := map[Role]map[Permission]bool{}
	for _, r := range roles {
		out[r] = map[Permission]bool{}
		for _, p := range permissions {
			out[r][p] = grants(r, p)
		}
	}
	return out
}()

func grants(r Role, p Permission) bool {
	switch r {
	case Owner:
		return p != DelegationAnswer
	case Consultant:
		return p != DelegationAnswer && p != WorkspaceManage && p != ApprovalDecide && p != TokensManage &&
			p != OrganisationDelete
	case Editor:
		return slices.Contains([]Permission{
			WorkspaceRead, MembersRead, OrganisationRead, OrganisationEdit, AssessmentRead, AssessmentEdit, AssignedEdit,
			DelegationManage, PlanRead, PlanEdit, CommentWrite, BoardRead, ApprovalRequest, TrainingEdit,
			ReportCreate, RegistrationEdit, LedgerRead, LedgerRestore, JobsRead,
			IncidentNotice, IncidentRead, IncidentEdit, IncidentDecide, IncidentApprove, IncidentSubmit,
			ExposureRead, ExposureScan,
		}, p)
	case Contributor:
		return slices.Contains([]Permission{OrganisationRead, AssessmentRead, AssignedEdit, PlanRead, CommentWrite, IncidentNotice}, p)
	case Auditor:
		return slices.Contains([]Permission{
			WorkspaceRead, MembersRead, OrganisationRead, AssessmentRead, PlanRead, BoardRead, LedgerRead, JobsRead, IncidentRead, ExposureRead,
		}, p)
	case Board:
		return slices.Contains([]Permission{OrganisationRead, AssessmentRead, PlanRead, BoardRead, ApprovalDecide, CommentWrite, IncidentNotice, IncidentRead, ExposureRead}, p)
	case Guest:
		return p == DelegationAnswer
	}
	return false
}

// StepUpFor is how long a fresh proof of identity counts.
const StepUpFor = 15 * time.Minute

// Session says how the actor came in.
type Session string

// The kinds of sessions.
const (
	Browser Session = "browser"
	API     Session = "api"   // token; never asked for a step-up, limited by the token's role
	Link    Session = "link"  // guest
	Local   Session = "local" // the command line on the machine of the server
)

// Directory answers whether a workspace has an organisation. The store is one.
type Directory interface {
	HasOrganisation(ctx context.Context, workspace, organisation string) (bool, error)
}

// Remember is the directory for one request: an organisation that was found is not
// looked up again. It is safe for concurrent use.
func Remember(d Directory) Directory { return &remembering{of: d, known: map[[2]string]bool{}} }

type remembering struct {
	of    Directory
	mu    sync.Mutex
	known map[[2]string]bool
}

// HasOrganisation asks once for each organisation that exists.
func (d *remembering) HasOrganisation(ctx context.Context, workspace, organisation string) (bool, error) {
	d.mu.Lock()
	known := d.known[[2]string{workspace, organisation}]
	d.mu.Unlock()
	if known {
		return true, nil
	}
	found, err := d.of.HasOrganisation(ctx, workspace, organisation)
	if found && err == nil {
		d.mu.Lock()
		d.known[[2]string{workspace, organisation}] = true
		d.mu.Unlock()
	}
	return found, err
}

// Actor is one person at work in one workspace. Build it with NewActor; the zero
// value may do nothing.
type Actor struct {
	Person   string // id; "" for a guest
	Name     string // shown in the ledger beside the id
	Session  Session
	From     string         // address, for the ledger
	Reason   string         // why, for the ledger; mostly ""
	MFA      bool           // two factors were shown
	StepUpAt time.Time      // last fresh proof of identity
	Zone     *time.Location // their own, else that of the workspace; nil: UTC

	workspace   string
	memberships []tenant.Membership
	directory   Directory
}

// NewActor binds a person to a workspace. Memberships of other workspaces are dropped.
func NewActor(a Actor, workspace string, memberships []tenant.Membership, d Directory) Actor {
	a.workspace, a.directory, a.memberships = workspace, d, nil
	for _, m := range memberships {
		if m.Workspace == workspace && workspace != "" {
			a.memberships = append(a.memberships, m)
		}
	}
	return a
}

// Location is the zone of the actor, never nil.
func (a Actor) Location() *time.Location {
	if a.Zone == nil {
		return time.UTC
	}
	return a.Zone
}

// Day is the day of an instant where the actor is: what they note today bears it, and
// what they read is as of it.
func (a Actor) Day(t time.Time) law.Date { return law.DateOf(t.In(a.Location())) }

// WorkspaceID is the workspace in which the actor works.
func (a Actor) WorkspaceID() string { return a.workspace }

// RoleIn is the strongest role in an organisation ("" = in the whole workspace);
// ok is false when there is none.
func (a Actor) RoleIn(organisation string) (r Role, ok bool) {
	best := len(roles)
	for _, m := range a.memberships {
		if m.Organisation != "" && m.Organisation != organisation {
			continue
		}
		if i := slices.Index(roles, m.Role); i >= 0 && i < best {
			best, r, ok = i, m.Role, true
		}
	}
	return r, ok
}

// may reports whether any role of the actor that reaches the organisation holds p.
func (a Actor) may(p Permission, organisation string) bool {
	return slices.ContainsFunc(a.memberships, func(m tenant.Membership) bool {
		return (m.Organisation == "" || m.Organisation == organisation && organisation != "") && Allows(m.Role, p)
	})
}

// Workspace is the scope of the whole workspace after a check of rights: NotFound
// for somebody who is no member, Forbidden for a role that is too low or reaches
// only some organisations.
func (a Actor) Workspace(need Permission) (tenant.Scope, error) {
	if len(a.memberships) == 0 {
		return tenant.Scope{}, notFound("workspace")
	}
	if !a.may(need, "") {
		return tenant.Scope{}, forbidden(need)
	}
	return scope.Workspace(a.workspace), nil
}

// Organisation is the scope of one organisation after a check of rights:
// NotFound when the workspace has no such organisation or the actor does not
// belong to it, Forbidden when the role is too low.
func (a Actor) Organisation(ctx context.Context, organisation string, need Permission) (tenant.Scope, error) {
	if _, member := a.RoleIn(organisation); !member || organisation == "" || a.directory == nil {
		return tenant.Scope{}, notFound("organisation")
	}
	known, err := a.directory.HasOrganisation(ctx, a.workspace, organisation)
	if err != nil {
		return tenant.Scope{}, fmt.Errorf("look up organisation %s: %w", organisation, err)
	}
	if !known {
		return tenant.Scope{}, notFound("organisation")
	}
	if !a.may(need, organisation) {
		return tenant.Scope{}, forbidden(need)
	}
	return scope.Organisations(a.workspace, organisation), nil
}

// Reach is the scope of all organisations in which the actor has the permission:
// the whole workspace, or only some of its organisations. NotFound for somebody
// who is no member, Forbidden when no organisation is left.
func (a Actor) Reach(need Permission) (tenant.Scope, error) {
	if len(a.memberships) == 0 {
		return tenant.Scope{}, notFound("workspace")
	}
	if a.may(need, "") {
		return scope.Workspace(a.workspace), nil
	}
	var reach []string
	for _, m := range a.memberships {
		if m.Organisation != "" && Allows(m.Role, need) {
			reach = append(reach, m.Organisation)
		}
	}
	if len(reach) == 0 {
		return tenant.Scope{}, forbidden(need)
	}
	slices.Sort(reach)
	return scope.Organisations(a.workspace, slices.Compact(reach)...), nil
}

// Can checks a further permission against a scope that was granted before:
// NotFound for a scope of another workspace, Forbidden for a role that is too
// low in any of its organisations.
func (a Actor) Can(need Permission, s tenant.Scope) error {
	if s.IsZero() || s.WorkspaceID() != a.workspace || len(a.memberships) == 0 {
		return notFound("workspace")
	}
	ids, limited := s.OrganisationIDs()
	if !limited {
		ids = []string{""}
	}
	for _, id := range ids {
		if _, member := a.RoleIn(id); !member {
			return notFound("organisation")
		}
		if !a.may(need, id) {
			return forbidden(need)
		}
	}
	return nil
}

// SteppedUp reports whether a dangerous act may go on at the time. Browser
// sessions must have shown their identity within StepUpFor.
func (a Actor) SteppedUp(at time.Time) bool {
	return a.Session != Browser || !a.StepUpAt.IsZero() && at.Sub(a.StepUpAt) <= StepUpFor
}

// Own checks that the actor may change what is their own in a workspace, such as a
// saved view: people may, programs only with a role that changes something, so that
// a token that reads changes nothing.
func (a Actor) Own() error {
	if a.Session != API || slices.ContainsFunc(a.memberships, func(m tenant.Membership) bool { return Allows(m.Role, AssignedEdit) }) {
		return nil
	}
	return forbidden(AssignedEdit)
}

func notFound(what string) error {
	return &fault.Error{Kind: fault.NotFound, What: "there is no such " + what}
}

// ErrRole is the cause of a refusal because of the role of the actor, so that people
// are told what another role would change, and only then.
var ErrRole = errors.New("the role is too low")

func forbidden(p Permission) error {
	return &fault.Error{Kind: fault.Forbidden, What: "your role does not allow " + p.Deed(), Cause: ErrRole}
}

// MayGrant reports whether a member with the role by may give or take the role r:
// nobody hands out more than they have.
func MayGrant(by, r Role) bool {
	own, other := slices.Index(roles, by), slices.Index(roles, r)
	return Allows(by, MembersManage) && other >= 0 && own <= other
}
