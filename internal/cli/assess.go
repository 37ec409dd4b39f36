package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/posture"
)

type assessCommand struct {
	File      string  `arg:"" help:"Organisation file."`
	Out       string  `help:"Folder for report.html, report.pdf, report.docx and assessment.json." default:"report" type:"path"`
	Language  string  `help:"Language of the report: en, de or fr. Default: the file's, else en." enum:"en,de,fr," default:""`
	Yardstick bool    `help:"Where Implementing Regulation (EU) 2024/2690 does not bind, measure against its annex all the same, as a voluntary yardstick."`
	Target    float64 `help:"Score aimed at, 1 to 100." default:"${target}"`
}

func (c *assessCommand) Run(s *session) error {
	if c.Target < 1 || c.Target > 100 {
		return argument("--target", fmt.Sprintf("found %g", c.Target), "a score from 1 to 100")
	}
	f, err := organisation.ReadFile(c.File)
	if err != nil {
		return err
	}
	logo, err := readLogo(c.File, f)
	if err != nil {
		return err
	}
	p, err := s.printer(cmp.Or(c.Language, f.Language))
	if err != nil {
		return err
	}
	k, err := s.knowledge(p.Language)
	if err != nil {
		return err
	}
	in, err := assessing.Assess(k, f, assessing.Options{Today: s.today(), Yardstick: c.Yardstick, Target: c.Target})
	if err != nil {
		return err
	}
	in.Brand.Logo = logo
	files, err := assessing.Write(c.Out, in, p)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.Out)
	assessmentText{text{out}, p, in.In(p.Language)}.print(files)
	return out.Flush()
}

// knowledge loads the law and the catalogue, with its texts in some languages.
func (s *session) knowledge(languages ...string) (assessing.Knowledge, error) {
	cat, err := s.catalog(languages...)
	if err != nil {
		return assessing.Knowledge{}, err
	}
	set, err := s.countrySet()
	if err != nil {
		return assessing.Knowledge{}, err
	}
	edition, err := content.Edition()
	if err != nil {
		return assessing.Knowledge{}, fmt.Errorf("read the embedded data: %w", err)
	}
	return assessing.Knowledge{Catalogue: cat, Countries: set, Edition: edition, Program: program}, nil
}

// readLogo reads the logo that the organisation file names, relative to it.
func readLogo(file string, f *organisation.File) (model.Logo, error) {
	name := f.Organisation.Brand.Logo
	if name == "" {
		return model.Logo{}, nil
	}
	const field = "organisation.brand.logo"
	if !filepath.IsLocal(name) {
		return model.Logo{}, f.Fault(field, "the path leaves the folder of this file", "a file in the same folder or below")
	}
	b, err := os.ReadFile(filepath.Join(filepath.Dir(file), name))
	if err != nil {
		return model.Logo{}, f.Fault(field, "the logo cannot be read", "a PNG or JPEG file beside this file")
	}
	logo, err := model.ParseLogo(b)
	if err != nil {
		return model.Logo{}, f.Fault(field, err.Error(), "a PNG or JPEG file of at most 2 MB")
	}
	return logo, nil
}

// worstGaps is how many gaps the terminal shows.
const worstGaps = 10

// assessmentText prints an assessment for people.
type assessmentText struct {
	text
	p  *locale.Printer
	in assessing.Input
}

func (t assessmentText) print(files assessing.Files) {
	t.title(t.in.Organisation + " · " + t.p.Date(t.in.AsOf))
	overall, _ := t.in.Posture.Score("overall")
	t.table(0, [][]string{
		{t.p.T("report.figure.class"), t.p.T("report.class." + string(t.in.Scope.Class) + ".name")},
		{t.p.T("report.figure.score"), t.scoreBar(overall)},
	})
	t.line("")
	var rows [][]string
	for _, m := range "abcdefghij" {
		if score, ok := t.in.Posture.Score("measure." + string(m)); ok && score.Weight > 0 {
			rows = append(rows, []string{"(" + string(m) + ")", t.scoreBar(score), t.p.T("report.measure." + string(m))})
		}
	}
	t.table(2, rows)
	t.gaps()
	t.plan()
	t.heading(t.p.T("cli.assess.written"))
	for _, path := range []string{files.HTML, files.PDF, files.DOCX, files.JSON} {
		t.line("  %s", path)
	}
}

func (t assessmentText) scoreBar(s posture.Score) string {
	return fmt.Sprintf("%s %3s", bar(s.Points, 20), t.p.Number(assessing.Shown(s.Points), 0))
}

func (t assessmentText) gaps() {
	gaps := t.in.Posture.Gaps
	if len(gaps) == 0 {
		t.heading(t.p.T("report.gaps.none"))
		return
	}
	t.heading(t.p.T("cli.assess.worst", "count", min(worstGaps, len(gaps)), "all", len(gaps)))
	var rows [][]string
	for _, g := range gaps[:min(worstGaps, len(gaps))] {
		r, _ := t.in.Catalogue.Get(g.Requirement)
		rows = append(rows, []string{g.Requirement, t.p.T("report.status." + string(g.Status)), r.Title})
	}
	t.table(2, rows)
}

func (t assessmentText) plan() {
	effort := [2]float64{}
	for _, k := range t.in.Tasks {
		effort[0], effort[1] = effort[0]+k.Effort[0], effort[1]+k.Effort[1]
	}
	t.heading(t.p.T("report.plan.heading"))
	if len(t.in.Tasks) > 0 {
		t.para(2, t.p.T("report.plan.intro", "count", len(t.in.Tasks),
			"effort", t.p.Number(effort[0], 0)+"–"+t.p.Number(effort[1], 0)))
	}
	if w := t.in.WhatIf; len(w.Tasks) > 0 {
		t.para(2, t.p.T("report.what_if.title", "count", len(w.Tasks),
			"before", t.p.Number(assessing.Shown(w.From), 0), "after", t.p.Number(assessing.Shown(w.To), 0))+":")
		for _, k := range w.Tasks {
			t.hang(4, "- ", k.Title)
		}
	}
	a := t.in.Posture.Automation
	t.para(2, t.p.T("report.automation.result", "rate", t.p.Percent(a.Rate*100, 0)))
}
