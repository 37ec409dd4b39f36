package store_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

func signalProbes() map[string]probe {
	return map[string]probe{
		"intake_sources": kept((*store.Tx).PutIntakeSource,
			func(w world, k string) incident.Source {
				return incident.Source{ID: k, Organisation: w.organisation, TokenHash: k, Sealed: "s" + k}
			},
			(*store.Tx).IntakeSource, (*store.Tx).IntakeSources, func(v incident.Source) string { return v.ID }),
		"intake_signals": kept((*store.Tx).AddIntakeSignal,
			func(w world, k string) incident.Signal {
				return incident.Signal{ID: k, Organisation: w.organisation, Source: k, Incident: "i", Event: k, Raw: "{}"}
			},
			(*store.Tx).IntakeSignal, of(func(tx *store.Tx, organisation, of string) ([]incident.Signal, error) {
				return tx.IntakeSignals(organisation, of, 100)
			}), func(v incident.Signal) string { return v.ID }),
	}
}

// TestSignalsAreKeptOnce: a token is found by the server alone; an event of one name
// counts once for its source, and not for another.
func TestSignalsAreKeptOnce(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "mine")
		source := incident.Source{ID: id.New(), Organisation: w.organisation, TokenHash: "hash"}
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			if _, err := tx.PutIntakeSource(source); err != nil {
				return err
			}
			if _, err := tx.IntakeSourceByToken("hash"); err == nil {
				t.Error("a workspace looks for tokens of all")
			}
			for _, of := range []string{source.ID, "other"} {
				if _, err := tx.AddIntakeSignal(incident.Signal{Organisation: w.organisation, Source: of, Incident: "i", Event: "e", Alike: "a"}); err != nil {
					return err
				}
			}
			return nil
		})
		read(t, b.Store, system(), func(tx *store.Tx) error {
			found, err := tx.IntakeSourceByToken("hash")
			if err == nil && (found.ID != source.ID || found.Workspace != w.workspace) {
				t.Errorf("%+v", found)
			}
			return err
		})
		err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error {
			return drop(tx.AddIntakeSignal(incident.Signal{Organisation: w.organisation, Source: source.ID, Event: "e"}))
		})
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("the same event again: %v", err)
		}
	})
}
