package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// table says how one aggregate is kept. Its functions are the only way in which
// aggregates are changed, so each change is scoped, checked for a newer version
// and recorded.
type table[T any] struct {
	name    string
	kind    string           // in the ledger
	columns string           // all but workspace_id, in the order of fields
	keys    string           // those that, with workspace_id, name a row; "": workspace_id alone
	fields  func(*T) []any   // for a row, and as arguments
	home    func(*T) *string // the workspace, when the value carries it
	org     func(*T) *string // the organisation; nil: belongs to none
	loose   bool             // the organisation may be empty: the row is the workspace's
	itself  bool             // the row is an organisation
	aside   bool             // changes while the organisation is in the archive, too
	filed   func(*T) bool    // whether the organisation is in the archive; nil: the row is none
	own     bool             // the row is a person's own; every list names the person
	version func(*T) *int64  // nil: the last write wins
	id      func(*T) *string // made when empty; nil: the key is the caller's
	created func(*T) *time.Time
	updated func(*T) *time.Time
	system  bool           // the rows belong to no workspace
	free    bool           // no constraint can refuse a change of a row, and nobody changes what its pointers and slices lead to
	secret  bool           // holds what the ledger does not: cannot be restored from it
	found   func(*T) found // nil: not searched

	names, key                      []string
	where, selects, inserts, update string
}

// define completes the description with the statements that follow from it.
func define[T any](t table[T]) *table[T] {
	t.names, t.key = words(t.columns), words(t.keys)
	var conditions []string
	if !t.system {
		conditions = append(conditions, "workspace_id = ?")
	}
	for _, k := range t.key {
		conditions = append(conditions, k+" = ?")
	}
	t.where = " WHERE " + strings.Join(conditions, " AND ")
	t.selects = "SELECT " + strings.Join(t.names, ", ") + " FROM " + t.name
	t.update = "UPDATE " + t.name + " SET " + strings.Join(t.names, " = ?, ") + " = ?" + t.where
	all := t.names
	if !t.system {
		all = append(slices.Clone(all), "workspace_id")
	}
	t.inserts = "INSERT INTO " + t.name + " (" + strings.Join(all, ", ") + ") VALUES " + sqldb.Marks(len(all))
	return &t
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// qualified are the columns of a table in a query of several.
func qualified(table string, names []string) string {
	return table + "." + strings.Join(names, ", "+table+".")
}

// at is the key as arguments of where.
func (t *table[T]) at(tx *Tx, key []string) ([]any, error) {
	var args []any
	if t.system {
		if err := tx.system(); err != nil {
			return nil, err
		}
	} else {
		w, err := tx.workspace()
		if err != nil {
			return nil, err
		}
		args = append(args, w)
	}
	for _, k := range key {
		args = append(args, k)
	}
	return args, nil
}

// find returns the row with the key; found is false when it does not exist within
// the scope.
func (t *table[T]) find(tx *Tx, key []string) (v T, found bool, err error) {
	args, err := t.at(tx, key)
	if err != nil {
		return v, false, err
	}
	query := t.selects + t.where
	if tx.p != nil {
		query += tx.q.Dialect().ForUpdate()
	}
	if tx.p != nil && t.free {
		v, found, err = t.lock(tx, query, args)
	} else {
		v, found, err = sqldb.One(tx.q, t.fields, query, args...)
	}
	if err != nil {
		return v, false, fmt.Errorf("read %s: %w", t.kind, err)
	}
	if !found || !t.covered(tx, &v) {
		var none T
		return none, false, nil
	}
	t.settle(tx, &v)
	return v, true, nil
}

// locked is the row that a transaction has locked last. As long as it has written
// nothing since, the row is the same, and need not be read again to be changed. It is
// kept for tables that are free alone: what is kept is what the ledger calls "before".
type locked struct {
	query  string
	args   []any
	writes int
	value  any
}

// lock is the row of a query that locks it.
func (t *table[T]) lock(tx *Tx, query string, args []any) (v T, found bool, err error) {
	last := &tx.p.locked
	if last.query == query && last.writes == tx.q.Writes() && slices.Equal(last.args, args) {
		return last.value.(T), true, nil
	}
	v, found, err = sqldb.One(tx.q, t.fields, query, args...)
	if err == nil && found {
		*last = locked{query, args, tx.q.Writes(), v}
	}
	return v, found, err
}

func (t *table[T]) covered(tx *Tx, v *T) bool {
	return t.org == nil || tx.scope.Covers(*t.org(v))
}

func (t *table[T]) settle(tx *Tx, v *T) {
	if t.home != nil {
		*t.home(v) = tx.scope.WorkspaceID()
	}
}

// get is find with NotFound for a row that does not exist.
func (t *table[T]) get(tx *Tx, key ...string) (T, error) {
	v, found, err := t.find(tx, key)
	if err == nil && !found {
		err = absent(t.kind)
	}
	return v, err
}

// list returns the rows within the scope that meet the condition, in the order.
func (t *table[T]) list(tx *Tx, condition, order string, args ...any) ([]T, error) {
	query, all := t.selects+" WHERE ", args
	switch {
	case t.system:
		if err := tx.system(); err != nil {
			return nil, err
		}
		query += condition
	case t.own:
		w, err := tx.workspace()
		if err != nil {
			return nil, err
		}
		query, all = query+"workspace_id = ? AND "+condition, append([]any{w}, args...)
	default:
		within, scoped, err := tx.within(t.reach())
		if err != nil {
			return nil, err
		}
		query, all = query+within+" AND "+condition, append(scoped, args...)
	}
	out, err := sqldb.Collect(tx.q, t.fields, query+" ORDER BY "+order, all...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t.name, err)
	}
	for i := range out {
		t.settle(tx, &out[i])
	}
	return out, nil
}

