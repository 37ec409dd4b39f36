package posture

import (
	"slices"

	"github.com/nisaba-platform/nisaba/law"
)

// tally counts the leaves below a heading by status.
type tally struct {
	met, partly, notMet, notAssessed, notApplicable int
	trust                                           trust
	expires                                         law.Date
	began                                           bool
}

func (t *tally) add(l *leaf) {
	switch l.rank {
	case rankMet:
		t.met++
	case rankPartly:
		t.partly++
	case rankNotMet:
		t.notMet++
	case rankNotApplicable:
		t.notApplicable++
	default:
		t.notAssessed++
		return
	}
	if !t.began || l.trust < t.trust {
		t.trust, t.began = l.trust, true
	}
	if !l.expires.IsZero() && (t.expires.IsZero() || l.expires.Before(t.expires)) {
		t.expires = l.expires
	}
}

// rank of the whole. Points that do not apply stand aside; then all met is met,
// nothing assessed is not assessed, anything met or partly met is partly met,
// and the rest is not met.
func (t *tally) rank() rank {
	switch {
	case t.met+t.partly+t.notMet+t.notAssessed == 0 && t.notApplicable > 0:
		return rankNotApplicable
	case t.met+t.partly+t.notMet == 0:
		return rankNone
	case t.partly+t.notMet+t.notAssessed == 0:
		return rankMet
	case t.met+t.partly > 0:
		return rankPartly
	}
	return rankNotMet
}

func (t *tally) text(key string) law.Message {
	return law.Say(key, "met", t.met, "partly", t.partly, "not_met", t.notMet, "not_assessed", t.notAssessed, "not_applicable", t.notApplicable)
}

// takeOver gives a directive point the status of the annex points that specify
// it. Where the annex is not assessed in full, only the annex points that an
// answer, an assertion or an exception speaks of are counted, and confidence is
// medium at most, or low when they are less than half of the points. The measure
// does not apply only where none of its points does.
func (a *assessment) takeOver(l *leaf, from []int, whole bool) bool {
	var t tally
	counted := 0
	for _, i := range from {
		if whole || a.leaves[i].spoken {
			t.add(&a.leaves[i])
			counted++
		}
	}
	r := t.rank()
	if r == rankNone || (r == rankNotApplicable && counted < len(from)) {
		return false
	}
	l.rank, l.trust, l.spoken = r, t.trust, true
	l.expireOn(t.expires)
	if !whole {
		l.trust = min(l.trust, trustMedium)
		if 2*counted < len(from) {
			l.trust = trustLow
		}
	}
	a.traceItems(l, from, &t, whole)
	return true
}

// traceItems leads from a directive point to the annex points or, where these
// are not shown themselves, to the answers behind them.
func (a *assessment) traceItems(l *leaf, from []int, t *tally, whole bool) {
	if a.brief {
		return
	}
	for _, id := range l.req.SpecifiedBy {
		l.trace = append(l.trace, Trace{Kind: FromItems, Ref: id, Says: l.status(), Counted: true, Text: t.text("posture.trace.specified")})
	}
	if whole {
		return
	}
	seen := map[string]bool{}
	for _, i := range from {
		for k := range a.leaves[i].opinions {
			o := &a.leaves[i].opinions[k]
			if o.heard && !seen[o.ref] {
				seen[o.ref] = true
				l.trace = append(l.trace, o.trace(true))
			}
		}
	}
}

// trace of an opinion.
func (o *opinion) trace(counted bool) Trace {
	t := Trace{Kind: FromAnswer, Ref: o.ref, Says: o.rank.said(), On: o.on, Counted: counted, Text: o.text}
	if o.evidence {
		t.Kind = FromEvidence
	}
	return t
}

// traceSources adds the opinions and the evidence on file to the trace of a leaf.
func (a *assessment) traceSources(l *leaf) {
	if a.brief {
		return
	}
	l.trace = slices.Grow(l.trace, len(l.opinions)+len(l.supports)+len(l.lapsed))
	for i := range l.opinions {
		o := &l.opinions[i]
		l.trace = append(l.trace, o.trace(o.heard && !l.overruled))
	}
	for _, s := range l.supports {
		counted := l.rank == rankMet || l.rank == rankPartly
		l.trace = append(l.trace, Trace{Kind: FromEvidence, Ref: s.ref, On: s.on, Counted: counted, Text: s.text})
	}
	for _, s := range l.lapsed {
		l.trace = append(l.trace, Trace{Kind: Expired, Ref: s.ref, Says: s.shows.said(), On: s.on, Text: s.text})
	}
}

// traceOverruled lists what was said about a directive point whose status comes
// from the annex points that bind.
func (a *assessment) traceOverruled(l *leaf) {
	for i := range l.opinions {
		l.opinions[i].heard = false
	}
	if a.brief {
		return
	}
	for _, s := range l.assertions {
		l.trace = append(l.trace, Trace{Kind: FromAssertion, Ref: s.Requirement, Says: s.Status, On: s.On,
			Text: law.Say("posture.trace.assertion", "by", s.By, "note", s.Note)})
	}
	for i := range l.opinions {
		l.trace = append(l.trace, l.opinions[i].trace(false))
	}
}
