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
	slices.SortFunc(a.evidence, func(x, y *Evidence) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), newestFirst(x.Date, y.Date), newestFirst(x.ValidUntil, y.ValidUntil),
			cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Title, y.Title), cmp.Compare(x.Shows, y.Shows),
			slices.Compare(slices.Sorted(slices.Values(x.Covers)), slices.Sorted(slices.Values(y.Covers))),
			cmp.Compare(x.Owner, y.Owner), cmp.Compare(x.Location, y.Location), cmp.Compare(x.Note, y.Note))
	})
	const covered = 1 << 16 // marks the months of a leaf that the evidence covers
	for _, e := range a.evidence {
		if e.Date.After(a.asOf) {
			a.findings.add(FutureDate, law.Say("posture.finding.future", "what", e.Title, "date", e.Date), []string{e.ID})
		}
		months := map[int]int{}
		for _, n := range a.cat.Naming(e.Kind) {
			months[n.Leaf] = n.Months
		}
		for _, id := range e.Covers {
			for _, i := range a.cat.LeafPlaces(id) {
				m := months[i] &^ covered
				if m == 0 {
					m = defaultMonths
				}
				months[i] = m | covered
			}
		}
		text := law.Say("posture.trace.evidence", "title", e.Title, "date", e.Date)
		for i, m := range months {
			a.file(e, &a.leaves[i], m&^covered, m&covered != 0, text)
		}
	}
}

// file puts one piece of evidence into the folder of one leaf.
func (a *assessment) file(e *Evidence, l *leaf, months int, covered bool, text law.Message) {
	how, end := a.stands(e, months)
	shows := rankNone
	if covered {
		shows = rankOf(e.Shows)
	}
	if how != valid {
		l.lapsed = append(l.lapsed, Trace{Kind: Expired, Ref: e.ID, Says: shows.said(), On: e.Date, Text: lapse(e, how, end)})
		return
	}
	if shows < rankNotApplicable {
		text := law.Say("posture.trace.shows."+string(e.Shows), "title", e.Title, "date", e.Date)
		l.opinions = append(l.opinions, opinion{rank: shows, trust: trustHigh, evidence: true, ref: e.ID, on: e.Date, expires: end, text: text})
	}
	if shows >= rankMet {
		l.supports = append(l.supports, support{e.ID, e.Date, end, text})
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
