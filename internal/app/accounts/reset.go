package accounts

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// How long the link of a password reset works: by mail, and from an owner, who
// hands it over by another way.
const (
	mailResetLasts  = time.Hour
	ownerResetLasts = 24 * time.Hour
)

// mostResets is how many mails to reset a password one address gets within
// attemptsPeriod.
const mostResets = 3

var errNoReset = &fault.Error{Kind: fault.NotFound, What: "this link does not work any more", Expected: "a new one"}

// CanMail reports whether the server sends mails, such as links for a forgotten password
// and invitations.
func (s *Service) CanMail() bool { return s.mails.Ready() }

// RequestReset sends a link to the address when an account belongs to it. The
// answer and the work are the same when none does.
func (s *Service) RequestReset(ctx context.Context, email string, d Device) error {
	folded, err := tenant.FoldEmail(email)
	if err != nil {
		folded = "?"
	}
	if _, err := s.passwords.Hash(ctx, folded); err != nil { // outweighs what differs below
		return err
	}
	return s.store.Write(ctx, signIn(), store.Change{Actor: "system", From: d.Address}, func(tx *store.Tx) error {
		n, err := tx.Count("reset "+secret.TokenHash(folded), attemptsPeriod)
		if err != nil || n > mostResets || !s.mails.Ready() {
			return err
		}
		person, err := tx.PersonByEmail(folded)
		if isNotFound(err) || err == nil && person.Disabled {
			return nil
		}
		if err != nil {
			return err
		}
		return s.mailReset(tx, person)
	})
}

// mailReset posts the mail in the first workspace of the person; without one there
// is nothing to come back to.
func (s *Service) mailReset(tx *store.Tx, p tenant.Person) error {
	memberships, err := tx.MembershipsOf(p.ID)
	if err != nil || len(memberships) == 0 {
		return err
	}
	token, hash := secret.NewToken()
	if err := addReset(tx, p.ID, hash, mailResetLasts); err != nil {
		return err
	}
	_, err = s.mails.Post(tx.In(memberships[0].Workspace, ""), mailing.Letter{Key: "reset/" + hash, To: p.Email, Language: p.Language,
		Message: "access.mail.reset", Arguments: []any{"name", p.Name, "link", s.mails.Link("/reset/" + token)}})
	return err
}

// addReset keeps one link of a person; an older one stops.
func addReset(tx *store.Tx, person, hash string, lasts time.Duration) error {
	if err := tx.RemovePassesOf(person, account.PasswordReset); err != nil {
		return err
	}
	return tx.AddPass(account.Pass{Hash: hash, Kind: account.PasswordReset, Person: person, ExpiresAt: tx.Now().Add(lasts)})
}

// ResetLink makes a link by which a member sets a new password, for when no mail
// is set up. It is refused for somebody who also belongs to another workspace:
// its owner must not come in through this one. The second factor stays.
func (s *Service) ResetLink(ctx context.Context, v Visit, person string) (token string, err error) {
	scope, err := v.manage(s.store.Now())
	if err != nil {
		return "", err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		members, err := tx.Members()
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Person == person && !m.Disabled {
				return nil
			}
		}
		return &fault.Error{Kind: fault.NotFound, What: "there is no such member"}
	})
	if err != nil {
		return "", err
	}
	token, hash := secret.NewToken()
	return token, s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		memberships, err := tx.MembershipsOf(person)
		if err != nil {
			return err
		}
		own, _ := v.Actor.RoleIn("")
		for _, m := range memberships {
			if m.Workspace != v.Actor.WorkspaceID() {
				return &fault.Error{Kind: fault.Conflict, What: "this person also works in another workspace, so the link must go by mail"}
			}
			if !authz.MayGrant(own, m.Role) {
				return &fault.Error{Kind: fault.Forbidden, What: "you cannot reset the password of somebody with this role"}
			}
		}
		if err := addReset(tx, person, hash, ownerResetLasts); err != nil {
			return err
		}
		return tx.In(v.Actor.WorkspaceID(), "").Note("person.reset_link", "person", person, "", "")
	})
}

// ResetOpen reports whether the link of a password reset still works.
func (s *Service) ResetOpen(ctx context.Context, token string) error {
	return s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		_, err := tx.Pass(account.PasswordReset, secret.TokenHash(token))
		if isNotFound(err) {
			err = errNoReset
		}
		return err
	})
}

// Reset sets a new password by a link, which then works no more, and ends all
// sessions. Known browsers are forgotten: one of them may be the reason.
func (s *Service) Reset(ctx context.Context, token, password string, d Device) error {
	var person tenant.Person
	err := s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		pass, err := tx.Pass(account.PasswordReset, secret.TokenHash(token))
		if err == nil {
			person, err = tx.Person(pass.Person)
		}
		if isNotFound(err) {
			err = errNoReset
		}
		return err
	})
	if err != nil {
		return err
	}
	hash, err := s.hash(ctx, password, person.Name, person.Email)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, signIn(), change(person, d), func(tx *store.Tx) error {
		pass, err := tx.TakePass(account.PasswordReset, secret.TokenHash(token))
		if isNotFound(err) {
			err = errNoReset
		}
		if err != nil {
			return err
		}
		p, err := tx.Person(pass.Person)
		if err != nil {
			return err
		}
		if p.Disabled {
			return errNoReset
		}
		p.PasswordHash = hash
		if _, err := tx.PutPerson(p); err != nil {
			return err
		}
		if err := tx.RemovePassesOf(p.ID, account.KnownDevice); err != nil {
			return err
		}
		return endOthers(tx, p.ID, "")
	})
}
