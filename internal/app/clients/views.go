package clients

import (
	"context"
	"net/url"
	"unicode/utf8"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Views lists the saved views of a page that the actor sees: their own and those
// that are shared, by name.
func (s *Service) Views(ctx context.Context, a authz.Actor, page string) (list []desk.View, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = tx.Views(a.Person, page)
		return err
	})
	return list, err
}

// longestView is the longest name of a view in characters, and mostViews how many
// a person sees on one page.
const (
	longestView = 80
	mostViews   = 100
)

// SaveView keeps the filters of a page under a name, for the actor or, by those
// who may set up organisations, for everybody. A view of the actor with the same
// name is replaced.
func (s *Service) SaveView(ctx context.Context, a authz.Actor, v desk.View) (out desk.View, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err == nil && v.Shared {
		scope, err = a.Workspace(authz.OrganisationCreate)
	}
	if err == nil {
		err = a.Own()
	}
	if err != nil {
		return out, err
	}
	query, wrong := url.ParseQuery(v.Query)
	switch {
	case blank(v.Name) || utf8.RuneCountInString(v.Name) > longestView:
		return out, invalid("name", "the name is empty or too long", "at most 80 characters")
	case wrong != nil || len(v.Query) > 2000:
		return out, invalid("query", "these filters cannot be kept", "the address of the page")
	}
	v.ID, v.Version, v.Person, v.Query = "", 0, a.Person, query.Encode()
	err = s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		all, err := tx.Views(a.Person, v.Page)
		if err != nil {
			return err
		}
		if len(all) >= mostViews {
			return invalid("name", "there are too many views", "one of the others to be removed first")
		}
		put := v
		for _, old := range all {
			if old.Person == a.Person && old.Name == v.Name {
				put.ID, put.Version, put.CreatedAt = old.ID, old.Version, old.CreatedAt
			}
		}
		out, err = tx.PutView(put)
		return err
	})
	return out, err
}

// RemoveView removes a view of the actor, or a shared one, by those who may set up
// organisations.
func (s *Service) RemoveView(ctx context.Context, a authz.Actor, id string) error {
	scope, err := a.Reach(authz.OrganisationRead)
	if err == nil {
		err = a.Own()
	}
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		v, err := tx.View(id)
		if err != nil {
			return err
		}
		if v.Person != a.Person {
			if !v.Shared {
				return &fault.Error{Kind: fault.NotFound, What: "there is no such view"}
			}
			if _, err := a.Workspace(authz.OrganisationCreate); err != nil {
				return err
			}
		}
		return tx.RemoveView(id)
	})
}
