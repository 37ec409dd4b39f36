package ui

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// rows are the rows of a table.
func rows(t TableProps) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		b := templ.GetBuffer()
		defer templ.ReleaseBuffer(b)
		m := &markup{b}
		for _, r := range t.Rows {
			if r.Heading != "" {
				m.headingRow(t, r.Heading)
				continue
			}
			m.openRow(t, r)
			for i, c := range r.Cells {
				if err := m.cell(ctx, t.columnOf(i), i == 0, c); err != nil {
					return err
				}
			}
			m.raw("</tr>")
		}
		_, err := w.Write(b.Bytes())
		return err
	})
}

// headingRow is a row that heads the ones that follow.
func (m *markup) headingRow(t TableProps, text string) {
	columns := len(t.Columns)
	if t.Select != "" {
		columns++
	}
	m.raw(`<tr role="row" class="heading"><th role="rowheader" scope="rowgroup" colspan="`, strconv.Itoa(columns), `">`)
	m.text(text)
	m.raw("</th></tr>")
}

// openRow starts a row, with its check box where the table has them.
func (m *markup) openRow(t TableProps, r Row) {
	m.raw(`<tr role="row"`)
	m.attr("id", r.ID)
	if r.Current {
		m.raw(` aria-current="true"`)
	}
	m.raw(">")
	if t.Select == "" {
		return
	}
	m.raw(`<td role="cell" class="select"><input type="checkbox"`)
	m.attr("name", t.Select)
	m.attr("value", r.Value)
	m.attr("form", t.SelectForm)
	m.attr("aria-label", r.Name)
	if r.Chosen {
		m.raw(" checked")
	}
	m.raw("></td>")
}

// nothing is what stands in a cell that has no value.
const nothing = "–"

// cell writes one cell; the first one of a row is its head.
func (m *markup) cell(ctx context.Context, c Column, first bool, content templ.Component) error {
	element := "td"
	if first {
		element = "th"
		m.raw(`<th scope="row" role="rowheader"`)
	} else {
		m.raw(`<td role="cell"`)
	}
	opened := m.Len()
	m.attr("class", c.class())
	if !c.HideLabel {
		m.attr("data-label", c.Label)
	}
	m.raw(">")
	from := m.Len()
	if f, ok := content.(byHand); ok {
		f(ctx, m)
	} else if content != nil {
		if err := content.Render(ctx, m.Buffer); err != nil {
			return err
		}
	}
	if !first && string(m.Bytes()[from:]) == nothing {
		// A card of a phone leaves the cell out, so it needs no label.
		m.Truncate(opened)
		m.attr("class", strings.TrimSpace(c.class()+" nil"))
		m.raw(">", nothing)
	}
	m.raw("</", element, ">")
	return nil
}
