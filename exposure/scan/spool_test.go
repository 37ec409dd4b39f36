package scan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
)

// TestSpool: what waits on the disk is told in every form as what waits in memory is.
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
	var list scan.List
	for i := range 60 {
		f := exposure.Finding{Check: []string{"TLS-01", "CERT-01", "TLS-02", "HTTP-04"}[i%4], Target: exposure.Target{Declared: r.Declared[i%2], Name: r.Declared[i%2]}, Start: now, End: now,
			Outcome: exposure.Outcomes()[i%7], Severity: exposure.Severities()[i%5], Observed: fmt.Sprintf("seen %d \"é\" <b>", i), Measures: []string{"h"}}
		if i%11 == 0 {
			f.Profile, f.Verdict = fmt.Sprint("profile ", i), "met"
		}
		list = append(list, f)
		if err := spool.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	for name, write := range map[string]func(scan.Result, io.Writer) error{
		"json": scan.Result.WriteJSON, "sarif": scan.Result.WriteSARIF, "oscal": scan.Result.WriteOSCAL,
		"rows": func(r scan.Result, w io.Writer) error {
			for row, err := range r.Rows() {
				fmt.Fprintln(w, row, err)
			}
			return nil
		},
		"profiles": func(r scan.Result, w io.Writer) error {
			list, err := r.Profiles()
			fmt.Fprint(w, list)
			return err
		},
		"problems": func(r scan.Result, w io.Writer) error {
			for f, err := range scan.Problems(r.Findings) {
				fmt.Fprintln(w, f, err)
			}
			return nil
		},
		"drift": func(r scan.Result, w io.Writer) error {
			steps, err := scan.DriftOf(r.Findings, scan.List(list[:20]))
			return errors.Join(err, json.NewEncoder(w).Encode(steps))
		},
	} {
		var want, got bytes.Buffer
		r.Findings = list
		err := write(r, &want)
		r.Findings = spool
		if err = errors.Join(err, write(r, &got)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" || want.Len() < 100 {
			t.Errorf("%s: %s", name, diff)
		}
	}
	tally, err := r.Tally()
	if err != nil || tally.Len() != 60 || tally.Counts[exposure.Fail] != 9 {
		t.Errorf("%+v, %v", tally, err)
	}
}

// TestSpoolThatIsGone: findings that cannot be read are an error in every form.
func TestSpoolThatIsGone(t *testing.T) {
	knowledge, err := scan.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	spool, err := scan.NewSpool()
	if err != nil {
		t.Fatal(err)
	}
	if err := spool.Add(exposure.Finding{Check: "TLS-01", Outcome: exposure.Fail, Target: exposure.Target{Declared: "a.example"}}); err != nil {
		t.Fatal(err)
	}
	spool.Close()
	r := scan.Result{Catalogue: knowledge.Catalogue, Declared: []string{"a.example"}, Findings: spool}
	_, tally := r.Tally()
	_, profiles := r.Profiles()
	_, remedies := scan.Remedies(r.Catalogue, spool)
	_, drift := scan.DriftOf(spool, scan.List{})
	var rows error
	for _, err := range r.Rows() {
		rows = err
	}
	for name, err := range map[string]error{"json": r.WriteJSON(io.Discard), "sarif": r.WriteSARIF(io.Discard), "oscal": r.WriteOSCAL(io.Discard),
		"tally": tally, "profiles": profiles, "remedies": remedies, "drift": drift, "rows": rows} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
