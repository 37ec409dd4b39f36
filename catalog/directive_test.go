package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/law/duties"
)

// TestDirectiveLeaves names each assessed point of the directive.
func TestDirectiveLeaves(t *testing.T) {
	want := strings.Fields(`
		nis2.20.1.approve nis2.20.1.oversee nis2.20.2.training nis2.20.2.staff
		nis2.21.1
		nis2.21.2.a.policy nis2.21.2.a.roles nis2.21.2.a.risk-assessment nis2.21.2.a.treatment nis2.21.2.a.compliance
		nis2.21.2.b.plan nis2.21.2.b.detection nis2.21.2.b.reporting-channel nis2.21.2.b.response nis2.21.2.b.lessons
		nis2.21.2.c.plan nis2.21.2.c.backup nis2.21.2.c.restore nis2.21.2.c.redundancy nis2.21.2.c.crisis
		nis2.21.2.d.register nis2.21.2.d.selection nis2.21.2.d.contracts nis2.21.2.d.review
		nis2.21.2.e.buying nis2.21.2.e.development nis2.21.2.e.changes nis2.21.2.e.patching nis2.21.2.e.network
		nis2.21.2.e.vulnerabilities nis2.21.2.e.disclosure nis2.21.2.e.environment
		nis2.21.2.f.method nis2.21.2.f.measurement nis2.21.2.f.follow-up
		nis2.21.2.g.basics nis2.21.2.g.awareness nis2.21.2.g.training
		nis2.21.2.h.policy nis2.21.2.h.encryption nis2.21.2.h.keys
		nis2.21.2.i.hr nis2.21.2.i.leavers nis2.21.2.i.access nis2.21.2.i.admins nis2.21.2.i.identities
		nis2.21.2.i.assets nis2.21.2.i.handling nis2.21.2.i.premises
		nis2.21.2.j.authentication nis2.21.2.j.communications nis2.21.2.j.emergency
		nis2.21.3 nis2.21.4
		nis2.23.1 nis2.23.1.recipients nis2.23.2 nis2.23.4.a nis2.23.4.b nis2.23.4.c nis2.23.4.d nis2.23.4.e
		nis2.3.4 nis2.27.data nis2.27.changes
		nis2.28.1 nis2.28.2 nis2.28.3 nis2.28.4 nis2.28.5 nis2.28.6
		nis2.29.4 nis2.30.1`)
	var got []string
	for _, r := range load(t).Framework(catalog.NIS2) {
		if r.IsLeaf() {
			got = append(got, r.ID)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestEveryLetterOfArticle21 has measures of its own, and the annex adds to each.
func TestEveryLetterOfArticle21(t *testing.T) {
	c := load(t)
	for letter := 'a'; letter <= 'j'; letter++ {
		for _, framework := range []string{catalog.NIS2, catalog.CIR2690} {
			if !slices.ContainsFunc(c.Framework(framework), func(r catalog.Requirement) bool {
				return r.IsLeaf() && slices.Contains(r.Measures, string(letter))
			}) {
				t.Errorf("%s has nothing for measure %c", framework, letter)
			}
		}
	}
}

// TestDutiesExist: each point of the directive names a duty that the law part
// knows, and each duty of the entity under the assessed articles has a point.
func TestDutiesExist(t *testing.T) {
	c := load(t)
	named := map[string]bool{}
	for _, r := range c.Framework(catalog.NIS2) {
		if !r.IsLeaf() {
			continue
		}
		named[r.Duty] = true
		if _, ok := duties.Lookup(r.Duty); !ok {
			t.Errorf("%s: the duty %q does not exist", r.ID, r.Duty)
		}
	}
	for _, r := range c.Framework(catalog.CIR2690) {
		if r.Duty != "" {
			t.Errorf("%s names the duty %s; the whole annex binds at once", r.ID, r.Duty)
		}
	}
	for letter := 'a'; letter <= 'j'; letter++ {
		if id := "nis2.21.2." + string(letter); !named[id] {
			t.Errorf("no point for the duty %s", id)
		}
	}
}

// TestCitations derives where a point stands from its id.
func TestCitations(t *testing.T) {
	c := load(t)
	for id, want := range map[string]string{
		"nis2.21.2.c.backup": "Directive (EU) 2022/2555 Art. 21(2)(c)",
		"nis2.20.1.approve":  "Directive (EU) 2022/2555 Art. 20(1)",
		"nis2.23.4.a":        "Directive (EU) 2022/2555 Art. 23(4)(a)",
		"cir.3":              "Implementing Regulation (EU) 2024/2690, Annex, section 3",
		"cir.3.2.3.b":        "Implementing Regulation (EU) 2024/2690, Annex, point 3.2.3(b)",
		"cir.9.2.c":          "Implementing Regulation (EU) 2024/2690, Annex, point 9.2(c)",
	} {
		if r, _ := c.Get(id); r.Citation != want {
			t.Errorf("%s: %q, want %q", id, r.Citation, want)
		}
	}
	for _, r := range c.All() {
		if r.Citation == "" {
			t.Errorf("%s has no citation", r.ID)
		}
	}
}
