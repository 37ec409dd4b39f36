// Package posture turns a catalogue and what an organisation says and proves
// into a status for every requirement that binds it, with the trace that led
// there, a score with its formula, and a plan. It is pure: the day comes in.
package posture

import (
	"github.com/nisaba-platform/nisaba/law"
)

// Status of a requirement.
type Status string

// The statuses.
const (
	NotAssessed   Status = "not_assessed"
	NotMet        Status = "not_met"
	PartlyMet     Status = "partly"
	Met           Status = "met"
	NotApplicable Status = "not_applicable" // only with the documented reason that Implementing Regulation Art. 2(2) demands
)

// Confidence in a status.
type Confidence string

// The degrees of confidence.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Answer is the answer to a guided question.
type Answer struct {
	Question string   `json:"question"`
	Options  []string `json:"options"` // one for a choice
	By       string   `json:"by,omitempty"`
	On       law.Date `json:"on"`
	Note     string   `json:"note,omitempty"`
}

// Evidence is a document, register, record or attestation.
type Evidence struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"` // id of a catalog.EvidenceKind
	Title      string   `json:"title"`
	Date       law.Date `json:"date"`
	ValidUntil law.Date `json:"valid_until"` // zero: Date plus the hint's months
	Owner      string   `json:"owner,omitempty"`
	Location   string   `json:"location,omitempty"`
	Covers     []string `json:"covers,omitempty"` // requirement ids, beside those that name the kind; headings mean all leaves below
	Shows      Status   `json:"shows,omitempty"`  // what it shows for Covers: met, partly or not_met (an audit finding); "" = supports
	Note       string   `json:"note,omitempty"`
}

// The kinds of exceptions.
const (
	ExceptionNotApplicable = "not_applicable" // the point does not apply (Implementing Regulation Art. 2(2))
	ExceptionCompensated   = "compensated"    // another measure serves the purpose (recital 5)
	ExceptionAccepted      = "accepted"       // the risk is accepted until a date; the gap stays
)

// Exception is a documented decision not to apply, or not yet to apply, a requirement.
type Exception struct {
	Requirement  string   `json:"requirement"`
	Kind         string   `json:"kind"` // an ExceptionNotApplicable, ExceptionCompensated or ExceptionAccepted; others are skipped
	Reason       string   `json:"reason"`
	Compensation string   `json:"compensation,omitempty"`
	ApprovedBy   string   `json:"approved_by"`
	On           law.Date `json:"on"`
	Until        law.Date `json:"until"` // zero: no end
}

// Assertion is a status that a person set by hand for one requirement.
type Assertion struct {
	Requirement string   `json:"requirement"`
	Status      Status   `json:"status"`
	By          string   `json:"by"`
	On          law.Date `json:"on"`
	Note        string   `json:"note,omitempty"`
}

// Facts are everything known of one organisation for the assessment.
type Facts struct {
	EntityTypes []string // canonical ids that remained after scope exclusions
	Class       law.Class
	Traits      map[string]bool // profile traits, for example "ot", "develops_software", "remote_access"
	Duties      []string        // ids of law/duties that bind
	Frameworks  []string        // framework ids whose requirements are assessed
	Voluntary   []string        // of these, those that do not bind and serve as a yardstick
	Employees   int             // scales effort; 0 = unknown
	Answers     []Answer
	Evidence    []Evidence
	Exceptions  []Exception
	Assertions  []Assertion
	// Observations change no status: what they show less of than the organisation
	// says becomes a Contradiction.
	Observations []Observation
}

// Observation is what somebody or something outside of the assessment saw, such as
// a scanner: it says a status of a requirement, or of what a question is about.
type Observation struct {
	Source      string   `json:"source"` // what saw it, as people read it
	Ref         string   `json:"ref"`    // id of the finding at the source
	Requirement string   `json:"requirement,omitempty"`
	Question    string   `json:"question,omitempty"` // used when Requirement is empty
	Says        Status   `json:"says"`               // Met, PartlyMet or NotMet; others are skipped
	On          law.Date `json:"on"`
}

// TraceKind says what a trace entry is.
type TraceKind string

// The kinds of trace entries.
const (
	FromAnswer    TraceKind = "answer"
	FromEvidence  TraceKind = "evidence"
	FromException TraceKind = "exception"
	FromAssertion TraceKind = "assertion"
	FromItems     TraceKind = "items"   // a list that took its status from its items
	Expired       TraceKind = "expired" // evidence or exception that no longer counts
)

// Trace is one reason for a status.
type Trace struct {
	Kind    TraceKind   `json:"kind"`
	Ref     string      `json:"ref"` // question, evidence or requirement id
	Says    Status      `json:"says,omitempty"`
	On      law.Date    `json:"on"`
	Counted bool        `json:"counted"` // false: overruled or expired
	Text    law.Message `json:"text"`
}

