package incidents

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/indicators"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Handling is what is recorded while a case is handled, with what belongs to the
// cases that were merged into it.
type Handling struct {
	Case
	Affected   []incident.Affected
	Exhibits   []incident.Exhibit
	Informed   []incident.Informed
	Costs      []incident.Cost
	Imports    []incident.Import
	Tasks      []planning.Task
	Drill      incident.Exercise    // of an exercise
	Indicators []incident.Indicator // those of the page
	Counts     map[string]int64     // of all indicators, by type
	Found      int64                // that the filter lets through
}

// IndicatorPage says which indicators Handle gives.
type IndicatorPage struct {
	Type, Text string
	Skip       int
}

// IndicatorsPerPage is how many indicators a page has.
const IndicatorsPerPage = 50

// Handle gives what is recorded of the handling of a case.
func (s *Service) Handle(ctx context.Context, a authz.Actor, organisation, id string, p IndicatorPage) (h Handling, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		if h.Case, err = s.load(tx, organisation, id); err != nil {
			return err
		}
		all := store.IndicatorFilter{Incidents: h.lineage}
		narrow := all
		narrow.Type, narrow.Text = p.Type, strings.TrimSpace(p.Text)
		for _, part := range []func() error{
			func() error { h.Affected, err = tx.AffectedBy(organisation, h.lineage...); return err },
			func() error { h.Exhibits, err = tx.Exhibits(organisation, h.lineage...); return err },
			func() error { h.Informed, err = tx.InformedOf(organisation, h.lineage...); return err },
			func() error { h.Costs, err = tx.IncidentCosts(organisation, h.lineage...); return err },
			func() error { h.Imports, err = tx.IndicatorImports(organisation, h.lineage...); return err },
			func() error {
				if h.Exercise {
					h.Drill, err = exerciseOf(tx, h.Incident)
				}
				return err
			},
			func() error { h.Tasks, err = tasksOf(tx, organisation, h.lineage); return err },
			func() error { h.Counts, err = tx.CountIndicators(organisation, all); return err },
			func() error {
				h.Indicators, err = tx.Indicators(organisation, narrow, max(0, p.Skip), IndicatorsPerPage)
				return err
			},
			func() (err error) {
				found := h.Counts
				if narrow.Type != "" || narrow.Text != "" {
					found, err = tx.CountIndicators(organisation, narrow)
				}
				for _, n := range found {
					h.Found += n
				}
				return err
			},
		} {
			if err := part(); err != nil {
				return err
			}
		}
		return nil
	})
	return h, err
}

func tasksOf(tx *store.Tx, organisation string, of []string) (out []planning.Task, err error) {
	for _, id := range of {
		list, err := tx.TasksOfIncident(organisation, id)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// handle changes what belongs to a case that goes on.
func (s *Service) handle(ctx context.Context, a authz.Actor, organisation, id string, f func(*store.Tx, incident.Incident) error) error {
	return s.write(ctx, a, organisation, authz.IncidentEdit, func(tx *store.Tx) error {
		i, err := incidentOf(tx, organisation, id)
		if err != nil {
			return err
		}
		if err := unmerged(i); err != nil {
			return err
		}
		return f(tx, i)
	})
}

// unmerged refuses a case that goes on in another one.
func unmerged(i incident.Incident) error {
	if i.State == incident.Merged {
		return &fault.Error{Kind: fault.Conflict, What: "this case was merged into another one", Expected: "a change of that case"}
	}
	return nil
}

// belongs refuses a row of another case; those of the cases that were merged into
// this one are its own.
func belongs(tx *store.Tx, i incident.Incident, of, organisation, what string) error {
	if organisation == i.Organisation && of == i.ID {
		return nil
	}
	all, err := tx.Incidents(i.Organisation)
	if err == nil && (organisation != i.Organisation || !slices.Contains(incident.Lineage(i.ID, all), of)) {
		err = missing(what)
	}
	return err
}

// longText bounds names and notes, in characters.
const longText = 500

func short(field, text string) error {
	if len([]rune(text)) > longText {
		return invalid(field, "the text is too long", fmt.Sprintf("up to %d characters", longText))
	}
	return nil
}

// PutAffected adds what the incident touches (id ""), or changes it.
func (s *Service) PutAffected(ctx context.Context, a authz.Actor, organisation, id string, v incident.Affected) (out incident.Affected, err error) {
	v.Name, v.Note = strings.TrimSpace(v.Name), strings.TrimSpace(v.Note)
	switch {
	case !slices.Contains(incident.AffectedKinds(), v.Kind):
		return v, invalid("kind", "there is no such kind", strings.Join(incident.AffectedKinds(), ", "))
	case !slices.Contains(incident.Conditions(), v.Condition):
		return v, invalid("condition", "there is no such condition", strings.Join(incident.Conditions(), ", "))
	case v.Name == "":
		return v, invalid("name", "the name is missing", "what is affected, in a few words")
	case v.Count < 0 || v.Count > 1e12:
		return v, invalid("count", "the number cannot be used", "0 or more")
	}
	for field, text := range map[string]string{"name": v.Name, "note": v.Note} {
		if err := short(field, text); err != nil {
			return v, err
		}
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		before := ""
		v.Organisation, v.Incident = organisation, id
		if v.ID != "" {
			old, err := tx.Affected(v.ID)
			if err == nil {
				err = belongs(tx, i, old.Incident, old.Organisation, "affected thing")
			}
			if err != nil {
				return err
			}
			before, v.Incident, v.CreatedAt = old.Condition, old.Incident, old.CreatedAt
		} else {
			v.Version = 0
		}
		if out, err = tx.PutAffected(v); err != nil || before == v.Condition {
			return err
		}
		return entry(tx, a, i, incident.Entry{Kind: "action", Object: out.ID, Text: v.Name, Before: before, After: v.Condition})
	})
	return out, err
}

// RemoveAffected takes something out that is not affected after all.
func (s *Service) RemoveAffected(ctx context.Context, a authz.Actor, organisation, id, affected string) error {
	return s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		old, err := tx.Affected(affected)
		if err == nil {
			err = belongs(tx, i, old.Incident, old.Organisation, "affected thing")
		}
		if err != nil {
			return err
		}
		return tx.RemoveAffected(affected)
	})
}

