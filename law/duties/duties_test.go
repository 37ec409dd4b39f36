package duties_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/duties"
	"github.com/nisaba-platform/nisaba/law/scope"
)

func organisation(staff float64, types ...string) scope.Facts {
	return scope.Facts{
		EntityTypes: types, EntityTypesKnown: true, EstablishedIn: []string{"DE"},
		CERCritical: law.False, DORAExempt: law.False, NIS1OES: law.False,
		Figures: []scope.Figures{{Year: 2025, Employees: scope.Num(staff), Turnover: scope.Num(0), BalanceSheet: scope.Num(0)}},
	}
}

func of(f scope.Facts, opt duties.Options) duties.Set {
	return duties.Of(scope.Classify(f, scope.Options{National: opt.National}), f, opt)
}

// governance, measures and reporting are the duties of Arts. 20, 21 and 23.
const (
	governance = "nis2.20.1.approve nis2.20.1.oversee nis2.20.1.liability nis2.20.2.training nis2.20.2.staff"
	measures   = "nis2.21.1 nis2.21.2 nis2.21.2.a nis2.21.2.b nis2.21.2.c nis2.21.2.d nis2.21.2.e nis2.21.2.f nis2.21.2.g " +
		"nis2.21.2.h nis2.21.2.i nis2.21.2.j nis2.21.3 nis2.21.4"
	before = "nis2.23.1 nis2.23.1.recipients nis2.23.2 nis2.23.4.a nis2.23.4.b"
	after  = "nis2.23.4.c nis2.23.4.d nis2.23.4.e"
	domain = "nis2.28.1 nis2.28.2 nis2.28.3 nis2.28.4 nis2.28.5 nis2.28.6"
	cir    = "cir.annex cir.sig"
)

// TestBinding: the complete list for each kind of organisation.
func TestBinding(t *testing.T) {
	t.Parallel()
	foreign := organisation(60, "digital-infra.cloud")
	foreign.EstablishedIn, foreign.Serves = []string{"US"}, []string{"DE"}
	undecided := organisation(60, "digital-infra.tld")
	undecided.Definition = map[string]law.Truth{scope.TLDOwnUseOnly: law.Unknown}
	either := organisation(60, "digital-infra.trust")
	tests := []struct {
		name  string
		facts scope.Facts
		want  []string
	}{
		{"out", organisation(5, "food.business"), nil},
		{"important, Annex II", organisation(60, "food.business"), []string{"nis2.3.4", governance, measures, before, after, "nis2.29.4"}},
		{"essential, Annex I", organisation(300, "health.provider"), []string{"nis2.3.4", governance, measures, before, after, "nis2.29.4"}},
		{"Art. 27 and the implementing regulation", organisation(60, "ict-service.msp"), []string{"nis2.3.4", governance, measures, before, after, "nis2.27 nis2.29.4", cir}},
		{"TLD registry", organisation(2, "digital-infra.tld"), []string{"nis2.3.4", governance, measures, before, after, "nis2.27", domain, "nis2.29.4", cir}},
		{"registrar, Art. 2(4)", organisation(2, "domain-registration.provider"), []string{"nis2.3.4 nis2.27", domain}},
		{"registrar that also runs DNS", organisation(2, "domain-registration.provider", "digital-infra.dns"), []string{"nis2.3.4", governance, measures, before, after, "nis2.27", domain, "nis2.29.4", cir}},
		{"trust service, 24 hours", organisation(2, "digital-infra.trust.qualified"), []string{"nis2.3.4", governance, measures, before, "nis2.23.4.b.tsp", after, "nis2.29.4", cir}},
		{"internet exchange: no Art. 27", organisation(60, "digital-infra.ixp"), []string{"nis2.3.4", governance, measures, before, after, "nis2.29.4"}},
		{"representative, Art. 26(3)", foreign, []string{"nis2.3.4", governance, measures, before, after, "rep.26.3 nis2.27 nis2.29.4", cir}},
		{"may be out: nothing is certain", undecided, nil},
		{"essential or important: both bind", either, []string{"nis2.3.4", governance, measures, before, "nis2.23.4.b.tsp", after, "nis2.29.4", cir}},
	}
	for _, tc := range tests {
		want := strings.Fields(strings.Join(tc.want, " "))
		if got := of(tc.facts, duties.Options{}).IDs(); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", tc.name, got, want)
		}
	}
}

