package pages

import (
	"context"
	"net/http"
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
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
	return ui.Field{Name: "text", Label: label(r, "facts"), Hint: ui.T(r.Context(), "pages.facts.hint"), Value: text, Error: e["text"], Rows: 30, Attributes: programText()}
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

// nextTopic is the first topic after this one that has open questions, from the
// beginning again after the last; ok is false when none has.
func nextTopic(ctx context.Context, x *work, topic string) (next ui.Link, ok bool) {
	links := topicLinks(ctx, x.r, x.c, topic)
	here := slices.IndexFunc(links, func(l ui.Link) bool { return l.Current })
	for i := range links {
		if l := links[(here+1+i)%len(links)]; l.Count > 0 && !l.Current {
			return l, true
		}
	}
	return ui.Link{}, false
}
