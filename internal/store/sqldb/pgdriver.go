package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connector makes connections to PostgreSQL for database/sql, straight on pgx:
// the pool is that of database/sql, so pgx's own is not needed.
type connector struct {
	config *pgx.ConnConfig
	survey bool // for connections that only answer questions by themselves
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, c.config.Copy())
	if err != nil {
		return nil, err
	}
	return &pgConn{conn: conn, survey: c.survey}, nil
}

func (c connector) Driver() driver.Driver { return pgDriver{} }

type pgDriver struct{}

func (pgDriver) Open(string) (driver.Conn, error) {
	return nil, errors.New("use sqldb.Open")
}

type pgConn struct {
	conn   *pgx.Conn
	survey bool
	before *pgx.Batch // what goes to the server with the next statement; nil: nothing
	begun  bool       // the server heard of the transaction
	later  bool       // statements of the transaction wait in before
	ahead  []answered // what was asked ahead
}

// answered is a query with its result, which waits to be asked for.
type answered struct {
	query string
	args  []any
	rows  *heldRows
}

var (
	_ driver.ConnBeginTx       = (*pgConn)(nil)
	_ driver.ExecerContext     = (*pgConn)(nil)
	_ driver.QueryerContext    = (*pgConn)(nil)
	_ driver.Pinger            = (*pgConn)(nil)
	_ driver.SessionResetter   = (*pgConn)(nil)
	_ driver.Validator         = (*pgConn)(nil)
	_ driver.NamedValueChecker = (*pgConn)(nil)
)

// Prepare is not needed: pgx prepares and caches every statement itself.
func (c *pgConn) Prepare(query string) (driver.Stmt, error) { return pgStatement{c, query}, nil }

func (c *pgConn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return c.conn.Close(ctx)
}

func (c *pgConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

type workspaceKey struct{}

// allWorkspaces is what row-level security takes for every workspace.
const allWorkspaces = "*"

// InWorkspace is a context in which transactions on PostgreSQL tell row-level
// security of a workspace, or of all ("*"), as they begin. The other engine does not
// look at it.
func InWorkspace(ctx context.Context, workspace string) context.Context {
	return context.WithValue(ctx, workspaceKey{}, workspace)
}

// BeginTx notes the beginning, which goes to the server with the first statement.
func (c *pgConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	begin := "begin"
	switch sql.IsolationLevel(o.Isolation) {
	case sql.LevelDefault, sql.LevelReadCommitted:
	case sql.LevelRepeatableRead:
		begin += " isolation level repeatable read"
	case sql.LevelSerializable:
		begin += " isolation level serializable"
	default:
		return nil, errors.New("no such isolation level")
	}
	if o.ReadOnly {
		begin += " read only"
	}
	batch := &pgx.Batch{}
	batch.Queue(begin)
	if workspace, ok := ctx.Value(workspaceKey{}).(string); ok {
		batch.Queue("select set_config('nisaba.workspace', $1, true)", workspace)
	}
	c.before, c.begun, c.later = batch, false, false
	return pgTx{c}, nil
}

type laterKey struct{}

// later is a context in which a statement waits for the next one, or for the end of
// the transaction, and goes to the server with it.
func later(ctx context.Context) context.Context { return context.WithValue(ctx, laterKey{}, true) }

type aheadKey struct{}

// question is a query with its arguments.
type question struct {
	query string
	args  []any
}

// ahead is a context in which an empty statement asks all the questions at once. The
// queries that follow in the transaction, until one that changes something, find
// their answers there.
func ahead(ctx context.Context, questions []question) context.Context {
	return context.WithValue(ctx, aheadKey{}, questions)
}

// askAhead asks the questions and holds the answers.
func (c *pgConn) askAhead(ctx context.Context, questions []question) error {
	first := !c.begun
	batch := c.takeBefore()
	before := batch.Len()
	for _, q := range questions {
		batch.Queue(q.query, q.args...)
	}
	results := c.conn.SendBatch(ctx, batch)
	for range before {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // says the same again
			return c.failed(ctx, err, first)
		}
	}
	for _, q := range questions {
		rows, err := results.Query()
		if err != nil {
			_ = results.Close() // says the same again
			return c.failed(ctx, err, first)
		}
		held, err := hold(&pgRows{rows: rows})
		if err != nil {
			_ = results.Close() // says the same again
			return c.failed(ctx, err, first)
		}
		c.ahead = append(c.ahead, answered{q.query, q.args, held})
	}
	return results.Close()
}

