package posture_test

import (
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// statusCase is facts with the status and confidence that they give a requirement.
type statusCase struct {
	name, requirement string
	facts             posture.Facts
	want              posture.Status
	confidence        posture.Confidence
}

// TestPrecedence goes up the order in which sources decide: evidence that merely
// exists, answers with evidence that shows a status, a person, an exception.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, tc := range slices.Concat(answersAndEvidence(), decisions()) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			f.Answers, f.Evidence, f.Assertions, f.Exceptions = tc.facts.Answers, tc.facts.Evidence, tc.facts.Assertions, tc.facts.Exceptions
			r := result(t, posture.Assess(small(t), f, today), tc.requirement)
			if r.Status != tc.want || r.Confidence != tc.confidence {
				t.Errorf("%s %s, want %s %s; trace %+v", r.Status, r.Confidence, tc.want, tc.confidence, r.Trace)
			}
		})
	}
}

func answersAndEvidence() []statusCase {
	policy := document("E1", "doc.policy", "2026-06-01")
	return []statusCase{
		{"nothing is known", "cir.1.1.1.a", posture.Facts{}, posture.NotAssessed, ""},
		{"a document alone", "cir.1.1.1.a", posture.Facts{Evidence: []posture.Evidence{policy}}, posture.PartlyMet, posture.Low},
		{"an answer alone", "cir.1.1.1.a", posture.Facts{Answers: []posture.Answer{answer("q.policy", "full")}}, posture.Met, posture.Medium},
		{"an answer with its document", "cir.1.1.1.a", posture.Facts{Answers: []posture.Answer{answer("q.policy", "full")},
			Evidence: []posture.Evidence{policy}}, posture.Met, posture.High},
		{"a sure no with a document", "cir.1.1.1.a", posture.Facts{Answers: []posture.Answer{answer("q.policy", "none")},
			Evidence: []posture.Evidence{policy}}, posture.NotMet, posture.High},
		{"the surer answer is heard", "cir.1.1.1.a", posture.Facts{Answers: []posture.Answer{answer("q.policy", "full"), answer("q.content", "goals")}},
			posture.Met, posture.Medium},
		{"the worst of equally sure answers", "cir.2.1.1", posture.Facts{Answers: []posture.Answer{answer("q.login", "everywhere"), answer("q.login.check", "worked")}},
			posture.NotMet, posture.High},
		{"an audit finding beats a less sure answer", "cir.1.1.1.a", posture.Facts{Answers: []posture.Answer{answer("q.policy", "draft")},
			Evidence: []posture.Evidence{shown("E2", "2026-05-05", posture.NotMet, "cir.1.1.1.a")}}, posture.NotMet, posture.High},
		{"of findings the newest", "cir.1.1.1.a", posture.Facts{Evidence: []posture.Evidence{shown("E2", "2026-05-05", posture.NotMet, "cir.1.1.1.a"),
			shown("E3", "2026-08-08", posture.Met, "cir.1.1.1.a")}}, posture.Met, posture.High},
	}
}

