package incidents

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/incident"
	"github.com/nisaba-platform/nisaba/internal/domain/oncall"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// Statistics counts the cases that were detected from one day to another, of an
// organisation or, with "", of all in reach that are not in the archive.
func (s *Service) Statistics(ctx context.Context, a authz.Actor, organisation string, from, to law.Date) (out incident.Statistics, err error) {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return out, invalid("to", "the period cannot be used", "two days, the earlier first")
	}
	count := func(tx *store.Tx) error {
		organisations := []string{organisation}
		if organisation == "" {
			all, err := tx.Organisations()
			if err != nil {
				return err
			}
			organisations = nil
			for _, o := range all {
				if !o.Archived {
					organisations = append(organisations, o.ID)
				}
			}
		}
		var list []incident.Measured
		for _, o := range organisations {
			part, err := measured(tx, o)
			if err != nil {
				return err
			}
			list = append(list, part...)
		}
		out = incident.Summarise(list, from, to, a.Location())
		return nil
	}
	if organisation != "" {
		err = s.read(ctx, a, organisation, authz.IncidentRead, count)
		return out, err
	}
	reach, err := a.Reach(authz.IncidentRead)
	if err != nil {
		return out, err
	}
	return out, s.store.Read(ctx, reach, count)
}

// measured are the cases of an organisation with the clocks of their duties.
func measured(tx *store.Tx, organisation string) (out []incident.Measured, err error) {
	all, err := tx.Incidents(organisation)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		m := incident.Measured{Incident: i}
		if !i.Exercise && i.State != incident.Dismissed && i.State != incident.Merged {
			list, err := Duties(tx, i)
			if err != nil {
				return nil, err
			}
			for _, d := range list {
				if d.Applies == "yes" {
					m.Clocks = append(m.Clocks, d.Clocks...)
				}
				for _, r := range d.Reports {
					if at := r.MadeAt(); !at.IsZero() && (m.FirstSent.IsZero() || at.Before(m.FirstSent)) {
						m.FirstSent = at
					}
				}
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// onCallSetting is the setting that holds the roster of an organisation.
const onCallSetting = "incident.oncall"

// Bounds of a roster.
const mostContacts = 100

// Roster is who is called in an organisation.
func (s *Service) Roster(ctx context.Context, a authz.Actor, organisation string) (r oncall.Roster, err error) {
	err = s.read(ctx, a, organisation, authz.IncidentRead, func(tx *store.Tx) error {
		r, _, err = rosterOf(tx, organisation)
		return err
	})
	return r, err
}

func rosterOf(tx *store.Tx, organisation string) (r oncall.Roster, row desk.Setting, err error) {
	row, err = tx.Setting(organisation, onCallSetting)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return r, desk.Setting{Organisation: organisation, Name: onCallSetting}, nil
	}
	if err == nil {
		err = json.Unmarshal(row.Value, &r)
	}
	return r, row, err
}

// Roster is who is called in an organisation, for alarms.
func Roster(tx *store.Tx, organisation string) (oncall.Roster, error) {
	r, _, err := rosterOf(tx, organisation)
	return r, err
}

func (s *Service) changeRoster(ctx context.Context, a authz.Actor, organisation string, f func(*store.Tx, *oncall.Roster) error) error {
	return s.write(ctx, a, organisation, authz.IncidentEdit, func(tx *store.Tx) error {
		r, row, err := rosterOf(tx, organisation)
		if err != nil {
			return err
		}
		if err := f(tx, &r); err != nil {
			return err
		}
		if row.Value, err = json.Marshal(r); err != nil {
			return err
		}
		_, err = tx.PutSetting(row)
		return err
	})
}

// PutContact adds a contact (id ""), or changes it.
func (s *Service) PutContact(ctx context.Context, a authz.Actor, organisation string, c oncall.Contact) error {
	c.Name, c.Phone, c.Email, c.Note = strings.TrimSpace(c.Name), strings.TrimSpace(c.Phone), strings.TrimSpace(c.Email), strings.TrimSpace(c.Note)
	return s.changeRoster(ctx, a, organisation, func(tx *store.Tx, r *oncall.Roster) error {
		switch {
		case !slices.Contains(oncall.Roles(), c.Role):
			return invalid("role", "there is no such role", "one of the list")
		case c.Name == "":
			return invalid("name", "the name is missing", "who is called")
		case c.Phone == "" && c.Email == "":
			return invalid("phone", "there is no way to reach this contact", "a telephone number, or an e-mail address")
		case c.Phone != "" && !dials(c.Phone):
			return invalid("phone", "it is no telephone number", "a number such as +43 1 2345678")
		}
		if c.Email != "" {
			if _, err := mail.ParseAddress(c.Email); err != nil {
				return invalid("email", "it is no e-mail address", "an address such as anna@example.org")
			}
		}
		for field, text := range map[string]string{"name": c.Name, "email": c.Email, "note": c.Note} {
			if err := short(field, text); err != nil {
				return err
			}
		}
		if c.Person != "" {
			members, err := tx.MembersOf(organisation)
			if err != nil {
				return err
			}
			acts := func(m tenant.Member) bool {
				return m.Person == c.Person && !m.Disabled && authz.Allows(m.Role, authz.IncidentEdit)
			}
			if !slices.ContainsFunc(members, acts) { // alarms would wake somebody who can do nothing
				return invalid("person", "this person cannot work on incidents", "a member whose role lets them edit")
			}
		}
		if c.ID == "" {
			if len(r.Contacts) >= mostContacts {
				return invalid("name", "there are too many contacts", fmt.Sprintf("up to %d", mostContacts))
			}
			c.ID = id.New()
			r.Contacts = append(r.Contacts, c)
			return nil
		}
		n := slices.IndexFunc(r.Contacts, func(x oncall.Contact) bool { return x.ID == c.ID })
		if n < 0 {
			return missing("contact")
		}
		r.Contacts[n] = c
		return nil
	})
}

func dials(s string) bool {
	digits := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune(" +-/().", c):
			return false
		}
	}
	return digits >= 3 && digits <= 20
}

