package pages

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/scan"
	"github.com/nisaba-platform/nisaba/internal/app/scanning"
	"github.com/nisaba-platform/nisaba/internal/domain/survey"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/law"
)

// gradeStatus is a grade with its mark.
func gradeStatus(grade string) ui.Status {
	switch {
	case grade == "":
		return ui.Status{Tone: ui.Open, Word: "–"}
	case grade <= "B":
		return ui.Status{Tone: ui.Good, Word: grade}
	case grade <= "D":
		return ui.Status{Tone: ui.Partly, Word: grade}
	}
	return ui.Status{Tone: ui.Bad, Word: grade}
}

func outcomeStatus(ctx context.Context, f exposure.Finding) ui.Status {
	word := ui.T(ctx, "exposure.outcome."+string(f.Outcome))
	if f.Outcome == exposure.Fail || f.Outcome == exposure.Warn {
		word += " · " + ui.T(ctx, "exposure.severity."+string(f.Severity))
	}
	return ui.Status{Tone: scanning.Tone(f.Outcome), Word: word}
}

func exposureFigures(ctx context.Context, v exposureView) []ui.Figure {
	x := v.e.Last
	grade := gradeStatus(x.Grade)
	out := []ui.Figure{{Label: ui.T(ctx, "exposure.grade"), Value: grade.Word, Tone: grade.Tone, Note: ui.T(ctx, "exposure.seen", "on", ui.DayText(ctx, ui.DayOf(ctx, x.EndedAt)))}}
	for _, f := range []struct {
		key string
		n   int64
	}{{"exposure.outcome.fail", x.Failures}, {"exposure.outcome.warn", x.Warnings}, {"exposure.outcome.error", x.Errors}, {"exposure.change.worse", x.Worse}} {
		out = append(out, ui.Figure{Label: ui.T(ctx, f.key), Value: number(ctx, int(f.n)), Tone: warn(int(f.n))})
	}
	return out
}

func areaTable(ctx context.Context, v exposureView) ui.TableProps {
	t := ui.TableProps{ID: "areas", Caption: ui.T(ctx, "exposure.report.grades"), HideCaption: true, Dense: true, Columns: []ui.Column{{Label: ui.T(ctx, "exposure.area")}, {Label: ui.T(ctx, "exposure.grade"), Narrow: true}}}
	shown := []exposure.Outcome{exposure.Fail, exposure.Warn, exposure.Error, exposure.NotTested, exposure.Pass}
	for _, o := range shown {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "exposure.outcome."+string(o)), Numeric: true, Optional: o == exposure.NotTested})
	}
	for _, a := range v.e.Areas {
		row := ui.Row{Cells: []templ.Component{ui.Words(ui.T(ctx, "exposure.area."+string(a.Area))), ui.StatusBadge(gradeStatus(string(a.Grade)))}}
		for _, o := range shown {
			row.Cells = append(row.Cells, ui.Words(number(ctx, a.Counts[o])))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// mostProblems is how many open failures the page lists with their time limits.
const mostProblems = 15

func problemRows(ctx context.Context, v exposureView) ui.TableProps {
	t := ui.TableProps{ID: "limits", Caption: ui.T(ctx, "exposure.report.limits_title"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "exposure.check")}, {Label: ui.T(ctx, "exposure.since"), Optional: true}, {Label: ui.T(ctx, "exposure.limit.due"), Narrow: true}, {Label: ui.T(ctx, "exposure.limit"), Narrow: true}}}
	for _, x := range v.e.Problems[:min(len(v.e.Problems), mostProblems)] {
		c, _ := v.checks.Get(x.Check)
		due := "–"
		if !x.Due.IsZero() {
			due = ui.DayText(ctx, x.Due)
		}
		tone, key := x.State()
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(c.Title, clientURL(v.r, v.base+"/checks/"+x.Check), x.At+" · "+ui.T(ctx, "exposure.severity."+x.Severity)),
			ui.Words(ui.DayText(ctx, ui.DayOf(ctx, x.Since))), ui.Words(due), ui.StatusBadge(ui.Status{Tone: tone, Word: ui.T(ctx, key)})}})
	}
	return t
}

// lateCount is how many failures are over their time limit.
func lateCount(v exposureView) (n int) {
	for _, x := range v.e.Problems {
		if x.Late {
			n++
		}
	}
	return n
}

