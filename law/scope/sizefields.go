package scope

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
)

// slot is one unknown that the size rests on: a number, whether a partner is an
// exempted investor, or whether recital 16 applies. It points into a trial.
type slot struct {
	field   fieldSet
	number  *Number
	truth   *law.Truth
	alone   *bool
	measure int      // of a figure
	partner *Partner // of a share, or of a figure that counts pro rata
}

// The fields behind a measure.
var (
	ownFields     = [3]fieldSet{fEmployees, fTurnover, fBalance}
	linkedFields  = [3]fieldSet{fLinkedEmployees, fLinkedTurnover, fLinkedBalance}
	partnerFields = [3]fieldSet{fPartnerEmployees, fPartnerTurnover, fPartnerBalance}
)

// maxTrials bounds the exact search of decidingFields, counted in combinations
// times enterprises; beyond it every unknown field of an open ceiling is named.
const maxTrials = 1 << 14

// trial is a copy of the figures whose unknowns are filled in by way of trial.
type trial struct {
	ceiling     ceiling
	years       []Figures
	linked      []Linked
	partners    []Partner
	enterprises int       // in the group
	alone       bool      // recital 16: without other enterprises
	base        []figures // lowest figures by year
	slots       []slot
	values      []figures
}

// decidingFields are the fields of which the value changes, in some completion
// of the others, whether the ceiling is effectively exceeded. independent says
// whether recital 16 applies, and independentFields what decides that. Every
// figure moves the answer in one direction only, so for the field in question
// its two ends suffice; for the others the values are tried at which something
// happens.
func (s *sizer) decidingFields(c ceiling, independent law.Truth, independentFields fieldSet) fieldSet {
	t := trial{ceiling: c, years: slices.Clone(s.years), values: make([]figures, len(s.years))}
	for i := range t.years {
		y := &t.years[i]
		t.addFigures(ownFields, nil, &y.Employees, &y.Turnover, &y.BalanceSheet)
	}
	if independent != law.True {
		t.linked, t.partners = cloneLinked(s.facts.Linked), clonePartners(s.facts.Partners)
		t.addLinked(t.linked, linkedFields, nil)
		t.addPartners(t.partners)
	}
	if independent == law.Unknown {
		t.slots = append(t.slots, slot{field: independentFields, alone: &t.alone})
	}
	t.base = withGroup(s.low, groupFigures(t.linked, t.partners, nil, lowest))
	var all, deciding fieldSet
	candidates, trials := make([][]float64, len(t.slots)), 1+t.enterprises
	for i := range t.slots {
		all |= t.slots[i].field
		candidates[i] = t.candidates(&t.slots[i])
		trials = min(trials*len(candidates[i]), maxTrials+1)
	}
	if trials > maxTrials {
		return all
	}
	for i := range t.slots {
		if field := t.slots[i].field; deciding&field == 0 && t.flips(field, candidates, 0) {
			deciding |= field
		}
	}
	return deciding
}

func cloneLinked(list []Linked) []Linked {
	list = slices.Clone(list)
	for i := range list {
		list[i].Partners = clonePartners(list[i].Partners)
	}
	return list
}

func clonePartners(list []Partner) []Partner {
	list = slices.Clone(list)
	for i := range list {
		list[i].Linked = cloneLinked(list[i].Linked)
	}
	return list
}

func (t *trial) addFigures(names [3]fieldSet, partner *Partner, numbers ...*Number) {
	for m, n := range numbers {
		if !n.Known {
			t.slots = append(t.slots, slot{field: names[m], number: n, measure: m, partner: partner})
		}
	}
}

func (t *trial) addLinked(linked []Linked, names [3]fieldSet, partner *Partner) {
	for i := range linked {
		l := &linked[i]
		t.enterprises++
		t.addFigures(names, partner, &l.Employees, &l.Turnover, &l.BalanceSheet)
		t.addPartners(l.Partners)
	}
}

func (t *trial) addPartners(partners []Partner) {
	for i := range partners {
		p := &partners[i]
		t.enterprises++
		if p.counted(highest) == 0 {
			continue
		}
		if !p.Share.Known {
			t.slots = append(t.slots, slot{field: fShare, number: &p.Share, partner: p})
		}
		if p.Investor == law.Unknown && p.Share.or(partnerFrom) <= investorUpTo {
			t.slots = append(t.slots, slot{field: fInvestor, truth: &p.Investor})
		}
		t.addFigures(partnerFields, p, &p.Employees, &p.Turnover, &p.BalanceSheet)
		t.addLinked(p.Linked, partnerFields, p)
	}
}

// candidates are the values of an unknown that can make a difference: its ends,
// for a share where the investors' exemption ends, and where other enterprises
// count the values at which a year meets or just misses the ceiling.
func (t *trial) candidates(x *slot) []float64 {
	if x.number == nil {
		return []float64{0, 1}
	}
	share := x.field == fShare
	values := []float64{0, infinity}
	if share {
		values = []float64{0, investorUpTo, investorUpTo + 0.001, 100}
	}
	if len(t.linked)+len(t.partners) == 0 {
		return values
	}
	for _, low := range t.base {
		for m, least := range t.ceiling.leastAbove() {
			gap, below := least-low[m], least-low[m]-justBelow[m]
			switch {
			case gap <= 0:
			case share:
				full := x.partner.figures(lowest)[m]
				for _, v := range []float64{100 * gap / full, 100 * below / full} {
					if full > 0 && v >= partnerFrom && v <= 100 {
						values = append(values, v)
					}
				}
			case m != x.measure:
			case x.partner != nil && x.partner.Share.Known:
				values = append(values, 100*gap/x.partner.Share.Value, 100*below/x.partner.Share.Value)
			default:
				values = append(values, gap, below)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// justBelow is how far below leastAbove a figure is tried.
var justBelow = figures{0.001, 1, 1}

// leastAbove are the lowest whole figures that exceed the ceiling.
func (c ceiling) leastAbove() figures { return figures{c.staff, c.turnover + 1, c.balance + 1} }

// flips tries the candidates of all slots from the i-th on but those of the
// field, and asks whether the field's ends then decide.
func (t *trial) flips(field fieldSet, candidates [][]float64, i int) bool {
	if i == len(t.slots) {
		return !t.exceeded(field, false) && t.exceeded(field, true)
	}
	if t.slots[i].field&field != 0 {
		return t.flips(field, candidates, i+1)
	}
	for _, v := range candidates[i] {
		t.slots[i].set(v)
		if t.flips(field, candidates, i+1) {
			return true
		}
	}
	return false
}

// exceeded puts all slots of the field at one end, and judges.
func (t *trial) exceeded(field fieldSet, most bool) bool {
	for i := range t.slots {
		if x := &t.slots[i]; x.field&field != 0 {
			v := 0.0
			switch {
			case most && field == fShare:
				v = 100
			case most:
				v = infinity
			}
			x.set(v)
		}
	}
	var extra figures
	if !t.alone && len(t.linked)+len(t.partners) > 0 {
		extra = groupFigures(t.linked, t.partners, nil, lowest)
	}
	for i := range t.years {
		y := &t.years[i]
		t.values[i] = figures{y.Employees.Value, y.Turnover.Value, y.BalanceSheet.Value}.plus(extra, 100)
	}
	return effective(t.values, t.ceiling)
}

// set fills the unknown in; 0 means that an investor is exempted, and that
// other enterprises do not count.
func (x *slot) set(v float64) {
	switch {
	case x.number != nil:
		*x.number = Num(v)
	case x.truth != nil:
		*x.truth = law.TruthOf(v == 0)
	default:
		*x.alone = v == 0
	}
}
