package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// scopeAnswer is the output object, strictly as the contract has it.
type scopeAnswer struct {
	ID                any      `json:"id"`
	Class             string   `json:"class"`
	Size              *string  `json:"size"`
	Missing           []string `json:"missing"`
	CouldBe           []string `json:"could_be"`
	Jurisdiction      []string `json:"jurisdiction"`
	JurisdictionBasis string   `json:"jurisdiction_basis"`
	Duties            []string `json:"duties"`
	Grounds           []struct {
		Rule     string `json:"rule"`
		Citation string `json:"citation"`
		Text     string `json:"text"`
	} `json:"grounds"`
	Displaced []struct {
		Duty string `json:"duty"`
		Act  string `json:"act"`
	} `json:"displaced"`
}

func (a scopeAnswer) size() string {
	if a.Size == nil {
		return ""
	}
	return *a.Size
}

// ask answers one line by the pack option of the given States.
func ask(t testing.TB, line string, options ...string) scopeAnswer {
	t.Helper()
	s := contract.Scope{Say: func(m law.Message) string { return "<" + m.Key + ">" }}
	s.Options.National = func(state, option string) scope.NationalOption {
		for _, o := range options {
			if v, ok := strings.CutPrefix(o, state+" "+option+" "); ok {
				return scope.NationalOption{Value: law.TruthOf(v == "yes")}
			}
		}
		return scope.NationalOption{}
	}
	var out bytes.Buffer
	ok, err := contract.Run(strings.NewReader(line), &out, s.Answer)
	if err != nil || !ok {
		t.Fatalf("%s: %v, %s", line, err, out.String())
	}
	var a scopeAnswer
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return a
}

// year has the figures of one year, money in millions.
func year(staff, turnover, balance float64) string { return yearOf(2025, staff, turnover, balance) }

func yearOf(y int, staff, turnover, balance float64) string {
	return fmt.Sprintf(`{"year":%d,"employees":%v,"turnover_eur":%.0f,"balance_sheet_eur":%.0f}`, y, staff, turnover*1e6, balance*1e6)
}

// entity is a line of an organisation in Germany with the entity types (commas
// between them), the figures, and further fields.
func entity(types, figures string, more ...string) string {
	quoted := ""
	if types != "" {
		quoted = `"` + strings.ReplaceAll(types, ",", `","`) + `"`
	}
	line := `{"id":"x","entity_types":[` + quoted + `],"figures":[` + figures + `]`
	if !strings.Contains(strings.Join(more, ""), "established_in") {
		line += `,"established_in":["DE"]`
	}
	for _, m := range more {
		line += "," + m
	}
	return line + "}"
}

// scopeCase is one line and what must come out; "" and nil are not compared,
// but "-" asks for an empty value.
type scopeCase struct {
	name, line                         string
	class, size, rule                  string
	couldBe, missing, places, basis    string
	options                            []string
	duty, noDuty, displaced, displacer string
}

func (c scopeCase) check(t *testing.T) {
	t.Helper()
	a := ask(t, c.line, c.options...)
	first := "-"
	if len(a.Grounds) > 0 {
		first = a.Grounds[0].Rule
	}
	act := "-"
	i := slices.IndexFunc(a.Displaced, func(d struct {
		Duty string `json:"duty"`
		Act  string `json:"act"`
	}) bool {
		return d.Duty == c.displaced
	})
	if i >= 0 {
		act = a.Displaced[i].Act
	}
	for _, p := range []struct{ what, got, want string }{
		{"class", a.Class, c.class}, {"size", a.size(), c.size}, {"first ground", first, c.rule},
		{"could be", strings.Join(a.CouldBe, ","), c.couldBe}, {"missing", strings.Join(a.Missing, ","), c.missing},
		{"jurisdiction", strings.Join(a.Jurisdiction, ","), c.places}, {"basis", a.JurisdictionBasis, c.basis},
		{"displaced by", act, c.displacer},
	} {
		if p.got == "" {
			p.got = "-"
		}
		if p.want != "" && p.got != p.want {
			t.Errorf("%s: got %s %q, want %q", c.line, p.what, p.got, p.want)
		}
	}
	for _, duty := range strings.Fields(c.duty) {
		if !slices.Contains(a.Duties, duty) {
			t.Errorf("%s: the duty %s is not in %v", c.line, duty, a.Duties)
		}
	}
	for _, duty := range strings.Fields(c.noDuty) {
		if slices.Contains(a.Duties, duty) {
			t.Errorf("%s: the duty %s must not bind", c.line, duty)
		}
	}
}

