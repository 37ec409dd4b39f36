package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/clocks"
	"github.com/nisaba-platform/nisaba/law/country"
)

type clocksCommand struct {
	File    string   `arg:"" optional:"" help:"With --jsonl: a file of JSON Lines, or - for standard input."`
	JSONL   bool     `name:"jsonl" help:"Read and write JSON Lines, one clock per line."`
	Country string   `help:"Member State of the authority, for its zone, holidays and deviations, for example DE."`
	Zone    string   `name:"tz" help:"Time zone of the authority, for example Europe/Berlin. Default: the country's."`
	Regime  []string `help:"Regimes: nis2, gdpr, dora, cra_vulnerability, cra_incident, cer, eidas, eprivacy." default:"nis2"`
	At      []string `help:"An event, for example aware_at=2026-11-24T22:10 or, for one regime only, gdpr.aware_at=2026-11-25T09:00. Without offset: local time of the authority."`
	Trust   bool     `name:"trust-service" help:"The incident affects the trust services of a trust service provider."`
	Now     string   `help:"The present, for remaining times. Default: the clock of this computer."`
	WhatIf  []string `help:"Count a pending proposal as if it were law: com-2025-837 or com-2026-13. They are not in force."`
	languageFlag
	ICS string `name:"ics" help:"Also write the deadlines to this calendar file (iCalendar)." type:"path" placeholder:"FILE"`
}

func (c *clocksCommand) Run(s *session) error {
	for _, id := range c.WhatIf {
		if !slices.ContainsFunc(clocks.Proposals(), func(p clocks.Proposal) bool { return p.ID == id }) {
			return argument("--what-if", fmt.Sprintf("no proposal %q", id), "com-2025-837 or com-2026-13")
		}
	}
	if c.JSONL {
		if c.ICS != "" {
			return argument("--ics", "a calendar is not written from JSON Lines", "--ics with the events as --at aware_at=…")
		}
		if c.File == "" {
			c.File = "-"
		}
		return s.lines(c.File, contract.NewClocks(c.WhatIf...).Answer)
	}
	if c.File != "" {
		return argument("FILE", "a file is read with --jsonl only", "--jsonl with the file, or the events as --at aware_at=…")
	}
	set, err := s.countrySet()
	if err != nil {
		return err
	}
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	cases, err := c.cases(s, set)
	if err != nil {
		return err
	}
	all := clocks.All(cases)
	out := bufio.NewWriter(s.Out)
	clockText{text{out}, p, cases[0].Now}.print(all, c.WhatIf)
	if err := c.calendar(out, p, all, s.Now()); err != nil {
		return err
	}
	return out.Flush()
}

// calendar writes the deadlines to the file of --ics, if that is asked for.
func (c *clocksCommand) calendar(out io.Writer, p *locale.Printer, all []clocks.Clock, now time.Time) error {
	if c.ICS == "" {
		return nil
	}
	b, err := deadlineCalendar(p, all, now)
	if err != nil {
		return err
	}
	if err := writeFile(c.ICS, b); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n", p.T("cli.clocks.calendar", "file", c.ICS))
	return nil
}

func argument(name, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: name, What: what, Expected: expected}
}

// memberState is the pack of the country that --country names.
func memberState(set *country.Set, code string) (country.Pack, error) {
	p, ok := set.Get(strings.ToUpper(code))
	if !ok {
		return p, argument("--country", fmt.Sprintf("%q is not a Member State", code), "two letters, for example DE")
	}
	return p, nil
}

// cases makes one case per regime through the reader of the JSON contract, so
// that both forms accept and refuse the same values.
func (c *clocksCommand) cases(s *session, set *country.Set) ([]clocks.Case, error) {
	shared, err := c.shared(s, set)
	if err != nil {
		return nil, err
	}
	events, err := c.events()
	if err != nil {
		return nil, err
	}
	reader := contract.NewClocks(c.WhatIf...)
	var cases []clocks.Case
	for _, regime := range c.Regime {
		stages := clocks.Stages(clocks.Regime(regime))
		if len(stages) == 0 {
			return nil, argument("--regime", fmt.Sprintf("no regime %q", regime), "one of nis2, gdpr, dora, cra_vulnerability, cra_incident, cer, eidas, eprivacy")
		}
		line := map[string]any{"regime": regime, "stage": stages[0], "inputs": events[regime]}
		for name, v := range shared {
			line[name] = v
		}
		b, err := json.Marshal(line)
		if err != nil {
			return nil, fmt.Errorf("build the request: %w", err)
		}
		o, err := contract.Parse(bytes.TrimSpace(b))
		if err != nil {
			return nil, err
		}
		r, err := reader.Request(o)
		if err != nil {
			return nil, argument("--at", err.Error(), "an event and an instant, for example aware_at=2026-11-24T22:10")
		}
		if regime == string(clocks.NIS2) {
			r.Profile = nationalProfile(set, c.Country)
		}
		cases = append(cases, clocks.Case{Request: r})
	}
	return cases, nil
}

