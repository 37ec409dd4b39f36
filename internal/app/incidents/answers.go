package incidents

import (
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law/reporting"
)

// Answers gives what somebody answered to a field of a form; said is false for a
// field that was not asked.
type Answers func(f reporting.Field, i incident.Incident) (v reporting.Value, said bool)

// Answer keeps answers to the fields of a draft, all or none. They become facts of
// the case, so that the next report has them already, unless the report says
// something of its own there. withhold, when it is not nil, names the fields that
// the authority does not get. A change voids an approval.
func (s *Service) Answer(ctx context.Context, a authz.Actor, organisation, id, report string, answers Answers, withhold []string) error {
	return s.draft(ctx, a, organisation, id, report, authz.IncidentEdit, func(tx *store.Tx, i *incident.Incident, r *incident.Report) error {
		form, ok := s.forms.Version(r.Form, r.FormVersion)
		if !ok {
			return missing("form with this version")
		}
		o, err := obligationOf(tx, *i, r.Obligation)
		if err != nil {
			return err
		}
		derived, err := s.derived(tx, *i, o, *r)
		if err != nil {
			return err
		}
		var wrong fault.List
		changed := false
		for _, f := range form.Shown(r.Stage) {
			v, said := answers(f, *i)
			if !said || f.Type == reporting.Computed {
				continue
			}
			if err := f.Check(v); err != nil {
				wrong = append(wrong, &fault.Error{Kind: fault.Invalid, Field: f.ID, What: problem(err).What, Expected: problem(err).Expected})
				continue
			}
			changed = answer(i, r, f.ID, v, derived[f.ID]) || changed
		}
		if len(wrong) > 0 {
			return wrong
		}
		if withhold != nil && !slices.Equal(withhold, r.Withhold) {
			for _, w := range withhold {
				if _, ok := form.Field(w); !ok {
					return missing("field")
				}
			}
			r.Withhold, changed = withhold, true
		}
		if changed {
			r.Unapprove()
		}
		return nil
	})
}

func problem(err error) *reporting.Problem {
	if p, ok := err.(*reporting.Problem); ok {
		return p
	}
	return &reporting.Problem{What: err.Error()}
}

// answer keeps one answer and reports whether it is another one than before. What is
// derived anyway is not kept, so that it follows its source; nothing where something
// is derived is an answer.
func answer(i *incident.Incident, r *incident.Report, field string, v, derived reporting.Value) bool {
	values := i.Facts
	if _, own := r.Own[field]; own {
		values = r.Own
	} else if values == nil {
		i.Facts = reporting.Values{}
		values = i.Facts
	}
	before, kept := values[field]
	if !kept {
		before = derived
	}
	if before.Equal(v) {
		return false
	}
	if delete(values, field); !v.Empty() || !derived.Empty() {
		values[field] = v
	}
	return true
}
