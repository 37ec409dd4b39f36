package accounts

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// TokenPrefix begins every API token, so that scanners of source code find a
// token that was left where it does not belong.
const TokenPrefix = "nis_"

// tokenLasts is the longest life of a token.
const tokenLasts = 2 * 366 * 24 * time.Hour

// ErrToken is the only answer to a token that lets nobody in: unknown, revoked,
// expired, or made by somebody who is no longer allowed to.
var ErrToken = &fault.Error{Kind: fault.Forbidden, What: "the token is not valid", Expected: "an API token that is neither expired nor revoked"}

// NewToken is what a new API token shall be.
type NewToken struct {
	Name         string      // what it is for
	Organisation string      // "" = the whole workspace
	Role         tenant.Role // at most the maker's own; never a guest
	Expires      time.Time   // at most two years ahead
}

// Bearer finds who works with an API token and from where: the person who made it,
// limited to the role, the workspace and the organisation of the token. The actor's
// session is authz.API. A token stops as soon as its maker is disabled or could no
// longer hand out its role, so that nobody keeps rights through a token. The
// address ranges of the workspace hold for tokens too (Visit.Refused); its demand
// for a second factor does not, because making a token demanded one. Every other
// refusal is ErrToken.
func (s *Service) Bearer(ctx context.Context, token string, d Device) (v Visit, err error) {
	if !strings.HasPrefix(token, TokenPrefix) || len(token) > 100 {
		return v, ErrToken
	}
	var t account.Token
	err = s.store.Read(ctx, signIn(), func(tx *store.Tx) error {
		t, err = tx.TokenByHash(secret.TokenHash(token))
		if fault.KindOf(err) == fault.NotFound || err == nil && !t.Live(tx.Now()) {
			return ErrToken
		}
		if err != nil {
			return err
		}
		v, err = s.bearer(tx, t, d)
		return err
	})
	if err == nil && s.store.Now().Sub(t.UsedAt) > seenEvery {
		err = s.store.Write(ctx, signIn(), v.change(), func(tx *store.Tx) error { return tx.TouchToken(t.ID, tx.Now()) })
	}
	return v, err
}

// bearer is the visit of a live token.
func (s *Service) bearer(tx *store.Tx, t account.Token, d Device) (v Visit, err error) {
	if v.Person, err = tx.Person(t.CreatedBy); fault.KindOf(err) == fault.NotFound || err == nil && v.Person.Disabled {
		return Visit{}, ErrToken
	}
	if err != nil {
		return Visit{}, err
	}
	own, err := tx.MembershipsOf(t.CreatedBy)
	if err != nil {
		return Visit{}, err
	}
	if !backed(own, t) {
		return Visit{}, ErrToken
	}
	if v.Workspace, err = tx.In(t.Workspace, "").Workspace(); err != nil {
		return Visit{}, err
	}
	reach := []tenant.Membership{{Workspace: t.Workspace, Organisation: t.Organisation, Person: t.CreatedBy, Role: t.Role}}
	ranges := tenant.Policy{AddressRanges: v.Workspace.Policy.AddressRanges}
	if v.Refused = admits(ranges, d, true); v.Refused != nil {
		reach = nil
	}
	v.Actor = authz.NewActor(authz.Actor{Person: v.Person.ID, Name: v.Person.Name + " (" + t.Name + ")", Session: authz.API, From: d.Address,
		Zone: tenant.ZoneOf(v.Person.Zone, v.Workspace.Zone)},
		t.Workspace, reach, s.store)
	return v, nil
}

// backed reports whether the maker of a token may still hand out its role.
func backed(own []tenant.Membership, t account.Token) bool {
	return slices.ContainsFunc(own, func(m tenant.Membership) bool {
		return m.Workspace == t.Workspace && m.Organisation == "" && authz.Allows(m.Role, authz.TokensManage) && authz.MayGrant(m.Role, t.Role)
	})
}

