package store

import (
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

// RemoveFile deletes the description. The content may be deleted when FileInUse
// says that no other description names it.
func (tx *Tx) RemoveFile(id string) error { return files.remove(tx, id) }

// FileInUse reports whether any description, exhibit or import in any workspace
// names the content, or a workspace has it as its logo. It needs a scope of everything.
func (tx *Tx) FileInUse(sha256 string) (bool, error) {
	if err := tx.system(); err != nil {
		return false, err
	}
	_, found, err := sqldb.One(tx.q, sqldb.Single[string], `SELECT id FROM files WHERE sha256 = ? LIMIT 1`, sha256)
	if err != nil || found {
		return found, err
	}
	_, found, err = sqldb.One(tx.q, sqldb.Single[string], `SELECT id FROM incident_exhibits WHERE sha256 = ?
		UNION ALL SELECT id FROM indicator_imports WHERE sha256 = ? LIMIT 1`, sha256, sha256)
	if err != nil || found {
		return found, err
	}
	_, found, err = sqldb.One(tx.q, sqldb.Single[string], `SELECT workspace_id FROM workspaces WHERE brand LIKE ? LIMIT 1`, `%"logo":"`+sha256+`"%`)
	return found, err
}
