// Package contract implements the machine contracts of the command line: JSON
// Lines in, JSON Lines out, one object per line and in the same order. A line
// that cannot be used yields an object with an error in its place.
package contract

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxLine is the longest input line in bytes; a longer one is answered with an
// error of code "too_long" and skipped.
const MaxLine = 4 << 20

// Error codes of the contracts.
const (
	CodeSyntax       = "syntax"        // not a JSON object
	CodeUnknownField = "unknown_field" // a field that the contract does not have
	CodeType         = "wrong_type"    // a value of another type than the contract's
	CodeValue        = "invalid_value" // right type, impossible value
	CodeMissing      = "missing_field" // a field without which no answer is possible
	CodeTooLong      = "too_long"
)

// Problem is why a line cannot be used.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field"`
}

// Error prints the field and the message.
func (p *Problem) Error() string { return p.Field + ": " + p.Message }

// Problemf builds a Problem.
func Problemf(code, field, format string, args ...any) *Problem {
	return &Problem{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Answer computes the output object for one input object. It returns a *Problem
// when the object cannot be used.
type Answer func(Object) (any, error)

// Run answers every line of r on w. It reports whether every line could be used;
// err is a failure to read or write. An empty line is a line that cannot be
// used; what follows the last line end is a line only when it is not empty.
func Run(r io.Reader, w io.Writer, answer Answer) (ok bool, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	out := bufio.NewWriterSize(w, 1<<16)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	ok = true
	for {
		line, tooLong, readErr := readLine(in)
		if len(line) > 0 || tooLong {
			object, good := one(bytes.TrimSpace(line), tooLong, answer)
			ok = ok && good
			if err := encoder.Encode(object); err != nil {
				return ok, fmt.Errorf("write the answer: %w", err)
			}
		}
		if in.Buffered() == 0 || readErr != nil {
			if err := out.Flush(); err != nil {
				return ok, fmt.Errorf("write the answer: %w", err)
			}
		}
		if errors.Is(readErr, io.EOF) {
			return ok, nil
		}
		if readErr != nil {
			return ok, fmt.Errorf("read the input: %w", readErr)
		}
	}
}

func one(line []byte, tooLong bool, answer Answer) (object any, good bool) {
	if tooLong {
		return failed(nil, Problemf(CodeTooLong, "", "the line is longer than %d bytes", MaxLine)), false
	}
	o, err := Parse(line)
	if !utf8.Valid(line) { // the answer must be, so an id that is not is left out
		id := o.ID()
		if !utf8.Valid(id) {
			id = nil
		}
		return failed(id, Problemf(CodeSyntax, "", "the line is not valid UTF-8")), false
	}
	if err != nil {
		return failed(o.ID(), err), false
	}
	result, err := answer(o)
	if err != nil {
		return failed(o.ID(), err), false
	}
	return result, true
}

func failed(id json.RawMessage, err error) any {
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{Code: CodeValue, Message: err.Error()}
	}
	if id == nil {
		id = json.RawMessage("null")
	}
	return struct {
		ID    json.RawMessage `json:"id"`
		Error *Problem        `json:"error"`
	}{id, p}
}

// readLine returns the next line without its end, and io.EOF with the last one.
// A line longer than MaxLine is read to its end and thrown away.
func readLine(in *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > MaxLine {
			line, tooLong = nil, true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return line, tooLong, err
	}
}

// Object is one input object with its fields still encoded.
type Object struct {
	path   string // "" for the line itself, "figures[0]" inside
	fields map[string]json.RawMessage
}

// Parse reads one JSON object. Two fields of the same name are an error.
func Parse(line []byte) (Object, error) {
	return parseAt("", line)
}

func parseAt(path string, b []byte) (Object, error) {
	o := Object{path: path, fields: map[string]json.RawMessage{}}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		if path != "" {
			return o, Problemf(CodeType, path, "expected an object, found %s", abbreviate(b))
		}
		return o, Problemf(CodeSyntax, path, "expected a JSON object")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return o, Problemf(CodeSyntax, path, "the JSON breaks off or is malformed: %v", err)
		}
		name := t.(string)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return o, Problemf(CodeSyntax, o.at(name), "the JSON breaks off or is malformed: %v", err)
		}
		if _, twice := o.fields[name]; twice {
			return o, Problemf(CodeValue, o.at(name), "the field is given twice")
		}
		o.fields[name] = raw
	}
	if _, err := d.Token(); err != nil {
		return o, Problemf(CodeSyntax, path, "the JSON breaks off or is malformed: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return o, Problemf(CodeSyntax, path, "expected one JSON object and nothing after it")
	}
	return o, nil
}

