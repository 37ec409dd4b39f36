package exposure

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"
)

// words is what a check says to people, in one language.
type words struct {
	ID       string `yaml:"id"`
	Title    string `yaml:"title"`
	Criteria string `yaml:"criteria"`
	Why      string `yaml:"why"`
	Fix      string `yaml:"fix"`
}

// loadWords reads exposure/checks/<language>/*.yaml. Whether each check has its words
// is for Untranslated to say; a catalogue without them is whole all the same.
func (c *Catalogue) loadWords(fsys fs.FS) error {
	files, err := fs.Glob(fsys, "exposure/checks/*/*.yaml")
	if err != nil {
		return fmt.Errorf("list the words of checks: %w", err)
	}
	c.languages = map[string]*Catalogue{}
	for _, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read the words of checks: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		var list []words
		if err := d.Decode(&list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := c.translate(path.Base(path.Dir(name)), list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c *Catalogue) translate(language string, list []words) error {
	in := c.languages[language]
	if in == nil {
		in = &Catalogue{Edition: c.Edition, Checks: append([]Check{}, c.Checks...), index: c.index, snippets: c.snippets, translated: map[string]bool{}}
		c.languages[language] = in
	}
	for _, w := range list {
		i, ok := c.index[w.ID]
		switch {
		case !ok: // of a check that is gone, or of a later edition
			continue
		case in.translated[w.ID]:
			return fmt.Errorf("%s stands twice", w.ID)
		case w.Title == "" || w.Criteria == "" || w.Why == "" || (w.Fix == "") != (c.Checks[i].Fix == ""):
			return fmt.Errorf("%s: title, criteria and why are required, and fix when the check has one", w.ID)
		}
		in.translated[w.ID] = true
		in.Checks[i].Title, in.Checks[i].Criteria, in.Checks[i].Why, in.Checks[i].Fix = w.Title, w.Criteria, w.Why, w.Fix
	}
	return nil
}

// In is the catalogue with what checks say to people in a language. What nobody
// translated stays in English.
func (c *Catalogue) In(language string) *Catalogue {
	if in, ok := c.languages[language]; ok {
		return in
	}
	return c
}

// Untranslated lists the checks without words in a language. English has all.
func (c *Catalogue) Untranslated(language string) (ids []string) {
	if language == "en" {
		return nil
	}
	in := c.In(language)
	for _, check := range c.Checks {
		if !in.translated[check.ID] {
			ids = append(ids, check.ID)
		}
	}
	return ids
}
