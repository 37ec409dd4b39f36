// Package sqldb is the thin layer between the store and database/sql: one text of
// SQL for SQLite and PostgreSQL, transactions that are tried again when the
// database asks for it, and rows that become values.
package sqldb

import (
	"strconv"
	"strings"
)

// Dialect is the database engine. It is the home of all that differs.
type Dialect int

// The engines.
const (
	SQLite Dialect = iota
	Postgres
)

// String is the engine's name.
func (d Dialect) String() string {
	if d == Postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// Rebind rewrites the ? placeholders of a statement to $1, $2, … for PostgreSQL.
// Question marks in quoted texts are left alone. SQLite keeps ?, because its
// numbered parameters are named ones and slow in long statements.
func (d Dialect) Rebind(query string) string {
	if d == SQLite || !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n, quoted := 0, false
	for i := range len(query) {
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// ForUpdate is the clause that locks the rows of a SELECT until the transaction
// ends. SQLite needs none: a transaction that writes is alone.
func (d Dialect) ForUpdate() string {
	if d == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// SkipLocked is the clause that takes rows which nobody else has taken.
func (d Dialect) SkipLocked() string {
	if d == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// Marks is a list of n placeholders in brackets: (?, ?, ?). n must be positive.
func Marks(n int) string { return "(" + strings.Repeat("?, ", n-1) + "?)" }

// Rows is n lists of placeholders for one INSERT of several rows, m in each.
func Rows(n, m int) string { return strings.Repeat(Marks(m)+", ", n-1) + Marks(m) }
