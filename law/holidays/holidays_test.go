package holidays_test

import (
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/holidays"
)

// Days that are, and days that are not, national public holidays: fixed days,
// days that move with Easter (Western and Orthodox), substitute days, regional
// days, and days that national law added or took away.
func TestHoliday(t *testing.T) {
	for _, tc := range []struct {
		country, day string
		want         bool
	}{
		{"DE", "2026-10-03", true}, {"DE", "2026-04-03", true}, {"DE", "2026-04-06", true}, {"DE", "2026-12-24", false},
		{"DE", "2026-06-04", false}, // Corpus Christi is regional
		{"DE", "2026-05-14", true}, {"DE", "2026-05-25", true},
		{"AT", "2026-10-26", true}, {"BE", "2026-07-21", true}, {"BG", "2026-03-03", true}, {"CY", "2026-04-13", true},
		{"CZ", "2026-11-17", true}, {"CZ", "2026-12-24", true}, {"DK", "2026-06-05", true}, {"EE", "2026-02-24", true},
		{"DK", "2026-05-01", false}, // Great Prayer Day, abolished from 2024, fell on this day
		{"ES", "2026-10-12", true}, {"FI", "2026-12-06", true}, {"FR", "2026-07-14", true}, {"FR", "2026-05-08", true},
		{"GR", "2026-04-13", true}, {"GR", "2026-04-06", false}, {"GR", "2026-03-25", true}, {"GR", "2026-01-01", true},
		{"HR", "2026-08-05", true}, {"HU", "2026-10-23", true}, {"IE", "2026-03-17", true}, {"IE", "2026-02-02", true},
		{"IT", "2026-04-25", true}, {"IT", "2026-10-04", true}, {"IT", "2025-10-04", false},
		{"LT", "2026-03-11", true}, {"LV", "2026-11-18", true},
		{"LU", "2026-06-23", true}, {"LU", "2026-07-23", false}, {"LU", "2026-05-09", true}, {"LU", "2018-05-09", false},
		{"MT", "2026-09-21", true}, {"NL", "2026-04-27", true}, {"NL", "2026-12-26", true},
		{"PL", "2026-12-24", true}, {"PL", "2024-12-24", false}, {"PL", "2026-06-04", true},
		{"PT", "2026-06-10", true}, {"RO", "2026-12-01", true}, {"SE", "2026-06-06", true}, {"SI", "2026-06-25", true},
		{"SK", "2026-07-05", true}, {"SK", "2026-11-17", false}, {"SK", "2024-11-17", true}, {"SK", "2026-05-08", false}, {"SK", "2027-05-08", true},
	} {
		if got := holidays.Name(tc.country, law.MustDate(tc.day)); (got != "") != tc.want {
			t.Errorf("%s %s: holiday %q, want one: %v", tc.country, tc.day, got, tc.want)
		}
	}
}

// Easter Monday by the Western and the Orthodox reckoning, and the Christmas days.
func TestMovingDays(t *testing.T) {
	western := map[int]string{2026: "2026-04-06", 2027: "2027-03-29", 2028: "2028-04-17", 2029: "2029-04-02", 2030: "2030-04-22", 2031: "2031-04-14", 2032: "2032-03-29"}
	orthodox := map[int]string{2026: "2026-04-13", 2027: "2027-05-03", 2028: "2028-04-17", 2029: "2029-04-09", 2030: "2030-04-29", 2031: "2031-04-14", 2032: "2032-05-03"}
	without := map[string]bool{"ES": true, "PT": true, "MT": true, "LT": false, "EE": true} // no Easter Monday, nationally
	for _, country := range holidays.Countries() {
		easter := western
		switch country {
		case "BG", "CY", "GR", "RO":
			easter = orthodox
		}
		for year, day := range easter {
			if got := holidays.Name(country, law.MustDate(day)) != ""; got == without[country] {
				t.Errorf("%s, Easter Monday %d: holiday %v", country, year, got)
			}
			for _, d := range []law.Date{{Year: year, Month: time.January, Day: 1}, {Year: year, Month: time.December, Day: 25}} {
				if holidays.Name(country, d) == "" {
					t.Errorf("%s: %s is not a holiday", country, d)
				}
			}
		}
	}
}

func TestCalendar(t *testing.T) {
	for _, country := range holidays.Countries() {
		c, ok := holidays.For(country, 2027, 2028)
		if !ok {
			t.Fatalf("no calendar of %s", country)
		}
		for year := 2026; year <= 2029; year++ { // the span and a year around it
			days := holidays.Year(country, year)
			if len(days) < 6 || len(days) > 22 {
				t.Errorf("%s has %d holidays in %d", country, len(days), year)
			}
			listed := map[law.Date]bool{}
			for i, d := range days {
				listed[d.Date] = true
				if d.Name == "" || i > 0 && d.Date.Before(days[i-1].Date) {
					t.Errorf("%s: %v has no name or is out of order", country, d)
				}
			}
			for d := (law.Date{Year: year, Month: time.January, Day: 1}); d.Year == year; d = d.AddDays(1) {
				if c.Holiday(d) != listed[d] {
					t.Errorf("%s: calendar says %v of %s, the list %v", country, c.Holiday(d), d, listed[d])
				}
			}
		}
	}
	if _, ok := holidays.For("US", 2026, 2027); ok || holidays.Known("EL") || holidays.Year("XX", 2026) != nil {
		t.Error("countries that are not Member States have a calendar")
	}
	if (holidays.Calendar{}).Holiday(law.MustDate("2026-12-25")) {
		t.Error("the zero calendar has no holidays")
	}
}
