package exposure

import (
	"fmt"
	"io/fs"
	"path"
)

// words is what a check says to people, in one language.
type words struct {
	ID         string   `yaml:"id"`
	Title      string   `yaml:"title"`
	Criteria   string   `yaml:"criteria"`
	Why        string   `yaml:"why"`
	Fix        string   `yaml:"fix"`
	Judgement  string   `yaml:"judgement"`
	References []string `yaml:"references"` // only when the language names them in another way
}

// loadWords reads exposure/checks/<language>/*.yaml. Whether each check has its words
// is for Untranslated to say; a catalogue without them is whole all the same.
func (c *Catalogue) loadWords(fsys fs.FS) error {
	c.languages = map[string]*Catalogue{}
	return eachList(fsys, "exposure/checks/*/*.yaml", func(name string, _ []byte, list []words) error {
		return c.translate(path.Base(path.Dir(name)), list)
	})
}

// language is the catalogue in a language, for words to be put in.
func (c *Catalogue) language(language string) *Catalogue {
	in := c.languages[language]
	if in == nil {
		in = &Catalogue{Edition: c.Edition, Checks: append([]Check{}, c.Checks...), index: c.index, snippets: c.snippets, translated: map[string]bool{}}
		c.languages[language] = in
	}
	return in
}

func (c *Catalogue) translate(language string, list []words) error {
	in := c.language(language)
	for _, w := range list {
		i, ok := c.index[w.ID]
		switch {
		case !ok: // of a check that is gone, or of a later edition
			continue
		case in.translated[w.ID]:
			return fmt.Errorf("%s stands twice", w.ID)
		case w.Title == "" || w.Criteria == "" || w.Why == "" || (w.Fix == "") != (c.Checks[i].Fix == "") || (w.Judgement == "") != (c.Checks[i].Judgement == ""):
			return fmt.Errorf("%s: title, criteria and why are required, and fix and judgement when the check has them", w.ID)
		case len(w.References) > 0 && len(w.References) != len(c.Checks[i].References):
			return fmt.Errorf("%s: expected as many references as the check has", w.ID)
		}
		in.translated[w.ID] = true
		in.Checks[i].Title, in.Checks[i].Criteria, in.Checks[i].Why, in.Checks[i].Fix, in.Checks[i].Judgement = w.Title, w.Criteria, w.Why, w.Fix, w.Judgement
		if len(w.References) > 0 {
			in.Checks[i].References = w.References
		}
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
