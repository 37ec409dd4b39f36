package scope

import (
	"math"
	"slices"

	"github.com/nisaba-platform/nisaba/law"
)

// The measures of an enterprise.
const (
	staff = iota
	turnover
	balance
)

// figures are annual work units, turnover and balance sheet of one enterprise
// in one year, or of a group.
type figures [3]float64

// plus adds share per cent of w. The sum is rounded to a millionth, so that
// decimal fractions that meet a ceiling exactly are not lost in binary.
func (v figures) plus(w figures, share float64) figures {
	for i := range v {
		sum := v[i] + w[i]*share/100
		if sum != math.Trunc(sum) {
			sum = math.Round(sum*1e6) / 1e6
		}
		v[i] = sum
	}
	return v
}

// effective applies the two-year rule of Recommendation 2003/361/EC Annex
// Art. 4(2) to one ceiling: it is crossed, up or down, only when it is crossed
// in two consecutive years; the first year on record counts by itself. The
// article speaks of each ceiling, so small → medium → large in three years is
// medium in the third. The function is monotone in every figure.
func effective(years []figures, c ceiling) bool {
	var result, before bool
	for i := range years {
		now := c.exceeded(years[i])
		if i == 0 || now == before {
			result = now
		}
		before = now
	}
	return result
}

// withGroup adds the figures of other enterprises to every year.
func withGroup(years []figures, extra figures) []figures {
	if extra == (figures{}) {
		return years
	}
	out := make([]figures, len(years))
	for i, own := range years {
		out[i] = own.plus(extra, 100)
	}
	return out
}

// levelOf counts the ceilings that are effectively exceeded.
func levelOf(years []figures, ceilings []ceiling) level {
	for i := range ceilings {
		if !effective(years, ceilings[i]) {
			return level(i)
		}
	}
	return level(len(ceilings))
}

// between are the levels from the lowest to the highest figures.
func (s *sizer) between(low, high figures) levelSet {
	bottom := levelOf(withGroup(s.low, low), s.ceilings)
	if s.exact && low == high {
		return levelsBetween(bottom, bottom)
	}
	return levelsBetween(bottom, levelOf(withGroup(s.high, high), s.ceilings))
}

// sizer holds what the size test needs: own figures with their lowest and
// highest values, in the order of the years.
type sizer struct {
	facts    *Facts
	ceilings []ceiling
	low      []figures
	high     []figures
	years    []Figures // sorted
	exact    bool      // every own figure is known
	buffer   [2][3]figures
	sorted   [3]Figures
}

func (s *sizer) init(f *Facts, ceilings []ceiling) {
	s.facts, s.ceilings = f, ceilings
	s.years = append(s.sorted[:0], f.Figures...)
	if len(s.years) == 0 {
		s.years = append(s.years, Figures{})
	}
	if len(s.years) > 1 {
		slices.SortStableFunc(s.years, func(a, b Figures) int { return a.Year - b.Year })
	}
	s.low, s.high = s.buffer[0][:0], s.buffer[1][:0]
	s.exact = true
	for i := range s.years {
		y := &s.years[i]
		s.exact = s.exact && y.Employees.Known && y.Turnover.Known && y.BalanceSheet.Known
		s.low = append(s.low, figures{y.Employees.or(0), y.Turnover.or(0), y.BalanceSheet.or(0)})
		s.high = append(s.high, figures{y.Employees.or(infinity), y.Turnover.or(infinity), y.BalanceSheet.or(infinity)})
	}
}

// own is the set of levels that the organisation's own figures allow.
func (s *sizer) own() levelSet {
	return s.between(figures{}, figures{})
}

// maxOpen bounds the partners whose inclusion is tried both ways; of any
// further ones only the range is taken.
const maxOpen = 6

