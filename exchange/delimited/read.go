package delimited

import (
	"encoding/csv"
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
