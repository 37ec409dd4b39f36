package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/annex"
)

type initCommand struct {
	File  string `arg:"" optional:"" default:"organisation.yaml" help:"File to write."`
	Force bool   `help:"Replace an existing file."`
	languageFlag
}

func (c *initCommand) Run(s *session) error {
	if _, err := os.Lstat(c.File); err == nil && !c.Force {
		return &fault.Error{Kind: fault.Conflict, File: c.File, What: "the file exists already",
			Expected: "another name, or --force to replace it"}
	}
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	q := &interview{session: s, printer: p, in: bufio.NewScanner(s.In)}
	start, err := q.run()
	if err != nil {
		return err
	}
	if p.Language != catalog.English {
		start.Language = p.Language
	}
	if err := writeFile(c.File, []byte(organisation.New(start))); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "\n%s\n  nisaba scope %s\n  nisaba assess %s --out report/\n", p.T("cli.init.written", "file", c.File), c.File, c.File)
	return nil
}

// writeFile writes through a temporary file, so that a full disk or a killed
// process never leaves half a file.
func writeFile(path string, b []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return &fault.Error{Kind: fault.Invalid, File: path, What: "the file cannot be written",
			Expected: "a folder that exists and may be written to", Cause: err}
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(tmp))
	}
	return nil
}

// interview asks the minimum at the terminal.
type interview struct {
	*session
	printer *locale.Printer
	in      *bufio.Scanner
}

func (q *interview) run() (organisation.Start, error) {
	fmt.Fprintln(q.Out, q.printer.T("cli.init.begin"))
	var s organisation.Start
	err := q.steps(&s)
	return s, err
}

func (q *interview) steps(s *organisation.Start) (err error) {
	if s.Name, err = q.ask(q.printer.T("cli.init.name"), func(a string) error {
		if a == "" {
			return errors.New(q.printer.T("cli.init.name.missing"))
		}
		return nil
	}); err != nil {
		return err
	}
	if s.Countries, err = q.countries(q.printer.T("cli.init.established")); err != nil {
		return err
	}
	if s.Serves, err = q.countries(q.printer.T("cli.init.serves")); err != nil {
		return err
	}
	if len(s.Serves) == 0 {
		s.Serves = s.Countries
	}
	if s.EntityTypes, err = q.entityTypes(); err != nil {
		return err
	}
	if s.Years, err = q.figures(); err != nil {
		return err
	}
	s.CERCritical, err = q.truth(q.printer.T("cli.init.critical"))
	return err
}

// ask repeats a question until the answer passes.
func (q *interview) ask(question string, check func(string) error) (string, error) {
	for {
		fmt.Fprintf(q.Out, "\n%s\n> ", question)
		if !q.in.Scan() {
			return "", &fault.Error{Kind: fault.Invalid, What: "the answers ended early; nothing was written",
				Expected: "an answer to each question, or an empty line"}
		}
		answer := strings.TrimSpace(q.in.Text())
		err := check(answer)
		if err == nil {
			return answer, nil
		}
		fmt.Fprintln(q.Out, "  "+err.Error())
	}
}

func (q *interview) countries(question string) ([]string, error) {
	var list []string
	_, err := q.ask(question, func(a string) error {
		list = nil
		for _, c := range strings.FieldsFunc(strings.ToUpper(a), func(r rune) bool { return r == ' ' || r == ',' }) {
			if len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				return errors.New(q.printer.T("cli.init.country.wrong", "answer", c))
			}
			if c == "EL" {
				c = "GR"
			}
			list = append(list, c)
		}
		return nil
	})
	return list, err
}

// entityTypes lets the person search the annexes by words and pick numbers.
func (q *interview) entityTypes() ([]string, error) {
	var chosen []string
	for {
		var matches []annex.Type
		_, err := q.ask(q.printer.T("cli.init.activity"), func(a string) error {
			if a == "" {
				return nil
			}
			if matches = q.search(a); len(matches) == 0 {
				return errors.New(q.printer.T("cli.init.activity.nothing"))
			}
			return nil
		})
		if err != nil || len(matches) == 0 {
			return chosen, err
		}
		picked, err := q.pick(matches)
		if err != nil {
			return nil, err
		}
		for _, id := range picked {
			if !slices.Contains(chosen, id) {
				chosen = append(chosen, id)
			}
		}
		fmt.Fprintf(q.Out, "  %s\n", q.printer.T("cli.init.activity.chosen", "list", q.printer.List(chosen)))
	}
}

