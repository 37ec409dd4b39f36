package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// TestImportedIndicators: an import adds each row once, however often it runs, is
// filtered, counted and taken out again, and stays within its workspace.
func TestImportedIndicators(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, other := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		of := id.New()
		from := incident.Import{ID: id.New(), Organisation: w.organisation, Incident: of}
		var list []incident.Indicator
		for n := range 1203 {
			v := incident.Indicator{Type: "domain", Value: fmt.Sprintf("h%d.100%%_evil.example", n)}
			if n%3 == 0 {
				v.Type = "url"
			}
			var err error
			if v.ID, err = incident.IndicatorID(of, v.Type, v.Value); err != nil {
				t.Fatal(err)
			}
			list = append(list, v)
		}
		for range 2 {
			write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.AddIndicators(from, list) })
		}
		again := incident.Import{ID: id.New(), Organisation: w.organisation, Incident: of}
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.AddIndicators(again, list[:10]) })
		filter := store.IndicatorFilter{Incidents: []string{id.New(), of}}
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			counts, err := tx.CountIndicators(w.organisation, filter)
			if diff := cmp.Diff(map[string]int64{"domain": 802, "url": 401}, counts); diff != "" {
				t.Error(diff)
			}
			if n, err := tx.CountImported(again); n != 0 || err != nil {
				t.Errorf("%d of the second import, %v", n, err)
			}
			narrow := filter
			narrow.Type, narrow.Text = "url", "H120%"
			if rows, err := tx.Indicators(w.organisation, narrow, 0, 10); len(rows) != 0 || err != nil {
				t.Errorf("a percent sign is a wild card: %d %v", len(rows), err)
			}
			narrow.Text = "H12"
			rows, err2 := tx.Indicators(w.organisation, narrow, 1, 2)
			if len(rows) != 2 || err2 != nil {
				t.Errorf("%d rows of a page, %v", len(rows), err2)
			}
			return err
		})
		if err := b.Write(t.Context(), other.scope, by, func(tx *store.Tx) error { return tx.RemoveImported(from) }); err == nil {
			t.Error("another workspace takes an import out")
		}
		if err := b.Write(t.Context(), other.scope, by, func(tx *store.Tx) error { return tx.AddIndicators(from, list[:1]) }); err == nil {
			t.Error("another workspace adds to an import")
		}
		read(t, b.Store, other.scope, func(tx *store.Tx) error {
			counts, err := tx.CountIndicators(w.organisation, filter)
			if len(counts) > 0 {
				t.Errorf("another workspace counts %v", counts)
			}
			return err
		})
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.RemoveImported(from) })
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			counts, err := tx.CountIndicators(w.organisation, filter)
			if len(counts) > 0 {
				t.Errorf("after the removal %v", counts)
			}
			return err
		})
	})
}

func TestTasksOfIncident(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			for n, of := range []string{"", "i", "i", "j"} {
				task := planning.Task{Organisation: w.organisation, Title: fmt.Sprint(n), State: planning.ToDo, Incident: of, Position: float64(-n)}
				if _, err := tx.PutTask(task); err != nil {
					return err
				}
			}
			return nil
		})
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			list, err := tx.TasksOfIncident(w.organisation, "i")
			if got := titles(list); len(got) != 2 || got[0] != "2" {
				t.Errorf("tasks %v", got)
			}
			return err
		})
	})
}

// BenchmarkAddIndicators adds a chunk of 2,000.
func BenchmarkAddIndicators(b *testing.B) {
	eachEngine(b, func(b *testing.B, s *storetest.Bench) {
		w := makeWorld(b, s.Store, "acme")
		for b.Loop() {
			from := incident.Import{ID: id.New(), Organisation: w.organisation, Incident: "i"}
			list := make([]incident.Indicator, 2000)
			for n := range list {
				list[n] = incident.Indicator{ID: id.New(), Type: "domain", Value: "evil.example"}
			}
			write(b, s.Store, w.scope, func(tx *store.Tx) error { return tx.AddIndicators(from, list) })
		}
	})
}
