package clients

import (
	"context"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/workbook"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/posture"
)

// Workbook is the questions that apply to an organisation, its requirements and its
// evidence, ready to be written as a spreadsheet in a language. The statuses are left
// as the words of package posture.
func (s *Service) Workbook(ctx context.Context, a authz.Actor, organisation, language string) (workbook.Book, error) {
	c, err := s.Load(ctx, a, organisation)
	if err != nil {
		return workbook.Book{}, err
	}
	c.In.Catalogue = c.In.Catalogue.In(language)
	b := workbook.Book{Organisation: organisation, Name: c.Organisation.Name, Made: c.In.AsOf}
	var d obligations
	err = s.read(ctx, a, organisation, authz.AssessmentRead, func(tx *store.Tx) error {
		d, err = s.dutiesNow(tx, organisation)
		return err
	})
	b.People, b.Questions, b.Tasks = d.people.workers(), bookQuestions(c, d), bookTasks(c, d)
	for _, r := range c.In.Posture.Results {
		if req, ok := c.In.Catalogue.Get(r.Requirement); ok && req.IsLeaf() {
			now := d.of(workbook.OfRequirement, req.ID)
			b.Requirements = append(b.Requirements, workbook.Requirement{ID: req.ID, Owner: d.people.label(now.person), Due: now.due, Title: req.Title, Citation: req.Citation,
				Measures: strings.Join(req.Measures, " "), Status: string(r.Status), ExpiresOn: r.ExpiresOn})
		}
	}
	for _, e := range c.Evidence {
		if e.Draft {
			continue
		}
		kind, _ := c.In.Catalogue.KindTitle(e.Kind)
		b.Evidence = append(b.Evidence, workbook.Evidence{ID: e.ID, Title: e.Title, Kind: kind, Owner: e.Owner, Location: e.Location, Date: e.Date,
			ValidUntil: ValidUntil(c.In.Catalogue, e.Evidence)})
	}
	return b, err
}

// bookQuestions are the questions that are open or answered, with who answers for
// them.
func bookQuestions(c Client, d obligations) (list []workbook.Question) {
	stored := map[string]assessment.Answer{}
	for _, x := range c.Answers {
		stored[x.Question] = x
	}
	for _, q := range c.In.Catalogue.Questions() {
		x, answered := stored[q.ID]
		if !answered && !slices.Contains(c.In.Posture.OpenQuestions, q.ID) {
			continue
		}
		now := d.of(workbook.OfQuestion, q.ID)
		list = append(list, workbook.Question{Question: q, Chosen: x.Options, Note: x.Note, Version: x.Version, Owner: d.people.label(now.person), Due: now.due})
	}
	return list
}

// AnswerChange is one answer to be given, or taken back when it has no options.
type AnswerChange struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	Note     string   `json:"note"`
	Version  int64    `json:"version"` // of the answer that it replaces; 0: none
}

// ImportRow is a change that a spreadsheet proposes.
type ImportRow struct {
	AnswerChange
	Place    workbook.Place
	Before   assessment.Answer // as it is now
	Conflict bool              // somebody changed the answer since the spreadsheet was written
}

// Import is what a spreadsheet would change.
type Import struct {
	Rows      []ImportRow
	Duties    []DutyRow
	Problems  []workbook.Problem
	Unchanged int // rows that would change nothing
}

// PreviewWorkbook reads a filled spreadsheet and says in a language what it would
// change; the spreadsheet may be written in any. It changes nothing. A file that cannot
// be used is a *workbook.Refused.
func (s *Service) PreviewWorkbook(ctx context.Context, a authz.Actor, organisation string, file []byte, language string) (out Import, err error) {
	var stored []assessment.Answer
	var reach Reach
	var d obligations
	err = s.read(ctx, a, organisation, authz.AssignedEdit, func(tx *store.Tx) error {
		if reach, err = s.ReachOf(tx, a, organisation); err != nil {
			return err
		}
		if d, err = s.dutiesNow(tx, organisation); err != nil {
			return err
		}
		d.cat = d.cat.In(language)
		d.mayAssign, d.mayPlan = a.Can(authz.AssessmentEdit, tx.Scope()) == nil, a.Can(authz.PlanEdit, tx.Scope()) == nil
		stored, err = tx.Answers(organisation)
		return err
	})
	if err != nil {
		return out, err
	}
	filled, err := workbook.Read(file)
	if err != nil {
		return out, err
	}
	if filled.Organisation != organisation {
		return out, &workbook.Refused{Text: law.Say("workbook.refused.other")}
	}
	now := map[string]assessment.Answer{}
	for _, x := range stored {
		now[x.Question] = x
	}
	out.Problems = filled.Problems
	for _, r := range filled.Rows {
		s.propose(&out, r, now[r.Question], reach)
	}
	for _, x := range filled.Duties {
		if x.Touched() {
			d.propose(&out, x)
		}
	}
	return out, nil
}

