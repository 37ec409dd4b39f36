package significance_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// Facts that come in parts: users by Implementing Regulation (EU) 2024/2690
// Art. 3(3), data compromised maliciously, the span of recurring incidents, the
// exception of Implementing Regulation (EU) 2024/2690 Art. 5(c).
func TestParts(t *testing.T) {
	contract, associated := significance.UsersContract, significance.UsersAssociated
	users := f{significance.LimitedMinutes: 61, significance.UsersAffected: nil, significance.UsersTotal: 2000}
	recurring := f{significance.Occurrences: 2, significance.SameRootCause: true, significance.RecurringLoss: 500_001}
	wrong := f{significance.DataCompromised: true, significance.DomainNamesAffected: 999, significance.DomainNamesTotal: 99_900}
	for _, tc := range []struct {
		name, typ, rule string
		facts           f
		want            law.Truth
		missing         []string
	}{
		{"both groups of users are added", cloud, "cir.sig.7.b", users.with(f{contract: 60, associated: 41}), law.True, nil},
		{"at the limit", cloud, "cir.sig.7.b", users.with(f{contract: 60, associated: 40}), law.False, nil},
		{"one group above", cloud, "cir.sig.7.b", users.with(f{contract: 101, associated: nil}), law.True, nil},
		{"one group not above", cloud, "cir.sig.7.b", users.with(f{contract: 100, associated: nil, significance.UsersAffectedPct: nil}), law.Unknown, []string{"users_affected_pct", "users_affected", "users_associated"}},
		{"one group above the number, total not known", cloud, "cir.sig.7.b", users.with(f{contract: 1_000_001, significance.UsersTotal: nil}), law.True, nil},
		{"malicious compromise in one fact", cloud, "cir.sig.7.c", f{significance.DataCompromised: nil, significance.DataCompromisedMaliciously: true}, law.True, nil},
		{"compromise that is not malicious", cloud, "cir.sig.7.c", f{significance.DataCompromised: true, significance.SuspectedMalicious: nil, significance.DataCompromisedMaliciously: false}, law.False, nil},
		{"within six months", cloud, "cir.sig.4", recurring.with(f{significance.RecurringMonths: 6}), law.True, nil},
		{"over a longer time", cloud, "cir.sig.4", recurring.with(f{significance.RecurringMonths: 6.5}), law.False, nil},
		{"over a time not known", cloud, "cir.sig.4", recurring.with(f{significance.RecurringMonths: nil}), law.Unknown, []string{"recurring_months"}},
		{"wrong data, nobody says why", dns, "cir.sig.5.c", wrong.with(f{significance.SuspectedMalicious: nil}), law.Unknown, []string{"suspected_malicious", "misconfiguration"}},
		{"wrong data through an attack", dns, "cir.sig.5.c", wrong.with(f{significance.SuspectedMalicious: true}), law.True, nil},
		{"wrong data of many, nobody says why", dns, "cir.sig.5.c", wrong.with(f{significance.DomainNamesAffected: 1000}), law.True, nil},
		{"wrong data through a misconfiguration", dns, "cir.sig.5.c", wrong.with(f{significance.Misconfiguration: true}), law.False, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := significance.Judge(quiet().with(tc.facts).facts(tc.typ), significance.Options{})
			c, ok := find(v, tc.rule)
			if !ok || c.Met != tc.want || v.Significant != tc.want || !slices.Equal(v.Missing, tc.missing) {
				t.Errorf("criterion %v, verdict %v, missing %v; want %v, missing %v", c.Met, v.Significant, v.Missing, tc.want, tc.missing)
			}
		})
	}
}

// A percentage at the limit is at the limit for every total: it is compared as
// it is, and not through a rounded number of users.
func TestPercentageAtTheLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.IntRange(1, 20_000_000).Draw(rt, "total")
		for _, tc := range []struct {
			typ     string
			pct     float64
			highest int // total up to which the percentage is the smaller limit
		}{{cloud, 5, 20_000_000}, {trust, 0.1, 100_000}} {
			facts := f{significance.DataCompromised: true, significance.UsersAffected: nil, significance.UsersTotal: min(total, tc.highest), significance.UsersAffectedPct: tc.pct}
			v := significance.Judge(quiet().with(facts).facts(tc.typ), significance.Options{})
			if v.Significant != law.False {
				rt.Fatalf("%v %% of %d users of %s: %v", tc.pct, total, tc.typ, v.Significant)
			}
		}
	})
}

// The order of the entity types, and a type given twice, change nothing.
func TestOrderOfTypes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := incident(rt)
		want := significance.Judge(facts, significance.Options{})
		facts.EntityTypes = rapid.Permutation(append(slices.Clone(facts.EntityTypes), facts.EntityTypes[0])).Draw(rt, "order")
		if diff := cmp.Diff(want, significance.Judge(facts, significance.Options{})); diff != "" {
			rt.Fatal(diff)
		}
	})
}
