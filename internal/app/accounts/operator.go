package accounts

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Operator is the use cases of whoever runs the server, on its own machine: nobody
// signs in for them, and the ledger says that they came from the command line.
type Operator struct{ accounts *Service }

// Operator gives the use cases of whoever runs the server.
func (s *Service) Operator() Operator { return Operator{s} }

// byOperator is who changes something from the command line.
func byOperator(reason string) store.Change {
	return store.Change{Actor: "operator", ActorName: "command line", From: "local", Reason: reason}
}

// Account is a person as the operator sees them.
type Account struct {
	ID           string              `json:"id"`
	Email        string              `json:"email"`
	Name         string              `json:"name"`
	Disabled     bool                `json:"disabled"`
	Password     bool                `json:"password"`      // has one
	SecondFactor bool                `json:"second_factor"` // codes of an app
	Passkeys     int                 `json:"passkeys"`
	Memberships  []AccountMembership `json:"memberships"`
}

// AccountMembership is a role of a person with the names of where it holds.
type AccountMembership struct {
	Workspace     string      `json:"workspace"`
	WorkspaceName string      `json:"workspace_name"`
	Organisation  string      `json:"organisation,omitempty"` // "": the whole workspace
	Role          tenant.Role `json:"role"`
}

// List lists everybody who has an account, by address.
func (o Operator) List(ctx context.Context) (list []Account, err error) {
	err = o.accounts.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		list = []Account{}
		people, err := tx.People()
		if err != nil {
			return err
		}
		workspaces, err := tx.Workspaces()
		if err != nil {
			return err
		}
		for _, p := range people {
			a, err := describe(tx, p, workspaces)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	return list, err
}

func describe(tx *store.Tx, p tenant.Person, workspaces []tenant.Workspace) (Account, error) {
	a := Account{ID: p.ID, Email: p.Email, Name: p.Name, Disabled: p.Disabled, Password: p.PasswordHash != "", SecondFactor: p.TOTPSecret != "",
		Memberships: []AccountMembership{}}
	keys, err := tx.PasskeysOf(p.ID)
	if err != nil {
		return a, err
	}
	a.Passkeys = len(keys)
	memberships, err := tx.MembershipsOf(p.ID)
	for _, m := range memberships {
		row := AccountMembership{Workspace: m.Workspace, Organisation: m.Organisation, Role: m.Role}
		if i := slices.IndexFunc(workspaces, func(w tenant.Workspace) bool { return w.ID == m.Workspace }); i >= 0 {
			row.WorkspaceName = workspaces[i].Name
		}
		a.Memberships = append(a.Memberships, row)
	}
	return a, err
}

// NewAccount is somebody whom the operator lets in.
type NewAccount struct {
	Email     string
	Name      string
	Password  string      // "": one is made
	Workspace string      // id or name; "": the only one there is
	Role      tenant.Role // in the workspace
	Make      bool        // the workspace is new; its first member must be an owner
	Kind      tenant.Kind // of a new workspace
	Language  string      // "": pages as the browser asks, mails as the workspace
	Zone      string      // of a new workspace, an IANA name; "": UTC
}

// Add makes an account with a role in a workspace, and returns the password.
func (o Operator) Add(ctx context.Context, n NewAccount) (password string, err error) {
	s := o.accounts
	if password = n.Password; password == "" {
		password = newPassword()
	}
	if !slices.Contains(authz.Roles(), n.Role) || n.Role == authz.Guest {
		return "", invalid("role", "there is no such role", "owner, consultant, editor, contributor, auditor or board")
	}
	person, err := s.newPerson(ctx, n.Name, n.Email, password, n.Language)
	if err != nil {
		return "", err
	}
	return password, s.store.Write(ctx, signIn(), byOperator(""), func(tx *store.Tx) error {
		workspace, err := n.workspace(tx)
		if err != nil {
			return err
		}
		if _, err := tx.PutPerson(person); fault.KindOf(err) == fault.Conflict {
			return &fault.Error{Kind: fault.Conflict, Field: "email", What: "there is an account with this address already", Expected: "another address", Cause: err}
		} else if err != nil {
			return err
		}
		_, err = tx.In(workspace, "").PutMembership(tenant.Membership{Person: person.ID, Role: n.Role})
		return err
	})
}

// workspace is the id of the workspace that is meant, made when it is new.
func (n NewAccount) workspace(tx *store.Tx) (string, error) {
	all, err := tx.Workspaces()
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(n.Workspace)
	if n.Make {
		bad, noZone := checkKind(n.Kind), tenant.CheckZone(cmp.Or(n.Zone, "UTC"))
		switch {
		case name == "":
			return "", invalid("workspace", "the workspace has no name", "the name of the provider, the group or the company")
		case n.Role != authz.Owner:
			return "", invalid("role", "a new workspace needs an owner", "owner")
		case bad != nil:
			return "", invalid("kind", "there is no such kind of workspace", "provider, group, company or authority") // as the flag has them
		case noZone != nil:
			return "", noZone
		}
		w := tenant.Workspace{ID: newID(), Kind: n.Kind, Name: name, Language: cmp.Or(n.Language, "en"), Zone: n.Zone}
		_, err := tx.In(w.ID, "").PutWorkspace(w)
		return w.ID, err
	}
	return pickWorkspace(all, name)
}

// pickWorkspace finds a workspace by id or name; "" is the only one there is.
func pickWorkspace(all []tenant.Workspace, name string) (string, error) {
	found := slices.DeleteFunc(slices.Clone(all), func(w tenant.Workspace) bool { return name != "" && w.ID != name && w.Name != name })
	switch {
	case len(found) == 1:
		return found[0].ID, nil
	case len(found) > 1:
		return "", invalid("workspace", "several workspaces are meant", "the id of one; \"nisaba user list --json\" prints them")
	case len(all) == 0:
		return "", &fault.Error{Kind: fault.NotFound, Field: "workspace", What: "there is no workspace yet", Expected: "--new-workspace with its name"}
	}
	return "", &fault.Error{Kind: fault.NotFound, Field: "workspace", What: "there is no workspace " + name, Expected: "the id or the name of one"}
}

// newPassword is a password of 80 random bits in groups that can be read out.
func newPassword() string {
	text := strings.ToLower(rand.Text()[:16])
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

// change changes the account with the address and ends its sessions.
func (o Operator) change(ctx context.Context, email, reason string, f func(*store.Tx, *tenant.Person) error) error {
	folded, err := tenant.FoldEmail(email)
	if err != nil {
		return err
	}
	return o.accounts.store.Write(ctx, signIn(), byOperator(reason), func(tx *store.Tx) error {
		p, err := tx.PersonByEmail(folded)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return &fault.Error{Kind: fault.NotFound, Field: "email", What: "nobody has an account with the address " + folded, Expected: "an address that \"nisaba user list\" prints", Cause: err}
		}
		if err != nil {
			return err
		}
		if err := f(tx, &p); err != nil {
			return err
		}
		if _, err := tx.PutPerson(p); err != nil {
			return err
		}
		return endOthers(tx, p.ID, "")
	})
}

// ResetPassword gives an account another password, ends its sessions, and returns
// the password. An empty one is made.
func (o Operator) ResetPassword(ctx context.Context, email, password string) (string, error) {
	if password == "" {
		password = newPassword()
	}
	hash, err := o.accounts.hash(ctx, password, email)
	if err != nil {
		return "", err
	}
	return password, o.change(ctx, email, "password reset by the operator", func(_ *store.Tx, p *tenant.Person) error {
		p.PasswordHash = hash
		return nil
	})
}

// ResetSecondFactor takes codes, recovery codes and passkeys from an account, for
// somebody who lost them, and ends its sessions.
func (o Operator) ResetSecondFactor(ctx context.Context, email string) error {
	return o.change(ctx, email, "second factor reset by the operator", func(tx *store.Tx, p *tenant.Person) error {
		p.TOTPSecret, p.TOTPLastStep = "", 0
		keys, err := tx.PasskeysOf(p.ID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if err := tx.RemovePasskey(k.ID); err != nil {
				return err
			}
		}
		return tx.ReplaceRecoveryCodes(p.ID, nil)
	})
}

// Disable keeps a person out, or lets them in again; their sessions end. Conflict
// for the last owner of a workspace, who would leave it to nobody.
func (o Operator) Disable(ctx context.Context, email string, disabled bool) error {
	reason := map[bool]string{true: "disabled by the operator", false: "enabled by the operator"}[disabled]
	return o.change(ctx, email, reason, func(tx *store.Tx, p *tenant.Person) error {
		p.Disabled = disabled
		if !disabled {
			return nil
		}
		memberships, err := tx.MembershipsOf(p.ID)
		if err != nil {
			return err
		}
		for _, m := range memberships {
			if m.Role == authz.Owner && m.Organisation == "" {
				if err := anotherOwner(tx.In(m.Workspace, ""), p.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// As is a visit of the person with the address to a workspace (id or name, "" for
// the only one there is), with their own rights, from the server's machine.
func (o Operator) As(ctx context.Context, email, workspace string) (v Visit, err error) {
	folded, err := tenant.FoldEmail(email)
	if err != nil {
		return v, err
	}
	s := o.accounts
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		if v.Person, err = tx.PersonByEmail(folded); err != nil {
			return &fault.Error{Kind: fault.NotFound, Field: "email", What: "nobody has an account with the address " + folded, Expected: "an address that \"nisaba user list\" prints", Cause: err}
		}
		all, err := tx.Workspaces()
		if err != nil {
			return err
		}
		id, err := pickWorkspace(all, strings.TrimSpace(workspace))
		if err != nil {
			return err
		}
		if v.Workspace, err = tx.In(id, "").Workspace(); err != nil {
			return err
		}
		memberships, err := tx.MembershipsOf(v.Person.ID)
		v.Actor = authz.NewActor(authz.Actor{Person: v.Person.ID, Name: v.Person.Name + " (command line)", Session: authz.Local, From: "local",
			Zone: tenant.ZoneOf(v.Person.Zone, v.Workspace.Zone)}, id, memberships, s.store)
		return err
	})
	return v, err
}

// Tokens lists the API tokens of the workspace, with the rights of a member.
func (o Operator) Tokens(ctx context.Context, v Visit) ([]TokenEntry, error) {
	return o.accounts.Tokens(ctx, v)
}

// CreateToken makes an API token in the name of a member.
func (o Operator) CreateToken(ctx context.Context, v Visit, n NewToken) (string, account.Token, error) {
	return o.accounts.CreateToken(ctx, v, n)
}

// RevokeToken ends an API token.
func (o Operator) RevokeToken(ctx context.Context, v Visit, id string) error {
	return o.accounts.RevokeToken(ctx, v, id)
}
