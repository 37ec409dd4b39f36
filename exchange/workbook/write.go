package workbook

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

// format is the first line of the hidden sheet. Workbooks of the first format have
// owners and due days for reading only.
const (
	format      = "nisaba-workbook/2"
	firstFormat = "nisaba-workbook/1"
)

// hidden is the sheet that says whose workbook it is and holds the lists of the
// drop-downs. Its rows: the format, the organisation, the names of the sheets of
// answers, requirements and tasks; in peopleRow who can own something; from listRow
// on, the options of a question each.
const (
	hidden    = "_nisaba"
	peopleRow = 8
	listRow   = 10
)

// The columns of the sheet of answers. The last three, and those of the duties after
// them, are hidden and say what the row was written with.
const (
	columnID       = "A"
	columnTopic    = "B"
	columnQuestion = "C"
	columnOptions  = "D"
	columnAnswer   = "E"
	columnNote     = "F"
	columnOwner    = "G"
	columnDue      = "H"
	columnVersion  = "I"
	columnWas      = "J"
	columnWasNote  = "K"
)

// writer keeps the first error, so that cells can be written one after the other.
type writer struct {
	f   *excelize.File
	p   *locale.Printer
	err error
	styles
}

// styles are the looks of cells, by their ids in the file.
type styles struct{ head, locked, small, input, title int }

// Write writes a spreadsheet in the printer's language. Every text is a text cell:
// spreadsheets take none for a formula. Only answers, notes, owners and due days can be
// changed.
func Write(w io.Writer, b Book, p *locale.Printer) (err error) {
	f := excelize.NewFile()
	defer f.Close() // a file in memory; nothing is lost
	x := &writer{f: f, p: p}
	x.makeStyles()
	x.readMe(b)
	x.answers(b)
	x.requirements(b)
	x.tasks(b)
	x.table("evidence", []column{{"evidence_id", 16}, {"title", 52}, {"kind", 34}, {"owner", 22}, {"location", 34}, {"date", 13}, {"valid_until", 13}}, evidenceCells(b))
	x.do(f.SetSheetVisible(hidden, false, true))
	x.do(f.SetDocProps(&excelize.DocProperties{Creator: "Nisaba", Title: b.Name, Created: b.Made.String() + "T00:00:00Z", Modified: b.Made.String() + "T00:00:00Z"}))
	f.SetActiveSheet(0)
	if x.err == nil {
		x.err = f.Write(w)
	}
	if x.err != nil {
		return fmt.Errorf("write the workbook: %w", x.err)
	}
	return nil
}

func (x *writer) do(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *writer) t(key string, nameValue ...any) string { return x.p.T("workbook."+key, nameValue...) }

// text writes a text cell, whatever the text looks like.
func (x *writer) text(sheet, column string, row int, text string, style int) {
	cell := column + strconv.Itoa(row)
	x.do(x.f.SetCellStr(sheet, cell, text))
	x.do(x.f.SetCellStyle(sheet, cell, cell, style))
}

func (x *writer) makeStyles() {
	line := []excelize.Border{{Type: "bottom", Color: "D5D9E0", Style: 1}}
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	text := 49 // the number format of text, so that what is typed stays as it is typed
	add := func(s *excelize.Style) int {
		id, err := x.f.NewStyle(s)
		x.do(err)
		return id
	}
	x.title = add(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}})
	x.head = add(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: fill("1F4E6B"), Alignment: top})
	x.locked = add(&excelize.Style{Border: line, Alignment: top, NumFmt: text, Protection: &excelize.Protection{Locked: true}})
	x.small = add(&excelize.Style{Border: line, Alignment: top, NumFmt: text, Font: &excelize.Font{Size: 9, Color: "5A6270"}, Protection: &excelize.Protection{Locked: true}})
	x.input = add(&excelize.Style{Border: line, Alignment: top, NumFmt: text, Fill: fill("FFF8E1"), Protection: &excelize.Protection{Locked: false}})
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func (x *writer) readMe(b Book) {
	sheet := x.t("sheet.read_me")
	x.do(x.f.SetSheetName("Sheet1", sheet))
	x.do(x.f.SetColWidth(sheet, "A", "A", 100))
	x.text(sheet, "A", 1, b.Name, x.title)
	for i, line := range []string{x.t("made", "day", x.p.Date(b.Made)), x.t("read.fill", "sheet", x.t("sheet.answers")), x.t("read.many"), x.t("read.empty"),
		x.t("read.back"), x.t("read.others"), x.t("read.formulas")} {
		x.text(sheet, "A", 3+i, line, x.locked)
	}
	x.protect(sheet)
}

// protect locks all cells but those for input. There is no password: it guards
// against slips, not against people.
func (x *writer) protect(sheet string) {
	x.do(x.f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true, AutoFilter: true}))
}

// column is a column of a sheet with its width in characters.
type column struct {
	key   string
	width float64
}

