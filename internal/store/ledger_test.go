package store_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/posture"
)

func signer(t *testing.T) ledger.Signer {
	t.Helper()
	private, public, err := ledger.GenerateKey(rand.Reader, "test.example")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSigner(private, public)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func answer(w world, question, option string, version int64) assessment.Answer {
	return assessment.Answer{Organisation: w.organisation, Version: version,
		Answer: posture.Answer{Question: question, Options: []string{option}}}
}

// giveAnswers makes n changes, in transactions of one to three.
func giveAnswers(t testing.TB, s *store.Store, w world, from, n int) {
	t.Helper()
	for i := from; i < from+n; {
		write(t, s, w.scope, func(tx *store.Tx) error {
			for range i%3 + 1 {
				if i >= from+n {
					break
				}
				if _, err := tx.PutAnswer(answer(w, fmt.Sprintf("q%03d", i), "yes", 0)); err != nil {
					return err
				}
				i++
			}
			return nil
		})
	}
}

func verified(t *testing.T, s *store.Store, scope tenant.Scope, public string) store.LedgerReport {
	t.Helper()
	r, err := s.VerifyLedger(t.Context(), scope, store.Trust{Keys: public})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLedgerRecordsEveryChange(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		var a assessment.Answer
		write(t, b.Store, w.scope, func(tx *store.Tx) (err error) {
			a, err = tx.PutAnswer(answer(w, "q1", "no", 0))
			return err
		})
		b.Clock.Move(time.Minute)
		a.Options = []string{"yes"}
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return drop(tx.PutAnswer(a)) })
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.RemoveAnswer(w.organisation, "q1") })
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			entries, err := tx.Entries(store.Filter{Kind: "answer"})
			var actions []string
			for _, e := range entries {
				actions = append(actions, e.Action)
				if e.Actor != "tester" || e.From != "192.0.2.7" || e.Reason != "test" || e.Object != w.organisation+"/q1" || e.Organisation != w.organisation {
					t.Errorf("entry %+v", e)
				}
			}
			if diff := cmp.Diff([]string{"answer.remove", "answer.change", "answer.create"}, actions); diff != "" {
				t.Error(diff)
			}
			fields, err2 := entries[1].Changes()
			var names []string
			for _, f := range fields {
				names = append(names, f.Name)
			}
			if diff := cmp.Diff([]string{"options", "updated_at", "version"}, names); diff != "" || err2 != nil {
				t.Error(diff, err2)
			}
			return err
		})
		if r := verified(t, b.Store, w.scope, ""); len(r.Faults) != 0 || r.Size != 6 {
			t.Errorf("%+v", r)
		}
	})
}

func TestNothingIsRecordedOfAFailedChange(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	w := makeWorld(t, b.Store, "acme")
	before := verified(t, b.Store, w.scope, "").Size
	err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error {
		if _, err := tx.PutAnswer(answer(w, "q1", "no", 0)); err != nil {
			return err
		}
		return fmt.Errorf("second thoughts")
	})
	if err == nil || verified(t, b.Store, w.scope, "").Size != before {
		t.Errorf("error %v, ledger grew from %d", err, before)
	}
}

func TestStaleChangeIsRefused(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		giveAnswers(t, b.Store, w, 0, 1)
		for _, version := range []int64{0, 2, -1} {
			err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return drop(tx.PutAnswer(answer(w, "q000", "no", version))) })
			if fault.KindOf(err) != fault.Conflict {
				t.Errorf("version %d: %v", version, err)
			}
		}
	})
}

