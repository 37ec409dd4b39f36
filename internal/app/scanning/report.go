// Package scanning is the exposure scanner as people use it: what may be scanned and
// on whose word, when, what came of it, and the report.
package scanning

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
)

// Report is what a report of a scan is made of.
type Report struct {
	Result scan.Result
	Drift  []scan.Step // nil: there was no earlier scan
	Brand  model.Brand
	Name   string // of the organisation; "" on the command line

	Zone     *time.Location // in which it says days and times; nil: UTC
	Problems []OpenProblem  // since when what fails does, and its time limits; nil: not known
}

// The formats of a report.
const (
	HTML = form.HTML
	PDF  = form.PDF
	DOCX = form.DOCX
)

// Write writes the report in a format, HTML, PDF or DOCX.
func (r Report) Write(p *locale.Printer, format string) ([]byte, error) {
	var b bytes.Buffer
	d, err := r.compose(p)
	if err == nil {
		err = form.Write(&b, format, d)
	}
	if err != nil {
		return nil, fmt.Errorf("write the report of the scan as %s: %w", format, err)
	}
	return b.Bytes(), nil
}

func (r Report) compose(p *locale.Printer) (model.Document, error) {
	r.Result.Catalogue = r.Result.Catalogue.In(p.Language)
	day := law.DateOf(r.in(r.Result.End))
	d := model.Document{Title: p.T("exposure.report.title"), Subtitle: r.Name, Language: p.Language, Brand: r.Brand, AsOf: day, DateText: p.Date(day),
		Notice: p.T("exposure.report.notice", "scanner", r.Result.Scanner, "catalogue", r.Result.Catalogue.Edition),
		Labels: model.Labels{SkipToContent: p.T("report.label.skip"), Contents: p.T("report.label.contents"), AsTable: p.T("report.label.as_table"),
			PreparedBy: p.T("report.label.prepared_by"), AsOf: p.T("report.label.as_of"), Continued: p.T("report.label.continued")}}
	tally, err := r.Result.Tally()
	if err != nil {
		return d, err
	}
	areas, all := tally.Grades()
	d.Blocks = append(d.Blocks, figures(p, tally.Counts, all), heading(p, "grades"), gradeTable(p, areas),
		model.Paragraph{Text: model.Say(p.T("exposure.report.formula")), Small: true})
	d.Blocks = append(d.Blocks, heading(p, "findings"))
	if err := r.append(&d, p, details, remedies); err != nil {
		return d, err
	}
	if r.Drift != nil {
		d.Blocks = append(append(d.Blocks, heading(p, "drift"), driftTable(p, r.Result.Catalogue, r.Drift[:min(len(r.Drift), mostSeen)])), more(p, len(r.Drift)-mostSeen)...)
	}
	if len(r.Problems) > 0 {
		d.Blocks = append(d.Blocks, heading(p, "limits_title"), r.problemTable(p))
	}
	if err := r.append(&d, p, profiles, everything); err != nil {
		return d, err
	}
	d.Blocks = append(d.Blocks, heading(p, "scope"), model.Paragraph{Text: model.Say(p.T("exposure.report.authorised", "id", r.Result.Permit, "from", instant(p, r.in(r.Result.Start)), "to", instant(p, r.in(r.Result.End))))})
	var targets []model.Text
	for _, t := range r.Result.Declared {
		targets = append(targets, model.Say(t))
	}
	d.Blocks = append(d.Blocks, model.List{Items: targets})
	if text := ExploitedText(p, tally, r.Result.End); text != "" {
		d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(text)})
	}
	d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(p.T("exposure.report.limits")), Small: true})
	return d, nil
}

// append adds parts that read the findings.
func (r Report) append(d *model.Document, p *locale.Printer, parts ...func(*locale.Printer, scan.Result) ([]model.Block, error)) error {
	for _, part := range parts {
		blocks, err := part(p, r.Result)
		if err != nil {
			return err
		}
		d.Blocks = append(d.Blocks, blocks...)
	}
	return nil
}

// ExploitedText says with which state of the catalogue of exploited vulnerabilities a
// scan that ended at a time compared programs; "" when it compared none.
func ExploitedText(p *locale.Printer, t *scan.Tally, end time.Time) string {
	if t.Exploited == nil {
		return ""
	}
	key := map[bool]string{true: "kev.shipped", false: "kev.imported"}[t.Exploited.Shipped]
	text := p.T(key, "day", p.Date(law.DateOf(t.Exploited.AsOf)))
	if days, old := t.Exploited.Old(end); old {
		text += " " + p.T("kev.old", "days", p.Number(float64(days), 0))
	}
	return text
}

