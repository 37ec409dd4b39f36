package posture_test

import (
	"math"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/posture"
)

// done asserts that everything some tasks close is met.
func done(f posture.Facts, tasks []posture.Task) posture.Facts {
	f.Assertions = slices.Clone(f.Assertions)
	for _, k := range tasks {
		for _, id := range k.Requirements {
			a := set(id, posture.Met)
			a.On = today
			f.Assertions = append(f.Assertions, a)
		}
	}
	return f
}

// TestBestTasks: the promise equals the score after the tasks are marked done.
func TestBestTasks(t *testing.T) {
	t.Parallel()
	for _, e := range exampleOrganisations(t) {
		p, tasks := e.posture(t)
		before := 0.0
		for n := range 8 {
			best := posture.BestTasks(p, tasks, n)
			if len(best.Tasks) > n || best.From != p.Scores[0].Points {
				t.Errorf("%s: %d tasks for %d, from %v", e.name, len(best.Tasks), n, best.From)
			}
			after := posture.Assess(whole(t), done(e.facts, best.Tasks), today)
			if math.Abs(after.Scores[0].Points-best.To) > 1e-9 {
				t.Errorf("%s: %d tasks promise %v, but bring %v", e.name, n, best.To, after.Scores[0].Points)
			}
			if best.To < before-1e-9 || (n == 5 && best.To < best.From+5) {
				t.Errorf("%s: %d tasks lead from %v to %v, one fewer to %v", e.name, n, best.From, best.To, before)
			}
			before = best.To
			for _, k := range best.Tasks {
				for _, id := range k.After {
					if !slices.ContainsFunc(best.Tasks, func(o posture.Task) bool { return o.ID == id }) {
						t.Errorf("%s: %s is chosen without %s, which comes first", e.name, k.ID, id)
					}
				}
			}
		}
	}
}

// TestWhatIfAll: with all tasks done nothing is left but what does not apply.
func TestWhatIfAll(t *testing.T) {
	t.Parallel()
	for _, e := range exampleOrganisations(t) {
		p, tasks := e.posture(t)
		s := posture.WhatIf(p, tasks)
		if s.Points != 100 || s.Partly+s.NotMet+s.NotAssessed != 0 || s.NotApplicable != p.Scores[0].NotApplicable {
			t.Errorf("%s: %+v", e.name, s)
		}
		if none := posture.WhatIf(p, nil); none != p.Scores[0] {
			t.Errorf("%s: nothing done gives %+v, the score is %+v", e.name, none, p.Scores[0])
		}
	}
}

// TestExpected: the promise per measure equals the scores after the tasks are marked
// done, and with none it is the posture itself.
func TestExpected(t *testing.T) {
	t.Parallel()
	for _, e := range exampleOrganisations(t) {
		p, tasks := e.posture(t)
		for _, n := range []int{0, 1, 5, len(tasks)} {
			chosen := tasks[:min(n, len(tasks))]
			var met []string
			for _, k := range chosen {
				met = append(met, k.Requirements...)
			}
			after := posture.Assess(whole(t), done(e.facts, chosen), today)
			expected := posture.Expected(whole(t), p, met)
			if len(expected) < 2 {
				t.Errorf("%s: only %d scores", e.name, len(expected))
			}
			for _, s := range expected {
				want, ok := after.Score(s.Key)
				if !ok || math.Abs(want.Points-s.Points) > 1e-9 || want.Met != s.Met || want.Weight != s.Weight {
					t.Errorf("%s: with %d tasks %s is promised as %+v and comes out as %+v", e.name, n, s.Key, s, want)
				}
			}
		}
	}
}
