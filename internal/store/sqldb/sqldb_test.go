package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

var kit storetest.Kit

func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }

func TestRebind(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1": "SELECT 1",
		"SELECT a FROM b WHERE c = ? AND d IN (?, ?)":   "SELECT a FROM b WHERE c = $1 AND d IN ($2, $3)",
		"SELECT 'what?' || ? || 'it''s ?' || ?":         "SELECT 'what?' || $1 || 'it''s ?' || $2",
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?":               "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11",
		"SELECT 'Zürich?' WHERE note = ? -- über alles": "SELECT 'Zürich?' WHERE note = $1 -- über alles",
	} {
		if got := sqldb.Postgres.Rebind(query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
		if got := sqldb.SQLite.Rebind(query); got != query {
			t.Errorf("SQLite: %s", got)
		}
	}
	if got := sqldb.Rows(2, 3); got != "(?, ?, ?), (?, ?, ?)" {
		t.Error(got)
	}
}

func eachEngine(t *testing.T, f func(t *testing.T, target string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { f(t, filepath.Join(t.TempDir(), "a db ?#%.sqlite")) })
	t.Run("PostgreSQL", func(t *testing.T) { f(t, kit.Postgres(t)) })
}

func open(t *testing.T, target string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), target, sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func exec(t *testing.T, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsAreClassified(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		exec(t, db, `CREATE TABLE parents (id TEXT PRIMARY KEY)`)
		exec(t, db, `CREATE TABLE children (id TEXT PRIMARY KEY, parent TEXT REFERENCES parents (id))`)
		exec(t, db, `INSERT INTO parents (id) VALUES (?)`, "p")
		for _, tc := range []struct {
			statement string
			want      error
		}{
			{`INSERT INTO parents (id) VALUES ('p')`, sqldb.ErrDuplicate},
			{`INSERT INTO children (id, parent) VALUES ('c', 'nobody')`, sqldb.ErrReference},
		} {
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(tc.statement); return err })
			if !errors.Is(err, tc.want) {
				t.Errorf("%s: %v", tc.statement, err)
			}
		}
		err := db.Read(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(`INSERT INTO parents (id) VALUES ('q')`); return err })
		if !errors.Is(err, sqldb.ErrRestricted) {
			t.Errorf("write in a transaction that reads: %v", err)
		}
		err = db.Write(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(`SELEKT`); return err })
		if err == nil || errors.Is(err, sqldb.ErrRestricted) {
			t.Errorf("nonsense: %v", err)
		}
	})
}

