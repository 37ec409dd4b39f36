package store_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// TestPasses: a pass opens only what it is for, once where it is taken, and not
// after its time.
func TestPasses(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		write(t, b.Store, system(), func(tx *store.Tx) error {
			for hash, p := range map[string]account.Pass{
				"nobody": {Kind: account.Challenge, Data: "{}", ExpiresAt: tx.Now().Add(time.Minute)},
				"reset":  {Kind: account.PasswordReset, Person: w.person, ExpiresAt: tx.Now().Add(time.Minute)},
				"over":   {Kind: account.PasswordReset, Person: w.person, ExpiresAt: tx.Now()},
			} {
				p.Hash = hash
				if err := tx.AddPass(p); err != nil {
					return err
				}
			}
			if p, err := tx.TakePass(account.Challenge, "nobody"); err != nil || p.Person != "" || p.Data != "{}" {
				t.Errorf("%+v %v", p, err)
			}
			for hash, kind := range map[string]account.PassKind{"nobody": account.Challenge, "reset": account.Challenge, "over": account.PasswordReset} {
				if _, err := tx.TakePass(kind, hash); fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s as %s: %v", hash, kind, err)
				}
			}
			if n, err := tx.CountPasses(w.person, account.PasswordReset); n != 2 || err != nil {
				t.Errorf("%d passes, %v", n, err)
			}
			if n, err := tx.SweepPasses(tx.Now().Add(time.Millisecond)); n != 1 || err != nil {
				t.Errorf("%d swept, %v", n, err)
			}
			if err := tx.RemovePassesOf(w.person, account.PasswordReset); err != nil {
				return err
			}
			n, err := tx.CountPasses(w.person, account.PasswordReset)
			if n != 0 {
				t.Errorf("%d passes are left", n)
			}
			return err
		})
	})
}
