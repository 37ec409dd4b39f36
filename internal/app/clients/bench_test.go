package clients_test

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// reportP95 adds the 95th percentile of single runs to the benchmark.
func reportP95(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
}

// timed measures each run of f on its own.
func timed(b *testing.B, f func(i int)) {
	var r0, r1 syscall.Rusage
	syscall.Getrusage(0, &r0)
	defer func() {
		syscall.Getrusage(0, &r1)
		b.ReportMetric(float64(r1.Utime.Nano()+r1.Stime.Nano()-r0.Utime.Nano()-r0.Stime.Nano())/1e6/float64(b.N), "cpu-ms/op")
	}()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		f(i)
		took = append(took, time.Since(start))
	}
	reportP95(b, took)
}

// BenchmarkAnswer saves one answer, recomputes the scores and stores the roll-up.
func BenchmarkAnswer(b *testing.B) {
	o, org := imported(b)
	q := o.k.Catalogue.Questions()[0]
	timed(b, func(i int) {
		if _, _, err := o.Answer(context.Background(), o.owner, org.ID, q.ID, []string{q.Options[i%len(q.Options)].ID}, ""); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkLoad reads one client with its whole assessment, computed anew and kept.
func BenchmarkLoad(b *testing.B) {
	o, org := imported(b)
	q := o.k.Catalogue.Questions()[0]
	b.Run("kept", func(b *testing.B) { timed(b, func(int) { o.load(b, org.ID) }) })
	b.Run("new", func(b *testing.B) {
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			if _, _, err := o.Answer(context.Background(), o.owner, org.ID, q.ID, []string{q.Options[i%len(q.Options)].ID}, ""); err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			o.load(b, org.ID)
			took = append(took, time.Since(start))
		}
		reportP95(b, took)
	})
}

// BenchmarkPortfolio lists 500 organisations.
func BenchmarkPortfolio(b *testing.B) {
	o := open(b)
	ctx := context.Background()
	seed, err := o.Create(ctx, o.owner, clients.Draft{Name: "Seed", Kind: tenant.Client, Facts: example(b, "managed-service-provider.yaml")})
	if err != nil {
		b.Fatal(err)
	}
	roll := o.row(b, seed.ID).Rollup
	err = o.store.Write(ctx, tenant.System("test").In(home, ""), store.Change{Actor: "test"}, func(tx *store.Tx) error {
		return fillPortfolio(tx, seed, roll, 499)
	})
	if err != nil {
		b.Fatal(err)
	}
	timed(b, func(int) {
		if list, err := o.Portfolio(ctx, o.owner); err != nil || len(list) != 500 {
			b.Fatalf("%d organisations, %v", len(list), err)
		}
	})
}

func fillPortfolio(tx *store.Tx, seed tenant.Organisation, roll assessment.Rollup, n int) error {
	for i := range n {
		org, err := tx.PutOrganisation(tenant.Organisation{Kind: tenant.Client, Name: fmt.Sprintf("Client %03d", i), Facts: seed.Facts, Tags: []string{"north"}})
		if err != nil {
			return err
		}
		roll.Organisation, roll.AsOf = org.ID, law.DateOf(tx.Now())
		if err := tx.PutRollup(roll); err != nil {
			return err
		}
	}
	return nil
}
