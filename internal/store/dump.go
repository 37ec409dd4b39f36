package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// dumpFormat is the first word of a dump.
const dumpFormat = "nisaba-dump/1"

// dumped lists the tables in the order in which rows can be inserted.
func dumped() []string {
	return []string{
		"workspaces", "organisations", "people", "passkeys", "recovery_codes", "sessions", "passes", "members", "invitations", "tokens", "settings",
		"answers", "evidence", "files", "exceptions", "assertions", "determinations", "registrations", "snapshots", "rollups", "delegations",
		"assignments", "suggestions",
		"tasks", "comments", "approvals", "trainings", "reports", "feeds", "saved_views", "inbox", "search",
		"incidents", "obligations", "incident_reports", "incident_entries", "indicators", "incident_affected", "incident_exhibits",
		"incident_informed", "incident_costs", "indicator_imports", "incident_exercises", "alarms", "intake_sources", "intake_signals",
		"filing_keys", "authority_cases", "authority_reports", "authority_messages", "filing_nonces", "filing_endpoints", "filing_messages",
		"assets", "suppliers", "supplier_requests", "risks", "scan_targets", "scans", "scan_findings",
		"authority_applications", "authority_entries", "authority_recipients", "authority_forwardings", "authority_records",
		"authority_record_files",
		"jobs", "crons", "outbox", "marks", "counters",
		"ledger_heads", "ledger_entries", "ledger_hashes", "checkpoints", "checkpoint_stamps",
	}
}

// The lines of a dump: its head, then for each table a table line and its rows, and
// the end, without which a dump is not whole.
type (
	dumpHead struct {
		Format string `json:"format"`
		Schema int64  `json:"schema"` // version of the tables
	}
	dumpTable struct {
		Table   string   `json:"table"`
		Columns []string `json:"columns"`
	}
	dumpEnd struct {
		Rows int64 `json:"rows"`
	}
)

const schemaVersion = `SELECT MAX(version_id) FROM goose_db_version WHERE is_applied`

// Dump writes everything as lines of JSON, in one state and the same for both
// engines: a backup, or the way from SQLite to PostgreSQL. It holds the hashes of
// passwords and tokens and must be kept like the database. Uploaded files are not
// in it, but named.
func (s *Store) Dump(ctx context.Context, w io.Writer) (d Dumped, err error) {
	out := bufio.NewWriter(w)
	line := json.NewEncoder(out)
	line.SetEscapeHTML(false)
	err = s.Read(ctx, tenant.System("dump"), func(tx *Tx) error {
		if err := tx.patient(); err != nil {
			return err
		}
		if d.Schema, _, err = sqldb.One(tx.q, sqldb.Single[int64], schemaVersion); err != nil {
			return fmt.Errorf("read the version of the tables: %w", err)
		}
		if d.Files, err = tx.namedFiles(); err != nil {
			return fmt.Errorf("list the files: %w", err)
		}
		if err := line.Encode(dumpHead{dumpFormat, d.Schema}); err != nil {
			return err
		}
		for _, table := range dumped() {
			n, err := tx.dumpTable(table, line)
			if err != nil {
				return fmt.Errorf("dump table %s: %w", table, err)
			}
			d.Rows += n
		}
		return line.Encode(dumpEnd{d.Rows})
	})
	if err != nil {
		return d, err
	}
	return d, out.Flush()
}

// Dumped says what a dump holds.
type Dumped struct {
	Schema int64 // version of the tables
	Rows   int64
	Files  []string // SHA-256 of the files that it names: uploads, reports, what was approved, logos, kept binders
}

// inJSON finds the files that a value of JSON names.
var inJSON = regexp.MustCompile(`"(?:logo|sha256)": ?"([0-9a-f]{64})"`)

// namedFiles lists the SHA-256 of the files that rows name and that are kept in the
// folder of files, each once and in order.
func (tx *Tx) namedFiles() ([]string, error) {
	list, err := sqldb.Collect(tx.q, sqldb.Single[string], `SELECT sha256 FROM files
		UNION SELECT sha256 FROM approvals WHERE file <> '' UNION SELECT sha256 FROM reports WHERE file <> ''
		UNION SELECT sha256 FROM incident_exhibits WHERE file <> '' UNION SELECT sha256 FROM indicator_imports
		UNION SELECT sha256 FROM authority_record_files`)
	if err != nil {
		return nil, err
	}
	values, err := sqldb.Collect(tx.q, sqldb.Single[string], `SELECT brand FROM workspaces
		UNION SELECT brand FROM organisations UNION SELECT value FROM settings WHERE name = 'incidents.binder'`)
	for _, v := range values {
		for _, m := range inJSON.FindAllStringSubmatch(v, -1) {
			list = append(list, m[1])
		}
	}
	slices.Sort(list)
	return slices.Compact(list), err
}

// patient takes the time limit for statements from a transaction that moves
// everything.
func (tx *Tx) patient() error {
	if tx.q.Dialect() != sqldb.Postgres {
		return nil
	}
	_, err := tx.q.Exec(`SET LOCAL statement_timeout = 0`)
	return err
}

func (tx *Tx) dumpTable(table string, line *json.Encoder) (rows int64, err error) {
	columns, err := tx.columnsOf(table)
	if err != nil {
		return 0, err
	}
	if err := line.Encode(dumpTable{table, columns}); err != nil {
		return 0, err
	}
	truth, err := tx.truths(table)
	if err != nil {
		return 0, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	list := strings.Join(columns, ", ")
	err = tx.q.Each(func(r sqldb.Row) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				values[i] = string(v)
			case int64:
				if slices.Contains(truth, columns[i]) { // SQLite has no truth values
					values[i] = v != 0
				}
			}
		}
		rows++
		return line.Encode(values)
	}, `SELECT `+list+` FROM `+table+` ORDER BY `+list)
	return rows, err
}

