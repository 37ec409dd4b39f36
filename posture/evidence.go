package posture

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/law"
)

// defaultMonths is how long evidence without an end of its own counts for a
// requirement that does not name its kind.
const defaultMonths = 12

// standing is how a piece of evidence stands on the day of the assessment.
type standing int8

const (
	valid standing = iota
	expired
	undated
	future
)

// stands tells whether evidence counts, and the first day on which it no longer
// does. Without an end of its own it counts for the months of the hint.
func (a *assessment) stands(e *Evidence, months int) (standing, law.Date) {
	if e.Date.After(a.asOf) {
		return future, law.Date{}
	}
	until := e.ValidUntil
	if until.IsZero() {
		if e.Date.IsZero() {
			return undated, law.Date{}
		}
		until = e.Date.AddMonths(months)
	}
	if a.asOf.After(until) {
		return expired, until.AddDays(1)
	}
	return valid, until.AddDays(1)
}

// readEvidence hands each piece of evidence to the leaves that name its kind and
// to those that it covers.
func (a *assessment) readEvidence() {
	a.evidence = pointers(a.facts.Evidence)
	slices.SortFunc(a.evidence, compareEvidence)
	months := make([]int, len(a.leaves)) // for which it counts, by leaf
	covered := make([]bool, len(a.leaves))
	var leaves []int
	for _, e := range a.evidence {
		if e.Date.After(a.asOf) {
			a.findings.add(FutureDate, law.Say("posture.finding.future", "what", e.Title, "date", e.Date), []string{e.ID})
		}
		leaves = leaves[:0]
		for _, n := range a.cat.Naming(e.Kind) {
			months[n.Leaf] = n.Months
			leaves = append(leaves, n.Leaf)
		}
		for _, id := range e.Covers {
			for _, i := range a.cat.LeafPlaces(id) {
				if months[i] == 0 {
					months[i] = defaultMonths
					leaves = append(leaves, i)
				}
				covered[i] = true
			}
		}
		folder := folder{a: a, e: e, text: law.Say("posture.trace.evidence", "title", e.Title, "date", e.Date)}
		for _, i := range leaves {
			folder.file(&a.leaves[i], months[i], covered[i])
			months[i], covered[i] = 0, false
		}
	}
}

// compareEvidence orders evidence by id; the rest decides only between pieces
// that share an id.
func compareEvidence(x, y *Evidence) int {
	if c := cmp.Compare(x.ID, y.ID); c != 0 {
		return c
	}
	return cmp.Or(newestFirst(x.Date, y.Date), newestFirst(x.ValidUntil, y.ValidUntil),
		cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Title, y.Title), cmp.Compare(x.Shows, y.Shows),
		slices.Compare(slices.Sorted(slices.Values(x.Covers)), slices.Sorted(slices.Values(y.Covers))),
		cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Location, y.Location), cmp.Compare(x.Note, y.Note))
}

// folder files one piece of evidence with the leaves. How it stands depends only
// on the months, of which a catalogue knows few.
type folder struct {
	a    *assessment
	e    *Evidence
	text law.Message
	seen []*seen
}

// seen is how the evidence stands where it counts for some months.
type seen struct {
	months  int
	how     standing
	support support
}

func (f *folder) stands(months int) *seen {
	for _, s := range f.seen {
		if s.months == months {
			return s
		}
	}
	how, end := f.a.stands(f.e, months)
	s := &seen{months: months, how: how, support: support{f.e.ID, f.e.Date, end, f.text}}
	if how != valid {
		s.support.text = lapse(f.e, how, end)
	}
	f.seen = append(f.seen, s)
	return s
}

func (f *folder) file(l *leaf, months int, covered bool) {
	e, s := f.e, f.stands(months)
	shows := rankNone
	if covered {
		shows = rankOf(e.Shows)
	}
	if s.how != valid {
		l.lapsed = append(l.lapsed, lapsed{&s.support, shows})
		return
	}
	if shows < rankNotApplicable {
		l.opinions = append(l.opinions, opinion{shows, trustHigh, false, false, &statement{evidence: true, ref: e.ID, on: e.Date, expires: s.support.expires,
			text: law.Say("posture.trace.shows."+string(e.Shows), "title", e.Title, "date", e.Date)}})
	}
	if shows >= rankMet {
		l.supports = append(l.supports, &s.support)
	}
}

// said is the status, or none when the source says nothing.
func (r rank) said() Status {
	if r == rankNone {
		return ""
	}
	return r.status()
}

func lapse(e *Evidence, how standing, end law.Date) law.Message {
	switch how {
	case future:
		return law.Say("posture.trace.evidence.future", "title", e.Title, "date", e.Date)
	case undated:
		return law.Say("posture.trace.evidence.undated", "title", e.Title)
	}
	return law.Say("posture.trace.evidence.expired", "title", e.Title, "date", end)
}
