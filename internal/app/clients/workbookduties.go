package clients

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/workbook"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// DutyChange is who shall answer for something and until when. An empty person takes
// the duty back.
type DutyChange struct {
	Kind    string   `json:"kind"`   // workbook.OfQuestion, OfRequirement or OfTask
	Object  string   `json:"object"` // id
	Person  string   `json:"person"`
	Due     law.Date `json:"due"`     // zero: no target day
	Version int64    `json:"version"` // of the assignment or the task; 0: none
}

// DutyRow is a change of a duty that a spreadsheet proposes.
type DutyRow struct {
	DutyChange
	Place        workbook.Place // of the owner
	Title        string
	Owner, Owned string // names: as it shall be, as it is now
	DueNow       law.Date
	Conflict     bool // somebody changed it since the spreadsheet was written
}

// roster is the members of an organisation as a spreadsheet names them.
type roster struct {
	members []tenant.Member // one row for each person
	shared  map[string]bool // folded names that several have
}

func newRoster(members []tenant.Member) roster {
	r, named := roster{shared: map[string]bool{}}, map[string]bool{}
	for _, m := range members {
		i := slices.IndexFunc(r.members, func(o tenant.Member) bool { return o.Person == m.Person })
		if i >= 0 {
			if !CanWork(r.members[i]) { // one who is both: what they may do counts
				r.members[i] = m
			}
			continue
		}
		r.members = append(r.members, m)
		r.shared[plainName(m.Name)] = named[plainName(m.Name)]
		named[plainName(m.Name)] = true
	}
	return r
}

func plainName(name string) string { return strings.Join(strings.Fields(catalog.Fold(name)), " ") }

// text is a member's name, with the address when the name alone does not say who.
func (r roster) text(m tenant.Member) string {
	name := strings.TrimSpace(m.Name)
	switch {
	case name == "":
		return m.Email
	case r.shared[plainName(name)]:
		return name + " <" + m.Email + ">"
	}
	return name
}

// label is how a person is written; "" for nobody and for those who left.
func (r roster) label(person string) string {
	for _, m := range r.members {
		if m.Person == person {
			return r.text(m)
		}
	}
	return ""
}

func (r roster) workers() (names []string) {
	for _, m := range r.members {
		if CanWork(m) {
			names = append(names, r.text(m))
		}
	}
	return names
}

// find is the person whom a text names, by name or by address, among those who can
// take a duty of the kind.
func (r roster) find(text, kind string) (person string, ok bool) {
	if text = plainName(text); text == "" {
		return "", true
	}
	for _, m := range r.members {
		if CanWork(m) && (text == plainName(r.text(m)) || text == plainName(m.Email)) {
			return m.Person, true
		}
	}
	return "", false
}

// duty is who answers for something now.
type duty struct {
	known   bool
	title   string
	person  string
	due     law.Date
	start   law.Date // of a task: not due before
	over    bool     // a task that is no longer open
	version int64
}

// obligations are all duties of an organisation, and what of them an actor may change.
type obligations struct {
	people             roster
	cat                *catalog.Catalogue
	held               map[[2]string]duty // by kind and id
	mayAssign, mayPlan bool
}

// dutiesNow are the duties as they are stored. Nothing may be changed until it is
// said.
func (s *Service) dutiesNow(tx *store.Tx, organisation string) (obligations, error) {
	d := obligations{cat: s.knowledge.Catalogue, held: map[[2]string]duty{}}
	members, err := tx.MembersOf(organisation)
	if err != nil {
		return d, err
	}
	d.people = newRoster(members)
	assignments, err := tx.Assignments(organisation)
	if err != nil {
		return d, err
	}
	for _, x := range assignments {
		d.held[[2]string{x.Kind, x.Object}] = duty{person: x.Person, due: x.Due, version: x.Version}
	}
	tasks, err := tx.Tasks(organisation)
	for _, t := range tasks {
		d.held[[2]string{workbook.OfTask, t.ID}] = duty{known: true, title: t.Title, person: t.Owner, due: t.Due, start: t.Start, over: !t.State.Open(), version: t.Version}
	}
	return d, err
}

