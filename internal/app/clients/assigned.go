package clients

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Reach is what of an assessment an actor may change: everything, or what is
// assigned to them.
type Reach struct {
	everything   bool
	requirements map[string]bool // with all that is below headings
	questions    map[string]bool // assigned, or informing an assigned requirement
	cat          *catalog.Catalogue
}

// Requirement reports whether what concerns the requirement may be changed.
func (r Reach) Requirement(id string) bool { return r.everything || r.requirements[id] }

// Question reports whether the question may be answered.
func (r Reach) Question(id string) bool { return r.everything || r.questions[id] }

// Everything reports whether nothing is kept from the actor.
func (r Reach) Everything() bool { return r.everything }

// Any reports whether the actor may change anything at all.
func (r Reach) Any() bool { return r.everything || len(r.questions)+len(r.requirements) > 0 }

// Evidence reports whether a piece of evidence may be changed: all that it covers
// is in reach, or, when it names nothing, a requirement in reach asks for its kind.
func (r Reach) Evidence(e posture.Evidence) bool {
	if r.everything {
		return true
	}
	for _, id := range e.Covers {
		if !r.requirements[id] {
			return false
		}
	}
	return len(e.Covers) > 0 || slices.ContainsFunc(r.cat.Naming(e.Kind), func(n catalog.Naming) bool {
		return r.requirements[r.cat.At(n.Leaf).ID]
	})
}

// ReachOf is what the actor may change in the organisation of the transaction.
func (s *Service) ReachOf(tx *store.Tx, a authz.Actor, organisation string) (Reach, error) {
	r := Reach{cat: s.knowledge.Catalogue, requirements: map[string]bool{}, questions: map[string]bool{}}
	if a.Can(authz.AssessmentEdit, tx.Scope()) == nil {
		r.everything = true
		return r, nil
	}
	if a.Person == "" || a.Can(authz.AssignedEdit, tx.Scope()) != nil {
		return r, nil
	}
	all, err := tx.Assignments(organisation)
	if err != nil {
		return r, err
	}
	for _, x := range all {
		switch {
		case x.Person != a.Person:
		case x.Kind == assessment.OfQuestion:
			r.questions[x.Object] = true
		default:
			r.add(x.Object)
		}
	}
	return r, nil
}

func (r Reach) add(requirement string) {
	r.requirements[requirement] = true
	for _, l := range r.cat.Leaves(requirement) {
		r.requirements[l.ID] = true
	}
	for _, q := range r.cat.InformedBy(requirement) {
		r.questions[q.ID] = true
	}
}

// assigned refuses an actor, unless all may be changed or ok says that what they
// want to change is theirs.
func (s *Service) assigned(tx *store.Tx, a authz.Actor, organisation string, ok func(Reach) bool) error {
	r, err := s.ReachOf(tx, a, organisation)
	if err != nil || ok(r) {
		return err
	}
	return a.Can(authz.AssessmentEdit, tx.Scope())
}

// Assign makes a member answer for a requirement or a question; an empty person
// takes it back. The person finds a notice in the inbox. What somebody else changed
// after it was seen is a [Meanwhile].
func (s *Service) Assign(ctx context.Context, a authz.Actor, organisation string, to assessment.Assignment, seen Seen) error {
	return s.write(ctx, a, organisation, authz.AssessmentEdit, func(tx *store.Tx) error {
		if err := current(tx, a, organisation, seen, kindAssignment, to.Object); err != nil {
			return err
		}
		people, err := tx.MembersOf(organisation)
		if err != nil {
			return err
		}
		_, err = s.assign(tx, a, organisation, to, people)
		return err
	})
}

// assign reports whether anything changed.
func (s *Service) assign(tx *store.Tx, a authz.Actor, organisation string, to assessment.Assignment, people []tenant.Member) (bool, error) {
	of, err := tx.Workspace()
	if err != nil {
		return false, err
	}
	title, err := s.objectTitle(to.Kind, to.Object, of.Language)
	if err != nil {
		return false, err
	}
	old, err := tx.Assignment(organisation, to.Kind, to.Object)
	had := err == nil
	switch {
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return false, err
	case to.Person == "" && !had:
		return false, nil
	case to.Person == "":
		return true, tx.RemoveAssignment(organisation, to.Kind, to.Object)
	case had && old.Person == to.Person && old.Due == to.Due:
		return false, nil
	}
	if !slices.ContainsFunc(people, func(m tenant.Member) bool { return m.Person == to.Person && CanWork(m) }) {
		return false, invalid("person", "this person cannot work on the assessment", "a member whose role lets them edit")
	}
	_, err = tx.PutAssignment(assessment.Assignment{Organisation: organisation, Kind: to.Kind, Object: to.Object, Person: to.Person, Due: to.Due,
		By: signature(a), Version: old.Version})
	if err != nil || to.Person == a.Person || had && old.Person == to.Person {
		return true, err
	}
	link := "/organisations/" + organisation + "/requirements?owner=me"
	args, err := json.Marshal(law.Say("workbench.notice.assigned", "by", signature(a), "what", title).Args)
	if err != nil {
		return true, err
	}
	return true, tx.Notify(desk.Notice{Person: to.Person, Organisation: organisation, Key: "workbench.notice.assigned", Args: args, Link: link})
}

// CanWork reports whether something can be assigned to a member.
func CanWork(m tenant.Member) bool { return !m.Disabled && authz.Allows(m.Role, authz.AssignedEdit) }

// Stranded is the work of somebody who cannot do it any more, in one organisation: they
// left, or their role lets them read alone.
type Stranded struct {
	Organisation, Name                       string
	Person, PersonName                       string // PersonName is "" for somebody who has left
	Tasks, Requirements, Questions, Evidence int    // tasks that are open
}

// Stranded lists the work that is to be handed over, by organisation and person. What is
// in the archive waits there.
func (s *Service) Stranded(ctx context.Context, a authz.Actor) (out []Stranded, err error) {
	scope, err := a.Workspace(authz.MembersRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		out = nil
		members, err := tx.Members()
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, m := range members {
			names[m.Person] = m.Name
		}
		list, err := tx.Portfolio()
		if err != nil {
			return err
		}
		owned, err := tx.Owned()
		if err != nil {
			return err
		}
		for _, o := range list {
			for _, x := range owned[o.Organisation.ID] {
				if !slices.ContainsFunc(members, func(m tenant.Member) bool {
					return m.Person == x.Person && (m.Organisation == "" || m.Organisation == o.Organisation.ID) && CanWork(m)
				}) {
					out = append(out, Stranded{o.Organisation.ID, o.Organisation.Name, x.Person, names[x.Person], x.Tasks, x.Requirements, x.Questions, x.Evidence})
				}
			}
		}
		return nil
	})
	return out, err
}

// objectTitle is the title of what can be assigned, in a language.
func (s *Service) objectTitle(kind, object, language string) (string, error) {
	known := s.knowledge.Catalogue.In(language)
	switch kind {
	case assessment.OfQuestion:
		if q, ok := known.Question(object); ok {
			return q.Text, nil
		}
		return "", invalid("object", "there is no such question", "a question of the catalogue")
	case assessment.OfRequirement:
		if err := checkIDs(known, "", object); err != nil {
			return "", err
		}
		r, _ := known.Get(object)
		return r.Title, nil
	}
	return "", invalid("kind", "this cannot be assigned", "requirement or question")
}