func runScope(t *testing.T, cases []scopeCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t)
		})
	}
}

// The readings that shortened accounts of the law get wrong.
func TestScopeTraps(t *testing.T) {
	t.Parallel()
	linked := `"linked":[{"employees":3000,"turnover_eur":900000000,"balance_sheet_eur":800000000}]`
	runScope(t, []scopeCase{
		{name: "Rec. 2003/361 Art. 2: one amount is not enough", line: entity("manufacturing.machinery", year(40, 15, 5)), class: "out", size: "small", places: "-", basis: "-"},
		{name: "Rec. 2003/361 Art. 2: both amounts", line: entity("digital-infra.cloud", year(30, 12, 11)), class: "important", size: "medium", rule: "scope.2.1", duty: "nis2.27 cir.annex cir.sig"},
		{name: "Art. 3(2): Annex II, 5000 staff", line: entity("food.business", year(5000, 900, 900)), class: "important", size: "large", rule: "scope.2.1"},
		{name: "Art. 3(2): medium hospital", line: entity("health.provider", year(120, 20, 20)), class: "important", size: "medium", noDuty: "nis2.27 cir.annex nis2.28.1"},
		{name: "Art. 2(2)(a)(i): 8-staff ISP", line: entity("digital-infra.ecs", year(8, 1, 1)), class: "important", size: "micro", rule: "scope.2.2.a.i"},
		{name: "Art. 3(1)(c): 80-staff ISP", line: entity("digital-infra.ecs", year(80, 9, 9)), class: "essential", size: "medium", rule: "ess.3.1.c"},
		{name: "Art. 3(1)(b): one-person DNS for customers", line: entity("digital-infra.dns", year(1, 0.1, 0.1)), class: "essential", size: "micro", rule: "ess.3.1.b"},
		{name: "Art. 6(20): own zones only", line: entity("digital-infra.dns", year(1, 0.1, 0.1), `"facts":{"dns_own_domains_only":true}`), class: "out", rule: "excl.dns-own"},
		{name: "Art. 2(2)(a)(ii): small non-qualified trust service", line: entity("digital-infra.trust.nonqualified", year(12, 3, 3)), class: "important", size: "small", rule: "scope.2.2.a.ii", places: "DE", basis: "jur.26.1", duty: "nis2.23.4.b.tsp cir.annex", noDuty: "nis2.27"},
		{name: "Art. 2(4): reseller of domain names", line: entity("domain-registration.provider", year(2, 0.1, 0.1)), class: "registration_only", size: "micro", rule: "scope.2.4", places: "DE", basis: "jur.26.1.b", duty: "nis2.3.4 nis2.27 nis2.28.1 nis2.28.6", noDuty: "nis2.20.1.approve nis2.21.1 nis2.23.1 nis2.29.4 cir.annex"},
		{name: "Art. 3(1)(f): small CER critical entity", line: entity("water.drinking.supplier", year(20, 2, 2), `"cer_critical":true`), class: "essential", size: "small", rule: "ess.3.1.f"},
		{name: "Art. 2(3): CER critical entity without an activity of the annexes", line: entity("", year(20, 2, 2), `"cer_critical":true`), class: "essential", rule: "ess.3.1.f", places: "DE", basis: "jur.26.1"},
		{name: "Rec. 2003/361 Art. 6: subsidiary of a large group", line: entity("digital-infra.cloud", year(20, 3, 3), linked), class: "essential", size: "large", rule: "ess.3.1.a"},
		{name: "recital 16: independent and allowed", line: entity("digital-infra.cloud", year(20, 3, 3), linked, `"facts":{"independent_systems":true}`, `"national":{"applies_recital_16":true}`), class: "out", size: "small"},
		{name: "recital 16: independent, not allowed", line: entity("digital-infra.cloud", year(20, 3, 3), linked, `"facts":{"independent_systems":true}`, `"national":{"applies_recital_16":false}`), class: "essential", size: "large"},
		{name: "recital 16: independent, choice not known", line: entity("digital-infra.cloud", year(20, 3, 3), linked, `"facts":{"independent_systems":true}`), class: "depends", couldBe: "essential,out", missing: "national.applies_recital_16"},
		{name: "Art. 2(1) second subpara.: owned by a city", line: entity("waste.undertaking", year(60, 5, 5), `"facts":{"public_ownership_pct":100}`), class: "important", size: "medium"},
		{name: "Art. 2(1) second subpara.: owned by a city, small", line: entity("waste.undertaking", year(40, 5, 5), `"facts":{"public_ownership_pct":100}`), class: "out", size: "small"},
		{name: "recital 28: large bank", line: entity("banking.credit-institution", year(4000, 900, 9000)), class: "essential", size: "large", rule: "ess.3.1.a", duty: "nis2.3.4", noDuty: "nis2.21.1 nis2.21.2.d nis2.23.1 nis2.23.4.a", displaced: "nis2.21.1", displacer: "Regulation (EU) 2022/2554"},
		{name: "recital 28: MSP of banks", line: entity("ict-service.msp", year(70, 9, 9)), class: "important", size: "medium", duty: "nis2.21.1 nis2.23.1 nis2.27 cir.annex"},
		{name: "Rec. 2003/361 Art. 4(2): first year above", line: entity("postal.provider", yearOf(2024, 45, 5, 5)+","+yearOf(2025, 55, 5, 5)), class: "out", size: "small"},
		{name: "Rec. 2003/361 Art. 4(2): second year above", line: entity("postal.provider", yearOf(2024, 45, 5, 5)+","+yearOf(2025, 55, 5, 5)+","+yearOf(2026, 50, 5, 5)), class: "important", size: "medium"},
		{name: "Rec. 2003/361 Art. 4(2): first year below", line: entity("postal.provider", yearOf(2025, 49, 5, 5)+","+yearOf(2024, 55, 5, 5)), class: "important", size: "medium"},
		{name: "Rec. 2003/361 Art. 4(2): each ceiling by itself", line: entity("digital-infra.cloud", yearOf(2024, 20, 1, 1)+","+yearOf(2025, 100, 1, 1)+","+yearOf(2026, 300, 1, 1)), class: "important", size: "medium"},
		{name: "Annex II 2: own waste on the side", line: entity("waste.undertaking", year(900, 90, 90), `"facts":{"waste_principal_activity":false}`), class: "out", rule: "excl.waste-side"},
	})
}

