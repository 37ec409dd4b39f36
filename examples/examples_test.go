package examples_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/examples"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/duties"
	"github.com/nisaba-platform/nisaba/law/scope"
	"github.com/nisaba-platform/nisaba/posture"
)

// assessedOn is the day for which all examples are assessed.
var assessedOn = law.Date{Year: 2026, Month: 11, Day: 25}

// known is what each example is made to show.
var known = map[string]struct {
	class        law.Class
	jurisdiction []string
	annex        bool       // the Implementing Regulation binds
	points       [2]float64 // overall score, from and to
}{
	// A medium-sized provider of managed services and cloud: Art. 3(2), and Art. 21(5) with the Implementing Regulation.
	"managed-service-provider.yaml": {law.Important, []string{"DE"}, true, [2]float64{45, 51}},
	// A critical entity under Directive (EU) 2022/2557 is essential whatever its size: Art. 3(1)(f).
	"water-supplier.yaml": {law.Essential, []string{"AT"}, false, [2]float64{38, 44}},
	// Large, in a sector of Annex II: Art. 3(2). Two States of establishment: Art. 26(1).
	"food-manufacturer.yaml": {law.Important, []string{"NL", "PL"}, false, [2]float64{30, 36}},
}

func catalogue(t *testing.T) *catalog.Catalogue {
	t.Helper()
	cat, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// each runs a test on every example, read from its file as the command line does.
func each(t *testing.T, check func(t *testing.T, name string, f *organisation.File)) {
	for _, name := range examples.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := organisation.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			check(t, name, f)
		})
	}
}

func TestEveryFileIsListedAndEmbedded(t *testing.T) {
	t.Parallel()
	embedded, err := fs.Glob(examples.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.Sorted(slices.Values(examples.Names()))
	if d := cmp.Diff(listed, embedded); d != "" {
		t.Errorf("listed and embedded files differ (-listed +embedded):\n%s", d)
	}
}

// TestIdsExist: answers, evidence and exceptions name what the catalogue holds;
// the reader of the file cannot check this.
func TestIdsExist(t *testing.T) {
	t.Parallel()
	cat := catalogue(t)
	each(t, func(t *testing.T, _ string, f *organisation.File) {
		requirement := func(where, id string) {
			if _, ok := cat.Get(id); !ok {
				t.Errorf("%s: no requirement %s", where, id)
			}
		}
		for id, a := range f.Answers {
			q, ok := cat.Question(id)
			if !ok {
				t.Errorf("no question %s", id)
				continue
			}
			checkOptions(t, q, a)
		}
		for _, e := range f.Evidence {
			if _, ok := cat.KindTitle(e.Kind); !ok {
				t.Errorf("%s: no kind of evidence %s", e.ID, e.Kind)
			}
			for _, id := range e.Covers {
				requirement(e.ID, id)
			}
		}
		for _, e := range f.Exceptions {
			requirement("exception", e.Requirement)
		}
	})
}

func checkOptions(t *testing.T, q catalog.Question, a organisation.Answer) {
	t.Helper()
	if q.Type == catalog.Choice && len(a.Options) != 1 {
		t.Errorf("%s: %d options; expected one", q.ID, len(a.Options))
	}
	for _, chosen := range a.Options {
		if !slices.ContainsFunc(q.Options, func(o catalog.Option) bool { return o.ID == chosen }) {
			t.Errorf("%s: no option %s", q.ID, chosen)
		}
	}
}

// TestEvidenceReadsLikeARealFolder: enough of it, some of it old, none of it
// from the future.
func TestEvidenceReadsLikeARealFolder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, f *organisation.File) {
		if n := len(f.Evidence); n < 15 || n > 30 {
			t.Errorf("%d pieces of evidence; expected 15 to 30", n)
		}
		if len(f.Figures) < 2 {
			t.Errorf("%d accounting years; the two-year rule needs two", len(f.Figures))
		}
		old := 0
		for _, e := range f.Evidence {
			if e.Date.After(assessedOn) {
				t.Errorf("%s is dated after the assessment", e.ID)
			}
			if e.Date.Before(assessedOn.AddMonths(-12)) || (!e.ValidUntil.IsZero() && e.ValidUntil.Before(assessedOn)) {
				old++
			}
		}
		if old < 3 {
			t.Errorf("%d old pieces of evidence; expected at least three", old)
		}
	})
}

