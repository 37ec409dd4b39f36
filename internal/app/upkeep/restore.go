package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/clock"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Restored says what came out of a backup.
type Restored struct {
	MadeAt  time.Time // of the backup
	Rows    int64
	Files   int
	Keys    bool     // the private keys came along
	Damaged []string // files that the backup could not hold
	Ledgers []Ledger // as checked after the restore
}

// What lies in the data folder beside the keys.
const (
	databaseFile = "nisaba.db" // SQLite
	filesFolder  = "files"
)

// Restore makes a server's data out of a backup: all of it or nothing. The data
// folder must be empty or not exist, and the database hold nobody. The backup may
// come from the other database engine, and from an older version. It is read once
// as a whole before anything is written. The ledgers are checked as Verify checks them:
// public tells the public keys from a folder, and time stamps must lead to the roots of
// the place, else to those in the backup.
func Restore(ctx context.Context, file string, into Place, c clock.Clock, public func(folder string) (string, error)) (r Restored, err error) {
	s, err := check(file)
	if err != nil {
		return r, err
	}
	r = Restored{MadeAt: s.head.MadeAt, Rows: s.end.Rows, Files: s.end.Files, Damaged: s.end.Damaged}
	for _, name := range into.Secrets {
		r.Keys = r.Keys || slices.Contains(s.end.Keys, name)
	}
	stage, err := prepare(into.Folder)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	if err := unpack(ctx, file, stage); err != nil {
		return r, err
	}
	key, err := public(stage)
	if err != nil {
		return r, err
	}
	roots := into.Roots
	if len(roots) == 0 {
		if roots, err = os.ReadFile(filepath.Join(stage, TimestampRoots)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return r, fmt.Errorf("read the roots of time stamps: %w", err)
		}
	}
	target := into.Database
	if target == "" {
		target = filepath.Join(stage, databaseFile)
	}
	if r.Ledgers, err = fill(ctx, file, target, s.end.Schema, c, key, roots); err != nil {
		return r, err
	}
	return r, settle(stage, into.Folder)
}

// stageMark is in the names of the folders in which restores are prepared.
const stageMark = ".restoring-"

// prepare makes a folder beside the data folder, in which everything is made ready,
// and removes those that killed restores left.
func prepare(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", &fault.Error{Kind: fault.Invalid, File: folder, What: "the data folder cannot be read", Expected: "a folder, or a name that is free", Cause: err}
	}
	if len(entries) > 0 {
		return "", &fault.Error{Kind: fault.Conflict, File: folder, What: "the data folder is in use", Expected: "an empty folder, or a name that is free"}
	}
	parent, prefix := filepath.Dir(folder), "."+filepath.Base(folder)+stageMark
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", &fault.Error{Kind: fault.Invalid, File: folder, What: "the data folder cannot be made", Expected: "a place that may be written to", Cause: err}
	}
	beside, err := os.ReadDir(parent)
	if err != nil {
		return "", err
	}
	for _, e := range beside {
		if strings.HasPrefix(e.Name(), prefix) {
			if err := os.RemoveAll(filepath.Join(parent, e.Name())); err != nil {
				return "", fmt.Errorf("remove what an earlier restore left: %w", err)
			}
		}
	}
	return os.MkdirTemp(parent, prefix+"*")
}

// unpack puts files and keys of an archive that was checked into the folder.
func unpack(ctx context.Context, file, stage string) (err error) {
	files, err := blob.Open(filepath.Join(stage, filesFolder))
	if err != nil {
		return err
	}
	r, err := openArchive(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		h, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if name, ok := strings.CutPrefix(h.Name, keyPart); ok && isKey(name) {
			if err := writeKey(filepath.Join(stage, name), r.tar); err != nil {
				return err
			}
		}
		if sha, ok := strings.CutPrefix(h.Name, filePart); ok {
			stored, err := files.Put(r.tar, h.Size)
			if err != nil {
				return err
			}
			if stored.SHA256 != sha {
				return badArchive(file, "the file "+sha+" was altered", nil)
			}
		}
	}
}

func writeKey(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("restore a key: %w", err)
	}
	_, err = io.Copy(f, io.LimitReader(from, 1<<16))
	return errors.Join(err, f.Sync(), f.Close())
}

// fill restores the database in one transaction, brings it up to date and checks
// the ledgers. The tables are first made as they were when the backup was made.
func fill(ctx context.Context, file, target string, schema int64, c clock.Clock, public string, roots []byte) (ledgers []Ledger, err error) {
	s, err := store.Open(ctx, target, store.Options{Clock: c, Schema: schema})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if _, err := s.Restore(ctx, func() (io.ReadCloser, error) { return openDatabase(file) }); err != nil {
		return nil, named(file, err)
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	return verify(ctx, s, public, roots, nil)
}

// named puts the name of the backup to a fault of its content.
func named(file string, err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid && f.File == "" {
		c := *f
		c.File = file
		return &c
	}
	return err
}

// settle gives the prepared folder its name.
func settle(stage, folder string) error {
	if err := syncFolder(stage); err != nil {
		return err
	}
	if err := os.Remove(folder); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the data folder came into use: %w", err)
	}
	if err := os.Rename(stage, folder); err != nil {
		return fmt.Errorf("put the data folder in place: %w", err)
	}
	return syncFolder(filepath.Dir(folder))
}