// limitFields are the fields of the time limits, worst severity first.
func limitFields(v exposureView) (out []ui.Field) {
	ctx := v.r.Context()
	for _, severity := range exposure.Severities() {
		usual, limited := survey.Limits()[string(severity)]
		if !limited {
			continue
		}
		f := ui.Field{Name: "days_" + string(severity), Label: ui.T(ctx, "exposure.limit.of", "severity", ui.T(ctx, "exposure.severity."+string(severity))), Unit: ui.T(ctx, "exposure.limit.days"), Min: "1",
			Max: strconv.Itoa(survey.LongestLimit), Placeholder: strconv.FormatInt(usual, 10)}
		if n := v.e.Plan.Days[string(severity)]; n > 0 {
			f.Value = strconv.FormatInt(n, 10)
		}
		out = append(out, v.formField(planForm, f))
	}
	return out
}

// toldFinding reports whether a finding stands on the first page.
func toldFinding(f exposure.Finding) bool {
	return f.Outcome == exposure.Fail || f.Outcome == exposure.Warn || f.Outcome == exposure.Error
}

func findingTable(ctx context.Context, v exposureView) ui.TableProps {
	all := v.r.URL.Query().Get("all") != ""
	t := ui.TableProps{ID: "findings", Caption: ui.T(ctx, "exposure.report.findings"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "exposure.check")}, {Label: ui.T(ctx, "exposure.outcome"), Narrow: true}, {Label: ui.T(ctx, "exposure.place"), Optional: true}, {Label: ui.T(ctx, "exposure.evidence"), Optional: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "exposure.report.no_findings"), Text: ui.T(ctx, "exposure.no_findings.text")}}
	causes := map[string][][]exposure.Finding{} // by what was seen, checks that ended with an error
	groups := scanning.PerCheck(v.e.Findings)
	for _, group := range groups {
		if group[0].Outcome == exposure.Error {
			text := scanning.Evidence(ui.From(ctx).Printer, group[0])
			causes[text] = append(causes[text], group)
		}
	}
	for _, group := range groups {
		f := group[0]
		c, _ := v.checks.Get(f.Check)
		if all {
			t.Rows = append(t.Rows, findingRow(ctx, v, c, group))
			continue
		}
		if !toldFinding(f) {
			continue
		}
		alike := slices.DeleteFunc(slices.Clone(group), func(x exposure.Finding) bool { return x.Outcome != f.Outcome })
		same := causes[scanning.Evidence(ui.From(ctx).Printer, f)]
		switch {
		case f.Outcome != exposure.Error || len(same) == 1:
			t.Rows = append(t.Rows, findingRow(ctx, v, c, alike))
		case same[0][0].Check == f.Check:
			t.Rows = append(t.Rows, causeRow(ctx, v, alike, same))
		}
	}
	return t
}

// findingRow is one check with what it found.
func findingRow(ctx context.Context, v exposureView, c exposure.Check, group []exposure.Finding) ui.Row {
	f := group[0]
	return ui.Row{Cells: []templ.Component{ui.LinkCell(c.Title, clientURL(v.r, v.base+"/checks/"+f.Check), f.Check+" · "+ui.T(ctx, "exposure.area."+string(c.Area))),
		ui.StatusBadge(outcomeStatus(ctx, f)), ui.Words(placesText(ctx, group)), ui.Words(cut(scanning.Evidence(ui.From(ctx).Printer, f)))}}
}

// placesText is the first place of findings, and how many more there are.
func placesText(ctx context.Context, group []exposure.Finding) string {
	place := group[0].Target.String()
	if n := len(group); n > 1 {
		return ui.T(ctx, "exposure.place.more", "first", place, "count", n-1)
	}
	return place
}

// mostNamed is how many checks with the same cause are named.
const mostNamed = 8

// causeRow is several checks that ended with an error for the same reason.
func causeRow(ctx context.Context, v exposureView, places []exposure.Finding, checks [][]exposure.Finding) ui.Row {
	var ids []string
	for _, group := range checks[:min(len(checks), mostNamed)] {
		ids = append(ids, group[0].Check)
	}
	note := strings.Join(ids, ", ")
	if len(checks) > mostNamed {
		note += ", …"
	}
	return ui.Row{Cells: []templ.Component{ui.LinkCell(ui.T(ctx, "exposure.cause", "count", len(checks)), clientURL(v.r, v.base+"?all=yes"), note),
		ui.StatusBadge(outcomeStatus(ctx, places[0])), ui.Words(placesText(ctx, places)), ui.Words(cut(scanning.Evidence(ui.From(ctx).Printer, places[0])))}}
}

