package accounts

import (
	"context"
	"net/netip"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// linkLasts is how long a link for signing in can be opened.
const linkLasts = time.Hour

// SignInLink makes the token of a link that signs the owner of the address in,
// once and from the server's own machine only. It does not show a second factor.
func (o Operator) SignInLink(ctx context.Context, email string) (token string, err error) {
	token, hash := secret.NewToken()
	return token, o.accounts.store.Write(ctx, signIn(), byOperator("a link for signing in"), func(tx *store.Tx) error {
		p, err := tx.PersonByEmail(email)
		if err != nil {
			return err
		}
		return tx.AddPass(account.Pass{Hash: hash, Kind: account.SignInLink, Person: p.ID, ExpiresAt: tx.Now().Add(linkLasts)})
	})
}

var errNoLink = &fault.Error{Kind: fault.NotFound, What: "this link was used already, or is too old",
	Expected: "a new one, or to sign in with address and password"}

// OpenLink signs in whoever holds the token of a link made by Operator.SignInLink.
// From anywhere but the server's own machine it is NotFound, and stays unused.
func (s *Service) OpenLink(ctx context.Context, token string, d Device) (signed Signed, err error) {
	if at, err := netip.ParseAddr(d.Address); err != nil || !at.Unmap().IsLoopback() || token == "" || len(token) > 100 {
		return Signed{}, errNoLink
	}
	err = s.store.Write(ctx, signIn(), store.Change{Actor: "system", From: d.Address}, func(tx *store.Tx) error {
		pass, err := tx.TakePass(account.SignInLink, secret.TokenHash(token))
		if fault.KindOf(err) == fault.NotFound {
			return errNoLink
		}
		if err != nil {
			return err
		}
		p, err := tx.Person(pass.Person)
		if err != nil {
			return err
		}
		if p.Disabled {
			return errNoLink
		}
		workspace, err := firstWorkspace(tx, p.ID, d, false)
		if err != nil {
			return err
		}
		signed, err = s.open(tx, p, workspace, d, false)
		return err
	})
	return signed, err
}
