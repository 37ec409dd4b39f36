package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

func newID() string { return id.New() }

// Visit is a request of somebody who is signed in.
type Visit struct {
	Actor     authz.Actor // in the workspace shown; may do nothing before one is chosen
	Person    tenant.Person
	Session   account.Session
	Workspace tenant.Workspace // zero before one is chosen
	Refused   error            // why the policy of the workspace keeps the person out; nil: it does not

	unread int64 // notices; −1: not counted
	sight  store.Sight
}

// Unread is how many notices of the person were not read when the visit began; ok is
// false when they were not counted, because the person reaches only a part of the
// workspace or none.
func (v Visit) Unread() (n int, ok bool) {
	return int(max(v.unread, 0)), v.unread >= 0 && v.Refused == nil
}

// Looking is the context of a request: until it changes something, what was read
// before is not read again while nothing was recorded since, as the visit found it.
// only says that it changes nothing at all, and so may share what it gets.
func (v Visit) Looking(ctx context.Context, only bool) context.Context {
	return store.WithSight(ctx, v.sight, only)
}

// Watching is the context of a request that stays open: everything is read anew.
func Watching(ctx context.Context) context.Context { return store.WithSight(ctx, store.Sight{}, false) }

// seenEvery is how exactly the last use of a session is known.
const seenEvery = time.Minute

// ErrNoSession is returned for a token that opens no session.
var ErrNoSession = &fault.Error{Kind: fault.Forbidden, What: "you are not signed in", Expected: "to sign in"}

// Visit finds the session of a token with who that is and what they may do.
func (s *Service) Visit(ctx context.Context, token string, d Device) (v Visit, err error) {
	v, err = s.Look(ctx, token, d)
	if err == nil && s.store.Now().Sub(v.Session.SeenAt) > seenEvery {
		err = s.touch(ctx, v.Session)
	}
	return v, err
}

// Look is Visit without counting as a use of the session: a page that stays open
// looks every second.
func (s *Service) Look(ctx context.Context, token string, d Device) (v Visit, err error) {
	if token == "" || len(token) > 100 {
		return v, ErrNoSession
	}
	err = s.store.Glance(ctx, signIn(), func(tx *store.Tx) error {
		hash := secret.TokenHash(token)
		found, member, err := tx.VisitorByToken(hash)
		if err == nil && !member {
			found.Session, found.Person, err = tx.SessionAndPerson(hash)
		}
		if fault.KindOf(err) == fault.NotFound || err == nil && (!found.Session.Live(tx.Now()) || found.Person.Disabled) {
			return ErrNoSession
		}
		if err != nil {
			return err
		}
		v = Visit{Session: found.Session, Person: found.Person, unread: -1, sight: found.Sight}
		if !member { // any more: they were one when they chose the workspace
			v.Session.Workspace = ""
		}
		return s.enter(tx, &v, found, d)
	})
	return v, err
}

// enter binds the visit to the workspace of its session.
func (s *Service) enter(tx *store.Tx, v *Visit, found store.Visitor, d Device) error {
	a := authz.Actor{Person: v.Person.ID, Name: v.Person.Name, Session: authz.Browser, From: d.Address,
		MFA: v.Session.MFA, StepUpAt: v.Session.StepUpAt, Zone: tenant.ZoneOf(v.Person.Zone, found.Workspace.Zone)}
	if v.Session.Workspace == "" {
		v.Actor = authz.NewActor(a, "", nil, s.store)
		return nil
	}
	v.Workspace, v.Actor = found.Workspace, authz.NewActor(a, v.Session.Workspace, found.Memberships, authz.Remember(s.store))
	if scope, err := v.Actor.Reach(authz.OrganisationRead); err == nil {
		if _, limited := scope.OrganisationIDs(); !limited {
			v.unread = found.Unread
		}
	}
	if hours := v.Workspace.Policy.SessionHours; hours > 0 && tx.Now().Sub(v.Session.CreatedAt) >= time.Duration(hours)*time.Hour {
		return ErrNoSession // it began in a workspace that lets sessions live longer
	}
	if v.Refused = admits(v.Workspace.Policy, d, v.Session.MFA); v.Refused != nil {
		v.Actor = authz.NewActor(a, v.Session.Workspace, nil, s.store)
	}
	return nil
}

func (s *Service) touch(ctx context.Context, session account.Session) error {
	return s.store.Write(ctx, signIn(), store.Change{Actor: session.Person}, func(tx *store.Tx) error {
		return tx.TouchSession(session.ID, session.Data, tx.Now())
	})
}

// SignOut ends the session.
func (s *Service) SignOut(ctx context.Context, v Visit) error {
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error { return tx.RemoveSession(v.Session.ID) })
}

