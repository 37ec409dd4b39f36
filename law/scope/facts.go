package scope

import "github.com/nisaba-platform/nisaba/law"

// Number is a figure that may be unknown. The zero value is unknown.
type Number struct {
	Value float64
	Known bool
}

// Num is a known figure.
func Num(v float64) Number { return Number{Value: v, Known: true} }

// or is the value, or w while the figure is unknown.
func (n Number) or(w float64) float64 {
	if n.Known {
		return n.Value
	}
	return w
}

// Figures are the data of one accounting year: annual work units, and whole
// euros without value added tax.
type Figures struct {
	Year         int    `json:"year"`
	Employees    Number `json:"employees"`
	Turnover     Number `json:"turnover_eur"`
	BalanceSheet Number `json:"balance_sheet_eur"`
}

// Linked is an enterprise counted at 100 %, Recommendation 2003/361/EC Annex Art. 6(2).
type Linked struct {
	Name         string    `json:"name,omitempty"`
	Employees    Number    `json:"employees"`
	Turnover     Number    `json:"turnover_eur"`
	BalanceSheet Number    `json:"balance_sheet_eur"`
	Partners     []Partner `json:"partners,omitempty"` // partners of a linked enterprise count pro rata
}

// Partner is an enterprise with a holding of 25 % or more, counted pro rata,
// Recommendation 2003/361/EC Annex Art. 3(2) and Art. 6(2).
type Partner struct {
	Name         string    `json:"name,omitempty"`
	Share        Number    `json:"share_pct"` // 0–100
	Employees    Number    `json:"employees"`
	Turnover     Number    `json:"turnover_eur"`
	BalanceSheet Number    `json:"balance_sheet_eur"`
	Investor     law.Truth `json:"investor"`         // an investor that Annex Art. 3(2) exempts from 25 to 50 %
	Linked       []Linked  `json:"linked,omitempty"` // counted at 100 % before the pro-rata step
}

// Answers to the question whether the organisation is active in national
// security, public security, defence or law enforcement, Art. 2(7).
const (
	SecurityNone        = "none"
	SecurityMarginal    = "marginal"    // recital 8: does not exclude
	SecurityPredominant = "predominant" // recital 8: excludes public administration
	SecurityUnknown     = "unknown"
)

// Facts is everything that the scope test looks at. See the machine contract
// "nisaba scope --jsonl" for the meaning of each field. A zero Truth means that
// the answer is not known; a caller that wants "no" says law.False.
type Facts struct {
	EntityTypes      []string // ids or aliases of package annex
	EntityTypesKnown bool     // false: the activity itself is not known
	Figures          []Figures
	Linked           []Linked
	Partners         []Partner

	EstablishedIn, Serves                                    []string // ISO 3166-1 alpha-2; EL is read as GR
	DecisionsIn, OperationsIn, MostStaffIn, RepresentativeIn string   // "" = not known or undeterminable
	EstablishedBy                                            string   // the State that set up a public body

	CERCritical, DORAExempt             law.Truth
	NIS1OES, NIS1OESBefore16January2023 law.Truth
	IdentifiedAs                        law.Class // Essential, Important or ""

	// Definition has the boolean members of "facts" by name. A name that is
	// absent is presumed: an entity type that is claimed really is that type,
	// an exception is not claimed. Only regional_risk_assessment_significant
	// is never presumed.
	Definition      map[string]law.Truth
	Security        string // a Security… constant; "" = none stated, read as none
	PublicOwnership Number // per cent; never changes the size, Art. 2(1), second subparagraph

	National map[string]law.Truth // options stated by the caller; absent = the country's, or unknown
}

// Names of the members of Facts.Definition.
const (
	RootNameServerOnly       = "root_name_server_only"
	DNSOwnDomainsOnly        = "dns_own_domains_only"
	DNSInternalOnly          = "dns_internal_only"
	ResolverForSubscribers   = "resolver_for_subscribers_only"
	TLDOwnUseOnly            = "tld_own_use_only"
	ClosedSystemTrustService = "closed_system_trust_service"
	NetworkPublic            = "network_public"
	DataCentreInHouseOnly    = "data_centre_in_house_only"
	IntraGroupOnly           = "intra_group_only"
	WastePrincipalActivity   = "waste_principal_activity"
	WasteWaterEssential      = "waste_water_essential_part"
	DrinkingWaterEssential   = "drinking_water_essential_part"
	TrafficEssential         = "traffic_management_essential_part"
	AncillaryActivity        = "ancillary_activity"
	ServesSecurityBodiesOnly = "services_only_to_security_bodies"
	Judiciary                = "judiciary"
	Parliament               = "parliament"
	CentralBank              = "central_bank"
	DiplomaticMission        = "diplomatic_mission_third_country"
	EducationInstitution     = "education_institution"
	RegionalRiskAssessment   = "regional_risk_assessment_significant"
	IndependentSystems       = "independent_systems"
	SoleProviderClaimed      = "sole_provider_claimed"
	PublicSafetyClaimed      = "public_safety_impact_claimed"
)

// Names of the national options in Facts.National.
const (
	OptionOES       = "oes_are_essential"         // Art. 3(1)(g)
	OptionLocal     = "covers_local_public_admin" // Art. 2(5)(a)
	OptionEducation = "covers_education"          // Art. 2(5)(b)
	OptionRecital16 = "applies_recital_16"        // recital 16
	OptionExempt28  = "exempts_2_8"               // Art. 2(8)
)

// OptionNames lists the national options in the order of the contract.
func OptionNames() []string {
	return []string{OptionOES, OptionLocal, OptionEducation, OptionRecital16, OptionExempt28}
}

// FactNames lists the members of Facts.Definition in the order of the contract.
func FactNames() []string {
	return []string{
		RootNameServerOnly, DNSOwnDomainsOnly, DNSInternalOnly, ResolverForSubscribers, TLDOwnUseOnly,
		ClosedSystemTrustService, NetworkPublic, DataCentreInHouseOnly, IntraGroupOnly, WastePrincipalActivity,
		WasteWaterEssential, DrinkingWaterEssential, TrafficEssential, AncillaryActivity, ServesSecurityBodiesOnly,
		Judiciary, Parliament, CentralBank, DiplomaticMission, EducationInstitution, RegionalRiskAssessment,
		IndependentSystems, SoleProviderClaimed, PublicSafetyClaimed,
	}
}

// stated is what was said about a fact whose absence means "no".
func (f *Facts) stated(name string) law.Truth {
	if v, ok := f.Definition[name]; ok {
		return v
	}
	return law.False
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
	Size              law.Size    // "" when the figures do not decide it
	Grounds           []Ground    // the deciding one first; for out by an exclusion, that exclusion
	Exclusions        []Ground    // rules that took the organisation, or one of its activities, out
	Missing           []string    // input fields that would decide, cheapest to find first
	CouldBe           []law.Class // when the class depends: those still possible, strictest first
	Jurisdiction      []string    // ISO 3166-1 alpha-2, sorted
	JurisdictionBasis string      // rule ids joined with ", ", for example "jur.26.1.b"
	EntityTypes       []string    // the types that remain after exclusions, canonical ids, in the order of the annexes
	MaybeTypes        []string    // claimed types of which an unknown fact decides whether they remain
	Representative    bool        // a representative in the Union must be designated, Art. 26(3)
	Nearest           *Near       // only when out
	Reviews           []law.Message
	WhatIf            bool // computed with a proposal that is not in force
}