// What takes an organisation or one of its activities out, and what does not.
func TestScopeExclusions(t *testing.T) {
	t.Parallel()
	large := year(900, 90, 90)
	with := func(types, fact string) string { return entity(types, large, `"facts":{`+fact+`}`) }
	runScope(t, []scopeCase{
		{name: "Art. 2(10)", line: entity("banking.credit-institution", large, `"dora_exempt":true`), class: "out", rule: "excl.2.10", places: "-", basis: "-"},
		{name: "Art. 2(10) before Art. 2(3)", line: entity("digital-infra.dns", large, `"dora_exempt":true`, `"cer_critical":true`), class: "out", rule: "excl.2.10"},
		{name: "Art. 2(7)", line: with("public-admin.central", `"security_activity":"predominant"`), class: "out", rule: "excl.2.7"},
		{name: "Art. 2(7), regional", line: with("public-admin.regional", `"security_activity":"predominant","regional_risk_assessment_significant":true`), class: "out", rule: "excl.2.7"},
		{name: "Art. 2(7) takes out other activities too", line: with("public-admin.central,digital-infra.cloud", `"security_activity":"predominant"`), class: "out", rule: "excl.2.7"},
		{name: "recital 8: marginal", line: with("public-admin.central", `"security_activity":"marginal"`), class: "essential", rule: "ess.3.1.d"},
		{name: "Art. 2(7) is for public administration", line: with("digital-infra.cloud", `"security_activity":"predominant"`), class: "essential"},
		{name: "Art. 2(9)", line: with("public-admin.central,digital-infra.trust.nonqualified", `"security_activity":"predominant"`), class: "essential"},
		{name: "Art. 2(9) needs the trust service", line: with("public-admin.central,digital-infra.trust.nonqualified", `"security_activity":"predominant","closed_system_trust_service":true`), class: "out", rule: "excl.2.7"},
		{name: "Art. 2(7) unknown", line: with("public-admin.central", `"security_activity":null`), class: "depends", couldBe: "essential,out", missing: "facts.security_activity"},
		{name: "Art. 6(35) judiciary", line: with("public-admin.central", `"judiciary":true`), class: "out", rule: "excl.judiciary"},
		{name: "Art. 6(35) parliament", line: with("public-admin.regional", `"parliament":true,"regional_risk_assessment_significant":true`), class: "out", rule: "excl.judiciary"},
		{name: "Art. 6(35) central bank", line: with("public-admin.central", `"central_bank":true`), class: "out", rule: "excl.judiciary"},
		{name: "recital 8 diplomatic mission", line: with("public-admin.central", `"diplomatic_mission_third_country":true`), class: "out", rule: "excl.diplomatic"},
		{name: "Art. 6(35) leaves other activities", line: with("public-admin.central,digital-infra.datacentre", `"central_bank":true`), class: "essential", rule: "ess.3.1.a", basis: "jur.26.1.b"},
		{name: "Art. 6(20) root name servers", line: with("digital-infra.dns", `"root_name_server_only":true`), class: "out", rule: "excl.root-dns"},
		{name: "Art. 6(20) internal resolver", line: with("digital-infra.dns", `"dns_internal_only":true`), class: "out", rule: "excl.dns-internal"},
		{name: "Art. 6(21) own use", line: with("digital-infra.tld", `"tld_own_use_only":true`), class: "out", rule: "excl.tld-own-use"},
		{name: "eIDAS Art. 2(2) closed system", line: with("digital-infra.trust.qualified", `"closed_system_trust_service":true`), class: "out", rule: "excl.trust-closed"},
		{name: "Art. 6(36) private network", line: with("digital-infra.ecn", `"network_public":false`), class: "out", rule: "excl.network-private"},
		{name: "recital 35 in-house data centre", line: with("digital-infra.datacentre", `"data_centre_in_house_only":true`), class: "out", rule: "excl.datacentre-in-house"},
		{name: "Annex I 7", line: with("water.waste.operator", `"waste_water_essential_part":false`), class: "out", rule: "excl.waste-water-part"},
		{name: "Annex I 6", line: with("water.drinking.supplier", `"drinking_water_essential_part":false`), class: "out", rule: "excl.drinking-water-part"},
		{name: "Annex I 2(d)", line: with("transport.road.authority", `"traffic_management_essential_part":false`), class: "out", rule: "excl.traffic-part"},
		{name: "Art. 6(41)", line: with("research.organisation", `"education_institution":true`), class: "depends", couldBe: "important,out", missing: "national.covers_education"},
		{name: "Art. 6(41), State does not cover", line: with("research.organisation", `"education_institution":true`), options: []string{"DE covers_education no"}, class: "out", rule: "excl.research-education"},
		{name: "Art. 2(5)(b)", line: with("research.organisation", `"education_institution":true`), options: []string{"DE covers_education yes"}, class: "important", rule: "scope.2.5.b"},
		{name: "no general exception for ancillary activity", line: with("energy.electricity.producer", `"ancillary_activity":true`), class: "essential"},
		{name: "Art. 2(1) outside the Union", line: entity("digital-infra.cloud", large, `"established_in":["US"]`, `"serves":["CH"]`), class: "out", rule: "excl.2.1", places: "-", basis: "-"},
		{name: "Art. 2(1) offers in the Union", line: entity("digital-infra.cloud", large, `"established_in":["US"]`, `"serves":["CH","EL"]`), class: "essential", places: "GR", basis: "rep.26.3", duty: "rep.26.3"},
		{name: "Art. 2(8)", line: entity("digital-infra.cloud", large, `"facts":{"services_only_to_security_bodies":true}`, `"national":{"exempts_2_8":true}`), class: "essential", displaced: "nis2.21.1", displacer: "Directive (EU) 2022/2555 Art. 2(8)", noDuty: "nis2.21.1 nis2.23.1 nis2.3.4 nis2.27"},
		{name: "Art. 2(8) not taken", line: entity("digital-infra.cloud", large, `"facts":{"services_only_to_security_bodies":true}`, `"national":{"exempts_2_8":false}`), class: "essential", duty: "nis2.21.1 nis2.3.4"},
		{name: "Art. 2(9) limits 2(8)", line: entity("digital-infra.trust.qualified", large, `"facts":{"services_only_to_security_bodies":true}`, `"national":{"exempts_2_8":true}`), class: "essential", duty: "nis2.21.1 nis2.23.4.b.tsp"},
	})
}

