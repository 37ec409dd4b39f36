package scope

import "math/bits"

// fieldSet is a set of input fields, one bit each, in the order in which they
// are cheapest to find out: statements about oneself, then headcount, then
// money, then options of the Member State.
type fieldSet uint64

const (
	fEntityTypes fieldSet = 1 << iota
	fCER
	fDORA
	fOES
	fOESBefore
	fRootNameServer
	fDNSOwn
	fDNSInternal
	fTLDOwnUse
	fClosedTrust
	fNetworkPublic
	fDataCentre
	fWaste
	fWasteWater
	fDrinkingWater
	fTraffic
	fSecurity
	fJudiciary
	fParliament
	fCentralBank
	fDiplomatic
	fEducation
	fRegional
	fIndependent
	fEmployees
	fLinkedEmployees
	fPartnerEmployees
	fShare
	fInvestor
	fTurnover
	fBalance
	fLinkedTurnover
	fLinkedBalance
	fPartnerTurnover
	fPartnerBalance
	fOptionOES
	fOptionLocal
	fOptionEducation
	fOptionRecital16
)

// fieldNames is indexed by the position of the bit.
var fieldNames = [...]string{
	"entity_types", "cer_critical", "dora_exempt", "nis1_oes", "nis1_oes_before_2023_01_16",
	"facts.root_name_server_only", "facts.dns_own_domains_only", "facts.dns_internal_only",
	"facts.tld_own_use_only", "facts.closed_system_trust_service", "facts.network_public",
	"facts.data_centre_in_house_only", "facts.waste_principal_activity", "facts.waste_water_essential_part",
	"facts.drinking_water_essential_part", "facts.traffic_management_essential_part",
	"facts.security_activity", "facts.judiciary", "facts.parliament", "facts.central_bank",
	"facts.diplomatic_mission_third_country", "facts.education_institution",
	"facts.regional_risk_assessment_significant", "facts.independent_systems",
	"figures.employees", "linked.employees", "partners.employees", "partners.share_pct", "partners.investor",
	"figures.turnover_eur", "figures.balance_sheet_eur", "linked.turnover_eur", "linked.balance_sheet_eur",
	"partners.turnover_eur", "partners.balance_sheet_eur",
	"national.oes_are_essential", "national.covers_local_public_admin", "national.covers_education",
	"national.applies_recital_16",
}

// names lists the fields of the set.
func (s fieldSet) names() []string {
	out := make([]string, 0, bits.OnesCount64(uint64(s)))
	for s != 0 {
		i := bits.TrailingZeros64(uint64(s))
		out = append(out, fieldNames[i])
		s &^= 1 << i
	}
	return out
}
