package annex_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/law/annex"
)

// TestRows counts the rows of Directive (EU) 2022/2555, Annexes I and II: 53 and
// 14, of which one is split by qualification (Art. 6(25) and (27)).
func TestRows(t *testing.T) {
	t.Parallel()
	count := map[annex.Annex]int{}
	ids := map[string]bool{}
	for i, typ := range annex.All() {
		count[typ.Annex]++
		if ids[typ.ID] {
			t.Errorf("%s occurs twice", typ.ID)
		}
		ids[typ.ID] = true
		if typ.Index() != i || annex.At(i).ID != typ.ID {
			t.Errorf("%s: position %d, want %d", typ.ID, typ.Index(), i)
		}
		prefix := "Directive (EU) 2022/2555, Annex " + string(typ.Annex) + ", point "
		if typ.Listed() != strings.HasPrefix(typ.Citation, prefix) {
			t.Errorf("%s: citation %q", typ.ID, typ.Citation)
		}
		if typ.ValidFrom.String() != "2024-10-18" || !typ.ValidTo.IsZero() {
			t.Errorf("%s: valid from %s to %s", typ.ID, typ.ValidFrom, typ.ValidTo)
		}
	}
	if count[annex.I] != 53+2 || count[annex.II] != 14 || count[annex.Outside] != 4 {
		t.Errorf("rows: %v", count)
	}
	if annex.Count() != len(annex.All()) {
		t.Errorf("Count is %d, want %d", annex.Count(), len(annex.All()))
	}
}

// TestSets has the members of each set, from the articles that name them.
func TestSets(t *testing.T) {
	t.Parallel()
	online := "digital-infra.dns digital-infra.tld digital-infra.cloud digital-infra.datacentre digital-infra.cdn ict-service.msp " +
		"ict-service.mssp digital-provider.marketplace digital-provider.search digital-provider.social"
	trust := "digital-infra.trust digital-infra.trust.qualified digital-infra.trust.nonqualified"
	tests := []struct {
		set     annex.Set
		members string
	}{
		{annex.CIR2690, online + " " + trust},
		{annex.Article27, online + " domain-registration.provider"},
		{annex.Article26b, online + " domain-registration.provider"},
		{annex.Article28, "digital-infra.tld domain-registration.provider"},
		{annex.DORA, "banking.credit-institution fmi.trading-venue fmi.ccp"},
		{annex.TrustServices, trust},
		{annex.PublicAdmin, "public-admin.central public-admin.regional public-admin.local"},
		{annex.Set("invented"), ""},
	}
	for _, tc := range tests {
		var got []string
		for _, typ := range annex.All() {
			if typ.In(tc.set) != annex.In(typ.ID, tc.set) {
				t.Errorf("%s in %s: two answers", typ.ID, tc.set)
			}
			if typ.In(tc.set) {
				got = append(got, typ.ID)
			}
		}
		want := strings.Fields(tc.members)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", tc.set, got, want)
		}
	}
}

// TestPlaces checks single rows against the annexes.
func TestPlaces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		id, citation string
		carveOut     bool
	}{
		{"energy.electricity.recharging", "Directive (EU) 2022/2555, Annex I, point 1(a), 7th indent", false},
		{"energy.hydrogen.operator", "Directive (EU) 2022/2555, Annex I, point 1(e)", false},
		{"transport.water.company", "Directive (EU) 2022/2555, Annex I, point 2(c), 1st indent", true},
		{"water.drinking.supplier", "Directive (EU) 2022/2555, Annex I, point 6", true},
		{"digital-infra.ecs", "Directive (EU) 2022/2555, Annex I, point 8, 9th indent", false},
		{"space.ground-operator", "Directive (EU) 2022/2555, Annex I, point 11", true},
		{"waste.undertaking", "Directive (EU) 2022/2555, Annex II, point 2", true},
		{"manufacturing.transport-other", "Directive (EU) 2022/2555, Annex II, point 5(f)", false},
		{"research.organisation", "Directive (EU) 2022/2555, Annex II, point 7", false},
		{"domain-registration.provider", "Directive (EU) 2022/2555 Art. 2(4)", false},
		{"cer.critical-entity", "Directive (EU) 2022/2555 Art. 2(3)", false},
	}
	for _, tc := range tests {
		typ, ok := annex.Lookup(tc.id)
		if !ok || typ.Citation != tc.citation || typ.CarveOut != tc.carveOut {
			t.Errorf("%s: %v, %q, own exception %v", tc.id, ok, typ.Citation, typ.CarveOut)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	if typ, ok := annex.Lookup("local-public-admin"); !ok || typ.ID != "public-admin.local" {
		t.Errorf("alias: %v, %s", ok, typ.ID)
	}
	if _, ok := annex.Lookup("digital-infra"); ok {
		t.Error("a sector is not a type")
	}
	all := annex.All()
	all[0].ID = "changed"
	if annex.All()[0].ID == "changed" {
		t.Error("All must give a copy")
	}
}