func TestSealAndProve(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, key := makeWorld(t, b.Store, "acme"), signer(t)
		giveAnswers(t, b.Store, w, 0, 20)
		if n, err := b.SealLedgers(t.Context(), key, "test", nil); n != 2 || err != nil {
			t.Fatalf("%d ledgers sealed, %v", n, err)
		}
		if n, err := b.SealLedgers(t.Context(), key, "test", nil); n != 0 || err != nil {
			t.Errorf("sealed again without need: %d, %v", n, err)
		}
		old := verified(t, b.Store, w.scope, key.Public())
		giveAnswers(t, b.Store, w, 20, 17)
		if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
			t.Fatal(err)
		}
		now := verified(t, b.Store, w.scope, key.Public())
		if len(now.Faults) != 0 || now.Checkpoints != 2 || now.Size != old.Size+17 {
			t.Fatalf("%+v", now)
		}
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			for seq := range now.Size {
				p, err := tx.ProveInclusion(seq)
				if err != nil {
					return err
				}
				if err := ledger.CheckInclusion(p.Hashes, p.Size, now.Root, seq, p.Entry.Hash(w.workspace)); err != nil {
					t.Errorf("entry %d: %v", seq, err)
				}
			}
			p, err := tx.ProveConsistency(old.Size, now.Size)
			if err != nil {
				return err
			}
			if err := ledger.CheckConsistency(p, old.Size, old.Root, now.Size, now.Root); err != nil {
				t.Error(err)
			}
			if ledger.CheckConsistency(p, old.Size, now.Root, now.Size, old.Root) == nil {
				t.Error("a wrong root was accepted")
			}
			return nil
		})
		all, err := b.VerifyAllLedgers(t.Context(), store.Trust{Keys: key.Public()})
		if err != nil || len(all) != 2 || all[0].Workspace != "" || len(all[0].Faults)+len(all[1].Faults) != 0 {
			t.Errorf("%+v %v", all, err)
		}
		if r := verified(t, b.Store, w.scope, signer(t).Public()); len(r.Faults) != 2 {
			t.Errorf("the signatures of another key: %+v", r.Faults)
		}
	})
}

// unlock takes the append-only protection off, as somebody with the database file
// can.
func unlock(t *testing.T, db *sql.DB, engine string) {
	t.Helper()
	for _, table := range []string{"ledger_entries", "ledger_hashes", "checkpoints", "checkpoint_stamps"} {
		statements := []string{"DROP TRIGGER " + table + "_no_UPDATE", "DROP TRIGGER " + table + "_no_DELETE"}
		if engine == "PostgreSQL" {
			statements = []string{"DROP TRIGGER " + table + "_append_only ON " + table, "ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY"}
		}
		for _, s := range statements {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestTampering flips one thing at a time and expects to be told where.
func TestTampering(t *testing.T) {
	for _, tc := range []struct {
		name, statement string
		seq             int64
		what            string
	}{
		{"one byte of a value", `UPDATE ledger_entries SET after = REPLACE(after, 'yes', 'yEs') WHERE seq = 7`, 7, "entry was changed"},
		{"the time", `UPDATE ledger_entries SET at = at - 1 WHERE seq = 12`, 12, "entry was changed"},
		{"the name", `UPDATE ledger_entries SET actor = 'somebody' WHERE seq = 0`, 0, "entry was changed"},
		{"moved to another workspace's organisation", `UPDATE ledger_entries SET organisation_id = 'x' WHERE seq = 3`, 3, "entry was changed"},
		{"the hash of an entry", `UPDATE ledger_hashes SET hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE place = 15`, 8, "stored hash"},
		{"an inner hash", `UPDATE ledger_hashes SET hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' WHERE place = 2`, 1, "hash 2 above"},
		{"an entry is gone", `DELETE FROM ledger_entries WHERE seq = 9`, 9, "missing"},
		{"the last entry is gone", `DELETE FROM ledger_entries WHERE seq = 22`, 22, "23 entries"},
		{"the head", `UPDATE ledger_heads SET edges = REPLACE(edges, '=', '-')`, -1, "head"},
		{"the checkpoint", `UPDATE checkpoints SET note = REPLACE(note, 'test/', 'tost/')`, -1, "signature"},
		{"a number", `UPDATE ledger_entries SET seq = 99 WHERE seq = 22`, 99, "number"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := storetest.Open(t, storetest.SQLite(t))
			tampered(t, b, tc.statement, tc.seq, tc.what)
		})
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		b := storetest.Open(t, kit.Postgres(t))
		tampered(t, b, `UPDATE ledger_entries SET after = REPLACE(after, 'yes', 'yEs') WHERE seq = 7`, 7, "entry was changed")
	})
}

func tampered(t *testing.T, b *storetest.Bench, statement string, seq int64, what string) {
	t.Helper()
	w, key := makeWorld(t, b.Store, "acme"), signer(t)
	giveAnswers(t, b.Store, w, 0, 20)
	if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
		t.Fatal(err)
	}
	if r := verified(t, b.Store, w.scope, key.Public()); len(r.Faults) != 0 || r.Size != 23 {
		t.Fatalf("before: %+v", r)
	}
	db := storetest.Raw(t, b.Target)
	if _, err := db.ExecContext(t.Context(), statement); err == nil && strings.Contains(statement, "ledger_entries") && b.Engine() == "SQLite" {
		t.Error("the ledger is not append-only")
	}
	unlock(t, db, b.Engine())
	if r, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	} else if n, err := r.RowsAffected(); n == 0 || err != nil {
		t.Fatalf("the tampering did nothing: %d, %v", n, err)
	}
	r := verified(t, b.Store, w.scope, key.Public())
	if len(r.Faults) == 0 || r.Faults[0].Seq != seq || !strings.Contains(r.Faults[0].What, what) {
		t.Errorf("faults %+v, want entry %d, %q", r.Faults, seq, what)
	}
}