// Lesson is what was learnt and what follows from it.
type Lesson struct {
	Title string
	Body  string
	Risk  bool // a risk to be treated, not a thing to be done
	Due   law.Date
	// Requirement is the id of the requirement, and so the control, that becomes
	// stronger. Empty means learning from incidents, or the treatment of risks.
	Requirement string
}

// Learn turns a lesson into a task of the plan, Implementing Regulation (EU)
// 2024/2690 Annex 3.6, and a risk into an entry of the register of risks, too. Both
// serve the requirement of the lesson, which has to be one that is assessed itself. It
// returns the task.
func (s *Service) Learn(ctx context.Context, a authz.Actor, organisation, id string, l Lesson) (t planning.Task, err error) {
	l.Title, l.Body = strings.TrimSpace(l.Title), strings.TrimSpace(l.Body)
	switch {
	case l.Title == "" || len([]rune(l.Title)) > LongestTitle:
		return t, invalid("title", "the title is missing or too long", fmt.Sprintf("what follows, in up to %d characters", LongestTitle))
	case len(l.Body) > reporting.LongestText:
		return t, invalid("body", "the text is too long", "up to 20 kB")
	}
	err = s.handle(ctx, a, organisation, id, func(tx *store.Tx, i incident.Incident) error {
		kind, requirement, measures := "lesson", "nis2.21.2.b.lessons", []string{"b"}
		if l.Risk {
			kind, requirement, measures = "risk", "nis2.21.2.a.treatment", []string{"a"}
		}
		if l.Requirement != "" {
			req, ok := s.requirement(l.Requirement)
			if !ok {
				return invalid("requirement", fmt.Sprintf("there is no requirement %q", cutTo(l.Requirement, 80)), "a requirement of the catalogue")
			}
			requirement, measures = req.ID, req.Measures
		}
		known, err := tasksOf(tx, organisation, []string{id})
		if err != nil {
			return err
		}
		t, err = tx.PutTask(planning.Task{Organisation: organisation, Origin: kind, Incident: id, Title: l.Title, Body: l.Body, State: planning.ToDo, Phase: "improve",
			Requirements: []string{requirement}, Measures: measures, Due: l.Due, DueBecause: dueBecause(l.Due, a), Position: float64(1000 + len(known))})
		if err != nil {
			return err
		}
		if l.Risk {
			if err := enterRisk(tx, t, requirement); err != nil {
				return err
			}
		}
		return entry(tx, a, i, incident.Entry{Kind: "decision", Object: t.ID, Text: l.Title})
	})
	return t, err
}

// requirement is a requirement that is assessed itself.
func (s *Service) requirement(id string) (catalog.Requirement, bool) {
	if s.catalogue == nil {
		return catalog.Requirement{}, false
	}
	r, ok := s.catalogue.Get(id)
	return r, ok && r.IsLeaf()
}

// enterRisk puts a lesson into the register of risks. Its rating begins in the middle
// of the scales; the task is to treat it.
func enterRisk(tx *store.Tx, t planning.Task, requirement string) error {
	x, err := register.Risk{Organisation: t.Organisation, Title: cutTo(t.Title, register.LongestName), Scenario: cutTo(t.Body, register.LongestText), Origin: "incident", Incident: t.Incident,
		Requirements: []string{requirement}, Likelihood: 3, Impact: 3, ReviewBy: t.Due}.Tidy()
	if err == nil {
		_, err = tx.PutRisk(x)
	}
	return err
}

func cutTo(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

func dueBecause(due law.Date, a authz.Actor) law.Message {
	if due.IsZero() {
		return law.Message{}
	}
	return law.Say("plan.due.by_hand", "name", orElse(a.Name, a.Person))
}

// marked is the title of a step outside of its case, in the language of the
// organisation: those of exercises say so. Lessons of an exercise are real.
func marked(i incident.Incident, language, title string) string {
	if !i.Exercise {
		return title
	}
	mark := map[string]string{"de": "ÜBUNG", "fr": "EXERCICE"}[language]
	return orElse(mark, "EXERCISE") + ": " + title
}

// indicatorOf is an indicator as the case keeps it.
func indicatorOf(i incident.Incident, x indicators.Indicator, source string) (incident.Indicator, error) {
	id, err := incident.IndicatorID(i.ID, x.Type, x.Value)
	return incident.Indicator{ID: id, Organisation: i.Organisation, Incident: i.ID, Type: x.Type, Value: x.Value, TLP: orElse(x.TLP, i.TLP), Note: x.Note,
		SeenAt: x.SeenAt, Source: source}, err
}
