package posture_test

import (
	"math"
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// days of calendar that the mean effort of a task takes, at least one.
func days(t posture.Task) int {
	return max(1, int(math.Ceil((t.Effort[0]+t.Effort[1])/2*7/5)))
}

// checkPlan holds a plan against everything that holds for any plan.
func checkPlan(t interface{ Errorf(string, ...any) }, cat *catalog.Catalogue, p posture.Posture, tasks []posture.Task) {
	place, closes := map[string]int{}, map[string]string{}
	for n, k := range tasks {
		if _, twice := place[k.ID]; twice {
			t.Errorf("two tasks %s", k.ID)
		}
		place[k.ID] = n
		for _, id := range k.Requirements {
			if other, twice := closes[id]; twice {
				t.Errorf("%s is in %s and %s", id, other, k.ID)
			}
			closes[id] = k.ID
		}
	}
	severity := map[string]float64{}
	for _, g := range p.Gaps {
		severity[g.Requirement] = g.Severity
		if closes[g.Requirement] == "" {
			t.Errorf("no task closes %s", g.Requirement)
		}
		delete(closes, g.Requirement)
	}
	for id, task := range closes {
		t.Errorf("%s closes %s, which is no gap", task, id)
	}
	for n, k := range tasks {
		checkTask(t, cat, p, k, severity)
		for _, id := range k.After {
			at, ok := place[id]
			if !ok || at >= n {
				t.Errorf("%s comes after %s, which is listed at %d of %d", k.ID, id, at, n)
			} else if !k.Start.After(tasks[at].Due) {
				t.Errorf("%s starts on %s, but %s is due on %s", k.ID, k.Start, id, tasks[at].Due)
			}
		}
	}
}

func checkTask(t interface{ Errorf(string, ...any) }, cat *catalog.Catalogue, p posture.Posture, k posture.Task, severity map[string]float64) {
	sum := 0.0
	for _, id := range k.Requirements {
		sum += severity[id]
	}
	if math.Abs(sum-k.RiskReduction) > 1e-9 || math.Abs(k.RiskReduction/((k.Effort[0]+k.Effort[1])/2)-k.Priority) > 1e-9 {
		t.Errorf("%s: risk reduction %v of %v, priority %v", k.ID, k.RiskReduction, sum, k.Priority)
	}
	if k.Start.Before(p.AsOf) || k.Start.AddDays(days(k)-1).After(k.Due) {
		t.Errorf("%s: %d days do not fit between %s and %s", k.ID, days(k), k.Start, k.Due)
	}
	if k.Effort[0] < 0.25 || k.Effort[0] > k.Effort[1] {
		t.Errorf("%s: effort %v", k.ID, k.Effort)
	}
	if k.Title == "" || k.DueBecause.Key == "" || !slices.Contains(catalog.Owners(), k.Owner) || !slices.Contains(catalog.Phases(), k.Phase) {
		t.Errorf("%s: %+v", k.ID, k)
	}
	if got := posture.WhatIf(p, []posture.Task{k}).Points - posture.WhatIf(p, nil).Points; math.Abs(got-k.Gain) > 1e-9 {
		t.Errorf("%s: gain %v, what-if says %v", k.ID, k.Gain, got)
	}
	for _, id := range k.Requirements {
		if i, _ := cat.Place(id); !slices.Contains(cat.LeafPlaces(k.Heading), i) {
			t.Errorf("%s: %s does not stand below %s", k.ID, id, k.Heading)
		}
	}
}

func TestPlansOfTheExamples(t *testing.T) {
	t.Parallel()
	for _, e := range exampleOrganisations(t) {
		p, tasks := e.posture(t)
		if len(tasks) < 15 || len(tasks) > 60 {
			t.Errorf("%s: %d tasks", e.name, len(tasks))
		}
		checkPlan(t, whole(t), p, tasks)
		phases, owners := map[catalog.Phase]bool{}, map[string]bool{}
		for _, k := range tasks {
			phases[k.Phase], owners[k.Owner] = true, true
			if k.Due.After(today.AddDays(730)) {
				t.Errorf("%s: %s is due only on %s", e.name, k.ID, k.Due)
			}
		}
		if len(phases) != len(catalog.Phases()) || len(owners) < 4 {
			t.Errorf("%s: phases %v, owners %v", e.name, phases, owners)
		}
	}
}

// TestPlanOfNothing: a plan from nothing but the law, and one with nothing left.
func TestPlanOfNothing(t *testing.T) {
	t.Parallel()
	f := exampleOrganisations(t)[0].facts
	f.Answers, f.Evidence, f.Exceptions = nil, nil, nil
	p := posture.Assess(whole(t), f, today)
	tasks := posture.Plan(whole(t), p, f, nil)
	checkPlan(t, whole(t), p, tasks)
	if len(tasks) < 40 || len(tasks) > 70 {
		t.Errorf("%d tasks", len(tasks))
	}
	for _, k := range tasks {
		if k.NotAssessed != len(k.Requirements) {
			t.Errorf("%s: %d of %d not assessed", k.ID, k.NotAssessed, len(k.Requirements))
		}
	}
	for _, section := range whole(t).Children("") {
		f.Assertions = append(f.Assertions, set(section.ID, posture.Met))
	}
	p = posture.Assess(whole(t), f, today)
	if tasks := posture.Plan(whole(t), p, f, nil); len(tasks) != 0 || len(p.Gaps) != 0 || p.Scores[0].Points != 100 {
		t.Errorf("%d tasks, %d gaps, %v points", len(tasks), len(p.Gaps), p.Scores[0].Points)
	}
}

// TestAfterIsKept: the task of a gap comes after those of the gaps that the
// catalogue wants first, also by way of points that are met.
func TestAfterIsKept(t *testing.T) {
	t.Parallel()
	f := bound()
	f.Assertions = []posture.Assertion{set("cir.2.1.1", posture.Met)}
	p := posture.Assess(small(t), f, today)
	tasks := posture.Plan(small(t), p, f, nil)
	checkPlan(t, small(t), p, tasks)
	// cir.2.1.3 wants cir.2.1.1, which is met and wants cir.1.1.1.a.
	first, then := taskOf(t, tasks, "cir.1.1.1.a"), taskOf(t, tasks, "cir.2.1.3")
	if !slices.Contains(then.After, first.ID) || !then.Start.After(first.Due) {
		t.Errorf("%s after %v", then.ID, then.After)
	}
}

func taskOf(t *testing.T, tasks []posture.Task, requirement string) posture.Task {
	t.Helper()
	i := slices.IndexFunc(tasks, func(k posture.Task) bool { return slices.Contains(k.Requirements, requirement) })
	if i < 0 {
		t.Fatalf("no task closes %s", requirement)
	}
	return tasks[i]
}

func TestDueDates(t *testing.T) {
	t.Parallel()
	registered := func(due string) []posture.Deadline {
		return []posture.Deadline{{Requirement: "nis2.registration", Due: law.MustDate(due)}, {Requirement: "nis2.30.1"}}
	}
	accepted := except("nis2.23.1", posture.ExceptionAccepted)
	for _, tc := range []struct {
		name        string
		facts       posture.Facts
		deadlines   []posture.Deadline
		requirement string
		due, key    string
	}{
		{"the date of the law", posture.Facts{}, registered("2027-01-31"), "nis2.3.4", "2027-01-31", "legal"},
		{"the date of the law has passed", posture.Facts{}, registered("2025-04-17"), "nis2.3.4", "2026-12-25", "legal_passed"},
		{"the earliest of two dates", posture.Facts{}, append(registered("2027-03-31"), registered("2027-01-31")...), "nis2.3.4", "2027-01-31", "legal"},
		{"severity 5: 90 days", posture.Facts{}, nil, "nis2.20.1", "2027-02-23", "critical"},
		{"severity 4: 180 days", posture.Facts{}, nil, "nis2.3.4", "2027-05-24", "high"},
		{"severity 2.5: 270 days", posture.Facts{Assertions: []posture.Assertion{set("nis2.20.1", posture.PartlyMet)}}, nil, "nis2.20.1", "2027-08-22", "medium"},
		{"severity 0.5: 365 days", posture.Facts{}, nil, "nis2.30.1", "2027-11-25", "low"},
		{"an accepted risk", posture.Facts{Exceptions: []posture.Exception{accepted}}, nil, "nis2.23.1", "2027-06-30", "accepted"},
		{"each quarter", posture.Facts{Assertions: []posture.Assertion{set("cir.2.1.1", posture.Met), set("cir.2.1.2", posture.Met)}}, nil,
			"cir.2.1.3", "2027-02-23", "quarterly"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			f.Assertions, f.Exceptions = tc.facts.Assertions, tc.facts.Exceptions
			p := posture.Assess(small(t), f, today)
			tasks := posture.Plan(small(t), p, f, tc.deadlines)
			checkPlan(t, small(t), p, tasks)
			if k := taskOf(t, tasks, tc.requirement); k.Due.String() != tc.due || k.DueBecause.Key != "posture.due."+tc.key {
				t.Errorf("due %s because of %s, want %s %s", k.Due, k.DueBecause.Key, tc.due, tc.key)
			}
		})
	}
}

