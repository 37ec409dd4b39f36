package store_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// elsewhere lists the tables that have no probe, and where their scope is tested.
func elsewhere() map[string]string {
	return map[string]string{
		"goose_db_version": "schema",
		"workspaces":       "TestWorkspacesAreApart",
		"people":           "TestSystemOnly", "sessions": "TestSystemOnly", "passes": "TestSystemOnly", "passkeys": "TestSystemOnly", "recovery_codes": "TestSystemOnly",
		"crons": "TestSystemOnly", "counters": "TestSystemOnly", "search": "TestSearch",
		"ledger_heads": "TestLedgersAreApart", "ledger_entries": "TestLedgersAreApart", "ledger_hashes": "TestLedgersAreApart",
		"checkpoints": "TestLedgersAreApart", "checkpoint_stamps": "TestStamps", "marks": "TestLedgersAreApart", "filing_nonces": "TestFilingAcrossWorkspaces",
	}
}

const sqliteTables = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'`

func TestEveryTableHasAProbe(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	tables := column(t, storetest.Raw(t, b.Target), sqliteTables)
	if len(tables) < 30 {
		t.Fatalf("only %d tables", len(tables))
	}
	known := probes()
	for _, name := range tables {
		if _, probed := known[name]; !probed && elsewhere()[name] == "" {
			t.Errorf("table %s has no probe: nothing proves that workspaces do not see each other's rows", name)
		}
	}
}

func column(t testing.TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestIsolation(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		mine, theirs := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		neighbour := mine // another organisation of the same workspace
		neighbour.organisation = id.New()
		write(t, b.Store, mine.scope, func(tx *store.Tx) error {
			return drop(tx.PutOrganisation(tenant.Organisation{ID: neighbour.organisation, Name: "neighbour"}))
		})
		narrow := system().In(mine.workspace, neighbour.organisation)
		for name, p := range probes() {
			t.Run(name, func(t *testing.T) {
				apart(t, b.Store, p, mine.scope, mine, theirs)
				if !p.shared {
					apart(t, b.Store, p, narrow, neighbour, mine)
				}
			})
		}
	})
}

// apart proves that the scope, which is that of the world own, does not reach the
// row of another world.
func apart(t *testing.T, s *store.Store, p probe, scope tenant.Scope, own, other world) {
	t.Helper()
	key := id.New()
	write(t, s, other.scope, func(tx *store.Tx) error { return p.put(tx, other, key) })
	before := snapshot(t, s, p, other, key)
	listed(t, s, p, other.scope, other, key, true)
	listed(t, s, p, scope, other, key, false)
	listed(t, s, p, scope, own, key, false)
	err := s.Read(t.Context(), scope, func(tx *store.Tx) error { return drop(p.get(tx, other, key)) })
	refused(t, "read", err)
	if p.remove != nil {
		refused(t, "remove", s.Write(t.Context(), scope, by, func(tx *store.Tx) error { return p.remove(tx, other, key) }))
	}
	if err := s.Write(t.Context(), scope, by, func(tx *store.Tx) error { return p.put(tx, other, key) }); err != nil {
		refused(t, "overwrite", err) // where it is allowed, it must be another row
	}
	if err := s.Write(t.Context(), scope, by, func(tx *store.Tx) error { return p.put(tx, own, key) }); err != nil {
		refused(t, "take over", err)
	}
	if diff := cmp.Diff(before, snapshot(t, s, p, other, key)); diff != "" {
		t.Errorf("the row of the others changed (-before +after):\n%s", diff)
	}
	err = s.Read(t.Context(), system(), func(tx *store.Tx) error { return drop(p.list(tx, other)) })
	if err == nil && own.workspace != other.workspace && !listsForTheServer(p) {
		t.Error("a scope of everything lists rows of workspaces")
	}
}

// listsForTheServer is true for the queue and the outbox, whose workers serve all
// workspaces.
func listsForTheServer(p probe) bool { return p.remove == nil }

func snapshot(t *testing.T, s *store.Store, p probe, w world, key string) any {
	t.Helper()
	var v any
	read(t, s, w.scope, func(tx *store.Tx) (err error) {
		v, err = p.get(tx, w, key)
		return err
	})
	return v
}

