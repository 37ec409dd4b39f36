package jobs_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

func TestKeepHouse(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		scope, r := makeWorkspace(t, b.Store), runner(b)
		private, public, err := ledger.GenerateKey(rand.Reader, "test")
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ledger.NewSigner(private, public)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.KeepHouse(signer, "server", nil); err != nil {
			t.Fatal(err)
		}
		write(t, b.Store, system(), func(tx *store.Tx) error {
			_, err := tx.Count("old", time.Hour)
			return err
		})
		start(t, r)
		sealed := func() int {
			n := 0
			err := b.Read(t.Context(), scope, func(tx *store.Tx) error {
				all, err := tx.Checkpoints()
				n = len(all)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		until(t, "schedules", func() bool {
			var crons []work.Cron
			err := b.Read(t.Context(), system(), func(tx *store.Tx) (err error) {
				crons, err = tx.Crons()
				return err
			})
			return err == nil && len(crons) == 2
		})
		if n := sealed(); n != 0 {
			t.Errorf("%d checkpoints before the time", n)
		}
		b.Clock.Move(48 * time.Hour)
		until(t, "checkpoint", func() bool { return sealed() == 1 })
		until(t, "sweep", func() bool {
			swept := false
			err := b.Read(t.Context(), system(), func(tx *store.Tx) error {
				all, err := tx.Jobs(work.Done, 10)
				for _, j := range all {
					swept = swept || j.Kind == "house.sweep"
				}
				return err
			})
			return err == nil && swept
		})
		write(t, b.Store, system(), func(tx *store.Tx) error {
			n, err := tx.SweepCounters(tx.Now())
			if n != 0 {
				t.Error("the old counter is still there")
			}
			return err
		})
		if report, err := b.VerifyLedger(t.Context(), scope, store.Trust{Keys: public}); err != nil || len(report.Faults) != 0 || report.Checkpoints != 1 {
			t.Errorf("%+v %v", report, err)
		}
	})
}
