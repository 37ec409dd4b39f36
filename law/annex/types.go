package annex

// Subsets of entity types as bits, so that membership is one test.
const (
	bitCIR = 1 << iota
	bit27
	bit26b
	bit28
	bitDORA
	bitTrust
	bitPA
)

// online are the types of Art. 26(1)(b) and Art. 27(1) to which Implementing
// Regulation (EU) 2024/2690 applies as well.
const online = bitCIR | bit27 | bit26b

// row is one line of the table: id, place in the directive, sector, subsector,
// own exception, sets, and the act whose definition the annex uses.
type row struct {
	id, point, sector, subsector string
	carveOut                     bool
	sets                         uint8
	definition                   string
}

// annexI has the rows of Annex I in the order of the directive.
var annexI = []row{
	{"energy.electricity.supplier", "1(a), 1st indent", "energy", "energy.electricity", false, 0, "Directive (EU) 2019/944 Art. 2(57), (12)"},
	{"energy.electricity.dso", "1(a), 2nd indent", "energy", "energy.electricity", false, 0, "Directive (EU) 2019/944 Art. 2(29)"},
	{"energy.electricity.tso", "1(a), 3rd indent", "energy", "energy.electricity", false, 0, "Directive (EU) 2019/944 Art. 2(35)"},
	{"energy.electricity.producer", "1(a), 4th indent", "energy", "energy.electricity", false, 0, "Directive (EU) 2019/944 Art. 2(38)"},
	{"energy.electricity.nemo", "1(a), 5th indent", "energy", "energy.electricity", false, 0, "Regulation (EU) 2019/943 Art. 2(8)"},
	{"energy.electricity.market-participant", "1(a), 6th indent", "energy", "energy.electricity", false, 0, "Regulation (EU) 2019/943 Art. 2(25); Directive (EU) 2019/944 Art. 2(18), (20), (59)"},
	{"energy.electricity.recharging", "1(a), 7th indent", "energy", "energy.electricity", false, 0, ""},
	{"energy.district.operator", "1(b)", "energy", "energy.district", false, 0, "Directive (EU) 2018/2001 Art. 2(19)"},
	{"energy.oil.pipeline", "1(c), 1st indent", "energy", "energy.oil", false, 0, ""},
	{"energy.oil.facility", "1(c), 2nd indent", "energy", "energy.oil", false, 0, ""},
	{"energy.oil.stockholding", "1(c), 3rd indent", "energy", "energy.oil", false, 0, "Directive 2009/119/EC Art. 2(f)"},
	{"energy.gas.supplier", "1(d), 1st indent", "energy", "energy.gas", false, 0, "Directive 2009/73/EC Art. 2(8)"},
	{"energy.gas.dso", "1(d), 2nd indent", "energy", "energy.gas", false, 0, "Directive 2009/73/EC Art. 2(6)"},
	{"energy.gas.tso", "1(d), 3rd indent", "energy", "energy.gas", false, 0, "Directive 2009/73/EC Art. 2(4)"},
	{"energy.gas.storage", "1(d), 4th indent", "energy", "energy.gas", false, 0, "Directive 2009/73/EC Art. 2(10)"},
	{"energy.gas.lng", "1(d), 5th indent", "energy", "energy.gas", false, 0, "Directive 2009/73/EC Art. 2(12)"},
	{"energy.gas.undertaking", "1(d), 6th indent", "energy", "energy.gas", false, 0, "Directive 2009/73/EC Art. 2(1)"},
	{"energy.gas.refining", "1(d), 7th indent", "energy", "energy.gas", false, 0, ""},
	{"energy.hydrogen.operator", "1(e)", "energy", "energy.hydrogen", false, 0, ""},
	{"transport.air.carrier", "2(a), 1st indent", "transport", "transport.air", false, 0, "Regulation (EC) No 300/2008 Art. 3(4)"},
	{"transport.air.airport", "2(a), 2nd indent", "transport", "transport.air", false, 0, "Directive 2009/12/EC Art. 2(1), (2)"},
	{"transport.air.atc", "2(a), 3rd indent", "transport", "transport.air", false, 0, "Regulation (EC) No 549/2004 Art. 2(1)"},
	{"transport.rail.infrastructure", "2(b), 1st indent", "transport", "transport.rail", false, 0, "Directive 2012/34/EU Art. 3(2)"},
	{"transport.rail.undertaking", "2(b), 2nd indent", "transport", "transport.rail", false, 0, "Directive 2012/34/EU Art. 3(1), (12)"},
	{"transport.water.company", "2(c), 1st indent", "transport", "transport.water", true, 0, "Regulation (EC) No 725/2004 Annex I"},
	{"transport.water.port", "2(c), 2nd indent", "transport", "transport.water", false, 0, "Directive 2005/65/EC Art. 3(1); Regulation (EC) No 725/2004 Art. 2(11)"},
	{"transport.water.vts", "2(c), 3rd indent", "transport", "transport.water", false, 0, "Directive 2002/59/EC Art. 3(o)"},
	{"transport.road.authority", "2(d), 1st indent", "transport", "transport.road", true, 0, "Delegated Regulation (EU) 2015/962 Art. 2(12)"},
	{"transport.road.its", "2(d), 2nd indent", "transport", "transport.road", false, 0, "Directive 2010/40/EU Art. 4(1)"},
	{"banking.credit-institution", "3", "banking", "", false, bitDORA, "Regulation (EU) No 575/2013 Art. 4(1)"},
	{"fmi.trading-venue", "4, 1st indent", "fmi", "", false, bitDORA, "Directive 2014/65/EU Art. 4(24)"},
	{"fmi.ccp", "4, 2nd indent", "fmi", "", false, bitDORA, "Regulation (EU) No 648/2012 Art. 2(1)"},
	{"health.provider", "5, 1st indent", "health", "", false, 0, "Directive 2011/24/EU Art. 3(g)"},
	{"health.eu-reference-lab", "5, 2nd indent", "health", "", false, 0, "Regulation (EU) 2022/2371 Art. 15"},
	{"health.medicines-rd", "5, 3rd indent", "health", "", false, 0, "Directive 2001/83/EC Art. 1(2)"},
	{"health.pharma-manufacturing", "5, 4th indent", "health", "", false, 0, "NACE Rev. 2 section C division 21"},
	{"health.critical-devices", "5, 5th indent", "health", "", false, 0, "Regulation (EU) 2022/123 Art. 22"},
	{"water.drinking.supplier", "6", "water.drinking", "", true, 0, "Directive (EU) 2020/2184 Art. 2(1)(a)"},
	{"water.waste.operator", "7", "water.waste", "", true, 0, "Directive 91/271/EEC Art. 2(1), (2), (3)"},
	{"digital-infra.ixp", "8, 1st indent", "digital-infra", "", false, 0, "Directive (EU) 2022/2555 Art. 6(18)"},
	{"digital-infra.dns", "8, 2nd indent", "digital-infra", "", true, online, "Directive (EU) 2022/2555 Art. 6(20)"},
	{"digital-infra.tld", "8, 3rd indent", "digital-infra", "", false, online | bit28, "Directive (EU) 2022/2555 Art. 6(21)"},
	{"digital-infra.cloud", "8, 4th indent", "digital-infra", "", false, online, "Directive (EU) 2022/2555 Art. 6(30)"},
	{"digital-infra.datacentre", "8, 5th indent", "digital-infra", "", false, online, "Directive (EU) 2022/2555 Art. 6(31)"},
	{"digital-infra.cdn", "8, 6th indent", "digital-infra", "", false, online, "Directive (EU) 2022/2555 Art. 6(32)"},
	{"digital-infra.trust", "8, 7th indent", "digital-infra", "", false, bitCIR | bitTrust, "Directive (EU) 2022/2555 Art. 6(25)"},
	{"digital-infra.ecn", "8, 8th indent", "digital-infra", "", false, 0, "Directive (EU) 2022/2555 Art. 6(36)"},
	{"digital-infra.ecs", "8, 9th indent", "digital-infra", "", false, 0, "Directive (EU) 2022/2555 Art. 6(37)"},
	{"ict-service.msp", "9, 1st indent", "ict-service", "", false, online, "Directive (EU) 2022/2555 Art. 6(39)"},
	{"ict-service.mssp", "9, 2nd indent", "ict-service", "", false, online, "Directive (EU) 2022/2555 Art. 6(40)"},
	{"public-admin.central", "10, 1st indent", "public-admin", "", false, bitPA, "Directive (EU) 2022/2555 Art. 6(35)"},
	{"public-admin.regional", "10, 2nd indent", "public-admin", "", false, bitPA, "Directive (EU) 2022/2555 Art. 6(35)"},
	{"space.ground-operator", "11", "space", "", true, 0, ""},
}

