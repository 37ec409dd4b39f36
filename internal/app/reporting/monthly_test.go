package reporting_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/app/reporting"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

const workspace = "0190a000-0000-7000-8000-000000000001"

// office is the service with one member, one organisation and a clock that the test
// moves.
type office struct {
	*reporting.Service
	store        *store.Store
	clock        *clock.Fixed
	owner        authz.Actor
	organisation string
}

func open(t *testing.T) office {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, dir := context.Background(), t.TempDir()
	cat, err := catalog.Load(content.FS)
	must(err)
	packs, err := fs.Sub(content.FS, "countries")
	must(err)
	set, err := country.Load(packs)
	must(err)
	messages, err := locale.Load(content.FS, "messages")
	must(err)
	o := office{clock: clock.At(law.MustDate("2026-11-25").At(time.UTC).Add(9 * time.Hour))}
	storetest.Prepare(t, filepath.Join(dir, "nisaba.db"))
	o.store, err = store.Open(ctx, filepath.Join(dir, "nisaba.db"), store.Options{Clock: o.clock})
	must(err)
	t.Cleanup(func() { o.store.Close() })
	files, err := blob.Open(filepath.Join(dir, "files"))
	must(err)
	box, err := secret.LoadKey(filepath.Join(dir, "key"))
	must(err)
	mailer, err := mailing.New(mailing.Options{Box: box, Messages: messages, Base: "https://nisaba.example.org"})
	must(err)
	member := tenant.Membership{Workspace: workspace, Person: "anna", Role: authz.Owner}
	must(o.store.Write(ctx, tenant.System("test"), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		if _, err := tx.PutPerson(tenant.Person{ID: "anna", Name: "Anna Huber", Email: "anna@example.org", Language: "de"}); err != nil {
			return err
		}
		in := tx.In(workspace, "")
		if _, err := in.PutWorkspace(tenant.Workspace{ID: workspace, Kind: tenant.Provider, Name: "Seewinkel"}); err != nil {
			return err
		}
		_, err := in.PutMembership(member)
		return err
	}))
	o.owner = authz.NewActor(authz.Actor{Person: "anna", Name: "Anna Huber", Session: authz.Browser}, workspace, []tenant.Membership{member}, o.store)
	organisations := clients.New(o.store, assessing.Knowledge{Catalogue: cat, Countries: set, Edition: "test", Program: "test"}, files)
	o.Service = reporting.New(o.store, organisations, files, messages, mailer)
	text, err := fs.ReadFile(examples.FS, "water-supplier.yaml")
	must(err)
	f, err := organisation.Read("water-supplier.yaml", text)
	must(err)
	org, err := organisations.Import(ctx, o.owner, tenant.Client, f)
	must(err)
	o.organisation = org.ID
	return o
}

