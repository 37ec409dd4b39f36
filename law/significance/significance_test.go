package significance_test

import (
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/significance"
)

const (
	dns         = "digital-infra.dns"
	tld         = "digital-infra.tld"
	cloud       = "digital-infra.cloud"
	dataCentre  = "digital-infra.datacentre"
	cdn         = "digital-infra.cdn"
	msp         = "ict-service.msp"
	mssp        = "ict-service.mssp"
	marketplace = "digital-provider.marketplace"
	search      = "digital-provider.search"
	social      = "digital-provider.social"
	trust       = "digital-infra.trust"
	hospital    = "health.provider"
)

// regulated lists one type for each article of the Implementing Regulation.
func regulated() []string {
	return []string{dns, tld, cloud, dataCentre, cdn, msp, mssp, marketplace, search, social, trust}
}

// f is shorthand for facts: booleans, numbers, nil for "stated as not known".
type f map[significance.Field]any

func (m f) facts(types ...string) significance.Facts {
	facts := significance.Facts{EntityTypes: types, TypesKnown: types != nil}
	for field, v := range m {
		switch v := v.(type) {
		case bool:
			facts.SetTruth(field, law.TruthOf(v))
		case int:
			facts.SetNumber(field, float64(v))
		case float64:
			facts.SetNumber(field, v)
		default:
			facts.SetUnknown(field)
		}
	}
	return facts
}

// quiet is an incident in which nothing is met and everything is known.
func quiet() f {
	return f{
		significance.Death: false, significance.HealthDamage: false, significance.UnavailableMinutes: 0, significance.LimitedMinutes: 0,
		significance.ResponseTime: 0, significance.PhysicalAccess: false, significance.DataCompromised: false, significance.MaliciousAccess: false,
		significance.SuspectedMalicious: false, significance.SevereDisruption: false, significance.TradeSecrets: false,
		significance.ConsiderableDamage: false, significance.SevereFinancialLoss: false, significance.Turnover: 100_000_000,
		significance.UsersTotal: 40_000_000, significance.UsersAffected: 0, significance.Loss: 0,
	}
}

func (m f) with(more f) f {
	all := f{}
	for field, v := range m {
		all[field] = v
	}
	for field, v := range more {
		all[field] = v
	}
	return all
}

func find(v significance.Verdict, rule string) (significance.Criterion, bool) {
	i := slices.IndexFunc(v.Criteria, func(c significance.Criterion) bool { return c.Rule == rule })
	if i < 0 {
		return significance.Criterion{}, false
	}
	return v.Criteria[i], true
}

func TestQuietIsNotSignificant(t *testing.T) {
	for _, typ := range append(regulated(), hospital, "digital-infra.ixp", "digital-infra.trust.qualified") {
		v := significance.Judge(quiet().facts(typ), significance.Options{})
		if v.Significant != law.False || v.Missing != nil {
			t.Errorf("%s: %v, missing %v", typ, v.Significant, v.Missing)
		}
	}
}

// boundary is one figure of the law: met above, not met at the figure or below.
type boundary struct {
	types             []string
	rule              string
	base              f // what must hold beside the figure
	field             significance.Field
	below, at, above  float64
	figure, threshold float64 // of the criterion when above
}

