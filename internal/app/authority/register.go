package authority

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nisaba-platform/nisaba/exchange/organisation"
	"github.com/nisaba-platform/nisaba/internal/app/acting"
	"github.com/nisaba-platform/nisaba/internal/app/assessing"
	"github.com/nisaba-platform/nisaba/internal/app/mailing"
	"github.com/nisaba-platform/nisaba/internal/base/fault"
	"github.com/nisaba-platform/nisaba/internal/base/id"
	"github.com/nisaba-platform/nisaba/internal/domain/assessment"
	"github.com/nisaba-platform/nisaba/internal/domain/authority"
	"github.com/nisaba-platform/nisaba/internal/domain/authz"
	"github.com/nisaba-platform/nisaba/internal/domain/desk"
	"github.com/nisaba-platform/nisaba/internal/domain/tenant"
	"github.com/nisaba-platform/nisaba/internal/secret"
	"github.com/nisaba-platform/nisaba/internal/store"
	"github.com/nisaba-platform/nisaba/law"
)

// openSetting is the name of the workspace's setting that lets entities register
// themselves.
const openSetting = "register.open"

// ConfirmWithin is how long the link in the mail of an application works.
const ConfirmWithin = 3 * 24 * time.Hour

// mostWaiting is how many applications of a workspace may wait for their
// confirmation: no stranger fills the database.
const mostWaiting = 5000

// manage changes the register as a whole.
func (s *Service) manage(ctx context.Context, a authz.Actor, need authz.Permission, f func(*store.Tx) error) error {
	scope, err := a.Workspace(need)
	if err != nil {
		return err
	}
	return s.store.Write(ctx, scope, acting.Change(a), within(f))
}

// survey reads the register as a whole.
func (s *Service) survey(ctx context.Context, a authz.Actor, f func(*store.Tx) error) error {
	scope, err := a.Workspace(authz.IncidentRead)
	if err != nil {
		return err
	}
	return s.store.Read(ctx, scope, within(f))
}

// OpenRegister lets entities register themselves, or ends it.
func (s *Service) OpenRegister(ctx context.Context, a authz.Actor, open bool) error {
	return s.manage(ctx, a, authz.OrganisationCreate, func(tx *store.Tx) error {
		value, err := json.Marshal(open)
		if err != nil {
			return err
		}
		set, err := tx.Setting("", openSetting)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		_, err = tx.PutSetting(desk.Setting{Name: openSetting, Value: value, Version: set.Version})
		return err
	})
}

func registerOpen(tx *store.Tx) (open bool, err error) {
	set, err := tx.Setting("", openSetting)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return false, err
	}
	err = json.Unmarshal(set.Value, &open)
	return open, err
}

// outside is the scope of what somebody without an account does at an authority.
func outside(workspace string) tenant.Scope {
	return tenant.System("an entity registers itself").In(workspace, "")
}

// Office names the authority to whoever registers; NotFound where entities do not
// register themselves.
func (s *Service) Office(ctx context.Context, workspace string) (w tenant.Workspace, err error) {
	err = s.store.Read(ctx, outside(workspace), func(tx *store.Tx) error {
		w, err = office(tx)
		return err
	})
	return w, err
}

func office(tx *store.Tx) (tenant.Workspace, error) {
	if err := only(tx); err != nil {
		return tenant.Workspace{}, err
	}
	open, err := registerOpen(tx)
	if err == nil && !open {
		err = &fault.Error{Kind: fault.NotFound, What: "entities do not register themselves here"}
	}
	if err != nil {
		return tenant.Workspace{}, err
	}
	return tx.Workspace()
}

// Draft is what an entity tells the register.
type Draft struct {
	Reference string    // of its entry, for a change; "" registers it
	ChangedOn law.Date  // when what changed did change
	Class     law.Class // as the entity says
	Provision string    // by which a Member State identified it, see authority.Provisions; "": none did
	Email     string    // to which the link for confirmation goes
	Language  string
	Facts     *organisation.File
}

