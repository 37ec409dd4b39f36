package store_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

var kit storetest.Kit

func TestMain(m *testing.M) {
	if spec := os.Getenv(writerOf); spec != "" { // a child of TestKilled
		fmt.Fprintln(os.Stderr, runWriter(spec))
		os.Exit(1)
	}
	os.Exit(kit.Main(m))
}

var by = store.Change{Actor: "tester", ActorName: "Test Er", From: "192.0.2.7", Reason: "test"}

func system() tenant.Scope { return tenant.System("test") }

// world is a workspace with an organisation and a person in it.
type world struct {
	workspace, organisation, person string
	scope                           tenant.Scope
}

func makeWorld(t testing.TB, s *store.Store, name string) world {
	t.Helper()
	w := world{workspace: id.New(), organisation: id.New(), person: id.New()}
	w.scope = system().In(w.workspace, "")
	write(t, s, system(), func(tx *store.Tx) error {
		if _, err := tx.PutPerson(tenant.Person{ID: w.person, Email: name + "@example.org", Name: name}); err != nil {
			return err
		}
		in := tx.In(w.workspace, "")
		if _, err := in.PutWorkspace(tenant.Workspace{ID: w.workspace, Kind: tenant.Provider, Name: name, Language: "en"}); err != nil {
			return err
		}
		if _, err := in.PutOrganisation(tenant.Organisation{ID: w.organisation, Kind: tenant.Client, Name: name + " Ltd",
			Facts: json.RawMessage(`{"size":1}`)}); err != nil {
			return err
		}
		_, err := in.PutMembership(tenant.Membership{Person: w.person, Role: "owner"})
		return err
	})
	return w
}

func write(t testing.TB, s *store.Store, scope tenant.Scope, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), scope, by, f); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, s *store.Store, scope tenant.Scope, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Read(t.Context(), scope, f); err != nil {
		t.Fatal(err)
	}
}