func heading(p *locale.Printer, id string) model.Heading {
	return model.Heading{Level: 1, ID: id, Text: p.T("exposure.report." + id), Numbered: true}
}

func figures(p *locale.Printer, counts map[exposure.Outcome]int, all scan.Grade) model.Block {
	figure := func(o exposure.Outcome) model.Figure {
		return model.Figure{Value: p.Number(float64(counts[o]), 0), Label: p.T("exposure.outcome." + string(o)), Tone: Tone(o)}
	}
	return model.KeyFigures{Items: []model.Figure{{Value: gradeText(all), Label: p.T("exposure.grade")}, figure(exposure.Fail), figure(exposure.Warn), figure(exposure.Error), figure(exposure.Pass)}}
}

func gradeText(g scan.Grade) string {
	if g == "" {
		return "–"
	}
	return string(g)
}

// Tone is the mark of an outcome.
func Tone(o exposure.Outcome) model.Tone {
	switch o {
	case exposure.Fail:
		return chart.ToneBad
	case exposure.Warn:
		return chart.TonePartly
	case exposure.Pass:
		return chart.ToneGood
	case exposure.Info:
		return chart.ToneInfo
	case exposure.NotApplicable:
		return chart.ToneAside
	}
	return chart.ToneOpen
}

func gradeTable(p *locale.Printer, areas []scan.AreaGrade) model.Block {
	t := model.Table{Caption: p.T("exposure.report.grades"), Columns: []model.Column{{Title: p.T("exposure.area"), Weight: 3}, {Title: p.T("exposure.grade"), Weight: 1}}}
	shown := []exposure.Outcome{exposure.Fail, exposure.Warn, exposure.Error, exposure.NotTested, exposure.Pass}
	for _, o := range shown {
		t.Columns = append(t.Columns, model.Column{Title: p.T("exposure.outcome." + string(o)), Align: model.Right, Weight: 1.3})
	}
	for _, a := range areas {
		row := model.Row{Cells: []model.Cell{model.Words(p.T("exposure.area." + string(a.Area))), {Lines: []model.Text{model.Strongly(gradeText(a.Grade))}}}}
		for _, o := range shown {
			row.Cells = append(row.Cells, model.Words(p.Number(float64(a.Counts[o]), 0)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func driftTable(p *locale.Printer, c *exposure.Catalogue, steps []scan.Step) model.Block {
	if len(steps) == 0 {
		return model.Paragraph{Text: model.Say(p.T("exposure.report.no_drift"))}
	}
	t := model.Table{Caption: p.T("exposure.report.drift"), Columns: []model.Column{{Title: p.T("exposure.change"), Weight: 2}, {Title: p.T("exposure.check"), Weight: 4},
		{Title: p.T("compare.before"), Weight: 2}, {Title: p.T("compare.after"), Weight: 2}}}
	cell := func(f *exposure.Finding) model.Cell {
		if f == nil {
			return model.Words("–")
		}
		return outcomeCell(p, *f)
	}
	for _, s := range steps {
		f := s.Finding()
		check, _ := c.Get(f.Check)
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(p.T("exposure.change." + string(s.Change))),
			{Lines: []model.Text{model.Say(check.Title), model.Quietly(f.Check + " · " + f.Target.String())}}, cell(s.Before), cell(s.After)}})
	}
	return t
}

// mostTold is how many open failures the table of time limits lists.
const mostTold = 60

func (r Report) problemTable(p *locale.Printer) model.Block {
	t := model.Table{Caption: p.T("exposure.report.limits_title"), Small: true, Columns: []model.Column{{Title: p.T("exposure.check"), Weight: 4}, {Title: p.T("exposure.place"), Weight: 2.4},
		{Title: p.T("exposure.since"), Weight: 1.4}, {Title: p.T("exposure.limit.due"), Weight: 1.4}, {Title: p.T("exposure.limit"), Weight: 1.6}}}
	for _, x := range r.Problems[:min(len(r.Problems), mostTold)] {
		check, _ := r.Result.Catalogue.Get(x.Check)
		due := "–"
		if !x.Due.IsZero() {
			due = p.Date(x.Due)
		}
		tone, key := x.State()
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Say(check.Title), model.Quietly(x.Check + " · " + p.T("exposure.severity."+x.Severity))}}, model.Words(x.At),
			model.Words(p.Date(law.DateOf(r.in(x.Since)))), model.Words(due), model.Status(tone, p.T(key))}})
	}
	return t
}

