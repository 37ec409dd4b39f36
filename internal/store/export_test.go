package store

// ContentColumns are the columns whose contents count as named, "table.column".
func ContentColumns() (out []string) {
	for _, c := range contents {
		out = append(out, c.table+"."+c.column)
	}
	return out
}
