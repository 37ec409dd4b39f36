package assessing

import (
	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/posture"
)

// AssessmentFormat is the value of the first field of every assessment.json of
// this version. Fields may be added to a version; none is renamed, removed or
// given another meaning.
const AssessmentFormat = "assessment/1"

// Assessment is the content of assessment.json. Days are YYYY-MM-DD, countries
// ISO 3166-1 alpha-2, money whole euros, efforts person-days. Numbers are rounded
// as the report prints them. A member that is left out, or null, means: none, or
// not known. Sentences are in the language of the report; titles of the
// catalogue are English.
type Assessment struct {
	Format       string              `json:"format"`   // AssessmentFormat
	Language     string              `json:"language"` // of the sentences, BCP 47
	Organisation AssessedEntity      `json:"organisation"`
	AsOf         law.Date            `json:"as_of"` // the day that everything speaks of
	Program      string              `json:"program"`
	Catalogue    CatalogueStamp      `json:"catalogue"`
	Limits       []string            `json:"limits"` // what the assessment cannot say
	Scope        ScopeResult         `json:"scope"`
	Duties       DutyResult          `json:"duties"`
	Fine         FineResult          `json:"fine"`
	Countries    []country.Pack      `json:"countries"` // national law of the jurisdiction, each fact with source, day checked and confidence
	Target       *float64            `json:"target"`    // the score aimed at, 0–100
	Score        *float64            `json:"score"`     // the overall score, 0–100; null when no requirement applies
	Scores       []ScoreResult       `json:"scores"`    // overall, per measure, per duty, per section
	Automation   AutomationResult    `json:"automation"`
	Requirements []RequirementResult `json:"requirements"` // the statement of applicability, in catalogue order
	Gaps         []GapResult         `json:"gaps"`         // worst first
	Findings     []FindingResult     `json:"findings"`     // what does not fit together, the grave first
	Expired      []ExpiredResult     `json:"expired"`      // evidence and exceptions that no longer count, and since when
	Expiring     []ExpiredResult     `json:"expiring"`     // those that stop counting within ExpiringDays days
	Questions    []string            `json:"open_questions"`
	Tasks        []TaskResult        `json:"tasks"` // in the order of the plan
	WhatIf       WhatIfResult        `json:"what_if"`
	Sources      []law.Source        `json:"sources"`
}

// AssessedEntity is whom the assessment speaks of.
type AssessedEntity struct {
	Name     string `json:"name"`
	Activity string `json:"activity,omitempty"`
}

// CatalogueStamp names the requirements that were used.
type CatalogueStamp struct {
	Edition    string   `json:"edition"`
	Entries    int      `json:"entries"`
	Frameworks []string `json:"frameworks"` // assessed
	Voluntary  []string `json:"voluntary"`  // of these, those that do not bind
}

// ScopeResult is whether and how the directive binds.
type ScopeResult struct {
	Class             law.Class      `json:"class"`
	Size              law.Size       `json:"size,omitempty"` // left out while the figures do not decide it
	Grounds           []GroundResult `json:"grounds"`        // the deciding one first
	Exclusions        []GroundResult `json:"exclusions"`
	EntityTypes       []string       `json:"entity_types"` // those that remain
	Missing           []string       `json:"missing"`      // input fields that would decide
	CouldBe           []law.Class    `json:"could_be"`     // classes still possible
	Jurisdiction      []string       `json:"jurisdiction"`
	JurisdictionBasis string         `json:"jurisdiction_basis,omitempty"`
	Representative    bool           `json:"representative_needed"`
	Nearest           string         `json:"nearest,omitempty"` // what would bring it into scope
	Reviews           []string       `json:"reviews"`           // points that a person must look at
	WhatIf            bool           `json:"what_if"`           // computed with a proposal that is not in force
}

// GroundResult is one rule that fired.
type GroundResult struct {
	Rule       string    `json:"rule"`
	Citation   string    `json:"citation"`
	Text       string    `json:"text"`
	Class      law.Class `json:"class,omitempty"`
	EntityType string    `json:"entity_type,omitempty"`
}

// DutyResult is what the law asks.
type DutyResult struct {
	Binding       []Duty               `json:"binding"`
	Displaced     []DisplacedDuty      `json:"displaced"`
	Registrations []RegistrationResult `json:"registrations"`
	Supervision   SupervisionResult    `json:"supervision"`
}

// Duty is one duty that binds.
type Duty struct {
	ID       string `json:"id"`
	Citation string `json:"citation"`
	OwedBy   string `json:"owed_by"`
	Title    string `json:"title"`
}

// DisplacedDuty is a duty in whose place another act stands.
type DisplacedDuty struct {
	Duty     string `json:"duty"`
	Act      string `json:"act"`
	Citation string `json:"citation"`
	Certain  bool   `json:"certain"`
}

// RegistrationResult is one register to enter.
type RegistrationResult struct {
	ID           string   `json:"id"`
	Citation     string   `json:"citation"`
	Title        string   `json:"title"`
	Data         []string `json:"data"`
	Due          law.Date `json:"due,omitzero"`
	ChangeDays   int      `json:"change_days,omitempty"`
	ChangeMonths int      `json:"change_months,omitempty"`
}

