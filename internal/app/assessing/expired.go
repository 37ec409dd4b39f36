package assessing

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// ExpiringDays is how far ahead the report warns of evidence that will expire.
const ExpiringDays = 90

// lapse is a piece of evidence or an exception that no longer counts, or will
// not for long.
type lapse struct {
	ref, title   string
	dated        law.Date
	expires      law.Date // the first day on which it does not count; zero: it never counted
	why          string   // instead of a day, for what has no date or lies in the future
	requirements []string
}

// lapses collects lapses, each once.
type lapses struct {
	byKey map[string]*lapse
	items []*lapse
}

// add notes that a requirement loses l.
func (s *lapses) add(l lapse, requirement string) {
	key := l.ref + " " + l.expires.String()
	known, ok := s.byKey[key]
	if !ok {
		known = &l
		s.byKey[key] = known
		s.items = append(s.items, known)
	}
	known.requirements = append(known.requirements, requirement)
}

// sorted is the lapses by day, those without one first.
func (s *lapses) sorted() []*lapse {
	slices.SortStableFunc(s.items, func(a, b *lapse) int {
		return cmp.Or(cmp.Compare(a.expires.String(), b.expires.String()), cmp.Compare(a.ref, b.ref))
	})
	return s.items
}

// expiredItems collects what the traces call expired, oldest expiry first.
func (c *composer) expiredItems() []*lapse {
	found := lapses{byKey: map[string]*lapse{}}
	for _, r := range c.in.Posture.Results {
		if !c.requirement(r.Requirement).IsLeaf() {
			continue
		}
		for _, t := range r.Trace {
			if t.Kind == posture.Expired {
				found.add(c.expiredItem(t), r.Requirement)
			}
		}
	}
	return found.sorted()
}

func (c *composer) expiredItem(t posture.Trace) lapse {
	l := lapse{ref: t.Ref, title: c.traceTitle(t), dated: t.On}
	switch t.Text.Key {
	case "posture.trace.evidence.future":
		l.why = c.t("report.expired.future")
	case "posture.trace.evidence.undated":
		l.why = c.t("report.expired.undated")
	case "posture.trace.exception.expired":
		l.expires = argDate(t.Text, "date").AddDays(1)
	default:
		l.expires = argDate(t.Text, "date")
	}
	return l
}

// argDate is a day among the arguments of a message; zero when there is none.
func argDate(m law.Message, name string) law.Date {
	for _, a := range m.Args {
		if d, ok := a.Value.(law.Date); ok && a.Name == name {
			return d
		}
	}
	return law.Date{}
}

// expiringItems collects the evidence and exceptions that a status rests on and
// that stop counting within ExpiringDays, the first to expire first.
func (c *composer) expiringItems() []*lapse {
	found := lapses{byKey: map[string]*lapse{}}
	last := c.in.AsOf.AddDays(ExpiringDays)
	for _, r := range c.in.Posture.Results {
		if r.ExpiresOn.IsZero() || r.ExpiresOn.After(last) || !c.requirement(r.Requirement).IsLeaf() {
			continue
		}
		for _, t := range r.Trace {
			if t.Counted && c.endOf(t, r.Requirement) == r.ExpiresOn {
				found.add(lapse{ref: t.Ref, title: c.traceTitle(t), dated: t.On, expires: r.ExpiresOn}, r.Requirement)
			}
		}
	}
	return found.sorted()
}

// monthsOfEvidence is how long evidence without an end of its own counts where
// the requirement does not name its kind.
const monthsOfEvidence = 12

// endOf is the first day on which what a trace speaks of no longer counts for a
// requirement; zero when it has no end.
func (c *composer) endOf(t posture.Trace, requirement string) law.Date {
	if t.Kind == posture.FromException {
		return c.exceptionEnd(requirement, t.On)
	}
	e, ok := c.evidence[t.Ref]
	switch {
	case t.Kind != posture.FromEvidence || !ok:
		return law.Date{}
	case !e.ValidUntil.IsZero():
		return e.ValidUntil.AddDays(1)
	}
	months := monthsOfEvidence
	for _, hint := range c.requirement(requirement).Evidence {
		if hint.Kind == e.Kind {
			months = hint.ValidMonths
		}
	}
	return e.Date.AddMonths(months).AddDays(1)
}

func (c *composer) exceptionEnd(requirement string, on law.Date) law.Date {
	for _, e := range c.in.Statements.Exceptions {
		if e.On == on && !e.Until.IsZero() && c.below(requirement, e.Requirement) {
			return e.Until.AddDays(1)
		}
	}
	return law.Date{}
}

// below reports whether a requirement is another one or stands below it.
func (c *composer) below(requirement, heading string) bool {
	for id := requirement; id != ""; id = c.requirement(id).Parent {
		if id == heading {
			return true
		}
	}
	return false
}

// traceTitle is a short name of what a trace speaks of.
func (c *composer) traceTitle(t posture.Trace) string {
	if e, ok := c.evidence[t.Ref]; ok {
		return e.Title
	}
	if r, ok := c.in.Catalogue.Get(t.Ref); ok {
		return c.t("report.expired.exception", "title", r.Title)
	}
	return c.p.Say(t.Text)
}