// evidenceLanguage is that of what a check saw: English as long as a part has no
// translation.
func evidenceLanguage(ctx context.Context, f exposure.Finding) string {
	p := ui.From(ctx).Printer
	_, observed := p.Finding(f.Observed)
	if _, reason := p.Finding(f.Reason); observed && reason {
		return p.Language
	}
	return "en"
}

// cut keeps long evidence from filling a table; the page of the check has all.
func cut(s string) string {
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}

func driftRows(ctx context.Context, v exposureView) ui.TableProps {
	t := ui.TableProps{ID: "drift", Caption: ui.T(ctx, "exposure.report.drift"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "exposure.check")}, {Label: ui.T(ctx, "exposure.change"), Narrow: true}, {Label: ui.T(ctx, "compare.before"), Narrow: true}, {Label: ui.T(ctx, "compare.after"), Narrow: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "exposure.report.no_drift"), Text: ui.T(ctx, "exposure.no_drift.text")}}
	cell := func(f *exposure.Finding) templ.Component {
		if f == nil {
			return ui.Words("–")
		}
		return ui.StatusBadge(outcomeStatus(ctx, *f))
	}
	for _, step := range v.e.Drift[:min(len(v.e.Drift), mostSteps)] {
		f := step.Finding()
		c, _ := v.checks.Get(f.Check)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(c.Title, clientURL(v.r, v.base+"/checks/"+f.Check), f.Target.String()),
			ui.Words(ui.T(ctx, "exposure.change."+string(step.Change))), cell(step.Before), cell(step.After)}})
	}
	return t
}

// mostSteps and mostScans are how many changes and scans the page lists.
const (
	mostSteps = 30
	mostScans = 15
)

func scanTable(ctx context.Context, v exposureView) ui.TableProps {
	t := ui.TableProps{ID: "scans", Caption: ui.T(ctx, "exposure.scans"), HideCaption: true, Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "exposure.scan")}, {Label: ui.T(ctx, "exposure.grade"), Narrow: true}, {Label: ui.T(ctx, "exposure.change.worse"), Numeric: true}, {Label: ui.T(ctx, "exposure.change.better"), Numeric: true}, {Label: ui.T(ctx, "exposure.asked"), Optional: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "exposure.none"), Text: ui.T(ctx, "exposure.none.text")}}
	for _, x := range v.e.Scans[:min(len(v.e.Scans), mostScans)] {
		what := ui.T(ctx, "exposure.scan.all")
		if len(x.Only) > 0 {
			what = ui.T(ctx, "exposure.scan.only", "check", x.Only[0], "at", entryText(ctx, x.Entry))
		}
		if x.State == survey.Failed {
			what += " · " + ui.Failure(ctx, x.Problem)
		}
		at := x.EndedAt
		if at.IsZero() {
			at = x.CreatedAt
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{scanCell(at, what), ui.StatusBadge(gradeStatus(x.Grade)), ui.Words(number(ctx, int(x.Worse))), ui.Words(number(ctx, int(x.Better))),
			ui.Words(cmp.Or(x.AskedName, ui.T(ctx, "exposure.asked.weekly")))}})
	}
	return t
}

// entryText is the places of a scan of some checks: the first, and how many more.
func entryText(ctx context.Context, entry string) string {
	list := strings.Fields(entry)
	if len(list) < 2 {
		return entry
	}
	return ui.T(ctx, "exposure.place.more", "first", list[0], "count", len(list)-1)
}

// severalProblems reports whether a check asks for something at more than one place, and
// can be made on its own.
func severalProblems(v exposureView) bool {
	n := 0
	for _, f := range findingsOf(v) {
		if f.Outcome == exposure.Fail || f.Outcome == exposure.Warn {
			n++
		}
	}
	return n > 1 && !slices.Contains(scan.Judged(), v.check.ID)
}

// findingsOf are the findings of the check of the page.
func findingsOf(v exposureView) []exposure.Finding {
	return slices.DeleteFunc(slices.Clone(v.e.Findings), func(f exposure.Finding) bool { return f.Check != v.check.ID })
}

