package store

import (
	"time"

	"github.com/nisaba-platform/nisaba/internal/domain/ledger"
	"github.com/nisaba-platform/nisaba/internal/store/sqldb"
)

// Seal is what a checkpoint says, as it is kept outside of the database.
type Seal struct {
	Size int64     `json:"entries"`
	Root string    `json:"root"` // base64
	At   time.Time `json:"at"`
}

// Seals are the newest checkpoints of ledgers, by workspace ("" is the server's own).
type Seals map[string]Seal

// Witness keeps seals where somebody who changes the database alone does not reach
// them: who rewrites a ledger and throws its checkpoints away is found out by it.
type Witness interface {
	Seals() (Seals, error)
	Keep(Seals) error
}

// continues reports whether the ledger of the workspace begins with what was sealed.
func (tx *Tx) continues(workspace string, k Seal) bool {
	root, err := tx.ledgerOf(workspace).RootOf(k.Size)
	return err == nil && root.String() == k.Root
}

// ledgerOf is the transaction in the scope of the ledger of a workspace, or of the
// server's own ("").
func (tx *Tx) ledgerOf(workspace string) *Tx {
	if workspace == "" {
		return tx
	}
	return tx.In(workspace, "")
}

// recall adds the newest checkpoint of a workspace that was signed before there was a
// witness. One that others signed is left out.
func (tx *Tx) recall(workspace, public string, into Seals) error {
	newest, found, err := sqldb.One(tx.q, sealedFields, `
		SELECT workspace_id, size, at, note FROM checkpoints WHERE workspace_id = ? ORDER BY size DESC LIMIT 1`, workspace)
	if err != nil || !found {
		return err
	}
	c, err := ledger.OpenCheckpoint(newest.Note, public)
	if err == nil && c.Size == newest.Size {
		into[workspace] = Seal{Size: c.Size, Root: c.Root.String(), At: newest.At}
	}
	return nil
}
