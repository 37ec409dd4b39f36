package workbook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

// The kinds of duties.
const (
	OfQuestion    = "question"
	OfRequirement = "requirement"
	OfTask        = "task"
)

// Duty is who answers for something and until when, as somebody has left it in a
// row.
type Duty struct {
	Kind    string // OfQuestion, OfRequirement or OfTask
	Object  string // id
	Owner   string // as typed; "" for nobody
	Due     string // as typed, or YYYY-MM-DD for a cell that holds a day
	OwnerAt Place
	DueAt   Place
	was     [2]string // owner and due day that the row was written with
}

// Touched reports whether the cells are no longer what Write put there.
func (d Duty) Touched() bool { return d.was != [2]string{d.Owner, d.Due} }

// Emptied reports whether the row was written with an owner who was taken out.
func (d Duty) Emptied() bool { return d.Owner == "" && d.was[0] != "" }

// Stale reports whether the row was not written with the owner and the day as they
// are now.
func (d Duty) Stale(owner string, due law.Date) bool {
	return d.was != [2]string{Tidy(owner), due.String()}
}

// Day is the day that the text of a cell names: YYYY-MM-DD or D.M.YYYY. An empty text
// is no day and is fine.
func Day(text string) (day law.Date, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return law.Date{}, true
	}
	for _, layout := range []string{time.DateOnly, "2.1.2006"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= earliest && t.Year() <= latest {
			return law.DateOf(t), true
		}
	}
	return law.Date{}, false
}

// The years of days that a cell can hold: others are slips of the keyboard.
const (
	earliest = 2000
	latest   = 2199
)

// dutyColumns are the columns of a sheet that say who answers for a row. The last two
// are hidden and hold what the row was written with.
type dutyColumns struct{ owner, due, wasOwner, wasDue string }

var (
	questionDuty    = dutyColumns{columnOwner, columnDue, "L", "M"}
	requirementDuty = dutyColumns{"G", "H", "I", "J"}
	taskDuty        = dutyColumns{"D", "E", "F", "G"}
)

// duty writes who answers for a row, for change, and once more to compare with.
func (x *writer) duty(sheet string, row int, at dutyColumns, owner string, due law.Date) {
	x.text(sheet, at.owner, row, owner, x.input)
	x.text(sheet, at.due, row, dayText(due), x.input)
	x.text(sheet, at.wasOwner, row, owner, x.locked)
	x.text(sheet, at.wasDue, row, dayText(due), x.locked)
}

// people gives the owners of a sheet a drop-down with the people who can be one.
func (x *writer) people(sheet string, at dutyColumns, rows int, people []string) {
	x.do(x.f.SetColVisible(sheet, at.wasOwner+":"+at.wasDue, false))
	if rows == 0 || len(people) == 0 {
		return
	}
	last, err := excelize.ColumnNumberToName(len(people))
	x.do(err)
	v := excelize.NewDataValidation(true)
	v.SetSqref(fmt.Sprintf("%s2:%s%d", at.owner, at.owner, rows+1))
	v.SetSqrefDropList(fmt.Sprintf("'%s'!$A$%d:$%s$%d", hidden, peopleRow, last, peopleRow))
	v.SetError(excelize.DataValidationErrorStyleWarning, x.t("unknown"), x.t("unknown.person"))
	x.do(x.f.AddDataValidation(sheet, v))
}

// hidePeople writes the options of the drop-down of owners.
func (x *writer) hidePeople(people []string) {
	for i, name := range people {
		column, err := excelize.ColumnNumberToName(i + 1)
		x.do(err)
		x.text(hidden, column, peopleRow, name, x.locked)
	}
}

// taskCells are the cells of tasks that are only read.
func taskCells(b Book, p *locale.Printer) (rows [][]string) {
	for _, t := range b.Tasks {
		rows = append(rows, []string{t.ID, t.Title, p.T("plan.state." + t.State)})
	}
	return rows
}

// readDuties reads who answers for the rows of a sheet.
func readDuties(f *excelize.File, sheet, kind string, at dutyColumns, rows [][]string, out *Filled) {
	seen := map[string]bool{}
	for i, cells := range rows {
		n, object := i+1, strings.TrimSpace(cell(cells, columnID))
		if n == 1 || object == "" || seen[object] {
			continue
		}
		seen[object] = true
		if problem := unusable(f, sheet, n, cells, at.owner, at.due); problem.Text.Key != "" {
			out.Problems = append(out.Problems, problem)
			continue
		}
		out.Duties = append(out.Duties, Duty{Kind: kind, Object: object, Owner: Tidy(cell(cells, at.owner)), Due: typedDay(f, Tidy(cell(cells, at.due))),
			OwnerAt: Place{sheet, at.owner + strconv.Itoa(n)}, DueAt: Place{sheet, at.due + strconv.Itoa(n)},
			was: [2]string{Tidy(cell(cells, at.wasOwner)), Tidy(cell(cells, at.wasDue))}})
	}
}

// typedDay is the text of a cell for a day. Programs store days as numbers, counted
// from the beginning that the file names.
func typedDay(f *excelize.File, text string) string {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || number < 1 || number > 1e6 {
		return text
	}
	props, err := f.GetWorkbookProps()
	if err != nil {
		return text
	}
	t, err := excelize.ExcelDateToTime(number, props.Date1904 != nil && *props.Date1904)
	if err != nil {
		return text
	}
	return law.DateOf(t).String()
}
