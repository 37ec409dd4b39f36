package posture

import (
	"cmp"
	"slices"
)

// topics are the scores of the directive's sections beside the measures.
var topics = map[string]string{
	"nis2.governance": "governance", "nis2.reporting": "reporting", "nis2.registration": "registration",
}

// results lists everything that applies, in catalogue order.
func (a *assessment) results() []Result {
	out := make([]Result, 0, len(a.leaves))
	for i := range a.leaves {
		l := &a.leaves[i]
		if l.req == nil {
			if r, ok := a.heading(i); ok {
				out = append(out, r)
			}
			continue
		}
		if !l.applies {
			continue
		}
		r := Result{Requirement: l.req.ID, Status: l.status(), Direct: l.direct, Reason: l.reason, ExpiresOn: l.expires, Trace: l.trace}
		if l.rank != rankNone {
			r.Confidence = l.trust.confidence()
		}
		if l.scored() {
			r.Weight = l.req.Weight
		}
		if r.Trace == nil && !a.brief {
			r.Trace = []Trace{}
		}
		out = append(out, r)
	}
	return out
}

// heading rolls up the leaves below; it reports false when none of them applies.
func (a *assessment) heading(place int) (Result, bool) {
	var t tally
	applies := false
	for _, i := range a.cat.LeavesAt(place) {
		if a.leaves[i].applies {
			applies = true
			t.add(&a.leaves[i])
		}
	}
	id := a.cat.At(place).ID
	r := Result{Requirement: id, Status: t.rank().status(), ExpiresOn: t.expires}
	known := t.rank() != rankNone
	if known {
		r.Confidence = t.trust.confidence()
	}
	switch {
	case a.brief:
	case known:
		r.Trace = []Trace{{Kind: FromItems, Ref: id, Says: r.Status, Counted: true, Text: t.text("posture.trace.items")}}
	default:
		r.Trace = []Trace{}
	}
	return r, applies
}

// add counts one leaf; points must be called when all are in.
func (s *Score) add(status Status, weight float64) {
	switch status {
	case Met:
		s.Met++
	case PartlyMet:
		s.Partly++
	case NotMet:
		s.NotMet++
	case NotAssessed:
		s.NotAssessed++
	case NotApplicable:
		s.NotApplicable++
		return
	}
	s.Weight += weight
	s.Points += weight * value(status)
}

// finish turns the met weight gathered in Points into points.
func (s *Score) finish() {
	if s.Weight > 0 {
		s.Points = 100 * s.Points / s.Weight
	}
}

// scores computes overall, the measures, the topics and the sections, in this
// order; those without any leaf that applies are left out.
func (a *assessment) scores() ([]Score, Automation) {
	list := []Score{{Key: "overall"}}
	for m := 'a'; m <= 'j'; m++ {
		list = append(list, Score{Key: "measure." + string(m)})
	}
	list = append(list, Score{Key: "governance"}, Score{Key: "reporting"}, Score{Key: "registration"})
	at := make(map[string]int, 40)
	for i := range list {
		at[list[i].Key] = i
	}
	var auto Automation
	for i := range a.leaves {
		l := &a.leaves[i]
		if l.req == nil || !l.applies || l.derived {
			continue
		}
		section := a.cat.At(a.cat.SectionAt(i)).ID
		if _, ok := at[section]; !ok {
			at[section] = len(list)
			list = append(list, Score{Key: section})
		}
		list[at[section]].add(l.status(), l.req.Weight)
		if l.detail {
			continue
		}
		auto.count(l)
		list[0].add(l.status(), l.req.Weight)
		for _, m := range l.req.Measures {
			list[at["measure."+m]].add(l.status(), l.req.Weight)
		}
		if topic, ok := topics[section]; ok {
			list[at[topic]].add(l.status(), l.req.Weight)
		}
	}
	for i := range list {
		list[i].finish()
	}
	if auto.Applicable > 0 {
		auto.Rate = float64(auto.WithStatus-auto.Direct) / float64(auto.Applicable)
	}
	return slices.DeleteFunc(list, func(s Score) bool { return s.Key != "overall" && s.empty() }), auto
}

func (s *Score) empty() bool {
	return s.Met+s.Partly+s.NotMet+s.NotAssessed+s.NotApplicable == 0
}

func (c *Automation) count(l *leaf) {
	c.Applicable++
	if l.rank == rankNone {
		return
	}
	c.WithStatus++
	if l.direct {
		c.Direct++
	}
}

// gaps lists the leaves that count and are not met, the worst first; among
// equals those that something is known of come first.
func (a *assessment) gaps() []Gap {
	n := 0
	for i := range a.leaves {
		if a.leaves[i].lacks() {
			n++
		}
	}
	out := make([]Gap, 0, n)
	for i := range a.leaves {
		l := &a.leaves[i]
		if !l.lacks() {
			continue
		}
		g := Gap{Requirement: l.req.ID, Status: l.status(), Severity: l.req.Weight * (1 - value(l.status())) * l.factor}
		if l.accepted {
			g.Accepted, g.AcceptedUntil = true, l.acceptedUntil
		}
		out = append(out, g)
	}
	open := func(g Gap) int {
		if g.Status == NotAssessed {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(x, y Gap) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(open(x), open(y)))
	})
	return out
}

// Score finds a score by its key; ok is false when nothing of it applies.
func (p Posture) Score(key string) (s Score, ok bool) {
	i := slices.IndexFunc(p.Scores, func(s Score) bool { return s.Key == key })
	if i < 0 {
		return Score{}, false
	}
	return p.Scores[i], true
}
