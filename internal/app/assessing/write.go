package assessing

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/internal/report/form"
)

// Files are the paths of a written report.
type Files struct {
	HTML, PDF, DOCX, JSON string
}

// Write makes report.html, report.pdf, report.docx and assessment.json in the folder,
// which is created when it is missing and keeps its other files. They are written
// aside first and moved into place when all are complete, so that a failure
// leaves what was there before. A folder that cannot be written to is a
// fault.Error of kind Invalid with its path.
func Write(dir string, in Input, p *locale.Printer) (Files, error) {
	pages, err := render(in, p)
	if err != nil {
		return Files{}, err
	}
	if _, missing := os.Stat(dir); errors.Is(missing, fs.ErrNotExist) {
		err = writeNew(dir, pages)
	} else {
		err = writeInto(dir, pages)
	}
	if err != nil {
		return Files{}, err
	}
	return Files{filepath.Join(dir, pages[0].name), filepath.Join(dir, pages[1].name), filepath.Join(dir, pages[2].name), filepath.Join(dir, pages[3].name)}, nil
}

// page is one finished file.
type page struct {
	name  string
	bytes []byte
}

// render makes all files in memory, in the order of Files.
func render(in Input, p *locale.Printer) (pages [4]page, err error) {
	doc := Compose(in, p)
	for i, f := range [...]string{form.HTML, form.PDF, form.DOCX} {
		var b bytes.Buffer
		err = errors.Join(err, form.Write(&b, f, doc))
		pages[i] = page{"report." + f, b.Bytes()}
	}
	var data bytes.Buffer
	err = errors.Join(err, JSON(&data, in, p))
	pages[3] = page{"assessment.json", data.Bytes()}
	return pages, err
}

// writeNew makes a folder that does not exist: it appears with all its files.
func writeNew(dir string, pages [4]page) error {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return unwritable(dir, err)
	}
	aside, err := writeAside(filepath.Dir(dir), dir, pages)
	if err != nil {
		return err
	}
	if err := os.Rename(aside, dir); err != nil {
		return errors.Join(unwritable(dir, err), os.RemoveAll(aside))
	}
	return nil
}

// writeInto adds the files to a folder that exists, all or none.
func writeInto(dir string, pages [4]page) (err error) {
	aside, err := writeAside(dir, dir, pages)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	var undo []func() error
	for _, p := range pages {
		back, err := replace(filepath.Join(dir, p.name), filepath.Join(aside, p.name))
		undo = append(undo, back)
		if err != nil {
			faults := []error{unwritable(filepath.Join(dir, p.name), err)}
			for i := len(undo) - 1; i >= 0; i-- {
				faults = append(faults, undo[i]())
			}
			return errors.Join(faults...)
		}
	}
	return nil
}

// replace moves a new file to a place and keeps what was there until the caller
// is done; back restores it.
func replace(place, fresh string) (back func() error, err error) {
	if was, err := os.Lstat(place); err == nil && was.IsDir() {
		return func() error { return nil }, errors.New("a folder of that name is in the way")
	}
	kept := fresh + ".before"
	switch err := os.Rename(place, kept); {
	case errors.Is(err, fs.ErrNotExist):
		back = func() error { return os.RemoveAll(place) }
	case err != nil:
		return func() error { return nil }, err
	default:
		back = func() error { return os.Rename(kept, place) }
	}
	return back, os.Rename(fresh, place)
}

// writeAside writes the files into a new folder inside parent and returns it.
// On failure nothing of it remains.
func writeAside(parent, dir string, pages [4]page) (string, error) {
	aside := filepath.Join(parent, ".nisaba-"+rand.Text())
	if err := os.Mkdir(aside, 0o755); err != nil {
		return "", unwritable(dir, err)
	}
	for _, p := range pages {
		if err := writeFile(filepath.Join(aside, p.name), p.bytes); err != nil {
			return "", errors.Join(fmt.Errorf("write %s: %w", filepath.Join(dir, p.name), err), os.RemoveAll(aside))
		}
	}
	return aside, nil
}

// writeFile writes a file and has the disk keep it.
func writeFile(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func unwritable(path string, cause error) error {
	return &fault.Error{Kind: fault.Invalid, File: path, What: "the report cannot be written here: " + reason(cause),
		Expected: "--out with a folder that may be written to", Cause: cause}
}

// reason is the short cause of a failed file operation.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