func listed(t *testing.T, s *store.Store, p probe, scope tenant.Scope, w world, key string, want bool) {
	t.Helper()
	read(t, s, scope, func(tx *store.Tx) error {
		keys, err := p.list(tx, w)
		if fault.KindOf(err) == fault.NotFound {
			keys, err = nil, nil
		}
		found := slices.Contains(keys, key) || slices.Contains(keys, w.person+w.organisation) || slices.Contains(keys, w.organisation)
		if !want && slices.Contains(keys, w.organisation) && scope.Covers(w.organisation) && scope.WorkspaceID() == w.workspace {
			found = slices.Contains(keys, key) // the list is of what the scope owns anyhow
		}
		if found != want {
			t.Errorf("listed: %v, want %v (%d rows)", found, want, len(keys))
		}
		return err
	})
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if k := fault.KindOf(err); err == nil || k != fault.NotFound && k != fault.Conflict {
		t.Errorf("%s: %v", what, err)
	}
}

func TestNoScopeNoRows(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	nothing := func(*store.Tx) error { return nil }
	if b.Read(t.Context(), tenant.Scope{}, nothing) == nil || b.Write(t.Context(), tenant.Scope{}, by, nothing) == nil {
		t.Error("the empty scope was accepted")
	}
	if b.Write(t.Context(), system(), store.Change{}, nothing) == nil {
		t.Error("a change by nobody was accepted")
	}
	w := makeWorld(t, b.Store, "acme")
	err := b.Read(t.Context(), w.scope, func(tx *store.Tx) error {
		return drop(tx.PutOrganisation(tenant.Organisation{Name: "x"}))
	})
	if err == nil {
		t.Error("a transaction that reads has written")
	}
	err = b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return drop(tx.In(w.workspace, "").Organisations()) })
	if err == nil {
		t.Error("a narrowed scope was narrowed again")
	}
}

func TestWorkspacesAreApart(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		mine, theirs := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		read(t, b.Store, mine.scope, func(tx *store.Tx) error {
			w, err := tx.Workspace()
			if w.ID != mine.workspace || w.Name != "mine" {
				t.Errorf("workspace %+v", w)
			}
			if _, err := tx.Workspaces(); err == nil {
				t.Error("a member lists all workspaces")
			}
			return err
		})
		err := b.Write(t.Context(), mine.scope, by, func(tx *store.Tx) error {
			return drop(tx.PutWorkspace(tenant.Workspace{ID: theirs.workspace, Name: "taken", Version: 1}))
		})
		refused(t, "change of another workspace", err)
		narrow := system().In(mine.workspace, mine.organisation)
		refused(t, "change with a limited scope", b.Write(t.Context(), narrow, by, func(tx *store.Tx) error {
			w, err := tx.Workspace() // its name and look are for everybody in it
			if err != nil {
				t.Error(err)
			}
			return drop(tx.PutWorkspace(w))
		}))
		refused(t, "a new organisation with a limited scope", b.Write(t.Context(), narrow, by, func(tx *store.Tx) error {
			return drop(tx.PutOrganisation(tenant.Organisation{Name: "another"}))
		}))
		refused(t, "removal with a limited scope", b.Write(t.Context(), narrow, by, (*store.Tx).RemoveWorkspace))
		write(t, b.Store, mine.scope, (*store.Tx).RemoveWorkspace)
		read(t, b.Store, system(), func(tx *store.Tx) error {
			all, err := tx.Workspaces()
			if len(all) != 1 || all[0].ID != theirs.workspace {
				t.Errorf("workspaces left: %+v", all)
			}
			return err
		})
		read(t, b.Store, theirs.scope, func(tx *store.Tx) error { return drop(tx.Organisation(theirs.organisation)) })
	})
}

