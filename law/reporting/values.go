package reporting

import (
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Value is what stands in a field. Exactly one member is set.
type Value struct {
	Unknown bool     `json:"unknown,omitempty"` // stated as not known, which is an answer
	Text    string   `json:"text,omitempty"`    // of every type but Choices, Lines and States
	List    []string `json:"list,omitempty"`
}

// Values are the values by field id. A field without one was not answered.
type Values map[string]Value

// Limits of what may stand in a field.
const (
	LongestLine = 500    // characters of one line
	LongestText = 20_000 // characters of a long text
	MostLines   = 1000
)

func (v Value) words() []string {
	if v.Text != "" {
		return []string{v.Text}
	}
	return v.List
}

// Empty reports whether nothing was said, not even that it is unknown.
func (v Value) Empty() bool { return !v.Unknown && v.Text == "" && len(v.List) == 0 }

// String is the value on one line.
func (v Value) String() string {
	switch {
	case v.Unknown:
		return "?"
	case v.Text != "":
		return v.Text
	}
	return strings.Join(v.List, ", ")
}

// Equal reports whether two values say the same.
func (v Value) Equal(w Value) bool {
	return v.Unknown == w.Unknown && v.Text == w.Text && slices.Equal(v.List, w.List)
}

// Problem is what is wrong with the value of a field.
type Problem struct {
	Field    string
	What     string
	Expected string
}

// Error says it in one line.
func (p *Problem) Error() string { return p.Field + ": " + p.What + "; expected " + p.Expected }

var (
	money  = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,2})? [A-Z]{3}$`)
	phone  = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{3,40}$`)
	states = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
)

// MemberStates lists the codes that a field of type States takes.
func MemberStates() []string { return slices.Clone(states) }

// Check looks at one value. An empty or unknown value is always possible. The
// error is a *Problem.
func (f Field) Check(v Value) error {
	wrong := func(what, expected string) error { return &Problem{f.ID, what, expected} }
	isList := f.Type == Choices || f.Type == Lines || f.Type == States
	switch {
	case v.Empty(), v.Unknown && v.Text == "" && len(v.List) == 0:
		return nil
	case f.Type == Computed:
		return wrong("the field is filled in by itself", "nothing")
	case v.Unknown:
		return wrong("it cannot be unknown and have a value", "one of them")
	case isList && v.Text != "", !isList && len(v.List) > 0:
		return wrong("the value has the wrong shape", "a value of the type "+string(f.Type))
	case len(v.List) > MostLines:
		return wrong("there are too many lines", fmt.Sprintf("at most %d", MostLines))
	}
	for _, w := range v.words() {
		if !utf8.ValidString(w) || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' }) {
			return wrong("the text has characters that cannot be shown", "plain text")
		}
		longest := LongestLine
		if f.Type == LongText {
			longest = LongestText
		}
		if utf8.RuneCountInString(w) > longest {
			return wrong("the text is too long", fmt.Sprintf("at most %d characters", longest))
		}
	}
	return f.checkType(v, wrong)
}

func (f Field) checkType(v Value, wrong func(what, expected string) error) error {
	switch f.Type {
	case YesNo:
		if v.Text != "yes" && v.Text != "no" {
			return wrong("the answer cannot be used", "yes, no or unknown")
		}
	case Number, Percent:
		n, err := strconv.ParseFloat(v.Text, 64)
		if err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) || f.Type == Percent && n > 100 {
			return wrong("it is no number that can be used", map[Type]string{Number: "0 or more, such as 1200 or 2.5", Percent: "0 to 100"}[f.Type])
		}
	case Money:
		if !money.MatchString(v.Text) {
			return wrong("it is no amount", "an amount and its currency, such as 125000.00 EUR")
		}
	case Instant:
		if _, err := time.Parse(time.RFC3339, v.Text); err != nil {
			return wrong("it is no time", "a time with its offset, such as 2026-03-29T03:10:00+02:00")
		}
	case Email:
		if a, err := mail.ParseAddress(v.Text); err != nil || a.Address != v.Text {
			return wrong("it is no e-mail address", "an address such as name@example.org")
		}
	case Phone:
		if !phone.MatchString(v.Text) {
			return wrong("it is no telephone number", "a number such as +43 1 2345678")
		}
	case Choice, Choices, States:
		options := f.Options
		if f.Type == States {
			options = states
		}
		for _, w := range v.words() {
			if !slices.Contains(options, w) {
				return wrong(fmt.Sprintf("there is no choice %q", w), "one of "+strings.Join(options, ", "))
			}
		}
	}
	return nil
}

// Missing lists the required fields of the stage without an answer, in order.
// Nothing else keeps a report from being sent.
func (f Form) Missing(stage clocks.Stage, values Values) []Field {
	var out []Field
	for _, field := range f.Fields {
		if field.Type != Computed && values[field.ID].Empty() && f.Need(field, stage, values) == Required {
			out = append(out, field)
		}
	}
	return out
}

// Keep is the part of the values that the stage shows: what leaves the house with
// a report of the form, and nothing else.
func (f Form) Keep(stage clocks.Stage, values Values) Values {
	out := Values{}
	for _, field := range f.Shown(stage) {
		if v, ok := values[field.ID]; ok && !v.Empty() {
			out[field.ID] = v
		}
	}
	return out
}

// Change is how a field differs between two reports.
type Change struct {
	Field         string
	Before, After Value
}

// Changes lists what differs, in the order of the form. What the platform fills in
// counts too: a corrected time of awareness is what a reader must see.
func (f Form) Changes(before, after Values) []Change {
	var out []Change
	for _, field := range f.Fields {
		b, a := before[field.ID], after[field.ID]
		if !b.Equal(a) {
			out = append(out, Change{field.ID, b, a})
		}
	}
	return out
}

// Redact leaves fields out for somebody who must not see them; it returns the ids
// of those that were left out, so that the recipient knows that something is
// missing.
func (f Form) Redact(values Values, withhold []string) (kept Values, left []string) {
	kept = Values{}
	for _, field := range f.Fields {
		v, ok := values[field.ID]
		switch {
		case !ok:
		case field.Withhold || slices.Contains(withhold, field.ID):
			left = append(left, field.ID)
		default:
			kept[field.ID] = v
		}
	}
	return kept, left
}

// Canonical is the one spelling of values as bytes, for hashes.
func (v Values) Canonical() ([]byte, error) { return json.Marshal(map[string]Value(v)) }
