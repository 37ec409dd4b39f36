package scope_test

import (
	"fmt"
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// measures are the figures at, one below and one above every ceiling of
// Recommendation 2003/361/EC Annex Art. 2, and halves.
var (
	headcounts = []float64{0, 0.5, 9, 9.5, 10, 49, 49.5, 50, 50.5, 249, 249.5, 250, 251, 5000}
	turnovers  = []float64{0, 2e6, 2e6 + 1, 10e6 - 1, 10e6, 10e6 + 1, 50e6 - 1, 50e6, 50e6 + 1, 9e8}
	balances   = []float64{0, 2e6, 2e6 + 1, 10e6, 10e6 + 1, 43e6 - 1, 43e6, 43e6 + 1, 50e6, 9e8}
)

// sizeName is the table of Annex Art. 2, read the other way round: the smallest
// class of which the headcount and one of the amounts fit.
func sizeName(staff, turnover, balance float64) law.Size {
	switch {
	case staff < 10 && (turnover <= 2e6 || balance <= 2e6):
		return law.Micro
	case staff < 50 && (turnover <= 10e6 || balance <= 10e6):
		return law.Small
	case staff < 250 && (turnover <= 50e6 || balance <= 43e6):
		return law.Medium
	}
	return law.Large
}

// TestEveryTypeAtEverySize runs each entity type over the grid of figures,
// Directive (EU) 2022/2555 Arts. 2(1), 2(2)(a), 2(2)(f), 2(4), 3(1) and 3(2).
func TestEveryTypeAtEverySize(t *testing.T) {
	t.Parallel()
	listed := 0
	for _, typ := range annex.All() {
		if typ.ID == "digital-infra.trust" {
			listed++
			continue // the qualification decides; see TestTrustWithoutQualification
		}
		if typ.Listed() {
			listed++
		}
		f := known(typ.ID)
		f.National = map[string]law.Truth{"covers_local_public_admin": law.True, "covers_education": law.True}
		f = fact(f, scope.RegionalRiskAssessment, law.True)
		for _, staff := range headcounts {
			for _, turnover := range turnovers {
				for _, balance := range balances {
					f.Figures = []scope.Figures{{Year: 2025, Employees: scope.Num(staff),
						Turnover: scope.Num(turnover), BalanceSheet: scope.Num(balance)}}
					d := classify(f)
					if want := oracle(f); d.Class != want {
						t.Fatalf("%s, %v staff, %v turnover, %v balance: got %s, want %s", typ.ID, staff, turnover, balance, d.Class, want)
					}
					if want := sizeName(staff, turnover, balance); d.Size != want {
						t.Fatalf("%v staff, %v turnover, %v balance: got %s, want %s", staff, turnover, balance, d.Size, want)
					}
					checkGrounds(t, d)
				}
			}
		}
	}
	if listed != 67+2 {
		t.Errorf("%d rows of the annexes; the directive has 67, one of them split in two", listed)
	}
}

// failer is the part of *testing.T that *rapid.T has too.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkGrounds holds of every determination: the first ground gives the class,
// and a class above out has one.
func checkGrounds(t failer, d scope.Determination) {
	t.Helper()
	if d.Class.Rank() > 0 && (len(d.Grounds) == 0 || d.Grounds[0].Class != d.Class) {
		t.Fatalf("the class %s is not that of the first ground of %v", d.Class, d.Grounds)
	}
	for i := 1; i < len(d.Grounds); i++ {
		if d.Grounds[i].Class.Rank() > d.Grounds[i-1].Class.Rank() {
			t.Fatalf("grounds are not in order of strictness: %v", d.Grounds)
		}
	}
	if depends := d.Class == law.Depends; depends != (len(d.Missing) > 0) || depends != (len(d.CouldBe) > 1) {
		t.Fatalf("class %s, missing %v, could be %v", d.Class, d.Missing, d.CouldBe)
	}
	if d.Class == law.Out && (len(d.Jurisdiction) > 0 || d.JurisdictionBasis != "") {
		t.Fatalf("out, but %v is competent by %s", d.Jurisdiction, d.JurisdictionBasis)
	}
}

// TestTrustWithoutQualification: Art. 3(1)(b) asks for the qualification.
func TestTrustWithoutQualification(t *testing.T) {
	t.Parallel()
	tests := []struct {
		staff   float64
		class   law.Class
		missing string
	}{
		{5, law.Depends, "[entity_types]"},
		{100, law.Depends, "[entity_types]"},
		{400, law.Essential, "[]"}, // large: essential either way
	}
	for _, tc := range tests {
		d := classify(sized(known("digital-infra.trust"), tc.staff, 1, 1))
		if d.Class != tc.class || fmt.Sprint(d.Missing) != tc.missing {
			t.Errorf("%v staff: got %s, missing %v; want %s, %s", tc.staff, d.Class, d.Missing, tc.class, tc.missing)
		}
		checkGrounds(t, d)
	}
	refined := classify(sized(known("digital-infra.trust", "digital-infra.trust.nonqualified"), 5, 1, 1))
	if refined.Class != law.Important {
		t.Errorf("the refined type decides: got %s", refined.Class)
	}
}
