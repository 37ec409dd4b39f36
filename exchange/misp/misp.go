// Package misp reads and writes indicators of compromise as events of MISP, in the
// core format (https://www.misp-standard.org/rfc/misp-standard-core.html).
package misp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/internal/base/id"
)

// tag is a label of an event or an attribute.
type tag struct {
	Name string `json:"name"`
}

// attribute is what is read of an attribute.
type attribute struct {
	Type      string          `json:"type"`
	Value     string          `json:"value"`
	Comment   string          `json:"comment"`
	FirstSeen string          `json:"first_seen"`
	Timestamp json.RawMessage `json:"timestamp"` // seconds, as text or number
	Tags      []tag           `json:"Tag"`
	Deleted   bool            `json:"deleted"`
}

// Read reads one event, a list of events, or the answer of a search, attribute by
// attribute, however long it is. tlp is the label of the event, which holds for
// attributes without one of their own; events may name it after their attributes,
// so it is known at the end. Attributes of types that are no indicators are rows
// with an error. It ends with the error of f, or when the text is no event.
func Read(r io.Reader, f func(indicators.Row) error) (tlp string, err error) {
	e := &reader{d: json.NewDecoder(r), f: f}
	err = e.value("")
	if err == nil && !e.found {
		err = errors.New("the text has no attributes of MISP")
	}
	return e.tlp, err
}

// reader walks through the text.
type reader struct {
	d     *json.Decoder
	f     func(indicators.Row) error
	n     int // attributes so far
	depth int
	found bool
	tlp   string
}

// deepest is how deep an event may nest.
const deepest = 20

