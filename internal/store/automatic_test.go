package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
)

// TestAutomaticSnapshots thins what the machine made, and nothing else, and writes
// nothing into the ledger.
func TestAutomaticSnapshots(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, foreign := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			_, err := tx.PutSnapshot(assessment.Snapshot{Organisation: w.organisation, On: law.MustDate("2026-01-10"), Label: "by hand"})
			return err
		})
		before := ledgerSize(t, b.Store, w)
		for _, day := range []string{"2026-01-05", "2026-01-20", "2026-01-31", "2026-02-01", "2026-03-15", "2026-03-16"} {
			for _, x := range []world{w, foreign} {
				write(t, b.Store, x.scope, func(tx *store.Tx) error {
					return tx.KeepAutomatic(assessment.Snapshot{Organisation: x.organisation, On: law.MustDate(day)})
				})
			}
		}
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			n, err := tx.ThinAutomatic(w.organisation, law.MustDate("2026-03-16"))
			if n != 3 {
				t.Errorf("%d snapshots went", n)
			}
			return err
		})
		days := func(x world) (out []string) {
			err := b.Read(t.Context(), x.scope, func(tx *store.Tx) error {
				all, err := tx.Snapshots(x.organisation)
				for _, s := range all {
					out = append(out, s.On.String())
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if diff := cmp.Diff([]string{"2026-01-10", "2026-01-31", "2026-02-01", "2026-03-16"}, days(w)); diff != "" {
			t.Error(diff)
		}
		if n := len(days(foreign)); n != 6 {
			t.Errorf("another workspace has %d snapshots left", n)
		}
		if after := ledgerSize(t, b.Store, w); after != before {
			t.Errorf("the ledger grew by %d", after-before)
		}
		err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error {
			return tx.KeepAutomatic(assessment.Snapshot{Organisation: foreign.organisation, On: law.MustDate("2026-03-16")})
		})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("a snapshot of another workspace: %v", err)
		}
	})
}

func ledgerSize(t *testing.T, s *store.Store, w world) (n int) {
	t.Helper()
	err := s.Read(t.Context(), w.scope, func(tx *store.Tx) error {
		all, err := tx.Entries(store.Filter{Limit: 1000})
		n = len(all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUnsettledNotices: only a scope of the whole workspace settles what goes out
// by mail, and only in its own.
func TestUnsettledNotices(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, foreign := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		for _, x := range []world{w, foreign} {
			write(t, b.Store, x.scope, func(tx *store.Tx) error {
				return tx.Notify(desk.Notice{Person: x.person, Organisation: x.organisation, Key: "task.due"})
			})
		}
		pending := func(x world) (out []desk.Notice) {
			err := b.Read(t.Context(), x.scope, func(tx *store.Tx) (err error) {
				out, err = tx.UnsettledNotices(10)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		theirs := pending(foreign)
		if len(theirs) != 1 || len(pending(w)) != 1 {
			t.Fatalf("%d and %d notices", len(theirs), len(pending(w)))
		}
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.SettleNotices([]string{theirs[0].ID, pending(w)[0].ID}) })
		if len(pending(w)) != 0 || len(pending(foreign)) != 1 {
			t.Errorf("%d of mine and %d of theirs are left", len(pending(w)), len(pending(foreign)))
		}
		narrow := system().In(foreign.workspace, foreign.organisation)
		err := b.Read(t.Context(), narrow, func(tx *store.Tx) error {
			_, err := tx.UnsettledNotices(10)
			return err
		})
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("a scope of one organisation: %v", err)
		}
	})
}
