package store

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

type entry = ledger.Entry

// record notes a change for the ledger of the scope's workspace; a change of what
// belongs to no workspace goes to the server's own ledger, "".
func (tx *Tx) record(e entry) error {
	if err := tx.writable(); err != nil {
		return err
	}
	c := tx.p.change
	e.At, e.Actor, e.ActorName, e.From = tx.now, c.Actor, c.ActorName, c.From
	if e.Reason == "" {
		e.Reason = c.Reason
	}
	w := tx.scope.WorkspaceID()
	tx.p.entries[w] = append(tx.p.entries[w], e)
	return nil
}

// Note records something that changes no row, such as a download or a refused
// attempt. action is "kind.verb".
func (tx *Tx) Note(action, kind, object, organisation, reason string) error {
	if !tx.scope.Covers(organisation) {
		return absent("organisation")
	}
	return tx.record(entry{Action: action, Kind: kind, Object: object, Organisation: organisation, Reason: reason})
}

// seal appends the noted entries to the ledgers. It comes last, so that the head
// of a ledger is locked for a moment only.
func (tx *Tx) seal() error {
	workspaces := slices.AppendSeq(slices.Collect(maps.Keys(tx.p.entries)), maps.Keys(tx.p.derived))
	slices.Sort(workspaces) // one order for all: no deadlocks
	for _, w := range slices.Compact(workspaces) {
		if err := tx.grow(w, tx.p.entries[w]); err != nil {
			return fmt.Errorf("append to the ledger: %w", err)
		}
	}
	return nil
}

// countDerived says that something was written which no ledger records, because the
// machine derives it from what they do: what was read of it before is old.
func (tx *Tx) countDerived() { tx.p.derived[tx.scope.WorkspaceID()] = true }

type head struct {
	size  int64
	edges string
}

func (h *head) fields() []any { return []any{&h.size, &h.edges} }

const selectHead = `SELECT size, edges FROM ledger_heads WHERE workspace_id = ?`

// frontier is the edge of the workspace's tree.
func (tx *Tx) frontier(workspace, lock string) (ledger.Frontier, bool, error) {
	h, found, err := sqldb.One(tx.q, (*head).fields, selectHead+lock, workspace)
	if err != nil || !found {
		return ledger.Frontier{}, false, err
	}
	f, err := ledger.ParseFrontier(h.size, h.edges)
	return f, true, err
}

func (tx *Tx) grow(workspace string, entries []entry) error {
	if len(entries) == 0 {
		_, err := tx.q.Exec(`UPDATE ledger_heads SET derived = derived + 1 WHERE workspace_id = ?`, workspace)
		return err
	}
	f, found, err := tx.frontier(workspace, tx.q.Dialect().ForUpdate())
	if err != nil {
		return err
	}
	place := ledger.StoredCount(f.Size)
	var hashes []ledger.Hash
	for i := range entries {
		entries[i].Seq = f.Size
		hashes = append(hashes, f.Append(entries[i].Hash(workspace))...)
	}
	if err := tx.saveHead(workspace, f, found, slices.ContainsFunc(entries, func(e entry) bool { return !dailyWork[e.Kind] })); err != nil {
		return err
	}
	if err := tx.saveEntries(workspace, entries); err != nil {
		return err
	}
	return tx.saveHashes(workspace, place, hashes)
}

// saveHead writes the head of a ledger that has grown; arranged says that not all of
// it was daily work.
func (tx *Tx) saveHead(workspace string, f ledger.Frontier, found, arranged bool) error {
	edges, err := f.MarshalText()
	if err != nil {
		return err
	}
	derived := 0
	if tx.p.derived[workspace] {
		derived = 1
	}
	args := []any{f.Size, string(edges), derived}
	if !found {
		_, err = tx.q.Exec(`INSERT INTO ledger_heads (size, edges, derived, arranged, workspace_id) VALUES (?, ?, ?, ?, ?)`, append(args, f.Size, workspace)...)
		return err
	}
	set := `UPDATE ledger_heads SET size = ?, edges = ?, derived = derived + ?`
	if arranged {
		set, args = set+`, arranged = ?`, append(args, f.Size)
	}
	return tx.q.ExecLater(set+` WHERE workspace_id = ?`, append(args, workspace)...)
}

const entryColumns = `seq, at, actor, actor_name, from_address, organisation_id, action, kind, object, before, after, reason`

func entryFields(e *entry) []any {
	return []any{&e.Seq, sqldb.Time(&e.At), &e.Actor, &e.ActorName, &e.From, &e.Organisation, &e.Action, &e.Kind, &e.Object,
		sqldb.Raw(&e.Before), sqldb.Raw(&e.After), &e.Reason}
}

// chunk is how many rows one statement inserts.
const chunk = 500

func (tx *Tx) saveEntries(workspace string, entries []entry) error {
	for part := range slices.Chunk(entries, chunk) {
		var args []any
		for i := range part {
			a, err := sqldb.Args(entryFields(&part[i]))
			if err != nil {
				return err
			}
			args = append(append(args, workspace), a...)
		}
		statement := `INSERT INTO ledger_entries (workspace_id, ` + entryColumns + `) VALUES ` + sqldb.Rows(len(part), 13)
		if err := tx.q.ExecLater(statement, args...); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) saveHashes(workspace string, place int64, hashes []ledger.Hash) error {
	for part := range slices.Chunk(hashes, chunk) {
		var args []any
		for _, h := range part {
			args = append(args, workspace, place, h.String())
			place++
		}
		if err := tx.q.ExecLater(`INSERT INTO ledger_hashes (workspace_id, place, hash) VALUES `+sqldb.Rows(len(part), 3), args...); err != nil {
			return err
		}
	}
	return nil
}
