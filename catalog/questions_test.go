package catalog_test

import (
	"slices"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
)

// TestEveryLeafIsInformed: each assessed point gets its status from a question
// that can call it met, and one that can call it not met or met in part.
func TestEveryLeafIsInformed(t *testing.T) {
	c := load(t)
	can := map[string]map[string]bool{}
	for qi, q := range c.Questions() {
		for oi := range q.Options {
			for _, e := range c.Effects(qi, oi) {
				for _, leaf := range e.Leaves {
					id := c.At(leaf).ID
					if can[id] == nil {
						can[id] = map[string]bool{}
					}
					can[id][e.Status] = true
					if q.Type == catalog.Many && e.Status == "met" {
						can[id]["not_met"] = true // by leaving the tick out
					}
				}
			}
		}
	}
	leaves, informed := 0, 0
	for _, r := range c.All() {
		if !r.IsLeaf() {
			continue
		}
		leaves++
		switch {
		case len(can[r.ID]) == 0:
			t.Errorf("%s (%s): no question informs it", r.ID, r.Title)
			continue
		case !can[r.ID]["met"]:
			t.Errorf("%s (%s): no answer can call it met", r.ID, r.Title)
		case !can[r.ID]["not_met"] && !can[r.ID]["partly"]:
			t.Errorf("%s (%s): no answer can find it missing", r.ID, r.Title)
		}
		if len(c.InformedBy(r.ID)) == 0 {
			t.Errorf("%s: InformedBy knows no question", r.ID)
		}
		informed++
	}
	t.Logf("%d of %d leaves are informed by %d questions", informed, leaves, len(c.Questions()))
}

// TestQuestionsAreFew: one answer informs several requirements.
func TestQuestionsAreFew(t *testing.T) {
	c := load(t)
	if n := len(c.Questions()); n < 80 || n > 120 {
		t.Errorf("%d questions", n)
	}
	topics := map[string]bool{}
	for _, q := range c.Questions() {
		topics[q.Topic] = true
	}
	if len(topics) != 13 {
		t.Errorf("questions have %d topics, want the ten measures, governance, registration and reporting", len(topics))
	}
}

// TestEveryChoiceCanBeLeftOpen: nobody is forced to guess.
func TestEveryChoiceCanBeLeftOpen(t *testing.T) {
	for _, q := range load(t).Questions() {
		if q.Type == catalog.Choice && !slices.ContainsFunc(q.Options, func(o catalog.Option) bool { return o.ID == "unknown" && len(o.Effects) == 0 }) {
			t.Errorf("%s has no option \"unknown\" without effects", q.ID)
		}
	}
}

// TestAskingOrder: a condition refers to questions that are asked before.
func TestAskingOrder(t *testing.T) {
	c := load(t)
	place := map[string]int{}
	for n, qi := range c.AskingOrder() {
		place[c.Questions()[qi].ID] = n
	}
	if len(place) != len(c.Questions()) {
		t.Fatalf("%d of %d questions are asked", len(place), len(c.Questions()))
	}
	for _, q := range c.Questions() {
		if q.AskWhen == nil {
			continue
		}
		for before := range q.AskWhen.Answers {
			if place[before] >= place[q.ID] {
				t.Errorf("%s is asked before %s", q.ID, before)
			}
		}
	}
}

// TestEvidenceKinds: each kind has a title, is named by a requirement, and what a
// question expects is evidence for something that it informs.
func TestEvidenceKinds(t *testing.T) {
	c := load(t)
	for _, k := range c.Kinds() {
		if k.Title == "" {
			t.Errorf("%s has no title", k.ID)
		}
		if len(c.Naming(k.ID)) == 0 {
			t.Errorf("no requirement names %s", k.ID)
		}
	}
	// The documents and registers that the annex calls for.
	for _, id := range []string{"doc.security-policy", "doc.roles", "doc.risk-method", "doc.risk-register", "doc.risk-treatment-plan",
		"doc.compliance-report", "doc.independent-review", "doc.incident-policy", "doc.incident-procedures", "doc.comm-plan",
		"doc.logging-procedure", "reg.logged-assets", "doc.event-channel", "doc.post-incident-review", "doc.bcdr-plan", "doc.bia",
		"doc.backup-plan", "rec.restore-tests", "doc.crisis-plan", "doc.supply-chain-policy", "reg.suppliers", "doc.contract-clauses",
		"doc.acquisition-process", "doc.secure-dev-rules", "doc.config-baseline", "doc.change-procedure", "doc.test-policy",
		"doc.patch-procedure", "doc.network-architecture", "doc.ipv6-plan", "doc.email-security-plan", "doc.cvd-procedure",
		"doc.vuln-decisions", "doc.effectiveness-policy", "doc.awareness-programme", "doc.training-programme", "doc.crypto-policy",
		"doc.background-check-criteria", "doc.disciplinary-process", "doc.access-policy", "reg.access-rights", "doc.privileged-policy",
		"doc.asset-classification", "doc.asset-handling", "doc.removable-media", "reg.assets", "doc.asset-return", "doc.utilities",
		"doc.environment-thresholds", "doc.physical-security", "doc.na-rationale"} {
		if _, ok := c.KindTitle(id); !ok {
			t.Errorf("no kind of evidence %s", id)
		}
	}
	for _, q := range c.Questions() {
		for _, kind := range q.Expects {
			if _, ok := c.KindTitle(kind); !ok {
				t.Errorf("%s expects %s, which does not exist", q.ID, kind)
			}
		}
	}
}
