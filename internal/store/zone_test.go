package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
)

// TestZoneOfTheWorkspace: the zone is that of the workspace of the scope, UTC until one is
// chosen, also in a scope of some organisations; a scope of everything has none.
func TestZoneOfTheWorkspace(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		mine, theirs := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		write(t, b.Store, mine.scope, func(tx *store.Tx) error {
			w, err := tx.Workspace()
			if err != nil {
				return err
			}
			w.Zone = "Pacific/Kiritimati"
			_, err = tx.PutWorkspace(w)
			return err
		})
		for _, tc := range []struct {
			scope tenant.Scope
			want  string
		}{{mine.scope, "Pacific/Kiritimati"}, {tenant.System("test").In(mine.workspace, mine.organisation), "Pacific/Kiritimati"}, {theirs.scope, "UTC"}} {
			look := func(tx *store.Tx) error {
				zone, err := tx.Zone()
				if err != nil || zone.String() != tc.want {
					t.Errorf("%v, want %s (%v)", zone, tc.want, err)
				}
				today, err := tx.Today()
				if err != nil || today != law.DateOf(tx.Now().In(tenant.ZoneOf(tc.want))) {
					t.Errorf("today is %v in %s (%v)", today, tc.want, err)
				}
				return nil
			}
			write(t, b.Store, tc.scope, look)
			if err := b.Read(t.Context(), tc.scope, look); err != nil {
				t.Error(err)
			}
		}
		err := b.Read(t.Context(), tenant.System("test"), func(tx *store.Tx) error { return drop(tx.Today()) })
		if fault.KindOf(err) != fault.Internal {
			t.Errorf("a day of all workspaces: %v", err)
		}
	})
}

// TestTheFieldThatCannotBeKept: the fault of a text that no database keeps names the field.
func TestTheFieldThatCannotBeKept(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "mine")
		for field, v := range map[string]planning.Task{"title": {Title: "Buy\x00a safe"}, "body": {Title: "Buy", Body: "\xff"}} {
			v.Organisation, v.State = w.organisation, planning.ToDo
			err := b.Write(t.Context(), w.scope, store.Change{Actor: "test"}, func(tx *store.Tx) error { return drop(tx.PutTask(v)) })
			var wrong *fault.Error
			if !errors.As(err, &wrong) || wrong.Kind != fault.Invalid || wrong.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

// TestLastEnqueued: of each workspace the newest job of the kind with the same arguments,
// also when it has ended.
func TestLastEnqueued(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		mine, theirs := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		for _, j := range []struct {
			scope tenant.Scope
			args  string
		}{{mine.scope, `{"night":true}`}, {theirs.scope, `{}`}} {
			write(t, b.Store, j.scope, func(tx *store.Tx) error { return drop(tx.Enqueue(work.Job{Kind: "night", Args: []byte(j.args)})) })
		}
		var got map[string]time.Time
		err := b.Read(t.Context(), tenant.System("test"), func(tx *store.Tx) (err error) {
			got, err = tx.LastEnqueued("night", []byte(`{"night":true}`))
			return err
		})
		if at, ok := got[mine.workspace]; err != nil || len(got) != 1 || !ok || at.IsZero() {
			t.Errorf("%v, %v", got, err)
		}
	})
}