// State is the mark of an open failure and the key of its word.
func (o OpenProblem) State() (model.Tone, string) {
	switch {
	case o.Late:
		return chart.ToneBad, "exposure.limit.late"
	case o.Accepted:
		return chart.ToneAside, "exposure.limit.accepted"
	case o.Again:
		return chart.TonePartly, "exposure.limit.again"
	}
	return chart.ToneOpen, "exposure.limit.open"
}

func outcomeCell(p *locale.Printer, f exposure.Finding) model.Cell {
	c := model.Status(Tone(f.Outcome), p.T("exposure.outcome."+string(f.Outcome)))
	if f.Outcome == exposure.Fail || f.Outcome == exposure.Warn {
		c.Lines = append(c.Lines, model.Quietly(p.T("exposure.severity."+string(f.Severity))))
	}
	return c
}

// A report is read by people: of scans of many hosts it holds as much as they read,
// and says how much is left out. Tables and machine-readable files hold everything.
const (
	mostListed = 100  // of one check
	mostRated  = 400  // services and profiles
	mostSeen   = 3000 // of everything that was seen
)

// more says how much was left out; nothing when that is nothing.
func more(p *locale.Printer, count int) []model.Block {
	if count <= 0 {
		return nil
	}
	return []model.Block{model.Paragraph{Text: model.Say(p.T("exposure.report.more", "count", count)), Small: true}}
}

// Evidence is what a check saw and why it could not see more, in the language of the
// printer as far as it is sentences; values of protocols stay as they are.
func Evidence(p *locale.Printer, f exposure.Finding) string {
	f.Observed, _ = p.Finding(f.Observed)
	f.Reason, _ = p.Finding(f.Reason)
	return scan.Evidence(f)
}

// Expected is what would pass a check, in the language of the printer.
func Expected(p *locale.Printer, f exposure.Finding) string {
	said, _ := p.Finding(f.Expected)
	return said
}

// details tells of each check that failed or warned: where, why it matters, what to
// do, and how to see it again.
func details(p *locale.Printer, r scan.Result) (out []model.Block, _ error) {
	var order []string
	of, count := map[string][]exposure.Finding{}, map[string]int{}
	for f, err := range scan.Problems(r.Findings) {
		if err != nil {
			return nil, err
		}
		if count[f.Check]++; count[f.Check] == 1 {
			order = append(order, f.Check)
		}
		if len(of[f.Check]) < mostListed {
			of[f.Check] = append(of[f.Check], f)
		}
	}
	if len(order) == 0 {
		return []model.Block{model.Paragraph{Text: model.Say(p.T("exposure.report.no_findings"))}}, nil
	}
	for _, id := range order {
		c, _ := r.Catalogue.Get(id)
		t := model.Table{Caption: c.Title, Small: true, Columns: []model.Column{{Title: p.T("exposure.outcome"), Weight: 1.4}, {Title: p.T("exposure.place"), Weight: 2.4}, {Title: p.T("exposure.evidence"), Weight: 4}}}
		for _, f := range of[id] {
			seen := model.Cell{Lines: []model.Text{model.Say(Evidence(p, f))}}
			if f.Reproduce != "" {
				seen.Lines = append(seen.Lines, model.Quietly(f.Reproduce))
			}
			t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{outcomeCell(p, f), model.Words(f.Target.String()), seen}})
		}
		out = append(out, model.Heading{Level: 2, ID: "check-" + strings.ToLower(id), Text: id + " " + c.Title},
			model.Paragraph{Text: model.Say(c.Why)}, model.Paragraph{Text: model.Strongly(p.T("exposure.fix")+" ").Then(c.Fix, model.Plain)}, t)
		out = append(append(out, more(p, count[id]-mostListed)...), model.Paragraph{Text: model.Quietly(sources(p, c)), Small: true})
	}
	return out, nil
}

