package country

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/nisaba-platform/nisaba/law"
)

// Names and limits of a bundle of packs.
const (
	folder       = "countries"  // of the content, where the packs are
	noteFile     = "packs.note" // the signed list of the files
	keyFile      = "packs.pub"  // the public key that belongs to it
	messageDir   = "messages/"  // sentences that a bundle brings along: messages/<language>.json
	maxFileBytes = 1 << 20
	maxFiles     = 200
)

// Set is the packs of all Member States. It is safe for concurrent use.
type Set struct {
	Version  int // of the bundle, from 1; 0: the bundle has no signed list
	packs    []Pack
	messages map[string][]byte
}

// Load reads the 27 packs, <code>.yaml in lower case, from the folder
// "countries" of fsys or, when there is none, from fsys itself (Bundle). Unknown fields,
// wrong values and a missing country are errors that name file, line and field.
// Load trusts the files: the bundle embedded in the program is part of it. For
// files from elsewhere there is Open.
func Load(fsys fs.FS) (*Set, error) {
	files, err := readBundle(fsys)
	if err != nil {
		return nil, err
	}
	version := 0
	if note, ok := files[noteFile]; ok {
		if version, err = statedVersion(note); err != nil {
			return nil, err
		}
	}
	return assemble(files, version)
}

// assemble parses the packs side by side and checks that all 27 are there.
func assemble(files map[string][]byte, version int) (*Set, error) {
	codes := Codes()
	s := &Set{Version: version, packs: make([]Pack, len(codes)), messages: map[string][]byte{}}
	errs := make([]error, len(codes), len(codes)+1)
	var wait sync.WaitGroup
	for i, code := range codes {
		name := lower(code) + ".yaml"
		data, ok := files[name]
		if !ok {
			errs[i] = fmt.Errorf("%s: the file is missing; expected a pack of every Member State", name)
			continue
		}
		wait.Go(func() { s.packs[i], errs[i] = Parse(name, data) })
	}
	wait.Wait()
	for name, data := range files {
		code, isPack := strings.CutSuffix(name, ".yaml")
		if isPack && !isMember(strings.ToUpper(code)) {
			errs = append(errs, fmt.Errorf("%s: not a Member State; expected <code>.yaml in lower case", name))
		}
		if language, ok := strings.CutPrefix(name, messageDir); ok {
			s.messages[strings.TrimSuffix(language, ".json")] = data
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// Parse reads one pack and checks it. file is the name used in errors; when it
// has the form "<code>.yaml", the code must be the pack's.
func Parse(file string, data []byte) (Pack, error) {
	if len(data) > maxFileBytes {
		return Pack{}, fmt.Errorf("%s: the file is larger than %d bytes", file, maxFileBytes)
	}
	node, err := parseDocument(file, data)
	if err != nil {
		return Pack{}, err
	}
	var p Pack
	d := decoder{file: file, fields: map[reflect.Type]map[string][]int{}}
	if err := d.decode(node, reflect.ValueOf(&p).Elem(), ""); err != nil {
		return Pack{}, err
	}
	var found []*problem
	check(&p, file, func(field, format string, args ...any) {
		found = append(found, &problem{file: file, line: lineOf(node, field), field: field, text: fmt.Sprintf(format, args...)})
	})
	if len(found) > 0 {
		return Pack{}, joined(found)
	}
	return p, nil
}

// joined is all problems as one error, in the order of the file.
func joined(found []*problem) error {
	slices.SortStableFunc(found, func(a, b *problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.field, b.field))
	})
	errs := make([]error, len(found))
	for i, p := range found {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// Get returns the pack of a Member State by ISO 3166-1 alpha-2 code; EL is
// accepted for Greece. ok is false for any other code.
func (s *Set) Get(code string) (p Pack, ok bool) {
	i, ok := slices.BinarySearch(Codes(), canonical(code))
	if !ok || i >= len(s.packs) {
		return Pack{}, false
	}
	return s.packs[i], true
}

// All lists the packs in the order of their codes.
func (s *Set) All() []Pack { return slices.Clone(s.packs) }

// Option is the choice of a Member State, and the class that its act gives to the
// entities brought in, "" where the act does not say. Unknown for an unknown code
// or name.
func (s *Set) Option(code, name string) (law.Truth, law.Class) {
	p, _ := s.Get(code)
	o := p.Options[name]
	return o.Value, o.Class
}

// Messages are the sentences that a bundle from elsewhere brings along, in the
// format of the message catalogue, by language; empty for the embedded bundle,
// whose sentences are in the catalogue.
func (s *Set) Messages() map[string][]byte { return s.messages }

// With is a copy of the set in which p takes the place of the pack of its country.
func (s *Set) With(p Pack) *Set {
	out := *s
	out.packs = slices.Clone(s.packs)
	if i, ok := slices.BinarySearch(Codes(), p.Code); ok && i < len(out.packs) {
		out.packs[i] = p
	}
	return &out
}

// Bundle is where the files of a bundle are: the folder "countries" of fsys or,
// when there is none, fsys itself.
func Bundle(fsys fs.FS) (fs.FS, error) {
	info, err := fs.Stat(fsys, folder)
	if err != nil || !info.IsDir() {
		return fsys, nil
	}
	sub, err := fs.Sub(fsys, folder)
	if err != nil {
		return nil, fmt.Errorf("open the folder %s: %w", folder, err)
	}
	return sub, nil
}

// readBundle reads every file of a bundle into memory, so that what is checked is
// what is used.
func readBundle(fsys fs.FS) (map[string][]byte, error) {
	fsys, err := Bundle(fsys)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if len(files) == maxFiles {
			return fmt.Errorf("more than %d files: this is not a bundle of country packs", maxFiles)
		}
		files[name], err = readFile(fsys, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the country packs: %w", err)
	}
	return files, nil
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s: the file is larger than %d bytes", name, maxFileBytes)
	}
	return data, nil
}
