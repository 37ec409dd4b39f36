package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

var feeds = define(table[planning.Feed]{
	name: "feeds", kind: "feed", keys: "id", secret: true,
	columns: "id, person_id, organisation_id, token_hash, created_at",
	fields: func(f *planning.Feed) []any {
		return []any{&f.ID, &f.Person, sqldb.Optional(&f.Organisation), &f.TokenHash, sqldb.Time(&f.CreatedAt)}
	},
	home:    func(f *planning.Feed) *string { return &f.Workspace },
	org:     func(f *planning.Feed) *string { return &f.Organisation },
	loose:   true,
	aside:   true,
	id:      func(f *planning.Feed) *string { return &f.ID },
	created: func(f *planning.Feed) *time.Time { return &f.CreatedAt },
})

// Feed returns one calendar feed.
func (tx *Tx) Feed(id string) (planning.Feed, error) { return feeds.get(tx, id) }

// Feeds lists the calendar feeds of the scope, newest first.
func (tx *Tx) Feeds() ([]planning.Feed, error) {
	return feeds.list(tx, "1 = 1", "created_at DESC, id DESC")
}

// PutFeed makes a calendar feed.
func (tx *Tx) PutFeed(f planning.Feed) (planning.Feed, error) { return feeds.put(tx, f) }

// RemoveFeed withdraws a calendar feed.
func (tx *Tx) RemoveFeed(id string) error { return feeds.remove(tx, id) }

// FeedByToken finds the calendar feed behind an address, in any workspace. It needs
// a scope of everything.
func (tx *Tx) FeedByToken(hash string) (planning.Feed, error) {
	return byHash(tx, feeds, func(f *planning.Feed) *string { return &f.Workspace }, "token_hash", hash)
}
