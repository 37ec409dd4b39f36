package demo_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/demo"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

var now = time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)

// server is an empty server.
func server(t testing.TB) (demo.Server, *store.Store) {
	t.Helper()
	cat, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	set, err := country.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, err := blob.Open(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.LoadKey(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	passwords, err := secret.NewPasswords(secret.DefaultCost, 2)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.At(demo.Begins(now))
	storetest.Prepare(t, filepath.Join(dir, "nisaba.db"))
	s, err := store.Open(t.Context(), filepath.Join(dir, "nisaba.db"), store.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	k := assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "Nisaba"}
	return demo.Server{Accounts: accounts.New(s, passwords, box), Clients: clients.New(s, k, files), Knowledge: k, Clock: c}, s
}

// TestBuild: twelve clients of several classes and countries, with a history that
// the ledger proves.
func TestBuild(t *testing.T) {
	d, s := server(t)
	told := 0
	if err := demo.Build(context.Background(), d, now, func(int, int) { told++ }); err != nil {
		t.Fatal(err)
	}
	signed, _, err := d.Accounts.SignIn(t.Context(), demo.Email, demo.Password, "", accounts.Device{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.Accounts.Visit(t.Context(), signed.Token, accounts.Device{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := d.Clients.Overview(t.Context(), v.Actor, clients.Query{})
	if err != nil {
		t.Fatal(err)
	}
	classes := map[law.Class]int{}
	overdue, expiring, moved := 0, 0, 0
	for _, r := range o.Rows {
		classes[r.Rollup.Class]++
		t.Logf("%-36s %-10s %5.1f (%5.1f) open %d overdue %d expiring %d next %s", r.Organisation.Name, r.Rollup.Class, r.Rollup.Points, r.Rollup.PointsThen,
			r.Rollup.OpenTasks, r.Rollup.OverdueTasks, r.Rollup.ExpiringEvidence, r.Rollup.NextDeadline.Format(time.DateOnly))
		overdue += r.Rollup.OverdueTasks
		expiring += r.Rollup.ExpiringEvidence
		if r.Rollup.PointsThen >= 0 && r.Rollup.PointsThen != r.Rollup.Points {
			moved++
		}
		if r.Rollup.AsOf != law.DateOf(now) {
			t.Errorf("%s is as of %v", r.Organisation.Name, r.Rollup.AsOf)
		}
	}
	if len(o.Rows) != 12 || classes[law.Essential] < 3 || classes[law.Important] < 4 || classes[law.Out] != 1 || len(o.Countries) < 6 || len(o.Sectors) < 8 {
		t.Errorf("%d clients, classes %v, countries %v, sectors %v", len(o.Rows), classes, o.Countries, o.Sectors)
	}
	if overdue == 0 || expiring == 0 || moved < 5 || told == 0 {
		t.Errorf("%d overdue tasks, %d pieces of evidence that expire, %d scores that moved, told %d times", overdue, expiring, moved, told)
	}
	report, err := s.VerifyLedger(t.Context(), tenant.System("test").In(v.Workspace.ID, ""), store.Trust{})
	if err != nil || len(report.Faults) > 0 || report.Size < 1000 {
		t.Errorf("the ledger: %+v, %v", report, err)
	}
}

// BenchmarkBuild makes the whole example.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		d, _ := server(b)
		if err := demo.Build(context.Background(), d, now, nil); err != nil {
			b.Fatal(err)
		}
	}
}