// made is how many reports are kept and how many mails wait, after the job ran.
func (o office) made(t *testing.T) (reports, mails int) {
	t.Helper()
	ctx := context.Background()
	if err := o.MakeDue(ctx, tenant.System("test")); err != nil {
		t.Fatal(err)
	}
	list, err := o.Reports(ctx, o.owner, o.organisation)
	if err != nil {
		t.Fatal(err)
	}
	err = o.store.Read(ctx, tenant.System("test").In(workspace, ""), func(tx *store.Tx) error {
		effects, err := tx.Effects(100)
		mails = len(effects)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(list), mails
}

// TestMonthlyReport: one per format and month however often the job runs, all from one
// transaction with one mail, one after a pause of several months, none before the first of the month, none without the right.
func TestMonthlyReport(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	if err := o.SetMonthly(ctx, o.owner, o.organisation, reporting.Order{Formats: []string{reporting.JSON, reporting.HTML, reporting.JSON}, Language: "de"}, true); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 0}, {4 * 24 * time.Hour, 0}, {48 * time.Hour, 1}, {0, 1}, {10 * 24 * time.Hour, 1}, {95 * 24 * time.Hour, 2}, {0, 2}} {
		o.clock.Move(step.wait)
		if reports, mails := o.made(t); reports != 2*step.want || mails != step.want {
			t.Fatalf("on %v: %d reports and %d mails, want %d in two formats with one mail each", o.store.Now(), reports, mails, step.want)
		}
	}
	err := o.store.Write(ctx, tenant.System("test").In(workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error { return tx.RemoveMembership("anna", "") })
	if err != nil {
		t.Fatal(err)
	}
	o.clock.Move(40 * 24 * time.Hour)
	if reports, _ := o.made(t); reports != 4 {
		t.Errorf("a report was made for somebody who is no member: %d", reports)
	}
	if err := o.StopMonthly(ctx, o.owner, o.organisation); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := o.Monthly(ctx, o.owner, o.organisation); ok || err != nil {
		t.Errorf("after the stop: %v, %v", ok, err)
	}
}

// TestMonthlyReportWhereThePersonIs: the month begins where the person is, or, when they
// have chosen no zone, where the workspace is; the report bears the day there.
func TestMonthlyReportWhereThePersonIs(t *testing.T) {
	ctx, everything := context.Background(), tenant.System("test")
	for _, tc := range []struct {
		workspace, person string
		due               string // in UTC
		asOf              string
	}{
		{"", "", "2026-12-01T00:00:00Z", "2026-12-01"},
		{"Europe/Vienna", "", "2026-11-30T23:00:00Z", "2026-12-01"},
		{"Pacific/Kiritimati", "", "2026-11-30T10:00:00Z", "2026-12-01"},
		{"Pacific/Kiritimati", "Pacific/Niue", "2026-12-01T11:00:00Z", "2026-12-01"},
	} {
		t.Run(tc.workspace+" "+tc.person, func(t *testing.T) {
			o := open(t)
			err := o.store.Write(ctx, everything, store.Change{Actor: "test"}, func(tx *store.Tx) error {
				in := tx.In(workspace, "")
				w, err := in.Workspace()
				if err != nil {
					return err
				}
				w.Zone = tc.workspace
				if _, err := in.PutWorkspace(w); err != nil {
					return err
				}
				p, err := tx.Person("anna")
				if err != nil {
					return err
				}
				p.Zone = tc.person
				_, err = tx.PutPerson(p)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := o.SetMonthly(ctx, o.owner, o.organisation, reporting.Order{Formats: []string{reporting.JSON}, Language: "de"}, false); err != nil {
				t.Fatal(err)
			}
			due, err := time.Parse(time.RFC3339, tc.due)
			if err != nil {
				t.Fatal(err)
			}
			o.clock.Move(due.Add(-time.Second).Sub(o.clock.Now()))
			if n, _ := o.made(t); n != 0 {
				t.Errorf("a second before: %d reports", n)
			}
			o.clock.Move(time.Second)
			if n, _ := o.made(t); n != 1 {
				t.Fatalf("%d reports, want one", n)
			}
			list, err := o.Reports(ctx, o.owner, o.organisation)
			if err != nil || list[0].AsOf.String() != tc.asOf {
				t.Errorf("the report is of %v, want %s (%v)", list[0].AsOf, tc.asOf, err)
			}
		})
	}
}

// TestMonthlyOfOneFormat: a schedule that was stored when it could have one format only
// goes on with it.
func TestMonthlyOfOneFormat(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	err := o.store.Write(ctx, tenant.System("test").In(workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		_, err := tx.PutSetting(desk.Setting{Organisation: o.organisation, Name: "reports.monthly",
			Value: []byte(`{"format":"json","language":"de","brand":"client","parts":["plan"],"person":"anna","name":"Anna Huber","mail":true,"made":"2026-11-01"}`)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if m, ok, err := o.Monthly(ctx, o.owner, o.organisation); err != nil || !ok || !slices.Equal(m.Formats, []string{reporting.JSON}) {
		t.Errorf("read as %+v, %v, %v", m, ok, err)
	}
	o.clock.Move(10 * 24 * time.Hour)
	for range 2 {
		if reports, mails := o.made(t); reports != 1 || mails != 1 {
			t.Errorf("%d reports and %d mails, want one of each", reports, mails)
		}
	}
}

// TestMonthlyOfArchive: an organisation in the archive gets no report, by month or asked
// for, until it is back.
func TestMonthlyOfArchive(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	order := reporting.Order{Formats: []string{reporting.JSON}, Language: "de"}
	if err := o.SetMonthly(ctx, o.owner, o.organisation, order, false); err != nil {
		t.Fatal(err)
	}
	aside := func(on bool) {
		t.Helper()
		err := o.store.Write(ctx, tenant.System("test").In(workspace, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
			of, err := tx.Organisation(o.organisation)
			if err != nil {
				return err
			}
			of.Archived = on
			_, err = tx.PutOrganisation(of)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	aside(true)
	o.clock.Move(10 * 24 * time.Hour)
	if reports, _ := o.made(t); reports != 0 {
		t.Errorf("%d reports of what is in the archive", reports)
	}
	if _, err := o.Request(ctx, o.owner, o.organisation, order); fault.KindOf(err) != fault.Conflict || err == nil {
		t.Errorf("asked for: %v", err)
	}
	aside(false)
	if reports, _ := o.made(t); reports != 1 {
		t.Errorf("%d reports once it is back", reports)
	}
}
