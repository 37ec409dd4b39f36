// Package delimited writes and reads comma-separated values of spreadsheets. It is the one
// encoder of all such exports: text that a spreadsheet would run as a formula is
// made plain text here and nowhere else.
package delimited

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"
)

// mark tells spreadsheets that the text is UTF-8.
const mark = "\ufeff"

// Write writes the head and the rows by RFC 4180, with lines that end in CR LF and
// a byte order mark before them. Every field is made Safe.
func Write(w io.Writer, head []string, rows [][]string) error {
	return Stream(w, head, func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	})
}

// Stream is Write with rows that come one after the other. Its error is the first of
// theirs, or of w.
func Stream(w io.Writer, head []string, rows iter.Seq2[[]string, error]) error {
	if _, err := io.WriteString(w, mark); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	write := func(row []string) error {
		safe := make([]string, len(row))
		for i, field := range row {
			safe[i] = Safe(field)
		}
		return c.Write(safe)
	}
	err := write(head)
	for row, fault := range rows {
		if err = cmp.Or(err, fault); err != nil {
			break
		}
		err = write(row)
	}
	c.Flush()
	if err = cmp.Or(err, c.Error()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// openers begin a formula in one spreadsheet or another; the wide forms do so where
// the keyboard makes them.
const openers = "=+-@\t\r\n＝＋－＠"

// Safe is a field that no spreadsheet takes for a formula: text that begins with
// = + - @, a tab or a line end, also after spaces, gets an apostrophe before it.
// NUL, which some programs skip when they look at the beginning, is taken out.
func Safe(field string) string {
	field = strings.ReplaceAll(field, "\x00", "")
	begin := strings.TrimLeft(field, " \u00a0\u200b\ufeff")
	if begin != "" && strings.ContainsRune(openers, []rune(begin)[0]) {
		return "'" + field
	}
	return field
}
