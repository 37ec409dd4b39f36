package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// English is the language of the catalogue itself, as BCP 47 names it.
const English = "en"

// translations is the folder of the texts in other languages, one folder for each;
// its files have the names of those that they translate.
const translations = "translations"

// requirementWords is what a requirement says to people, in one language.
type requirementWords struct {
	Title       string   `yaml:"title"`
	Explanation string   `yaml:"explanation"`
	Good        string   `yaml:"good"`
	Evidence    []string `yaml:"evidence"` // the texts of the hints in their order
}

// questionWords is what a question says to people, in one language.
type questionWords struct {
	Text    string            `yaml:"text"`
	Why     string            `yaml:"why"`
	Help    string            `yaml:"help"`
	Options map[string]string `yaml:"options"` // id → text
}

// words is one file of translations. Exactly one of the maps is used, by id.
type words struct {
	file         string
	requirements map[string]requirementWords
	questions    map[string]questionWords
	kinds        map[string]string
	err          error
}

// later prepares the catalogue in some languages; each is read when it is first asked
// for.
func (c *Catalogue) later(fsys fs.FS, languages []string) {
	c.languages = map[string]func() (*Catalogue, error){}
	for _, language := range append(slices.Clone(languages), English) {
		c.languages[language] = sync.OnceValues(func() (*Catalogue, error) { return c.translated(fsys, language) })
	}
	c.languages[English] = func() (*Catalogue, error) { return c, nil }
}

// translated is the catalogue with the texts of a language. It shares everything but
// the texts.
func (c *Catalogue) translated(fsys fs.FS, language string) (*Catalogue, error) {
	root := path.Join(translations, language)
	files, err := wordFiles(fsys, root)
	if err != nil {
		return nil, err
	}
	var wait sync.WaitGroup
	for i := range files {
		wait.Go(func() { files[i].read(fsys, root) })
	}
	wait.Wait()
	in := *c
	in.reqs, in.questions, in.kinds = slices.Clone(c.reqs), slices.Clone(c.questions), slices.Clone(c.kinds)
	in.from = map[string]string{}
	var errs []error
	for i := range files {
		t := translation{words: &files[i], c: &in}
		t.put()
		errs = append(append(errs, files[i].err), t.errs...)
	}
	return &in, errors.Join(errs...)
}

// wordFiles are the files of a language in the order of those that they translate.
func wordFiles(fsys fs.FS, root string) (files []words, err error) {
	for _, pattern := range []string{nis2File, annexFiles, kindsFile, questionFiles} {
		names, err := fs.Glob(fsys, path.Join(root, pattern))
		if err != nil {
			return nil, fmt.Errorf("list the translations in %s: %w", root, err)
		}
		for _, name := range names {
			files = append(files, words{file: name})
		}
	}
	return files, nil
}

func (w *words) read(fsys fs.FS, root string) {
	data, err := fs.ReadFile(fsys, w.file)
	if err != nil {
		w.err = fmt.Errorf("%s: %w", w.file, err)
		return
	}
	var into any
	switch name := strings.TrimPrefix(w.file, root+"/"); {
	case name == kindsFile:
		into = &w.kinds
	case strings.HasPrefix(name, path.Dir(questionFiles)):
		into = &w.questions
	default:
		into = &w.requirements
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		w.err = fmt.Errorf("%s: %w", w.file, err)
	}
}

// translation sets the texts of one file in a catalogue and collects what is wrong.
type translation struct {
	*words
	c    *Catalogue
	errs []error
}

func (t *translation) put() {
	for _, id := range slices.Sorted(maps.Keys(t.requirements)) {
		if i, ok := t.place(id, t.c.at); ok {
			t.requirement(&t.c.reqs[i], t.requirements[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.questions)) {
		if i, ok := t.place(id, t.c.questionAt); ok {
			t.question(&t.c.questions[i], t.questions[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.kinds)) {
		if i, ok := t.place(id, t.c.kindAt); ok {
			t.text(id, "title", &t.c.kinds[i].Title, t.kinds[id])
		}
	}
}

func (t *translation) complain(id, format string, args ...any) {
	t.errs = append(t.errs, fmt.Errorf("%s: %s: %s", t.file, id, fmt.Sprintf(format, args...)))
}

// place is where an id stands; an id is translated once.
func (t *translation) place(id string, at map[string]int) (place int, ok bool) {
	place, ok = at[id]
	if first, twice := t.c.from[id]; twice {
		t.complain(id, "is translated before in %s", first)
	} else if !ok {
		t.complain(id, "is not in the catalogue")
	}
	t.c.from[id] = t.file
	return place, ok
}

// text sets a text that English has; an empty one leaves the English.
func (t *translation) text(id, name string, into *string, text string) {
	switch {
	case text == "":
	case *into == "":
		t.complain(id, "%s: there is no such text in English", name)
	default:
		*into = text
	}
}

func (t *translation) requirement(r *Requirement, said requirementWords) {
	t.text(r.ID, "title", &r.Title, said.Title)
	t.text(r.ID, "explanation", &r.Explanation, said.Explanation)
	t.text(r.ID, "good", &r.Good, said.Good)
	if len(said.Evidence) == 0 {
		return
	}
	if len(said.Evidence) != len(r.Evidence) {
		t.complain(r.ID, "%d texts of evidence; expected %d", len(said.Evidence), len(r.Evidence))
		return
	}
	r.Evidence = slices.Clone(r.Evidence)
	for n, hint := range said.Evidence {
		t.text(r.ID, "evidence", &r.Evidence[n].Text, hint)
	}
}

func (t *translation) question(q *Question, said questionWords) {
	t.text(q.ID, "text", &q.Text, said.Text)
	t.text(q.ID, "why", &q.Why, said.Why)
	t.text(q.ID, "help", &q.Help, said.Help)
	q.Options = slices.Clone(q.Options)
	for _, id := range slices.Sorted(maps.Keys(said.Options)) {
		n := slices.IndexFunc(q.Options, func(o Option) bool { return o.ID == id })
		if n < 0 {
			t.complain(q.ID, "has no option %s", id)
			continue
		}
		t.text(q.ID, "option "+id, &q.Options[n].Text, said.Options[id])
	}
}

// Languages lists the languages that were named when the catalogue was loaded, sorted;
// English is one of them.
func (c *Catalogue) Languages() []string { return slices.Sorted(maps.Keys(c.languages)) }

// In is the same catalogue with its texts in a language: titles, explanations, what
// good looks like, hints, questions, options and kinds of evidence. What nobody
// translated, and a language that was not named, is English; so is one whose files
// have a mistake, which Check finds. Ids, places and effects are those of every
// language.
func (c *Catalogue) In(language string) *Catalogue {
	for _, l := range []string{language, English} {
		if read := c.languages[l]; read != nil {
			if in, err := read(); err == nil {
				return in
			}
		}
	}
	return c
}

// Check reads the texts of every language that was named and returns the mistakes in
// them, with file and id.
func (c *Catalogue) Check() error {
	var errs []error
	for _, language := range c.Languages() {
		_, err := c.languages[language]()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
