package holidays

import (
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// correction is one point in which the library is wrong or behind the law.
type correction struct {
	Country  string
	Month    time.Month
	Day      int
	From, To int // years, both included; 0: open
	Added    bool
	Name     string
	Why      string
}

func (c correction) covers(year int) bool {
	return (c.From == 0 || year >= c.From) && (c.To == 0 || year <= c.To)
}

func corrections() []correction {
	return []correction{
		{Country: "GR", Month: time.January, Day: 1, Why: "the library names the day after Christmas"},
		{Country: "GR", Month: time.January, Day: 1, Added: true, Name: "Πρωτοχρονιά", Why: "the right name"},
		{Country: "LU", Month: time.July, Day: 23, Why: "the library has 23 July for the national day"},
		{Country: "LU", Month: time.June, Day: 23, Added: true, Name: "Nationalfeierdag", Why: "the national day is 23 June, Code du travail Art. L. 232-2"},
		{Country: "LU", Month: time.May, Day: 9, From: 2019, Added: true, Name: "Europadag", Why: "Europe Day, Code du travail Art. L. 232-2 since 2019"},
		{Country: "IT", Month: time.October, Day: 4, From: 2026, Added: true, Name: "San Francesco d'Assisi", Why: "national holiday since Legge 8 ottobre 2025, n. 151"},
		{Country: "SK", Month: time.November, Day: 17, From: 2025, Why: "a working day since 2025 (consolidation act); left out on the safe side"},
		{Country: "SK", Month: time.May, Day: 8, From: 2026, To: 2026, Why: "a working day in 2026 (consolidation act); left out on the safe side"},
		{Country: "SK", Month: time.September, Day: 15, From: 2026, To: 2026, Why: "a working day in 2026 (consolidation act); left out on the safe side"},
	}
}

// removed reports whether a correction takes the day out of the library's list.
func removed(country string, d law.Date) bool {
	for _, c := range corrections() {
		if c.Country == country && !c.Added && c.Month == d.Month && c.Day == d.Day && c.covers(d.Year) {
			return true
		}
	}
	return false
}