// answer is the answer to a query that was asked ahead, once.
func (c *pgConn) answer(query string, args []driver.NamedValue) *heldRows {
	i := slices.IndexFunc(c.ahead, func(a answered) bool { return a.query == query && reflect.DeepEqual(a.args, values(args)) })
	if i < 0 {
		return nil
	}
	rows := c.ahead[i].rows
	c.ahead = slices.Delete(c.ahead, i, i+1)
	return rows
}

// takeBefore is what waits for the next statement, which takes it along.
func (c *pgConn) takeBefore() *pgx.Batch {
	batch := c.before
	if batch == nil {
		batch = &pgx.Batch{}
	}
	c.before, c.begun, c.later = nil, true, false
	return batch
}

type aloneKey struct{}

// alone is a context in which queries are by themselves.
func alone(ctx context.Context) context.Context { return context.WithValue(ctx, aloneKey{}, true) }

// glance is what stands before a query by itself. All that is sent at once is one
// transaction for the server, which ends with it, and with it what is set here.
func glance(ctx context.Context) *pgx.Batch {
	workspace, _ := ctx.Value(workspaceKey{}).(string)
	batch := &pgx.Batch{}
	batch.Queue("select set_config('nisaba.workspace', $1, true), set_config('transaction_read_only', 'on', true)", workspace)
	return batch
}

// first sends a statement together with what stands before it, such as the beginning
// of its transaction: one way to the server instead of two.
func (c *pgConn) first(ctx context.Context, batch *pgx.Batch, query string, args []driver.NamedValue) (pgx.BatchResults, error) {
	before := batch.Len()
	batch.Queue(query, values(args)...)
	results := c.conn.SendBatch(ctx, batch)
	for range before {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // says the same again
			return nil, err
		}
	}
	return results, nil
}

// failed is the error of a statement; first says that it was the first of its
// transaction. When the connection was lost then, the whole transaction was, so that
// another one may do all of it.
func (c *pgConn) failed(ctx context.Context, err error, first bool) error {
	if !first {
		return c.check(err)
	}
	if ctx.Err() == nil && c.conn.IsClosed() {
		return driver.ErrBadConn
	}
	return err
}

func (c *pgConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if questions, ok := ctx.Value(aheadKey{}).([]question); ok {
		return driver.RowsAffected(0), c.askAhead(ctx, questions)
	}
	c.ahead = nil
	if ctx.Value(laterKey{}) != nil && c.begun {
		if c.before == nil {
			c.before = &pgx.Batch{}
		}
		c.before.Queue(query, values(args)...)
		c.later = true
		return driver.RowsAffected(0), nil
	}
	if c.before != nil {
		first := !c.begun
		results, err := c.first(ctx, c.takeBefore(), query, args)
		if err != nil {
			return nil, c.failed(ctx, err, first)
		}
		tag, err := results.Exec()
		if closed := results.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, c.failed(ctx, err, first)
		}
		return driver.RowsAffected(tag.RowsAffected()), nil
	}
	tag, err := c.conn.Exec(ctx, query, values(args)...)
	if err != nil {
		return nil, c.check(err)
	}
	return driver.RowsAffected(tag.RowsAffected()), nil
}

func (c *pgConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if rows := c.answer(query, args); rows != nil {
		return rows, nil
	}
	var batch *pgx.Batch
	first := !c.begun
	if c.before != nil {
		batch = c.takeBefore()
	} else if ctx.Value(aloneKey{}) != nil && c.conn.PgConn().TxStatus() == 'I' { // not within a transaction
		batch = glance(ctx)
	}
	if batch != nil {
		results, err := c.first(ctx, batch, query, args)
		if err != nil {
			return nil, c.failed(ctx, err, first)
		}
		rows, err := results.Query()
		if err != nil {
			_ = results.Close() // says the same again
			return nil, c.failed(ctx, err, first)
		}
		return &pgRows{rows: rows, of: results}, nil
	}
	rows, err := c.conn.Query(ctx, query, values(args)...)
	if err != nil {
		return nil, c.check(err)
	}
	if !c.survey {
		return &pgRows{rows: rows}, nil
	}
	// A connection that was lost while nobody asked shows it with the first row, when
	// another one can still answer.
	found := rows.Next()
	if err := rows.Err(); !found && err != nil {
		return nil, c.failed(ctx, err, true)
	}
	return &pgRows{rows: rows, ahead: true, first: found}, nil
}

func (c *pgConn) Ping(ctx context.Context) error { return c.check(c.conn.Ping(ctx)) }

