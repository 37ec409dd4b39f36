package posture_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/posture"
)

// TestTicks: in a list of ticks, what some option would mark met and no ticked
// option speaks of is not met, at the confidence of that option.
func TestTicks(t *testing.T) {
	t.Parallel()
	const a, b, c, review = "cir.1.1.1.a", "cir.1.1.1.b", "cir.1.1.1.c", "cir.1.1.2"
	for _, tc := range []struct {
		name   string
		ticked []string
		want   map[string]string // status and confidence
	}{
		{"one", []string{"approach"}, map[string]string{a: "met medium", b: "not_met high", c: "not_met low", review: "not_met low"}},
		{"either of two options", []string{"goals-again"}, map[string]string{a: "not_met medium", b: "met low", c: "not_met low", review: "not_met low"}},
		{"an option that says in part speaks too", []string{"roles"}, map[string]string{a: "not_met medium", b: "not_met high", c: "met low", review: "partly low"}},
		{"the section as a whole speaks of all", []string{"review"}, map[string]string{a: "met low", b: "met low", c: "met low", review: "met low"}},
		{"I do not know", []string{"unknown"}, map[string]string{a: "not_assessed ", b: "not_assessed ", c: "not_assessed ", review: "not_assessed "}},
		{"I do not know, with a tick", []string{"goals", "unknown"}, map[string]string{a: "not_assessed ", b: "met medium", c: "not_assessed ", review: "not_assessed "}},
		{"no tick is no answer", nil, map[string]string{a: "not_assessed ", b: "not_assessed ", c: "not_assessed ", review: "not_assessed "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			f.Answers = []posture.Answer{answer("q.branch", "often"), answer("q.ticks", tc.ticked...)}
			p := posture.Assess(small(t), f, today)
			got := map[string]string{}
			for id := range tc.want {
				r := result(t, p, id)
				got[id] = string(r.Status) + " " + string(r.Confidence)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestConditions: a question counts only while it is asked.
func TestConditions(t *testing.T) {
	t.Parallel()
	ot, office := map[string]bool{"remote_work": true, "ot": true}, map[string]bool{}
	for _, tc := range []struct {
		name, question string
		change         func(*posture.Facts)
		asked          bool
	}{
		{"trait and its absence", "q.voice", func(*posture.Facts) {}, true},
		{"a trait is missing", "q.voice", func(f *posture.Facts) { f.Traits = office }, false},
		{"a trait is in the way", "q.voice", func(f *posture.Facts) { f.Traits = ot }, false},
		{"a sector by its prefix", "q.board", func(*posture.Facts) {}, true},
		{"a type by its name", "q.board", func(f *posture.Facts) { f.EntityTypes = []string{"water.drinking.supplier"} }, true},
		{"another sector", "q.board", func(f *posture.Facts) { f.EntityTypes = []string{"food.production", "ict-services.other"} }, false},
		{"no sector", "q.board", func(f *posture.Facts) { f.EntityTypes = nil }, false},
		{"a framework", "q.login", func(*posture.Facts) {}, true},
		{"another framework", "q.login", func(f *posture.Facts) { f.Frameworks = []string{catalog.CIR2690} }, false},
		{"an answer opens it", "q.content", func(f *posture.Facts) { f.Answers = []posture.Answer{answer("q.policy", "draft")} }, true},
		{"another answer does not", "q.content", func(f *posture.Facts) { f.Answers = []posture.Answer{answer("q.policy", "none")} }, false},
		{"no answer does not", "q.content", func(*posture.Facts) {}, false},
		{"an answer of tomorrow does not", "q.content", func(f *posture.Facts) {
			later := answer("q.policy", "draft")
			later.On = today.AddDays(1)
			f.Answers = []posture.Answer{later}
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			tc.change(&f)
			if got := slices.Contains(posture.Assess(small(t), f, today).OpenQuestions, tc.question); got != tc.asked {
				t.Errorf("asked %v, want %v", got, tc.asked)
			}
		})
	}
}

// TestAnswersThatAreNotAskedAreIgnored: they stay in the trace and do not count.
func TestAnswersThatAreNotAskedAreIgnored(t *testing.T) {
	t.Parallel()
	f := bound()
	f.Traits = nil
	f.Answers = []posture.Answer{answer("q.voice", "yes-all"), answer("q.policy", "none"), answer("q.content", "goals")}
	p := posture.Assess(small(t), f, today)
	if r := result(t, p, "nis2.21.2.j.voice"); r.Status != posture.NotAssessed || len(r.Trace) != 1 || r.Trace[0].Counted {
		t.Errorf("%+v", r)
	}
	if r := result(t, p, "cir.1.1.1.b"); r.Status != posture.NotMet {
		t.Errorf("an answer below a closed branch counts: %s", r.Status)
	}
	if len(p.Contradictions) != 0 {
		t.Errorf("%+v", p.Contradictions)
	}
}

// TestUnknownNames: names that the catalogue does not have are skipped.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	f := bound()
	want := posture.Assess(small(t), f, today)
	f.Answers = []posture.Answer{answer("q.nothing", "a"), answer("q.login.check", "perhaps")}
	f.Evidence = []posture.Evidence{shown("E1", "2026-09-09", posture.Met, "cir.99"), document("E2", "doc.nothing", "2026-09-09")}
	f.Assertions, f.Exceptions = []posture.Assertion{set("cir.99", posture.Met)}, []posture.Exception{except("cir.99", posture.ExceptionAccepted)}
	f.Frameworks, f.Duties = append(f.Frameworks, "iso"), append(f.Duties, "nis2.99")
	got := posture.Assess(small(t), f, today)
	want.OpenQuestions = slices.DeleteFunc(want.OpenQuestions, func(q string) bool { return q == "q.login.check" })
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestDuties: a point of the directive applies when its duty binds, named itself
// or through one above it; points of the annex apply with their framework.
func TestDuties(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		frameworks []string
		duties     []string
		want       []string
	}{
		{"nothing", nil, nil, []string{}},
		{"a duty without its framework", nil, []string{"nis2.21"}, []string{}},
		{"the framework without duties", []string{catalog.NIS2}, nil, []string{}},
		{"the article above", []string{catalog.NIS2}, []string{"nis2.20"}, []string{"nis2.20.1"}},
		{"one letter", []string{catalog.NIS2}, []string{"nis2.21.2.j"}, []string{"nis2.21.2.j.login", "nis2.21.2.j.voice"}},
		{"no part of a number", []string{catalog.NIS2}, []string{"nis2.3"}, []string{"nis2.3.4"}},
		{"a duty below", []string{catalog.NIS2}, []string{"nis2.23.1.recipients"}, []string{}},
		{"registration only", []string{catalog.NIS2}, []string{"nis2.3.4", "nis2.27"}, []string{"nis2.3.4"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := posture.Assess(small(t), posture.Facts{Frameworks: tc.frameworks, Duties: tc.duties}, today)
			got := []string{}
			for _, r := range p.Results {
				if q, _ := small(t).Get(r.Requirement); q.IsLeaf() {
					got = append(got, r.Requirement)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestTraitsOfTheQuestionnaire: the profile of a file knows every trait that the
// questions ask for.
func TestTraitsOfTheQuestionnaire(t *testing.T) {
	t.Parallel()
	known := exampleOrganisations(t)[0].facts.Traits
	for _, q := range whole(t).Questions() {
		if q.AskWhen == nil {
			continue
		}
		for _, trait := range slices.Concat(q.AskWhen.Traits, q.AskWhen.NotTraits) {
			if _, ok := known[trait]; !ok {
				t.Errorf("%s asks for the trait %s; known are %v", q.ID, trait, slices.Sorted(maps.Keys(known)))
			}
		}
	}
}
