package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
		test(t, Open(t, k.Prepared(t)))
	})
}

// SQLite is the path of a database file that does not exist yet.
func SQLite(t testing.TB) string { return filepath.Join(t.TempDir(), "nisaba.db") }

// empty is the file of an SQLite store in which nothing happened yet. It is made
// once for a test program: the steps of the schema are the dear part of most tests.
var empty = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "nisaba-empty-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "nisaba.db")
	if err := prepare(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// prepare brings the schema of a database up to date.
func prepare(target string) error {
	s, err := store.Open(context.Background(), target, store.Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

// Prepared is the path of an SQLite database of its own that was opened before and in
// which nothing happened yet.
func Prepared(t testing.TB) string {
	t.Helper()
	path := SQLite(t)
	Prepare(t, path)
	return path
}

// Prepare puts the file of an empty store there, as if it had been opened before.
// What the first opening does is for tests that open a path without it.
func Prepare(t testing.TB, path string) {
	t.Helper()
	content, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Open opens a store on the target and closes it after the test. A file that does
// not exist yet is prepared.
func Open(t testing.TB, target string) *Bench {
	t.Helper()
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) && !strings.Contains(target, "://") {
		Prepare(t, target)
	}
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
