package workbench

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/clients"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// The kinds of sources, as they begin the name of a source.
const (
	FromDelegation   = "delegation"   // somebody behind a link
	FromOrganisation = "organisation" // another organisation of the workspace, often a template
	FromEvidence     = "evidence"     // documents that are on file
	FromWorkbook     = "workbook"     // an imported spreadsheet
)

// Proposal is one answer that a source proposes, with why.
type Proposal struct {
	Source string
	From   string // name of the source: of a person, of an organisation; "" for evidence
	posture.Answer
	Why law.Message
	Now []string // the answer that stands; empty when there is none
}

// Kind is the kind of the source.
func (p Proposal) Kind() string {
	kind, _, _ := strings.Cut(p.Source, ":")
	return kind
}

// Lender is an organisation from which answers can be proposed.
type Lender struct {
	ID, Name string
	Template bool
}

// mostLenders is how many organisations can be chosen from.
const mostLenders = 500

// Lenders lists the organisations whose answers the actor can have proposed for
// another one: templates first, then by name.
func (s *Service) Lenders(ctx context.Context, a authz.Actor, organisation string) (list []Lender, err error) {
	scope, err := a.Reach(authz.AssessmentRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list = nil
		all, err := tx.Organisations()
		for _, o := range all {
			if o.ID != organisation && !o.Archived {
				list = append(list, Lender{o.ID, o.Name, o.Template})
			}
		}
		return err
	})
	slices.SortStableFunc(list, func(x, y Lender) int { return -cmp.Compare(truth(x.Template), truth(y.Template)) })
	return list[:min(len(list), mostLenders)], err
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Proposals lists the answers that are proposed to an organisation and were neither
// accepted nor dismissed, by source and in the order of the questions. Templates in
// reach and evidence on file propose answers to open questions, and so does the
// organisation lender, if one is named. Links and spreadsheets propose other answers
// too. Nothing is taken over by itself.
func (s *Service) Proposals(ctx context.Context, a authz.Actor, organisation, lender string) ([]Proposal, error) {
	c, err := s.clients.Load(ctx, a, organisation)
	if err != nil {
		return nil, err
	}
	scope, err := a.Organisation(ctx, organisation, authz.AssessmentRead)
	if err != nil {
		return nil, err
	}
	var said []assessment.Suggestion
	var out []Proposal
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		if said, err = tx.Suggestions(organisation); err != nil {
			return err
		}
		links, err := tx.Delegations(organisation)
		out = pushed(said, links, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	lent, err := s.lent(ctx, a, organisation, lender, c.In.Posture.OpenQuestions)
	if err != nil {
		return nil, err
	}
	out = append(append(out, lent...), s.borneOut(c)...)
	out = s.undecided(out, said, c)
	place := func(id string) int {
		q, _ := s.knowledge.Catalogue.Question(id)
		return q.Order
	}
	slices.SortStableFunc(out, func(x, y Proposal) int {
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(place(x.Question), place(y.Question)))
	})
	return out, nil
}

// pushed is what links and spreadsheets left; links that are still open come later.
func pushed(said []assessment.Suggestion, links []assessment.Delegation, tx *store.Tx) []Proposal {
	open := map[string]bool{}
	for _, d := range links {
		open[assessment.SourceOfDelegation(d.ID)] = d.Open(tx.Now())
	}
	var out []Proposal
	for _, x := range said {
		if x.State != assessment.SuggestionOpen || open[x.Source] {
			continue
		}
		p := Proposal{Source: x.Source, From: x.By, Answer: x.Answer}
		p.Why = law.Say("workbench.suggested."+p.Kind(), "by", x.By)
		out = append(out, p)
	}
	return out
}

