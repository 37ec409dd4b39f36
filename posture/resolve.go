package posture

import (
	"github.com/nisaba-platform/nisaba/law"
)

// resolve decides the status of every leaf: first those that stand alone, among
// them all annex points, then the directive points that these specify.
func (a *assessment) resolve() {
	for _, specified := range []bool{false, true} {
		for i := range a.leaves {
			l := &a.leaves[i]
			if l.req == nil || (len(a.cat.SpecifiedBy(i)) > 0) != specified {
				continue
			}
			a.decide(l, i)
		}
	}
}

// decide follows the order of precedence from below: evidence that merely
// exists, answers, a person's assertion, an exception.
func (a *assessment) decide(l *leaf, place int) {
	decided := false
	if l.derived && l.applies {
		decided = a.takeOver(l, a.cat.SpecifiedBy(place), true)
	}
	if decided {
		a.traceOverruled(l)
		return
	}
	if specific := func(o *opinion) bool { return !o.broad }; len(a.cat.SpecifiedBy(place)) == 0 {
		decided = a.listen(l, func(*opinion) bool { return true })
	} else {
		decided = a.listen(l, specific)
		if !decided {
			decided = a.takeOver(l, a.cat.SpecifiedBy(place), false)
		}
		if !decided {
			decided = a.listen(l, func(*opinion) bool { return true })
		}
	}
	if !decided && len(l.supports) > 0 {
		l.rank, l.trust = rankPartly, trustLow
	}
	a.weigh(l, decided)
	a.obey(l)
	a.except(l)
	a.traceSources(l)
}

// listen takes the status from opinions; it reports whether any was heard.
func (a *assessment) listen(l *leaf, which func(*opinion) bool) bool {
	r, t, ok := verdict(l.opinions, which)
	if !ok {
		return false
	}
	l.rank, l.trust, l.spoken, l.direct = r, t, true, true
	newest := newestShown(l.opinions)
	for i := range l.opinions {
		o := &l.opinions[i]
		o.heard = which(o) && !o.ignored && o.trust == t && !(o.evidence && o.on.Before(newest))
		if !o.heard || o.rank != r {
			continue
		}
		l.direct = l.direct && o.direct
		l.expireOn(o.expires)
		if r == rankNotApplicable && l.reason == "" {
			l.reason = o.reason
		}
	}
	return true
}

// weigh settles the confidence of a status that speaks of something done: high
// with valid evidence, at most medium without.
func (a *assessment) weigh(l *leaf, spoken bool) {
	if l.rank != rankMet && l.rank != rankPartly {
		return
	}
	for i := range l.supports {
		l.expireOn(l.supports[i].expires)
	}
	switch {
	case !spoken:
	case len(l.supports) > 0 || l.shownHeard():
		l.trust = trustHigh
	default:
		l.trust = min(l.trust, trustMedium)
	}
}

func (l *leaf) shownHeard() bool {
	for i := range l.opinions {
		if l.opinions[i].evidence && l.opinions[i].heard {
			return true
		}
	}
	return false
}

// obey lets the newest assertion of a person overrule answers and evidence. "Not
// applicable" is held to the same rule as an exception.
func (a *assessment) obey(l *leaf) {
	for _, s := range l.assertions {
		counted := false
		switch r := rankOf(s.Status); {
		case s.On.After(a.asOf):
			a.findings.add(FutureDate, law.Say("posture.finding.future", "what", a.named(s.Requirement), "date", s.On), []string{s.Requirement}, l.concerned()...)
		case l.overruled || r == rankNone:
		case r == rankNotApplicable && !a.lawful(l, s.Note, s.Requirement):
		default:
			counted = true
			l.rank, l.trust, l.spoken, l.overruled = r, trustMedium, true, true
			l.direct = s.Requirement == l.req.ID
			l.reason = ""
			if r == rankNotApplicable {
				l.reason = s.Note
			}
			if len(l.supports) > 0 && r != rankNotMet {
				l.trust = trustHigh
			}
		}
		if a.brief {
			continue
		}
		l.trace = append(l.trace, Trace{Kind: FromAssertion, Ref: s.Requirement, Says: s.Status, On: s.On, Counted: counted,
			Text: law.Say("posture.trace.assertion", "by", s.By, "note", s.Note)})
	}
}

