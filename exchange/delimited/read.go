package delimited

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Read reads a table with its head: commas or semicolons, whichever the first line
// has more of, in UTF-8 with or without a byte order mark. Lines may differ in
// length. A text that is no such table is invalid; name stands in the fault.
func Read(name string, b []byte) ([][]string, error) {
	text := strings.TrimPrefix(string(b), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, &fault.Error{Kind: fault.Invalid, File: name, What: "the table is not in UTF-8", Expected: "a table that was saved as \"CSV UTF-8\""}
	}
	r := csv.NewReader(strings.NewReader(text))
	head, _, _ := strings.Cut(text, "\n")
	if strings.Count(head, ";") > strings.Count(head, ",") {
		r.Comma = ';'
	}
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	all, err := r.ReadAll()
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, File: name, What: err.Error(), Expected: "one line per row, with quotes around text that has them", Cause: err}
	}
	return all, nil
}

// Rows reads a table row by row, however long it is: with commas, semicolons or
// tabs, whichever the first line has more of. A row that cannot be read comes with
// an error, and the next ones follow. It ends with the error of f.
func Rows(r io.Reader, f func(line int, row []string, wrong error) error) error {
	b := bufio.NewReaderSize(r, 64<<10)
	first, _ := b.Peek(64 << 10) // an error comes back when the table is read
	if bytes.HasPrefix(first, []byte(mark)) {
		first = first[len(mark):]
		if _, err := b.Discard(len(mark)); err != nil {
			return fmt.Errorf("read the table: %w", err)
		}
	}
	head, _, _ := bytes.Cut(first, []byte("\n"))
	c := csv.NewReader(b)
	for _, comma := range []rune{';', '\t'} {
		if bytes.Count(head, []byte(string(comma))) > bytes.Count(head, []byte(string(c.Comma))) {
			c.Comma = comma
		}
	}
	c.FieldsPerRecord, c.TrimLeadingSpace, c.LazyQuotes, c.ReuseRecord = -1, c.Comma != '\t', true, true
	for {
		row, err := c.Read()
		var wrong *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &wrong):
			if err := f(wrong.Line, nil, err); err != nil {
				return err
			}
			continue
		case err != nil:
			return fmt.Errorf("read the table: %w", err)
		}
		line, _ := c.FieldPos(0)
		if err := f(line, row, nil); err != nil {
			return err
		}
	}
}
