// Package reporttest has a document with every kind of block, for the tests of
// the writers.
package reporttest

import (
	"fmt"

	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
)

// Sample is a document with every block. Each string of the document passes
// through dress, so that a test can look for it, or put something hostile there.
func Sample(dress func(string) string) model.Document {
	s := sampler{dress}
	d := model.Document{
		Title: s.s("Security report"), Subtitle: s.s("Wasserwerke Nord eG"), Language: "en",
		Brand: model.Brand{Client: s.s("Wasserwerke Nord eG"), Preparer: s.s("Harbour Advisory"), Colour: "#0b6e4f"},
		AsOf:  law.MustDate("2026-11-25"), DateText: s.s("25 November 2026"), Notice: s.s("Not legal advice."),
		Labels: model.Labels{SkipToContent: s.s("Skip to content"), Contents: s.s("Contents"), AsTable: s.s("Show the figures as a table"),
			PreparedBy: s.s("Prepared by"), AsOf: s.s("As of"), Continued: s.s("continued")},
	}
	d.Blocks = append(d.Blocks, s.board()...)
	d.Blocks = append(d.Blocks, model.PageBreak{}, model.Contents{Depth: 2}, model.PageBreak{})
	d.Blocks = append(d.Blocks, s.body()...)
	return d
}

type sampler struct{ s func(string) string }

func (s sampler) say(t string) model.Text { return model.Say(s.s(t)) }

func (s sampler) board() []model.Block {
	return []model.Block{
		model.Heading{Level: 1, ID: "board", Text: s.s("For the board"), Numbered: true},
		model.Paragraph{Text: s.say("The company is an ").Then(s.s("essential entity"), model.Strong).Then(s.s(". It must act. "), model.Plain).Then(s.s("Directive (EU) 2022/2555 Art. 3(1)(a)"), model.Citation)},
		model.KeyFigures{Items: []model.Figure{
			{Value: s.s("Essential"), Label: s.s("Class"), Note: s.s("Art. 3(1)(a)")},
			{Value: s.s("48"), Label: s.s("Score"), Note: s.s("of 100"), Tone: chart.TonePartly},
			{Value: s.s("EUR 10,000,000"), Label: s.s("Highest fine")},
			{Value: s.s("17"), Label: s.s("Serious gaps"), Tone: chart.ToneBad},
		}},
		model.Split{Share: 0.25,
			Left:  []model.Block{model.Picture{Chart: s.gauge()}},
			Right: []model.Block{model.Picture{Chart: s.bars()}}},
		model.Callout{Tone: chart.ToneInfo, Title: s.s("Decisions to take"), Body: []model.Text{s.say("Approve the measures."), s.say("Follow training.").To(s.s("See the plan"), "#plan")}},
		model.List{Ordered: true, Items: []model.Text{s.say("First"), s.say("Second")}},
		model.Picture{Chart: s.stack()},
	}
}