// RemoveContact takes a contact out, also of the rota.
func (s *Service) RemoveContact(ctx context.Context, a authz.Actor, organisation, contact string) error {
	return s.changeRoster(ctx, a, organisation, func(_ *store.Tx, r *oncall.Roster) error {
		r.Contacts = slices.DeleteFunc(r.Contacts, func(c oncall.Contact) bool { return c.ID == contact })
		r.Rota.Order = slices.DeleteFunc(r.Rota.Order, func(c string) bool { return c == contact })
		return nil
	})
}

// SetRota says whose turn it is; without an order there is no rota.
func (s *Service) SetRota(ctx context.Context, a authz.Actor, organisation string, v oncall.Rota) error {
	return s.changeRoster(ctx, a, organisation, func(_ *store.Tx, r *oncall.Roster) error {
		if len(v.Order) == 0 {
			r.Rota = oncall.Rota{}
			return nil
		}
		if _, err := time.LoadLocation(v.Zone); err != nil || v.Zone == "" || v.Zone == "Local" {
			return invalid("zone", "there is no such time zone", "a name such as Europe/Vienna")
		}
		if _, err := time.Parse("15:04", v.Handover); err != nil {
			return invalid("handover", "the time cannot be used", "a time such as 08:00")
		}
		switch {
		case v.Begins.IsZero():
			return invalid("begins", "the first day is missing", "a day such as 2026-03-31")
		case v.Days < 1 || v.Days > 366:
			return invalid("days", "the length of a turn cannot be used", "1 to 366 days")
		}
		for _, c := range v.Order {
			if !slices.ContainsFunc(r.Contacts, func(x oncall.Contact) bool { return x.ID == c }) {
				return missing("contact")
			}
		}
		r.Rota = v
		return nil
	})
}
