package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

func TestDueTasks(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			for _, task := range []planning.Task{
				{Title: "late", Due: law.MustDate("2026-09-30"), State: planning.Doing},
				{Title: "today", Due: law.MustDate("2026-10-01"), State: planning.ToDo},
				{Title: "later", Due: law.MustDate("2026-10-02"), State: planning.ToDo},
				{Title: "done", Due: law.MustDate("2026-09-30"), State: planning.Done},
				{Title: "some time", State: planning.ToDo},
			} {
				task.Organisation, task.Owner = w.organisation, w.person
				if _, err := tx.PutTask(task); err != nil {
					return err
				}
			}
			return nil
		})
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			due, err := tx.DueTasks(law.MustDate("2026-10-01"))
			if err != nil {
				return err
			}
			mine, err := tx.TasksOf(w.person)
			if got := titles(mine); len(got) != 4 || got[0] != "late" || got[3] != "some time" {
				t.Errorf("tasks of a person %v", got)
			}
			if err != nil {
				return err
			}
			all, err := tx.Tasks(w.organisation)
			if diff := cmp.Diff([]string{"late", "today"}, titles(due)); diff != "" {
				t.Error(diff)
			}
			if got := titles(all); len(got) != 5 || got[4] != "some time" || got[3] != "later" {
				t.Errorf("order %v", got)
			}
			return err
		})
	})
}

func titles(tasks []planning.Task) (out []string) {
	for _, t := range tasks {
		out = append(out, t.Title)
	}
	return out
}

func TestEvidenceAndSnapshotsByDay(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			for i, until := range []string{"2026-10-05", "2026-10-31", "2026-11-01", ""} {
				e := assessment.Evidence{Organisation: w.organisation, Evidence: posture.Evidence{ID: fmt.Sprint("e", i), Date: law.MustDate("2026-01-01")}}
				if until != "" {
					e.ValidUntil = law.MustDate(until)
				}
				if _, err := tx.PutEvidence(e); err != nil {
					return err
				}
			}
			for _, on := range []string{"2026-07-01", "2026-08-01", "2026-09-01"} {
				if _, err := tx.PutSnapshot(assessment.Snapshot{Organisation: w.organisation, On: law.MustDate(on), Body: []byte(`{}`)}); err != nil {
					return err
				}
			}
			return nil
		})
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			found, err := tx.ExpiringEvidence(law.MustDate("2026-10-05"), law.MustDate("2026-10-31"))
			if len(found) != 2 || found[0].ID != "e0" || found[1].ID != "e1" || err != nil {
				t.Errorf("%+v %v", found, err)
			}
			s, err := tx.SnapshotBefore(w.organisation, law.MustDate("2026-08-31"))
			if s.On != law.MustDate("2026-08-01") || string(s.Body) != "{}" || err != nil {
				t.Errorf("%+v %v", s, err)
			}
			if _, err := tx.SnapshotBefore(w.organisation, law.MustDate("2026-06-30")); fault.KindOf(err) != fault.NotFound {
				t.Errorf("before the first: %v", err)
			}
			all, err := tx.Snapshots(w.organisation)
			if len(all) != 3 || all[0].On != law.MustDate("2026-07-01") || all[0].Body != nil {
				t.Errorf("%+v", all)
			}
			return err
		})
	})
}

func TestSecretsFindTheirRows(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			if _, err := tx.PutInvitation(tenant.Invitation{TokenHash: "i", Role: "board", Organisation: w.organisation}); err != nil {
				return err
			}
			if _, err := tx.PutToken(account.Token{Hash: "t", Name: "ci"}); err != nil {
				return err
			}
			return drop(tx.PutDelegation(assessment.Delegation{Organisation: w.organisation, TokenHash: "d", Title: "supplier"}))
		})
		write(t, b.Store, system(), func(tx *store.Tx) error {
			i, err := tx.InvitationByToken("i")
			if i.Role != "board" || i.Workspace != w.workspace || i.Organisation != w.organisation || err != nil {
				t.Errorf("%+v %v", i, err)
			}
			k, err := tx.TokenByHash("t")
			if k.Name != "ci" || k.Workspace != w.workspace || k.Organisation != "" || err != nil {
				t.Errorf("%+v %v", k, err)
			}
			d, home, err := tx.DelegationByToken("d")
			if d.Title != "supplier" || home != w.workspace || err != nil {
				t.Errorf("%+v %s %v", d, home, err)
			}
			if _, err := tx.TokenByHash("x"); fault.KindOf(err) != fault.NotFound {
				t.Error(err)
			}
			if err := tx.TouchToken(k.ID, tx.Now()); err != nil {
				return err
			}
			k, err = tx.TokenByHash("t")
			if !k.UsedAt.Equal(tx.Now()) {
				t.Errorf("used at %v", k.UsedAt)
			}
			return err
		})
	})
}