func TestSystemOnly(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	w := makeWorld(t, b.Store, "acme")
	for name, f := range map[string]func(*store.Tx) error{
		"Person":               func(tx *store.Tx) error { return drop(tx.Person(w.person)) },
		"PersonByEmail":        func(tx *store.Tx) error { return drop(tx.PersonByEmail("acme@example.org")) },
		"People":               func(tx *store.Tx) error { return drop(tx.People()) },
		"AnyPerson":            func(tx *store.Tx) error { return drop(tx.AnyPerson()) },
		"PutPerson":            func(tx *store.Tx) error { return drop(tx.PutPerson(tenant.Person{Email: "x@example.org"})) },
		"RemovePerson":         func(tx *store.Tx) error { return tx.RemovePerson(w.person) },
		"AcceptTOTPStep":       func(tx *store.Tx) error { return drop(tx.AcceptTOTPStep(w.person, 1)) },
		"MembershipsOf":        func(tx *store.Tx) error { return drop(tx.MembershipsOf(w.person)) },
		"InvitationByToken":    func(tx *store.Tx) error { return drop(tx.InvitationByToken("x")) },
		"TokenByHash":          func(tx *store.Tx) error { return drop(tx.TokenByHash("x")) },
		"TouchToken":           func(tx *store.Tx) error { return tx.TouchToken("x", tx.Now()) },
		"Session":              func(tx *store.Tx) error { return drop(tx.Session("x")) },
		"SessionByToken":       func(tx *store.Tx) error { return drop(tx.SessionByToken("x")) },
		"SessionsOf":           func(tx *store.Tx) error { return drop(tx.SessionsOf(w.person)) },
		"PutSession":           func(tx *store.Tx) error { return drop(tx.PutSession(account.Session{Person: w.person})) },
		"RemoveSession":        func(tx *store.Tx) error { return tx.RemoveSession("x") },
		"TouchSession":         func(tx *store.Tx) error { return tx.TouchSession("x", "", tx.Now()) },
		"SweepSessions":        func(tx *store.Tx) error { return drop(tx.SweepSessions(tx.Now())) },
		"Passkey":              func(tx *store.Tx) error { return drop(tx.Passkey("x")) },
		"PasskeysOf":           func(tx *store.Tx) error { return drop(tx.PasskeysOf(w.person)) },
		"PutPasskey":           func(tx *store.Tx) error { return drop(tx.PutPasskey(account.Passkey{ID: "x", Person: w.person})) },
		"RemovePasskey":        func(tx *store.Tx) error { return tx.RemovePasskey("x") },
		"RecoveryCodesOf":      func(tx *store.Tx) error { return drop(tx.RecoveryCodesOf(w.person)) },
		"ReplaceRecoveryCodes": func(tx *store.Tx) error { return tx.ReplaceRecoveryCodes(w.person, []string{"x"}) },
		"UseRecoveryCode":      func(tx *store.Tx) error { return drop(tx.UseRecoveryCode(w.person, "x")) },
		"Count":                func(tx *store.Tx) error { return drop(tx.Count("x", time.Hour)) },
		"ResetCount":           func(tx *store.Tx) error { return tx.ResetCount("x") },
		"SweepCounters":        func(tx *store.Tx) error { return drop(tx.SweepCounters(tx.Now())) },
		"AddPass":              func(tx *store.Tx) error { return tx.AddPass(account.Pass{Hash: "x"}) },
		"Pass":                 func(tx *store.Tx) error { return drop(tx.Pass(account.Challenge, "x")) },
		"TakePass":             func(tx *store.Tx) error { return drop(tx.TakePass(account.Challenge, "x")) },
		"CountPasses":          func(tx *store.Tx) error { return drop(tx.CountPasses(w.person, account.KnownDevice)) },
		"RemovePassesOf":       func(tx *store.Tx) error { return tx.RemovePassesOf(w.person, account.KnownDevice) },
		"SweepPasses":          func(tx *store.Tx) error { return drop(tx.SweepPasses(tx.Now())) },
		"UnnamedContents":      func(tx *store.Tx) error { return drop(tx.UnnamedContents(nil, tx.Now())) },
		"DelegationByToken":    func(tx *store.Tx) error { _, _, err := tx.DelegationByToken("x"); return err },
		"Claim":                func(tx *store.Tx) error { return drop(tx.Claim([]string{"x"}, "w", time.Minute, 1)) },
		"LastEnqueued":         func(tx *store.Tx) error { return drop(tx.LastEnqueued("x", nil)) },
		"SweepJobs":            func(tx *store.Tx) error { return drop(tx.SweepJobs(tx.Now())) },
		"PutCron":              func(tx *store.Tx) error { return tx.PutCron(work.Cron{Name: "x"}) },
		"Crons":                func(tx *store.Tx) error { return drop(tx.Crons()) },
		"TurnCron":             func(tx *store.Tx) error { return drop(tx.TurnCron(work.Cron{}, tx.Now())) },
		"BeginEffect":          func(tx *store.Tx) error { return drop(tx.BeginEffect("x")) },
		"EndEffect":            func(tx *store.Tx) error { return tx.EndEffect(work.Effect{}, "", tx.Now()) },
		"UnsettledWorkspaces":  func(tx *store.Tx) error { return drop(tx.UnsettledWorkspaces()) },
		"HoldEffect":           func(tx *store.Tx) error { return tx.HoldEffect("x", "") },
		"HeldEffects":          func(tx *store.Tx) error { return drop(tx.HeldEffects("x")) },
		"FailEffect":           func(tx *store.Tx) error { return tx.FailEffect("x", "", true) },
	} {
		if err := b.Write(t.Context(), w.scope, by, f); fault.KindOf(err) != fault.Internal || err == nil || !strings.Contains(err.Error(), "scope of everything") {
			t.Errorf("%s within a workspace: %v", name, err)
		}
	}
}

