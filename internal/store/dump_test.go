package store_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// populate puts a row into every table.
func populate(t *testing.T, b *storetest.Bench) {
	t.Helper()
	w, key := makeWorld(t, b.Store, "acme"), signer(t)
	write(t, b.Store, w.scope, func(tx *store.Tx) error {
		if _, err := tx.Mark("m"); err != nil {
			return err
		}
		for _, p := range probes() {
			if err := p.put(tx, w, id.New()); err != nil {
				return err
			}
		}
		return drop(tx.PutTask(planning.Task{Organisation: w.organisation, Title: "Ünïcode 'quoted' \"\\ \n", Effort: [2]float64{0.5, 1}, Priority: 1e-7}))
	})
	write(t, b.Store, system(), func(tx *store.Tx) error {
		if _, err := tx.PutPasskey(account.Passkey{ID: "k", Person: w.person}); err != nil {
			return err
		}
		if _, err := tx.PutSession(account.Session{Person: w.person, MFA: true}); err != nil {
			return err
		}
		if err := tx.AddPass(account.Pass{Hash: "p", Kind: account.KnownDevice, Person: w.person, ExpiresAt: tx.Now()}); err != nil {
			return err
		}
		if _, err := tx.Count("c", time.Hour); err != nil {
			return err
		}
		if err := tx.PutCron(work.Cron{Name: "n", Kind: "k", Every: "1h", Next: tx.Now()}); err != nil {
			return err
		}
		return tx.ReplaceRecoveryCodes(w.person, []string{"h"})
	})
	if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
		t.Fatal(err)
	}
	stamp(t, b, w)
}

