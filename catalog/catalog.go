// Package catalog is the requirement catalogue: the duties of the directive and
// the points of Implementing Regulation (EU) 2024/2690, each explained in plain
// words, and the guided questions that inform them. It is loaded from YAML packs
// and knows nothing of any organisation.
package catalog

// Framework ids of the embedded packs.
const (
	NIS2    = "nis2"          // Directive (EU) 2022/2555, duties of the entity
	CIR2690 = "cir-2024-2690" // Implementing Regulation (EU) 2024/2690, annex
)

// Kind is the place of a requirement in its tree.
type Kind string

// The kinds. Only Single and Item are assessed; Section and Subsection are
// headings, and a List takes its status from its items.
const (
	Section    Kind = "section"
	Subsection Kind = "subsection"
	Single     Kind = "requirement"
	List       Kind = "list"
	Item       Kind = "item"
)

// Softness says with which words the law lets an entity decide that a point
// does not apply, with documented reasons (Implementing Regulation Art. 2(2)).
type Softness string

// The degrees of softness.
const (
	WhereAppropriate Softness = "where-appropriate"
	WhereApplicable  Softness = "where-applicable"
	WhereFeasible    Softness = "to-the-extent-feasible"
)

// Cadence is when something must be repeated.
type Cadence string

// The cadences. Only Yearly and Quarterly are fixed by the law.
const (
	Yearly        Cadence = "yearly"
	Quarterly     Cadence = "quarterly"
	Planned       Cadence = "planned"        // at planned intervals that the entity sets
	Regular       Cadence = "regular"        // regularly or periodically
	AfterIncident Cadence = "after-incident" // after significant incidents
	AfterChange   Cadence = "after-change"   // after significant changes to operations or risks
)

// Phase groups tasks of the plan.
type Phase string

// The six phases, in their order.
const (
	Understand Phase = "understand"
	Plan       Phase = "plan"
	Implement  Phase = "implement"
	Monitor    Phase = "monitor"
	Improve    Phase = "improve"
	Report     Phase = "report"
)

// EvidenceHint is what an auditor would accept.
type EvidenceHint struct {
	Kind        string `yaml:"kind" json:"kind"`                 // id of an EvidenceKind, for example "doc.security-policy"
	Text        string `yaml:"text" json:"text"`                 // what it should show
	ValidMonths int    `yaml:"valid_months" json:"valid_months"` // how long it stays convincing, 1–60
}

// EvidenceKind is a document, register or record that the law calls for.
type EvidenceKind struct {
	ID    string `yaml:"id" json:"id"`
	Title string `yaml:"title" json:"title"`

	// Policy says that it is a document of rules that the organisation gives itself, a
	// policy, plan or procedure, and no record of what was done.
	Policy bool `yaml:"policy" json:"policy,omitempty"`
}

// Requirement is one point of a framework.
type Requirement struct {
	ID          string         `yaml:"id" json:"id"`
	Framework   string         `yaml:"-" json:"framework"`
	Kind        Kind           `yaml:"kind" json:"kind"`
	Parent      string         `yaml:"parent" json:"parent,omitempty"` // "" for a section; derived from the id unless the pack states it
	Citation    string         `yaml:"citation" json:"citation"`       // derived from the id unless the pack states it
	Title       string         `yaml:"title" json:"title"`
	Explanation string         `yaml:"explanation" json:"explanation,omitempty"` // one sentence for a reader who has never seen the law
	Good        string         `yaml:"good" json:"good,omitempty"`               // what good looks like
	Measures    []string       `yaml:"measures" json:"measures"`                 // letters a–j of Art. 21(2); empty for duties outside Art. 21
	Soft        []Softness     `yaml:"soft" json:"soft,omitempty"`
	SoftPart    bool           `yaml:"soft_part" json:"soft_part,omitempty"` // the soft words limit only part of the point
	SoftFrom    string         `yaml:"soft_from" json:"soft_from,omitempty"` // list point from which the softness is inherited
	Cadence     []Cadence      `yaml:"cadence" json:"cadence,omitempty"`
	Evidence    []EvidenceHint `yaml:"evidence" json:"evidence,omitempty"`
	Effort      [2]float64     `yaml:"effort" json:"effort_person_days"` // from, to, for a 100-staff organisation
	Owner       string         `yaml:"owner" json:"owner,omitempty"`     // role: board, management, security, it, development, hr, procurement, legal, facilities
	Phase       Phase          `yaml:"phase" json:"phase,omitempty"`
	Weight      float64        `yaml:"weight" json:"weight"`                       // share in the score and in the risk that a gap means, 1–5
	After       []string       `yaml:"after" json:"after,omitempty"`               // ids of requirements that should be done first
	Duty        string         `yaml:"duty" json:"duty,omitempty"`                 // id of the duty of law/duties that makes it binding; "" for annex points
	Voluntary   bool           `yaml:"voluntary" json:"voluntary,omitempty"`       // the law invites or encourages, and does not demand
	SpecifiedBy []string       `yaml:"specified_by" json:"specified_by,omitempty"` // annex points that specify this measure (Implementing Regulation Art. 2(1)); headings mean all leaves below
	Softness    []Softness     `yaml:"-" json:"softness,omitempty"`                // effective: own, or inherited through SoftFrom; derived
}

