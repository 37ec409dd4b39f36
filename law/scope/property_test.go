package scope_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Values that meet, miss by little or lie far from every ceiling.
var (
	someStaff = []float64{0, 5, 9, 10, 30, 49, 49.5, 50, 100, 249, 250, 900}
	someMoney = []float64{0, 1e6, 2e6, 2e6 + 1, 5e6, 10e6, 10e6 + 1, 43e6, 43e6 + 1, 50e6, 50e6 + 1, 9e8}
	truths    = []law.Truth{law.True, law.False, law.Unknown}
)

func typeIDs() []string {
	var ids []string
	for _, t := range annex.All() {
		ids = append(ids, t.ID)
	}
	return ids
}

// Entity types that rules single out come up more often than the others.
var special = []string{
	"digital-infra.dns", "digital-infra.tld", "digital-infra.trust", "digital-infra.trust.qualified",
	"digital-infra.trust.nonqualified", "digital-infra.ecn", "digital-infra.ecs", "public-admin.central",
	"public-admin.regional", "public-admin.local", "research.organisation", "education", "domain-registration.provider",
	"cer.critical-entity", "waste.undertaking", "food.business", "digital-infra.cloud", "banking.credit-institution",
}

// maker draws facts; rare is how many of ten answers are unknown.
type maker struct {
	t    *rapid.T
	rare int
}

func (m maker) number(values []float64, label string) scope.Number {
	if rapid.IntRange(0, 9).Draw(m.t, label+" unknown") < m.rare {
		return scope.Number{}
	}
	return scope.Num(rapid.SampledFrom(values).Draw(m.t, label))
}

func (m maker) truth(label string) law.Truth {
	if rapid.IntRange(0, 9).Draw(m.t, label+" unknown") < m.rare {
		return law.Unknown
	}
	return law.TruthOf(rapid.IntRange(0, 3).Draw(m.t, label) == 0)
}

