package ui

import (
	"context"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Zone is the zone in which the reader sees times.
func Zone(ctx context.Context) *time.Location {
	if z := From(ctx).Zone; z != nil {
		return z
	}
	return time.UTC
}

// MomentText writes a time with its zone, for example "25 November 2026, 14:30 CET".
func MomentText(ctx context.Context, t time.Time) string {
	local := t.In(Zone(ctx))
	return DayText(ctx, law.DateOf(local)) + ", " + local.Format("15:04 MST")
}

// DayOf is the day of an instant where the reader is.
func DayOf(ctx context.Context, t time.Time) law.Date { return law.DateOf(t.In(Zone(ctx))) }

// DayText writes a day in the reader's language.
func DayText(ctx context.Context, d law.Date) string {
	if p := From(ctx).Printer; p != nil {
		return p.Date(d)
	}
	return d.String()
}

// RemainingText says how far off t is, rounded towards now: "in 3 days",
// "2 hours ago", "now". The script that keeps it fresh rounds the same way.
func RemainingText(ctx context.Context, t time.Time) string {
	const minute, hour, day = 60_000, 60 * 60_000, 24 * 60 * 60_000
	d := t.UnixMilli() - From(ctx).Now.UnixMilli() // a Duration ends after 292 years
	tense := "ui.in"
	if d < 0 {
		tense, d = "ui.ago", -d
	}
	switch {
	case d >= 2*day:
		return T(ctx, tense+".days", "count", int(d/day))
	case d >= 2*hour:
		return T(ctx, tense+".hours", "count", int(d/hour))
	case d >= minute:
		return T(ctx, tense+".minutes", "count", int(d/minute))
	}
	return T(ctx, "ui.now")
}

// DeadlineProps describe a deadline. By is set for a moment, On for a whole day.
type DeadlineProps struct {
	By   time.Time
	On   law.Date      // the whole day; the deadline passes at its end
	Soon time.Duration // from when it counts as near; 0 is seven days
	Done bool          // kept or no longer needed: no remaining time, no tone
	Ends bool          // something is valid until then: afterwards it has expired and is not overdue
}

// end is the moment at which the deadline passes.
func (d DeadlineProps) end(ctx context.Context) time.Time {
	if d.On.IsZero() {
		return d.By
	}
	return d.On.AddDays(1).At(Zone(ctx))
}

// status is how urgent the deadline is, with its word.
func (d DeadlineProps) status(ctx context.Context) Status {
	left := d.end(ctx).Sub(From(ctx).Now)
	soon := d.Soon
	if soon == 0 {
		soon = 7 * 24 * time.Hour
	}
	switch {
	case left < 0 && d.Ends:
		return Status{Bad, T(ctx, "ui.deadline.expired")}
	case left < 0:
		return Status{Bad, T(ctx, "ui.deadline.overdue")}
	case left < soon:
		return Status{Partly, T(ctx, "ui.deadline.soon")}
	}
	return Status{Neutral, T(ctx, "ui.deadline.ahead")}
}

// machine writes a time for the datetime attribute.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }
