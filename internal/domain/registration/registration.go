// Package registration holds what an organisation has told the registers of
// Directive (EU) 2022/2555 Arts. 3(4) and 27: one record per register and Member
// State, with the facts as they were told.
package registration

import (
	"encoding/json"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Record is the entry in one register of one Member State.
type Record struct {
	ID           string          `json:"id"`
	Organisation string          `json:"organisation"`
	Register     string          `json:"register"` // id of the duty: "nis2.3.4" or "nis2.27"
	State        string          `json:"state"`    // ISO 3166-1 alpha-2
	Authority    string          `json:"authority"`
	Reference    string          `json:"reference"` // what the authority calls the entry
	RegisteredOn law.Date        `json:"registered_on"`
	NotifiedOn   law.Date        `json:"notified_on"` // last change that was told; zero: none
	Facts        json.RawMessage `json:"facts"`       // as they were told last
	ChangedOn    law.Date        `json:"changed_on"`  // first change that was not told yet; zero: none
	By           string          `json:"by"`
	CreatedAt    time.Time       `json:"created_at"`
	UpdatedAt    time.Time       `json:"updated_at"`
	Version      int64           `json:"version"`
}

// Told is the day on which the register was told last.
func (r Record) Told() law.Date {
	if r.NotifiedOn.IsZero() {
		return r.RegisteredOn
	}
	return r.NotifiedOn
}
