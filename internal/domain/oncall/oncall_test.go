package oncall_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/law"
)

func roster(days int, handover string) oncall.Roster {
	return oncall.Roster{Contacts: []oncall.Contact{{ID: "a", Name: "Anna"}, {ID: "b", Name: "Ben"}, {ID: "c", Name: "Clara"}},
		Rota: oncall.Rota{Zone: "Europe/Vienna", Begins: law.MustDate("2026-03-23"), Handover: handover, Days: days, Order: []string{"a", "b", "c"}}}
}

// TestAtOverClockChange: the turn changes at eight on the wall, also in the week in
// which clocks go forward, and a handover in the hour that does not exist comes at
// its end.
func TestAtOverClockChange(t *testing.T) {
	for _, tc := range []struct {
		days         int
		handover, at string
		want         string
		from, until  string
	}{
		{7, "08:00", "2026-03-23T06:59:59Z", "", "", ""},
		{7, "08:00", "2026-03-23T07:00:00Z", "Anna", "2026-03-23T07:00:00Z", "2026-03-30T06:00:00Z"},
		{7, "08:00", "2026-03-30T05:59:59Z", "Anna", "2026-03-23T07:00:00Z", "2026-03-30T06:00:00Z"},
		{7, "08:00", "2026-03-30T06:00:00Z", "Ben", "2026-03-30T06:00:00Z", "2026-04-06T06:00:00Z"},
		{1, "02:30", "2026-03-29T00:59:59Z", "Clara", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"},
		{1, "02:30", "2026-03-29T01:00:00Z", "Anna", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		{1, "02:30", "2026-10-25T00:29:59Z", "Clara", "2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"},
		{1, "02:30", "2026-10-25T01:30:00Z", "Anna", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		turn, ok := roster(tc.days, tc.handover).At(at)
		if ok != (tc.want != "") || turn.Contact.Name != tc.want {
			t.Errorf("%s: %q, want %q", tc.at, turn.Contact.Name, tc.want)
			continue
		}
		if ok && (turn.From.Format(time.RFC3339) != tc.from || turn.Until.Format(time.RFC3339) != tc.until) {
			t.Errorf("%s: from %s until %s, want %s until %s", tc.at, turn.From, turn.Until, tc.from, tc.until)
		}
	}
}

// TestTurnsMeet: at every instant exactly one turn is on, and where it ends the
// next one begins.
func TestTurnsMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := roster(rapid.IntRange(1, 14).Draw(t, "days"), rapid.SampledFrom([]string{"00:00", "02:00", "02:30", "03:00", "08:00", "23:59"}).Draw(t, "handover"))
		at := time.Unix(rapid.Int64Range(1_774_400_000, 1_806_000_000).Draw(t, "at"), 0)
		turn, ok := r.At(at)
		if !ok || at.Before(turn.From) || !at.Before(turn.Until) {
			t.Fatalf("%s: %+v %v", at.UTC(), turn, ok)
		}
		next, ok := r.At(turn.Until)
		if !ok || !next.From.Equal(turn.Until) || next.Contact.ID == turn.Contact.ID {
			t.Errorf("after %s until %s comes %s from %s", turn.Contact.Name, turn.Until, next.Contact.Name, next.From)
		}
	})
}

func TestNoRota(t *testing.T) {
	broken := roster(7, "8 o'clock")
	gone := roster(7, "08:00")
	gone.Contacts = nil
	for _, r := range []oncall.Roster{{}, broken, gone} {
		if turn, ok := r.At(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)); ok {
			t.Errorf("%+v", turn)
		}
	}
}