func (d *Draft) check(today law.Date) error {
	f := d.Facts
	address, err := tenant.FoldEmail(d.Email)
	switch {
	case strings.TrimSpace(f.Organisation.Name) == "" || len(f.Organisation.Name) > 300:
		return invalid("name", "the name is missing or too long", "the full legal name")
	case err != nil:
		return invalid("email", "this is no mail address", "such as office@example.org")
	case len(f.Activity.EntityTypes) == 0:
		return invalid("entity_types", "it is not said what the entity does", "at least one kind of entity of the annexes")
	case d.Class != law.Essential && d.Class != law.Important:
		return invalid("class", "the class is missing", "essential or important")
	case !provision(d.Provision):
		return wrongProvision()
	case strings.TrimSpace(f.Organisation.Address) == "":
		return invalid("address", "the address is missing", "the postal address")
	case d.ChangedOn.After(today):
		return invalid("changed_on", "the day lies in the future", "a day up to today")
	}
	d.Email = address
	return nil
}

// Apply keeps an application and sends the link for its confirmation: to the address
// that the entity says, or, for a change, to the one that the register has. The
// answer is the same whether the reference is known or not.
func (s *Service) Apply(ctx context.Context, workspace, from string, d Draft) error {
	if err := d.check(law.DateOf(s.store.Now())); err != nil {
		return err
	}
	b, err := d.Facts.Facts().JSON()
	if err != nil {
		return err
	}
	if _, err := organisation.Read("", b); err != nil { // what cannot be read later is refused now
		return err
	}
	return s.store.Write(ctx, outside(workspace), store.Change{Actor: "an entity", From: from}, func(tx *store.Tx) error {
		w, err := office(tx)
		if err != nil {
			return err
		}
		waiting, err := tx.AuthorityApplications(authority.Unconfirmed)
		if err != nil {
			return err
		}
		if len(waiting) >= mostWaiting {
			return &fault.Error{Kind: fault.Conflict, What: "too many applications wait for their confirmation", Expected: "another attempt in some days"}
		}
		token, hash := secret.NewToken()
		p := authority.Application{ID: id.New(), Kind: authority.Registration, State: authority.Unconfirmed, Name: strings.TrimSpace(d.Facts.Organisation.Name), Email: d.Email,
			Class: d.Class, Provision: d.Provision, Reference: strings.TrimSpace(d.Reference), ChangedOn: d.ChangedOn, Language: d.Language, Facts: b, TokenHash: hash, ExpiresAt: tx.Now().Add(ConfirmWithin)}
		if p.Reference != "" {
			p.Kind = authority.Amendment
			e, err := tx.AuthorityEntryByReference(p.Reference)
			if fault.KindOf(err) == fault.NotFound {
				return nil
			}
			if err != nil {
				return err
			}
			p.Entity, p.Email = e.Organisation, e.Email
		}
		if _, err := tx.PutAuthorityApplication(p); err != nil {
			return err
		}
		return s.mail(tx, p, "confirm", "authority", w.Name, "name", p.Name, "link", s.options.Mails.Link("/register/"+workspace+"/"+token))
	})
}

// mail writes to whoever applied.
func (s *Service) mail(tx *store.Tx, p authority.Application, what string, args ...any) error {
	_, err := s.options.Mails.Post(tx, mailing.Letter{Key: "register/" + what + "/" + p.ID, To: p.Email, Language: p.Language, Message: "authority.mail." + what, Arguments: args})
	return err
}

// Pending is the application behind a link, for the page on which it is confirmed.
func (s *Service) Pending(ctx context.Context, workspace, token string) (p authority.Application, err error) {
	err = s.store.Read(ctx, outside(workspace), func(tx *store.Tx) error {
		p, err = pending(tx, token)
		return err
	})
	return p, err
}

func pending(tx *store.Tx, token string) (authority.Application, error) {
	if _, err := office(tx); err != nil {
		return authority.Application{}, err
	}
	p, err := tx.AuthorityApplicationOf(secret.TokenHash(token))
	if err == nil && (p.State == authority.Unconfirmed && tx.Now().After(p.ExpiresAt)) {
		err = &fault.Error{Kind: fault.NotFound, What: "the link is too old"}
	}
	return p, err
}

