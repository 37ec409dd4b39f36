package scope_test

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// oracle reads Arts. 2 and 3 a second time, as plainly as can be, for facts of
// which everything is known. It shares no code with the package.
func oracle(f scope.Facts) law.Class {
	yes := func(name string) bool { return f.Definition[name] == law.True }
	union := func(list []string) bool { return slices.ContainsFunc(list, scope.InUnion) }
	if f.DORAExempt == law.True ||
		len(f.EstablishedIn) > 0 && len(f.Serves) > 0 && !union(f.EstablishedIn) && !union(f.Serves) {
		return law.Out
	}
	body := yes("judiciary") || yes("parliament") || yes("central_bank") || yes("diplomatic_mission_third_country")
	removed := removedOracle(f)
	types := map[string]annex.Type{}
	public, trust := false, false
	for _, id := range f.EntityTypes {
		t, _ := annex.Lookup(id)
		if removed[t.ID] || t.In(annex.PublicAdmin) && body {
			continue
		}
		types[t.ID] = t
		public = public || t.In(annex.PublicAdmin)
		trust = trust || t.In(annex.TrustServices)
	}
	if public && f.Security == scope.SecurityPredominant && !trust {
		return law.Out
	}
	class := law.Out
	raise := func(c law.Class) {
		if c.Rank() > class.Rank() {
			class = c
		}
	}
	medium, large := sizeOracle(f)
	for id, t := range types {
		raise(typeOracle(id, t, medium, large, yes("regional_risk_assessment_significant"), f.National))
		if f.IdentifiedAs != "" && t.Listed() {
			raise(f.IdentifiedAs)
		}
		if id == "cer.critical-entity" {
			raise(law.Essential)
		}
	}
	if f.CERCritical == law.True ||
		f.NIS1OES == law.True && f.NIS1OESBefore16January2023 == law.True && f.National["oes_are_essential"] == law.True {
		raise(law.Essential)
	}
	if (yes("education_institution") || types["education"].ID != "") && f.National["covers_education"] == law.True {
		raise(law.Important)
	}
	return class
}

// removedOracle has the entity types that a definition or the row of the annex
// takes away.
func removedOracle(f scope.Facts) map[string]bool {
	yes := func(name string) bool { return f.Definition[name] == law.True }
	no := func(name string) bool { return f.Definition[name] == law.False }
	return map[string]bool{
		"digital-infra.dns":                yes("root_name_server_only") || yes("dns_own_domains_only") || yes("dns_internal_only"),
		"digital-infra.tld":                yes("tld_own_use_only"),
		"digital-infra.trust":              yes("closed_system_trust_service"),
		"digital-infra.trust.qualified":    yes("closed_system_trust_service"),
		"digital-infra.trust.nonqualified": yes("closed_system_trust_service"),
		"digital-infra.ecn":                no("network_public"),
		"digital-infra.datacentre":         yes("data_centre_in_house_only"),
		"waste.undertaking":                no("waste_principal_activity"),
		"water.waste.operator":             no("waste_water_essential_part"),
		"water.drinking.supplier":          no("drinking_water_essential_part"),
		"transport.road.authority":         no("traffic_management_essential_part"),
		"research.organisation":            yes("education_institution") || slices.Contains(f.EntityTypes, "education"),
	}
}

func typeOracle(id string, t annex.Type, medium, large, assessed bool, national map[string]law.Truth) law.Class {
	switch id {
	case "digital-infra.trust.qualified", "digital-infra.tld", "digital-infra.dns", "public-admin.central":
		return law.Essential
	case "digital-infra.ecn", "digital-infra.ecs":
		if medium {
			return law.Essential
		}
		return law.Important
	case "digital-infra.trust.nonqualified":
		if large {
			return law.Essential
		}
		return law.Important
	case "public-admin.regional":
		if assessed {
			return law.Important
		}
		return law.Out
	case "public-admin.local":
		if national["covers_local_public_admin"] == law.True {
			return law.Important
		}
		return law.Out
	case "domain-registration.provider":
		return law.RegistrationOnly
	}
	switch {
	case t.Annex == annex.I && large:
		return law.Essential
	case t.Listed() && medium:
		return law.Important
	}
	return law.Out
}

// sizeOracle says whether the enterprise is at least medium, and whether large.
// The years must be in order.
func sizeOracle(f scope.Facts) (medium, large bool) {
	var staff, turnover, balance float64
	if !(f.Definition["independent_systems"] == law.True && f.National["applies_recital_16"] == law.True) {
		staff, turnover, balance = groupOracle(f)
	}
	for i, y := range f.Figures {
		hc, tu, ba := y.Employees.Value+staff, y.Turnover.Value+turnover, y.BalanceSheet.Value+balance
		isMedium, isLarge := hc >= 50 || tu > 10e6 && ba > 10e6, hc >= 250 || tu > 50e6 && ba > 43e6
		wasMedium, wasLarge := isMedium, isLarge
		if i > 0 {
			p := f.Figures[i-1]
			hc, tu, ba := p.Employees.Value+staff, p.Turnover.Value+turnover, p.BalanceSheet.Value+balance
			wasMedium, wasLarge = hc >= 50 || tu > 10e6 && ba > 10e6, hc >= 250 || tu > 50e6 && ba > 43e6
		}
		if i == 0 || isMedium == wasMedium {
			medium = isMedium
		}
		if i == 0 || isLarge == wasLarge {
			large = isLarge
		}
	}
	return medium, large
}

func groupOracle(f scope.Facts) (staff, turnover, balance float64) {
	for _, l := range f.Linked {
		staff, turnover, balance = staff+l.Employees.Value, turnover+l.Turnover.Value, balance+l.BalanceSheet.Value
	}
	for _, p := range f.Partners {
		share := p.Share.Value
		if share < 25 || p.Investor == law.True && share <= 50 {
			continue
		}
		staff += p.Employees.Value * share / 100
		turnover += p.Turnover.Value * share / 100
		balance += p.BalanceSheet.Value * share / 100
	}
	return staff, turnover, balance
}
