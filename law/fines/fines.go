// Package fines computes the lowest maximum of the administrative fine that
// national law must provide for breaches of Arts. 21 and 23 of Directive (EU)
// 2022/2555. It is pure.
package fines

import (
	"math"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/scope"
)

// Basis says where the ceiling comes from.
type Basis string

// The bases.
const (
	NotApplicable     Basis = "none"               // the directive provides no fine
	FixedAmount       Basis = "fixed"              // the fixed amount is the higher one
	ShareOfTurnover   Basis = "turnover"           // the percentage of the turnover is the higher one
	AtLeastFixed      Basis = "at-least-fixed"     // the turnover is not known: the fixed amount is a floor
	NationalPenalties Basis = "national-penalties" // Art. 36 only
	OtherAct          Basis = "dora"               // Regulation (EU) 2022/2554 takes the place of Art. 34
)

// Amount is a fine ceiling: the maximum that national law must at least allow.
// National maxima may be higher.
type Amount struct {
	Basis     Basis
	Class     law.Class // the class that it was computed for
	Euros     int64     // the ceiling, or the floor of it when the turnover is not known; 0 when none applies
	Fixed     int64     // euros
	PerMille  int64     // of the total worldwide annual turnover of the undertaking: 20 is 2 %, 14 is 1.4 %
	Turnover  scope.Number
	Citation  string
	Text      law.Message   // the answer
	Formula   law.Message   // how it was computed; the key is empty when nothing was
	Notes     []law.Message // what must be said with it
	Exceeding bool          // true: the true ceiling may be higher because the turnover is not known
}

// tariff is a line of Art. 34.
type tariff struct {
	fixed, perMille int64
	citation        string
}

// tariffs of Art. 34(4) and (5).
var tariffs = map[law.Class]tariff{
	law.Essential: {10_000_000, 20, "Directive (EU) 2022/2555 Art. 34(4)"},
	law.Important: {7_000_000, 14, "Directive (EU) 2022/2555 Art. 34(5)"},
}

// Ceiling computes the ceiling for a determined organisation. turnover is the
// total worldwide annual turnover of the undertaking in the preceding financial
// year, in euros; see GroupTurnover. While the class depends, the ceiling of
// the mildest class that is still possible is given.
func Ceiling(d scope.Determination, turnover scope.Number) Amount {
	class := mildest(d)
	a := Amount{Basis: NotApplicable, Class: class, Turnover: turnover, Notes: []law.Message{}}
	rate, fined := tariffs[class]
	switch {
	case class == law.RegistrationOnly:
		a.Basis, a.Citation = NationalPenalties, "Directive (EU) 2022/2555 Art. 36"
	case fined && has(d, annex.DORA):
		a.Basis, a.Citation = OtherAct, "Directive (EU) 2022/2555 Art. 4(1)"
	case fined:
		a.compute(rate)
		a.Notes = notes(d)
	}
	if d.Class == law.Depends {
		a.Notes = append(a.Notes, law.Message{Key: "fines.note.depends"})
	}
	a.Text = law.Say("fines.answer."+string(a.Basis), "euros", a.Euros)
	return a
}

// compute applies the tariff: the fixed amount or the share, whichever is higher.
func (a *Amount) compute(t tariff) {
	a.Fixed, a.PerMille, a.Citation, a.Euros = t.fixed, t.perMille, t.citation, t.fixed
	percent := float64(t.perMille) / 10
	if !a.Turnover.Known {
		a.Basis, a.Exceeding = AtLeastFixed, true
		a.Formula = law.Say("fines.formula.unknown", "fixed", t.fixed, "percent", percent)
		return
	}
	a.Basis = FixedAmount
	share := shareOf(a.Turnover.Value, t.perMille)
	if share > t.fixed {
		a.Basis, a.Euros = ShareOfTurnover, share
	}
	a.Formula = law.Say("fines.formula.known", "fixed", t.fixed, "percent", percent,
		"turnover", int64(math.Min(a.Turnover.Value, largest)), "share", share, "euros", a.Euros)
}

// largest turnover in euros that is computed exactly.
const largest = 1e15

// shareOf is perMille thousandths of the turnover, rounded to whole euros.
func shareOf(turnover float64, perMille int64) int64 {
	whole := int64(math.Round(math.Min(turnover, largest)))
	return (whole*perMille + 500) / 1000
}

// notes are the sentences that belong to every ceiling of Art. 34.
func notes(d scope.Determination) []law.Message {
	out := []law.Message{
		{Key: "fines.note.minimum"}, {Key: "fines.note.undertaking"}, {Key: "fines.note.other-infringements"},
	}
	if has(d, annex.PublicAdmin) {
		out = append(out, law.Message{Key: "fines.note.public-administration"})
	}
	return out
}

// mildest is the class, or while it depends the mildest one still possible.
func mildest(d scope.Determination) law.Class {
	if d.Class != law.Depends || len(d.CouldBe) == 0 {
		return d.Class
	}
	return d.CouldBe[len(d.CouldBe)-1]
}

func has(d scope.Determination, set annex.Set) bool {
	for _, id := range d.EntityTypes {
		if annex.In(id, set) {
			return true
		}
	}
	return false
}

// GroupTurnover estimates the total worldwide annual turnover of the
// undertaking to which the organisation belongs, in euros: its own of the
// latest year and that of all linked enterprises. Partner enterprises are not
// controlled and so are no part of the undertaking, although their figures
// count pro rata for the size. It is unknown as soon as one part is. Where a
// consolidated account exists, its figure should be used instead.
func GroupTurnover(f scope.Facts) scope.Number {
	if len(f.Figures) == 0 {
		return scope.Number{}
	}
	latest := f.Figures[0]
	for _, y := range f.Figures[1:] {
		if y.Year > latest.Year {
			latest = y
		}
	}
	sum := latest.Turnover
	for _, l := range f.Linked {
		if !l.Turnover.Known {
			return scope.Number{}
		}
		sum.Value += l.Turnover.Value
	}
	if !sum.Known {
		return scope.Number{}
	}
	return sum
}
