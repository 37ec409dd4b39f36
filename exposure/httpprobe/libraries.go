package httpprobe

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure/version"
)

// LibrariesKind is the kind of exposure.Data that holds *Libraries: a list that
// takes the place of the shipped excerpt.
const LibrariesKind = "libraries"

//go:embed libraries.yaml
var libraryText []byte

// Libraries are programs that pages load, with the versions that have flaws.
type Libraries struct {
	Source  string    `yaml:"source"`  // what the list is and of which state
	Checked string    `yaml:"checked"` // day
	List    []library `yaml:"libraries"`
}

// library says how a program is recognised. § stands for a version.
type library struct {
	Name   string   `yaml:"name"`
	Match  []string `yaml:"match"`  // in addresses
	Banner []string `yaml:"banner"` // in the text
	Flaws  []flaw   `yaml:"flaws"`

	addresses, banners []*regexp.Regexp
}

// flaw affects versions from From (included; "" for the first) up to Below.
type flaw struct {
	From  string   `yaml:"from"`
	Below string   `yaml:"below"`
	IDs   []string `yaml:"ids"`
}

const versionPattern = `[0-9]+(?:\.[0-9]+)+(?:[-.]?(?:alpha|beta|rc)[-.]?[0-9]*)?`

// compile makes the expressions; those that Go does not know are left out.
func (l *library) compile() {
	expressions := func(list []string) (out []*regexp.Regexp) {
		for _, text := range list {
			if r, err := regexp.Compile(strings.ReplaceAll(text, "§", versionPattern)); err == nil && r.NumSubexp() > 0 {
				out = append(out, r)
			}
		}
		return out
	}
	l.addresses, l.banners = expressions(l.Match), expressions(l.Banner)
}

// shippedLibraries reads the excerpt once; that it can be read, a test proves.
var shippedLibraries = sync.OnceValue(func() *Libraries {
	var l Libraries
	d := yaml.NewDecoder(bytes.NewReader(libraryText))
	d.KnownFields(true)
	if err := d.Decode(&l); err != nil {
		panic(fmt.Sprintf("libraries.yaml: %v", err))
	}
	for i := range l.List {
		l.List[i].compile()
	}
	return &l
})

// largestLibraries is how much of an imported list is read.
const largestLibraries = 16 << 20

// LoadLibraries reads the file jsrepository.json of retire.js. Expressions of
// JavaScript that Go does not know are left out. source names the file and its
// day.
func LoadLibraries(r io.Reader, source string) (*Libraries, error) {
	var file map[string]struct {
		Vulnerabilities []struct {
			Below, AtOrAbove string
			Ranges           []struct{ Below, AtOrAbove string }
			Identifiers      map[string]any
		}
		Extractors struct{ URI, Filename, Filecontent []string }
	}
	if err := json.NewDecoder(io.LimitReader(r, largestLibraries)).Decode(&file); err != nil {
		return nil, fmt.Errorf("the list of libraries is no file of retire.js: %w", err)
	}
	l := &Libraries{Source: source}
	for name, in := range file {
		lib := library{Name: name, Banner: marks(in.Extractors.Filecontent, ""), Match: append(marks(in.Extractors.URI, ""), marks(in.Extractors.Filename, "/")...)}
		for _, v := range in.Vulnerabilities {
			ids := identifiers(v.Identifiers)
			for _, r := range append(v.Ranges, struct{ Below, AtOrAbove string }{v.Below, v.AtOrAbove}) {
				if r.Below != "" {
					lib.Flaws = append(lib.Flaws, flaw{r.AtOrAbove, r.Below, ids})
				}
			}
		}
		lib.compile()
		if len(lib.Flaws) > 0 && len(lib.addresses)+len(lib.banners) > 0 {
			l.List = append(l.List, lib)
		}
	}
	if len(l.List) == 0 {
		return nil, fmt.Errorf("the list of libraries is empty")
	}
	slices.SortFunc(l.List, func(a, b library) int { return strings.Compare(a.Name, b.Name) })
	return l, nil
}

// marks writes the sign for a version as ours does.
func marks(list []string, before string) (out []string) {
	for _, text := range list {
		out = append(out, before+strings.ReplaceAll(text, "§§version§§", "§"))
	}
	return out
}

// identifiers prefers CVE numbers.
func identifiers(m map[string]any) (ids []string) {
	if list, ok := m["CVE"].([]any); ok {
		for _, id := range list {
			ids = append(ids, fmt.Sprint(id))
		}
	}
	if id, ok := m["githubID"].(string); ok && len(ids) == 0 {
		ids = append(ids, id)
	}
	return ids
}

// loaded is a library that a page loads.
type loaded struct {
	name, version string
	ids           []string // of flaws, sorted
}

// find recognises libraries by the address and the start of a script.
func (l *Libraries) find(address string, text []byte) (out []loaded) {
	text = text[:min(len(text), 4096)]
	for _, lib := range l.List {
		v := lib.version(address, text)
		if v == "" {
			continue
		}
		found := loaded{name: lib.Name, version: v}
		for _, f := range lib.Flaws {
			if version.Compare(v, f.Below) < 0 && (f.From == "" || version.Compare(v, f.From) >= 0) {
				found.ids = append(found.ids, f.IDs...)
			}
		}
		slices.Sort(found.ids)
		found.ids = slices.Compact(found.ids)
		out = append(out, found)
	}
	return out
}

func (l *library) version(address string, text []byte) string {
	for _, r := range l.banners {
		if m := r.FindSubmatch(text); m != nil {
			return string(m[1])
		}
	}
	for _, r := range l.addresses {
		if m := r.FindStringSubmatch(address); m != nil {
			return m[1]
		}
	}
	return ""
}
