package upkeep

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
)

// operator is the scope of whoever runs the server.
func operator(reason string) tenant.Scope { return tenant.System("upkeep: " + reason) }

// BackupOptions say what goes into a backup.
type BackupOptions struct {
	WithKey   bool // the private keys too: who has the file then has everything
	Overwrite bool // replace a file of that name
	Program   string
}

// Backup says what a backup holds.
type Backup struct {
	MadeAt  time.Time
	Rows    int64
	Files   int
	Bytes   int64    // of the file
	Damaged []string // SHA-256 of uploaded files that are missing or altered, and so left out
}

// Backup writes everything into one file: the database as it is at one moment, and
// the uploaded files. The server may run meanwhile. The file appears when it is
// whole and on the disk, or not at all; only its owner can read it.
func (s *Service) Backup(ctx context.Context, file string, o BackupOptions) (b Backup, err error) {
	if _, err := os.Stat(s.place.Folder); err != nil {
		return b, &fault.Error{Kind: fault.NotFound, File: s.place.Folder, What: "there is no data folder", Expected: "--data with the folder of the server", Cause: err}
	}
	if _, err := os.Lstat(file); err == nil && !o.Overwrite {
		return b, &fault.Error{Kind: fault.Conflict, File: file, What: "there is such a file already", Expected: "another name, or --overwrite"}
	}
	out, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".partial-*") // mode 0600
	if err != nil {
		return b, &fault.Error{Kind: fault.Invalid, File: file, What: "the backup cannot be written here", Expected: "a folder that may be written to", Cause: err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(out.Name()))
		}
	}()
	buffered := bufio.NewWriterSize(out, 1<<16)
	b, err = s.pack(ctx, buffered, o)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = out.Sync()
	}
	if info, e := out.Stat(); err == nil && e == nil {
		b.Bytes = info.Size()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return b, fmt.Errorf("write the backup %s: %w", file, err)
	}
	if err := os.Rename(out.Name(), file); err != nil {
		return b, fmt.Errorf("write the backup %s: %w", file, err)
	}
	return b, syncFolder(filepath.Dir(file))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes a new name in a folder outlast a loss of power.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// pack writes the archive.
func (s *Service) pack(ctx context.Context, out io.Writer, o BackupOptions) (b Backup, err error) {
	z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return b, err
	}
	w := tar.NewWriter(z)
	b.MadeAt = s.store.Now()
	head, err := json.Marshal(archiveHead{Format: archiveFormat, MadeAt: b.MadeAt, Program: o.Program})
	if err != nil {
		return b, err
	}
	if err := member(w, headMember, b.MadeAt, head); err != nil {
		return b, err
	}
	dump := &parts{tar: w, at: b.MadeAt, sum: sha256.New()}
	dumped, err := s.store.Dump(ctx, dump)
	if err != nil {
		return b, err
	}
	if err := dump.flush(); err != nil {
		return b, err
	}
	end := archiveEnd{Schema: dumped.Schema, Rows: dumped.Rows, DatabaseSHA256: hex.EncodeToString(dump.sum.Sum(nil))}
	if end.Keys, err = s.packKeys(w, b.MadeAt, o.WithKey); err != nil {
		return b, err
	}
	// Files are stored before the rows that name them and never altered, so all that
	// the dump names are there by now.
	if err := s.packFiles(ctx, w, b.MadeAt, &end, dumped.Files); err != nil {
		return b, err
	}
	b.Rows, b.Files, b.Damaged = end.Rows, end.Files, end.Damaged
	last, err := json.Marshal(end)
	if err != nil {
		return b, err
	}
	return b, errors.Join(member(w, endMember, b.MadeAt, last), w.Close(), z.Close())
}

// PublicKeys is the file in the data folder with the public keys of ledgers that
// were signed elsewhere, one per line.
const PublicKeys = "ledger-public"

// TimestampRoots is the file in the data folder with the certificates (PEM) to which
// those of time stamps must lead.
const TimestampRoots = "timestamp-roots"

// packKeys packs the public keys, and the private ones when they are asked for.
func (s *Service) packKeys(w *tar.Writer, at time.Time, private bool) ([]string, error) {
	packed := []string{}
	if s.place.Public != "" {
		packed = append(packed, PublicKeys)
		if err := member(w, keyPart+PublicKeys, at, []byte(s.place.Public)); err != nil {
			return nil, err
		}
	}
	if len(s.place.Roots) > 0 {
		packed = append(packed, TimestampRoots)
		if err := member(w, keyPart+TimestampRoots, at, s.place.Roots); err != nil {
			return nil, err
		}
	}
	if !private {
		return packed, nil
	}
	for _, name := range s.place.Secrets {
		content, err := os.ReadFile(filepath.Join(s.place.Folder, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the key %s: %w", name, err)
		}
		if err := member(w, keyPart+name, at, content); err != nil {
			return nil, err
		}
		packed = append(packed, name)
	}
	return packed, nil
}

// packFiles packs the stored files. Files whose bytes are not what they were are
// left out, and named, as are those that are missing.
func (s *Service) packFiles(ctx context.Context, w *tar.Writer, at time.Time, end *archiveEnd, named []string) error {
	files, err := blob.Open(filepath.Join(s.place.Folder, filesFolder))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	err = files.Each(func(sha string) error {
		seen[sha] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		if files.Verify(sha) != nil {
			end.Damaged = append(end.Damaged, sha)
			return nil
		}
		end.Files++
		return packFile(w, files, at, sha)
	})
	if err != nil {
		return err
	}
	for _, sha := range named {
		if !seen[sha] {
			end.Damaged = append(end.Damaged, sha)
		}
	}
	return nil
}

func packFile(w *tar.Writer, files *blob.Dir, at time.Time, sha string) error {
	f, err := files.Open(sha)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = w.WriteHeader(header(filePart+sha, at, size))
	}
	if err == nil {
		_, err = io.Copy(w, f)
	}
	return errors.Join(err, f.Close())
}
