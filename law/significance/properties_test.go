package significance_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// numbers are values around every figure of the law.
var numbers = map[significance.Unit][]float64{
	significance.Euros:       {0, 1, 49_999, 50_000, 50_001, 499_999, 500_000, 500_001, 9_999_999, 10_000_000, 2_000_000_000},
	significance.Minutes:     {0, 0.5, 1, 20, 20.5, 30, 31, 59, 60, 61, 5000},
	significance.Seconds:     {0, 9.5, 10, 10.5, 60},
	significance.Percent:     {0, 0.1, 0.2, 1, 1.5, 5, 5.5, 100},
	significance.Users:       {0, 1, 50, 100, 101, 1000, 2000, 200_000, 200_001, 1_000_000, 1_000_001, 20_000_000, 300_000_000},
	significance.DomainNames: {0, 1, 999, 1000, 99_900, 5_000_000},
	significance.Times:       {0, 1, 2, 3},
	significance.Months:      {0, 5.5, 6, 6.5, 12},
}

// draw states the field with a random known value.
func draw(rt *rapid.T, facts *significance.Facts, field significance.Field) {
	if unit := field.Info().Unit; unit != significance.YesNo {
		facts.SetNumber(field, rapid.SampledFrom(numbers[unit]).Draw(rt, field.String()))
		return
	}
	facts.SetTruth(field, law.TruthOf(rapid.Bool().Draw(rt, field.String())))
}

// incident draws facts of which some are absent, unknown or known.
func incident(rt *rapid.T) significance.Facts {
	types := rapid.SliceOfNDistinct(rapid.SampledFrom(append(regulated(), hospital)), 1, 2, rapid.ID[string]).Draw(rt, "types")
	facts := significance.Facts{EntityTypes: types, TypesKnown: true}
	for _, info := range significance.Fields() {
		switch rapid.IntRange(0, 5).Draw(rt, "how "+info.Name) {
		case 0:
		case 1:
			facts.SetUnknown(info.Field)
		default:
			draw(rt, &facts, info.Field)
		}
	}
	return facts
}

// harms are the facts of which more is worse.
var harms = []significance.Field{
	significance.Death, significance.DeathPossible, significance.HealthDamage, significance.HealthDamagePossible, significance.Unavailable,
	significance.Limited, significance.UnavailableMinutes, significance.LimitedMinutes, significance.UnavailableMinutesWeek,
	significance.ResponseTime, significance.ResponseTimeMinutes, significance.PhysicalAccess, significance.DataCompromised,
	significance.ConfidentialityCompromised, significance.IntegrityCompromised, significance.AuthenticityCompromised,
	significance.SuspectedMalicious, significance.UnauthorisedAccess, significance.MaliciousAccess, significance.SevereDisruption,
	significance.SevereDisruptionPossible, significance.TradeSecrets, significance.TradeSecretsPossible, significance.ConsiderableDamage,
	significance.ConsiderableDamagePossible, significance.SevereFinancialLoss, significance.DomainNamesAffected, significance.DataCompromisedMaliciously,
	significance.UsersAffectedPct, significance.UsersAffected, significance.UsersContract, significance.UsersAssociated, significance.RelyingPartiesAffectedPct, significance.RelyingPartiesAffected,
	significance.SameRootCause, significance.Occurrences, significance.RecurringLoss, significance.Loss, significance.PossibleLoss,
}

// More harm never makes a significant incident less.
func TestMoreHarmIsNeverLess(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := incident(rt)
		before := significance.Judge(facts, significance.Options{})
		if before.Significant != law.True {
			return
		}
		field := rapid.SampledFrom(harms).Draw(rt, "harm")
		if n, ok := facts.Number(field); field.Info().Unit == significance.YesNo {
			facts.SetTruth(field, law.True)
		} else if ok && facts.Stated(field) {
			facts.SetNumber(field, n+rapid.SampledFrom([]float64{0.5, 1, 50, 1_000_000}).Draw(rt, "more"))
		}
		if after := significance.Judge(facts, significance.Options{}); after.Significant != law.True {
			rt.Fatalf("more %s turns significant into %v", field, after.Significant)
		}
	})
}

// What becomes known never contradicts a verdict that was known before.
func TestKnowledgeNeverContradicts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := incident(rt)
		before := significance.Judge(facts, significance.Options{})
		var open []significance.Field
		for _, info := range significance.Fields() {
			if facts.Stated(info.Field) && !isKnown(&facts, info.Field) {
				open = append(open, info.Field)
			}
		}
		if len(open) == 0 || !before.Significant.Known() {
			return
		}
		field := rapid.SampledFrom(open).Draw(rt, "found out")
		filled := facts
		draw(rt, &filled, field)
		if contradictory(&filled) {
			return
		}
		if after := significance.Judge(filled, significance.Options{}); after.Significant != before.Significant {
			rt.Fatalf("%s turns %v into %v", field, before.Significant, after.Significant)
		}
	})
}

func isKnown(facts *significance.Facts, field significance.Field) bool {
	if field.Info().Unit == significance.YesNo {
		return facts.Truth(field).Known()
	}
	_, ok := facts.Number(field)
	return ok
}

