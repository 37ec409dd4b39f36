package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/accounts"
	"github.com/nisaba-platform/nisaba/internal/app/upkeep"
	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// The key files in the data folder.
const (
	masterKey = "key"        // seals the secrets of second factors
	ledgerKey = "ledger-key" // signs checkpoints: private key, public key

	ledgerSeals = "ledger-seals" // the newest checkpoint of each ledger
)

// databaseFile is the SQLite database in the data folder.
const databaseFile = "nisaba.db"

// Place is where a server keeps its things, for the commands of its operator.
type Place struct {
	Data        string // folder
	DatabaseURL string // postgres://…; "": SQLite in Data
	Clock       clock.Clock
}

func (p Place) target() string {
	if p.DatabaseURL != "" {
		return p.DatabaseURL
	}
	return filepath.Join(p.Data, databaseFile)
}

// exists checks that there is a database, so that a mistyped folder does not
// become a new server.
func (p Place) exists() error {
	if p.DatabaseURL != "" {
		return nil
	}
	if _, err := os.Stat(p.target()); err != nil {
		return &fault.Error{Kind: fault.NotFound, File: p.Data, What: "there is no database in this folder",
			Expected: "--data with the folder of a server, or --database-url", Cause: err}
	}
	return nil
}

func (p Place) upkeep() (upkeep.Place, error) {
	public, err := publicKeys(p.Data)
	if err != nil {
		return upkeep.Place{}, err
	}
	roots, err := keptRoots(p.Data)
	return upkeep.Place{Folder: p.Data, Database: p.DatabaseURL, Secrets: []string{masterKey, ledgerKey}, Public: public, Roots: roots,
		Witness: sealFile(filepath.Join(p.Data, ledgerSeals))}, err
}

// keptRoots are the certificates (PEM) to which those of time stamps must lead.
func keptRoots(folder string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(folder, upkeep.TimestampRoots))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the roots of time stamps: %w", err)
	}
	return b, nil
}

// keepRoots adds certificates to those that are kept: earlier stamps lead to
// earlier roots.
func keepRoots(folder string, roots []byte) error {
	kept, err := keptRoots(folder)
	if err != nil || bytes.Contains(kept, bytes.TrimSpace(roots)) {
		return err
	}
	all := append(bytes.TrimSpace(kept), '\n')
	all = append(append(all, bytes.TrimSpace(roots)...), '\n')
	path := filepath.Join(folder, upkeep.TimestampRoots)
	if err := os.WriteFile(path+".new", bytes.TrimLeft(all, "\n"), 0o600); err != nil {
		return fmt.Errorf("keep the roots of time stamps: %w", err)
	}
	return os.Rename(path+".new", path)
}

// publicKeys are the public keys with which the checkpoints in the folder can be
// checked, one per line: the server's own, and those of servers that it was
// restored from.
func publicKeys(folder string) (string, error) {
	var lines []string
	own, err := os.ReadFile(filepath.Join(folder, ledgerKey))
	if err == nil {
		_, public, _ := strings.Cut(strings.TrimSpace(string(own)), "\n")
		lines = append(lines, public)
	}
	others, e := os.ReadFile(filepath.Join(folder, upkeep.PublicKeys))
	for line := range strings.Lines(string(others)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	for _, err := range []error{err, e} {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read the public keys of the ledgers: %w", err)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// Local is the data of a server as its operator works with it on its machine.
type Local struct {
	Accounts accounts.Operator
	Upkeep   *upkeep.Service
	store    *store.Store
}

// OpenLocal opens the data of a server that exists, also while the server runs.
// The tables must be up to date. The caller closes it.
func OpenLocal(ctx context.Context, p Place) (*Local, error) {
	if err := p.exists(); err != nil {
		return nil, err
	}
	at, err := p.upkeep()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, p.target(), store.Options{Clock: p.Clock, NoMigrate: true})
	if err != nil {
		return nil, err
	}
	passwords, err := secret.NewPasswords(secret.DefaultCost, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	// The operator opens no sealed secret, so no box is needed.
	people := accounts.New(s, passwords, secret.Box{})
	return &Local{Accounts: people.Operator(), Upkeep: upkeep.New(s, at), store: s}, nil
}

// Close closes the database.
func (l *Local) Close() error { return l.store.Close() }

// Migrate makes the database, or brings its tables up to date.
func Migrate(ctx context.Context, p Place) error {
	if p.DatabaseURL == "" {
		if err := os.MkdirAll(p.Data, 0o700); err != nil {
			return &fault.Error{Kind: fault.Invalid, File: p.Data, What: "the data folder cannot be made", Expected: "--data with a folder that may be written to", Cause: err}
		}
	}
	s, err := store.Open(ctx, p.target(), store.Options{Clock: p.Clock})
	if err != nil {
		return err
	}
	return s.Close()
}

// Migration is one step of the tables; without AppliedAt it is still to come.
type Migration = store.Migration

// Migrations lists the steps of the tables, those to come last.
func Migrations(ctx context.Context, p Place) ([]Migration, error) {
	if err := p.exists(); err != nil {
		return nil, err
	}
	return store.Migrations(ctx, p.target())
}

// Restore makes a server's data out of a backup; see upkeep.Restore. roots (PEM) may
// be empty: time stamps are then checked with the roots in the backup.
func Restore(ctx context.Context, file string, p Place, roots []byte) (upkeep.Restored, error) {
	at, err := p.upkeep()
	if err != nil {
		return upkeep.Restored{}, err
	}
	at.Roots = roots
	return upkeep.Restore(ctx, file, at, p.Clock, publicKeys)
}
