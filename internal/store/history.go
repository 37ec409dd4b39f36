package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// UndoFor is how long a change can be undone.
const UndoFor = 30 * 24 * time.Hour

// aggregates lists everything that the ledger records and table keeps.
func aggregates() []aggregate {
	return []aggregate{
		workspaces, organisations, people, passkeys, recoveryCodes, sessions, members, invitations, tokens, settings,
		answers, evidence, files, exceptions, assertions, determinations, registrations, snapshots, delegations, assignments, suggestions,
		tasks, comments, approvals, trainings, views, reports, feeds,
		incidents, obligations, incidentReports, incidentEntries, indicators, affected, exhibits, informed, incidentCosts, imports, exercises, intakeSources, intakeSignals,
		filingKeys, authorityCases, authorityReports, authorityMessages, filingEndpoints, filingMessages,
		assets, suppliers, supplierRequests, risks, scanTargets, scans, scanFindings,
		authorityApplications, authorityEntries, authorityRecipients, authorityForwardings, authorityRecords, authorityAttachments,
	}
}

func aggregateOf(kind string) (aggregate, bool) {
	for _, a := range aggregates() {
		if a.describe().kind == kind {
			return a, true
		}
	}
	return nil, false
}

// Filter selects entries of the ledger; empty fields select all.
type Filter struct {
	Organisation string
	Kind         string
	Object       string
	Actor        string
	Reason       string // exactly
	Text         string // in the object, the names, the reason or the values, as written
	Since, Until time.Time
	Before       int64 // entries with a lower number only, for the next page; 0: from the newest
	Limit        int   // 0: 100
}

func (f Filter) conditions() (string, []any) {
	var parts []string
	var args []any
	add := func(use bool, condition string, values ...any) {
		if use {
			parts, args = append(parts, " AND "+condition), append(args, values...)
		}
	}
	add(f.Organisation != "", "organisation_id = ?", f.Organisation)
	add(f.Kind != "", "kind = ?", f.Kind)
	add(f.Object != "", "object = ?", f.Object)
	add(f.Actor != "", "actor = ?", f.Actor)
	add(f.Reason != "", "reason = ?", f.Reason)
	add(!f.Since.IsZero(), "at >= ?", f.Since.UnixMilli())
	add(!f.Until.IsZero(), "at < ?", f.Until.UnixMilli())
	add(f.Before > 0, "seq < ?", f.Before)
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(strings.ToLower(f.Text)) + "%"
		add(true, `(LOWER(object) LIKE ? ESCAPE '!' OR LOWER(actor_name) LIKE ? ESCAPE '!' OR LOWER(reason) LIKE ? ESCAPE '!'
			OR LOWER(before) LIKE ? ESCAPE '!' OR LOWER(after) LIKE ? ESCAPE '!')`, like, like, like, like, like)
	}
	return strings.Join(parts, ""), args
}

// Entries lists the ledger of the scope's workspace, newest first. A scope limited
// to some organisations sees their entries only; a scope of everything sees the
// server's own ledger.
func (tx *Tx) Entries(f Filter) ([]ledger.Entry, error) {
	within, args, err := tx.ledgerWithin()
	if err != nil {
		return nil, err
	}
	condition, more := f.conditions()
	if f.Limit <= 0 {
		f.Limit = 100
	}
	args = append(append(args, more...), f.Limit)
	read := func() ([]ledger.Entry, error) {
		return sqldb.Collect(tx.q, entryFields,
			`SELECT `+entryColumns+` FROM ledger_entries WHERE `+within+condition+` ORDER BY seq DESC LIMIT ?`, args...)
	}
	if f.Text != "" || f.Limit > mostKeptEntries { // a search, or an export
		return read()
	}
	question := []string{"entries", f.Organisation, f.Kind, f.Object, f.Actor, f.Reason, stamp(f.Since), stamp(f.Until),
		strconv.FormatInt(f.Before, 10), strconv.Itoa(f.Limit)}
	return keptList(tx, ofWorkspace, func(e *ledger.Entry) int { return 300 + len(e.Before) + len(e.After) + len(e.Reason) }, question, read)
}