func (q *interview) search(words string) []annex.Type {
	var found []annex.Type
	terms := strings.Fields(catalog.Fold(words))
	for _, t := range annex.All() {
		text := catalog.Fold(t.ID + " " + q.printer.Say(t.Title()) + " " + q.printer.Say(t.SectorTitle()) + " " + q.printer.Say(t.SubsectorTitle()))
		if !slices.ContainsFunc(terms, func(w string) bool { return !strings.Contains(text, w) }) {
			found = append(found, t)
		}
	}
	return found
}

func (q *interview) pick(matches []annex.Type) ([]string, error) {
	for i, t := range matches {
		fmt.Fprintf(q.Out, "  %2d  %-40s %s\n", i+1, t.ID, q.printer.Say(t.Title()))
	}
	var picked []string
	_, err := q.ask(q.printer.T("cli.init.pick"), func(a string) error {
		picked = nil
		for _, f := range strings.FieldsFunc(a, func(r rune) bool { return r == ' ' || r == ',' }) {
			n, err := strconv.Atoi(f)
			if err != nil || n < 1 || n > len(matches) {
				return errors.New(q.printer.T("cli.init.pick.wrong", "answer", f, "most", fmt.Sprint(len(matches))))
			}
			picked = append(picked, matches[n-1].ID)
		}
		return nil
	})
	return picked, err
}

// figures asks two years, and the balance sheet only where it can decide: below
// 250 staff, when the turnover exceeds a ceiling (Recommendation 2003/361/EC).
func (q *interview) figures() ([]organisation.Figures, error) {
	last := q.Now().Year() - 1
	var years []organisation.Figures
	for _, year := range []int{last - 1, last} {
		f := organisation.Figures{Year: year}
		var err error
		if f.Employees, err = q.number(q.printer.T("cli.init.staff", "year", fmt.Sprint(year))); err != nil {
			return nil, err
		}
		if f.Turnover, err = q.number(q.printer.T("cli.init.turnover", "year", fmt.Sprint(year))); err != nil {
			return nil, err
		}
		if balanceMatters(f) {
			if f.BalanceSheet, err = q.number(q.printer.T("cli.init.balance", "year", fmt.Sprint(year))); err != nil {
				return nil, err
			}
		}
		years = append(years, f)
	}
	return years, nil
}

func balanceMatters(f organisation.Figures) bool {
	if f.Employees != nil && *f.Employees >= 250 {
		return false
	}
	ceiling := 10_000_000.0
	if f.Employees != nil && *f.Employees >= 50 {
		ceiling = 50_000_000
	}
	return f.Turnover == nil || *f.Turnover > ceiling
}

func (q *interview) number(question string) (*float64, error) {
	var v *float64
	_, err := q.ask(question, func(a string) error {
		v = nil
		if a == "" {
			return nil
		}
		f, err := strconv.ParseFloat(strings.NewReplacer(" ", "", "_", "", "'", "").Replace(a), 64)
		if err != nil || f < 0 || f > 1e15 {
			return errors.New(q.printer.T("cli.init.number.wrong", "answer", a))
		}
		v = &f
		return nil
	})
	return v, err
}

func (q *interview) truth(question string) (string, error) {
	answer := "null"
	_, err := q.ask(question, func(a string) error {
		switch strings.ToLower(a) {
		case "":
			answer = "null"
		case "yes", "y", "ja", "j", "oui", "o":
			answer = "true"
		case "no", "n", "nein", "non":
			answer = "false"
		default:
			return errors.New(q.printer.T("cli.init.truth.wrong", "answer", a))
		}
		return nil
	})
	return answer, err
}
