package posture_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/posture"
)

// TestImpliedAnswers: valid evidence of every expected kind proposes the best
// option of an open question, and nothing else does.
func TestImpliedAnswers(t *testing.T) {
	t.Parallel()
	policy := document("E1", "doc.policy", "2026-06-01")
	finding := policy
	finding.Covers, finding.Shows = []string{"cir.1.1.1.a"}, posture.NotMet
	for _, tc := range []struct {
		name     string
		evidence []posture.Evidence
		answers  []posture.Answer
		want     []posture.Implied
	}{
		{"nothing on file", nil, nil, nil},
		{"a policy", []posture.Evidence{policy}, nil, []posture.Implied{{Question: "q.policy", Options: []string{"full"}, Evidence: []string{"E1"}}}},
		{"an old policy", []posture.Evidence{document("E1", "doc.policy", "2024-03-01")}, nil, nil},
		{"a policy of tomorrow", []posture.Evidence{document("E1", "doc.policy", "2026-11-26")}, nil, nil},
		{"a policy with a finding", []posture.Evidence{finding}, nil, nil},
		{"the question has an answer", []posture.Evidence{policy}, []posture.Answer{answer("q.policy", "draft")}, nil},
		{"another kind", []posture.Evidence{document("E2", "rec.board", "2026-06-01")}, nil,
			[]posture.Implied{{Question: "q.board", Options: []string{"minuted"}, Evidence: []string{"E2"}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			f.Evidence, f.Answers = tc.evidence, tc.answers
			if d := cmp.Diff(tc.want, posture.ImpliedAnswers(small(t), f, today)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestAcceptingWhatIsImpliedContradictsNothing: a proposal of the embedded
// catalogue, once accepted, is not flagged for want of evidence.
func TestAcceptingWhatIsImpliedContradictsNothing(t *testing.T) {
	t.Parallel()
	cat := whole(t)
	f := bound()
	for _, k := range cat.Kinds() {
		f.Evidence = append(f.Evidence, posture.Evidence{ID: "E-" + k.ID, Kind: k.ID, Title: k.Title, Date: today.AddDays(-3)})
	}
	implied := posture.ImpliedAnswers(cat, f, today)
	if len(implied) < 20 {
		t.Fatalf("with all evidence on file only %d answers are implied", len(implied))
	}
	for _, i := range implied {
		f.Answers = append(f.Answers, posture.Answer{Question: i.Question, Options: i.Options, On: today})
	}
	for _, c := range posture.Assess(cat, f, today).Contradictions {
		t.Errorf("%s: %v %v", c.Kind, c.Refs, c.Requirements)
	}
}
