package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var reports = define(table[assessment.Report]{
	name: "reports", kind: "report", keys: "id",
	columns: "id, organisation_id, format, language, parts, file, sha256, size, as_of, made_by, created_at, version",
	fields: func(r *assessment.Report) []any {
		return []any{&r.ID, &r.Organisation, &r.Format, &r.Language, sqldb.JSON(&r.Parts), &r.File, &r.SHA256, &r.Size, sqldb.Date(&r.AsOf),
			&r.MadeBy, sqldb.Time(&r.CreatedAt), &r.Version}
	},
	org:     func(r *assessment.Report) *string { return &r.Organisation },
	version: func(r *assessment.Report) *int64 { return &r.Version },
	id:      func(r *assessment.Report) *string { return &r.ID },
	created: func(r *assessment.Report) *time.Time { return &r.CreatedAt },
})

// Report returns one report.
func (tx *Tx) Report(id string) (assessment.Report, error) { return reports.get(tx, id) }

// Reports lists the reports of an organisation, newest first.
func (tx *Tx) Reports(organisation string) ([]assessment.Report, error) {
	return reports.list(tx, "organisation_id = ?", "created_at DESC, id DESC", organisation)
}

// PutReport keeps a report.
func (tx *Tx) PutReport(r assessment.Report) (assessment.Report, error) { return reports.put(tx, r) }

// RemoveReport forgets a report; its file stays.
func (tx *Tx) RemoveReport(id string) error { return reports.remove(tx, id) }
