package scan

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
	"github.com/nisaba-platform/nisaba/exposure/vulnprobe"
)

// Grade is a letter from "A" (nothing found) to "F"; "" when nothing could be
// judged.
type Grade string

// The grades of a failed check, by its severity. A warning costs less: it weighs as a
// failure of the next lower severity.
var failed = map[exposure.Severity]Grade{exposure.Critical: "F", exposure.High: "E", exposure.Medium: "D", exposure.Low: "C", exposure.None: "B"}
var warned = map[exposure.Severity]Grade{exposure.Critical: "E", exposure.High: "D", exposure.Medium: "C", exposure.Low: "B", exposure.None: "B"}

// GradeOf is the grade of one finding; "" when the finding neither speaks for nor
// against. An error costs the best grade: what could not be seen was not seen.
func GradeOf(f exposure.Finding) Grade {
	switch f.Outcome {
	case exposure.Pass:
		return "A"
	case exposure.Error:
		return "B"
	case exposure.Warn:
		return warned[f.Severity]
	case exposure.Fail:
		return failed[f.Severity]
	}
	return ""
}

// AreaGrade is how an area stands: as its worst finding does.
type AreaGrade struct {
	Area   exposure.Area            `json:"area"`
	Grade  Grade                    `json:"grade"`
	Counts map[exposure.Outcome]int `json:"counts"`
}

// Tally counts findings and grades their areas.
type Tally struct {
	Counts    map[exposure.Outcome]int
	Exploited *vulnprobe.KEVState // oldest catalogue of exploited vulnerabilities that programs were compared with; nil: none

	areas  map[exposure.Area]*AreaGrade
	judged map[exposure.Area]bool
}

// NewTally is a tally of nothing.
func NewTally() *Tally {
	return &Tally{Counts: map[exposure.Outcome]int{}, areas: map[exposure.Area]*AreaGrade{}, judged: map[exposure.Area]bool{}}
}

// Add counts a finding.
func (t *Tally) Add(c *exposure.Catalogue, f exposure.Finding) {
	t.Counts[f.Outcome]++
	check, _ := c.Get(f.Check)
	a := t.areas[check.Area]
	if a == nil {
		a = &AreaGrade{Area: check.Area, Counts: map[exposure.Outcome]int{}}
		t.areas[check.Area] = a
	}
	a.Counts[f.Outcome]++
	a.Grade = max(a.Grade, GradeOf(f))
	t.judged[check.Area] = t.judged[check.Area] || GradeOf(f) != "" && f.Outcome != exposure.Error
	if f.Check != vulnprobe.Exploitation {
		return
	}
	if s, ok := vulnprobe.ParseKEVState(f.Citation); ok && (t.Exploited == nil || s.AsOf.Before(t.Exploited.AsOf)) {
		t.Exploited = &s
	}
}

// Len is how many findings were counted.
func (t *Tally) Len() (n int) {
	for _, count := range t.Counts {
		n += count
	}
	return n
}

// Grades are the grades of the areas that have findings, worst first, and of
// everything together. An area in which nothing but errors was seen has no grade.
func (t *Tally) Grades() (areas []AreaGrade, all Grade) {
	for _, a := range t.areas {
		one := *a
		if !t.judged[a.Area] {
			one.Grade = ""
		}
		areas, all = append(areas, one), max(all, one.Grade)
	}
	order := exposure.Areas()
	slices.SortFunc(areas, func(x, y AreaGrade) int {
		return cmp.Or(cmp.Compare(y.Grade, x.Grade), cmp.Compare(slices.Index(order, x.Area), slices.Index(order, y.Area)), cmp.Compare(x.Area, y.Area))
	})
	return areas, all
}

// Grades are those of a tally of the findings.
func Grades(c *exposure.Catalogue, findings []exposure.Finding) (areas []AreaGrade, all Grade) {
	t := NewTally()
	for _, f := range findings {
		t.Add(c, f)
	}
	return t.Grades()
}

// Worst sorts findings: failures by severity, then warnings, errors and the rest.
func Worst(findings []exposure.Finding) []exposure.Finding {
	out := slices.Clone(findings)
	slices.SortStableFunc(out, func(x, y exposure.Finding) int {
		xo, xs := rank(x)
		yo, ys := rank(y)
		return cmp.Or(cmp.Compare(xo, yo), cmp.Compare(xs, ys), cmp.Compare(x.Check, y.Check), cmp.Compare(x.Target.String(), y.Target.String()))
	})
	return out
}

var outcomes, severities = exposure.Outcomes(), exposure.Severities()

// rank is the place of a finding in the order of outcomes and severities.
func rank(f exposure.Finding) (outcome, severity int8) {
	return int8(slices.Index(outcomes, f.Outcome)), int8(slices.Index(severities, f.Severity))
}
