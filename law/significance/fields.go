package significance

// Field names one fact about an incident.
type Field uint8

// The facts, cheapest to find first: what those who handle the incident see at
// once comes before what has to be counted, looked up or estimated.
const (
	PlannedMaintenance Field = iota
	Death
	DeathPossible
	HealthDamage
	HealthDamagePossible
	Unavailable
	Limited
	UnavailableMinutes
	LimitedMinutes
	UnavailableMinutesWeek
	ResponseTime
	ResponseTimeMinutes
	PhysicalAccess
	DataCompromised
	ConfidentialityCompromised
	IntegrityCompromised
	AuthenticityCompromised
	DataCompromisedMaliciously
	SuspectedMalicious
	UnauthorisedAccess
	MaliciousAccess
	SevereDisruption
	SevereDisruptionPossible
	TradeSecrets
	TradeSecretsPossible
	ConsiderableDamage
	ConsiderableDamagePossible
	SevereFinancialLoss
	Misconfiguration
	AuthoritativeData
	DomainNamesTotal
	DomainNamesAffected
	Turnover
	UsersTotal
	UsersAffectedPct
	UsersAffected
	UsersContract
	UsersAssociated
	RelyingPartiesTotal
	RelyingPartiesAffectedPct
	RelyingPartiesAffected
	SameRootCause
	Occurrences
	RecurringMonths
	RecurringLoss
	Loss
	PossibleLoss
	fieldCount
)

// EntityTypes is how Verdict.Missing names the entity types, which are no Field.
const EntityTypes = "entity_types"

// Unit is what a fact is counted in.
type Unit string

// The units. YesNo facts are true or false; the others are numbers, not negative.
const (
	YesNo       Unit = ""
	Euros       Unit = "eur"     // whole
	Minutes     Unit = "minutes" // may have a fraction
	Seconds     Unit = "seconds" // may have a fraction
	Percent     Unit = "percent" // 0 to 100
	Users       Unit = "users"   // whole
	DomainNames Unit = "domain_names"
	Times       Unit = "times"
	Months      Unit = "months" // may have a fraction
)

// Whole reports whether the unit knows no fractions.
func (u Unit) Whole() bool { return u == Euros || u == Users || u == DomainNames || u == Times }

// Presumption is what counts while a fact is not stated at all. A fact that is
// stated as not known is not presumed.
type Presumption uint8

// The presumptions. Facts of the incident itself are unknown; exceptions and
// other events have to be claimed; what could still happen is what did happen.
const (
	AsUnknown Presumption = iota
	AsNo                  // false, or zero
	AsYes                 // true
	AsOther               // the value of FieldInfo.Other
	AsNone                // false, or zero, until a fact of the same group is stated; from then on unknown
)

// FieldInfo describes one fact.
type FieldInfo struct {
	Field    Field
	Name     string   // name in the machine contract, for example "loss_eur"
	Synonyms []string // names accepted as well
	Unit     Unit
	Absent   Presumption
	Other    Field // with AsOther
	group    set   // with AsNone
}

// The groups of facts that are claimed together.
const (
	dataGroup      = set(1<<ConfidentialityCompromised | 1<<IntegrityCompromised | 1<<AuthenticityCompromised)
	relyingGroup   = set(1<<RelyingPartiesAffectedPct | 1<<RelyingPartiesAffected)
	recurringGroup = set(1<<SameRootCause | 1<<Occurrences | 1<<RecurringLoss)
)