func (m maker) facts() scope.Facts {
	t := m.t
	f := scope.Facts{
		EntityTypes: rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(special), rapid.SampledFrom(typeIDs())), 0, 4).Draw(t, "types"),
		CERCritical: m.truth("cer"), DORAExempt: m.truth("dora"), NIS1OES: m.truth("oes"),
		NIS1OESBefore16January2023: m.truth("before"),
		IdentifiedAs:               rapid.SampledFrom([]law.Class{"", "", law.Important, law.Essential}).Draw(t, "identified"),
		EstablishedIn:              rapid.SampledFrom([][]string{nil, {"DE"}, {"US"}, {"FR", "EL"}}).Draw(t, "established"),
		Serves:                     rapid.SampledFrom([][]string{nil, {"DE"}, {"US"}}).Draw(t, "serves"),
		Security:                   rapid.SampledFrom([]string{"", "none", "marginal", "predominant", "unknown"}).Draw(t, "security"),
		Definition:                 map[string]law.Truth{}, National: map[string]law.Truth{},
		EntityTypesKnown: true,
	}
	for _, name := range scope.FactNames() {
		if rapid.IntRange(0, 5).Draw(t, name+" stated") == 0 {
			f.Definition[name] = m.truth(name)
		}
	}
	for _, name := range scope.OptionNames() {
		if v := rapid.SampledFrom(truths).Draw(t, name); v != law.Unknown {
			f.National[name] = v
		}
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "years") {
		f.Figures = append(f.Figures, scope.Figures{Year: 2020 + i,
			Employees: m.number(someStaff, "staff"), Turnover: m.number(someMoney, "turnover"), BalanceSheet: m.number(someMoney, "balance")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "linked") {
		f.Linked = append(f.Linked, scope.Linked{Employees: m.number(someStaff, "staff"),
			Turnover: m.number(someMoney, "turnover"), BalanceSheet: m.number(someMoney, "balance")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "partners") {
		f.Partners = append(f.Partners, scope.Partner{
			Share:     m.number([]float64{0, 24.9, 25, 40, 50, 50.1, 100}, "share"),
			Investor:  m.truth("investor"),
			Employees: m.number(someStaff, "staff"), Turnover: m.number(someMoney, "turnover"), BalanceSheet: m.number(someMoney, "balance")})
	}
	return f
}

// hole is one unknown: the input field that it belongs to, and the facts with
// it filled in each way that can matter.
type hole struct {
	field string
	fills []func(*scope.Facts)
}

// geometric is 0 and a dense scale up to far beyond every ceiling.
func geometric(from, to float64) []float64 {
	values := []float64{0}
	for v := from; v < to; v *= 1.3 {
		values = append(values, float64(int64(v)))
	}
	return append(values, to)
}

func numberHole(field string, at func(*scope.Facts) *scope.Number, values []float64) hole {
	h := hole{field: field}
	for _, v := range values {
		h.fills = append(h.fills, func(f *scope.Facts) { *at(f) = scope.Num(v) })
	}
	return h
}

func truthHole(field string, set func(*scope.Facts, law.Truth)) hole {
	return hole{field, []func(*scope.Facts){
		func(f *scope.Facts) { set(f, law.True) }, func(f *scope.Facts) { set(f, law.False) }}}
}

// holes lists everything that is unknown about an organisation.
func holes(f *scope.Facts) []hole {
	var out []hole
	truth := func(v law.Truth, field string, set func(*scope.Facts, law.Truth)) {
		if v == law.Unknown {
			out = append(out, truthHole(field, set))
		}
	}
	truth(f.CERCritical, "cer_critical", func(f *scope.Facts, v law.Truth) { f.CERCritical = v })
	truth(f.DORAExempt, "dora_exempt", func(f *scope.Facts, v law.Truth) { f.DORAExempt = v })
	truth(f.NIS1OES, "nis1_oes", func(f *scope.Facts, v law.Truth) { f.NIS1OES = v })
	truth(f.NIS1OESBefore16January2023, "nis1_oes_before_2023_01_16", func(f *scope.Facts, v law.Truth) { f.NIS1OESBefore16January2023 = v })
	for _, name := range slices.Sorted(maps.Keys(f.Definition)) {
		truth(f.Definition[name], "facts."+name, func(f *scope.Facts, v law.Truth) { f.Definition[name] = v })
	}
	if _, stated := f.Definition[scope.RegionalRiskAssessment]; !stated {
		truth(law.Unknown, "facts."+scope.RegionalRiskAssessment, func(f *scope.Facts, v law.Truth) { f.Definition[scope.RegionalRiskAssessment] = v })
	}
	for _, name := range scope.OptionNames() {
		truth(f.National[name], "national."+name, func(f *scope.Facts, v law.Truth) { f.National[name] = v })
	}
	if f.Security == scope.SecurityUnknown {
		out = append(out, hole{"facts.security_activity", []func(*scope.Facts){
			func(f *scope.Facts) { f.Security = scope.SecurityPredominant }, func(f *scope.Facts) { f.Security = scope.SecurityNone }}})
	}
	if i := slices.Index(f.EntityTypes, "digital-infra.trust"); i >= 0 && !slices.ContainsFunc(f.EntityTypes, qualificationKnown) {
		out = append(out, hole{"entity_types", []func(*scope.Facts){
			func(f *scope.Facts) { f.EntityTypes[i] = "digital-infra.trust.qualified" },
			func(f *scope.Facts) { f.EntityTypes[i] = "digital-infra.trust.nonqualified" }}})
	}
	return append(out, figureHoles(f)...)
}

func qualificationKnown(id string) bool {
	return id == "digital-infra.trust.qualified" || id == "digital-infra.trust.nonqualified"
}

func figureHoles(f *scope.Facts) []hole {
	var out []hole
	people, money := geometric(1, 3000), geometric(1e6, 1e9)
	number := func(n scope.Number, field string, at func(*scope.Facts) *scope.Number, values []float64) {
		if !n.Known {
			out = append(out, numberHole(field, at, values))
		}
	}
	for i, y := range f.Figures {
		number(y.Employees, "figures.employees", func(f *scope.Facts) *scope.Number { return &f.Figures[i].Employees }, people)
		number(y.Turnover, "figures.turnover_eur", func(f *scope.Facts) *scope.Number { return &f.Figures[i].Turnover }, money)
		number(y.BalanceSheet, "figures.balance_sheet_eur", func(f *scope.Facts) *scope.Number { return &f.Figures[i].BalanceSheet }, money)
	}
	for i, l := range f.Linked {
		number(l.Employees, "linked.employees", func(f *scope.Facts) *scope.Number { return &f.Linked[i].Employees }, people)
		number(l.Turnover, "linked.turnover_eur", func(f *scope.Facts) *scope.Number { return &f.Linked[i].Turnover }, money)
		number(l.BalanceSheet, "linked.balance_sheet_eur", func(f *scope.Facts) *scope.Number { return &f.Linked[i].BalanceSheet }, money)
	}
	for i, p := range f.Partners {
		shares := []float64{0, 24.9, 25, 28, 33, 40, 45, 50, 50.5, 60, 70, 80, 90, 100}
		number(p.Share, "partners.share_pct", func(f *scope.Facts) *scope.Number { return &f.Partners[i].Share }, shares)
		number(p.Employees, "partners.employees", func(f *scope.Facts) *scope.Number { return &f.Partners[i].Employees }, people)
		number(p.Turnover, "partners.turnover_eur", func(f *scope.Facts) *scope.Number { return &f.Partners[i].Turnover }, money)
		number(p.BalanceSheet, "partners.balance_sheet_eur", func(f *scope.Facts) *scope.Number { return &f.Partners[i].BalanceSheet }, money)
		if p.Investor == law.Unknown {
			out = append(out, truthHole("partners.investor", func(f *scope.Facts, v law.Truth) { f.Partners[i].Investor = v }))
		}
	}
	return out
}

// clone copies what fills change.
func clone(f scope.Facts) scope.Facts {
	f.EntityTypes, f.Figures = slices.Clone(f.EntityTypes), slices.Clone(f.Figures)
	f.Linked, f.Partners = slices.Clone(f.Linked), slices.Clone(f.Partners)
	f.Definition, f.National = maps.Clone(f.Definition), maps.Clone(f.National)
	return f
}

// TestAgainstOracle: with everything known, the class is the one of the second reading.
func TestAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := complete(t, maker{t, 0}.facts())
		d := classify(f)
		if want := oracle(f); d.Class != want {
			t.Fatalf("got %s, want %s", d.Class, want)
		}
		checkGrounds(t, d)
	})
}

