package country

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/law"
)

// Field is one statement of a pack, ready to be shown. Source, Checked and
// Confidence are empty for what needs no proof, such as the code.
type Field struct {
	Path       string // for example "registration.due" or "deviations.dev.anchor.detect"
	Label      law.Message
	Value      law.Message
	Source     string
	Checked    law.Date
	Confidence law.Confidence // of a date: that of the note beside it
}

// Fields lists everything that a pack says, in the order for reading.
func (p Pack) Fields() []Field {
	r := p.Registration
	fields := []Field{
		proven("act", p.Act),
		{Path: "status", Label: label("status"), Value: law.Say("country.status." + string(p.Status))},
		dated("in_force_on", p.InForceOn, p.InForceNote),
		proven("in_force_note", p.InForceNote),
		proven("authority", p.Authority),
		proven("csirt", p.CSIRT),
		proven("reporting", p.Reporting),
		proven("registration.portal", r.Portal),
		dated("registration.due", r.Due, r.DueNote),
		proven("registration.due_note", r.DueNote),
		{Path: "registration.changes_days", Label: label("registration.changes_days"), Value: changes(r.ChangesDays)},
		proven("framework", p.Framework),
		plain("zone", p.Zone),
		plain("languages", strings.Join(p.Languages, ", ")),
	}
	for _, name := range OptionNames() {
		if o, ok := p.Options[name]; ok {
			fields = append(fields, Field{Path: "options." + name, Label: law.Say("country.option." + name),
				Value: choice(o), Source: o.Source, Checked: o.Checked, Confidence: o.Confidence})
		}
	}
	for _, d := range p.Deviations {
		fields = append(fields, d.fields()...)
	}
	for _, t := range p.Thresholds {
		fields = append(fields, t.field())
	}
	return fields
}

func (d Deviation) fields() []Field {
	path := "deviations." + d.ID
	fields := []Field{{Path: path, Label: law.Say("country.area." + d.Area), Value: d.Say(),
		Source: d.Source, Checked: d.Checked, Confidence: d.Confidence}}
	for _, stage := range Stages() {
		if t, ok := d.Terms[stage]; ok {
			fields = append(fields, Field{Path: path + ".terms." + stage, Label: law.Say("country.stage." + stage),
				Value: t.Say(), Source: d.Source, Checked: d.Checked, Confidence: d.Confidence})
		}
	}
	return fields
}

// Say is the term as a message, for example "24 hours from detection".
func (t Term) Say() law.Message {
	return law.Say("country.term", "period", t.period(), "from", law.Say("country.input."+t.From))
}

// period is the length of the term; the pattern guarantees one unit.
func (t Term) period() law.Message {
	m := periodPattern.FindStringSubmatch(t.Period)
	if m == nil {
		return law.Say("country.value", "value", t.Period)
	}
	var count int
	_, _ = fmt.Sscan(m[1]+m[3], &count) // up to four digits, by the pattern
	switch m[2] + m[4] {
	case "H":
		return law.Say("country.period.hours", "count", count)
	case "D":
		return law.Say("country.period.days", "count", count)
	case "M":
		return law.Say("country.period.months", "count", count)
	}
	return law.Say("country.period.working_days", "count", count)
}

func label(path string) law.Message { return law.Say("country.field." + path) }

func plain(path, value string) Field {
	return Field{Path: path, Label: label(path), Value: law.Say("country.value", "value", value)}
}

func proven(path string, f Fact) Field {
	return Field{Path: path, Label: label(path), Value: f.Say(), Source: f.Source, Checked: f.Checked, Confidence: f.Confidence}
}

func dated(path string, d law.Date, note Fact) Field {
	value := law.Say(notEstablished)
	if !d.IsZero() {
		value = law.Say("country.date", "date", d)
	}
	return Field{Path: path, Label: label(path), Value: value, Source: note.Source, Checked: note.Checked, Confidence: note.Confidence}
}

func changes(days int) law.Message {
	if days == 0 {
		return law.Say("country.changes.default")
	}
	return law.Say("country.period.days", "count", days)
}

func choice(o Option) law.Message {
	answer := law.Say("country.choice." + o.Value.String())
	if o.Class == "" {
		return answer
	}
	return law.Say("country.choice.class", "choice", answer, "class", law.Say("country.class."+string(o.Class)))
}

// Difference is one statement in which two packs differ. A side that says nothing
// has the key "country.absent".
type Difference struct {
	Path     string
	Label    law.Message
	From, To law.Message
}

// Touch says what a difference can change for an organisation.
type Touch string

