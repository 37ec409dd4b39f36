// Package workbook writes the questions of an organisation as a spreadsheet that can
// be filled offline, and reads it back. What comes back is text with its place: what
// it means is for the caller, who knows the catalogue and what was answered since.
package workbook

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
)

// Book is what Write puts into a spreadsheet.
type Book struct {
	Organisation string // id; read back
	Name         string
	Made         law.Date
	People       []string // who can own something
	Questions    []Question
	Requirements []Requirement
	Tasks        []Task
	Evidence     []Evidence
}

// Question is a row of the sheet of answers.
type Question struct {
	catalog.Question
	Chosen  []string // ids of options
	Note    string
	Owner   string
	Due     law.Date
	Version int64 // of the answer; 0: not answered
}

// Requirement is a row of the sheet of requirements; owner and due day are read back.
type Requirement struct {
	ID, Title, Citation, Measures, Status, Owner string
	ExpiresOn, Due                               law.Date
}

// Task is a row of the sheet of tasks; owner and due day are read back.
type Task struct {
	ID, Title string
	State     string // of package planning
	Owner     string
	Due       law.Date
}

// Evidence is a row of the sheet of evidence, which is not read back.
type Evidence struct {
	ID, Title, Kind, Owner, Location string
	Date, ValidUntil                 law.Date
}

// Filled is what a spreadsheet says.
type Filled struct {
	Organisation string
	Rows         []Row
	Duties       []Duty
	Problems     []Problem // cells that were left out
}

// Row is a row of the sheet of answers as somebody has left it.
type Row struct {
	Place    Place  // of the answer
	Question string // id
	Answer   string
	Note     string
	Version  int64    // that the row was written with
	Was      []string // options that the row was written with
	wasNote  string   // digest of the note that the row was written with
}

// Place is a cell.
type Place struct{ Sheet, Cell string }

// Problem is a cell that cannot be used.
type Problem struct {
	Place
	Text law.Message
}

// Refused is the error of a file that cannot be used at all.
type Refused struct{ Text law.Message }

// Error is the key of the message, for the log.
func (r *Refused) Error() string { return "the workbook is refused: " + r.Text.Key }

func refuse(key string, nameValue ...any) error {
	return &Refused{law.Say("workbook.refused."+key, nameValue...)}
}

// Touched reports whether the row is no longer what Write put there. options is what
// the answer means.
func (r Row) Touched(options []string) bool {
	return !same(options, r.Was) || digest(r.Note) != r.wasNote
}

// Stale reports whether the row was not written with the answer as it is now.
func (r Row) Stale(version int64, options []string, note string) bool {
	return r.Version != version || !same(options, r.Was) || digest(note) != r.wasNote
}

func same(one, two []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(one)), slices.Sorted(slices.Values(two)))
}

// digest stands for a note in the hidden part of a row.
func digest(note string) string {
	if note = Tidy(note); note == "" {
		return "-"
	}
	sum := sha256.Sum256([]byte(note))
	return hex.EncodeToString(sum[:8])
}

// Tidy is a text without spaces around it and with one form of line end, as
// spreadsheets and browsers have several.
func Tidy(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
}

// Options are the options of a question that the text of a cell names, by their
// text, their number in the list, or their id; several by lines or semicolons. ok is
// false when a part names none. An empty text names none and is fine.
func Options(q catalog.Question, cell string) (options []string, ok bool) {
	cell = Tidy(cell)
	if cell == "" {
		return nil, true
	}
	if id, found := option(q, cell); found {
		return []string{id}, true
	}
	for _, part := range parts(q, cell) {
		id, found := option(q, part)
		if !found {
			return nil, false
		}
		if !slices.Contains(options, id) {
			options = append(options, id)
		}
	}
	return options, q.Type == catalog.Many || len(options) == 1
}

// parts are the lines of a cell. A line that names no option as a whole is divided
// at its semicolons, which texts of options may hold too.
func parts(q catalog.Question, cell string) (out []string) {
	for line := range strings.SplitSeq(cell, "\n") {
		if _, whole := option(q, line); whole {
			out = append(out, line)
			continue
		}
		for part := range strings.SplitSeq(line, ";") {
			if strings.TrimSpace(part) != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func option(q catalog.Question, text string) (id string, ok bool) {
	plain := func(s string) string { return strings.Join(strings.Fields(catalog.Fold(s)), " ") }
	text = plain(text)
	for i, o := range q.Options {
		number := strconv.Itoa(i + 1)
		if text == plain(o.Text) || text == plain(o.ID) || text == number || text == plain(number+" = "+o.Text) {
			return o.ID, true
		}
	}
	return "", false
}
