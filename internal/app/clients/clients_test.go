package clients_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

// knowledge loads the embedded data once for all tests, which only read it.
var knowledge = sync.OnceValues(func() (assessing.Knowledge, error) {
	cat, err := catalog.Load(content.FS)
	if err != nil {
		return assessing.Knowledge{}, err
	}
	packs, err := fs.Sub(content.FS, "countries")
	if err != nil {
		return assessing.Knowledge{}, err
	}
	set, err := country.Load(packs)
	return assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "nisaba test"}, err
})

var today = law.MustDate("2026-11-25")

// office is the service on its own database, with two workspaces and a clock that
// the test moves.
type office struct {
	*clients.Service
	k     assessing.Knowledge
	store *store.Store
	clock *clock.Fixed
	owner authz.Actor
}

const (
	home  = "0190a000-0000-7000-8000-000000000001"
	other = "0190a000-0000-7000-8000-000000000002"
)

// kit is the PostgreSQL of the tests that run on both engines.
var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

// open is an office on SQLite.
func open(t testing.TB) office {
	t.Helper()
	return openAt(t, storetest.Prepared(t))
}

// openAt is an office on a database whose schema is up to date.
func openAt(t testing.TB, target string) office {
	t.Helper()
	k, err := knowledge()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.At(today.At(time.UTC).Add(9 * time.Hour))
	s, err := store.Open(context.Background(), target, store.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	files, err := blob.Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{home, other} {
		err := s.Write(context.Background(), tenant.System("test").In(id, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			_, err := tx.PutWorkspace(tenant.Workspace{ID: id, Kind: tenant.Provider, Name: "Seewinkel Beratung", Language: "de"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	o := office{Service: clients.New(s, k, files), k: k, store: s, clock: c}
	o.owner = o.actor(home, "", authz.Owner)
	return o
}

// actor is somebody with a role in a workspace, or in one of its organisations.
func (o office) actor(workspace, organisation string, r authz.Role) authz.Actor {
	return authz.NewActor(authz.Actor{Person: "p-" + string(r), Name: "Anna " + string(r), Session: authz.Browser, From: "192.0.2.7"},
		workspace, []tenant.Membership{{Workspace: workspace, Organisation: organisation, Role: r}}, o.store)
}

// zone puts a workspace into a time zone.
func (o office) zone(t testing.TB, workspace, name string) {
	t.Helper()
	err := o.store.Write(context.Background(), tenant.System("test").In(workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		w.Zone = name
		_, err = tx.PutWorkspace(w)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func example(t testing.TB, name string) *organisation.File {
	t.Helper()
	b, err := fs.ReadFile(examples.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := organisation.Read(name, b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// imported is an office with the managed service provider of the examples.
func imported(t testing.TB) (office, tenant.Organisation) {
	t.Helper()
	o := open(t)
	org, err := o.Import(context.Background(), o.owner, tenant.Client, example(t, "managed-service-provider.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return o, org
}

func (o office) load(t testing.TB, id string) clients.Client {
	t.Helper()
	c, err := o.Load(context.Background(), o.owner, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// row is the organisation in the portfolio.
func (o office) row(t testing.TB, id string) assessment.Standing {
	t.Helper()
	list, err := o.Portfolio(context.Background(), o.owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Organisation.ID == id {
			return s
		}
	}
	t.Fatalf("%s is not in the portfolio", id)
	return assessment.Standing{}
}

func wantKind(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("%s: %v, want kind %v", what, err, kind)
	}
}

// sameInput compares assessments; what was read of a file is its own.
var sameInput = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(&catalog.Catalogue{})}

// TestExamplesGiveTheSameScores: through the database comes what goes in.
func TestExamplesGiveTheSameScores(t *testing.T) {
	names, err := fs.Glob(examples.FS, "*.yaml")
	if err != nil || len(names) != 3 {
		t.Fatalf("%d examples, %v", len(names), err)
	}
	o := open(t)
	for _, name := range names {
		f := example(t, name)
		want, err := assessing.Assess(o.k, f, assessing.Options{Today: today})
		if err != nil {
			t.Fatal(err)
		}
		org, err := o.Import(context.Background(), o.owner, tenant.Client, f)
		if err != nil {
			t.Fatal(err)
		}
		c := o.load(t, org.ID)
		if d := cmp.Diff(want.Posture.Scores, c.In.Posture.Scores, sameInput); d != "" {
			t.Errorf("%s: scores differ:\n%s", name, d)
		}
		if d := cmp.Diff(want.Tasks, c.In.Tasks, sameInput); d != "" {
			t.Errorf("%s: plans differ:\n%s", name, d)
		}
		r := o.row(t, org.ID)
		if !r.Assessed || r.Rollup.Points != want.Posture.Scores[0].Points || r.Rollup.Class != want.Scope.Class || r.Rollup.PointsThen != -1 {
			t.Errorf("%s: the roll-up is %+v, want %v of %s", name, r.Rollup, want.Posture.Scores[0], want.Scope.Class)
		}
		if r.Organisation.Name != f.Organisation.Name || len(c.Answers) != len(f.Answers) || c.Role != authz.Owner {
			t.Errorf("%s: %q with %d answers as %s", name, r.Organisation.Name, len(c.Answers), c.Role)
		}
	}
}

func TestImportRefusesUnknownIDs(t *testing.T) {
	o := open(t)
	f := example(t, "water-supplier.yaml")
	f.Answers["no-such-question"] = organisation.Answer{Options: []string{"yes"}}
	if _, err := o.Import(context.Background(), o.owner, tenant.Client, f); err == nil {
		t.Error("an unknown question was taken")
	}
	_, err := o.Import(context.Background(), o.owner, "friend", example(t, "water-supplier.yaml"))
	wantKind(t, "a kind that is none", err, fault.Invalid)
	if list, err := o.Portfolio(context.Background(), o.owner); err != nil || len(list) != 0 {
		t.Errorf("%d organisations are left, %v", len(list), err)
	}
}

// TestAnEmptyClient: nothing is known, so the class depends, and nothing is claimed.
func TestAnEmptyClient(t *testing.T) {
	o, ctx := open(t), context.Background()
	org, err := o.Create(ctx, o.owner, clients.Draft{Name: " Weingut Lackner ", Kind: tenant.Prospect})
	if err != nil {
		t.Fatal(err)
	}
	c := o.load(t, org.ID)
	if org.Name != "Weingut Lackner" || c.In.Scope.Class != law.Depends || c.File.Activity.EntityTypes != nil || c.In.Posture.Scores[0].Met != 0 {
		t.Errorf("%q is %s with %+v", org.Name, c.In.Scope.Class, c.In.Posture.Scores[0])
	}
	_, err = o.Create(ctx, o.owner, clients.Draft{Kind: tenant.Client})
	var list fault.List
	if !errors.As(err, &list) || list[0].Field != "organisation.name" {
		t.Errorf("without name: %v", err)
	}
	wantKind(t, "another kind", second(o.Create(ctx, o.owner, clients.Draft{Name: "X"})), fault.Invalid)
	wantKind(t, "an unknown template", second(o.Create(ctx, o.owner, clients.Draft{Name: "X", Kind: tenant.Client, From: "nothing"})), fault.NotFound)
}

func second[T any](_ T, err error) error { return err }

// TestCloneAndTemplates: facts, answers and the plan go along; identity, size and
// evidence do not, so that the class is open again.
func TestCloneAndTemplates(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	if _, err := o.AdoptPlan(ctx, o.owner, org.ID); err != nil {
		t.Fatal(err)
	}
	from := o.load(t, org.ID)
	copied, err := o.Clone(ctx, o.owner, org.ID, "Zweite GmbH", tenant.Prospect)
	if err != nil {
		t.Fatal(err)
	}
	c := o.load(t, copied.ID)
	if c.Organisation.Name != "Zweite GmbH" || c.File.Organisation.RegistrationNumber != "" || len(c.File.Registration.Contacts) != 0 || len(c.File.Evidence) != 0 {
		t.Errorf("the copy is %+v", c.File.Organisation)
	}
	if len(c.Answers) != len(from.Answers) || c.Answers[0].Source != assessment.ByTemplate || len(c.Tasks) != len(from.Tasks) || c.In.Scope.Class != law.Depends {
		t.Errorf("%d answers and %d tasks of %d and %d, class %s", len(c.Answers), len(c.Tasks), len(from.Answers), len(from.Tasks), c.In.Scope.Class)
	}
	own := map[string]bool{}
	for _, task := range c.Tasks {
		own[task.ID] = true
	}
	for _, task := range c.Tasks {
		for _, id := range task.After {
			if !own[id] {
				t.Errorf("task %q waits for a task of the original", task.Title)
			}
		}
	}
	if err := o.SetTemplate(ctx, o.owner, copied.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := o.Archive(ctx, o.owner, org.ID, true); err != nil {
		t.Fatal(err)
	}
	if list, err := o.Portfolio(ctx, o.owner); err != nil || len(list) != 0 {
		t.Errorf("the portfolio shows %d, %v", len(list), err)
	}
	if list, err := o.Aside(ctx, o.owner); err != nil || len(list) != 2 {
		t.Errorf("%d are aside, %v", len(list), err)
	}
}

func TestTagsAndKind(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	if err := o.Tag(ctx, o.owner, org.ID, []string{" north ", "", "north", "key"}); err != nil {
		t.Fatal(err)
	}
	if err := o.SetKind(ctx, o.owner, org.ID, tenant.Prospect); err != nil {
		t.Fatal(err)
	}
	r := o.row(t, org.ID)
	if d := cmp.Diff([]string{"north", "key"}, r.Organisation.Tags); d != "" || r.Organisation.Kind != tenant.Prospect {
		t.Errorf("%s, kind %s", d, r.Organisation.Kind)
	}
	wantKind(t, "a kind that is none", o.SetKind(ctx, o.owner, org.ID, "friend"), fault.Invalid)
	wantKind(t, "many tags", o.Tag(ctx, o.owner, org.ID, numbered(21)), fault.Invalid)
}

// TestRelabel: all that is given is changed at once, as one entry of the ledger, or
// nothing is.
func TestRelabel(t *testing.T) {
	o, org := imported(t)
	ctx := context.Background()
	name, kind, tags, on := "New Name GmbH", tenant.Prospect, []string{"south"}, true
	wantKind(t, "too many tags", o.Relabel(ctx, o.owner, org.ID, clients.Labels{Name: &name, Kind: &kind, Tags: new(numbered(21)), Archived: &on}), fault.Invalid)
	if r := o.row(t, org.ID).Organisation; r.Name != org.Name || r.Kind != org.Kind || r.Archived {
		t.Errorf("a change that was refused left %q, %s", r.Name, r.Kind)
	}
	entries := func() int {
		events, err := o.History(ctx, o.owner, org.ID, "", "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		return len(events)
	}
	before := entries()
	if err := o.Relabel(ctx, o.owner, org.ID, clients.Labels{Name: &name, Kind: &kind, Tags: &tags}); err != nil {
		t.Fatal(err)
	}
	r := o.row(t, org.ID).Organisation
	if r.Name != name || r.Kind != kind || !slices.Equal(r.Tags, tags) || entries() != before+1 {
		t.Errorf("%q, %s, %v in %d entries", r.Name, r.Kind, r.Tags, entries()-before)
	}
	if err := o.Relabel(ctx, o.owner, org.ID, clients.Labels{Name: &name}); err != nil || entries() != before+1 {
		t.Errorf("the same name again: %v", err)
	}
}

func numbered(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}
