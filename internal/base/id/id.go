// Package id makes the identifiers of everything that is stored: UUID version 7
// as text, so that sorting by id is sorting by time of creation.
package id

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// New returns a fresh id of 36 characters. Ids of one process never go backwards.
// It panics when the machine has no randomness, because nothing can be stored then.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Derived is an id that follows from another one and a name, with the time of that
// one: work that is done again makes the same ids. An id of another form is an error.
func Derived(from, name string) (string, error) {
	if !Valid(from) {
		return "", fmt.Errorf("%q is not an id", from)
	}
	u := uuid.MustParse(from)
	sum := sha256.Sum256([]byte(from + "/" + name))
	copy(u[6:], sum[:])
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80 // version 7, variant of RFC 9562
	return u.String(), nil
}

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
