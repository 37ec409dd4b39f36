package assessing

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/scope"
	"github.com/nisaba-platform/nisaba/posture"
)

// JSON writes the assessment for machines, indented, as one Assessment. The
// errors are those of w.
func JSON(w io.Writer, in Input, p *locale.Printer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(Record(in, p)); err != nil {
		return fmt.Errorf("write the assessment: %w", err)
	}
	return nil
}

// Record is the assessment for machines, with sentences in the printer's language.
// Texts of the catalogue are English in every language, so that two records compare.
func Record(in Input, p *locale.Printer) Assessment {
	in = in.In(catalog.English)
	c := newComposer(in, p)
	a := Assessment{
		Format: AssessmentFormat, Language: p.Language,
		Organisation: AssessedEntity{in.Organisation, in.Activity}, AsOf: in.AsOf, Program: in.Program,
		Catalogue: CatalogueStamp{in.CatalogueVersion, in.Catalogue.Len(), list(in.Statements.Frameworks), list(in.Statements.Voluntary)},
		Limits:    c.limits(), Scope: c.scopeResult(), Duties: c.dutyResult(), Fine: c.fineResult(),
		Countries: list(in.Countries), Target: positive(in.Target),
		Automation: AutomationResult{in.Posture.Automation.Applicable, in.Posture.Automation.WithStatus,
			in.Posture.Automation.Direct, Shown(in.Posture.Automation.Rate * 100)},
		Requirements: c.requirementResults(), Findings: []FindingResult{}, Scores: []ScoreResult{}, Gaps: []GapResult{},
		Expired: lapseResults(c.expiredItems()), Expiring: lapseResults(c.expiringItems()),
		Questions: list(in.Posture.OpenQuestions), Tasks: c.taskResults(),
		WhatIf: WhatIfResult{Tasks: []string{}, From: Shown(in.WhatIf.From), To: Shown(in.WhatIf.To)}, Sources: list(c.sources()),
	}
	for _, s := range in.Posture.Scores {
		a.Scores = append(a.Scores, c.scoreResult(s))
	}
	if s, ok := c.scores["overall"]; ok && s.Weight > 0 {
		points := Shown(s.Points)
		a.Score = &points
	}
	for _, g := range in.Posture.Gaps {
		a.Gaps = append(a.Gaps, GapResult{g.Requirement, g.Status, round(g.Severity, 2), g.Accepted, g.AcceptedUntil})
	}
	for _, x := range in.Posture.Contradictions {
		a.Findings = append(a.Findings, FindingResult{x.Kind, p.Say(x.Text), list(x.Requirements), list(x.Refs)})
	}
	for _, t := range in.WhatIf.Tasks {
		a.WhatIf.Tasks = append(a.WhatIf.Tasks, t.ID)
	}
	return a
}

// list is a list that JSON writes as [] when it is empty.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// positive is a number that JSON writes as null when it is 0.
func positive(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return &v
}

func known(n scope.Number) *float64 {
	if !n.Known {
		return nil
	}
	return &n.Value
}

// round rounds to the decimals that the report prints.
func round(v float64, decimals int) float64 {
	f := math.Pow10(decimals)
	return math.Round(v*f) / f
}

func (c *composer) say(messages []law.Message) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		out[i] = c.p.Say(m)
	}
	return out
}

func (c *composer) scopeResult() ScopeResult {
	s := c.in.Scope
	r := ScopeResult{
		Class: s.Class, Size: s.Size, Grounds: c.groundResults(s.Grounds), Exclusions: c.groundResults(s.Exclusions),
		EntityTypes: list(s.EntityTypes), Missing: list(s.Missing), CouldBe: list(s.CouldBe),
		Jurisdiction: list(s.Jurisdiction), JurisdictionBasis: s.JurisdictionBasis,
		Representative: s.Representative, Reviews: c.say(s.Reviews), WhatIf: s.WhatIf,
	}
	if s.Nearest != nil {
		r.Nearest = c.p.Say(s.Nearest.Text)
	}
	return r
}