func decisions() []statusCase {
	policy := document("E1", "doc.policy", "2026-06-01")
	unapproved := except("cir.2.1.1", posture.ExceptionCompensated)
	unapproved.ApprovedBy = ""
	return []statusCase{
		{"a person beats a sure answer", "cir.2.1.1", posture.Facts{Answers: []posture.Answer{answer("q.login", "none")},
			Assertions: []posture.Assertion{set("cir.2.1.1", posture.Met)}}, posture.Met, posture.Medium},
		{"a person with a document", "cir.1.1.1.a", posture.Facts{Evidence: []posture.Evidence{policy},
			Assertions: []posture.Assertion{set("cir.1.1.1.a", posture.Met)}}, posture.Met, posture.High},
		{"an exception beats a person", "cir.2.1.1", posture.Facts{Assertions: []posture.Assertion{set("cir.2.1.1", posture.NotMet)},
			Exceptions: []posture.Exception{except("cir.2.1.1", posture.ExceptionNotApplicable)}}, posture.NotApplicable, posture.High},
		{"compensated counts as met", "cir.2.1.1", posture.Facts{Answers: []posture.Answer{answer("q.login", "none")},
			Exceptions: []posture.Exception{except("cir.2.1.1", posture.ExceptionCompensated)}}, posture.Met, posture.Medium},
		{"compensated without approval in part", "cir.2.1.1", posture.Facts{Exceptions: []posture.Exception{unapproved}}, posture.PartlyMet, posture.Low},
		{"an accepted risk stays a gap", "cir.2.1.1", posture.Facts{Answers: []posture.Answer{answer("q.login", "none")},
			Exceptions: []posture.Exception{except("cir.2.1.1", posture.ExceptionAccepted)}}, posture.NotMet, posture.High},
		{"no exception where the law has none", "cir.1.1.1.a", posture.Facts{Answers: []posture.Answer{answer("q.policy", "none")},
			Exceptions: []posture.Exception{except("cir.1.1.1.a", posture.ExceptionNotApplicable)}}, posture.NotMet, posture.High},
		{"an exception of no known kind", "cir.2.1.1", posture.Facts{Exceptions: []posture.Exception{except("cir.2.1.1", "forgiven")}}, posture.NotAssessed, ""},
		{"a heading means the leaves below", "cir.1.1.1.c", posture.Facts{Assertions: []posture.Assertion{set("cir.1", posture.PartlyMet)}}, posture.PartlyMet, posture.Medium},
	}
}

// TestNewestDecisionCounts: of several assertions the newest, of answers to one
// question the newest, whatever their order.
func TestNewestDecisionCounts(t *testing.T) {
	t.Parallel()
	older, newer := set("cir.1.1.1.a", posture.Met), set("cir.1.1.1", posture.NotMet)
	newer.On = earlier.AddDays(1)
	old, fresh := answer("q.login", "everywhere"), answer("q.login", "none")
	fresh.On = earlier.AddDays(1)
	f := bound()
	f.Assertions, f.Answers = []posture.Assertion{older, newer}, []posture.Answer{old, fresh}
	p := posture.Assess(small(t), f, today)
	if r := result(t, p, "cir.1.1.1.a"); r.Status != posture.NotMet || r.Direct {
		t.Errorf("assertion: %s, direct %v", r.Status, r.Direct)
	}
	if r := result(t, p, "cir.2.1.1"); r.Status != posture.NotMet {
		t.Errorf("answer: %s", r.Status)
	}
}

// TestExpiry follows evidence and exceptions over the days on which they end.
func TestExpiry(t *testing.T) {
	t.Parallel()
	ends := document("E1", "doc.policy", "2026-01-10")
	ends.ValidUntil = law.MustDate("2026-03-31")
	hinted, other := document("E2", "doc.policy", "2026-01-10"), document("E3", "rec.audit", "2026-01-10")
	other.Covers = []string{"cir.1.1.1.a"}
	bare := posture.Evidence{ID: "E4", Kind: "doc.policy", Title: "Bare"}
	for _, tc := range []struct {
		name     string
		evidence posture.Evidence
		leaf     string
		lasts    string // the last day on which it counts; "" never
	}{
		{"its own end", ends, "cir.1.1.1.a", "2026-03-31"},
		{"the months of the hint", hinted, "cir.1.1.1.a", "2027-01-10"},
		{"another hint", hinted, "cir.1.1.1.b", "2028-01-10"},
		{"covers without a hint: twelve months", other, "cir.1.1.1.a", "2027-01-10"},
		{"no date at all", bare, "cir.1.1.1.a", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			f.Evidence = []posture.Evidence{tc.evidence}
			if tc.lasts == "" {
				wantLapsed(t, result(t, posture.Assess(small(t), f, today), tc.leaf))
				return
			}
			last := law.MustDate(tc.lasts)
			r := result(t, posture.Assess(small(t), f, last), tc.leaf)
			if r.Status != posture.PartlyMet || r.ExpiresOn != last.AddDays(1) {
				t.Errorf("on its last day: %s, expires %s", r.Status, r.ExpiresOn)
			}
			wantLapsed(t, result(t, posture.Assess(small(t), f, last.AddDays(1)), tc.leaf))
		})
	}
}

