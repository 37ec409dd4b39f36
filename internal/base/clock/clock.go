// Package clock gives the time to the code that may know it. Tests hand in a
// clock that stands still until they move it.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time in UTC.
type Clock interface {
	Now() time.Time
}

// System is the clock of the machine.
type System struct{}

// Now is the present time in UTC, to the millisecond, the precision of the store.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Func is a clock that a function tells.
type Func func() time.Time

// Now is what the function says, in UTC, to the millisecond.
func (f Func) Now() time.Time { return f().UTC().Truncate(time.Millisecond) }

// Fixed stands still until it is moved. It is safe for concurrent use.
type Fixed struct {
	mu sync.Mutex
	at time.Time
}

// At returns a clock that stands at t.
func At(t time.Time) *Fixed { return &Fixed{at: t.UTC()} }

// Now is where the clock stands, in UTC.
func (f *Fixed) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// Move turns the clock by d, which may be negative.
func (f *Fixed) Move(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

var (
	_ Clock = System{}
	_ Clock = (*Fixed)(nil)
)
