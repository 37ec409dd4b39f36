package scan

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
)

// Change says how one check at one target went between two scans.
type Change string

// The changes, in the order of reports.
const (
	Worse    Change = "worse"    // judged in both, and the later grade is lower
	Appeared Change = "appeared" // a failure or warning at a target that was not seen before
	Unseen   Change = "unseen"   // was judged, and is an error or not tested now
	Better   Change = "better"   // judged in both, and the later grade is higher
	Gone     Change = "gone"     // a failure or warning whose target is not there any more
)

// Step is one difference. The finding that does not exist is zero.
type Step struct {
	Change Change            `json:"change"`
	Before *exposure.Finding `json:"before,omitempty"`
	After  *exposure.Finding `json:"after,omitempty"`
}

// Drift lists what differs between two scans, worst first. A target that gave way to
// an error was lost from sight, and did not become better.
func Drift(before, after []exposure.Finding) []Step {
	old := map[string]*exposure.Finding{}
	for i := range before {
		old[before[i].Key()] = &before[i]
	}
	var out []Step
	for i := range after {
		now := &after[i]
		was, known := old[now.Key()]
		delete(old, now.Key())
		if c := compare(was, now, known); c != "" {
			out = append(out, Step{c, was, now})
		}
	}
	for i := range before {
		if was := old[before[i].Key()]; was == &before[i] && bad(was) {
			out = append(out, Step{Gone, was, nil})
		}
	}
	order := []Change{Worse, Appeared, Unseen, Better, Gone}
	slices.SortStableFunc(out, func(x, y Step) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Change), slices.Index(order, y.Change)),
			cmp.Compare(x.grade(), y.grade())*-1, cmp.Compare(x.key(), y.key()))
	})
	return out
}

// Finding is the later finding of a step, or the one that is gone.
func (s Step) Finding() exposure.Finding {
	if s.After != nil {
		return *s.After
	}
	return *s.Before
}

func (s Step) grade() Grade { return GradeOf(s.Finding()) }
func (s Step) key() string  { f := s.Finding(); return f.Key() }

func bad(f *exposure.Finding) bool {
	return f.Outcome == exposure.Fail || f.Outcome == exposure.Warn
}

func judged(f *exposure.Finding) bool { return bad(f) || f.Outcome == exposure.Pass }

func compare(was, now *exposure.Finding, known bool) Change {
	switch {
	case !known && bad(now):
		return Appeared
	case !known:
		return ""
	case judged(was) && (now.Outcome == exposure.Error || now.Outcome == exposure.NotTested):
		return Unseen
	case judged(was) && judged(now) && GradeOf(*now) > GradeOf(*was), !judged(was) && bad(now):
		return Worse
	case judged(was) && judged(now) && GradeOf(*now) < GradeOf(*was):
		return Better
	case bad(was) && (now.Outcome == exposure.NotApplicable || now.Outcome == exposure.Info):
		return Better
	}
	return ""
}
