package assessing

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/chart"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
)

// firstTopics are the topics of a pre-assessment: one question of each.
var firstTopics = [...]string{"governance", "registration", "reporting", "a", "b", "c", "d", "e", "i", "j"}

// FirstQuestions are the ten questions of a pre-assessment: of each important topic
// the first one that applies to the organisation, and further ones where a topic
// has none.
func FirstQuestions(in Input) []catalog.Question {
	applies := map[string]bool{}
	for _, id := range in.Posture.OpenQuestions {
		applies[id] = true
	}
	for _, a := range in.Statements.Answers {
		applies[a.Question] = true
	}
	var out []catalog.Question
	for more := true; more && len(out) < len(firstTopics); {
		more = false
		for _, topic := range firstTopics {
			for _, q := range in.Catalogue.Questions() {
				if q.Topic == topic && applies[q.ID] && len(out) < len(firstTopics) {
					applies[q.ID], more = false, true
					out = append(out, q)
					break
				}
			}
		}
	}
	return out
}

// ComposeFirst builds the short report of a pre-assessment: class, duties, ten
// questions and the gaps that they show.
func ComposeFirst(in Input, p *locale.Printer) model.Document {
	in = in.In(p.Language)
	c := newComposer(in, p)
	d := Compose(in, p)
	d.Title = c.t("report.first.title")
	overall := model.Paragraph{Text: model.Say(c.t("report.class."+string(in.Scope.Class)+".means", "name", in.Organisation))}
	figures := c.boardFigures()
	figures.Items = slices.DeleteFunc(figures.Items, func(f model.Figure) bool { return f.Label == c.t("report.figure.score") })
	d.Blocks = []model.Block{heading(1, "first", c.t("report.first.heading")), figures, overall}
	if in.Scope.Class == law.Out || in.Scope.Class == law.Depends {
		for _, f := range in.Scope.Missing {
			d.Blocks = append(d.Blocks, model.Paragraph{Text: model.Say(c.t("report.scope.missing.item", "field", c.field(f)))})
		}
		if n := in.Scope.Nearest; n != nil {
			d.Blocks = append(d.Blocks, model.Callout{Tone: chart.ToneInfo, Title: c.t("report.scope.nearest"), Body: []model.Text{model.Say(c.p.Say(n.Text))}})
		}
	}
	if lines := c.dutyLines(); len(lines) > 0 {
		d.Blocks = append(d.Blocks, heading(2, "first-duties", c.t("report.board.duties")), model.List{Items: lines})
	}
	d.Blocks = append(d.Blocks, heading(2, "first-questions", c.t("report.first.questions")), c.firstAnswers())
	if risks := c.topRisks(5); len(risks) > 0 {
		d.Blocks = append(d.Blocks, heading(2, "first-risks", c.t("report.board.risks")), model.List{Items: risks, Ordered: true})
	}
	d.Blocks = append(d.Blocks, model.Callout{Tone: chart.ToneInfo, Title: c.t("report.first.next"), Body: []model.Text{model.Say(c.t("report.first.next.text"))}})
	return d
}

// firstAnswers are the ten questions with what was answered.
func (c *composer) firstAnswers() model.Table {
	t := model.Table{Caption: c.t("report.first.questions"), Columns: []model.Column{
		{Title: c.t("report.first.question"), Weight: 0.55}, {Title: c.t("report.first.answer"), Weight: 0.45}}}
	for _, q := range FirstQuestions(c.in) {
		answer := c.t("report.first.open")
		for _, a := range c.in.Statements.Answers {
			if a.Question == q.ID {
				answer = optionTexts(q, a.Options)
			}
		}
		t.Rows = append(t.Rows, model.Row{Cells: []model.Cell{model.Words(q.Text), model.Words(answer)}})
	}
	return t
}

func optionTexts(q catalog.Question, chosen []string) string {
	var out []string
	for _, o := range q.Options {
		if slices.Contains(chosen, o.ID) {
			out = append(out, o.Text)
		}
	}
	return strings.Join(out, "; ")
}