// lent is the answers of other organisations to open questions.
func (s *Service) lent(ctx context.Context, a authz.Actor, organisation, lender string, open []string) ([]Proposal, error) {
	lenders, err := s.Lenders(ctx, a, organisation)
	if err != nil {
		return nil, err
	}
	asked := map[string]bool{}
	for _, id := range open {
		asked[id] = true
	}
	var out []Proposal
	for _, l := range lenders {
		if !l.Template && l.ID != lender {
			continue
		}
		scope, err := a.Organisation(ctx, l.ID, authz.AssessmentRead)
		if err != nil {
			return nil, err
		}
		err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
			all, err := tx.Answers(l.ID)
			for _, x := range all {
				if asked[x.Question] {
					out = append(out, Proposal{Source: FromOrganisation + ":" + l.ID, From: l.Name,
						Answer: posture.Answer{Question: x.Question, Options: x.Options, On: x.On}, // notes and names stay where they are
						Why:    law.Say("workbench.suggested.organisation", "name", l.Name)})
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// borneOut is the answers that evidence on file bears out.
func (s *Service) borneOut(c clients.Client) []Proposal {
	titles := map[string]string{}
	for _, e := range c.In.Statements.Evidence {
		titles[e.ID] = e.Title
	}
	var out []Proposal
	for _, i := range posture.ImpliedAnswers(s.knowledge.Catalogue, c.In.Statements, c.In.AsOf) {
		var names []string
		for _, id := range i.Evidence {
			names = append(names, titles[id])
		}
		out = append(out, Proposal{Source: FromEvidence, Answer: posture.Answer{Question: i.Question, Options: i.Options, On: c.In.AsOf},
			Why: law.Say("workbench.suggested.evidence", "evidence", names)})
	}
	return out
}

// undecided leaves out what the catalogue does not have, what stands already, and
// what was dismissed with the same options.
func (s *Service) undecided(list []Proposal, said []assessment.Suggestion, c clients.Client) []Proposal {
	now := map[string][]string{}
	for _, x := range c.Answers {
		now[x.Question] = x.Options
	}
	dismissed := map[string][]string{}
	for _, x := range said {
		if x.State == assessment.SuggestionDismissed {
			dismissed[x.Source+" "+x.Question] = x.Options
		}
	}
	var out []Proposal
	for _, p := range list {
		old, gone := dismissed[p.Source+" "+p.Question]
		if clients.CheckAnswer(s.knowledge.Catalogue, p.Question, p.Options) != nil || same(now[p.Question], p.Options) || gone && same(old, p.Options) {
			continue
		}
		p.Now = now[p.Question]
		out = append(out, p)
	}
	return out
}

// same compares options whatever their order.
func same(x, y []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y)))
}

// Accept takes over what a source proposes for some questions, or for all of its
// questions when none is named. A contributor accepts for what is assigned to them.
// NotFound when the source proposes nothing of it any more.
func (s *Service) Accept(ctx context.Context, a authz.Actor, organisation, source string, questions []string) (Decided, error) {
	return s.settle(ctx, a, organisation, source, questions, assessment.SuggestionAccepted, func(tx *store.Tx, mine []Proposal) error {
		var answers []assessment.Answer
		for _, p := range mine {
			if err := unchanged(tx, organisation, p); err != nil {
				return err
			}
			on := p.Answer
			on.By, on.On = cmp.Or(a.Name, a.Person), a.Day(tx.Now())
			answers = append(answers, assessment.Answer{Answer: on, Source: assessment.BySuggestion})
		}
		return s.clients.Take(tx, organisation, answers)
	})
}

// Dismiss sets aside what a source proposes, for some questions or for all. It
// comes again only when the source says something else.
func (s *Service) Dismiss(ctx context.Context, a authz.Actor, organisation, source string, questions []string) (Decided, error) {
	return s.settle(ctx, a, organisation, source, questions, assessment.SuggestionDismissed, func(*store.Tx, []Proposal) error { return nil })
}

// chosen is the proposals of a source for some questions, or for all.
func (s *Service) chosen(ctx context.Context, a authz.Actor, organisation, source string, questions []string) ([]Proposal, error) {
	if _, err := a.Organisation(ctx, organisation, authz.AssignedEdit); err != nil {
		return nil, err
	}
	_, lender, _ := strings.Cut(source, ":")
	all, err := s.Proposals(ctx, a, organisation, lender)
	return slices.DeleteFunc(all, func(p Proposal) bool {
		return p.Source != source || len(questions) > 0 && !slices.Contains(questions, p.Question)
	}), err
}

// write runs f with the proposals that the actor may decide about. Of a whole source
// the others are left out; named ones are refused.
func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, chosen []Proposal, whole bool, f func(*store.Tx, []Proposal) error) error {
	scope, err := a.Organisation(ctx, organisation, authz.AssignedEdit)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), func(tx *store.Tx) error {
		r, err := s.clients.ReachOf(tx, a, organisation)
		if err != nil {
			return err
		}
		var mine []Proposal
		for _, p := range chosen {
			switch {
			case r.Question(p.Question):
				mine = append(mine, p)
			case !whole:
				return a.Can(authz.AssessmentEdit, tx.Scope())
			}
		}
		switch {
		case len(mine) == 0 && !r.Any():
			return a.Can(authz.AssessmentEdit, tx.Scope())
		case len(mine) == 0:
			return &fault.Error{Kind: fault.NotFound, What: "this is not suggested any more"}
		}
		return f(tx, mine)
	})
}

// unchanged refuses a proposal when the question was answered meanwhile.
func unchanged(tx *store.Tx, organisation string, p Proposal) error {
	now, err := tx.Answer(organisation, p.Question)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if !same(now.Options, p.Now) {
		return &fault.Error{Kind: fault.Conflict, What: "somebody answered this question in the meantime", Expected: "a look at the new answer first"}
	}
	return nil
}

// decide remembers what became of a proposal.
func decide(tx *store.Tx, organisation string, p Proposal, state assessment.SuggestionState) error {
	old, err := tx.Suggestion(organisation, p.Source, p.Question)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	_, err = tx.PutSuggestion(assessment.Suggestion{Organisation: organisation, Source: p.Source, Answer: p.Answer, State: state, Version: old.Version})
	return err
}
