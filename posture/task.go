package posture

import (
	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// Task is one piece of work that closes gaps.
type Task struct {
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Heading       string        `json:"heading"` // id of the heading whose gaps it closes
	Phase         catalog.Phase `json:"phase"`
	Requirements  []string      `json:"requirements"` // leaves that it closes, in catalogue order
	NotAssessed   int           `json:"not_assessed"` // of these, those that nothing is known of yet
	Measures      []string      `json:"measures"`
	Owner         string        `json:"owner"`              // role
	Effort        [2]float64    `json:"effort_person_days"` // from, to; scaled to the headcount, less what is done in part
	After         []string      `json:"after,omitempty"`    // ids of tasks that must be finished before the start
	Start         law.Date      `json:"start"`
	Due           law.Date      `json:"due"`
	DueBecause    law.Message   `json:"due_because"`
	RiskReduction float64       `json:"risk_reduction"` // Σ severity of the gaps that it closes
	Priority      float64       `json:"priority"`       // risk reduction ÷ mean effort
	Gain          float64       `json:"gain"`           // points of the overall score when done
}
