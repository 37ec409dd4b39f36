package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// TestVisitorsTogether: those who come at the same moment each get their own visitor,
// as it is when they ask, and who leaves in the middle leaves the others alone.
func TestVisitorsTogether(t *testing.T) {
	for _, target := range []string{t.TempDir() + "/together.db", kit.Postgres(t)} {
		s, err := store.Open(t.Context(), target, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		worlds := []world{makeWorld(t, s, "one"), makeWorld(t, s, "two")}
		begin := func(w world) account.Session {
			session := account.Session{ID: id.New(), Person: w.person, Workspace: w.workspace, TokenHash: id.New()}
			err := s.Write(t.Context(), system(), by, func(tx *store.Tx) error {
				session.ExpiresAt = tx.Now().AddDate(0, 0, 1)
				_, err := tx.PutSession(session)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return session
		}
		look := func(ctx context.Context, hash string) (v store.Visitor, ok bool, err error) {
			err = s.Glance(ctx, system(), func(tx *store.Tx) (err error) {
				v, ok, err = tx.VisitorByToken(hash)
				return err
			})
			return v, ok, err
		}
		var all, lookers sync.WaitGroup
		over := make(chan struct{})
		for i := range 8 { // each with a session of their own, while sessions come and go
			w := worlds[i%2]
			own := begin(w)
			lookers.Go(func() {
				for {
					v, ok, err := look(t.Context(), own.TokenHash)
					if err != nil || !ok || v.Session.ID != own.ID || v.Person.ID != w.person || v.Workspace.ID != w.workspace {
						t.Errorf("session %s of %s: got %s of %s, %v %v", own.ID, w.person, v.Session.ID, v.Person.ID, ok, err)
						return
					}
					if _, ok, err := look(t.Context(), "nobody"); ok || err != nil {
						t.Errorf("a token that opens nothing: %v %v", ok, err)
						return
					}
					select {
					case <-over:
						return
					default:
					}
				}
			})
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		lookers.Go(func() {
			for {
				if _, _, err := look(gone, "nobody"); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("somebody who has gone: %v", err)
					return
				}
				select {
				case <-over:
					return
				default:
				}
			}
		})
		for i := range 4 {
			all.Go(func() {
				for range 15 {
					session := begin(worlds[i%2])
					if v, ok, err := look(t.Context(), session.TokenHash); err != nil || !ok || v.Session.ID != session.ID {
						t.Errorf("a session that has just begun: %v %v", ok, err)
					}
					if err := s.Write(t.Context(), system(), by, func(tx *store.Tx) error { return tx.RemoveSession(session.ID) }); err != nil {
						t.Error(err)
					}
					if _, ok, err := look(t.Context(), session.TokenHash); ok || err != nil {
						t.Errorf("a session that has just ended: %v %v", ok, err)
					}
				}
			})
		}
		all.Wait()
		close(over)
		lookers.Wait()
	}
}
