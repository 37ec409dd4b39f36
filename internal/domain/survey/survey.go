// Package survey holds what an organisation lets be looked at from outside, on whose
// word, and what came of each look.
package survey

import (
	"encoding/json"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Proof is how it is proven that a target may be scanned.
type Proof string

// The proofs.
const (
	DNS    Proof = "dns"    // a TXT record with the token
	File   Proof = "file"   // a file with the token on the web server
	Letter Proof = "letter" // a signed letter, recorded by one person and approved by another
)

// Target is a name or a range of addresses of an organisation, or a name of one of
// its suppliers.
type Target struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Supplier     string    `json:"supplier,omitempty"` // id of whose it is; "": the organisation's own
	Declared     string    `json:"declared"`           // example.org, 192.0.2.0/28
	Subtree      bool      `json:"subtree"`            // the names below, too
	Sweep        bool      `json:"sweep"`              // all ports of the hosts of the name
	Proof        Proof     `json:"proof"`              // "": none yet
	Token        string    `json:"token"`              // stands in the record or the file; public
	ProvenAt     time.Time `json:"proven_at"`
	Until        law.Date  `json:"until"`            // last day of the authorisation
	Letter       string    `json:"letter,omitempty"` // who signed, of which day, where it lies
	RecordedBy   string    `json:"recorded_by,omitempty"`
	RecordedName string    `json:"recorded_name,omitempty"`
	ApprovedBy   string    `json:"approved_by,omitempty"`
	ApprovedName string    `json:"approved_name,omitempty"`
	Problem      string    `json:"problem,omitempty"` // why the proof was not found last
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

// Proven reports whether the target may be scanned on a day.
func (t Target) Proven(today law.Date) bool {
	return !t.ProvenAt.IsZero() && !t.Until.IsZero() && !today.After(t.Until)
}

// State of a scan.
type State string

// The states.
const (
	Waiting State = "waiting" // or running
	Done    State = "done"
	Failed  State = "failed"
)

// Scan is one look at the targets of an organisation or of a supplier. Its findings
// are kept apart.
type Scan struct {
	ID           string          `json:"id"`
	Organisation string          `json:"organisation"`
	Supplier     string          `json:"supplier,omitempty"` // id of who was looked at; "": the organisation itself
	Job          string          `json:"job"`
	State        State           `json:"state"`
	Only         []string        `json:"only,omitempty"`   // ids of checks that were done again; the others are those of the scan before
	Entry        string          `json:"entry,omitempty"`  // target of Only
	Permit       json.RawMessage `json:"permit,omitempty"` // the signed scope; of a supplier, a list with that of its consent and that of a visit
	Targets      []string        `json:"targets,omitempty"`
	Scanner      string          `json:"scanner,omitempty"`
	Catalogue    string          `json:"catalogue,omitempty"`
	Grade        string          `json:"grade"` // "": nothing could be judged
	Before       string          `json:"before"`
	Areas        json.RawMessage `json:"areas,omitempty"`
	Worse        int64           `json:"worse"` // checks that are worse than before, or new
	Better       int64           `json:"better"`
	Failures     int64           `json:"failures"`
	Warnings     int64           `json:"warnings"`
	Errors       int64           `json:"errors"`
	Observations json.RawMessage `json:"observations,omitempty"` // for the assessment
	SHA256       string          `json:"sha256,omitempty"`       // of the findings
	Problem      string          `json:"problem,omitempty"`      // of a scan that failed
	AskedBy      string          `json:"asked_by"`
	AskedName    string          `json:"asked_name"`
	CreatedAt    time.Time       `json:"created_at"`
	StartedAt    time.Time       `json:"started_at"`
	EndedAt      time.Time       `json:"ended_at"`
	Version      int64           `json:"version"`
}

// Findings are what a scan found, as the scanner wrote it: a list of
// exposure.Finding. The ledger holds their hash with the scan.
type Findings struct {
	Scan         string          `json:"scan"`
	Organisation string          `json:"organisation"`
	List         json.RawMessage `json:"-"`
	History      []Problem       `json:"-"` // up to and with this scan
}

// Plan is the setting of an organisation under PlanSetting.
type Plan struct {
	Weekly  bool             `json:"weekly"`
	Exclude []string         `json:"exclude,omitempty"` // names, addresses, ranges, ports as ":3389"
	Days    map[string]int64 `json:"days,omitempty"`    // time limits by severity; what is missing is as Limits says
}

// PlanSetting is the name of the setting that holds a Plan.
const PlanSetting = "exposure"

// SupplierPlan is the setting of an organisation under SupplierPlanSetting.
type SupplierPlan struct {
	Weekly bool `json:"weekly"` // suppliers are looked at each week
}

// SupplierPlanSetting is the name of the setting that holds a SupplierPlan.
const SupplierPlanSetting = "exposure.suppliers"