func wantLapsed(t *testing.T, r posture.Result) {
	t.Helper()
	lapsed := slices.ContainsFunc(r.Trace, func(e posture.Trace) bool { return e.Kind == posture.Expired && !e.Counted })
	if r.Status != posture.NotAssessed || !lapsed || !r.ExpiresOn.IsZero() {
		t.Errorf("%s, lapsed %v, expires %s", r.Status, lapsed, r.ExpiresOn)
	}
}

func TestExceptionsEnd(t *testing.T) {
	t.Parallel()
	f := bound()
	f.Answers = []posture.Answer{answer("q.login", "none")}
	e := except("cir.2.1.1", posture.ExceptionNotApplicable)
	f.Exceptions = []posture.Exception{e}
	r := result(t, posture.Assess(small(t), f, e.Until), "cir.2.1.1")
	if r.Status != posture.NotApplicable || r.ExpiresOn != e.Until.AddDays(1) || r.Reason != e.Reason {
		t.Errorf("on its last day: %+v", r)
	}
	r = result(t, posture.Assess(small(t), f, e.Until.AddDays(1)), "cir.2.1.1")
	if r.Status != posture.NotMet || r.Trace[0].Kind != posture.Expired {
		t.Errorf("after its end: %+v", r)
	}
	r = result(t, posture.Assess(small(t), f, e.On.AddDays(-1)), "cir.2.1.1")
	if r.Status != posture.NotAssessed {
		t.Errorf("before it was decided, and before the answer: %s", r.Status)
	}
}

// TestRollUp: headings and lists take their status from the leaves that apply.
func TestRollUp(t *testing.T) {
	t.Parallel()
	const met, partly, no, na, open = posture.Met, posture.PartlyMet, posture.NotMet, posture.NotApplicable, posture.NotAssessed
	for _, tc := range []struct {
		name    string
		a, b, c posture.Status // cir.2.1.1, cir.2.1.2, cir.2.1.3
		want    posture.Status
	}{
		{"all met", met, met, met, met},
		{"what does not apply stands aside", na, met, met, met},
		{"one in part", met, partly, met, partly},
		{"one open", met, open, met, partly},
		{"met and missing", met, no, no, partly},
		{"only missing", no, no, no, no},
		{"missing and open", no, open, open, no},
		{"nothing known", open, open, open, open},
		{"one stands aside, nothing known of the rest", na, open, open, open},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := bound()
			for id, s := range map[string]posture.Status{"cir.2.1.1": tc.a, "cir.2.1.2": tc.b, "cir.2.1.3": tc.c} {
				if s == na {
					f.Exceptions = append(f.Exceptions, except(id, posture.ExceptionNotApplicable))
				} else if s != open {
					f.Assertions = append(f.Assertions, set(id, s))
				}
			}
			p := posture.Assess(small(t), f, today)
			for _, id := range []string{"cir.2", "cir.2.1", "nis2.21.2.j.login"} {
				if r := result(t, p, id); r.Status != tc.want || r.Weight != 0 {
					t.Errorf("%s: %s, weight %v; want %s, 0", id, r.Status, r.Weight, tc.want)
				}
			}
		})
	}
}

// TestTheWeakestPointSetsTheConfidence: of points of which one is only asserted, and the
// others are shown by evidence, the whole is as uncertain as the one, wherever it stands.
func TestTheWeakestPointSetsTheConfidence(t *testing.T) {
	t.Parallel()
	ids := []string{"cir.2.1.1", "cir.2.1.2", "cir.2.1.3"}
	for weak := range len(ids) + 1 {
		f := bound()
		for i, id := range ids {
			if i == weak {
				f.Assertions = append(f.Assertions, set(id, posture.Met))
				continue
			}
			f.Evidence = append(f.Evidence, shown("e"+id, "2026-11-01", posture.Met, id))
		}
		want := posture.Medium
		if weak == len(ids) {
			want = posture.High
		}
		p := posture.Assess(small(t), f, today)
		for _, id := range []string{"cir.2", "cir.2.1", "nis2.21.2.j.login"} {
			if r := result(t, p, id); r.Status != posture.Met || r.Confidence != want {
				t.Errorf("point %d is asserted: %s is %s with confidence %s, want met with %s", weak, id, r.Status, r.Confidence, want)
			}
		}
	}
}

