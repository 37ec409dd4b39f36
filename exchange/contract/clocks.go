package contract

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/holidays"
)

// ClockAnswer is the output object of "nisaba clocks --jsonl".
type ClockAnswer struct {
	ID           json.RawMessage `json:"id"`
	Strict       *string         `json:"strict"`
	LegalEndExcl *string         `json:"legal_end_excl"`
	Extended     *string         `json:"extended"`
	Status       clocks.Status   `json:"status"`
	Projected    bool            `json:"projected"`
	NotInForce   string          `json:"not_in_force,omitempty"` // the proposal behind a what-if answer
}

// Clocks answers clock requests. It remembers zones and holidays, so that one
// value serves many lines; it is not safe for concurrent use.
type Clocks struct {
	whatIf    []string
	zones     map[string]*time.Location
	calendars map[string]holidays.Calendar
}

// NewClocks prepares a Clocks. whatIf names proposals, see clocks.Proposals.
func NewClocks(whatIf ...string) *Clocks {
	return &Clocks{whatIf: whatIf, zones: map[string]*time.Location{}, calendars: map[string]holidays.Calendar{}}
}

// Answer computes the output object for one input object, or a *Problem.
func (k *Clocks) Answer(o Object) (any, error) {
	r, err := k.Request(o)
	if err != nil {
		return nil, err
	}
	c := clocks.Compute(r)
	id := o.ID()
	if id == nil {
		id = json.RawMessage("null")
	}
	return ClockAnswer{
		ID: id, Strict: instantText(c.Strict), LegalEndExcl: instantText(c.LegalEndExcl), Extended: instantText(c.Extended),
		Status: c.Status, Projected: c.Projected, NotInForce: c.Proposal,
	}, nil
}

// Request decodes one input object strictly.
func (k *Clocks) Request(o Object) (clocks.Request, error) {
	var r clocks.Request
	err := o.Only("id", "regime", "stage", "tz", "country", "holidays", "trust_service", "qualified", "art5_5_exempt",
		"inputs", "significant", "profile", "now")
	if err != nil {
		return r, err
	}
	r.WhatIf = k.whatIf
	for _, read := range []func(*clocks.Request, Object) error{stageOf, k.place, flagsOf, inputsOf, profileOf} {
		if err := read(&r, o); err != nil {
			return r, err
		}
	}
	return r, nil
}

func stageOf(r *clocks.Request, o Object) error {
	regime, err := required(o, "regime")
	if err != nil {
		return err
	}
	r.Regime = clocks.Regime(regime)
	if !slices.Contains(clocks.Regimes(), r.Regime) {
		return Problemf(CodeValue, "regime", "no regime %q; expected one of %s", regime, list(clocks.Regimes()))
	}
	stage, err := required(o, "stage")
	if err != nil {
		return err
	}
	r.Stage = clockStage(r.Regime, stage)
	if !clocks.HasStage(r.Regime, r.Stage) {
		return Problemf(CodeValue, "stage", "%s has no stage %q; expected one of %s", regime, stage, list(clocks.Stages(r.Regime)))
	}
	return nil
}

// clockStage accepts the NIS2 words for the two regimes whose stages have no
// settled names: CER and eIDAS.
func clockStage(r clocks.Regime, name string) clocks.Stage {
	s := clocks.Stage(name)
	switch {
	case r == clocks.CER && slices.Contains([]clocks.Stage{clocks.EarlyWarning, clocks.IncidentNotification, clocks.Notification}, s):
		return clocks.InitialNotification
	case r == clocks.CER && s == clocks.FinalReport:
		return clocks.DetailedReport
	case r == clocks.EIDAS && slices.Contains([]clocks.Stage{clocks.EarlyWarning, clocks.IncidentNotification, clocks.InitialNotification, clocks.BreachNotification}, s):
		return clocks.Notification
	}
	return s
}

// place reads the authority's zone and holidays. A list of holidays replaces the
// country's, even when it is empty.
func (k *Clocks) place(r *clocks.Request, o Object) error {
	name, err := required(o, "tz")
	if err != nil {
		return err
	}
	if r.Zone, err = k.zone(name); err != nil {
		return Problemf(CodeValue, "tz", "no time zone %q; expected an IANA name such as Europe/Berlin", name)
	}
	country, err := o.Text("country")
	if err != nil {
		return err
	}
	if country == "EL" {
		country = "GR"
	}
	if !o.Null("country") && !holidays.Known(country) {
		return Problemf(CodeValue, "country", "%q is not a Member State; expected an ISO 3166-1 alpha-2 code such as DE", country)
	}
	if !o.Null("holidays") {
		days, err := datesOf(o, "holidays")
		r.Holiday = func(d law.Date) bool { return slices.Contains(days, d) }
		return err
	}
	if country != "" {
		r.Holiday = k.calendar(country).Holiday
	}
	return nil
}

