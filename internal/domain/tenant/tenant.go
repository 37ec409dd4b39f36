// Package tenant holds who works with Nisaba: workspaces, the organisations in
// them, people, their memberships and invitations, and the scope that every
// query needs.
package tenant

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/internal/scope"
)

// Scope says whose rows may be read or written. Only authz grants one to a
// person; System makes one for work that no person asked for. The zero value is
// refused by every query.
type Scope = scope.Scope

// System is the scope of jobs, migrations and sign-in: it covers everything and
// may be narrowed with In. The reason must not be empty. internal/archtest lists
// the packages that may call it.
func System(reason string) Scope { return scope.System(reason) }

// Kind is what a workspace is for.
type Kind string

// The kinds of workspaces.
const (
	Provider  Kind = "provider"  // a service provider with its clients
	Group     Kind = "group"     // a group with its companies
	Company   Kind = "company"   // one organisation
	Authority Kind = "authority" // an authority with the entities that it supervises
)

// Kinds lists the kinds of workspaces.
func Kinds() []Kind { return []Kind{Provider, Group, Company, Authority} }

// Brand is the look of pages and reports.
type Brand struct {
	Colour     string `json:"colour,omitempty"`      // #rrggbb
	Logo       string `json:"logo,omitempty"`        // SHA-256 of the stored file, hexadecimal
	PreparedBy string `json:"prepared_by,omitempty"` // printed on reports
}

// Policy is what a workspace demands of its members.
type Policy struct {
	RequireMFA    bool     `json:"require_mfa"`
	SessionHours  int      `json:"session_hours"`            // 0: the default of the server
	AddressRanges []string `json:"address_ranges,omitempty"` // CIDR; empty: from everywhere
}

// Allows reports whether the policy lets somebody in from the address. A range
// that does not parse lets nobody in.
func (p Policy) Allows(from netip.Addr) bool {
	if len(p.AddressRanges) == 0 {
		return true
	}
	for _, r := range p.AddressRanges {
		if prefix, err := netip.ParsePrefix(r); err == nil && prefix.Contains(from.Unmap()) {
			return true
		}
	}
	return false
}

// Workspace is one provider, group, company or authority with all that is its own.
type Workspace struct {
	ID        string    `json:"id"`
	Kind      Kind      `json:"kind"`
	Name      string    `json:"name"`
	Language  string    `json:"language"`
	Zone      string    `json:"zone"` // IANA name; "": UTC
	Brand     Brand     `json:"brand"`
	Policy    Policy    `json:"policy"`
	CreatedAt time.Time `json:"created_at"`
	Version   int64     `json:"version"` // number of changes since it was made
}

// OrganisationKind is the relation of an organisation to its workspace.
type OrganisationKind string

// The kinds of organisations.
const (
	Client   OrganisationKind = "client"
	Prospect OrganisationKind = "prospect" // free pre-assessment, not yet a client
	Own      OrganisationKind = "own"
)

// Organisation is one entity that is assessed. Facts is its organisation file
// without answers, evidence, exceptions and assertions, as JSON.
type Organisation struct {
	ID        string           `json:"id"`
	Kind      OrganisationKind `json:"kind"`
	Name      string           `json:"name"`
	Brand     Brand            `json:"brand"`
	Template  bool             `json:"template"` // source of new clients, not shown in the portfolio
	Archived  bool             `json:"archived"`
	Tags      []string         `json:"tags"`
	Facts     json.RawMessage  `json:"facts"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
	Version   int64            `json:"version"`
}

// Person is somebody who can sign in. One person may belong to several
// workspaces. Secrets never reach JSON, and so never the ledger.
type Person struct {
	ID       string `json:"id"`
	Email    string `json:"email"` // folded, unique
	Name     string `json:"name"`
	Language string `json:"language"`
	Zone     string `json:"zone"`   // IANA name, such as Europe/Vienna; "": that of the workspace
	Digest   string `json:"digest"` // how often summaries come by mail: "" or "daily", "weekly", "off"
	// Notices is how notices of a kind reach the person (desk.Kind → desk.Delivery);
	// a kind that is missing follows Digest and what is usual for the kind.
	Notices      map[string]string `json:"notices,omitempty"`
	PasswordHash string            `json:"-"` // PHC text; "" = none
	TOTPSecret   string            `json:"-"` // sealed; "" = none
	TOTPLastStep int64             `json:"-"` // last accepted time step, against replay
	Disabled     bool              `json:"disabled"`
	CreatedAt    time.Time         `json:"created_at"`
	Version      int64             `json:"version"`
}

// FoldEmail is the form in which addresses are compared and stored. A text that
// is not an address is invalid.
func FoldEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > 254 || strings.ContainsAny(s, " \t\r\n,;<>\"") {
		return "", &fault.Error{Kind: fault.Invalid, Field: "email", What: "this is not an e-mail address", Expected: "an address such as name@example.org"}
	}
	return s, nil
}

// Role is what a member may do; authz says what each role means.
type Role string

// Membership gives a person a role in the whole workspace, or in one organisation.
type Membership struct {
	Workspace    string    `json:"workspace"`
	Organisation string    `json:"organisation"` // "" = the whole workspace
	Person       string    `json:"person"`
	Role         Role      `json:"role"`
	CreatedAt    time.Time `json:"created_at"`
}

// Member is a membership with what its list shows of the person.
type Member struct {
	Membership
	Email    string `json:"email"`
	Name     string `json:"name"`
	Disabled bool   `json:"disabled"`
	Zone     string `json:"-"` // their own, "": that of the workspace
}

// Invitation offers a membership to the owner of an address or of a link.
type Invitation struct {
	ID           string    `json:"id"`
	Workspace    string    `json:"workspace"`
	Organisation string    `json:"organisation"` // "" = the whole workspace
	Email        string    `json:"email"`        // "" = anybody with the link
	Role         Role      `json:"role"`
	TokenHash    string    `json:"-"`
	InvitedBy    string    `json:"invited_by"` // person
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	AcceptedAt   time.Time `json:"accepted_at"`
	AcceptedBy   string    `json:"accepted_by,omitempty"`
}

// Open reports whether the invitation can still be accepted at the time.
func (i Invitation) Open(at time.Time) bool {
	return i.AcceptedAt.IsZero() && at.Before(i.ExpiresAt)
}
