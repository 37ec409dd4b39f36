// Package country holds what is known of each Member State's transposition of
// Directive (EU) 2022/2555: the act, dates, authority, portal, options taken and
// deviations, each with its source, the date checked and a degree of confidence.
//
// A pack is one YAML file per Member State. The packs travel as a bundle that is
// signed as a whole, so that it can be replaced offline (see Open).
package country

import "github.com/nisaba-platform/nisaba/law"

// Status of the national act.
type Status string

// The states of a national act.
const (
	InForce    Status = "in_force"
	Made       Status = "made"         // adopted; the date of entry into force is not established
	NotInForce Status = "not_in_force" // bill or draft
)

// Fact is one statement with what stands behind it. It has either a Value, which
// is a proper name and the same in every language, or a Text.
type Fact struct {
	Value      string         `yaml:"value" json:"value,omitempty"`
	Text       string         `yaml:"text" json:"text,omitempty"` // message key of a sentence without arguments
	Source     string         `yaml:"source" json:"source"`       // title, clause or page
	Checked    law.Date       `yaml:"checked" json:"checked"`
	Confidence law.Confidence `yaml:"confidence" json:"confidence"`
}

// Say is the fact as a message, whether it is a name or a sentence.
func (f Fact) Say() law.Message {
	if f.Text != "" {
		return law.Say(f.Text)
	}
	return law.Say("country.value", "value", f.Value)
}

// SayInForce is the note on the act's entry into force, with the day where there is one.
func (p Pack) SayInForce() law.Message {
	switch {
	case p.InForceOn.IsZero():
		return p.InForceNote.Say()
	case p.InForceNote.Text == inForceSince:
		return law.Say("country.in_force.on", "date", p.InForceOn)
	}
	return law.Say("country.in_force.with_note", "date", p.InForceOn, "note", p.InForceNote.Say())
}

// inForceSince is the note of acts of which nothing but the day is to be said.
const inForceSince = "country.in_force.since"

// Established reports whether anything is known: false for a fact whose text is
// "country.not_established".
func (f Fact) Established() bool { return f.Text != notEstablished && (f.Text != "" || f.Value != "") }

const notEstablished = "country.not_established"

// Option is a choice that the directive leaves to the Member State.
type Option struct {
	Value      law.Truth      `yaml:"value" json:"value"`           // null: not known
	Class      law.Class      `yaml:"class" json:"class,omitempty"` // class given to entities brought in, where the national act says so
	Source     string         `yaml:"source" json:"source"`
	Checked    law.Date       `yaml:"checked" json:"checked"`
	Confidence law.Confidence `yaml:"confidence" json:"confidence"`
}

// Names of the options, as in the machine contract "national".
const (
	OESAreEssential        = "oes_are_essential"         // Art. 3(1)(g)
	CoversLocalPublicAdmin = "covers_local_public_admin" // Art. 2(5)(a)
	CoversEducation        = "covers_education"          // Art. 2(5)(b)
	AppliesRecital16       = "applies_recital_16"        // recital 16: independent systems
	Exempts28              = "exempts_2_8"               // Art. 2(8)
)

// OptionNames lists the options in the order of the articles they come from.
func OptionNames() []string {
	return []string{CoversLocalPublicAdmin, CoversEducation, Exempts28, OESAreEssential, AppliesRecital16}
}

// Term is a national deviation of one reporting stage.
type Term struct {
	Period string `yaml:"period" json:"period"` // ISO 8601 duration with one unit: "PT24H", "P30D", "P1M"; business days as "P30B"
	From   string `yaml:"from" json:"from"`     // input name of the clock contract, for example "detected_at"
}

// Deviation is one point in which national law departs from the directive's
// default, or the statement that it does not (dev.none). Its Text is the sentence.
type Deviation struct {
	ID    string          `yaml:"id" json:"id"`                 // for example "dev.anchor.detect"
	Area  string          `yaml:"area" json:"area"`             // "reporting", "scope", "fines", "management" or "supervision"
	Terms map[string]Term `yaml:"terms" json:"terms,omitempty"` // by NIS2 stage, where the deviation is precise enough to compute
	Fact  `yaml:",inline"`
}

// Registration is the national way to register under Arts. 3(4) and 27.
type Registration struct {
	Portal      Fact     `yaml:"portal" json:"portal"`
	Due         law.Date `yaml:"due" json:"due"`                             // first registration; zero: not established, or not a single day
	DueNote     Fact     `yaml:"due_note" json:"due_note"`                   // the rule behind Due, with its source
	ChangesDays int      `yaml:"changes_days" json:"changes_days,omitempty"` // 0: not established, the directive's two weeks
}

// Pack is one Member State.
type Pack struct {
	Code         string            `yaml:"code" json:"code"`           // ISO 3166-1 alpha-2; Greece is GR
	Version      int               `yaml:"version" json:"version"`     // of this pack, from 1
	Zone         string            `yaml:"zone" json:"zone"`           // IANA zone of the authority
	Languages    []string          `yaml:"languages" json:"languages"` // ISO 639-1, languages of the authority
	Status       Status            `yaml:"status" json:"status"`
	Act          Fact              `yaml:"act" json:"act"`
	InForceOn    law.Date          `yaml:"in_force_on" json:"in_force_on"` // zero: not in force or not established
	InForceNote  Fact              `yaml:"in_force_note" json:"in_force_note"`
	Authority    Fact              `yaml:"authority" json:"authority"`
	CSIRT        Fact              `yaml:"csirt" json:"csirt"`
	Reporting    Fact              `yaml:"reporting" json:"reporting"` // channel for incident reports
	Registration Registration      `yaml:"registration" json:"registration"`
	Framework    Fact              `yaml:"framework" json:"framework"` // national baseline of measures
	Options      map[string]Option `yaml:"options" json:"options"`
	Deviations   []Deviation       `yaml:"deviations" json:"deviations"`
	Thresholds   []Threshold       `yaml:"thresholds" json:"thresholds,omitempty"` // national figures of significance; empty: none known
}

// Name is the name of the Member State.
func (p Pack) Name() law.Message { return Name(p.Code) }

// Name is the name of the Member State with this ISO 3166-1 alpha-2 code; EL is
// accepted for Greece. An unknown code is its own name.
func Name(code string) law.Message {
	code = canonical(code)
	if !isMember(code) {
		return law.Say("country.value", "value", code)
	}
	return law.Say("country.name." + lower(code))
}

// Terms are the national reporting terms by NIS2 stage: the union of the terms of
// the deviations, with the deviation that states each. A stage without an entry
// follows the directive.
func (p Pack) Terms() map[string]StagedTerm {
	out := map[string]StagedTerm{}
	for _, d := range p.Deviations {
		for stage, t := range d.Terms {
			out[stage] = StagedTerm{Term: t, Deviation: d}
		}
	}
	return out
}

// StagedTerm is a national term with the deviation that states it.
type StagedTerm struct {
	Term
	Deviation Deviation
}
