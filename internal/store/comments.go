package store

import (
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var comments = define(table[planning.Comment]{
	name: "comments", kind: "comment", keys: "id",
	columns: "id, organisation_id, kind, object, author, author_name, body, mentions, created_at, edited_at, version",
	fields: func(c *planning.Comment) []any {
		return []any{&c.ID, &c.Organisation, &c.Kind, &c.Object, &c.Author, &c.AuthorName, &c.Body, sqldb.JSON(&c.Mentions),
			sqldb.Time(&c.CreatedAt), sqldb.Time(&c.EditedAt), &c.Version}
	},
	org:     func(c *planning.Comment) *string { return &c.Organisation },
	version: func(c *planning.Comment) *int64 { return &c.Version },
	id:      func(c *planning.Comment) *string { return &c.ID },
	created: func(c *planning.Comment) *time.Time { return &c.CreatedAt },
	found:   func(c *planning.Comment) found { return found{firstLine(c.Body), c.Body + " " + c.AuthorName} },
})

// Comment returns one comment.
func (tx *Tx) Comment(id string) (planning.Comment, error) { return comments.get(tx, id) }

// Comments lists what was said about an object of an organisation, oldest first.
func (tx *Tx) Comments(organisation, kind, object string) ([]planning.Comment, error) {
	return comments.list(tx, "organisation_id = ? AND kind = ? AND object = ?", "created_at, id", organisation, kind, object)
}

// PutComment makes or changes a comment.
func (tx *Tx) PutComment(c planning.Comment) (planning.Comment, error) { return comments.put(tx, c) }

// RemoveComment deletes a comment.
func (tx *Tx) RemoveComment(id string) error { return comments.remove(tx, id) }

// firstLine is the beginning of a text, at most 80 letters of its first line.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if letters := []rune(s); len(letters) > 80 {
		return string(letters[:79]) + "…"
	}
	return s
}
