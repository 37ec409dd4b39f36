package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// decode reads the JSON of a request. What is wrong with it is a fault that names its
// place, in sentences that are translated: those of the standard library are neither.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var at *time.ParseError
	switch {
	case errors.As(err, &syntax):
		return misplaced(body, syntax)
	case errors.As(err, &kind):
		return mistyped(kind)
	case errors.As(err, &at):
		return &fault.Error{Kind: fault.Invalid, Field: where(body, strconv.Quote(at.Value)), What: "this is not a date and time", Expected: "for example 2026-03-31T14:00:00Z"}
	case err != nil && strings.Contains(err.Error(), notDate):
		text, _, _ := strings.Cut(err.Error(), notDate)
		return &fault.Error{Kind: fault.Invalid, Field: where(body, text), What: "this is not a date", Expected: "YYYY-MM-DD, for example 2026-03-31"}
	}
	return err
}

// notDate is what law.ParseDate says behind the quoted text.
const notDate = " is not a date; expected YYYY-MM-DD"

// where is the place of the quoted text in the body: the library does not name it for
// values that read themselves. It is the whole body when it stands in several places.
func where(body []byte, quoted string) string {
	var all any
	if json.Unmarshal(body, &all) != nil {
		return inBody
	}
	if found := places(all, quoted, inBody); len(found) == 1 {
		return found[0]
	}
	return inBody
}

func places(v any, quoted, at string) (found []string) {
	switch v := v.(type) {
	case string:
		if strconv.Quote(v) == quoted {
			return []string{at}
		}
	case []any:
		for i, e := range v {
			found = append(found, places(e, quoted, fmt.Sprintf("%s[%d]", strings.TrimSuffix(at, "."), i))...)
		}
	case map[string]any:
		for name, e := range v {
			found = append(found, places(e, quoted, strings.TrimSuffix(at, ".")+"."+name)...)
		}
	}
	return found
}

// misplaced is the fault of a text that is not JSON. The offset of the error is behind
// the character that cannot stand where it does.
func misplaced(body []byte, err *json.SyntaxError) error {
	before := body[:min(max(int(err.Offset)-1, 0), len(body))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	if int(err.Offset) >= len(body) && strings.HasPrefix(err.Error(), "unexpected end") {
		return &fault.Error{Kind: fault.Invalid, What: fmt.Sprintf("the JSON breaks off in line %d", line), Expected: "that every bracket and quotation mark is closed"}
	}
	found, _ := utf8.DecodeRune(body[len(before):])
	return &fault.Error{Kind: fault.Invalid, What: fmt.Sprintf("this is not JSON at line %d, character %d: %s", line, column, strconv.QuoteRune(found)), Expected: follows(err.Error())}
}

// follows says what JSON allows where the standard library found something else.
func follows(problem string) string {
	switch {
	case strings.HasSuffix(problem, "after object key"):
		return "a colon"
	case strings.HasSuffix(problem, "after object key:value pair"):
		return "a comma or }"
	case strings.HasSuffix(problem, "after array element"):
		return "a comma or ]"
	case strings.HasSuffix(problem, "beginning of object key string"):
		return "a name in double quotation marks"
	case strings.HasSuffix(problem, "beginning of value"):
		return "a value: text in double quotation marks, a number, true, false, null, { or ["
	case strings.HasSuffix(problem, "after top-level value"):
		return "nothing after the end of the JSON"
	case strings.HasSuffix(problem, "in string literal"):
		return `line breaks and tabs in texts as \n and \t`
	}
	return ""
}

// mistyped is the fault of a value that the description allows and the field cannot
// hold, such as a number of thirty digits.
func mistyped(err *json.UnmarshalTypeError) error {
	f := &fault.Error{Kind: fault.Invalid, Field: inBody + err.Field, What: "this value does not fit"}
	switch err.Type.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.Expected = "a whole number that is not too large"
	case reflect.Float32, reflect.Float64:
		f.Expected = "a number that is not too large"
	}
	return f
}

const inBody = "body."

// located moves the place that decode named from the text of a problem to where
// programs look for it.
func located(d *huma.ErrorDetail) {
	if at, what, found := strings.Cut(d.Message, ": "); found && d.Location == "body" && strings.HasPrefix(at, inBody) {
		d.Location, d.Message = strings.TrimSuffix(at, "."), what
	}
}
