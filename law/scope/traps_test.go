package scope_test

import (
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// known is an organisation about which the statuses are stated as "no".
func known(types ...string) scope.Facts {
	return scope.Facts{
		EntityTypes: types, EntityTypesKnown: true, EstablishedIn: []string{"DE"},
		CERCritical: law.False, DORAExempt: law.False, NIS1OES: law.False,
	}
}

// sized adds one year of figures, money in millions.
func sized(f scope.Facts, staff, turnover, balance float64) scope.Facts {
	f.Figures = append(f.Figures, scope.Figures{Year: 2020 + len(f.Figures),
		Employees: scope.Num(staff), Turnover: scope.Num(turnover * 1e6), BalanceSheet: scope.Num(balance * 1e6)})
	return f
}

func fact(f scope.Facts, name string, v law.Truth) scope.Facts {
	d := map[string]law.Truth{name: v}
	for k, v := range f.Definition {
		if k != name {
			d[k] = v
		}
	}
	f.Definition = d
	return f
}

func classify(f scope.Facts) scope.Determination { return scope.Classify(f, scope.Options{}) }

// TestTraps has the readings that shortened accounts of the law get wrong.
func TestTraps(t *testing.T) {
	t.Parallel()
	group := sized(known("digital-infra.cloud"), 20, 3, 3)
	group.Linked = []scope.Linked{{Employees: scope.Num(3000), Turnover: scope.Num(9e8), BalanceSheet: scope.Num(8e8)}}
	cer := sized(known("water.drinking.supplier"), 20, 2, 2)
	cer.CERCritical = law.True
	public := sized(known("waste.undertaking"), 60, 5, 5)
	public.PublicOwnership = scope.Num(100)
	firstTime := sized(sized(known("postal.provider"), 45, 5, 5), 55, 5, 5)
	tests := []struct {
		name   string
		facts  scope.Facts
		class  law.Class
		size   law.Size
		ground string // rule of the first ground; "" = none
	}{
		{"money counts only when both amounts exceed", sized(known("manufacturing.machinery"), 40, 15, 5), law.Out, law.Small, ""},
		{"both amounts exceed", sized(known("digital-infra.cloud"), 30, 12, 11), law.Important, law.Medium, "scope.2.1"},
		{"49 staff, both amounts beyond medium", sized(known("digital-infra.cloud"), 49, 60, 50), law.Essential, law.Large, "ess.3.1.a"},
		{"260 staff, little money", sized(known("health.provider"), 260, 1, 1), law.Essential, law.Large, "ess.3.1.a"},
		{"Annex II is never essential by size", sized(known("food.business"), 5000, 900, 900), law.Important, law.Large, "scope.2.1"},
		{"medium hospital", sized(known("health.provider"), 120, 20, 20), law.Important, law.Medium, "scope.2.1"},
		{"internet provider of 8 staff", sized(known("digital-infra.ecs"), 8, 1, 1), law.Important, law.Micro, "scope.2.2.a.i"},
		{"internet provider of 80 staff", sized(known("digital-infra.ecs"), 80, 9, 9), law.Essential, law.Medium, "ess.3.1.c"},
		{"DNS provider of one person", sized(known("digital-infra.dns"), 1, 0.1, 0.1), law.Essential, law.Micro, "ess.3.1.b"},
		{"own zones only", fact(sized(known("digital-infra.dns"), 400, 90, 90), scope.DNSOwnDomainsOnly, law.True), law.Out, law.Large, ""},
		{"small non-qualified trust service", sized(known("digital-infra.trust.nonqualified"), 12, 3, 3), law.Important, law.Small, "scope.2.2.a.ii"},
		{"reseller of domain names", sized(known("domain-registration.provider"), 3, 0.2, 0.2), law.RegistrationOnly, law.Micro, "scope.2.4"},
		{"small critical entity", cer, law.Essential, law.Small, "ess.3.1.f"},
		{"small subsidiary of a large group", group, law.Essential, law.Large, "ess.3.1.a"},
		{"owned by a city", public, law.Important, law.Medium, "scope.2.1"},
		{"large bank", sized(known("banking.credit-institution"), 4000, 900, 9000), law.Essential, law.Large, "ess.3.1.a"},
		{"managed service provider to banks", sized(known("ict-service.msp"), 70, 9, 9), law.Important, law.Medium, "scope.2.1"},
		{"above the ceiling for the first year", firstTime, law.Out, law.Small, ""},
		{"above the ceiling for the second year", sized(firstTime, 55, 5, 5), law.Important, law.Medium, "scope.2.1"},
		{"own waste on the side", fact(sized(known("waste.undertaking"), 900, 90, 90), scope.WastePrincipalActivity, law.False), law.Out, law.Large, ""},
		{"no listed activity", sized(known(), 900, 90, 90), law.Out, law.Large, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := classify(tc.facts)
			ground := ""
			if len(d.Grounds) > 0 {
				ground = d.Grounds[0].Rule
			}
			if d.Class != tc.class || d.Size != tc.size || ground != tc.ground {
				t.Errorf("got %s, %s, ground %q; want %s, %s, ground %q; missing %v",
					d.Class, d.Size, ground, tc.class, tc.size, tc.ground, d.Missing)
			}
		})
	}
}

