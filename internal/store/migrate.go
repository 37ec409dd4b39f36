package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version   int64     `json:"version"`
	Name      string    `json:"name"`
	AppliedAt time.Time `json:"applied_at,omitzero"` // zero: still to come
}

// Migrations lists the steps of the schema of a database that exists, those to come
// last. It changes nothing but, on a database that never was Nisaba's, the table
// that counts the steps.
func Migrations(ctx context.Context, target string) (list []Migration, err error) {
	db, err := sqldb.Open(ctx, target, sqldb.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := steps(db)
	if err != nil {
		return nil, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the version of the tables: %w", err)
	}
	for _, s := range all {
		list = append(list, Migration{Version: s.Source.Version, Name: path.Base(s.Source.Path), AppliedAt: s.AppliedAt})
	}
	return list, nil
}

// steps gives the steps of the schema for a database.
func steps(db *sqldb.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if db.Dialect == sqldb.Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db.Pool(), dir, options...)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return p, nil
}

// migrate brings the schema up to date, or to the version of the options. Servers
// that start together on PostgreSQL wait for one another.
func (s *Store) migrate(ctx context.Context, o Options) error {
	p, err := steps(s.db)
	if err != nil {
		return err
	}
	if o.NoMigrate {
		pending, err := p.HasPending(ctx)
		if err == nil && pending {
			err = &fault.Error{Kind: fault.Conflict, What: "the database is of an older version", Expected: "nisaba migrate to be run first"}
		}
		return err
	}
	if o.Schema > 0 {
		_, err = p.UpTo(ctx, o.Schema)
	} else {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Migrate brings a store that was opened at an older version up to date.
func (s *Store) Migrate(ctx context.Context) error { return s.prepare(ctx, Options{}) }

// tenantTables lists the tables that PostgreSQL must guard.
const tenantTables = `
	SELECT c.table_name
	FROM information_schema.columns c
	WHERE c.table_schema = current_schema() AND c.column_name = 'workspace_id'
		AND NOT EXISTS (SELECT 1 FROM pg_policies p
			WHERE p.schemaname = c.table_schema AND p.tablename = c.table_name AND p.policyname = 'workspace')
	ORDER BY c.table_name`

// ownWorkspace is the policy of every tenant table. Nothing is visible to a
// connection that did not announce a workspace; '*' is a system scope. The planner
// takes it for a condition that hardly any row meets: two tenant tables must not be
// joined in one statement, or it joins them row by row.
const ownWorkspace = `NULLIF(current_setting('nisaba.workspace', true), '') IN ('*', workspace_id)`

// protect adds what each engine can do beyond the common schema: an append-only
// ledger, and row-level security on PostgreSQL.
func (s *Store) protect(ctx context.Context) error {
	if s.db.Dialect == sqldb.SQLite {
		return s.db.Write(ctx, protectSQLite)
	}
	if err := s.db.Write(ctx, protectPostgres); err != nil {
		return fmt.Errorf("protect the tables: %w", err)
	}
	const bypasses = `SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`
	var bypass bool
	if err := s.db.Pool().QueryRowContext(ctx, bypasses).Scan(&bypass); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look at the rights of the database account: %w", err)
	}
	s.rowSecurity = !bypass
	return nil
}

// appendOnly lists the tables whose rows never change.
func appendOnly() []string {
	return []string{"ledger_entries", "ledger_hashes", "checkpoints", "checkpoint_stamps"}
}

func protectSQLite(q *sqldb.Tx) error {
	for _, table := range appendOnly() {
		_, there, err := sqldb.One(q, sqldb.Single[string], `SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?`, table)
		if err != nil {
			return err
		}
		if !there { // of a later version than the schema has
			continue
		}
		for _, event := range []string{"UPDATE", "DELETE"} {
			_, err := q.Exec(fmt.Sprintf(`CREATE TRIGGER IF NOT EXISTS %s_no_%s BEFORE %s ON %s
				BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`, table, event, event, table))
			if err != nil {
				return fmt.Errorf("protect table %s: %w", table, err)
			}
		}
	}
	return nil
}

func protectPostgres(q *sqldb.Tx) error {
	// One server at a time; the number is that of this purpose.
	if _, err := q.Exec(`SELECT pg_advisory_xact_lock(7312025001)`); err != nil {
		return err
	}
	tables, err := sqldb.Collect(q, sqldb.Single[string], tenantTables)
	if err != nil {
		return err
	}
	for _, table := range tables {
		for _, statement := range []string{
			`ALTER TABLE ` + table + ` ENABLE ROW LEVEL SECURITY`,
			`ALTER TABLE ` + table + ` FORCE ROW LEVEL SECURITY`,
			`CREATE POLICY workspace ON ` + table + ` USING (` + ownWorkspace + `) WITH CHECK (` + ownWorkspace + `)`,
		} {
			if _, err := q.Exec(statement); err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
		}
	}
	return appendOnlyPostgres(q)
}

func appendOnlyPostgres(q *sqldb.Tx) error {
	const refuse = `CREATE OR REPLACE FUNCTION nisaba_append_only() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END'`
	const there = `SELECT tgname FROM pg_trigger WHERE tgname = ? AND tgrelid = CAST(CAST(? AS text) AS regclass)`
	for _, table := range appendOnly() {
		_, known, err := sqldb.One(q, sqldb.Single[string], `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = ?`, table)
		if err != nil {
			return err
		}
		if !known { // of a later version than the schema has
			continue
		}
		_, found, err := sqldb.One(q, sqldb.Single[string], there, table+"_append_only", table)
		if err != nil {
			return err
		}
		if found {
			continue
		}
		if _, err := q.Exec(refuse); err != nil {
			return err
		}
		_, err = q.Exec(`CREATE TRIGGER ` + table + `_append_only BEFORE UPDATE OR DELETE ON ` + table +
			` FOR EACH ROW EXECUTE FUNCTION nisaba_append_only()`)
		if err != nil {
			return err
		}
	}
	return nil
}
