package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// invitationLasts is how long an invitation can be accepted.
const invitationLasts = 14 * 24 * time.Hour

// Members lists the members of the workspace.
func (s *Service) Members(ctx context.Context, v Visit) (members []tenant.Member, invitations []tenant.Invitation, err error) {
	scope, err := v.Actor.Workspace(authz.MembersRead)
	if err != nil {
		return nil, nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if members, err = tx.Members(); err != nil {
			return err
		}
		all, err := tx.Invitations()
		for _, i := range all {
			if i.Open(tx.Now()) && slices.ContainsFunc(members, func(m tenant.Member) bool { return mayStillInvite(m.Membership, m.Disabled, i) }) {
				invitations = append(invitations, i)
			}
		}
		return err
	})
	return members, invitations, err
}

// Invite offers a role in the workspace, or in one organisation. The token stands
// in the link and is returned once. email may be empty: whoever has the link.
func (s *Service) Invite(ctx context.Context, v Visit, organisation, email string, role tenant.Role) (token string, err error) {
	scope, err := v.manage(s.store.Now())
	if err != nil {
		return "", err
	}
	if own, _ := v.Actor.RoleIn(""); !authz.MayGrant(own, role) || role == authz.Guest {
		return "", &fault.Error{Kind: fault.Forbidden, Field: "role", What: "you cannot hand out this role"}
	}
	if email = strings.TrimSpace(email); email != "" {
		if email, err = tenant.FoldEmail(email); err != nil {
			return "", err
		}
	}
	token, hash := secret.NewToken()
	err = s.store.Write(ctx, scope, v.change(), func(tx *store.Tx) error {
		if organisation != "" {
			if _, err := tx.Organisation(organisation); err != nil {
				return err
			}
		}
		if err := replaceInvitation(tx, organisation, email); err != nil {
			return err
		}
		i, err := tx.PutInvitation(tenant.Invitation{Organisation: organisation, Email: email, Role: role, TokenHash: hash,
			InvitedBy: v.Person.ID, ExpiresAt: tx.Now().Add(invitationLasts)})
		if err != nil || email == "" || s.mails == nil {
			return err
		}
		_, err = s.mails.Post(tx, invitationLetter(s.mails, v, i, token))
		return err
	})
	return token, err
}

// replaceInvitation makes room for a new invitation of an address: who reaches that far
// already needs none, and an open one ends, so that only the newest link works.
func replaceInvitation(tx *store.Tx, organisation, email string) error {
	if email == "" {
		return nil
	}
	members, err := tx.Members()
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Email == email && m.Organisation == organisation {
			return invalid("email", "the person of this address is a member already", "a change of the role in the list of members")
		}
	}
	invitations, err := tx.Invitations()
	if err != nil {
		return err
	}
	for _, i := range invitations {
		if i.Email != email || i.Organisation != organisation || !i.Open(tx.Now()) {
			continue
		}
		if err := tx.RemoveInvitation(i.ID); err != nil {
			return err
		}
	}
	return nil
}

// invitationLetter is in the language of the workspace: whoever is invited has not
// chosen one yet.
func invitationLetter(m *mailing.Mailer, v Visit, i tenant.Invitation, token string) mailing.Letter {
	p := m.Printer(v.Workspace.Language)
	return mailing.Letter{Key: "invitation/" + i.ID, Organisation: i.Organisation, To: i.Email, Language: p.Language, Message: "mailing.invitation",
		Arguments: []any{"by", v.Person.Name, "workspace", v.Workspace.Name, "role", p.T("pages.role." + string(i.Role)),
			"until", p.Date(law.DateOf(i.ExpiresAt.In(tenant.ZoneOf(v.Workspace.Zone)))), "link", m.Link("/join/" + token)}}
}

// manage is the scope for changes of members, after a step-up.
func (v Visit) manage(now time.Time) (tenant.Scope, error) {
	scope, err := v.Actor.Workspace(authz.MembersManage)
	if err == nil && !v.Actor.SteppedUp(now) {
		err = ErrStepUp
	}
	return scope, err
}

