package clock_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
)

func TestFixedMovesOnlyWhenMoved(t *testing.T) {
	start := time.Date(2026, 3, 29, 1, 30, 0, 0, time.FixedZone("CET", 3600))
	c := clock.At(start)
	if !c.Now().Equal(start) || c.Now().Location() != time.UTC {
		t.Errorf("stands at %s", c.Now())
	}
	c.Move(90 * time.Minute)
	if got := c.Now().Sub(start); got != 90*time.Minute {
		t.Errorf("moved by %s", got)
	}
}

func TestSystemIsUTCAndHasMilliseconds(t *testing.T) {
	now := clock.System{}.Now()
	if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
		t.Errorf("%s", now)
	}
}