// TestForgedLedger rewrites an entry and everything that is built on it, as somebody
// with the program and the database could: only the signed checkpoint shows it.
func TestForgedLedger(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	w, key := makeWorld(t, b.Store, "acme"), signer(t)
	giveAnswers(t, b.Store, w, 0, 5)
	if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
		t.Fatal(err)
	}
	forge(t, b, w, 4)
	r := verified(t, b.Store, w.scope, key.Public())
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "not those that were signed") {
		t.Errorf("%+v", r.Faults)
	}
}

// forge gives an entry another actor and makes everything that is built on it anew.
func forge(t *testing.T, b *storetest.Bench, w world, seq int64) {
	t.Helper()
	var entries []ledger.Entry
	read(t, b.Store, w.scope, func(tx *store.Tx) error {
		return tx.EachEntry(func(e ledger.Entry) error { entries = append(entries, e); return nil })
	})
	entries[seq].Actor = "somebody"
	db := storetest.Raw(t, b.Target)
	unlock(t, db, b.Engine())
	var f ledger.Frontier
	place := 0
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`UPDATE ledger_entries SET actor = 'somebody' WHERE seq = ? AND workspace_id = ?`, seq, w.workspace)
	for _, e := range entries {
		for _, h := range f.Append(e.Hash(w.workspace)) {
			exec(`UPDATE ledger_hashes SET hash = ? WHERE place = ? AND workspace_id = ?`, h.String(), place, w.workspace)
			place++
		}
	}
	edges, err := f.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	exec(`UPDATE ledger_heads SET edges = ? WHERE workspace_id = ?`, string(edges), w.workspace)
}

// memory is a witness for tests.
type memory struct{ seals store.Seals }

func (m *memory) Seals() (store.Seals, error) { return maps.Clone(m.seals), nil }
func (m *memory) Keep(s store.Seals) error    { m.seals = s; return nil }

