package authority

import (
	"cmp"
	"slices"
)

// FewerThan is the threshold of anonymised tables: a count of one up to one less is
// not published, because it can point to an entity.
const FewerThan = 5

// Table is a table of counts with its totals.
type Table struct {
	Rows, Columns []string
	Cells         [][]int
}

// Cell is a count of a published table.
type Cell struct {
	Count      int  `json:"count"`
	Suppressed bool `json:"suppressed"` // Count is 0 then, and tells nothing
}

// Published is a table as others see it. Small counts, and as many others as it
// takes that nobody computes them back from the totals, are suppressed. Rows that
// are small as a whole are merged into one with the name "".
type Published struct {
	Rows     []string `json:"rows"`
	Columns  []string `json:"columns"`
	Cells    [][]Cell `json:"cells"` // nil: only the totals of the rows can be told
	RowSums  []int    `json:"row_sums"`
	ColSums  []int    `json:"column_sums"` // nil with Cells
	Total    int      `json:"total"`
	Withheld bool     `json:"withheld"` // there are fewer than FewerThan in all, and nothing is told
}

// Publish makes the published form of a table.
func (t Table) Publish() Published {
	t = t.merged()
	p := Published{Rows: t.Rows, Columns: t.Columns, RowSums: make([]int, len(t.Rows)), ColSums: make([]int, len(t.Columns))}
	for i := range t.Rows {
		for j := range t.Columns {
			p.RowSums[i] += t.Cells[i][j]
			p.ColSums[j] += t.Cells[i][j]
			p.Total += t.Cells[i][j]
		}
	}
	if p.Total > 0 && p.Total < FewerThan {
		return Published{Rows: []string{}, Columns: []string{}, RowSums: []int{}, Withheld: true}
	}
	hidden, ok := t.hide()
	small := slices.ContainsFunc(p.ColSums, func(n int) bool { return n > 0 && n < FewerThan })
	if !ok || small {
		p.Columns, p.ColSums = []string{}, nil
		return p
	}
	for i := range t.Rows {
		row := make([]Cell, len(t.Columns))
		for j := range t.Columns {
			if hidden[i][j] {
				row[j].Suppressed = true
			} else {
				row[j].Count = t.Cells[i][j]
			}
		}
		p.Cells = append(p.Cells, row)
	}
	return p
}

func sum(row []int) (n int) {
	for _, v := range row {
		n += v
	}
	return n
}

// merged leaves out empty rows and merges small ones into one that is not; when that
// stays small, the smallest of the others joins it.
func (t Table) merged() Table {
	type line struct {
		name  string
		cells []int
		sum   int
	}
	var big []line
	rest := line{cells: make([]int, len(t.Columns))}
	join := func(l line) {
		for j, v := range l.cells {
			rest.cells[j] += v
		}
		rest.sum += l.sum
	}
	for i, name := range t.Rows {
		l := line{name, t.Cells[i], sum(t.Cells[i])}
		switch {
		case l.sum == 0:
		case l.sum < FewerThan || name == "":
			join(l)
		default:
			big = append(big, l)
		}
	}
	for rest.sum > 0 && rest.sum < FewerThan && len(big) > 0 {
		i := 0
		for k := range big {
			if big[k].sum < big[i].sum {
				i = k
			}
		}
		join(big[i])
		big = slices.Delete(big, i, i+1)
	}
	if rest.sum > 0 {
		big = append(big, rest)
	}
	out := Table{Rows: []string{}, Columns: t.Columns}
	for _, l := range big {
		out.Rows, out.Cells = append(out.Rows, l.name), append(out.Cells, l.cells)
	}
	return out
}

// hide chooses the cells that are not told; ok is false when no choice protects
// every small one.
func (t Table) hide() (hidden [][]bool, ok bool) {
	hidden = make([][]bool, len(t.Rows))
	for i := range t.Rows {
		hidden[i] = make([]bool, len(t.Columns))
		for j := range t.Columns {
			hidden[i][j] = t.small(i, j)
		}
	}
	for i := range t.Rows {
		for j := range t.Columns {
			if t.small(i, j) && !t.safe(hidden, i, j) && !t.cover(hidden, i, j) {
				return nil, false
			}
		}
	}
	return hidden, true
}

func (t Table) small(i, j int) bool { return t.Cells[i][j] > 0 && t.Cells[i][j] < FewerThan }

// cover hides the cheapest rectangle with the cell at a corner in which counts can
// be moved; it reports false when there is none.
func (t Table) cover(hidden [][]bool, i, j int) bool {
	type choice struct{ k, l, cost int }
	var all []choice
	for k := range t.Rows {
		for l := range t.Columns {
			if k == i || l == j || t.Cells[k][l] == 0 && (t.Cells[i][l] == 0 || t.Cells[k][j] == 0) {
				continue
			}
			c := choice{k: k, l: l}
			for _, at := range [][2]int{{i, l}, {k, j}, {k, l}} {
				if !hidden[at[0]][at[1]] {
					c.cost += t.Cells[at[0]][at[1]] + 1
				}
			}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return false
	}
	best := slices.MinFunc(all, func(a, b choice) int { return cmp.Or(a.cost-b.cost, a.k-b.k, a.l-b.l) })
	hidden[i][best.l], hidden[best.k][j], hidden[best.k][best.l] = true, true, true
	return true
}

// safe reports whether another table with the same totals, the same cells that are
// told and no negative count has another count in the hidden cell: then nobody can
// compute it. Counts move along hidden cells: one less here, one more there.
func (t Table) safe(hidden [][]bool, i, j int) bool {
	return t.moves(hidden, i, j, true) || t.moves(hidden, i, j, false)
}

// moves reports whether the cell can have one less, or one more, with the others
// following. The rows and columns are places; a hidden cell leads from its row to its
// column when it takes one more, and back when it gives one.
func (t Table) moves(hidden [][]bool, i, j int, less bool) bool {
	if less && t.Cells[i][j] == 0 {
		return false
	}
	type place struct {
		row bool
		at  int
	}
	from, to := place{true, i}, place{false, j} // one less here: the row gives it to another column
	if !less {
		from, to = to, from
	}
	seen := map[place]bool{from: true}
	for queue := []place{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			return true
		}
		step := func(r, c int, next place) {
			if hidden[r][c] && !(r == i && c == j) && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
		if at.row {
			for c := range t.Columns {
				step(at.at, c, place{false, c})
			}
			continue
		}
		for r := range t.Rows {
			if t.Cells[r][at.at] > 0 {
				step(r, at.at, place{true, r})
			}
		}
	}
	return false
}