// reach is the column that says whose organisation's the row is, "" for none.
func (t *table[T]) reach() string {
	switch {
	case t.itself:
		return "id"
	case t.org != nil:
		return "organisation_id"
	}
	return ""
}

// keyOf is the key of a value, read from its fields.
func (t *table[T]) keyOf(v *T) []string {
	fields, out := t.fields(v), make([]string, len(t.key))
	for i, k := range t.key {
		out[i] = reflect.ValueOf(fields[slices.Index(t.names, k)]).Elem().String()
	}
	return out
}

// object is how the ledger names the row.
func (t *table[T]) object(tx *Tx, key []string) string {
	if len(key) == 0 {
		return tx.scope.WorkspaceID()
	}
	return strings.Join(key, "/")
}

// put writes the value: a new row, or a change of the row with its key. Conflict
// when the value was not made from the newest version, or the row was removed since.
// It returns what was written; v itself stays as it is, so that the transaction can
// be tried again.
func (t *table[T]) put(tx *Tx, v T) (T, error) { return t.set(tx, v, false) }

// set is put; with back it may also bring a row back that was removed.
func (t *table[T]) set(tx *Tx, v T, back bool) (T, error) {
	var none T
	unused := t.id != nil && *t.id(&v) == ""
	t.stamp(tx, &v)
	if err := t.admit(tx, &v); err != nil {
		return none, err
	}
	key := t.keyOf(&v)
	before, found, err := t.find(tx, key)
	if err != nil {
		return none, err
	}
	if !found {
		err = t.begin(tx, &v, key, unused, back)
	} else {
		err = t.advance(&before, &v)
	}
	if err == nil && found && t.filed != nil && t.filed(&before) && t.filed(&v) && tx.scope.Reason() == "" {
		err = errArchived
	}
	if err != nil {
		return none, err
	}
	if err := t.write(tx, &v, key, found); err != nil {
		return none, explain(err, "write", t.kind)
	}
	if t.filed != nil {
		tx.filed(*t.org(&v), t.filed(&v))
	}
	if found {
		return v, t.record(tx, "change", key, &before, &v)
	}
	return v, t.record(tx, "create", key, nil, &v)
}

// stamp sets what the store decides: a missing id and the times.
func (t *table[T]) stamp(tx *Tx, v *T) {
	if t.id != nil && *t.id(v) == "" {
		*t.id(v) = id.New()
	}
	if t.created != nil && t.created(v).IsZero() {
		*t.created(v) = tx.now
	}
	if t.updated != nil {
		*t.updated(v) = tx.now
	}
}

