package upkeep

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
)

// A backup is a tar archive, compressed with gzip, of these members in this order.
// Without its last member it is not whole.
const (
	headMember   = "nisaba-backup.json"
	databasePart = "database/" // numbered parts of the dump
	keyPart      = "keys/"
	filePart     = "files/" // by SHA-256
	endMember    = "end.json"
)

const archiveFormat = "nisaba-backup/1"

type archiveHead struct {
	Format  string    `json:"format"`
	MadeAt  time.Time `json:"made_at"`
	Program string    `json:"program"`
}

type archiveEnd struct {
	Schema         int64    `json:"schema"`
	Rows           int64    `json:"rows"`
	DatabaseSHA256 string   `json:"database_sha256"`
	Files          int      `json:"files"`
	Keys           []string `json:"keys"`
	Damaged        []string `json:"damaged"` // SHA-256 of files that are missing or were altered
}

// partBytes is how much of the dump is kept in memory until it is written.
const partBytes = 4 << 20

// parts writes the dump as numbered members.
type parts struct {
	tar *tar.Writer
	at  time.Time
	buf []byte
	n   int
	sum hash.Hash
}

func (p *parts) Write(b []byte) (int, error) {
	p.sum.Write(b)
	p.buf = append(p.buf, b...)
	if len(p.buf) < partBytes {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *parts) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	p.n++
	err := member(p.tar, fmt.Sprintf("%s%06d.jsonl", databasePart, p.n), p.at, p.buf)
	p.buf = p.buf[:0]
	return err
}

func member(w *tar.Writer, name string, at time.Time, content []byte) error {
	if err := w.WriteHeader(header(name, at, int64(len(content)))); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

func header(name string, at time.Time, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: at, Format: tar.FormatPAX}
}

func badArchive(file, what string, cause error) error {
	return &fault.Error{Kind: fault.Invalid, File: file, What: "this is not a whole backup: " + what,
		Expected: "what nisaba backup wrote", Cause: cause}
}

// reader walks through the members of a backup.
type reader struct {
	name string
	file *os.File
	raw  *bufio.Reader // below gzip
	gzip *gzip.Reader
	tar  *tar.Reader
}

func openArchive(name string) (*reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, File: name, What: "the backup cannot be opened", Expected: "a file that nisaba backup wrote", Cause: err}
	}
	raw := bufio.NewReaderSize(f, 1<<16)
	z, err := gzip.NewReader(raw)
	if err != nil {
		return nil, errors.Join(badArchive(name, "it is not compressed as one", err), f.Close())
	}
	z.Multistream(false)
	return &reader{name, f, raw, z, tar.NewReader(z)}, nil
}

func (r *reader) Close() error { return r.file.Close() }

// next is the next member; io.EOF when the archive ends as it should.
func (r *reader) next() (*tar.Header, error) {
	h, err := r.tar.Next()
	if errors.Is(err, io.EOF) {
		_, err = io.Copy(io.Discard, r.gzip) // its checksum comes last
		if err == nil {
			return nil, r.last()
		}
	}
	if err != nil {
		return nil, badArchive(r.name, "it is damaged or breaks off", err)
	}
	if h.Typeflag != tar.TypeReg {
		return nil, badArchive(r.name, h.Name+" is no plain file", nil)
	}
	return h, nil
}

// last is io.EOF when nothing follows the archive.
func (r *reader) last() error {
	if _, err := r.raw.ReadByte(); !errors.Is(err, io.EOF) {
		return badArchive(r.name, "something follows its end", err)
	}
	return io.EOF
}

func (r *reader) json(into any) error {
	err := json.NewDecoder(io.LimitReader(r.tar, 16<<20)).Decode(into)
	if err != nil {
		return badArchive(r.name, "a description cannot be read", err)
	}
	return nil
}

var (
	sha256Name = regexp.MustCompile(`^[0-9a-f]{64}$`)
	keyName    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,60}$`)
)

// isKey reports whether a member of that name may lie in the data folder as a key: none
// takes the place of the database or of the folder of files.
func isKey(name string) bool { return keyName.MatchString(name) && name != filesFolder }

// summary is what a whole archive says of itself.
type summary struct {
	head archiveHead
	end  archiveEnd
}

// check reads a whole archive without writing anything and compares all that it
// says of itself with what it holds.
func check(name string) (s summary, err error) {
	r, err := openArchive(name)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	database, files, part := sha256.New(), 0, 0
	keys, ended := []string{}, false
	for first := true; ; first = false {
		h, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		kind, rest, _ := strings.Cut(h.Name, "/")
		switch {
		case ended, first != (h.Name == headMember):
			err = badArchive(name, h.Name+" stands in the wrong place", nil)
		case first:
			if err = r.json(&s.head); err == nil && s.head.Format != archiveFormat {
				err = badArchive(name, "its format is "+s.head.Format, nil)
			}
		case h.Name == endMember:
			ended, err = true, r.json(&s.end)
		case kind+"/" == databasePart:
			if part++; h.Name != fmt.Sprintf("%s%06d.jsonl", databasePart, part) {
				err = badArchive(name, "part "+fmt.Sprint(part)+" of the database is missing", nil)
			} else if _, e := io.Copy(database, r.tar); e != nil {
				err = badArchive(name, "it is damaged or breaks off", e)
			}
		case kind+"/" == keyPart && isKey(rest):
			keys = append(keys, rest)
		case kind+"/" == filePart && sha256Name.MatchString(rest):
			files++
			err = r.sameHash(rest)
		default:
			err = badArchive(name, h.Name+" does not belong into one", nil)
		}
		if err != nil {
			return s, err
		}
	}
	switch {
	case !ended:
		return s, badArchive(name, "it breaks off", nil)
	case hex.EncodeToString(database.Sum(nil)) != s.end.DatabaseSHA256:
		return s, badArchive(name, "the database in it was altered", nil)
	case files != s.end.Files, !slices.Equal(keys, s.end.Keys):
		return s, badArchive(name, fmt.Sprintf("%d of %d files", files, s.end.Files), nil)
	}
	return s, nil
}

func (r *reader) sameHash(want string) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, r.tar); err != nil {
		return badArchive(r.name, "it is damaged or breaks off", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return badArchive(r.name, "the file "+want+" was altered", nil)
	}
	return nil
}

// database reads the dump out of an archive, part after part.
type database struct {
	*reader
	done bool
}

func openDatabase(name string) (io.ReadCloser, error) {
	r, err := openArchive(name)
	if err != nil {
		return nil, err
	}
	d := &database{reader: r}
	for _, step := range []func() error{d.head, d.part} {
		if err := step(); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return d, nil
}

func (d *database) head() error {
	_, err := d.next()
	return err
}

// part goes on to the next part of the dump.
func (d *database) part() error {
	h, err := d.next()
	if err == nil && !strings.HasPrefix(h.Name, databasePart) || errors.Is(err, io.EOF) {
		d.done = true
		return nil
	}
	return err
}

func (d *database) Read(b []byte) (int, error) {
	for !d.done {
		n, err := d.tar.Read(b)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return n, err
		}
		if err := d.part(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}