// mostKeptEntries is how long lists of entries are that pages show.
const mostKeptEntries = 300

// stamp is a time in a question.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// EntriesAbout lists the newest entries about some objects, by kind, newest first.
func (tx *Tx) EntriesAbout(objects map[string][]string, limit int) ([]ledger.Entry, error) {
	within, args, err := tx.ledgerWithin()
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(objects)) {
		if len(objects[kind]) == 0 {
			continue
		}
		parts = append(parts, "kind = ? AND object IN "+sqldb.Marks(len(objects[kind])))
		args = append(args, kind)
		for _, o := range objects[kind] {
			args = append(args, o)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return sqldb.Collect(tx.q, entryFields, `SELECT `+entryColumns+` FROM ledger_entries WHERE `+within+
		` AND (`+strings.Join(parts, " OR ")+`) ORDER BY seq DESC LIMIT ?`, append(args, limit)...)
}

func (tx *Tx) ledgerWithin() (string, []any, error) {
	if tx.scope.Everything() {
		return "workspace_id = ''", nil, nil
	}
	return tx.within("organisation_id")
}

// Revision is the number of the newest entry of the ledger about an organisation,
// -1 when there is none. As long as it stays, nothing recorded of the organisation
// has changed. Within a change that is not committed it is that from before.
func (tx *Tx) Revision(organisation string) (int64, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return -1, err
	}
	return keptOne(tx, ofWorkspace, 8, []string{"revision", organisation}, func() (int64, error) {
		seq, found, err := sqldb.One(tx.q, sqldb.Single[int64],
			`SELECT seq FROM ledger_entries WHERE `+within+` AND organisation_id = ? ORDER BY seq DESC LIMIT 1`, append(args, organisation)...)
		if !found {
			seq = -1
		}
		return seq, err
	})
}

// ChangedSince lists the newest entry, by anybody but one actor, of each object of some
// kinds that changed after a revision of the organisation, newest first.
func (tx *Tx) ChangedSince(organisation string, revision int64, but string, kinds ...string) ([]ledger.Entry, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	all := slices.Concat(args, args, []any{organisation, revision, but})
	for _, k := range kinds {
		all = append(all, k)
	}
	list, err := sqldb.Collect(tx.q, entryFields, `SELECT `+entryColumns+` FROM ledger_entries WHERE `+within+` AND seq IN (
		SELECT MAX(seq) FROM ledger_entries WHERE `+within+` AND organisation_id = ? AND seq > ? AND actor <> ? AND kind IN `+sqldb.Marks(len(kinds))+`
		GROUP BY kind, object) ORDER BY seq DESC`, all...)
	if err != nil {
		return nil, fmt.Errorf("look for newer changes: %w", err)
	}
	return list, nil
}

// EachEntry calls f for every entry of the scope in order, for exports.
func (tx *Tx) EachEntry(f func(ledger.Entry) error) error {
	within, args, err := tx.ledgerWithin()
	if err != nil {
		return err
	}
	return tx.q.Each(func(r sqldb.Row) error {
		var e ledger.Entry
		if err := r.Scan(entryFields(&e)...); err != nil {
			return fmt.Errorf("read entry: %w", err)
		}
		return f(e)
	}, `SELECT `+entryColumns+` FROM ledger_entries WHERE `+within+` ORDER BY seq`, args...)
}

// Entry returns one entry.
func (tx *Tx) Entry(seq int64) (ledger.Entry, error) {
	within, args, err := tx.ledgerWithin()
	if err != nil {
		return ledger.Entry{}, err
	}
	return only(sqldb.Collect(tx.q, entryFields, `SELECT `+entryColumns+` FROM ledger_entries WHERE `+within+` AND seq = ?`,
		append(args, seq)...))("entry of the ledger")
}

