package posture_test

import (
	"fmt"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/posture"
)

// fiveHundred is an organisation that the annex binds, with 500 facts: answers to
// all questions, and evidence, assertions and exceptions.
func fiveHundred(cat *catalog.Catalogue) posture.Facts {
	f := bound()
	for _, q := range cat.Questions() {
		a := answer(q.ID, q.Options[0].ID)
		if q.Type == catalog.Many {
			a.Options = append(a.Options, q.Options[1].ID)
		}
		f.Answers = append(f.Answers, a)
	}
	leaves := cat.Leaves("cir.6")
	for n := 0; len(f.Answers)+len(f.Evidence)+len(f.Assertions)+len(f.Exceptions) < 500; n++ {
		id := leaves[n%len(leaves)].ID
		switch n % 5 {
		case 0:
			f.Assertions = append(f.Assertions, set(id, posture.PartlyMet))
		case 1:
			f.Exceptions = append(f.Exceptions, except(id, posture.ExceptionCompensated))
		default:
			e := document(fmt.Sprintf("E%d", n), cat.Kinds()[n%len(cat.Kinds())].ID, "2026-06-01")
			if n%10 == 4 {
				e.Covers, e.Shows = []string{id}, posture.PartlyMet
			}
			f.Evidence = append(f.Evidence, e)
		}
	}
	return f
}

// BenchmarkAssess is the whole posture of the annex with 500 facts; it must be
// ready in 2 ms.
func BenchmarkAssess(b *testing.B) {
	cat := whole(b)
	f := fiveHundred(cat)
	for b.Loop() {
		if p := posture.Assess(cat, f, today); len(p.Results) < 400 {
			b.Fatal("too few results")
		}
	}
}

// BenchmarkVerdicts is that posture without what it rests on.
func BenchmarkVerdicts(b *testing.B) {
	cat := whole(b)
	f := fiveHundred(cat)
	for b.Loop() {
		if p := posture.Verdicts(cat, f, today); len(p.Results) < 400 {
			b.Fatal("too few results")
		}
	}
}

// BenchmarkPlan is the plan of that posture.
func BenchmarkPlan(b *testing.B) {
	cat := whole(b)
	f := fiveHundred(cat)
	p := posture.Assess(cat, f, today)
	for b.Loop() {
		if tasks := posture.Plan(cat, p, f, nil); len(tasks) == 0 {
			b.Fatal("no tasks")
		}
	}
}
