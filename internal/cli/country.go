package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
)

type countryCommand struct {
	List   countryListCommand   `cmd:"" help:"List the Member States with their law, its dates and how sure they are."`
	Show   countryShowCommand   `cmd:"" help:"Everything known of one Member State, each statement with its source."`
	Diff   countryDiffCommand   `cmd:"" help:"What a changed pack or another bundle says differently, and whom it affects."`
	Update countryUpdateCommand `cmd:"" help:"Verify a signed bundle of packs and install it for later runs."`
	Sign   countrySignCommand   `cmd:"" help:"Sign a folder of packs, for those who publish them."`
}

type countryListCommand struct {
	JSON bool `name:"json" help:"One JSON object per line."`
	languageFlag
}

// countryLine is one Member State of the list, for programs. A null date is not
// established.
type countryLine struct {
	Code            string          `json:"code"`
	Name            string          `json:"name"`
	Version         int             `json:"version"`
	Status          country.Status  `json:"status"`
	InForceOn       *law.Date       `json:"in_force_on"`
	RegistrationDue *law.Date       `json:"registration_due"`
	Act             string          `json:"act"`
	Confidence      law.Confidence  `json:"confidence"` // of the entry into force
	Deviations      []string        `json:"deviations"`
	Terms           map[string]term `json:"terms"`
}

type term struct {
	Period string `json:"period"`
	From   string `json:"from"`
}

func (c *countryListCommand) Run(s *session) error {
	set, err := s.countrySet()
	if err != nil {
		return err
	}
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	if c.JSON {
		var list []countryLine
		for _, k := range set.All() {
			list = append(list, lineOf(k, p))
		}
		return writeLines(s, list)
	}
	rows := [][]string{{"", "", p.T("country.field.in_force_on"), p.T("country.field.registration.due"), p.T("country.field.act")}}
	for _, k := range set.All() {
		inForce := p.Date(k.InForceOn)
		if k.Status != country.InForce || inForce == "" {
			inForce = p.T("country.cli.status." + string(k.Status))
		}
		due := p.Date(k.Registration.Due)
		if due == "" {
			due = "–"
		}
		rows = append(rows, []string{k.Code, p.Say(k.Name()), inForce + marked(k.InForceNote), due + marked(k.Registration.DueNote), p.Say(k.Act.Say())})
	}
	out := bufio.NewWriter(s.Out)
	t := text{out}
	t.table(0, rows)
	t.line("")
	t.para(0, p.T("country.cli.list", "version", fmt.Sprint(set.Version)))
	return out.Flush()
}

// marked puts a sign behind what no source confirms.
func marked(f country.Fact) string {
	if f.Established() && f.Confidence == law.Unverified {
		return " ?"
	}
	return ""
}

func lineOf(k country.Pack, p *locale.Printer) countryLine {
	line := countryLine{Code: k.Code, Name: p.Say(k.Name()), Version: k.Version, Status: k.Status,
		InForceOn: dateOrNull(k.InForceOn), RegistrationDue: dateOrNull(k.Registration.Due),
		Act: p.Say(k.Act.Say()), Confidence: k.InForceNote.Confidence, Deviations: []string{}, Terms: map[string]term{}}
	for _, d := range k.Deviations {
		line.Deviations = append(line.Deviations, d.ID)
	}
	for stage, t := range k.Terms() {
		line.Terms[stage] = term{t.Period, t.From}
	}
	return line
}

func dateOrNull(d law.Date) *law.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

type countryShowCommand struct {
	Code string `arg:"" help:"ISO 3166-1 alpha-2 code, for example DE; EL is accepted for Greece."`
	JSON bool   `name:"json" help:"One JSON object."`
	languageFlag
}

// statement is one field of a pack, rendered in a language, for programs.
type statement struct {
	Path       string         `json:"path"`
	Label      string         `json:"label"`
	Value      string         `json:"value"`
	Source     string         `json:"source,omitempty"`
	Checked    *law.Date      `json:"checked,omitempty"`
	Confidence law.Confidence `json:"confidence,omitempty"`
}

func (c *countryShowCommand) Run(s *session) error {
	set, err := s.countrySet()
	if err != nil {
		return err
	}
	k, ok := set.Get(c.Code)
	if !ok {
		return unknownState(c.Code)
	}
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	if c.JSON {
		return showJSON(s, set, k, p)
	}
	out := bufio.NewWriter(s.Out)
	showPack(text{out}, set, k, p)
	return out.Flush()
}

func unknownState(code string) error {
	return &fault.Error{Kind: fault.NotFound, Field: code, What: "no Member State has this code",
		Expected: "one of " + strings.Join(country.Codes(), ", ")}
}

func showJSON(s *session, set *country.Set, k country.Pack, p *locale.Printer) error {
	shown := struct {
		countryLine
		Bundle     int         `json:"bundle_version"`
		Zone       string      `json:"zone"`
		Languages  []string    `json:"languages"`
		Statements []statement `json:"statements"`
	}{countryLine: lineOf(k, p), Bundle: set.Version, Zone: k.Zone, Languages: k.Languages}
	for _, f := range k.Fields() {
		shown.Statements = append(shown.Statements, statement{f.Path, p.Say(f.Label), p.Say(f.Value), f.Source, dateOrNull(f.Checked), f.Confidence})
	}
	e := json.NewEncoder(s.Out)
	e.SetEscapeHTML(false)
	if err := e.Encode(shown); err != nil {
		return fmt.Errorf("write the country: %w", err)
	}
	return nil
}

func showPack(t text, set *country.Set, k country.Pack, p *locale.Printer) {
	t.title(p.Say(k.Name()) + " (" + k.Code + ")")
	var unknown []string
	for _, f := range k.Fields() {
		if strings.HasPrefix(f.Path, "options.") && f.Value.Key == "country.choice.unknown" {
			unknown = append(unknown, p.Say(f.Label))
			continue
		}
		t.hang(0, p.T("ui.label", "text", p.Say(f.Label)), p.Say(f.Value))
		if f.Source != "" {
			t.hang(2, "→ ", proof(f, p))
		}
	}
	if len(unknown) > 0 {
		t.heading(p.T("country.cli.options"))
		for _, o := range unknown {
			t.hang(2, "- ", o)
		}
	}
	t.line("")
	t.para(0, p.T("country.cli.note", "pack", fmt.Sprint(k.Version), "bundle", fmt.Sprint(set.Version)))
}

func proof(f country.Field, p *locale.Printer) string {
	return p.Cite(f.Source) + " · " + p.T("country.confidence."+string(f.Confidence)) + " · " + p.T("country.cli.checked", "date", f.Checked)
}