func TestSigningIn(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		write(t, b.Store, system(), func(tx *store.Tx) error {
			for _, tc := range []struct {
				step int64
				want bool
			}{{100, true}, {100, false}, {99, false}, {101, true}} {
				if ok, err := tx.AcceptTOTPStep(w.person, tc.step); ok != tc.want || err != nil {
					t.Errorf("step %d: %v %v", tc.step, ok, err)
				}
			}
			if err := tx.ReplaceRecoveryCodes(w.person, []string{"h1", "h2"}); err != nil {
				return err
			}
			for _, tc := range []struct {
				hash string
				want bool
			}{{"h1", true}, {"h1", false}, {"h9", false}} {
				if ok, err := tx.UseRecoveryCode(w.person, tc.hash); ok != tc.want || err != nil {
					t.Errorf("code %s: %v %v", tc.hash, ok, err)
				}
			}
			codes, err := tx.RecoveryCodesOf(w.person)
			if len(codes) != 2 || codes[0].UsedAt.IsZero() || !codes[1].UsedAt.IsZero() {
				t.Errorf("%+v", codes)
			}
			for want := range int64(3) {
				if n, err := tx.Count("signin/acme", time.Hour); n != want+1 || err != nil {
					t.Errorf("count %d %v", n, err)
				}
			}
			return err
		})
		b.Clock.Move(time.Hour)
		write(t, b.Store, system(), func(tx *store.Tx) error {
			if n, err := tx.Count("signin/acme", time.Hour); n != 1 || err != nil {
				t.Errorf("count in the next hour %d %v", n, err)
			}
			if n, err := tx.SweepCounters(tx.Now()); n != 1 || err != nil {
				t.Errorf("swept %d %v", n, err)
			}
			for i, hours := range []time.Duration{-1, 1} {
				s := account.Session{Person: w.person, TokenHash: fmt.Sprint("s", i), ExpiresAt: tx.Now().Add(hours * time.Hour)}
				if _, err := tx.PutSession(s); err != nil {
					return err
				}
			}
			if n, err := tx.SweepSessions(tx.Now()); n != 1 || err != nil {
				t.Errorf("sessions swept %d %v", n, err)
			}
			left, err := tx.SessionsOf(w.person)
			if len(left) != 1 || left[0].TokenHash != "s1" {
				t.Errorf("%+v", left)
			}
			if err != nil {
				return err
			}
			p, err := tx.PersonByEmail("acme@example.org")
			if p.ID != w.person {
				t.Errorf("%+v", p)
			}
			if any, err := tx.AnyPerson(); !any || err != nil {
				t.Errorf("any person: %v %v", any, err)
			}
			return err
		})
		err := b.Write(t.Context(), system(), by, func(tx *store.Tx) error { return drop(tx.PutPerson(tenant.Person{Email: "acme@example.org"})) })
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("the address was taken: %v", err)
		}
	})
}

func TestMembersAndMemberships(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, other := makeWorld(t, b.Store, "acme"), makeWorld(t, b.Store, "other")
		write(t, b.Store, other.scope, func(tx *store.Tx) error {
			return drop(tx.PutMembership(tenant.Membership{Person: w.person, Organisation: other.organisation, Role: "auditor"}))
		})
		read(t, b.Store, system(), func(tx *store.Tx) error {
			all, err := tx.MembershipsOf(w.person)
			if len(all) != 2 || all[0].Role == all[1].Role {
				t.Errorf("%+v", all)
			}
			return err
		})
		read(t, b.Store, other.scope, func(tx *store.Tx) error {
			all, err := tx.Members()
			if len(all) != 2 || all[0].Name != "acme" || all[0].Role != "auditor" || all[0].Workspace != other.workspace || all[1].Email != "other@example.org" {
				t.Errorf("%+v", all)
			}
			return err
		})
		write(t, b.Store, other.scope, func(tx *store.Tx) error { return tx.RemoveOrganisation(other.organisation) })
		read(t, b.Store, system(), func(tx *store.Tx) error {
			all, err := tx.MembershipsOf(w.person)
			if len(all) != 1 || all[0].Workspace != w.workspace {
				t.Errorf("after the removal: %+v", all)
			}
			return err
		})
	})
}

