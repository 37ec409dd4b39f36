package incidents

import (
	"context"
	"strconv"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/significance"
)

// PutCriterion states one fact of the significance test: a number in the unit of
// the field, "true", "false", "unknown", or "" to take it back.
func (s *Service) PutCriterion(ctx context.Context, a authz.Actor, organisation, id, name, value string) error {
	f, ok := significance.ParseField(name)
	if !ok {
		return invalid(name, "there is no such fact", "a fact of the significance test")
	}
	if err := state(&significance.Facts{}, f, value); err != nil {
		return err
	}
	return s.revise(ctx, a, organisation, id, authz.IncidentEdit, func(_ *store.Tx, i *incident.Incident) error {
		if i.Criteria == nil {
			i.Criteria = map[string]string{}
		}
		delete(i.Criteria, f.String())
		if value != "" {
			i.Criteria[f.String()] = value
		}
		return nil
	})
}

// state puts a fact as it is kept into the facts of the test.
func state(facts *significance.Facts, f significance.Field, value string) error {
	if value == "" {
		return nil
	}
	if value == "unknown" {
		facts.SetUnknown(f)
		return nil
	}
	unit := f.Info().Unit
	if unit == significance.YesNo {
		switch value {
		case "true":
			facts.SetTruth(f, law.True)
		case "false":
			facts.SetTruth(f, law.False)
		default:
			return invalid(f.String(), "the answer cannot be used", "true, false or unknown")
		}
		return nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= 0 && n <= 1e15) || unit == significance.Percent && n > 100 || unit.Whole() && n != float64(int64(n)) {
		return invalid(f.String(), "it is no number that can be used", "a number of "+string(unit)+", or unknown")
	}
	facts.SetNumber(f, n)
	return nil
}

// Judge says what the law makes of the facts so far: the verdict, the criteria
// with figure and limit, and what could still change it, cheapest to find first.
func (s *Service) Judge(ctx context.Context, a authz.Actor, organisation, id string) (v significance.Verdict, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		v, err = s.judge(tx, organisation, id)
		return err
	})
	return v, err
}

func (s *Service) judge(tx *store.Tx, organisation, id string) (significance.Verdict, error) {
	i, err := incidentOf(tx, organisation, id)
	if err != nil {
		return significance.Verdict{}, err
	}
	file, err := facts(tx, organisation)
	if err != nil {
		return significance.Verdict{}, err
	}
	earlier, err := tx.Incidents(organisation)
	if err != nil {
		return significance.Verdict{}, err
	}
	f := significance.Facts{EntityTypes: file.Activity.EntityTypes, TypesKnown: true}
	if turnover, ok := turnoverOf(file); ok {
		f.SetNumber(significance.Turnover, turnover)
	}
	if again := incident.Recurring(i, earlier); len(again) > 0 {
		f.Recur(occurrence(i), occurrences(again))
	}
	for name, value := range i.Criteria {
		if field, ok := significance.ParseField(name); ok {
			if err := state(&f, field, value); err != nil {
				return significance.Verdict{}, err
			}
		}
	}
	var o significance.Options
	d, err := s.determined(file, tx.Now())
	if err != nil {
		return significance.Verdict{}, err
	}
	for _, pack := range d.Countries {
		o.National = append(o.National, pack.Limits()...)
	}
	return significance.Judge(f, o), nil
}

// turnoverOf is that of the latest year that has one.
func turnoverOf(f *organisation.File) (euros float64, ok bool) {
	year := 0
	for _, y := range f.Figures {
		if y.Turnover != nil && y.Year > year {
			euros, ok, year = *y.Turnover, true, y.Year
		}
	}
	return euros, ok
}

// determined is the scope test of the organisation with the packs of the Member
// States under whose law it falls, Directive (EU) 2022/2555 Art. 26.
func (s *Service) determined(f *organisation.File, now time.Time) (assessing.Determination, error) {
	return assessing.Determine(s.countries, f, assessing.Options{Today: law.DateOf(now)})
}

func occurrences(list []incident.Incident) (out []significance.Occurrence) {
	for _, i := range list {
		out = append(out, occurrence(i))
	}
	return out
}

func occurrence(i incident.Incident) significance.Occurrence {
	o := significance.Occurrence{On: law.DateOf(i.DetectedAt.At), RootCause: i.Facts["root_cause"].Text, Significant: i.Significance.Decided && i.Significance.Is}
	if loss, err := strconv.ParseFloat(i.Criteria[significance.Loss.String()], 64); err == nil {
		o.Loss = significance.Figure{Value: loss, Known: true}
	}
	return o
}

// Decide records whether the incident is significant. A decision that differs from
// what the law makes of the facts, or that is made while they do not suffice,
// needs a reason.
func (s *Service) Decide(ctx context.Context, a authz.Actor, organisation, id string, is bool, reason string) error {
	return s.revise(ctx, a, organisation, id, authz.IncidentDecide, func(tx *store.Tx, i *incident.Incident) error {
		if is && i.Kind.Averted() {
			return conflict("a near miss or a threat is not a significant incident", "the kind incident first")
		}
		v, err := s.judge(tx, organisation, id)
		if err != nil {
			return err
		}
		if agrees := v.Significant == law.True && is || v.Significant == law.False && !is; !agrees && reason == "" {
			return invalid("reason", "the decision differs from what the facts say", "the reason for it")
		}
		before := i.Significance
		i.Significance = incident.Significance{Decided: true, Is: is, Judged: v.Significant, By: a.Person, ByName: a.Name, At: i.Now(tx.Now()), Reason: reason}
		for _, c := range v.Criteria {
			if c.Met == law.True {
				i.Significance.Criteria = append(i.Significance.Criteria, c.Rule)
			}
		}
		if is && i.Kind == incident.Event {
			i.Kind = incident.Happened
		}
		return entry(tx, a, *i, incident.Entry{Kind: "decision", Object: "significance", Text: reason, Before: decided(before), After: decided(i.Significance)})
	})
}

func decided(s incident.Significance) string {
	switch {
	case !s.Decided:
		return ""
	case s.Is:
		return "significant"
	}
	return "not significant"
}
