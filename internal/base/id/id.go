// Package id makes the identifiers of everything that is stored: UUID version 7
// as text, so that sorting by id is sorting by time of creation.
package id

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// New returns a fresh id of 36 characters. Ids of one process never go backwards.
// It panics when the machine has no randomness, because nothing can be stored then.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid reports whether s is an id in the form that New returns.
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && u.Version() == 7 && u.String() == s
}

// Time is when the id was made, in UTC, to the millisecond. An id of another
// form is an error.
func Time(s string) (time.Time, error) {
	if !Valid(s) {
		return time.Time{}, fmt.Errorf("%q is not an id", s)
	}
	seconds, nanos := uuid.MustParse(s).Time().UnixTime()
	return time.Unix(seconds, nanos).UTC().Truncate(time.Millisecond), nil
}
