package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	Dialect Dialect
	write   *sql.DB // SQLite: one connection
	read    *sql.DB
	survey  *sql.DB  // PostgreSQL: connections that only read, in all workspaces; SQLite: read
	texts   sync.Map // statement → rebound statement
}

// Options of Open.
type Options struct {
	MaxConnections int // PostgreSQL; 0: 10; half as many again answer questions by themselves
}

// Open opens the database: a URL that begins with postgres:// or postgresql://,
// else the path of a SQLite file, which is made when it is missing.
func Open(ctx context.Context, target string, o Options) (*DB, error) {
	if IsPostgres(target) {
		return openPostgres(ctx, target, o)
	}
	return openSQLite(ctx, target)
}

// IsPostgres reports whether the target of Open names a PostgreSQL server.
func IsPostgres(target string) bool {
	return strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	// synchronous=FULL: what was acknowledged survives a loss of power.
	common := []string{"busy_timeout(10000)", "foreign_keys(1)", "temp_store(MEMORY)", "cache_size(-4000)"}
	writer := append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"}, common[1:]...)
	reader := append(common, "query_only(1)")
	db := &DB{Dialect: SQLite}
	toWrite, err := newLiteConnector(sqliteURL(abs, "immediate", writer))
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	toRead, err := newLiteConnector(sqliteURL(abs, "deferred", reader))
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.write = sql.OpenDB(toWrite)
	db.write.SetMaxOpenConns(1)
	if err := db.write.PingContext(ctx); err != nil { // makes the file before readers come
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.write.Close())
	}
	db.read = sql.OpenDB(toRead)
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	db.survey = db.read
	return db, nil
}

func sqliteURL(path, lock string, pragmas []string) string {
	if path = filepath.ToSlash(path); !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	q := url.Values{"_txlock": {lock}, "_pragma": pragmas}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func openPostgres(ctx context.Context, target string, o Options) (*DB, error) {
	config, err := pgx.ParseConfig(target)
	if err != nil {
		return nil, fmt.Errorf("the URL of the database cannot be read: %w", hidePassword(err))
	}
	for name, value := range map[string]string{
		"application_name": "nisaba", "lock_timeout": "10s", "statement_timeout": "60s",
		"idle_in_transaction_session_timeout": "60s",
	} {
		if config.RuntimeParams[name] == "" {
			config.RuntimeParams[name] = value
		}
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 10
	}
	pool := newPool(connector{config: config}, o.MaxConnections)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to PostgreSQL at %s:%d: %w", config.Host, config.Port, err), pool.Close())
	}
	if err := recent(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	// What stands before each question otherwise, these connections were told as they
	// began. They look up single rows by their keys, for which a plan is made once: for a
	// list of keys PostgreSQL would plan each time, which takes longer than the answer.
	all := config.Copy()
	all.RuntimeParams["default_transaction_read_only"] = "on"
	all.RuntimeParams["nisaba.workspace"] = allWorkspaces
	all.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	return &DB{Dialect: Postgres, write: pool, read: pool, survey: newPool(connector{all, true}, (o.MaxConnections+1)/2)}, nil
}

// oldest is the first version of PostgreSQL that knows plan_cache_mode, as the server
// counts them.
const oldest = 12_00_00

// recent refuses a server that is too old, before somebody relies on it.
func recent(ctx context.Context, pool *sql.DB) error {
	var version int
	if err := pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	if version < oldest {
		return fmt.Errorf("the server is PostgreSQL %d; use %d or newer", version/1_00_00, oldest/1_00_00)
	}
	return nil
}

func newPool(c connector, most int) *sql.DB {
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(most)
	pool.SetConnMaxIdleTime(10 * time.Minute)
	pool.SetConnMaxLifetime(time.Hour) // plans are made anew for tables that have grown
	return pool
}

// hidePassword keeps the URL, which may hold a password, out of messages.
func hidePassword(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("expected postgres://user:password@host:5432/database")
	}
	return err
}

// Close closes all connections.
func (db *DB) Close() error {
	return errors.Join(db.survey.Close(), db.read.Close(), db.write.Close()) // those that are the same are closed once
}

// Pool is the pool for writing, for migrations and tests.
func (db *DB) Pool() *sql.DB { return db.write }

// attempts is how often a transaction is tried.
const attempts = 8

// Write runs f in a transaction that may write and commits it. When the database
// reports a clash with another transaction, f runs again in a new one: it must
// have no effect outside the transaction.
func (db *DB) Write(ctx context.Context, f func(*Tx) error) error {
	var err error
	for attempt := range attempts {
		if err = db.once(ctx, db.write, nil, f); err == nil || !transient(err) {
			return err
		}
		if wait(ctx, backoff(attempt)) != nil {
			return err
		}
	}
	return fmt.Errorf("the database stayed busy: %w", err)
}

// Read runs f in a transaction that sees one state of the database and cannot write.
func (db *DB) Read(ctx context.Context, f func(*Tx) error) error {
	o := &sql.TxOptions{}
	if db.Dialect == Postgres {
		o = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return db.once(ctx, db.read, o, f)
}

// Glance runs f without a transaction around it: each of its queries sees the newest
// state, which on PostgreSQL takes one way to the server instead of two. None of them
// can write.
func (db *DB) Glance(ctx context.Context, f func(*Tx) error) error {
	if db.Dialect != Postgres || ctx.Value(workspaceKey{}) == allWorkspaces {
		return f(&Tx{db: db, ctx: ctx, pool: db.survey, single: true})
	}
	return f(&Tx{db: db, ctx: alone(ctx), pool: db.read, single: true})
}

func (db *DB) once(ctx context.Context, pool *sql.DB, o *sql.TxOptions, f func(*Tx) error) (err error) {
	t := &Tx{db: db, ctx: ctx, pool: pool, options: o}
	done := false
	defer func() {
		if !done { // error or panic
			err = errors.Join(err, t.rollback())
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	done = true
	return t.commit()
}

// backoff is 2–4 ms after the first attempt and doubles.
func backoff(attempt int) time.Duration {
	base := 2 * time.Millisecond << attempt
	return base + rand.N(base)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
