// Package store keeps everything in one database, SQLite or PostgreSQL: one file
// per aggregate, one text of SQL for both engines. Nothing is read or written
// without a tenant.Scope, and every change of an aggregate appends to the ledger
// in the same transaction.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// Options of Open.
type Options struct {
	Clock          clock.Clock // nil: the machine's
	MaxConnections int         // to PostgreSQL; 0: 10
	NoMigrate      bool        // an old schema is an error instead of being brought up to date
	Schema         int64       // bring an older schema up to this version only; 0: the newest
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db          *sqldb.DB
	clock       clock.Clock
	rowSecurity bool
	work        chan struct{}
	kept        *kept
	visitors    *gathering[Visitor] // nil: SQLite, which is asked without a way to it
}

// Open opens the database, brings its schema up to date and protects its tables.
// The target is a URL (postgres://…) or the path of a SQLite file, which is made
// when it is missing.
func Open(ctx context.Context, target string, o Options) (*Store, error) {
	if target == "" {
		return nil, &fault.Error{Kind: fault.Invalid, Field: "database-url", What: "no database was named", Expected: "a path, or postgres://…"}
	}
	db, err := sqldb.Open(ctx, target, sqldb.Options{MaxConnections: o.MaxConnections})
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, clock: o.Clock, work: make(chan struct{}, 1), kept: newKept()}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	if db.Dialect == sqldb.Postgres {
		s.visitors = gatherVisitors(db)
	}
	if err := s.prepare(ctx, o); err != nil {
		if e := db.Close(); e != nil {
			err = fmt.Errorf("%w; and then: %w", err, e)
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, o Options) error {
	if err := s.migrate(ctx, o); err != nil {
		return err
	}
	return s.protect(ctx)
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Engine is the name of the database engine.
func (s *Store) Engine() string { return s.db.Dialect.String() }

// RowSecurity reports whether the database itself keeps workspaces apart: on
// PostgreSQL, unless the account is a superuser or may bypass row-level security.
// SQLite has no such thing; there the scope of every statement does it alone.
func (s *Store) RowSecurity() bool { return s.rowSecurity }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.Pool().PingContext(ctx) }

// Work is signalled after a commit that put jobs into the queue.
func (s *Store) Work() <-chan struct{} { return s.work }

// Now is the time of the store's clock.
func (s *Store) Now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// Change says who changes something, for the ledger.
type Change struct {
	Actor     string // person, token or "system"
	ActorName string
	From      string // address
	Reason    string
	Action    string // verb in the ledger, such as "approve"; "": create, change or remove
}

// Read runs f in a transaction that sees one state of the database and cannot
// write. Rows outside the scope do not exist for it. Within WithSight what pages ask
// most is answered from what was read before, as long as the ledgers say nothing new.
func (s *Store) Read(ctx context.Context, scope tenant.Scope, f func(*Tx) error) error {
	if scope.IsZero() {
		return errNoScope()
	}
	seen := sight(ctx, scope)
	return s.db.Read(s.announce(ctx, scope), func(q *sqldb.Tx) error {
		return f(&Tx{q: q, scope: scope, now: s.Now(), kept: s.kept, sight: seen})
	})
}

// Glance is Read for what asks one question: each query of f sees the newest state by
// itself, which costs less than a transaction that sees one state.
func (s *Store) Glance(ctx context.Context, scope tenant.Scope, f func(*Tx) error) error {
	if scope.IsZero() {
		return errNoScope()
	}
	seen := sight(ctx, scope)
	return s.db.Glance(s.announce(ctx, scope), func(q *sqldb.Tx) error {
		return f(&Tx{q: q, scope: scope, now: s.Now(), kept: s.kept, sight: seen, visitors: s.visitors})
	})
}

// Write runs f in a transaction, appends the ledger entries of what f changed and
// commits. Nothing is kept when f fails. f may run several times when the database
// is busy, so it must have no effect outside the transaction.
func (s *Store) Write(ctx context.Context, scope tenant.Scope, c Change, f func(*Tx) error) error {
	if scope.IsZero() {
		return errNoScope()
	}
	if c.Actor == "" {
		return &fault.Error{Kind: fault.Internal, What: "a change must name who makes it"}
	}
	outdate(ctx)
	var p *pending
	err := s.db.Write(s.announce(ctx, scope), func(q *sqldb.Tx) error {
		p = &pending{change: c, entries: map[string][]entry{}, own: map[string]bool{}, derived: map[string]bool{}, queued: new(bool)}
		return s.begin(q, scope, p, f)
	})
	if err == nil && *p.queued {
		select {
		case s.work <- struct{}{}:
		default:
		}
	}
	return err
}

// everyWorkspace is what row-level security takes for all workspaces.
const everyWorkspace = "*"

// announce has a transaction tell PostgreSQL's row-level security which workspace is
// at work.
func (s *Store) announce(ctx context.Context, scope tenant.Scope) context.Context {
	switch {
	case s.db.Dialect != sqldb.Postgres:
		return ctx
	case scope.Everything():
		return sqldb.InWorkspace(ctx, everyWorkspace)
	}
	return sqldb.InWorkspace(ctx, scope.WorkspaceID())
}

func (s *Store) begin(q *sqldb.Tx, scope tenant.Scope, p *pending, f func(*Tx) error) error {
	tx := &Tx{q: q, scope: scope, p: p, now: s.Now(), kept: s.kept}
	if err := f(tx); err != nil {
		return err
	}
	return tx.seal()
}

func errNoScope() error {
	return &fault.Error{Kind: fault.Internal, What: "no scope: rights were not checked"}
}