// What a difference can touch, the gravest first.
const (
	TouchesClass    Touch = "class"       // which class an organisation has: options and deviations of scope
	TouchesDeadline Touch = "deadline"    // when something is due: dates, terms and deviations of reporting
	TouchesDuty     Touch = "duty"        // what is owed and to whom, and what a breach costs
	TouchesNothing  Touch = "information" // names, languages, degrees of confidence
)

// Touches lists the values of Touch, the gravest first.
func Touches() []Touch {
	return []Touch{TouchesClass, TouchesDeadline, TouchesDuty, TouchesNothing}
}

// Touches says what the difference can change. Where only the confidence
// differs, nothing does.
func (d Difference) Touches() Touch {
	if strings.HasSuffix(d.Path, ".confidence") {
		return TouchesNothing
	}
	if area, ok := strings.CutPrefix(d.Label.Key, "country.area."); ok {
		switch area {
		case "scope":
			return TouchesClass
		case "reporting":
			return TouchesDeadline
		}
		return TouchesDuty
	}
	if strings.HasPrefix(d.Path, "options.") {
		return TouchesClass
	}
	if strings.HasPrefix(d.Path, "thresholds.") {
		return TouchesDuty // whether an incident must be reported
	}
	if strings.HasPrefix(d.Path, "deviations.") { // the terms
		return TouchesDeadline
	}
	switch d.Path {
	case "in_force_on", "in_force_note", "registration.due", "registration.due_note", "registration.changes_days", "zone":
		return TouchesDeadline
	case "status", "act", "authority", "csirt", "reporting", "registration.portal", "framework":
		return TouchesDuty
	}
	return TouchesNothing
}

// Compare lists where b differs from a: values first of all; where only the
// degree of confidence differs, at the path with ".confidence" behind it. Sources
// and days of checking are not compared. The order is that of Fields.
func Compare(a, b Pack) []Difference {
	var out []Difference
	other := map[string]Field{}
	for _, f := range b.Fields() {
		other[f.Path] = f
	}
	absent := law.Say("country.absent")
	for _, from := range a.Fields() {
		to, ok := other[from.Path]
		delete(other, from.Path)
		switch {
		case !ok:
			out = append(out, Difference{from.Path, from.Label, from.Value, absent})
		case !reflect.DeepEqual(from.Value, to.Value):
			out = append(out, Difference{from.Path, from.Label, from.Value, to.Value})
		case from.Confidence != to.Confidence:
			out = append(out, Difference{from.Path + ".confidence", law.Say("country.field.confidence", "field", from.Label),
				confidence(from.Confidence), confidence(to.Confidence)})
		}
	}
	for _, to := range b.Fields() {
		if _, left := other[to.Path]; left {
			out = append(out, Difference{to.Path, to.Label, absent, to.Value})
		}
	}
	return out
}

func confidence(c law.Confidence) law.Message { return law.Say("country.confidence." + string(c)) }

// Reference is an organisation and the Member States whose law matters to it.
type Reference struct {
	Name      string
	Countries []string // ISO 3166-1 alpha-2
}

// Effect says that an update of the packs affects an organisation, and why.
type Effect struct {
	Organisation string
	Country      string
	Reason       law.Message  // the sentence that names the country and the number of changes
	Differences  []Difference // what changes, never empty
}

// Affected lists which organisations an update from before to after affects:
// those with a country whose pack says something else. It only reads; what an
// organisation has answered stays as it is. The order is that of the
// organisations, then of the country codes.
func Affected(before, after *Set, organisations []Reference) []Effect {
	changed := map[string][]Difference{}
	for _, code := range Codes() {
		a, _ := before.Get(code)
		b, _ := after.Get(code)
		if d := updated(a, b); len(d) > 0 {
			changed[code] = d
		}
	}
	var out []Effect
	for _, o := range organisations {
		countries := map[string]bool{}
		for _, c := range o.Countries {
			countries[canonical(c)] = true
		}
		for _, code := range slices.Sorted(maps.Keys(countries)) {
			if d := changed[code]; len(d) > 0 {
				out = append(out, Effect{Organisation: o.Name, Country: code, Differences: d,
					Reason: law.Say("country.affected", "organisation", o.Name, "country", Name(code), "count", len(d))})
			}
		}
	}
	return out
}

// updated is Compare and the version of the pack: a higher version may reword a
// sentence whose key stays.
func updated(a, b Pack) []Difference {
	d := Compare(a, b)
	if a.Version != b.Version {
		d = append(d, Difference{"version", label("version"),
			law.Say("country.value", "value", fmt.Sprint(a.Version)), law.Say("country.value", "value", fmt.Sprint(b.Version))})
	}
	return d
}