// contradictory reports facts that cannot be true together: what happened was
// not possible, an outage of some minutes did not happen, a part is more than
// the whole.
func contradictory(facts *significance.Facts) bool {
	for _, info := range significance.Fields() {
		if info.Absent != significance.AsOther || !facts.Stated(info.Field) || !facts.Stated(info.Other) {
			continue
		}
		if info.Unit == significance.YesNo && facts.Truth(info.Other) == law.True && facts.Truth(info.Field) == law.False {
			return true
		}
		possible, ok := facts.Number(info.Field)
		if actual, known := facts.Number(info.Other); info.Unit != significance.YesNo && ok && known && actual > possible {
			return true
		}
	}
	for _, outage := range [][2]significance.Field{{significance.UnavailableMinutes, significance.Unavailable}, {significance.LimitedMinutes, significance.Limited}} {
		if n, ok := facts.Number(outage[0]); ok && facts.Truth(outage[1]).Known() && (n > 0) != (facts.Truth(outage[1]) == law.True) {
			return true
		}
	}
	if facts.Truth(significance.MaliciousAccess) == law.True && facts.Truth(significance.SuspectedMalicious) == law.False {
		return true
	}
	return countedTwice(facts) || partExceedsWhole(facts) || judgedDeath(facts) || wholeAgainstParts(facts)
}

// countedTwice reports users whose number and parts disagree, or that were
// counted in parts beside a total or percentage that says otherwise.
func countedTwice(facts *significance.Facts) bool {
	contract, okContract := facts.Number(significance.UsersContract)
	associated, okAssociated := facts.Number(significance.UsersAssociated)
	if !okContract && !okAssociated {
		return false
	}
	n, ok := facts.Number(significance.UsersAffected)
	_, okPct := facts.Number(significance.UsersAffectedPct)
	total, okTotal := facts.Number(significance.UsersTotal)
	sum := contract + associated
	return ok && (sum > n || okContract && okAssociated && sum != n) || okPct || okTotal && sum > total
}

func partExceedsWhole(facts *significance.Facts) bool {
	for _, affected := range []significance.Field{significance.UsersAffected, significance.RelyingPartiesAffected} {
		n, ok := facts.Number(affected)
		pct, okPct := facts.Number(affected - 1)
		total, okTotal := facts.Number(affected - 2)
		if ok && okTotal && n > total || okPct && ok && okTotal && total > 0 && (n/total*100 > pct+0.01 || n/total*100 < pct-0.01) || okPct && ok && (pct == 0) != (n == 0) {
			return true
		}
	}
	return false
}

func judgedDeath(facts *significance.Facts) bool {
	harm := law.Unknown
	for _, f := range []significance.Field{significance.Death, significance.DeathPossible, significance.HealthDamage, significance.HealthDamagePossible} {
		if facts.Truth(f) == law.True {
			harm = law.True
		}
	}
	damage := facts.Truth(significance.ConsiderableDamage).Or(facts.Truth(significance.ConsiderableDamagePossible))
	loss, ok := facts.Number(significance.PossibleLoss)
	return harm == law.True && damage != law.True || ok && loss == 0 && facts.Truth(significance.SevereFinancialLoss) != law.False
}

func wholeAgainstParts(facts *significance.Facts) bool {
	parts := facts.Truth(significance.ConfidentialityCompromised).Or(facts.Truth(significance.IntegrityCompromised)).Or(facts.Truth(significance.AuthenticityCompromised))
	whole := facts.Truth(significance.DataCompromised)
	access := facts.Truth(significance.UnauthorisedAccess).And(facts.Truth(significance.SuspectedMalicious))
	malicious := facts.Truth(significance.MaliciousAccess)
	attack := facts.Truth(significance.DataCompromisedMaliciously)
	if attack == law.True && (whole == law.False || parts == law.False || facts.Truth(significance.SuspectedMalicious) == law.False) ||
		attack == law.False && whole.Or(parts) == law.True && facts.Truth(significance.SuspectedMalicious).Or(malicious) == law.True {
		return true
	}
	return whole.Known() && parts.Known() && whole != parts || malicious.Known() && access.Known() && malicious != access
}

// A fact that is stated as not known and not listed as missing does not matter.
func TestOnlyMissingFactsMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := incident(rt)
		before := significance.Judge(facts, significance.Options{})
		if before.Significant.Known() {
			if before.Missing != nil {
				rt.Fatalf("verdict %v and still missing %v", before.Significant, before.Missing)
			}
			return
		}
		if len(before.Missing) == 0 {
			rt.Fatal("the verdict is unknown and nothing is missing")
		}
		if !slices.IsSortedFunc(before.Missing, func(a, b string) int { return position(a) - position(b) }) {
			rt.Fatalf("missing facts out of order: %v", before.Missing)
		}
		filled := facts
		var changed []string
		for _, info := range significance.Fields() {
			if facts.Stated(info.Field) && !isKnown(&facts, info.Field) && !slices.Contains(before.Missing, info.Name) && rapid.Bool().Draw(rt, "find "+info.Name) {
				draw(rt, &filled, info.Field)
				changed = append(changed, info.Name)
			}
		}
		if contradictory(&filled) {
			return
		}
		if after := significance.Judge(filled, significance.Options{}); after.Significant.Known() {
			rt.Fatalf("%v were not missing and make the verdict %v; missing were %v", changed, after.Significant, before.Missing)
		}
	})
}

func position(name string) int {
	return slices.IndexFunc(significance.Fields(), func(i significance.FieldInfo) bool { return i.Name == name })
}

// Knowing every missing fact decides, however they turn out.
func TestMissingFactsDecide(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		facts := incident(rt)
		for range 4 { // an answer can make another fact matter
			v := significance.Judge(facts, significance.Options{})
			for _, name := range v.Missing {
				draw(rt, &facts, significance.Field(position(name)))
			}
		}
		if v := significance.Judge(facts, significance.Options{}); !v.Significant.Known() {
			rt.Fatalf("still unknown, missing %v", v.Missing)
		}
	})
}