// Decisions and choices of a Member State.
func TestScopeDecisions(t *testing.T) {
	t.Parallel()
	small := year(12, 1, 1)
	oes := `"nis1_oes":true,"nis1_oes_before_2023_01_16":true`
	runScope(t, []scopeCase{
		{name: "Art. 3(1)(e), Annex II", line: entity("food.business", small, `"identified_as":"essential"`), class: "essential", rule: "ess.3.1.e"},
		{name: "Art. 3(2)", line: entity("food.business", small, `"identified_as":"important"`), class: "important", rule: "imp.3.2"},
		{name: "Art. 3(2) never lowers", line: entity("digital-infra.tld", small, `"identified_as":"important"`), class: "essential", rule: "ess.3.1.b"},
		{name: "Art. 2(2) needs a type of the annexes", line: entity("", small, `"identified_as":"essential"`), class: "out"},
		{name: "Art. 2(2) is not for registrars", line: entity("domain-registration.provider", small, `"identified_as":"essential"`), class: "registration_only"},
		{name: "Art. 2(2)(f)(ii)", line: entity("public-admin.regional", small, `"facts":{"regional_risk_assessment_significant":true}`), class: "important", rule: "scope.2.2.f.ii"},
		{name: "Art. 2(2)(f)(ii), large", line: entity("public-admin.regional", year(900, 90, 90), `"facts":{"regional_risk_assessment_significant":true}`), class: "important", size: "large"},
		{name: "Art. 2(2)(f)(ii), not significant", line: entity("public-admin.regional", year(900, 90, 90), `"facts":{"regional_risk_assessment_significant":false}`), class: "out"},
		{name: "Art. 2(2)(f)(ii), not assessed", line: entity("public-admin.regional", small), class: "depends", couldBe: "important,out", missing: "facts.regional_risk_assessment_significant"},
		{name: "Art. 2(5)(a), choice of the pack", line: entity("public-admin.local", small), options: []string{"DE covers_local_public_admin yes"}, class: "important", rule: "scope.2.5.a", basis: "jur.26.1.c"},
		{name: "Art. 2(5)(a), stated choice wins", line: entity("public-admin.local", small, `"national":{"covers_local_public_admin":false}`), options: []string{"DE covers_local_public_admin yes"}, class: "out"},
		{name: "Art. 2(5)(a), stated as unknown", line: entity("public-admin.local", small, `"national":{"covers_local_public_admin":null}`), options: []string{"DE covers_local_public_admin yes"}, class: "depends", missing: "national.covers_local_public_admin"},
		{name: "Art. 2(5)(a), the State that set it up", line: entity("public-admin.local", small, `"established_by":"SE"`), options: []string{"SE covers_local_public_admin yes", "DE covers_local_public_admin no"}, class: "important", places: "SE"},
		{name: "Art. 3(1)(g)", line: entity("", small, oes, `"national":{"oes_are_essential":true}`), class: "essential", rule: "ess.3.1.g"},
		{name: "Art. 3(1)(g), State decided otherwise", line: entity("", small, oes, `"national":{"oes_are_essential":false}`), class: "out"},
		{name: "Art. 3(1)(g), choice not known", line: entity("", small, oes), class: "depends", couldBe: "essential,out", missing: "national.oes_are_essential"},
		{name: "Art. 3(1)(g), day not stated", line: entity("", small, `"nis1_oes":true`, `"national":{"oes_are_essential":true}`), class: "depends", missing: "nis1_oes_before_2023_01_16"},
		{name: "Art. 3(1)(g), identified later", line: entity("", small, `"nis1_oes":true,"nis1_oes_before_2023_01_16":false`, `"national":{"oes_are_essential":true}`), class: "out"},
	})
}

