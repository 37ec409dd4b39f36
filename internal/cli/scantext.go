package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/delimited"
	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

// write makes the files that were asked for.
func (c *scanCommand) write(p *locale.Printer, r scanning.Report, tally *scan.Tally) error {
	table := func(w io.Writer) error { return delimited.Stream(w, scan.TableHead(), r.Result.Rows()) }
	badge := func(w io.Writer) error {
		_, grade := tally.Grades()
		_, err := w.Write(scan.Badge(p.T("exposure.badge"), grade, p.Date(law.DateOf(r.Result.End))))
		return err
	}
	report := func(w io.Writer) error {
		b, err := r.Write(p, reportForms()[strings.ToLower(filepath.Ext(c.Report))])
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	for _, f := range []struct {
		path string
		to   func(io.Writer) error
	}{{c.SARIF, r.Result.WriteSARIF}, {c.CSV, table}, {c.OSCAL, r.Result.WriteOSCAL}, {c.Badge, badge}, {c.Report, report}} {
		if err := writeTo(f.path, f.to); err != nil {
			return err
		}
	}
	return nil
}

func writeTo(path string, to func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		expected := "a file in a folder that exists"
		if errors.Is(err, fs.ErrPermission) {
			expected = "a file that can be written"
		}
		return &fault.Error{Kind: fault.Invalid, File: path, What: "the file cannot be written", Expected: expected, Cause: err}
	}
	out := bufio.NewWriter(f)
	return cmp.Or(to(out), out.Flush(), f.Close())
}

func (c *scanCommand) print(s *session, p *locale.Printer, r scanning.Report, tally *scan.Tally) error {
	out := bufio.NewWriter(s.Out)
	if c.JSON {
		return cmp.Or(r.Result.WriteJSON(out), out.Flush())
	}
	return cmp.Or(scanText{text{out}, p, r}.print(tally), out.Flush())
}

// scanText prints a result for people.
type scanText struct {
	text
	p *locale.Printer
	r scanning.Report
}

func (t scanText) print(tally *scan.Tally) error {
	t.r.Result.Catalogue = t.r.Result.Catalogue.In(t.p.Language)
	r := t.r.Result
	areas, all := tally.Grades()
	t.title(t.p.T("exposure.report.title") + " · " + t.p.T("exposure.grade") + " " + cmp.Or(string(all), "–"))
	t.line("%s", t.p.T("exposure.cli.finished", "findings", t.p.Number(float64(tally.Len()), 0), "targets", t.p.Number(float64(len(r.Declared)), 0), "seconds", t.p.Number(r.End.Sub(r.Start).Seconds(), 1)))
	var rows [][]string
	for _, a := range areas {
		var counts []string
		for _, o := range exposure.Outcomes() {
			if a.Counts[o] > 0 {
				counts = append(counts, fmt.Sprintf("%s %d", t.p.T("exposure.outcome."+string(o)), a.Counts[o]))
			}
		}
		rows = append(rows, []string{cmp.Or(string(a.Grade), "–"), t.p.T("exposure.area." + string(a.Area)), strings.Join(counts, ", ")})
	}
	t.heading(t.p.T("exposure.report.grades"))
	t.table(2, rows)
	t.drift()
	if err := t.missed(); err != nil {
		return err
	}
	t.heading(t.p.T("exposure.report.findings"))
	shown := 0
	for f, err := range r.Findings.Worst() {
		if err != nil {
			return err
		}
		if f.Outcome == exposure.Fail || f.Outcome == exposure.Warn || f.Outcome == exposure.Error {
			t.finding(f)
			shown++
		}
	}
	if shown == 0 {
		t.para(2, t.p.T("exposure.report.no_findings"))
	}
	if err := t.profiles(); err != nil {
		return err
	}
	t.line("")
	if text := scanning.ExploitedText(t.p, tally, r.End); text != "" {
		t.para(0, text)
	}
	t.para(0, t.p.T("exposure.report.limits"))
	return nil
}

// mostMissed is how many hosts the text names that were not looked at.
const mostMissed = 20

// missed names the targets and hosts that were not looked at, and why.
func (t scanText) missed() error {
	var rows [][]string
	count := 0
	for f, err := range t.r.Result.Findings.Worst() {
		if err != nil {
			return err
		}
		if !scan.Missed(f) {
			continue
		}
		if count++; count <= mostMissed {
			rows = append(rows, []string{f.Target.String(), scanning.Evidence(t.p, f)})
		}
	}
	if count == 0 {
		return nil
	}
	t.heading(t.p.T("exposure.cli.missed", "count", count))
	t.table(2, rows)
	return nil
}

// profiles shows how each service stands against published profiles.
func (t scanText) profiles() error {
	list, err := t.r.Result.Profiles()
	if err != nil || len(list) == 0 {
		return err
	}
	t.heading(t.p.T("profile.title"))
	place := ""
	for _, f := range list {
		if f.Target.String() != place {
			place = f.Target.String()
			t.para(2, place)
		}
		observed, _ := t.p.Finding(f.Observed)
		t.hang(4, f.Profile+"  ", t.p.T("profile.verdict."+f.Verdict)+". "+observed)
	}
	return nil
}

func (t scanText) finding(f exposure.Finding) {
	c, _ := t.r.Result.Catalogue.Get(f.Check)
	word := t.p.T("exposure.outcome." + string(f.Outcome))
	if f.Outcome != exposure.Error {
		word += ", " + t.p.T("exposure.severity."+string(f.Severity))
	}
	t.hang(2, f.Check+"  ", fmt.Sprintf("%s (%s): %s", c.Title, word, f.Target))
	t.para(4+len(f.Check), scan.Evidence(f))
	if f.Outcome != exposure.Error && c.Fix != "" {
		t.para(4+len(f.Check), "→ "+c.Fix)
	}
}

func (t scanText) drift() {
	if t.r.Drift == nil {
		return
	}
	t.heading(t.p.T("exposure.report.drift"))
	if len(t.r.Drift) == 0 {
		t.para(2, t.p.T("exposure.report.no_drift"))
	}
	var rows [][]string
	for _, s := range t.r.Drift {
		f := s.Finding()
		c, _ := t.r.Result.Catalogue.Get(f.Check)
		rows = append(rows, []string{t.p.T("exposure.change." + string(s.Change)), f.Check, t.p.T("ui.label", "text", c.Title) + f.Target.String()})
	}
	t.table(2, rows)
}

// progressBar shows how far a scan is, on a terminal.
type progressBar struct {
	out  io.Writer
	mu   sync.Mutex
	last time.Time
}

// newBar is nil-like when nobody watches: when w is no terminal.
func newBar(w io.Writer, quiet bool) *progressBar {
	if f, ok := w.(*os.File); ok && !quiet {
		if about, err := f.Stat(); err == nil && about.Mode()&os.ModeCharDevice != 0 {
			return &progressBar{out: w}
		}
	}
	return &progressBar{}
}

func (b *progressBar) show(p exposure.Progress) {
	if b.out == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.last) < 100*time.Millisecond || p.Known == 0 {
		return
	}
	b.last = time.Now()
	const cells = 30
	full := cells * p.Done / p.Known
	now := p.Now
	if len(now) > 40 {
		now = now[:40]
	}
	fmt.Fprintf(b.out, "\r\x1b[K%s%s %d/%d %s", strings.Repeat("█", full), strings.Repeat("░", cells-full), p.Done, p.Known, now)
}

func (b *progressBar) end() {
	if b.out != nil {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
