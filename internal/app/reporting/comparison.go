package reporting

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/form"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// WriteComparison writes a comparison in a format.
func WriteComparison(c clients.Client, x clients.Comparison, p *locale.Printer, format string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch format {
	case PDF, HTML, DOCX:
		err = form.Write(&b, format, composeComparison(c, x, p))
	case JSON:
		var text []byte
		if text, err = json.MarshalIndent(record(c, x, p), "", "  "); err == nil {
			b.Write(append(text, '\n'))
		}
	default:
		err = invalid("format", "there is no such format", "pdf, html, docx or json")
	}
	if err != nil {
		return nil, fmt.Errorf("write the comparison as %s: %w", format, err)
	}
	return b.Bytes(), nil
}

// ComparisonFormat is the value of the first field of a comparison in JSON. Fields
// may be added; none is renamed, removed or given another meaning.
const ComparisonFormat = "comparison/1"

// compared is the content of comparison.json. Days are YYYY-MM-DD, points are
// rounded as everywhere.
type compared struct {
	Format       string           `json:"format"`
	Language     string           `json:"language"`
	Organisation string           `json:"organisation"`
	From         comparedSide     `json:"from"`
	To           comparedSide     `json:"to"`
	Scores       []comparedScore  `json:"scores"`
	Changed      []comparedStatus `json:"changed"`
	Done         []comparedThing  `json:"tasks_done"`
	Added        []comparedThing  `json:"evidence_added"`
	Expired      []comparedThing  `json:"evidence_expired"`
}

type comparedSide struct {
	On    law.Date `json:"on"`
	Label string   `json:"label,omitempty"`
}

type comparedScore struct {
	Key    string   `json:"key"`
	Title  string   `json:"title"`
	Before *float64 `json:"before"` // null: nothing of it applied
	After  *float64 `json:"after"`
}

type comparedStatus struct {
	Requirement string         `json:"requirement"`
	Citation    string         `json:"citation"`
	Title       string         `json:"title"`
	Before      posture.Status `json:"before,omitempty"` // left out: it did not apply
	After       posture.Status `json:"after,omitempty"`
	Because     []string       `json:"because"`
}

type comparedThing struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	On    law.Date `json:"on"`
}

func record(c clients.Client, x clients.Comparison, p *locale.Printer) compared {
	out := compared{Format: ComparisonFormat, Language: p.Language, Organisation: c.Organisation.Name, From: comparedSide{x.From.On, x.From.Label},
		To: comparedSide{x.To.On, x.To.Label}, Scores: []comparedScore{}, Changed: []comparedStatus{}, Done: []comparedThing{}, Added: []comparedThing{}, Expired: []comparedThing{}}
	value := func(s posture.Score) *float64 {
		if s.Weight == 0 {
			return nil
		}
		v := assessing.Shown(s.Points)
		return &v
	}
	for _, s := range x.Scores {
		out.Scores = append(out.Scores, comparedScore{s.After.Key, ScoreTitle(p, s.After.Key), value(s.Before), value(s.After)})
	}
	for _, s := range x.Changed {
		req, _ := c.In.Catalogue.Get(s.Requirement)
		out.Changed = append(out.Changed, comparedStatus{s.Requirement, req.Citation, req.Title, s.Before, s.After, reasons(p, s)})
	}
	for _, t := range x.Done {
		out.Done = append(out.Done, comparedThing{t.ID, t.Title, law.DateOf(t.DoneAt.In(c.Zone))})
	}
	for _, e := range x.Added {
		out.Added = append(out.Added, comparedThing{e.ID, e.Title, e.Date})
	}
	for _, e := range x.Expired {
		out.Expired = append(out.Expired, comparedThing{e.Evidence.ID, e.Evidence.Title, e.On})
	}
	return out
}

// ScoreTitle is the name of what a score speaks of: the whole, or a measure of
// Art. 21(2).
func ScoreTitle(p *locale.Printer, key string) string {
	if key == "overall" {
		return p.T("report.topic.overall")
	}
	return p.T("report." + key)
}

// reasons is why a requirement has its second status.
func reasons(p *locale.Printer, s clients.StatusChange) []string {
	out := []string{}
	for _, t := range s.Because {
		out = append(out, p.Say(t.Text))
	}
	return out
}

