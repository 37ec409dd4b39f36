package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/nisaba-platform/nisaba/law"
)

// Largest is the largest spreadsheet in bytes that Read takes: 5 MB.
const Largest = 5 << 20

// Bounds of what a spreadsheet unpacks to. Those that Write makes stay far below.
const (
	mostParts    = 500
	mostUnpacked = 12 << 20
	mostRatio    = 200 // unpacked bytes per packed byte
	mostRows     = 5000
	longestCell  = 20_000 // bytes, as notes have
)

// Read reads a spreadsheet that Write made and somebody has filled. Formulas are not
// computed, macros and links to other files are not looked at. The error is a
// *Refused that says why the file cannot be used.
func Read(file []byte) (filled Filled, err error) {
	if err := checkPackage(file); err != nil {
		return filled, err
	}
	// The library is written for files that programs made; one that an attacker made
	// must not end ours.
	defer func() {
		if p := recover(); p != nil {
			filled, err = Filled{}, refuse("broken")
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: mostUnpacked, RawCellValue: true})
	if err != nil {
		return filled, refuse("broken")
	}
	defer f.Close() // read only
	marks := [5]string{}
	for i := range marks {
		if marks[i], err = f.GetCellValue(hidden, "A"+strconv.Itoa(i+1)); err != nil {
			return filled, refuse("foreign")
		}
	}
	if marks[0] != format && marks[0] != firstFormat {
		return filled, refuse("foreign")
	}
	filled.Organisation = marks[1]
	return filled, readSheets(f, marks[0], [3]string(marks[2:]), &filled)
}

// readSheets reads the sheets of answers, requirements and tasks.
func readSheets(f *excelize.File, made string, names [3]string, out *Filled) error {
	answers, err := lines(f, names[0])
	if err != nil {
		return err
	}
	readAnswers(f, names[0], answers, out)
	if made == firstFormat {
		return nil
	}
	readDuties(f, names[0], OfQuestion, questionDuty, answers, out)
	for i, kind := range []string{OfRequirement, OfTask} {
		rows, err := lines(f, names[i+1])
		if err != nil {
			return err
		}
		readDuties(f, names[i+1], kind, [2]dutyColumns{requirementDuty, taskDuty}[i], rows, out)
	}
	return nil
}

// checkPackage looks at the file as a package before anything is unpacked into
// memory: what it is, and how much it would become.
func checkPackage(file []byte) error {
	switch {
	case len(file) > Largest:
		return refuse("too_large")
	case bytes.HasPrefix(file, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return refuse("old")
	case !bytes.HasPrefix(file, []byte("PK\x03\x04")):
		return refuse("type")
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return refuse("broken")
	}
	if len(z.File) > mostParts {
		return refuse("bomb")
	}
	sheet, left := false, min(int64(mostUnpacked), int64(len(file))*mostRatio)
	for _, part := range z.File {
		sheet = sheet || strings.EqualFold(part.Name, "xl/workbook.xml")
		n, err := unpacked(part, left)
		if err != nil {
			return err
		}
		left -= n
	}
	if !sheet {
		return refuse("type")
	}
	return nil
}

// unpacked is the size of a part, counted and not believed.
func unpacked(part *zip.File, most int64) (int64, error) {
	r, err := part.Open()
	if err != nil {
		return 0, refuse("broken")
	}
	defer r.Close() // read only
	n, err := io.Copy(io.Discard, io.LimitReader(r, most+1))
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, refuse("broken")
	}
	if n > most {
		return 0, refuse("bomb")
	}
	return n, nil
}

// lines are the rows of a sheet, read without keeping the sheet.
func lines(f *excelize.File, sheet string) (out [][]string, err error) {
	rows, err := f.Rows(sheet)
	if err != nil {
		return nil, refuse("no_sheet", "sheet", sheet)
	}
	defer rows.Close() // read only
	for rows.Next() {
		if len(out) == mostRows {
			return nil, refuse("rows", "most", mostRows)
		}
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, refuse("broken")
		}
		out = append(out, cells)
	}
	if rows.Error() != nil {
		return nil, refuse("broken")
	}
	return out, nil
}

func readAnswers(f *excelize.File, sheet string, all [][]string, out *Filled) {
	seen := map[string]bool{}
	for i, cells := range all {
		n := i + 1
		if n == 1 || cell(cells, columnID) == "" {
			continue
		}
		row, problem := readRow(f, sheet, n, cells)
		switch {
		case problem.Text.Key != "":
			out.Problems = append(out.Problems, problem)
		case seen[row.Question]:
			out.Problems = append(out.Problems, problemAt(sheet, columnID, n, "twice", "id", row.Question))
		default:
			seen[row.Question] = true
			out.Rows = append(out.Rows, row)
		}
	}
}

func cell(cells []string, column string) string {
	if i := int(column[0] - 'A'); i < len(cells) {
		return cells[i]
	}
	return ""
}

func problemAt(sheet, column string, row int, key string, nameValue ...any) Problem {
	return Problem{Place{sheet, column + strconv.Itoa(row)}, law.Say("workbook.problem."+key, nameValue...)}
}

// unusable is the first problem of the cells of a row; none has no text.
func unusable(f *excelize.File, sheet string, n int, cells []string, columns ...string) Problem {
	for _, column := range columns {
		formula, err := f.GetCellFormula(sheet, fmt.Sprintf("%s%d", column, n))
		if err != nil || formula != "" {
			return problemAt(sheet, column, n, "formula")
		}
		if len(cell(cells, column)) > longestCell {
			return problemAt(sheet, column, n, "long")
		}
	}
	return Problem{}
}

func readRow(f *excelize.File, sheet string, n int, cells []string) (Row, Problem) {
	if problem := unusable(f, sheet, n, cells, columnID, columnAnswer, columnNote); problem.Text.Key != "" {
		return Row{}, problem
	}
	version, err := strconv.ParseInt(cell(cells, columnVersion), 10, 64)
	if err != nil || version < 0 { // written by hand: as if it had never been answered
		version = 0
	}
	row := Row{Place: Place{sheet, columnAnswer + strconv.Itoa(n)}, Question: strings.TrimSpace(cell(cells, columnID)), Answer: Tidy(cell(cells, columnAnswer)),
		Note: Tidy(cell(cells, columnNote)), Version: version, wasNote: cell(cells, columnWasNote)}
	if row.wasNote == "" {
		row.wasNote = digest("")
	}
	if was := cell(cells, columnWas); was != "" {
		row.Was = strings.Split(Tidy(was), "\n")
	}
	return row, Problem{}
}
