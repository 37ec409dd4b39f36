// Package registers keeps the lists that an organisation has of itself: its assets, the
// suppliers that it depends on, and its risks.
package registers

import (
	"context"
	"errors"
	"fmt"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/register"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Service is the use cases. It is safe for concurrent use.
//
// Every method answers NotFound to an actor who does not belong to the organisation and
// Forbidden to one whose role is too low.
type Service struct {
	store *store.Store
}

// New makes the service.
func New(s *store.Store) *Service { return &Service{store: s} }

func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, f func(*store.Tx) error) error {
	return acting.Write(ctx, s.store, a, organisation, authz.AssessmentEdit, f)
}

func (s *Service) read(ctx context.Context, a authz.Actor, organisation string, f func(*store.Tx) error) error {
	return acting.Read(ctx, s.store, a, organisation, authz.AssessmentRead, f)
}

// most is how many entries a register may have.
const most = 5000

// Assets lists the assets of an organisation by name.
func (s *Service) Assets(ctx context.Context, a authz.Actor, organisation string) (list []register.Asset, err error) {
	err = s.read(ctx, a, organisation, func(tx *store.Tx) error {
		list, err = tx.Assets(organisation)
		return err
	})
	return list, err
}

// Asset is one asset.
func (s *Service) Asset(ctx context.Context, a authz.Actor, organisation, id string) (x register.Asset, err error) {
	err = s.read(ctx, a, organisation, func(tx *store.Tx) error {
		x, err = assetOf(tx, organisation, id)
		return err
	})
	return x, err
}

func assetOf(tx *store.Tx, organisation, id string) (register.Asset, error) {
	x, err := tx.Asset(id)
	return x, at(x.Organisation, organisation, "asset", err)
}

// at turns what belongs to another organisation into what does not exist.
func at(of, organisation, what string, err error) error {
	if err == nil && of != organisation {
		return &fault.Error{Kind: fault.NotFound, What: "there is no such " + what}
	}
	return err
}

// PutAsset adds an asset (ID "") or changes one.
func (s *Service) PutAsset(ctx context.Context, a authz.Actor, organisation string, x register.Asset) (out register.Asset, err error) {
	if x, err = x.Tidy(); err != nil {
		return x, err
	}
	if x.Organisation = organisation; x.ID == "" {
		x.Version = 0
	}
	err = s.write(ctx, a, organisation, func(tx *store.Tx) error {
		if err := room(x.ID, func() (int, error) { all, err := tx.Assets(organisation); return len(all), err }); err != nil {
			return err
		}
		now := x
		if x.ID != "" {
			old, err := assetOf(tx, organisation, x.ID)
			if err != nil {
				return err
			}
			now.CreatedAt = old.CreatedAt
		}
		out, err = tx.PutAsset(now)
		return taken(err)
	})
	return out, err
}

// room keeps a register from growing without end.
func room(id string, count func() (int, error)) error {
	if id != "" {
		return nil
	}
	n, err := count()
	if err == nil && n >= most {
		err = invalid("name", "the register is full", fmt.Sprintf("up to %d entries", most))
	}
	return err
}

// taken says of a name that another entry has, which field that is.
func taken(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Conflict && f.Cause != nil {
		return invalid("name", "another entry has this name", "a name that is not in the register yet")
	}
	return err
}

// RemoveAsset takes an asset out of the register.
func (s *Service) RemoveAsset(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.write(ctx, a, organisation, func(tx *store.Tx) error {
		if _, err := assetOf(tx, organisation, id); err != nil {
			return err
		}
		return tx.RemoveAsset(id)
	})
}

// Suppliers lists the suppliers of an organisation by name.
func (s *Service) Suppliers(ctx context.Context, a authz.Actor, organisation string) (list []register.Supplier, err error) {
	err = s.read(ctx, a, organisation, func(tx *store.Tx) error {
		list, err = tx.Suppliers(organisation)
		return err
	})
	return list, err
}

// Supplier is one supplier.
func (s *Service) Supplier(ctx context.Context, a authz.Actor, organisation, id string) (x register.Supplier, err error) {
	err = s.read(ctx, a, organisation, func(tx *store.Tx) error {
		x, err = supplierOf(tx, organisation, id)
		return err
	})
	return x, err
}

func supplierOf(tx *store.Tx, organisation, id string) (register.Supplier, error) {
	x, err := tx.Supplier(id)
	return x, at(x.Organisation, organisation, "supplier", err)
}

