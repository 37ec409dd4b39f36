package clients_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// TestFiltersOfThePortfolio: each filter finds what it names and nothing else, the
// totals count the same, and an organisation that was not assessed is in none of them.
func TestFiltersOfThePortfolio(t *testing.T) {
	o, ctx := open(t), context.Background()
	now := o.clock.Now()
	late := now.Add(-time.Hour)
	for name, r := range map[string]assessment.Rollup{
		"behind":   {Class: law.Essential, Points: 10},
		"due":      {Class: law.Important, Points: 90, NextDeadline: now.AddDate(0, 0, 30).Add(-time.Second)},
		"far":      {Class: law.Important, Points: 90, NextDeadline: now.AddDate(0, 0, 30)},
		"missed":   {Class: law.Out, Points: 10, NextDeadline: late},
		"overdue":  {Class: law.Depends, Points: 90, OverdueTasks: 2},
		"expiring": {Class: law.Essential, Points: 90, ExpiringEvidence: 3},
	} {
		made, err := o.Create(ctx, o.owner, clients.Draft{Name: name, Kind: tenant.Client})
		if err != nil {
			t.Fatal(err)
		}
		r.Organisation, r.AsOf = made.ID, today
		if err := o.store.Write(ctx, tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error { return tx.PutRollup(r) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name string
		q    clients.Query
		want []string
	}{
		{"all", clients.Query{}, []string{"behind", "due", "expiring", "far", "missed", "overdue"}},
		{"far behind", clients.Query{Behind: true}, []string{"behind"}},
		{"with a deadline within thirty days, or a missed one", clients.Query{Due: true}, []string{"due", "missed"}},
		{"with overdue tasks", clients.Query{Overdue: true}, []string{"overdue"}},
		{"with evidence that ends", clients.Query{Expiring: true}, []string{"expiring"}},
		{"essential ones", clients.Query{Class: law.Essential}, []string{"behind", "expiring"}},
		{"both", clients.Query{Due: true, Overdue: true}, []string{}},
	} {
		if got := o.names(t, tc.q); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	v, err := o.Overview(ctx, o.owner, clients.Query{})
	if want := (clients.Totals{Organisations: 6, Essential: 2, Important: 2, Behind: 1, Due: 2, OverdueTasks: 2, ExpiringEvidence: 3}); err != nil || v.All != want {
		t.Errorf("%+v, %v, want %+v", v.All, err, want)
	}
	if never := (assessment.Standing{Rollup: assessment.Rollup{Class: law.Essential, NextDeadline: late}}); clients.DueSoon(never, now) || clients.FarBehind(never) {
		t.Error("an organisation that was never assessed is behind, or has a deadline")
	}
}

// TestMostTags: twenty tags are not too many.
func TestMostTags(t *testing.T) {
	o, org := imported(t)
	if err := o.Tag(context.Background(), o.owner, org.ID, numbered(20)); err != nil || len(o.row(t, org.ID).Organisation.Tags) != 20 {
		t.Errorf("%v, %v", o.row(t, org.ID).Organisation.Tags, err)
	}
}