// Confirm shows that the address is the entity's: an officer looks at the
// application then. Doing it twice changes nothing.
func (s *Service) Confirm(ctx context.Context, workspace, token, from string) error {
	return s.store.Write(ctx, outside(workspace), store.Change{Actor: "an entity", From: from}, func(tx *store.Tx) error {
		p, err := pending(tx, token)
		if err != nil || p.State != authority.Unconfirmed {
			return err
		}
		p.State, p.ConfirmedAt = authority.Confirmed, tx.Now()
		_, err = tx.PutAuthorityApplication(p)
		return err
	})
}

// Check is what the scope test makes of facts, beside what the entity says.
type Check struct {
	File        *organisation.File
	Scope       assessing.Input
	Differs     bool // the class is another one than the entity says
	Differences []organisation.Difference
}

func (s *Service) check(facts json.RawMessage, class law.Class, before json.RawMessage) (c Check, err error) {
	if c.File, err = organisation.Read("", facts); err != nil {
		return c, fmt.Errorf("read facts: %w", err)
	}
	if c.Scope, err = assessing.Score(s.options.Knowledge, c.File, assessing.Options{Today: law.DateOf(s.store.Now()), Brief: true}); err != nil {
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
		if x.Check, err = s.check(x.Facts, x.Class, before); err != nil {
			return err
		}
		if !x.ChangedOn.IsZero() {
			x.Due = s.changeDue(x.ChangedOn, x.Check.Differences)
			x.Late = law.DateOf(x.ConfirmedAt).After(x.Due)
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
	today := law.DateOf(tx.Now())
	e.Organisation, e.Class, e.State = o.ID, p.Class, authority.Registered
	if p.Provision != "" { // a change that says nothing of it takes no decision of a Member State back
		e.Provision = p.Provision
	}
	if p.Kind == authority.Registration {
		e.Email = p.Email
		e.RegisteredOn, e.ReviewedOn = law.DateOf(p.ConfirmedAt), today
	} else {
		e.Late, err = s.late(e, p, before, f)
		if err != nil {
			return e, err
		}
		e.NotifiedOn, e.ChangedOn = law.DateOf(p.ConfirmedAt), law.Date{}
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
func (s *Service) late(e authority.Entry, p authority.Application, before json.RawMessage, f *organisation.File) (bool, error) {
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
	return law.DateOf(p.ConfirmedAt).After(s.changeDue(from, list)), nil
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

// Listed is an entity as the register lists it.
type Listed struct {
	Organisation tenant.Organisation
	Rollup       assessment.Rollup
	Entry        authority.Entry // zero: reports came, or an officer made it, but it is not registered
	ChangeDue    law.Date        // of a known change that was not told; zero: none
	ReviewDue    law.Date
}

// Register is the register of an authority.
type Register struct {
	Entities []Listed
	Waiting  []authority.Application // for a decision
	Due      []authority.Record      // lines of the files of entities with a day that are not done, by that day
	Names    map[string]string       // of the entities of Due
	Open     bool                    // entities register themselves
	Page     string                  // where they do
}

// Register lists the register, by name.
func (s *Service) Register(ctx context.Context, a authz.Actor) (out Register, err error) {
	err = s.survey(ctx, a, func(tx *store.Tx) error {
		out, err = register(tx)
		if s.options.Mails != nil {
			out.Page = s.options.Mails.Link("/register/" + tx.Scope().WorkspaceID())
		}
		return err
	})
	return out, err
}

func register(tx *store.Tx) (out Register, err error) {
	list, err := tx.Portfolio()
	if err != nil {
		return out, err
	}
	entries, err := tx.AuthorityEntries()
	if err != nil {
		return out, err
	}
	known := map[string]authority.Entry{}
	for _, e := range entries {
		known[e.Organisation] = e
	}
	for _, x := range list {
		l := Listed{Organisation: x.Organisation, Rollup: x.Rollup, Entry: known[x.Organisation.ID]}
		if !l.Entry.ChangedOn.IsZero() {
			l.ChangeDue = authority.ChangeDue(l.Entry.ChangedOn)
		}
		l.ReviewDue = l.Entry.ReviewDue()
		out.Entities = append(out.Entities, l)
	}
	if out.Waiting, err = tx.AuthorityApplications(authority.Confirmed); err != nil {
		return out, err
	}
	if err := out.due(tx); err != nil {
		return out, err
	}
	out.Open, err = registerOpen(tx)
	return out, err
}

// due adds what entities are to do by a day, and its entities.
func (r *Register) due(tx *store.Tx) (err error) {
	if r.Due, err = tx.OpenAuthorityRecords(); err != nil {
		return err
	}
	var of []string
	for _, x := range r.Due {
		of = append(of, x.Organisation)
	}
	slices.Sort(of)
	r.Names, err = tx.OrganisationNames(slices.Compact(of))
	return err
}

// editEntry changes the entry of an entity, made when there is none.
func (s *Service) editEntry(ctx context.Context, a authz.Actor, organisation string, f func(*store.Tx, *authority.Entry) error) error {
	return s.write(ctx, a, organisation, authz.OrganisationEdit, func(tx *store.Tx) error {
		e, err := tx.AuthorityEntryOf(organisation)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if e.ID == "" {
			e = authority.Entry{Organisation: organisation, State: authority.Known}
		}
		if err := f(tx, &e); err != nil {
			return err
		}
		_, err = tx.PutAuthorityEntry(e)
		return err
	})
}

// provision reports whether a text is one of the provisions, or "" for none.
func provision(p string) bool { return p == "" || slices.Contains(authority.Provisions(), p) }

func wrongProvision() error {
	return invalid("provision", "there is no such provision", "Art. 2(2), points (b) to (e), or none")
}

// RegisterByHand puts an entity that an officer made into the register, or corrects
// its entry. under is the provision by which a Member State identified it, as
// authority.Provisions, or "".
func (s *Service) RegisterByHand(ctx context.Context, a authz.Actor, organisation string, class law.Class, under, email string) error {
	return s.editEntry(ctx, a, organisation, func(tx *store.Tx, e *authority.Entry) error {
		address, err := tenant.FoldEmail(email)
		if err != nil {
			return invalid("email", "this is no mail address", "such as office@example.org")
		}
		if class != law.Essential && class != law.Important {
			return invalid("class", "the class is missing", "essential or important")
		}
		if !provision(under) {
			return wrongProvision()
		}
		e.Email, e.Class, e.Provision = address, class, under
		if e.State != authority.Registered {
			today := law.DateOf(tx.Now())
			e.State, e.RegisteredOn, e.ReviewedOn = authority.Registered, today, today
		}
		if e.Reference == "" {
			e.Reference = "E-" + authority.Reference(organisation, tx.Now())
		}
		sector, computed, err := standing(tx, organisation)
		if err != nil {
			return err
		}
		_, err = tx.ClassifyAuthorityReports(organisation, sector, law.Class(computed))
		return err
	})
}

// KnowChange notes that something registered changed on a day which the entity did
// not tell yet: its time runs from then.
func (s *Service) KnowChange(ctx context.Context, a authz.Actor, organisation string, on law.Date) error {
	return s.editEntry(ctx, a, organisation, func(tx *store.Tx, e *authority.Entry) error {
		if on.After(law.DateOf(tx.Now())) {
			return invalid("changed_on", "the day lies in the future", "a day up to today")
		}
		e.ChangedOn = on
		return nil
	})
}

// ReviewEntry notes that an officer has looked through the entry today, Art. 3(3).
func (s *Service) ReviewEntry(ctx context.Context, a authz.Actor, organisation string) error {
	return s.editEntry(ctx, a, organisation, func(tx *store.Tx, e *authority.Entry) error {
		e.ReviewedOn = law.DateOf(tx.Now())
		return nil
	})
}
