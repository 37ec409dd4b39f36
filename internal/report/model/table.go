package model

// Align is the side on which a column's cells are set.
type Align uint8

// The alignments. Numbers go to the right.
const (
	Left Align = iota
	Right
	Centre
)

// Column is one column of a table. Weight is its share of the width.
type Column struct {
	Title  string
	Align  Align
	Weight float64
}

// Badge is a status: a mark and its word.
type Badge struct {
	Tone Tone
	Word string
}

// Meter is a small bar in a cell. Value and Target are 0–100.
type Meter struct {
	Value, Target float64
	Text          string // the value as the report prints it
}

// Cell holds, from top to bottom, a badge, a bar, lines of text and a trace;
// each may be missing.
type Cell struct {
	Badge *Badge
	Meter *Meter
	Lines []Text
	Trace []TraceItem
}

// Row is one row of a table. A group row spans all columns and names what
// follows; it is kept with the row after it.
type Row struct {
	ID    string // anchor; may be empty
	Group string
	Cells []Cell
}

// Table is a table whose head is repeated on every page that it reaches.
type Table struct {
	Caption string // says what the table holds; read aloud and shown small
	Columns []Column
	Rows    []Row
	Small   bool // smaller type, for long reference tables
}

// Widths shares a width out by the weights of the columns, but gives each at least what
// it needs, unless that is half of all. Together they never take more than there is.
func (t Table) Widths(free float64, least []float64) []float64 {
	widths := make([]float64, len(t.Columns))
	fixed := make([]bool, len(t.Columns))
	for range t.Columns {
		rest, weight := free, 0.0
		for i, c := range t.Columns {
			if fixed[i] {
				rest -= widths[i]
			} else {
				weight += c.Weight
			}
		}
		again := false
		for i, c := range t.Columns {
			if fixed[i] {
				continue
			}
			widths[i] = max(10, rest*c.Weight/max(weight, 0.001))
			if widths[i] < least[i] && least[i] < free/2 {
				widths[i], fixed[i], again = least[i], true, true
			}
		}
		if !again {
			break
		}
	}
	squeeze(widths, free)
	return widths
}

// squeeze makes the columns fit when their least widths together do not.
func squeeze(widths []float64, free float64) {
	sum := 0.0
	for _, w := range widths {
		sum += w
	}
	if sum > free {
		for i := range widths {
			widths[i] *= free / sum
		}
	}
}

// Words is a cell of one plain line.
func Words(s string) Cell { return Cell{Lines: []Text{Say(s)}} }

// Status is a cell with a badge.
func Status(tone Tone, word string) Cell { return Cell{Badge: &Badge{tone, word}} }
