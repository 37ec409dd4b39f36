package vulnprobe

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/nisaba-platform/nisaba/exposure"
)

// NVD holds which versions of programs vulnerabilities concern. Only programs that
// Identify knows are kept.
type NVD struct {
	Timestamp string // of the newest file
	From, To  string // years of the numbers that the files hold
	rules     map[string][]rule
	scores    map[string]float64
	count     int // of the vulnerabilities that were read
}

// rule is one criterion of a vulnerability.
type rule struct {
	id        string
	criterion CPE
	span      Range
	partly    bool // holds together with something else only
}

// Match is a vulnerability that concerns a product.
type Match struct {
	ID         string
	Score      float64 // CVSS, 0 to 10; 0 when there is none
	Confidence Confidence
}

// cveRecord is one vulnerability as the database writes it.
type cveRecord struct {
	CVE struct {
		ID             string
		VulnStatus     string
		Metrics        map[string]json.RawMessage
		Configurations []struct {
			Operator string
			Nodes    []struct {
				Negate   bool
				CPEMatch []struct {
					Vulnerable            bool
					Criteria              string
					VersionStartIncluding string
					VersionStartExcluding string
					VersionEndIncluding   string
					VersionEndExcluding   string
				} `json:"cpeMatch"`
			}
		}
	}
}

// LoadNVD reads files of the National Vulnerability Database in its format 2.0:
// yearly feeds or answers of its interface, packed or not. Add reads more.
func LoadNVD(files ...io.Reader) (*NVD, error) {
	n := &NVD{rules: map[string][]rule{}, scores: map[string]float64{}}
	for _, file := range files {
		if err := n.Add(file); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// wanted are the names under which vulnerabilities of the programs are listed that
// Identify knows.
var wanted = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, f := range forms() {
		out[f.Vendor+":"+f.Product] = true
		for _, also := range f.Also {
			out[also] = true
		}
	}
	return out
})

// Add reads a further file. After an error the database holds a part of the file and
// must not be used.
func (n *NVD) Add(file io.Reader) error {
	before := n.count
	if err := n.read(file); err != nil {
		return fmt.Errorf("the file is none of the vulnerability database: %w", err)
	}
	if n.count == before {
		return errors.New("no vulnerability stands in the file of the vulnerability database")
	}
	return nil
}

func (n *NVD) read(file io.Reader) error {
	in, err := exposure.Unpack(file, largestNVD)
	if err != nil {
		return err
	}
	d := json.NewDecoder(in)
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(err, errors.New("expected JSON of format 2.0"))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		switch name {
		case "timestamp":
			var stamp string
			if err := d.Decode(&stamp); err != nil {
				return err
			}
			n.Timestamp = max(n.Timestamp, stamp)
		case "vulnerabilities":
			return n.list(d)
		default:
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return err
			}
		}
	}
	return errors.New("it lists no vulnerabilities")
}

func (n *NVD) list(d *json.Decoder) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(err, errors.New("vulnerabilities is no list"))
	}
	for d.More() {
		var r cveRecord
		if err := d.Decode(&r); err != nil {
			return err
		}
		if !cveID.MatchString(r.CVE.ID) {
			return fmt.Errorf("%q is no number of a vulnerability", r.CVE.ID)
		}
		n.count++
		year := r.CVE.ID[4:8]
		n.From, n.To = min(cmp.Or(n.From, year), year), max(n.To, year)
		if r.CVE.VulnStatus != "Rejected" {
			n.add(r)
		}
	}
	_, err := d.Token() // a file that was cut off is not taken
	return err
}

func (n *NVD) add(r cveRecord) {
	for _, c := range r.CVE.Configurations {
		partly := strings.EqualFold(c.Operator, "AND") && len(c.Nodes) > 1
		for _, node := range c.Nodes {
			for _, m := range node.CPEMatch {
				if !m.Vulnerable || node.Negate {
					continue
				}
				criterion, err := ParseCPE(m.Criteria)
				key := criterion.Vendor + ":" + criterion.Product
				if err != nil || !wanted()[key] {
					continue
				}
				n.rules[key] = append(n.rules[key], rule{r.CVE.ID, criterion,
					Range{m.VersionStartIncluding, m.VersionStartExcluding, m.VersionEndIncluding, m.VersionEndExcluding}, partly})
				n.scores[r.CVE.ID] = scoreOf(r.CVE.Metrics)
			}
		}
	}
}

// scoreOf is the score of the newest version of CVSS that was given, of the
// database itself before that of others.
func scoreOf(metrics map[string]json.RawMessage) float64 {
	for _, name := range []string{"cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2"} {
		var list []struct {
			Type     string
			CVSSData struct{ BaseScore float64 } `json:"cvssData"`
		}
		if json.Unmarshal(metrics[name], &list) != nil || len(list) == 0 {
			continue
		}
		for _, m := range list {
			if m.Type == "Primary" {
				return m.CVSSData.BaseScore
			}
		}
		return list[0].CVSSData.BaseScore
	}
	return 0
}

// Matches lists the vulnerabilities that concern a product whose version is known,
// worst first. What a distribution may have mended is unconfirmed.
func (n *NVD) Matches(p Product) []Match {
	if !p.Versioned() {
		return nil
	}
	best := map[string]Confidence{}
	for _, name := range append([]CPE{p.CPE}, p.Also...) {
		for _, r := range n.rules[name.Vendor+":"+name.Product] {
			c, ok := name.match(r.criterion, r.span)
			if !ok {
				continue
			}
			if !p.Upstream || r.partly {
				c = Unconfirmed
			}
			if old, there := best[r.id]; !there || surer(c, old) {
				best[r.id] = c
			}
		}
	}
	out := make([]Match, 0, len(best))
	for id, c := range best {
		out = append(out, Match{id, n.scores[id], c})
	}
	slices.SortFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.ID, a.ID))
	})
	return out
}

// surer reports whether a confidence is higher than another.
func surer(a, b Confidence) bool {
	order := []Confidence{Exact, InRange, Unconfirmed, VendorOnly}
	return slices.Index(order, a) < slices.Index(order, b)
}

// state names the file in findings.
func (n *NVD) state() string {
	return fmt.Sprintf("NVD of %s, numbers of %s to %s", n.Timestamp[:min(len(n.Timestamp), 10)], n.From, n.To)
}
