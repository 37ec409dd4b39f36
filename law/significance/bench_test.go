package significance_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// BenchmarkJudge is one verdict with half of the facts unknown.
func BenchmarkJudge(b *testing.B) {
	f := significance.Facts{EntityTypes: []string{"digital-infra.cloud"}, TypesKnown: true}
	f.SetNumber(significance.UnavailableMinutes, 12)
	f.SetNumber(significance.UsersAffected, 40_000)
	f.SetNumber(significance.UsersTotal, 900_000)
	f.SetNumber(significance.Loss, 120_000)
	f.SetTruth(significance.DataCompromised, law.False)
	b.ReportAllocs()
	for b.Loop() {
		significance.Judge(f, significance.Options{})
	}
}

// BenchmarkJudgeAllTypes is one verdict under every rule, nothing known.
func BenchmarkJudgeAllTypes(b *testing.B) {
	f := significance.Facts{EntityTypes: append(regulated(), "energy.electricity.producer"), TypesKnown: true}
	b.ReportAllocs()
	for b.Loop() {
		significance.Judge(f, significance.Options{})
	}
}