// SupervisionResult is how the authority supervises.
type SupervisionResult struct {
	Regime   string `json:"regime"`
	Citation string `json:"citation,omitempty"`
	Text     string `json:"text"`
}

// FineResult is the lowest maximum of the fine that national law must allow.
type FineResult struct {
	Basis    string   `json:"basis"`
	Currency string   `json:"currency"` // EUR
	Ceiling  int64    `json:"ceiling"`  // 0 when the directive provides none
	Fixed    int64    `json:"fixed"`
	Percent  float64  `json:"percent"`  // of the turnover
	Turnover *float64 `json:"turnover"` // worldwide, of the undertaking
	AtLeast  bool     `json:"at_least"` // true: the turnover is not known, and the ceiling may be higher
	Citation string   `json:"citation,omitempty"`
	Text     string   `json:"text"`
	Formula  string   `json:"formula,omitempty"`
}

// ScoreResult is one score: points = 100 × value ÷ weight, rounded to whole points.
type ScoreResult struct {
	Key           string  `json:"key"`
	Title         string  `json:"title"`
	Points        float64 `json:"points"`
	Value         float64 `json:"value"`  // Σ weight × value: 1 met, 0.5 partly met, 0 otherwise
	Weight        float64 `json:"weight"` // Σ weight of the requirements that apply
	Met           int     `json:"met"`
	Partly        int     `json:"partly"`
	NotMet        int     `json:"not_met"`
	NotAssessed   int     `json:"not_assessed"`
	NotApplicable int     `json:"not_applicable"`
}

// AutomationResult is how many requirements got a status without being asked one by one.
type AutomationResult struct {
	Applicable int     `json:"applicable"`
	WithStatus int     `json:"with_status"`
	Direct     int     `json:"asked_directly"`
	Percent    float64 `json:"percent"` // (with_status − asked_directly) ÷ applicable
}

// RequirementResult is the status of one requirement and why.
type RequirementResult struct {
	ID         string             `json:"id"`
	Framework  string             `json:"framework"`
	Citation   string             `json:"citation"`
	Title      string             `json:"title"`
	Measures   []string           `json:"measures"` // letters of Art. 21(2)
	Applies    bool               `json:"applies"`
	Status     posture.Status     `json:"status"`
	Confidence posture.Confidence `json:"confidence,omitempty"`
	Reason     string             `json:"reason,omitempty"` // documented, of a requirement that does not apply
	ExpiresOn  law.Date           `json:"expires_on,omitzero"`
	Weight     float64            `json:"weight"`
	Trace      []TraceResult      `json:"trace"`
}

// TraceResult is one reason for a status.
type TraceResult struct {
	Kind    posture.TraceKind `json:"kind"`
	Ref     string            `json:"ref"`
	Says    posture.Status    `json:"says,omitempty"`
	On      law.Date          `json:"on,omitzero"`
	Counted bool              `json:"counted"` // false: overruled or expired
	Text    string            `json:"text"`
}

// GapResult is a requirement that is not met.
type GapResult struct {
	Requirement   string         `json:"requirement"`
	Status        posture.Status `json:"status"`
	Severity      float64        `json:"severity"` // weight × (1 − value) × binding factor, 0–5
	Accepted      bool           `json:"accepted"` // a person accepted the risk
	AcceptedUntil law.Date       `json:"accepted_until,omitzero"`
}

// FindingResult is a contradiction, or a statement that cannot be taken as it stands.
type FindingResult struct {
	Kind         posture.FindingKind `json:"kind"`
	Text         string              `json:"text"`
	Requirements []string            `json:"requirements"`
	Refs         []string            `json:"refs"` // questions, evidence and requirements that it speaks of
}

// ExpiredResult is evidence or an exception that no longer counts, or will not for long.
type ExpiredResult struct {
	Ref          string   `json:"ref"`
	Title        string   `json:"title"`
	Dated        law.Date `json:"dated,omitzero"`
	Expires      law.Date `json:"expires,omitzero"` // the first day on which it does not count
	Requirements []string `json:"requirements"`
}

// TaskResult is one task of the plan.
type TaskResult struct {
	ID            string        `json:"id"`
	Title         string        `json:"title"`
	Phase         catalog.Phase `json:"phase"`
	Requirements  []string      `json:"requirements"`
	Measures      []string      `json:"measures"`
	Owner         string        `json:"owner"`
	Effort        [2]float64    `json:"effort_person_days"`
	After         []string      `json:"after"` // tasks that must be finished before
	Start         law.Date      `json:"start,omitzero"`
	Due           law.Date      `json:"due,omitzero"`
	DueBecause    string        `json:"due_because,omitempty"`
	RiskReduction float64       `json:"risk_reduction"` // Σ severity of the gaps that it closes
	Priority      float64       `json:"priority"`       // risk_reduction ÷ mean effort
	Gain          float64       `json:"gain"`           // points of the overall score
}

// WhatIfResult is the few tasks that raise the overall score most.
type WhatIfResult struct {
	Tasks []string `json:"tasks"`
	From  float64  `json:"from"`
	To    float64  `json:"to"`
}
