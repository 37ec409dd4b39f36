package pages

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/web/ui"
	"github.com/nisaba-platform/nisaba/posture"
)

func status(ctx context.Context, s posture.Status) ui.Status {
	tones := map[posture.Status]ui.Tone{posture.Met: chart.ToneGood, posture.PartlyMet: chart.TonePartly, posture.NotMet: chart.ToneBad, posture.NotApplicable: chart.ToneAside}
	t, ok := tones[s]
	if !ok {
		s, t = posture.NotAssessed, chart.ToneOpen
	}
	return ui.Status{Tone: t, Word: ui.T(ctx, "report.status."+string(s))}
}

func resultOf(c clients.Client, id string) posture.Result {
	for _, r := range c.In.Posture.Results {
		if r.Requirement == id {
			return r
		}
	}
	return posture.Result{Status: posture.NotAssessed}
}

func factsField(r *http.Request, text string, e ui.Errors) ui.Field {
	return ui.Field{Name: "text", Label: label(r, "facts"), Hint: ui.T(r.Context(), "pages.facts.hint"), Value: text, Error: e["text"], Rows: 30}
}

// questionsOf are the questions of a topic that apply to the organisation.
func questionsOf(c clients.Client, topic string) []catalog.Question {
	asked := map[string]bool{}
	for _, id := range c.In.Posture.OpenQuestions {
		asked[id] = true
	}
	for _, a := range c.In.Statements.Answers {
		asked[a.Question] = true
	}
	var out []catalog.Question
	for _, q := range c.In.Catalogue.Questions() {
		if q.Topic == topic && asked[q.ID] {
			out = append(out, q)
		}
	}
	return out
}

func topicLinks(ctx context.Context, r *http.Request, c clients.Client, topic string) []ui.Link {
	open := map[string]int{}
	for _, id := range c.In.Posture.OpenQuestions {
		if q, ok := c.In.Catalogue.Question(id); ok {
			open[q.Topic]++
		}
	}
	var out []ui.Link
	for _, t := range topics() {
		text := "report.topic." + t
		if len(t) == 1 {
			text = "report.measure." + t
		}
		out = append(out, ui.Link{Text: ui.T(ctx, text), URL: clientURL(r, "questions?topic="+t), Current: t == topic, Count: open[t], CountText: ui.T(ctx, "pages.questions.open")})
	}
	return out
}

func optionsOf(c clients.Client, q catalog.Question) []ui.Option {
	var chosen []string
	for _, a := range c.In.Statements.Answers {
		if a.Question == q.ID {
			chosen = a.Options
		}
	}
	var out []ui.Option
	for _, o := range q.Options {
		out = append(out, ui.Option{Value: o.ID, Label: o.Text, Selected: slices.Contains(chosen, o.ID)})
	}
	return out
}

func measureLinks(ctx context.Context, r *http.Request, c clients.Client, measure string) []ui.Link {
	open := map[string]int{}
	for _, g := range c.In.Posture.Gaps {
		req, _ := c.In.Catalogue.Get(g.Requirement)
		for _, m := range req.Measures {
			open[m]++
		}
	}
	var out []ui.Link
	for _, m := range "abcdefghij" {
		k := string(m)
		out = append(out, ui.Link{Text: k + " " + ui.T(ctx, "report.measure."+k), URL: clientURL(r, "requirements?measure="+k), Current: k == measure, Count: open[k], CountText: ui.T(ctx, "report.figure.gaps")})
	}
	return out
}

func requirementTable(ctx context.Context, r *http.Request, c clients.Client, measure, open string) ui.TableProps {
	t := ui.TableProps{ID: "requirements", Caption: ui.T(ctx, "report.measure."+measure), Dense: true, Columns: []ui.Column{
		{Label: ui.T(ctx, "report.column.requirement")}, {Label: ui.T(ctx, "report.column.status"), Narrow: true}, {Label: ui.T(ctx, "pages.column.expires"), Optional: true}},
		Empty: ui.Empty{Title: ui.T(ctx, "pages.requirements.none"), Text: ui.T(ctx, "pages.requirements.none.text")}}
	for _, result := range c.In.Posture.Results {
		req, _ := c.In.Catalogue.Get(result.Requirement)
		if !req.IsLeaf() || !slices.Contains(req.Measures, measure) {
			continue
		}
		expires := templ.Component(ui.Words(""))
		if !result.ExpiresOn.IsZero() {
			expires = ui.Deadline(ui.DeadlineProps{On: result.ExpiresOn})
		}
		t.Rows = append(t.Rows, ui.Row{Current: req.ID == open, Cells: []templ.Component{
			ui.LinkCell(req.Title, clientURL(r, "requirements?measure="+measure+"&open="+escape(req.ID)+"#open"), req.Citation),
			ui.StatusBadge(status(ctx, result.Status)), expires}})
	}
	return t
}

func traceOf(ctx context.Context, r *http.Request, c clients.Client, id string) []ui.TraceItem {
	var out []ui.TraceItem
	for _, t := range resultOf(c, id).Trace {
		item := ui.TraceItem{Kind: ui.T(ctx, "report.trace."+string(t.Kind)), Text: ui.Say(ctx, t.Text), Counted: t.Counted}
		if !t.On.IsZero() {
			item.Note = ui.DayText(ctx, t.On)
		}
		if q, ok := c.In.Catalogue.Question(t.Ref); ok {
			item.URL = clientURL(r, "questions?topic="+escape(q.Topic)+"#"+anchor(q.ID))
		}
		out = append(out, item)
	}
	return out
}

// undoable puts an undo button at every change that has one.
func undoable(r *http.Request, events []ui.Event, entries []ledger.Entry) []ui.Event {
	for i, e := range entries {
		if e.Before != nil || e.After != nil {
			events[i].Undo = ui.Undo{Action: clientURL(r, "undo"), Fields: map[string]string{"entry": strconv.FormatInt(e.Seq, 10)}}
		}
	}
	return events
}
