package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// answersOf is all that is kept of what a scope sees, as text.
func answersOf(t *testing.T, s *store.Store, ctx context.Context, w world, scope tenant.Scope) string {
	t.Helper()
	var b strings.Builder
	err := s.Read(ctx, scope, func(tx *store.Tx) error {
		say := func(v any, err error) {
			if err != nil && !strings.Contains(err.Error(), "there is no such") {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%+v %v\n", v, err)
		}
		revision, err := tx.Revision(w.organisation)
		say(revision, err)
		entries, err := tx.Entries(store.Filter{Organisation: w.organisation})
		say(len(entries), err)
		all, err := tx.Members()
		say(all, err)
		members, err := tx.MembersOf(w.organisation)
		say(members, err)
		list, err := tx.Portfolio()
		say(list, err)
		trend, err := tx.Trend(w.organisation, law.MustDate("2020-01-01"))
		say(trend, err)
		aside, err := tx.Aside()
		say(aside, err)
		views, err := tx.Views(w.person, "portfolio")
		say(views, err)
		setting, err := tx.Setting(w.organisation, "colour")
		say(string(setting.Value), err)
		assignments, err := tx.Assignments(w.organisation)
		say(assignments, err)
		assertions, err := tx.Assertions(w.organisation)
		say(assertions, err)
		approvals, err := tx.Approvals(w.organisation)
		say(approvals, err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	exists, err := s.HasOrganisation(ctx, w.workspace, w.organisation)
	fmt.Fprintln(&b, exists, err)
	return b.String()
}

// TestKeptAnswersAreThoseOfTheDatabase: whatever is changed, and by whichever of two
// servers, a visitor who comes afterwards sees it.
func TestKeptAnswersAreThoseOfTheDatabase(t *testing.T) {
	for _, target := range []string{t.TempDir() + "/kept.db", kit.Postgres(t)} {
		open := func() *store.Store {
			s, err := store.Open(t.Context(), target, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
		here, there := open(), open()
		w := makeWorld(t, here, "one")
		other := makeWorld(t, here, "two")
		hash := id.New()
		write(t, here, system(), func(tx *store.Tx) error {
			_, err := tx.PutSession(account.Session{Person: w.person, Workspace: w.workspace, TokenHash: hash, ExpiresAt: tx.Now().AddDate(0, 0, 1)})
			return err
		})
		visit := func(s *store.Store) (v store.Visitor) {
			read(t, s, system(), func(tx *store.Tx) error {
				var ok bool
				var err error
				if v, ok, err = tx.VisitorByToken(hash); err == nil && !ok {
					err = fmt.Errorf("no visitor")
				}
				return err
			})
			return v
		}
		look := func(s *store.Store) (v store.Visitor, ok bool) {
			err := s.Glance(t.Context(), system(), func(tx *store.Tx) (err error) {
				v, ok, err = tx.VisitorByToken(hash)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return v, ok
		}
		narrow := system().In(w.workspace, w.organisation)
		second := id.New()
		for name, change := range map[string]func(tx *store.Tx) error{
			"a member more": func(tx *store.Tx) error {
				_, err := tx.In(w.workspace, "").PutMembership(tenant.Membership{Person: other.person, Role: "auditor"})
				return err
			},
			"a person's name": func(tx *store.Tx) error {
				p, err := tx.Person(w.person)
				if err == nil {
					p.Name = "Another Name"
					_, err = tx.PutPerson(p)
				}
				return err
			},
			"a person's password": func(tx *store.Tx) error {
				p, err := tx.Person(w.person)
				if err == nil {
					p.PasswordHash = "another"
					_, err = tx.PutPerson(p)
				}
				return err
			},
			"the workspace's policy": func(tx *store.Tx) error {
				v, err := tx.In(w.workspace, "").Workspace()
				if err == nil {
					v.Policy.SessionHours++
					_, err = tx.In(w.workspace, "").PutWorkspace(v)
				}
				return err
			},
			"the session": func(tx *store.Tx) error {
				s, err := tx.SessionByToken(hash)
				if err == nil {
					s.MFA = !s.MFA
					_, err = tx.PutSession(s)
				}
				return err
			},
			"an organisation more": func(tx *store.Tx) error {
				_, err := tx.In(w.workspace, "").PutOrganisation(tenant.Organisation{ID: second, Kind: tenant.Client, Name: "Second"})
				return err
			},
			"a portfolio row": func(tx *store.Tx) error {
				return tx.In(w.workspace, "").PutRollup(assessment.Rollup{Organisation: w.organisation, AsOf: law.DateOf(tx.Now()), Points: 12.5})
			},
			"an automatic snapshot": func(tx *store.Tx) error {
				return tx.In(w.workspace, "").KeepAutomatic(assessment.Snapshot{Organisation: w.organisation, On: law.DateOf(tx.Now()), Points: 37})
			},
			"a setting": func(tx *store.Tx) error {
				_, err := tx.In(w.workspace, "").PutSetting(desk.Setting{Organisation: w.organisation, Name: "colour", Value: []byte(`"red"`)})
				return err
			},
			"a view": func(tx *store.Tx) error {
				_, err := tx.In(w.workspace, "").PutView(desk.View{Person: w.person, Page: "portfolio", Name: "mine"})
				return err
			},
			"the organisation aside": func(tx *store.Tx) error {
				o, err := tx.In(w.workspace, "").Organisation(w.organisation)
				if err == nil {
					o.Archived = !o.Archived
					_, err = tx.In(w.workspace, "").PutOrganisation(o)
				}
				return err
			},
		} {
			before := store.WithSight(t.Context(), visit(here).Sight, true)
			old := answersOf(t, here, before, w, w.scope)
			if again := answersOf(t, here, before, w, w.scope); again != old {
				t.Errorf("%s: kept and read differ:\n%s\n%s", name, old, again)
			}
			first, _ := look(here)
			write(t, there, system(), change)
			fresh := answersOf(t, here, t.Context(), w, w.scope)
			if v, _ := look(here); fresh == old && cmp.Equal(v, first, unexported) {
				t.Errorf("%s: nothing to see of it", name)
			} else if cold, _ := look(open()); !cmp.Equal(v, cold, unexported) {
				t.Errorf("%s: the visitor differs from what the database has:\n%s", name, cmp.Diff(cold, v, unexported))
			}
			sighted := store.WithSight(t.Context(), visit(here).Sight, true)
			for range 2 {
				if got := answersOf(t, here, sighted, w, w.scope); got != fresh {
					t.Errorf("%s: a visitor sees\n%s\nand the database has\n%s", name, got, fresh)
				}
			}
			if got, want := answersOf(t, here, sighted, w, narrow), answersOf(t, here, t.Context(), w, narrow); got != want {
				t.Errorf("%s: a limited scope sees\n%s\nand the database has\n%s", name, got, want)
			}
			stranger := answersOf(t, here, sighted, other, other.scope) // the sight is of another workspace
			if strings.Contains(stranger, w.organisation) || stranger != answersOf(t, here, t.Context(), other, other.scope) {
				t.Errorf("%s: another workspace sees\n%s", name, stranger)
			}
		}
		ctx := store.WithSight(t.Context(), visit(here).Sight, true)
		old := answersOf(t, here, ctx, w, w.scope)
		if err := here.Write(ctx, w.scope, by, func(tx *store.Tx) error {
			_, err := tx.PutSetting(desk.Setting{Organisation: w.organisation, Name: "other", Value: []byte(`1`)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if answersOf(t, here, ctx, w, w.scope) == old {
			t.Error("a request does not see what it wrote")
		}
		v := visit(here)
		if v.Person.ID != w.person || v.Workspace.ID != w.workspace || len(v.Memberships) != 1 || v.Memberships[0].Role != "owner" || v.Unread != 0 {
			t.Errorf("the visitor is %+v", v)
		}
		write(t, here, w.scope, func(tx *store.Tx) error {
			if _, err := tx.PutMembership(tenant.Membership{Person: w.person, Organisation: second, Role: "board"}); err != nil {
				return err
			}
			return tx.Notify(desk.Notice{Person: w.person, Key: "noticing.test"})
		})
		if v := visit(here); len(v.Memberships) != 2 || v.Unread != 1 {
			t.Errorf("the visitor is %+v", v)
		}
		write(t, there, w.scope, func(tx *store.Tx) error {
			if err := tx.RemoveMembership(w.person, ""); err != nil {
				return err
			}
			return tx.RemoveMembership(w.person, second)
		})
		if v, ok := look(here); ok {
			t.Errorf("somebody who was put out visits as %+v", v)
		}
		write(t, there, system(), func(tx *store.Tx) error {
			s, err := tx.SessionByToken(hash)
			if err == nil {
				err = tx.RemoveSession(s.ID)
			}
			return err
		})
		if v, ok := look(here); ok {
			t.Errorf("a session that was ended visits as %+v", v)
		}
	}
}

// unexported has a comparison see all of a visitor.
var unexported = cmp.AllowUnexported(store.Visitor{}, store.Sight{})
