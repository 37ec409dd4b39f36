package scan_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestSpool: what waits on the disk is written as what waits in memory is.
func TestSpool(t *testing.T) {
	knowledge, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	r := scan.Result{Scanner: "Nisaba 1", Catalogue: knowledge.Catalogue, Permit: "statement-1", Start: now, End: now, Declared: []string{"a.example", "b.example", "c.example"}}
	spool, err := scan.NewSpool()
	if err != nil {
		t.Fatal(err)
	}
	defer spool.Close()
	for i, check := range []string{"TLS-01", "CERT-01", "TLS-02", "HTTP-04"} {
		f := exposure.Finding{Check: check, Target: exposure.Target{Declared: r.Declared[i%2], Name: r.Declared[i%2]}, Start: now, End: now, Outcome: exposure.Outcomes()[i],
			Severity: exposure.High, Observed: "seen \"é\" <b>", Measures: []string{"h"}}
		r.Findings = append(r.Findings, f)
		if err := spool.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	var want, got bytes.Buffer
	if err := r.WriteJSON(&want); err != nil {
		t.Fatal(err)
	}
	r.Findings = nil
	if err := r.WriteSpooled(&got, spool); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Error(diff)
	}
	if spool.Len() != 4 || spool.Failed() != 1 {
		t.Errorf("%d findings, %d failed", spool.Len(), spool.Failed())
	}
}
