package posture

import (
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// rank orders what a source can say about a leaf from worst to best. "Not
// applicable" is the mildest: it holds only when nobody says anything else.
type rank int8

const (
	rankNotMet rank = iota
	rankPartly
	rankMet
	rankNotApplicable
	rankNone // says nothing
)

func rankOf(s Status) rank {
	switch s {
	case NotMet:
		return rankNotMet
	case PartlyMet:
		return rankPartly
	case Met:
		return rankMet
	case NotApplicable:
		return rankNotApplicable
	}
	return rankNone
}

func (r rank) status() Status {
	return [...]Status{NotMet, PartlyMet, Met, NotApplicable, NotAssessed}[r]
}

// trust orders confidences.
type trust int8

const (
	trustLow trust = iota
	trustMedium
	trustHigh
)

func trustOf(c Confidence) trust {
	switch c {
	case High:
		return trustHigh
	case Medium:
		return trustMedium
	}
	return trustLow
}

func (t trust) confidence() Confidence { return [...]Confidence{Low, Medium, High}[t] }

// value of a status in scores: 1 met, 0.5 partly met, 0 otherwise.
func value(s Status) float64 {
	switch s {
	case Met:
		return 1
	case PartlyMet:
		return 0.5
	}
	return 0
}

// opinion is what one answer, or one piece of evidence that shows a status,
// says about a leaf.
type opinion struct {
	rank  rank
	trust trust
	broad bool // meant through a heading
	heard bool // took part in the verdict
	*statement
}

// statement is what one answer or piece of evidence says, whichever the leaf.
type statement struct {
	direct   bool // the question informs no other leaf
	ignored  bool // not asked any more, or dated in the future
	evidence bool
	ref      string
	on       law.Date
	expires  law.Date // zero for answers
	text     law.Message
	reason   string // what an answer "not applicable" gives as its reason
}

// support is valid evidence that exists for a leaf.
type support struct {
	ref     string
	on      law.Date
	expires law.Date
	text    law.Message
}

// lapsed is evidence that does not count, with what it would show.
type lapsed struct {
	*support
	shows rank
}

// leaf is all that was said about one leaf and what follows from it.
type leaf struct {
	req     *catalog.Requirement
	applies bool
	derived bool    // takes its status from annex points that bind too
	detail  bool    // an annex point that does not bind and details a directive point that applies
	factor  float64 // binding factor of a gap

	opinions   []opinion
	supports   []*support
	lapsed     []lapsed
	assertions []*Assertion
	exceptions []*Exception

	rank          rank
	trust         trust
	spoken        bool // the status rests on more than the existence of a document
	direct        bool
	overruled     bool // a person's decision counts instead of answers and evidence
	reason        string
	expires       law.Date
	accepted      bool
	acceptedUntil law.Date
	trace         []Trace
}

func (l *leaf) status() Status { return l.rank.status() }

// expireOn keeps the earliest day on which something counted ends.
func (l *leaf) expireOn(day law.Date) {
	if !day.IsZero() && (l.expires.IsZero() || day.Before(l.expires)) {
		l.expires = day
	}
}

// saysNotApplicable reports whether an answer that counts places the whole point
// outside the organisation's profile.
func (l *leaf) saysNotApplicable() bool {
	return slices.ContainsFunc(l.opinions, func(o opinion) bool {
		return o.rank == rankNotApplicable && !o.ignored && !o.evidence
	})
}

// verdict of a set of opinions: the highest confidence is heard, and within it
// the worst counts. Evidence that shows a status speaks with high confidence,
// and only the newest of it is heard.
func verdict(opinions []opinion, heard func(o *opinion) bool) (r rank, t trust, ok bool) {
	r = rankNone
	newest := newestShown(opinions)
	for i := range opinions {
		o := &opinions[i]
		if o.ignored || !heard(o) || (o.evidence && o.on.Before(newest)) {
			continue
		}
		switch {
		case !ok || o.trust > t:
			r, t, ok = o.rank, o.trust, true
		case o.trust == t:
			r = min(r, o.rank)
		}
	}
	return r, t, ok
}

// newestShown is the date of the newest evidence that shows a status.
func newestShown(opinions []opinion) law.Date {
	var newest law.Date
	for i := range opinions {
		if o := &opinions[i]; o.evidence && !o.ignored && (newest.IsZero() || o.on.After(newest)) {
			newest = o.on
		}
	}
	return newest
}
