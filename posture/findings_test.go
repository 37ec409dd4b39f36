package posture_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// finding is a contradiction without its text.
type finding struct {
	kind         posture.FindingKind
	refs         []string
	requirements []string
}

func findingsOf(p posture.Posture) []finding {
	out := []finding{}
	for _, c := range p.Contradictions {
		out = append(out, finding{c.Kind, c.Refs, c.Requirements})
	}
	return out
}

// findingCase is facts with the contradictions that they give.
type findingCase struct {
	name  string
	facts posture.Facts
	want  []finding
}

// TestFindings provokes each kind of contradiction alone, and the neighbour of
// each that is none.
func TestFindings(t *testing.T) {
	t.Parallel()
	for _, tc := range slices.Concat(unlawfulCases(), disagreements(), observedCases(), doubtfulCases()) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			f.Answers, f.Evidence, f.Assertions, f.Exceptions = tc.facts.Answers, tc.facts.Evidence, tc.facts.Assertions, tc.facts.Exceptions
			f.Observations = tc.facts.Observations
			if d := cmp.Diff(tc.want, findingsOf(posture.Assess(small(t), f, today)), cmp.AllowUnexported(finding{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// unlawfulCases are about what may be left out (Implementing Regulation Art. 2(2)).
func unlawfulCases() []findingCase {
	silent := except("cir.2.1.1", posture.ExceptionNotApplicable)
	silent.Reason = ""
	weak := set("cir.2.1.1", posture.NotApplicable)
	weak.Note = ""
	const unlawful = "posture.finding."
	return []findingCase{
		{"nothing", posture.Facts{}, []finding{}},
		{"not applicable without a soft word", posture.Facts{Exceptions: []posture.Exception{except("cir.2.1.3", posture.ExceptionNotApplicable)}},
			[]finding{{posture.NotLawful, []string{"cir.2.1.3", unlawful + "no_exception_here"}, []string{"cir.2.1.3"}}}},
		{"soft in part only", posture.Facts{Exceptions: []posture.Exception{except("cir.2.1.2", posture.ExceptionNotApplicable)}},
			[]finding{{posture.NotLawful, []string{"cir.2.1.2", unlawful + "only_part_is_soft"}, []string{"cir.2.1.2"}}}},
		{"soft, but no reason", posture.Facts{Exceptions: []posture.Exception{silent}},
			[]finding{{posture.NotLawful, []string{"cir.2.1.1", unlawful + "no_reason"}, []string{"cir.2.1.1"}}}},
		{"a person gives no reason", posture.Facts{Assertions: []posture.Assertion{weak}},
			[]finding{{posture.NotLawful, []string{"cir.2.1.1", unlawful + "no_reason"}, []string{"cir.2.1.1"}}}},
		{"soft, with a reason", posture.Facts{Exceptions: []posture.Exception{except("cir.2.1.1", posture.ExceptionNotApplicable)}}, []finding{}},
		{"an answer places it outside the profile", posture.Facts{Answers: []posture.Answer{answer("q.login", "no-log-in")},
			Exceptions: []posture.Exception{except("cir.2.1.2", posture.ExceptionNotApplicable)}}, []finding{}},
	}
}

// disagreements are about sources that say different things.
func disagreements() []findingCase {
	return []findingCase{
		{"an audit shows less than the answer", posture.Facts{Answers: []posture.Answer{answer("q.login.check", "failed")},
			Evidence: []posture.Evidence{shown("E2", "2026-10-10", posture.PartlyMet, "cir.2.1.1")}},
			[]finding{{posture.EvidenceAgainst, []string{"q.login.check", "E2"}, []string{"cir.2.1.1"}}}},
		{"an older audit that a newer one overtakes", posture.Facts{Answers: []posture.Answer{answer("q.login.check", "failed")},
			Evidence: []posture.Evidence{shown("E2", "2026-09-10", posture.NotMet, "cir.2.1.1"), shown("E3", "2026-10-10", posture.Met, "cir.2.1.1")}}, []finding{}},
		{"an audit shows less than a person says", posture.Facts{Assertions: []posture.Assertion{set("cir.2.1", posture.Met)},
			Evidence: []posture.Evidence{shown("E2", "2026-10-10", posture.NotMet, "cir.2.1.1")}},
			[]finding{{posture.EvidenceAgainst, []string{"E2", "cir.2.1"}, []string{"cir.2.1.1"}}}},
		{"two answers disagree", posture.Facts{Answers: []posture.Answer{answer("q.login", "none"), answer("q.login.check", "failed")}},
			[]finding{{posture.AnswersDisagree, []string{"q.login", "q.login.check"}, []string{"cir.2.1.1"}}}},
		{"met here, not applicable there", posture.Facts{Answers: []posture.Answer{answer("q.login", "no-log-in"), answer("q.login.check", "failed")}},
			[]finding{{posture.AnswersDisagree, []string{"q.login", "q.login.check"}, []string{"cir.2.1.1"}}}},
		{"in part and not met do not disagree", posture.Facts{Answers: []posture.Answer{answer("q.login", "some"), answer("q.login.check", "worked")}}, []finding{}},
		{"a surer answer does not disagree with a weaker one", posture.Facts{Answers: []posture.Answer{answer("q.branch", "often"),
			answer("q.ticks", "roles"), answer("q.policy", "full")}, Evidence: []posture.Evidence{document("E1", "doc.policy", "2026-06-01")}}, []finding{}},
	}
}

// observedCases are about people and observers who say otherwise than the answers.
func observedCases() []findingCase {
	saw := func(says posture.Status) posture.Observation {
		return posture.Observation{Source: "The scanner", Ref: "tls.1", Requirement: "cir.2.1.1", Says: says, On: earlier}
	}
	asked := saw(posture.NotMet)
	asked.Requirement, asked.Question = "", "q.login.check"
	late := saw(posture.NotMet)
	late.On = today.AddDays(1)
	met := []posture.Answer{answer("q.login.check", "failed")}
	against := []finding{{posture.ObservedOtherwise, []string{"tls.1"}, []string{"cir.2.1.1"}}}
	return []findingCase{
		{"a person says met, the answer not", posture.Facts{Answers: []posture.Answer{answer("q.login.check", "worked")},
			Assertions: []posture.Assertion{set("cir.2.1.1", posture.Met)}},
			[]finding{{posture.AssertedOtherwise, []string{"q.login.check", "cir.2.1.1"}, []string{"cir.2.1.1"}}}},
		{"a person says not met, the answer met", posture.Facts{Answers: met, Assertions: []posture.Assertion{set("cir.2.1.1", posture.NotMet)}},
			[]finding{{posture.AssertedOtherwise, []string{"q.login.check", "cir.2.1.1"}, []string{"cir.2.1.1"}}}},
		{"a person says what the answer says", posture.Facts{Answers: met, Assertions: []posture.Assertion{set("cir.2.1.1", posture.Met)}}, []finding{}},
		{"a person says partly", posture.Facts{Answers: met, Assertions: []posture.Assertion{set("cir.2.1.1", posture.PartlyMet)}}, []finding{}},
		{"a scanner saw less", posture.Facts{Answers: met, Observations: []posture.Observation{saw(posture.NotMet)}}, against},
		{"a scanner saw less of what a question asks", posture.Facts{Answers: met, Observations: []posture.Observation{asked}}, against},
		{"a scanner saw the same", posture.Facts{Answers: met, Observations: []posture.Observation{saw(posture.Met)}}, []finding{}},
		{"a scanner saw less where nothing is said", posture.Facts{Observations: []posture.Observation{saw(posture.NotMet)}}, []finding{}},
		{"a scanner will see", posture.Facts{Answers: met, Observations: []posture.Observation{late}}, []finding{}},
		{"a scanner saw what nobody knows", posture.Facts{Answers: met, Observations: []posture.Observation{{Ref: "x", Requirement: "no.such", Says: posture.NotMet},
			{Ref: "y", Question: "no.such", Says: posture.NotMet}, saw("strange")}}, []finding{}},
	}
}

// doubtfulCases are about evidence that is missing or over, dates of the future
// and risks accepted for ever.
func doubtfulCases() []findingCase {
	policy := document("E1", "doc.policy", "2026-06-01")
	oldPolicy := document("E1", "doc.policy", "2024-03-01") // over for cir.1.1.1.b too
	late, lateAnswer, lateDoc := except("cir.2.1.1", posture.ExceptionNotApplicable), answer("q.branch", "often"), document("E9", "rec.audit", "2026-11-26")
	late.On, lateAnswer.On = today.AddDays(1), today.AddDays(1)
	lateAssertion := set("cir.2.1.3", posture.Met)
	lateAssertion.On = today.AddDays(1)
	endless := except("cir.2.1.1", posture.ExceptionAccepted)
	endless.Until = law.Date{}
	return []findingCase{
		{"the evidence of an answer has expired", posture.Facts{Answers: []posture.Answer{answer("q.policy", "full")}, Evidence: []posture.Evidence{oldPolicy}},
			[]finding{{posture.EvidenceExpired, []string{"q.policy", "E1"}, []string{"nis2.21.2.a.policy", "cir.1.1.1.a"}}}},
		{"the evidence of an answer is missing", posture.Facts{Answers: []posture.Answer{answer("q.policy", "full")}},
			[]finding{{posture.EvidenceMissing, []string{"q.policy", "doc.policy"}, []string{"nis2.21.2.a.policy", "cir.1.1.1.a"}}}},
		{"the evidence of an answer is there", posture.Facts{Answers: []posture.Answer{answer("q.policy", "full")}, Evidence: []posture.Evidence{policy}}, []finding{}},
		{"a lesser answer expects no evidence", posture.Facts{Answers: []posture.Answer{answer("q.policy", "draft")}}, []finding{}},
		{"a date in the future", posture.Facts{Answers: []posture.Answer{lateAnswer}, Evidence: []posture.Evidence{lateDoc},
			Exceptions: []posture.Exception{late}, Assertions: []posture.Assertion{lateAssertion}},
			[]finding{{posture.FutureDate, []string{"E9"}, []string{}}, {posture.FutureDate, []string{"cir.2.1.1"}, []string{"cir.2.1.1"}},
				{posture.FutureDate, []string{"cir.2.1.3"}, []string{"cir.2.1.3"}}, {posture.FutureDate, []string{"q.branch"}, []string{}}}},
		{"a risk accepted for ever", posture.Facts{Exceptions: []posture.Exception{endless}},
			[]finding{{posture.AcceptanceWithoutEnd, []string{"cir.2.1.1"}, []string{"cir.2.1.1"}}}},
	}
}

// TestFindingsNameWhatConcernsTheReader: where the annex is not assessed, a
// contradiction on one of its points is told of the measure that it specifies.
func TestFindingsNameWhatConcernsTheReader(t *testing.T) {
	t.Parallel()
	f := unbound()
	f.Answers = []posture.Answer{answer("q.login", "none"), answer("q.login.check", "failed")}
	want := []finding{{posture.AnswersDisagree, []string{"q.login", "q.login.check"}, []string{"nis2.21.2.j.login"}}}
	if d := cmp.Diff(want, findingsOf(posture.Assess(small(t), f, today)), cmp.AllowUnexported(finding{})); d != "" {
		t.Error(d)
	}
}

// TestExamplesContradictThemselves: the examples show the kinds of contradictions
// that a first assessment brings to light.
func TestExamplesContradictThemselves(t *testing.T) {
	t.Parallel()
	seen := map[posture.FindingKind]bool{}
	for _, e := range exampleOrganisations(t) {
		p, _ := e.posture(t)
		for _, c := range p.Contradictions {
			seen[c.Kind] = true
		}
	}
	for _, kind := range []posture.FindingKind{posture.NotLawful, posture.EvidenceAgainst, posture.EvidenceExpired, posture.EvidenceMissing} {
		if !seen[kind] {
			t.Errorf("no finding %s", kind)
		}
	}
}
