package authority

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Check is what the scope test makes of facts, beside what the entity says.
type Check struct {
	File        *organisation.File
	Scope       assessing.Input
	Differs     bool // the class is another one than the entity says
	Differences []organisation.Difference
}

func (s *Service) check(facts json.RawMessage, class law.Class, before json.RawMessage, today law.Date) (c Check, err error) {
	if c.File, err = organisation.Read("", facts); err != nil {
		return c, fmt.Errorf("read facts: %w", err)
	}
	if c.Scope, err = assessing.Score(s.options.Knowledge, c.File, assessing.Options{Today: today, Brief: true}); err != nil {
		return c, err
	}
	c.Differs = class != "" && c.Scope.Scope.Class != class
	if len(before) == 0 {
		return c, nil
	}
	old, err := organisation.Read("", before)
	if err != nil {
		return c, fmt.Errorf("read facts: %w", err)
	}
	c.Differences, err = organisation.Differences(old, c.File)
	return c, err
}

// Candidate is an entity to which an application may belong: one that reported
// before it was registered.
type Candidate struct {
	Organisation tenant.Organisation
	Alike        bool // the names are alike
}

// Examined is an application as an officer sees it.
type Examined struct {
	authority.Application
	Check      Check
	Late       bool // the change is told after its time
	Due        law.Date
	Candidates []Candidate // for a registration
}

// Examine gives one application with what the scope test makes of it.
func (s *Service) Examine(ctx context.Context, a authz.Actor, application string) (x Examined, err error) {
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		if x.Application, err = tx.AuthorityApplication(application); err != nil {
			return err
		}
		var before json.RawMessage
		if x.Entity != "" {
			o, err := tx.Organisation(x.Entity)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			before = o.Facts
		} else if x.Candidates, err = candidates(tx, x.Name); err != nil {
			return err
		}
		if x.Check, err = s.check(x.Facts, x.Class, before, a.Day(tx.Now())); err != nil {
			return err
		}
		if !x.ChangedOn.IsZero() {
			x.Due = s.changeDue(x.ChangedOn, x.Check.Differences)
			zone, err := tx.Zone()
			if err != nil {
				return err
			}
			x.Late = law.DateOf(x.ConfirmedAt.In(zone)).After(x.Due)
		}
		return nil
	})
	return x, err
}

// changeDue is by when changes are to be told: two weeks, Art. 3(4), or three months
// when they touch nothing but what the registry of Art. 27(2) alone asks for, which
// is the establishments.
func (s *Service) changeDue(on law.Date, list []organisation.Difference) law.Date {
	if len(list) == 0 {
		return authority.ChangeDue(on)
	}
	for _, d := range list {
		if !strings.HasPrefix(d.Field, "establishment.") || strings.HasPrefix(d.Field, "establishment.serves") {
			return authority.ChangeDue(on)
		}
	}
	return authority.RegistryChangeDue(on)
}

func candidates(tx *store.Tx, name string) (out []Candidate, err error) {
	list, err := tx.Organisations()
	if err != nil {
		return nil, err
	}
	entries, err := tx.AuthorityEntries()
	if err != nil {
		return nil, err
	}
	registered := map[string]bool{}
	for _, e := range entries {
		registered[e.Organisation] = e.State == authority.Registered
	}
	for _, o := range list {
		if !registered[o.ID] && !o.Template && !o.Archived {
			out = append(out, Candidate{o, alike(o.Name, name)})
		}
	}
	slices.SortStableFunc(out, func(x, y Candidate) int {
		switch {
		case x.Alike == y.Alike:
			return strings.Compare(x.Organisation.Name, y.Organisation.Name)
		case x.Alike:
			return -1
		}
		return 1
	})
	return out, nil
}

// alike reports whether the first word of one name, which tells most, is in the
// other.
func alike(a, b string) bool {
	first := func(s string) string {
		w, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(s)), " ")
		return w
	}
	return first(a) != "" && first(a) == first(b)
}

// Accept puts an application into the register. attach is the entity to which it
// belongs when it reported before; "" makes a new one. What it reported so far is
// found under its sector and class then.
func (s *Service) Accept(ctx context.Context, a authz.Actor, application, attach string) (e authority.Entry, err error) {
	err = s.manage(ctx, a, authz.OrganisationCreate, func(tx *store.Tx) error {
		p, err := undecided(tx, application)
		if err != nil {
			return err
		}
		if p.Entity != "" {
			attach = p.Entity
		}
		e, err = s.enter(tx, p, attach)
		if err != nil {
			return err
		}
		p.State, p.Entity = authority.Accepted, e.Organisation
		return s.decided(tx, a, p, "accepted", "reference", e.Reference)
	})
	return e, err
}

