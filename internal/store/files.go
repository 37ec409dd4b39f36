package store

import (
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var files = define(table[assessment.File]{
	name: "files", kind: "file", keys: "id",
	columns: "id, organisation_id, sha256, name, media_type, size, uploaded_by, uploaded_at, scan, version",
	fields: func(f *assessment.File) []any {
		return []any{&f.ID, &f.Organisation, &f.SHA256, &f.Name, &f.MediaType, &f.Size, &f.UploadedBy, sqldb.Time(&f.UploadedAt), &f.Scan, &f.Version}
	},
	org:     func(f *assessment.File) *string { return &f.Organisation },
	version: func(f *assessment.File) *int64 { return &f.Version },
	id:      func(f *assessment.File) *string { return &f.ID },
	created: func(f *assessment.File) *time.Time { return &f.UploadedAt },
})

// File returns the description of an uploaded file.
func (tx *Tx) File(id string) (assessment.File, error) { return files.get(tx, id) }

// Files lists the uploaded files of an organisation, newest first.
func (tx *Tx) Files(organisation string) ([]assessment.File, error) {
	return files.list(tx, "organisation_id = ?", "uploaded_at DESC, id DESC", organisation)
}

// PutFile describes an uploaded file, or changes the description.
func (tx *Tx) PutFile(f assessment.File) (assessment.File, error) { return files.put(tx, f) }

// RemoveFile deletes the description.
func (tx *Tx) RemoveFile(id string) error { return files.remove(tx, id) }

// FileToName is the description of an uploaded file for a row that is going to name
// it in the same transaction: it cannot be swept in between.
func (tx *Tx) FileToName(id string) (assessment.File, error) {
	f, err := files.get(tx, id)
	if err != nil {
		return f, err
	}
	if err := tx.owns(f.Organisation); err != nil { // locks the organisation
		return f, err
	}
	return files.get(tx, id)
}

// neverNamed: no row names the file, and none ever did. Every change of a row is in
// the ledger, and an earlier value can be restored from there.
const neverNamed = `
	AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.workspace_id = files.workspace_id AND e.organisation_id = files.organisation_id AND e.files LIKE '%"' || files.id || '"%')
	AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.workspace_id = files.workspace_id AND a.file = files.id)
	AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.workspace_id = files.workspace_id AND r.file = files.id)
	AND NOT EXISTS (SELECT 1 FROM ledger_entries l WHERE l.workspace_id = files.workspace_id AND l.organisation_id = files.organisation_id
		AND l.kind <> 'file' AND (l.before LIKE '%"' || files.id || '"%' OR l.after LIKE '%"' || files.id || '"%'))`

// NeverNamedFiles lists the files that were uploaded in the time from … to and that
// no row has named since.
func (tx *Tx) NeverNamedFiles(from, to time.Time) ([]assessment.File, error) {
	return files.list(tx, "uploaded_at >= ? AND uploaded_at < ?"+neverNamed, "uploaded_at, id", from.UnixMilli(), to.UnixMilli())
}

// SweepFile deletes the description of a file that no row has ever named, and
// reports whether it did. It holds the organisation first, so that a row which is
// being written to name the file comes before or after, never at the same time.
func (tx *Tx) SweepFile(f assessment.File) (bool, error) {
	if err := tx.owns(f.Organisation); err != nil {
		return false, err
	}
	still, err := files.list(tx, "id = ?"+neverNamed, "id", f.ID)
	if err != nil || len(still) == 0 {
		return false, err
	}
	return true, tx.RemoveFile(f.ID)
}

// contents are the columns with the SHA-256 of a content, whether it is kept as a
// file or in the row itself.
var contents = []struct{ table, column string }{
	{"files", "sha256"}, {"approvals", "sha256"}, {"reports", "sha256"}, {"incident_exhibits", "sha256"}, {"indicator_imports", "sha256"},
	{"incident_reports", "sha256"}, {"authority_reports", "sha256"}, {"authority_forwardings", "sha256"}, {"scans", "sha256"}, {"intake_signals", "sha256"},
	{"authority_record_files", "sha256"},
}

// UnnamedContents lists those of the contents (SHA-256) that nothing names: no row
// in any workspace, no logo, no job, no setting, and no entry of a ledger from which a row that
// names one could be restored. Descriptions of files that were swept, and settings, can
// be restored only since undoable. It needs a scope of everything.
func (tx *Tx) UnnamedContents(candidates []string, undoable time.Time) ([]string, error) {
	if err := tx.system(); err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, c := range contents {
		list, err := sqldb.Collect(tx.q, sqldb.Single[string], "SELECT DISTINCT "+c.column+" FROM "+c.table)
		if err != nil {
			return nil, fmt.Errorf("look for contents that %s name: %w", c.table, err)
		}
		for _, sha256 := range list {
			named[sha256] = true
		}
	}
	var out []string
	for _, sha256 := range candidates {
		if named[sha256] {
			continue
		}
		like := "%" + sha256 + "%"
		_, found, err := sqldb.One(tx.q, sqldb.Single[int64], `
			SELECT 1 FROM workspaces WHERE brand LIKE ?
			UNION ALL SELECT 1 FROM organisations WHERE brand LIKE ?
			UNION ALL SELECT 1 FROM jobs WHERE args LIKE ?
			UNION ALL SELECT 1 FROM settings WHERE value LIKE ?
			UNION ALL SELECT 1 FROM ledger_entries WHERE (kind NOT IN ('file', 'setting') OR at >= ?) AND (before LIKE ? OR after LIKE ?)
			LIMIT 1`, like, like, like, like, undoable.UnixMilli(), like, like)
		if err != nil {
			return nil, fmt.Errorf("look for what names a content: %w", err)
		}
		if !found {
			out = append(out, sha256)
		}
	}
	return out, nil
}
