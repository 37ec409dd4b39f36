package clocks

import (
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Compute answers one request. A stage that the regime does not have gives a
// clock with an empty Status; HasStage tells beforehand.
//
// Contradictory instants are not repaired: a report submitted before its anchor
// is on time, and the anchor wins over later corrections only when the caller
// hands the corrected value in.
func Compute(r Request) Clock {
	q := newQuery(&r)
	return q.clock(r.Stage)
}

func newQuery(r *Request) query {
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	return query{Request: r, terms: termsOf(r.Regime), place: place{zone: zone, holiday: r.Holiday}}
}

type query struct {
	*Request
	terms []Term // of the regime
	place place
	depth int // of projections, so that a profile cannot go round in circles
}

func (q *query) clock(stage Stage) Clock {
	c := Clock{Regime: q.Regime, Stage: stage}
	t := q.term(stage)
	if t == nil {
		return c
	}
	q.describe(&c, t)
	if q.Significant == law.False {
		c.Status = Voluntary
		return c
	}
	q.run(&c, t)
	q.extend(&c)
	c.Submitted, _ = q.submission(stage)
	q.settle(&c)
	return c
}

// describe copies what is known before anything is counted.
func (q *query) describe(c *Clock, t *Term) {
	c.TermID, c.Citation, c.Proposal = t.ID, t.Citation, t.Proposal
	c.Anchor, c.period = t.Anchor, t.Period
	c.InForce = t.Proposal == ""
	if o, ok := q.override(c.Stage); ok {
		c.Anchor, c.period, c.National = o.From, o.Period, true
	}
}

// term picks the row for the stage: a proposal that is switched on before the
// law, a special case before the general rule, the version in force on the day
// of the anchor before others.
func (q *query) term(stage Stage) *Term {
	var best *Term
	for i := range q.terms {
		t := &q.terms[i]
		if t.Stage != stage || !q.matches(t) {
			continue
		}
		if t.Proposal != "" {
			if slices.Contains(q.WhatIf, t.Proposal) {
				return t
			}
			continue
		}
		if best == nil || !q.covers(best) && q.covers(t) {
			best = t
		}
	}
	return best
}

func (q *query) covers(t *Term) bool {
	at, ok := q.Inputs.At(t.Anchor)
	if !ok {
		return t.To.IsZero()
	}
	day := law.DateOf(at.In(q.place.zone))
	return !day.Before(t.From) && (t.To.IsZero() || !day.After(t.To))
}

func (q *query) matches(t *Term) bool {
	switch t.Condition {
	case IfTrustService:
		return q.TrustService
	case IfQualified:
		return q.qualified()
	case IfNotQualified:
		return !q.qualified()
	case IfClassifiedLate:
		classified, known := q.Inputs.At(ClassifiedAt)
		aware, isAware := q.Inputs.At(AwareAt)
		return known && isAware && classified.After(aware.Add(24*time.Hour))
	case IfOngoing:
		return t.Stage == ProgressReport // the second final report is decided in nis2Final
	}
	return true
}

// qualified decides between the two eIDAS clocks. While it is not known whether
// the provider is qualified, the earlier of the two anchors counts.
func (q *query) qualified() bool {
	if q.Qualified.Known() {
		return q.Qualified == law.True
	}
	occurred, hasOccurred := q.Inputs.At(OccurredAt)
	aware, isAware := q.Inputs.At(AwareAt)
	return hasOccurred && (!isAware || !aware.Before(occurred))
}

// override is the national deviation for the stage. A trust service provider
// keeps the 24 hours of Art. 23(4), second subparagraph, when the deviation
// would give it more.
func (q *query) override(stage Stage) (Override, bool) {
	o, ok := q.Profile[stage]
	if ok && q.Regime == NIS2 && stage == IncidentNotification && q.TrustService && (!o.Period.inHours() || o.Period.Elapsed > 24*time.Hour) {
		o.Period = Hours(24)
	}
	return o, ok
}

// run sets Strict, LegalEndExcl, the anchor and, when the clock does not run,
// the status.
func (q *query) run(c *Clock, t *Term) {
	switch {
	case t.Condition == IfSetByAuthority:
		q.setByAuthority(c)
	case q.Regime == NIS2 && c.Stage == FinalReport:
		q.nis2Final(c)
	case c.Stage == ProgressReport && !c.National:
		q.nis2Progress(c)
	default:
		q.plain(c)
		if t.Cap != nil && !c.National {
			q.cap(c, t.Cap)
		}
		if t.Condition == IfMeasureAvailable && !c.National && c.AnchorAt.IsZero() {
			c.Status = WaitingForMeasure
		}
	}
	if !c.AnchorAt.IsZero() && t.Proposal == "" {
		c.InForce = !law.DateOf(c.AnchorAt).Before(t.From) && (t.To.IsZero() || !law.DateOf(c.AnchorAt).After(t.To))
	}
}

// plain counts the period from the anchor.
func (q *query) plain(c *Clock) {
	at, projected, ok := q.anchorAt(c.Anchor)
	if !ok {
		c.Status = NotStarted
		return
	}
	c.AnchorAt, c.Projected = at.In(q.place.zone), projected
	if c.period.IsZero() {
		return
	}
	c.Strict = q.place.strict(at, c.period)
	c.LegalEndExcl = q.place.legalEnd(at, c.period)
}

// cap applies the second limit, Delegated Regulation (EU) 2025/301
// Art. 5(1)(a): 24 hours from awareness at most.
func (q *query) cap(c *Clock, limit *Cap) {
	at, ok := q.Inputs.At(limit.Anchor)
	if !ok || c.Strict.IsZero() {
		return
	}
	if strict := q.place.strict(at, limit.Period); strict.Before(c.Strict) {
		c.Strict, c.LegalEndExcl = strict, q.place.legalEnd(at, limit.Period)
		c.Anchor, c.AnchorAt, c.period = limit.Anchor, at.In(q.place.zone), limit.Period
	}
}

// setByAuthority takes the day that the authority named. Without a request the
// clock has not started; with a request but no day it is open.
func (q *query) setByAuthority(c *Clock) {
	if due, ok := q.Inputs.At(DueSetByAuthority); ok {
		c.Anchor, c.AnchorAt, c.Strict = DueSetByAuthority, due.In(q.place.zone), due.In(q.place.zone)
		return
	}
	if c.National {
		q.plain(c)
		return
	}
	if requested, ok := q.Inputs.At(RequestedAt); ok {
		c.AnchorAt = requested.In(q.place.zone)
		return
	}
	c.Status = NotStarted
}
