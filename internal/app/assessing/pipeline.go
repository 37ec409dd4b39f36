package assessing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/report/model"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/duties"
	"github.com/nisaba-platform/nisaba/law/fines"
	"github.com/nisaba-platform/nisaba/law/scope"
	"github.com/nisaba-platform/nisaba/posture"
)

// Knowledge is the law and the catalogue that an assessment is made with.
type Knowledge struct {
	Catalogue *catalog.Catalogue
	Countries *country.Set
	Edition   string // of the catalogue and the country packs
	Program   string // name and version of the program
}

// Options choose what an assessment does.
type Options struct {
	Today  law.Date // the day when the file names none
	WhatIf bool     // count the pending proposal COM(2026) 13 as if it were law
	// Yardstick adds the annex of Implementing Regulation (EU) 2024/2690 as a
	// voluntary yardstick where it does not bind.
	Yardstick bool
	Target    float64 // the score aimed at, 0–100; 0 = DefaultTarget
	Brief     bool    // the posture does not say what its statuses rest on (no traces)
}

// DefaultTarget is the score that the report measures against when none is given.
const DefaultTarget = 80

// tasksOfWhatIf is how many tasks the what-if of the report takes.
const tasksOfWhatIf = 5

// National gives the choices of the Member States from the country packs.
func National(set *country.Set) func(state, option string) scope.NationalOption {
	return func(state, option string) scope.NationalOption {
		value, class := set.Option(state, option)
		return scope.NationalOption{Value: value, Class: class}
	}
}

// Determination is the answer to whether and how the law binds an organisation.
type Determination struct {
	AsOf      law.Date
	Facts     scope.Facts
	Scope     scope.Determination
	Duties    duties.Set
	Fines     fines.Amount
	Countries []country.Pack // of the jurisdiction
}

// Determine runs the scope test with everything that follows from its result.
// Facts that contradict each other are a fault.List with the fields of the file.
func Determine(set *country.Set, f *organisation.File, opt Options) (Determination, error) {
	d := Determination{AsOf: f.AssessedOn, Facts: f.ScopeFacts()}
	if d.AsOf.IsZero() {
		d.AsOf = opt.Today
	}
	if err := checkDates(f, d.AsOf); err != nil {
		return d, err
	}
	if err := d.Facts.Validate(); err != nil {
		return d, factFault(f, err)
	}
	national := National(set)
	d.Scope = scope.Classify(d.Facts, scope.Options{AsOf: d.AsOf, National: national, WhatIf: opt.WhatIf})
	for _, code := range d.Scope.Jurisdiction {
		if p, ok := set.Get(code); ok {
			d.Countries = append(d.Countries, p)
		}
	}
	owed := duties.Options{National: national}
	if len(d.Countries) == 1 {
		owed.FirstDue, owed.ChangesDays = d.Countries[0].Registration.Due, d.Countries[0].Registration.ChangesDays
	}
	d.Duties = duties.Of(d.Scope, d.Facts, owed)
	d.Fines = fines.Ceiling(d.Scope, fines.GroupTurnover(d.Facts))
	return d, nil
}

// Assess does the whole job for one file: scope, duties, fine ceiling, posture
// and plan. Ids that the catalogue does not know and figures of years to come
// are a fault.List.
func Assess(k Knowledge, f *organisation.File, opt Options) (Input, error) {
	in, err := Score(k, f, opt)
	if err != nil {
		return Input{}, err
	}
	in.planned = true
	in.Tasks = posture.Plan(k.Catalogue, in.Posture, in.Statements, deadlines(in.Duties))
	in.WhatIf = posture.BestTasks(in.Posture, in.Tasks, tasksOfWhatIf)
	return in, nil
}

// Score is Assess without the plan and what follows from it, for callers who
// need the scores at once.
func Score(k Knowledge, f *organisation.File, opt Options) (Input, error) {
	if err := checkIDs(k.Catalogue, f); err != nil {
		return Input{}, err
	}
	d, err := Determine(k.Countries, f, opt)
	if err != nil {
		return Input{}, err
	}
	in := Input{
		Organisation: f.Organisation.Name, Activity: f.Activity.Description, AsOf: d.AsOf,
		Brand: model.Brand{Client: f.Organisation.Name, Preparer: f.Organisation.Brand.PreparedBy, Colour: f.Organisation.Brand.Colour},
		Facts: d.Facts, Scope: d.Scope, Duties: d.Duties, Fines: d.Fines, Countries: d.Countries,
		Catalogue: k.Catalogue, CatalogueVersion: k.Edition, Statements: f.PostureFacts(),
		Target: opt.Target, Sources: []law.Source{annex.Source()}, Program: k.Program,
		said: &said{byLanguage: map[*catalog.Catalogue]texts{}},
	}
	if in.Target == 0 {
		in.Target = DefaultTarget
	}
	s := &in.Statements
	s.EntityTypes, s.Class, s.Duties = d.Scope.EntityTypes, d.Scope.Class, d.Duties.IDs()
	s.Frameworks, s.Voluntary = frameworks(s.Duties, d.Scope.Class, opt.Yardstick)
	assess := posture.Assess
	if opt.Brief {
		assess = posture.Verdicts
	}
	in.Posture = assess(k.Catalogue, *s, d.AsOf)
	return in, nil
}

