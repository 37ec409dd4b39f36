package scope

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
)

// definition is a fact that takes an activity out of an entity type, because
// the definition of Art. 6 or the row of the annex does not cover it.
type definition struct {
	fact           string
	types          []string  // entity types that it removes
	removes        law.Truth // the value that removes them
	rule, citation string
	field          fieldSet
}

// definitions are the facts with such an effect, in the order of the contract.
var definitions = []definition{
	{RootNameServerOnly, []string{dns}, law.True, "excl.root-dns", directive + "Art. 6(20)", fRootNameServer},
	{DNSOwnDomainsOnly, []string{dns}, law.True, "excl.dns-own", directive + "Art. 6(20)", fDNSOwn},
	{DNSInternalOnly, []string{dns}, law.True, "excl.dns-internal", directive + "Art. 6(20)", fDNSInternal},
	{TLDOwnUseOnly, []string{tld}, law.True, "excl.tld-own-use", directive + "Art. 6(21)", fTLDOwnUse},
	{ClosedSystemTrustService, []string{trust, trustQualified, trustNonqualified}, law.True,
		"excl.trust-closed", "Regulation (EU) No 910/2014 Art. 2(2)", fClosedTrust},
	{NetworkPublic, []string{ecn}, law.False, "excl.network-private", directive + "Art. 6(36)", fNetworkPublic},
	{DataCentreInHouseOnly, []string{"digital-infra.datacentre"}, law.True,
		"excl.datacentre-in-house", directive + "Art. 6(31)", fDataCentre},
	{WastePrincipalActivity, []string{"waste.undertaking"}, law.False,
		"excl.waste-side", "Directive (EU) 2022/2555, Annex II, point 2", fWaste},
	{WasteWaterEssential, []string{"water.waste.operator"}, law.False,
		"excl.waste-water-part", "Directive (EU) 2022/2555, Annex I, point 7", fWasteWater},
	{DrinkingWaterEssential, []string{"water.drinking.supplier"}, law.False,
		"excl.drinking-water-part", "Directive (EU) 2022/2555, Annex I, point 6", fDrinkingWater},
	{TrafficEssential, []string{"transport.road.authority"}, law.False,
		"excl.traffic-part", "Directive (EU) 2022/2555, Annex I, point 2(d), 1st indent", fTraffic},
	{Judiciary, publicAdmin, law.True, "excl.judiciary", directive + "Art. 6(35)", fJudiciary},
	{Parliament, publicAdmin, law.True, "excl.judiciary", directive + "Art. 6(35)", fParliament},
	{CentralBank, publicAdmin, law.True, "excl.judiciary", directive + "Art. 6(35)", fCentralBank},
	{DiplomaticMission, publicAdmin, law.True, "excl.diplomatic", directive + "recital 8", fDiplomatic},
	{EducationInstitution, []string{research}, law.True, "excl.research-education", directive + "Art. 6(41)", fEducation},
}

// Deciding is a fact of Facts.Definition that decides whether an entity type of
// the organisation remains: with the value Removes it does not.
type Deciding struct {
	Fact     string
	Citation string
	Removes  law.Truth
}

// DecidingFor lists the facts that may remove one of the entity types, ids or
// aliases, in the order of the contract.
func DecidingFor(types []string) []Deciding {
	var claimed typeSet
	for _, id := range types {
		if t, ok := annex.Find(id); ok {
			claimed.add(t.Index())
		}
	}
	var touched uint64
	for i := range claimed.all {
		for _, d := range typeInfos[i].definitions {
			touched |= 1 << d
		}
	}
	var out []Deciding
	for i, d := range definitions {
		if touched>>i&1 == 1 {
			out = append(out, Deciding{d.fact, d.citation, d.removes})
		}
	}
	return out
}

// Entity types that rules name one by one.
const (
	dns               = "digital-infra.dns"
	tld               = "digital-infra.tld"
	trust             = "digital-infra.trust"
	trustQualified    = "digital-infra.trust.qualified"
	trustNonqualified = "digital-infra.trust.nonqualified"
	ecn               = "digital-infra.ecn"
	ecs               = "digital-infra.ecs"
	central           = "public-admin.central"
	regional          = "public-admin.regional"
	local             = "public-admin.local"
	research          = "research.organisation"
	education         = "education"
	registrar         = "domain-registration.provider"
	cerEntity         = "cer.critical-entity"
)

var publicAdmin = []string{central, regional, local}

// typeInfo is what the test needs of an entity type: how it is judged and which
// definitions may remove it.
type typeInfo struct {
	kind        kind
	definitions []int // positions in definitions
}

// typeInfos is indexed like annex.All; it is written once.
var typeInfos = buildTypeInfos()

func buildTypeInfos() []typeInfo {
	special := map[string]kind{
		dns: kDNS, tld: kTLD, trust: kTrust, trustQualified: kTrust, trustNonqualified: kTrust,
		ecn: kECom, ecs: kECom, central: kCentral, regional: kRegional, local: kLocal,
		research: kEducation, education: kEducation, registrar: kRegistrar, cerEntity: kCER,
	}
	infos := make([]typeInfo, annex.Count())
	for i, t := range annex.All() {
		info := typeInfo{kind: kAnnexI}
		if t.Annex == annex.II {
			info.kind = kAnnexII
		}
		if k, ok := special[t.ID]; ok {
			info.kind = k
		}
		for d := range definitions {
			if slices.Contains(definitions[d].types, t.ID) {
				info.definitions = append(info.definitions, d)
			}
		}
		infos[i] = info
	}
	return infos
}

// remains says whether an entity type survives its definitions, with the fields
// that would decide while it is unknown.
func (f *Facts) remains(info *typeInfo) (law.Truth, fieldSet) {
	var unknown fieldSet
	for _, i := range info.definitions {
		d := &definitions[i]
		switch v, ok := f.Definition[d.fact]; {
		case !ok:
		case v == law.Unknown:
			unknown |= d.field
		case v == d.removes:
			return law.False, 0
		}
	}
	if unknown != 0 {
		return law.Unknown, unknown
	}
	return law.True, 0
}
