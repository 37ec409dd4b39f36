package sqldb

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// Errors that callers can act on; Classify wraps the driver's error in one of them.
var (
	ErrDuplicate  = errors.New("such a row exists already")
	ErrReference  = errors.New("the row refers to one that does not exist")
	ErrRestricted = errors.New("the database does not allow this row") // row-level security, read-only, append-only
	errTransient  = errors.New("the database is busy")
)

// Result codes of SQLite (sqlite.org/rescode.html).
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteForeignKey = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteTrigger    = 1811
)

// Classify marks a driver's error with the kind that callers can test for.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if kind := kindOf(err); kind != nil {
		return &classified{kind: kind, cause: err}
	}
	return err
}

type classified struct{ kind, cause error }

func (c *classified) Error() string   { return c.kind.Error() + ": " + c.cause.Error() }
func (c *classified) Unwrap() []error { return []error{c.kind, c.cause} }

func kindOf(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &lite):
		return sqliteKind(lite.Code())
	case errors.As(err, &pg):
		return postgresKind(pg.Code)
	}
	return nil
}

func sqliteKind(code int) error {
	switch {
	case code&0xff == sqliteBusy, code&0xff == sqliteLocked:
		return errTransient
	case code == sqlitePrimaryKey, code == sqliteUnique:
		return ErrDuplicate
	case code == sqliteForeignKey:
		return ErrReference
	case code&0xff == sqliteReadOnly, code == sqliteTrigger:
		return ErrRestricted
	}
	return nil
}

// postgresKind maps SQLSTATE codes (PostgreSQL manual, appendix A).
func postgresKind(code string) error {
	switch {
	case slices.Contains([]string{"40001", "40P01", "55P03"}, code): // serialization, deadlock, lock timeout
		return errTransient
	case code == "23505":
		return ErrDuplicate
	case code == "23503":
		return ErrReference
	case slices.Contains([]string{"42501", "25006", "P0001"}, code): // privilege and row security, read only, raised by a trigger
		return ErrRestricted
	}
	return nil
}

// transient reports whether the same transaction may succeed when tried again.
func transient(err error) bool {
	return errors.Is(err, errTransient) || errors.Is(kindOf(err), errTransient)
}

// legible refuses texts that PostgreSQL cannot keep: SQLite would, and then no backup
// of it could be restored there.
func legible(args []any) error {
	for _, a := range args {
		if !Legible(a) {
			return &fault.Error{Kind: fault.Invalid, What: "a text holds characters that cannot be kept", Expected: "text in UTF-8"}
		}
	}
	return nil
}

// Legible reports whether an argument is something that can be kept: any but a text that
// is no UTF-8, or has a character without a sign.
func Legible(arg any) bool {
	text, ok := arg.(string)
	return !ok || utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}
