package assessing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/report/reporttest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// figures is what an assessment says without its texts.
func figures(in assessing.Input) any {
	out := struct {
		Scores   []posture.Score
		Results  []posture.Result
		Gaps     []posture.Gap
		Findings []posture.Contradiction
		Tasks    []posture.Task
		From, To float64
		Best     []string
	}{Scores: in.Posture.Scores, Gaps: in.Posture.Gaps, From: in.WhatIf.From, To: in.WhatIf.To}
	for _, r := range in.Posture.Results {
		trace := append([]posture.Trace{}, r.Trace...)
		for i := range trace {
			trace[i].Text = law.Message{Key: trace[i].Text.Key}
		}
		if r.Trace = trace; len(trace) > 0 && trace[0].Kind == posture.FromAnswer {
			r.Reason = "" // the text of the answer
		}
		out.Results = append(out.Results, r)
	}
	for _, f := range in.Posture.Contradictions {
		f.Text = law.Message{Key: f.Text.Key}
		out.Findings = append(out.Findings, f)
	}
	for _, k := range in.Tasks {
		k.Title, k.DueBecause = "", law.Message{Key: k.DueBecause.Key}
		out.Tasks = append(out.Tasks, k)
	}
	for _, k := range in.WhatIf.Tasks {
		out.Best = append(out.Best, k.ID)
	}
	return out
}

// TestInEveryLanguageTheSame: another language changes texts and nothing else, and
// English comes back as it was.
func TestInEveryLanguageTheSame(t *testing.T) {
	t.Parallel()
	in := example(t, "managed-service-provider")
	for _, language := range []string{"de", "fr"} {
		said := in.In(language)
		if d := cmp.Diff(figures(in), figures(said)); d != "" {
			t.Errorf("%s: %s", language, d)
		}
		if said.Tasks[0].Title == in.Tasks[0].Title {
			t.Errorf("%s: the first task is %q", language, said.Tasks[0].Title)
		}
		back := said.In("en")
		if d := cmp.Diff(in.Tasks, back.Tasks); d != "" {
			t.Errorf("back from %s: %s", language, d)
		}
		if d := cmp.Diff(in.Posture, back.Posture); d != "" {
			t.Errorf("back from %s: %s", language, d)
		}
	}
}

// TestReportInTheLanguage: the report has the titles of requirements in its language,
// and none of them in English; its record keeps the English ones.
func TestReportInTheLanguage(t *testing.T) {
	t.Parallel()
	in := example(t, "managed-service-provider")
	for _, language := range []string{"de", "fr"} {
		p := printer(t, language)
		report, first := words(page(t, in, p)), space.ReplaceAllString(string(reporttest.PDFText(t, printed(t, in, p), "-raw")), " ")
		known, seen := in.Catalogue.In(language), 0
		for _, r := range in.Posture.Results {
			english, _ := in.Catalogue.Get(r.Requirement)
			said, _ := known.Get(r.Requirement)
			if !english.IsLeaf() || len(english.Title) < 20 {
				continue
			}
			seen++
			for form, text := range map[string]string{"HTML": report, "PDF": first} {
				if strings.Contains(text, english.Title) {
					t.Errorf("%s: the %s says %q", language, form, english.Title)
				}
			}
			if !strings.Contains(report, space.ReplaceAllString(said.Title, " ")) {
				t.Errorf("%s: the HTML does not say %q", language, said.Title)
			}
		}
		if seen < 100 {
			t.Errorf("only %d titles were looked for", seen)
		}
		for _, q := range in.Catalogue.Questions() {
			if strings.Contains(report, q.Text) {
				t.Errorf("%s: the HTML asks %q", language, q.Text)
			}
		}
		a, _ := record(t, in, p)
		english, _ := in.Catalogue.Get(a.Requirements[0].ID)
		if a.Language != language || a.Requirements[0].Title != english.Title || a.Tasks[0].Title != in.Tasks[0].Title {
			t.Errorf("%s: the record says %q and %q", a.Language, a.Requirements[0].Title, a.Tasks[0].Title)
		}
	}
}