func boundaries() []boundary {
	out, hour := significance.UnavailableMinutes, significance.LimitedMinutes
	five := []string{cloud, cdn, msp, mssp}
	article := map[string]string{cloud: "7", cdn: "9", msp: "10", mssp: "10", marketplace: "11", search: "12", social: "13"}
	list := []boundary{
		{regulated(), "cir.sig.3.1.a", nil, significance.Loss, 499_999, 500_000, 500_001, 500_001, 500_000},
		{regulated(), "cir.sig.3.1.a", nil, significance.PossibleLoss, 499_999, 500_000, 500_001, 500_001, 500_000},
		{regulated(), "cir.sig.3.1.a", f{significance.Turnover: 1_000_000}, significance.Loss, 49_999, 50_000, 50_001, 50_001, 50_000},
		{regulated(), "cir.sig.3.1.a", f{significance.Turnover: 10_000_000}, significance.Loss, 499_999, 500_000, 500_001, 500_001, 500_000},
		{regulated(), "cir.sig.3.1.a", f{significance.Turnover: 9_999_980}, significance.Loss, 499_998, 499_999, 500_000, 500_000, 499_999},
		{regulated(), "cir.sig.4", f{significance.Occurrences: 2, significance.SameRootCause: true}, significance.RecurringLoss, 499_999, 500_000, 500_001, 2, 2},
		{[]string{dns}, "cir.sig.5.a", nil, out, 29, 30, 30.5, 30.5, 30},
		{[]string{dns}, "cir.sig.5.b", f{significance.ResponseTimeMinutes: 61}, significance.ResponseTime, 9.9, 10, 10.1, 10.1, 10},
		{[]string{dns}, "cir.sig.5.b", f{significance.ResponseTime: 11}, significance.ResponseTimeMinutes, 59, 60, 61, 11, 10},
		{[]string{tld}, "cir.sig.6.a", nil, out, 0, 0, 0.1, 0.1, 0},
		{[]string{tld}, "cir.sig.6.b", f{significance.ResponseTimeMinutes: 61}, significance.ResponseTime, 9.9, 10, 10.1, 10.1, 10},
		{[]string{dataCentre}, "cir.sig.8.a", nil, out, 0, 0, 1, 1, 0},
		{[]string{dataCentre}, "cir.sig.8.b", nil, hour, 59, 60, 61, 61, 60},
		{[]string{trust}, "cir.sig.14.a", nil, out, 19, 20, 21, 21, 20},
		{[]string{trust}, "cir.sig.14.b", nil, significance.UnavailableMinutesWeek, 59, 60, 61, 61, 60},
		{[]string{trust}, "cir.sig.14.c", f{hour: 1}, significance.UsersAffected, 199_999, 200_000, 200_001, 200_001, 200_000},
		{[]string{trust}, "cir.sig.14.c", f{hour: 1, significance.UsersTotal: 1000}, significance.UsersAffected, 9, 10, 11, 11, 10},
		{[]string{trust}, "cir.sig.14.c", f{hour: 1, significance.RelyingPartiesTotal: 1000}, significance.RelyingPartiesAffected, 9, 10, 11, 11, 10},
		{[]string{trust}, "cir.sig.14.e", f{significance.DataCompromised: true}, significance.UsersAffected, 99, 100, 101, 101, 100},
		{[]string{trust}, "cir.sig.14.e", f{significance.DataCompromised: true, significance.UsersTotal: 50_000}, significance.UsersAffected, 49, 50, 51, 51, 50},
	}
	for _, typ := range five {
		rule := "cir.sig." + article[typ]
		list = append(list,
			boundary{[]string{typ}, rule + ".a", nil, out, 29, 30, 31, 31, 30},
			boundary{[]string{typ}, rule + ".b", f{significance.UsersAffected: 1_000_001}, hour, 59, 60, 61, 1_000_001, 1_000_000},
			boundary{[]string{typ}, rule + ".b", f{hour: 61}, significance.UsersAffected, 999_999, 1_000_000, 1_000_001, 1_000_001, 1_000_000},
			boundary{[]string{typ}, rule + ".b", f{hour: 61, significance.UsersTotal: 2000}, significance.UsersAffected, 99, 100, 101, 101, 100},
		)
	}
	for _, typ := range []string{marketplace, search, social} {
		rule := "cir.sig." + article[typ]
		list = append(list,
			boundary{[]string{typ}, rule + ".a", f{significance.UsersAffected: 1_000_001}, out, 0, 0, 1, 1_000_001, 1_000_000},
			boundary{[]string{typ}, rule + ".b", f{significance.UsersAffected: 1_000_001}, hour, 0, 0, 1, 1_000_001, 1_000_000},
			boundary{[]string{typ}, rule + ".a", f{out: 1}, significance.UsersAffected, 999_999, 1_000_000, 1_000_001, 1_000_001, 1_000_000},
			boundary{[]string{typ}, rule + ".b", f{hour: 1, significance.UsersTotal: 2000}, significance.UsersAffected, 99, 100, 101, 101, 100},
		)
	}
	for _, typ := range append(five, marketplace, search, social) {
		list = append(list,
			boundary{[]string{typ}, "cir.sig." + article[typ] + ".d", f{significance.DataCompromised: true}, significance.UsersAffected, 999_999, 1_000_000, 1_000_001, 1_000_001, 1_000_000},
			boundary{[]string{typ}, "cir.sig." + article[typ] + ".d", f{significance.DataCompromised: true, significance.UsersTotal: 2000}, significance.UsersAffected, 99, 100, 101, 101, 100},
		)
	}
	return list
}

