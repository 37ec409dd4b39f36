// Package dossier puts together what an organisation tells the registers of
// Directive (EU) 2022/2555 Arts. 3(4) and 27(2), one dossier per register and
// competent Member State: the data with what is missing, where and by when it is
// sent, and which changes were not told yet. It is pure.
package dossier

import (
	"slices"
	"strings"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/domain/registration"
	"github.com/nisaba-platform/nisaba/law"
	"github.com/nisaba-platform/nisaba/law/annex"
	"github.com/nisaba-platform/nisaba/law/country"
	"github.com/nisaba-platform/nisaba/law/duties"
)

// Entry is the dossier for one register of one Member State.
type Entry struct {
	Duty      duties.Registration
	State     string       // ISO 3166-1 alpha-2; "" while the competent State is not known
	Pack      country.Pack // zero without a State
	Fields    []Field
	Record    registration.Record // zero before the first registration
	Declared  law.Date            // day of registration by the facts, where no record of any State is kept
	Changes   []organisation.Difference
	ChangedOn law.Date // first change that the register was not told; zero: none
	ChangeDue law.Date // last day to tell the changes; zero: none to tell
}

// Registered reports whether the register has been told at all.
func (e Entry) Registered() bool { return e.Record.ID != "" }

// RegisteredOn is the day of the registration by the record or, without one, by the
// facts; zero when neither has it.
func (e Entry) RegisteredOn() law.Date {
	if e.Registered() {
		return e.Record.RegisteredOn
	}
	return e.Declared
}

// Complete counts the fields that have all that the law asks.
func (e Entry) Complete() int {
	n := 0
	for _, f := range e.Fields {
		if f.Complete() {
			n++
		}
	}
	return n
}

// Field is one kind of data that the law asks for.
type Field struct {
	Key      string // for example "ip-ranges"
	Citation string
	Label    law.Message
	Values   []law.Message
	Missing  []law.Message // what is not there yet
}

// points are the points of Art. 3(4), first subparagraph, and of Art. 27(2) that
// ask for each kind of data.
func points(register, key string) string {
	of := map[string]string{"name": "(a)", "address-contacts": "(b)", "ip-ranges": "(b)", "sector": "(c)", "states-served": "(d)"}
	if register == "nis2.27" {
		of = map[string]string{"name": "(a)", "sector-type": "(b)", "establishments": "(c)", "contacts": "(d)", "states-served": "(e)", "ip-ranges": "(f)"}
	}
	return of[key]
}

// Complete reports whether nothing is missing.
func (f Field) Complete() bool { return len(f.Missing) == 0 }

// Entries lists the dossiers in the order of the articles, then of the States.
// What was registered before is looked up in the records.
func Entries(in assessing.Input, f *organisation.File, records []registration.Record) ([]Entry, error) {
	var out []Entry
	states := in.Scope.Jurisdiction
	if len(states) == 0 {
		states = []string{""}
	}
	for _, duty := range in.Duties.Registrations {
		for _, state := range states {
			e := Entry{Duty: duty, State: state, Fields: fields(duty, f, in.Scope.Representative)}
			if i := slices.IndexFunc(in.Countries, func(p country.Pack) bool { return p.Code == state }); i >= 0 {
				e.Pack = in.Countries[i]
			}
			if i := slices.IndexFunc(records, func(r registration.Record) bool { return r.Register == duty.ID && r.State == state }); i >= 0 {
				if err := e.compare(f, records[i]); err != nil {
					return nil, err
				}
			} else if !slices.ContainsFunc(records, func(r registration.Record) bool { return r.Register == duty.ID }) {
				e.declare(f.Registration)
			}
			out = append(out, e)
		}
	}
	return out, nil
}

func (e *Entry) compare(f *organisation.File, r registration.Record) (err error) {
	e.Record = r
	if e.Changes, err = Changes(r, f); err != nil {
		return err
	}
	if !r.ChangedOn.IsZero() {
		e.ChangedOn, e.ChangeDue = r.ChangedOn, ChangeDue(e.Duty, r.ChangedOn)
	}
	return nil
}

// declare takes over what the facts say of a registration of which no record is
// kept: when it was made, and a change that was not told.
func (e *Entry) declare(said organisation.Registration) {
	e.Declared = said.RegisteredOn
	if said.Untold() {
		e.ChangedOn, e.ChangeDue = said.LastChangeOn, ChangeDue(e.Duty, said.LastChangeOn)
	}
}

// ChangeDue is the last day to tell a change: two weeks after it under Art. 3(4),
// or the term of national law, three months under Art. 27(3).
func ChangeDue(d duties.Registration, changed law.Date) law.Date {
	if d.ChangeMonths > 0 {
		return changed.AddMonths(d.ChangeMonths)
	}
	return changed.AddDays(d.ChangeDays)
}