// ScoreChart is the scores at both times as a picture.
func ScoreChart(x clients.Comparison, p *locale.Printer) chart.Dumbbell {
	d := chart.Dumbbell{Heading: p.T("compare.chart"), About: p.T("compare.chart.about"), First: sideText(p, x.From), Second: sideText(p, x.To),
		Columns: [5]string{p.T("report.column.letter"), p.T("report.column.measure"), sideText(p, x.From), sideText(p, x.To), p.T("plan.what_if.change")}}
	for _, s := range x.Scores {
		i := chart.Pair{Name: ScoreTitle(p, s.After.Key), Before: s.Before.Points, After: s.After.Points,
			BeforeText: p.Number(assessing.Shown(s.Before.Points), 0), AfterText: p.Number(assessing.Shown(s.After.Points), 0)}
		if len(s.After.Key) == len("measure.a") {
			i.Key = s.After.Key[len("measure."):]
		}
		if s.Before.Weight == 0 {
			i.Before, i.BeforeText = -1, "–"
		}
		if s.After.Weight == 0 {
			i.After, i.AfterText = -1, "–"
		}
		if d := assessing.Shown(s.After.Points) - assessing.Shown(s.Before.Points); i.Before >= 0 && i.After >= 0 {
			if i.Change = p.Number(d, 0); d > 0 {
				i.Change = "+" + i.Change
			}
		}
		d.Items = append(d.Items, i)
	}
	return d
}

func sideText(p *locale.Printer, s clients.Side) string {
	if s.Label != "" {
		return p.Date(s.On) + " (" + s.Label + ")"
	}
	return p.Date(s.On)
}

func composeComparison(c clients.Client, x clients.Comparison, p *locale.Printer) model.Document {
	d := model.Document{Title: p.T("compare.title"), Subtitle: c.Organisation.Name, Language: p.Language, Brand: c.In.Brand, AsOf: x.To.On,
		DateText: p.T("compare.between", "from", sideText(p, x.From), "to", sideText(p, x.To)), Notice: p.T("report.notice", "name", c.Organisation.Name),
		Labels: model.Labels{SkipToContent: p.T("report.label.skip"), Contents: p.T("report.label.contents"), AsTable: p.T("report.label.as_table"),
			PreparedBy: p.T("report.label.prepared_by"), AsOf: p.T("report.label.as_of"), Continued: p.T("report.label.continued")}}
	title := func(id, key string) model.Heading {
		return model.Heading{Level: 1, ID: id, Text: p.T(key), Numbered: true}
	}
	d.Blocks = append(d.Blocks, title("scores", "compare.scores"), model.Picture{Chart: ScoreChart(x, p), HideCaption: true},
		model.Paragraph{Text: model.Say(p.T("report.formula.score")), Small: true},
		title("changed", "compare.changed"), statusTable(c, x, p))
	list := func(id, key string, things []comparedThing) {
		d.Blocks = append(d.Blocks, title(id, key))
		if len(things) == 0 {
			d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(p.T("compare.nothing"))})
			return
		}
		l := model.List{}
		for _, t := range things {
			l.Items = append(l.Items, model.Say(t.Title).Then("  "+p.Date(t.On), model.Muted))
		}
		d.Blocks = append(d.Blocks, l)
	}
	r := record(c, x, p)
	list("done", "compare.done", r.Done)
	list("added", "compare.added", r.Added)
	list("expired", "compare.expired", r.Expired)
	return d
}

func statusTable(c clients.Client, x clients.Comparison, p *locale.Printer) model.Block {
	if len(x.Changed) == 0 {
		return model.Paragraph{Text: model.Say(p.T("compare.nothing"))}
	}
	t := model.Table{Caption: p.T("compare.changed"), Columns: []model.Column{{Title: p.T("report.column.requirement"), Weight: 4},
		{Title: p.T("compare.before"), Weight: 1.6}, {Title: p.T("compare.after"), Weight: 1.6}, {Title: p.T("report.column.why"), Weight: 4}}}
	for _, s := range x.Changed {
		req, _ := c.In.Catalogue.Get(s.Requirement)
		why := model.Cell{}
		for _, text := range reasons(p, s) {
			why.Lines = append(why.Lines, model.Say(text))
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{{Lines: []model.Text{model.Say(req.Title), model.Quietly(p.Cite(req.Citation))}},
			statusCell(p, s.Before), statusCell(p, s.After), why}})
	}
	return t
}

func statusCell(p *locale.Printer, s posture.Status) model.Cell {
	if s == "" {
		return model.Words(p.T("compare.did_not_apply"))
	}
	return model.Status(assessing.Tone(s), p.T("report.status."+string(s)))
}
