package store_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
)

func scanProbes() map[string]probe {
	return map[string]probe{
		"scan_targets": byIDWithoutUndo((*store.Tx).PutScanTarget,
			func(w world, k string) survey.Target {
				return survey.Target{ID: k, Organisation: w.organisation, Declared: k}
			},
			(*store.Tx).ScanTarget, (*store.Tx).ScanTargets, func(v survey.Target) string { return v.ID }, (*store.Tx).RemoveScanTarget),
		"scans": kept((*store.Tx).PutScan,
			func(w world, k string) survey.Scan { return survey.Scan{ID: k, Organisation: w.organisation} },
			(*store.Tx).Scan, (*store.Tx).Scans, func(v survey.Scan) string { return v.ID }),
		"scan_findings": byIDWithoutUndo((*store.Tx).PutScanFindings,
			func(w world, k string) survey.Findings {
				return survey.Findings{Scan: k, Organisation: w.organisation}
			},
			(*store.Tx).ScanFindings, func(tx *store.Tx, organisation string) (out []survey.Findings, err error) {
				ids, err := tx.ScansWithFindings(organisation)
				for _, id := range ids {
					out = append(out, survey.Findings{Scan: id})
				}
				return out, err
			}, func(v survey.Findings) string { return v.Scan }, (*store.Tx).RemoveScanFindings),
	}
}

// TestScanPlaces: only organisations with a proof that holds on the day are listed,
// and only for the server; the last scan is the newest that is done.
func TestScanPlaces(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, o := makeWorld(t, b.Store, "scanned"), makeWorld(t, b.Store, "unproven")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			if _, err := tx.ScanPlaces(law.MustDate("2026-12-31")); err == nil {
				t.Error("a workspace looks for targets of all")
			}
			if _, err := tx.LastScan(w.organisation); err == nil {
				t.Error("there is a scan already")
			}
			for _, s := range []survey.Scan{{State: survey.Done, EndedAt: time.UnixMilli(1)}, {State: survey.Done, EndedAt: time.UnixMilli(3), Grade: "B"}, {State: survey.Failed, EndedAt: time.UnixMilli(5)}} {
				s.Organisation = w.organisation
				if _, err := tx.PutScan(s); err != nil {
					return err
				}
			}
			if s, err := tx.LastScan(w.organisation); err != nil || s.Grade != "B" {
				t.Errorf("%+v, %v", s, err)
			}
			if list, err := tx.ScansSince(time.UnixMilli(2), false); err != nil || len(list) != 1 {
				t.Errorf("%+v, %v", list, err)
			}
			return drop(tx.PutScanTarget(survey.Target{Organisation: w.organisation, Declared: "example.org", ProvenAt: time.UnixMilli(1), Until: law.MustDate("2026-12-31")}))
		})
		write(t, b.Store, o.scope, func(tx *store.Tx) error {
			return drop(tx.PutScanTarget(survey.Target{Organisation: o.organisation, Declared: "example.org", Until: law.MustDate("2026-12-31")}))
		})
		read(t, b.Store, system(), func(tx *store.Tx) error {
			for day, want := range map[string]int{"2026-12-31": 1, "2027-01-01": 0} {
				if places, err := tx.ScanPlaces(law.MustDate(day)); err != nil || len(places) != want {
					t.Errorf("%s: %v, %v", day, places, err)
				}
			}
			return nil
		})
	})
}

// TestSupplierScans: what belongs to a supplier is not taken for the organisation's
// own, and the places with suppliers are listed for the server alone.
func TestSupplierScans(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "supplied")
		makeWorld(t, b.Store, "alone")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			for _, x := range []register.Supplier{{Name: "Host", Domains: []string{"host.example"}}, {Name: "Plumber"}} {
				x.Organisation = w.organisation
				if _, err := tx.PutSupplier(x); err != nil {
					return err
				}
			}
			if _, err := tx.SupplierPlaces(); err == nil {
				t.Error("a workspace looks for suppliers of all")
			}
			if list, err := tx.SuppliersInReach(); err != nil || len(list) != 1 || list[0].Name != "Host" {
				t.Errorf("%+v, %v", list, err)
			}
			if _, err := tx.PutScanTarget(survey.Target{Organisation: w.organisation, Supplier: "s", Declared: "host.example", ProvenAt: time.UnixMilli(1), Until: law.MustDate("2026-12-31")}); err != nil {
				return err
			}
			if _, err := tx.PutScanTarget(survey.Target{Organisation: w.organisation, Declared: "host.example"}); err != nil {
				return err // the same name, as the organisation's own
			}
			return drop(tx.PutScan(survey.Scan{Organisation: w.organisation, Supplier: "s", State: survey.Done, EndedAt: time.UnixMilli(9), Grade: "D"}))
		})
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			own, err := tx.ScanTargets(w.organisation)
			theirs, err2 := tx.SupplierTargets(w.organisation, "s")
			if err != nil || err2 != nil || len(own) != 1 || len(theirs) != 1 || own[0].Supplier != "" || theirs[0].Supplier != "s" {
				t.Errorf("%+v %+v", own, theirs)
			}
			if _, err := tx.LastScan(w.organisation); err == nil {
				t.Error("the scan of a supplier is taken for the organisation's own")
			}
			if x, err := tx.LastSupplierScan(w.organisation, "s"); err != nil || x.Grade != "D" {
				t.Errorf("%+v, %v", x, err)
			}
			if list, err := tx.SupplierScans(w.organisation, "s"); err != nil || len(list) != 1 {
				t.Errorf("%+v, %v", list, err)
			}
			for suppliers, want := range map[bool]int{true: 1, false: 0} {
				if list, err := tx.ScansSince(time.UnixMilli(1), suppliers); err != nil || len(list) != want {
					t.Errorf("%v: %+v, %v", suppliers, list, err)
				}
			}
			return nil
		})
		read(t, b.Store, system(), func(tx *store.Tx) error {
			if places, err := tx.SupplierPlaces(); err != nil || len(places) != 1 || places[0].Organisation != w.organisation {
				t.Errorf("%+v, %v", places, err)
			}
			if places, err := tx.ScanPlaces(law.MustDate("2026-12-01")); err != nil || len(places) != 0 {
				t.Errorf("the proof of a supplier counts for the organisation: %+v, %v", places, err)
			}
			return nil
		})
	})
}
