package scope

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
)

// slot is one unknown that the size rests on: a figure of a year, or all
// unknowns of one field of the linked or partner enterprises.
type slot struct {
	field   fieldSet
	year    int // position in years; -1 for other enterprises
	measure int
}

// The fields behind a measure.
var (
	ownFields     = [3]fieldSet{fEmployees, fTurnover, fBalance}
	linkedFields  = [3]fieldSet{fLinkedEmployees, fLinkedTurnover, fLinkedBalance}
	partnerFields = [3]fieldSet{fPartnerEmployees, fPartnerTurnover, fPartnerBalance}
)

// maxSlots bounds the exact search of decidingFields; with more unknowns every
// unknown field of an open ceiling is named.
const maxSlots = 12

// decidingFields are the fields of which the value changes, in some completion
// of the others, whether the ceiling is effectively exceeded. Every figure
// moves that answer in one direction only, so its two ends suffice; for other
// enterprises the values at which a year meets the ceiling are tried as well.
func (s *sizer) decidingFields(c ceiling, group bool) fieldSet {
	slots := s.slots(group)
	var all, deciding fieldSet
	for _, x := range slots {
		all |= x.field
	}
	if len(slots) > maxSlots {
		return all
	}
	for _, field := range fieldsOf(slots) {
		rest := slices.DeleteFunc(slices.Clone(slots), func(x slot) bool { return x.field == field })
		if s.flips(c, group, field, slots, rest) {
			deciding |= field
		}
	}
	return deciding
}

func fieldsOf(slots []slot) []fieldSet {
	var fields []fieldSet
	for _, x := range slots {
		if !slices.Contains(fields, x.field) {
			fields = append(fields, x.field)
		}
	}
	return fields
}

// slots lists the unknowns.
func (s *sizer) slots(group bool) []slot {
	var out []slot
	for i, y := range s.years {
		for m, n := range []Number{y.Employees, y.Turnover, y.BalanceSheet} {
			if !n.Known {
				out = append(out, slot{ownFields[m], i, m})
			}
		}
	}
	if !group {
		return out
	}
	var fields fieldSet
	linkedUnknown(s.facts.Linked, linkedFields, &fields)
	partnersUnknown(s.facts.Partners, &fields)
	for m := range 3 {
		for _, f := range []fieldSet{linkedFields[m], partnerFields[m]} {
			if fields&f != 0 {
				out = append(out, slot{f, -1, m})
			}
		}
	}
	for _, f := range []fieldSet{fShare, fInvestor} {
		if fields&f != 0 {
			out = append(out, slot{f, -1, 0})
		}
	}
	return out
}

func linkedUnknown(linked []Linked, names [3]fieldSet, fields *fieldSet) {
	for _, l := range linked {
		for m, n := range []Number{l.Employees, l.Turnover, l.BalanceSheet} {
			if !n.Known {
				*fields |= names[m]
			}
		}
		partnersUnknown(l.Partners, fields)
	}
}

func partnersUnknown(partners []Partner, fields *fieldSet) {
	for _, p := range partners {
		if p.counted(highest) == 0 {
			continue
		}
		for m, n := range []Number{p.Employees, p.Turnover, p.BalanceSheet} {
			if !n.Known {
				*fields |= partnerFields[m]
			}
		}
		if !p.Share.Known {
			*fields |= fShare
		}
		if p.Investor == law.Unknown && p.Share.or(partnerFrom) <= investorUpTo {
			*fields |= fInvestor
		}
		linkedUnknown(p.Linked, partnerFields, fields)
	}
}

// flips tries every combination of the ends of the other unknowns.
func (s *sizer) flips(c ceiling, group bool, field fieldSet, slots, rest []slot) bool {
	years := slices.Clone(s.low)
	fill := lowest
	outcome := func(end float64) bool {
		for _, x := range slots {
			if x.field == field {
				set(years, &fill, x, end)
			}
		}
		var extra figures
		if group {
			extra = groupFigures(s.facts.Linked, s.facts.Partners, nil, fill)
		}
		return effective(withGroup(years, extra), c)
	}
	var try func(open []slot) bool
	try = func(open []slot) bool {
		if len(open) == 0 {
			return !outcome(0) && outcome(infinity)
		}
		for _, v := range s.candidates(c, open[0]) {
			set(years, &fill, open[0], v)
			if try(open[1:]) {
				return true
			}
		}
		return false
	}
	return try(rest)
}

// candidates are the values of an unknown that can make a difference.
func (s *sizer) candidates(c ceiling, x slot) []float64 {
	values := []float64{0, infinity}
	if x.year >= 0 || len(s.years) == 1 || x.field&(fShare|fInvestor) != 0 {
		return values
	}
	for _, own := range s.low {
		if gap := (figures{c.staff, c.turnover + 1, c.balance + 1})[x.measure] - own[x.measure]; gap > 0 {
			values = append(values, gap)
		}
	}
	return values
}

// set puts a value into an unknown; 0 and infinity are the ends of a share (not
// counted, 100 %) and of the investor question (exempted, not exempted) too.
func set(years []figures, fill *fill, x slot, v float64) {
	switch {
	case x.year >= 0:
		years[x.year][x.measure] = v
	case x.field == fShare:
		fill.share = min(v, 100)
	case x.field == fInvestor:
		fill.investor = law.TruthOf(v == 0)
	case x.field == linkedFields[x.measure]:
		fill.linked[x.measure] = v
	default:
		fill.partners[x.measure] = v
	}
}
