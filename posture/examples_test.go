package posture_test

import (
	"io/fs"
	"slices"
	"sync"
	"testing"

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

// example is one of the example organisations with what its scope test decided.
type example struct {
	name      string
	facts     posture.Facts
	deadlines []posture.Deadline
}

// posture of the example today, with its plan.
func (e example) posture(t testing.TB) (posture.Posture, []posture.Task) {
	p := posture.Assess(whole(t), e.facts, today)
	return p, posture.Plan(whole(t), p, e.facts, e.deadlines)
}

var countries = sync.OnceValues(func() (*country.Set, error) {
	sub, err := fs.Sub(content.FS, "countries")
	if err != nil {
		return nil, err
	}
	return country.Load(sub)
})

// exampleOrganisations reads the three files of the folder examples.
func exampleOrganisations(t testing.TB) []example {
	t.Helper()
	set, err := countries()
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	for _, name := range examples.Names() {
		b, err := examples.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := organisation.Read(name, b)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, decided(set, name, file))
	}
	return out
}

func decided(set *country.Set, name string, file *organisation.File) example {
	national := func(state, option string) scope.NationalOption {
		value, class := set.Option(state, option)
		return scope.NationalOption{Value: value, Class: class}
	}
	sf := file.ScopeFacts()
	d := scope.Classify(sf, scope.Options{AsOf: today, National: national})
	owed := duties.Options{National: national}
	if len(d.Jurisdiction) == 1 {
		if p, ok := set.Get(d.Jurisdiction[0]); ok {
			owed.FirstDue, owed.ChangesDays = p.Registration.Due, p.Registration.ChangesDays
		}
	}
	bind := duties.Of(d, sf, owed)
	e := example{name: name, facts: file.PostureFacts()}
	e.facts.EntityTypes, e.facts.Class, e.facts.Duties = d.EntityTypes, d.Class, bind.IDs()
	e.facts.Frameworks = []string{catalog.NIS2}
	if slices.Contains(e.facts.Duties, "cir.annex") {
		e.facts.Frameworks = append(e.facts.Frameworks, catalog.CIR2690)
	}
	for _, r := range bind.Registrations {
		if !r.FirstDue.IsZero() {
			e.deadlines = append(e.deadlines, posture.Deadline{Requirement: r.ID, Due: r.FirstDue})
		}
	}
	return e
}

func TestExamplesAreBoundAsTheirFilesSay(t *testing.T) {
	t.Parallel()
	want := []struct {
		class law.Class
		annex bool
	}{{law.Important, true}, {law.Essential, false}, {law.Important, false}}
	for i, e := range exampleOrganisations(t) {
		if annex := slices.Contains(e.facts.Frameworks, catalog.CIR2690); e.facts.Class != want[i].class || annex != want[i].annex {
			t.Errorf("%s: %s, annex %v", e.name, e.facts.Class, annex)
		}
	}
}