// assess runs the chain from the file to the posture.
func assess(t *testing.T, cat *catalog.Catalogue, f *organisation.File) (scope.Determination, posture.Facts, posture.Posture) {
	t.Helper()
	sub, err := fs.Sub(content.FS, "countries")
	if err != nil {
		t.Fatal(err)
	}
	set, err := country.Load(sub)
	if err != nil {
		t.Fatal(err)
	}
	national := func(state, option string) scope.NationalOption {
		value, class := set.Option(state, option)
		return scope.NationalOption{Value: value, Class: class}
	}
	sf := f.ScopeFacts()
	d := scope.Classify(sf, scope.Options{AsOf: f.AssessedOn, National: national})
	facts := f.PostureFacts()
	facts.EntityTypes, facts.Class = d.EntityTypes, d.Class
	facts.Duties = duties.Of(d, sf, duties.Options{National: national}).IDs()
	facts.Frameworks = []string{catalog.NIS2}
	if slices.Contains(facts.Duties, "cir.annex") {
		facts.Frameworks = append(facts.Frameworks, catalog.CIR2690)
	}
	return d, facts, posture.Assess(cat, facts, f.AssessedOn)
}

func TestClassAndScore(t *testing.T) {
	t.Parallel()
	cat := catalogue(t)
	each(t, func(t *testing.T, name string, f *organisation.File) {
		want := known[name]
		if f.AssessedOn != assessedOn {
			t.Errorf("assessed on %s", f.AssessedOn)
		}
		d, facts, p := assess(t, cat, f)
		if d.Class != want.class {
			t.Errorf("class %s; expected %s", d.Class, want.class)
		}
		if diff := cmp.Diff(want.jurisdiction, d.Jurisdiction); diff != "" {
			t.Errorf("jurisdiction (-want +got):\n%s", diff)
		}
		if annex := slices.Contains(facts.Frameworks, catalog.CIR2690); annex != want.annex {
			t.Errorf("the annex binds: %v", annex)
		}
		overall, _ := p.Score("overall")
		if overall.Points < want.points[0] || overall.Points > want.points[1] {
			t.Errorf("score %.1f; expected %v", overall.Points, want.points)
		}
		if p.Automation.Rate < 0.9 {
			t.Errorf("automation rate %.2f; expected 0.9 or more", p.Automation.Rate)
		}
	})
}

// TestMeasuresDiffer: an organisation is good at some things and bad at others.
func TestMeasuresDiffer(t *testing.T) {
	t.Parallel()
	cat := catalogue(t)
	each(t, func(t *testing.T, _ string, f *organisation.File) {
		_, _, p := assess(t, cat, f)
		lowest, highest, n := 100.0, 0.0, 0
		for _, s := range p.Scores {
			if strings.HasPrefix(s.Key, "measure.") {
				lowest, highest, n = min(lowest, s.Points), max(highest, s.Points), n+1
			}
		}
		if n != 10 || highest-lowest < 30 {
			t.Errorf("%d measures between %.0f and %.0f; expected ten that lie at least 30 apart", n, lowest, highest)
		}
	})
}

// TestFindingsOfEachKind: every example contradicts itself, in the ways that real
// organisations do.
func TestFindingsOfEachKind(t *testing.T) {
	t.Parallel()
	cat := catalogue(t)
	each(t, func(t *testing.T, _ string, f *organisation.File) {
		_, _, p := assess(t, cat, f)
		for _, kind := range []posture.FindingKind{posture.NotLawful, posture.EvidenceAgainst, posture.EvidenceExpired, posture.EvidenceMissing} {
			if !slices.ContainsFunc(p.Contradictions, func(c posture.Contradiction) bool { return c.Kind == kind }) {
				t.Errorf("no finding %s", kind)
			}
		}
	})
}
