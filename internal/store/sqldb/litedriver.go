package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// liteConnector makes connections to SQLite that keep the statements they have
// read: to read the text of a query takes SQLite longer than to answer most.
type liteConnector struct{ driver.Connector }

func newLiteConnector(url string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(url)
	return liteConnector{c}, err
}

// Connect opens a connection.
func (c liteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &liteConn{connection: conn.(connection), kept: map[string]*liteStatement{}}, nil
}

// connection is what database/sql asks of a connection and the driver offers.
type connection interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is what the driver's statements offer.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// mostKept is how many statements a connection keeps. The program has some
// hundreds; lists of changing length make more, and then all are let go at once.
const mostKept = 800

type liteConn struct {
	connection
	kept map[string]*liteStatement
}

// liteStatement is busy while its rows are read: it cannot begin anew then.
type liteStatement struct {
	statement
	busy bool
}

// prepared gives the statement of a query, nil when it is busy.
func (c *liteConn) prepared(ctx context.Context, query string) (*liteStatement, error) {
	if s, ok := c.kept[query]; ok {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.kept) >= mostKept {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	s, err := c.connection.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	kept := &liteStatement{statement: s.(statement)}
	c.kept[query] = kept
	return kept, nil
}

// forget closes the statements that nobody reads from.
func (c *liteConn) forget() error {
	for query, s := range c.kept {
		if s.busy {
			continue
		}
		delete(c.kept, query)
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

// ExecContext runs a statement. Those without arguments are scripts, pragmas and
// the ends of transactions, which are not worth keeping.
func (c *liteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 {
		return c.connection.ExecContext(ctx, query, args)
	}
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.connection.ExecContext(ctx, query, args)
	}
	return s.ExecContext(ctx, args)
}

// QueryContext runs a query.
func (c *liteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.connection.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &liteRows{rows, s}, nil
}

// Close closes the statements and the connection.
func (c *liteConn) Close() error {
	for _, s := range c.kept {
		s.busy = false
	}
	return errors.Join(c.forget(), c.connection.Close())
}

// liteRows gives its statement free at the end.
type liteRows struct {
	driver.Rows
	of *liteStatement
}

// Close ends the reading.
func (r *liteRows) Close() error {
	err := r.Rows.Close()
	r.of.busy = false
	return err
}