func hasProblem(list []exposure.Finding) bool {
	return slices.ContainsFunc(list, func(f exposure.Finding) bool { return f.Outcome == exposure.Fail || f.Outcome == exposure.Warn })
}

func placeTable(ctx context.Context, v exposureView) ui.TableProps {
	t := ui.TableProps{ID: "places", Caption: ui.T(ctx, "exposure.places"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "exposure.place")}, {Label: ui.T(ctx, "exposure.outcome"), Narrow: true}, {Label: ui.T(ctx, "exposure.evidence")}},
		Empty: ui.Empty{Title: ui.T(ctx, "exposure.not_seen"), Text: ui.T(ctx, "exposure.not_seen.text")}}
	if v.may {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "exposure.rescan"), HideLabel: true})
	}
	for _, f := range findingsOf(v) {
		row := ui.Row{Cells: []templ.Component{ui.Words(f.Target.String()), ui.StatusBadge(outcomeStatus(ctx, f)), findingCell(f)}}
		if v.may {
			row.Cells = append(row.Cells, rescanForm(v, f))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sourcesOf says with what a check compares, and on which duty it bears.
func sourcesOf(ctx context.Context, c exposure.Check) []string {
	var out []string
	if len(c.References) > 0 {
		checked := ui.T(ctx, "exposure.unverified")
		if on, err := law.ParseDate(c.Checked); err == nil {
			checked = ui.T(ctx, "exposure.checked", "on", ui.DayText(ctx, on))
		}
		out = append(out, ui.T(ctx, "exposure.references", "references", ui.From(ctx).Printer.CiteAll(c.References))+" "+checked)
	}
	if c.Judgement != "" {
		out = append(out, ui.T(ctx, "exposure.judgement", "text", c.Judgement))
	}
	out = append(out, ui.T(ctx, "exposure.measures", "measures", c.Measures))
	if len(c.Points) > 0 {
		out = append(out, ui.T(ctx, "exposure.points", "points", c.Points))
	}
	return out
}

func targetState(ctx context.Context, v exposureView, t survey.Target) ui.Status {
	switch {
	case t.Proven(v.today):
		return ui.Status{Tone: ui.Good, Word: ui.T(ctx, "exposure.proof."+string(t.Proof))}
	case ended(v, t):
		return ui.Status{Tone: ui.Bad, Word: ui.T(ctx, "exposure.proof.ended")}
	case t.Proof == survey.Letter:
		return ui.Status{Tone: ui.Partly, Word: ui.T(ctx, "exposure.proof.waits")}
	}
	return ui.Status{Tone: ui.Open, Word: ui.T(ctx, "exposure.proof.none")}
}

// ended reports whether a target was proven, and its authorisation has ended.
func ended(v exposureView, t survey.Target) bool { return !t.ProvenAt.IsZero() && !t.Proven(v.today) }

// errorsFor are the errors of one form of the page.
func (v exposureView) errorsFor(form string) ui.Errors {
	if v.form == form {
		return v.errors
	}
	return nil
}

// formField is a field of a form that stands on the page more than once.
func (v exposureView) formField(form string, f ui.Field) ui.Field {
	f.ID = form + "-" + f.Name
	if v.form != form {
		return f
	}
	return field(v.r, v.errors, f)
}

func (v exposureView) untilField(form string, t survey.Target) ui.Field {
	f := ui.Field{Name: "until", Label: ui.T(v.r.Context(), "exposure.until"), Required: true, Min: v.today.String(), Max: v.today.AddDays(366).String(), Value: v.today.AddDays(365).String()}
	if !t.Until.IsZero() && !t.Until.Before(v.today) {
		f.Value = t.Until.String()
	}
	return v.formField(form, f)
}

func (v exposureView) letterField(form string, t survey.Target) ui.Field {
	return v.formField(form, ui.Field{Name: "letter", Label: ui.T(v.r.Context(), "exposure.letter"), Hint: ui.T(v.r.Context(), "exposure.letter.hint"), Required: true, Value: t.Letter, MaxLength: 1000, Rows: 2})
}

func portfolioRows(ctx context.Context, list []scanning.Standing) ui.TableProps {
	t := ui.TableProps{ID: "standings", Caption: ui.T(ctx, "exposure.portfolio.title"), HideCaption: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "pages.field.organisation")}, {Label: ui.T(ctx, "exposure.grade"), Narrow: true}, {Label: ui.T(ctx, "exposure.week"), Narrow: true},
		{Label: ui.T(ctx, "exposure.change.worse"), Numeric: true}, {Label: ui.T(ctx, "exposure.change.better"), Numeric: true}, {Label: ui.T(ctx, "exposure.outcome.fail"), Numeric: true}, {Label: ui.T(ctx, "exposure.scan"), Optional: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "pages.portfolio.none"), Text: ui.T(ctx, "exposure.none.text")}}
	for _, x := range list {
		note, when, before := "", ui.Words(ui.T(ctx, "exposure.never")), ui.Words("–")
		if x.Last.ID != "" {
			when = ui.Ago(x.Last.EndedAt)
		}
		if x.Before != "" {
			before = ui.StatusBadge(gradeStatus(x.Before))
		}
		if x.GotWorse() {
			note = ui.T(ctx, "exposure.got_worse")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.LinkCell(x.Name, "/organisations/"+x.Organisation+"/exposure", note), ui.StatusBadge(gradeStatus(x.Last.Grade)), before,
			ui.Words(number(ctx, int(x.Worse))), ui.Words(number(ctx, int(x.Better))), ui.Words(number(ctx, int(x.Last.Failures))), when}})
	}
	return t
}