// change is who does it, for the ledger.
func (v Visit) change() store.Change {
	return store.Change{Actor: v.Person.ID, ActorName: v.Actor.Name, From: v.Actor.From}
}

// Sessions lists the devices of the person, the last used first.
func (s *Service) Sessions(ctx context.Context, v Visit) (list []account.Session, err error) {
	err = s.store.Glance(ctx, signIn(), func(tx *store.Tx) error {
		all, err := tx.SessionsOf(v.Person.ID)
		for _, session := range all {
			if session.Live(tx.Now()) {
				list = append(list, session)
			}
		}
		return err
	})
	return list, err
}

// Revoke ends one of the person's own sessions; NotFound for any other. To end another
// one than that of the visit it needs a fresh proof of identity, so that whoever finds
// an open session cannot throw the person out (OWASP ASVS 5.0, V7.5.2); a sign-in of a
// moment ago is one.
func (s *Service) Revoke(ctx context.Context, v Visit, session string) error {
	if session != v.Session.ID && !v.Actor.SteppedUp(s.store.Now()) {
		return ErrStepUp
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		found, err := tx.Session(session)
		if err != nil {
			return err
		}
		if found.Person != v.Person.ID {
			return &fault.Error{Kind: fault.NotFound, What: "there is no such session"}
		}
		return tx.RemoveSession(session)
	})
}

// RevokeOthers ends all of the person's sessions but this one, after a fresh proof of
// identity like Revoke.
func (s *Service) RevokeOthers(ctx context.Context, v Visit) error {
	if !v.Actor.SteppedUp(s.store.Now()) {
		return ErrStepUp
	}
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error { return endOthers(tx, v.Person.ID, v.Session.ID) })
}

// prove checks the password of whoever is signed in, so many times per session.
// ErrSignIn for a wrong one, and for any after too many.
func (s *Service) prove(ctx context.Context, v Visit, password string) error {
	allowed := false
	err := s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		n, err := tx.Count("step-up "+v.Session.ID, attemptsPeriod)
		allowed = n <= attempts
		return err
	})
	if err != nil {
		return err
	}
	hash := v.Person.PasswordHash
	if !allowed {
		hash = ""
	}
	if _, err := s.passwords.Check(ctx, hash, password); errors.Is(err, secret.ErrPassword) {
		return ErrSignIn
	} else if err != nil {
		return err
	}
	return nil
}

// StepUp notes a fresh proof of identity before a dangerous act. The session goes
// on under a new token.
func (s *Service) StepUp(ctx context.Context, v Visit, password, code string) (signed Signed, err error) {
	if err := s.prove(ctx, v, password); err != nil {
		return signed, err
	}
	err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		factor, err := hasFactor(tx, v.Person)
		if err == nil && factor {
			err = s.checkCode(tx, v.Person, code)
		}
		if err != nil {
			return err
		}
		signed, err = renew(tx, v, func(session *account.Session) { session.StepUpAt = tx.Now() })
		return err
	})
	return signed, err
}

// renew changes the session of a visit and gives it a new token, so that a token
// which somebody learnt before has no part in what the person proved now.
func renew(tx *store.Tx, v Visit, change func(*account.Session)) (Signed, error) {
	session, err := tx.Session(v.Session.ID)
	if err != nil {
		return Signed{}, err
	}
	change(&session)
	token, hash := secret.NewToken()
	session.TokenHash = hash
	session, err = tx.PutSession(session)
	return Signed{Token: token, Session: session, Person: v.Person}, err
}

// Choice is a workspace that a person may enter.
type Choice struct {
	Workspace tenant.Workspace
	Role      tenant.Role
}

// Workspaces lists where the person is a member.
func (s *Service) Workspaces(ctx context.Context, v Visit) (list []Choice, err error) {
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		memberships, err := tx.MembershipsOf(v.Person.ID)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, m := range memberships {
			if seen[m.Workspace] {
				continue
			}
			seen[m.Workspace] = true
			w, err := tx.In(m.Workspace, "").Workspace()
			if err != nil {
				return err
			}
			list = append(list, Choice{Workspace: w, Role: m.Role})
		}
		return nil
	})
	return list, err
}

// Enter shows another workspace in this session; NotFound where the person is no
// member.
func (s *Service) Enter(ctx context.Context, v Visit, workspace string) error {
	return s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error {
		memberships, err := tx.MembershipsOf(v.Person.ID)
		if err != nil {
			return err
		}
		for _, m := range memberships {
			if m.Workspace == workspace {
				return show(tx, v, workspace)
			}
		}
		return &fault.Error{Kind: fault.NotFound, What: "there is no such workspace"}
	})
}
