package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/account"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/board"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/domain/work"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/internal/store/storetest"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// probe says how the rows of one table are made, found, listed and removed. key
// names the row; organisation is whose it is.
type probe struct {
	put    func(tx *store.Tx, w world, key string) error
	get    func(tx *store.Tx, w world, key string) (any, error)
	list   func(tx *store.Tx, w world) ([]string, error) // keys
	remove func(tx *store.Tx, w world, key string) error // nil: nobody removes one
	shared bool                                          // by all organisations of the workspace

	trip func(t *testing.T, s *store.Store, w world) // every field survives, and so does undo
}

func keysOf[T any](key func(T) string) func([]T, error) ([]string, error) {
	return func(all []T, err error) ([]string, error) {
		var out []string
		for _, v := range all {
			out = append(out, key(v))
		}
		return out, err
	}
}

func drop[T any](_ T, err error) error { return err }

func value[T any](v T, err error) (any, error) { return v, err }

// byID is the probe of an aggregate with an id of its own.
func byID[T any](put func(*store.Tx, T) (T, error), make func(w world, key string) T, get func(*store.Tx, string) (T, error),
	list func(*store.Tx, string) ([]T, error), key func(T) string, remove func(*store.Tx, string) error) probe {
	return probe{
		put: func(tx *store.Tx, w world, k string) error { return drop(put(tx, make(w, k))) },
		get: func(tx *store.Tx, _ world, k string) (any, error) { return value(get(tx, k)) },
		list: func(tx *store.Tx, w world) ([]string, error) {
			return keysOf(key)(list(tx, w.organisation))
		},
		remove: func(tx *store.Tx, _ world, k string) error { return remove(tx, k) },
		trip: func(t *testing.T, s *store.Store, w world) {
			k := id.New()
			roundTrip(t, s, w, make(w, k), put, func(tx *store.Tx) (T, error) { return get(tx, k) },
				func(tx *store.Tx) error { return remove(tx, k) })
		},
	}
}

// byName is the probe of an aggregate that is named within its organisation.
func byName[T any](put func(*store.Tx, T) (T, error), make func(w world, key string) T, get func(*store.Tx, string, string) (T, error),
	list func(*store.Tx, string) ([]T, error), key func(T) string, remove func(*store.Tx, string, string) error) probe {
	return probe{
		put: func(tx *store.Tx, w world, k string) error { return drop(put(tx, make(w, k))) },
		get: func(tx *store.Tx, w world, k string) (any, error) { return value(get(tx, w.organisation, k)) },
		list: func(tx *store.Tx, w world) ([]string, error) {
			return keysOf(key)(list(tx, w.organisation))
		},
		remove: func(tx *store.Tx, w world, k string) error { return remove(tx, w.organisation, k) },
		trip: func(t *testing.T, s *store.Store, w world) {
			k := id.New()
			roundTrip(t, s, w, make(w, k), put, func(tx *store.Tx) (T, error) { return get(tx, w.organisation, k) },
				func(tx *store.Tx) error { return remove(tx, w.organisation, k) })
		},
	}
}

func whole[T any](list func(*store.Tx) ([]T, error)) func(*store.Tx, string) ([]T, error) {
	return func(tx *store.Tx, _ string) ([]T, error) { return list(tx) }
}

