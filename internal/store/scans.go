package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/law"
)

var scanTargets = define(table[survey.Target]{
	name: "scan_targets", kind: "scan_target", keys: "id",
	columns: "id, organisation_id, supplier_id, declared, subtree, sweep, proof, token, proven_at, until, letter, recorded_by, recorded_name, approved_by, " +
		"approved_name, problem, created_at, updated_at, version",
	fields: func(t *survey.Target) []any {
		return []any{&t.ID, &t.Organisation, &t.Supplier, &t.Declared, &t.Subtree, &t.Sweep, &t.Proof, &t.Token, sqldb.Time(&t.ProvenAt), sqldb.Date(&t.Until),
			&t.Letter, &t.RecordedBy, &t.RecordedName, &t.ApprovedBy, &t.ApprovedName, &t.Problem, sqldb.Time(&t.CreatedAt), sqldb.Time(&t.UpdatedAt), &t.Version}
	},
	org:     func(t *survey.Target) *string { return &t.Organisation },
	version: func(t *survey.Target) *int64 { return &t.Version },
	id:      func(t *survey.Target) *string { return &t.ID },
	created: func(t *survey.Target) *time.Time { return &t.CreatedAt },
	updated: func(t *survey.Target) *time.Time { return &t.UpdatedAt },
	secret:  true, // a proof that lapsed is not brought back
})

// ScanTarget returns one target of scans.
func (tx *Tx) ScanTarget(id string) (survey.Target, error) { return scanTargets.get(tx, id) }

// ScanTargets lists the own targets of an organisation by name.
func (tx *Tx) ScanTargets(organisation string) ([]survey.Target, error) {
	return tx.SupplierTargets(organisation, "")
}

// SupplierTargets lists the targets that are names of a supplier, by name.
func (tx *Tx) SupplierTargets(organisation, supplier string) ([]survey.Target, error) {
	return scanTargets.list(tx, "organisation_id = ? AND supplier_id = ?", "declared, id", organisation, supplier)
}

// PutScanTarget makes or changes a target.
func (tx *Tx) PutScanTarget(t survey.Target) (survey.Target, error) { return scanTargets.put(tx, t) }

// RemoveScanTarget deletes a target.
func (tx *Tx) RemoveScanTarget(id string) error { return scanTargets.remove(tx, id) }

// ScanPlaces lists the organisations of all workspaces with a target of their own that
// may be scanned on a day. It needs a scope of everything.
func (tx *Tx) ScanPlaces(today law.Date) ([]Place, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	out, err := sqldb.Collect(tx.q, func(p *Place) []any { return []any{&p.Workspace, &p.Organisation} }, `
		SELECT DISTINCT workspace_id, organisation_id FROM scan_targets
		WHERE supplier_id = '' AND proven_at > 0 AND until >= ? AND `+notArchived("scan_targets")+`
		ORDER BY workspace_id, organisation_id`, today.String())
	if err != nil {
		return nil, fmt.Errorf("list the organisations that may be scanned: %w", err)
	}
	return out, nil
}

var scans = define(table[survey.Scan]{
	name: "scans", kind: "scan", keys: "id", secret: true, // what was seen is not taken back
	columns: "id, organisation_id, supplier_id, job, state, only_checks, entry, permit, targets, scanner, catalogue, grade, grade_before, areas, worse, better, " +
		"failures, warnings, errors, observations, sha256, problem, asked_by, asked_name, created_at, started_at, ended_at, version",
	fields: func(s *survey.Scan) []any {
		return []any{&s.ID, &s.Organisation, &s.Supplier, &s.Job, &s.State, sqldb.JSON(&s.Only), &s.Entry, sqldb.Raw(&s.Permit), sqldb.JSON(&s.Targets), &s.Scanner,
			&s.Catalogue, &s.Grade, &s.Before, sqldb.Raw(&s.Areas), &s.Worse, &s.Better, &s.Failures, &s.Warnings, &s.Errors, sqldb.Raw(&s.Observations),
			&s.SHA256, &s.Problem, &s.AskedBy, &s.AskedName, sqldb.Time(&s.CreatedAt), sqldb.Time(&s.StartedAt), sqldb.Time(&s.EndedAt), &s.Version}
	},
	org:     func(s *survey.Scan) *string { return &s.Organisation },
	version: func(s *survey.Scan) *int64 { return &s.Version },
	id:      func(s *survey.Scan) *string { return &s.ID },
	created: func(s *survey.Scan) *time.Time { return &s.CreatedAt },
})

