package clients

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/posture"
)

// CheckAnswer refuses questions and options that the catalogue does not have.
func CheckAnswer(cat *catalog.Catalogue, question string, options []string) error {
	q, ok := cat.Question(question)
	if !ok {
		return invalid("question", fmt.Sprintf("there is no question %q", question), "a question of the catalogue")
	}
	if q.Type != catalog.Many && len(options) > 1 {
		return invalid("options", "several options are given", "one option")
	}
	for i, id := range options {
		if !slices.ContainsFunc(q.Options, func(o catalog.Option) bool { return o.ID == id }) {
			return invalid("options", fmt.Sprintf("the question has no option %q", id), "one of its options")
		}
		if slices.Contains(options[:i], id) {
			return invalid("options", fmt.Sprintf("the option %q is given twice", id), "it once")
		}
	}
	return nil
}

// CheckNote refuses a note without an answer: there is nothing to keep it with.
func CheckNote(options []string, note string) error {
	if len(options) == 0 && !blank(note) {
		return invalid("note", "the note has no answer to stand with", "an answer, also that you do not know")
	}
	return nil
}

// noneOption is "None of these", of each question with several answers.
const noneOption = "none"

// CheckTicks refuses "None of these" beside other ticks. Answers that were kept
// before stand as they are; nobody gives such a one again.
func CheckTicks(options []string) error {
	if len(options) > 1 && slices.Contains(options, noneOption) {
		return invalid("options", "\"None of these\" stands beside other answers", "it alone, or the others")
	}
	return nil
}

// checkIDs refuses a kind of evidence ("" for none) and requirements that the
// catalogue does not have.
func checkIDs(cat *catalog.Catalogue, kind string, requirements ...string) error {
	if kind != "" {
		if _, ok := cat.KindTitle(kind); !ok {
			return invalid("kind", fmt.Sprintf("there is no kind of evidence %q", kind), "a kind of the catalogue")
		}
	}
	for _, id := range requirements {
		if _, ok := cat.Get(id); !ok {
			return invalid("requirement", fmt.Sprintf("there is no requirement %q", id), "a requirement of the catalogue")
		}
	}
	return nil
}

// Answer answers a question; no options take the answer back. A contributor answers
// what is assigned to them. It returns the overall scores before and after.
func (s *Service) Answer(ctx context.Context, a authz.Actor, organisation, question string, options []string, note string) (before, after posture.Score, err error) {
	if err = short(map[string]string{"note": note}); err != nil {
		return before, after, err
	}
	if err = CheckNote(options, note); err != nil {
		return before, after, err
	}
	if err = CheckTicks(options); err != nil {
		return before, after, err
	}
	err = s.write(ctx, a, organisation, authz.AssignedEdit, func(tx *store.Tx) error {
		if err := s.assigned(tx, a, organisation, func(r Reach) bool { return r.Question(question) }); err != nil {
			return err
		}
		if err := CheckAnswer(s.knowledge.Catalogue, question, options); err != nil {
			return err
		}
		old, err := tx.Answer(organisation, question)
		had := err == nil
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if err := s.putAnswer(tx, a, old, had, organisation, question, options, note); err != nil {
			return err
		}
		before, after, err = s.compare(tx, organisation, question, old, had)
		return err
	})
	return before, after, err
}

func (s *Service) putAnswer(tx *store.Tx, a authz.Actor, old assessment.Answer, had bool, organisation, question string, options []string, note string) error {
	switch {
	case len(options) == 0 && had:
		return tx.RemoveAnswer(organisation, question)
	case len(options) == 0:
		return nil
	}
	_, err := tx.PutAnswer(assessment.Answer{Organisation: organisation, Version: old.Version, Source: assessment.ByPerson,
		Answer: posture.Answer{Question: question, Options: options, By: signature(a), On: a.Day(tx.Now()), Note: strings.TrimSpace(note)}})
	return err
}

