// Package workbench is the use cases of the page on which an assessment is worked
// off: who answers for what, what people say about a requirement, its history, and
// the answers that are proposed.
package workbench

import (
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Service is the use cases. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	clients   *clients.Service
	knowledge assessing.Knowledge
}

// New makes the service.
func New(s *store.Store, c *clients.Service, k assessing.Knowledge) *Service {
	return &Service{store: s, clients: c, knowledge: k}
}

// Desk is what the page shows beside the assessment itself.
type Desk struct {
	Assignments []assessment.Assignment
	People      []tenant.Member // of the organisation, one entry per person, by name
	Assertions  []assessment.Assertion
	Reach       clients.Reach // what the actor may change
	MayComment  bool          // on the open requirement

	// Of the open requirement; empty when none is.
	Comments []planning.Comment
	History  []ledger.Entry // empty for roles that do not read the ledger
}

// mostHistory is how many entries the open requirement shows.
const mostHistory = 30

// Desk reads what the page needs; open is the requirement that is shown in full,
// "" for none.
func (s *Service) Desk(ctx context.Context, a authz.Actor, organisation, open string) (d Desk, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssessmentRead)
	if err != nil {
		return d, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		d = Desk{}
		if d.Assignments, err = tx.Assignments(organisation); err != nil {
			return err
		}
		if d.Assertions, err = tx.Assertions(organisation); err != nil {
			return err
		}
		if d.People, err = people(tx, organisation); err != nil {
			return err
		}
		if d.Reach, err = s.clients.ReachOf(tx, a, organisation); err != nil {
			return err
		}
		if open == "" {
			return nil
		}
		if d.Comments, err = tx.Comments(organisation, assessment.OfRequirement, open); err != nil {
			return err
		}
		d.MayComment = mayComment(tx, a, d.Reach, d.Comments, open) == nil
		if a.Can(authz.LedgerRead, tx.Scope()) != nil {
			return nil
		}
		d.History, err = s.history(tx, organisation, open, d.Comments)
		return err
	})
	return d, err
}

// people lists members once each, with their strongest role.
func people(tx *store.Tx, organisation string) ([]tenant.Member, error) {
	all, err := tx.MembersOf(organisation)
	if err != nil {
		return nil, err
	}
	var out []tenant.Member
	for _, m := range all {
		if m.Disabled {
			continue
		}
		i := slices.IndexFunc(out, func(o tenant.Member) bool { return o.Person == m.Person })
		switch {
		case i < 0:
			out = append(out, m)
		case slices.Index(authz.Roles(), m.Role) < slices.Index(authz.Roles(), out[i].Role):
			out[i] = m
		}
	}
	return out, nil
}

// history is what happened to a requirement: to itself, to the answers that inform
// it, and to its comments and exceptions.
func (s *Service) history(tx *store.Tx, organisation, open string, comments []planning.Comment) ([]ledger.Entry, error) {
	objects := map[string][]string{
		"assertion":  {organisation + "/" + open},
		"assignment": {organisation + "/" + assessment.OfRequirement + "/" + open},
	}
	for _, q := range s.knowledge.Catalogue.InformedBy(open) {
		objects["answer"] = append(objects["answer"], organisation+"/"+q.ID)
	}
	for _, c := range comments {
		objects["comment"] = append(objects["comment"], c.ID)
	}
	exceptions, err := tx.Exceptions(organisation)
	if err != nil {
		return nil, err
	}
	for _, e := range exceptions {
		if e.Requirement == open {
			objects["exception"] = append(objects["exception"], e.ID)
		}
	}
	return tx.EntriesAbout(objects, mostHistory)
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