// sheet makes a sheet with a head that stays in sight.
func (x *writer) sheet(key string, columns []column) string {
	name := x.t("sheet." + key)
	_, err := x.f.NewSheet(name)
	x.do(err)
	for i, c := range columns {
		at := string(rune('A' + i))
		x.do(x.f.SetColWidth(name, at, at, c.width))
		x.text(name, at, 1, x.t("column."+c.key), x.head)
	}
	x.do(x.f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	return name
}

func (x *writer) answers(b Book) {
	columns := []column{{"id", 20}, {"topic", 18}, {"question", 52}, {"options", 46}, {"answer", 40}, {"note", 40}, {"owner", 18}, {"due", 12}}
	sheet := x.sheet("answers", columns)
	_, err := x.f.NewSheet(hidden)
	x.do(err)
	for i, line := range []string{format, b.Organisation, sheet, x.t("sheet.requirements"), x.t("sheet.tasks")} {
		x.text(hidden, "A", i+1, line, x.locked)
	}
	x.hidePeople(b.People)
	for i, q := range b.Questions {
		x.answer(sheet, i, q)
	}
	x.do(x.f.SetColVisible(sheet, columnVersion+":"+columnWasNote, false))
	x.people(sheet, questionDuty, len(b.Questions), b.People)
	x.do(x.f.AutoFilter(sheet, columnID+"1:"+columnDue+strconv.Itoa(len(b.Questions)+1), nil))
	x.protect(sheet)
}

func (x *writer) answer(sheet string, i int, q Question) {
	row := i + 2
	var list, chosen []string
	for k, o := range q.Options {
		list = append(list, strconv.Itoa(k+1)+" = "+o.Text)
		if slices.Contains(q.Chosen, o.ID) {
			chosen = append(chosen, o.Text)
		}
	}
	x.text(sheet, columnID, row, q.ID, x.small)
	x.text(sheet, columnTopic, row, x.topic(q.Topic), x.locked)
	x.text(sheet, columnQuestion, row, q.Text, x.locked)
	x.text(sheet, columnOptions, row, strings.Join(list, "\n"), x.small)
	x.text(sheet, columnAnswer, row, strings.Join(chosen, "\n"), x.input)
	x.text(sheet, columnNote, row, q.Note, x.input)
	x.text(sheet, columnVersion, row, strconv.FormatInt(q.Version, 10), x.locked)
	x.text(sheet, columnWas, row, strings.Join(q.Chosen, "\n"), x.locked)
	x.text(sheet, columnWasNote, row, digest(q.Note), x.locked)
	x.duty(sheet, row, questionDuty, q.Owner, q.Due)
	x.choices(sheet, row, listRow+i, q)
}

// topic is the name of a topic: a measure of Art. 21(2), or one of the three others.
func (x *writer) topic(topic string) string {
	if len(topic) == 1 {
		return "(" + topic + ") " + x.p.T("report.measure."+topic)
	}
	return x.p.T("report.topic." + topic)
}

// choices gives an answer its drop-down, or says how several answers are typed.
func (x *writer) choices(sheet string, row, list int, q Question) {
	v := excelize.NewDataValidation(true)
	v.SetSqref(columnAnswer + strconv.Itoa(row))
	if q.Type == catalog.Many {
		v.SetInput(x.t("several"), x.t("several.hint"))
		x.do(x.f.AddDataValidation(sheet, v))
		return
	}
	last := ""
	for k, o := range q.Options {
		last = string(rune('A' + k))
		x.text(hidden, last, list, o.Text, x.locked)
	}
	v.SetSqrefDropList(fmt.Sprintf("'%s'!$A$%d:$%s$%d", hidden, list, last, list))
	v.SetError(excelize.DataValidationErrorStyleWarning, x.t("unknown"), x.t("unknown.hint"))
	x.do(x.f.AddDataValidation(sheet, v))
}

func (x *writer) requirements(b Book) {
	sheet := x.table("requirements", []column{{"id", 16}, {"requirement", 52}, {"citation", 34}, {"measures", 10}, {"status", 18}, {"expires", 13}, {"owner", 22}, {"due", 13}}, requirementCells(b, x.p))
	for i, r := range b.Requirements {
		x.duty(sheet, i+2, requirementDuty, r.Owner, r.Due)
	}
	x.people(sheet, requirementDuty, len(b.Requirements), b.People)
}

func (x *writer) tasks(b Book) {
	sheet := x.table("tasks", []column{{"id", 16}, {"title", 60}, {"status", 18}, {"owner", 22}, {"due", 13}}, taskCells(b, x.p))
	for i, t := range b.Tasks {
		x.duty(sheet, i+2, taskDuty, t.Owner, t.Due)
	}
	x.people(sheet, taskDuty, len(b.Tasks), b.People)
}

// table writes a sheet with cells that are only read.
func (x *writer) table(key string, columns []column, rows [][]string) (name string) {
	sheet := x.sheet(key, columns)
	for i, row := range rows {
		for k, cell := range row {
			x.text(sheet, string(rune('A'+k)), i+2, cell, x.locked)
		}
	}
	x.do(x.f.AutoFilter(sheet, "A1:"+string(rune('A'+len(columns)-1))+strconv.Itoa(len(rows)+1), nil))
	x.protect(sheet)
	return sheet
}

func requirementCells(b Book, p *locale.Printer) (rows [][]string) {
	for _, r := range b.Requirements {
		rows = append(rows, []string{r.ID, r.Title, p.Cite(r.Citation), r.Measures, r.Status, dayText(r.ExpiresOn)})
	}
	return rows
}

func evidenceCells(b Book) (rows [][]string) {
	for _, e := range b.Evidence {
		rows = append(rows, []string{e.ID, e.Title, e.Kind, e.Owner, e.Location, dayText(e.Date), dayText(e.ValidUntil)})
	}
	return rows
}

func dayText(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}