func dump(t *testing.T, s *store.Store) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := s.Dump(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func restore(t *testing.T, s *store.Store, from string) {
	t.Helper()
	if _, err := s.Restore(t.Context(), opened(from)); err != nil {
		t.Fatal(err)
	}
}

// opened gives a dump from its beginning.
func opened(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// TestDump carries everything from SQLite to PostgreSQL and back.
func TestDump(t *testing.T) {
	lite, pg, back := storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, kit.Postgres(t)), storetest.Open(t, storetest.SQLite(t))
	populate(t, lite)
	first := dump(t, lite.Store)
	tables := 0
	for block := range strings.SplitSeq(first, `{"table":`) {
		tables++
		if !strings.Contains(block, "\n[") && tables > 1 {
			t.Errorf("no row in %.40s: nothing shows that it is carried over", block)
		}
	}
	tables--                                                                                     // the head
	if want := len(column(t, storetest.Raw(t, lite.Target), sqliteTables)) - 1; tables != want { // all but goose's
		t.Errorf("%d tables in the dump, %d in the database", tables, want)
	}
	restore(t, pg.Store, first)
	if diff := cmp.Diff(first, dump(t, pg.Store)); diff != "" {
		t.Fatalf("after PostgreSQL:\n%s", diff)
	}
	restore(t, back.Store, dump(t, pg.Store))
	if diff := cmp.Diff(first, dump(t, back.Store)); diff != "" {
		t.Errorf("and back:\n%s", diff)
	}
	for _, b := range []*storetest.Bench{pg, back} {
		all, err := b.VerifyAllLedgers(t.Context(), store.Trust{})
		if err != nil || len(all) != 2 || all[1].Size < 20 {
			t.Fatalf("%+v %v", all, err)
		}
		for _, r := range all {
			for _, f := range r.Faults {
				if !strings.Contains(f.What, "public key") { // the key stayed with populate
					t.Errorf("%+v", f)
				}
			}
		}
	}
	if _, err := lite.Restore(t.Context(), opened(first)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("into a database in use: %v", err)
	}
}

func TestBadDumps(t *testing.T) {
	full := storetest.Open(t, storetest.SQLite(t))
	populate(t, full)
	good := dump(t, full.Store)
	empty := storetest.Open(t, storetest.SQLite(t))
	lines := strings.SplitAfter(good, "\n")
	for name, bad := range map[string]string{
		"nothing":        "",
		"something else": "hello",
		"another format": strings.Replace(good, "nisaba-dump/1", "nisaba-dump/9", 1),
		"another schema": strings.Replace(good, `"schema":`, `"schema":9`, 1),
		"cut off":        good[:len(good)/2],
		"a row is gone":  strings.Join(append(append([]string{}, lines[:2]...), lines[3:]...), ""),
		"unknown table":  strings.Replace(good, `{"table":"people"`, `{"table":"sqlite_master"`, 1),
		"other columns":  strings.Replace(good, `"columns":["brand",`, `"columns":["id) VALUES (1); --",`, 1),
		"a list in it":   strings.Replace(good, `"acme@example.org"`, `["acme@example.org"]`, 1),
		"two of a kind":  strings.Replace(good, lines[2], lines[2]+lines[2], 1),
	} {
		if bad == good {
			t.Fatalf("%s: the same dump", name)
		}
		_, err := empty.Restore(t.Context(), opened(bad))
		if k := fault.KindOf(err); err == nil || k != fault.Invalid && k != fault.Conflict && k != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	restore(t, empty.Store, good) // nothing of the bad ones was kept
}

func TestSearch(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, other := makeWorld(t, b.Store, "acme"), makeWorld(t, b.Store, "other")
		var task planning.Task
		for i, home := range []world{w, other} {
			write(t, b.Store, home.scope, func(tx *store.Tx) (err error) {
				saved, err := tx.PutTask(planning.Task{Organisation: home.organisation, Title: "Łódź: Notfallübung planen", Body: "100 % of αξιολόγηση"})
				if i == 0 {
					task = saved
				}
				return err
			})
		}
		search := func(words string) (out []string) {
			read(t, b.Store, w.scope, func(tx *store.Tx) error {
				hits, err := tx.Search(words, 10)
				for _, h := range hits {
					if h.Organisation != w.organisation {
						t.Errorf("%q found a row of others: %+v", words, h)
					}
					out = append(out, h.Kind+": "+h.Title)
				}
				return err
			})
			return out
		}
		planned := []string{"task: Łódź: Notfallübung planen"}
		for words, want := range map[string][]string{
			"notfallubung": planned, "LODZ planen": planned, "αξιολογηση": planned, "100 %": planned,
			"lodz nothing": nil, "%": planned, "_": nil, "": nil, "acme": {"organisation: acme Ltd"},
		} {
			if diff := cmp.Diff(want, search(words)); diff != "" {
				t.Errorf("%q: %s", words, diff)
			}
		}
		narrow := system().In(w.workspace, id.New())
		read(t, b.Store, narrow, func(tx *store.Tx) error {
			hits, err := tx.Search("planen", 10)
			if diff := cmp.Diff([]desk.Hit(nil), hits); diff != "" {
				t.Error(diff)
			}
			return err
		})
		task.Title = "Renamed"
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return drop(tx.PutTask(task)) })
		if got := fmt.Sprint(search("planen"), search("renamed")); got != "[] [task: Renamed]" {
			t.Error(got)
		}
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.RemoveTask(task.ID) })
		if got := search("renamed"); got != nil {
			t.Error(got)
		}
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.RemoveOrganisation(w.organisation) })
		if got := search("acme"); got != nil {
			t.Error(got)
		}
	})
}

// TestRestoreOlder restores a dump of older tables and then brings them up to date.
func TestRestoreOlder(t *testing.T) {
	const first = 1
	for name, target := range map[string]string{"SQLite": storetest.SQLite(t), "PostgreSQL": kit.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(t.Context(), target, store.Options{Schema: first})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			old := `{"format":"nisaba-dump/1","schema":1}
{"table":"people","columns":["created_at","digest","disabled","email","id","language","name","password_hash","totp_last_step","totp_secret","version"]}
[1,"",false,"anna@example.org","p","en","Anna","",0,"",1]
{"rows":1}
`
			if _, err := s.Restore(t.Context(), opened(old)); err != nil {
				t.Fatal(err)
			}
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			read(t, s, system(), func(tx *store.Tx) error {
				p, err := tx.PersonByEmail("anna@example.org")
				if err == nil && p.Name != "Anna" {
					t.Errorf("%+v", p)
				}
				return err
			})
			list, err := store.Migrations(t.Context(), target)
			if err != nil || len(list) < 5 || list[len(list)-1].AppliedAt.IsZero() {
				t.Errorf("%+v %v", list, err)
			}
		})
	}
}
