package exposure

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// Snippet is ready configuration of a program that mends what checks found.
type Snippet struct {
	ID         string   `yaml:"id"`
	Software   string   `yaml:"software"` // "nginx"
	Title      string   `yaml:"title"`
	Context    string   `yaml:"context"` // where it belongs: "block server", "main.cf"
	Checks     []string `yaml:"checks"`  // that it mends
	Text       string   `yaml:"text"`
	Note       string   `yaml:"note,omitempty"` // what to change or to know first
	References []string `yaml:"references"`
	Tested     string   `yaml:"tested"` // program and version that took it, or "unverified"
}

// loadSnippets reads exposure/snippets/*.yaml.
func (c *Catalogue) loadSnippets(fsys fs.FS) error {
	c.snippets = map[string][]Snippet{}
	seen := map[string]bool{}
	return eachList(fsys, "exposure/snippets/*.yaml", func(_ string, _ []byte, list []Snippet) error {
		var errs []error
		for _, s := range list {
			if err := s.validate(c); err != nil || seen[s.ID] {
				errs = append(errs, fmt.Errorf("%s: %w", s.ID, errors.Join(err, twice(seen[s.ID]))))
			}
			seen[s.ID] = true
			for _, check := range s.Checks {
				c.snippets[check] = append(c.snippets[check], s)
			}
		}
		return errors.Join(errs...)
	})
}

func twice(yes bool) error {
	if yes {
		return errors.New("it stands twice")
	}
	return nil
}

func (s Snippet) validate(c *Catalogue) error {
	if s.ID == "" || s.Software == "" || s.Title == "" || s.Context == "" || s.Text == "" || s.Tested == "" || len(s.Checks) == 0 {
		return errors.New("id, software, title, context, checks, text and tested are required")
	}
	for _, check := range s.Checks {
		if _, ok := c.Get(check); !ok {
			return fmt.Errorf("the check %s is unknown", check)
		}
	}
	return nil
}

// snippetWords is what a snippet says to people, in one language. The configuration
// itself stays as it is.
type snippetWords struct {
	ID       string `yaml:"id"`
	Software string `yaml:"software"` // only when it is not the name of a program
	Title    string `yaml:"title"`
	Context  string `yaml:"context"` // only when it is more than the name of a file
	Note     string `yaml:"note"`
}

// loadSnippetWords reads exposure/snippets/<language>/*.yaml. Snippets without words
// stay in English, and words of a snippet that there is not are left out.
func (c *Catalogue) loadSnippetWords(fsys fs.FS) error {
	all := map[string]map[string]snippetWords{} // by language and snippet
	err := eachList(fsys, "exposure/snippets/*/*.yaml", func(name string, _ []byte, list []snippetWords) error {
		language := path.Base(path.Dir(name))
		if all[language] == nil {
			all[language] = map[string]snippetWords{}
		}
		for _, w := range list {
			if _, stands := all[language][w.ID]; stands || w.Title == "" {
				return fmt.Errorf("%s: a title is required, once", w.ID)
			}
			all[language][w.ID] = w
		}
		return nil
	})
	for language, list := range all {
		err = errors.Join(err, c.translateSnippets(language, list))
	}
	return err
}

func (c *Catalogue) translateSnippets(language string, list map[string]snippetWords) error {
	out := map[string][]Snippet{}
	for check, snippets := range c.snippets {
		for _, s := range snippets {
			if w, ok := list[s.ID]; ok {
				if (w.Note == "") != (s.Note == "") {
					return fmt.Errorf("%s in %s: a note is required when the snippet has one", s.ID, language)
				}
				s.Title, s.Note = w.Title, w.Note
				s.Software, s.Context = cmp.Or(w.Software, s.Software), cmp.Or(w.Context, s.Context)
			}
			out[check] = append(out[check], s)
		}
	}
	c.language(language).snippets = out
	return nil
}

// Snippets are the ready configurations that mend a check, by program.
func (c *Catalogue) Snippets(check string) []Snippet { return slices.Clone(c.snippets[check]) }