// columnsOf are the columns of a table by name.
func (tx *Tx) columnsOf(table string) ([]string, error) {
	query := `SELECT name FROM pragma_table_info(?) ORDER BY name`
	if tx.q.Dialect() == sqldb.Postgres {
		query = `SELECT CAST(column_name AS text) FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = ? ORDER BY 1`
	}
	return sqldb.Collect(tx.q, sqldb.Single[string], query, table)
}

// truths are the columns of a table that hold true or false.
func (tx *Tx) truths(table string) ([]string, error) {
	if tx.q.Dialect() == sqldb.Postgres {
		return nil, nil
	}
	return sqldb.Collect(tx.q, sqldb.Single[string], `SELECT name FROM pragma_table_info(?) WHERE type = 'BOOLEAN'`, table)
}

// Restore fills an empty store from a dump, all of it or nothing. open gives the
// dump from its beginning; it is called again when the transaction has to be tried
// again. Conflict when the store has people already; Invalid when the dump is not
// whole, or not of the same version of the tables. It returns the number of rows.
func (s *Store) Restore(ctx context.Context, open func() (io.ReadCloser, error)) (rows int64, err error) {
	err = s.Write(ctx, tenant.System("restore"), Change{Actor: "system"}, func(tx *Tx) error {
		if err := tx.patient(); err != nil {
			return err
		}
		r, err := open()
		if err != nil {
			return fmt.Errorf("read the dump: %w", err)
		}
		rows, err = tx.restore(json.NewDecoder(r))
		return errors.Join(err, r.Close())
	})
	return rows, err
}

func badDump(what string) error {
	return &fault.Error{Kind: fault.Invalid, What: "this is not a whole dump: " + what, Expected: "what nisaba backup wrote"}
}

func (tx *Tx) restore(d *json.Decoder) (int64, error) {
	d.UseNumber()
	var h dumpHead
	if err := d.Decode(&h); err != nil || h.Format != dumpFormat {
		return 0, badDump("it does not begin with " + dumpFormat)
	}
	version, _, err := sqldb.One(tx.q, sqldb.Single[int64], schemaVersion)
	if err != nil {
		return 0, fmt.Errorf("read the version of the tables: %w", err)
	}
	if h.Schema != version {
		return 0, &fault.Error{Kind: fault.Invalid, What: fmt.Sprintf("the dump has tables of version %d, this program of version %d", h.Schema, version)}
	}
	people, _, err := sqldb.One(tx.q, sqldb.Single[int64], `SELECT COUNT(*) FROM people`)
	if err != nil {
		return 0, err
	}
	if people > 0 {
		return 0, &fault.Error{Kind: fault.Conflict, What: "the database is in use", Expected: "an empty one"}
	}
	return tx.restoreTables(d)
}

// restoreTables reads lines until the end line. A line is an array for a row, else
// an object.
func (tx *Tx) restoreTables(d *json.Decoder) (rows int64, err error) {
	var into dumpTable
	var batch [][]any
	for {
		var line json.RawMessage
		if err := d.Decode(&line); err != nil {
			return rows, badDump("it breaks off")
		}
		if line[0] == '[' {
			var row []any
			if err := decodeNumbers(line, &row); err != nil || len(row) != len(into.Columns) {
				return rows, badDump("a row of table " + into.Table + " has the wrong length")
			}
			batch, rows = append(batch, row), rows+1
			if len(batch) < chunk {
				continue
			}
		}
		if err := tx.insertRows(into, batch); err != nil {
			return rows, err
		}
		batch = batch[:0]
		if line[0] == '[' {
			continue
		}
		var next struct {
			dumpTable
			Rows *int64 `json:"rows"`
		}
		if err := json.Unmarshal(line, &next); err != nil {
			return rows, badDump("a line cannot be read")
		}
		if next.Rows != nil {
			return rows, tx.restored(rows, *next.Rows)
		}
		if into, err = tx.known(next.dumpTable); err != nil {
			return rows, err
		}
	}
}

func decodeNumbers(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	return d.Decode(into)
}

// known checks names against the schema, because they become part of statements.
func (tx *Tx) known(t dumpTable) (dumpTable, error) {
	if !slices.Contains(dumped(), t.Table) {
		return t, badDump("no table " + t.Table)
	}
	columns, err := tx.columnsOf(t.Table)
	if err == nil && !slices.Equal(columns, t.Columns) {
		err = badDump("other columns in table " + t.Table)
	}
	return t, err
}

func (tx *Tx) restored(rows, want int64) error {
	if rows != want {
		return badDump(fmt.Sprintf("%d of %d rows", rows, want))
	}
	return nil
}

func (tx *Tx) insertRows(t dumpTable, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	var args []any
	for _, row := range rows {
		for _, v := range row {
			n, err := plain(v)
			if err != nil {
				return badDump(err.Error())
			}
			args = append(args, n)
		}
	}
	statement := `INSERT INTO ` + t.Table + ` (` + strings.Join(t.Columns, ", ") + `) VALUES ` + sqldb.Rows(len(rows), len(t.Columns))
	if _, err := tx.q.Exec(statement, args...); err != nil {
		return explain(err, "restore", "row of table "+t.Table)
	}
	return nil
}

// plain is a value of JSON as an argument: whole numbers as integers.
func plain(v any) (any, error) {
	switch n := v.(type) {
	case nil, string, bool:
		return v, nil
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
		return n.Float64()
	}
	return nil, errors.New("a value is neither text, number nor truth")
}
