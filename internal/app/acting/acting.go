// Package acting is how use cases read and change data for an actor: the right is
// checked, and the scope that it grants is that of the transaction.
package acting

import (
	"context"

	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Change is what the ledger says about changes of the actor.
func Change(a authz.Actor) store.Change {
	return store.Change{Actor: a.Person, ActorName: a.Name, From: a.From, Reason: a.Reason}
}

// Read runs f in a transaction that reads one organisation. It fails as
// [authz.Actor.Organisation] does when the actor lacks the right, and f does not run.
func Read(ctx context.Context, s *store.Store, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	scope, err := a.Organisation(ctx, organisation, need)
	if err != nil {
		return err
	}
	return s.Read(ctx, scope, f)
}

// Write is Read with a transaction that changes, recorded as the actor's.
func Write(ctx context.Context, s *store.Store, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	scope, err := a.Organisation(ctx, organisation, need)
	if err != nil {
		return err
	}
	return s.Write(ctx, scope, Change(a), f)
}