// admit checks that the value may be written within the scope.
func (t *table[T]) admit(tx *Tx, v *T) error {
	if err := tx.writable(); err != nil {
		return err
	}
	if t.home != nil && *t.home(v) == "" {
		t.settle(tx, v)
	}
	if t.home != nil && (*t.home(v) != tx.scope.WorkspaceID() || t.org == nil && !tx.scope.Covers("")) {
		return absent("workspace")
	}
	if t.org == nil || t.itself && tx.scope.Covers(*t.org(v)) {
		return nil
	}
	if t.itself { // a limited scope makes no other organisation
		return absent(t.kind)
	}
	switch organisation := *t.org(v); {
	case t.loose && organisation == "":
		return tx.belongs("")
	case t.aside:
		return tx.owns(organisation)
	default:
		return tx.Changes(organisation)
	}
}

// advance checks the version of v against the row, and raises it.
func (t *table[T]) advance(before, v *T) error {
	if t.org != nil && *t.org(before) != *t.org(v) {
		return &fault.Error{Kind: fault.Invalid, What: "this stays with its organisation: " + inWords(t.kind)}
	}
	if t.version == nil {
		return nil
	}
	if *t.version(before) != *t.version(v) {
		return stale(t.kind)
	}
	*t.version(v)++
	return nil
}

// begin gives a row that is not there its first version. A value that has a version
// was made from a row that somebody removed since: only back brings it back. Unless
// nobody used the key before, no version comes twice.
func (t *table[T]) begin(tx *Tx, v *T, key []string, unused, back bool) error {
	if t.version == nil {
		return nil
	}
	if !back && *t.version(v) != 0 {
		return stale(t.kind)
	}
	if !unused {
		last, err := t.lastVersion(tx, key)
		if err != nil {
			return err
		}
		*t.version(v) = last
	}
	*t.version(v)++
	return nil
}

const selectRemoved = `
	SELECT before FROM ledger_entries
	WHERE workspace_id = ? AND kind = ? AND object = ? AND (before <> '' OR after <> '')
	ORDER BY seq DESC LIMIT 1`

// lastVersion is the version that the row with the key had when it was removed, as
// the ledger has it; 0 when there never was one.
func (t *table[T]) lastVersion(tx *Tx, key []string) (int64, error) {
	object := t.object(tx, key)
	var was json.RawMessage
	for _, e := range slices.Backward(tx.p.entries[tx.scope.WorkspaceID()]) { // of this transaction
		if e.Kind == t.kind && e.Object == object && e.Before != nil {
			was = e.Before
			break
		}
	}
	if was == nil {
		e, found, err := sqldb.One(tx.q, func(e *entry) []any { return []any{sqldb.Raw(&e.Before)} }, selectRemoved,
			tx.scope.WorkspaceID(), t.kind, object)
		if err != nil {
			return 0, fmt.Errorf("read what was removed: %w", err)
		}
		if !found || e.Before == nil {
			return 0, nil
		}
		was = e.Before
	}
	var v T
	if err := json.Unmarshal(was, &v); err != nil {
		return 0, fmt.Errorf("read the earlier %s: %w", t.kind, err)
	}
	return *t.version(&v), nil
}

func (t *table[T]) write(tx *Tx, v *T, key []string, found bool) error {
	args, err := sqldb.Args(t.fields(v))
	if err != nil {
		return err
	}
	if err := t.legible(args); err != nil {
		return err
	}
	at, err := t.at(tx, key)
	if err != nil {
		return err
	}
	if found && t.free {
		return tx.q.ExecLater(t.update, append(args, at...)...)
	}
	if found {
		_, err = tx.q.Exec(t.update, append(args, at...)...)
		return err
	}
	if !t.system {
		args = append(args, at[0])
	}
	_, err = tx.q.Exec(t.inserts, args...)
	return err
}

// legible names the field whose text cannot be kept. The connection would refuse the
// statement as well, but does not know what its arguments are.
func (t *table[T]) legible(args []any) error {
	for i, a := range args {
		if !sqldb.Legible(a) {
			return &fault.Error{Kind: fault.Invalid, Field: t.names[i], What: "the text holds characters that cannot be kept", Expected: "text in UTF-8"}
		}
	}
	return nil
}

