package exposure

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Check is one entry of the catalogue.
type Check struct {
	ID         string   `yaml:"id"`
	Area       Area     `yaml:"area"`
	Class      Class    `yaml:"class"`
	Severity   Severity `yaml:"severity"` // of a failure
	Title      string   `yaml:"title"`
	Criteria   string   `yaml:"criteria"`            // when it passes, warns, fails
	Why        string   `yaml:"why"`                 // what can happen
	Fix        string   `yaml:"fix"`                 // what to do
	References []string `yaml:"references"`          // "RFC 7208", "NCSC-NL 2025-05 table 3", …; none when the criteria are our own
	Checked    string   `yaml:"checked,omitempty"`   // day on which the references were read, or "unverified"; "" without references
	Judgement  string   `yaml:"judgement,omitempty"` // what of the criteria is our own, beyond the references, and why
	Measures   []string `yaml:"measures"`            // points of Art. 21(2)
	Points     []string `yaml:"points"`              // "6.7.2.l", of the annex to Implementing Regulation (EU) 2024/2690
	Consent    bool     `yaml:"consent,omitempty"`   // of class P, but nothing that every visitor asks for: not done without the owner's consent
	Rescan     bool     `yaml:"rescan,omitempty"`    // runs on its own
	Offline    string   `yaml:"offline,omitempty"`   // kind of imported data without which it is not tested
}

// Catalogue is every check.
type Catalogue struct {
	Edition string // names the checks by what they are
	Checks  []Check
	index   map[string]int

	snippets map[string][]Snippet // by check

	languages  map[string]*Catalogue // with words in other languages
	translated map[string]bool       // checks with words in the language of the catalogue, when that is not English
}

var checkID = regexp.MustCompile(`^[A-Z]{2,4}-[0-9]{2}$`)

// LoadCatalogue reads exposure/checks/*.yaml and exposure/snippets/*.yaml of a
// content folder. Errors name the file and the check.
func LoadCatalogue(fsys fs.FS) (*Catalogue, error) {
	c, sum, errs := &Catalogue{index: map[string]int{}}, sha256.New(), []error(nil)
	err := eachList(fsys, "exposure/checks/*.yaml", func(name string, raw []byte, list []Check) error {
		sum.Write(raw)
		for _, check := range list {
			if err := check.validate(); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", name, check.ID, err))
			}
			if _, twice := c.index[check.ID]; twice {
				errs = append(errs, fmt.Errorf("%s: %s stands twice", name, check.ID))
			}
			c.index[check.ID] = len(c.Checks)
			c.Checks = append(c.Checks, check)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.Edition = hex.EncodeToString(sum.Sum(nil))[:12]
	errs = append(errs, c.loadSnippets(fsys), c.loadWords(fsys), c.loadSnippetWords(fsys))
	return c, errors.Join(errs...)
}

// eachList reads the lists that files of a content folder hold, in the order of their
// names. Errors name the file.
func eachList[T any](fsys fs.FS, pattern string, take func(name string, raw []byte, list []T) error) error {
	files, err := fs.Glob(fsys, pattern)
	if err != nil {
		return fmt.Errorf("list %s: %w", pattern, err)
	}
	for _, name := range files {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read the catalogue: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(raw))
		d.KnownFields(true)
		var list []T
		if err := d.Decode(&list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := take(name, raw, list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c Check) validate() error {
	switch {
	case !checkID.MatchString(c.ID):
		return errors.New("id: expected letters, a hyphen and two digits")
	case !slices.Contains(Areas(), c.Area):
		return fmt.Errorf("area %q is unknown", c.Area)
	case !slices.Contains([]Class{Passive, Handshake, Intrusive}, c.Class):
		return fmt.Errorf("class %q is unknown", c.Class)
	case !slices.Contains(Severities(), c.Severity):
		return fmt.Errorf("severity %q is unknown", c.Severity)
	case c.Title == "" || c.Criteria == "" || c.Why == "":
		return errors.New("title, criteria and why are required")
	case len(c.Measures) == 0:
		return errors.New("no measure of Art. 21(2) is named")
	case len(c.References) == 0 && c.Judgement == "":
		return errors.New("references or judgement: one of them says where the criteria come from")
	case (c.Checked == "") != (len(c.References) == 0):
		return errors.New("checked: expected a day or \"unverified\" with references, nothing without")
	}
	return nil
}

// OwnCriterion is the citation of checks whose criteria stand on no reference.
const OwnCriterion = "own criterion"

// Citation is the reference with which the check compares first, or OwnCriterion.
func (c Check) Citation() string {
	if len(c.References) > 0 {
		return c.References[0]
	}
	return OwnCriterion
}

// Get finds a check.
func (c *Catalogue) Get(id string) (Check, bool) {
	i, ok := c.index[id]
	if !ok {
		return Check{}, false
	}
	return c.Checks[i], true
}
