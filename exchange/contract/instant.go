package contract

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zones of the contract do not depend on the machine

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// instantExpected is said to somebody who sent an instant of another form.
const instantExpected = "expected an instant such as 2026-03-31T14:30:00+02:00, or a local time of the authority such as 2026-03-31T14:30:00"

// Instant reads an RFC 3339 instant; absent or null gives the zero time. A text
// without an offset is a local time of the zone: it is an error when the zone
// skips it, and the earlier instant when it exists twice.
func (o Object) Instant(name string, zone *time.Location) (time.Time, error) {
	if o.Null(name) {
		return time.Time{}, nil
	}
	var s string
	if err := json.Unmarshal(o.fields[name], &s); err != nil {
		return time.Time{}, Problemf(CodeType, o.at(name), "%s; found %s", instantExpected, abbreviate(o.fields[name]))
	}
	t, err := parseInstant(s, zone)
	if err != nil {
		return time.Time{}, Problemf(CodeValue, o.at(name), "%v", err)
	}
	return t, nil
}

func parseInstant(s string, zone *time.Location) (time.Time, error) {
	bad := fmt.Errorf("%s; found %q", instantExpected, s)
	if len(s) < len("2006-01-02T15:04") || !strings.ContainsRune("Tt ", rune(s[10])) {
		return time.Time{}, bad
	}
	day, err := law.ParseDate(s[:10])
	if err != nil {
		return time.Time{}, bad
	}
	if day.Year < 1970 || day.Year > 2999 {
		return time.Time{}, fmt.Errorf("the year must be between 1970 and 2999; found %q", s)
	}
	clock, rest, ok := parseClock(s[11:])
	if !ok {
		return time.Time{}, bad
	}
	if rest == "" {
		t, occurrence := clocks.Wall(day, clock, zone)
		if occurrence == clocks.Never {
			return time.Time{}, fmt.Errorf("%s does not exist in %s: the clocks are put forward over it; expected an existing local time or an offset", s, zone)
		}
		return t, nil
	}
	offset, ok := parseOffset(rest)
	if !ok {
		return time.Time{}, bad
	}
	return day.At(time.UTC).Add(clock - offset), nil
}

// parseClock reads HH:MM, HH:MM:SS or HH:MM:SS.fraction off the front of s.
func parseClock(s string) (clock time.Duration, rest string, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, "", false
	}
	h, ok1 := twoDigits(s[:2], 23)
	m, ok2 := twoDigits(s[3:5], 59)
	clock, s = time.Duration(h)*time.Hour+time.Duration(m)*time.Minute, s[5:]
	if !ok1 || !ok2 || len(s) == 0 || s[0] != ':' {
		return clock, s, ok1 && ok2
	}
	if len(s) < 3 {
		return 0, "", false
	}
	sec, ok3 := twoDigits(s[1:3], 59)
	clock, s = clock+time.Duration(sec)*time.Second, s[3:]
	if !ok3 || s == "" || s[0] != '.' && s[0] != ',' {
		return clock, s, ok3
	}
	digits := 1
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 1 {
		return 0, "", false
	}
	fraction := (s[1:digits] + "000000000")[:9]
	n, err := strconv.Atoi(fraction)
	return clock + time.Duration(n), s[digits:], err == nil
}

func parseOffset(s string) (time.Duration, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != 6 || s[3] != ':' || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, ok1 := twoDigits(s[1:3], 23)
	m, ok2 := twoDigits(s[4:6], 59)
	offset := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, ok1 && ok2
}

func twoDigits(s string, most int) (int, bool) {
	if s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, false
	}
	n := int(s[0]-'0')*10 + int(s[1]-'0')
	return n, n <= most
}

// instantText writes RFC 3339 with the offset of the zone, and milliseconds or
// finer only when there are any; nil for the zero time.
func instantText(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	layout := "2006-01-02T15:04:05Z07:00"
	switch ns := t.Nanosecond(); {
	case ns == 0:
	case ns%1e6 == 0:
		layout = "2006-01-02T15:04:05.000Z07:00"
	case ns%1e3 == 0:
		layout = "2006-01-02T15:04:05.000000Z07:00"
	default:
		layout = "2006-01-02T15:04:05.000000000Z07:00"
	}
	s := t.Format(layout)
	return &s
}
