package scan

import (
	"cmp"
	"slices"

	"github.com/nisaba-platform/nisaba/exposure"
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

// Grades are the grades of the areas that have findings, worst first, and of
// everything together. An area in which nothing but errors was seen has no grade.
func Grades(c *exposure.Catalogue, findings []exposure.Finding) (areas []AreaGrade, all Grade) {
	index := map[exposure.Area]int{}
	judged := map[exposure.Area]bool{}
	for _, f := range findings {
		check, _ := c.Get(f.Check)
		i, ok := index[check.Area]
		if !ok {
			i = len(areas)
			index[check.Area] = i
			areas = append(areas, AreaGrade{Area: check.Area, Counts: map[exposure.Outcome]int{}})
		}
		areas[i].Counts[f.Outcome]++
		areas[i].Grade = max(areas[i].Grade, GradeOf(f))
		judged[check.Area] = judged[check.Area] || GradeOf(f) != "" && f.Outcome != exposure.Error
	}
	for i := range areas {
		if !judged[areas[i].Area] {
			areas[i].Grade = ""
		}
		all = max(all, areas[i].Grade)
	}
	order := exposure.Areas()
	slices.SortFunc(areas, func(x, y AreaGrade) int {
		return cmp.Or(cmp.Compare(y.Grade, x.Grade), cmp.Compare(slices.Index(order, x.Area), slices.Index(order, y.Area)))
	})
	return areas, all
}

// Worst sorts findings: failures by severity, then warnings, errors and the rest.
func Worst(findings []exposure.Finding) []exposure.Finding {
	out := slices.Clone(findings)
	outcomes, severities := exposure.Outcomes(), exposure.Severities()
	slices.SortStableFunc(out, func(x, y exposure.Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(outcomes, x.Outcome), slices.Index(outcomes, y.Outcome)),
			cmp.Compare(slices.Index(severities, x.Severity), slices.Index(severities, y.Severity)),
			cmp.Compare(x.Check, y.Check), cmp.Compare(x.Target.String(), y.Target.String()))
	})
	return out
}