// concerned names the leaf if it applies; findings name no others.
func (l *leaf) concerned() []string {
	if !l.applies {
		return nil
	}
	return []string{l.req.ID}
}

var exceptionKinds = []string{ExceptionNotApplicable, ExceptionCompensated, ExceptionAccepted}

// except applies the documented exceptions, newest first; the first that the law
// allows and that has not ended counts.
func (a *assessment) except(l *leaf) {
	if len(l.exceptions) == 0 {
		return
	}
	done := false
	var before []Trace
	for _, e := range l.exceptions {
		t := Trace{Kind: FromException, Ref: e.Requirement, On: e.On}
		switch {
		case e.On.After(a.asOf):
			a.findings.add(FutureDate, law.Say("posture.finding.future", "what", a.named(e.Requirement), "date", e.On), []string{e.Requirement}, l.concerned()...)
			t.Text = law.Say("posture.trace.exception.future", "by", e.ApprovedBy, "date", e.On)
		case !e.Until.IsZero() && a.asOf.After(e.Until):
			t.Kind = Expired
			t.Text = law.Say("posture.trace.exception.expired", "by", e.ApprovedBy, "date", e.Until)
		default:
			t.Text = law.Say("posture.trace.exception."+e.Kind, "reason", e.Reason, "by", e.ApprovedBy, "compensation", e.Compensation, "until", e.Until)
			if !done {
				done = a.grant(l, e, &t)
			}
		}
		before = append(before, t)
	}
	if !a.brief {
		l.trace = append(before, l.trace...)
	}
}

// grant lets one exception act on the leaf; it reports whether it did.
func (a *assessment) grant(l *leaf, e *Exception, t *Trace) bool {
	switch e.Kind {
	case ExceptionNotApplicable:
		t.Says = NotApplicable
		if !a.lawful(l, e.Reason, e.Requirement) {
			return false
		}
		l.rank, l.trust, l.reason = rankNotApplicable, trustHigh, e.Reason
		if e.ApprovedBy == "" {
			l.trust = trustMedium
		}
	case ExceptionCompensated:
		a.compensate(l, e)
		t.Says = l.status()
	case ExceptionAccepted:
		l.accepted, l.acceptedUntil = true, e.Until
		t.Counted = true
		if e.Until.IsZero() {
			a.findings.add(AcceptanceWithoutEnd, law.Say("posture.finding.acceptance_without_end", "by", e.ApprovedBy), []string{e.Requirement}, l.concerned()...)
		} else {
			l.expireOn(e.Until.AddDays(1))
		}
		return true
	default:
		return false
	}
	t.Counted, l.spoken, l.overruled = true, true, true
	l.direct = e.Requirement == l.req.ID
	if !e.Until.IsZero() {
		l.expireOn(e.Until.AddDays(1))
	}
	return true
}

// compensate counts a compensating measure (recital 5 of the Implementing
// Regulation): described and approved it fulfils the purpose of the point,
// otherwise in part. It never lowers what else is known, and confidence stays
// medium at most.
func (a *assessment) compensate(l *leaf, e *Exception) {
	r, t := rankPartly, trustLow
	if e.Compensation != "" && e.ApprovedBy != "" {
		r, t = rankMet, trustMedium
	}
	if l.rank == rankNone || r > l.rank {
		l.rank, l.trust, l.reason = r, t, ""
	}
}

// lawful reports whether "not applicable" may be decided for a leaf: the law
// makes the whole point soft, or an answer places it outside the profile, and
// the reason is documented (Implementing Regulation Art. 2(2)). If not, it is a
// finding.
func (a *assessment) lawful(l *leaf, reason, ref string) bool {
	key := ""
	switch {
	case !l.req.MayNotApply() && !l.saysNotApplicable() && l.req.SoftPart:
		key = "posture.finding.only_part_is_soft"
	case !l.req.MayNotApply() && !l.saysNotApplicable():
		key = "posture.finding.no_exception_here"
	case reason == "":
		key = "posture.finding.no_reason"
	default:
		return true
	}
	if l.applies {
		a.findings.add(NotLawful, law.Say(key), []string{ref, key}, l.req.ID)
	}
	return false
}
