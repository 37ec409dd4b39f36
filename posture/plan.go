package posture

import (
	"cmp"
	"math"
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// Deadline is a date that the law sets for a requirement, or for all leaves
// below a heading, for example the last day of registration.
type Deadline struct {
	Requirement string
	Due         law.Date
}

// The plan keeps to about this many tasks: small groups of gaps are joined to
// their neighbours until it does.
const maxTasks = 60

// EffortFactor scales an effort for a 100-staff organisation to a headcount:
// the square root of headcount ÷ 100, at least 0.5 and at most 4. An unknown
// headcount (0) gives 1.
func EffortFactor(employees int) float64 {
	if employees <= 0 {
		return 1
	}
	return min(max(math.Sqrt(float64(employees)/100), 0.5), 4)
}

// planner is the work in progress of one call of Plan.
type planner struct {
	cat     *catalog.Catalogue
	posture *Posture
	factor  float64
	gaps    map[int]Gap // by leaf place
	taskOf  map[int]int // leaf place → task
	tasks   []Task
	edges   [][]int // by task: tasks that come before
}

// Plan turns the gaps of a posture into tasks, in the order in which to do them.
//
// The gaps of one subsection or list that belong to one phase become one task;
// small ones are joined to a neighbouring phase. Effort is the catalogue's, times
// the open part (1 not met or not assessed, 0.5 partly met), times EffortFactor.
// Risk reduction is the sum of the severities, priority is risk reduction ÷ mean
// effort, gain the points of the overall score that the task alone brings.
// A task comes after those that its requirements name in `after`, also by way of
// points that are already met, and after the earlier phases of its own heading of
// the annex.
// Tasks are listed so that none precedes what it depends on, and otherwise by
// priority. For dates see schedule.
func Plan(cat *catalog.Catalogue, p Posture, facts Facts, deadlines []Deadline) []Task {
	pl := &planner{cat: cat, posture: &p, factor: EffortFactor(facts.Employees), gaps: map[int]Gap{}, taskOf: map[int]int{}}
	for _, g := range p.Gaps {
		if i, ok := cat.Place(g.Requirement); ok {
			pl.gaps[i] = g
		}
	}
	for _, b := range pl.bundles() {
		pl.addTask(b)
	}
	pl.nameTasks()
	pl.connect()
	order := pl.order()
	pl.schedule(order, deadlines)
	return pl.inOrder(order)
}

// bundle is the gaps of one heading that one task closes.
type bundle struct {
	heading int
	phase   catalog.Phase
	leaves  []int
	effort  float64 // mean, at 100 staff
}

// bundles groups the gaps by heading and phase and joins small groups until the
// plan is short enough.
func (pl *planner) bundles() []bundle {
	var all []bundle
	for _, i := range sortedKeys(pl.gaps) {
		h, phase := pl.headingOf(i), pl.cat.At(i).Phase
		at := slices.IndexFunc(all, func(b bundle) bool { return b.heading == h && b.phase == phase })
		if at < 0 {
			at = len(all)
			all = append(all, bundle{heading: h, phase: phase})
		}
		all[at].leaves = append(all[at].leaves, i)
		all[at].effort += pl.meanEffort(i)
	}
	slices.SortStableFunc(all, func(x, y bundle) int {
		return cmp.Or(cmp.Compare(x.heading, y.heading), cmp.Compare(phaseNumber(x.phase), phaseNumber(y.phase)))
	})
	for small := 1.0; ; small *= 2 {
		all = joinSmall(all, small)
		if len(all) <= maxTasks || small > 1000 {
			return all
		}
	}
}

// headingOf is the point directly below the section, or the section itself when
// the leaf stands directly below it.
func (pl *planner) headingOf(leaf int) int {
	section := pl.cat.SectionAt(leaf)
	at := leaf
	for at != section {
		up, _ := pl.cat.Place(pl.cat.At(at).Parent)
		if up == section {
			break
		}
		at = up
	}
	if at == leaf {
		return section
	}
	return at
}

func (pl *planner) meanEffort(leaf int) float64 {
	e := pl.cat.At(leaf).Effort
	return (e[0] + e[1]) / 2 * (1 - value(pl.gaps[leaf].Status))
}

// joinSmall joins each group below a number of person-days to the neighbouring
// phase of the same heading; the greater part names the phase.
func joinSmall(all []bundle, small float64) []bundle {
	for {
		best := -1
		for i := range all {
			if all[i].effort < small && neighbour(all, i) >= 0 && (best < 0 || all[i].effort < all[best].effort) {
				best = i
			}
		}
		if best < 0 {
			return all
		}
		to := neighbour(all, best)
		if all[best].effort > all[to].effort {
			all[to].phase = all[best].phase
		}
		all[to].leaves = append(all[to].leaves, all[best].leaves...)
		all[to].effort += all[best].effort
		all = slices.Delete(all, best, best+1)
	}
}

// neighbour is the group of the same heading before or after, the smaller of
// the two, or -1.
func neighbour(all []bundle, i int) int {
	before, after := i-1, i+1
	hasBefore := before >= 0 && all[before].heading == all[i].heading
	hasAfter := after < len(all) && all[after].heading == all[i].heading
	switch {
	case hasBefore && hasAfter && all[after].effort < all[before].effort:
		return after
	case hasBefore:
		return before
	case hasAfter:
		return after
	}
	return -1
}

func (pl *planner) addTask(b bundle) {
	slices.Sort(b.leaves)
	head := pl.cat.At(b.heading)
	t := Task{ID: head.ID + "/" + string(b.phase), Heading: head.ID, Phase: b.phase, Measures: []string{}}
	byOwner := map[string]float64{}
	for _, i := range b.leaves {
		r, g := pl.cat.At(i), pl.gaps[i]
		open := (1 - value(g.Status)) * pl.factor
		t.Requirements = append(t.Requirements, r.ID)
		t.Effort[0] += r.Effort[0] * open
		t.Effort[1] += r.Effort[1] * open
		t.RiskReduction += g.Severity
		if g.Status == NotAssessed {
			t.NotAssessed++
		}
		for _, m := range r.Measures {
			if !slices.Contains(t.Measures, m) {
				t.Measures = append(t.Measures, m)
			}
		}
		byOwner[r.Owner] += r.Effort[0] + r.Effort[1]
		pl.taskOf[i] = len(pl.tasks)
	}
	slices.Sort(t.Measures)
	t.Effort = [2]float64{quarter(t.Effort[0]), quarter(t.Effort[1])}
	t.Priority = t.RiskReduction / mean(t.Effort)
	t.Owner = mostWork(byOwner)
	t.Gain = gain(pl.posture, t.Requirements)
	pl.tasks = append(pl.tasks, t)
}

func mean(effort [2]float64) float64 { return (effort[0] + effort[1]) / 2 }

// quarter rounds person-days to quarters, at least one.
func quarter(days float64) float64 { return max(0.25, math.Round(days*4)/4) }

// mostWork is the role with most of the work; among equals the first of the list.
func mostWork(by map[string]float64) string {
	best := ""
	for _, role := range catalog.Owners() {
		if days, ok := by[role]; ok && (best == "" || days > by[best]) {
			best = role
		}
	}
	return best
}

// nameTasks titles a task after its only requirement, or after its heading; where
// a heading has several tasks, the weightiest requirement is named as well.
func (pl *planner) nameTasks() {
	perHeading := map[string]int{}
	for i := range pl.tasks {
		perHeading[pl.tasks[i].Heading]++
	}
	for n := range pl.tasks {
		t := &pl.tasks[n]
		heavy, _ := pl.cat.Get(t.Requirements[0])
		severity := -1.0
		for _, id := range t.Requirements {
			i, _ := pl.cat.Place(id)
			if g := pl.gaps[i]; g.Severity > severity {
				heavy, severity = *pl.cat.At(i), g.Severity
			}
		}
		head, _ := pl.cat.Get(t.Heading)
		switch {
		case len(t.Requirements) == 1:
			t.Title = heavy.Title
		case perHeading[t.Heading] > 1:
			t.Title = head.Title + ": " + heavy.Title
		default:
			t.Title = head.Title
		}
	}
}

func phaseNumber(p catalog.Phase) int { return slices.Index(catalog.Phases(), p) }

func sortedKeys[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// inOrder is the finished tasks in the order of the plan.
func (pl *planner) inOrder(order []int) []Task {
	out := make([]Task, len(order))
	for n, i := range order {
		out[n] = pl.tasks[i]
	}
	return out
}