func (k *Clocks) zone(name string) (*time.Location, error) {
	if z, ok := k.zones[name]; ok {
		return z, nil
	}
	if name == "Local" || strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix") {
		return nil, Problemf(CodeValue, "tz", "not a zone of the world")
	}
	z, err := time.LoadLocation(name)
	if err == nil {
		k.zones[name] = z
	}
	return z, err
}

func (k *Clocks) calendar(country string) holidays.Calendar {
	c, ok := k.calendars[country]
	if !ok {
		c, _ = holidays.For(country, 2024, 2032)
		k.calendars[country] = c
	}
	return c
}

func flagsOf(r *clocks.Request, o Object) error {
	var err error
	if r.TrustService, err = flag(o, "trust_service"); err != nil {
		return err
	}
	if r.Art55Exempt, err = flag(o, "art5_5_exempt"); err != nil {
		return err
	}
	if r.Qualified, err = truth(o, "qualified"); err != nil {
		return err
	}
	if r.Significant, err = truth(o, "significant"); err != nil {
		return err
	}
	r.Now, err = o.Instant("now", r.Zone)
	return err
}

func inputsOf(r *clocks.Request, o Object) error {
	in, err := o.Object("inputs")
	if err != nil {
		return err
	}
	names := []string{"significant"}
	for _, i := range clocks.AllInputs() {
		names = append(names, i.String())
	}
	if err := in.Only(names...); err != nil {
		return err
	}
	for _, i := range clocks.AllInputs() {
		t, err := in.Instant(i.String(), r.Zone)
		if err != nil {
			return err
		}
		r.Inputs.Set(i, t)
	}
	if !in.Null("significant") {
		if r.Significant, err = truth(in, "significant"); err != nil {
			return err
		}
	}
	handled := clocks.HandledAt.String()
	r.Inputs.Ongoing = in.Has(handled) && in.Null(handled)
	return nil
}

func profileOf(r *clocks.Request, o Object) error {
	if o.Null("profile") {
		return nil
	}
	profile, err := o.Object("profile")
	if err != nil {
		return err
	}
	r.Profile = clocks.Profile{}
	for _, name := range profile.Names() {
		stage := clockStage(r.Regime, name)
		if !slices.ContainsFunc(clocks.Regimes(), func(g clocks.Regime) bool { return clocks.HasStage(g, stage) }) {
			return Problemf(CodeUnknownField, profile.at(name), "no such stage; expected one of %s", list(clocks.Stages(r.Regime)))
		}
		if profile.Null(name) {
			continue
		}
		override, err := overrideOf(profile, name, r.Regime, stage)
		if err != nil {
			return err
		}
		r.Profile[stage] = override
	}
	return nil
}

// overrideOf reads one national deviation; a missing member keeps the default.
func overrideOf(profile Object, name string, regime clocks.Regime, stage clocks.Stage) (clocks.Override, error) {
	over, known := clocks.Default(regime, stage)
	o, err := profile.Object(name)
	if err != nil {
		return over, err
	}
	if err := o.Only("period", "from"); err != nil {
		return over, err
	}
	for _, field := range []string{"period", "from"} {
		if o.Null(field) && !known {
			return over, Problemf(CodeMissing, o.at(field), "the deviation needs a period and the input that it counts from")
		}
	}
	if !o.Null("period") {
		text, err := o.Text("period")
		if err != nil {
			return over, err
		}
		if over.Period, err = clocks.ParsePeriod(text); err != nil {
			return over, Problemf(CodeValue, o.at("period"), "%v", err)
		}
	}
	if !o.Null("from") {
		text, err := o.Text("from")
		if err != nil {
			return over, err
		}
		from, ok := clocks.ParseInput(text)
		if !ok || from == clocks.SubmittedAt {
			return over, Problemf(CodeValue, o.at("from"), "no input %q to count from; expected a name such as aware_at", text)
		}
		over.From = from
	}
	return over, nil
}

// required reads a text without which no answer is possible.
func required(o Object, name string) (string, error) {
	s, err := o.Text(name)
	if err == nil && s == "" {
		err = Problemf(CodeMissing, o.at(name), "the field is missing or empty")
	}
	return s, err
}

// flag reads a boolean; absent or null gives false.
func flag(o Object, name string) (bool, error) {
	t, err := truth(o, name)
	return t == law.True, err
}

// truth reads a three-valued answer; absent or null gives Unknown.
func truth(o Object, name string) (law.Truth, error) {
	b, err := o.Bool(name)
	if err != nil || b == nil {
		return law.Unknown, err
	}
	return law.TruthOf(*b), nil
}

// datesOf reads a list of days.
func datesOf(o Object, name string) ([]law.Date, error) {
	texts, err := o.Texts(name)
	if err != nil {
		return nil, err
	}
	days := make([]law.Date, len(texts))
	for i, s := range texts {
		if days[i], err = law.ParseDate(s); err != nil {
			return nil, Problemf(CodeValue, o.at(name), "%v", err)
		}
	}
	return days, nil
}

func list[T ~string](names []T) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(n))
	}
	return b.String()
}