// compare stores the roll-up after an answer changed and returns the overall
// scores with the old and the new answer. It reads after the change, when no other
// change of the organisation can come between.
func (s *Service) compare(tx *store.Tx, organisation, question string, old assessment.Answer, had bool) (before, after posture.Score, err error) {
	now, err := s.gather(tx, organisation)
	if err != nil {
		return before, after, err
	}
	day := now.today
	in, err := s.verdicts(now.file, day)
	if err != nil {
		return before, after, err
	}
	then := *now.file
	then.Answers = maps.Clone(then.Answers)
	delete(then.Answers, question)
	if had && CheckAnswer(s.knowledge.Catalogue, question, old.Options) == nil {
		then.Answers[question] = fileAnswer(old.Answer)
	}
	if before, err = s.overallBefore(organisation, &then, day); err != nil {
		return before, after, err
	}
	after = overallOf(in.Posture)
	s.scores.keep(organisation, now.file, day, after)
	return before, after, s.putRollup(tx, now, in)
}

// PutException makes an exception, or changes the one of the same requirement and
// kind. A risk is accepted for a year at most.
func (s *Service) PutException(ctx context.Context, a authz.Actor, organisation string, e posture.Exception, seen Seen) (id string, err error) {
	err = s.revise(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		if err := current(tx, a, organisation, seen, kindException, e.Requirement); err != nil {
			return err
		}
		if e.On.IsZero() {
			e.On = a.Day(tx.Now())
		}
		if err := s.checkException(e); err != nil {
			return err
		}
		if e.Kind == posture.ExceptionAccepted {
			if err := register.AcceptableUntil("until", e.Until, a.Day(tx.Now())); err != nil {
				return err
			}
		}
		var err error
		id, _, err = s.exempt(tx, organisation, e)
		return err
	})
	return id, err
}

func (s *Service) checkException(e posture.Exception) error {
	if err := checkIDs(s.knowledge.Catalogue, "", e.Requirement); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{posture.ExceptionNotApplicable, posture.ExceptionCompensated, posture.ExceptionAccepted}, e.Kind):
		return invalid("kind", "there is no such kind of exception", "not_applicable, compensated or accepted")
	case blank(e.Reason):
		return invalid("reason", "the reason is missing", "why, in words that an outsider understands")
	case blank(e.ApprovedBy):
		return invalid("approved_by", "nobody approved the exception", "who approved it")
	case e.Kind == posture.ExceptionCompensated && blank(e.Compensation):
		return invalid("compensation", "the other measure is not named", "the measure that serves the purpose instead")
	case !e.Until.IsZero() && e.Until.Before(e.On):
		return invalid("until", "the exception ends before it begins", "a day on or after "+e.On.String())
	}
	return short(map[string]string{"reason": e.Reason, "compensation": e.Compensation, "approved_by": e.ApprovedBy})
}

// RemoveException takes an exception back.
func (s *Service) RemoveException(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.revise(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error { return tx.RemoveException(id) })
}

// Assert sets the status of one requirement by hand; an empty status takes it back. What
// somebody else changed after it was seen is a [Meanwhile].
func (s *Service) Assert(ctx context.Context, a authz.Actor, organisation string, as posture.Assertion, seen Seen) error {
	return s.revise(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		if err := checkIDs(s.knowledge.Catalogue, "", as.Requirement); err != nil {
			return err
		}
		if err := current(tx, a, organisation, seen, kindAssertion, as.Requirement); err != nil {
			return err
		}
		if as.Status == "" {
			return tx.RemoveAssertion(organisation, as.Requirement)
		}
		if !slices.Contains([]posture.Status{posture.Met, posture.PartlyMet, posture.NotMet}, as.Status) {
			return invalid("status", "this status cannot be set by hand", "met, partly or not_met; an exception says what does not apply")
		}
		if err := short(map[string]string{"note": as.Note}); err != nil {
			return err
		}
		_, err := s.assert(tx, a, organisation, as)
		return err
	})
}

// assert sets the status of a requirement; it reports whether anything changed.
func (s *Service) assert(tx *store.Tx, a authz.Actor, organisation string, as posture.Assertion) (bool, error) {
	as.By, as.On = signature(a), a.Day(tx.Now())
	old, err := tx.Assertion(organisation, as.Requirement)
	switch {
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return false, err
	case err == nil && old.Assertion == as:
		return false, nil
	}
	_, err = tx.PutAssertion(assessment.Assertion{Organisation: organisation, Assertion: as, Version: old.Version})
	return true, err
}
