package posture

import (
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
)

// connect finds which tasks must be finished before which. An edge that would
// close a circle, which grouping can bring about, is left out; edges that follow
// from others are not listed.
func (pl *planner) connect() {
	pl.edges = make([][]int, len(pl.tasks))
	memo := map[int][]int{}
	for _, leaf := range sortedKeys(pl.gaps) {
		for _, before := range pl.gapsBefore(leaf, memo) {
			pl.join(pl.taskOf[before], pl.taskOf[leaf])
		}
	}
	for i := range pl.tasks {
		for j := range pl.tasks {
			if pl.chained(i, j) && phaseNumber(pl.tasks[i].Phase) < phaseNumber(pl.tasks[j].Phase) {
				pl.join(i, j)
			}
		}
	}
	for i := range pl.tasks {
		pl.edges[i] = pl.direct(i)
		for _, before := range pl.edges[i] {
			pl.tasks[i].After = append(pl.tasks[i].After, pl.tasks[before].ID)
		}
		slices.Sort(pl.tasks[i].After)
	}
}

// chained reports whether two tasks belong to one heading of the annex, whose
// phases follow each other. The headings of the directive are whole fields of
// work, in which only `after` says what needs what.
func (pl *planner) chained(i, j int) bool {
	h, _ := pl.cat.Get(pl.tasks[i].Heading)
	return h.Framework == catalog.CIR2690 && pl.tasks[j].Heading == h.ID
}

// gapsBefore is the gaps that come before a leaf, directly or by way of points
// that are no gaps.
func (pl *planner) gapsBefore(leaf int, memo map[int][]int) []int {
	if out, ok := memo[leaf]; ok {
		return out
	}
	out := []int{}
	for _, before := range pl.cat.Before(leaf) {
		if _, open := pl.gaps[before]; open {
			out = append(out, before)
			continue
		}
		out = append(out, pl.gapsBefore(before, memo)...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	memo[leaf] = out
	return out
}

func (pl *planner) join(before, after int) {
	if before == after || slices.Contains(pl.edges[after], before) || pl.reaches(before, after) {
		return
	}
	pl.edges[after] = append(pl.edges[after], before)
}

// reaches reports whether task `from` depends on task `to`.
func (pl *planner) reaches(from, to int) bool {
	return slices.ContainsFunc(pl.edges[from], func(b int) bool { return b == to || pl.reaches(b, to) })
}

// direct is the edges of a task without those that follow from its others. Other
// tasks may have been reduced before; that changes nothing in who reaches whom.
func (pl *planner) direct(task int) []int {
	all := slices.Sorted(slices.Values(pl.edges[task]))
	return slices.DeleteFunc(slices.Clone(all), func(b int) bool {
		return slices.ContainsFunc(all, func(other int) bool { return other != b && pl.reaches(other, b) })
	})
}

// order lists the tasks so that none precedes what it depends on; among those
// that may come next, the one with the highest priority does.
func (pl *planner) order() []int {
	done := make([]bool, len(pl.tasks))
	order := make([]int, 0, len(pl.tasks))
	for len(order) < len(pl.tasks) {
		next := -1
		for i := range pl.tasks {
			ready := !done[i] && !slices.ContainsFunc(pl.edges[i], func(b int) bool { return !done[b] })
			if ready && (next < 0 || pl.tasks[i].Priority > pl.tasks[next].Priority) {
				next = i
			}
		}
		done[next] = true
		order = append(order, next)
	}
	return order
}