// Undo takes back the change of an entry and records that. NotFound for an entry
// outside the scope, Forbidden after UndoFor or for what cannot be restored,
// Conflict when the object was changed again since, and ErrHolds when the entry
// changed nothing.
func (tx *Tx) Undo(seq int64) error {
	e, a, err := tx.restorable(seq)
	if err != nil {
		return err
	}
	if tx.now.Sub(e.At) > UndoFor {
		return &fault.Error{Kind: fault.Forbidden, What: "this change is too old to be undone", Expected: "a change of the last 30 days"}
	}
	key := objectKey(e, a)
	now, err := a.current(tx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, e.After) {
		return stale(e.Kind)
	}
	return tx.rewind(a, key, e.Before, e.Seq, "undo")
}

// Restore gives the object of an entry the value that it had after the entry,
// whatever happened since, and records that. ErrHolds when it has that value.
func (tx *Tx) Restore(seq int64) error {
	e, a, err := tx.restorable(seq)
	if err != nil {
		return err
	}
	if e.After == nil {
		return &fault.Error{Kind: fault.Invalid, What: "after this entry there was nothing to restore"}
	}
	return tx.rewind(a, objectKey(e, a), e.After, e.Seq, "restore")
}

func (tx *Tx) restorable(seq int64) (ledger.Entry, aggregate, error) {
	if err := tx.writable(); err != nil {
		return ledger.Entry{}, nil, err
	}
	e, err := tx.Entry(seq)
	if err != nil {
		return e, nil, err
	}
	a, ok := aggregateOf(e.Kind)
	if !ok || a.describe().secret || e.Before == nil && e.After == nil || a.describe().whole && (e.After == nil || e.Before == nil) {
		return e, nil, &fault.Error{Kind: fault.Forbidden, What: "this change cannot be undone"}
	}
	return e, a, nil
}

// ErrHolds is returned where an object has the value already that it should get back:
// nothing was written.
var ErrHolds = &fault.Error{Kind: fault.Conflict, What: "this value holds already: nothing was changed"}

func (tx *Tx) rewind(a aggregate, key []string, to json.RawMessage, entry int64, action string) error {
	holds, err := a.holds(tx, key, to)
	if err == nil && holds {
		err = ErrHolds
	}
	if err != nil {
		return err
	}
	change := tx.p.change
	defer func() { tx.p.change = change }()
	tx.p.change.Action = action
	tx.p.change.Reason = ledger.Because(entry, change.Reason)
	return a.restore(tx, key, to)
}

// objectKey is the key of the row that an entry is about.
func objectKey(e ledger.Entry, a aggregate) []string {
	switch n := a.describe().keys; n {
	case 0:
		return nil
	default:
		return strings.SplitN(e.Object, "/", n)
	}
}

// Kinds lists the kinds of objects whose changes ledgers record, in alphabetical
// order.
func Kinds() []string {
	var out []string
	for _, a := range aggregates() {
		out = append(out, a.describe().kind)
	}
	slices.Sort(out)
	return out
}

// Fields lists the names of the values that ledgers record of objects of a kind, in
// the order of its type; nil when there is no such kind.
func Fields(kind string) []string {
	a, ok := aggregateOf(kind)
	if !ok {
		return nil
	}
	return a.fieldNames()
}

// ChangedBecause are the organisations of the scope of which the ledger has entries with
// the reason since a time.
func (tx *Tx) ChangedBecause(reason string, since time.Time) (map[string]bool, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	list, err := sqldb.Collect(tx.q, sqldb.Single[string], `SELECT DISTINCT organisation_id FROM ledger_entries WHERE `+within+` AND reason = ? AND at >= ?`,
		append(args, reason, since.UnixMilli())...)
	if err != nil {
		return nil, fmt.Errorf("look for changes: %w", err)
	}
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, nil
}