// TestForgerWithoutCheckpoints: somebody with the database and the program throws away
// the checkpoints that would tell on them. What was signed is known elsewhere: the check
// says so, and nothing signs the forgery.
func TestForgerWithoutCheckpoints(t *testing.T) {
	for name, tc := range map[string]struct {
		forged     int64 // entry; −1: none
		statements []string
		what       []string // of faults
		sealed     bool     // the ledger can still be signed
	}{
		"untouched":              {-1, nil, nil, true},
		"a checkpoint is gone":   {-1, []string{`DELETE FROM checkpoints`}, []string{"is gone"}, true},
		"rewritten from entry 4": {4, []string{`DELETE FROM checkpoints`}, []string{"is gone", "not those that were signed"}, false},
		"cut off": {-1, []string{`DELETE FROM checkpoints`, `DELETE FROM ledger_entries WHERE workspace_id = 'acme'`, `DELETE FROM ledger_hashes WHERE workspace_id = 'acme'`,
			`DELETE FROM ledger_heads WHERE workspace_id = 'acme'`}, []string{"is gone", "but there are 0"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, witness := storetest.Open(t, storetest.SQLite(t)), &memory{seals: store.Seals{}}
			w, key := makeWorld(t, b.Store, "acme"), signer(t)
			giveAnswers(t, b.Store, w, 0, 5)
			if _, err := b.SealLedgers(t.Context(), key, "test", witness); err != nil {
				t.Fatal(err)
			}
			if tc.forged >= 0 {
				forge(t, b, w, tc.forged)
			}
			db := storetest.Raw(t, b.Target)
			if tc.forged < 0 {
				unlock(t, db, "SQLite")
			}
			for _, statement := range tc.statements {
				if _, err := db.ExecContext(t.Context(), strings.ReplaceAll(statement, "'acme'", "'"+w.workspace+"'")); err != nil {
					t.Fatal(err)
				}
			}
			all, err := b.VerifyAllLedgers(t.Context(), store.Trust{Keys: key.Public(), Seals: witness.seals})
			if err != nil {
				t.Fatal(err)
			}
			var found []store.LedgerFault
			for _, r := range all {
				if r.Workspace == w.workspace {
					found = r.Faults
				}
			}
			if len(found) != len(tc.what) {
				t.Fatalf("faults %+v", found)
			}
			for i, f := range found {
				if !strings.Contains(f.What, tc.what[i]) {
					t.Errorf("fault %+v, want %q", f, tc.what[i])
				}
			}
			before := witness.seals[w.workspace]
			giveAnswers(t, b.Store, w, 5, 6)
			_, err = b.SealLedgers(t.Context(), key, "test", witness)
			if after := witness.seals[w.workspace]; (err == nil) != tc.sealed || (after != before) != tc.sealed {
				t.Errorf("signed afterwards: %v; %v, then %v", err, before, after)
			}
		})
	}
}

// TestWitnessOfEarlierCheckpoints: a witness that comes later learns what was signed.
func TestWitnessOfEarlierCheckpoints(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w, key, witness := makeWorld(t, b.Store, "acme"), signer(t), &memory{seals: store.Seals{}}
		if _, err := b.SealLedgers(t.Context(), key, "test", nil); err != nil {
			t.Fatal(err)
		}
		if n, err := b.SealLedgers(t.Context(), key, "test", witness); n != 0 || err != nil {
			t.Errorf("%d signed again: %v", n, err)
		}
		k := witness.seals[w.workspace]
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			root, err := tx.RootOf(k.Size)
			if k.Size != 3 || k.Root != root.String() || len(witness.seals) != 2 {
				t.Errorf("the witness knows %v", witness.seals)
			}
			return err
		})
	})
}

func TestLedgersAreApart(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		mine, theirs := makeWorld(t, b.Store, "mine"), makeWorld(t, b.Store, "theirs")
		giveAnswers(t, b.Store, theirs, 0, 9)
		narrow := system().In(theirs.workspace, mine.organisation) // reaches no organisation there
		read(t, b.Store, mine.scope, func(tx *store.Tx) error {
			entries, err := tx.Entries(store.Filter{})
			if len(entries) != 3 {
				t.Errorf("%d entries", len(entries))
			}
			if _, err := tx.Entry(5); fault.KindOf(err) != fault.NotFound {
				t.Errorf("entry of others: %v", err)
			}
			if _, err := tx.ProveInclusion(5); fault.KindOf(err) != fault.NotFound {
				t.Errorf("proof for others: %v", err)
			}
			return err
		})
		read(t, b.Store, narrow, func(tx *store.Tx) error {
			entries, err := tx.Entries(store.Filter{})
			if len(entries) != 0 {
				t.Errorf("%d entries in a limited scope", len(entries))
			}
			return err
		})
		if _, err := b.VerifyLedger(t.Context(), narrow, store.Trust{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("check with a limited scope: %v", err)
		}
		for _, scope := range []tenant.Scope{mine.scope, theirs.scope} {
			write(t, b.Store, scope, func(tx *store.Tx) error {
				if first, err := tx.Mark("m"); !first || err != nil {
					t.Errorf("mark: %v %v", first, err)
				}
				again, err := tx.Mark("m")
				if again {
					t.Error("the mark was set twice")
				}
				return err
			})
		}
		refused(t, "undo of others", b.Write(t.Context(), mine.scope, by, func(tx *store.Tx) error { return tx.Undo(5) }))
	})
}