// value reads the value of a key.
func (e *reader) value(key string) error {
	t, err := e.d.Token()
	if err != nil {
		return fmt.Errorf("the text is no JSON: %w", err)
	}
	if e.depth++; e.depth > deepest {
		return errors.New("the text is nested too deeply for an event")
	}
	defer func() { e.depth-- }()
	switch t {
	case json.Delim('['):
		for e.d.More() {
			if err := e.element(key); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		for e.d.More() {
			name, err := e.d.Token()
			if err != nil {
				return fmt.Errorf("the text is no JSON: %w", err)
			}
			word, _ := name.(string)
			if err := e.value(word); err != nil {
				return err
			}
		}
	default:
		return nil
	}
	if _, err := e.d.Token(); err != nil {
		return fmt.Errorf("the text is no JSON: %w", err)
	}
	return nil
}

// element reads an element of the list of a key.
func (e *reader) element(key string) error {
	switch key {
	case "Attribute":
		var a attribute
		if err := e.decode(&a); err != nil {
			return err
		}
		e.found = true
		e.n++
		return e.attribute(a)
	case "Tag":
		var t tag
		if err := e.decode(&t); err != nil {
			return err
		}
		if l := indicators.Label(t.Name); l != "" && e.tlp == "" {
			e.tlp = l
		}
		return nil
	}
	return e.value(key)
}

// decode reads one object; what has another form than expected stays empty.
func (e *reader) decode(into any) error {
	var shape *json.UnmarshalTypeError
	if err := e.d.Decode(into); err != nil && !errors.As(err, &shape) {
		return fmt.Errorf("the text is no JSON: %w", err)
	}
	return nil
}

func (e *reader) attribute(a attribute) error {
	if a.Deleted {
		return nil
	}
	i := indicators.Indicator{Note: a.Comment, SeenAt: a.seen()}
	for _, t := range a.Tags {
		if l := indicators.Label(t.Name); l != "" {
			i.TLP = l
		}
	}
	kinds, values := strings.Split(a.Type, "|"), []string{a.Value}
	if len(kinds) > 1 {
		values = strings.SplitN(a.Value, "|", len(kinds))
	}
	for n, kind := range kinds {
		known, ok := indicators.FromMISP(kind)
		if kind == "port" && n > 0 {
			continue // ip-dst|port: the address is the indicator
		}
		if !ok || n >= len(values) {
			if err := e.f(indicators.Row{Line: e.n, Text: a.Type, Err: fmt.Errorf("attributes of the type %.40q are no indicators here", a.Type)}); err != nil {
				return err
			}
			continue
		}
		i.Type, i.Value = known, values[n]
		if err := indicators.Emit(indicators.Row{Line: e.n, Indicator: i}, e.f); err != nil {
			return err
		}
	}
	return nil
}

func (a attribute) seen() time.Time {
	if t := indicators.Moment(a.FirstSeen); !t.IsZero() {
		return t
	}
	if n, err := strconv.ParseInt(strings.Trim(string(a.Timestamp), `"`), 10, 64); err == nil && n > 631152000 && n < 7258118400 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// Event says of what an event is.
type Event struct {
	UUID    string // of the case: the same case is the same event
	Info    string // its title
	OrgUUID string // who made it
	Org     string // its name
	TLP     string // of the whole
	MadeAt  time.Time
}

// types are the types of MISP, with their categories, of ours.
var types = map[string][2]string{indicators.IP: {"ip-dst", "Network activity"}, indicators.Domain: {"domain", "Network activity"},
	indicators.URL: {"url", "Network activity"}, indicators.Email: {"email-src", "Payload delivery"}, indicators.MD5: {"md5", "Payload delivery"},
	indicators.SHA1: {"sha1", "Payload delivery"}, indicators.SHA256: {"sha256", "Payload delivery"}, indicators.SHA512: {"sha512", "Payload delivery"},
	indicators.Filename: {"filename", "Payload delivery"}, indicators.Registry: {"regkey", "Persistence mechanism"},
	indicators.Mutex: {"mutex", "Artifacts dropped"}, indicators.CVE: {"vulnerability", "External analysis"}, indicators.Other: {"other", "Other"}}

// Write writes an event with an attribute per row; a row that comes twice is written
// once. The same row of the same case has the same UUID, so that a later event brings
// what an earlier one brought up to date. It is not published, and shared with nobody,
// until somebody decides that in MISP. The numbers by which an instance of MISP knows
// event, attributes and organisation are 0: none has given any.
func Write(w io.Writer, about Event, each func(func(indicators.Indicator) error) error) error {
	out := bufio.NewWriter(w)
	seconds := func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
	maker := map[string]string{"uuid": about.OrgUUID, "name": about.Org, "id": "0"}
	head := map[string]any{"uuid": about.UUID, "id": "0", "info": about.Info, "date": about.MadeAt.UTC().Format("2006-01-02"), "timestamp": seconds(about.MadeAt),
		"published": false, "publish_timestamp": "0", "first_publication": "0", "analysis": "1", "threat_level_id": "2", "distribution": "0", "sharing_group_id": "0",
		"org_id": "0", "orgc_id": "0", "Org": maker, "Orgc": maker, "Tag": []tag{{tagOf(about.TLP)}}}
	b, err := json.Marshal(head)
	if err == nil {
		_, err = fmt.Fprintf(out, `{"Event":%s,"Attribute":[`, b[:len(b)-1])
	}
	written := map[string]bool{}
	if err == nil {
		err = each(func(i indicators.Indicator) error {
			uuid, err := id.Derived(about.UUID, i.Type+"\n"+i.Value)
			if err != nil || written[uuid] {
				return err
			}
			changed := about.MadeAt
			if !i.AddedAt.IsZero() {
				changed = i.AddedAt
			}
			v := map[string]any{"uuid": uuid, "id": "0", "event_id": "0", "type": types[i.Type][0], "category": types[i.Type][1], "value": i.Value,
				"to_ids": i.Type != indicators.Other && i.Type != indicators.CVE, "distribution": "5", "sharing_group_id": "0", "timestamp": seconds(changed),
				"deleted": false, "comment": i.Note, "Tag": []tag{{tagOf(i.TLP)}}}
			if !i.SeenAt.IsZero() {
				v["first_seen"] = i.SeenAt.UTC().Format(time.RFC3339)
			}
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			if len(written) > 0 {
				b = append([]byte{','}, b...)
			}
			written[uuid] = true
			_, err = out.Write(b)
			return err
		})
	}
	if err == nil {
		_, err = fmt.Fprintf(out, `],"attribute_count":"%d"}}`+"\n", len(written))
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the event: %w", err)
	}
	return nil
}

// tagOf is the tag of a label.
func tagOf(tlp string) string { return "tlp:" + strings.ToLower(tlp) }
