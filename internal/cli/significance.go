package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/nisaba-platform/nisaba/exchange/contract"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

type significanceCommand struct {
	File     string `arg:"" help:"File with the facts of one incident as a JSON object; with --jsonl a file of JSON Lines. - for standard input."`
	JSONL    bool   `name:"jsonl" help:"Read and write JSON Lines, one incident per line."`
	Country  string `help:"Member State whose national thresholds count too, for example DE."`
	Language string `help:"Language of the answer: en, de or fr." enum:"en,de,fr" default:"en"`
}

func (c *significanceCommand) Run(s *session) error {
	opt, err := c.national(s)
	if err != nil {
		return err
	}
	if c.JSONL {
		return s.lines(c.File, contract.Significance{Options: opt}.Answer)
	}
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	facts, err := s.incident(c.File)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.Out)
	verdictText{text{out}, p}.print(significance.Judge(facts, opt))
	return out.Flush()
}

// national is the thresholds of the Member State that was named.
func (c *significanceCommand) national(s *session) (significance.Options, error) {
	if c.Country == "" {
		return significance.Options{}, nil
	}
	set, err := s.countrySet()
	if err != nil {
		return significance.Options{}, err
	}
	p, err := memberState(set, c.Country)
	return significance.Options{National: p.Limits()}, err
}

// incident reads the facts of one incident from a file or, for "-", from
// standard input, through the reader of the JSON contract.
func (s *session) incident(path string) (significance.Facts, error) {
	unusable := func(what, field string, cause error) error {
		return &fault.Error{Kind: fault.Invalid, File: path, Field: field, What: what, Cause: cause}
	}
	in := s.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return significance.Facts{}, &fault.Error{Kind: fault.NotFound, File: path, What: "the file cannot be opened",
				Expected: "a readable file with one JSON object, or - for standard input", Cause: err}
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, contract.MaxLine+1))
	if err != nil {
		return significance.Facts{}, unusable("the file cannot be read: "+err.Error(), "", err)
	}
	if len(b) > contract.MaxLine {
		return significance.Facts{}, unusable("the file is too large for the facts of one incident", "", nil)
	}
	o, err := contract.Parse(bytes.TrimSpace(b))
	var facts significance.Facts
	if err == nil {
		facts, err = contract.SignificanceFacts(o)
	}
	var problem *contract.Problem
	if errors.As(err, &problem) {
		return facts, unusable(problem.Message, problem.Field, err)
	}
	return facts, err
}

// verdictText prints a verdict for people.
type verdictText struct {
	text
	p *locale.Printer
}

func (t verdictText) print(v significance.Verdict) {
	t.title(t.p.Say(v.Title()))
	t.missing(v.Missing)
	for _, group := range []struct {
		met     law.Truth
		heading string
	}{
		{law.True, "cli.significance.met"}, {law.Unknown, "cli.significance.unknown"}, {law.False, "cli.significance.not_met"},
	} {
		t.criteria(v.Criteria, group.met, t.p.T(group.heading))
	}
	t.line("")
	if v.Significant == law.True {
		t.para(0, t.p.T("cli.significance.next"))
	}
	t.para(0, t.p.T("cli.significance.note"))
}

// missing lists the facts that would decide, with the names of their fields.
func (t verdictText) missing(names []string) {
	if len(names) == 0 {
		return
	}
	t.heading(t.p.T("cli.significance.missing"))
	for _, name := range names {
		t.hang(2, "- ", t.p.Say(significance.MissingTitle(name))+"  ("+name+")")
	}
}

func (t verdictText) criteria(all []significance.Criterion, met law.Truth, heading string) {
	for _, c := range all {
		if c.Met != met {
			continue
		}
		if heading != "" {
			t.heading(heading)
			heading = ""
		}
		t.hang(2, "- ", t.p.Say(c.Title()))
		if figures := t.p.Say(c.Figures()); figures != "" {
			t.para(4, figures)
		}
		t.hang(4, "→ ", t.p.Cite(c.Citation)+"  ["+c.Rule+"]")
	}
}
