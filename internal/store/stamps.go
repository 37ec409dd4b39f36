package store

import (
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
	"github.com/nisaba-platform/nisaba/internal/tsa"
)

// Stamped is the time stamp of a signed checkpoint.
type Stamped struct {
	Workspace string
	Size      int64     // of the ledger that the checkpoint signs
	At        time.Time // as the authority says
	Authority string    // subject of its certificate
	Token     []byte    // RFC 3161; over the text of the checkpoint
}

func stampedFields(s *Stamped) []any {
	return []any{&s.Workspace, &s.Size, sqldb.Time(&s.At), &s.Authority, (*base64Bytes)(&s.Token)}
}

// base64Bytes is bytes that are stored as text.
type base64Bytes []byte

// Scan reads the text.
func (b *base64Bytes) Scan(v any) error {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		return fmt.Errorf("bytes in base64: got %T", v)
	}
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		out = []byte(text) // damaged: the check of the ledger says so
	}
	*b = out
	return nil
}

// Stamps lists the time stamps of the scope's ledger, oldest first.
func (tx *Tx) Stamps() ([]Stamped, error) {
	return sqldb.Collect(tx.q, stampedFields, `
		SELECT workspace_id, size, at, authority, token FROM checkpoint_stamps WHERE workspace_id = ? ORDER BY size`, tx.scope.WorkspaceID())
}

// Unstamped lists the newest checkpoint, without its text, of every ledger whose
// newest one has no time stamp. It needs a scope of everything.
func (tx *Tx) Unstamped() ([]Sealed, error) {
	if !tx.scope.Everything() {
		return nil, &fault.Error{Kind: fault.Forbidden, What: "this needs a scope of everything"}
	}
	type newest struct {
		workspace string
		size      int64
	}
	fields := func(n *newest) []any { return []any{&n.workspace, &n.size} }
	sealed, err := sqldb.Collect(tx.q, fields, `SELECT workspace_id, MAX(size) FROM checkpoints GROUP BY workspace_id ORDER BY workspace_id`)
	if err != nil {
		return nil, err
	}
	stamped, err := sqldb.Collect(tx.q, fields, `SELECT workspace_id, MAX(size) FROM checkpoint_stamps GROUP BY workspace_id`)
	var out []Sealed
	for _, n := range sealed {
		if !slices.Contains(stamped, n) {
			out = append(out, Sealed{Workspace: n.workspace, Size: n.size})
		}
	}
	return out, err
}

// Checkpoint is the signed checkpoint of the scope's ledger at a size.
func (tx *Tx) Checkpoint(size int64) (Sealed, error) {
	out, found, err := sqldb.One(tx.q, sealedFields, `SELECT workspace_id, size, at, note FROM checkpoints WHERE workspace_id = ? AND size = ?`,
		tx.scope.WorkspaceID(), size)
	if err == nil && !found {
		err = &fault.Error{Kind: fault.NotFound, What: "there is no such checkpoint"}
	}
	return out, err
}

// PutStamp keeps the time stamp of a checkpoint of the scope's ledger, after a check.
// The first one stays.
func (tx *Tx) PutStamp(size int64, token []byte) (Stamped, error) {
	signed, err := tx.Checkpoint(size)
	if err != nil {
		return Stamped{}, err
	}
	s, err := tsa.Verify(token, []byte(signed.Note), nil)
	if err != nil {
		return Stamped{}, err
	}
	out := Stamped{signed.Workspace, size, s.At, s.Authority, token}
	_, err = tx.q.Exec(`INSERT INTO checkpoint_stamps (workspace_id, size, at, authority, token) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, size) DO NOTHING`, out.Workspace, size, s.At.UnixMilli(), s.Authority, base64.StdEncoding.EncodeToString(token))
	return out, err
}
