package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
)

func eachEngine(b *testing.B, f func(b *testing.B, s *storetest.Bench)) {
	b.Helper()
	b.Run("SQLite", func(b *testing.B) { f(b, storetest.Open(b, storetest.SQLite(b))) })
	b.Run("PostgreSQL", func(b *testing.B) { f(b, storetest.Open(b, kit.Postgres(b))) })
}

// BenchmarkAnswer changes one answer: one transaction with its ledger entry.
func BenchmarkAnswer(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *storetest.Bench) {
		w := makeWorld(b, s.Store, "acme")
		giveAnswers(b, s.Store, w, 0, 400)
		a := answer(w, "q007", "no", 1)
		for b.Loop() {
			write(b, s.Store, w.scope, func(tx *store.Tx) (err error) {
				saved, err := tx.PutAnswer(a)
				a.Version = saved.Version
				return err
			})
		}
	})
}

// BenchmarkAssessment reads all answers of an organisation of 400.
func BenchmarkAssessment(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *storetest.Bench) {
		w := makeWorld(b, s.Store, "acme")
		giveAnswers(b, s.Store, w, 0, 400)
		for b.Loop() {
			read(b, s.Store, w.scope, func(tx *store.Tx) error {
				all, err := tx.Answers(w.organisation)
				if len(all) != 400 {
					b.Fatal(len(all))
				}
				return err
			})
		}
	})
}

func portfolioOf(b *testing.B, s *store.Store, n int) world {
	b.Helper()
	w := makeWorld(b, s, "provider")
	write(b, s, w.scope, func(tx *store.Tx) error {
		for i := range n - 1 {
			o, err := tx.PutOrganisation(tenant.Organisation{Name: fmt.Sprintf("Client %03d", i), Kind: tenant.Client, Tags: []string{"water", "north"}})
			if err != nil {
				return err
			}
			err = tx.PutRollup(assessment.Rollup{Organisation: o.ID, AsOf: law.MustDate("2026-10-01"), Class: law.Essential, Points: 51.5, PointsThen: 47,
				Measures: []float64{50, 60, 70, 80, 90, 10, 20, 30, -1, 100}, Met: 200, Applicable: 400, NextDeadline: tx.Now().Add(time.Hour),
				NextDeadlineText: law.Message{Key: "deadline.registration"}, OpenTasks: 12, OverdueTasks: 3})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

// BenchmarkPortfolio reads the portfolio of 500 organisations.
func BenchmarkPortfolio(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *storetest.Bench) {
		w := portfolioOf(b, s.Store, 500)
		for b.Loop() {
			read(b, s.Store, w.scope, func(tx *store.Tx) error {
				rows, err := tx.Portfolio()
				if len(rows) != 500 {
					b.Fatal(len(rows))
				}
				return err
			})
		}
	})
}

// BenchmarkVerifyLedger checks a ledger of 5,000 entries.
func BenchmarkVerifyLedger(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b))
	w := makeWorld(b, s.Store, "acme")
	for part := range 10 {
		write(b, s.Store, w.scope, func(tx *store.Tx) error {
			for i := range 500 {
				if _, err := tx.PutAnswer(answer(w, fmt.Sprintf("q%d.%d", part, i), "yes", 0)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for b.Loop() {
		r, err := s.VerifyLedger(b.Context(), w.scope, store.Trust{})
		if err != nil || len(r.Faults) != 0 {
			b.Fatal(r.Faults, err)
		}
	}
}

// BenchmarkOpen opens a store whose schema is up to date.
func BenchmarkOpen(b *testing.B) {
	path := storetest.SQLite(b)
	storetest.Open(b, path)
	for b.Loop() {
		s, err := store.Open(b.Context(), path, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