// TestAnnexInformsTheDirective: a measure takes its status from the points that
// specify it, fully where the annex binds, and where it does not after what was
// said of the measure itself.
func TestAnnexInformsTheDirective(t *testing.T) {
	t.Parallel()
	points := []posture.Assertion{set("cir.1.1.1", posture.Met), set("cir.1.1.2", posture.Met)}
	half := []posture.Assertion{set("cir.1.1.1.a", posture.Met)}
	of := func(f posture.Facts, assertions []posture.Assertion, answers ...posture.Answer) posture.Result {
		f.Assertions, f.Answers = assertions, answers
		return result(t, posture.Assess(small(t), f, today), "nis2.21.2.a.policy")
	}
	if r := of(bound(), points, answer("q.policy", "none")); r.Status != posture.Met || r.Confidence != posture.Medium || r.Weight != 0 {
		t.Errorf("annex binds: %+v", r)
	}
	if r := of(bound(), half); r.Status != posture.PartlyMet {
		t.Errorf("annex binds, three of four open: %s", r.Status)
	}
	if r := of(unbound(), points, answer("q.policy", "none")); r.Status != posture.NotMet || r.Weight != 4 {
		t.Errorf("annex does not bind, answer on the measure itself: %+v", r)
	}
	if r := of(unbound(), points); r.Status != posture.Met || r.Confidence != posture.Medium || r.Trace[0].Kind != posture.FromItems {
		t.Errorf("annex does not bind, only its points are known: %+v", r)
	}
	if r := of(unbound(), half); r.Status != posture.Met || r.Confidence != posture.Low {
		t.Errorf("annex does not bind, a quarter of its points is known: %+v", r)
	}
}

// TestYardstickCountsNothingTwice: the annex as a voluntary yardstick shows the
// detail of the measures and leaves scores, gaps and the automation rate alone.
func TestYardstickCountsNothingTwice(t *testing.T) {
	t.Parallel()
	f := unbound()
	f.Answers = []posture.Answer{answer("q.policy", "draft"), answer("q.login", "some"), answer("q.board", "minuted")}
	without := posture.Assess(small(t), f, today)
	f.Frameworks, f.Voluntary = append(f.Frameworks, catalog.CIR2690), []string{catalog.CIR2690}
	with := posture.Assess(small(t), f, today)
	if len(with.Gaps) != len(without.Gaps) || with.Scores[0] != without.Scores[0] || with.Automation.Applicable != without.Automation.Applicable {
		t.Errorf("gaps %d and %d, overall %+v and %+v", len(with.Gaps), len(without.Gaps), with.Scores[0], without.Scores[0])
	}
	if s, ok := with.Score("cir.2"); !ok || s.Weight != 9 || s.Partly != 1 {
		t.Errorf("score of the section: %+v", s)
	}
	if r := result(t, with, "cir.2.1.1"); r.Status != posture.PartlyMet || r.Weight != 0 {
		t.Errorf("detail: %+v", r)
	}
	f.Voluntary = []string{catalog.NIS2, catalog.CIR2690}
	p := posture.Assess(small(t), f, today)
	for _, g := range p.Gaps {
		if r, _ := small(t).Get(g.Requirement); g.Severity > r.Weight/2 {
			t.Errorf("nothing binds, but %s has the severity %v of %v", g.Requirement, g.Severity, r.Weight)
		}
	}
	if applies(p, "nis2.23.1") || applies(p, "nis2.3.4") {
		t.Error("a yardstick brings duties towards authorities")
	}
}
