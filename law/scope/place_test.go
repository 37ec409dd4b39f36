package scope_test

import (
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// TestOutsideTheUnion: the directive needs a service or an activity in the
// Union, Art. 2(1); anything that places the organisation there suffices.
func TestOutsideTheUnion(t *testing.T) {
	t.Parallel()
	abroad := sized(known("digital-infra.cloud"), 60, 5, 5)
	abroad.EstablishedIn, abroad.Serves = []string{"US"}, []string{"US", "GB"}
	tests := []struct {
		name   string
		change func(*scope.Facts)
		class  law.Class
	}{
		{"nothing in the Union", func(*scope.Facts) {}, law.Out},
		{"decisions abroad", func(f *scope.Facts) { f.DecisionsIn = "CH" }, law.Out},
		{"serves a Member State", func(f *scope.Facts) { f.Serves = []string{"US", "IT"} }, law.Important},
		{"decisions in a Member State", func(f *scope.Facts) { f.DecisionsIn = "IT" }, law.Important},
		{"operations in a Member State", func(f *scope.Facts) { f.OperationsIn = "IT" }, law.Important},
		{"staff in a Member State", func(f *scope.Facts) { f.MostStaffIn = "IT" }, law.Important},
		{"representative in a Member State", func(f *scope.Facts) { f.RepresentativeIn = "IT" }, law.Important},
		{"set up by a Member State", func(f *scope.Facts) { f.EstablishedBy = "EL" }, law.Important},
		{"where it serves is not stated", func(f *scope.Facts) { f.Serves = nil }, law.Important},
	}
	for _, tt := range tests {
		f := abroad
		tt.change(&f)
		if d := classify(f); d.Class != tt.class {
			t.Errorf("%s: got %s, want %s", tt.name, d.Class, tt.class)
		}
	}
}

// TestJurisdictionOfMixedActivities: Art. 2(4) alone leads to the rule of
// registrars, Art. 26(1)(b); a resolver that is only part of internet access
// goes with that access, Art. 26(1)(a) and recital 115, if the organisation
// provides such access.
func TestJurisdictionOfMixedActivities(t *testing.T) {
	t.Parallel()
	place := func(f scope.Facts) scope.Facts {
		f.EstablishedIn, f.DecisionsIn, f.Serves = []string{"DE", "FR"}, "FR", []string{"IT", "ES"}
		return f
	}
	registrar := place(sized(known("domain-registration.provider", "banking.credit-institution"), 5, 1, 1))
	resolver := place(fact(sized(known("digital-infra.dns", "digital-infra.ecs"), 5, 1, 1), scope.ResolverForSubscribers, law.True))
	authoritative := place(sized(known("digital-infra.dns"), 5, 1, 1))
	tests := []struct {
		name   string
		facts  scope.Facts
		states []string
		basis  string
	}{
		{"registrar with an activity below the size", registrar, []string{"FR"}, "jur.26.1.b"},
		{"resolver for subscribers only", resolver, []string{"ES", "IT"}, "jur.26.1.a"},
		{"other DNS service", authoritative, []string{"FR"}, "jur.26.1.b"},
	}
	for _, tt := range tests {
		d := classify(tt.facts)
		if !slices.Equal(d.Jurisdiction, tt.states) || d.JurisdictionBasis != tt.basis {
			t.Errorf("%s: got %v (%s), want %v (%s)", tt.name, d.Jurisdiction, d.JurisdictionBasis, tt.states, tt.basis)
		}
	}
}

// TestOptionOfMainEstablishment: for the types of Art. 26(1)(b) the choices of
// the State of the main establishment count, Art. 26(2).
func TestOptionOfMainEstablishment(t *testing.T) {
	t.Parallel()
	group := fact(sized(known("digital-infra.cloud"), 20, 2, 2), scope.IndependentSystems, law.True)
	group.EstablishedIn = []string{"DE", "IT"}
	group.Linked = []scope.Linked{{Employees: scope.Num(300), Turnover: scope.Num(0), BalanceSheet: scope.Num(0)}}
	national := func(state, option string) (o scope.NationalOption) {
		if option == scope.OptionRecital16 && state == "IT" {
			o.Value = law.True
		}
		return o
	}
	for decisions, want := range map[string]law.Class{"IT": law.Out, "DE": law.Depends, "": law.Depends} {
		f := group
		f.DecisionsIn = decisions
		if d := scope.Classify(f, scope.Options{National: national}); d.Class != want {
			t.Errorf("decisions in %q: got %s, want %s", decisions, d.Class, want)
		}
	}
}
