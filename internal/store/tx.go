package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// Tx is a transaction within a scope. It must not be used by several goroutines.
type Tx struct {
	q     *sqldb.Tx
	scope tenant.Scope
	p     *pending // nil: read only
	now   time.Time
	kept  *kept
	sight *Sight // nil: everything is read

	visitors *gathering[Visitor] // nil: each is asked for here
}

// pending is what a writing transaction still has to do before it commits.
type pending struct {
	change  Change
	entries map[string][]entry // workspace → entries without number
	own     map[string]bool    // workspace/organisation: exists, and its row is locked; true: it is in the archive
	derived map[string]bool    // workspaces in which something derived was written
	queued  *bool              // jobs were put into the queue
	locked  locked
}

// Now is the time of the transaction.
func (tx *Tx) Now() time.Time { return tx.now }

// Scope is what the transaction may touch.
func (tx *Tx) Scope() tenant.Scope { return tx.scope }

// In narrows the transaction of a system scope to a workspace and, unless it is
// empty, to one organisation. Any other transaction touches nothing after it.
func (tx *Tx) In(workspace, organisation string) *Tx {
	narrow := *tx
	narrow.scope = tx.scope.In(workspace, organisation)
	return &narrow
}

// Ahead has the database asked at once for all that f reads, where that is faster.
// f must read nothing that hangs on what it has read; it finds nothing, and what it
// returns itself is of no use.
func (tx *Tx) Ahead(f func(*Tx)) error {
	return tx.q.Ahead(func(q *sqldb.Tx) {
		noting := *tx
		noting.q = q
		f(&noting)
	})
}

// As is the transaction with another change: what it writes is recorded as made by
// somebody else, for transactions that do the work of several.
func (tx *Tx) As(c Change) *Tx {
	as := *tx
	if tx.p == nil { // it only reads
		return &as
	}
	p := *tx.p
	p.change = c
	as.p = &p
	return &as
}

// workspace is the workspace of the scope. A scope of everything has none, and
// statements on the rows of tenants refuse it.
func (tx *Tx) workspace() (string, error) {
	if w := tx.scope.WorkspaceID(); w != "" {
		return w, nil
	}
	return "", &fault.Error{Kind: fault.Internal, What: "the scope names no workspace"}
}

// system checks that the scope covers everything, as rows that belong to no
// workspace and searches across workspaces demand.
func (tx *Tx) system() error {
	if tx.scope.Everything() {
		return nil
	}
	return &fault.Error{Kind: fault.Internal, What: "this needs a scope of everything"}
}

func (tx *Tx) writable() error {
	if tx.p != nil {
		return nil
	}
	return &fault.Error{Kind: fault.Internal, What: "a change in a transaction that only reads"}
}

// within is the condition that keeps a statement inside the scope: the workspace,
// and the organisations when the scope is limited to some.
func (tx *Tx) within(column string) (string, []any, error) {
	w, err := tx.workspace()
	if err != nil {
		return "", nil, err
	}
	ids, limited := tx.scope.OrganisationIDs()
	switch {
	case !limited:
		return "workspace_id = ?", []any{w}, nil
	case len(ids) == 0 || column == "":
		return "workspace_id = ? AND 1 = 0", []any{w}, nil
	}
	args := []any{w}
	for _, id := range ids {
		args = append(args, id)
	}
	return "workspace_id = ? AND " + column + " IN " + sqldb.Marks(len(ids)), args, nil
}

const (
	lookOrganisation = `SELECT id FROM organisations WHERE workspace_id = ? AND id = ?`
	lockOrganisation = `SELECT archived FROM organisations WHERE workspace_id = ? AND id = ?`
)

// owns checks that the organisation is in the scope and exists, and locks its row
// until the transaction ends: changes within one organisation come one after the
// other, so that what is derived from them is never out of date.
func (tx *Tx) owns(organisation string) error {
	w, err := tx.workspace()
	if err != nil {
		return err
	}
	if !tx.scope.Covers(organisation) {
		return absent("organisation")
	}
	if _, locked := tx.p.own[w+"/"+organisation]; locked {
		return nil
	}
	archived, found, err := sqldb.One(tx.q, sqldb.Single[bool], lockOrganisation+tx.q.Dialect().ForUpdate(), w, organisation)
	if err != nil {
		return fmt.Errorf("lock organisation %s: %w", organisation, err)
	}
	if !found {
		return absent("organisation")
	}
	tx.p.own[w+"/"+organisation] = archived
	return nil
}

// errArchived refuses changes of what is in the archive.
var errArchived = &fault.Error{Kind: fault.Conflict, What: "the organisation is in the archive and can only be read",
	Expected: "to take it back into the portfolio first, on its page \"Manage\""}

// Changes checks that an organisation is in the scope and may be changed, and locks it:
// one in the archive is only read. What the machine notes by itself, such as the answer
// of an authority, is not refused.
func (tx *Tx) Changes(organisation string) error {
	if err := tx.owns(organisation); err != nil {
		return err
	}
	if tx.scope.Reason() == "" && tx.p.own[tx.scope.WorkspaceID()+"/"+organisation] {
		return errArchived
	}
	return nil
}

// filed says that an organisation is in the archive from now on, or no longer.
func (tx *Tx) filed(organisation string, archived bool) {
	if at := tx.scope.WorkspaceID() + "/" + organisation; tx.p.own != nil {
		if _, locked := tx.p.own[at]; locked {
			tx.p.own[at] = archived
		}
	}
}

// belongs checks that a row which may be an organisation's, or the workspace's when
// organisation is empty, is within the scope.
func (tx *Tx) belongs(organisation string) error {
	switch {
	case organisation != "":
		return tx.owns(organisation)
	case !tx.scope.Covers(""):
		return absent("workspace")
	}
	return nil
}

// inWords is a kind as people read it.
func inWords(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

func absent(kind string) error {
	return &fault.Error{Kind: fault.NotFound, What: "there is no such " + inWords(kind)}
}

func stale(kind string) error {
	return &fault.Error{Kind: fault.Conflict, What: "somebody else changed this " + inWords(kind) + " in the meantime",
		Expected: "the newest version"}
}

// explain turns an error of the database into one that faces understand.
func explain(err error, doing, kind string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqldb.ErrDuplicate):
		return &fault.Error{Kind: fault.Conflict, What: "there is this already: " + inWords(kind), Cause: err}
	case errors.Is(err, sqldb.ErrReference):
		return &fault.Error{Kind: fault.NotFound, What: "what the " + inWords(kind) + " refers to does not exist", Cause: err}
	}
	return fmt.Errorf("%s %s: %w", doing, kind, err)
}

// HasOrganisation reports whether the workspace has the organisation. It is what
// authz asks before it grants a scope.
func (s *Store) HasOrganisation(ctx context.Context, workspace, organisation string) (bool, error) {
	found := false
	err := s.Read(ctx, tenant.System("look up an organisation before rights are granted").In(workspace, organisation), func(tx *Tx) error {
		var err error
		found, err = keptOne(tx, arranged, 1, []string{"organisation exists", organisation}, func() (bool, error) {
			_, ok, err := sqldb.One(tx.q, sqldb.Single[string], lookOrganisation, workspace, organisation)
			return ok, err
		})
		return err
	})
	return found, err
}