// Withdraw takes an invitation back.
func (s *Service) Withdraw(ctx context.Context, v Visit, invitation string) error {
	scope, err := v.manage(s.store.Now())
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, v.change(), func(tx *store.Tx) error { return tx.RemoveInvitation(invitation) })
}

// Offer is what the page of an invitation shows.
type Offer struct {
	Invitation tenant.Invitation
	Workspace  string // name
	HasAccount bool   // the address belongs to somebody who can sign in
}

// errNoInvitation is one answer for unknown, used and expired invitations.
var errNoInvitation = &fault.Error{Kind: fault.NotFound, What: "this invitation does not exist or has expired", Expected: "a new invitation"}

// invitation is the open invitation of a token. One stops as soon as whoever made it
// could no longer hand out its role, so that nobody comes back by a link which they
// made for themselves before they left.
func invitation(tx *store.Tx, token string) (tenant.Invitation, error) {
	i, err := tx.InvitationByToken(secret.TokenHash(token))
	if isNotFound(err) || err == nil && !i.Open(tx.Now()) {
		return i, errNoInvitation
	}
	if err != nil {
		return i, err
	}
	by, err := tx.Person(i.InvitedBy)
	if isNotFound(err) {
		return i, errNoInvitation
	}
	if err != nil {
		return i, err
	}
	own, err := tx.MembershipsOf(by.ID)
	if err == nil && !slices.ContainsFunc(own, func(m tenant.Membership) bool { return mayStillInvite(m, by.Disabled, i) }) {
		err = errNoInvitation
	}
	return i, err
}

// mayStillInvite reports whether it is by this membership that somebody may offer what
// the invitation offers.
func mayStillInvite(m tenant.Membership, disabled bool, i tenant.Invitation) bool {
	return m.Person == i.InvitedBy && m.Workspace == i.Workspace && m.Organisation == "" && !disabled && authz.MayGrant(m.Role, i.Role)
}

// Offer finds the invitation of a token.
func (s *Service) Offer(ctx context.Context, token string) (o Offer, err error) {
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		if o.Invitation, err = invitation(tx, token); err != nil {
			return err
		}
		w, err := tx.In(o.Invitation.Workspace, "").Workspace()
		if err != nil {
			return err
		}
		o.Workspace = w.Name
		if o.Invitation.Email != "" {
			_, err = tx.PersonByEmail(o.Invitation.Email)
			o.HasAccount = err == nil
		}
		return nil
	})
	return o, err
}

// Join accepts an invitation as a new person, or as the one who is signed in; Conflict
// for a member who reaches as far with the same role or a stronger one, since an
// invitation takes nothing away. Whoever is signed in proves nothing by it: their
// session goes on, under a new token, as long as it would have.
func (s *Service) Join(ctx context.Context, token string, by *Visit, f FirstRun, d Device) (signed Signed, err error) {
	var person tenant.Person
	if by != nil {
		person = by.Person
	} else if err := s.joinAttempt(ctx, token, d); err != nil {
		return Signed{}, err
	} else if person, err = s.newPerson(ctx, f.Name, f.Email, f.Password, f.Language); err != nil {
		return Signed{}, err
	}
	err = s.store.Write(ctx, signIn(), change(person, d), func(tx *store.Tx) error {
		i, err := invitation(tx, token)
		if err != nil {
			return err
		}
		if i.Email != "" && i.Email != person.Email {
			return invalid("email", "the invitation is for another address", "the address to which it was sent")
		}
		joined := person
		if by == nil {
			if _, err := tx.PersonByEmail(person.Email); !isNotFound(err) {
				return errors.Join(err, errAddressTaken)
			}
			if joined, err = enrol(tx, i.Workspace, person, f.Zone); err != nil {
				return err
			}
		}
		inside := tx.In(i.Workspace, "")
		if err := offersMore(inside, joined.ID, i); err != nil {
			return err
		}
		if _, err := inside.PutMembership(tenant.Membership{Organisation: i.Organisation, Person: joined.ID, Role: i.Role}); err != nil {
			return err
		}
		if err := tellInviter(inside, joined, i); err != nil {
			return err
		}
		i.AcceptedAt, i.AcceptedBy = tx.Now(), joined.ID
		if _, err := inside.PutInvitation(i); err != nil {
			return err
		}
		if by != nil {
			signed, err = renew(tx, *by, func(session *account.Session) { session.Workspace = i.Workspace })
			return err
		}
		signed, err = s.open(tx, joined, i.Workspace, d, false)
		return err
	})
	return signed, err
}

