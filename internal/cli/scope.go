package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/scope"
)

type scopeCommand struct {
	File     string `arg:"" help:"Organisation file; with --jsonl a file of JSON Lines, or - for standard input."`
	JSONL    bool   `name:"jsonl" help:"Read and write JSON Lines, one organisation per line."`
	Language string `help:"Language of the answer: en, de or fr. Default: the file's, else en." enum:"en,de,fr," default:""`
	WhatIf   bool   `help:"Count the pending proposal COM(2026) 13 as if it were law. It is not in force."`
}

func (c *scopeCommand) Run(s *session) error {
	set, err := s.countrySet()
	if err != nil {
		return err
	}
	if c.JSONL {
		p, err := s.printer(c.Language)
		if err != nil {
			return err
		}
		answers := contract.Scope{Say: p.Say, Options: scope.Options{
			AsOf: s.today(), National: assessing.National(set), WhatIf: c.WhatIf}}
		return s.lines(c.File, answers.Answer)
	}
	f, err := organisation.ReadFile(c.File)
	if err != nil {
		return err
	}
	d, err := assessing.Determine(set, f, assessing.Options{Today: s.today(), WhatIf: c.WhatIf})
	if err != nil {
		return err
	}
	p, err := s.printer(cmp.Or(c.Language, f.Language))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.Out)
	determinationText{text{out}, p, f, d}.print()
	return out.Flush()
}

// determinationText prints a determination for people.
type determinationText struct {
	text
	p *locale.Printer
	f *organisation.File
	d assessing.Determination
}

func (t determinationText) print() {
	d := t.d.Scope
	class := t.p.T("report.class." + string(d.Class) + ".name")
	t.title(t.f.Organisation.Name + " · " + t.p.Date(t.d.AsOf))
	if d.WhatIf {
		t.para(0, t.p.T("cli.what_if"))
	}
	t.line("%s", strings.ToUpper(class))
	t.para(0, t.p.T("report.class."+string(d.Class)+".means", "name", t.f.Organisation.Name))
	t.grounds()
	t.open()
	t.place()
	t.duties()
	t.registrations()
	t.fine()
	t.reviews()
	t.line("")
	t.para(0, t.p.T("report.limits.advice")+" "+t.p.T("report.limits.national"))
}

func (t determinationText) grounds() {
	d := t.d.Scope
	t.heading(t.p.T("report.scope.grounds"))
	if len(d.Grounds) == 0 {
		t.para(2, t.p.T("report.scope.no_grounds"))
	}
	t.listGrounds(d.Grounds)
	if rest := slices.DeleteFunc(slices.Clone(d.Exclusions), func(g scope.Ground) bool {
		return slices.ContainsFunc(d.Grounds, func(h scope.Ground) bool { return h.Rule == g.Rule && h.Type == g.Type })
	}); len(rest) > 0 {
		t.heading(t.p.T("report.scope.exclusions"))
		t.listGrounds(rest)
	}
	if d.Nearest != nil {
		t.heading(t.p.T("report.scope.nearest"))
		t.para(2, t.p.Say(d.Nearest.Text))
	}
	size := t.p.T("report.size.undecided")
	if d.Size != "" {
		size = t.p.T("report.size.result", "size", t.p.T("report.size."+string(d.Size)))
	}
	t.heading(t.p.T("report.size.heading"))
	t.para(2, size)
}

func (t determinationText) listGrounds(grounds []scope.Ground) {
	for i, g := range grounds {
		s := t.p.Say(g.Text)
		if e, ok := annex.Lookup(g.Type); ok && !strings.Contains(s, t.p.Say(e.Title())) {
			s += " " + t.p.Say(e.Title()) + "."
		}
		t.hang(2, fmt.Sprintf("%d. ", i+1), s)
		t.hang(5, "→ ", t.p.Cite(g.Citation)+"  ["+g.Rule+"]")
	}
}

// open says what is not known and would decide.
func (t determinationText) open() {
	d := t.d.Scope
	if d.Class != law.Depends {
		return
	}
	var classes []string
	for _, k := range d.CouldBe {
		classes = append(classes, t.p.T("report.class."+string(k)+".name"))
	}
	t.heading(t.p.T("report.scope.missing"))
	t.para(2, t.p.T("report.scope.could_be", "classes", classes))
	for _, m := range d.Missing {
		t.hang(2, "- ", t.p.T("report.field."+m)+"  ("+organisation.FieldOf(m)+")")
	}
}