// Every comparison of the Implementing Regulation is strict: "more than".
func TestBoundaries(t *testing.T) {
	for _, b := range boundaries() {
		for _, typ := range b.types {
			for _, step := range []struct {
				value float64
				want  law.Truth
			}{{b.below, law.False}, {b.at, law.False}, {b.above, law.True}} {
				facts := quiet().with(b.base).with(f{b.field: step.value}).facts(typ)
				v := significance.Judge(facts, significance.Options{})
				c, ok := find(v, b.rule)
				if !ok || c.Met != step.want {
					t.Errorf("%s %s with %s = %v: %v, want %v", typ, b.rule, b.field, step.value, c.Met, step.want)
					continue
				}
				if v.Significant != step.want {
					t.Errorf("%s with %s = %v: verdict %v, want %v; %v", typ, b.field, step.value, v.Significant, step.want, v.Criteria)
				}
				figure, threshold := significance.Figure{Value: b.figure, Known: true}, significance.Figure{Value: b.threshold, Known: true}
				if step.want == law.True && (c.Figure != figure || c.Threshold != threshold) {
					t.Errorf("%s %s: figure %v of %v, want %v of %v", typ, b.rule, c.Figure, c.Threshold, b.figure, b.threshold)
				}
			}
		}
	}
}

func TestCriteriaWithoutFigures(t *testing.T) {
	malicious := f{significance.DataCompromised: true, significance.SuspectedMalicious: true}
	access := f{significance.MaliciousAccess: true, significance.SevereDisruptionPossible: true}
	for _, tc := range []struct {
		typ, rule string
		facts     f
		want      law.Truth
	}{
		{cloud, "cir.sig.3.1.b", f{significance.TradeSecrets: true}, law.True},
		{cloud, "cir.sig.3.1.b", f{significance.TradeSecretsPossible: true}, law.True},
		{cloud, "cir.sig.3.1.c", f{significance.Death: true}, law.True},
		{cloud, "cir.sig.3.1.c", f{significance.DeathPossible: true}, law.True},
		{cloud, "cir.sig.3.1.d", f{significance.HealthDamage: true}, law.True},
		{cloud, "cir.sig.3.1.d", f{significance.HealthDamagePossible: true}, law.True},
		{cloud, "cir.sig.3.1.e", access, law.True},
		{cloud, "cir.sig.3.1.e", f{significance.MaliciousAccess: true}, law.False},
		{cloud, "cir.sig.3.1.e", f{significance.MaliciousAccess: nil, significance.UnauthorisedAccess: true, significance.SuspectedMalicious: true, significance.SevereDisruption: true}, law.True},
		{cloud, "cir.sig.3.1.e", f{significance.MaliciousAccess: nil, significance.UnauthorisedAccess: true, significance.SuspectedMalicious: false, significance.SevereDisruption: true}, law.False},
		{cloud, "cir.sig.4", f{significance.Occurrences: 1, significance.SameRootCause: true, significance.RecurringLoss: 900_000}, law.False},
		{cloud, "cir.sig.4", f{significance.Occurrences: 2, significance.SameRootCause: false, significance.RecurringLoss: 900_000}, law.False},
		{cloud, "cir.sig.4", f{significance.Occurrences: 2, significance.SameRootCause: true, significance.RecurringLoss: 900_000}, law.True},
		{dns, "cir.sig.5.c", f{significance.DataCompromised: true}, law.True},
		{dns, "cir.sig.5.c", f{significance.DataCompromised: true, significance.AuthoritativeData: false}, law.False},
		{dns, "cir.sig.5.c", f{significance.DataCompromised: true, significance.Misconfiguration: true, significance.DomainNamesAffected: 999, significance.DomainNamesTotal: 99_900}, law.False},
		{dns, "cir.sig.5.c", f{significance.DataCompromised: true, significance.Misconfiguration: true, significance.DomainNamesAffected: 999, significance.DomainNamesTotal: 99_899}, law.True},
		{dns, "cir.sig.5.c", f{significance.DataCompromised: true, significance.Misconfiguration: true, significance.DomainNamesAffected: 1000, significance.DomainNamesTotal: 10_000_000}, law.True},
		{tld, "cir.sig.6.c", f{significance.DataCompromised: true}, law.True},
		{tld, "cir.sig.6.a", f{significance.UnavailableMinutes: nil, significance.Unavailable: true}, law.True},
		{dataCentre, "cir.sig.8.d", f{significance.PhysicalAccess: true}, law.True},
		{trust, "cir.sig.14.d", f{significance.PhysicalAccess: true}, law.True},
		{cloud, "cir.sig.7.c", malicious, law.True},
		{cloud, "cir.sig.7.c", f{significance.DataCompromised: true}, law.False},
		{cloud, "cir.sig.7.c", f{significance.DataCompromised: nil, significance.IntegrityCompromised: true, significance.SuspectedMalicious: true}, law.True},
		{dataCentre, "cir.sig.8.c", malicious, law.True},
		{cdn, "cir.sig.9.c", malicious, law.True},
		{mssp, "cir.sig.10.c", malicious, law.True},
		{marketplace, "cir.sig.11.c", malicious, law.True},
		{search, "cir.sig.12.c", malicious, law.True},
		{social, "cir.sig.13.c", malicious, law.True},
		{hospital, "nis2.sig.23.3.a", f{significance.SevereDisruption: true}, law.True},
		{hospital, "nis2.sig.23.3.a", f{significance.SevereDisruptionPossible: true}, law.True},
		{hospital, "nis2.sig.23.3.a", f{significance.SevereFinancialLoss: true}, law.True},
		{hospital, "nis2.sig.23.3.a", f{significance.SevereFinancialLoss: nil}, law.False}, // no loss at all
		{hospital, "nis2.sig.23.3.b", f{significance.ConsiderableDamage: true}, law.True},
		{hospital, "nis2.sig.23.3.b", f{significance.ConsiderableDamage: nil, significance.Death: true}, law.True},
	} {
		v := significance.Judge(quiet().with(tc.facts).facts(tc.typ), significance.Options{})
		c, ok := find(v, tc.rule)
		if !ok || c.Met != tc.want || v.Significant != tc.want {
			t.Errorf("%s %s with %v: criterion %v, verdict %v, want %v", tc.typ, tc.rule, tc.facts, c.Met, v.Significant, tc.want)
		}
	}
}

