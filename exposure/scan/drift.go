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
	Unseen   Change = "unseen"   // was judged, and is an error or not tested now, or its place could not be looked at
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
	out, _ := DriftOf(List(before), List(after)) // what is in memory can be read
	return out
}

// DriftOf is Drift of findings that may be on the disk: only what differs is held.
func DriftOf(before, after Findings) ([]Step, error) {
	old := map[string]exposure.Finding{} // what compare asks for
	for f, err := range before.Worst() {
		if err != nil {
			return nil, err
		}
		old[f.Key()] = exposure.Finding{Outcome: f.Outcome, Severity: f.Severity}
	}
	var out []Step
	var sight Sight
	changed := map[string]int{} // by key, the step
	for f, err := range after.Worst() {
		if err != nil {
			return nil, err
		}
		sight.add(&f)
		was, known := old[f.Key()]
		delete(old, f.Key())
		if c := compare(&was, &f, known); c != "" {
			if known {
				changed[f.Key()] = len(out)
			}
			out = append(out, Step{Change: c, After: &f})
		}
	}
	for f, err := range before.Worst() {
		if err != nil {
			return nil, err
		}
		if i, ok := changed[f.Key()]; ok {
			out[i].Before = &f
		} else if was, ok := old[f.Key()]; ok && bad(&was) {
			change := Gone
			if sight.Lost(f.Target) {
				change = Unseen
			}
			out = append(out, Step{Change: change, Before: &f})
			delete(old, f.Key())
		}
	}
	order := []Change{Worse, Appeared, Unseen, Better, Gone}
	slices.SortStableFunc(out, func(x, y Step) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Change), slices.Index(order, y.Change)),
			cmp.Compare(x.grade(), y.grade())*-1, cmp.Compare(x.key(), y.key()))
	})
	return out, nil
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