func (o Object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// ID is the raw id of the line, nil when absent.
func (o Object) ID() json.RawMessage { return o.fields["id"] }

// Only fails with unknown_field when the object has a field that is not named,
// in alphabetic order of the offending fields.
func (o Object) Only(names ...string) error {
	var unknown []string
	for f := range o.fields {
		if !slices.Contains(names, f) {
			unknown = append(unknown, f)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return Problemf(CodeUnknownField, o.at(unknown[0]), "no such field; expected one of %s", strings.Join(names, ", "))
}

// Has reports whether the field is present, even as null.
func (o Object) Has(name string) bool { _, ok := o.fields[name]; return ok }

// Null reports whether the field is absent or null.
func (o Object) Null(name string) bool {
	raw, ok := o.fields[name]
	return !ok || string(raw) == "null"
}

// Names lists the fields of the object, sorted.
func (o Object) Names() []string {
	names := make([]string, 0, len(o.fields))
	for n := range o.fields {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Text reads a string; absent or null gives "".
func (o Object) Text(name string) (string, error) { return read[string](o, name, "a string") }

// Bool reads true, false or, when absent or null, nil.
func (o Object) Bool(name string) (*bool, error) { return read[*bool](o, name, "true, false or null") }

// Number reads a number or, when absent or null, nil. One beyond the range of
// a float64 is an impossible value.
func (o Object) Number(name string) (*float64, error) {
	v, err := read[*float64](o, name, "a number or null")
	if raw := o.fields[name]; err != nil && strings.ContainsRune("-0123456789", rune(raw[0])) {
		return nil, Problemf(CodeValue, o.at(name), "%s is too large a number", abbreviate(raw))
	}
	return v, err
}

// Texts reads a list of strings; absent or null gives nil. A member that is no
// string is named with its position.
func (o Object) Texts(name string) ([]string, error) {
	if o.Null(name) {
		return nil, nil
	}
	raws, err := read[[]json.RawMessage](o, name, "a list of strings")
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(raws))
	for i, raw := range raws {
		if raw[0] != '"' || json.Unmarshal(raw, &texts[i]) != nil {
			return nil, Problemf(CodeType, fmt.Sprintf("%s[%d]", o.at(name), i), "expected a string, found %s", abbreviate(raw))
		}
	}
	return texts, nil
}

func read[T any](o Object, name, expected string) (T, error) {
	var v T
	raw, ok := o.fields[name]
	if !ok {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, Problemf(CodeType, o.at(name), "expected %s, found %s", expected, abbreviate(raw))
	}
	return v, nil
}

// Object reads a nested object; absent or null gives an empty one.
func (o Object) Object(name string) (Object, error) {
	if o.Null(name) {
		return Object{path: o.at(name)}, nil
	}
	return parseAt(o.at(name), o.fields[name])
}

// Objects reads a list of objects; absent or null gives nil.
func (o Object) Objects(name string) ([]Object, error) {
	raws, err := read[[]json.RawMessage](o, name, "a list of objects")
	if err != nil {
		return nil, err
	}
	var list []Object
	for i, raw := range raws {
		child, err := parseAt(fmt.Sprintf("%s[%d]", o.at(name), i), raw)
		if err != nil {
			return nil, err
		}
		list = append(list, child)
	}
	return list, nil
}

func abbreviate(raw []byte) string {
	const most = 40
	if r := []rune(string(raw)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(raw)
}
