package clients

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nisaba-platform/nisaba/catalog"
	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/registration"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/posture"
)

// said is all that an organisation says and proves.
type said struct {
	organisation tenant.Organisation
	file         *organisation.File // shared facts with the statements; not to be changed
	answers      []assessment.Answer
	evidence     []assessment.Evidence
	exceptions   []assessment.Exception
	today        law.Date // where the workspace is
}

// gather reads an organisation. Statements about what the catalogue no longer has
// stay in the store but not in the file, so that a new catalogue breaks nothing.
func (s *Service) gather(tx *store.Tx, id string) (said, error) {
	var out said
	var err error
	if err := tx.Ahead(func(tx *store.Tx) { askAll(tx, id) }); err != nil {
		return out, err
	}
	if out.today, err = tx.Today(); err != nil {
		return out, err
	}
	if out.organisation, err = tx.Organisation(id); err != nil {
		return out, err
	}
	known, err := s.facts.of(out.organisation)
	if err != nil {
		return out, err
	}
	f := *known
	if out.answers, err = tx.Answers(id); err != nil {
		return out, err
	}
	if out.evidence, err = tx.Evidence(id); err != nil {
		return out, err
	}
	if out.exceptions, err = tx.Exceptions(id); err != nil {
		return out, err
	}
	assertions, err := tx.Assertions(id)
	if err != nil {
		return out, err
	}
	s.speak(&f, out, assertions)
	if err := observe(tx, id, &f); err != nil {
		return out, err
	}
	out.file = &f
	return out, nil
}

// askAll asks for all that gather and putRollup read of an organisation. The day is
// mostly that in UTC; where it is another one, tasks are counted again.
func askAll(tx *store.Tx, id string) {
	_, _ = tx.Today()
	_, _ = tx.Organisation(id)
	_, _ = tx.Answers(id)
	_, _ = tx.Evidence(id)
	_, _ = tx.Exceptions(id)
	_, _ = tx.Assertions(id)
	_, _ = tx.LastScan(id)
	_, _ = tx.Registrations(id)
	_, _, _ = tx.CountTasks(id, law.DateOf(tx.Now()))
	_, _ = tx.Rollup(id)
}

// observe adds what the last scan from outside saw.
func observe(tx *store.Tx, id string, f *organisation.File) error {
	last, err := tx.LastScan(id)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil
	}
	if err != nil || len(last.Observations) == 0 {
		return err
	}
	var seen []posture.Observation
	if err := json.Unmarshal(last.Observations, &seen); err != nil {
		return fmt.Errorf("read the observations of scan %s: %w", last.ID, err)
	}
	f.Observe(seen)
	return nil
}

// Recompute computes the roll-up of an organisation anew within a transaction whose
// scope covers it.
func (s *Service) Recompute(tx *store.Tx, id string) error {
	_, err := s.rollUp(tx, id)
	return err
}

// speak gives a file the statements that the catalogue knows.
func (s *Service) speak(f *organisation.File, of said, assertions []assessment.Assertion) {
	cat := s.knowledge.Catalogue
	f.Answers = map[string]organisation.Answer{}
	for _, a := range of.answers {
		if CheckAnswer(cat, a.Question, a.Options) == nil {
			f.Answers[a.Question] = fileAnswer(a.Answer)
		}
	}
	for _, e := range of.evidence {
		if !e.Draft && checkIDs(cat, e.Kind, e.Covers...) == nil {
			f.Evidence = append(f.Evidence, fileEvidence(e.Evidence))
		}
	}
	for _, e := range of.exceptions {
		if checkIDs(cat, "", e.Requirement) == nil {
			f.Exceptions = append(f.Exceptions, fileException(e.Exception))
		}
	}
	for _, a := range assertions {
		if checkIDs(cat, "", a.Requirement) == nil {
			f.Assertions = append(f.Assertions, fileAssertion(a.Assertion))
		}
	}
}

func fileAnswer(a posture.Answer) organisation.Answer {
	return organisation.Answer{Options: a.Options, By: a.By, On: a.On, Note: a.Note}
}

func fileEvidence(e posture.Evidence) organisation.Evidence {
	return organisation.Evidence{ID: e.ID, Kind: e.Kind, Title: e.Title, Date: e.Date, ValidUntil: e.ValidUntil, Owner: e.Owner,
		Location: e.Location, Covers: e.Covers, Shows: string(e.Shows), Note: e.Note}
}

func fileException(e posture.Exception) organisation.Exception {
	return organisation.Exception{Requirement: e.Requirement, Kind: e.Kind, Reason: e.Reason, Compensation: e.Compensation,
		ApprovedBy: e.ApprovedBy, On: e.On, Until: e.Until}
}

func fileAssertion(a posture.Assertion) organisation.Assertion {
	return organisation.Assertion{Requirement: a.Requirement, Status: string(a.Status), By: a.By, On: a.On, Note: a.Note}
}

// verdicts is score without what the statuses rest on: enough for a roll-up.
func (s *Service) verdicts(f *organisation.File, day law.Date) (assessing.Input, error) {
	return assessing.Score(s.knowledge, f, assessing.Options{Today: day, Brief: true})
}

// score is the posture of a file as of the day, without a plan.
func (s *Service) score(f *organisation.File, day law.Date) (assessing.Input, error) {
	return assessing.Score(s.knowledge, f, assessing.Options{Today: day})
}

// rollUp computes the scores as they are within the transaction and stores the
// portfolio row.
func (s *Service) rollUp(tx *store.Tx, id string) (said, error) {
	now, err := s.gather(tx, id)
	if err != nil {
		return now, err
	}
	in, err := s.verdicts(now.file, now.today)
	if err != nil {
		return now, err
	}
	return now, s.putRollup(tx, now, in)
}

