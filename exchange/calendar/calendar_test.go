package calendar_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nisaba-platform/nisaba/exchange/calendar"
)

// property is one content line of RFC 5545, its value unescaped when it is text.
type property struct{ name, params, value string }

// component is what stands between BEGIN and END.
type component struct {
	name       string
	properties []property
	children   []component
}

func (c component) get(name string) string {
	for _, p := range c.properties {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// texts are the properties whose value is of the type TEXT.
var texts = map[string]bool{"UID": true, "SUMMARY": true, "DESCRIPTION": true, "X-WR-CALNAME": true}

// parse reads a calendar as strictly as RFC 5545 writes it.
func parse(b []byte) (component, error) {
	lines, err := unfold(b)
	if err != nil {
		return component{}, err
	}
	stack := []component{{}}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return component{}, fmt.Errorf("%q has no colon", line)
		}
		name, params, _ := strings.Cut(name, ";")
		top := &stack[len(stack)-1]
		switch name {
		case "BEGIN":
			stack = append(stack, component{name: value})
		case "END":
			if top.name != value || len(stack) < 2 {
				return component{}, fmt.Errorf("END:%s closes %q", value, top.name)
			}
			parent := &stack[len(stack)-2]
			parent.children = append(parent.children, *top)
			stack = stack[:len(stack)-1]
		default:
			if texts[name] {
				if value, err = unescape(value); err != nil {
					return component{}, err
				}
			}
			top.properties = append(top.properties, property{name, params, value})
		}
	}
	if len(stack) != 1 || len(stack[0].children) != 1 {
		return component{}, errors.New("expected one calendar")
	}
	return stack[0].children[0], nil
}

// unfold checks the physical lines and joins the folded ones.
func unfold(b []byte) ([]string, error) {
	if !utf8.Valid(b) || !bytes.HasSuffix(b, []byte("\r\n")) {
		return nil, errors.New("no UTF-8, or no line end at the end")
	}
	var lines []string
	for _, l := range strings.Split(strings.TrimSuffix(string(b), "\r\n"), "\r\n") {
		if len(l) > 75 || l == "" || !utf8.ValidString(l) {
			return nil, fmt.Errorf("%q: empty, longer than 75 octets or cut inside a character", l)
		}
		if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return nil, fmt.Errorf("%q has a control character", l)
		}
		if rest, folded := strings.CutPrefix(l, " "); folded {
			if len(lines) == 0 {
				return nil, errors.New("the first line is folded")
			}
			lines[len(lines)-1] += rest
			continue
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ',' || c == ';':
			return "", fmt.Errorf("%q has a separator that is not escaped", s)
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(s) || !strings.ContainsRune(`\;,n`, rune(s[i+1])):
			return "", fmt.Errorf("%q has an escape that does not exist", s)
		default:
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(s[i])
			}
		}
	}
	return b.String(), nil
}