func undecided(tx *store.Tx, application string) (authority.Application, error) {
	p, err := tx.AuthorityApplication(application)
	if err == nil && p.State != authority.Confirmed {
		err = &fault.Error{Kind: fault.Conflict, What: "this application was decided already, or its address was not confirmed", Expected: "one that waits for a decision"}
	}
	return p, err
}

// enter writes the facts and the entry of an application.
func (s *Service) enter(tx *store.Tx, p authority.Application, attach string) (e authority.Entry, err error) {
	f, err := organisation.Read("", p.Facts)
	if err != nil {
		return e, fmt.Errorf("read facts: %w", err)
	}
	var before json.RawMessage
	if attach != "" {
		o, err := tx.Organisation(attach)
		if err != nil {
			return e, err
		}
		before = o.Facts
	}
	if e, err = tx.AuthorityEntryOf(attach); err != nil && fault.KindOf(err) != fault.NotFound {
		return e, err
	}
	if e.State == authority.Registered && p.Kind == authority.Registration {
		return e, &fault.Error{Kind: fault.Conflict, Field: "attach", What: "this entity is registered already", Expected: "a change of its entry"}
	}
	o, rollup, err := s.options.Clients.Enrol(tx, attach, f)
	if err != nil {
		return e, err
	}
	zone, err := tx.Zone()
	if err != nil {
		return e, err
	}
	today, told := law.DateOf(tx.Now().In(zone)), law.DateOf(p.ConfirmedAt.In(zone))
	e.Organisation, e.Class, e.State = o.ID, p.Class, authority.Registered
	if p.Provision != "" { // a change that says nothing of it takes no decision of a Member State back
		e.Provision = p.Provision
	}
	if p.Kind == authority.Registration {
		e.Email = p.Email
		e.RegisteredOn, e.ReviewedOn = told, today
	} else {
		e.Late, err = s.late(e, p, before, f, told)
		if err != nil {
			return e, err
		}
		e.NotifiedOn, e.ChangedOn = told, law.Date{}
	}
	if e.Reference == "" {
		e.Reference = "E-" + authority.Reference(o.ID, tx.Now())
	}
	if _, err := tx.ClassifyAuthorityReports(o.ID, first(rollup.Sectors), rollup.Class); err != nil {
		return e, err
	}
	return tx.PutAuthorityEntry(e)
}

// late reports whether a change was told after its time, counted from the earlier of
// the day that the entity says and the day that the authority knew of.
func (s *Service) late(e authority.Entry, p authority.Application, before json.RawMessage, f *organisation.File, told law.Date) (bool, error) {
	from := p.ChangedOn
	if !e.ChangedOn.IsZero() && (from.IsZero() || e.ChangedOn.Before(from)) {
		from = e.ChangedOn
	}
	if from.IsZero() {
		return false, nil
	}
	var list []organisation.Difference
	if len(before) > 0 {
		old, err := organisation.Read("", before)
		if err != nil {
			return false, fmt.Errorf("read facts: %w", err)
		}
		if list, err = organisation.Differences(old, f); err != nil {
			return false, err
		}
	}
	return told.After(s.changeDue(from, list)), nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (s *Service) decided(tx *store.Tx, a authz.Actor, p authority.Application, what string, args ...any) error {
	p.DecidedBy, p.DecidedByName, p.DecidedAt = a.Person, a.Name, tx.Now()
	p, err := tx.PutAuthorityApplication(p)
	if err != nil {
		return err
	}
	w, err := tx.Workspace()
	if err != nil {
		return err
	}
	return s.mail(tx, p, what, append([]any{"authority", w.Name, "name", p.Name}, args...)...)
}

// Refuse turns an application away, with the reason that the entity reads.
func (s *Service) Refuse(ctx context.Context, a authz.Actor, application, reason string) error {
	return s.manage(ctx, a, authz.OrganisationCreate, func(tx *store.Tx) error {
		p, err := undecided(tx, application)
		if err != nil {
			return err
		}
		if p.Reason = strings.TrimSpace(reason); p.Reason == "" || len(p.Reason) > 4000 {
			return invalid("reason", "the reason is missing or too long", "what the entity shall read, up to 4,000 characters")
		}
		p.State = authority.Refused
		return s.decided(tx, a, p, "refused", "reason", p.Reason)
	})
}
