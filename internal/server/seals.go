package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// sealFile is the file in the data folder with the newest checkpoint of each ledger: a
// witness against whoever can write to the database but not to the folder.
type sealFile string

// Seals reads the file; there is none before the first checkpoint.
func (f sealFile) Seals() (store.Seals, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return store.Seals{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the newest checkpoints: %w", err)
	}
	seals := store.Seals{}
	if err := json.Unmarshal(b, &seals); err != nil {
		return nil, &fault.Error{Kind: fault.Internal, File: string(f), What: "the file with the newest checkpoints is damaged", Cause: err}
	}
	return seals, nil
}

// Keep replaces the file; a server that stops meanwhile leaves the old one.
func (f sealFile) Keep(seals store.Seals) error {
	b, err := json.MarshalIndent(seals, "", "\t")
	if err != nil {
		return err
	}
	fresh := string(f) + ".new"
	w, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep the newest checkpoints: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
		return fmt.Errorf("keep the newest checkpoints: %w", err)
	}
	return os.Rename(fresh, string(f))
}