// ResetSession gives up a connection that is closed, or still in a transaction that
// began and could not go on.
func (c *pgConn) ResetSession(context.Context) error {
	if c.before != nil || c.conn.IsClosed() || c.conn.PgConn().TxStatus() != 'I' {
		return driver.ErrBadConn
	}
	return nil
}

func (c *pgConn) IsValid() bool { return !c.conn.IsClosed() }

// CheckNamedValue leaves the forms of values to pgx.
func (c *pgConn) CheckNamedValue(*driver.NamedValue) error { return nil }

// check turns a failure that did not reach the server into ErrBadConn, so that
// database/sql takes another connection.
func (c *pgConn) check(err error) error {
	var safe interface{ SafeToRetry() bool }
	if errors.As(err, &safe) && safe.SafeToRetry() && c.conn.IsClosed() {
		return driver.ErrBadConn
	}
	return err
}

func values(args []driver.NamedValue) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a.Value
	}
	return out
}

type pgTx struct{ c *pgConn }

// Commit reports an error when the server rolled back instead.
func (t pgTx) Commit() error {
	tag, err := t.end("commit")
	if err == nil && tag == "ROLLBACK" {
		return errors.New("the transaction had failed and was rolled back")
	}
	return err
}

func (t pgTx) Rollback() error {
	_, err := t.end("rollback")
	return err
}

func (t pgTx) end(how string) (string, error) {
	c := t.c
	begun, late := c.begun, c.later
	batch := c.takeBefore()
	c.begun, c.ahead = false, nil
	if !begun { // the server never heard of it
		return "", nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if !late || how != "commit" {
		tag, err := c.conn.Exec(ctx, how)
		return tag.String(), err
	}
	results, err := c.first(ctx, batch, how, nil)
	if err == nil {
		var tag pgconn.CommandTag
		if tag, err = results.Exec(); err == nil {
			return tag.String(), results.Close()
		}
		_ = results.Close() // says the same again
	}
	if c.conn.PgConn().TxStatus() != 'I' { // what failed keeps the transaction open
		_, undone := c.conn.Exec(ctx, "rollback")
		err = errors.Join(err, undone)
	}
	return "", err
}

type pgRows struct {
	rows    pgx.Rows
	of      pgx.BatchResults // nil: a result by itself
	columns []string
	ahead   bool // the first row was read already
	first   bool // there was one
}

func (r *pgRows) Columns() []string {
	if r.columns == nil {
		for _, f := range r.rows.FieldDescriptions() {
			r.columns = append(r.columns, f.Name)
		}
	}
	return r.columns
}

func (r *pgRows) Close() error {
	r.rows.Close()
	if r.of == nil {
		return nil // errors of the query came from Next
	}
	if err := r.of.Close(); r.rows.Err() == nil {
		return err
	}
	return nil
}

func (r *pgRows) Next(dest []driver.Value) error {
	more := r.first
	if !r.ahead {
		more = r.rows.Next()
	}
	if r.ahead = false; !more {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	found, err := r.rows.Values()
	if err != nil {
		return err
	}
	for i, v := range found {
		switch n := v.(type) {
		case int32:
			v = int64(n)
		case int16:
			v = int64(n)
		}
		dest[i] = v
	}
	return nil
}

// heldRows are rows that were read already.
type heldRows struct {
	columns []string
	rows    [][]driver.Value
}

// hold reads all rows.
func hold(of *pgRows) (*heldRows, error) {
	held := &heldRows{columns: of.Columns()}
	for {
		row := make([]driver.Value, len(held.columns))
		if err := of.Next(row); err != nil {
			closed := of.Close()
			if err != io.EOF {
				return nil, err
			}
			return held, closed
		}
		held.rows = append(held.rows, row)
	}
}

func (h *heldRows) Columns() []string { return h.columns }
func (h *heldRows) Close() error      { return nil }

func (h *heldRows) Next(dest []driver.Value) error {
	if len(h.rows) == 0 {
		return io.EOF
	}
	copy(dest, h.rows[0])
	h.rows = h.rows[1:]
	return nil
}

type pgStatement struct {
	c     *pgConn
	query string
}

func (s pgStatement) Close() error  { return nil }
func (s pgStatement) NumInput() int { return -1 }

func (s pgStatement) Exec(args []driver.Value) (driver.Result, error) {
	return s.c.ExecContext(context.Background(), s.query, named(args))
}

func (s pgStatement) Query(args []driver.Value) (driver.Rows, error) {
	return s.c.QueryContext(context.Background(), s.query, named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}