// fields is the table of the facts in the order of the constants. It is never
// written.
var fields = [fieldCount]FieldInfo{
	{Name: "planned_maintenance", Synonyms: []string{"scheduled", "scheduled_maintenance", "scheduled_interruption", "planned"}, Absent: AsNo},
	{Name: "death", Synonyms: []string{"deaths", "caused_death"}},
	{Name: "death_possible", Synonyms: []string{"could_cause_death"}, Absent: AsOther, Other: Death},
	{Name: "health_damage", Synonyms: []string{"considerable_health_damage", "caused_health_damage", "health"}},
	{Name: "health_damage_possible", Synonyms: []string{"could_cause_health_damage"}, Absent: AsOther, Other: HealthDamage},
	{Name: "unavailable", Synonyms: []string{"completely_unavailable", "complete_unavailability"}},
	{Name: "limited", Synonyms: []string{"limited_availability", "availability_limited"}},
	{Name: "unavailable_minutes", Synonyms: []string{"completely_unavailable_minutes"}, Unit: Minutes},
	{Name: "limited_minutes", Synonyms: []string{"limited_availability_minutes"}, Unit: Minutes},
	{Name: "unavailable_minutes_week", Synonyms: []string{"unavailable_minutes_per_week", "unavailable_minutes_calendar_week", "unavailable_minutes_in_week"}, Unit: Minutes, Absent: AsOther, Other: UnavailableMinutes},
	{Name: "response_time_s", Synonyms: []string{"average_response_time_s", "response_time_seconds"}, Unit: Seconds},
	{Name: "response_time_minutes", Synonyms: []string{"slow_response_minutes", "response_slow_minutes", "response_minutes"}, Unit: Minutes, Absent: AsOther, Other: LimitedMinutes},
	{Name: "physical_access_compromised", Synonyms: []string{"physical_access"}},
	{Name: "data_compromised", Synonyms: []string{"cia_compromised", "cia"}},
	{Name: "confidentiality_compromised", Synonyms: []string{"confidentiality"}, Absent: AsNone, group: dataGroup},
	{Name: "integrity_compromised", Synonyms: []string{"integrity"}, Absent: AsNone, group: dataGroup},
	{Name: "authenticity_compromised", Synonyms: []string{"authenticity"}, Absent: AsNone, group: dataGroup},
	{Name: "data_compromised_maliciously", Synonyms: []string{"malicious_data_compromise", "cia_compromised_maliciously", "cia_malicious"}},
	{Name: "suspected_malicious", Synonyms: []string{"suspectedly_malicious", "malicious"}},
	{Name: "unauthorised_access", Synonyms: []string{"unauthorized_access", "successful_unauthorised_access"}},
	{Name: "malicious_access", Synonyms: []string{"malicious_unauthorised_access", "suspected_malicious_access", "successful_malicious_access",
		"successful_suspected_malicious_unauthorised_access", "successful_malicious_unauthorised_access"}},
	{Name: "severe_disruption", Synonyms: []string{"severe_operational_disruption"}},
	{Name: "severe_disruption_possible", Synonyms: []string{"could_cause_severe_disruption", "could_cause_severe_operational_disruption"}, Absent: AsOther, Other: SevereDisruption},
	{Name: "trade_secret_exfiltration", Synonyms: []string{"trade_secrets_exfiltrated", "trade_secrets"}},
	{Name: "trade_secret_exfiltration_possible", Synonyms: []string{"could_cause_trade_secret_exfiltration"}, Absent: AsOther, Other: TradeSecrets},
	{Name: "considerable_damage", Synonyms: []string{"considerable_damage_to_others"}},
	{Name: "considerable_damage_possible", Synonyms: []string{"could_cause_considerable_damage"}, Absent: AsOther, Other: ConsiderableDamage},
	{Name: "severe_financial_loss", Synonyms: []string{"financial_loss"}},
	{Name: "misconfiguration", Synonyms: []string{"dns_misconfiguration", "caused_by_misconfiguration"}, Absent: AsNone, group: 1 << DomainNamesAffected},
	{Name: "authoritative_data", Synonyms: []string{"authoritative_service", "authoritative"}, Absent: AsYes},
	{Name: "domain_names_total", Synonyms: []string{"domain_names_managed", "domains_managed", "domains_total"}, Unit: DomainNames},
	{Name: "domain_names_affected", Synonyms: []string{"domains_affected"}, Unit: DomainNames},
	{Name: "turnover_eur", Unit: Euros},
	{Name: "users_total", Unit: Users},
	{Name: "users_affected_pct", Unit: Percent},
	{Name: "users_affected", Unit: Users},
	{Name: "users_contract", Synonyms: []string{"users_affected_contract", "contract_customers"}, Unit: Users},
	{Name: "users_associated", Synonyms: []string{"users_affected_associated", "associated_persons"}, Unit: Users},
	{Name: "relying_parties_total", Unit: Users},
	{Name: "relying_parties_affected_pct", Unit: Percent, Absent: AsNone, group: relyingGroup},
	{Name: "relying_parties_affected", Unit: Users, Absent: AsNone, group: relyingGroup},
	{Name: "same_root_cause", Synonyms: []string{"same_apparent_root_cause", "recurring_same_root_cause"}, Absent: AsNone, group: recurringGroup},
	{Name: "occurrences", Synonyms: []string{"occurrences_6_months", "recurring_count"}, Unit: Times, Absent: AsNone, group: recurringGroup},
	{Name: "recurring_months", Synonyms: []string{"occurrences_months"}, Unit: Months, Absent: AsNo},
	{Name: "recurring_loss_eur", Synonyms: []string{"collective_loss_eur"}, Unit: Euros, Absent: AsNone, group: recurringGroup},
	{Name: "loss_eur", Synonyms: []string{"direct_loss_eur", "financial_loss_eur"}, Unit: Euros},
	{Name: "possible_loss_eur", Synonyms: []string{"potential_loss_eur", "expected_loss_eur"}, Unit: Euros, Absent: AsOther, Other: Loss},
}

// Fields lists every fact, cheapest to find first. It is the one source of the
// names, synonyms, units and presumptions.
func Fields() []FieldInfo {
	all := make([]FieldInfo, fieldCount)
	for i := range all {
		all[i] = fields[i]
		all[i].Field = Field(i)
	}
	return all
}

// Info describes the field.
func (f Field) Info() FieldInfo {
	info := fields[f]
	info.Field = f
	return info
}

// String is the name in the machine contract.
func (f Field) String() string { return fields[f].Name }

// byName has the position of every name and synonym. It is never written.
var byName = fieldNames()

func fieldNames() map[string]Field {
	names := map[string]Field{}
	for i := range fields {
		names[fields[i].Name] = Field(i)
		for _, synonym := range fields[i].Synonyms {
			names[synonym] = Field(i)
		}
	}
	return names
}

// ParseField finds a fact by its name or a synonym.
func ParseField(name string) (f Field, ok bool) {
	f, ok = byName[name]
	return f, ok
}
