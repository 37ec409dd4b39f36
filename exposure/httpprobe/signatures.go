package httpprobe

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure"
)

//go:embed signatures.yaml
var signatureText []byte

// pattern is a regular expression of the file.
type pattern struct{ *regexp.Regexp }

// UnmarshalYAML reads it.
func (p *pattern) UnmarshalYAML(n *yaml.Node) (err error) {
	p.Regexp, err = regexp.Compile(n.Value)
	return err
}

// signature says how something is recognised. Every member that is set must fit.
type signature struct {
	Path        string            `yaml:"path"`
	What        string            `yaml:"what"`
	Severity    exposure.Severity `yaml:"severity"`
	Warn        bool              `yaml:"warn"` // may be meant to be there
	Status      int               `yaml:"status"`
	Title       pattern           `yaml:"title"`
	Body        pattern           `yaml:"body"`
	Header      string            `yaml:"header"`
	HeaderMatch pattern           `yaml:"headerMatch"`
	Check       string            `yaml:"check"`
}

// signatures are the lists of signatures.yaml.
type signatures struct {
	Sensitive []signature `yaml:"sensitive"`
	Consoles  []signature `yaml:"consoles"`
	Portals   []signature `yaml:"portals"`
	Untended  []signature `yaml:"untended"`
	Fronts    []signature `yaml:"fronts"`
	Secrets   []signature `yaml:"secrets"`
}

// known reads the shipped lists once; that they can be read, a test proves.
var known = sync.OnceValue(func() signatures {
	var s signatures
	d := yaml.NewDecoder(bytes.NewReader(signatureText))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		panic(fmt.Sprintf("signatures.yaml: %v", err))
	}
	return s
})

// fits reports whether an answer shows the thing.
func (s signature) fits(a *Answer, title string) bool {
	status := s.Status
	if status == 0 {
		status = http.StatusOK
	}
	if a.Status != status && s.Path != "" {
		return false
	}
	if s.Header != "" {
		v := a.Header.Get(s.Header)
		if v == "" || s.HeaderMatch.Regexp != nil && !s.HeaderMatch.MatchString(v) {
			return false
		}
	}
	if s.Title.Regexp != nil && !s.Title.MatchString(title) {
		return false
	}
	return s.Body.Regexp == nil || s.Body.Match(a.Body)
}