// complete fills every hole at random.
func complete(t *rapid.T, f scope.Facts) scope.Facts {
	f = clone(f)
	for _, h := range holes(&f) {
		rapid.SampledFrom(h.fills).Draw(t, h.field)(&f)
	}
	return f
}

// TestCompletionsStayPossible: whatever the unknowns turn out to be, the class
// is the decided one, or one of those still possible; and once the fields that
// are called missing are known, the class is decided.
func TestCompletionsStayPossible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := maker{t, 3}.facts()
		d := classify(f)
		checkGrounds(t, d)
		for range 5 {
			class := oracle(complete(t, f))
			if d.Class != law.Depends && class != d.Class || d.Class == law.Depends && !slices.Contains(d.CouldBe, class) {
				t.Fatalf("%s, could be %v, but a completion is %s", d.Class, d.CouldBe, class)
			}
		}
		g := clone(f)
		for _, h := range holes(&f) {
			if slices.Contains(d.Missing, h.field) {
				rapid.SampledFrom(h.fills).Draw(t, h.field)(&g)
			}
		}
		if e := classify(g); e.Class == law.Depends {
			t.Fatalf("missing %v was filled in, still missing %v", d.Missing, e.Missing)
		}
	})
}

// TestMissingIsExact tries every completion on a scale of figures: the possible
// classes are exactly those that occur, and a field is missing exactly when it
// changes the class in some completion of the others. With other enterprises the
// scale may miss the narrow span in which a field decides, so that there only
// what occurs must be named.
func TestMissingIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := maker{t, 1}.facts()
		all := holes(&f)
		for len(all) > 0 && combinations(all) > 4000 {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "settled")
			rapid.SampledFrom(all[i].fills).Draw(t, "as")(&f)
			all = slices.Delete(all, i, i+1)
		}
		d := classify(f)
		alone := len(f.Linked)+len(f.Partners) == 0
		seen := map[string]map[law.Class]bool{}
		classes := map[law.Class]bool{}
		deciding := map[string]bool{}
		visit(f, all, nil, func(g scope.Facts, choice []int) {
			class := oracle(g)
			classes[class] = true
			for _, h := range all {
				key := h.field + others(all, choice, h.field)
				if seen[key] == nil {
					seen[key] = map[law.Class]bool{}
				}
				seen[key][class] = true
				deciding[h.field] = deciding[h.field] || len(seen[key]) > 1
			}
		})
		for _, class := range []law.Class{law.Essential, law.Important, law.RegistrationOnly, law.Out} {
			possible := d.Class == class || slices.Contains(d.CouldBe, class)
			if possible != classes[class] && (alone || classes[class]) {
				t.Fatalf("%s possible: %v, occurs: %v; got %s %v", class, possible, classes[class], d.Class, d.CouldBe)
			}
		}
		for _, h := range all {
			if slices.Contains(d.Missing, h.field) != deciding[h.field] && (alone || deciding[h.field]) {
				t.Fatalf("missing %v, but %s decides: %v", d.Missing, h.field, deciding[h.field])
			}
		}
	})
}