// TestDORA: recital 28 names risk management, reporting, supervision and
// enforcement; Art. 20 is left in doubt; the list of Art. 3(4) stays.
func TestDORA(t *testing.T) {
	t.Parallel()
	s := of(organisation(4000, "banking.credit-institution"), duties.Options{})
	if got := s.IDs(); !slices.Equal(got, []string{"nis2.3.4", "nis2.29.4"}) {
		t.Errorf("binding: %v", got)
	}
	for _, d := range s.Displaced {
		doubt := strings.HasPrefix(d.Duty, "nis2.20.")
		if d.Act != "Regulation (EU) 2022/2554" || d.Rule != "lexspec.dora" || d.Certain == doubt {
			t.Errorf("%+v", d)
		}
	}
	if s.Supervision.Regime != duties.ByDORA || len(s.Supervision.Powers) > 0 {
		t.Errorf("supervision: %+v", s.Supervision)
	}
}

// TestExemption: Art. 2(8) with its limit in Art. 2(9).
func TestExemption(t *testing.T) {
	t.Parallel()
	national := func(v law.Truth) duties.Options {
		return duties.Options{National: func(state, option string) (o scope.NationalOption) {
			if state == "DE" && option == scope.OptionExempt28 {
				o.Value = v
			}
			return o
		}}
	}
	only := organisation(300, "digital-infra.cloud")
	only.Definition = map[string]law.Truth{scope.ServesSecurityBodiesOnly: law.True}
	partly := organisation(300, "digital-infra.cloud")
	partly.Security = scope.SecurityPredominant
	trust := organisation(300, "digital-infra.cloud", "digital-infra.trust.qualified")
	trust.Definition = only.Definition
	tests := []struct {
		name               string
		facts              scope.Facts
		exempts            law.Truth
		measures, register bool
	}{
		{"does nothing else", only, law.True, false, false},
		{"also does other things", partly, law.True, false, true},
		{"trust service", trust, law.True, true, true},
		{"State does not exempt", only, law.False, true, true},
		{"not known whether the State exempts", only, law.Unknown, true, true},
		{"no such activity", organisation(300, "digital-infra.cloud"), law.True, true, true},
	}
	for _, tc := range tests {
		s := of(tc.facts, national(tc.exempts))
		ids := s.IDs()
		if slices.Contains(ids, "nis2.21.1") != tc.measures || slices.Contains(ids, "nis2.3.4") != tc.register {
			t.Errorf("%s: %v", tc.name, ids)
		}
		if tc.register != (len(s.Registrations) == 2) {
			t.Errorf("%s: registers %v", tc.name, s.Registrations)
		}
	}
}

// TestRegistrations: Art. 3(4) and Art. 27; data that both hold are changed
// within the shorter limit.
func TestRegistrations(t *testing.T) {
	t.Parallel()
	both := of(organisation(60, "ict-service.msp"), duties.Options{}).Registrations
	if len(both) != 2 || both[0].ID != "nis2.3.4" || both[1].ID != "nis2.27" {
		t.Fatalf("%+v", both)
	}
	if both[0].FirstDue.String() != "2025-04-17" || both[1].FirstDue.String() != "2025-01-17" {
		t.Errorf("due %s and %s", both[0].FirstDue, both[1].FirstDue)
	}
	if both[0].ChangeDays != 14 || both[1].ChangeMonths != 3 || both[1].SharedWithin.Key != both[0].ChangeWithin.Key {
		t.Errorf("changes: %+v", both)
	}
	national := of(organisation(60, "food.business"), duties.Options{FirstDue: law.MustDate("2026-03-06"), ChangesDays: 10}).Registrations
	if len(national) != 1 || national[0].FirstDue.String() != "2026-03-06" || national[0].ChangeDays != 10 || len(national[0].Shared) > 0 {
		t.Errorf("national date: %+v", national)
	}
	if out := of(organisation(5, "food.business"), duties.Options{}).Registrations; len(out) > 0 {
		t.Errorf("out: %+v", out)
	}
}

