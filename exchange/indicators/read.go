package indicators

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
)

// Row is one row of a list: an indicator, or what is wrong with it.
type Row struct {
	Line int    // counted from 1; of STIX and MISP: the number of the object
	Text string // as it stands, shortened; of a row that is wrong
	Indicator
	Err error
}

// Format is the form of a list.
type Format string

// The formats.
const (
	Plain Format = "plain" // one per line
	CSV   Format = "csv"   // a table, with or without head
	STIX  Format = "stix"  // a bundle of STIX 2.1
	MISP  Format = "misp"  // events of MISP
)

// Formats lists the formats.
func Formats() []Format { return []Format{Plain, CSV, STIX, MISP} }

// head is how much of a list is looked at to tell its format, in bytes.
const head = 64 << 10

// Detect tells the format of a list from its beginning, and gives back a reader of
// the whole.
func Detect(r io.Reader) (Format, io.Reader) {
	b := bufio.NewReaderSize(r, head)
	first, _ := b.Peek(head) // an error comes back when the list is read
	text := bytes.TrimLeft(bytes.TrimPrefix(first, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(text) == 0:
		return Plain, b
	case text[0] == '{' || text[0] == '[':
		for _, word := range []string{`"bundle"`, `"spec_version"`, `"bundle--`} {
			if bytes.Contains(text, []byte(word)) {
				return STIX, b
			}
		}
		return MISP, b
	}
	for _, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		cells := split(line)
		if Guess(Refang(line)) == "" && len(cells) > 1 && (columnsOf(cells) != nil || Guess(Refang(strings.Trim(cells[0], `" `))) != "") {
			return CSV, b
		}
		break
	}
	return Plain, b
}

func split(line string) []string {
	comma := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(comma)) {
			comma = c
		}
	}
	return strings.Split(line, string(comma))
}

// longestLine bounds a line of a plain list, in bytes.
const longestLine = 64 << 10

// ReadPlain reads a list with one indicator per line. Empty lines and those that
// begin with # are skipped. It ends with the error of f.
func ReadPlain(r io.Reader, f func(Row) error) error {
	b := bufio.NewReaderSize(r, longestLine)
	for n := 1; ; n++ {
		line, err := b.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = b.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("read the list: %w", err)
		}
		text := strings.TrimSpace(strings.TrimPrefix(string(line), "\ufeff"))
		if text != "" && text[0] != '#' {
			row := Row{Line: n, Indicator: Indicator{Value: text}}
			if long {
				row.Err = ErrLong
			}
			if err := Emit(row, f); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// Emit cleans the indicator of a row and hands it on, with its text when it is
// wrong.
func Emit(row Row, f func(Row) error) error {
	text := row.Value
	if row.Err == nil {
		row.Indicator, row.Err = Clean(row.Indicator)
	}
	if row.Err != nil {
		row.Text = cut(printable(text), 120)
	}
	return f(row)
}

// columns are the names under which tables have what belongs to an indicator.
var columns = map[string][]string{
	"value": {"value", "indicator", "ioc", "observable", "wert", "valeur"},
	"type":  {"type", "indicator_type", "kind", "typ"},
	"tlp":   {"tlp", "marking"},
	"note":  {"note", "comment", "description", "kommentar", "commentaire"},
	"seen":  {"seen_at", "first_seen", "date", "timestamp", "datum"},
}

// columnsOf finds the columns of a head; nil when the row is none.
func columnsOf(row []string) map[string]int {
	at := map[string]int{}
	for n, cell := range row {
		name := strings.ToLower(strings.Trim(strings.TrimSpace(cell), `"`))
		for column, names := range columns {
			if _, seen := at[column]; !seen && slices.Contains(names, name) {
				at[column] = n
			}
		}
	}
	if _, ok := at["value"]; !ok {
		return nil
	}
	return at
}

// ReadTable reads a table: with a head that names the columns value, type, tlp,
// note and seen_at, or without one and the value first.
func ReadTable(r io.Reader, f func(Row) error) error {
	var at map[string]int
	first := true
	return delimited.Rows(r, func(line int, row []string, err error) error {
		if err != nil {
			return f(Row{Line: line, Err: errors.New("the line cannot be read as a table: a quote is open or misplaced")})
		}
		if first {
			first = false
			if at = columnsOf(row); at != nil {
				return nil
			}
			at = map[string]int{"value": 0}
		}
		cell := func(column string) string {
			if n, ok := at[column]; ok && n < len(row) {
				return strings.TrimSpace(strings.TrimPrefix(row[n], "'"))
			}
			return ""
		}
		if strings.Join(row, "") == "" || strings.HasPrefix(row[0], "#") {
			return nil
		}
		kind := cell("type")
		if known, ok := FromMISP(kind); ok {
			kind = known
		}
		return Emit(Row{Line: line, Indicator: Indicator{Type: kind, Value: cell("value"), TLP: cell("tlp"), Note: cell("note"), SeenAt: Moment(cell("seen"))}}, f)
	})
}

// Moment reads a time as lists write it; zero when it is none.
func Moment(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1990 && t.Year() < 2200 {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// misp are the types of MISP that have one of ours.
var misp = map[string]string{"ip": IP, "ip-src": IP, "ip-dst": IP, "domain": Domain, "hostname": Domain, "url": URL, "uri": URL, "link": URL,
	"email": Email, "email-src": Email, "email-dst": Email, "md5": MD5, "sha1": SHA1, "sha256": SHA256, "sha512": SHA512, "filename": Filename,
	"regkey": Registry, "mutex": Mutex, "vulnerability": CVE, "cve": CVE, "registry": Registry, "other": Other, "text": Other}

// FromMISP is our type of one of MISP's.
func FromMISP(kind string) (string, bool) {
	t, ok := misp[strings.ToLower(strings.TrimSpace(kind))]
	return t, ok
}
