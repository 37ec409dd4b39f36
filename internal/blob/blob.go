// Package blob keeps files by their SHA-256: streamed in, written once, never
// altered. It knows nothing of tenants; who may read a file is decided by the
// records that point at it.
package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// ErrTooLarge is returned by Put for a file beyond the limit.
var ErrTooLarge = errors.New("the file is too large")

// ErrNotFound is returned by Open for an unknown file.
var ErrNotFound = errors.New("there is no such file")

// File describes a stored file.
type File struct {
	SHA256 string // lower-case hexadecimal; the key
	Bytes  int64
	Type   string // media type found in the first 512 bytes; never what the sender says
}

// Dir is a folder of files. It is safe for concurrent use.
type Dir struct{ root string }

// Open prepares a folder, and makes it when there is none.
func Open(root string) (*Dir, error) {
	if err := os.MkdirAll(filepath.Join(root, "incoming"), 0o700); err != nil {
		return nil, fmt.Errorf("prepare the folder of files: %w", err)
	}
	return &Dir{root: root}, nil
}

// Incoming is the folder of what comes in and is not stored yet. What somebody leaves
// there is removed by Sweep.
func (d *Dir) Incoming() string { return filepath.Join(d.root, "incoming") }

// sniffBytes is what http.DetectContentType looks at.
const sniffBytes = 512

// Put stores what r gives, at most limit bytes. A file that is there already counts
// as written now, so that Remove leaves it alone. After an error nothing is left.
func (d *Dir) Put(r io.Reader, limit int64) (f File, err error) {
	tmp, err := os.CreateTemp(d.Incoming(), "put-*")
	if err != nil {
		return File{}, fmt.Errorf("store the file: %w", err)
	}
	defer func() { err = errors.Join(err, removeIfThere(tmp.Name())) }()
	sum := sha256.New()
	head := &firstBytes{}
	n, err := io.Copy(io.MultiWriter(tmp, sum, head), io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = ErrTooLarge
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return File{}, fmt.Errorf("store the file: %w", err)
	}
	f = File{SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n, Type: http.DetectContentType(head.b)}
	path := d.path(f.SHA256)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return File{}, fmt.Errorf("store the file: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return File{}, fmt.Errorf("store the file: %w", err)
	}
	return f, nil
}

// aside begins the names of files that Remove has taken aside.
const aside = "aside-"

// Remove removes a stored file, unless it was written at the time or later: Put may
// have stored it again for somebody who has yet to name it. It reports whether the
// file is gone. The file is first taken aside and looked at then, so that a Put at
// the same moment, of another server too, either finds it gone and stores its own,
// or has made it new and keeps it.
func (d *Dir) Remove(key string, before time.Time) (bool, error) {
	if !hash.MatchString(key) {
		return false, ErrNotFound
	}
	path, away := d.path(key), filepath.Join(d.Incoming(), aside+key)
	if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("remove the file: %w", err)
	}
	if err := os.Rename(path, away); errors.Is(err, os.ErrNotExist) {
		return false, nil // another server was faster
	} else if err != nil {
		return false, fmt.Errorf("remove the file: %w", err)
	}
	info, err := os.Stat(away)
	if err != nil {
		return false, fmt.Errorf("remove the file: %w", err)
	}
	if !info.ModTime().Before(before) {
		return false, d.back(key)
	}
	if err := removeIfThere(away); err != nil {
		return false, fmt.Errorf("remove the file: %w", err)
	}
	return true, nil
}

// back puts a file that was taken aside in its place, where Put may have stored
// the same bytes meanwhile.
func (d *Dir) back(key string) error {
	if err := os.Rename(filepath.Join(d.Incoming(), aside+key), d.path(key)); err != nil {
		return fmt.Errorf("put the file back: %w", err)
	}
	return nil
}

// Sweep removes what is left of uploads that were broken off, when it was written
// last before the time, and returns how many there were. Stored files stay, and
// those that a Remove which broke off had taken aside come back.
func (d *Dir) Sweep(before time.Time) (n int, err error) {
	folder := d.Incoming()
	left, err := os.ReadDir(folder)
	if err != nil {
		return 0, fmt.Errorf("look for uploads that were broken off: %w", err)
	}
	for _, e := range left {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // it has ended meanwhile
		}
		if err != nil {
			return n, fmt.Errorf("look for uploads that were broken off: %w", err)
		}
		if key, ok := strings.CutPrefix(e.Name(), aside); ok && hash.MatchString(key) {
			if err := d.back(key); err != nil && !errors.Is(err, os.ErrNotExist) {
				return n, err
			}
			continue
		}
		if !info.ModTime().Before(before) {
			continue
		}
		if err := removeIfThere(filepath.Join(folder, e.Name())); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// firstBytes keeps the beginning of what is written.
type firstBytes struct{ b []byte }

func (h *firstBytes) Write(p []byte) (int, error) {
	h.b = append(h.b, p[:min(len(p), sniffBytes-len(h.b))]...)
	return len(p), nil
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open reads a file by its SHA-256. The caller closes it.
func (d *Dir) Open(sha256 string) (io.ReadSeekCloser, error) {
	if !hash.MatchString(sha256) {
		return nil, ErrNotFound
	}
	f, err := os.Open(d.path(sha256))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	return f, nil
}

// Verify reads a file and reports whether its bytes still have its SHA-256.
func (d *Dir) Verify(key string) error {
	f, err := d.Open(key)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != key {
		return fmt.Errorf("the file %s was altered: its bytes have the SHA-256 %s", key, got)
	}
	return nil
}

func (d *Dir) path(key string) string { return filepath.Join(d.root, key[:2], key) }

// Each calls f for every stored file, in no order. What is being stored meanwhile
// may be left out.
func (d *Dir) Each(f func(sha256 string) error) error {
	folders, err := os.ReadDir(d.root)
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	for _, folder := range folders {
		if len(folder.Name()) != 2 || !folder.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(d.root, folder.Name()))
		if err != nil {
			return fmt.Errorf("list the files: %w", err)
		}
		for _, file := range files {
			if !hash.MatchString(file.Name()) {
				continue
			}
			if err := f(file.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