// TestUnknownFigures checks each ceiling against figures of which some are unknown.
func TestUnknownFigures(t *testing.T) {
	t.Parallel()
	unknown := scope.Number{}
	n := scope.Num
	tests := []struct {
		name    string
		typ     string
		figures scope.Figures
		class   law.Class
		size    law.Size
		couldBe []law.Class
		missing []string
	}{
		{"balance settles small", "digital-infra.cloud", scope.Figures{Employees: n(30), BalanceSheet: n(5e6)}, law.Out, law.Small, nil, nil},
		{"turnover open", "digital-infra.cloud", scope.Figures{Employees: n(20), BalanceSheet: n(60e6)}, law.Depends, "",
			[]law.Class{law.Essential, law.Important, law.Out}, []string{"figures.turnover_eur"}},
		{"turnover open, Annex II", "food.business", scope.Figures{Employees: n(20), BalanceSheet: n(60e6)}, law.Depends, "",
			[]law.Class{law.Important, law.Out}, []string{"figures.turnover_eur"}},
		{"headcount settles medium, Annex II", "food.business", scope.Figures{Employees: n(60)}, law.Important, "", nil, nil},
		{"headcount settles large", "digital-infra.cloud", scope.Figures{Employees: n(250)}, law.Essential, law.Large, nil, nil},
		{"headcount open, money small", "digital-infra.cloud", scope.Figures{Turnover: n(5e6), BalanceSheet: n(50e6)}, law.Depends, "",
			[]law.Class{law.Essential, law.Important, law.Out}, []string{"figures.employees"}},
		{"nothing known", "digital-infra.cloud", scope.Figures{}, law.Depends, "",
			[]law.Class{law.Essential, law.Important, law.Out},
			[]string{"figures.employees", "figures.turnover_eur", "figures.balance_sheet_eur"}},
		{"money cannot matter at any size", "digital-infra.dns", scope.Figures{Employees: unknown}, law.Essential, "", nil, nil},
		{"public communications", "digital-infra.ecs", scope.Figures{Employees: n(5), Turnover: n(20e6)}, law.Depends, "",
			[]law.Class{law.Essential, law.Important}, []string{"figures.balance_sheet_eur"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := known(tc.typ)
			f.Figures = []scope.Figures{tc.figures}
			d := classify(f)
			if d.Class != tc.class || d.Size != tc.size || !slices.Equal(d.CouldBe, tc.couldBe) || !slices.Equal(d.Missing, tc.missing) {
				t.Errorf("got %s, size %q, could be %v, missing %v; want %s, %q, %v, %v",
					d.Class, d.Size, d.CouldBe, d.Missing, tc.class, tc.size, tc.couldBe, tc.missing)
			}
		})
	}
}