// of is the duty of a kind for an object; not known when there is no such object.
func (d obligations) of(kind, object string) duty {
	now := d.held[[2]string{kind, object}]
	switch kind {
	case workbook.OfQuestion:
		q, ok := d.cat.Question(object)
		now.known, now.title = ok, q.Text
	case workbook.OfRequirement:
		r, ok := d.cat.Get(object)
		now.known, now.title = ok, r.Title
	}
	return now
}

// bookTasks are the tasks that are open.
func bookTasks(c Client, d obligations) (list []workbook.Task) {
	for _, t := range c.Tasks {
		if t.State.Open() {
			list = append(list, workbook.Task{ID: t.ID, Title: t.Title, State: string(t.State), Owner: d.people.label(t.Owner), Due: t.Due})
		}
	}
	return list
}

// propose adds what a row of a spreadsheet would change of a duty.
func (d obligations) propose(out *Import, x workbook.Duty) {
	sound := true
	problem := func(at workbook.Place, key string, nameValue ...any) {
		out.Problems, sound = append(out.Problems, workbook.Problem{Place: at, Text: law.Say("workbook.problem."+key, nameValue...)}), false
	}
	now, may := d.of(x.Kind, x.Object), d.mayAssign
	if x.Kind == workbook.OfTask {
		may = d.mayPlan
	}
	person, named := d.people.find(x.Owner, x.Kind)
	due, dated := workbook.Day(x.Due)
	if person == "" && x.Kind != workbook.OfTask && x.Emptied() {
		due = law.Date{} // a day is the owner's; it goes with them
	}
	switch {
	case !now.known:
		problem(x.OwnerAt, "object", "id", shortened(x.Object))
		return
	case !named:
		problem(x.OwnerAt, "person", "text", shortened(x.Owner))
	case person == "" && x.Kind != workbook.OfTask && !due.IsZero():
		problem(x.OwnerAt, "nobody")
	}
	switch {
	case !dated:
		problem(x.DueAt, "day", "text", shortened(x.Due))
	case !due.IsZero() && due.Before(now.start) && due != now.due:
		problem(x.DueAt, "start", "day", now.start.String())
	}
	switch {
	case !sound:
	case person == now.person && due == now.due:
		out.Unchanged++
	case !may:
		problem(x.OwnerAt, "duty")
	default:
		out.Duties = append(out.Duties, DutyRow{DutyChange: DutyChange{Kind: x.Kind, Object: x.Object, Person: person, Due: due, Version: now.version},
			Place: x.OwnerAt, Title: now.title, Owner: d.people.label(person), Owned: d.people.label(now.person), DueNow: now.due,
			Conflict: now.over || x.Stale(d.people.label(now.person), now.due)})
	}
}

// importDuties makes the changes of duties.
func (s *Service) importDuties(tx *store.Tx, a authz.Actor, organisation string, changes []DutyChange) error {
	if len(changes) == 0 {
		return nil
	}
	people, err := tx.MembersOf(organisation)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if c.Kind == workbook.OfTask {
			err = s.importTask(tx, a, organisation, c)
		} else {
			err = s.importAssignment(tx, a, organisation, c, people)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) importTask(tx *store.Tx, a authz.Actor, organisation string, c DutyChange) error {
	if err := a.Can(authz.PlanEdit, tx.Scope()); err != nil {
		return err
	}
	t, err := tx.Task(c.Object)
	if err != nil {
		return err
	}
	if t.Version != c.Version {
		return changedMeanwhile(c)
	}
	t.Owner, t.Due = c.Person, c.Due
	return s.changeTask(tx, a, authz.PlanEdit, organisation, t)
}

func (s *Service) importAssignment(tx *store.Tx, a authz.Actor, organisation string, c DutyChange, people []tenant.Member) error {
	if err := a.Can(authz.AssessmentEdit, tx.Scope()); err != nil {
		return err
	}
	old, err := tx.Assignment(organisation, c.Kind, c.Object)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if old.Version != c.Version {
		return changedMeanwhile(c)
	}
	_, err = s.assign(tx, a, organisation, assessment.Assignment{Kind: c.Kind, Object: c.Object, Person: c.Person, Due: c.Due}, people)
	return err
}

func changedMeanwhile(c DutyChange) error {
	return &fault.Error{Kind: fault.Conflict, Field: c.Object, What: "somebody else changed who answers for this in the meantime", Expected: "the newest version"}
}