// Implementing Regulation (EU) 2024/2690 Art. 3(2): planned maintenance is
// never significant, and it has to be claimed.
func TestPlannedMaintenance(t *testing.T) {
	outage := f{significance.UnavailableMinutes: 500}
	for _, tc := range []struct {
		planned any
		want    law.Truth
		missing []string
	}{
		{true, law.False, nil},
		{false, law.True, nil},
		{nil, law.Unknown, []string{"planned_maintenance"}},
	} {
		v := significance.Judge(quiet().with(outage).with(f{significance.PlannedMaintenance: tc.planned}).facts(cloud), significance.Options{})
		if v.Significant != tc.want || !slices.Equal(v.Missing, tc.missing) {
			t.Errorf("planned %v: %v, missing %v", tc.planned, v.Significant, v.Missing)
		}
		if _, listed := find(v, "cir.sig.3.2"); listed != (tc.planned != false) {
			t.Errorf("planned %v: exclusion listed %v", tc.planned, listed)
		}
	}
	if v := significance.Judge(outage.facts(cloud), significance.Options{}); v.Significant != law.True {
		t.Errorf("an exclusion that nobody claims must not make the verdict %v", v.Significant)
	}
	v := significance.Judge(f{significance.PlannedMaintenance: true}.facts(hospital), significance.Options{})
	if _, listed := find(v, "nis2.sig.6.6"); v.Significant != law.False || !listed {
		t.Errorf("planned maintenance of a hospital: %v, %v", v.Significant, v.Criteria)
	}
}