// remove deletes the row; NotFound when it does not exist within the scope.
func (t *table[T]) remove(tx *Tx, key ...string) error {
	if err := tx.writable(); err != nil {
		return err
	}
	before, err := t.get(tx, key...)
	if err != nil {
		return err
	}
	if err := t.admit(tx, &before); err != nil {
		return err
	}
	at, err := t.at(tx, key)
	if err != nil {
		return err
	}
	if _, err := tx.q.Exec("DELETE FROM "+t.name+t.where, at...); err != nil {
		return explain(err, "remove", t.kind)
	}
	return t.record(tx, "remove", key, &before, nil)
}

func (t *table[T]) record(tx *Tx, verb string, key []string, before, after *T) error {
	if tx.p.change.Action != "" {
		verb = tx.p.change.Action
	}
	e := ledger.Entry{Action: t.kind + "." + verb, Kind: t.kind, Object: t.object(tx, key)}
	for _, side := range []struct {
		v  *T
		to *json.RawMessage
	}{{before, &e.Before}, {after, &e.After}} {
		if side.v == nil {
			continue
		}
		b, err := ledger.Canonical(side.v)
		if err != nil {
			return err
		}
		*side.to = b
		if t.org != nil {
			e.Organisation = *t.org(side.v)
		}
	}
	if err := t.index(tx, e, after); err != nil {
		return err
	}
	return tx.record(e)
}

func (t *table[T]) index(tx *Tx, e entry, after *T) error {
	switch {
	case t.found == nil, after == nil && t.itself: // with an organisation its rows go
		return nil
	case after == nil:
		return tx.index(t.kind, e.Organisation, e.Object, nil)
	}
	f := t.found(after)
	return tx.index(t.kind, e.Organisation, e.Object, &f)
}

// description is what a table says of itself.
type description struct {
	name, kind string
	keys       int
	secret     bool // not to be restored from the ledger
	whole      bool // others hang on it, so that its removal cannot be undone
}

// aggregate is a table without its type, for what works on all of them.
type aggregate interface {
	describe() description
	fieldNames() []string
	current(tx *Tx, key []string) (json.RawMessage, error)
	holds(tx *Tx, key []string, was json.RawMessage) (bool, error)
	restore(tx *Tx, key []string, to json.RawMessage) error
}

func (t *table[T]) describe() description {
	return description{name: t.name, kind: t.kind, keys: len(t.key), secret: t.secret, whole: t.itself || len(t.key) == 0}
}

// fieldNames are those of the values of a row as the ledger has them.
func (t *table[T]) fieldNames() []string { return jsonNames(reflect.TypeFor[T]()) }

func jsonNames(of reflect.Type) (out []string) {
	for f := range of.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			out = append(out, jsonNames(f.Type)...)
		case f.IsExported() && name != "-":
			out = append(out, cmp.Or(name, f.Name))
		}
	}
	return out
}

// current is the row as the ledger would write it; nil when there is none.
func (t *table[T]) current(tx *Tx, key []string) (json.RawMessage, error) {
	v, found, err := t.find(tx, key)
	if err != nil || !found {
		return nil, err
	}
	return ledger.Canonical(v)
}

// holds reports whether the row is what the ledger says that it was, apart from its
// version and when it was last written.
func (t *table[T]) holds(tx *Tx, key []string, was json.RawMessage) (bool, error) {
	now, found, err := t.find(tx, key)
	if err != nil || !found || was == nil {
		return false, err
	}
	var v T
	if err := json.Unmarshal(was, &v); err != nil {
		return false, fmt.Errorf("read the earlier %s: %w", t.kind, err)
	}
	if t.version != nil {
		*t.version(&v) = *t.version(&now)
	}
	if t.updated != nil {
		*t.updated(&v) = *t.updated(&now)
	}
	then, err := ledger.Canonical(v)
	if err != nil {
		return false, err
	}
	current, err := ledger.Canonical(now)
	return bytes.Equal(then, current), err
}

// restore makes the row what the ledger says it was; nil removes it.
func (t *table[T]) restore(tx *Tx, key []string, to json.RawMessage) error {
	now, found, err := t.find(tx, key)
	if err != nil {
		return err
	}
	if to == nil {
		return t.remove(tx, key...)
	}
	var v T
	if err := json.Unmarshal(to, &v); err != nil {
		return fmt.Errorf("read the earlier %s: %w", t.kind, err)
	}
	if found && t.version != nil {
		*t.version(&v) = *t.version(&now)
	}
	_, err = t.set(tx, v, true)
	return err
}
