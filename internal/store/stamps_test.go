package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/internal/tsa"
	"github.com/nisaba-platform/nisaba/internal/tsa/tsatest"
)

// stamp gives the newest checkpoint of a ledger a time stamp.
func stamp(t *testing.T, b *storetest.Bench, w world) store.Stamped {
	t.Helper()
	var out store.Stamped
	write(t, b.Store, w.scope, func(tx *store.Tx) error {
		all, err := tx.Checkpoints()
		if err != nil {
			return err
		}
		newest := all[len(all)-1]
		out, err = tx.PutStamp(newest.Size, tsatest.Token(t, []byte(newest.Note), newest.At))
		return err
	})
	return out
}

// TestStamps: the newest checkpoint of each ledger asks for a time stamp until it has
// one; a stamp of something else is refused; workspaces do not see each other's; a
// damaged one is found.
func TestStamps(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		mine, theirs, key := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs"), signer(t)
		if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
			t.Fatal(err)
		}
		open := func() map[string]int64 {
			out := map[string]int64{}
			read(t, b.Store, system(), func(tx *store.Tx) error {
				all, err := tx.Unstamped()
				for _, s := range all {
					out[s.Workspace] = s.Size
				}
				return err
			})
			return out
		}
		before := open()
		if before[mine.workspace] == 0 || before[theirs.workspace] == 0 {
			t.Fatalf("no time stamp is asked for: %v", before)
		}
		s := stamp(t, b, mine)
		if after := open(); after[mine.workspace] != 0 || len(after) != len(before)-1 {
			t.Errorf("before %v, after %v", before, after)
		}
		if r := verified(t, b.Store, mine.scope, key.Public()); len(r.Faults) != 0 || len(r.Stamps) != 1 || r.Stamps[0].Authority != "CN=Test Token" {
			t.Errorf("%+v", r)
		}
		read(t, b.Store, theirs.scope, func(tx *store.Tx) error {
			all, err := tx.Stamps()
			if len(all) != 0 {
				t.Errorf("time stamps of others: %v", all)
			}
			if _, err := tx.Unstamped(); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("the ledgers of all: %v", err)
			}
			return err
		})
		err := b.Write(t.Context(), theirs.scope, store.Change{Actor: "x"}, func(tx *store.Tx) error {
			_, err := tx.PutStamp(before[theirs.workspace], s.Token)
			return err
		})
		if !errors.Is(err, tsa.ErrNotStamped) {
			t.Errorf("the stamp of another checkpoint: %v", err)
		}
		db := storetest.Raw(t, b.Target)
		unlock(t, db, b.Engine())
		if b.Engine() == "PostgreSQL" {
			if _, err := db.ExecContext(t.Context(), `UPDATE checkpoint_stamps SET at = at - 86400000`); err != nil {
				t.Fatal(err)
			}
		} else if _, err := db.ExecContext(t.Context(), `UPDATE checkpoint_stamps SET token = 'AAAA' || SUBSTR(token, 5)`); err != nil {
			t.Fatal(err)
		}
		r := verified(t, b.Store, mine.scope, key.Public())
		if len(r.Stamps) != 0 || len(r.Faults) != 1 || r.Faults[0].Table != "checkpoint_stamps" || !strings.Contains(r.Faults[0].What, "time stamp") {
			t.Errorf("a damaged time stamp: %+v", r)
		}
	})
}

// TestStampChains: with roots, each time stamp says where its certificate leads, also
// when one of the chain has ended since; one that leads elsewhere is a fault.
func TestStampChains(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, key, now := makeWorld(t, b.Store, "stamped"), signer(t), b.Clock.Now()
		ca := tsatest.NewCA(t, "Ours", now, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
		other := tsatest.NewCA(t, "Theirs", now, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0))
		if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
			t.Fatal(err)
		}
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			all, err := tx.Checkpoints()
			if err != nil {
				return err
			}
			newest := all[len(all)-1]
			return drop(tx.PutStamp(newest.Size, ca.Token(t, []byte(newest.Note), newest.At)))
		})
		check := func(pem []byte) store.LedgerReport {
			roots, err := tsa.Roots(pem)
			if err != nil {
				t.Fatal(err)
			}
			r, err := b.VerifyLedger(t.Context(), w.scope, store.Trust{Keys: key.Public(), Roots: roots})
			if err != nil || len(r.Stamps) != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
			return r
		}
		if r := check(nil); r.Stamps[0].Chain != store.ChainUnchecked || len(r.Faults) != 0 {
			t.Errorf("without roots: %+v", r)
		}
		if r := check(ca.Roots); r.Stamps[0].Chain != store.ChainTrusted || r.Stamps[0].Root != "CN=Ours Root" || !r.Stamps[0].Until.Equal(now.AddDate(1, 0, 0)) || len(r.Faults) != 0 {
			t.Errorf("with its root: %+v", r)
		}
		if r := check(other.Roots); r.Stamps[0].Chain != store.ChainBroken || len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "leads to no root") {
			t.Errorf("with another root: %+v", r)
		}
		b.Clock.Move(400 * 24 * time.Hour)
		if r := check(ca.Roots); r.Stamps[0].Chain != store.ChainEnded || len(r.Faults) != 0 {
			t.Errorf("after a certificate has ended: %+v", r)
		}
	})
}
