package reminding_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/reminding"
	"github.com/nisaba-platform/nisaba/law"
)

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// TestSteps walks the clock and lists what is said at which time, by whom it is due.
func TestSteps(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	day := law.MustDate("2026-12-10")
	for name, tc := range map[string]struct {
		thing reminding.Thing
		zone  *time.Location
		times []string
		want  []string // one per time; "" for nothing
	}{
		"a task, from a week before it to the day after": {
			reminding.Thing{Kind: desk.Tasks, On: day}, time.UTC,
			[]string{"2026-12-02 23:59", "2026-12-03 00:00", "2026-12-09 23:59", "2026-12-10 00:00", "2026-12-10 23:59", "2026-12-11 00:00", "2027-01-01 00:00"},
			[]string{"", "soon", "", "today", "", "late", ""}},
		"the day is that of the person": {
			reminding.Thing{Kind: desk.Tasks, On: day}, vienna,
			[]string{"2026-12-09 22:59", "2026-12-09 23:00", "2026-12-10 22:59", "2026-12-10 23:00"},
			[]string{"soon", "today", "", "late"}},
		"evidence, thirty and seven days before and after its last day": {
			reminding.Thing{Kind: desk.Proofs, On: day}, time.UTC,
			[]string{"2026-11-09 23:59", "2026-11-10 00:00", "2026-12-03 00:00", "2026-12-10 23:59", "2026-12-11 00:00"},
			[]string{"", "month", "week", "", "late"}},
		"a server that was down says the newest step only": {
			reminding.Thing{Kind: desk.Deadlines, At: at("2026-12-10 22:59")}, time.UTC,
			[]string{"2026-12-09 23:00", "2026-12-10 22:59"},
			[]string{"day", "late"}},
		"an approval waits": {
			reminding.Thing{Kind: desk.Approvals, At: at("2026-12-01 10:00")}, time.UTC,
			[]string{"2026-12-04 09:59", "2026-12-04 10:00", "2026-12-20 10:00"},
			[]string{"", "waiting", "long"}},
		"nothing is said of kinds without steps": {
			reminding.Thing{Kind: desk.Mentions, At: at("2026-12-01 10:00")}, time.UTC, []string{"2027-12-04 09:59"}, []string{""}},
	} {
		tc.thing.ID, tc.thing.For = "x", []string{"anna"}
		said, got := marks{}, []string{}
		for _, now := range tc.times {
			step := ""
			for _, r := range said.due(t, []reminding.Thing{tc.thing}, tc.zone, at(now)) {
				step += r.Step.Name
			}
			got = append(got, step)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// marks are the marks of a store.
type marks map[string]bool

type fataler interface{ Fatal(...any) }

func (m marks) due(t fataler, things []reminding.Thing, zone *time.Location, now time.Time) (first []reminding.Reminder) {
	list, err := reminding.Due(things, func(string) *time.Location { return zone }, now, func(mark string) (bool, error) { return m[mark], nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		fresh := false
		for _, mark := range r.Marks {
			fresh, m[mark] = !m[mark], true
		}
		if fresh {
			first = append(first, r)
		}
	}
	return first
}

// TestOnce lets the clock jump forth and back: each step is said at most once per
// person, no step after a later one, and whatever is due at the latest time that the
// clock showed was said, or a later step was.
func TestOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := at("2026-01-01 00:00")
		instant := rapid.Custom(func(t *rapid.T) time.Time {
			return begin.Add(time.Duration(rapid.IntRange(0, 120*24).Draw(t, "hour")) * time.Hour)
		})
		kinds := []desk.Kind{desk.Tasks, desk.Proofs, desk.Deadlines, desk.Approvals, desk.Delegations, desk.Security}
		thing := rapid.Custom(func(t *rapid.T) reminding.Thing {
			x := reminding.Thing{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), ID: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "id"),
				For: rapid.SampledFrom([][]string{{"anna"}, {"anna", "ben"}}).Draw(t, "for")}
			due := instant.Draw(t, "due")
			if rapid.Bool().Draw(t, "day") {
				x.On = law.DateOf(due)
			} else {
				x.At = due
			}
			return x
		})
		x := thing.Draw(t, "thing")
		said, heard := marks{}, map[string][]string{}
		latest := time.Time{}
		for _, now := range rapid.SliceOfN(instant, 1, 30).Draw(t, "clock") {
			if now.After(latest) {
				latest = now
			}
			for _, r := range said.due(t, []reminding.Thing{x}, time.UTC, now) {
				heard[r.Person] = append(heard[r.Person], r.Step.Name)
			}
		}
		var order []string
		newest := ""
		for _, s := range reminding.Steps(x.Kind) {
			order = append(order, s.Name)
			if !x.From(s, time.UTC).After(latest) {
				newest = s.Name
			}
		}
		for _, person := range x.For {
			last := -1
			for _, step := range heard[person] {
				i := slices.Index(order, step)
				if i <= last {
					t.Fatalf("%s heard %s", person, strings.Join(heard[person], ", "))
				}
				last = i
			}
			if newest != "" && (last < 0 || order[last] != newest) {
				t.Fatalf("%s heard %v; at %v %q was due", person, heard[person], latest, newest)
			}
		}
	})
}

// TestLastDay: a day of a plan is the same everywhere, that of an instant is where the
// reader is, and one that the law sets elsewhere stays.
func TestLastDay(t *testing.T) {
	kiritimati, err := time.LoadLocation("Pacific/Kiritimati")
	if err != nil {
		t.Fatal(err)
	}
	at, day := time.Date(2026, 11, 28, 22, 59, 0, 0, time.UTC), law.MustDate("2026-11-28") // 23:59 in Vienna
	for _, tc := range []struct {
		thing reminding.Thing
		zone  *time.Location
		want  string
	}{
		{reminding.Thing{On: day}, kiritimati, "2026-11-28"},
		{reminding.Thing{At: at}, time.UTC, "2026-11-28"},
		{reminding.Thing{At: at}, kiritimati, "2026-11-29"},
		{reminding.Thing{At: at, Day: day}, kiritimati, "2026-11-28"},
	} {
		if got := tc.thing.LastDay(tc.zone).String(); got != tc.want {
			t.Errorf("%+v in %s: %s, want %s", tc.thing, tc.zone, got, tc.want)
		}
	}
}
