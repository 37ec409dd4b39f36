// Package signal reads what monitoring systems send: one JSON object per event, in
// the shape of whoever sends it. A mapping says at which paths the parts of the event
// stand; the built-in one knows usual names, and an organisation can put its own in
// front. What is not found is left empty: a message is refused only when it is no JSON.
package signal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Part names one part of an event.
type Part string

// The parts of an event.
const (
	ID       Part = "id"       // the sender's own name of the event; the same event again changes nothing
	Title    Part = "title"    // what happened, in a line
	Severity Part = "severity" // in the sender's words
	Time     Part = "time"     // when the sender saw it
	Text     Part = "text"     // more about it
	Host     Part = "host"     // on what
)

// Parts lists the parts of an event.
func Parts() []Part { return []Part{ID, Title, Severity, Time, Text, Host} }

// Mapping says at which paths a part stands, tried in order. A path is names and, for
// lists, numbers from 0, joined by dots: "alerts.0.labels.alertname". Names that hold
// dots themselves are found too.
type Mapping map[Part][]string

// Usual is the mapping for usual names: plain ones (id, title, severity, time), Elastic
// Common Schema and Kibana alerts, Microsoft Sentinel and Graph, Splunk, Wazuh,
// Prometheus Alertmanager, and OCSF.
func Usual() Mapping {
	return Mapping{
		ID: {"id", "event_id", "eventId", "alert_id", "alertId", "uuid", "uid", "event.id", "kibana.alert.uuid", "properties.systemAlertId",
			"metadata.uid", "finding_info.uid", "finding.uid", "_id"},
		Title: {"title", "name", "alert_name", "alertName", "summary", "subject", "kibana.alert.rule.name", "rule.description", "rule.name", "properties.title",
			"properties.alertDisplayName", "search_name", "finding_info.title", "finding.title", "commonAnnotations.summary", "commonLabels.alertname",
			"alerts.0.labels.alertname", "message"},
		Severity: {"severity", "level", "priority", "kibana.alert.severity", "event.severity", "rule.level", "properties.severity", "result.severity",
			"result.urgency", "commonLabels.severity", "alerts.0.labels.severity"},
		Time: {"time", "timestamp", "@timestamp", "detected_at", "created_at", "createdDateTime", "event.created", "kibana.alert.start",
			"properties.createdTimeUtc", "properties.startTimeUtc", "result._time", "alerts.0.startsAt"},
		Text: {"description", "text", "details", "body", "message", "reason", "kibana.alert.reason", "full_log", "properties.description", "finding_info.desc",
			"commonAnnotations.description", "alerts.0.annotations.description"},
		Host: {"host", "hostname", "host.name", "agent.name", "device.hostname", "result.host", "result.dest", "commonLabels.instance", "alerts.0.labels.instance"},
	}
}

// Limits of what is taken over; the message itself is kept whole.
const (
	LongestTitle = 200   // characters
	LongestWord  = 200   // characters of id, severity and host
	LongestText  = 4_000 // characters
	mostPaths    = 40
	longestPath  = 200
	deepest      = 20 // names in a path
)

// Event is what was read. Empty parts were not found, or cannot be used; At is zero
// then.
type Event struct {
	ID       string
	Title    string
	Severity string
	At       time.Time // UTC
	Text     string
	Host     string
}

// Parse reads a mapping as people write it: one line per path, "title = rule.name". A
// part may have several lines. The paths go before the usual ones.
func Parse(text string) (Mapping, error) {
	m := Mapping{}
	n := 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		part, path, found := strings.Cut(line, "=")
		p := Part(strings.TrimSpace(part))
		path = strings.TrimSpace(path)
		n++
		switch {
		case !found || path == "" || len(path) > longestPath || strings.Count(path, ".") >= deepest || !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl):
			return nil, wrong(i, "the line names no path")
		case !slices.Contains(Parts(), p):
			return nil, wrong(i, "there is no such part of an event")
		case n > mostPaths:
			return nil, wrong(i, fmt.Sprintf("there are more than %d lines", mostPaths))
		}
		m[p] = append(m[p], path)
	}
	return m, nil
}