// group is the set of levels with linked and partner enterprises. An unknown
// inclusion (share or investor) is tried both ways, so that a level between the
// two outcomes is not called possible.
func (s *sizer) group() levelSet {
	f := s.facts
	if len(f.Linked) == 0 && len(f.Partners) == 0 {
		return s.own()
	}
	low, high := make([]float64, len(f.Partners)), make([]float64, len(f.Partners))
	var open []int
	for i := range f.Partners {
		p := &f.Partners[i]
		low[i], high[i] = p.counted(lowest), p.counted(highest)
		if low[i] == 0 && high[i] > 0 && len(open) < maxOpen {
			open = append(open, i)
		}
	}
	most := slices.Clone(high)
	var set levelSet
	for choice := range 1 << len(open) {
		for bit, i := range open {
			low[i], high[i] = 0, 0
			if choice>>bit&1 == 1 {
				low[i], high[i] = f.Partners[i].least(), most[i]
			}
		}
		set |= s.between(groupFigures(f.Linked, f.Partners, low, lowest), groupFigures(f.Linked, f.Partners, high, highest))
	}
	return set
}

// levelSet is a set of levels, one bit each.
type levelSet uint8

func levelsBetween(low, high level) levelSet { return 1<<(high+1) - 1<<low }

func (s levelSet) single() bool { return s&(s-1) == 0 }

// fill says what stands for what is unknown of other enterprises.
type fill struct {
	linked, partners figures
	share            float64 // of a partner whose share is unknown
	investor         law.Truth
}

var (
	lowest  = fill{share: 0, investor: law.True}
	highest = fill{
		linked:   figures{infinity, infinity, infinity},
		partners: figures{infinity, infinity, infinity},
		share:    100, investor: law.False,
	}
)

// groupFigures is what linked enterprises (100 %) and partners (pro rata) add
// to the organisation's own figures, Recommendation 2003/361/EC Annex Art. 6.
// shares are the percentages at which the partners count; nil takes their own.
func groupFigures(linked []Linked, partners []Partner, shares []float64, fill fill) figures {
	var sum figures
	for i := range linked {
		sum = sum.plus(linked[i].figures(fill), 100)
	}
	for i := range partners {
		share := partners[i].counted(fill)
		if shares != nil {
			share = shares[i]
		}
		if share > 0 {
			sum = sum.plus(partners[i].figures(fill), share)
		}
	}
	return sum
}

// figures are those of a linked enterprise with its own partners pro rata.
func (l *Linked) figures(fill fill) figures {
	own := figures{
		l.Employees.or(fill.linked[staff]), l.Turnover.or(fill.linked[turnover]), l.BalanceSheet.or(fill.linked[balance]),
	}
	return own.plus(groupFigures(nil, l.Partners, nil, fill), 100)
}

// figures are those of a partner with its linked enterprises at 100 %. Unknown
// figures of the latter count as unknown figures of the partner.
func (p *Partner) figures(fill fill) figures {
	own := figures{
		p.Employees.or(fill.partners[staff]), p.Turnover.or(fill.partners[turnover]), p.BalanceSheet.or(fill.partners[balance]),
	}
	fill.linked = fill.partners
	return own.plus(groupFigures(p.Linked, nil, nil, fill), 100)
}

// Shares of Recommendation 2003/361/EC Annex Art. 3(2), per cent.
const (
	partnerFrom  = 25
	investorUpTo = 50
)

// counted is the percentage at which a partner's figures count: nothing below
// 25 %, nothing from 25 to 50 % for the exempted investors.
func (p *Partner) counted(fill fill) float64 {
	share, investor := p.Share.or(fill.share), p.Investor
	if investor == law.Unknown {
		investor = fill.investor
	}
	if share < partnerFrom || investor == law.True && share <= investorUpTo {
		return 0
	}
	return share
}

// least is the lowest percentage at which a partner counts if it counts.
func (p *Partner) least() float64 {
	if p.Investor == law.True {
		return p.Share.or(investorUpTo)
	}
	return p.Share.or(partnerFrom)
}