// frameworks chooses what is assessed: what binds. An organisation that is out of
// scope, or may be, is measured against the directive's measures as a voluntary
// yardstick; the annex is added where it binds or is asked for.
func frameworks(duties []string, class law.Class, yardstick bool) (all, voluntary []string) {
	all = []string{catalog.NIS2}
	if len(duties) == 0 || class == law.Depends && !slices.Contains(duties, "nis2.20.1") {
		voluntary = append(voluntary, catalog.NIS2)
	}
	switch {
	case slices.Contains(duties, "cir.annex"):
		all = append(all, catalog.CIR2690)
	case yardstick:
		all, voluntary = append(all, catalog.CIR2690), append(voluntary, catalog.CIR2690)
	}
	return all, voluntary
}

// deadlines are the dates of the registers, which the plan keeps.
func deadlines(set duties.Set) []posture.Deadline {
	var out []posture.Deadline
	for _, r := range set.Registrations {
		if !r.FirstDue.IsZero() {
			out = append(out, posture.Deadline{Requirement: r.ID, Due: r.FirstDue})
		}
	}
	return out
}

// factFault is a fault of the scope test at its place in the file.
func factFault(f *organisation.File, err error) error {
	var wrong *scope.FieldError
	if !errors.As(err, &wrong) {
		return err
	}
	what, expected, _ := strings.Cut(wrong.Message, "; expected ")
	return f.Fault(organisation.FieldOf(wrong.Field), what, expected)
}

// checkDates refuses figures of years that have not begun.
func checkDates(f *organisation.File, asOf law.Date) error {
	var faults fault.List
	for i, y := range f.Figures {
		if y.Year > asOf.Year {
			faults = append(faults, f.Fault(fmt.Sprintf("figures[%d].year", i), fmt.Sprintf("the year %d lies in the future", y.Year),
				fmt.Sprintf("an accounting year up to %d", asOf.Year)))
		}
	}
	return faultOf(faults)
}

// checkIDs refuses ids that the catalogue does not have.
func checkIDs(cat *catalog.Catalogue, f *organisation.File) error {
	var faults fault.List
	requirement := func(field, id string) {
		if _, ok := cat.Get(id); !ok {
			faults = append(faults, f.Fault(field, fmt.Sprintf("no requirement %q", id), "an id that \"nisaba catalog list\" prints"))
		}
	}
	for id, answer := range f.Answers {
		q, ok := cat.Question(id)
		if !ok {
			faults = append(faults, f.Fault("answers."+id, fmt.Sprintf("no question %q", id), "an id that \"nisaba catalog questions\" prints"))
			continue
		}
		faults = append(faults, wrongOptions(f, q, answer)...)
	}
	for i, e := range f.Evidence {
		if _, ok := cat.KindTitle(e.Kind); !ok {
			faults = append(faults, f.Fault(fmt.Sprintf("evidence[%d].kind", i), fmt.Sprintf("no kind of evidence %q", e.Kind),
				"an id that \"nisaba catalog evidence\" prints"))
		}
		for n, id := range e.Covers {
			requirement(fmt.Sprintf("evidence[%d].covers[%d]", i, n), id)
		}
	}
	for i, e := range f.Exceptions {
		requirement(fmt.Sprintf("exceptions[%d].requirement", i), e.Requirement)
	}
	for i, a := range f.Assertions {
		requirement(fmt.Sprintf("assertions[%d].requirement", i), a.Requirement)
	}
	return faultOf(faults)
}

func wrongOptions(f *organisation.File, q catalog.Question, answer organisation.Answer) fault.List {
	var faults fault.List
	field := "answers." + q.ID
	if q.Type != catalog.Many && len(answer.Options) > 1 {
		faults = append(faults, f.Fault(field, "several options are given", "one option"))
	}
	for _, id := range answer.Options {
		if !slices.ContainsFunc(q.Options, func(o catalog.Option) bool { return o.ID == id }) {
			faults = append(faults, f.Fault(field, fmt.Sprintf("no option %q", id), "one of "+optionIDs(q)))
		}
	}
	return faults
}

func optionIDs(q catalog.Question) string {
	s := ""
	for i, o := range q.Options {
		if i > 0 {
			s += ", "
		}
		s += o.ID
	}
	return s
}

// faultOf orders faults by line, so that the same file gives the same message.
func faultOf(faults fault.List) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b *fault.Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Field, b.Field)
	})
	return faults
}