// TestSupervision: Arts. 32 and 33, power by power.
func TestSupervision(t *testing.T) {
	t.Parallel()
	essential := "sup.inspect 32(2)(a), sup.audit.regular 32(2)(b), sup.audit.targeted 32(2)(b), sup.audit.adhoc 32(2)(c), sup.scan 32(2)(d), " +
		"sup.info 32(2)(e), sup.data 32(2)(f), sup.evidence 32(2)(g), enf.warn 32(4)(a), enf.instruct 32(4)(b), enf.cease 32(4)(c), enf.comply 32(4)(d), " +
		"enf.inform 32(4)(e), enf.audit-recs 32(4)(f), enf.monitor 32(4)(g), enf.publish 32(4)(h), enf.fine 32(4)(i), enf.suspend 32(5)(a), enf.ban 32(5)(b), enf.persons 32(6)"
	important := "sup.inspect 33(2)(a), sup.audit.targeted 33(2)(b), sup.scan 33(2)(c), sup.info 33(2)(d), sup.data 33(2)(e), sup.evidence 33(2)(f), " +
		"enf.warn 33(4)(a), enf.instruct 33(4)(b), enf.cease 33(4)(c), enf.comply 33(4)(d), enf.inform 33(4)(e), enf.audit-recs 33(4)(f), " +
		"enf.publish 33(4)(g), enf.fine 33(4)(h), enf.persons 33(5)"
	public := strings.Replace(essential, "enf.ban 32(5)(b), ", "", 1)
	tests := []struct {
		name   string
		facts  scope.Facts
		regime duties.SupervisionRegime
		powers string
	}{
		{"essential", organisation(300, "health.provider"), duties.ExAnte, essential},
		{"important", organisation(300, "food.business"), duties.ExPost, important},
		{"Art. 32(5), last subparagraph", organisation(300, "public-admin.central"), duties.ExAnte, public},
		{"essential or important", organisation(5, "digital-infra.trust"), duties.EitherRegime, important},
		{"registrar", organisation(5, "domain-registration.provider"), duties.ByPenalties, ""},
		{"out", organisation(5, "food.business"), duties.NoSupervision, ""},
	}
	for _, tc := range tests {
		s := of(tc.facts, duties.Options{}).Supervision
		var powers []string
		for _, p := range s.Powers {
			powers = append(powers, p.ID+" "+strings.TrimPrefix(p.Citation, "Directive (EU) 2022/2555 Art. "))
		}
		if got := strings.Join(powers, ", "); s.Regime != tc.regime || got != tc.powers {
			t.Errorf("%s: %s\n got %s\nwant %s", tc.name, s.Regime, got, tc.powers)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	var days []string
	for _, d := range of(organisation(60, "ict-service.msp"), duties.Options{}).Dates {
		days = append(days, d.On.String())
	}
	if want := []string{"2024-10-18", "2024-11-07", "2025-01-17", "2025-04-17", "2027-10-17"}; !slices.Equal(days, want) {
		t.Errorf("got %v, want %v", days, want)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, id := range duties.IDs() {
		if d, ok := duties.Lookup(id); !ok || d.ID != id || d.Citation == "" {
			t.Errorf("%s: %v, %+v", id, ok, d)
		}
	}
	if _, ok := duties.Lookup("nis2.21.2.k"); ok {
		t.Error("there is no point (k)")
	}
}

// TestBindingOrDisplaced: a duty is never both, ids are never repeated, and an
// undecided class binds to no more than each of its possible classes does.
func TestBindingOrDisplaced(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, typ := range annex.All() {
		ids = append(ids, typ.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := organisation(rapid.SampledFrom([]float64{5, 60, 300}).Draw(t, "staff"),
			rapid.SliceOfN(rapid.SampledFrom(ids), 0, 3).Draw(t, "types")...)
		f.Figures[0].Employees.Known = rapid.Bool().Draw(t, "known")
		f.CERCritical = rapid.SampledFrom([]law.Truth{law.True, law.False, law.Unknown}).Draw(t, "cer")
		d := scope.Classify(f, scope.Options{})
		s := duties.Of(d, f, duties.Options{})
		seen := map[string]bool{}
		for _, id := range s.IDs() {
			if seen[id] {
				t.Fatalf("%s twice", id)
			}
			seen[id] = true
		}
		for _, x := range s.Displaced {
			if seen[x.Duty] {
				t.Fatalf("%s binds and is displaced", x.Duty)
			}
		}
		for _, class := range d.CouldBe {
			settled := d
			settled.Class, settled.CouldBe = class, nil
			more := duties.Of(settled, f, duties.Options{}).IDs()
			for _, id := range s.IDs() {
				if !slices.Contains(more, id) {
					t.Fatalf("%s binds while undecided, but not when %s", id, class)
				}
			}
		}
	})
}