func lastSeq(t *testing.T, s *store.Store, w world) int64 {
	t.Helper()
	var seq int64
	read(t, s, w.scope, func(tx *store.Tx) error {
		entries, err := tx.Entries(store.Filter{Limit: 1})
		seq = entries[0].Seq
		return err
	})
	return seq
}

func TestUndo(t *testing.T) {
	kit.Each(t, func(t *testing.T, b *storetest.Bench) {
		w := makeWorld(t, b.Store, "acme")
		var task planning.Task
		put := func(title string) int64 {
			task.Organisation, task.Title = w.organisation, title
			write(t, b.Store, w.scope, func(tx *store.Tx) (err error) {
				task, err = tx.PutTask(task)
				return err
			})
			return lastSeq(t, b.Store, w)
		}
		undo := func(seq int64) error {
			return b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return tx.Undo(seq) })
		}
		title := func() string {
			var got planning.Task
			err := b.Read(t.Context(), w.scope, func(tx *store.Tx) (err error) {
				got, err = tx.Task(task.ID)
				return err
			})
			if fault.KindOf(err) == fault.NotFound && err != nil {
				return "(none)"
			}
			task.Version = got.Version
			return got.Title
		}
		made, changed := put("one"), put("two")
		if err := undo(made); fault.KindOf(err) != fault.Conflict {
			t.Errorf("undo of what was changed since: %v", err)
		}
		if err := undo(changed); err != nil || title() != "one" {
			t.Errorf("undo: %v, title %q", err, title())
		}
		if err := undo(lastSeq(t, b.Store, w)); err != nil || title() != "two" {
			t.Errorf("undo of the undo: %v, title %q", err, title())
		}
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.RemoveTask(task.ID) })
		if err := undo(lastSeq(t, b.Store, w)); err != nil || title() != "two" {
			t.Errorf("undo of a removal: %v, title %q", err, title())
		}
		put("three")
		write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.Restore(made) })
		if title() != "one" {
			t.Errorf("restored title %q", title())
		}
		last := lastSeq(t, b.Store, w)
		read(t, b.Store, w.scope, func(tx *store.Tx) error {
			e, err := tx.Entry(last)
			if of, why, ok := e.Rewound(); of != made || why != by.Reason || !ok {
				t.Errorf("the entry says that it restores entry %d, %q, %v", of, why, ok)
			}
			return err
		})
		err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return tx.Restore(made) })
		if !errors.Is(err, store.ErrHolds) || lastSeq(t, b.Store, w) != last {
			t.Errorf("restoring what holds already: %v, entry %d after %d", err, lastSeq(t, b.Store, w), last)
		}
		b.Clock.Move(store.UndoFor + time.Second)
		if err := undo(last); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("undo after 30 days: %v", err)
		}
		if r := verified(t, b.Store, w.scope, ""); len(r.Faults) != 0 {
			t.Errorf("%+v", r.Faults)
		}
	})
}

func TestUndoOfWhatTheLedgerDoesNotHold(t *testing.T) {
	b := storetest.Open(t, storetest.SQLite(t))
	w := makeWorld(t, b.Store, "acme")
	write(t, b.Store, w.scope, func(tx *store.Tx) error {
		return drop(tx.PutInvitation(tenant.Invitation{Role: "editor", TokenHash: "secret-hash"}))
	})
	if err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return tx.Undo(lastSeqIn(tx)) }); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("undo of an invitation: %v", err)
	}
	db := storetest.Raw(t, b.Target)
	if leaked := column(t, db, `SELECT object FROM ledger_entries WHERE after LIKE '%secret-hash%' OR before LIKE '%secret-hash%'`); len(leaked) != 0 {
		t.Errorf("the ledger holds a secret: %v", leaked)
	}
	write(t, b.Store, w.scope, func(tx *store.Tx) error { return tx.RemoveOrganisation(w.organisation) })
	if err := b.Write(t.Context(), w.scope, by, func(tx *store.Tx) error { return tx.Undo(lastSeqIn(tx)) }); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("undo of the removal of an organisation: %v", err)
	}
}

func lastSeqIn(tx *store.Tx) int64 {
	entries, err := tx.Entries(store.Filter{Limit: 1})
	if err != nil || len(entries) == 0 {
		return -1
	}
	return entries[0].Seq
}
