package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// kept is a probe of what nobody removes.
func kept[T any](put func(*store.Tx, T) (T, error), make func(w world, key string) T, get func(*store.Tx, string) (T, error),
	list func(*store.Tx, string) ([]T, error), key func(T) string) probe {
	p := byID(put, make, get, list, key, nil)
	p.remove = nil
	p.trip = func(t *testing.T, s *store.Store, w world) {
		v := make(w, id.New())
		new(filler).fill(reflect.ValueOf(&v).Elem())
		var saved, got T
		write(t, s, w.scope, func(tx *store.Tx) (err error) {
			saved, err = put(tx, v)
			return err
		})
		read(t, s, w.scope, func(tx *store.Tx) (err error) {
			got, err = get(tx, key(v))
			return err
		})
		if diff := cmp.Diff(saved, got); diff != "" {
			t.Errorf("written and read (-written +read):\n%s", diff)
		}
	}
	return p
}

func of[T any](list func(*store.Tx, string, string) ([]T, error)) func(*store.Tx, string) ([]T, error) {
	return func(tx *store.Tx, organisation string) ([]T, error) { return list(tx, organisation, "i") }
}

func ofMany[T any](list func(*store.Tx, string, ...string) ([]T, error)) func(*store.Tx, string) ([]T, error) {
	return func(tx *store.Tx, organisation string) ([]T, error) { return list(tx, organisation, "other", "i") }
}

func indicatorsOf(tx *store.Tx, organisation string) ([]incident.Indicator, error) {
	return tx.Indicators(organisation, store.IndicatorFilter{Incidents: []string{"i"}}, 0, 100)
}

func incidentProbes() map[string]probe {
	return map[string]probe{
		"incidents": kept((*store.Tx).PutIncident,
			func(w world, k string) incident.Incident {
				return incident.Incident{ID: k, Organisation: w.organisation, Reference: k}
			},
			(*store.Tx).Incident, (*store.Tx).Incidents, func(v incident.Incident) string { return v.ID }),
		"obligations": kept((*store.Tx).PutObligation,
			func(w world, k string) incident.Obligation {
				return incident.Obligation{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).Obligation, of((*store.Tx).Obligations), func(v incident.Obligation) string { return v.ID }),
		"incident_reports": kept((*store.Tx).PutIncidentReport,
			func(w world, k string) incident.Report {
				return incident.Report{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).IncidentReport, of((*store.Tx).IncidentReports), func(v incident.Report) string { return v.ID }),
		"incident_entries": kept((*store.Tx).AddIncidentEntry,
			func(w world, k string) incident.Entry {
				return incident.Entry{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).IncidentEntry, ofMany((*store.Tx).IncidentEntries), func(v incident.Entry) string { return v.ID }),
		"alarms": {
			put: func(tx *store.Tx, w world, k string) error {
				o := incident.Obligation{ID: k, Organisation: w.organisation, Incident: "i"}
				return tx.ReplaceAlarms(o, []incident.Alarm{{ID: k + w.organisation, Organisation: w.organisation, Incident: "i", Obligation: k}})
			},
			get: func(tx *store.Tx, w world, k string) (any, error) {
				list, err := tx.Alarms(w.organisation)
				for _, a := range list {
					if a.Obligation == k {
						return a, nil
					}
				}
				return nil, errors.Join(err, &fault.Error{Kind: fault.NotFound, What: "there is no such alarm"})
			},
			list: func(tx *store.Tx, w world) ([]string, error) {
				return keysOf(func(a incident.Alarm) string { return a.Obligation })(tx.Alarms(w.organisation))
			},
		},
		"indicators": byID((*store.Tx).PutIndicator,
			func(w world, k string) incident.Indicator {
				return incident.Indicator{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).Indicator, indicatorsOf, func(v incident.Indicator) string { return v.ID }, (*store.Tx).RemoveIndicator),
		"indicator_imports": kept((*store.Tx).PutIndicatorImport,
			func(w world, k string) incident.Import {
				return incident.Import{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).IndicatorImport, ofMany((*store.Tx).IndicatorImports), func(v incident.Import) string { return v.ID }),
		"incident_exercises": kept((*store.Tx).PutExercise,
			func(w world, k string) incident.Exercise {
				return incident.Exercise{ID: k, Organisation: w.organisation}
			},
			(*store.Tx).Exercise, (*store.Tx).Exercises, func(v incident.Exercise) string { return v.ID }),
		"incident_affected": byID((*store.Tx).PutAffected,
			func(w world, k string) incident.Affected {
				return incident.Affected{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).Affected, ofMany((*store.Tx).AffectedBy), func(v incident.Affected) string { return v.ID }, (*store.Tx).RemoveAffected),
		"incident_exhibits": byID((*store.Tx).PutExhibit,
			func(w world, k string) incident.Exhibit {
				return incident.Exhibit{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).Exhibit, ofMany((*store.Tx).Exhibits), func(v incident.Exhibit) string { return v.ID }, (*store.Tx).RemoveExhibit),
		"incident_informed": kept((*store.Tx).PutInformed,
			func(w world, k string) incident.Informed {
				return incident.Informed{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).Informed, ofMany((*store.Tx).InformedOf), func(v incident.Informed) string { return v.ID }),
		"incident_costs": kept((*store.Tx).PutIncidentCost,
			func(w world, k string) incident.Cost {
				return incident.Cost{ID: k, Organisation: w.organisation, Incident: "i"}
			},
			(*store.Tx).IncidentCost, ofMany((*store.Tx).IncidentCosts), func(v incident.Cost) string { return v.ID }),
	}
}

// TestAlarms: unsent alarms are replaced, sent ones are never made or sent again,
// and those of other workspaces stay untouched.
func TestAlarms(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, other := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		o := incident.Obligation{ID: id.New(), Organisation: w.organisation, Incident: "i"}
		at := time.UnixMilli(1_000_000_000_000).UTC()
		alarm := func(n string) incident.Alarm {
			return incident.Alarm{ID: o.ID + n, Organisation: w.organisation, Incident: "i", Obligation: o.ID, At: at, DueAt: at}
		}
		replace := func(list ...incident.Alarm) {
			t.Helper()
			write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.ReplaceAlarms(o, list) })
		}
		due := func() (ids []string) {
			t.Helper()
			read(t, b.Store, system(), func(tx *store.Tx) error {
				list, err := tx.DueAlarms(100)
				for _, a := range list {
					ids = append(ids, a.ID[len(o.ID):])
				}
				return err
			})
			return ids
		}
		mark := func(scope tenant.Scope, n string) (fresh bool) {
			t.Helper()
			write(t, b.Store, scope, func(tx *store.Tx) (err error) {
				fresh, err = tx.MarkAlarm(o.ID+n, at)
				return err
			})
			return fresh
		}
		replace(alarm("1"), alarm("2"))
		if mark(other.scope, "1") || !mark(w.scope, "1") || mark(w.scope, "1") {
			t.Error("an alarm is marked once, by its workspace")
		}
		replace(alarm("1"), alarm("3"))
		if got := due(); !cmp.Equal(got, []string{"3"}) {
			t.Errorf("due: %v, want only the third", got)
		}
		if err := b.Store.Write(t.Context(), other.scope, by, func(tx *store.Tx) error { return tx.ReplaceAlarms(o, nil) }); err == nil {
			t.Error("another workspace replaces the alarms")
		}
	})
}
