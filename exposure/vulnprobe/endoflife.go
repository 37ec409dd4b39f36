package vulnprobe

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// EndOfLifeKind is the kind of exposure.Data that holds *EndOfLife: a table that
// takes the place of the shipped one.
const EndOfLifeKind = "endoflife"

//go:embed endoflife.yaml
var endOfLifeText []byte

// EndOfLife says until when versions are mended.
type EndOfLife struct {
	Source        string        `yaml:"source"`
	Checked       string        `yaml:"checked"` // day
	Products      []productLife `yaml:"products"`
	Distributions []systemsLife `yaml:"distributions"`
}

// day is a date of the table; zero: none is known.
type day time.Time

// UnmarshalYAML reads a date or nothing.
func (d *day) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		return fmt.Errorf("line %d: expected a day such as 2026-11-28", n.Line)
	}
	*d = day(t)
	return nil
}

type productLife struct {
	CPE      string         `yaml:"cpe"` // vendor:product
	Of       day            `yaml:"of"`  // state of the list
	Releases map[string]day `yaml:"releases"`
}

type systemsLife struct {
	Name     string         `yaml:"name"`
	Of       day            `yaml:"of"`
	Releases map[string]day `yaml:"releases"`
	Longer   map[string]day `yaml:"longer"` // with long-term support
}

// largestTable is how much of an imported table is read.
const largestTable = 4 << 20

// LoadEndOfLife reads a table in the form of the shipped one.
func LoadEndOfLife(r io.Reader) (*EndOfLife, error) {
	var e EndOfLife
	d := yaml.NewDecoder(io.LimitReader(r, largestTable))
	d.KnownFields(true)
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("read the table of ends of life: %w", err)
	}
	return &e, nil
}

// shippedEndOfLife reads the shipped table once; that it can be read, a test proves.
var shippedEndOfLife = sync.OnceValue(func() *EndOfLife {
	e, err := LoadEndOfLife(bytes.NewReader(endOfLifeText))
	if err != nil {
		panic(err)
	}
	return e
})

// life is what the table says about one thing.
type life struct {
	what  string    // product or distribution, with release
	ends  time.Time // zero: none was known
	later time.Time // end of long-term support; zero: there is none
	of    time.Time // state of the list
}

// of lists what the table says about a product: the system decides when a
// distribution is known, otherwise the version.
func (e *EndOfLife) of(p Product) (life, bool) {
	if p.Distribution != "" {
		for _, d := range e.Distributions {
			if end, ok := d.Releases[p.Release]; ok && d.Name == p.Distribution {
				return life{d.Name + " " + p.Release, time.Time(end), time.Time(d.Longer[p.Release]), time.Time(d.Of)}, true
			}
		}
		return life{}, false
	}
	for _, l := range e.Products {
		if l.CPE != p.CPE.Vendor+":"+p.CPE.Product || !p.Versioned() {
			continue
		}
		if release := longestRelease(l.Releases, p.CPE.Version); release != "" {
			return life{p.Name + " " + release, time.Time(l.Releases[release]), time.Time{}, time.Time(l.Of)}, true
		}
	}
	return life{}, false
}

// longestRelease is the release to which a version belongs; "" when none is listed.
func longestRelease(releases map[string]day, v string) (best string) {
	for r := range releases {
		rest, ok := strings.CutPrefix(v, r)
		if ok && (rest == "" || rest[0] < '0' || rest[0] > '9') && len(r) > len(best) {
			best = r
		}
	}
	return best
}