// annexII has the rows of Annex II in the order of the directive.
var annexII = []row{
	{"postal.provider", "1", "postal", "", false, 0, "Directive 97/67/EC Art. 2(1a)"},
	{"waste.undertaking", "2", "waste", "", true, 0, "Directive 2008/98/EC Art. 3(9)"},
	{"chemicals.undertaking", "3", "chemicals", "", false, 0, "Regulation (EC) No 1907/2006 Art. 3(3), (9), (14)"},
	{"food.business", "4", "food", "", false, 0, "Regulation (EC) No 178/2002 Art. 3(2)"},
	{"manufacturing.medical-devices", "5(a)", "manufacturing", "manufacturing.medical-devices", true, 0, "Regulation (EU) 2017/745 Art. 2(1); Regulation (EU) 2017/746 Art. 2(2)"},
	{"manufacturing.electronics", "5(b)", "manufacturing", "manufacturing.electronics", false, 0, "NACE Rev. 2 section C division 26"},
	{"manufacturing.electrical", "5(c)", "manufacturing", "manufacturing.electrical", false, 0, "NACE Rev. 2 section C division 27"},
	{"manufacturing.machinery", "5(d)", "manufacturing", "manufacturing.machinery", false, 0, "NACE Rev. 2 section C division 28"},
	{"manufacturing.motor-vehicles", "5(e)", "manufacturing", "manufacturing.motor-vehicles", false, 0, "NACE Rev. 2 section C division 29"},
	{"manufacturing.transport-other", "5(f)", "manufacturing", "manufacturing.transport-other", false, 0, "NACE Rev. 2 section C division 30"},
	{"digital-provider.marketplace", "6, 1st indent", "digital-provider", "", false, online, "Directive 2005/29/EC Art. 2(n)"},
	{"digital-provider.search", "6, 2nd indent", "digital-provider", "", false, online, "Regulation (EU) 2019/1150 Art. 2(5)"},
	{"digital-provider.social", "6, 3rd indent", "digital-provider", "", false, online, "Directive (EU) 2022/2555 Art. 6(33)"},
	{"research.organisation", "7", "research", "", false, 0, "Directive (EU) 2022/2555 Art. 6(41)"},
}

// refinements split the row of trust service providers, because Art. 3 treats
// the qualified ones differently.
var refinements = []row{
	{"digital-infra.trust.qualified", "8, 7th indent", "digital-infra", "", false, bitCIR | bitTrust, "Directive (EU) 2022/2555 Art. 6(27)"},
	{"digital-infra.trust.nonqualified", "8, 7th indent", "digital-infra", "", false, bitCIR | bitTrust, "Directive (EU) 2022/2555 Art. 6(25)"},
}

// outside has the types that only an article names; point is the article.
var outside = []row{
	{"cer.critical-entity", "2(3)", "cer", "", false, 0, "Directive (EU) 2022/2557"},
	{"domain-registration.provider", "2(4)", "domain-registration", "", false, bit27 | bit26b | bit28, "Directive (EU) 2022/2555 Art. 6(22)"},
	{"public-admin.local", "2(5)(a)", "public-admin", "", false, bitPA, "Directive (EU) 2022/2555 Art. 6(35)"},
	{"education", "2(5)(b)", "education", "", false, 0, ""},
}

// aliases maps other accepted spellings to the canonical id.
var aliases = map[string]string{
	"local-public-admin": "public-admin.local",
}
