package clients

import (
	"bytes"
	"context"
	"slices"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/dossier"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/registration"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/duties"
)

// Told is what was told to a register: the first registration, or a change.
type Told struct {
	Register  string // id of the duty: "nis2.3.4" or "nis2.27"
	State     string // ISO 3166-1 alpha-2
	On        law.Date
	Authority string // "": that of the country data
	Reference string
}

// Register records that a register was told the facts as they are: the first time
// as the registration, later as the notice of the changes, which ends their clock.
func (s *Service) Register(ctx context.Context, a authz.Actor, organisation string, t Told) (r registration.Record, err error) {
	err = s.revise(ctx, a, organisation, authz.RegistrationEdit, func(tx *store.Tx) error {
		if err := s.checkTold(t, a.Day(tx.Now())); err != nil {
			return err
		}
		o, err := tx.Organisation(organisation)
		if err != nil {
			return err
		}
		all, err := tx.Registrations(organisation)
		if err != nil {
			return err
		}
		r = registration.Record{Organisation: organisation, Register: t.Register, State: t.State, RegisteredOn: t.On}
		if i := slices.IndexFunc(all, func(x registration.Record) bool { return x.Register == t.Register && x.State == t.State }); i >= 0 {
			r = all[i]
			if t.On.Before(r.Told()) {
				return invalid("on", "the day lies before the last one that was recorded", "a day from "+r.Told().String())
			}
			r.NotifiedOn = t.On
		}
		if t.Reference != "" {
			r.Reference = t.Reference
		}
		if r.Authority = t.Authority; r.Authority == "" {
			r.Authority = s.authority(t.State)
		}
		r.Facts, r.ChangedOn, r.By = o.Facts, law.Date{}, signature(a)
		r, err = tx.PutRegistration(r)
		return err
	})
	return r, err
}

func (s *Service) checkTold(t Told, today law.Date) error {
	switch {
	case t.Register != "nis2.3.4" && t.Register != "nis2.27":
		return invalid("register", "there is no such register", "nis2.3.4 or nis2.27")
	case !slices.Contains(country.Codes(), t.State):
		return invalid("state", "there is no such Member State", "two capital letters, for example DE")
	case t.On.IsZero():
		return invalid("on", "the day is missing", "for example 2026-03-31")
	case t.On.After(today):
		return invalid("on", "the day lies in the future", "a day up to "+today.String())
	}
	return short(map[string]string{"authority": t.Authority, "reference": t.Reference})
}

// authority is the name of the competent authority where the country data has one.
func (s *Service) authority(state string) string {
	p, ok := s.knowledge.Countries.Get(state)
	if !ok || p.Authority.Text != "" {
		return ""
	}
	return p.Authority.Value
}

// trackRegistrations starts the clock of changes that a register was not told yet,
// and stops it when the facts are again as they were told.
func trackRegistrations(tx *store.Tx, o tenant.Organisation, f *organisation.File, today law.Date) ([]registration.Record, error) {
	all, err := tx.Registrations(o.ID)
	if err != nil {
		return nil, err
	}
	for i, r := range all {
		if r.ChangedOn.IsZero() && bytes.Equal(r.Facts, o.Facts) {
			continue
		}
		changes, err := dossier.Changes(r, f)
		if err != nil {
			return nil, err
		}
		switch {
		case len(changes) > 0 && r.ChangedOn.IsZero():
			r.ChangedOn = today
		case len(changes) == 0 && !r.ChangedOn.IsZero():
			r.ChangedOn = law.Date{}
		default:
			continue
		}
		if all[i], err = tx.PutRegistration(r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Dossier lists what the organisation tells each register.
func (c Client) Dossier() ([]dossier.Entry, error) {
	return dossier.Entries(c.In, c.File, c.Registrations)
}

// registerDeadlines are the open dates of the registers. A register of which a
// record is kept is judged by it, others by the facts.
func registerDeadlines(in assessing.Input, done organisation.Registration, records []registration.Record, add func(id string, on law.Date, what law.Message, citation string)) {
	for _, r := range in.Duties.Registrations {
		kept := false
		for _, x := range records {
			if x.Register != r.ID {
				continue
			}
			kept = true
			if !x.ChangedOn.IsZero() {
				add(r.ID+"/change/"+x.State, dossier.ChangeDue(r, x.ChangedOn), changeText(r, country.Name(x.State)), r.Citation)
			}
		}
		switch missing := unregistered(in, r, records); {
		case kept:
			for _, state := range missing {
				add(r.ID+"/"+state, r.FirstDue, law.Say("registration.deadline.first", "register", r.Title, "country", country.Name(state)), r.Citation)
			}
		case done.RegisteredOn.IsZero():
			add(r.ID, r.FirstDue, r.Title, r.Citation)
		case done.Untold():
			add(r.ID+"/change", dossier.ChangeDue(r, done.LastChangeOn), r.Title, r.Citation)
		}
	}
}

func changeText(r duties.Registration, state law.Message) law.Message {
	return law.Say("registration.deadline.change", "register", r.Title, "country", state)
}

// unregistered are the competent States without a record of the register.
func unregistered(in assessing.Input, r duties.Registration, records []registration.Record) []string {
	return slices.DeleteFunc(slices.Clone(in.Scope.Jurisdiction), func(state string) bool {
		return slices.ContainsFunc(records, func(x registration.Record) bool { return x.Register == r.ID && x.State == state })
	})
}
