// Package holidays tells the national public holidays of the 27 Member States,
// as Regulation (EEC, Euratom) No 1182/71 Art. 2(1) needs them: the holidays of
// the Member State concerned. Regional and local holidays are left out, because
// which of them counts depends on the seat of the authority; the caller can hand
// in a list of its own instead.
//
// The rules come from the library github.com/rickar/cal/v2; corrections.go says
// where they were wrong or behind the law. Days that the national law on periods
// of time treats like a holiday (Good Friday in the Netherlands, Midsummer Eve in
// Finland and Sweden, Constitution Day in Denmark) are included.
package holidays

import (
	"sort"
	"time"

	"github.com/rickar/cal/v2"

	"github.com/nisaba-platform/nisaba/law"
)

// Countries lists the 27 Member States, ISO 3166-1 alpha-2, sorted. Greece is GR.
func Countries() []string {
	return []string{
		"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
		"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
	}
}

// Known reports whether country is one of the 27. The code EL is not accepted
// here; a face turns it into GR.
func Known(country string) bool { return rules(country) != nil }

// Day is one public holiday.
type Day struct {
	Date law.Date
	Name string // in a language of the country
}

// Year lists the public holidays of a country in a year, sorted by date, with
// substitute days where the country's law moves a holiday to a working day. It
// is nil for an unknown country.
func Year(country string, year int) []Day {
	var days []Day
	for _, rule := range rules(country) {
		days = appendRule(days, rule, year, country)
	}
	for _, c := range corrections() {
		if c.Country == country && c.Added && c.covers(year) {
			days = append(days, Day{Date: law.Date{Year: year, Month: c.Month, Day: c.Day}, Name: c.Name})
		}
	}
	sort.SliceStable(days, func(i, j int) bool { return days[i].Date.Before(days[j].Date) })
	return days
}

func appendRule(days []Day, rule *cal.Holiday, year int, country string) []Day {
	actual, observed := rule.Calc(year)
	if actual.IsZero() || removed(country, dateOf(actual)) {
		return days
	}
	days = append(days, Day{Date: dateOf(actual), Name: rule.Name})
	if substitute := dateOf(observed); substitute != dateOf(actual) {
		days = append(days, Day{Date: substitute, Name: rule.Name})
	}
	return days
}

// dateOf reads the day at noon: the library gives the start of the day in the
// system's zone, where midnight may not exist.
func dateOf(t time.Time) law.Date { return law.DateOf(t.Add(12 * time.Hour)) }

// Calendar is the holidays of one country over a span of years, computed once.
// It is immutable and safe for concurrent use. The zero Calendar has no holidays.
type Calendar struct {
	country  string
	from, to int
	days     map[law.Date]string
}

// For builds the calendar of a country for the years from–to, both included.
// ok is false for an unknown country.
func For(country string, from, to int) (c Calendar, ok bool) {
	if !Known(country) {
		return Calendar{}, false
	}
	c = Calendar{country: country, from: from, to: to, days: map[law.Date]string{}}
	for year := from; year <= to; year++ {
		for _, d := range Year(country, year) {
			c.days[d.Date] = d.Name
		}
	}
	return c, true
}

// Holiday reports whether d is a public holiday. Weekends are not holidays. A
// year outside the span of the calendar is computed on the spot.
func (c Calendar) Holiday(d law.Date) bool { return c.Name(d) != "" }

// Name is the name of the holiday on d, or "" on other days.
func (c Calendar) Name(d law.Date) string {
	if d.Year >= c.from && d.Year <= c.to || c.country == "" {
		return c.days[d]
	}
	return Name(c.country, d)
}

// Name is the name of the country's public holiday on d, or "" when there is
// none or the country is not known.
func Name(country string, d law.Date) string {
	for _, h := range Year(country, d.Year) {
		if h.Date == d {
			return h.Name
		}
	}
	return ""
}
