// Package fault is the one error type that faces understand: a kind that decides
// the exit status or HTTP status, the place in the input, and a sentence for the
// person who has to mend it.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind groups faults by what the caller can do about them.
type Kind int

// The kinds.
const (
	Internal  Kind = iota // our defect, or the machine's
	Invalid               // input that cannot be used
	NotFound              // no such thing
	Forbidden             // not allowed
	Conflict              // somebody else was faster
)

// Status is the HTTP status of answers to faults of the kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return http.StatusUnprocessableEntity
	case NotFound:
		return http.StatusNotFound
	case Forbidden:
		return http.StatusForbidden
	case Conflict:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// Error is a fault. Place fields may be empty. What says what is wrong and
// Expected what would be right; both are plain sentences without final stop.
type Error struct {
	Kind     Kind
	File     string
	Line     int // 1-based; 0 = unknown
	Field    string
	What     string
	Expected string
	Cause    error
}

// Error prints "file:line: field: what is wrong; what was expected".
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.What)
	if e.Cause != nil && e.Kind == Internal {
		b.WriteString(": " + e.Cause.Error())
	}
	if e.Expected != "" {
		b.WriteString("; expected " + e.Expected)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf is the kind of the first fault in err's chain, Internal when there is none.
func KindOf(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// List is several faults at once, so that a file can be mended in one go.
type List []*Error

// Error joins the faults, one per line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults.
func (l List) Unwrap() []error {
	out := make([]error, len(l))
	for i, e := range l {
		out[i] = e
	}
	return out
}
