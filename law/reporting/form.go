// Package reporting holds the forms of incident reports: which fields a report has
// at each stage, what may stand in them, and how one report differs from the one
// before. Forms are versioned data (content/reports), because the official
// templates still move; nothing here knows a particular field.
//
// The package is pure.
package reporting

import (
	"slices"
	"strconv"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
)

// Need is how much a stage asks for a field.
type Need string

// The needs. Only a required field can keep a report from being ready, and
// "unknown" answers it.
const (
	Required Need = "required"
	Optional Need = "optional"
	Hidden   Need = "hidden"
)

// Type is what may stand in a field.
type Type string

// The types.
const (
	Text     Type = "text"    // one line
	LongText Type = "long"    // several lines
	YesNo    Type = "yes_no"  // yes, no or unknown
	Number   Type = "number"  // not negative
	Percent  Type = "percent" // 0 to 100
	Money    Type = "money"   // an amount with its currency
	Instant  Type = "instant" // RFC 3339, with an offset
	Choice   Type = "choice"  // one of Options
	Choices  Type = "choices" // some of Options
	Lines    Type = "lines"   // a list of texts
	States   Type = "states"  // codes of Member States
	Email    Type = "email"
	Phone    Type = "phone"
	Computed Type = "computed" // filled in by the platform, never typed
)

// Field is one entry of a form.
type Field struct {
	ID       string                `yaml:"id"` // the same fact has the same id in every form
	Number   int                   `yaml:"number"`
	Official string                `yaml:"official,omitempty"` // its number in the official template, such as "3.5"
	Type     Type                  `yaml:"type"`
	Section  string                `yaml:"section"`
	Title    map[string]string     `yaml:"title"` // by language
	Help     map[string]string     `yaml:"help,omitempty"`
	Options  []string              `yaml:"options,omitempty"`  // their words are messages "reports.option.<field>.<option>"
	Stages   map[clocks.Stage]Need `yaml:"stages"`             // a stage that is not named hides the field
	When     *Condition            `yaml:"when,omitempty"`     // required only then, otherwise optional
	Source   string                `yaml:"source"`             // citation of why it is asked
	Withhold bool                  `yaml:"withhold,omitempty"` // never leaves the form's own authority
	Own      bool                  `yaml:"own,omitempty"`      // neither the act nor the template names it: ours
}

// OwnMark stands behind the number of a field that is our own.
const OwnMark = "°"

// Marked is the label, with OwnMark when the field is our own.
func (f Field) Marked() string {
	if f.Own {
		return f.Label() + OwnMark
	}
	return f.Label()
}

// Basis says where the fields of a form come from.
type Basis string

// The bases.
const (
	OfTemplate Basis = "template" // an act or an authority lists the fields
	OfContent  Basis = "content"  // an act says what to report, and lists no fields
	OfOurs     Basis = "own"      // nobody but us made a form for it
)

// Regimes of duties that no act but a contract or a policy sets, and their one stage.
const (
	Contract clocks.Regime = "contract"
	Insurer  clocks.Regime = "insurer"
	Notice   clocks.Stage  = "notice"
)

// Label is what is printed beside the field: its number in the official template,
// or ours.
func (f Field) Label() string {
	if f.Official != "" {
		return f.Official
	}
	return strconv.Itoa(f.Number)
}

// Condition is about another field of the same form.
type Condition struct {
	Field string   `yaml:"field"`
	Is    []string `yaml:"is"` // any of these
}

// Form is a template of reports for one regime.
type Form struct {
	ID         string         `yaml:"id"`
	Version    int            `yaml:"version"` // from 1; reports keep the version they were made with
	Regime     clocks.Regime  `yaml:"regime"`
	Countries  []string       `yaml:"countries,omitempty"` // empty: every Member State
	Title      string         `yaml:"title"`               // message key
	Basis      Basis          `yaml:"basis"`
	Source     string         `yaml:"source,omitempty"`     // citation; empty for a form of ours
	Note       Words          `yaml:"note,omitempty"`       // what else to know of where it comes from
	Checked    law.Date       `yaml:"checked,omitempty"`    // with the source; zero for a form of ours
	Confidence law.Confidence `yaml:"confidence,omitempty"` // that it says what the source says; empty for a form of ours
	ValidFrom  law.Date       `yaml:"valid_from,omitempty"`
	ValidTo    law.Date       `yaml:"valid_to,omitempty"` // last day; zero: open
	Stages     []clocks.Stage `yaml:"stages"`             // in order
	Fields     []Field        `yaml:"fields"`
}

// Words are a text by language; English is always there.
type Words map[string]string

// In is the text in a language, or in English.
func (w Words) In(language string) string {
	if text := w[language]; text != "" {
		return text
	}
	return w["en"]
}

// Field finds a field.
func (f Form) Field(id string) (Field, bool) {
	i := slices.IndexFunc(f.Fields, func(x Field) bool { return x.ID == id })
	if i < 0 {
		return Field{}, false
	}
	return f.Fields[i], true
}

// Need is how much the stage asks for the field, given what is known.
func (f Form) Need(field Field, stage clocks.Stage, values Values) Need {
	need, ok := field.Stages[stage]
	switch {
	case !ok:
		return Hidden
	case need != Required || field.When == nil:
		return need
	}
	v, known := values[field.When.Field]
	if known && slices.ContainsFunc(v.words(), func(w string) bool { return slices.Contains(field.When.Is, w) }) {
		return Required
	}
	return Optional
}

// Shown lists the fields that the stage shows, in order.
func (f Form) Shown(stage clocks.Stage) []Field {
	var out []Field
	for _, field := range f.Fields {
		if n, ok := field.Stages[stage]; ok && n != Hidden {
			out = append(out, field)
		}
	}
	return out
}

// HasOwn reports whether the form has fields that are our own beside others.
func (f Form) HasOwn() bool {
	return slices.ContainsFunc(f.Fields, func(x Field) bool { return x.Own })
}

// Valid reports whether the form is in use on a day.
func (f Form) Valid(on law.Date) bool {
	return !(!f.ValidFrom.IsZero() && on.Before(f.ValidFrom)) && !(!f.ValidTo.IsZero() && f.ValidTo.Before(on))
}

// Set is every form. Make one with Load.
type Set struct {
	forms []Form
}

// All lists every form in every version.
func (s *Set) All() []Form { return slices.Clone(s.forms) }

// Find is the newest form for a stage of a regime that is valid in the country on the
// day; a form for the country wins over one for all.
func (s *Set) Find(r clocks.Regime, stage clocks.Stage, country string, on law.Date) (Form, bool) {
	best, found := Form{}, false
	for _, f := range s.forms {
		if f.Regime != r || !slices.Contains(f.Stages, stage) || !f.Valid(on) || len(f.Countries) > 0 && !slices.Contains(f.Countries, country) {
			continue
		}
		if national, before := len(f.Countries) > 0, len(best.Countries) > 0; !found || national && !before || national == before && f.Version > best.Version {
			best, found = f, true
		}
	}
	return best, found
}

// Version finds a form as a report was made with.
func (s *Set) Version(id string, version int) (Form, bool) {
	i := slices.IndexFunc(s.forms, func(f Form) bool { return f.ID == id && f.Version == version })
	if i < 0 {
		return Form{}, false
	}
	return s.forms[i], true
}

// FieldOf finds a field by id in any form: facts are entered once, whatever form
// asks for them.
func (s *Set) FieldOf(id string) (Field, bool) {
	for _, f := range s.forms {
		if x, ok := f.Field(id); ok {
			return x, true
		}
	}
	return Field{}, false
}