func (s *Service) putRollup(tx *store.Tx, of said, in assessing.Input) error {
	records, err := trackRegistrations(tx, of.organisation, of.file, of.today)
	if err != nil {
		return err
	}
	r := rollup(in, of.file, records)
	r.Organisation = of.organisation.ID
	r.ExpiringEvidence = len(s.expiring(of.evidence, in.AsOf.AddDays(soon)))
	if r.OpenTasks, r.OverdueTasks, err = tx.CountTasks(r.Organisation, r.AsOf); err != nil {
		return err
	}
	if r.PointsThen, err = pointsThen(tx, r); err != nil {
		return err
	}
	return tx.PutRollup(r)
}

// soon is how many days ahead evidence counts as expiring, and how many days back
// the score is compared with.
const soon = 30

// pointsThen is the overall score thirty days before; it is looked up once a day.
func pointsThen(tx *store.Tx, r assessment.Rollup) (float64, error) {
	old, err := tx.Rollup(r.Organisation)
	if err == nil && old.AsOf == r.AsOf {
		return old.PointsThen, nil
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return 0, err
	}
	then, err := tx.SnapshotBefore(r.Organisation, r.AsOf.AddDays(-soon))
	switch {
	case err == nil:
		return then.Points, nil
	case fault.KindOf(err) == fault.NotFound:
		return -1, nil
	}
	return 0, err
}

// measures are the letters of Directive (EU) 2022/2555 Art. 21(2).
const measures = "abcdefghij"

// rollup is the portfolio row as far as the scores and the law fill it.
func rollup(in assessing.Input, f *organisation.File, records []registration.Record) assessment.Rollup {
	r := assessment.Rollup{AsOf: in.AsOf, Class: in.Scope.Class, Sectors: sectors(in), Countries: countries(in), Measures: slices.Repeat([]float64{-1}, len(measures))}
	for _, sc := range in.Posture.Scores {
		switch {
		case sc.Key == overall:
			r.Points, r.Met, r.NotAssessed = sc.Points, sc.Met, sc.NotAssessed
			r.Applicable = sc.Met + sc.Partly + sc.NotMet + sc.NotAssessed
		case len(sc.Key) == len("measure.a") && sc.Key[:len(sc.Key)-1] == "measure." && sc.Weight > 0:
			if i := int(sc.Key[len(sc.Key)-1] - 'a'); i >= 0 && i < len(measures) {
				r.Measures[i] = sc.Points
			}
		}
	}
	if due := Deadlines(in, f.Registration, records); len(due) > 0 {
		r.NextDeadline, r.NextDeadlineText = due[0].By, due[0].Text
	}
	return r
}

// sectors are the sectors of what the organisation does, without repetition: of
// the types that count, and where none does, of those that it named.
func sectors(in assessing.Input) []string {
	types := in.Scope.EntityTypes
	if len(types) == 0 {
		types = in.Facts.EntityTypes
	}
	out := []string{}
	for _, id := range types {
		if t, ok := annex.Find(id); ok && !slices.Contains(out, t.Sector) {
			out = append(out, t.Sector)
		}
	}
	return out
}

// countries are the Member States that have jurisdiction, or, where none has, those
// in which the organisation is.
func countries(in assessing.Input) []string {
	if len(in.Scope.Jurisdiction) > 0 {
		return in.Scope.Jurisdiction
	}
	return append([]string{}, in.Facts.EstablishedIn...)
}

// overall is the key of the score of everything.
const overall = "overall"

func overallOf(p posture.Posture) posture.Score {
	for _, sc := range p.Scores {
		if sc.Key == overall {
			return sc
		}
	}
	return posture.Score{Key: overall}
}

// Deadline is a date that the law sets for an organisation.
type Deadline struct {
	By   time.Time // the last minute of the day where the competent authority is, in UTC
	On   law.Date
	Text law.Message
	Law  string // citation; "" when the text names it

	ID string // the same for the same duty on every day
}

// Deadlines are the statutory dates by which the organisation has to do something,
// the first one first: a registration that was not made, and a change of
// registered data that was not notified (Arts. 3(4) and 27). Dates of the calendar
// by which others act, such as the review by the Commission, are not among them.
func Deadlines(in assessing.Input, done organisation.Registration, records []registration.Record) []Deadline {
	var out []Deadline
	z := zone(in)
	registerDeadlines(in, done, records, func(id string, on law.Date, what law.Message, citation string) {
		if !on.IsZero() {
			out = append(out, Deadline{By: on.AddDays(1).At(z).Add(-time.Minute).UTC(), On: on, Text: what, Law: citation, ID: id})
		}
	})
	slices.SortStableFunc(out, func(a, b Deadline) int { return a.By.Compare(b.By) })
	return out
}

// zone is the time zone of the competent authority, UTC when several are.
func zone(in assessing.Input) *time.Location {
	if len(in.Countries) == 1 {
		if z, err := time.LoadLocation(in.Countries[0].Zone); err == nil {
			return z
		}
	}
	return time.UTC
}

// usualMonths is how long evidence counts whose kind no requirement names.
const usualMonths = 12

// ValidUntil is the last day on which a piece of evidence counts for all
// requirements that name its kind: its own end, or the shortest usual period of
// its kind. Zero for evidence without a date.
func ValidUntil(cat *catalog.Catalogue, e posture.Evidence) law.Date {
	if !e.ValidUntil.IsZero() || e.Date.IsZero() {
		return e.ValidUntil
	}
	months := 0
	for _, n := range cat.Naming(e.Kind) {
		if n.Months > 0 && (months == 0 || n.Months < months) {
			months = n.Months
		}
	}
	if months == 0 {
		months = usualMonths
	}
	return e.Date.AddMonths(months)
}
