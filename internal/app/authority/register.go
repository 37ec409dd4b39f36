package authority

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// openSetting is the name of the workspace's setting that lets entities register
// themselves.
const openSetting = "register.open"

// ConfirmWithin is how long the link in the mail of an application works.
const ConfirmWithin = 3 * 24 * time.Hour

// mostWaiting is how many applications of a workspace may wait for their
// confirmation: no stranger fills the database.
const mostWaiting = 5000

// manage changes the register as a whole.
func (s *Service) manage(ctx context.Context, a authz.Actor, need authz.Permission, f func(*store.Tx) error) error {
	scope, err := a.Workspace(need)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), within(f))
}

// survey reads the register as a whole.
func (s *Service) survey(ctx context.Context, a authz.Actor, f func(*store.Tx) error) error {
	scope, err := a.Workspace(authz.IncidentRead)
	if err != nil {
		return err
	}
	return s.store.Read(ctx, scope, within(f))
}

// OpenRegister lets entities register themselves, or ends it.
func (s *Service) OpenRegister(ctx context.Context, a authz.Actor, open bool) error {
	return s.manage(ctx, a, authz.OrganisationCreate, func(tx *store.Tx) error {
		value, err := json.Marshal(open)
		if err != nil {
			return err
		}
		set, err := tx.Setting("", openSetting)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		_, err = tx.PutSetting(desk.Setting{Name: openSetting, Value: value, Version: set.Version})
		return err
	})
}

func registerOpen(tx *store.Tx) (open bool, err error) {
	set, err := tx.Setting("", openSetting)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return false, err
	}
	err = json.Unmarshal(set.Value, &open)
	return open, err
}

// outside is the scope of what somebody without an account does at an authority.
func outside(workspace string) tenant.Scope {
	return tenant.System("an entity registers itself").In(workspace, "")
}

// Office names the authority to whoever registers; NotFound where entities do not
// register themselves.
func (s *Service) Office(ctx context.Context, workspace string) (w tenant.Workspace, err error) {
	err = s.store.Read(ctx, outside(workspace), func(tx *store.Tx) error {
		w, err = office(tx)
		return err
	})
	return w, err
}

func office(tx *store.Tx) (tenant.Workspace, error) {
	if err := only(tx); err != nil {
		return tenant.Workspace{}, err
	}
	open, err := registerOpen(tx)
	if err == nil && !open {
		err = &fault.Error{Kind: fault.NotFound, What: "entities do not register themselves here"}
	}
	if err != nil {
		return tenant.Workspace{}, err
	}
	return tx.Workspace()
}

// Listed is an entity as the register lists it.
type Listed struct {
	Organisation tenant.Organisation
	Rollup       assessment.Rollup
	Entry        authority.Entry // zero: reports came, or an officer made it, but it is not registered
	ChangeDue    law.Date        // of a known change that was not told; zero: none
	ReviewDue    law.Date
}

// Register is the register of an authority.
type Register struct {
	Entities []Listed
	Waiting  []authority.Application // for a decision
	Due      []authority.Record      // lines of the files of entities with a day that are not done, by that day
	Names    map[string]string       // of the entities of Due
	Open     bool                    // entities register themselves
	Page     string                  // where they do
}

// Register lists the register, by name.
func (s *Service) Register(ctx context.Context, a authz.Actor) (out Register, err error) {
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		out, err = register(tx)
		if s.options.Mails != nil {
			out.Page = s.options.Mails.Link("/register/" + tx.Scope().WorkspaceID())
		}
		return err
	})
	return out, err
}

func register(tx *store.Tx) (out Register, err error) {
	list, err := tx.Portfolio()
	if err != nil {
		return out, err
	}
	entries, err := tx.AuthorityEntries()
	if err != nil {
		return out, err
	}
	known := map[string]authority.Entry{}
	for _, e := range entries {
		known[e.Organisation] = e
	}
	for _, x := range list {
		l := Listed{Organisation: x.Organisation, Rollup: x.Rollup, Entry: known[x.Organisation.ID]}
		if !l.Entry.ChangedOn.IsZero() {
			l.ChangeDue = authority.ChangeDue(l.Entry.ChangedOn)
		}
		l.ReviewDue = l.Entry.ReviewDue()
		out.Entities = append(out.Entities, l)
	}
	if out.Waiting, err = tx.AuthorityApplications(authority.Confirmed); err != nil {
		return out, err
	}
	if err := out.due(tx); err != nil {
		return out, err
	}
	out.Open, err = registerOpen(tx)
	return out, err
}

// due adds what entities are to do by a day, and its entities.
func (r *Register) due(tx *store.Tx) (err error) {
	if r.Due, err = tx.OpenAuthorityRecords(); err != nil {
		return err
	}
	var of []string
	for _, x := range r.Due {
		of = append(of, x.Organisation)
	}
	slices.Sort(of)
	r.Names, err = tx.OrganisationNames(slices.Compact(of))
	return err
}