// Art. 26: who is competent.
func TestScopeJurisdiction(t *testing.T) {
	t.Parallel()
	large := year(900, 90, 90)
	places := func(types string, more ...string) string { return entity(types, large, more...) }
	runScope(t, []scopeCase{
		{name: "26(1), several establishments", line: places("health.provider", `"established_in":["FR","EL","US"]`), places: "FR,GR", basis: "jur.26.1"},
		{name: "26(1)(a), where services are provided", line: places("digital-infra.ecs", `"serves":["SE","EL"]`), places: "GR,SE", basis: "jur.26.1.a"},
		{name: "recital 115, resolver of an access provider", line: places("digital-infra.ecs,digital-infra.dns", `"serves":["SE"]`, `"facts":{"resolver_for_subscribers_only":true}`), places: "SE", basis: "jur.26.1.a"},
		{name: "recital 115 needs the access provider", line: places("digital-infra.dns", `"serves":["SE"]`, `"facts":{"resolver_for_subscribers_only":true}`), places: "DE", basis: "jur.26.1.b"},
		{name: "26(1)(c)", line: places("public-admin.central", `"established_by":"EL"`), places: "GR", basis: "jur.26.1.c"},
		{name: "26(2), decisions", line: places("digital-infra.cloud", `"established_in":["DE","FR","IE"]`, `"decisions_in":"IE","operations_in":"FR","most_staff_in":"DE"`), places: "IE", basis: "jur.26.1.b"},
		{name: "26(2), decisions outside: operations", line: places("digital-infra.cloud", `"established_in":["DE","FR","IE"]`, `"decisions_in":"US","operations_in":"FR","most_staff_in":"DE"`), places: "FR", basis: "jur.26.1.b"},
		{name: "26(2), operations outside: most staff", line: places("digital-infra.cloud", `"established_in":["DE","FR","IE"]`, `"decisions_in":"US","operations_in":"IN","most_staff_in":"DE"`), places: "DE", basis: "jur.26.1.b"},
		{name: "26(2), nothing to go by", line: places("digital-infra.cloud", `"established_in":["DE","FR"]`), places: "-", basis: "jur.26.1.b"},
		{name: "26(2), one establishment", line: places("digital-infra.cloud", `"established_in":["US","FR"]`, `"decisions_in":"US"`), places: "FR", basis: "jur.26.1.b"},
		{name: "26(3), representative", line: places("digital-infra.cloud", `"established_in":["US"]`, `"serves":["DE","NL"]`, `"representative_in":"NL"`), places: "NL", basis: "rep.26.3", duty: "rep.26.3"},
		{name: "26(3), none named", line: places("digital-infra.cloud", `"established_in":["US"]`, `"serves":["NL","DE"]`), places: "DE,NL", basis: "rep.26.3"},
		{name: "recital 113, several rules", line: places("health.provider,digital-infra.cloud", `"established_in":["DE","FR"]`, `"decisions_in":"FR"`), places: "DE,FR", basis: "jur.26.1, jur.26.1.b"},
	})
}