func (c *composer) groundResults(grounds []scope.Ground) []GroundResult {
	out := []GroundResult{}
	for _, g := range grounds {
		out = append(out, GroundResult{g.Rule, g.Citation, c.p.Say(g.Text), g.Class, g.Type})
	}
	return out
}

func (c *composer) dutyResult() DutyResult {
	set := c.in.Duties
	r := DutyResult{Binding: []Duty{}, Displaced: []DisplacedDuty{}, Registrations: []RegistrationResult{},
		Supervision: SupervisionResult{string(set.Supervision.Regime), set.Supervision.Citation, c.p.Say(set.Supervision.Text)}}
	for _, d := range set.Binding {
		r.Binding = append(r.Binding, Duty{d.ID, d.Citation, string(d.Addressee), c.p.Say(d.Title)})
	}
	for _, d := range set.Displaced {
		r.Displaced = append(r.Displaced, DisplacedDuty{d.Duty, d.Act, d.Citation, d.Certain})
	}
	for _, g := range set.Registrations {
		r.Registrations = append(r.Registrations, RegistrationResult{g.ID, g.Citation, c.p.Say(g.Title), c.say(g.Data), g.FirstDue, g.ChangeDays, g.ChangeMonths})
	}
	return r
}

func (c *composer) fineResult() FineResult {
	f := c.in.Fines
	return FineResult{Basis: string(f.Basis), Currency: "EUR", Ceiling: f.Euros, Fixed: f.Fixed, Percent: float64(f.PerMille) / 10,
		Turnover: known(f.Turnover), AtLeast: f.Exceeding, Citation: f.Citation, Text: c.p.Say(f.Text), Formula: c.p.Say(f.Formula)}
}

func (c *composer) scoreResult(s posture.Score) ScoreResult {
	return ScoreResult{s.Key, c.scoreTitle(s.Key), Shown(s.Points), round(s.Points*s.Weight/100, 2), round(s.Weight, 2),
		s.Met, s.Partly, s.NotMet, s.NotAssessed, s.NotApplicable}
}

// requirementResults are the leaves that were assessed.
func (c *composer) requirementResults() []RequirementResult {
	out := []RequirementResult{}
	for _, res := range c.in.Posture.Results {
		r := c.requirement(res.Requirement)
		if !r.IsLeaf() {
			continue
		}
		one := RequirementResult{ID: r.ID, Framework: r.Framework, Citation: r.Citation, Title: r.Title, Measures: list(r.Measures),
			Applies: res.Status != posture.NotApplicable, Status: res.Status, Confidence: res.Confidence, Reason: res.Reason,
			ExpiresOn: res.ExpiresOn, Weight: round(res.Weight, 2), Trace: []TraceResult{}}
		for _, t := range res.Trace {
			one.Trace = append(one.Trace, TraceResult{t.Kind, t.Ref, t.Says, t.On, t.Counted, c.traceText(t)})
		}
		out = append(out, one)
	}
	return out
}

func lapseResults(items []*lapse) []ExpiredResult {
	out := []ExpiredResult{}
	for _, l := range items {
		out = append(out, ExpiredResult{l.ref, l.title, l.dated, l.expires, l.requirements})
	}
	return out
}

func (c *composer) taskResults() []TaskResult {
	out := []TaskResult{}
	for _, t := range c.in.Tasks {
		out = append(out, TaskResult{ID: t.ID, Title: t.Title, Phase: t.Phase, Requirements: list(t.Requirements), Measures: list(t.Measures),
			Owner: t.Owner, Effort: [2]float64{round(t.Effort[0], 1), round(t.Effort[1], 1)}, After: list(t.After), Start: t.Start, Due: t.Due,
			DueBecause: c.p.Say(t.DueBecause), RiskReduction: round(t.RiskReduction, 2), Priority: round(t.Priority, 2), Gain: round(t.Gain, 1)})
	}
	return out
}
