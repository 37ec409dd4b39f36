package clocks

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/law"
)

// Period is a length of time as a legal text gives it. Exactly one member is
// set; the zero Period means "without undue delay", with no outer limit.
type Period struct {
	Elapsed     time.Duration // hours: elapsed time
	Days        int           // calendar days
	Months      int           // calendar months
	WorkingDays int           // days other than Saturdays, Sundays and public holidays
}

// Hours is a period of n hours.
func Hours(n int) Period { return Period{Elapsed: time.Duration(n) * time.Hour} }

// Days is a period of n calendar days.
func Days(n int) Period { return Period{Days: n} }

// Months is a period of n calendar months.
func Months(n int) Period { return Period{Months: n} }

// IsZero reports whether the period has no outer limit.
func (p Period) IsZero() bool { return p == Period{} }

// inHours reports whether Regulation 1182/71 Art. 3(4) leaves the end where it
// falls, because the period is expressed in hours.
func (p Period) inHours() bool { return p.Elapsed != 0 }

// longest is the upper bound of a period in years; a longer one is a mistake.
const longest = 10

// ParsePeriod reads an ISO 8601 duration of one kind: "PT24H", "PT90M", "P14D",
// "P2W", "P1M", "P1Y", or, beyond ISO 8601, "P30B" for thirty working days. It
// must be positive and at most ten years long.
func ParsePeriod(s string) (Period, error) {
	const expected = "expected an ISO 8601 duration such as PT24H, P30D or P1M"
	body, ok := strings.CutPrefix(s, "P")
	if !ok || len(body) < 2 {
		return Period{}, fmt.Errorf("%q is not a period; %s", s, expected)
	}
	p, err := Period{}, error(nil)
	if clock, isClock := strings.CutPrefix(body, "T"); isClock {
		p.Elapsed, err = parseElapsed(clock)
	} else {
		p, err = parseCalendar(body)
	}
	if err != nil {
		return Period{}, fmt.Errorf("%q: %w; %s", s, err, expected)
	}
	return p, nil
}

func parseElapsed(s string) (time.Duration, error) {
	var total time.Duration
	order := "HMS"
	for s != "" {
		n, unit, rest, err := number(s)
		if err != nil {
			return 0, err
		}
		at := strings.IndexByte(order, unit)
		if at < 0 {
			return 0, fmt.Errorf("unit %q does not fit here", unit)
		}
		total += time.Duration(n) * map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}[unit]
		order, s = order[at+1:], rest
	}
	if total <= 0 || total > longest*366*24*time.Hour {
		return 0, errors.New("out of range")
	}
	return total, nil
}

func parseCalendar(s string) (Period, error) {
	n, unit, rest, err := number(s)
	if err != nil {
		return Period{}, err
	}
	if rest != "" {
		return Period{}, errors.New("only one unit is allowed")
	}
	if n < 1 || n > longest*366 {
		return Period{}, errors.New("out of range")
	}
	p := Period{}
	switch unit {
	case 'Y':
		p.Months = 12 * n
	case 'M':
		p.Months = n
	case 'W':
		p.Days = 7 * n
	case 'D':
		p.Days = n
	case 'B':
		p.WorkingDays = n
	default:
		return Period{}, fmt.Errorf("unit %q does not fit here", unit)
	}
	if p.Months > 12*longest || p.Days > 366*longest || p.WorkingDays > 250*longest {
		return Period{}, errors.New("out of range")
	}
	return p, nil
}

// number splits the leading digits and the unit letter off s.
func number(s string) (n int, unit byte, rest string, err error) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 6 || digits == len(s) {
		return 0, 0, "", errors.New("a whole number and a unit are missing")
	}
	n, err = strconv.Atoi(s[:digits])
	return n, s[digits], s[digits+1:], err
}

// String is the ISO 8601 form, with B for working days; "" for no limit.
func (p Period) String() string {
	switch {
	case p.Elapsed != 0 && p.Elapsed%time.Hour == 0:
		return fmt.Sprintf("PT%dH", p.Elapsed/time.Hour)
	case p.Elapsed != 0 && p.Elapsed%time.Minute == 0:
		return fmt.Sprintf("PT%dM", p.Elapsed/time.Minute)
	case p.Elapsed != 0:
		return fmt.Sprintf("PT%dS", p.Elapsed/time.Second)
	case p.Days != 0:
		return fmt.Sprintf("P%dD", p.Days)
	case p.Months != 0:
		return fmt.Sprintf("P%dM", p.Months)
	case p.WorkingDays != 0:
		return fmt.Sprintf("P%dB", p.WorkingDays)
	}
	return ""
}

// Message says the period in words, for example "72 hours".
func (p Period) Message() law.Message {
	switch {
	case p.Elapsed != 0 && p.Elapsed%time.Hour == 0:
		return law.Say("clocks.period.hours", "count", int(p.Elapsed/time.Hour))
	case p.Elapsed != 0:
		return law.Say("clocks.period.minutes", "count", int(p.Elapsed/time.Minute))
	case p.Days != 0:
		return law.Say("clocks.period.days", "count", p.Days)
	case p.Months != 0:
		return law.Say("clocks.period.months", "count", p.Months)
	case p.WorkingDays != 0:
		return law.Say("clocks.period.working_days", "count", p.WorkingDays)
	}
	return law.Say("clocks.period.none")
}