// told are the fields of the organisation file that each register holds.
func told(register string) []string {
	out := []string{"organisation.name", "organisation.address", "registration.ip_ranges", "registration.contacts",
		"activity.entity_types", "establishment.serves"}
	if register == "nis2.27" {
		out = append(out, "establishment.sites", "establishment.representative_in")
	}
	return out
}

// Changes are the registered facts that differ from those that the register was
// told last.
func Changes(r registration.Record, now *organisation.File) ([]organisation.Difference, error) {
	then, err := organisation.Read("", r.Facts)
	if err != nil {
		return nil, err
	}
	was, is := *then, *now
	was.Registration.Contacts, is.Registration.Contacts = contactsOf(then), contactsOf(now)
	all, err := organisation.Differences(was.Facts(), is.Facts())
	if err != nil {
		return nil, err
	}
	holds := told(r.Register)
	return slices.DeleteFunc(all, func(d organisation.Difference) bool {
		return !slices.ContainsFunc(holds, func(prefix string) bool { return strings.HasPrefix(d.Field, prefix) })
	}), nil
}

func fields(d duties.Registration, f *organisation.File, representative bool) []Field {
	var out []Field
	for _, m := range d.Data {
		field := Field{Key: strings.TrimPrefix(m.Key, "duties.data."), Label: m}
		field.Citation = d.Citation + points(d.ID, field.Key)
		field.fill(f, representative)
		out = append(out, field)
	}
	return out
}

func (x *Field) fill(f *organisation.File, representative bool) {
	switch x.Key {
	case "name":
		x.add(f.Organisation.Name)
		x.needs(f.Organisation.Name != "", "name")
	case "address-contacts":
		x.add(f.Organisation.Address)
		x.needs(f.Organisation.Address != "", "address")
		x.contacts(f)
	case "contacts":
		x.contacts(f)
	case "ip-ranges":
		x.add(f.Registration.IPRanges...)
		x.needs(len(f.Registration.IPRanges) > 0, "ip-ranges")
	case "sector", "sector-type":
		x.sectors(f.Activity.EntityTypes)
	case "states-served":
		for _, code := range f.Establishment.Serves {
			x.Values = append(x.Values, country.Name(code))
		}
		x.needs(len(f.Establishment.Serves) > 0, "states-served")
	case "establishments":
		x.establishments(f, representative)
	}
}

func (x *Field) add(texts ...string) {
	for _, t := range texts {
		if t != "" {
			x.Values = append(x.Values, law.Say("country.value", "value", t))
		}
	}
}

func (x *Field) needs(there bool, what string) {
	if !there {
		x.Missing = append(x.Missing, law.Message{Key: "registration.missing." + what})
	}
}

// contactsOf are the contacts for the authority, or where none is named that of the
// organisation.
func contactsOf(f *organisation.File) []organisation.Contact {
	if len(f.Registration.Contacts) == 0 && f.Organisation.Contact != (organisation.Contact{}) {
		return []organisation.Contact{f.Organisation.Contact}
	}
	return f.Registration.Contacts
}

func (x *Field) contacts(f *organisation.File) {
	email, phone := false, false
	for _, c := range contactsOf(f) {
		var parts []string
		for _, p := range []string{c.Name, c.Role, c.Email, c.Phone} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		x.add(strings.Join(parts, ", "))
		email, phone = email || c.Email != "", phone || c.Phone != ""
	}
	x.needs(email, "email")
	x.needs(phone, "phone")
}

func (x *Field) sectors(types []string) {
	for _, id := range types {
		t, ok := annex.Find(id)
		if !ok {
			continue
		}
		m := law.Say("registration.sector", "sector", t.SectorTitle(), "type", t.Title())
		if t.Subsector != "" {
			m = law.Say("registration.subsector", "sector", t.SectorTitle(), "subsector", t.SubsectorTitle(), "type", t.Title())
		}
		x.Values = append(x.Values, m)
	}
	x.needs(len(x.Values) > 0, "sector")
}

// establishments are the main one, first, and the others, Art. 27(2)(c).
func (x *Field) establishments(f *organisation.File, representative bool) {
	sites := slices.Clone(f.Establishment.Sites)
	slices.SortStableFunc(sites, func(a, b organisation.Site) int {
		switch {
		case a.Main == b.Main:
			return 0
		case a.Main:
			return -1
		}
		return 1
	})
	whole := len(sites) > 0
	for _, s := range sites {
		x.add(strings.Trim(s.Name+": "+s.Address+", "+s.Country, ": ,"))
		whole = whole && s.Address != ""
	}
	if len(sites) == 0 && f.Organisation.Address != "" {
		x.add(f.Organisation.Address)
		whole = true
	}
	x.needs(whole, "establishments")
	if representative {
		if f.Establishment.RepresentativeIn != "" {
			x.Values = append(x.Values, law.Say("registration.representative", "country", country.Name(f.Establishment.RepresentativeIn)))
		}
		x.needs(f.Establishment.RepresentativeIn != "", "representative")
	}
}
