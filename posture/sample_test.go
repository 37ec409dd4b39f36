package posture_test

import (
	"io/fs"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/content"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// today is the day of every assessment of the tests.
var today = law.MustDate("2026-11-25")

// earlier is a day before today on which things were said and written.
var earlier = law.MustDate("2026-09-01")

var smallOnce = sync.OnceValues(func() (*catalog.Catalogue, error) { return catalog.Load(os.DirFS("testdata/small")) })

// small is the catalogue of testdata/small: a few requirements of each kind.
func small(t testing.TB) *catalog.Catalogue { return must(t, smallOnce) }

var wholeOnce = sync.OnceValues(func() (*catalog.Catalogue, error) { return catalog.Load(fs.FS(content.FS)) })

// whole is the embedded catalogue.
func whole(t testing.TB) *catalog.Catalogue { return must(t, wholeOnce) }

func must(t testing.TB, load func() (*catalog.Catalogue, error)) *catalog.Catalogue {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// allDuties of the directive by their articles.
var allDuties = []string{"nis2.3.4", "nis2.20.1", "nis2.20.2", "nis2.21", "nis2.23", "nis2.27", "nis2.29.4", "nis2.30.1"}

// bound is an organisation that the annex binds.
func bound() posture.Facts {
	return posture.Facts{
		Class: law.Essential, EntityTypes: []string{"ict-service.msp"}, Duties: slices.Clone(allDuties),
		Frameworks: []string{catalog.NIS2, catalog.CIR2690}, Traits: map[string]bool{"remote_work": true}, Employees: 100,
	}
}

// unbound is an organisation that the directive binds and the annex does not.
func unbound() posture.Facts {
	f := bound()
	f.EntityTypes, f.Frameworks = []string{"water.drinking.supplier"}, []string{catalog.NIS2}
	return f
}

func answer(question string, options ...string) posture.Answer {
	return posture.Answer{Question: question, Options: options, By: "A. Weber", On: earlier}
}

func set(requirement string, status posture.Status) posture.Assertion {
	return posture.Assertion{Requirement: requirement, Status: status, By: "B. Novak", On: earlier, Note: "seen on site"}
}

func except(requirement, kind string) posture.Exception {
	return posture.Exception{Requirement: requirement, Kind: kind, Reason: "nobody does this here", Compensation: "a guard",
		ApprovedBy: "C. Rossi", On: earlier, Until: law.MustDate("2027-06-30")}
}

func document(id, kind, date string) posture.Evidence {
	return posture.Evidence{ID: id, Kind: kind, Title: "Document " + id, Date: law.MustDate(date)}
}

// shown is evidence that shows a status of some requirements.
func shown(id, date string, status posture.Status, covers ...string) posture.Evidence {
	e := document(id, "rec.audit", date)
	e.Covers, e.Shows = covers, status
	return e
}

// result is what an assessment says about one requirement.
func result(t testing.TB, p posture.Posture, id string) posture.Result {
	t.Helper()
	i := slices.IndexFunc(p.Results, func(r posture.Result) bool { return r.Requirement == id })
	if i < 0 {
		t.Fatalf("%s is not among the results", id)
	}
	return p.Results[i]
}

func applies(p posture.Posture, id string) bool {
	return slices.ContainsFunc(p.Results, func(r posture.Result) bool { return r.Requirement == id })
}
