package ui

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
)

// Order is how a column is sorted.
type Order string

// The orders.
const (
	Unsorted   Order = ""
	Ascending  Order = "ascending"
	Descending Order = "descending"
)

// Column is one column of a table.
type Column struct {
	Label     string
	HideLabel bool   // for screen readers only, for example above buttons
	Sort      string // address that sorts by this column; "" when it cannot
	Sorted    Order
	Numeric   bool // right-aligned
	Optional  bool // not shown on screens below 1100 px, except in cards
	Narrow    bool // as narrow as its content
}

// Row is one row. The first cell is its head.
type Row struct {
	ID      string // element id, for links and htmx; may be empty
	Value   string // sent by the check box of the row
	Name    string // what the check box selects, for screen readers
	Current bool   // the row that is open beside the table
	Chosen  bool   // its check box is ticked
	Heading string // set: the row heads the ones that follow, and has no cells
	Cells   []templ.Component
}

// TableProps describe a table.
type TableProps struct {
	ID          string // unique on the page
	Caption     string
	HideCaption bool
	Dense       bool
	Columns     []Column
	Rows        []Row
	Empty       Empty  // shown instead of a table without rows
	Select      string // name of the check boxes; "" for none
	SelectForm  string // id of the form that they belong to
}

// Empty says why there is nothing and what to do next.
type Empty struct {
	Title, Text string
	Action      ButtonProps // without text: no button
}

// columnOf is the column of a cell; a row may be longer than the head.
func (t TableProps) columnOf(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}

// class is the class attribute of the cells of the column, "" for none.
func (c Column) class() string {
	var s []string
	if c.Numeric {
		s = append(s, "r")
	}
	if c.Optional {
		s = append(s, "optional")
	}
	if c.Narrow {
		s = append(s, "narrow")
	}
	return strings.Join(s, " ")
}

// twinTable is the table with the figures of a chart.
func twinTable(id string, ch chart.Chart) TableProps {
	twin := ch.Twin()
	t := TableProps{ID: id + "-table", Caption: ch.Title(), HideCaption: true, Dense: true}
	for _, c := range twin.Columns {
		t.Columns = append(t.Columns, Column{Label: c})
	}
	for _, r := range twin.Rows {
		var row Row
		for _, c := range r {
			row.Cells = append(row.Cells, Words(c))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
