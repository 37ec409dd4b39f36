package store

import (
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// found says how an object is found: title is shown, text is searched beside it.
type found struct{ title, text string }

// index keeps the row of an object in the search table; a nil f removes it.
func (tx *Tx) index(kind, organisation, object string, f *found) error {
	w, err := tx.workspace()
	if err != nil {
		return err
	}
	if f == nil {
		_, err := tx.q.Exec(`DELETE FROM search WHERE workspace_id = ? AND kind = ? AND object = ?`, w, kind, object)
		return explain(err, "index", kind)
	}
	_, err = tx.q.Exec(`INSERT INTO search (workspace_id, organisation_id, kind, object, title, folded) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, kind, object) DO UPDATE SET title = excluded.title, folded = excluded.folded`,
		w, organisation, kind, object, f.title, catalog.Fold(f.title+" "+f.text))
	return explain(err, "index", kind)
}

// Search lists at most limit objects of the scope whose title or text has all the
// words, whatever their accents and case; those that have them in the title come
// first.
func (tx *Tx) Search(words string, limit int) ([]desk.Hit, error) {
	within, args, err := tx.within("organisation_id")
	if err != nil {
		return nil, err
	}
	query := `SELECT organisation_id, kind, object, title FROM search WHERE ` + within
	escape := strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`)
	fields := strings.Fields(catalog.Fold(words))
	if len(fields) == 0 {
		return nil, nil
	}
	for _, w := range fields {
		query += ` AND folded LIKE ? ESCAPE '!'`
		args = append(args, "%"+escape.Replace(w)+"%")
	}
	args = append(args, escape.Replace(fields[0])+"%", limit)
	return sqldb.Collect(tx.q, func(h *desk.Hit) []any { return []any{&h.Organisation, &h.Kind, &h.Object, &h.Title} },
		query+` ORDER BY CASE WHEN folded LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, title, object LIMIT ?`, args...)
}