// worsened counts the organisations that got worse this week.
func worsened(list []scanning.Standing) (n int) {
	for _, x := range list {
		if x.GotWorse() {
			n++
		}
	}
	return n
}

func declaredField(v exposureView) ui.Field {
	return v.formField(targetForm, ui.Field{Name: "declared", Label: ui.T(v.r.Context(), "exposure.target"), Hint: ui.T(v.r.Context(), "exposure.target.hint"), Required: true, MaxLength: 300, Autocomplete: "off"})
}

func excludeField(v exposureView) ui.Field {
	return v.formField(planForm, ui.Field{Name: "exclude", Label: ui.T(v.r.Context(), "exposure.exclude"), Hint: ui.T(v.r.Context(), "exposure.exclude.hint"), Value: strings.Join(v.e.Plan.Exclude, "\n"), Rows: 3})
}

// allFindings leads to all findings, or back to those that ask for something.
func allFindings(v exposureView) ui.Link {
	if v.r.URL.Query().Get("all") != "" {
		return ui.Link{Text: ui.T(v.r.Context(), "exposure.findings.few"), URL: clientURL(v.r, v.base)}
	}
	return ui.Link{Text: ui.T(v.r.Context(), "exposure.findings.all"), URL: clientURL(v.r, v.base+"?all=yes")}
}

// findingTrace is what an audit asks of a finding.
func findingTrace(ctx context.Context, f exposure.Finding) []ui.TraceItem {
	item := func(key, text string) ui.TraceItem {
		return ui.TraceItem{Kind: ui.T(ctx, "exposure.trace."+key), Text: text, Counted: true}
	}
	out := []ui.TraceItem{item("time", f.Start.UTC().Format("2006-01-02 15:04:05")+" – "+f.End.UTC().Format("15:04:05 UTC")), item("scanner", f.Scanner+", "+f.Catalogue),
		item("authorisation", f.Permit), item("declared", f.Target.Declared)}
	switch f.Citation {
	case "":
	case exposure.OwnCriterion:
		out = append(out, item("citation", ui.T(ctx, "exposure.own")))
	default:
		out = append(out, item("citation", ui.Cite(ctx, f.Citation)))
	}
	if f.Profile != "" {
		out = append(out, item("profile", f.Profile))
	}
	if f.Confidence != "" {
		out = append(out, item("confidence", f.Confidence))
	}
	if f.Transcript != "" {
		out = append(out, item("transcript", f.Transcript))
	}
	return out
}

// letterWords says who recorded and approved a letter.
func letterWords(ctx context.Context, t survey.Target) string {
	if t.ApprovedName != "" {
		return ui.T(ctx, "exposure.letter.both", "recorded", t.RecordedName, "approved", t.ApprovedName)
	}
	return ui.T(ctx, "exposure.letter.one", "recorded", t.RecordedName)
}

// snippetTested says which program took the configuration.
func snippetTested(ctx context.Context, x exposure.Snippet) string {
	if x.Tested == "unverified" {
		return ui.T(ctx, "exposure.snippet.untested")
	}
	return ui.T(ctx, "exposure.snippet.tested", "with", x.Tested)
}
