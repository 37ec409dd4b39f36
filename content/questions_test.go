package content_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/posture"
)

func load(t *testing.T) *catalog.Catalogue {
	t.Helper()
	c, err := catalog.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// informed is the leaves of which the options of a question can say something.
func informed(c *catalog.Catalogue, q catalog.Question) map[int]bool {
	leaves := map[int]bool{}
	for oi := range q.Options {
		for _, e := range c.Effects(q.Order, oi) {
			for _, leaf := range e.Leaves {
				leaves[leaf] = true
			}
		}
	}
	return leaves
}

// TestEveryPointIsInformed: nobody has to be asked a point one by one.
func TestEveryPointIsInformed(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, r := range c.All() {
		if r.IsLeaf() && len(c.InformedBy(r.ID)) == 0 {
			t.Errorf("no question says anything about %s", r.ID)
		}
	}
}

// TestQuestionsAreWorthAsking: one answer informs many points.
func TestQuestionsAreWorthAsking(t *testing.T) {
	t.Parallel()
	c := load(t)
	total := 0
	for _, q := range c.Questions() {
		n := len(informed(c, q))
		if n < 2 {
			t.Errorf("%s informs %d points", q.ID, n)
		}
		total += n
	}
	if mean := float64(total) / float64(len(c.Questions())); mean < 5 {
		t.Errorf("a question informs %.1f points on average; expected 5 or more", mean)
	}
}

// TestNobodyIsForcedToGuess: each question can be left open, and each list of
// ticks can be answered with none.
func TestNobodyIsForcedToGuess(t *testing.T) {
	t.Parallel()
	for _, q := range load(t).Questions() {
		has := func(id string) bool {
			return slices.ContainsFunc(q.Options, func(o catalog.Option) bool { return o.ID == id })
		}
		if !has("unknown") {
			t.Errorf("%s has no option unknown", q.ID)
		}
		if q.Type == catalog.Many && !has("none") {
			t.Errorf("%s has no option none", q.ID)
		}
		for _, o := range q.Options {
			if o.ID == "unknown" && len(o.Effects) > 0 {
				t.Errorf("%s: not knowing says something", q.ID)
			}
		}
	}
}

// TestConditionsCanHold: conditions name traits of the organisation file and
// entity types of the annexes.
func TestConditionsCanHold(t *testing.T) {
	t.Parallel()
	traits := (organisation.Profile{}).Traits()
	for _, q := range load(t).Questions() {
		if q.AskWhen == nil {
			continue
		}
		for _, trait := range slices.Concat(q.AskWhen.Traits, q.AskWhen.NotTraits) {
			if _, ok := traits[trait]; !ok {
				t.Errorf("%s asks for the trait %s, which no file can state", q.ID, trait)
			}
		}
		for _, trait := range q.AskWhen.Traits {
			if slices.Contains(q.AskWhen.NotTraits, trait) {
				t.Errorf("%s asks for %s and for its contrary", q.ID, trait)
			}
		}
		for _, pattern := range q.AskWhen.EntityTypes {
			if !slices.ContainsFunc(annex.All(), func(e annex.Type) bool {
				return e.ID == pattern || strings.HasSuffix(pattern, ".") && strings.HasPrefix(e.ID, pattern)
			}) {
				t.Errorf("%s: no entity type %s", q.ID, pattern)
			}
		}
	}
}

// TestExpectedEvidenceConcernsTheQuestion: evidence that an answer should rest
// on is named by a point that the answer informs.
func TestExpectedEvidenceConcernsTheQuestion(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, q := range c.Questions() {
		leaves := informed(c, q)
		for _, kind := range q.Expects {
			if !slices.ContainsFunc(c.Naming(kind), func(n catalog.Naming) bool { return leaves[n.Leaf] }) {
				t.Errorf("%s expects %s, which none of its points names", q.ID, kind)
			}
		}
	}
}

// TestKindsOfEvidenceAreUsed: no kind stands in the list for nothing.
func TestKindsOfEvidenceAreUsed(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, k := range c.Kinds() {
		if len(c.Naming(k.ID)) == 0 {
			t.Errorf("no point names %s", k.ID)
		}
	}
}

// TestBestAndWorstAnswers: who has everything reaches 100 points, who has nothing
// stays near zero; answers of neither contradict one another.
func TestBestAndWorstAnswers(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, frameworks := range [][]string{{catalog.NIS2}, {catalog.NIS2, catalog.CIR2690}} {
		best, worst := answered(c, frameworks, bestOptions), answered(c, frameworks, worstOptions)
		if got := overall(t, best); got != 100 {
			t.Errorf("%v: the best answers reach %.1f points", frameworks, got)
		}
		if got := overall(t, worst); got > 2 {
			t.Errorf("%v: the worst answers reach %.1f points", frameworks, got)
		}
		for _, p := range []posture.Posture{best, worst} {
			for _, f := range p.Contradictions {
				if f.Kind == posture.AnswersDisagree {
					t.Errorf("%v: answers disagree: %v about %v", frameworks, f.Refs, f.Requirements)
				}
			}
		}
	}
}

func overall(t *testing.T, p posture.Posture) float64 {
	t.Helper()
	s, ok := p.Score("overall")
	if !ok {
		t.Fatal("no overall score")
	}
	return s.Points
}

// answered is the posture of an organisation that every question concerns.
func answered(c *catalog.Catalogue, frameworks []string, choose func(catalog.Question) []string) posture.Posture {
	day := law.Date{Year: 2026, Month: 11, Day: 25}
	f := posture.Facts{
		EntityTypes: []string{"digital-infra.tld", "ict-service.msp"}, Frameworks: frameworks,
		Duties: []string{"cir.annex"}, Traits: map[string]bool{},
	}
	for trait := range (organisation.Profile{}).Traits() {
		f.Traits[trait] = true
	}
	for _, r := range c.All() {
		if r.Duty != "" {
			f.Duties = append(f.Duties, r.Duty)
		}
	}
	for _, q := range c.Questions() {
		f.Answers = append(f.Answers, posture.Answer{Question: q.ID, Options: choose(q), On: day})
	}
	return posture.Assess(c, f, day)
}

// bestOptions is the first option of a choice, and all ticks of a list.
func bestOptions(q catalog.Question) []string {
	if q.Type == catalog.Choice {
		return []string{q.Options[0].ID}
	}
	var all []string
	for _, o := range q.Options {
		if o.ID != "none" && o.ID != "unknown" {
			all = append(all, o.ID)
		}
	}
	return all
}

// worstOptions is none, or the option of a choice that calls the most points not met.
func worstOptions(q catalog.Question) []string {
	if q.Type == catalog.Many {
		return []string{"none"}
	}
	worst := slices.MaxFunc(q.Options, func(a, b catalog.Option) int { return unmet(a) - unmet(b) })
	return []string{worst.ID}
}

// unmet counts the points that an option calls not met.
func unmet(o catalog.Option) int {
	n := 0
	for _, e := range o.Effects {
		if e.Status == string(posture.NotMet) {
			n += len(e.Requirements)
		}
	}
	return n
}