// TestClashesAreTriedAgain lets writers of two pools, as two processes have, add to
// one number.
func TestClashesAreTriedAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		one, two := open(t, target), open(t, target)
		exec(t, one, `CREATE TABLE sums (id TEXT PRIMARY KEY, n BIGINT NOT NULL)`)
		exec(t, one, `INSERT INTO sums (id, n) VALUES ('a', 0), ('b', 0)`)
		var group sync.WaitGroup
		const writers, times = 4, 4
		for i := range writers {
			db, order := []*sqldb.DB{one, two}[i%2], [][2]string{{"a", "b"}, {"b", "a"}}[i/2] // locks in either order: deadlocks
			group.Go(func() {
				for range times {
					err := db.Write(context.Background(), func(tx *sqldb.Tx) error {
						for _, id := range order {
							if _, err := tx.Exec(`UPDATE sums SET n = n + 1 WHERE id = ?`, id); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		err := one.Read(t.Context(), func(tx *sqldb.Tx) error {
			sums, err := sqldb.Collect(tx, sqldb.Single[int64], `SELECT n FROM sums ORDER BY id`)
			if fmt.Sprint(sums) != fmt.Sprintf("[%d %d]", writers*times, writers*times) {
				t.Errorf("sums %v", sums)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestReadsSeeOneState writes between two reads of one transaction.
func TestReadsSeeOneState(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		exec(t, db, `CREATE TABLE rows_of_test (n BIGINT)`)
		count := func(tx *sqldb.Tx) int64 {
			n, _, err := sqldb.One(tx, sqldb.Single[int64], `SELECT COUNT(*) FROM rows_of_test`)
			if err != nil {
				t.Error(err)
			}
			return n
		}
		err := db.Read(t.Context(), func(tx *sqldb.Tx) error {
			first := count(tx)
			exec(t, db, `INSERT INTO rows_of_test (n) VALUES (1)`)
			if again := count(tx); again != first {
				t.Errorf("%d rows, then %d", first, again)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestGlance: a query by itself sees what is there and the workspace that it was told
// of, writes nothing, and leaves nothing of it on the connection.
func TestGlance(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db, err := sqldb.Open(t.Context(), target, sqldb.Options{MaxConnections: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		exec(t, db, `CREATE TABLE parents (id TEXT PRIMARY KEY)`)
		everywhere := sqldb.InWorkspace(t.Context(), "*")
		ids := func(ctx context.Context, query string, args ...any) (out []string, err error) {
			return out, db.Glance(ctx, func(tx *sqldb.Tx) error {
				out, err = sqldb.Collect(tx, sqldb.Single[string], query, args...)
				return err
			})
		}
		const all = `SELECT id FROM parents WHERE id <> ?`
		for _, ctx := range []context.Context{t.Context(), t.Context(), everywhere, everywhere} { // anew, and with statements that are kept
			exec(t, db, `DELETE FROM parents`)
			exec(t, db, `INSERT INTO parents (id) VALUES (?)`, "p")
			if got, err := ids(ctx, all, ""); err != nil || len(got) != 1 || got[0] != "p" {
				t.Errorf("%q %v", got, err)
			}
			if got, err := ids(ctx, `INSERT INTO parents (id) VALUES (?) RETURNING id`, "q"); !errors.Is(err, sqldb.ErrRestricted) {
				t.Errorf("a glance wrote %q: %v", got, err)
			}
			if err := db.Glance(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(`DELETE FROM parents`); return err }); !errors.Is(err, sqldb.ErrRestricted) {
				t.Errorf("a glance deleted: %v", err)
			}
			if got, err := ids(ctx, all, ""); err != nil || len(got) != 1 {
				t.Errorf("after what was refused: %q %v", got, err)
			}
			if _, err := ids(ctx, `SELECT id FROM nowhere WHERE id <> ?`, ""); err == nil {
				t.Error("a table that is not there was read")
			}
		}
		if db.Dialect != sqldb.Postgres {
			return
		}
		const workspace = `SELECT COALESCE(current_setting('nisaba.workspace', true), '') || ? || current_setting('transaction_read_only')`
		for _, tc := range []struct {
			ctx  context.Context
			want string
		}{{sqldb.InWorkspace(t.Context(), "one"), "one/on"}, {t.Context(), "/on"}, {sqldb.InWorkspace(t.Context(), "*"), "*/on"}, {sqldb.InWorkspace(t.Context(), "two"), "two/on"}} {
			if got, err := ids(tc.ctx, workspace, "/"); err != nil || got[0] != tc.want {
				t.Errorf("%q %v, want %s", got, err, tc.want)
			}
			var left string
			if err := db.Pool().QueryRowContext(t.Context(), `SELECT COALESCE(current_setting('nisaba.workspace', true), '') || '/' || current_setting('transaction_read_only')`).Scan(&left); err != nil || left != "/off" {
				t.Errorf("the connection is left with %q: %v", left, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := ids(ctx, `SELECT pg_sleep(30)::text || ?`, ""); err == nil || ctx.Err() == nil {
			t.Errorf("a glance that takes too long: %v", err)
		}
		exec(t, db, `INSERT INTO parents (id) VALUES (?)`, "r") // the pool goes on
		exec(t, db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'nisaba'`)
		if got, err := ids(everywhere, all, ""); err != nil || len(got) != 2 {
			t.Errorf("after the connections were lost: %q %v", got, err)
		}
	})
}

func TestPanicRollsBack(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		exec(t, db, `CREATE TABLE rows_of_test (n BIGINT)`)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Write(t.Context(), func(tx *sqldb.Tx) error { // it panics before it can return
				if _, err := tx.Exec(`INSERT INTO rows_of_test (n) VALUES (1)`); err != nil {
					t.Error(err)
				}
				panic("oh")
			})
		}()
		err := db.Read(t.Context(), func(tx *sqldb.Tx) error {
			n, _, err := sqldb.One(tx, sqldb.Single[int64], `SELECT COUNT(*) FROM rows_of_test`)
			if n != 0 {
				t.Errorf("%d rows", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestCancelledQuery proves that a connection survives, or is replaced, when the
// caller goes away.
func TestCancelledQuery(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		slow := `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n` // never ends
		if db.Dialect == sqldb.Postgres {
			slow = `SELECT pg_sleep(60)`
		}
		for range 12 { // more than there are connections
			for _, in := range []func(context.Context, func(*sqldb.Tx) error) error{db.Read, db.Write} {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
				err := in(ctx, func(tx *sqldb.Tx) error { _, err := tx.Exec(slow); return err })
				cancel()
				if err == nil {
					t.Fatal("the query was not cancelled")
				}
			}
		}
		exec(t, db, `CREATE TABLE after_all (n BIGINT)`)
	})
}

// TestLostConnections ends the connections of a pool behind its back, as a database
// does that is started anew: nobody notices.
func TestLostConnections(t *testing.T) {
	target := kit.Postgres(t)
	db, other := open(t, target), open(t, target)
	exec(t, db, `CREATE TABLE notes (n BIGINT)`)
	write := func(tx *sqldb.Tx) error {
		_, err := tx.Exec(`INSERT INTO notes (n) VALUES (?)`, 1)
		return err
	}
	read := func(tx *sqldb.Tx) error {
		_, err := sqldb.Collect(tx, sqldb.Single[int64], `SELECT n FROM notes`)
		return err
	}
	for _, next := range []func() error{
		func() error { return db.Write(t.Context(), write) },
		func() error { return db.Read(t.Context(), read) },
		func() error {
			return db.Read(t.Context(), func(tx *sqldb.Tx) error {
				if err := tx.Ahead(func(tx *sqldb.Tx) { _ = read(tx) }); err != nil {
					return err
				}
				return read(tx)
			})
		},
	} {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if err := db.Read(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(`SELECT pg_sleep(0.05)`); return err }); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		const others = ` FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`
		exec(t, other, `SELECT pg_terminate_backend(pid)`+others)
		left := 1
		for end := time.Now().Add(time.Minute); left > 0 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) { // the servers' ends take a moment to close
			if err := other.Pool().QueryRowContext(t.Context(), `SELECT COUNT(*)`+others).Scan(&left); err != nil {
				t.Fatal(err)
			}
		}
		if err := next(); err != nil {
			t.Error(err)
		}
	}
	n := 0
	err := db.Read(t.Context(), func(tx *sqldb.Tx) error {
		all, err := sqldb.Collect(tx, sqldb.Single[int64], `SELECT n FROM notes`)
		n = len(all)
		return err
	})
	if err != nil || n != 1 {
		t.Errorf("%d notes, %v", n, err)
	}
}

// TestLegible: texts that one of the engines cannot keep are refused by both, as the
// fault of who sent them.
func TestLegible(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		exec(t, db, `CREATE TABLE t (name TEXT PRIMARY KEY)`)
		for text, fine := range map[string]bool{"Zoë – ⟪x⟫": true, "": true, "a\x00b": false, "\xff": false, "a\xc3": false} {
			write := db.Write(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(`INSERT INTO t (name) VALUES (?)`, text); return err })
			read := db.Read(t.Context(), func(tx *sqldb.Tx) error {
				_, err := sqldb.Collect(tx, sqldb.Single[string], `SELECT name FROM t WHERE name = ?`, text)
				return err
			})
			for _, err := range []error{write, read} {
				if (err == nil) != fine || err != nil && fault.KindOf(err) != fault.Invalid {
					t.Errorf("%q: %v", text, err)
				}
			}
		}
	})
}

// TestOldServer: a server that says it is too old is refused at once, with what would do.
func TestOldServer(t *testing.T) {
	target := kit.Postgres(t)
	db := open(t, target)
	exec(t, db, `CREATE SCHEMA old`)
	exec(t, db, `CREATE FUNCTION old.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '110022'::text $$`)
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", "old,pg_catalog,public") // its function comes before that of the server
	u.RawQuery = q.Encode()
	_, err = sqldb.Open(t.Context(), u.String(), sqldb.Options{})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 11; use 12 or newer") {
		t.Error(err)
	}
}

func TestOpenHidesThePassword(t *testing.T) {
	for _, target := range []string{
		"postgres://nisaba:hunter2@127.0.0.1:1/x?connect_timeout=1",
		"postgres://nisaba:hunter2@[::1/x",
		"postgres://nisaba:hunter2@127.0.0.1:99999/x",
	} {
		_, err := sqldb.Open(t.Context(), target, sqldb.Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

// TestStatementsAreKept: the same query while its rows are being read, a table that
// changes between two uses, and more different queries than a connection keeps.
func TestStatementsAreKept(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		numbers := func(tx *sqldb.Tx, query string, args ...any) []int64 {
			t.Helper()
			all, err := sqldb.Collect(tx, sqldb.Single[int64], query, args...)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		write := func(f func(tx *sqldb.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		const query = "SELECT n FROM kept WHERE n > ? ORDER BY n"
		write(func(tx *sqldb.Tx) error {
			if _, err := tx.Exec("CREATE TABLE kept (n BIGINT NOT NULL)"); err != nil {
				return err
			}
			for n := range 3 {
				if _, err := tx.Exec("INSERT INTO kept (n) VALUES (?)", n); err != nil {
					return err
				}
			}
			return nil
		})
		write(func(tx *sqldb.Tx) error {
			if db.Dialect == sqldb.Postgres { // has one reader a connection, as the store knows
				return nil
			}
			var pairs []string
			err := tx.Each(func(r sqldb.Row) error {
				var n int64
				if err := r.Scan(&n); err != nil {
					return err
				}
				pairs = append(pairs, fmt.Sprint(n, numbers(tx, query, n)))
				return nil
			}, query, -1)
			if want := "0 [1 2];1 [2];2 []"; err != nil || strings.Join(pairs, ";") != want {
				t.Errorf("%v, %v; want %s", pairs, err, want)
			}
			return nil
		})
		write(func(tx *sqldb.Tx) error {
			_, err := tx.Exec("ALTER TABLE kept ADD COLUMN note TEXT NOT NULL DEFAULT 'x'")
			return err
		})
		write(func(tx *sqldb.Tx) error {
			for i := range 2000 {
				if got := numbers(tx, fmt.Sprintf("SELECT n + %d FROM kept WHERE n = ?", i), 2); len(got) != 1 || got[0] != int64(i+2) {
					t.Fatalf("query %d gives %v", i, got)
				}
			}
			if got := numbers(tx, query, 0); fmt.Sprint(got) != "[1 2]" {
				t.Errorf("after the table changed: %v", got)
			}
			return nil
		})
	})
}

// names are those of a table t, as the transaction sees them.
func names(t *testing.T, tx *sqldb.Tx, from string) string {
	t.Helper()
	list, err := sqldb.Collect(tx, sqldb.Single[string], `SELECT name FROM t WHERE name >= ? ORDER BY name`, from)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestLaterStatements(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		exec(t, db, `CREATE TABLE t (name TEXT PRIMARY KEY)`)
		insert := func(tx *sqldb.Tx, name string) {
			if err := tx.ExecLater(`INSERT INTO t (name) VALUES (?)`, name); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			insert(tx, "a")
			insert(tx, "b")
			if got := names(t, tx, ""); got != "a b" {
				t.Errorf("a query sees %q", got)
			}
			insert(tx, "c")
			if n, err := tx.Exec(`DELETE FROM t WHERE name = ?`, "c"); n != 1 || err != nil {
				t.Errorf("a statement finds %d rows: %v", n, err)
			}
			insert(tx, "d") // the end takes it along
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			names(t, tx, "")
			insert(tx, "e")
			return refused
		}); !errors.Is(err, refused) {
			t.Error(err)
		}
		runs := 0
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			runs++
			names(t, tx, "")
			if err := tx.ExecLater(`INSERT INTO t (name) VALUES (?)`, "f"); err != nil {
				return err
			}
			return tx.ExecLater(`INSERT INTO t (name) VALUES (?)`, "a")
		})
		if !errors.Is(err, sqldb.ErrDuplicate) || runs != 1 {
			t.Errorf("after %d runs: %v", runs, err)
		}
		if err := db.Read(t.Context(), func(tx *sqldb.Tx) error {
			if got := names(t, tx, ""); got != "a b d" {
				t.Errorf("there is %q", got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAhead(t *testing.T) {
	eachEngine(t, func(t *testing.T, target string) {
		db := open(t, target)
		exec(t, db, `CREATE TABLE t (name TEXT PRIMARY KEY)`)
		exec(t, db, `INSERT INTO t (name) VALUES ('a'), ('b'), ('c')`)
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			ask := func() {
				if err := tx.Ahead(func(tx *sqldb.Tx) {
					if _, err := tx.Exec(`DELETE FROM t`); db.Dialect == sqldb.Postgres && !errors.Is(err, sqldb.ErrRestricted) {
						t.Errorf("what is asked ahead writes: %v", err)
					}
					if db.Dialect == sqldb.Postgres && names(t, tx, "") != "" {
						t.Error("what is asked ahead is answered at once")
					}
					names(t, tx, "b")
				}); err != nil {
					t.Fatal(err)
				}
			}
			names(t, tx, "") // begins the transaction
			if err := tx.ExecLater(`INSERT INTO t (name) VALUES (?)`, "d"); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				ask()
				for range 2 { // the second time it is asked anew
					if got := names(t, tx, "b") + "; " + names(t, tx, "") + "; " + names(t, tx, "c"); got != "b c d; a b c d; c d" {
						t.Errorf("the answers are %s", got)
					}
				}
			}
			ask()
			if _, err := tx.Exec(`DELETE FROM t WHERE name = ?`, "b"); err != nil {
				t.Fatal(err)
			}
			if got := names(t, tx, "b"); got != "c d" {
				t.Errorf("after a change the answer is %s", got)
			}
			ask() // nobody wants to know
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Read(t.Context(), func(tx *sqldb.Tx) error {
			if got := names(t, tx, ""); got != "a c d" {
				t.Errorf("there is %q", got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		failing := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			names(t, tx, "")
			err := tx.Ahead(func(tx *sqldb.Tx) {
				_, _ = sqldb.Collect(tx, sqldb.Single[string], `SELECT nothing FROM nowhere`)
			})
			if (err == nil) != (db.Dialect == sqldb.SQLite) {
				t.Errorf("a wrong question: %v", err)
			}
			return err
		})
		if (failing == nil) != (db.Dialect == sqldb.SQLite) {
			t.Error(failing)
		}
		exec(t, db, `INSERT INTO t (name) VALUES ('e')`) // the connection is fit for use
	})
}