// profiles shows how each service stands against published profiles.
func profiles(p *locale.Printer, r scan.Result) ([]model.Block, error) {
	list, err := r.Profiles()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	t := model.Table{Caption: p.T("profile.title"), Small: true, Columns: []model.Column{{Title: p.T("exposure.place"), Weight: 2.4}, {Title: p.T("profile.profile"), Weight: 2},
		{Title: p.T("profile.verdict"), Weight: 1.4}, {Title: p.T("profile.reasons"), Weight: 4.4}}}
	for _, f := range list[:min(len(list), mostRated)] {
		var reasons []model.Text
		observed, _ := p.Finding(f.Observed)
		for reason := range strings.SplitSeq(observed, "; ") {
			reasons = append(reasons, model.Say(reason))
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(f.Target.String()), model.Words(f.Profile),
			model.Status(verdictTones[f.Verdict], p.T("profile.verdict."+f.Verdict)), {Lines: append(reasons, model.Quietly(p.Cite(f.Citation)))}}})
	}
	out := []model.Block{model.Heading{Level: 1, ID: "profiles", Text: p.T("profile.title"), Numbered: true}, model.Paragraph{Text: model.Say(p.T("profile.lead"))}, t}
	return append(out, more(p, len(list)-mostRated)...), nil
}

var verdictTones = map[string]model.Tone{"met": chart.ToneGood, "partly": chart.TonePartly, "not-met": chart.ToneBad, "open": chart.ToneOpen}

// remedies lists ready configuration for what was found.
func remedies(p *locale.Printer, r scan.Result) (out []model.Block, _ error) {
	list, err := scan.Remedies(r.Catalogue, r.Findings)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	software := ""
	for _, m := range list {
		s := m.Snippet
		if s.Software != software {
			software = s.Software
			out = append(out, model.Heading{Level: 2, ID: "ready-" + strings.ToLower(software), Text: software})
		}
		tested := p.T("remedy.untested")
		if s.Tested != "unverified" {
			tested = p.T("remedy.tested", "program", s.Tested)
		}
		out = append(out, model.Heading{Level: 3, ID: "ready-" + s.ID, Text: s.Title},
			model.Paragraph{Text: model.Quietly(p.T("remedy.mends", "checks", p.List(m.Checks)) + " " + p.T("remedy.place", "place", s.Context) + " " + tested), Small: true},
			model.Code{Label: s.Software + ": " + s.Title, Text: s.Text})
		if s.Note != "" {
			out = append(out, model.Paragraph{Text: model.Say(s.Note)})
		}
	}
	return append([]model.Block{model.Heading{Level: 1, ID: "ready", Text: p.T("remedy.title"), Numbered: true}, model.Paragraph{Text: model.Say(p.T("remedy.lead"))}}, out...), nil
}

// sources says with what a check compares, and which duty it bears on.
func sources(p *locale.Printer, c exposure.Check) string {
	var out []string
	if len(c.References) > 0 {
		checked := p.T("exposure.unverified")
		if on, err := law.ParseDate(c.Checked); err == nil {
			checked = p.T("exposure.checked", "on", p.Date(on))
		}
		out = append(out, p.T("exposure.references", "references", p.List(p.CiteAll(c.References))), checked)
	}
	if c.Judgement != "" {
		out = append(out, p.T("exposure.judgement", "text", c.Judgement))
	}
	out = append(out, p.T("exposure.measures", "measures", p.List(c.Measures)))
	if len(c.Points) > 0 {
		out = append(out, p.T("exposure.points", "points", p.List(c.Points)))
	}
	return strings.Join(out, " ")
}

func everything(p *locale.Printer, r scan.Result) ([]model.Block, error) {
	t := model.Table{Caption: p.T("exposure.report.all"), Small: true, Columns: []model.Column{{Title: p.T("exposure.check"), Weight: 3}, {Title: p.T("exposure.place"), Weight: 2.4},
		{Title: p.T("exposure.outcome"), Weight: 1.6}, {Title: p.T("exposure.evidence"), Weight: 3.6}}}
	count := 0
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return nil, err
		}
		if count++; count > mostSeen {
			continue
		}
		c, _ := r.Catalogue.Get(f.Check)
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Say(c.Title), model.Quietly(f.Check)}}, model.Words(f.Target.String()), outcomeCell(p, f), model.Words(Evidence(p, f))}})
	}
	return append([]model.Block{heading(p, "all"), t}, more(p, count-mostSeen)...), nil
}

// in is a time where the reader is.
func (r Report) in(t time.Time) time.Time {
	if r.Zone == nil {
		return t.UTC()
	}
	return t.In(r.Zone)
}

// instant is a time of the scan with its zone.
func instant(p *locale.Printer, t time.Time) string {
	return p.Date(law.DateOf(t)) + " " + t.Format("15:04 MST")
}