// The answer is known as soon as the known facts suffice; what is listed as
// missing is what could change it, cheapest first.
func TestUnknowns(t *testing.T) {
	share := f{significance.LimitedMinutes: 61, significance.UsersTotal: nil}
	for _, tc := range []struct {
		name    string
		typ     string
		facts   f
		want    law.Truth
		missing []string
	}{
		{"loss above the absolute limit needs no turnover", cloud, f{significance.Loss: 500_001, significance.Turnover: nil}, law.True, nil},
		{"loss below it does", cloud, f{significance.Loss: 500_000, significance.Turnover: nil}, law.Unknown, []string{"turnover_eur"}},
		{"no loss does not", cloud, f{significance.Loss: 0, significance.Turnover: nil}, law.False, nil},
		{"loss not known", cloud, f{significance.Loss: nil}, law.Unknown, []string{"loss_eur"}},
		{"worse may come", cloud, f{significance.Loss: 10, significance.PossibleLoss: nil}, law.Unknown, []string{"possible_loss_eur"}},
		{"loss not known, nor the turnover", cloud, f{significance.Loss: nil, significance.Turnover: nil}, law.Unknown, []string{"turnover_eur", "loss_eur"}},
		{"a million users need no total", cloud, share.with(f{significance.UsersAffected: 1_000_001}), law.True, nil},
		{"fewer do", cloud, share.with(f{significance.UsersAffected: 1_000_000, significance.UsersAffectedPct: nil}), law.Unknown, []string{"users_total", "users_affected_pct"}},
		{"five percent is not more", cloud, share.with(f{significance.UsersAffected: 1_000_000, significance.UsersAffectedPct: 5}), law.False, nil},
		{"a percentage above suffices", cloud, share.with(f{significance.UsersAffected: nil, significance.UsersAffectedPct: 5.01}), law.True, nil},
		{"one below does not", cloud, share.with(f{significance.UsersAffected: nil, significance.UsersAffectedPct: 4}), law.Unknown, []string{"users_total", "users_affected"}},
		{"unless the total is small", cloud, f{significance.LimitedMinutes: 61, significance.UsersAffected: nil, significance.UsersAffectedPct: 4, significance.UsersTotal: 20_000_000}, law.False, nil},
		{"or large", cloud, f{significance.LimitedMinutes: 61, significance.UsersAffected: nil, significance.UsersAffectedPct: 4, significance.UsersTotal: 26_000_000}, law.True, nil},
		{"counts win over a rounded percentage", cloud, f{significance.LimitedMinutes: 61, significance.UsersAffected: 501, significance.UsersAffectedPct: 5, significance.UsersTotal: 10_000}, law.True, nil},
		{"short limitation needs no users", cloud, share.with(f{significance.LimitedMinutes: 60, significance.UsersAffected: nil}), law.False, nil},
		{"minutes not known", cloud, f{significance.UnavailableMinutes: nil}, law.Unknown, []string{"unavailable", "unavailable_minutes"}},
		{"minutes not known, no outage", cloud, f{significance.UnavailableMinutes: nil, significance.Unavailable: false}, law.False, nil},
		{"outage of a length not known", cloud, f{significance.UnavailableMinutes: nil, significance.Unavailable: true}, law.Unknown, []string{"unavailable_minutes"}},
		{"access without suspicion known", cloud, f{significance.MaliciousAccess: nil, significance.UnauthorisedAccess: true, significance.SevereDisruption: true, significance.SuspectedMalicious: nil}, law.Unknown, []string{"suspected_malicious", "malicious_access"}},
		{"cause of the compromise not known", cloud, f{significance.DataCompromised: true, significance.SuspectedMalicious: nil}, law.Unknown, []string{"suspected_malicious"}},
		{"wrong data, number not known", dns, f{significance.DataCompromised: true, significance.Misconfiguration: true}, law.Unknown, []string{"domain_names_total", "domain_names_affected"}},
		{"wrong data, cause not known", dns, f{significance.DataCompromised: true, significance.Misconfiguration: nil, significance.DomainNamesAffected: 5, significance.DomainNamesTotal: 9000}, law.Unknown, []string{"misconfiguration"}},
		{"slow, length not known", dns, f{significance.ResponseTime: 11, significance.LimitedMinutes: nil}, law.Unknown, []string{"limited", "limited_minutes", "response_time_minutes"}},
		{"week not known", trust, f{significance.UnavailableMinutes: 20, significance.UnavailableMinutesWeek: nil}, law.Unknown, []string{"unavailable_minutes_week"}},
		{"relying parties, total not known", trust, f{significance.LimitedMinutes: 5, significance.RelyingPartiesAffected: 300}, law.Unknown, []string{"relying_parties_total", "relying_parties_affected_pct"}},
		{"recurring, loss not known", cloud, f{significance.Occurrences: 3, significance.SameRootCause: true}, law.Unknown, []string{"recurring_loss_eur"}},
		{"how severe a loss is", hospital, f{significance.Loss: 10, significance.SevereFinancialLoss: nil}, law.Unknown, []string{"severe_financial_loss"}},
		{"damage not judged", hospital, f{significance.ConsiderableDamage: nil}, law.Unknown, []string{"considerable_damage"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := significance.Judge(quiet().with(tc.facts).facts(tc.typ), significance.Options{})
			if v.Significant != tc.want || !slices.Equal(v.Missing, tc.missing) {
				t.Errorf("%v, missing %v; want %v, missing %v\n%+v", v.Significant, v.Missing, tc.want, tc.missing, v.Criteria)
			}
		})
	}
}

