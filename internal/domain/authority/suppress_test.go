package authority_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/domain/authority"
)

// possible lists for every suppressed cell whether two tables that fit what is
// published differ in it: it tries every table.
func possible(p authority.Published) map[[2]int]map[int]bool {
	values := map[[2]int]map[int]bool{}
	var unknown [][2]int
	rows, columns := append([]int{}, p.RowSums...), append([]int{}, p.ColSums...)
	for i, row := range p.Cells {
		for j, c := range row {
			if c.Suppressed {
				unknown = append(unknown, [2]int{i, j})
				values[[2]int{i, j}] = map[int]bool{}
			} else {
				rows[i] -= c.Count
				columns[j] -= c.Count
			}
		}
	}
	chosen := make([]int, len(unknown))
	var try func(n int)
	try = func(n int) {
		if n == len(unknown) {
			for _, left := range append(append([]int{}, rows...), columns...) {
				if left != 0 {
					return
				}
			}
			for k, at := range unknown {
				values[at][chosen[k]] = true
			}
			return
		}
		i, j := unknown[n][0], unknown[n][1]
		last := n == len(unknown)-1 || unknown[n+1][0] != i // the rest of the row must go here
		for v := 0; v <= min(rows[i], columns[j]); v++ {
			if last && v != rows[i] {
				continue
			}
			rows[i], columns[j], chosen[n] = rows[i]-v, columns[j]-v, v
			try(n + 1)
			rows[i], columns[j] = rows[i]+v, columns[j]+v
		}
	}
	try(0)
	return values
}

// TestSuppression: no small count can be computed back from what is published, by
// somebody who tries every table that fits; totals are right and never small.
func TestSuppression(t *testing.T) {
	told, hid := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 4).Draw(t, "rows"), rapid.IntRange(1, 3).Draw(t, "columns")
		var table authority.Table
		total := 0
		for j := range m {
			table.Columns = append(table.Columns, fmt.Sprint("c", j))
		}
		for i := range n {
			table.Rows = append(table.Rows, fmt.Sprint("r", i))
			var row []int
			for range m {
				v := rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 11}).Draw(t, "count")
				row = append(row, v)
				total += v
			}
			table.Cells = append(table.Cells, row)
		}
		p := table.Publish()
		if p.Withheld {
			if total >= authority.FewerThan || total == 0 {
				t.Fatalf("%d in all are withheld", total)
			}
			return
		}
		if p.Total != total {
			t.Fatalf("the total is %d, not %d", p.Total, total)
		}
		for _, s := range append(append([]int{}, p.RowSums...), p.ColSums...) {
			if s > 0 && s < authority.FewerThan {
				t.Fatalf("a total of %d is published: %+v", s, p)
			}
		}
		for _, row := range p.Cells {
			for _, c := range row {
				if !c.Suppressed && c.Count > 0 && c.Count < authority.FewerThan {
					t.Fatalf("%d is published: %+v", c.Count, p)
				}
				if c.Suppressed && c.Count != 0 {
					t.Fatalf("a suppressed count is told: %+v", p)
				}
			}
		}
		if p.Cells == nil {
			hid++
			return
		}
		told++
		// Small counts are those of the merged table; a cell of a row that was not
		// merged is that of the table.
		for at, values := range possible(p) {
			for i, name := range table.Rows {
				if name == p.Rows[at[0]] {
					if v := table.Cells[i][at[1]]; v > 0 && v < authority.FewerThan && len(values) < 2 {
						t.Fatalf("%s/%s can only be %d: %+v of %+v", name, p.Columns[at[1]], v, p, table)
					}
				}
			}
		}
	})
	if told == 0 || hid > 20*told {
		t.Errorf("cells were told of %d tables and of %d not", told, hid)
	}
}