// PutSupplier adds a supplier (ID "") or changes one.
func (s *Service) PutSupplier(ctx context.Context, a authz.Actor, organisation string, x register.Supplier) (out register.Supplier, err error) {
	if x, err = x.Tidy(); err != nil {
		return x, err
	}
	if x.Organisation = organisation; x.ID == "" {
		x.Version = 0
	}
	err = s.write(ctx, a, organisation, func(tx *store.Tx) error {
		if err := room(x.ID, func() (int, error) { all, err := tx.Suppliers(organisation); return len(all), err }); err != nil {
			return err
		}
		now := x
		if x.ID != "" {
			old, err := supplierOf(tx, organisation, x.ID)
			if err != nil {
				return err
			}
			now.CreatedAt = old.CreatedAt
		}
		out, err = tx.PutSupplier(now)
		return taken(err)
	})
	return out, err
}

// RemoveSupplier takes a supplier out of the register, and with it what it let be
// scanned.
func (s *Service) RemoveSupplier(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.write(ctx, a, organisation, func(tx *store.Tx) error {
		if _, err := supplierOf(tx, organisation, id); err != nil {
			return err
		}
		targets, err := tx.SupplierTargets(organisation, id)
		if err != nil {
			return err
		}
		for _, t := range targets {
			if err := tx.RemoveScanTarget(t.ID); err != nil {
				return err
			}
		}
		return tx.RemoveSupplier(id)
	})
}

// Risks lists the risks of an organisation, open ones first, then the largest first.
func (s *Service) Risks(ctx context.Context, a authz.Actor, organisation string) (list []register.Risk, err error) {
	err = s.read(ctx, a, organisation, func(tx *store.Tx) error {
		list, err = tx.Risks(organisation)
		return err
	})
	return list, err
}

// Risk is one risk.
func (s *Service) Risk(ctx context.Context, a authz.Actor, organisation, id string) (x register.Risk, err error) {
	err = s.read(ctx, a, organisation, func(tx *store.Tx) error {
		x, err = riskOf(tx, organisation, id)
		return err
	})
	return x, err
}

func riskOf(tx *store.Tx, organisation, id string) (register.Risk, error) {
	x, err := tx.Risk(id)
	return x, at(x.Organisation, organisation, "risk", err)
}

// PutRisk adds a risk (ID "") or changes one. Where it came from stays, and whoever
// puts "accept" as its treatment accepts it, until its day of review; a change of
// nothing but words leaves the acceptance with whom it was.
func (s *Service) PutRisk(ctx context.Context, a authz.Actor, organisation string, x register.Risk) (out register.Risk, err error) {
	if x, err = x.Tidy(); err != nil {
		return x, err
	}
	if x.Organisation = organisation; x.ID == "" {
		x.Version = 0
	}
	err = s.write(ctx, a, organisation, func(tx *store.Tx) error {
		if err := room(x.ID, func() (int, error) { all, err := tx.Risks(organisation); return len(all), err }); err != nil {
			return err
		}
		now, old := x, register.Risk{}
		if x.ID != "" {
			if old, err = riskOf(tx, organisation, x.ID); err != nil {
				return err
			}
			now.CreatedAt, now.Origin, now.Incident, now.Requirements, now.ClosedOn = old.CreatedAt, old.Origin, old.Incident, old.Requirements, old.ClosedOn
		}
		if now, err = accepted(now, old, a, a.Day(tx.Now())); err != nil {
			return err
		}
		out, err = tx.PutRisk(now)
		return err
	})
	return out, err
}

// accepted keeps an acceptance whose terms stay, and asks for a new one when they do
// not.
func accepted(now, old register.Risk, a authz.Actor, today law.Date) (register.Risk, error) {
	same := old.Accepted(today) && now.Treatment == register.Accept && now.Score() == old.Score() && now.Acceptance == old.Acceptance && now.ReviewBy == old.ReviewBy && now.Owner == old.Owner
	if same {
		now.AcceptedBy, now.AcceptedName, now.AcceptedOn = old.AcceptedBy, old.AcceptedName, old.AcceptedOn
		return now, nil
	}
	return now.Accept(a.Person, a.Name, today)
}

// CloseRisk notes that a risk is there no more, or that it is there again.
func (s *Service) CloseRisk(ctx context.Context, a authz.Actor, organisation, id string, closed bool) error {
	return s.write(ctx, a, organisation, func(tx *store.Tx) error {
		x, err := riskOf(tx, organisation, id)
		if err != nil || closed == !x.ClosedOn.IsZero() {
			return err
		}
		if x.ClosedOn = (law.Date{}); closed {
			x.ClosedOn = a.Day(tx.Now())
		}
		_, err = tx.PutRisk(x)
		return err
	})
}

// RemoveRisk takes a risk out of the register.
func (s *Service) RemoveRisk(ctx context.Context, a authz.Actor, organisation, id string) error {
	return s.write(ctx, a, organisation, func(tx *store.Tx) error {
		if _, err := riskOf(tx, organisation, id); err != nil {
			return err
		}
		return tx.RemoveRisk(id)
	})
}

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}
