// Package checklist holds what an authority works through by itself: the points that
// Directive (EU) 2022/2555 asks of a national strategy and of a peer review. The lists
// are data; what an authority says of each point is a Mark.
package checklist

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/internal/base/locale"
	"github.com/nisaba-platform/nisaba/law"
)

// Item is one point.
type Item struct {
	ID       string      `yaml:"id" json:"id"`
	Citation string      `yaml:"citation" json:"citation"`
	Title    locale.Text `yaml:"title" json:"title"` // what the law asks, in other words
	Look     locale.Text `yaml:"look" json:"look"`   // what shows it
}

// Part is a part of a list.
type Part struct {
	ID    string      `yaml:"id" json:"id"`
	Title locale.Text `yaml:"title" json:"title"`
	Items []Item      `yaml:"items" json:"items"`
}

// List is one checklist.
type List struct {
	ID         string         `yaml:"id" json:"id"`
	Version    int            `yaml:"version" json:"version"`
	Checked    law.Date       `yaml:"checked" json:"checked"` // when it was compared with the source
	Confidence law.Confidence `yaml:"confidence" json:"confidence"`
	Source     string         `yaml:"source" json:"source"`
	Title      locale.Text    `yaml:"title" json:"title"`
	About      locale.Text    `yaml:"about" json:"about"`
	Parts      []Part         `yaml:"parts" json:"parts"`
}

// Items lists the points in order.
func (l List) Items() (out []Item) {
	for _, p := range l.Parts {
		out = append(out, p.Items...)
	}
	return out
}

// Item finds a point.
func (l List) Item(id string) (Item, bool) {
	all := l.Items()
	i := slices.IndexFunc(all, func(x Item) bool { return x.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return all[i], true
}

var plainID = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Load reads checklists/*.yaml of a content folder. Errors name the file and the point.
func Load(fsys fs.FS) ([]List, error) {
	files, err := fs.Glob(fsys, "checklists/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the checklists: %w", err)
	}
	var all []List
	var errs []error
	for _, name := range files {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read the checklists: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		var l List
		if err := d.Decode(&l); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if l.ID+".yaml" != path.Base(name) || l.Version < 1 || l.Checked.IsZero() || l.Confidence == "" || l.Source == "" {
			errs = append(errs, fmt.Errorf("%s: expected the name of the file as id, a version, source, day and confidence", name))
		}
		for _, err := range l.validate() {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		all = append(all, l)
	}
	return all, errors.Join(errs...)
}

func (l List) validate() (errs []error) {
	if !l.Title.Whole() || !l.About.Whole() || len(l.Parts) == 0 {
		errs = append(errs, errors.New("title and about in three languages, and parts, are required"))
	}
	seen := map[string]bool{}
	for _, p := range l.Parts {
		if !plainID.MatchString(p.ID) || !p.Title.Whole() || len(p.Items) == 0 {
			errs = append(errs, fmt.Errorf("part %q: expected an id, a title in three languages and points", p.ID))
		}
		for _, x := range p.Items {
			switch {
			case !plainID.MatchString(x.ID) || seen[x.ID]:
				errs = append(errs, fmt.Errorf("point %q: expected an id of small letters that stands once", x.ID))
			case x.Citation == "" || !x.Title.Whole() || !x.Look.Whole():
				errs = append(errs, fmt.Errorf("point %s: a citation, and title and look in three languages, are required", x.ID))
			}
			seen[x.ID] = true
		}
	}
	return errs
}

// Status is how far a point is.
type Status string

// The states of a point. Open is what nobody looked at.
const (
	Open   Status = "open"
	Begun  Status = "begun"
	Partly Status = "partly"
	Met    Status = "met"
	Aside  Status = "aside" // does not apply here, with a note why
)

// Statuses lists the states in order.
func Statuses() []Status { return []Status{Open, Begun, Partly, Met, Aside} }

// Mark is what an authority says of one point.
type Mark struct {
	Status   Status    `json:"status"`
	Note     string    `json:"note,omitempty"`
	Evidence []string  `json:"evidence,omitempty"` // web addresses, or references of files
	Owner    string    `json:"owner,omitempty"`    // person or unit
	Due      law.Date  `json:"due,omitzero"`
	By       string    `json:"by,omitempty"` // name of who said it last
	At       time.Time `json:"at,omitzero"`
}

// Limits of a mark.
const (
	LongestNote  = 5000 // characters
	LongestLine  = 500  // characters of an owner or a piece of evidence
	MostEvidence = 20
)

// Tidy trims a mark and says what is wrong with it: the field, and what was expected.
func (m *Mark) Tidy() (field, expected string) {
	m.Note, m.Owner = strings.TrimSpace(m.Note), strings.TrimSpace(m.Owner)
	var kept []string
	for _, e := range m.Evidence {
		if e = strings.TrimSpace(e); e != "" {
			kept = append(kept, e)
		}
	}
	m.Evidence = kept
	if m.Status == "" {
		m.Status = Open
	}
	switch {
	case !slices.Contains(Statuses(), m.Status):
		return "status", "open, begun, partly, met or aside"
	case m.Status == Aside && m.Note == "":
		return "note", "why the point does not apply here"
	case utf8.RuneCountInString(m.Note) > LongestNote:
		return "note", fmt.Sprintf("at most %d characters", LongestNote)
	case utf8.RuneCountInString(m.Owner) > LongestLine:
		return "owner", fmt.Sprintf("at most %d characters", LongestLine)
	case len(m.Evidence) > MostEvidence || slices.ContainsFunc(m.Evidence, func(e string) bool { return utf8.RuneCountInString(e) > LongestLine }):
		return "evidence", fmt.Sprintf("at most %d lines of %d characters", MostEvidence, LongestLine)
	}
	return "", ""
}
