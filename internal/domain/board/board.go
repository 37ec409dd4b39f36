// Package board holds what the management body of an organisation does:
// approvals and trainings under Directive (EU) 2022/2555 Art. 20.
package board

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Decision on an approval.
type Decision string

// The decisions.
const (
	Waiting  Decision = "waiting"
	Approved Decision = "approved"
	Rejected Decision = "rejected"
)

// Approval is the request to approve, and the approval of, exactly one version of
// the measures (Art. 20(1)).
type Approval struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Subject      string    `json:"subject"` // "plan", "measures", "report", …
	Object       string    `json:"object"`  // id of what is approved
	Title        string    `json:"title"`
	SHA256       string    `json:"sha256"` // of the version, hexadecimal
	File         string    `json:"file,omitempty"`
	RequestedBy  string    `json:"requested_by"`
	RequestedAt  time.Time `json:"requested_at"`
	Decision     Decision  `json:"decision"`
	DecidedBy    string    `json:"decided_by,omitempty"`
	DecidedName  string    `json:"decided_name,omitempty"`
	DecidedAt    time.Time `json:"decided_at"`
	Note         string    `json:"note,omitempty"`
	Version      int64     `json:"version"`
}

// Training is one training of one person (Art. 20(2)).
type Training struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Person       string    `json:"person,omitempty"` // when the trainee has an account
	Name         string    `json:"name"`
	Management   bool      `json:"management"` // member of the management body
	Course       string    `json:"course"`
	On           law.Date  `json:"on"`
	ValidUntil   law.Date  `json:"valid_until"`
	Minutes      int       `json:"minutes"`
	Evidence     string    `json:"evidence,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	Version      int64     `json:"version"`
}
