// Package playbook holds how kinds of incidents are handled: steps with a phase, a
// role, why, and when they are done. Those that come with the program are data;
// workspaces add their own.
package playbook

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

// Phase is when a step is taken.
type Phase string

// The phases, in their order.
const (
	Detect  Phase = "detect"
	Analyse Phase = "analyse"
	Contain Phase = "contain"
	Report  Phase = "report"
	Recover Phase = "recover"
	Learn   Phase = "learn"
)

// Phases lists the phases in their order.
func Phases() []Phase { return []Phase{Detect, Contain, Analyse, Report, Recover, Learn} }

// Text is what a playbook says, by language. A text of a workspace's own stands under "".
type Text = locale.Text

// Step is one step.
type Step struct {
	ID           string   `yaml:"id" json:"id"`
	Phase        Phase    `yaml:"phase" json:"phase"`
	Role         string   `yaml:"role" json:"role"` // as the owners of requirements
	Title        Text     `yaml:"title" json:"title"`
	Why          Text     `yaml:"why" json:"why,omitempty"`
	Done         Text     `yaml:"done" json:"done,omitempty"` // how one knows that it is done
	Requirements []string `yaml:"requirements" json:"requirements,omitempty"`
}

// Playbook is how one kind of incident is handled.
type Playbook struct {
	ID      string   `yaml:"id" json:"id"`
	Version int      `yaml:"version" json:"-"`
	Checked law.Date `yaml:"checked" json:"-"`
	Title   Text     `yaml:"title" json:"title"`
	About   Text     `yaml:"about" json:"about,omitempty"`
	Common  []string `yaml:"common" json:"-"` // steps of common.yaml that it has too
	Steps   []Step   `yaml:"steps" json:"steps"`
	Own     bool     `yaml:"-" json:"-"` // of the workspace
}

var plainID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Load reads playbooks/*.yaml of a content folder, with the shared steps put where
// their phase is. Errors name the file and the step.
func Load(fsys fs.FS) ([]Playbook, error) {
	files, err := fs.Glob(fsys, "playbooks/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the playbooks: %w", err)
	}
	var all []Playbook
	var errs []error
	var common Playbook
	for _, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read the playbooks: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		var p Playbook
		if err := d.Decode(&p); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if p.ID+".yaml" != path.Base(name) || p.Version < 1 || p.Checked.IsZero() {
			errs = append(errs, fmt.Errorf("%s: expected the name of the file as id, a version and a day", name))
		}
		for _, err := range p.validate() {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		if p.ID == "common" {
			common = p
			continue
		}
		all = append(all, p)
	}
	for n := range all {
		if err := all[n].share(common); err != nil {
			errs = append(errs, err)
		}
	}
	return all, errors.Join(errs...)
}

func (p Playbook) validate() (errs []error) {
	// A comma in a text without quotes begins another key, and cuts the text off.
	if !p.Title.Whole() || !p.About.Whole() || len(p.Steps) == 0 {
		errs = append(errs, errors.New("title and about in three languages, and steps, are required"))
	}
	seen := map[string]bool{}
	for _, s := range p.Steps {
		switch {
		case !plainID.MatchString(s.ID) || seen[s.ID]:
			errs = append(errs, fmt.Errorf("step %q: expected an id of small letters that stands once", s.ID))
		case !slices.Contains(Phases(), s.Phase):
			errs = append(errs, fmt.Errorf("step %s: there is no phase %q", s.ID, s.Phase))
		case !s.Title.Whole() || !s.Why.Whole() || !s.Done.Whole():
			errs = append(errs, fmt.Errorf("step %s: title, why and done are required in three languages", s.ID))
		case s.Role == "" || len(s.Requirements) == 0:
			errs = append(errs, fmt.Errorf("step %s: role and requirements are required", s.ID))
		}
		seen[s.ID] = true
	}
	return errs
}

// share adds the shared steps and puts all into the order of the phases.
func (p *Playbook) share(common Playbook) error {
	for _, id := range p.Common {
		n := slices.IndexFunc(common.Steps, func(s Step) bool { return s.ID == id })
		if n < 0 || slices.ContainsFunc(p.Steps, func(s Step) bool { return s.ID == id }) {
			return fmt.Errorf("playbook %s: the shared step %s is missing, or stands twice", p.ID, id)
		}
		p.Steps = append(p.Steps, common.Steps[n])
	}
	p.Sort()
	return nil
}

// Sort puts the steps into the order of the phases.
func (p *Playbook) Sort() {
	slices.SortStableFunc(p.Steps, func(a, b Step) int {
		return slices.Index(Phases(), a.Phase) - slices.Index(Phases(), b.Phase)
	})
}