// TestDeadlinesOfTheExamples: what the law dates is due on that date, or within
// 30 days when the date has passed.
func TestDeadlinesOfTheExamples(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, e := range exampleOrganisations(t) {
		p, tasks := e.posture(t)
		for _, d := range e.deadlines {
			latest := d.Due
			if latest.Before(today) {
				latest = today.AddDays(30)
			}
			for _, g := range p.Gaps {
				i, _ := whole(t).Place(g.Requirement)
				if !slices.Contains(whole(t).LeafPlaces(d.Requirement), i) {
					continue
				}
				seen++
				if k := taskOf(t, tasks, g.Requirement); k.Due.After(latest) {
					t.Errorf("%s: %s is due on %s, the law says %s", e.name, k.ID, k.Due, d.Due)
				}
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d gaps with a date of the law", seen)
	}
}

func TestEffortFactor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		employees int
		want      float64
	}{{0, 1}, {-3, 1}, {1, 0.5}, {25, 0.5}, {49, 0.7}, {100, 1}, {400, 2}, {1600, 4}, {50_000, 4}} {
		if got := posture.EffortFactor(tc.employees); math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("%d: %v, want %v", tc.employees, got, tc.want)
		}
	}
}

// TestEffort scales with the headcount and with the open part.
func TestEffort(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		employees int
		status    posture.Status
		want      [2]float64 // of nis2.20.1: 1 to 3 days at 100 staff
	}{
		{100, posture.NotMet, [2]float64{1, 3}}, {100, posture.PartlyMet, [2]float64{0.5, 1.5}},
		{400, posture.NotMet, [2]float64{2, 6}}, {10, posture.PartlyMet, [2]float64{0.25, 0.75}},
	} {
		f := bound()
		f.Employees, f.Assertions = tc.employees, []posture.Assertion{set("nis2.20.1", tc.status)}
		p := posture.Assess(small(t), f, today)
		if k := taskOf(t, posture.Plan(small(t), p, f, nil), "nis2.20.1"); k.Effort != tc.want {
			t.Errorf("%d staff, %s: %v, want %v", tc.employees, tc.status, k.Effort, tc.want)
		}
	}
}
