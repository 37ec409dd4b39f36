package posture_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/posture"
)

// recount computes a score anew from nothing but the results and the catalogue:
// 100 × Σ weight × value ÷ Σ weight, with 1 for met and 0.5 for partly met.
func recount(cat *catalog.Catalogue, p posture.Posture, key string, belongs func(catalog.Requirement) bool) posture.Score {
	s := posture.Score{Key: key}
	met := 0.0
	for _, r := range p.Results {
		q, _ := cat.Get(r.Requirement)
		if !q.IsLeaf() || r.Weight == 0 || !belongs(q) {
			continue
		}
		if r.Status == posture.NotApplicable {
			s.NotApplicable++
			continue
		}
		s.Weight += q.Weight
		switch r.Status {
		case posture.Met:
			s.Met++
			met += q.Weight
		case posture.PartlyMet:
			s.Partly++
			met += q.Weight * 0.5
		case posture.NotMet:
			s.NotMet++
		default:
			s.NotAssessed++
		}
	}
	if s.Weight > 0 {
		s.Points = met / s.Weight * 100
	}
	return s
}

func sectionOf(cat *catalog.Catalogue, r catalog.Requirement) string {
	for r.Parent != "" {
		r, _ = cat.Get(r.Parent)
	}
	return r.ID
}

// belongsTo tells which leaves a score counts.
func belongsTo(cat *catalog.Catalogue, key string) func(catalog.Requirement) bool {
	letter, measure := strings.CutPrefix(key, "measure.")
	return func(r catalog.Requirement) bool {
		switch {
		case key == "overall":
			return true
		case measure:
			return slices.Contains(r.Measures, letter)
		}
		section := sectionOf(cat, r)
		return section == key || section == "nis2."+key
	}
}

// TestScores recomputes every score of the examples.
func TestScores(t *testing.T) {
	t.Parallel()
	cat := whole(t)
	for _, e := range exampleOrganisations(t) {
		p, _ := e.posture(t)
		for _, s := range p.Scores {
			want := recount(cat, p, s.Key, belongsTo(cat, s.Key))
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
			if d := cmp.Diff(want, s, near); d != "" {
				t.Errorf("%s: %s: %s", e.name, s.Key, d)
			}
		}
		for _, key := range []string{"overall", "measure.a", "measure.j", "governance", "reporting", "registration"} {
			if _, ok := p.Score(key); !ok {
				t.Errorf("%s: no score %s", e.name, key)
			}
		}
		if _, ok := p.Score("measure.k"); ok {
			t.Error("a score that does not exist")
		}
	}
}

// TestScoreByHand is the formula on figures small enough for the head.
func TestScoreByHand(t *testing.T) {
	t.Parallel()
	f := bound()
	f.Assertions = []posture.Assertion{set("cir.1.1.1.a", posture.Met), set("cir.1.1.1.b", posture.PartlyMet), set("cir.1.1.1.c", posture.NotMet)}
	f.Exceptions = []posture.Exception{except("cir.2.1.1", posture.ExceptionNotApplicable)}
	p := posture.Assess(small(t), f, today)
	// cir.1: (3 × 1 + 2 × 0.5) ÷ (3 + 2 + 4 + 1)
	if s, _ := p.Score("cir.1"); s != (posture.Score{Key: "cir.1", Points: 40, Met: 1, Partly: 1, NotMet: 1, NotAssessed: 1, Weight: 10}) {
		t.Errorf("%+v", s)
	}
	// measure i: only cir.2.1.1, which does not apply
	if s, ok := p.Score("measure.i"); !ok || s != (posture.Score{Key: "measure.i", NotApplicable: 1}) {
		t.Errorf("%+v", s)
	}
	// overall: nis2 5 + 3 + 2 + 5 + 4 + 1 (policy and login take their status from the annex), annex 10 + 3 + 1
	if s, _ := p.Score("overall"); s.Weight != 34 || math.Abs(s.Points-100*4/34.0) > 1e-9 {
		t.Errorf("%+v", s)
	}
}

// TestAutomation: with a status less those asked directly, through all that apply.
func TestAutomation(t *testing.T) {
	t.Parallel()
	f := bound()
	// q.policy informs four scored leaves, q.voice one; a person sets one leaf and one heading.
	f.Answers = []posture.Answer{answer("q.policy", "none"), answer("q.voice", "yes-all")}
	f.Assertions = []posture.Assertion{set("cir.2.1.3", posture.Met), set("nis2.reporting", posture.Met)}
	f.Exceptions = []posture.Exception{except("cir.2.1.1", posture.ExceptionNotApplicable)}
	got := posture.Assess(small(t), f, today).Automation
	want := posture.Automation{Applicable: 13, WithStatus: 8, Direct: 3, Rate: 5.0 / 13}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestAutomationOfTheExamples: few of the requirements were asked one by one.
func TestAutomationOfTheExamples(t *testing.T) {
	t.Parallel()
	for _, e := range exampleOrganisations(t) {
		p, _ := e.posture(t)
		a := p.Automation
		applicable, known, direct := 0, 0, 0
		for _, r := range p.Results {
			if r.Weight == 0 {
				continue
			}
			applicable++
			if r.Status != posture.NotAssessed {
				known++
				if r.Direct {
					direct++
				}
			}
		}
		want := posture.Automation{Applicable: applicable, WithStatus: known, Direct: direct, Rate: float64(known-direct) / float64(applicable)}
		if a != want {
			t.Errorf("%s: %+v, want %+v", e.name, a, want)
		}
		if a.Rate < 0.5 {
			t.Errorf("%s: rate %.2f", e.name, a.Rate)
		}
	}
}

// TestGaps: each leaf that counts and is not met is a gap once, with weight × open
// part × binding factor, worst first and the unknown last among equals.
func TestGaps(t *testing.T) {
	t.Parallel()
	cat := whole(t)
	for _, e := range exampleOrganisations(t) {
		p, _ := e.posture(t)
		want := map[string]float64{}
		for _, r := range p.Results {
			if r.Weight == 0 || r.Status == posture.Met || r.Status == posture.NotApplicable {
				continue
			}
			q, _ := cat.Get(r.Requirement)
			want[r.Requirement] = q.Weight
			if r.Status == posture.PartlyMet {
				want[r.Requirement] /= 2
			}
			if q.Voluntary {
				want[r.Requirement] /= 2
			}
		}
		got := map[string]float64{}
		for i, g := range p.Gaps {
			got[g.Requirement] = g.Severity
			if i == 0 {
				continue
			}
			before := p.Gaps[i-1]
			if before.Severity < g.Severity || (before.Severity == g.Severity && before.Status == posture.NotAssessed && g.Status != posture.NotAssessed) {
				t.Errorf("%s: %s stands before %s", e.name, before.Requirement, g.Requirement)
			}
		}
		if d := cmp.Diff(want, got); d != "" || len(got) != len(p.Gaps) {
			t.Errorf("%s: %s", e.name, d)
		}
	}
}

// TestAcceptedGaps carry the end of the acceptance.
func TestAcceptedGaps(t *testing.T) {
	t.Parallel()
	f := bound()
	e := except("cir.2.1", posture.ExceptionAccepted)
	f.Exceptions = []posture.Exception{e}
	for _, g := range posture.Assess(small(t), f, today).Gaps {
		inside := strings.HasPrefix(g.Requirement, "cir.2.1.")
		if g.Accepted != inside || (inside && g.AcceptedUntil != e.Until) {
			t.Errorf("%+v", g)
		}
	}
}