func write(t rapid.TB, name string, entries []calendar.Entry, stamp time.Time) component {
	t.Helper()
	var b bytes.Buffer
	if err := calendar.Write(&b, name, entries, stamp); err != nil {
		t.Fatal(err)
	}
	c, err := parse(b.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	return c
}

func TestWrite(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	due := time.Date(2026, 11, 25, 22, 10, 0, 0, berlin)
	stamp := time.Date(2026, 11, 24, 22, 30, 0, 0, berlin)
	got := write(t, "Deadlines; NIS2", []calendar.Entry{{
		UID: "a@nisaba", Summary: "NIS2: early warning, 24 h", Description: "Line one\nC:\\path; two", At: due,
		Alarms: []time.Time{due.Add(-4 * time.Hour), due},
	}}, stamp)
	alarm := func(at string) component {
		return component{name: "VALARM", properties: []property{
			{"ACTION", "", "DISPLAY"}, {"TRIGGER", "VALUE=DATE-TIME", at}, {"DESCRIPTION", "", "NIS2: early warning, 24 h"}}}
	}
	want := component{name: "VCALENDAR",
		properties: []property{{"VERSION", "", "2.0"}, {"PRODID", "", "-//Nisaba//Deadlines//EN"}, {"CALSCALE", "", "GREGORIAN"},
			{"METHOD", "", "PUBLISH"}, {"X-WR-CALNAME", "", "Deadlines; NIS2"}},
		children: []component{{name: "VEVENT",
			properties: []property{{"UID", "", "a@nisaba"}, {"DTSTAMP", "", "20261124T213000Z"}, {"DTSTART", "", "20261125T211000Z"},
				{"SUMMARY", "", "NIS2: early warning, 24 h"}, {"DESCRIPTION", "", "Line one\nC:\\path; two"}, {"TRANSP", "", "TRANSPARENT"}},
			children: []component{alarm("20261125T171000Z"), alarm("20261125T211000Z")},
		}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(component{}, property{})); diff != "" {
		t.Error(diff)
	}
}

// TestFolding: lines of exactly 75 octets stay whole, longer ones are folded
// between characters of up to four octets.
func TestFolding(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		summary string
		lines   int // physical lines of SUMMARY
	}{
		{strings.Repeat("a", 75-len("SUMMARY:")), 1},
		{strings.Repeat("a", 76-len("SUMMARY:")), 2},
		{strings.Repeat("a", 75-len("SUMMARY:")+74), 2},
		{strings.Repeat("a", 75-len("SUMMARY:")+75), 3},
		{strings.Repeat("ü", 100), 3},
		{strings.Repeat("x", 66) + "€" + strings.Repeat("x", 10), 2},
		{strings.Repeat("𝄞", 80), 5},
		{"Ada\r\nBob\rCid\x00\x7f", 1},
	} {
		var b bytes.Buffer
		if err := calendar.Write(&b, "n", []calendar.Entry{{UID: "u", Summary: tc.summary, At: at}}, at); err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(b.String(), "SUMMARY:")
		value, _, _ := strings.Cut(rest, "\r\nTRANSP")
		if got := 1 + strings.Count(value, "\r\n "); got != tc.lines {
			t.Errorf("%q: %d lines, want %d", tc.summary, got, tc.lines)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		entries []calendar.Entry
		stamp   time.Time
	}{
		"no UID":             {[]calendar.Entry{{At: at}}, at},
		"UID of controls":    {[]calendar.Entry{{UID: "\x01", At: at}}, at},
		"same UID":           {[]calendar.Entry{{UID: "a", At: at}, {UID: "a", At: at}}, at},
		"no instant":         {[]calendar.Entry{{UID: "a"}}, at},
		"year of 5 digits":   {[]calendar.Entry{{UID: "a", At: at.AddDate(9000, 0, 0)}}, at},
		"no time of writing": {[]calendar.Entry{{UID: "a", At: at}}, time.Time{}},
	} {
		var b bytes.Buffer
		if err := calendar.Write(&b, "n", tc.entries, tc.stamp); err == nil || b.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes; want an error and nothing written", name, err, b.Len())
		}
	}
	if err := calendar.Write(failing{}, "n", nil, at); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

// TestEveryTextComesBack: what is written is well-formed and reads as it was
// meant, whatever the text.
func TestEveryTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		moment := rapid.Map(rapid.Int64Range(0, 1<<33), func(s int64) time.Time { return base.Add(time.Duration(s%(1<<28)) * time.Second) })
		var entries []calendar.Entry
		for i := range rapid.IntRange(0, 4).Draw(t, "entries") {
			entries = append(entries, calendar.Entry{
				UID: fmt.Sprintf("%d%s", i, rapid.String().Draw(t, "uid")), Summary: rapid.String().Draw(t, "summary"),
				Description: rapid.String().Draw(t, "description"), At: moment.Draw(t, "at"),
				Alarms: rapid.SliceOfN(moment, 0, 3).Draw(t, "alarms"),
			})
		}
		c := write(t, rapid.String().Draw(t, "name"), entries, base)
		if len(c.children) != len(entries) {
			t.Fatalf("%d events, want %d", len(c.children), len(entries))
		}
		for i, e := range entries {
			event := c.children[i]
			if event.get("UID") != clean(e.UID) || event.get("SUMMARY") != clean(e.Summary) || event.get("DESCRIPTION") != clean(e.Description) {
				t.Fatalf("%v became %v", e, event)
			}
			if at, err := time.Parse("20060102T150405Z", event.get("DTSTART")); err != nil || !at.Equal(e.At) {
				t.Fatalf("%v became %s", e.At, event.get("DTSTART"))
			}
			if len(event.children) != len(e.Alarms) {
				t.Fatalf("%d alarms, want %d", len(event.children), len(e.Alarms))
			}
		}
	})
}

// clean is the text as a calendar can hold it.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func BenchmarkWrite(b *testing.B) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	entries := []calendar.Entry{{UID: "a", Summary: "NIS2: early warning", Description: strings.Repeat("Vorfall; ", 30), At: at, Alarms: []time.Time{at, at}}}
	for b.Loop() {
		var out bytes.Buffer
		if err := calendar.Write(&out, "n", entries, at); err != nil {
			b.Fatal(err)
		}
	}
}