func TestEntityTypes(t *testing.T) {
	for _, typ := range annex.All() {
		v := significance.Judge(quiet().facts(typ.ID), significance.Options{})
		_, regulated := find(v, "cir.sig.3.1.a")
		_, general := find(v, "nis2.sig.23.3.a")
		if want := typ.In(annex.CIR2690); regulated != want || general == want {
			t.Errorf("%s: criteria of the Implementing Regulation %v, of the directive %v", typ.ID, regulated, general)
		}
	}
	v := significance.Judge(quiet().facts(), significance.Options{})
	if v.Significant != law.Unknown || !slices.Equal(v.Missing, []string{"entity_types"}) {
		t.Errorf("types not known: %v, missing %v", v.Significant, v.Missing)
	}
	v = significance.Judge(f{significance.Death: true}.facts(), significance.Options{})
	if v.Significant != law.True {
		t.Errorf("a death is significant whatever the type: %v", v.Significant)
	}
	v = significance.Judge(quiet().facts([]string{}...), significance.Options{})
	if v.Significant != law.False {
		t.Errorf("no listed activity, nothing happened: %v", v.Significant)
	}
	if v = significance.Judge(significance.Facts{TypesKnown: true}, significance.Options{}); len(v.Criteria) != 2 {
		t.Errorf("no listed activity: %v", v.Criteria)
	}
	v = significance.Judge(quiet().with(f{significance.UnavailableMinutes: 25}).facts(cloud, trust), significance.Options{})
	if c, _ := find(v, "cir.sig.14.a"); v.Significant != law.True || c.Met != law.True {
		t.Errorf("each role counts: %v", v.Criteria)
	}
}

