package clients

import (
	"context"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// SideNow is the name of the present as a side of a comparison.
const SideNow = "now"

// Side is one of the two times of a comparison.
type Side struct {
	ID      string // of the snapshot, or SideNow
	On      law.Date
	At      time.Time // when it was kept
	Label   string
	Posture posture.Posture
}

// ScorePair is a score at both times; a side at which it did not apply is zero.
type ScorePair struct {
	Before, After posture.Score
}

// StatusChange is a requirement whose status is another one than it was. A status is
// "" where the requirement did not apply.
type StatusChange struct {
	Requirement   string
	Before, After posture.Status
	Because       []posture.Trace // what decides the second status
}

// Comparison is what changed between two times.
type Comparison struct {
	From, To Side
	Scores   []ScorePair     // overall and the measures
	Changed  []StatusChange  // in catalogue order
	Done     []planning.Task // finished between them, as the tasks are now
	Added    []assessment.Evidence
	Expired  []Expiry // whose last day lies between them
}

// Compare compares two snapshots, or a snapshot with SideNow, the older first. Texts
// of the catalogue are in a language; those of a snapshot are as it was kept.
func (s *Service) Compare(ctx context.Context, a authz.Actor, organisation, from, to, language string) (c Client, out Comparison, err error) {
	if c, err = s.Load(ctx, a, organisation); err != nil {
		return c, out, err
	}
	c.In = c.In.In(language)
	if out.From, err = s.side(ctx, a, c, from); err != nil {
		return c, out, err
	}
	if out.To, err = s.side(ctx, a, c, to); err != nil {
		return c, out, err
	}
	if out.From.At.After(out.To.At) {
		out.From, out.To = out.To, out.From
	}
	out.Scores = pairs(out.From.Posture, out.To.Posture)
	out.Changed = changes(c, out.From.Posture, out.To.Posture)
	between := func(t time.Time) bool { return t.After(out.From.At) && !t.After(out.To.At) }
	for _, t := range c.Tasks {
		if t.State == planning.Done && between(t.DoneAt) {
			out.Done = append(out.Done, t)
		}
	}
	for _, e := range c.Evidence {
		if between(e.CreatedAt) && !e.Draft {
			out.Added = append(out.Added, e)
		}
		if end := ValidUntil(s.knowledge.Catalogue, e.Evidence); !end.IsZero() && !end.Before(out.From.On) && end.Before(out.To.On) {
			out.Expired = append(out.Expired, Expiry{e, end})
		}
	}
	return c, out, nil
}

func (s *Service) side(ctx context.Context, a authz.Actor, c Client, id string) (Side, error) {
	if id == SideNow {
		return Side{ID: SideNow, On: c.In.AsOf, At: s.store.Now(), Posture: c.In.Posture}, nil
	}
	sn, p, err := s.Posture(ctx, a, c.Organisation.ID, id)
	if err == nil && sn.Organisation != c.Organisation.ID {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such snapshot"}
	}
	return Side{ID: sn.ID, On: sn.On, At: sn.CreatedAt, Label: sn.Label, Posture: p}, err
}

func pairs(before, after posture.Posture) []ScorePair {
	keys := []string{overall}
	for _, m := range measures {
		keys = append(keys, "measure."+string(m))
	}
	var out []ScorePair
	for _, key := range keys {
		b, was := before.Score(key)
		a, is := after.Score(key)
		b.Key, a.Key = key, key
		if was || is {
			out = append(out, ScorePair{b, a})
		}
	}
	return out
}

// changes compares the leaves of the catalogue.
func changes(c Client, before, after posture.Posture) []StatusChange {
	was := map[string]posture.Status{}
	for _, r := range before.Results {
		was[r.Requirement] = r.Status
	}
	var out []StatusChange
	is := map[string]bool{}
	for _, r := range after.Results {
		is[r.Requirement] = true
		req, ok := c.In.Catalogue.Get(r.Requirement)
		if !ok || !req.IsLeaf() || was[r.Requirement] == r.Status {
			continue
		}
		because := slices.DeleteFunc(slices.Clone(r.Trace), func(t posture.Trace) bool { return !t.Counted })
		out = append(out, StatusChange{r.Requirement, was[r.Requirement], r.Status, because})
	}
	for _, r := range before.Results {
		if req, ok := c.In.Catalogue.Get(r.Requirement); ok && req.IsLeaf() && !is[r.Requirement] {
			out = append(out, StatusChange{Requirement: r.Requirement, Before: r.Status})
		}
	}
	return out
}
