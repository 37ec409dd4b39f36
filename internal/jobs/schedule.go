package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Rhythm is how often a schedule runs.
type Rhythm struct {
	every time.Duration // zero: once a day
	at    time.Duration // after midnight UTC
}

// ParseRhythm reads "daily 03:10" (UTC) or a duration of at least a second, such as
// "15m".
func ParseRhythm(s string) (Rhythm, error) {
	if clock, daily := strings.CutPrefix(s, "daily "); daily {
		t, err := time.Parse("15:04", clock)
		if err != nil {
			return Rhythm{}, fmt.Errorf("%q is no time of day; expected, for example, daily 03:10", clock)
		}
		return Rhythm{at: time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute}, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second {
		return Rhythm{}, fmt.Errorf("%q is no rhythm; expected, for example, daily 03:10 or 15m", s)
	}
	return Rhythm{every: d}, nil
}

// Next is the first time after now. last is the time before it that was planned,
// zero for none: times that were missed are left out, and the beat is kept.
func (r Rhythm) Next(last, now time.Time) time.Time {
	if r.every == 0 {
		day := now.UTC().Truncate(24 * time.Hour)
		if next := day.Add(r.at); next.After(now) {
			return next
		}
		return day.Add(24*time.Hour + r.at)
	}
	if last.IsZero() || last.After(now) {
		return now.Add(r.every)
	}
	return last.Add((now.Sub(last)/r.every + 1) * r.every)
}

// Every adds a schedule: a job of the server, of the kind, in the rhythm of
// ParseRhythm. The name is what servers on one database share it by.
func (r *Runner) Every(name, kind, rhythm string) error {
	if _, err := ParseRhythm(rhythm); err != nil {
		return fmt.Errorf("schedule %s: %w", name, err)
	}
	r.schedules = append(r.schedules, work.Cron{Name: name, Kind: kind, Every: rhythm})
	return nil
}

func (r *Runner) storeSchedules(ctx context.Context) error {
	if len(r.schedules) == 0 {
		return nil
	}
	err := r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
		for _, c := range r.schedules {
			rhythm, err := ParseRhythm(c.Every)
			if err != nil {
				return err
			}
			c.Next = rhythm.Next(time.Time{}, tx.Now())
			if err := tx.PutCron(c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store the schedules: %w", err)
	}
	return nil
}

// turnSchedules puts the jobs of schedules that are due into the queue. Whichever
// server comes first does; a job that still waits is not put in twice.
func (r *Runner) turnSchedules(ctx context.Context) error {
	var due []work.Cron
	err := r.store.Read(ctx, queue(), func(tx *store.Tx) error {
		all, err := tx.Crons()
		due = due[:0]
		for _, c := range all {
			if _, mine := r.handlers[c.Kind]; mine && !c.Next.After(tx.Now()) {
				due = append(due, c)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range due {
		if err := r.turn(ctx, c); err != nil {
			return fmt.Errorf("schedule %s: %w", c.Name, err)
		}
	}
	return nil
}

func (r *Runner) turn(ctx context.Context, c work.Cron) error {
	rhythm, err := ParseRhythm(c.Every)
	if err != nil {
		return err
	}
	return r.store.Write(ctx, queue(), itself(), func(tx *store.Tx) error {
		first, err := tx.TurnCron(c, rhythm.Next(c.Next, tx.Now()))
		if err != nil || !first {
			return err
		}
		_, err = tx.Enqueue(work.Job{Kind: c.Kind, Unique: "schedule/" + c.Name})
		return err
	})
}