// shared is what every regime of the incident has in common.
func (c *clocksCommand) shared(s *session, set *country.Set) (map[string]any, error) {
	shared := map[string]any{"tz": c.Zone, "trust_service": c.Trust, "now": c.Now}
	if c.Now == "" {
		shared["now"] = s.Now().Format(time.RFC3339)
	}
	if c.Country != "" {
		p, err := memberState(set, c.Country)
		if err != nil {
			return nil, err
		}
		shared["country"] = p.Code
		if c.Zone == "" {
			shared["tz"] = p.Zone
		}
	}
	if shared["tz"] == "" {
		return nil, argument("--country", "neither country nor zone is given", "--country DE or --tz Europe/Berlin; deadlines are counted in the zone of the authority")
	}
	return shared, nil
}

// events reads --at by regime. An event without a regime belongs to all.
func (c *clocksCommand) events() (map[string]map[string]any, error) {
	if len(c.At) == 0 {
		return nil, argument("--at", "no event is given", "at least one, for example --at aware_at=2026-11-24T22:10")
	}
	events := map[string]map[string]any{}
	for _, regime := range c.Regime {
		events[regime] = map[string]any{}
	}
	for pass := range 2 { // events of one regime come after, and win over, the shared ones
		for _, at := range c.At {
			name, value, ok := strings.Cut(at, "=")
			if !ok {
				return nil, argument("--at", fmt.Sprintf("found %q", at), "an event and an instant, for example aware_at=2026-11-24T22:10")
			}
			regime, event, single := strings.Cut(name, ".")
			switch {
			case single && events[regime] == nil:
				return nil, argument("--at", fmt.Sprintf("%q is for a regime that is not asked for", at), "one of "+strings.Join(c.Regime, ", "))
			case single && pass == 1:
				events[regime][event] = value
			case !single && pass == 0:
				for _, e := range events {
					e[name] = value
				}
			}
		}
	}
	return events, nil
}

// nationalProfile is the deviations of a Member State that can be computed.
func nationalProfile(set *country.Set, code string) clocks.Profile {
	p, ok := set.Get(strings.ToUpper(code))
	if !ok {
		return nil
	}
	profile := clocks.Profile{}
	for stage, t := range p.Terms() {
		over, _ := clocks.Default(clocks.NIS2, clocks.Stage(stage))
		if period, err := clocks.ParsePeriod(t.Period); err == nil {
			over.Period = period
		}
		if from, ok := clocks.ParseInput(t.From); ok {
			over.From = from
		}
		profile[clocks.Stage(stage)] = over
	}
	return profile
}

// clockText prints clocks for people.
type clockText struct {
	text
	p   *locale.Printer
	now time.Time
}

func (t clockText) print(all []clocks.Clock, whatIf []string) {
	for _, p := range clocks.Proposals() {
		if slices.Contains(whatIf, p.ID) {
			t.hang(0, "! ", t.p.T(p.Text))
		}
	}
	for _, c := range all {
		due := t.p.T("cli.clocks.no_deadline")
		if !c.Strict.IsZero() {
			due = t.instant(c.Strict)
		}
		t.heading(due + "  " + t.p.T("ui.label", "text", t.p.Say(c.Regime.Title())) + t.p.Say(c.Title()))
		t.para(2, t.state(c))
		t.para(2, t.p.Say(c.Basis())+" ("+t.p.Cite(c.Citation)+")")
		t.hang(2, t.p.T("ui.label", "text", t.p.T("cli.clocks.to")), t.p.Say(c.Recipient()))
		if c.Projected {
			t.para(2, t.p.T("cli.clocks.projected"))
		}
		if !c.Extended.IsZero() {
			t.para(2, t.p.T("cli.clocks.extended", "until", t.instant(c.Extended)))
		}
		if !c.LegalEndExcl.IsZero() && !c.LegalEndExcl.Equal(c.Strict) {
			t.para(2, t.p.T(legalEnd(c.Regime), "end", t.instant(c.LegalEndExcl)))
		}
	}
	t.line("")
	t.para(0, t.p.T("cli.clocks.note"))
}

// legalEnd is the message on the legal period: Regulation 1182/71 governs the
// regulations themselves; for directives national law does.
func legalEnd(r clocks.Regime) string {
	switch r {
	case clocks.NIS2, clocks.CER, clocks.EPrivacy:
		return "cli.clocks.legal_end"
	}
	return "cli.clocks.legal_end_regulation"
}

// state is the status with what is left.
func (t clockText) state(c clocks.Clock) string {
	s := t.p.Say(c.Status.Title())
	if c.Status != clocks.Open && c.Status != clocks.Overdue || c.Strict.IsZero() || t.now.IsZero() {
		return s
	}
	if c.Remaining < 0 {
		return t.p.T("ui.label", "text", s) + t.p.T("cli.clocks.since", "time", t.duration(-c.Remaining))
	}
	return t.p.T("ui.label", "text", s) + t.p.T("cli.clocks.left", "time", t.duration(c.Remaining))
}

func (t clockText) instant(at time.Time) string { return at.Format("2006-01-02 15:04 MST (-07:00)") }

// duration prints days, hours and minutes, the two largest that are not zero.
func (t clockText) duration(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	var parts []string
	for _, v := range []struct {
		n    int
		unit string
	}{{days, "days"}, {hours, "hours"}, {minutes, "minutes"}} {
		if v.n > 0 && len(parts) < 2 {
			parts = append(parts, t.p.T("clocks.period."+v.unit, "count", v.n))
		}
	}
	if len(parts) == 0 {
		return t.p.T("clocks.period.minutes", "count", 0)
	}
	return strings.Join(parts, " ")
}