func (t determinationText) place() {
	d := t.d.Scope
	t.heading(t.p.T("report.jurisdiction.heading"))
	if len(d.Jurisdiction) == 0 {
		t.para(2, t.p.T("report.jurisdiction.none"))
		return
	}
	var names, rules []string
	for _, code := range d.Jurisdiction {
		names = append(names, t.p.Say(country.Name(code)))
	}
	for rule := range strings.SplitSeq(d.JurisdictionBasis, ", ") {
		rules = append(rules, t.p.T("report.basis."+rule))
	}
	t.para(2, t.p.List(names))
	t.hang(2, "→ ", strings.Join(rules, "; "))
	if d.Representative {
		t.para(2, t.p.T("report.jurisdiction.representative"))
	}
	for _, p := range t.d.Countries {
		var rows [][]string
		for _, f := range []struct {
			name string
			fact country.Fact
		}{{"act", p.Act}, {"authority", p.Authority}, {"csirt", p.CSIRT}, {"portal", p.Registration.Portal}, {"due", p.Registration.DueNote}} {
			if f.fact.Established() {
				rows = append(rows, []string{p.Code + " " + t.p.T("report.national."+f.name), t.fact(f.fact)})
			}
		}
		t.table(2, rows)
	}
}

// fact is a national fact with its mark when nobody read it in the official text.
func (t determinationText) fact(f country.Fact) string {
	s := t.p.Say(f.Say())
	if f.Confidence != law.Verified {
		s += " (" + t.p.T("country.confidence."+string(f.Confidence)) + ")"
	}
	return s
}

func (t determinationText) duties() {
	set := t.d.Duties
	t.heading(t.p.T("report.duties.heading"))
	if len(set.Binding)+len(set.Displaced) == 0 {
		t.para(2, t.p.T("report.duties.none"))
		return
	}
	var rows [][]string
	for _, d := range set.Binding {
		rows = append(rows, []string{d.ID, t.p.Say(d.Title) + " (" + t.p.Cite(d.Citation) + ")"})
	}
	for _, d := range set.Displaced {
		s := t.p.T("report.duty.displaced", "act", t.p.Cite(d.Act))
		if !d.Certain {
			s += " (" + t.p.T("report.duties.uncertain") + ")"
		}
		rows = append(rows, []string{d.Duty, s + " (" + t.p.Cite(d.Citation) + ")"})
	}
	t.table(2, rows)
}

func (t determinationText) registrations() {
	if len(t.d.Duties.Registrations) == 0 {
		return
	}
	t.heading(t.p.T("report.duties.registration"))
	for _, r := range t.d.Duties.Registrations {
		t.para(2, t.p.Say(r.Title)+" ("+t.p.Cite(r.Citation)+")")
		due := t.p.Say(r.DueText)
		if !r.FirstDue.IsZero() && r.FirstDue.Before(t.d.AsOf) {
			due += " " + t.p.T("report.duties.late")
		}
		t.para(4, due+" "+t.p.Say(r.ChangeWithin))
		var data []string
		for _, m := range r.Data {
			data = append(data, t.p.Say(m))
		}
		t.hang(4, t.p.T("ui.label", "text", t.p.T("report.column.data")), strings.Join(data, "; "))
		if r.SharedWithin.Key != "" {
			t.para(4, t.p.T("report.duties.shared", "limit", r.SharedWithin))
		}
	}
}

func (t determinationText) fine() {
	s, f := t.d.Duties.Supervision, t.d.Fines
	if len(t.d.Duties.Binding)+len(t.d.Duties.Displaced) == 0 {
		return
	}
	t.heading(t.p.T("report.duties.supervision"))
	if s.Text.Key != "" {
		t.para(2, t.p.Say(s.Text)+" "+t.p.Cite(s.Citation))
	}
	t.para(2, t.p.Say(f.Text)+" "+t.p.Cite(f.Citation))
	if f.Formula.Key != "" {
		t.para(4, t.p.Say(f.Formula))
	}
	for _, n := range f.Notes {
		t.para(4, t.p.Say(n))
	}
}

func (t determinationText) reviews() {
	if len(t.d.Scope.Reviews) == 0 {
		return
	}
	t.heading(t.p.T("cli.reviews"))
	for _, r := range t.d.Scope.Reviews {
		t.hang(2, "- ", t.p.Say(r))
	}
}