func (s sampler) body() []model.Block {
	table := model.Table{Caption: s.s("Every requirement"), Small: true, Columns: []model.Column{
		{Title: s.s("Requirement"), Weight: 4}, {Title: s.s("Status"), Weight: 1.5}, {Title: s.s("Score"), Weight: 2}, {Title: s.s("Effort"), Weight: 1, Align: model.Right}, {Title: s.s("Why"), Weight: 4}}}
	for i := range 60 {
		if i%20 == 0 {
			table.Rows = append(table.Rows, model.Row{Group: s.s(fmt.Sprintf("Measure %d", i/20+1))})
		}
		table.Rows = append(table.Rows, model.Row{ID: fmt.Sprintf("row-%d", i), Cells: []model.Cell{
			{Lines: []model.Text{model.Strongly(s.s("Keep an inventory of assets")), s.say("Every device and service has an owner.")}},
			model.Status(chart.Tone(1+i%5), s.s("Partly met")),
			{Meter: &model.Meter{Value: float64(i), Target: 80, Text: s.s(fmt.Sprint(i))}},
			model.Words(s.s("1.5–3")),
			{Lines: []model.Text{s.say("Από την απάντηση · из ответа")}, Trace: []model.TraceItem{
				{Kind: s.s("Answer"), Text: s.say("The list is kept by hand."), Date: s.s("3 May 2026"), Counted: true},
				{Kind: s.s("Expired"), Text: s.say("Asset register 2024"), Date: s.s("1 January 2026")}}},
		}})
	}
	return []model.Block{
		model.Heading{Level: 1, ID: "gaps", Text: s.s("Gaps"), Numbered: true},
		model.Heading{Level: 2, ID: "gaps-a", Text: s.s("Risk analysis"), Numbered: true},
		model.Paragraph{Text: s.say("What is missing, worst first. ").To(s.s("Source"), "https://eur-lex.europa.eu/eli/dir/2022/2555/oj")},
		table,
		model.Code{Label: s.s("Settings of the server"), Text: s.s("server_tokens off;")},
		model.Heading{Level: 1, ID: "plan", Text: s.s("Plan"), Numbered: true},
		model.Picture{Chart: s.timeline()},
		model.Trace{Items: []model.TraceItem{{Kind: s.s("Evidence"), Text: s.say("Board minutes"), Counted: true}}},
		model.Paragraph{Small: true, Text: s.say("End.").Then(s.s(" quiet"), model.Muted).Then(s.s(" stress"), model.Emphasis)},
	}
}

func (s sampler) gauge() chart.Chart {
	return chart.Gauge{Heading: s.s("Overall score"), About: s.s("48 of 100"), Value: 48, Text: s.s("48"), Caption: s.s("of 100"), Columns: [2]string{s.s("Score"), s.s("Value")}}
}

func (s sampler) bars() chart.Chart {
	b := chart.Bars{Heading: s.s("Score per measure"), About: s.s("Ten bars"), TargetLabel: s.s("Target"), TargetText: s.s("80"),
		Columns: [5]string{s.s("Key"), s.s("Measure"), s.s("Score"), s.s("Target"), s.s("Met")}}
	for i, n := range []string{"Risk analysis and security policies", "Incident handling", "Business continuity and crisis management", "Supply chain"} {
		b.Items = append(b.Items, chart.Bar{Key: string(rune('a' + i)), Name: s.s(n), Value: float64(20 + 25*i), Text: s.s(fmt.Sprint(20 + 25*i)), Target: 80, Tone: chart.TonePartly, Word: s.s("behind"), Note: s.s("3 of 9")})
	}
	return b
}

func (s sampler) stack() chart.Chart {
	k := chart.Stack{Heading: s.s("Requirements by status"), About: s.s("One bar"), Columns: [3]string{s.s("Status"), s.s("Count"), s.s("Share")}}
	for i, w := range []string{"Met", "Partly met", "Not met", "Not assessed", "Not applicable"} {
		k.Parts = append(k.Parts, chart.Part{Tone: chart.Tone(i + 1), Label: s.s(w), Count: 10 + 30*i, Text: s.s(fmt.Sprint(10 + 30*i)), Share: s.s("10%")})
	}
	return k
}

func (s sampler) timeline() chart.Chart {
	day := law.MustDate("2026-11-25")
	t := chart.Timeline{Heading: s.s("Plan over time"), About: s.s("Six phases"), From: day, To: day.AddMonths(12), Today: chart.Tick{On: day, Label: s.s("Today")},
		Columns: [3]string{s.s("Phase"), s.s("Task"), s.s("Dates")}}
	for i := range 12 {
		t.Ticks = append(t.Ticks, chart.Tick{On: day.AddMonths(i), Label: s.s(day.AddMonths(i).String()[:7])})
	}
	for i := range 3 {
		l := chart.Lane{Label: s.s(fmt.Sprintf("Phase %d", i+1)), More: s.s("and 4 more")}
		for k := range 4 {
			l.Spans = append(l.Spans, chart.Span{Label: s.s("Write and approve the security policy of the whole organisation"), From: day.AddDays(30*i + 9*k), To: day.AddDays(30*i + 20*k + 20), Text: s.s("25 Nov – 3 Dec")})
		}
		t.Lanes = append(t.Lanes, l)
	}
	return t
}
