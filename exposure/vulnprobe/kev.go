package vulnprobe

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/nisaba-platform/nisaba/exposure"
)

// KEVKind is the kind of exposure.Data that holds *KEV.
const KEVKind = "kev"

// largestKEV bounds the imported catalogue, unpacked.
const largestKEV = 64 << 20

// oldKEV is how old the catalogue may be to say that nothing is exploited: it grows
// every week.
const oldKEV = 30 * 24 * time.Hour

// KEV is the catalogue of known exploited vulnerabilities of CISA (CC0).
type KEV struct {
	AsOf    time.Time // day, UTC
	Shipped bool      // with this program; otherwise the operator imported it
	byID    map[string]Exploited
	byName  map[string][]string // CVE ids by vendor and product, folded
}

// Exploited is one entry of the catalogue.
type Exploited struct {
	ID         string
	Added      string // day
	Ransomware bool
}

// kevEntry is an entry as CISA writes it.
type kevEntry struct {
	CVEID                      string `json:"cveID"`
	VendorProject, Product     string
	DateAdded                  string
	KnownRansomwareCampaignUse string
}

// LoadKEV reads known_exploited_vulnerabilities.json.
func LoadKEV(r io.Reader) (*KEV, error) {
	in, err := exposure.Unpack(r, largestKEV)
	if err != nil {
		return nil, err
	}
	var file struct {
		CatalogVersion  string
		DateReleased    time.Time
		Vulnerabilities []kevEntry
	}
	if err := json.NewDecoder(in).Decode(&file); err != nil {
		return nil, fmt.Errorf("the file is no catalogue of known exploited vulnerabilities: %w", err)
	}
	if len(file.Vulnerabilities) == 0 || file.CatalogVersion == "" {
		return nil, errors.New("the catalogue of known exploited vulnerabilities is empty")
	}
	released := file.DateReleased
	if released.IsZero() {
		if released, err = time.Parse("2006.01.02", file.CatalogVersion); err != nil {
			return nil, errors.New("the catalogue of known exploited vulnerabilities does not say of which day it is")
		}
	}
	return newKEV(released, file.Vulnerabilities)
}

// LoadShippedKEV reads exposure/kev.tsv of a content folder, and kev.yaml, which says
// of which day it is.
func LoadShippedKEV(fsys fs.FS) (*KEV, error) {
	var about struct {
		AsOf  day `yaml:"as_of"`
		Count int
	}
	b, err := fs.ReadFile(fsys, "exposure/kev.yaml")
	if err == nil {
		err = yaml.Unmarshal(b, &about)
	}
	var table []byte
	if err == nil {
		table, err = fs.ReadFile(fsys, "exposure/kev.tsv")
	}
	if err != nil {
		return nil, fmt.Errorf("load the exploited vulnerabilities: %w", err)
	}
	columns := []string{"cveID", "vendorProject", "product", "dateAdded", "knownRansomwareCampaignUse"}
	var list []kevEntry
	for line := range strings.Lines(string(table)) {
		row := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(row) != len(columns) || list == nil && !slices.Equal(row, columns) {
			return nil, fmt.Errorf("exposure/kev.tsv: %q: expected the columns %s", line, strings.Join(columns, ", "))
		}
		list = append(list, kevEntry{row[0], row[1], row[2], row[3], row[4]})
	}
	if len(list) < 2 {
		return nil, errors.New("exposure/kev.tsv: it is empty")
	}
	k, err := newKEV(time.Time(about.AsOf), list[1:])
	if err == nil {
		err = k.whole(about.Count)
	}
	if err != nil {
		return nil, fmt.Errorf("exposure/kev.tsv: %w", err)
	}
	k.Shipped = true
	return k, nil
}

