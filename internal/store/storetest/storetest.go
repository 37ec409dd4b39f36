package storetest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Bench is one opened store with what tests need around it.
type Bench struct {
	*store.Store
	Clock  *clock.Fixed // stands at 1 October 2026, 08:00 UTC until it is moved
	Target string       // of store.Open
}

// Start8 is where the clock of a Bench stands at first.
func Start8() time.Time { return time.Date(2026, time.October, 1, 8, 0, 0, 0, time.UTC) }

// Each runs the test on every engine, each time on an empty store.
func (k *Kit) Each(t *testing.T, test func(t *testing.T, b *Bench)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, SQLite(t)))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, k.Postgres(t)))
	})
}

// SQLite is the path of a database file that does not exist yet.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "nisaba.db") }

// Open opens a store on the target and closes it after the test.
func Open(t testing.TB, target string) *Bench {
	t.Helper()
	c := clock.At(Start8())
	s, err := store.Open(t.Context(), target, store.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Bench{Store: s, Clock: c, Target: target}
}
