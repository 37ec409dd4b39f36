package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// wizard is the scope wizard with the law and the country data of a day.
func (s *Service) wizard(day law.Date) onboarding.Wizard {
	return onboarding.Wizard{AsOf: day, National: assessing.National(s.knowledge.Countries)}
}

func questionOf(id string) (onboarding.Question, error) {
	q, ok := onboarding.Find(id)
	if !ok {
		return q, &fault.Error{Kind: fault.NotFound, Field: "question", What: "there is no such question"}
	}
	return q, nil
}

// AnswerScope stores the answer to one question of the scope wizard. What is wrong
// with an answer comes back by name of the value, and nothing is stored. Conflict
// when version is not the newest of the organisation.
func (s *Service) AnswerScope(ctx context.Context, a authz.Actor, organisation string, version int64, question string, in onboarding.Input) (wrong onboarding.Wrong, err error) {
	q, err := questionOf(question)
	if err != nil {
		return nil, err
	}
	err = s.revise(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		o, err := newest(tx, organisation, version)
		if err != nil {
			return err
		}
		f, err := s.facts.of(o)
		if err != nil {
			return err
		}
		next, bad := onboarding.Apply(f, q, in)
		if len(bad) > 0 {
			wrong = bad
			return errUnusable
		}
		b, read, err := document(next)
		if err != nil {
			return err
		}
		return s.putFacts(tx, o, b, read)
	})
	if errors.Is(err, errUnusable) {
		return wrong, nil
	}
	return nil, err
}

// errUnusable ends a transaction in which nothing was changed.
var errUnusable = errors.New("the answer cannot be used")

// PreviewScope is what an answer would lead to; nothing is stored. An answer that
// cannot be used is left out.
func (s *Service) PreviewScope(ctx context.Context, a authz.Actor, organisation, question string, in onboarding.Input) (p onboarding.Progress, err error) {
	q, err := questionOf(question)
	if err != nil {
		return p, err
	}
	err = s.read(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		f, err := s.facts.of(o)
		if err != nil {
			return err
		}
		next, _ := onboarding.Apply(f, q, in)
		p = s.wizard(a.Day(s.store.Now())).Progress(next)
		return nil
	})
	return p, err
}

// Interview is how far the scope wizard has come with the organisation.
func (c Client) Interview() onboarding.Progress { return c.wizard.Progress(c.File) }

// ChangedSince is what changed since a determination was made, with the values
// then and now, as far as it may decide the scope.
func (c Client) ChangedSince(d assessment.Determination) ([]organisation.Difference, error) {
	then, err := organisation.Read("", d.Facts)
	if err != nil {
		return nil, fmt.Errorf("read the facts of determination %s: %w", d.ID, err)
	}
	all, err := organisation.Differences(then, c.File.Facts())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d organisation.Difference) bool { return !decides(d.Field) }), nil
}