// manageTokens is the scope for tokens. Programs make no tokens, and people show
// a fresh proof of who they are before a change.
func (v Visit) manageTokens(now time.Time, change bool) (tenant.Scope, error) {
	scope, err := v.Actor.Workspace(authz.TokensManage)
	switch {
	case err != nil:
		return scope, err
	case change && v.Actor.Session == authz.API:
		return tenant.Scope{}, &fault.Error{Kind: fault.Forbidden, What: "a token cannot make or revoke tokens", Expected: "a person who is signed in"}
	case change && !v.Actor.SteppedUp(now):
		return tenant.Scope{}, ErrStepUp
	}
	return scope, nil
}

// TokenEntry is a token as the list shows it.
type TokenEntry struct {
	account.Token
	Maker   string // name of the person who made it
	Works   bool   // would be let in now
	Reaches string // name of the organisation; "" = the whole workspace
}

// Tokens lists the API tokens of the workspace, newest first.
func (s *Service) Tokens(ctx context.Context, v Visit) (list []TokenEntry, err error) {
	scope, err := v.manageTokens(s.store.Now(), false)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		tokens, err := tx.Tokens()
		if err != nil {
			return err
		}
		members, err := tx.Members()
		if err != nil {
			return err
		}
		for _, t := range tokens {
			e := TokenEntry{Token: t}
			for _, m := range members {
				if m.Person == t.CreatedBy {
					e.Maker = m.Name
					e.Works = e.Works || !m.Disabled && t.Live(tx.Now()) && backed([]tenant.Membership{m.Membership}, t)
				}
			}
			if t.Organisation != "" {
				o, err := tx.Organisation(t.Organisation)
				if err != nil {
					return err
				}
				e.Reaches = o.Name
			}
			list = append(list, e)
		}
		return nil
	})
	return list, err
}

// CreateToken makes an API token. The text is returned once and stored as a hash.
func (s *Service) CreateToken(ctx context.Context, v Visit, n NewToken) (text string, made account.Token, err error) {
	scope, err := v.manageTokens(s.store.Now(), true)
	if err != nil {
		return "", made, err
	}
	if err := s.checkToken(v, &n); err != nil {
		return "", made, err
	}
	random, _ := secret.NewToken()
	text = TokenPrefix + random
	err = s.store.Write(ctx, scope, v.change(), func(tx *store.Tx) error {
		if n.Organisation != "" {
			if _, err := tx.Organisation(n.Organisation); err != nil {
				return err
			}
		}
		made, err = tx.PutToken(account.Token{Organisation: n.Organisation, Name: n.Name, Role: n.Role, Hash: secret.TokenHash(text),
			CreatedBy: v.Person.ID, ExpiresAt: n.Expires})
		return err
	})
	return text, made, err
}

func (s *Service) checkToken(v Visit, n *NewToken) error {
	now := s.store.Now()
	n.Name = strings.TrimSpace(n.Name)
	var list fault.List
	if n.Name == "" || utf8.RuneCountInString(n.Name) > 100 {
		list = append(list, &fault.Error{Kind: fault.Invalid, Field: "name", What: "the token has no name, or a long one", Expected: "what it is for, at most 100 characters"})
	}
	if !n.Expires.After(now) || n.Expires.After(now.Add(tokenLasts)) {
		list = append(list, &fault.Error{Kind: fault.Invalid, Field: "expires", What: "the token cannot end then", Expected: "a day in the next two years"})
	}
	if !slices.Contains(authz.Roles(), n.Role) || n.Role == authz.Guest {
		list = append(list, &fault.Error{Kind: fault.Invalid, Field: "role", What: "there is no such role for a token", Expected: "one of the roles of members"})
	}
	if len(list) > 0 {
		return list
	}
	if own, _ := v.Actor.RoleIn(""); !authz.MayGrant(own, n.Role) {
		return &fault.Error{Kind: fault.Forbidden, Field: "role", What: "you cannot hand out this role"}
	}
	return nil
}

// RevokeToken ends a token at once; it stays in the list.
func (s *Service) RevokeToken(ctx context.Context, v Visit, token string) error {
	scope, err := v.manageTokens(s.store.Now(), true)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, v.change(), func(tx *store.Tx) error {
		t, err := tx.Token(token)
		if err != nil {
			return err
		}
		if t.RevokedAt.IsZero() {
			t.RevokedAt = tx.Now()
			_, err = tx.PutToken(t)
		}
		return err
	})
}
