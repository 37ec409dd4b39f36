package reporting

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/law/clocks"
)

var fieldID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Load reads reports/*.yaml of a content folder. Errors name the file and the
// field.
func Load(fsys fs.FS) (*Set, error) {
	files, err := fs.Glob(fsys, "reports/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the forms: %w", err)
	}
	s, errs := &Set{}, []error(nil)
	for _, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read the forms: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		var f Form
		if err := d.Decode(&f); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, err := range f.validate() {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		if _, twice := s.Version(f.ID, f.Version); twice {
			errs = append(errs, fmt.Errorf("%s: version %d of %s stands twice", name, f.Version, f.ID))
		}
		s.forms = append(s.forms, f)
	}
	return s, errors.Join(append(errs, s.agree()...)...)
}

// agreed reports whether a duty comes from an agreement, and from no act.
func agreed(r clocks.Regime) bool { return r == Contract || r == Insurer }

// types lists every type.
func types() []Type {
	return []Type{Text, LongText, YesNo, Number, Percent, Money, Instant, Choice, Choices, Lines, States, Email, Phone, Computed}
}

func (f Form) validate() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if f.ID == "" || f.Version < 1 || f.Title == "" || len(f.Stages) == 0 {
		bad("id, version, title and stages are required")
	}
	switch f.Basis {
	case OfTemplate, OfContent:
		if f.Source == "" || f.Checked.IsZero() || f.Confidence == "" {
			bad("source, checked and confidence are required")
		}
	case OfOurs:
		if f.Source != "" || !f.Checked.IsZero() || f.Confidence != "" || f.HasOwn() {
			bad("a form of ours has no source, and no field of its own beside others")
		}
	default:
		bad("there is no basis %q", f.Basis)
	}
	for _, st := range f.Stages {
		if !clocks.HasStage(f.Regime, st) && !(agreed(f.Regime) && st == Notice) {
			bad("the regime %s has no stage %s", f.Regime, st)
		}
	}
	for _, lang := range []string{"en", "de", "fr"} {
		if len(f.Note) > 0 && f.Note[lang] == "" {
			bad("no note in %s", lang)
		}
	}
	seen := map[string]bool{}
	for _, x := range f.Fields {
		switch {
		case !fieldID.MatchString(x.ID) || seen[x.ID]:
			bad("field %q: expected an id of small letters that stands once", x.ID)
		case !slices.Contains(types(), x.Type):
			bad("field %s: there is no type %q", x.ID, x.Type)
		case (x.Type == Choice || x.Type == Choices) != (len(x.Options) > 0):
			bad("field %s: options belong to choice and choices", x.ID)
		case x.Source == "" || len(x.Stages) == 0 || x.Number < 1:
			bad("field %s: number, source and stages are required", x.ID)
		}
		for _, lang := range []string{"en", "de", "fr"} {
			if x.Title[lang] == "" {
				bad("field %s: no title in %s", x.ID, lang)
			}
		}
		for st, need := range x.Stages {
			if !slices.Contains(f.Stages, st) || !slices.Contains([]Need{Required, Optional, Hidden}, need) {
				bad("field %s: stage %s with %q", x.ID, st, need)
			}
		}
		if x.When != nil {
			if _, ok := f.Field(x.When.Field); !ok {
				bad("field %s: its condition names %q, which is no field", x.ID, x.When.Field)
			}
		}
		seen[x.ID] = true
	}
	return errs
}

// agree checks that the same id means the same type in every form, since facts
// are entered once.
func (s *Set) agree() (errs []error) {
	kinds := map[string]Type{}
	for _, f := range s.forms {
		for _, x := range f.Fields {
			if k, ok := kinds[x.ID]; ok && k != x.Type {
				errs = append(errs, fmt.Errorf("field %s is %s in one form and %s in %s", x.ID, k, x.Type, f.ID))
			}
			kinds[x.ID] = x.Type
		}
	}
	return errs
}
