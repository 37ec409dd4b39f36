package scope_test

import (
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// BenchmarkClassify judges a typical organisation about which everything is
// known: two activities, three years, one linked enterprise.
func BenchmarkClassify(b *testing.B) {
	f := known("digital-infra.cloud", "ict-service.msp")
	for range 3 {
		f = sized(f, 120, 18, 12)
	}
	f.Linked = []scope.Linked{{Employees: scope.Num(30), Turnover: scope.Num(4e6), BalanceSheet: scope.Num(2e6)}}
	f.DecisionsIn = "DE"
	b.ReportAllocs()
	for b.Loop() {
		if scope.Classify(f, scope.Options{}).Class != law.Important {
			b.Fatal("expected important")
		}
	}
}

// BenchmarkClassifyUnknown judges one about which little is known.
func BenchmarkClassifyUnknown(b *testing.B) {
	f := known("digital-infra.dns", "digital-infra.trust", "public-admin.regional", "waste.undertaking")
	f.CERCritical, f.DORAExempt, f.NIS1OES = law.Unknown, law.Unknown, law.Unknown
	for _, name := range scope.FactNames() {
		f = fact(f, name, law.Unknown)
	}
	f.Security = scope.SecurityUnknown
	b.ReportAllocs()
	for b.Loop() {
		if scope.Classify(f, scope.Options{}).Class != law.Depends {
			b.Fatal("expected depends")
		}
	}
}
