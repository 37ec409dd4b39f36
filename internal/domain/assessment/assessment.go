// Package assessment holds what an organisation of a workspace says and proves,
// as it is stored: the terms of package posture with an owner, an origin and a
// version, and the dated results that are made from them.
package assessment

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Source says where a statement came from.
type Source string

// The sources.
const (
	ByPerson     Source = "person"
	ByImport     Source = "import"     // a filled spreadsheet or a file
	ByDelegation Source = "delegation" // somebody behind a link
	BySuggestion Source = "suggestion" // accepted by a person
	ByTemplate   Source = "template"   // copied when the client was made
)

// Answer is the answer to one guided question.
type Answer struct {
	Organisation string `json:"organisation"`
	posture.Answer
	Source    Source    `json:"source"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Evidence is one piece of evidence; it serves many requirements.
type Evidence struct {
	Organisation string `json:"organisation"`
	posture.Evidence
	Form        string    `json:"form"` // "file", "link" or "attestation"
	Files       []string  `json:"files,omitempty"`
	OwnerPerson string    `json:"owner_person,omitempty"`
	RenewMonths int       `json:"renew_months,omitempty"` // 0: not renewed
	Draft       bool      `json:"draft,omitempty"`        // a document still to be adapted and approved: it has no date and counts for nothing
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

// File is an uploaded file; its content is in the blob store under the hash.
type File struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	SHA256       string    `json:"sha256"` // hexadecimal
	Name         string    `json:"name"`
	MediaType    string    `json:"media_type"` // found in the content, not what the browser said
	Size         int64     `json:"size"`       // bytes
	UploadedBy   string    `json:"uploaded_by"`
	UploadedAt   time.Time `json:"uploaded_at"`
	Scan         Scan      `json:"scan"`
	Version      int64     `json:"version"`
}

// Scan is what is known of harmful content in a file.
type Scan string

// The results of a scan. Only a clean file and one that came without a scanner can
// be read.
const (
	NotScanned  Scan = "" // no scanner was there
	ScanPending Scan = "pending"
	ScanClean   Scan = "clean"
	ScanHarmful Scan = "infected"
)

// ScanOf is what the answer of a scanner says about a file. A scanner that could not
// tell leaves it pending; the only error is that of the context, whose caller has gone.
func ScanOf(ctx context.Context, harmful bool, err error) (Scan, error) {
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return ScanPending, nil
	case harmful:
		return ScanHarmful, nil
	}
	return ScanClean, nil
}

// Exception is a documented decision not to apply, or not yet to apply, a requirement.
type Exception struct {
	ID           string `json:"id"`
	Organisation string `json:"organisation"`
	posture.Exception
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Assertion is a status that a person set by hand for one requirement.
type Assertion struct {
	Organisation string `json:"organisation"`
	posture.Assertion
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

// Determination is a dated record of a scope test: the facts as they were and
// what followed from them. A changed fact re-opens it.
type Determination struct {
	ID           string          `json:"id"`
	Organisation string          `json:"organisation"`
	On           law.Date        `json:"on"`
	By           string          `json:"by"`
	Class        law.Class       `json:"class"`
	Facts        json.RawMessage `json:"facts"`
	Result       json.RawMessage `json:"result"`
	CreatedAt    time.Time       `json:"created_at"`
	ReopenedAt   time.Time       `json:"reopened_at"` // zero: still stands
	Changed      []string        `json:"changed,omitempty"`
	Version      int64           `json:"version"`
}

// Snapshot is the posture of a day, for trends and comparisons.
type Snapshot struct {
	ID           string          `json:"id"`
	Organisation string          `json:"organisation"`
	On           law.Date        `json:"on"`
	Label        string          `json:"label,omitempty"`
	Automatic    bool            `json:"automatic"`
	Points       float64         `json:"points"` // overall, 0–100
	Scores       []posture.Score `json:"scores"`
	Body         json.RawMessage `json:"body,omitempty"` // the whole posture; left out in lists
	CreatedAt    time.Time       `json:"created_at"`
	Version      int64           `json:"version"`
}

// Report is a report that was made and kept: the file is what was handed out.
type Report struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Format       string    `json:"format"`   // "html", "pdf", "docx" or "json"
	Language     string    `json:"language"` // BCP 47
	Parts        []string  `json:"parts"`    // what it holds
	File         string    `json:"file"`     // id of the file
	SHA256       string    `json:"sha256"`   // of its content, hexadecimal
	Size         int64     `json:"size"`     // bytes
	AsOf         law.Date  `json:"as_of"`    // the day of the assessment
	MadeBy       string    `json:"made_by"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}

// Point is the overall score of a day, 0–100.
type Point struct {
	On     law.Date `json:"on"`
	Points float64  `json:"points"`
}

// Rollup is the row of an organisation in the portfolio. It is derived: the use
// case that changes an assessment writes it in the same transaction.
type Rollup struct {
	Organisation     string      `json:"organisation"`
	AsOf             law.Date    `json:"as_of"`
	Class            law.Class   `json:"class"`
	Points           float64     `json:"points"`       // overall, 0–100
	PointsThen       float64     `json:"points_then"`  // thirty days before AsOf; −1: unknown
	Measures         []float64   `json:"measures"`     // points of Art. 21(2)(a)–(j); −1: does not apply
	Met              int         `json:"met"`          // leaves
	Applicable       int         `json:"applicable"`   // leaves
	NotAssessed      int         `json:"not_assessed"` // leaves
	NextDeadline     time.Time   `json:"next_deadline"`
	NextDeadlineText law.Message `json:"next_deadline_text"`
	OpenTasks        int         `json:"open_tasks"`
	OverdueTasks     int         `json:"overdue_tasks"`
	ExpiringEvidence int         `json:"expiring_evidence"` // expired, or within thirty days of AsOf, and not renewed
	Sectors          []string    `json:"sectors"`           // of the entity types, as law/annex names them
	Countries        []string    `json:"countries"`         // of the jurisdiction, ISO 3166-1 alpha-2
	UpdatedAt        time.Time   `json:"updated_at"`
}

// Standing is a row of the portfolio: an organisation, without its facts, and its
// roll-up. Assessed is false, and the roll-up empty, before the first assessment.
type Standing struct {
	Organisation tenant.Organisation `json:"organisation"`
	Rollup       Rollup              `json:"rollup"`
	Assessed     bool                `json:"assessed"`
}

// Delegation hands some questions to the holder of a link.
type Delegation struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Title        string    `json:"title"`
	Questions    []string  `json:"questions"`
	Recipient    string    `json:"recipient"` // name
	Email        string    `json:"email"`
	Language     string    `json:"language"`
	TokenHash    string    `json:"-"`
	CreatedBy    string    `json:"created_by"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	ClosedAt     time.Time `json:"closed_at"` // handed in, or withdrawn
	Direct       bool      `json:"direct"`    // the answers count when they are handed in; else they are suggestions
	HandedIn     bool      `json:"handed_in"` // false with ClosedAt set: withdrawn
	Version      int64     `json:"version"`
}

// Open reports whether the link still works at the time.
func (d Delegation) Open(at time.Time) bool { return d.ClosedAt.IsZero() && at.Before(d.ExpiresAt) }