// Scan returns one scan without its findings.
func (tx *Tx) Scan(id string) (survey.Scan, error) { return scans.get(tx, id) }

// Scans lists the scans of an organisation itself without their findings, newest
// first.
func (tx *Tx) Scans(organisation string) ([]survey.Scan, error) {
	return tx.SupplierScans(organisation, "")
}

// SupplierScans lists the scans of a supplier without their findings, newest first.
func (tx *Tx) SupplierScans(organisation, supplier string) ([]survey.Scan, error) {
	return scans.list(tx, "organisation_id = ? AND supplier_id = ?", "created_at DESC, id DESC", organisation, supplier)
}

// ScansSince lists the scans of all organisations in reach that ended at a time or
// later, newest first: those of themselves, or those of their suppliers.
func (tx *Tx) ScansSince(from time.Time, suppliers bool) ([]survey.Scan, error) {
	whose := "supplier_id = ''"
	if suppliers {
		whose = "supplier_id <> ''"
	}
	return scans.list(tx, "state = ? AND ended_at >= ? AND "+whose, "ended_at DESC, id DESC", survey.Done, from.UnixMilli())
}

// LastScan is the newest scan of an organisation itself that is done; NotFound when
// there is none.
func (tx *Tx) LastScan(organisation string) (survey.Scan, error) {
	return tx.LastSupplierScan(organisation, "")
}

// LastSupplierScan is the newest scan of a supplier that is done; NotFound when there
// is none.
func (tx *Tx) LastSupplierScan(organisation, supplier string) (survey.Scan, error) {
	list, err := scans.list(tx, "organisation_id = ? AND supplier_id = ? AND state = ?", "ended_at DESC, id DESC LIMIT 1", organisation, supplier, survey.Done)
	if err == nil && len(list) == 0 {
		return survey.Scan{}, &fault.Error{Kind: fault.NotFound, What: "there is no scan yet"}
	}
	if err != nil {
		return survey.Scan{}, err
	}
	return list[0], nil
}

// PutScan makes or changes a scan.
func (tx *Tx) PutScan(s survey.Scan) (survey.Scan, error) { return scans.put(tx, s) }

var scanFindings = define(table[survey.Findings]{
	name: "scan_findings", kind: "scan_findings", keys: "scan_id", secret: true,
	columns: "scan_id, organisation_id, findings, history",
	fields: func(f *survey.Findings) []any {
		return []any{&f.Scan, &f.Organisation, sqldb.Raw(&f.List), sqldb.JSON(&f.History)}
	},
	org: func(f *survey.Findings) *string { return &f.Organisation },
})

// ScanFindings returns the findings of a scan; NotFound when they are not kept any
// more.
func (tx *Tx) ScanFindings(scan string) (survey.Findings, error) { return scanFindings.get(tx, scan) }

// PutScanFindings keeps the findings of a scan.
func (tx *Tx) PutScanFindings(f survey.Findings) (survey.Findings, error) {
	return scanFindings.put(tx, f)
}

// RemoveScanFindings deletes the findings of a scan; the scan stays.
func (tx *Tx) RemoveScanFindings(scan string) error { return scanFindings.remove(tx, scan) }

// ScansWithFindings lists the ids of the scans of an organisation whose findings are
// kept.
func (tx *Tx) ScansWithFindings(organisation string) ([]string, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	out, err := sqldb.Collect(tx.q, sqldb.Single[string], `SELECT scan_id FROM scan_findings WHERE `+within+` AND organisation_id = ? ORDER BY scan_id`, append(args, organisation)...)
	if err != nil {
		return nil, fmt.Errorf("list findings of scans: %w", err)
	}
	return out, nil
}