// TestRowSecurity looks at PostgreSQL without the store: the database alone must
// keep workspaces apart.
func TestRowSecurity(t *testing.T) {
	b := storetest.Open(t, kit.Postgres(t))
	mine, theirs := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
	for _, w := range []world{mine, theirs} {
		write(t, b.Store, w.scope, func(tx *store.Tx) error {
			if _, err := tx.Mark("m"); err != nil {
				return err
			}
			for _, p := range probes() {
				if err := p.put(tx, w, id.New()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	db := storetest.Raw(t, b.Target)
	tables := column(t, db, `SELECT table_name FROM information_schema.columns
		WHERE column_name = 'workspace_id' AND table_schema = 'public' ORDER BY table_name`)
	if len(tables) < 25 {
		t.Fatalf("only %d tables of tenants", len(tables))
	}
	for _, table := range tables {
		count := func(as string) int {
			return countAs(t, db, as, `SELECT COUNT(*) FROM `+table+` WHERE workspace_id <> $1`, mine.workspace)
		}
		if n := count(""); n != 0 {
			t.Errorf("%s: %d rows without a workspace", table, n)
		}
		if n := count(mine.workspace); n != 0 {
			t.Errorf("%s: %d rows of others", table, n)
		}
		if n := count("*"); n == 0 && table != "checkpoints" && table != "checkpoint_stamps" {
			t.Errorf("%s: the system sees no rows of others; the test proves nothing", table)
		}
		if n := changedAs(t, db, mine.workspace, `DELETE FROM `+table+` WHERE workspace_id = $1`, theirs.workspace); n != 0 {
			t.Errorf("%s: %d rows of others deleted", table, n)
		}
	}
}

func as(t *testing.T, db *sql.DB, workspace string, f func(*sql.Tx) error) {
	t.Helper()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if workspace != "" {
		if _, err := tx.Exec(`SELECT set_config('nisaba.workspace', $1, true)`, workspace); err != nil {
			t.Fatal(err)
		}
	}
	if err := f(tx); err != nil {
		t.Fatal(err)
	}
}

func countAs(t *testing.T, db *sql.DB, workspace, query string, args ...any) (n int) {
	t.Helper()
	as(t, db, workspace, func(tx *sql.Tx) error { return tx.QueryRow(query, args...).Scan(&n) })
	return n
}

func changedAs(t *testing.T, db *sql.DB, workspace, statement string, args ...any) (n int64) {
	t.Helper()
	as(t, db, workspace, func(tx *sql.Tx) error {
		r, err := tx.Exec(statement, args...)
		if err != nil {
			return err
		}
		n, err = r.RowsAffected()
		return err
	})
	return n
}
