// Package calendar writes iCalendar files (RFC 5545), so that deadlines appear in
// the calendars of the people who have to meet them.
package calendar

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/law"
)

// Entry is one instant or one whole day in the calendar, with its alarms.
type Entry struct {
	UID         string // unique and stable: the same entry written again replaces the old one
	Summary     string // one line
	Description string // may have several lines
	At          time.Time
	Day         law.Date    // a whole day, the same in every zone; At is not used then
	Alarms      []time.Time // instants of the alarms, in any order
}

// product identifies the program that wrote the file, RFC 5545 section 3.7.3.
const product = "-//Nisaba//Deadlines//EN"

// Write writes a calendar of this name: one event per entry, in the order given,
// each a whole day or an instant without duration, that does not make its owner
// busy. stamp is the present. Instants are written in UTC and in whole seconds. An
// entry without UID, or without day and instant, is an error; nothing is written
// then.
func Write(w io.Writer, name string, entries []Entry, stamp time.Time) error {
	seen := map[string]bool{}
	for i, e := range entries {
		switch {
		case strings.TrimSpace(escaped(e.UID)) == "":
			return fmt.Errorf("calendar entry %d: the UID is empty", i)
		case seen[e.UID]:
			return fmt.Errorf("calendar entry %d: the UID %q is given twice", i, e.UID)
		case e.Day.IsZero() && !writable(e.At):
			return fmt.Errorf("calendar entry %d: %v cannot be written; expected an instant in the years 1 to 9999", i, e.At)
		}
		seen[e.UID] = true
	}
	if !writable(stamp) {
		return errors.New("calendar: the instant of writing is not set")
	}
	f := file{}
	f.line("BEGIN", "VCALENDAR")
	f.line("VERSION", "2.0")
	f.line("PRODID", product)
	f.line("CALSCALE", "GREGORIAN")
	f.line("METHOD", "PUBLISH")
	f.text("X-WR-CALNAME", name)
	for _, e := range entries {
		f.event(e, stamp)
	}
	f.line("END", "VCALENDAR")
	if _, err := io.WriteString(w, f.String()); err != nil {
		return fmt.Errorf("write the calendar: %w", err)
	}
	return nil
}

// file collects the content lines of a calendar.
type file struct{ strings.Builder }

func (f *file) event(e Entry, stamp time.Time) {
	f.line("BEGIN", "VEVENT")
	f.text("UID", e.UID)
	f.line("DTSTAMP", instant(stamp))
	if e.Day.IsZero() {
		f.line("DTSTART", instant(e.At))
	} else {
		f.line("DTSTART;VALUE=DATE", strings.ReplaceAll(e.Day.String(), "-", ""))
	}
	f.text("SUMMARY", e.Summary)
	if e.Description != "" {
		f.text("DESCRIPTION", e.Description)
	}
	f.line("TRANSP", "TRANSPARENT")
	for _, at := range e.Alarms {
		if writable(at) {
			f.alarm(e.Summary, at)
		}
	}
	f.line("END", "VEVENT")
}

// alarm writes a message at an instant; a display alarm needs a description,
// RFC 5545 section 3.6.6.
func (f *file) alarm(message string, at time.Time) {
	f.line("BEGIN", "VALARM")
	f.line("ACTION", "DISPLAY")
	f.line("TRIGGER;VALUE=DATE-TIME", instant(at))
	f.text("DESCRIPTION", message)
	f.line("END", "VALARM")
}

func (f *file) text(property, value string) { f.line(property, escaped(value)) }

// line writes one content line, folded so that no line is longer than 75 octets
// without its end and no character is cut, RFC 5545 section 3.1.
func (f *file) line(property, value string) {
	const most = 75
	rest, room := property+":"+value, most
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		f.WriteString(rest[:cut])
		f.WriteString("\r\n ")
		rest, room = rest[cut:], most-1 // the blank counts
	}
	f.WriteString(rest)
	f.WriteString("\r\n")
}

// escaped is the value of a TEXT property, RFC 5545 section 3.3.11. Control
// characters other than line ends and tabs are not allowed and left out; what is
// no UTF-8 becomes the replacement character.
func escaped(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r != '\t' && (r < ' ' || r == 0x7f):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func instant(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// writable reports whether the instant is set and has a year of four digits.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return !t.IsZero() && year >= 1 && year <= 9999
}
