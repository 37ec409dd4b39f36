package catalog_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
)

// point is one line of testdata/annex.tsv: a numbered point of the annex of
// Implementing Regulation (EU) 2024/2690 as the Official Journal numbers it.
type point struct {
	ID, Kind string
	Measures []string
	Soft     []string // own soft words, and "part" or "from <id>"
	Cadence  []string
}

var (
	softWords    = map[string]catalog.Softness{"WA": catalog.WhereAppropriate, "WAp": catalog.WhereApplicable, "FEA": catalog.WhereFeasible}
	cadenceWords = map[string]catalog.Cadence{"Y1": catalog.Yearly, "Q": catalog.Quarterly, "PI": catalog.Planned,
		"REG": catalog.Regular, "SI": catalog.AfterIncident, "SC": catalog.AfterChange}
)

func annexPoints(t *testing.T) []point {
	t.Helper()
	b, err := os.ReadFile("testdata/annex.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []point
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		p := point{ID: cells[0], Kind: cells[1], Measures: strings.Split(cells[2], "")}
		for _, word := range strings.Fields(cells[3]) {
			if from, ok := strings.CutPrefix(word, "inh:"); ok {
				p.Soft = append(p.Soft, "from cir."+from)
				continue
			}
			word, part := strings.CutSuffix(word, "(part)")
			p.Soft = append(p.Soft, string(softWords[word]))
			if part {
				p.Soft = append(p.Soft, "part")
			}
		}
		for _, word := range strings.Fields(cells[4]) {
			p.Cadence = append(p.Cadence, string(cadenceWords[word]))
		}
		slices.Sort(p.Soft)
		slices.Sort(p.Cadence)
		out = append(out, p)
	}
	return out
}

// asPoint is what the catalogue says about a numbered point.
func asPoint(r catalog.Requirement) point {
	p := point{ID: r.ID, Kind: string(r.Kind), Measures: r.Measures}
	for _, s := range r.Soft {
		p.Soft = append(p.Soft, string(s))
	}
	if r.SoftPart {
		p.Soft = append(p.Soft, "part")
	}
	if r.SoftFrom != "" {
		p.Soft = append(p.Soft, "from "+r.SoftFrom)
	}
	for _, c := range r.Cadence {
		p.Cadence = append(p.Cadence, string(c))
	}
	slices.Sort(p.Soft)
	slices.Sort(p.Cadence)
	return p
}

// TestAnnexPointByPoint holds numbering, kinds, measures, soft words and rhythms
// of all 436 points against the list.
func TestAnnexPointByPoint(t *testing.T) {
	var got []point
	for _, r := range load(t).Framework(catalog.CIR2690) {
		got = append(got, asPoint(r))
	}
	if d := cmp.Diff(annexPoints(t), got); d != "" {
		t.Error(d)
	}
}

// TestAnnexCounts: 13 sections, 45 subsections, 378 requirements, of which 43 are
// lists and 335 are assessed, by section as below.
func TestAnnexCounts(t *testing.T) {
	c := load(t)
	kinds := map[catalog.Kind]int{}
	for _, r := range c.Framework(catalog.CIR2690) {
		kinds[r.Kind]++
	}
	want := map[catalog.Kind]int{catalog.Section: 13, catalog.Subsection: 45, catalog.Single: 119, catalog.List: 43, catalog.Item: 216}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Error(d)
	}
	leaves := map[string]int{}
	for _, s := range c.Children("") {
		if s.Framework == catalog.CIR2690 {
			leaves[s.ID] = len(c.Leaves(s.ID))
		}
	}
	perSection := map[string]int{"cir.1": 18, "cir.2": 20, "cir.3": 43, "cir.4": 31, "cir.5": 22, "cir.6": 70, "cir.7": 8,
		"cir.8": 12, "cir.9": 16, "cir.10": 14, "cir.11": 41, "cir.12": 21, "cir.13": 19}
	if d := cmp.Diff(perSection, leaves); d != "" {
		t.Error(d)
	}
	sum := 0
	for _, n := range leaves {
		sum += n
	}
	if sum != 335 {
		t.Errorf("%d points are assessed, want 335", sum)
	}
}

// TestFixedPeriods: the regulation itself fixes four periods only.
func TestFixedPeriods(t *testing.T) {
	got := map[string]catalog.Cadence{}
	for _, r := range load(t).Framework(catalog.CIR2690) {
		for _, c := range r.Cadence {
			if c == catalog.Yearly || c == catalog.Quarterly {
				got[r.ID] = c
			}
		}
	}
	want := map[string]catalog.Cadence{"cir.1.1.2": catalog.Yearly, "cir.2.1.4": catalog.Yearly, "cir.10.1.3": catalog.Yearly, "cir.3.4.2.b": catalog.Quarterly}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestWhatMayNotApply: "not applicable" is open where soft words cover the whole
// point, and nowhere else (Implementing Regulation Art. 2(2)).
func TestWhatMayNotApply(t *testing.T) {
	c := load(t)
	for _, tc := range []struct {
		id   string
		want bool
	}{
		{"cir.1.2.5", true},             // duties are kept apart where applicable
		{"cir.2.1.2", false},            // only the link to general risk management is soft
		{"cir.3.2.3.a", true},           // inherits from the list of what is logged
		{"cir.5.1.4.a", true},           // clauses of contracts, where appropriate
		{"cir.11.4.2.a", false},         // administration systems: no soft word
		{"nis2.21.2.j.emergency", true}, // Art. 21(2)(j), where appropriate
		{"nis2.21.2.e.patching", false},
		{"nis2.23.4.a", false},
	} {
		r, ok := c.Get(tc.id)
		if !ok || r.MayNotApply() != tc.want {
			t.Errorf("%s: found %v, may not apply %v, want %v", tc.id, ok, r.MayNotApply(), tc.want)
		}
	}
}

// TestEveryAnnexPointSpecifiesAMeasure: Implementing Regulation Art. 2(1) makes
// each point the detail of a measure of the directive.
func TestEveryAnnexPointSpecifiesAMeasure(t *testing.T) {
	c := load(t)
	specifies := map[string][]string{}
	for _, r := range c.Framework(catalog.NIS2) {
		i, _ := c.Place(r.ID)
		for _, from := range c.SpecifiedBy(i) {
			specifies[c.At(from).ID] = append(specifies[c.At(from).ID], r.ID)
		}
	}
	for _, leaf := range c.Framework(catalog.CIR2690) {
		if leaf.IsLeaf() && len(specifies[leaf.ID]) == 0 {
			t.Errorf("%s (%s) specifies no measure", leaf.ID, leaf.Title)
		}
	}
}
