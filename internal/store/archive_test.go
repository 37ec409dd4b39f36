package store_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// TestArchive: what is in the archive is only read by people, apart from who may see it;
// what the machine notes goes on. Once it is back, also in the same transaction, it is
// changed as before.
func TestArchive(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		scope, err := authz.NewActor(authz.Actor{Person: w.person}, w.workspace, []tenant.Membership{{Workspace: w.workspace, Person: w.person, Role: authz.Owner}}, b.Store).Workspace(authz.OrganisationCreate)
		if err != nil {
			t.Fatal(err)
		}
		task := func(tx *store.Tx) error {
			_, err := tx.PutTask(planning.Task{Organisation: w.organisation, Title: "T", State: planning.ToDo})
			return err
		}
		file := func(archived bool) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				o, err := tx.Organisation(w.organisation)
				if err == nil {
					o.Archived = archived
					_, err = tx.PutOrganisation(o)
				}
				return err
			}
		}
		both := func(f, g func(*store.Tx) error) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				if err := f(tx); err != nil {
					return err
				}
				return g(tx)
			}
		}
		member := func(tx *store.Tx) error {
			_, err := tx.PutMembership(tenant.Membership{Organisation: w.organisation, Person: w.person, Role: authz.Editor})
			return err
		}
		for _, tc := range []struct {
			name    string
			scope   tenant.Scope
			f       func(*store.Tx) error
			refused bool
		}{
			{"a task before", scope, task, false},
			{"a change after it went aside in the same transaction", scope, both(file(true), task), true},
			{"aside", scope, both(task, file(true)), false},
			{"a task", scope, task, true},
			{"a label", scope, file(true), true},
			{"a member", scope, member, false},
			{"what the machine notes", w.scope, task, false},
			{"back, and a task", scope, both(file(false), task), false},
			{"a task after", scope, task, false},
		} {
			err := b.Write(t.Context(), tc.scope, store.Change{Actor: "tester"}, tc.f)
			if !tc.refused && err != nil || tc.refused && (err == nil || fault.KindOf(err) != fault.Conflict) {
				t.Errorf("%s: %v", tc.name, err)
			}
		}
	})
}
