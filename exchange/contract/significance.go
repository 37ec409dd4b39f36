package contract

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// Significance answers "nisaba significance --jsonl". The zero value knows no
// national thresholds. It is safe for concurrent use.
type Significance struct {
	Options significance.Options
}

// SignificanceAnswer is the output object of "nisaba significance --jsonl".
// Criteria is never null.
type SignificanceAnswer struct {
	ID          json.RawMessage         `json:"id"`
	Significant law.Truth               `json:"significant"` // null while the facts do not decide
	Criteria    []SignificanceCriterion `json:"criteria"`
	// Missing names the facts that could change the answer, cheapest to find
	// first; only while Significant is null.
	Missing []string `json:"missing,omitempty"`
}

// SignificanceCriterion is one criterion that applies to the entity. Figure and
// threshold are those of the part that decides; null when there is none or it
// is not known.
type SignificanceCriterion struct {
	Rule      string    `json:"rule"`
	Citation  string    `json:"citation"`
	Met       law.Truth `json:"met"`
	Figure    *float64  `json:"figure"`
	Threshold *float64  `json:"threshold"`
}

// Answer computes the output object for one input object, or a *Problem.
func (s Significance) Answer(o Object) (any, error) {
	f, err := SignificanceFacts(o)
	if err != nil {
		return nil, err
	}
	v := significance.Judge(f, s.Options)
	answer := SignificanceAnswer{ID: o.ID(), Significant: v.Significant, Criteria: make([]SignificanceCriterion, len(v.Criteria)), Missing: v.Missing}
	if answer.ID == nil {
		answer.ID = json.RawMessage("null")
	}
	for i, c := range v.Criteria {
		answer.Criteria[i] = SignificanceCriterion{Rule: c.Rule, Citation: c.Citation, Met: c.Met, Figure: known(c.Figure), Threshold: known(c.Threshold)}
	}
	return answer, nil
}

func known(f significance.Figure) *float64 {
	if !f.Known {
		return nil
	}
	return &f.Value
}

// SignificanceFacts decodes one input object strictly; the error is a *Problem.
// A fact may stand in the object itself or in its member "facts", under its name
// or a synonym, but only once.
func SignificanceFacts(o Object) (significance.Facts, error) {
	var f significance.Facts
	if err := incidentTypes(o, &f); err != nil {
		return f, err
	}
	nested, err := o.Object("facts")
	if err != nil {
		return f, err
	}
	given := map[significance.Field]string{}
	for _, part := range [2]Object{o, nested} {
		for _, name := range part.Names() {
			if part.path == "" && slices.Contains(significanceFrame, name) {
				continue
			}
			if err := incidentFact(part, name, &f, given); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// significanceFrame lists the fields of the line that are no facts.
var significanceFrame = []string{"id", "entity_types", "facts"}

func incidentTypes(o Object, f *significance.Facts) (err error) {
	f.TypesKnown = !o.Null("entity_types")
	if f.EntityTypes, err = o.Texts("entity_types"); err != nil {
		return err
	}
	for i, id := range f.EntityTypes {
		if _, ok := annex.Find(id); !ok {
			return Problemf(CodeValue, fmt.Sprintf("entity_types[%d]", i), "no entity type %q; expected an id such as digital-infra.cloud", id)
		}
	}
	return nil
}

func incidentFact(o Object, name string, f *significance.Facts, given map[significance.Field]string) error {
	field, ok := significance.ParseField(name)
	if !ok {
		return Problemf(CodeUnknownField, o.at(name), "no such field; expected %s or one of %s", strings.Join(significanceFrame, ", "), factNames())
	}
	if other, twice := given[field]; twice {
		return Problemf(CodeValue, o.at(name), "the same fact is given as %s; expected it once", other)
	}
	given[field] = o.at(name)
	if o.Null(name) {
		f.SetUnknown(field)
		return nil
	}
	if field.Info().Unit == significance.YesNo {
		t, err := truth(o, name)
		f.SetTruth(field, t)
		return err
	}
	n, err := amount(o, name, field.Info().Unit)
	f.SetNumber(field, n)
	return err
}

// largest is the largest number that a fact can be, far above every figure of an
// economy.
const largest = 1e15

// amount reads a number that is not null.
func amount(o Object, name string, unit significance.Unit) (float64, error) {
	v, err := o.Number(name)
	if err != nil {
		return 0, err
	}
	switch n := *v; {
	case n < 0:
		return 0, Problemf(CodeValue, o.at(name), "%v is negative; expected 0 or more", n)
	case unit == significance.Percent && n > 100:
		return 0, Problemf(CodeValue, o.at(name), "%v is more than the whole; expected a percentage of 0 to 100", n)
	case n > largest:
		return 0, Problemf(CodeValue, o.at(name), "%v is too large; expected at most %v", n, float64(largest))
	case unit == significance.Euros && n != math.Trunc(n):
		return 0, Problemf(CodeValue, o.at(name), "%v has a fraction; expected whole euros", n)
	case unit.Whole() && n != math.Trunc(n):
		return 0, Problemf(CodeValue, o.at(name), "%v has a fraction; expected a whole number", n)
	}
	return *v, nil
}

// factNames lists the names of the facts, without synonyms.
func factNames() string {
	var names []string
	for _, info := range significance.Fields() {
		names = append(names, info.Name)
	}
	return strings.Join(names, ", ")
}