// enrol stores a new person, with a time zone of their own only when their browser is in
// another one than the workspace.
func enrol(tx *store.Tx, workspace string, p tenant.Person, browser string) (tenant.Person, error) {
	zone, err := tx.In(workspace, "").Zone()
	if err != nil {
		return p, err
	}
	if p.Zone = knownZone(browser); p.Zone == zone.String() {
		p.Zone = ""
	}
	return tx.PutPerson(p)
}

// offersMore refuses an invitation that would take something from a member.
func offersMore(tx *store.Tx, person string, i tenant.Invitation) error {
	m, err := tx.Membership(person, i.Organisation)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if authz.Stronger(i.Role, m.Role) {
		return nil
	}
	return &fault.Error{Kind: fault.Conflict, What: "you are a member already, and this invitation would give you no more rights"}
}

// tellInviter puts into the inbox of whoever invited that somebody joined.
func tellInviter(tx *store.Tx, joined tenant.Person, i tenant.Invitation) error {
	if i.InvitedBy == "" || i.InvitedBy == joined.ID {
		return nil
	}
	args, err := json.Marshal(law.Say("", "name", joined.Name, "address", joined.Email).Args)
	if err != nil {
		return fmt.Errorf("write the notice: %w", err)
	}
	return tx.Notify(desk.Notice{Person: i.InvitedBy, Key: "account.notice.joined", Args: args, Link: "/members"})
}

// errAddressTaken says no more than it must of an address that may be somebody's.
var errAddressTaken = &fault.Error{Kind: fault.Invalid, Field: "email", What: "no new account can be made with this address",
	Expected: "another address; if it is yours, sign in first and open the link again"}

// joinAttempt limits how often new accounts are tried with one invitation, so that
// its holder cannot find out who has an account.
func (s *Service) joinAttempt(ctx context.Context, token string, d Device) error {
	allowed := false
	err := s.store.Write(ctx, signIn(), store.Change{Actor: "system", From: d.Address}, func(tx *store.Tx) error {
		n, err := tx.Count("join "+secret.TokenHash(token), attemptsPeriod)
		allowed = n <= attempts
		return err
	})
	if err == nil && !allowed {
		err = &fault.Error{Kind: fault.Invalid, What: "there were too many attempts with this invitation", Expected: "another attempt in a quarter of an hour"}
	}
	return err
}

// ChangeRole gives a member another role; "" removes the membership. The last
// owner stays.
func (s *Service) ChangeRole(ctx context.Context, v Visit, person, organisation string, role tenant.Role) error {
	scope, err := v.manage(s.store.Now())
	if err != nil {
		return err
	}
	own, _ := v.Actor.RoleIn("")
	return s.store.Write(ctx, scope, v.change(), func(tx *store.Tx) error {
		m, err := tx.Membership(person, organisation)
		if err != nil {
			return err
		}
		if !authz.MayGrant(own, m.Role) || role != "" && !authz.MayGrant(own, role) {
			return &fault.Error{Kind: fault.Forbidden, Field: "role", What: "you cannot give or take this role"}
		}
		if m.Role == authz.Owner && role != authz.Owner {
			if err := anotherOwner(tx, person); err != nil {
				return err
			}
		}
		if role == "" {
			return tx.RemoveMembership(person, organisation)
		}
		m.Role = role
		_, err = tx.PutMembership(m)
		return err
	})
}

// anotherOwner refuses to let the last owner go. It locks the workspace, so that two
// owners who go at the same time go one after the other.
func anotherOwner(tx *store.Tx, except string) error {
	if _, err := tx.Workspace(); err != nil {
		return err
	}
	members, err := tx.Members()
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Role == authz.Owner && m.Organisation == "" && m.Person != except && !m.Disabled {
			return nil
		}
	}
	return &fault.Error{Kind: fault.Conflict, What: "this is the last owner of the workspace", Expected: "another owner first"}
}
