package ui_test

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/internal/web/ui"
)

// TestCellsOfCards: a phone shows a row as a card, in which a cell names its column.
// A column of buttons has no name to show, and a cell without a value is left out.
func TestCellsOfCards(t *testing.T) {
	table := ui.TableProps{ID: "tasks", Caption: "Tasks",
		Columns: []ui.Column{{Label: "Task"}, {Label: "Cost", Numeric: true}, {Label: "Owner"}, {Label: "Remove", HideLabel: true}},
		Rows: []ui.Row{
			{Cells: []templ.Component{ui.Words("–"), ui.Words("–"), ui.Words("– nobody"), ui.Words("button")}},
			{Cells: []templ.Component{ui.Words("Backups"), ui.Words("5"), ui.Words(""), ui.Words("–")}},
		}}
	var b strings.Builder
	if err := ui.Table(table).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<th scope="row" role="rowheader" data-label="Task">–</th>`, `<td role="cell" class="r nil">–</td>`, `<td role="cell" data-label="Owner">– nobody</td>`,
		`<td role="cell">button</td>`, `<td role="cell" class="r" data-label="Cost">5</td>`, `<td role="cell" data-label="Owner"></td>`, `<td role="cell" class="nil">–</td>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}
