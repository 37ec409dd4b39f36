package cli

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/duties"
)

type countryDiffCommand struct {
	Packs         string   `arg:"" name:"file-or-folder" help:"One pack, or a folder or zip file with a bundle. It need not be signed."`
	Organisations []string `arg:"" optional:"" name:"organisation" help:"Organisation files: for whom does it change what?"`
	JSON          bool     `name:"json" help:"One JSON object."`
	languageFlag
}

// stateChange is what changes in one Member State, for programs.
type stateChange struct {
	Country string       `json:"country"`
	Name    string       `json:"name"`
	Changes []changeLine `json:"changes"`
}

type changeLine struct {
	Path    string        `json:"path"`
	Label   string        `json:"label"`
	From    string        `json:"from"`
	To      string        `json:"to"`
	Touches country.Touch `json:"touches"`
}

// affectedLine is what changes for one organisation. Results are those of the
// scope test and the duties, computed before and after.
type affectedLine struct {
	Organisation string       `json:"organisation"`
	File         string       `json:"file"`
	Countries    []string     `json:"countries"`
	Results      []changeLine `json:"results"`

	reasons []string
}

func (c *countryDiffCommand) Run(s *session) error {
	before, err := s.countrySet()
	if err != nil {
		return err
	}
	after, err := readPacks(c.Packs, before)
	if err != nil {
		return err
	}
	s.sentences = append(s.sentences, after.Messages())
	p, err := s.printer(c.Language)
	if err != nil {
		return err
	}
	states := changedStates(before, after, p)
	affected, err := c.affected(s, before, after, p)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(s.Out)
		e.SetEscapeHTML(false)
		return e.Encode(map[string]any{"from_version": before.Version, "to_version": after.Version, "countries": states, "organisations": affected})
	}
	out := bufio.NewWriter(s.Out)
	c.print(text{out}, p, states, affected)
	return out.Flush()
}

// readPacks reads one pack, which then stands in the set in use, or a bundle.
func readPacks(path string, inUse *country.Set) (*country.Set, error) {
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, &fault.Error{Kind: fault.NotFound, File: path, What: "the file cannot be read", Expected: "a country pack", Cause: err}
		}
		k, err := country.Parse(filepath.Base(path), b)
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, What: inFolder(filepath.Dir(path), err), Cause: err}
		}
		return inUse.With(k), nil
	}
	bundle, done, err := openBundle(path)
	if err != nil {
		return nil, err
	}
	defer done()
	set, err := country.Load(bundle)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, What: inFolder(path, err), Cause: err}
	}
	return set, nil
}

// inFolder puts the folder before every file that an error names.
func inFolder(folder string, err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, l := range lines {
		if name, _, ok := strings.Cut(l, ":"); ok && fs.ValidPath(name) && !strings.Contains(name, " ") {
			lines[i] = filepath.Join(folder, name) + l[len(name):]
		} else {
			lines[i] = folder + ": " + l
		}
	}
	return strings.Join(lines, "\n")
}

func changedStates(before, after *country.Set, p *locale.Printer) []stateChange {
	out := []stateChange{}
	for _, code := range country.Codes() {
		effects := country.Affected(before, after, []country.Reference{{Name: code, Countries: []string{code}}})
		for _, e := range effects {
			out = append(out, stateChange{Country: code, Name: p.Say(country.Name(code)), Changes: changesOf(e.Differences, p)})
		}
	}
	return out
}

func changesOf(differences []country.Difference, p *locale.Printer) []changeLine {
	var out []changeLine
	for _, d := range differences {
		out = append(out, changeLine{d.Path, p.Say(d.Label), p.Say(d.From), p.Say(d.To), d.Touches()})
	}
	return out
}

// affected computes every organisation under both laws. It reads the files and
// changes none of them.
func (c *countryDiffCommand) affected(s *session, before, after *country.Set, p *locale.Printer) ([]affectedLine, error) {
	out := []affectedLine{}
	for _, file := range c.Organisations {
		f, err := organisation.ReadFile(file)
		if err != nil {
			return nil, err
		}
		opt := assessing.Options{Today: s.today()}
		a, err := assessing.Determine(before, f, opt)
		if err != nil {
			return nil, err
		}
		b, err := assessing.Determine(after, f, opt)
		if err != nil {
			return nil, err
		}
		line := affectedLine{Organisation: f.Organisation.Name, File: file, Countries: []string{}, Results: resultChanges(a, b, p)}
		states := slices.Concat(a.Scope.Jurisdiction, b.Scope.Jurisdiction, f.Establishment.EstablishedIn)
		for _, e := range country.Affected(before, after, []country.Reference{{Name: f.Organisation.Name, Countries: states}}) {
			line.Countries = append(line.Countries, e.Country)
			line.reasons = append(line.reasons, p.Say(e.Reason))
		}
		if len(line.Countries)+len(line.Results) > 0 {
			out = append(out, line)
		}
	}
	return out, nil
}

// resultChanges compares class, place, duties and registrations.
func resultChanges(a, b assessing.Determination, p *locale.Printer) []changeLine {
	var out []changeLine
	add := func(path, from, to string, touches country.Touch) {
		if from != to {
			out = append(out, changeLine{path, p.T("country.cli.result." + path), from, to, touches})
		}
	}
	add("class", p.T("report.class."+string(a.Scope.Class)+".name"), p.T("report.class."+string(b.Scope.Class)+".name"), country.TouchesClass)
	add("jurisdiction", p.List(a.Scope.Jurisdiction), p.List(b.Scope.Jurisdiction), country.TouchesClass)
	add("duties", p.List(less(a.Duties.IDs(), b.Duties.IDs())), p.List(less(b.Duties.IDs(), a.Duties.IDs())), country.TouchesDuty)
	add("registration", registrationText(a.Duties, p), registrationText(b.Duties, p), country.TouchesDeadline)
	return out
}

// less is what only the first list has.
func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return slices.Contains(b, id) })
}

func registrationText(set duties.Set, p *locale.Printer) string {
	var all []string
	for _, r := range set.Registrations {
		all = append(all, p.T("ui.label", "text", r.ID)+p.Say(r.DueText)+" "+p.Say(r.ChangeWithin))
	}
	return strings.Join(all, "; ")
}

func (c *countryDiffCommand) print(t text, p *locale.Printer, states []stateChange, affected []affectedLine) {
	if len(states) == 0 {
		t.para(0, p.T("country.cli.same"))
	}
	for i, s := range states {
		if i > 0 {
			t.line("")
		}
		t.title(s.Name + " (" + s.Country + ")")
		t.changes(s.Changes, p)
	}
	if len(c.Organisations) == 0 {
		return
	}
	t.heading(p.T("country.cli.for_whom"))
	for _, a := range affected {
		for _, r := range a.reasons {
			t.hang(2, "- ", r)
		}
		t.changesAt(4, a.Results, p)
	}
	if rest := len(c.Organisations) - len(affected); rest > 0 {
		t.hang(2, "- ", p.T("country.cli.unaffected", "count", rest))
	}
	t.para(2, p.T("country.cli.answers"))
}

func (t text) changes(list []changeLine, p *locale.Printer) { t.changesAt(2, list, p) }

func (t text) changesAt(indent int, list []changeLine, p *locale.Printer) {
	for _, d := range list {
		t.para(indent, d.Label+" ("+p.T("country.touches."+string(d.Touches))+")")
		t.hang(indent+2, "− ", orDash(d.From))
		t.hang(indent+2, "+ ", orDash(d.To))
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