func wrong(line int, what string) error {
	return &fault.Error{Kind: fault.Invalid, Field: "mapping", What: fmt.Sprintf("line %d: %s", line+1, what),
		Expected: "lines such as title = rule.name, with id, title, severity, time, text or host before the ="}
}

// String writes the mapping as Parse reads it.
func (m Mapping) String() string {
	var b strings.Builder
	for _, p := range Parts() {
		for _, path := range m[p] {
			fmt.Fprintf(&b, "%s = %s\n", p, path)
		}
	}
	return b.String()
}

// Read reads one message. own goes before the usual mapping. The error is a fault with
// the place in the message where it stops to be JSON.
func Read(body []byte, own Mapping) (Event, error) {
	if !utf8.Valid(body) {
		return Event{}, &fault.Error{Kind: fault.Invalid, What: "the message is no UTF-8 text", Expected: "JSON in UTF-8, RFC 8259"}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		return Event{}, notJSON(body, d.InputOffset(), err)
	}
	if root == nil {
		return Event{}, &fault.Error{Kind: fault.Invalid, What: "the message holds no event", Expected: "one JSON object"}
	}
	if rest := bytes.TrimSpace(body[d.InputOffset():]); len(rest) > 0 {
		return Event{}, notJSON(body, d.InputOffset(), fmt.Errorf("there is more after the object"))
	}
	usual := Usual()
	word := func(p Part, most int) string {
		for _, path := range slices.Concat(own[p], usual[p]) {
			if s := clean(plain(at(root, strings.Split(path, "."))), most, p == Text); s != "" {
				return s
			}
		}
		return ""
	}
	e := Event{ID: word(ID, LongestWord), Title: word(Title, LongestTitle), Severity: word(Severity, LongestWord), Text: word(Text, LongestText), Host: word(Host, LongestWord)}
	for _, path := range slices.Concat(own[Time], usual[Time]) {
		if t, ok := instant(plain(at(root, strings.Split(path, ".")))); ok {
			e.At = t
			break
		}
	}
	return e, nil
}

func notJSON(body []byte, offset int64, err error) error {
	if s, ok := err.(*json.SyntaxError); ok { //nolint:errorlint // json wraps none
		offset = s.Offset
	}
	before := body[:min(max(offset, 0), int64(len(body)))]
	return &fault.Error{Kind: fault.Invalid, File: "message", Line: 1 + bytes.Count(before, []byte("\n")), What: "the message cannot be read: " + err.Error(), Expected: "one JSON object"}
}

// at follows a path. Names with dots in them are tried from the shortest on.
func at(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		for n := 1; n <= len(path); n++ {
			if inner, ok := v[strings.Join(path[:n], ".")]; ok {
				if found := at(inner, path[n:]); found != nil {
					return found
				}
			}
		}
	case []any:
		if n, err := strconv.Atoi(path[0]); err == nil && n >= 0 && n < len(v) {
			return at(v[n], path[1:])
		}
	}
	return nil
}

// plain is a value that stands for itself; "" for objects, lists and null. A list with
// one word is that word.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		if len(v) == 1 {
			return plain(v[0])
		}
	}
	return ""
}

// clean takes control characters out and shortens. lines keeps line breaks.
func clean(s string, most int, lines bool) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case lines && (r == '\n' || r == '\t'):
			return r
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s))
	n := 0
	for i := range s {
		if n++; n == most {
			if i+utf8.RuneLen([]rune(s[i:])[0]) < len(s) {
				return s[:i] + "…"
			}
			break
		}
	}
	return s
}

// Times that no event has.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// instant reads a time: RFC 3339, also without colon in the offset, or seconds,
// milliseconds, microseconds or nanoseconds since 1970. A time without a zone is no
// instant, and is not guessed.
func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return sane(t)
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f <= 0 || f > 1e19 {
		return time.Time{}, false
	}
	for f > 1e11 { // later than the year 5000 in seconds: a finer unit
		f /= 1000
	}
	seconds, rest := math.Modf(f)
	return sane(time.Unix(int64(seconds), int64(rest*1e9)))
}

func sane(t time.Time) (time.Time, bool) {
	t = t.UTC().Truncate(time.Millisecond)
	return t, t.After(earliest) && t.Before(latest)
}