// whole checks the shipped catalogue against what is said of it.
func (k *KEV) whole(count int) error {
	if len(k.byID) != count {
		return fmt.Errorf("%d entries; kev.yaml says %d", len(k.byID), count)
	}
	newest := time.Time{}
	for _, e := range k.byID {
		added, err := time.Parse(time.DateOnly, e.Added)
		if err != nil {
			return fmt.Errorf("%s was added on %q: expected a day", e.ID, e.Added)
		}
		if added.After(newest) {
			newest = added
		}
	}
	if !newest.Equal(k.AsOf) {
		return fmt.Errorf("the newest entry is of %s; kev.yaml says %s", newest.Format(time.DateOnly), k.AsOf.Format(time.DateOnly))
	}
	return nil
}

func newKEV(released time.Time, list []kevEntry) (*KEV, error) {
	k := &KEV{AsOf: released.UTC().Truncate(24 * time.Hour), byID: make(map[string]Exploited, len(list)), byName: map[string][]string{}}
	for _, v := range list {
		if !cveID.MatchString(v.CVEID) {
			return nil, fmt.Errorf("%q is no number of a vulnerability", v.CVEID)
		}
		k.byID[v.CVEID] = Exploited{v.CVEID, v.DateAdded, v.KnownRansomwareCampaignUse == "Known"}
		name := kevName(v.VendorProject, v.Product)
		k.byName[name] = append(k.byName[name], v.CVEID)
	}
	return k, nil
}

func kevName(vendor, product string) string {
	return strings.ToLower(strings.TrimSpace(vendor)) + "|" + strings.ToLower(strings.TrimSpace(product))
}

// Len is how many vulnerabilities the catalogue lists.
func (k *KEV) Len() int { return len(k.byID) }

// Get is the entry of a vulnerability; false: the catalogue does not list it.
func (k *KEV) Get(id string) (Exploited, bool) {
	e, ok := k.byID[id]
	return e, ok
}

// Newer is the later one of two catalogues, the own one when they are of the same
// day; the other may be nil.
func (k *KEV) Newer(other *KEV) *KEV {
	if other == nil || !k.AsOf.Before(other.AsOf) {
		return k
	}
	return other
}

// of lists what is exploited of a program, whatever its version, by the day on which
// it was added.
func (k *KEV) of(p Product) (ids []string) {
	for _, name := range p.kev {
		ids = append(ids, k.byName[name]...)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(k.byID[a].Added, k.byID[b].Added), cmp.Compare(a, b)) })
	return ids
}

// The ways in which State says where a catalogue is from.
const (
	stateOf       = "KEV as of "
	stateShipped  = " (shipped)"
	stateImported = " (imported)"
)

// State names the catalogue in findings, with its day.
func (k *KEV) State() string {
	from := stateImported
	if k.Shipped {
		from = stateShipped
	}
	return stateOf + k.AsOf.Format(time.DateOnly) + from
}

// KEVState is a catalogue as findings name it.
type KEVState struct {
	AsOf    time.Time // day, UTC
	Shipped bool
}

// ParseKEVState reads what KEV.State wrote; false: the text names no catalogue.
func ParseKEVState(text string) (s KEVState, ok bool) {
	rest, ok := strings.CutPrefix(text, stateOf)
	if !ok {
		return s, false
	}
	day, shipped := strings.CutSuffix(rest, stateShipped)
	if !shipped {
		if day, ok = strings.CutSuffix(rest, stateImported); !ok {
			return s, false
		}
	}
	at, err := time.Parse(time.DateOnly, day)
	return KEVState{at, shipped}, err == nil
}

// Old reports whether the catalogue is more than 30 days old, and how many days.
func (s KEVState) Old(now time.Time) (days int, old bool) {
	age := now.Sub(s.AsOf)
	return int(age / (24 * time.Hour)), age > oldKEV
}

// told is the state with its age, when that matters.
func (k *KEV) told(now time.Time) (text string, old bool) {
	days, old := KEVState{k.AsOf, k.Shipped}.Old(now)
	if !old {
		return k.State(), false
	}
	return fmt.Sprintf("%s; the catalogue is %d days old: import a newer one", k.State(), days), true
}
