package jobs

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// KeepJobs is how long the queue remembers jobs that ended well.
const KeepJobs = 30 * 24 * time.Hour

// KeepHouse adds the schedules that every server needs: checkpoints of the ledgers
// that grew, every quarter of an hour, and once a night the removal of sessions,
// counters and jobs that are of no use any more. origin names the server in the
// checkpoints; the witness, unless it is nil, knows the newest of them; then runs in
// the transaction that ends each sealing.
func (r *Runner) KeepHouse(signer ledger.Signer, origin string, witness store.Witness, then ...func(*store.Tx) error) error {
	r.Handle("house.seal", func(ctx context.Context, run *Run) error {
		n, err := r.store.SealLedgers(ctx, signer, origin, witness)
		if err != nil {
			return err
		}
		return run.Finish(ctx, map[string]int{"sealed": n}, func(tx *store.Tx) error {
			for _, f := range then {
				if err := f(tx); err != nil {
					return err
				}
			}
			return nil
		})
	})
	r.Handle("house.sweep", func(ctx context.Context, run *Run) error {
		return run.Finish(ctx, nil, func(tx *store.Tx) error {
			if _, err := tx.SweepSessions(tx.Now()); err != nil {
				return err
			}
			if _, err := tx.SweepPasses(tx.Now()); err != nil {
				return err
			}
			if _, err := tx.SweepCounters(tx.Now().Add(-24 * time.Hour)); err != nil {
				return err
			}
			_, err := tx.SweepJobs(tx.Now().Add(-KeepJobs))
			return err
		})
	})
	if err := r.Every("house.seal", "house.seal", "15m"); err != nil {
		return err
	}
	return r.Every("house.sweep", "house.sweep", "daily 02:40")
}
