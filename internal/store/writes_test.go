package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/internal/store/storetest"
)

// unrecorded lists every statement that writes without an entry in the ledger of
// its own, with the reason.
func unrecorded() map[string]string {
	return map[string]string{
		"authority.go: INSERT INTO filing_nonces":  "book-keeping",
		"authority.go: DELETE FROM filing_nonces":  "book-keeping",
		"alarms.go: DELETE FROM alarms":            "follow from the clocks",
		"alarms.go: INSERT INTO alarms":            "follow from the clocks",
		"alarms.go: UPDATE alarms":                 "what was sent is in the outbox and the record of the incident",
		"handling.go: INSERT INTO indicators":      "the import is recorded with the hash of its file and the counts",
		"handling.go: DELETE FROM indicators":      "the import is recorded as removed",
		"accounts.go: UPDATE sessions":             "last use",
		"accounts.go: DELETE FROM sessions":        "those that ended by themselves",
		"accounts.go: UPDATE tokens":               "last use",
		"accounts.go: DELETE FROM recovery_codes":  "recorded as one act, without the hashes",
		"accounts.go: UPDATE recovery_codes":       "recorded as one act, without the hash",
		"accounts.go: INSERT INTO counters":        "book-keeping",
		"accounts.go: DELETE FROM counters":        "book-keeping",
		"people.go: UPDATE people":                 "last time step",
		"passes.go: INSERT INTO passes":            "what a pass opens is recorded",
		"passes.go: DELETE FROM passes":            "used up, or over",
		"organisations.go: DELETE FROM members":    "gone with the organisation, whose removal is recorded",
		"organisations.go: DELETE FROM settings":   "gone with the organisation",
		"organisations.go: DELETE FROM jobs":       "gone with the organisation",
		"organisations.go: DELETE FROM outbox":     "gone with the organisation",
		"notices.go: INSERT INTO inbox":            "tells of what is recorded",
		"notices.go: UPDATE inbox":                 "read, or mailed",
		"snapshots.go: INSERT INTO snapshots":      "derived: the automatic ones",
		"snapshots.go: DELETE FROM snapshots":      "derived: the automatic ones",
		"rollups.go: INSERT INTO rollups":          "derived",
		"search.go: INSERT INTO search":            "derived",
		"search.go: DELETE FROM search":            "derived",
		"queue.go: INSERT INTO jobs":               "book-keeping",
		"queue.go: UPDATE jobs":                    "book-keeping; what people do to jobs is recorded",
		"queue.go: DELETE FROM jobs":               "book-keeping",
		"crons.go: INSERT INTO crons":              "book-keeping",
		"crons.go: UPDATE crons":                   "book-keeping",
		"outbox.go: INSERT INTO outbox":            "book-keeping; that an effect happened is recorded",
		"outbox.go: UPDATE outbox":                 "book-keeping",
		"outbox.go: INSERT INTO marks":             "book-keeping",
		"record.go: INSERT INTO ledger_heads":      "the ledger itself",
		"record.go: UPDATE ledger_heads":           "the ledger itself",
		"record.go: INSERT INTO ledger_entries":    "the ledger itself",
		"record.go: INSERT INTO ledger_hashes":     "the ledger itself",
		"verify.go: INSERT INTO checkpoints":       "the ledger itself",
		"stamps.go: INSERT INTO checkpoint_stamps": "the ledger itself",
		"dump.go: INSERT INTO ":                    "into an empty database, ledger included",
		"table.go: INSERT INTO ":                   "recorded by table.put",
		"table.go: UPDATE ":                        "recorded by table.put",
		"table.go: DELETE FROM ":                   "recorded by table.remove",

		"authorityregister.go: DELETE FROM authority_applications": "nobody confirmed them: nothing of them counts",
		"authorityregister.go: UPDATE authority_reports":           "derived from the register",
	}
}

// TestEveryWriteIsRecordedOrListed reads the sources: whoever adds a statement that
// writes past table must say here why the ledger need not know.
func TestEveryWriteIsRecordedOrListed(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) < 20 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	writes := regexp.MustCompile("[`\"\\s](INSERT INTO|UPDATE|DELETE FROM) ([a-z_]*)")
	found := map[string]bool{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || name == "migrate.go" { // triggers name the events
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range writes.FindAllStringSubmatch(strings.ReplaceAll(string(text), "DO UPDATE SET", ""), -1) {
			found[name+": "+m[1]+" "+m[2]] = true
		}
	}
	listed := map[string]bool{}
	for statement := range unrecorded() {
		listed[statement] = true
	}
	if diff := cmp.Diff(listed, found); diff != "" {
		t.Errorf("-listed +found:\n%s", diff)
	}
}

// TestMigrationsSaySoInOneText keeps words of one engine out of the schema.
func TestMigrationsSaySoInOneText(t *testing.T) {
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	foreign := regexp.MustCompile(`(?i)\b(AUTOINCREMENT|SERIAL|JSONB|BYTEA|BLOB|TIMESTAMPTZ|WITHOUT ROWID|PRAGMA|VARCHAR)\b`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if w := foreign.FindString(string(text)); w != "" {
			t.Errorf("%s: %s is known to one engine only", name, w)
		}
	}
	lite, pg := storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, kit.Postgres(t))
	const columns = `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY 1`
	const same = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1`
	if diff := cmp.Diff(column(t, storetest.Raw(t, lite.Target), columns), column(t, storetest.Raw(t, pg.Target), same)); diff != "" {
		t.Errorf("-SQLite +PostgreSQL:\n%s", diff)
	}
}
