package survey_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/law"
)

// TestFollow: a failure begins once, survives errors and places that were lost from
// sight, ends when it is seen in order or its place is gone, and is known when it comes
// back.
func TestFollow(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, time.UTC) }
	fails := survey.Sight{Key: "a", Check: "TLS-03", At: "h", Severity: "high", Fails: true}
	fine, unsure := survey.Sight{Key: "a", Check: "TLS-03", At: "h"}, survey.Sight{Key: "a", Check: "TLS-03", At: "h", Unsure: true}
	open := survey.Problem{Key: "a", Check: "TLS-03", At: "h", Severity: "high", Since: day(1)}
	mended, again := open, open
	mended.Mended = day(4)
	again.Since, again.Again = day(5), true
	lost, seen := func(survey.Problem) bool { return true }, func(survey.Problem) bool { return false }
	for _, step := range []struct {
		what string
		now  []survey.Sight
		lost func(survey.Problem) bool
		day  int
		want []survey.Problem
	}{
		{"new", []survey.Sight{fails}, seen, 1, []survey.Problem{open}},
		{"still", []survey.Sight{fails}, seen, 2, []survey.Problem{open}},
		{"an error", []survey.Sight{unsure}, seen, 3, []survey.Problem{open}},
		{"lost", nil, lost, 3, []survey.Problem{open}},
		{"mended", []survey.Sight{fine}, seen, 4, []survey.Problem{mended}},
		{"still mended", nil, seen, 4, []survey.Problem{mended}},
		{"again", []survey.Sight{fails}, seen, 5, []survey.Problem{again}},
	} {
		var history []survey.Problem
		switch step.what {
		case "new":
		case "still mended", "again":
			history = []survey.Problem{mended}
		default:
			history = []survey.Problem{open}
		}
		if diff := cmp.Diff(step.want, survey.Follow(history, step.now, step.lost, day(step.day))); diff != "" {
			t.Errorf("%s: %s", step.what, diff)
		}
	}
	gone := open
	gone.Mended = day(6)
	if diff := cmp.Diff([]survey.Problem{gone}, survey.Follow([]survey.Problem{open}, nil, seen, day(6))); diff != "" {
		t.Errorf("gone: %s", diff)
	}
}

// TestFollowKeepsWhatFails: whatever the history, exactly what fails now or could not be
// judged is open, and no key stands twice.
func TestFollowKeepsWhatFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var history []survey.Problem
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 8).Draw(t, "scans") {
			at = at.AddDate(0, 0, 7)
			was := map[string]bool{}
			for _, p := range history {
				was[p.Key] = p.Open()
			}
			var now []survey.Sight
			want := map[string]bool{}
			for _, key := range []string{"a", "b", "c"} {
				switch rapid.SampledFrom([]string{"fails", "fine", "unsure", "absent"}).Draw(t, key) {
				case "fails":
					now, want[key] = append(now, survey.Sight{Key: key, Severity: "low", Fails: true}), true
				case "fine":
					now = append(now, survey.Sight{Key: key})
				case "unsure":
					now = append(now, survey.Sight{Key: key, Unsure: true})
					want[key] = was[key]
				}
			}
			history = survey.Follow(history, now, func(survey.Problem) bool { return false }, at)
			got := map[string]bool{}
			for _, p := range history {
				if _, twice := got[p.Key]; twice {
					t.Fatalf("%s stands twice", p.Key)
				}
				got[p.Key] = p.Open()
				if p.Since.After(at) || !p.Open() && p.Mended.Before(p.Since) {
					t.Fatalf("%+v", p)
				}
			}
			for _, key := range []string{"a", "b", "c"} {
				if got[key] != want[key] {
					t.Fatalf("%s is open: %v", key, got[key])
				}
			}
		}
	})
}

func TestDue(t *testing.T) {
	p := survey.Plan{Days: map[string]int64{"high": 7}}
	since := time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC)
	for severity, want := range map[string]law.Date{"critical": law.MustDate("2026-12-01"), "high": law.MustDate("2026-12-05"), "info": {}} {
		if got := p.Due(survey.Problem{Severity: severity, Since: since}); got != want {
			t.Errorf("%s: %s", severity, got)
		}
	}
}