func TestLedgerFilter(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		giveAnswers(t, b.Store, w, 0, 30)
		b.Clock.Move(time.Hour)
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			return drop(tx.PutTask(planning.Task{Organisation: w.organisation, Title: "Buy 100 % cotton_gloves"}))
		})
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			for _, tc := range []struct {
				name string
				f    store.Filter
				want int
			}{
				{"all", store.Filter{}, 34},
				{"page", store.Filter{Limit: 10}, 10},
				{"next page", store.Filter{Before: 5}, 5},
				{"kind", store.Filter{Kind: "answer"}, 30},
				{"object", store.Filter{Kind: "answer", Object: w.organisation + "/q007"}, 1},
				{"organisation", store.Filter{Organisation: w.organisation}, 32},
				{"actor", store.Filter{Actor: "nobody"}, 0},
				{"since", store.Filter{Since: b.Clock.Now()}, 1},
				{"until", store.Filter{Until: b.Clock.Now()}, 33},
				{"text", store.Filter{Text: "COTTON_GL"}, 1},
				{"per cent is no wildcard", store.Filter{Text: "100 %"}, 1},
				{"underscore is no wildcard", store.Filter{Text: "cotton!gloves"}, 0},
			} {
				if got, err := tx.Entries(tc.f); len(got) != tc.want || err != nil {
					t.Errorf("%s: %d entries, want %d, %v", tc.name, len(got), tc.want, err)
				}
			}
			return nil
		})
	})
}

func TestInboxIsRead(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	w := makeWorld(t, b.Store, "acme")
	write(t, b.Store, w.scope, func(tx *store.Tx) error {
		for i := range 3 {
			if err := tx.Notify(desk.Notice{Person: w.person, Key: fmt.Sprint("k", i)}); err != nil {
				return err
			}
		}
		all, err := tx.Inbox(w.person, 2)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v %v", all, err)
		}
		for _, tc := range []struct {
			person, id string
			unread     int64
		}{{"somebody else", "", 3}, {w.person, all[0].ID, 2}, {w.person, "", 0}} {
			if err := tx.MarkRead(tc.person, tc.id); err != nil {
				return err
			}
			if n, err := tx.Unread(w.person); n != tc.unread || err != nil {
				t.Errorf("%d unread, want %d, %v", n, tc.unread, err)
			}
		}
		return nil
	})
}

// TestWritersTogether lets several people change one organisation at the same time:
// no change is lost, and the ledger is whole.
func TestWritersTogether(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		giveAnswers(t, b.Store, w, 0, 1)
		const writers, times = 4, 12
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range times {
					err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error {
						o, err := tx.Organisation(w.organisation) // locks: the next reads what this one wrote
						if err != nil {
							return err
						}
						o.Tags = append(o.Tags, "x")
						_, err = tx.PutOrganisation(o)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			o, err := tx.Organisation(w.organisation)
			if len(o.Tags) != writers*times || o.Version != writers*times+1 {
				t.Errorf("%d tags, version %d", len(o.Tags), o.Version)
			}
			return err
		})
		if r := verified(t, b.Store, w.scope, ""); len(r.Faults) != 0 || r.Size != 4+writers*times {
			t.Errorf("%+v", r)
		}
	})
}

func TestSchema(t *testing.T) {
	path := storetest.SQLite(t)
	_, err := store.Open(t.Context(), path, store.Options{NoMigrate: true})
	if fault.KindOf(err) != fault.Conflict || err == nil {
		t.Errorf("an empty database without migration: %v", err)
	}
	storetest.Open(t, path)
	s, err := store.Open(t.Context(), path, store.Options{NoMigrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := store.Open(t.Context(), "", store.Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no target: %v", err)
	}
}

// TestServersStartTogether opens an empty PostgreSQL database several times at once.
func TestServersStartTogether(t *testing.T) {
	target := kit.Postgres(t)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			s, err := store.Open(t.Context(), target, store.Options{MaxConnections: 2})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestDriverAndItsLibrary keeps the pair of SQLite's driver and the C library that
// it was made with: another version of the library is not supported.
func TestDriverAndItsLibrary(t *testing.T) {
	want := requirement(t, goList(t, "{{.GoMod}}", "modernc.org/sqlite"), "modernc.org/libc")
	if got := goList(t, "{{.Version}}", "modernc.org/libc"); got != want {
		t.Errorf("modernc.org/libc %s is chosen, and the driver wants %s", got, want)
	}
}

func goList(t *testing.T, format, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", format, module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func requirement(t *testing.T, file, module string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range f.Require {
		if r.Mod.Path == module {
			return r.Mod.Version
		}
	}
	t.Fatalf("%s does not require %s", file, module)
	return ""
}