func TestNationalThreshold(t *testing.T) {
	limit := significance.Options{National: []significance.Limit{{Rule: "xx.sig.1", Citation: "national act § 1", Field: significance.UsersAffected, Above: 500}}}
	for users, want := range map[int]law.Truth{500: law.False, 501: law.True} {
		for _, typ := range []string{cloud, hospital} {
			v := significance.Judge(quiet().with(f{significance.UsersAffected: users}).facts(typ), limit)
			c, ok := find(v, "xx.sig.1")
			if v.Significant != want || !ok || c.Met != want || c.Union() {
				t.Errorf("%d users of %s: %v, %v", users, typ, v.Significant, c)
			}
		}
	}
}

// Implementing Regulation (EU) 2024/2690 Art. 4: six months back by date, same
// apparent root cause, losses together.
func TestRecur(t *testing.T) {
	known := func(v float64) significance.Figure { return significance.Figure{Value: v, Known: true} }
	on := func(day, cause string, loss significance.Figure) significance.Occurrence {
		return significance.Occurrence{On: law.MustDate(day), RootCause: cause, Loss: loss}
	}
	latest := on("2026-08-31", "expired certificate", known(200_000))
	unknown := significance.Figure{}
	big := on("2026-05-01", "expired certificate", known(300_001))
	severe := big
	severe.Significant = true
	for _, tc := range []struct {
		name    string
		earlier []significance.Occurrence
		want    law.Truth
	}{
		{"alone", nil, law.False},
		{"together above the limit", []significance.Occurrence{big}, law.True},
		{"together at the limit", []significance.Occurrence{on("2026-05-01", "expired certificate", known(300_000))}, law.False},
		{"first day of the six months", []significance.Occurrence{on("2026-02-28", "expired certificate", known(300_001))}, law.True},
		{"a day too early", []significance.Occurrence{on("2026-02-27", "expired certificate", known(300_001))}, law.False},
		{"after the latest", []significance.Occurrence{on("2026-09-01", "expired certificate", known(300_001))}, law.False},
		{"other cause", []significance.Occurrence{on("2026-05-01", "fire", known(300_001))}, law.False},
		{"cause not known", []significance.Occurrence{on("2026-05-01", "", known(300_001))}, law.False},
		{"significant on its own", []significance.Occurrence{severe}, law.False},
		{"loss not known", []significance.Occurrence{on("2026-05-01", "expired certificate", unknown)}, law.Unknown},
		{"one loss not known, the others suffice", []significance.Occurrence{big, on("2026-06-01", "expired certificate", unknown)}, law.True},
	} {
		facts := quiet().facts(cloud)
		facts.Recur(latest, tc.earlier)
		if v := significance.Judge(facts, significance.Options{}); v.Significant != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, v.Significant, tc.want)
		}
	}
}

// An incident that is significant on its own is no recurrence, whatever its loss.
func TestRecurOfASignificantIncident(t *testing.T) {
	latest := significance.Occurrence{On: law.MustDate("2026-08-31"), RootCause: "fire", Significant: true}
	earlier := latest
	earlier.Significant = false
	facts := quiet().facts(cloud)
	facts.Recur(latest, []significance.Occurrence{earlier})
	loss, known := facts.Number(significance.RecurringLoss)
	if n, _ := facts.Number(significance.Occurrences); n != 1 || facts.Truth(significance.SameRootCause) != law.False || !known || loss != 0 {
		t.Errorf("%v occurrences, same cause %v, loss %v known %v", n, facts.Truth(significance.SameRootCause), loss, known)
	}
	if v := significance.Judge(facts, significance.Options{}); v.Significant != law.False {
		t.Errorf("verdict %v, missing %v", v.Significant, v.Missing)
	}
}