// Rec. 2003/361 Annex Arts. 3 and 6: partners and linked enterprises.
func TestScopeGroup(t *testing.T) {
	t.Parallel()
	partner := func(share, investor string, staff float64) string {
		return fmt.Sprintf(`"partners":[{"share_pct":%s,"investor":%s,"employees":%v,"turnover_eur":0,"balance_sheet_eur":0}]`, share, investor, staff)
	}
	group := func(own float64, more string) string { return entity("digital-infra.cloud", year(own, 1, 1), more) }
	runScope(t, []scopeCase{
		{name: "25 % counts pro rata, meets the ceiling", line: group(40, partner("25", "false", 40)), size: "medium", class: "important"},
		{name: "25 % counts pro rata, just below", line: group(40, partner("25", "false", 39.9)), size: "small", class: "out"},
		{name: "24.9 % does not count", line: group(40, partner("24.9", "false", 9000)), size: "small", class: "out"},
		{name: "exempted investor at 25 %", line: group(40, partner("25", "true", 9000)), size: "small"},
		{name: "exempted investor at 50 %", line: group(40, partner("50", "true", 9000)), size: "small"},
		{name: "investor above 50 % is not exempted", line: group(40, partner("50.1", "true", 9000)), size: "large", class: "essential"},
		{name: "investor not known", line: group(40, partner("30", "null", 9000)), class: "depends", couldBe: "essential,out", missing: "partners.investor"},
		{name: "share not known", line: group(40, partner("null", "false", 60)), class: "depends", couldBe: "important,out", missing: "partners.share_pct"},
		{name: "share not known, too small to matter", line: group(40, partner("null", "false", 9)), class: "out", size: "small", missing: "-"},
		{name: "decimal fractions meet the ceiling", line: group(49.9, `"linked":[{"employees":0.1,"turnover_eur":0,"balance_sheet_eur":0}]`), size: "medium"},
		{name: "linked headcount not known", line: group(40, `"linked":[{"employees":null,"turnover_eur":0,"balance_sheet_eur":0}]`), class: "depends", couldBe: "essential,important,out", missing: "linked.employees"},
		{name: "group not known", line: group(40, `"linked":null`), class: "depends"},
		{name: "own figures decide, group not known", line: group(300, `"linked":null,"partners":null`), class: "essential", size: "large"},
		{name: "added to each year", line: entity("digital-infra.cloud", yearOf(2024, 20, 1, 1)+","+yearOf(2025, 45, 1, 1), `"linked":[{"employees":10,"turnover_eur":0,"balance_sheet_eur":0}]`), size: "small", class: "out"},
		{name: "amounts of the group", line: group(20, `"linked":[{"employees":1,"turnover_eur":9000001,"balance_sheet_eur":9000001}]`), size: "medium", class: "important"},
	})
}