// probes has a row for every table with rows of workspaces.
func probes() map[string]probe {
	all := map[string]probe{
		"organisations": byID((*store.Tx).PutOrganisation,
			func(_ world, k string) tenant.Organisation {
				return tenant.Organisation{ID: k, Name: "probe", Kind: tenant.Client}
			},
			(*store.Tx).Organisation, whole((*store.Tx).Organisations), func(o tenant.Organisation) string { return o.ID }, (*store.Tx).RemoveOrganisation),
		"invitations": byID((*store.Tx).PutInvitation,
			func(w world, k string) tenant.Invitation {
				return tenant.Invitation{ID: k, Organisation: w.organisation, Role: "editor", TokenHash: k + w.organisation}
			},
			(*store.Tx).Invitation, whole((*store.Tx).Invitations), func(i tenant.Invitation) string { return i.ID }, (*store.Tx).RemoveInvitation),
		"tokens": byID((*store.Tx).PutToken,
			func(w world, k string) account.Token {
				return account.Token{ID: k, Organisation: w.organisation, Hash: k + w.organisation}
			},
			(*store.Tx).Token, whole((*store.Tx).Tokens), func(t account.Token) string { return t.ID }, (*store.Tx).RemoveToken),
		"settings": byName((*store.Tx).PutSetting,
			func(w world, k string) desk.Setting {
				return desk.Setting{Organisation: w.organisation, Name: k, Value: json.RawMessage(`1`)}
			},
			(*store.Tx).Setting, whole((*store.Tx).Settings), func(s desk.Setting) string { return s.Name }, (*store.Tx).RemoveSetting),
		"saved_views": byID((*store.Tx).PutView,
			func(w world, k string) desk.View {
				return desk.View{ID: k, Person: w.person, Page: "portfolio", Name: "mine", Shared: true}
			},
			(*store.Tx).View, func(tx *store.Tx, _ string) ([]desk.View, error) { return tx.Views("", "portfolio") },
			func(v desk.View) string { return v.ID }, (*store.Tx).RemoveView),
		"members": {
			put: func(tx *store.Tx, w world, _ string) error {
				return drop(tx.PutMembership(tenant.Membership{Person: w.person, Organisation: w.organisation, Role: "editor"}))
			},
			get: func(tx *store.Tx, w world, _ string) (any, error) {
				return value(tx.Membership(w.person, w.organisation))
			},
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(m tenant.Member) string { return m.Person + m.Organisation })(tx.Members())
			},
			remove: func(tx *store.Tx, w world, _ string) error { return tx.RemoveMembership(w.person, w.organisation) },
		},
		"inbox": {
			put: func(tx *store.Tx, w world, k string) error {
				return tx.Notify(desk.Notice{Person: w.person, Organisation: w.organisation, Key: k})
			},
			get: func(tx *store.Tx, w world, k string) (any, error) {
				all, err := tx.Inbox(w.person, 10)
				if i := slices.IndexFunc(all, func(n desk.Notice) bool { return n.Key == k && n.Organisation == w.organisation }); i >= 0 {
					return all[i], nil
				} else if err == nil {
					err = &fault.Error{Kind: fault.NotFound}
				}
				return nil, err
			},
			list: func(tx *store.Tx, w world) ([]string, error) {
				return keysOf(func(n desk.Notice) string { return n.Key })(tx.Inbox(w.person, 10))
			},
		},
		"rollups": {
			put: func(tx *store.Tx, w world, _ string) error {
				return tx.PutRollup(assessment.Rollup{Organisation: w.organisation})
			},
			get: func(tx *store.Tx, w world, _ string) (any, error) { return value(tx.Rollup(w.organisation)) },
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(s assessment.Standing) string { return s.Organisation.ID })(tx.Portfolio())
			},
		},
		"jobs": {
			put: func(tx *store.Tx, w world, k string) error {
				return drop(tx.Enqueue(work.Job{Organisation: w.organisation, Kind: "probe", Unique: k}))
			},
			get: func(tx *store.Tx, w world, k string) (any, error) { return jobWith(tx, k) },
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(j work.Job) string { return j.Unique })(tx.Jobs("", 10))
			},
		},
		"outbox": {
			put: func(tx *store.Tx, w world, k string) error {
				_, _, err := tx.Post(work.Effect{Organisation: w.organisation, Kind: "probe", Key: k})
				return err
			},
			get: func(tx *store.Tx, w world, k string) (any, error) { return effectWith(tx, k) },
			list: func(tx *store.Tx, _ world) ([]string, error) {
				return keysOf(func(e work.Effect) string { return e.Key })(tx.Effects(10))
			},
		},
	}
	views := all["saved_views"]
	views.shared = true
	all["saved_views"] = views
	maps.Copy(all, assessmentProbes())
	maps.Copy(all, workProbes())
	return all
}

func jobWith(tx *store.Tx, key string) (any, error) {
	all, err := tx.Jobs("", 10)
	if i := slices.IndexFunc(all, func(j work.Job) bool { return j.Unique == key }); i >= 0 {
		return value(tx.Job(all[i].ID))
	} else if err == nil {
		err = &fault.Error{Kind: fault.NotFound}
	}
	return nil, err
}

func effectWith(tx *store.Tx, key string) (any, error) {
	all, err := tx.Effects(10)
	if i := slices.IndexFunc(all, func(e work.Effect) bool { return e.Key == key }); i >= 0 {
		return value(tx.Effect(all[i].ID))
	} else if err == nil {
		err = &fault.Error{Kind: fault.NotFound}
	}
	return nil, err
}