// The outage itself is part of its calendar week, Implementing Regulation (EU)
// 2024/2690 Art. 14(b).
func TestWeekHoldsTheOutage(t *testing.T) {
	for _, tc := range []struct {
		name   string
		facts  f
		met    law.Truth
		figure significance.Figure
	}{
		{"the outage is longer than the week that was stated", f{significance.UnavailableMinutes: 61, significance.UnavailableMinutesWeek: 10}, law.True, significance.Figure{Value: 61, Known: true}},
		{"the outage suffices", f{significance.UnavailableMinutes: 61, significance.UnavailableMinutesWeek: nil}, law.True, significance.Figure{Value: 61, Known: true}},
		{"the outage is as long as the limit", f{significance.UnavailableMinutes: 60, significance.UnavailableMinutesWeek: nil}, law.Unknown, significance.Figure{}},
		{"the week is longer than the outage", f{significance.UnavailableMinutes: 5, significance.UnavailableMinutesWeek: 61}, law.True, significance.Figure{Value: 61, Known: true}},
		{"neither", f{significance.UnavailableMinutes: 5, significance.UnavailableMinutesWeek: 6}, law.False, significance.Figure{Value: 6, Known: true}},
	} {
		c, ok := find(significance.Judge(quiet().with(tc.facts).facts(trust), significance.Options{}), "cir.sig.14.b")
		if !ok || c.Met != tc.met || tc.figure.Known && c.Figure != tc.figure {
			t.Errorf("%s: %v with %v, want %v with %v", tc.name, c.Met, c.Figure, tc.met, tc.figure)
		}
	}
	// A limited service is not as long limited as it was unavailable.
	facts := quiet().with(f{significance.UnavailableMinutes: 29, significance.LimitedMinutes: 0, significance.UsersAffected: 2_000_000}).facts(cloud)
	if c, ok := find(significance.Judge(facts, significance.Options{}), "cir.sig.7.b"); !ok || c.Met != law.False {
		t.Errorf("29 minutes unavailable and none limited: %v", c.Met)
	}
}

// TestUsersWithoutTotal has the figure, the limit and the unit that people are shown
// while it is not known how many users there are, for the share of Implementing Regulation (EU) 2024/2690 Art. 7(b).
func TestUsersWithoutTotal(t *testing.T) {
	known := func(v float64) significance.Figure { return significance.Figure{Value: v, Known: true} }
	base := quiet().with(f{significance.LimitedMinutes: 61, significance.UsersTotal: nil})
	for _, tc := range []struct {
		name              string
		facts             f
		met               law.Truth
		figure, threshold significance.Figure
		unit              significance.Unit
	}{
		{"more than a million", f{significance.UsersAffected: 1_000_001}, law.True, known(1_000_001), known(1_000_000), significance.Users},
		{"a million, share not known", f{significance.UsersAffected: 1_000_000}, law.Unknown, known(1_000_000), significance.Figure{}, significance.Users},
		{"more than five per cent", f{significance.UsersAffected: nil, significance.UsersAffectedPct: 5.1}, law.True, known(5.1), known(5), significance.Percent},
		{"five per cent", f{significance.UsersAffected: nil, significance.UsersAffectedPct: 5}, law.Unknown, known(5), known(5), significance.Percent},
	} {
		c, ok := find(significance.Judge(base.with(tc.facts).facts(cloud), significance.Options{}), "cir.sig.7.b")
		if !ok || c.Met != tc.met || c.Figure != tc.figure || c.Threshold != tc.threshold || c.Unit != tc.unit {
			t.Errorf("%s: %v, %v of %v %v; want %v, %v of %v %v", tc.name, c.Met, c.Figure, c.Threshold, c.Unit, tc.met, tc.figure, tc.threshold, tc.unit)
		}
	}
}