// propose adds what a row of a spreadsheet would change.
func (s *Service) propose(out *Import, r workbook.Row, now assessment.Answer, reach Reach) {
	problem := func(key string, nameValue ...any) {
		out.Problems = append(out.Problems, workbook.Problem{Place: r.Place, Text: law.Say("workbook.problem."+key, nameValue...)})
	}
	q, known := s.knowledge.Catalogue.Question(r.Question)
	if !known {
		problem("id", "id", r.Question)
		return
	}
	options, ok := s.optionsOf(q, r.Answer)
	if !ok {
		key := "option"
		if q.Type == catalog.Choice && len(options) > 1 {
			key = "several"
		}
		problem(key, "text", shortened(r.Answer))
		return
	}
	switch {
	case !r.Touched(options), sameOptions(options, now.Options) && r.Note == workbook.Tidy(now.Note):
		out.Unchanged++
	case len(options) == 0 && len(now.Options) == 0:
		problem("note")
	case !reach.Question(q.ID):
		problem("reach")
	default:
		out.Rows = append(out.Rows, ImportRow{AnswerChange: AnswerChange{Question: q.ID, Options: options, Note: r.Note, Version: now.Version},
			Place: r.Place, Before: now, Conflict: r.Stale(now.Version, now.Options, now.Note)})
	}
}

// optionsOf are the options that the text of a cell names, in the language of any
// catalogue: the text of an option is the same option in all of them.
func (s *Service) optionsOf(q catalog.Question, cell string) (options []string, ok bool) {
	if options, ok = workbook.Options(q, cell); ok {
		return options, true
	}
	for _, language := range s.knowledge.Catalogue.Languages() {
		said, _ := s.knowledge.Catalogue.In(language).Question(q.ID)
		if found, ok := workbook.Options(said, cell); ok {
			return found, true
		}
	}
	return options, false
}

func sameOptions(one, two []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(one)), slices.Sorted(slices.Values(two)))
}

// shortened is the beginning of a text that a message repeats.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}

// ImportWorkbook makes changes that a preview showed, all or none. Conflict when one
// of what they change has another version by now; it returns the overall scores
// before and after.
func (s *Service) ImportWorkbook(ctx context.Context, a authz.Actor, organisation string, changes []AnswerChange, duties []DutyChange) (before, after posture.Score, err error) {
	scope, err := a.Organisation(ctx, organisation, authz.AssignedEdit)
	if err != nil {
		return before, after, err
	}
	by := acting.Change(a)
	by.Reason = "workbook"
	if len(changes)+len(duties) == 0 {
		return before, after, invalid("change", "no change is chosen", "at least one")
	}
	err = s.store.Write(ctx, scope, by, func(tx *store.Tx) error {
		then, err := s.gather(tx, organisation)
		if err != nil {
			return err
		}
		if before, err = s.overallBefore(organisation, then.file, then.today); err != nil {
			return err
		}
		for _, c := range changes {
			if err := s.importAnswer(tx, a, organisation, c); err != nil {
				return err
			}
		}
		if err := s.importDuties(tx, a, organisation, duties); err != nil {
			return err
		}
		now, err := s.rollUp(tx, organisation)
		if err != nil {
			return err
		}
		after, err = s.overallBefore(organisation, now.file, now.today)
		return err
	})
	return before, after, err
}

func (s *Service) importAnswer(tx *store.Tx, a authz.Actor, organisation string, c AnswerChange) error {
	if err := s.assigned(tx, a, organisation, func(r Reach) bool { return r.Question(c.Question) }); err != nil {
		return err
	}
	if err := short(map[string]string{"note": c.Note}); err != nil {
		return err
	}
	if err := CheckAnswer(s.knowledge.Catalogue, c.Question, c.Options); err != nil {
		return err
	}
	if err := CheckTicks(c.Options); err != nil {
		return err
	}
	old, err := tx.Answer(organisation, c.Question)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if old.Version != c.Version {
		return &fault.Error{Kind: fault.Conflict, Field: c.Question, What: "somebody else changed this answer in the meantime", Expected: "the newest version"}
	}
	if len(c.Options) == 0 {
		if c.Version == 0 {
			return nil
		}
		return tx.RemoveAnswer(organisation, c.Question)
	}
	_, err = tx.PutAnswer(assessment.Answer{Organisation: organisation, Version: c.Version, Source: assessment.ByImport,
		Answer: posture.Answer{Question: c.Question, Options: c.Options, By: signature(a), On: a.Day(tx.Now()), Note: strings.TrimSpace(c.Note)}})
	return err
}