func assessmentProbes() map[string]probe {
	return map[string]probe{
		"answers": byName((*store.Tx).PutAnswer,
			func(w world, k string) assessment.Answer {
				return assessment.Answer{Organisation: w.organisation, Answer: posture.Answer{Question: k, Options: []string{"yes"}}}
			},
			(*store.Tx).Answer, (*store.Tx).Answers, func(a assessment.Answer) string { return a.Question }, (*store.Tx).RemoveAnswer),
		"evidence": byName((*store.Tx).PutEvidence,
			func(w world, k string) assessment.Evidence {
				return assessment.Evidence{Organisation: w.organisation, Evidence: posture.Evidence{ID: k, Title: "probe"}}
			},
			(*store.Tx).Piece, (*store.Tx).Evidence, func(e assessment.Evidence) string { return e.ID }, (*store.Tx).RemoveEvidence),
		"files": byID((*store.Tx).PutFile,
			func(w world, k string) assessment.File {
				return assessment.File{ID: k, Organisation: w.organisation, SHA256: "00"}
			},
			(*store.Tx).File, (*store.Tx).Files, func(f assessment.File) string { return f.ID }, (*store.Tx).RemoveFile),
		"exceptions": byID((*store.Tx).PutException,
			func(w world, k string) assessment.Exception {
				return assessment.Exception{ID: k, Organisation: w.organisation}
			},
			(*store.Tx).Exception, (*store.Tx).Exceptions, func(e assessment.Exception) string { return e.ID }, (*store.Tx).RemoveException),
		"assertions": byName((*store.Tx).PutAssertion,
			func(w world, k string) assessment.Assertion {
				return assessment.Assertion{Organisation: w.organisation, Assertion: posture.Assertion{Requirement: k, Status: posture.Met}}
			},
			(*store.Tx).Assertion, (*store.Tx).Assertions, func(a assessment.Assertion) string { return a.Requirement }, (*store.Tx).RemoveAssertion),
		"determinations": byID((*store.Tx).PutDetermination,
			func(w world, k string) assessment.Determination {
				return assessment.Determination{ID: k, Organisation: w.organisation, Class: law.Essential}
			},
			(*store.Tx).Determination, (*store.Tx).Determinations, func(d assessment.Determination) string { return d.ID }, (*store.Tx).RemoveDetermination),
		"snapshots": byID((*store.Tx).PutSnapshot,
			func(w world, k string) assessment.Snapshot {
				return assessment.Snapshot{ID: k, Organisation: w.organisation, Body: json.RawMessage(`{"a":1}`)}
			},
			(*store.Tx).Snapshot, (*store.Tx).Snapshots, func(s assessment.Snapshot) string { return s.ID }, (*store.Tx).RemoveSnapshot),
		"delegations": byID((*store.Tx).PutDelegation,
			func(w world, k string) assessment.Delegation {
				return assessment.Delegation{ID: k, Organisation: w.organisation, TokenHash: k}
			},
			(*store.Tx).Delegation, (*store.Tx).Delegations, func(d assessment.Delegation) string { return d.ID }, (*store.Tx).RemoveDelegation),
	}
}

func workProbes() map[string]probe {
	return map[string]probe{
		"tasks": byID((*store.Tx).PutTask,
			func(w world, k string) planning.Task {
				return planning.Task{ID: k, Organisation: w.organisation, State: planning.ToDo, Due: law.MustDate("2026-10-01")}
			},
			(*store.Tx).Task, (*store.Tx).Tasks, func(t planning.Task) string { return t.ID }, (*store.Tx).RemoveTask),
		"comments": byID((*store.Tx).PutComment,
			func(w world, k string) planning.Comment {
				return planning.Comment{ID: k, Organisation: w.organisation, Kind: "task", Object: "t"}
			},
			(*store.Tx).Comment, func(tx *store.Tx, o string) ([]planning.Comment, error) { return tx.Comments(o, "task", "t") },
			func(c planning.Comment) string { return c.ID }, (*store.Tx).RemoveComment),
		"approvals": byID((*store.Tx).PutApproval,
			func(w world, k string) board.Approval { return board.Approval{ID: k, Organisation: w.organisation} },
			(*store.Tx).Approval, (*store.Tx).Approvals, func(a board.Approval) string { return a.ID }, (*store.Tx).RemoveApproval),
		"trainings": byID((*store.Tx).PutTraining,
			func(w world, k string) board.Training { return board.Training{ID: k, Organisation: w.organisation} },
			(*store.Tx).Training, (*store.Tx).Trainings, func(t board.Training) string { return t.ID }, (*store.Tx).RemoveTraining),
	}
}

// elsewhere lists the tables that have no probe, and where their scope is tested.
func elsewhere() map[string]string {
	return map[string]string{
		"goose_db_version": "schema",
		"workspaces":       "TestWorkspacesAreApart",
		"people":           "TestSystemOnly", "sessions": "TestSystemOnly", "passkeys": "TestSystemOnly", "recovery_codes": "TestSystemOnly",
		"crons": "TestSystemOnly", "counters": "TestSystemOnly", "search": "TestSearch",
		"ledger_heads": "TestLedgersAreApart", "ledger_entries": "TestLedgersAreApart", "ledger_hashes": "TestLedgersAreApart",
		"checkpoints": "TestLedgersAreApart", "marks": "TestLedgersAreApart",
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
		"SweepCounters":        func(tx *store.Tx) error { return drop(tx.SweepCounters(tx.Now())) },
		"FileInUse":            func(tx *store.Tx) error { return drop(tx.FileInUse("x")) },
		"DelegationByToken":    func(tx *store.Tx) error { _, _, err := tx.DelegationByToken("x"); return err },
		"Claim":                func(tx *store.Tx) error { return drop(tx.Claim([]string{"x"}, "w", time.Minute, 1)) },
		"SweepJobs":            func(tx *store.Tx) error { return drop(tx.SweepJobs(tx.Now())) },
		"PutCron":              func(tx *store.Tx) error { return tx.PutCron(work.Cron{Name: "x"}) },
		"Crons":                func(tx *store.Tx) error { return drop(tx.Crons()) },
		"TurnCron":             func(tx *store.Tx) error { return drop(tx.TurnCron(work.Cron{}, tx.Now())) },
		"BeginEffect":          func(tx *store.Tx) error { return drop(tx.BeginEffect("x")) },
		"EndEffect":            func(tx *store.Tx) error { return tx.EndEffect(work.Effect{}, "", tx.Now()) },
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
		if n := count("*"); n == 0 && table != "checkpoints" {
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