func combinations(all []hole) int {
	n := 1
	for _, h := range all {
		n *= len(h.fills)
	}
	return n
}

// others names a completion of everything but one field.
func others(all []hole, choice []int, field string) string {
	s := ""
	for i, h := range all {
		if h.field != field {
			s += fmt.Sprint(",", choice[i])
		}
	}
	return s
}

func visit(f scope.Facts, all []hole, choice []int, use func(scope.Facts, []int)) {
	if len(choice) == len(all) {
		use(f, choice)
		return
	}
	for i, fill := range all[len(choice)].fills {
		g := clone(f)
		fill(&g)
		visit(g, all, append(slices.Clone(choice), i), use)
	}
}

// TestGrowthNeverLowers: more staff, turnover or balance sheet in every year
// never leads to a milder class (Recommendation 2003/361/EC Annex Arts. 2 and 4).
func TestGrowthNeverLowers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := complete(t, maker{t, 0}.facts())
		g := clone(f)
		for i := range g.Figures {
			g.Figures[i].Employees.Value += float64(rapid.IntRange(0, 300).Draw(t, "more staff"))
			g.Figures[i].Turnover.Value += float64(rapid.IntRange(0, 60e6).Draw(t, "more turnover"))
			g.Figures[i].BalanceSheet.Value += float64(rapid.IntRange(0, 60e6).Draw(t, "more balance"))
		}
		if before, after := classify(f).Class, classify(g).Class; after.Rank() < before.Rank() {
			t.Fatalf("grew from %s to %s", before, after)
		}
	})
}

// TestOrderIsIrrelevant: entity types, years and enterprises in another order.
func TestOrderIsIrrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := maker{t, 2}.facts()
		g := clone(f)
		slices.Reverse(g.EntityTypes)
		slices.Reverse(g.Figures)
		g.Linked, g.Partners = append(g.Linked, f.Linked...), append(g.Partners, f.Partners...)
		f = clone(g)
		slices.Reverse(g.Linked)
		slices.Reverse(g.Partners)
		a, b := classify(f), classify(g)
		if fmt.Sprint(a.Class, a.Size, a.CouldBe, a.Missing, a.Jurisdiction, a.JurisdictionBasis, a.EntityTypes) !=
			fmt.Sprint(b.Class, b.Size, b.CouldBe, b.Missing, b.Jurisdiction, b.JurisdictionBasis, b.EntityTypes) {
			t.Fatalf("%+v\nin another order: %+v", a, b)
		}
	})
}
