package authority

import (
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// editEntry changes the entry of an entity, made when there is none.
func (s *Service) editEntry(ctx context.Context, a authz.Actor, organisation string, f func(*store.Tx, *authority.Entry) error) error {
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		e, err := tx.AuthorityEntryOf(organisation)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if e.ID == "" {
			e = authority.Entry{Organisation: organisation, State: authority.Known}
		}
		if err := f(tx, &e); err != nil {
			return err
		}
		_, err = tx.PutAuthorityEntry(e)
		return err
	})
}

// provision reports whether a text is one of the provisions, or "" for none.
func provision(p string) bool { return p == "" || slices.Contains(authority.Provisions(), p) }

func wrongProvision() error {
	return invalid("provision", "there is no such provision", "Art. 2(2), points (b) to (e), or none")
}

// RegisterByHand puts an entity that an officer made into the register, or corrects
// its entry. under is the provision by which a Member State identified it, as
// authority.Provisions, or "".
func (s *Service) RegisterByHand(ctx context.Context, a authz.Actor, organisation string, class law.Class, under, email string) error {
	return s.editEntry(ctx, a, organisation, func(tx *store.Tx, e *authority.Entry) error {
		address, err := tenant.FoldEmail(email)
		if err != nil {
			return invalid("email", "this is no mail address", "such as office@example.org")
		}
		if class != law.Essential && class != law.Important {
			return invalid("class", "the class is missing", "essential or important")
		}
		if !provision(under) {
			return wrongProvision()
		}
		e.Email, e.Class, e.Provision = address, class, under
		if e.State != authority.Registered {
			today := a.Day(tx.Now())
			e.State, e.RegisteredOn, e.ReviewedOn = authority.Registered, today, today
		}
		if e.Reference == "" {
			e.Reference = "E-" + authority.Reference(organisation, tx.Now())
		}
		sector, computed, err := standing(tx, organisation)
		if err != nil {
			return err
		}
		_, err = tx.ClassifyAuthorityReports(organisation, sector, law.Class(computed))
		return err
	})
}

// KnowChange notes that something registered changed on a day which the entity did
// not tell yet: its time runs from then.
func (s *Service) KnowChange(ctx context.Context, a authz.Actor, organisation string, on law.Date) error {
	return s.editEntry(ctx, a, organisation, func(tx *store.Tx, e *authority.Entry) error {
		if on.After(a.Day(tx.Now())) {
			return invalid("changed_on", "the day lies in the future", "a day up to today")
		}
		e.ChangedOn = on
		return nil
	})
}

// ReviewEntry notes that an officer has looked through the entry today, Art. 3(3).
func (s *Service) ReviewEntry(ctx context.Context, a authz.Actor, organisation string) error {
	return s.editEntry(ctx, a, organisation, func(tx *store.Tx, e *authority.Entry) error {
		e.ReviewedOn = a.Day(tx.Now())
		return nil
	})
}
