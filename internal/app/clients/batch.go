package clients

import (
	"cmp"
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// The acts of a batch.
const (
	SetOwner         = "owner"          // Person, "" for nobody
	SetDue           = "due"            // Due, of what is assigned
	SetAssert        = "assert"         // Status and Note
	SetNotApplicable = "not_applicable" // Note is the reason, ApprovedBy
)

// Batch is one change of many requirements.
type Batch struct {
	Requirements []string
	Act          string
	Person       string
	Due          law.Date
	Status       posture.Status
	Note         string
	ApprovedBy   string
	Seen         Seen // what others changed later is left out
}

// Refused is a requirement that a batch left as it was, and why.
type Refused struct {
	Requirement string
	Why         law.Message
	Newer       []ledger.Entry // what somebody else did after the page was shown, newest first; else empty
}

// mostBatch bounds one batch.
const mostBatch = 1000

// Apply makes one change to many requirements, each with its own entry in the
// ledger. What cannot be changed is left out and named; changed counts the rest,
// without those that were so already.
func (s *Service) Apply(ctx context.Context, a authz.Actor, organisation string, b Batch) (changed int, refused []Refused, err error) {
	err = s.revise(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		changed, refused = 0, nil
		if err := s.checkBatch(b, a.Day(tx.Now())); err != nil {
			return err
		}
		people, err := tx.MembersOf(organisation)
		if err != nil {
			return err
		}
		newer, err := unseen(tx, a, organisation, b.Seen, kindOfAct(b.Act))
		if err != nil {
			return err
		}
		done := map[string]bool{}
		for _, id := range b.Requirements {
			if done[id] {
				continue
			}
			done[id] = true
			if list := newer[id]; len(list) > 0 {
				refused = append(refused, Refused{id, law.Say("workbench.refused.changed", "by", cmp.Or(list[0].ActorName, list[0].Actor)), list})
				continue
			}
			did, why, err := s.applyOne(tx, a, organisation, id, b, people)
			switch {
			case err != nil:
				return err
			case why.Key != "":
				refused = append(refused, Refused{id, why, nil})
			case did:
				changed++
			}
		}
		return nil
	})
	return changed, refused, err
}

func (s *Service) checkBatch(b Batch, today law.Date) error {
	switch {
	case len(b.Requirements) == 0:
		return invalid("requirement", "no requirement is chosen", "the requirements to change")
	case len(b.Requirements) > mostBatch:
		return invalid("requirement", "too many requirements are chosen", "at most 1,000")
	case b.Act == SetOwner:
		return nil
	case b.Act == SetDue:
		if b.Due.IsZero() {
			return invalid("due", "the day is missing", "a day such as 2027-03-31")
		}
		return nil
	case b.Act == SetAssert:
		if !slices.Contains([]posture.Status{posture.Met, posture.PartlyMet, posture.NotMet}, b.Status) {
			return invalid("status", "this status cannot be set by hand", "met, partly or not_met")
		}
		if blank(b.Note) {
			return invalid("note", "the reason is missing", "why, in words that an outsider understands")
		}
		return short(map[string]string{"note": b.Note})
	case b.Act == SetNotApplicable:
		return s.checkException(posture.Exception{Requirement: s.knowledge.Catalogue.At(0).ID, Kind: posture.ExceptionNotApplicable,
			Reason: b.Note, ApprovedBy: b.ApprovedBy, On: today})
	}
	return invalid("act", "there is no such change", "owner, due, assert or not_applicable")
}

// applyOne changes one requirement; why is set when it is refused.
func (s *Service) applyOne(tx *store.Tx, a authz.Actor, organisation, id string, b Batch, people []tenant.Member) (did bool, why law.Message, err error) {
	req, ok := s.knowledge.Catalogue.Get(id)
	switch {
	case !ok:
		return false, law.Say("workbench.refused.unknown"), nil
	case !req.IsLeaf():
		return false, law.Say("workbench.refused.heading"), nil
	}
	to := assessment.Assignment{Kind: assessment.OfRequirement, Object: id, Person: b.Person}
	switch b.Act {
	case SetOwner, SetDue:
		old, err := tx.Assignment(organisation, to.Kind, id)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return false, why, err
		}
		to.Due = old.Due
		if b.Act == SetDue {
			if err != nil {
				return false, law.Say("workbench.refused.no_owner"), nil
			}
			to.Person, to.Due = old.Person, b.Due
		}
		did, err = s.assign(tx, a, organisation, to, people)
		return did, why, err
	case SetAssert:
		did, err = s.assert(tx, a, organisation, posture.Assertion{Requirement: id, Status: b.Status, Note: b.Note})
		return did, why, err
	}
	if !req.MayNotApply() {
		return false, law.Say("workbench.refused.not_soft"), nil
	}
	_, did, err = s.exempt(tx, organisation, posture.Exception{Requirement: id, Kind: posture.ExceptionNotApplicable, Reason: b.Note,
		ApprovedBy: b.ApprovedBy, On: a.Day(tx.Now())})
	return did, why, err
}

// exempt makes an exception, or changes the one of its requirement and kind; it
// returns its id and whether anything changed.
func (s *Service) exempt(tx *store.Tx, organisation string, e posture.Exception) (id string, did bool, err error) {
	row := assessment.Exception{Organisation: organisation, Exception: e}
	all, err := tx.Exceptions(organisation)
	if err != nil {
		return "", false, err
	}
	for _, old := range all {
		if old.Requirement != e.Requirement || old.Kind != e.Kind {
			continue
		}
		same := e
		if same.On = old.On; same == old.Exception {
			return old.ID, false, nil
		}
		row.ID, row.Version = old.ID, old.Version
	}
	row, err = tx.PutException(row)
	return row.ID, true, err
}

// Take writes answers that somebody gave elsewhere - behind a link, in a
// spreadsheet, by accepting a suggestion - in the caller's transaction, and the
// new roll-up. The caller has checked the rights.
func (s *Service) Take(tx *store.Tx, organisation string, list []assessment.Answer) error {
	for _, x := range list {
		if err := CheckAnswer(s.knowledge.Catalogue, x.Question, x.Options); err != nil {
			return err
		}
		old, err := tx.Answer(organisation, x.Question)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		x.Organisation, x.Version = organisation, old.Version
		if _, err := tx.PutAnswer(x); err != nil {
			return err
		}
	}
	_, err := s.rollUp(tx, organisation)
	return err
}
