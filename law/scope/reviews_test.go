package scope_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// TestReviews has for each point that a person should look at an organisation that
// has it, and the next one that has not.
func TestReviews(t *testing.T) {
	t.Parallel()
	cloud := sized(known("digital-infra.cloud"), 60, 5, 5)
	with := func(change func(*scope.Facts)) scope.Facts {
		f := clone(cloud)
		change(&f)
		return f
	}
	partner := func(share float64) scope.Facts {
		return with(func(f *scope.Facts) {
			f.Partners = []scope.Partner{{Share: scope.Num(share), Employees: scope.Num(1), Turnover: scope.Num(1), BalanceSheet: scope.Num(1), Investor: law.False}}
		})
	}
	owned := func(share scope.Number) scope.Facts {
		return with(func(f *scope.Facts) { f.PublicOwnership = share })
	}
	years := func(all ...int) scope.Facts {
		return with(func(f *scope.Facts) {
			first := f.Figures[0]
			f.Figures = nil
			for _, y := range all {
				first.Year = y
				f.Figures = append(f.Figures, first)
			}
		})
	}
	region := func(staff float64, risk law.Truth) scope.Facts {
		return fact(sized(known("public-admin.regional"), staff, 5, 5), scope.RegionalRiskAssessment, risk)
	}
	security := func(f scope.Facts, answer string) scope.Facts {
		f.Security = answer
		return f
	}
	identified := func(types ...string) scope.Facts {
		f := sized(known(types...), 5, 1, 1)
		f.IdentifiedAs = law.Important
		return f
	}
	place := func(f scope.Facts, established []string, representative string) scope.Facts {
		f.EstablishedIn, f.RepresentativeIn = established, representative
		f.Serves = []string{"DE"}
		return f
	}
	yes, no := law.True, law.False
	tests := []struct {
		key       string
		has, lack scope.Facts
	}{
		{"unknown-type", sized(known("digital-infra.cloud", "no.such-type"), 60, 5, 5), cloud},
		{"ancillary", fact(cloud, scope.AncillaryActivity, yes), fact(cloud, scope.AncillaryActivity, no)},
		{"intra-group", fact(cloud, scope.IntraGroupOnly, yes), fact(cloud, scope.IntraGroupOnly, no)},
		{"sole-provider", fact(cloud, scope.SoleProviderClaimed, yes), fact(cloud, scope.SoleProviderClaimed, no)},
		{"public-safety", fact(cloud, scope.PublicSafetyClaimed, yes), fact(cloud, scope.PublicSafetyClaimed, no)},
		{"private-network", fact(sized(known("digital-infra.ecs"), 60, 5, 5), scope.NetworkPublic, no), fact(cloud, scope.NetworkPublic, no)},
		{"private-network", fact(sized(known("digital-infra.ecs"), 60, 5, 5), scope.NetworkPublic, no), fact(sized(known("digital-infra.ecs"), 60, 5, 5), scope.AncillaryActivity, no)},
		{"serves-security-bodies", fact(cloud, scope.ServesSecurityBodiesOnly, yes), fact(cloud, scope.ServesSecurityBodiesOnly, no)},
		{"partner-majority", partner(50.1), partner(50)},
		{"partner-majority", partner(100), partner(25)},
		{"partner-majority", partner(51), with(func(f *scope.Facts) { f.Partners = []scope.Partner{{Employees: scope.Num(1)}} })},
		{"year-gap", years(2023, 2025), years(2024, 2025)},
		{"year-gap", years(2023, 2024, 2026), years(2024)},
		{"identified-without-type", identified(), identified("food.business")},
		{"identified-without-type", identified("domain-registration.provider"), identified("digital-infra.cloud")},
		{"public-ownership", owned(scope.Num(25)), owned(scope.Num(24.9))},
		{"public-ownership", owned(scope.Num(100)), owned(scope.Number{})},
		{"security-activity", security(cloud, scope.SecurityMarginal), security(cloud, scope.SecurityNone)},
		{"security-activity", security(cloud, scope.SecurityPredominant), security(sized(known("public-admin.central"), 60, 5, 5), scope.SecurityPredominant)},
		{"regional-large", region(260, yes), region(60, yes)},
		{"no-jurisdiction", with(func(f *scope.Facts) { f.EstablishedIn = nil }), place(cloud, []string{"DE"}, "")},
		{"representative", place(cloud, []string{"US"}, ""), place(cloud, []string{"US"}, "DE")},
		{"representative", place(cloud, []string{"US"}, "US"), place(cloud, []string{"FR"}, "")},
	}
	for _, tc := range tests {
		reviews := func(f scope.Facts) (keys []string) {
			for _, r := range classify(f).Reviews {
				keys = append(keys, strings.TrimPrefix(r.Key, "scope.review."))
			}
			return keys
		}
		if got := reviews(tc.has); !slices.Contains(got, tc.key) {
			t.Errorf("%s is not among %v", tc.key, got)
		}
		if got := reviews(tc.lack); slices.Contains(got, tc.key) {
			t.Errorf("%s is among %v of an organisation without it", tc.key, got)
		}
	}
	whatIf := scope.Classify(cloud, scope.Options{WhatIf: true})
	if len(whatIf.Reviews) == 0 || whatIf.Reviews[0].Key != "scope.review.what-if" {
		t.Errorf("a proposal that is not in force is not named first: %v", whatIf.Reviews)
	}
}
