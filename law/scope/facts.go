// Package scope decides whether and how Directive (EU) 2022/2555 binds an
// organisation: its class, every ground with its citation, and the Member State
// that is competent. It is a pure function over facts of which some may be
// unknown.
package scope

import "github.com/nisaba-platform/nisaba/law"

// Number is a figure that may be unknown. The zero value is unknown.
type Number struct {
	Value float64
	Known bool
}

// Num is a known figure.
func Num(v float64) Number { return Number{Value: v, Known: true} }

// Figures are the data of one accounting year: annual work units, and whole
// euros without value added tax.
type Figures struct {
	Year         int    `json:"year"`
	Employees    Number `json:"employees"`
	Turnover     Number `json:"turnover_eur"`
	BalanceSheet Number `json:"balance_sheet_eur"`
}

// Linked is an enterprise counted at 100 %, Recommendation 2003/361/EC Annex Art. 6.
type Linked struct {
	Name         string    `json:"name,omitempty"`
	Employees    Number    `json:"employees"`
	Turnover     Number    `json:"turnover_eur"`
	BalanceSheet Number    `json:"balance_sheet_eur"`
	Partners     []Partner `json:"partners,omitempty"` // partners of a linked enterprise count pro rata
}

// Partner is an enterprise with a holding of 25 % or more, counted pro rata.
type Partner struct {
	Name         string    `json:"name,omitempty"`
	Share        Number    `json:"share_pct"` // 0–100
	Employees    Number    `json:"employees"`
	Turnover     Number    `json:"turnover_eur"`
	BalanceSheet Number    `json:"balance_sheet_eur"`
	Investor     law.Truth `json:"investor"`
	Linked       []Linked  `json:"linked,omitempty"` // counted at 100 % before the pro-rata step
}

// Facts is everything that the scope test looks at. See the machine contract
// "nisaba scope --jsonl" for the meaning of each field.
type Facts struct {
	EntityTypes      []string
	EntityTypesKnown bool // false: the activity itself is not known
	Figures          []Figures
	Linked           []Linked
	Partners         []Partner

	EstablishedIn, Serves                                    []string // ISO 3166-1 alpha-2
	DecisionsIn, OperationsIn, MostStaffIn, RepresentativeIn string   // "" = not known or undeterminable
	EstablishedBy                                            string

	CERCritical, DORAExempt             law.Truth
	NIS1OES, NIS1OESBefore16January2023 law.Truth
	IdentifiedAs                        law.Class // Essential, Important or ""

	Definition      map[string]law.Truth // the boolean members of "facts"; an absent name is presumed as the contract says
	Security        string               // "none", "marginal", "predominant"; "" = none stated
	PublicOwnership Number               // per cent

	National map[string]law.Truth // options stated by the caller; absent = the country's, or unknown
}

// Ground is one rule that fired.
type Ground struct {
	Rule     string      `json:"rule"`     // id, for example "ess.3.1.a"
	Citation string      `json:"citation"` // for example "Directive (EU) 2022/2555 Art. 3(1)(a)"
	Text     law.Message `json:"-"`
	Class    law.Class   `json:"class"`                 // what the ground leads to
	Type     string      `json:"entity_type,omitempty"` // the entity type that it rests on
}

// Near is the ground that lies nearest for an organisation that is out.
type Near struct {
	Ground Ground
	Text   law.Message // what would tip it, for example "one more employee and you are important"
}

// Determination is the answer of the scope test.
type Determination struct {
	Class             law.Class
	Size              law.Size // "" when the figures do not decide it
	Grounds           []Ground // the deciding one first
	Exclusions        []Ground // rules that took the organisation, or one of its activities, out
	Missing           []string // input fields that would decide
	CouldBe           []law.Class
	Jurisdiction      []string      // ISO 3166-1 alpha-2, sorted
	JurisdictionBasis string        // rule ids, for example "jur.26.1.b"
	EntityTypes       []string      // the types that remain after exclusions, canonical ids
	Nearest           *Near         // only when out
	Reviews           []law.Message // points that a person should look at
}