// IsLeaf reports whether the point is assessed itself: a Single or an Item.
func (r Requirement) IsLeaf() bool { return r.Kind == Single || r.Kind == Item }

// MayNotApply reports whether the law lets the entity decide, with documented
// reasons, that the whole point does not apply: it is soft itself, or inherits
// softness from its list. Where soft words limit only a part of the point, the
// rest still binds and the answer is no (Implementing Regulation Art. 2(2)).
func (r Requirement) MayNotApply() bool {
	return (len(r.Soft) > 0 && !r.SoftPart) || (r.SoftFrom != "" && len(r.Softness) > 0)
}

// QuestionType is how a question is answered.
type QuestionType string

// The question types.
const (
	Choice QuestionType = "choice" // one option
	Many   QuestionType = "many"   // any number of options
)

// Effect is what choosing an option says about a requirement. Requirements name
// leaves, or a list, subsection or section, which means all leaves below it.
type Effect struct {
	Requirements []string `yaml:"requirements" json:"requirements"`
	Status       string   `yaml:"status" json:"status"`         // met, partly, not_met, not_applicable
	Confidence   string   `yaml:"confidence" json:"confidence"` // high, medium, low
}

// Option is one possible answer.
type Option struct {
	ID      string   `yaml:"id" json:"id"`
	Text    string   `yaml:"text" json:"text"`
	Effects []Effect `yaml:"effects" json:"effects,omitempty"`
}

// Condition decides whether a question is asked. All set members must hold.
type Condition struct {
	EntityTypes []string            `yaml:"entity_types" json:"entity_types,omitempty"` // one of; a prefix ending in "." matches a sector
	Traits      []string            `yaml:"traits" json:"traits,omitempty"`             // all of these profile traits are true
	NotTraits   []string            `yaml:"not_traits" json:"not_traits,omitempty"`
	Answers     map[string][]string `yaml:"answers" json:"answers,omitempty"`       // question id → one of these options was chosen
	Frameworks  []string            `yaml:"frameworks" json:"frameworks,omitempty"` // one of these is assessed
}

// Question is one guided question.
type Question struct {
	ID      string       `yaml:"id" json:"id"`
	Topic   string       `yaml:"topic" json:"topic"` // measure letter a–j, or "governance", "reporting", "registration"
	Text    string       `yaml:"text" json:"text"`
	Why     string       `yaml:"why" json:"why"` // why it is asked, one sentence
	Help    string       `yaml:"help" json:"help,omitempty"`
	Type    QuestionType `yaml:"type" json:"type"`
	AskWhen *Condition   `yaml:"ask_when" json:"ask_when,omitempty"`
	Options []Option     `yaml:"options" json:"options"`
	Expects []string     `yaml:"expects" json:"expects,omitempty"` // evidence kinds that should exist when the best option is chosen; their lack or expiry is a contradiction
	Order   int          `yaml:"-" json:"-"`                       // place among all questions, from 0
}