// What absence and null mean.
func TestScopeUnknowns(t *testing.T) {
	t.Parallel()
	small := year(12, 1, 1)
	runScope(t, []scopeCase{
		{name: "nothing but an id", line: `{"id":"x"}`, class: "depends", couldBe: "essential,important,registration_only,out"},
		{name: "types null", line: `{"id":"x","entity_types":null}`, class: "depends"},
		{name: "types empty", line: `{"id":"x","entity_types":[]}`, class: "out", size: "-", places: "-", basis: "-"},
		{name: "statuses absent", line: entity("food.business", small), class: "out", missing: "-"},
		{name: "cer_critical null", line: entity("food.business", small, `"cer_critical":null`), class: "depends", couldBe: "essential,out", missing: "cer_critical"},
		{name: "dora_exempt null", line: entity("digital-infra.dns", small, `"dora_exempt":null`), class: "depends", couldBe: "essential,out", missing: "dora_exempt"},
		{name: "dora_exempt null, out anyway", line: entity("food.business", small, `"dora_exempt":null`), class: "out", missing: "-"},
		{name: "nis1_oes null", line: entity("food.business", small, `"nis1_oes":null`, `"nis1_oes_before_2023_01_16":true`, `"national":{"oes_are_essential":true}`), class: "depends", missing: "nis1_oes"},
		{name: "identified_as null", line: entity("food.business", small, `"identified_as":null`), class: "out"},
		{name: "definition null", line: entity("digital-infra.dns", small, `"facts":{"dns_internal_only":null}`), class: "depends", couldBe: "essential,out", missing: "facts.dns_internal_only"},
		{name: "two definitions null", line: entity("digital-infra.dns", small, `"facts":{"dns_internal_only":null,"root_name_server_only":null}`), missing: "facts.root_name_server_only,facts.dns_internal_only"},
		{name: "one definition settles", line: entity("digital-infra.dns", small, `"facts":{"dns_internal_only":null,"root_name_server_only":true}`), class: "out", missing: "-"},
		{name: "no figures", line: `{"id":"x","entity_types":["health.provider"]}`, class: "depends", size: "-", missing: "figures.employees,figures.turnover_eur,figures.balance_sheet_eur"},
		{name: "plain trust service, small", line: entity("digital-infra.trust", small), class: "depends", couldBe: "essential,important", missing: "entity_types"},
		{name: "alias", line: entity("local-public-admin", small, `"national":{"covers_local_public_admin":true}`), class: "important"},
		{name: "same type twice", line: entity("food.business,food.business", year(60, 1, 1)), class: "important", rule: "scope.2.1"},
	})
}
