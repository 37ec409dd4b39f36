package exposure

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Snippet is ready configuration of a program that mends what checks found.
type Snippet struct {
	ID         string   `yaml:"id"`
	Software   string   `yaml:"software"` // "nginx"
	Title      string   `yaml:"title"`
	Context    string   `yaml:"context"` // where it belongs: "server", "main.cf"
	Checks     []string `yaml:"checks"`  // that it mends
	Text       string   `yaml:"text"`
	Note       string   `yaml:"note,omitempty"` // what to change or to know first
	References []string `yaml:"references"`
	Tested     string   `yaml:"tested"` // program and version that took it, or "unverified"
}

// loadSnippets reads exposure/snippets/*.yaml.
func (c *Catalogue) loadSnippets(fsys fs.FS) error {
	files, err := fs.Glob(fsys, "exposure/snippets/*.yaml")
	if err != nil {
		return fmt.Errorf("list the snippets: %w", err)
	}
	c.snippets = map[string][]Snippet{}
	var errs []error
	seen := map[string]bool{}
	for _, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read the snippets: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		var list []Snippet
		if err := d.Decode(&list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, s := range list {
			if err := s.validate(c); err != nil || seen[s.ID] {
				errs = append(errs, fmt.Errorf("%s: %s: %w", name, s.ID, errors.Join(err, twice(seen[s.ID]))))
			}
			seen[s.ID] = true
			for _, check := range s.Checks {
				c.snippets[check] = append(c.snippets[check], s)
			}
		}
	}
	return errors.Join(errs...)
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

// Snippets are the ready configurations that mend a check, by program.
func (c *Catalogue) Snippets(check string) []Snippet { return slices.Clone(c.snippets[check]) }