// Result is the status of one requirement.
type Result struct {
	Requirement string     `json:"requirement"`
	Status      Status     `json:"status"`
	Confidence  Confidence `json:"confidence,omitempty"`
	Direct      bool       `json:"asked_directly"`   // a person set it for exactly this requirement
	Reason      string     `json:"reason,omitempty"` // the documented reason of a not-applicable status
	ExpiresOn   law.Date   `json:"expires_on"`       // the first day on which a counted evidence or exception no longer counts
	Weight      float64    `json:"weight,omitempty"` // of a leaf in the overall score; 0 for headings, for points that take their status from others and for the detail of a yardstick
	Trace       []Trace    `json:"trace"`
}

// FindingKind says what does not fit together in a Contradiction.
type FindingKind string

// The kinds of contradictions, the grave ones first.
const (
	NotLawful            FindingKind = "not_lawful"             // "not applicable" where the law allows no exception
	EvidenceAgainst      FindingKind = "evidence_against"       // evidence shows less than an answer or a person says
	ObservedOtherwise    FindingKind = "observed_otherwise"     // an observation shows less than the organisation says
	AssertedOtherwise    FindingKind = "asserted_otherwise"     // a person says met, and an answer of high confidence not met, or the other way round
	AnswersDisagree      FindingKind = "answers_disagree"       // two answers say opposite things with equal confidence
	EvidenceExpired      FindingKind = "evidence_expired"       // the evidence that an answer rests on no longer counts
	FutureDate           FindingKind = "future_date"            // dated after the day of the assessment
	AcceptanceWithoutEnd FindingKind = "acceptance_without_end" // a risk accepted for ever
	EvidenceMissing      FindingKind = "evidence_missing"       // nothing on file bears the answer out; the weakest kind
)

// Contradiction is an answer that the evidence, or another answer, does not bear
// out, or a statement that cannot be taken as it stands.
type Contradiction struct {
	Kind         FindingKind `json:"kind"`
	Requirements []string    `json:"requirements"`
	Refs         []string    `json:"refs"`
	Text         law.Message `json:"text"`
}

// Score is a share of met weight, 0–100, with what it was computed from.
//
//	points = 100 × Σ weight × value ÷ Σ weight
//
// over applicable leaves; value is 1 met, 0.5 partly met, 0 otherwise. A leaf
// with several measures counts in each of them, and once in "overall". Points
// of the directive that the annex specifies for the organisation take their
// status from the annex points and do not count a second time. Where the annex is
// a voluntary yardstick it is the other way round: its points count in the scores
// of its sections only. With no applicable leaf, Weight and Points are 0.
type Score struct {
	Key           string  `json:"key"` // "overall", "measure.a" … "measure.j", "governance", "reporting", "registration", a section id
	Points        float64 `json:"points"`
	Met           int     `json:"met"`
	Partly        int     `json:"partly"`
	NotMet        int     `json:"not_met"`
	NotAssessed   int     `json:"not_assessed"`
	NotApplicable int     `json:"not_applicable"`
	Weight        float64 `json:"weight"` // Σ weight of applicable leaves
}

// Gap is an applicable leaf that is not met, worst first in Posture.Gaps.
type Gap struct {
	Requirement   string   `json:"requirement"`
	Status        Status   `json:"status"`
	Severity      float64  `json:"severity"`       // weight × (1 − value) × binding factor: 1 where the law binds, 0.5 for a voluntary yardstick or a point the law only encourages; 0–5
	AcceptedUntil law.Date `json:"accepted_until"` // a person accepted the risk until then; zero: not accepted, or without end
	Accepted      bool     `json:"accepted,omitempty"`
}

// Posture is the whole assessment as of a day.
type Posture struct {
	AsOf           law.Date        `json:"as_of"`
	Results        []Result        `json:"results"` // catalogue order; leaves, lists and headings that apply
	Scores         []Score         `json:"scores"`
	Gaps           []Gap           `json:"gaps"`
	Contradictions []Contradiction `json:"contradictions"`
	OpenQuestions  []string        `json:"open_questions"` // that apply and have no answer
	Automation     Automation      `json:"automation"`
}

// Automation is how many leaves got a status without being asked one by one.
//
//	rate = (with a status − asked directly) ÷ applicable leaves
//
// over the leaves that count in the scores, those set to "not applicable"
// included. A leaf is asked directly when a person set it, or when the question
// that decided it informs no other leaf.
type Automation struct {
	Applicable int     `json:"applicable"`
	WithStatus int     `json:"with_status"`
	Direct     int     `json:"asked_directly"`
	Rate       float64 `json:"rate"` // 0–1
}
