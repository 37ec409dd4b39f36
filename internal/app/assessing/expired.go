package assessing

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// expiredItem is a piece of evidence or an exception that no longer counts.
type expiredItem struct {
	ref, title   string
	dated        law.Date
	expired      law.Date
	requirements []string
}

// expiredItems collects what the traces call expired, oldest expiry first.
func (c *composer) expiredItems() []*expiredItem {
	byRef := map[string]*expiredItem{}
	var items []*expiredItem
	for _, r := range c.in.Posture.Results {
		if !c.requirement(r.Requirement).IsLeaf() {
			continue
		}
		for _, t := range r.Trace {
			if t.Kind != posture.Expired {
				continue
			}
			e, ok := byRef[t.Ref]
			if !ok {
				e = c.expiredItem(t)
				byRef[t.Ref] = e
				items = append(items, e)
			}
			e.requirements = append(e.requirements, r.Requirement)
		}
	}
	slices.SortStableFunc(items, func(a, b *expiredItem) int {
		return cmp.Or(cmp.Compare(a.expired.String(), b.expired.String()), cmp.Compare(a.ref, b.ref))
	})
	return items
}

func (c *composer) expiredItem(t posture.Trace) *expiredItem {
	if e, ok := c.evidence[t.Ref]; ok {
		item := &expiredItem{ref: t.Ref, title: e.Title, dated: e.Date, expired: e.ValidUntil}
		if item.expired.IsZero() && t.On.After(e.Date) {
			item.expired = t.On
		}
		return item
	}
	return &expiredItem{ref: t.Ref, title: c.p.Say(t.Text), expired: t.On}
}
