package scope

import (
	"maps"
	"math"
	"math/bits"

	"github.com/nisaba-platform/nisaba/law"
)

// nearest finds the smallest single change that would bring an organisation
// into scope: headcount or money when a size rule is near, else a fact. It is
// nil when no single change does.
func (m *model) nearest(opt *Options) *Near {
	if !m.facts.EntityTypesKnown {
		return nil
	}
	if !m.mayBeExcluded() {
		if near := m.nearestSize(); near != nil {
			return near
		}
	}
	return m.nearestFact(opt)
}

// nearestSize looks at the small ceilings in the latest year. It is nil when what is
// unknown leaves open whether they are exceeded, or by how much they are missed.
func (m *model) nearestSize() *Near {
	least, most := m.latest(m.sizer.low, lowest), m.latest(m.sizer.high, highest)
	c := m.regime.ceilings[aboveSmall-1]
	level := max(aboveSmall, levelOf([]figures{least}, m.regime.ceilings))
	if c.exceeded(most) && levelOf([]figures{most}, m.regime.ceilings) != levelOf([]figures{least}, m.regime.ceilings) {
		return nil
	}
	best := m.strictestAt(level)
	if best.rule == none {
		return nil
	}
	near := &Near{Ground: m.ground(best)}
	class := law.Message{Key: "scope.class." + string(near.Ground.Class)}
	people := math.Ceil(c.staff - least[staff])
	field, amount := moneyGap(c, least, most)
	switch {
	case c.exceeded(least):
		near.Text = law.Say("scope.near.second-year", "class", class)
	case field != "" && (math.IsInf(most[staff], 1) || amount/c.turnover < people/c.staff):
		near.Text = law.Say("scope.near."+field, "amount", amount, "class", class)
	case math.IsInf(most[staff], 1):
		return nil
	default:
		near.Text = law.Say("scope.near.headcount", "count", int(people), "class", class)
	}
	return near
}

// latest are the figures of the latest year, with those of the group when they count.
func (m *model) latest(own []figures, unknown fill) figures {
	var extra figures
	if m.independent != law.True {
		extra = groupFigures(m.facts.Linked, m.facts.Partners, nil, unknown)
	}
	return own[len(own)-1].plus(extra, 100)
}

// strictestAt is the strictest rule that a claim would meet at a level.
func (m *model) strictestAt(l level) (best fired) {
	s := situation{level: l, pa: m.pa == law.True, trust: m.trust == law.True}
	for i := range m.claims {
		c := &m.claims[i]
		if g := m.result(c, s, c.a == law.True, c.b == law.True); g.rank > best.rank {
			best = g
		}
	}
	return best
}

// moneyGap is the amount in euros by which the one money figure that is still
// at or below the ceiling would have to grow; "" when the other does not exceed its
// own for certain.
func moneyGap(c ceiling, least, most figures) (field string, euros float64) {
	switch {
	case least[turnover] > c.turnover && most[balance] <= c.balance:
		return "balance", math.Floor(c.balance-least[balance]) + 1
	case least[balance] > c.balance && most[turnover] <= c.turnover:
		return "turnover", math.Floor(c.turnover-least[turnover]) + 1
	}
	return "", 0
}

// nearestFact turns, one by one, the facts that keep the organisation out.
func (m *model) nearestFact(opt *Options) *Near {
	f := *m.facts
	try := func(name string, changed Facts) *Near {
		var with model
		with.init(&changed, opt)
		reach := with.reachable()
		if reach&(reach-1) != 0 || reach == 1 {
			return nil
		}
		class := classOf(uint8(bits.TrailingZeros8(uint8(reach))))
		near := &Near{Text: law.Say("scope.near.fact", "fact", law.Message{Key: "scope.field." + name},
			"class", law.Message{Key: "scope.class." + string(class)})}
		if g := with.grounds(class); len(g) > 0 {
			near.Ground = g[0]
		}
		return near
	}
	for _, d := range definitions {
		if f.Definition[d.fact] == d.removes {
			if near := try(d.fact, f.with(d.fact, d.removes.Not())); near != nil {
				return near
			}
		}
	}
	return m.nearestStatus(f, try)
}

// nearestStatus turns the facts that are no definitions.
func (m *model) nearestStatus(f Facts, try func(string, Facts) *Near) *Near {
	if f.DORAExempt == law.True {
		changed := f
		changed.DORAExempt = law.False
		if near := try("dora_exempt", changed); near != nil {
			return near
		}
	}
	if f.Security == SecurityPredominant {
		changed := f
		changed.Security = SecurityMarginal
		if near := try("security_activity", changed); near != nil {
			return near
		}
	}
	if f.Definition[RegionalRiskAssessment] == law.False {
		if near := try(RegionalRiskAssessment, f.with(RegionalRiskAssessment, law.True)); near != nil {
			return near
		}
	}
	for _, name := range []string{OptionLocal, OptionEducation, OptionOES} {
		changed := f
		changed.National = maps.Clone(f.National)
		if changed.National == nil {
			changed.National = map[string]law.Truth{}
		}
		changed.National[name] = law.True
		if near := try(name, changed); near != nil {
			return near
		}
	}
	return nil
}

// with is a copy of the facts with one of Definition changed.
func (f Facts) with(name string, v law.Truth) Facts {
	f.Definition = maps.Clone(f.Definition)
	if f.Definition == nil {
		f.Definition = map[string]law.Truth{}
	}
	f.Definition[name] = v
	return f
}
