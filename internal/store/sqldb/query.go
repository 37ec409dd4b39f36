package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Tx is a transaction. It must not be used by several goroutines at once. It begins
// with its first statement: one that finds it needs none costs nothing.
type Tx struct {
	db      *DB
	ctx     context.Context
	pool    *sql.DB
	options *sql.TxOptions
	tx      *sql.Tx     // nil: not begun
	single  bool        // each query is by itself
	asking  *[]question // queries are noted for Ahead, not run

	writes int // how many statements that may have changed something were run

	statements map[string]*sql.Stmt // those that came before; nil: once
	open       int                  // results that are being read
}

// mostLost is how many connections that were lost while nobody used them are passed
// over, which may be all of a pool after the database was started anew.
const mostLost = 64

// run runs a statement, of which the first begins the transaction. When the
// connection turns out to be lost by then, nothing has happened yet, and another one
// is taken.
func (t *Tx) run(statement func() error) error {
	if t.tx != nil || t.single {
		return statement()
	}
	for lost := 0; ; lost++ {
		tx, err := t.pool.BeginTx(t.ctx, t.options)
		if err != nil {
			return fmt.Errorf("begin transaction: %w", err)
		}
		t.tx = tx
		if err = statement(); !errors.Is(err, driver.ErrBadConn) || lost == mostLost {
			return err
		}
		_ = t.tx.Rollback() // of a connection that is gone: the pool lets go of it
		t.tx, t.statements = nil, nil
	}
}

func (t *Tx) commit() error {
	if t.tx == nil {
		return nil
	}
	if err := t.tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", Classify(err))
	}
	return nil
}

func (t *Tx) rollback() error {
	if t.tx == nil {
		return nil
	}
	if err := t.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// again is a statement that the transaction has run before, prepared: transactions
// that do the same for many rows have it parsed once. It is nil for the first time,
// while a result is read, and on PostgreSQL, whose driver keeps its own.
func (t *Tx) again(query string) *sql.Stmt {
	if t.db.Dialect != SQLite || t.open > 0 || t.single {
		return nil
	}
	st, came := t.statements[query]
	if came && st == nil {
		st, _ = t.tx.PrepareContext(t.ctx, query) // an error shows when it is run as text
	}
	if t.statements == nil {
		t.statements = map[string]*sql.Stmt{}
	}
	t.statements[query] = st
	return st
}

// Context is the context of the transaction.
func (t *Tx) Context() context.Context { return t.ctx }

// Writes is how many statements were run that may have changed something: what was
// read and locked is still so when it is the same.
func (t *Tx) Writes() int { return t.writes }

// Dialect is the engine that runs the transaction.
func (t *Tx) Dialect() Dialect { return t.db.Dialect }

func (t *Tx) text(query string) string {
	if t.db.Dialect == SQLite {
		return query
	}
	if s, ok := t.db.texts.Load(query); ok {
		return s.(string)
	}
	s := t.db.Dialect.Rebind(query)
	t.db.texts.Store(query, s)
	return s
}

// Exec runs a statement with ? placeholders and returns the number of rows it touched.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	r, err := t.exec(query, args)
	if err != nil {
		return 0, Classify(err)
	}
	n, err := r.RowsAffected()
	return n, Classify(err)
}

// ExecLater is Exec for a statement whose effect nobody looks at before the
// transaction ends. On PostgreSQL it goes to the server with the next statement, or
// with the end of the transaction, which then returns its error.
func (t *Tx) ExecLater(query string, args ...any) error {
	if t.db.Dialect != Postgres {
		_, err := t.Exec(query, args...)
		return err
	}
	inner := *t
	inner.ctx = later(t.ctx)
	_, err := inner.Exec(query, args...)
	t.tx, t.writes = inner.tx, inner.writes
	return err
}

// Ahead asks PostgreSQL for all that f reads in one way to the server. f is called
// with a transaction that finds nothing; what it reads must not hang on what it has
// read before. The same queries find the answers afterwards, as long as the
// transaction has not changed anything since. The other engine is as fast without.
func (t *Tx) Ahead(f func(*Tx)) error {
	if t.db.Dialect != Postgres || t.single {
		return nil
	}
	var questions []question
	noting := *t
	noting.asking = &questions
	f(&noting)
	return Classify(t.run(func() error {
		_, err := t.tx.ExecContext(ahead(t.ctx, questions), "")
		return err
	}))
}

func (t *Tx) exec(query string, args []any) (r sql.Result, err error) {
	if err := legible(args); err != nil {
		return nil, err
	}
	if t.asking != nil {
		return nil, fmt.Errorf("what is asked ahead cannot write: %w", ErrRestricted)
	}
	if t.single {
		return nil, fmt.Errorf("a glance cannot write: %w", ErrRestricted)
	}
	t.writes++
	err = t.run(func() error {
		if st := t.again(query); st != nil {
			r, err = st.ExecContext(t.ctx, args...)
		} else {
			r, err = t.tx.ExecContext(t.ctx, t.text(query), args...)
		}
		return err
	})
	return r, err
}

func (t *Tx) query(query string, args []any) (rows *sql.Rows, err error) {
	if err := legible(args); err != nil {
		return nil, err
	}
	err = t.run(func() error {
		if st := t.again(query); st != nil {
			rows, err = st.QueryContext(t.ctx, args...)
		} else if t.single {
			rows, err = t.pool.QueryContext(t.ctx, t.text(query), args...)
		} else {
			rows, err = t.tx.QueryContext(t.ctx, t.text(query), args...)
		}
		return err
	})
	return rows, err
}

// Row is one row of a result.
type Row interface{ Scan(...any) error }

// Each calls f for every row of a query.
func (t *Tx) Each(f func(Row) error, query string, args ...any) (err error) {
	if t.asking != nil {
		*t.asking = append(*t.asking, question{t.text(query), args})
		return nil
	}
	rows, err := t.query(query, args)
	if err != nil {
		return Classify(err)
	}
	t.open++
	defer func() {
		t.open--
		err = errors.Join(err, rows.Close())
	}()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return Classify(rows.Err())
}

// Collect returns a value for every row, in order. fields says where the columns
// of a row go; it is asked once, and every field must be set anew by each row, as
// plain pointers and Columns are.
func Collect[T any](t *Tx, fields func(*T) []any, query string, args ...any) ([]T, error) {
	var out []T
	var v T
	into := fields(&v)
	err := t.Each(func(r Row) error {
		if err := r.Scan(into...); err != nil {
			return fmt.Errorf("read row: %w", err)
		}
		out = append(out, v)
		return nil
	}, query, args...)
	return out, err
}

// One returns the value of the only row; found is false when there is none.
func One[T any](t *Tx, fields func(*T) []any, query string, args ...any) (v T, found bool, err error) {
	all, err := Collect(t, fields, query, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	return all[0], true, nil
}

// Single is the list of fields of a value that is one column.
func Single[T any](v *T) []any { return []any{v} }
