package catalog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Files of the packs, as paths in the file system given to Load.
const (
	nis2File      = "frameworks/nis2.yaml"
	annexFiles    = "frameworks/cir-2024-2690/*.yaml"
	kindsFile     = "evidence-kinds.yaml"
	questionFiles = "questions/*.yaml"
)

// pack is one file with what it holds. Exactly one of the slices is used.
type pack struct {
	file      string
	framework string // "" unless it holds requirements
	reqs      []Requirement
	questions []Question
	kinds     []EvidenceKind
	lines     map[string]int // id → line of its entry
	err       error
}

// Load reads the packs of a content folder: frameworks/nis2.yaml,
// frameworks/cir-2024-2690/*.yaml, evidence-kinds.yaml and questions/*.yaml. For In,
// the texts of the languages that are named lie in translations/<language>/, in files
// of the same names; they are read when a language is first asked for, since most
// runs need one at most. Missing files are an empty pack. Unknown fields and structural
// mistakes (see Catalogue.Validate) are errors that name the file, the line and the
// id; Catalogue.Check finds those of the translations.
func Load(fsys fs.FS, languages ...string) (*Catalogue, error) {
	packs, err := list(fsys)
	if err != nil {
		return nil, err
	}
	var wait sync.WaitGroup
	for i := range packs {
		wait.Go(func() { packs[i].read(fsys) })
	}
	wait.Wait()
	var errs []error
	for _, p := range packs {
		if p.err != nil {
			errs = append(errs, p.err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c := assemble(packs)
	if err := c.Validate(false); err != nil {
		return nil, err
	}
	c.later(fsys, languages)
	return c, nil
}

// list names the files of the packs in catalogue order: the directive, the
// annex by section, the evidence kinds, the questions by file name.
func list(fsys fs.FS) ([]pack, error) {
	var packs []pack
	for _, pattern := range []struct{ glob, framework string }{
		{nis2File, NIS2}, {annexFiles, CIR2690}, {kindsFile, ""}, {questionFiles, ""},
	} {
		names, err := fs.Glob(fsys, pattern.glob)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", pattern.glob, err)
		}
		for _, name := range names {
			packs = append(packs, pack{file: name, framework: pattern.framework})
		}
	}
	return packs, nil
}

func (p *pack) read(fsys fs.FS) {
	data, err := fs.ReadFile(fsys, p.file)
	if err != nil {
		p.err = fmt.Errorf("%s: %w", p.file, err)
		return
	}
	p.lines = entryLines(data)
	var into any
	switch {
	case p.framework != "":
		into = &p.reqs
	case p.file == kindsFile:
		into = &p.kinds
	default:
		into = &p.questions
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		p.err = p.explain(err)
	}
}

// explain names the file, the line and, where the line belongs to an entry, its id.
func (p *pack) explain(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	var line int
	if _, scan := fmt.Sscanf(text, "line %d:", &line); scan != nil {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	_, text, _ = strings.Cut(text, ": ")
	owner, at := "", 0
	for id, l := range p.lines {
		if l <= line && l > at {
			owner, at = id+": ", l
		}
	}
	return fmt.Errorf("%s:%d: %s%s", p.file, line, owner, text)
}

// entryLines finds the line on which each entry of the top-level list starts.
func entryLines(data []byte) map[string]int {
	lines := map[string]int{}
	scanner := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; scanner.Scan(); n++ {
		entry, ok := strings.CutPrefix(scanner.Text(), "- ")
		if !ok {
			continue
		}
		if id, ok := strings.CutPrefix(strings.TrimLeft(entry, "{ "), "id:"); ok {
			id, _, _ = strings.Cut(id, ",")
			id = strings.Trim(strings.TrimSpace(id), `"'}`)
			if _, twice := lines[id]; !twice {
				lines[id] = n
			}
		}
	}
	return lines
}
