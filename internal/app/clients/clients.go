// Package clients is the use cases around the organisations of a workspace: their
// facts and the scope test, answers, evidence, exceptions, the plan, what the
// management body approves, and the history of it all. Each change is checked
// against the actor's rights, recorded in the ledger, and followed by the new
// roll-up in the same transaction.
package clients

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/onboarding"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/blob"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/planning"
	"github.com/nisaba-platform/nisaba/internal/domain/registration"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
)

// Service is the use cases. It is safe for concurrent use.
//
// Every method that takes an organisation answers NotFound to an actor who does
// not belong to it and Forbidden to one whose role is too low. Input that cannot
// be used is Invalid with the name of the field.
type Service struct {
	store     *store.Store
	knowledge assessing.Knowledge
	files     *blob.Dir
	facts     *facts
	whole     *whole
	fetched   *fetched
	scores    *scores
	scanner   Scanner
}

// New makes the service. files keeps what is uploaded.
func New(s *store.Store, k assessing.Knowledge, files *blob.Dir, options ...Option) *Service {
	out := &Service{store: s, knowledge: k, files: files, facts: newFacts(), whole: newWhole(), fetched: newFetched(), scores: newScores()}
	for _, set := range options {
		set(out)
	}
	return out
}

// Option changes how New makes the service.
type Option func(*Service)

// WithScanner has every uploaded file looked at before it can be read.
func WithScanner(sc Scanner) Option { return func(s *Service) { s.scanner = sc } }

// Client is one organisation with all that its pages show. Its file and its lists are
// the caller's own, except within store.WithSight: requests that change nothing read
// them only, and share them.
type Client struct {
	Organisation   tenant.Organisation
	Revision       Seen               // what is shown is at least as new; forms send it back
	File           *organisation.File // facts, answers, evidence, exceptions and assertions
	In             assessing.Input    // the whole assessment as of today; shared, to be read only
	Tasks          []planning.Task    // stored, by due day
	Determinations []assessment.Determination
	Role           tenant.Role           // of the actor who loaded it
	Zone           *time.Location        // where that actor is
	Answers        []assessment.Answer   // with origin and version
	Evidence       []assessment.Evidence // with files and version, newest first
	Exceptions     []assessment.Exception
	Files          []assessment.File

	Registrations []registration.Record // what the registers were told

	wizard onboarding.Wizard
}

// Standing is the determination that holds; ok is false when there is none, or
// when the newest was re-opened.
func (c Client) Standing() (d assessment.Determination, ok bool) {
	if len(c.Determinations) == 0 || !c.Determinations[0].ReopenedAt.IsZero() {
		return assessment.Determination{}, false
	}
	return c.Determinations[0], true
}

// Portfolio lists the organisations in reach with their roll-ups, by name, without
// archived ones and templates.
func (s *Service) Portfolio(ctx context.Context, a authz.Actor) (list []assessment.Standing, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = tx.Portfolio()
		return err
	})
	return list, err
}

// Aside lists the organisations in reach that the portfolio leaves out: templates
// and archived ones.
func (s *Service) Aside(ctx context.Context, a authz.Actor) (list []tenant.Organisation, err error) {
	scope, err := a.Reach(authz.OrganisationRead)
	if err != nil {
		return nil, err
	}
	err = s.store.Read(ctx, scope, func(tx *store.Tx) error {
		list, err = tx.Aside()
		return err
	})
	return list, err
}

// Load gives one organisation with its assessment as of today.
func (s *Service) Load(ctx context.Context, a authz.Actor, organisation string) (c Client, err error) {
	err = s.read(ctx, a, organisation, authz.AssessmentRead, func(tx *store.Tx) error {
		c, err = s.fetchKept(tx, organisation)
		return err
	})
	if err != nil {
		return Client{}, err
	}
	return s.assessed(ctx, c, a)
}

// fetch reads what is stored of a client.
func (s *Service) fetch(tx *store.Tx, organisation string) (c Client, err error) {
	said, err := s.gather(tx, organisation)
	if err != nil {
		return c, err
	}
	c = Client{Organisation: said.organisation, File: said.file, Answers: said.answers, Evidence: said.evidence, Exceptions: said.exceptions}
	if c.Tasks, err = tx.Tasks(organisation); err != nil {
		return c, err
	}
	if c.Determinations, err = tx.Determinations(organisation); err != nil {
		return c, err
	}
	if c.Registrations, err = tx.Registrations(organisation); err != nil {
		return c, err
	}
	c.Files, err = tx.Files(organisation)
	return c, err
}

// assessed is a client that was fetched, with its assessment and for the actor.
func (s *Service) assessed(ctx context.Context, c Client, a authz.Actor) (Client, error) {
	today := a.Day(s.store.Now())
	in, err := s.assess(c.Organisation.ID, c.File, today)
	if err != nil {
		return Client{}, err
	}
	if !store.Looks(ctx) {
		c = c.copied()
	}
	c.In = in
	c.Role, _ = a.RoleIn(c.Organisation.ID)
	c.Zone = a.Location()
	c.wizard = s.wizard(today)
	return c, nil
}

// read runs f in the scope of one organisation after a check of rights.
func (s *Service) read(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Read(ctx, s.store, a, organisation, need, f)
}

// write runs f in the scope of one organisation after a check of rights.
func (s *Service) write(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return acting.Write(ctx, s.store, a, organisation, need, f)
}

// revise is write followed by the new roll-up in the same transaction.
func (s *Service) revise(ctx context.Context, a authz.Actor, organisation string, need authz.Permission, f func(*store.Tx) error) error {
	return s.write(ctx, a, organisation, need, func(tx *store.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		_, err := s.rollUp(tx, organisation)
		return err
	})
}

// signature is how the actor stands in records that people read.
func signature(a authz.Actor) string { return cmp.Or(a.Name, a.Person) }

func invalid(field, what, expected string) error {
	return &fault.Error{Kind: fault.Invalid, Field: field, What: what, Expected: expected}
}

// longest is the longest text in bytes that a field takes.
const longest = 20_000

// short checks texts that people typed, by field.
func short(texts map[string]string) error {
	for field, text := range texts {
		if len(text) > longest {
			return invalid(field, "the text is too long", "at most 20,000 characters")
		}
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
